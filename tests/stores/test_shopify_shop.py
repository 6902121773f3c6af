"""A whole practice Shopify: installing, tokens that end, pulling by bulk and by page, categories, stock, webhooks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from hub import clock
from hub.domain.products import ProductKind, offer_hash
from hub.errors import NeedsReconnect, Refused, Temporary
from hub.inbound import BadSignature
from hub.net import Guard
from hub.stores.base import HookSecrets
from hub.stores.shopify import PLATFORM, bulk, catalogue
from tests.contract.bench_shopify import FIRST, SECOND, SECRET, ShopifyBench
from tests.contract.drafts import draft


@pytest.fixture
def bench() -> Any:
    return ShopifyBench()


def only(found: Any) -> Any:
    (one,) = found
    return one


def pulled(bench: ShopifyBench, **settings: Any) -> dict[str, Any]:
    return {one.product_id: one for _, page in bench.open(**settings).products(None, None) for one in page}


# -- installing


def test_an_install_leads_to_a_token_that_works_and_a_changed_way_back_does_not(bench):
    install = PLATFORM.install
    assert install is not None
    settings = {**bench.settings(), "access_token": ""}
    secrets = {"api_secret": SECRET}
    back = "http://hub.test/connect/store/shopify/callback"
    page = bench.session.get(install.consent_url(settings, secrets, "9f2c7d11", back))
    assert page.status_code == 200 and "write_orders" in page.text
    asked = dict(parse_qsl(urlsplit(page.url).query))
    answer = bench.session.post(f"{bench.base_url}admin/oauth/authorize", data=asked, allow_redirects=False)
    query = dict(parse_qsl(urlsplit(answer.headers["Location"]).query))
    install.verify(settings, secrets, query)
    with pytest.raises(BadSignature):
        install.verify(settings, secrets, {**query, "state": "0000"})
    got = install.exchange(settings, secrets, query, back, bench.options())
    assert bench.platform.open({**settings, **got}, "", bench.options()).check().ok
    with pytest.raises(Refused):
        install.exchange(settings, secrets, query, back, bench.options())


@pytest.fixture
def expiring(bench: ShopifyBench) -> dict[str, str]:
    """A pair of tokens as an install gives it."""
    answer = bench.session.post(f"{bench.base_url}admin/oauth/authorize", allow_redirects=False, data={
        "client_id": bench.key, "redirect_uri": "http://hub.test/back", "state": "1"})
    query = dict(parse_qsl(urlsplit(answer.headers["Location"]).query))
    assert PLATFORM.install is not None
    return dict(PLATFORM.install.exchange(bench.settings(), {}, query, "http://hub.test/back", bench.options()))


class Shared:
    """What wiring does for all workers, in one place: the sealed settings, renewed one at a time."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values = dict(values)
        self.renewals = 0

    def current(self) -> Mapping[str, str]:
        return self.values

    def renew(self, stale: str, name: str, exchange: Any) -> Mapping[str, str]:
        if self.values[name] == stale:
            self.values |= exchange(self.values)
            self.renewals += 1
        return self.values


def test_an_hours_token_lives_on_for_months_and_two_workers_renew_it_once(bench, expiring):
    shared = Shared({"api_secret": SECRET, **expiring})
    options = {**bench.options(), "login": shared}
    first, second = (bench.platform.open(bench.settings(), "", options) for _ in range(2))
    assert first.check().ok and second.check().ok and shared.renewals == 0
    with clock.hold(clock.now() + timedelta(minutes=58)):
        assert first.check().ok and second.check().ok and shared.renewals == 1
    with clock.hold(clock.now() + timedelta(days=89)):
        assert second.check().ok and first.check().ok and shared.renewals == 2
    with clock.hold(clock.now() + timedelta(days=200)), pytest.raises(NeedsReconnect):
        first.check()


def test_a_token_that_ended_early_is_renewed_by_the_first_refusal(bench, expiring):
    shared = Shared({"api_secret": SECRET, **expiring})
    store = bench.platform.open(bench.settings(), "", {**bench.options(), "login": shared})
    bench.control("POST", "login", {"expire": True})
    assert store.check().ok and shared.renewals == 1


def test_an_app_of_the_stores_own_organisation_needs_no_token_to_be_pasted(bench):
    assert bench.open(access_token="").check().ok
    bench.control("POST", "login", {"revoke": True})
    with pytest.raises(NeedsReconnect):
        bench.open(access_token="").check()


def test_a_removed_app_asks_for_a_reconnect(bench):
    bench.control("POST", "uninstall")
    with pytest.raises(NeedsReconnect):
        bench.open().check()


def test_a_practice_address_is_taken_in_practice_only(bench):
    with pytest.raises(Refused):
        bench.platform.open(bench.settings(), "", {"guard": Guard()})
    assert bench.platform.open(bench.settings(), "", {"guard": Guard(practice=True), **bench.options()}).check().ok


