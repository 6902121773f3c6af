"""Orders and tasks on the screen."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import select

from admin import attach
from admin.orders import explain_money
from hub import clock
from hub.app import create_app
from hub.config import Config
from hub.domain.orders import Charge, Order, OrderLine, OrderState, ShippingCharge
from hub.domain.problems import problem
from hub.domain.tasks import Kind, Outcome, TaskState
from hub.models.ledger import LedgerEntry
from hub.models.orders import OrderLink
from hub.models.shops import Shop
from hub.models.tasks import Item, Task
from hub.wiring import Hub
from tests.screens.conftest import Visitor
from tests.screens.rows import Filled, fill_people
from tests.support.trade import Trade
from tests.support.world import World, small_world

SignIn = Callable[[str], Visitor]


@pytest.fixture
def maya(signed_in: SignIn, filled: Filled) -> Visitor:
    """The owner, looking at the first connection."""
    visitor = signed_in("owner")
    visitor.get(f"/admin/connections/{filled.connection_id}/open")
    return visitor


def numbers(page: str) -> set[str]:
    """The orders of the list."""
    return {re.sub(r"<[^>]+>", "", one) for one in re.findall(r'href="/admin/orders/\d+/">(<span class="sb-digits">.*?</span>)</a>', page)}


@pytest.mark.feature("ORD-10")
def test_tabs_hold_each_order_once(maya: Visitor) -> None:
    every = numbers(maya.get("/admin/orders/"))
    parts = {tab: numbers(maya.get(f"/admin/orders/?tab={tab}")) for tab in ("unfulfilled", "fulfilled", "unsynced", "cancelled")}
    assert parts == {
        "unfulfilled": {"576918382210441725"},
        "fulfilled": {"576918382209812031"},
        "unsynced": {"576918382214007364", "576918382214007999"},
        "cancelled": {"576918382214007111"},
    }
    assert set().union(*parts.values()) == every


@pytest.mark.feature("ORD-03")
def test_an_order_is_found_by_either_number_and_no_other_shows(maya: Visitor, filled: Filled) -> None:
    assert numbers(maya.get("/admin/orders/?q=576918382209812031")) == {"576918382209812031"}
    assert numbers(maya.get("/admin/orders/?q=100004512")) == {"576918382210441725"}
    maya.get("/admin/search?q=576918382209812031")
    assert maya.last.headers["Location"] == f"/admin/orders/{filled.orders['shipped']}/"


@pytest.mark.feature("ORD-02")
def test_an_unpaid_order_is_listed_without_a_store_number(maya: Visitor, filled: Filled) -> None:
    page = maya.get(f"/admin/orders/{filled.orders['unpaid']}/")
    assert "Unpaid" in page and "Not due yet" in page and "Not paid yet" in page and "100004" not in page.split("What happened")[0]


@pytest.mark.feature("ORD-04", "ERR-05")
def test_an_unlinked_order_says_which_line_and_leads_to_the_map(maya: Visitor, filled: Filled) -> None:
    page = maya.get(f"/admin/orders/{filled.orders['unlinked']}/")
    assert "is not linked to a product of the store" in page and "FK-MUG-MOS-2" in page and "Needs you" in page
    link = re.search(r'<a class="btn btn-secondary btn-sm" href="([^"]+)">Map the product</a>', page)
    assert link is not None and "Map product" in maya.get(link.group(1).replace("&amp;", "&"))


@pytest.mark.feature("ERR-08", "OST-15")
def test_an_unmapped_carrier_is_named_and_mapping_it_exactly_sends_what_waits(maya: Visitor, filled: Filled, hub: Hub) -> None:
    with hub.db.write() as db:
        link = db.get_one(OrderLink, filled.orders["open"])
        link.problems = [problem("carrier.unmapped", carrier="UPS Grnd Saver").as_json()]
    page = maya.get(f"/admin/orders/{filled.orders['open']}/")
    assert "UPS Grnd Saver" in page and "a carrier that is not mapped" in page and '<option value="117717">UPS</option>' in page
    assert numbers(maya.get("/admin/orders/?need=1")) == {"576918382210441725", "576918382214007364"}, (
        "it needs a person though it is in the store"
    )
    refused = maya.post("/admin/settings/carriers", {"carrier": "UPS Grnd Saver", "provider": "999"}, follow_redirects=True)
    assert "choose TikTok" in refused
    saved = maya.post(
        "/admin/settings/carriers",
        {"carrier": "UPS Grnd Saver", "provider": "117717", "back": str(filled.orders["open"])},
        follow_redirects=True,
    )
    assert "1 waiting shipment is sent now" in saved
    with hub.db.read() as db:
        assert db.get_one(Shop, filled.shop_id).settings["orders"]["carriers"] == {"UPS Grnd Saver": "117717"}
        assert db.scalars(select(Task).where(Task.kind == Kind.RELAY_FULFILMENT)).one().args["link_id"] == filled.orders["open"]


@pytest.mark.feature("ORD-08", "TSK-01")
def test_refreshing_and_retrying_become_tasks(maya: Visitor, filled: Filled, hub: Hub) -> None:
    maya.post("/admin/orders/refresh")
    maya.post("/admin/orders/retry", {"ids": str(filled.orders["unlinked"])})
    with hub.db.read() as db:
        kinds = set(db.scalars(select(Task.kind).where(Task.state == TaskState.QUEUED, Task.shown)))
    assert kinds == {Kind.SYNC_ORDERS, Kind.RELAY_ORDER}


def an_order(**more: object) -> Order:
    """18.00 twice, less 3.60 and 1.80, shipping 4.30, tax 2.20."""
    now = clock.now()
    values: dict[str, object] = {
        "order_id": "1",
        "state": OrderState.AWAITING_SHIPMENT,
        "raw_state": "AWAITING_SHIPMENT",
        "region": "US",
        "currency": "USD",
        "created_at": now,
        "updated_at": now,
        "lines": (OrderLine(line_id="1", tiktok_product_id="1", tiktok_sku_id="1", seller_sku="S", title="T"),),
        "goods_gross": Decimal("36.00"),
        "seller_discount": Decimal("3.60"),
        "platform_discount": Decimal("1.80"),
        "tax": Decimal("2.20"),
        "shipping": ShippingCharge(gross=Decimal("5.00"), seller_discount=Decimal("0.70"), net=Decimal("4.30")),
        "total": Decimal("37.10"),
    }
    return Order(**{**values, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("order", "extra"),
    [
        (an_order(), None),
        (an_order(total=Decimal("34.90")), None),
        (
            an_order(
                fees=(Charge("retail_delivery_fee", "Delivery fee", Decimal("0.29")), Charge("new_one", "", Decimal("-0.10"))),
                total=Decimal("37.29"),
            ),
            None,
        ),
        (an_order(total=Decimal("37.13")), Decimal("0.03")),
        (an_order(total=Decimal("30.00"), tax=Decimal(0)), Decimal("-4.90")),
    ],
    ids=["tax on top", "tax in the prices", "fees known and unknown", "three cents unexplained", "less than the parts"],
)
def test_money_adds_up_line_by_line_to_what_the_buyer_paid(order: Order, extra: Decimal | None) -> None:
    rows = explain_money(order, order.total + Decimal("0.02"))
    paid = next(i for i, row in enumerate(rows) if row.is_sum)
    assert sum(row.value for row in rows[:paid]) == rows[paid].value == order.total
    assert [row.value for row in rows if row.title == "Other"] == ([extra] if extra else [])
    assert rows[-1].ok is False and "0.02 more" in rows[-1].note


@pytest.mark.feature("KNI-01")
def test_a_store_total_that_differs_is_shown_beside_the_buyers(maya: Visitor, filled: Filled, hub: Hub) -> None:
    with hub.db.write() as db:
        db.get_one(OrderLink, filled.orders["open"]).store_total = 3712
    page = maya.get(f"/admin/orders/{filled.orders['open']}/")
    assert "Total in your store" in page and "0.02 more than the buyer paid." in page and "37.12" in page


def test_home_shows_zero_missing_and_a_sum_that_adds_up(maya: Visitor, filled: Filled, hub: Hub) -> None:
    def ledger(page: str) -> dict[str, int]:
        return {name: int(n.replace(",", "")) for name, n in re.findall(r'data-ledger="(\w+)">([\d,]+)<', page)}

    found = ledger(maya.get("/admin/"))
    assert found["seen"] == found["created"] + found["not_due"] + found["need"] == 5
    with hub.db.write() as db:
        entry = db.scalars(select(LedgerEntry).where(LedgerEntry.tiktok_order_id == "576918382210441725")).one()
        entry.copies = 2
        gone = db.scalars(select(LedgerEntry).where(LedgerEntry.tiktok_order_id == "576918382209812031")).one()
        gone.verdict = gone.verdict.__class__.MISSING
    page = maya.get("/admin/")
    assert re.findall(r"<b>(\d+)</b>", page)[:2] == ["1", "1"]
    assert "1 missing, 1 double" in maya.get("/admin/orders/ledger")
    assert numbers(maya.get("/admin/orders/?need=double")) == {"576918382210441725"}


# -- tasks


@pytest.mark.feature("TSK-02", "TSK-03")
def test_the_list_names_type_summary_and_status_of_each(maya: Visitor) -> None:
    page = maya.get("/admin/tasks/")
    for words in ("Task type", "Summary", "Status", "View details"):
        assert words in page
    tabs = dict(re.findall(r">(Running|Completed|Error) <span class=\"sb-count[^>]*>(\d+)<", page))
    assert tabs == {"Running": "1", "Completed": "2", "Error": "1"}
    assert "Refresh orders" in maya.get("/admin/tasks/?tab=error") and "Push products" in maya.get("/admin/tasks/?tab=running")


@pytest.mark.feature("TSK-04", "TSK-05", "PRD-04")
def test_details_show_each_items_result_and_say_that_done_is_not_live(maya: Visitor, filled: Filled) -> None:
    page = maya.get(f"/admin/tasks/{filled.tasks['partly']}/")
    assert "Partly done" in page and "It still reviews each product before buyers see it" in page
    rows = page.split('aria-labelledby="h-items"')[1]
    assert rows.count("Needs you") == 2 and rows.count(">Done</span>") == 6 and "Material is missing" in rows
    assert "2 need you, for 1 reason" in page and "TikTok Shop requires Material" in page
    csv = maya.get(f"/admin/tasks/{filled.tasks['partly']}/results.csv")
    assert len(csv.strip().splitlines()) == 9


def test_the_numbers_always_add_up_and_the_page_stops_asking_when_it_is_over(maya: Visitor, filled: Filled, hub: Hub) -> None:
    path = f"/admin/tasks/{filled.tasks['running']}"
    maya.get(f"{path}/progress.json")
    found = maya.last.get_json()
    assert found["asked"] == found["sent"] + found["need_you"] + found["waiting"] == 8 and not found["done"]
    part = maya.get(f"{path}/part")
    assert "X-Poll" not in maya.last.headers and "data-sent>3<" in part and "data-left>3<" in part
    assert f'data-poll="{path}/part"' in maya.get(f"{path}/")
    with hub.db.write() as db:
        task = db.get_one(Task, filled.tasks["running"])
        task.state, task.outcome, task.finished_at = TaskState.DONE, Outcome.PARTLY, clock.now()
    maya.get(f"{path}/part")
    assert maya.last.headers["X-Poll"] == "reload" and "data-poll" not in maya.get(f"{path}/")


def test_a_task_can_be_stopped_and_what_was_sent_stays_sent(maya: Visitor, filled: Filled, hub: Hub) -> None:
    maya.post(f"/admin/tasks/{filled.tasks['running']}/stop")
    with hub.db.read() as db:
        items = db.scalars(select(Item).where(Item.parent_id == filled.tasks["running"])).all()
        assert sum(i.outcome is Outcome.OK for i in items) == 3 and not [i for i in items if i.outcome is None]


# -- with the practice platforms behind it


@pytest.fixture
def world(config: Config) -> Iterator[World]:
    """A joined practice store with live products."""
    with small_world(config, "magento") as made:
        made.pull()
        made.push()
        yield made


@pytest.fixture
def clerk(world: World) -> Visitor:
    """The owner at this world's screens."""
    app: Flask = create_app(world.hub.config, world.hub)
    attach(app)
    with world.hub.db.write() as db:
        fill_people(db)
    return Visitor(app.test_client()).sign_in("maya@example.com")


