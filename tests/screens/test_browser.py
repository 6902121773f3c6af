"""What only a browser shows: scripts under the policy, dialogs, keys, parts that refresh themselves."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import func, select

from hub.domain.tasks import ItemState, Kind, Outcome, TaskState
from hub.models.tasks import Item, Task
from hub.models.users import User
from hub.simulator import Server
from hub.wiring import Hub
from tests.screens.browser import is_fault, sign_in
from tests.screens.rows import PASSWORD, Filled


@pytest.fixture
def maya(browser: Browser, served: Server, filled: Filled) -> Iterator[Page]:  # noqa: F811
    """The owner at a screen of 1440 pixels, looking at the first connection."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, base_url=served.url)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda m: errors.append(m.text) if m.type == "error" and is_fault(m.text) else None)
    sign_in(page, served.url, "maya@example.com", PASSWORD)
    page.goto(f"/admin/connections/{filled.connection_id}/open")
    yield page
    context.close()
    assert errors == []


def test_a_hostile_title_runs_nowhere(maya: Page, filled: Filled) -> None:
    for path in ("/admin/products/", f"/admin/products/{filled.listings['hostile']}/", f"/admin/tasks/{filled.tasks['partly']}/"):
        maya.goto(path)
        assert maya.evaluate("window.hurt") is None


def test_ticking_rows_brings_the_bar_and_all_that_match_is_asked_for_before_it_starts(maya: Page, filled: Filled, hub: Hub) -> None:
    maya.goto("/admin/products/?rows=20")
    bar = maya.locator("[data-bulk]")
    expect(bar).to_be_hidden()
    maya.get_by_label("Select Stoneware mug, moss").check()
    expect(bar).to_contain_text("1 selected on this page")
    maya.get_by_label("Select all 8 on this page").check()
    expect(bar).to_contain_text("8 selected on this page")
    bar.get_by_role("button", name="Clear").click()
    expect(bar).to_be_hidden()

    maya.get_by_label("Select Linen apron, natural").check()
    bar.get_by_role("button", name="Push").click()
    maya.wait_for_url("**/admin/tasks/*/")
    with hub.db.read() as db:
        task = db.scalars(select(Task).where(Task.kind == Kind.PUSH_LISTINGS, Task.parent_id.is_(None)).order_by(Task.id.desc())).first()
        assert task is not None
        assert list(db.scalars(select(Item.subject).where(Item.parent_id == task.id))) == [filled.listings["draft"]]


def test_what_can_not_be_undone_asks_in_a_dialog_and_no_keeps_everything(maya: Page, filled: Filled, hub: Hub) -> None:
    maya.goto(f"/admin/people/{filled.users['admin']}/")
    maya.get_by_role("button", name="Remove").click()
    dialog = maya.locator("#sb-confirm")
    expect(dialog).to_contain_text("Remove Tomas Brandt?")
    dialog.get_by_role("button", name="Back").click()
    with hub.db.read() as db:
        assert db.get_one(User, filled.users["admin"]).deleted_at is None
    maya.get_by_role("button", name="Remove").click()
    dialog.get_by_role("button", name="Remove Tomas Brandt").click()
    maya.wait_for_url("**/admin/people/")
    with hub.db.read() as db:
        assert db.get_one(User, filled.users["admin"]).deleted_at is not None


def test_a_running_task_moves_by_itself_and_stops_asking_when_it_is_done(maya: Page, filled: Filled, hub: Hub) -> None:
    maya.goto(f"/admin/tasks/{filled.tasks['running']}/")
    expect(maya.locator("[data-sent]")).to_have_text("3")
    with hub.db.write() as db:
        for item in db.scalars(select(Item).where(Item.parent_id == filled.tasks["running"], Item.state == ItemState.WAITING)):
            item.state, item.outcome = ItemState.DONE, Outcome.OK
    expect(maya.locator("[data-sent]")).to_have_text("6", timeout=10_000)
    with hub.db.write() as db:
        task = db.get_one(Task, filled.tasks["running"])
        task.state, task.outcome, task.finished_at = TaskState.DONE, Outcome.PARTLY, task.created_at
    expect(maya.locator("#h-prog")).to_contain_text("Partly done", timeout=10_000)
    assert maya.locator("[data-poll]").count() == 0