# -- pulling


@pytest.mark.feature("PUL-04")
@pytest.mark.parametrize("source", [{"category_source": "product_type"}, {"category_source": "category"},
                                    {"category_source": "metafield", "category_metafield": "custom.category"}])
def test_a_bulk_operation_gives_the_same_products_as_the_pages(bench, monkeypatch, source):
    by_page = pulled(bench, **source)
    monkeypatch.setattr(catalogue, "BULK_FROM", 1)
    monkeypatch.setattr(bulk, "PRODUCTS_A_PAGE", 2)
    monkeypatch.setattr(bulk, "PIECE", 500)
    assert pulled(bench, **source) == by_page and len(by_page) == 4
    assert bench.app.sim.journal.entries(operation="BulkStart")


def test_a_pull_of_many_products_under_a_small_bucket_ends_without_leaving_one_out(bench):
    for number in range(30):
        bench.control("POST", "products", {"sku": f"MANY-{number}", "name": f"Thing {number}", "price": "1.00"})
    bench.control("POST", "settings", {"bucket": 1000, "restore_rate": 400})
    bench.control("POST", "throttle")
    assert len(pulled(bench)) == 34
    throttled = [one.operation for one in bench.app.sim.journal.entries() if '"THROTTLED"' in one.answer]
    assert throttled and len(throttled) == len(set(throttled))      # of each document the first call alone could not know its cost


def test_a_product_with_more_of_everything_than_a_page_holds_is_whole(bench):
    product_id, _ = bench.items["HOOD-R-S"]
    bench.control("PATCH", "products/HOOD-R-S", {"metafields": {f"custom.fact_{number}": f"Value {number}" for number in range(25)}})
    monkeypatch = pytest.MonkeyPatch()
    with monkeypatch.context() as patch:
        patch.setattr(catalogue, "VARIANTS_A_PRODUCT", 1)
        found = pulled(bench)[product_id]
    assert len(found.variants) == 4 and sum(name.startswith("Fact") for name in found.attributes) == 25
    assert found == bench.open().product(product_id)


def test_a_variants_id_gives_its_product_and_a_deleted_product_is_none(bench):
    product_id, variant_id = bench.items["HOOD-B-M"]
    assert bench.open().product(variant_id).product_id == product_id
    bench.control("DELETE", "products/MUG-1")
    assert bench.open().product(bench.items["MUG-1"][0]) is None


def test_drafts_come_and_are_not_for_sale(bench):
    found = pulled(bench)[bench.items["OFF-1"][0]]
    assert found.active is False and found.kind is ProductKind.SIMPLE
    assert only(bench.open().offers([found.product_id], "")).active is False


def test_a_picture_that_is_still_worked_on_is_left_out(bench):
    bench.control("PATCH", "products/MUG-1", {"picture_status": "PROCESSING"})
    assert bench.open().product(bench.items["MUG-1"][0]).images == ()


@pytest.mark.parametrize(("source", "path"), [
    ({"category_source": "category"}, None), ({"category_source": "metafield", "category_metafield": "custom.category"}, "Home > Mugs"),
    ({"category_source": "product_type"}, "Mugs")])
def test_each_category_of_a_product_is_one_of_the_categories(bench, source, path):
    store = bench.open(**source)
    known = {one.category_id: one for one in store.categories()}
    mug = store.product(bench.items["MUG-1"][0])
    assert tuple(known[one].path for one in mug.category_ids) == mug.category_paths
    assert path is None or path in mug.category_paths
    assert all(one.parent_id in known for one in known.values() if one.parent_id)


# -- prices and stock


def test_goods_without_a_count_never_run_out_and_may_be_sold_in_advance_by_policy(bench):
    product_id, _ = bench.items["MUG-1"]
    bench.control("PATCH", "products/MUG-1", {"tracked": False, "policy": "CONTINUE"})
    found = only(bench.open().offers([product_id], ""))
    assert found.salable == 99_999 and found.backorders is True


def test_a_location_that_is_switched_off_has_no_scope_any_more(bench):
    bench.control("POST", "locations/81000000002", {"active": False})
    assert [one.code for one in bench.open().check().scopes] == ["", FIRST]


def test_many_offers_take_few_calls_and_none_is_left_out(bench):
    for number in range(60):
        bench.control("POST", "products", {"sku": f"MANY-{number}", "name": f"Thing {number}", "price": "1.00"})
    ids = sorted({product_id for product_id, _ in bench.read_items().values()})
    for scope in ("", SECOND):
        bench.control("DELETE", "journal")
        assert len(list(bench.open().offers(ids, scope))) == len(bench.read_items())
        assert sum(entry.operation in ("Offers", "OffersAt") and entry.status == 200 for entry in bench.app.sim.journal.entries()) <= 6


