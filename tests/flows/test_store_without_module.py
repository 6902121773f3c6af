"""A store without a module of ours: its webhooks, its login, its own consent page, and what its messages ask for."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from hub import clock
from hub.app import create_app
from hub.config import Config
from hub.domain.orders import Address, Order, OrderState
from hub.domain.products import Offer, Product, ProductKind, Variant, VariantRef
from hub.domain.tasks import Kind
from hub.errors import NeedsReconnect, Refused, Temporary
from hub.flows import connect, inbox, install, products, store_hooks
from hub.flows import order_links as links
from hub.flows.connect import NotThisTime
from hub.models.connections import Connection, ConnectionState, OAuthState, StoreLogin
from hub.models.inbox import InboxEvent, InboxState
from hub.models.orders import OrderLink
from hub.models.products import StoreOffer
from hub.models.shops import Shop
from hub.models.tasks import Notice, Task
from hub.models.tiktok import App, Grant
from hub.models.users import Role, User
from hub.wiring import ConnectionLogin, Hub
from tests.support import both_databases
from tests.support.hubs import add_connection, opened, run_waiting
from tests.support.little_store import SLUG, TITLE, TOPICS, LittleStore, registered, sign

SECRET = "the app's own secret"


class Little:
    """A hub with one connection to the little store."""

    def __init__(self, hub: Hub, store: LittleStore, connection_id: int, client: FlaskClient) -> None:
        self.hub, self.store, self.id, self.client = hub, store, connection_id, client

    def row(self) -> Connection:
        with self.hub.db.read() as session:
            return session.get_one(Connection, self.id)

    def post(self, kind: str, event_id: str = "e1", secret: str = SECRET, **more: Any) -> int:
        body = json.dumps({"kind": kind, **more}).encode()
        answer = self.client.post(f"/hooks/{SLUG}/{self.row().hook_key}", data=body, content_type="application/json", headers={
            "X-Little-Signature": sign(secret, body), "X-Little-Id": event_id})
        return answer.status_code

    def work(self) -> None:
        inbox.sweep(self.hub.db)
        run_waiting(self.hub)

    def message(self, event_id: str = "e1") -> InboxEvent:
        with self.hub.db.read() as session:
            return session.scalars(select(InboxEvent).where(InboxEvent.event_id == event_id)).one()


@pytest.fixture
def little(config: Config, monkeypatch: pytest.MonkeyPatch) -> Iterator[Little]:
    with registered(monkeypatch) as store, opened(config) as hub:
        with hub.db.write() as session:
            connection = add_connection(session, SLUG)
            connection.hook_secret = connect.new_hook_secret()
            connect.save_store_settings(connection, {"shop": "mugs", "app_secret": SECRET, "token": "t1"})
            session.add(User(email="owner@example.test", name="Owner", role=Role.OWNER, created_at=clock.now()))
            connection_id = connection.id
        yield Little(hub, store, connection_id, create_app(config, hub).test_client())


# -- webhooks


def test_a_well_store_gets_our_webhooks_and_those_that_vanish_come_back(little: Little) -> None:
    assert connect.check(little.hub, little.id).ok
    row = little.row()
    address = f"{little.hub.config.public_url}/hooks/{SLUG}/{row.hook_key}"
    assert little.store.topics == dict.fromkeys(TOPICS, (address, row.hook_secret))
    known = store_hooks.known(row)
    assert known is not None and set(known.topics) == set(TOPICS) and known.renewed == ()
    little.store.topics.pop("orders")
    little.store.switched_off.add("products")
    connect.check(little.hub, little.id)
    known = store_hooks.known(little.row())
    assert known is not None and set(known.renewed) == set(TOPICS) and set(little.store.topics) == set(TOPICS)


def test_webhooks_that_the_store_refuses_are_a_problem_that_goes_when_they_are_there(little: Little) -> None:
    little.store.refuses = Refused("The address must begin with https.")
    health = connect.check(little.hub, little.id)
    assert health.ok and [one.code for one in health.problems] == ["hooks.failed"]
    row = little.row()
    assert row.state is ConnectionState.CONNECTED and "https" in row.problems[0]["says"] and row.problems[0]["fix"]
    little.store.refuses = None
    connect.check(little.hub, little.id)
    assert little.row().problems == []


def test_a_new_secret_reaches_the_store_by_itself(little: Little) -> None:
    connect.check(little.hub, little.id)
    with little.hub.db.write() as session:
        connect.rotate_hook_secret(session, session.get_one(Connection, little.id))
    run_waiting(little.hub)
    assert {secret for _, secret in little.store.topics.values()} == {little.row().hook_secret}


def test_a_removed_connection_takes_its_webhooks_away_and_is_removed_even_if_the_store_is_not_there(little: Little) -> None:
    connect.check(little.hub, little.id)
    assert connect.part(little.hub, little.id) == "" and little.store.topics == {}
    connect.check(little.hub, little.id)
    little.store.refuses = Temporary("The store does not answer.")
    assert "does not answer" in connect.part(little.hub, little.id)


# -- the login


@pytest.fixture
def login(little: Little) -> ConnectionLogin:
    return ConnectionLogin(little.hub, little.id)


@both_databases
def test_many_who_find_the_login_stale_cause_one_renewal_and_all_get_it(little: Little) -> None:
    begun, asked, got = threading.Barrier(6), [], []

    def exchange(known: Any) -> dict[str, str]:
        asked.append(known["token"])
        threading.Event().wait(0.3)
        return {"token": "t2", "renewal": "r2"}

    def one() -> None:
        begun.wait()
        got.append(ConnectionLogin(little.hub, little.id).renew("t1", "token", exchange)["token"])

    threads = [threading.Thread(target=one) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert asked == ["t1"] and got == ["t2"] * 6
    sealed = json.loads(little.row().secrets)
    assert sealed == {"app_secret": SECRET, "token": "t2", "renewal": "r2"} and "t2" not in (little.row().secrets_sealed or "")


@both_databases
def test_a_renewal_that_fails_leaves_the_way_free_and_the_old_login_in_place(little: Little, login: ConnectionLogin) -> None:
    def refuse(known: Any) -> dict[str, str]:
        raise NeedsReconnect("It was taken back.")

    for _ in range(2):
        with pytest.raises(NeedsReconnect):
            login.renew("t1", "token", refuse)
    assert login.current()["token"] == "t1"
    assert login.renew("t1", "token", lambda known: {"token": "t2"})["token"] == "t2"


def test_a_worker_that_died_while_renewing_is_followed_by_another(little: Little, login: ConnectionLogin, monkeypatch: pytest.MonkeyPatch) -> None:
    with little.hub.db.write() as session:
        session.get_one(StoreLogin, little.id).renewing_until = clock.now() + timedelta(seconds=1)
    assert login.renew("t1", "token", lambda known: {"token": "t2"})["token"] == "t2"
    with little.hub.db.write() as session:
        session.get_one(StoreLogin, little.id).renewing_until = clock.now() + timedelta(seconds=40)
    monkeypatch.setattr("hub.wiring.REFRESH_WAIT_S", 0.4)
    with pytest.raises(Temporary):
        login.renew("t2", "token", lambda known: {"token": "t3"})


def test_a_form_that_is_saved_keeps_what_it_does_not_show(little: Little, login: ConnectionLogin) -> None:
    login.renew("t1", "token", lambda known: {"token": "t2", "renewal": "r2"})
    with little.hub.db.write() as session:
        row = session.get_one(Connection, little.id)
        row.settings = {**row.settings, "source": "field"}
        connect.save_store_settings(row, {"shop": "mugs"})
    assert login.current() == {"app_secret": SECRET, "token": "t2", "renewal": "r2"}
    assert little.row().settings["source"] == "field"


def test_an_open_store_is_handed_its_login_and_the_orders_that_the_hub_knows(little: Little) -> None:
    add_link(little, "577000000000000001", "4711")
    little.hub.store_for(little.row())
    options = little.store.opened[-1][1]
    assert options["login"].current()["token"] == "t1"
    assert (options["known_order"]("577000000000000001"), options["known_order"]("1")) == ("4711", "")


# -- the store's own consent page


def begin(little: Little, bound_to: str = "maya") -> str:
    with little.hub.db.write() as session:
        address = install.start(session, little.hub, session.get_one(Connection, little.id), bound_to)
    assert address.startswith("https://mugs.little.example/agree") and f"/connect/store/{SLUG}/callback" in address
    return address.split("state=")[1].split("&")[0]


def came(state: str, **changes: str) -> dict[str, str]:
    return {"state": state, "shop": "mugs", "proof": SECRET, "code": "c1", **changes}


def test_a_merchant_who_comes_back_is_let_in_once(little: Little) -> None:
    state = begin(little)
    with pytest.raises(NotThisTime, match="not started here"):
        install.finish(little.hub, SLUG, came("another"), "maya")
    with pytest.raises(NotThisTime, match="not started here"):
        install.finish(little.hub, SLUG, came(state), "somebody else")
    assert install.finish(little.hub, SLUG, came(state), "maya") == little.id
    assert json.loads(little.row().secrets)["renewal"] == "r1" and little.row().checked_at is not None
    with pytest.raises(NotThisTime, match="used already"):
        install.finish(little.hub, SLUG, came(state), "maya")
    assert little.store.exchanged == ["c1"]


@pytest.mark.parametrize(("changes", "says"), [({"shop": "other"}, "another store"), ({"proof": "forged"}, "signature"), ({"shop": ""}, "another")])
def test_a_way_back_that_the_store_did_not_make_exchanges_nothing(little: Little, changes: dict[str, str], says: str) -> None:
    with pytest.raises(NotThisTime, match=says):
        install.finish(little.hub, SLUG, came(begin(little), **changes), "maya")
    assert little.store.exchanged == []


def test_a_state_ends_after_ten_minutes_and_is_no_state_of_tiktok_shop(little: Little) -> None:
    state = begin(little)
    with pytest.raises(NotThisTime, match="not started here"):
        connect.finish_consent(little.hub, state, "code", "maya")
    with clock.hold(clock.now() + timedelta(minutes=11)), pytest.raises(NotThisTime, match="ten minutes"):
        install.finish(little.hub, SLUG, came(state), "maya")
    with little.hub.db.read() as session:
        assert session.scalars(select(OAuthState.app_id)).all() == [None]


def test_nobody_is_sent_to_the_store_before_what_it_needs_is_filled_in(little: Little) -> None:
    with little.hub.db.write() as session:
        row = session.get_one(Connection, little.id)
        row.settings, row.secrets = {}, ""
        with pytest.raises(NotThisTime, match="Shop name, App secret"):
            install.start(session, little.hub, row, "maya")


def test_a_paused_connection_goes_on_once_its_store_lets_us_in_again(little: Little) -> None:
    with little.hub.db.write() as session:
        connect.pause(session, session.get_one(Connection, little.id), "The login is over.")
    install.finish(little.hub, SLUG, came(begin(little)), "maya")
    assert little.row().state is ConnectionState.CONNECTED


# -- what its messages ask for


def add_link(little: Little, order_id: str, store_order_id: str) -> int:
    now = clock.now()
    order = Order(order_id=order_id, state=OrderState.AWAITING_SHIPMENT, raw_state="AWAITING_SHIPMENT", region="US", currency="USD", created_at=now,
                  updated_at=now, total=Decimal("12.00"), buyer_email="buyer@relay.example", buyer_message="Ring twice",
                  ship_to=Address(name="Jane Doe", lines=("1 Elm Street",), city="Austin", country="US", phone="+1555"), raw={"name": "Jane Doe"})
    with little.hub.db.write() as session:
        shop = session.scalars(select(Shop)).first()
        if shop is None:
            app = App(app_key="k", api_host="h", token_host="h", consent_host="h", is_practice=True, created_at=now)
            session.add(app)
            session.flush()
            grant = Grant(app_id=app.id, open_id="o", created_at=now)
            session.add(grant)
            session.flush()
            shop = Shop(grant_id=grant.id, connection_id=little.id, tiktok_shop_id="1", region="US", cipher="c", created_at=now)
            session.add(shop)
            session.flush()
        link, _ = links.note_order(session, shop, order)
        link.store_order_id, link.store_number = store_order_id, f"#{store_order_id}"
        return link.id


def link_of(little: Little, link_id: int) -> OrderLink:
    with little.hub.db.read() as session:
        return session.get_one(OrderLink, link_id)


def test_a_message_signed_with_the_app_secret_is_taken_and_a_forged_one_is_not(little: Little) -> None:
    assert little.post("order.changed", subject="1") == 202
    assert little.post("order.changed", "e2", secret="another") == 401
    with little.hub.db.write() as session:
        connect.save_store_settings(session.get_one(Connection, little.id), {"shop": "mugs", "app_secret": "a new one"})
    assert little.post("order.changed", "e3") == 401
    little.client = create_app(little.hub.config, little.hub).test_client()      # another process, which knows nobody yet
    assert little.post("order.changed", "e4", secret="a new one") == 202


def test_an_app_that_was_taken_out_of_the_store_pauses_the_connection_and_tells_once(little: Little) -> None:
    for number in range(2):
        assert little.post("store.uninstalled", f"e{number}", at=clock.now().isoformat()) == 202
    little.work()
    row = little.row()
    assert row.state is ConnectionState.PAUSED and TITLE in row.paused_because and row.problems[0]["code"] == "login.lost"
    with little.hub.db.read() as session:
        assert [one.about for one in session.scalars(select(Notice))] == [f"login:{little.id}"]


def test_news_of_an_older_login_does_not_end_the_present_one(little: Little) -> None:
    assert little.post("store.uninstalled", at=(clock.now() - timedelta(hours=3)).isoformat()) == 202
    little.work()
    assert little.row().state is ConnectionState.CONNECTED and little.message().state is InboxState.IGNORED


def test_changed_permissions_are_looked_at(little: Little) -> None:
    assert little.post("store.scopes_changed") == 202
    little.work()
    assert little.row().checked_at is not None and little.message().state is InboxState.PLANNED


def test_a_buyers_data_is_erased_and_does_not_come_back(little: Little) -> None:
    first, second = add_link(little, "577000000000000001", "4711"), add_link(little, "577000000000000002", "4712")
    assert link_of(little, first).buyer == "Jane Doe"
    assert little.post("order.changed", "about it", subject="4711") == 202
    assert little.post("privacy.customer_redact", "e2", orders=["4711"]) == 202
    little.work()
    erased, other = link_of(little, first), link_of(little, second)
    assert "Jane" not in json.dumps([erased.buyer, erased.order, erased.raw]) and "Elm" not in json.dumps(erased.order)
    assert "buyer@relay" not in json.dumps(erased.order) and "Ring" not in json.dumps(erased.order) and erased.redacted_at
    assert (erased.total, erased.currency) == (1200, "USD") and other.buyer == "Jane Doe" and other.redacted_at is None
    assert little.message("about it").body == b""
    add_link(little, "577000000000000001", "4711")      # TikTok Shop tells of it again
    assert link_of(little, first).buyer == "" and "Jane" not in json.dumps(link_of(little, first).order)


def test_a_whole_store_is_erased_after_it_was_left_and_not_once_it_is_connected_again(little: Little) -> None:
    first = add_link(little, "577000000000000001", "4711")
    assert little.post("privacy.shop_redact", at=(clock.now() - timedelta(days=1)).isoformat()) == 202
    little.work()
    assert link_of(little, first).buyer == "Jane Doe"
    assert little.post("store.uninstalled", "e2", at=clock.now().isoformat()) == 202
    assert little.post("privacy.shop_redact", "e3", at=clock.now().isoformat()) == 202
    little.work()
    assert link_of(little, first).buyer == "" and link_of(little, first).redacted_at is not None


def test_a_request_for_a_buyers_data_reaches_the_owners_with_what_there_is(little: Little) -> None:
    add_link(little, "577000000000000001", "4711")
    assert little.post("privacy.data_request", orders=["4711", "9"]) == 202
    little.work()
    with little.hub.db.read() as session:
        mail = session.scalars(select(Task).where(Task.kind == Kind.SEND_MAIL)).one()
    said = " ".join(mail.args["lines"])
    assert "577000000000000001" in said and "30 days" in said and "Jane" not in said


def test_stock_is_told_by_another_id_than_the_products_and_lands_where_it_belongs(little: Little) -> None:
    ref = VariantRef("7", "71", "MUG")
    product = Product(product_id="7", kind=ProductKind.SIMPLE, sku="MUG", title="Mug", variants=(Variant(variant_id="71", sku="MUG"),))
    offer = Offer(ref=ref, scope="", price=Decimal(9), effective_price=Decimal(9), currency="USD", tax_included=False, salable=4)
    with little.hub.db.write() as session:
        products.store_products(session, little.id, [product])
    little.store.stock["item:99"] = offer
    assert little.post("stock.changed", subject="item:99") == 202
    little.work()
    assert little.store.asked[-1] == ["item:99"]
    with little.hub.db.read() as session:
        assert session.scalars(select(StoreOffer.salable)).all() == [4]