@pytest.mark.feature("MIS-01", "MIS-02", "MIS-03", "ORD-01")
def test_orders_that_no_message_told_of_are_found_by_time_and_sent_once(world: World, clerk: Visitor) -> None:
    world.tiktok("POST", "webhooks/rules", {"do": "drop", "times": -1})
    trade = Trade(world, "magento")
    placed = [trade.place() for _ in range(2)]
    others = [trade.place(status="ON_HOLD"), trade.place()]
    trade.bring_to(others[1], "IN_TRANSIT", settling=False)
    today = clock.now().date()
    span = f"start={today - timedelta(days=1)}&end={today + timedelta(days=1)}"

    page = clerk.get(f"/admin/orders/missed/?{span}")
    assert "Only orders that await shipment are looked at" in page
    shown = {re.sub(r"<[^>]+>", "", one) for one in re.findall(r'<span class="sb-digits">.*?</span>', page)}
    assert shown == set(placed)
    for _ in range(2):
        clerk.post("/admin/orders/missed/sync", {"start": str(today - timedelta(days=1)), "end": str(today + timedelta(days=1))})
        world.settle()
    assert "Every order is in your store" in clerk.get(f"/admin/orders/missed/?{span}")
    assert all(len(trade.copies(number)) == 1 for number in placed) and not any(trade.copies(number) for number in others)
    assert "Created in the store as" in clerk.get(f"/admin/orders/{world.link(placed[0]).id}/")