def test_the_digest_tells_what_the_offers_tell(bench):
    store = bench.open()
    for scope in ("", FIRST):
        rows = {row.variant_id: row.hash for row in store.digest(scope)[0]}
        ids = sorted({product_id for product_id, _ in bench.items.values()})
        assert rows == {one.ref.variant_id: offer_hash(one) for one in store.offers(ids, scope)}


def test_a_digest_of_several_pages_goes_on_and_ends(bench, monkeypatch):
    monkeypatch.setattr(catalogue, "DIGEST_A_PAGE", 2)
    store, cursor, seen = bench.open(), "", []
    for _ in range(20):
        rows, cursor = store.digest("", cursor)
        seen += [row.variant_id for row in rows]
        if not cursor:
            break
    assert len(seen) == len(set(seen)) == len(bench.items)


# -- webhooks


def events(bench: ShopifyBench) -> list[Any]:
    return [PLATFORM.read_events(body, headers, HookSecrets(settings={"api_secret": SECRET}))[0][0] for body, headers in bench.delivered()]


def test_a_stock_event_names_an_item_that_the_offers_understand(bench):
    bench.join()
    bench.delivered()
    bench.stock("MUG-1", 3)
    told = next(one for one in events(bench) if one.kind == "stock.changed")
    found = only(bench.open().offers([told.subject], ""))
    assert told.subject.startswith("item:") and (found.ref.product_id, found.ref.variant_id, found.salable) == (*bench.items["MUG-1"], 3)


def test_the_messages_hold_ids_and_no_buyers_data(bench):
    bench.join()
    made = bench.open().create_order(draft(bench))
    bench.control("POST", f"orders/{made.order_id}/ship", {"number": "S1"})
    messages = bench.delivered()
    assert {PLATFORM.read_events(body, headers, HookSecrets(settings={"api_secret": SECRET}))[0][0].kind for body, headers in messages} >= {
        "order.changed", "shipment.changed", "stock.changed"}
    assert not any(word in body for body, _ in messages for word in (b"scs.tiktokw.us", b"SW1A", b"Road"))


def test_a_shipment_and_a_refund_name_their_order(bench):
    bench.join()
    made = bench.open().create_order(draft(bench))
    bench.control("POST", f"orders/{made.order_id}/ship", {"number": "S1"})
    bench.control("POST", f"orders/{made.order_id}/refund", {"amount": "1.00"})
    found = {one.kind: one.subject for one in events(bench) if one.kind in ("shipment.changed", "refund.created", "order.changed")}
    assert found == dict.fromkeys(("shipment.changed", "refund.created", "order.changed"), made.order_id)


def test_a_removed_app_and_changed_permissions_are_told(bench):
    bench.join()
    bench.delivered()
    bench.control("POST", "scopes", {"scopes": ["read_products"]})
    bench.control("POST", "uninstall")
    assert [one.kind for one in events(bench)] == ["store.scopes_changed", "store.uninstalled"]


@pytest.mark.parametrize(("topic", "body", "kind", "raw"), [
    ("customers/data_request", {"customer": {"id": 7}, "orders_requested": [5]}, "privacy.data_request", {"orders": ["5"], "customer": "7"}),
    ("customers/redact", {"customer": {"id": 7}, "orders_to_redact": [5]}, "privacy.customer_redact", {"orders": ["5"], "customer": "7"}),
    ("shop/redact", {}, "privacy.shop_redact", {"orders": [], "customer": ""})])
def test_compliance_topics_are_read(bench, topic, body, kind, raw):
    bench.join()
    bench.delivered()
    bench.control("POST", "events/compliance", {"topic": topic, "body": body})
    told = only(events(bench))
    assert told.kind == kind and raw.items() <= told.raw.items()


def test_forged_messages_of_the_store_are_refused(bench):
    bench.join()
    bench.delivered()
    bench.control("POST", "mishaps", {"forge": True})
    bench.control("POST", "products/MUG-1/save")
    messages = bench.delivered()
    assert messages
    for body, headers in messages:
        with pytest.raises(BadSignature):
            PLATFORM.read_events(body, headers, HookSecrets(settings={"api_secret": SECRET}))


def test_webhooks_without_the_permission_for_them_are_refused_by_name(bench):
    bench.control("POST", "login", {"remove_scopes": ["read_products", "write_products"]})
    with pytest.raises(Refused) as error:
        bench.open().ensure_hooks(bench.hook_address, bench.secret)
    assert only(error.value.problems).code == "store.permission"


def test_a_bulk_operation_that_shopify_gives_up_is_tried_later(bench, monkeypatch):
    monkeypatch.setattr(catalogue, "BULK_FROM", 1)
    bench.control("POST", "bulk", {"fail": "INTERNAL_SERVER_ERROR"})
    with pytest.raises(Temporary):
        pulled(bench)
    assert len(pulled(bench)) == 4
