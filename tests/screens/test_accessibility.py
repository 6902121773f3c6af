"""Every screen, light and dark, wide and narrow: nothing for axe-core to find, no policy error, no sideways scroll."""

from __future__ import annotations

import pytest
from flask import Flask
from playwright.sync_api import Browser, ConsoleMessage

from hub.simulator import Server
from tests.screens.browser import complaints, is_fault, sign_in, with_axe
from tests.screens.rows import PASSWORD, Filled, fill_people

WIDTHS = [1440, 390]


def in_use(filled: Filled) -> list[str]:
    """The address of each screen of a hub in use."""
    c, product, order, task = filled.connection_id, filled.listings["update_failed"], filled.orders["unlinked"], filled.tasks
    return [
        "/admin/connections/",
        f"/admin/connections/{c}/open?to=home",
        "/admin/products/",
        "/admin/products/?tab=sync_failed",
        "/admin/products/?q=nothing+like+it",
        "/admin/products/?dialog=pull",
        f"/admin/products/{product}/",
        f"/admin/products/{filled.listings['live']}/",
        f"/admin/products/{product}/attributes",
        f"/admin/products/{product}/category",
        f"/admin/products/{product}/map",
        "/admin/mappings/",
        f"/admin/mappings/{filled.mapping_id}/",
        f"/admin/csv/{filled.mapping_id}/",
        f"/admin/csv/{filled.mapping_id + 1}/",
        f"/admin/csv/file/{filled.upload_id}/",
        f"/admin/csv/file/{filled.upload_id}/?rows=error",
        "/admin/help/csv",
        "/admin/orders/",
        f"/admin/orders/{order}/",
        f"/admin/orders/{filled.orders['shipped']}/",
        "/admin/orders/ledger",
        "/admin/orders/missed/",
        "/admin/tasks/",
        f"/admin/tasks/{task['running']}/",
        f"/admin/tasks/{task['partly']}/",
        f"/admin/tasks/{task['bug']}/",
        "/admin/settings/products",
        "/admin/settings/orders",
        "/admin/settings/history/",
        "/admin/people/",
        "/admin/people/add",
        f"/admin/people/{filled.users['admin']}/",
        "/admin/health/",
        "/admin/help/",
        "/admin/help/problems",
        "/admin/connect/",
        f"/admin/connect/{c}/store",
        f"/admin/connect/{c}/tiktok",
        "/account/password",
        "/admin/nothing-here",
    ]


@pytest.mark.parametrize("width", WIDTHS)
def test_no_screen_in_use_has_anything_for_axe_to_find(browser: Browser, served: Server, filled: Filled, width: int) -> None:  # noqa: F811
    context = browser.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce")
    page = with_axe(context.new_page())
    errors: list[str] = []
    page.on("console", lambda m: _note(m, errors))
    sign_in(page, served.url, "maya@example.com", PASSWORD)
    found: dict[str, list[str]] = {}
    for path in in_use(filled):
        page.goto(served.url + path)
        problems = complaints(page)
        if page.evaluate("document.documentElement.scrollWidth") > width:
            problems.append("the page scrolls sideways")
        if problems:
            found[path] = problems
    context.close()
    assert found == {}
    assert errors == []


@pytest.mark.parametrize("width", WIDTHS)
def test_no_empty_or_signed_out_screen_has_anything_for_axe_to_find(browser: Browser, served: Server, app: Flask, width: int) -> None:  # noqa: F811
    context = browser.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce")
    page = with_axe(context.new_page())
    found: dict[str, list[str]] = {}

    def look(path: str) -> None:
        page.goto(served.url + path)
        if problems := complaints(page):
            found[path] = problems

    look("/first-run")
    with app.extensions["hub"].db.write() as db:
        fill_people(db)
    for path in ("/sign-in", "/forgot", "/set-password/gone", "/nothing-here"):
        look(path)
    sign_in(page, served.url, "maya@example.com", PASSWORD)
    for path in ("/admin/connections/", "/admin/people/", "/admin/help/", "/admin/connect/"):
        look(path)
    context.close()
    assert found == {}


def _note(message: ConsoleMessage, errors: list[str]) -> None:
    # The browser logs each answer of 400 and above; those pages are looked at on purpose.
    if message.type == "error" and is_fault(message.text):
        errors.append(message.text)