def test_the_keyboard_alone_goes_everywhere(maya: Page, filled: Filled) -> None:
    maya.goto("/admin/")
    maya.keyboard.press("Tab")
    expect(maya.locator(".sb-skip")).to_be_focused()
    maya.keyboard.press("Enter")
    expect(maya.locator("#main")).to_be_focused()
    maya.wait_for_load_state()
    for key, heading in (("p", "Products"), ("o", "Orders"), ("m", "Mappings"), ("t", "Tasks"), ("h", "Home")):
        maya.keyboard.press("g")
        maya.keyboard.press(key)
        expect(maya.locator("h1")).to_have_text(heading)
        maya.wait_for_load_state()      # the keys are listened to when the page's script has run
    maya.keyboard.press("/")
    expect(maya.locator("#sb-q")).to_be_focused()
    maya.keyboard.type("FK-MUG-MOS")
    maya.keyboard.press("Enter")
    expect(maya.locator("h1")).to_have_text("Stoneware mug, moss")
    maya.locator("summary", has_text="More").focus()
    maya.keyboard.press("Enter")
    expect(maya.get_by_role("link", name="Map product")).to_be_visible()
    maya.keyboard.press("Escape")
    expect(maya.get_by_role("link", name="Map product")).to_be_hidden()


def test_a_category_is_found_while_typing_and_saved(maya: Page, filled: Filled) -> None:
    maya.goto(f"/admin/products/{filled.listings['draft']}/category")
    maya.get_by_label("Find a lowest-level category").fill("espresso")
    maya.get_by_label("Kitchenware › Drinkware › Espresso cups").check()
    maya.get_by_role("button", name="Use this category").click()
    expect(maya.locator("main")).to_contain_text("Chosen for this product")


@pytest.mark.feature("CON-07", screen="wizard")
def test_a_half_typed_store_address_survives_a_reload(maya: Page, filled: Filled, hub: Hub) -> None:
    maya.goto("/admin/connect/")
    with maya.expect_response("**/admin/connect/draft"):
        maya.get_by_label("Connection name").fill("Typed and left")
    maya.reload()
    expect(maya.get_by_label("Connection name")).to_have_value("Typed and left")


def test_dark_colours_stay_after_a_reload_without_a_flash(maya: Page) -> None:
    maya.goto("/admin/")
    maya.locator(".sb-avatar").click()
    maya.get_by_role("button", name="Dark colours").click()
    maya.reload()
    assert maya.evaluate("document.documentElement.dataset.theme") == "dark"
    assert 'data-theme="dark"' in maya.content().split("<head>")[0]


def test_a_narrow_screen_opens_its_menu_over_the_page(browser: Browser, served: Server, filled: Filled) -> None:  # noqa: F811
    context = browser.new_context(viewport={"width": 390, "height": 800}, base_url=served.url)
    page = context.new_page()
    sign_in(page, served.url, "maya@example.com", PASSWORD)
    page.goto("/admin/")
    expect(page.locator("#sb-nav")).to_be_hidden()
    page.get_by_role("button", name="Menu").click()
    expect(page.get_by_role("link", name="Orders").first).to_be_visible()
    page.locator("#sb-nav").get_by_role("link", name="Tasks").click()
    expect(page.locator("h1")).to_have_text("Tasks")
    for path in ("/admin/products/", f"/admin/orders/{filled.orders['open']}/", "/admin/settings/products"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()


def test_every_screen_works_without_scripts(browser: Browser, served: Server, filled: Filled, hub: Hub) -> None:  # noqa: F811
    context = browser.new_context(java_script_enabled=False, base_url=served.url)
    page = context.new_page()
    sign_in(page, served.url, "maya@example.com", PASSWORD)
    page.goto(f"/admin/connections/{filled.connection_id}/open")
    page.goto(f"/admin/products/{filled.listings['draft']}/")
    page.get_by_role("button", name="Push product").click()
    page.wait_for_url("**/admin/tasks/*/")
    with hub.db.read() as db:
        assert db.scalar(select(func.count()).select_from(Task).where(Task.kind == Kind.PUSH_LISTINGS, Task.by == "maya@example.com")) == 4
    context.close()
