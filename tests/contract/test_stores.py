"""What every registered store system must do, asked of each with the same words against its strict practice shop.

No platform's name stands here: what differs is an attribute or method of its bench (`tests.contract.bench`), or data of the
`Platform`. A bench names in ``unable``, with the reason, what its store can't be asked.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from hub import clock
from hub.domain.listings import ListingRow
from hub.domain.orders import Parcel, Refund, RefundLine, StoreOrderState
from hub.domain.products import ProductKind
from hub.errors import NeedsReconnect, Refused, Temporary
from hub.inbound import BadSignature, Skewed, Unreadable
from hub.simulator import serve
from hub.stores import PLATFORMS
from hub.stores.base import HookSecrets, KeepsHooks, Platform, ShowsListings
from hub.stores.plugin import order_body
from tests.contract.bench import Bench
from tests.contract.benches import BENCHES
from tests.contract.drafts import KEY, draft, draft_of

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "money.json").read_text())["cases"]


OTHER = "576461413038785753"
Fits = Callable[[Platform, type[Bench]], bool]


def where(fits: Fits) -> Callable[[Any], Any]:
    """The test is asked of the store systems that this holds for."""
    def mark(test: Any) -> Any:
        test.fits = fits
        return test
    return mark


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each registered store system; one without a bench fails here."""
    if "bench" in metafunc.fixturenames:
        fits: Fits = getattr(metafunc.function, "fits", lambda platform, bench: True)
        metafunc.parametrize("bench", [slug for slug in sorted(PLATFORMS) if metafunc.function.__name__ not in BENCHES[slug].unable
                                       and fits(PLATFORMS[slug], BENCHES[slug])], indirect=True)


@pytest.fixture
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    """The platform's practice shop and adapter."""
    made = BENCHES[request.param]()
    yield made
    made.app.sim.sender.stop()


has_plugin = where(lambda platform, _: platform.plugin is not None)
keeps_hooks = where(lambda platform, _: platform.plugin is None)
has_locations = where(lambda _, bench: bench.locations is not None)


def test_each_platform_has_its_bench_and_says_why_it_leaves_a_test_out():
    tests = set(globals())
    assert set(BENCHES) == set(PLATFORMS)
    for slug, bench in BENCHES.items():
        assert bench.slug == slug and PLATFORMS[slug].practice and PLATFORMS[slug].checklist
        assert all(name in tests and reason for name, reason in bench.unable.items()), bench.unable


def only(found: Any) -> Any:
    (one,) = found
    return one


def salable(bench: Bench, sku: str) -> Any:
    """What can be sold of a SKU now, as the adapter says."""
    product_id, variant_id = bench.items[sku]
    return only(one.salable for one in bench.open().offers([product_id], bench.scope) if one.ref.variant_id == variant_id)


# -- how it is


@pytest.mark.feature("PRS-01", "PRS-06")
def test_a_healthy_store_is_found_with_its_version_its_stores_and_its_plugin(bench):
    health = bench.open().check()
    assert health.ok and health.version and health.name
    assert health.has_plugin is (bench.platform.plugin is not None)
    assert health.timezone == "Europe/London"
    assert tuple((scope.code, scope.currency) for scope in health.scopes) == bench.scopes
    assert not health.has_plugin or {"orders", "offers", "digest"} <= health.capabilities
    assert health.problems == ()


def test_the_adapter_works_over_a_real_connection(bench):
    with serve(bench.app) as server:
        store = bench.platform.open(bench.settings_at(server.url), bench.secret, {})
        assert store.check().ok
        assert sum(len(page) for _, page in store.products(None, None)) >= 3


@pytest.mark.feature("MAG-02", "PRS-02")
def test_a_missing_permission_is_named(bench):
    word = bench.lacks()
    health = bench.open().check()
    assert not health.ok
    named = [one for one in health.problems if one.code == "store.permission"]
    assert any(word in one.says for one in named), health.problems
    assert all(one.fix for one in named)


@has_plugin
def test_a_store_without_the_plugin_says_what_is_then_not_right(bench):
    bench.control("POST", "plugin", {"installed": False})
    health = bench.open().check()
    assert not health.has_plugin
    assert only(one for one in health.problems if one.code == "store.plugin_missing").fix
    assert bench.platform.plugin.without and bench.platform.plugin.steps


def test_a_lost_login_asks_for_a_reconnect(bench):
    bench.login_is_lost()
    with pytest.raises(NeedsReconnect):
        list(bench.open().products(None, None))
    with pytest.raises(NeedsReconnect):
        bench.open().check()


def test_an_address_that_is_no_such_store_is_refused_with_a_reason(bench):
    other = next(BENCHES[slug]() for slug in sorted(BENCHES) if slug != bench.slug)
    store = bench.platform.open(bench.settings(), bench.secret, other.options())
    with pytest.raises((Refused, Temporary)) as error:
        store.check()
    assert error.value.says


def test_one_refused_permission_is_no_lost_login(bench):
    bench.lacks()
    with pytest.raises(Refused) as error:
        list(bench.open().orders_changed(clock.now()))
    assert only(error.value.problems).code == "store.permission"


def test_a_store_that_asks_us_to_slow_down_is_heeded(bench):
    for answer, seconds in bench.slow_downs():
        bench.fault(answer, operation=bench.any_read)
        with pytest.raises(Temporary) as error:
            list(bench.open().products(None, None))
        assert error.value.retry_after == seconds if seconds is not None else error.value.retry_after > 0


# -- catalogue


@pytest.mark.feature("PUL-02", "PUL-04")
def test_all_products_come_once_each_and_a_pull_goes_on_after_its_cursor(bench, monkeypatch):
    bench.small_pages(monkeypatch)
    pages = list(bench.open().products(None, None))
    ids = [one.product_id for _, page in pages for one in page]
    assert len(pages) > 1 and sorted(ids) == sorted(set(ids)) and len(ids) >= 3
    first_cursor, first = pages[0]
    rest = [one.product_id for _, page in bench.open().products(None, None, after=first_cursor) for one in page]
    assert [one.product_id for one in first] + rest == ids


@pytest.mark.feature("PUL-02")
def test_a_range_of_dates_includes_its_end_in_the_stores_own_time(bench):
    today = clock.now().replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0)
    store = bench.open()
    changed = next(iter(bench.items))
    bench.control("POST", f"products/{changed}/save", {})
    product_id = bench.items[changed][0]

    def ids(start: Any, end: Any) -> set[str]:
        return {one.product_id for _, page in store.products(start, end) for one in page}

    assert product_id in ids(today, today)
    assert product_id not in ids(today - timedelta(days=9), today - timedelta(days=8))


def test_a_product_comes_with_pictures_category_brand_attributes_and_weight(bench):
    store = bench.open()
    found = {variant.sku: one for _, page in store.products(None, None) for one in page for variant in one.variants}
    mug = found[bench.mug]
    assert mug.kind is ProductKind.SIMPLE and mug.active and mug.title.endswith("mug")
    assert mug.brand and bench.mug_attributes.items() <= mug.attributes.items()
    assert (mug.weight.value, mug.weight.unit) == (Decimal("0.4"), "kg")
    assert mug.category_paths[0].split(" / ")[0] == (bench.top_category or mug.category_paths[0])
    assert (mug.product_id, only(mug.variants).variant_id) == bench.items[bench.mug]
    assert len(store.image(mug.images[0].url)) > 5
    assert mug.updated_at.tzinfo is not None


def test_variants_come_with_their_options_in_words(bench):
    products = [one for _, page in bench.open().products(None, None) for one in page]
    many = only(one for one in products if one.kind is ProductKind.CONFIGURABLE)
    assert len(many.variants) >= 3
    colours = {next(value for name, value in one.options.items() if name in ("Color", "Colour")) for one in many.variants}
    assert colours == {"Red", "Blue"} and all("Size" in one.options for one in many.variants)
    assert all(one.sku and one.variant_id for one in many.variants)


def test_an_unknown_product_is_none_and_a_gone_picture_is_refused(bench):
    store = bench.open()
    assert store.product("999999") is None and store.product("not-a-number") is None
    with pytest.raises(Refused):
        store.image(f"{bench.base_url}{bench.picture}")
    with pytest.raises(Refused):
        store.image("file:///etc/hostname")


def test_categories_come_with_their_whole_path(bench):
    by_path = {one.path: one for one in bench.open().categories()}
    assert by_path and (not bench.top_category or bench.top_category in by_path)
    deep = [one for one in by_path.values() if " / " in one.path]
    assert deep or not bench.top_category
    assert all(by_path[one.path.rpartition(" / ")[0]].category_id == one.parent_id for one in deep)


def test_offers_cover_all_variants_and_tell_a_reduced_price(bench):
    store = bench.open()
    products = [one for _, page in store.products(None, None) for one in page]
    offers = {one.ref: one for one in store.offers([one.product_id for one in products], "")}
    assert {(one.product_id, variant.variant_id) for one in products for variant in one.variants} == {
        (ref.product_id, ref.variant_id) for ref in offers}
    reduced = only(one for one in offers.values() if one.effective_price < one.price)
    assert reduced.ref.sku == bench.reduced
    assert reduced.price == reduced.compare_at and reduced.currency == "GBP"
    assert all(one.scope == "" for one in offers.values())


@has_locations
def test_stock_comes_of_one_location_or_of_all(bench):
    store, (first, second) = bench.open(), bench.locations
    product_id, variant_id = bench.items[bench.mug]
    bench.stock(bench.mug, 3, first)
    bench.stock(bench.mug, 9, second)

    def salable(scope: str) -> Any:
        return only(one.salable for one in store.offers([product_id], scope) if one.ref.variant_id == variant_id)

    assert (salable(first), salable(second), salable("")) == (3, 9, 12)


@has_plugin
def test_without_the_plugin_prices_and_stock_still_come(bench):
    ids = sorted({product_id for product_id, _ in bench.items.values()})
    with_plugin = {one.ref: one for one in bench.open().offers(ids, bench.scope)}
    bench.control("POST", "plugin", {"installed": False})
    without = {one.ref: one for one in bench.open().offers(ids, bench.scope)}
    assert {ref: (one.price, one.effective_price, one.salable, one.currency, one.active) for ref, one in without.items()} == {
        ref: (one.price, one.effective_price, one.salable, one.currency, one.active) for ref, one in with_plugin.items()}


def test_the_digest_changes_with_stock_and_only_there(bench):
    sku = bench.mug
    before, after_first = bench.open().digest(bench.scope)
    assert after_first == "" and {row.sku for row in before} >= set(bench.items) - {"", "HOOD"}
    bench.stock(sku, 2)
    now, _ = bench.open().digest(bench.scope)
    assert {row.sku for row in set(now) - set(before)} >= {sku}
    assert len(set(now) - set(before)) < len(now)


# -- orders


@pytest.mark.parametrize("case", [case for case in VECTORS if case["verdict"] == "accepted"], ids=lambda case: case["name"])
def test_an_order_is_worded_as_the_vectors_want_it(case):
    assert order_body(draft_of(case["body"]), case["body"]["store"]) == case["body"]


@pytest.mark.feature("ORD-09")
def test_the_same_order_created_twice_is_one_order(bench):
    store = bench.open()
    asked = draft(bench)
    first = store.create_order(asked)
    again = bench.open().create_order(asked)
    assert (first.order_id, first.number) == (again.order_id, again.number) and again.same is True
    assert len(bench.control("GET", "orders")) == 1


def test_a_repeat_with_other_content_says_so(bench):
    store = bench.open()
    store.create_order(draft(bench))
    changed = draft(bench, fees=(), fees_total=Decimal("0.00"), grand=Decimal("93.79"))
    assert store.create_order(changed).same is False


def test_the_total_in_the_store_is_what_the_buyer_paid_to_the_cent(bench):
    made = bench.open().create_order(draft(bench))
    assert (made.grand, made.difference, made.key) == (Decimal("94.07"), None, KEY)
    assert only(bench.control("GET", "orders"))["totals"]["grand"] == "94.07"


def test_a_total_that_the_store_changed_is_told_with_its_reason(bench):
    bench.overcharge()
    amount, reason = bench.open().create_order(draft(bench)).difference
    assert amount == Decimal("1.00") and reason


def test_a_paid_order_lands_without_stock_and_says_so(bench):
    assert bench.open().create_order(draft(bench, key="576461413038785759")).oversold is False
    bench.stock(bench.sold[0], 1)
    assert bench.open().create_order(draft(bench)).oversold is True


def test_an_order_is_found_by_its_key_and_an_unknown_one_is_none(bench):
    store = bench.open()
    assert store.find_order(KEY) is None
    made = store.create_order(draft(bench))
    found = store.find_order(KEY)
    assert (found.order_id, found.key, found.grand, found.state) == (made.order_id, KEY, made.grand, StoreOrderState.OPEN)
    assert found.currency == "GBP" and found.parcels == ()


def test_after_a_lost_answer_the_order_is_found(bench):
    bench.fault({"drop": "after"}, operation=bench.create)
    store = bench.open()
    with pytest.raises(Temporary) as error:
        store.create_order(draft(bench))
    assert error.value.context["sent"] is True
    assert store.find_order(KEY) is not None
    assert store.create_order(draft(bench)).same is True
    assert len(bench.control("GET", "orders")) == 1


def test_a_call_that_never_arrived_leaves_no_order(bench):
    bench.fault({"drop": "before"}, operation=bench.create)
    store = bench.open()
    with pytest.raises(Temporary):
        store.create_order(draft(bench))
    assert store.find_order(KEY) is None


def test_what_the_store_does_not_take_is_refused_with_its_words(bench):
    bench.refuse_orders()
    with pytest.raises(Refused) as error:
        bench.open().create_order(draft(bench))
    found = only(error.value.problems)
    assert found.code == "order.store_refused" and bench.country_word in found.says and found.raw
    assert bench.open().find_order(KEY) is None


@where(lambda platform, _: platform.remembers_deleted)
def test_an_order_that_was_deleted_in_the_store_is_never_made_again_by_itself(bench):
    store = bench.open()
    made = store.create_order(draft(bench))
    bench.control("DELETE", f"orders/{made.order_id}")
    with pytest.raises(Refused) as error:
        store.create_order(draft(bench))
    assert only(error.value.problems).code == "order.deleted"
    assert store.find_order(KEY) is None


@where(lambda platform, _: not platform.remembers_deleted)
def test_an_order_that_was_deleted_in_a_store_that_forgets_it_is_not_found(bench):
    store = bench.open()
    made = store.create_order(draft(bench))
    bench.control("DELETE", f"orders/{made.order_id}")
    assert store.find_order(KEY) is None and store.order(KEY) is None


def test_a_busy_store_is_tried_later(bench):
    bench.fault({"status": 429, "text": "", "headers": {"Retry-After": "3"}}, operation=bench.create)
    with pytest.raises(Temporary) as error:
        bench.open().create_order(draft(bench))
    assert error.value.retry_after == 3


@pytest.mark.feature("FUL-09")
def test_a_parcel_is_shipped_once_and_read_back(bench):
    store = bench.open()
    store.create_order(draft(bench))
    parcel = Parcel(parcel_id="pkg-1", carrier_code="dpd", carrier_title="DPD", tracking_number="TRK1", quantities={"11": 1, "12": 1})
    store.ship(KEY, parcel)
    store.ship(KEY, parcel)
    there = only(store.order(KEY).parcels)
    assert there.parcel_id and (there.carrier_title, there.tracking_number) == ("DPD", "TRK1")
    assert sum(there.quantities.values()) == 2 and store.order(KEY).state is StoreOrderState.OPEN
    store.ship(KEY, Parcel(parcel_id="pkg-2", carrier_code="dpd", carrier_title="DPD", tracking_number="TRK2", quantities={"13": 1}))
    assert [one.tracking_number for one in store.order(KEY).parcels] == ["TRK1", "TRK2"]


def test_a_parcel_made_in_the_store_is_read_with_the_stores_own_id(bench):
    store = bench.open()
    made = store.create_order(draft(bench))
    bench.ship_in_store(made.order_id, "S1")
    there = only(store.order(KEY).parcels)
    assert there.tracking_number == "S1" and there.parcel_id not in ("", KEY)


def test_an_order_is_cancelled_once_and_a_shipped_one_not_at_all(bench):
    store = bench.open()
    store.create_order(draft(bench))
    assert store.cancel_order(KEY, "Buyer changed his mind", True).state is StoreOrderState.CANCELLED
    assert store.cancel_order(KEY, "Buyer changed his mind", True).state is StoreOrderState.CANCELLED
    store.create_order(draft(bench, key=OTHER))
    store.ship(OTHER, Parcel(parcel_id="p", carrier_code="dpd", carrier_title="DPD", tracking_number="T"))
    with pytest.raises(Refused) as error:
        store.cancel_order(OTHER, "Too late", True)
    assert error.value.context["state"]


def test_a_refund_is_made_once_per_key_for_the_exact_amount(bench):
    store = bench.open()
    store.create_order(draft(bench))
    refund = Refund(refund_key="ret-1", currency="GBP", lines=(RefundLine(line_id="11", amount=Decimal("25.00"), tax=Decimal("0.90")),),
                    total=Decimal("25.90"), restock=True, reason="Damaged")
    store.refund(KEY, refund)
    store.refund(KEY, refund)
    assert store.order(KEY).refunded == Decimal("25.90")
    too_much = Refund(refund_key="ret-2", currency="GBP", lines=(), total=Decimal("999.00"), adjustment=Decimal("999.00"))
    with pytest.raises(Refused) as error:
        store.refund(KEY, too_much)
    assert error.value.problems


@pytest.mark.parametrize("restock", [True, False])
def test_a_cancelled_order_gives_its_stock_back_if_asked(bench, restock):
    store, sku = bench.open(), bench.sold[0]
    before = salable(bench, sku)
    store.create_order(draft(bench))
    assert salable(bench, sku) == before - 2
    store.cancel_order(KEY, "Buyer changed his mind", restock)
    assert salable(bench, sku) == (before if restock else before - 2)


@pytest.mark.parametrize("restock", [True, False])
def test_a_refund_gives_its_stock_back_if_asked(bench, restock):
    store, sku = bench.open(), bench.sold[0]
    store.create_order(draft(bench))
    store.ship(KEY, Parcel(parcel_id="pkg-1", carrier_code="dpd", carrier_title="DPD", tracking_number="TRK1"))
    left = salable(bench, sku)
    store.refund(KEY, Refund(refund_key="ret-1", currency="GBP", lines=(RefundLine(line_id="11", amount=Decimal("25.00"), tax=Decimal("0.90")),),
                             total=Decimal("25.90"), restock=restock, reason="Damaged"))
    assert salable(bench, sku) == (left + 1 if restock else left)


def test_an_order_is_held_and_released(bench):
    store = bench.open()
    store.create_order(draft(bench))
    store.set_status(KEY, "ON_HOLD", True)
    assert store.order(KEY).state is StoreOrderState.HELD
    store.set_status(KEY, "AWAITING_SHIPMENT", False, {"paid_at": "2026-11-20T12:00:00Z"})
    assert store.order(KEY).state is StoreOrderState.OPEN


def test_calls_about_an_unknown_order_are_refused_not_lost(bench):
    store = bench.open()
    parcel = Parcel(parcel_id="p", carrier_code="dpd", carrier_title="DPD", tracking_number="T")
    for call in (lambda: store.ship("1", parcel), lambda: store.cancel_order("1", "", True), lambda: store.set_status("1", "X")):
        with pytest.raises(Refused):
            call()


def test_the_count_of_marked_orders_shows_doubles_and_deleted_ones(bench):
    store, start = bench.open(), clock.now() - timedelta(minutes=1)
    made = store.create_order(draft(bench))
    gone = store.create_order(draft(bench, key=OTHER))
    bench.control("POST", f"orders/{made.order_id}/plant")
    bench.control("DELETE", f"orders/{gone.order_id}")
    rows = list(store.marked_orders(start, clock.now() + timedelta(minutes=1)))
    assert [row.key for row in rows].count(KEY) == 2
    assert len({row.order_id for row in rows if row.key == KEY}) == 2
    deleted = [StoreOrderState.DELETED] if bench.platform.remembers_deleted else []
    assert [(row.key, row.state) for row in rows if row.key != KEY] == [(OTHER, state) for state in deleted]
    assert list(store.marked_orders(start - timedelta(days=2), start - timedelta(days=1))) == []


def test_changed_orders_come_with_what_happened_to_them(bench):
    store, since = bench.open(), clock.now() - timedelta(minutes=1)
    made = store.create_order(draft(bench))
    bench.control("POST", f"orders/{made.order_id}/cancel")
    changed = only(store.orders_changed(since))
    assert (changed.key, changed.state) == (KEY, StoreOrderState.CANCELLED)


@has_plugin
def test_listings_are_shown_in_the_stores_grid(bench):
    store = bench.open()
    assert isinstance(store, ShowsListings)
    sku, (product_id, _) = next(iter(bench.items.items()))
    store.put_listings([ListingRow(product_id=product_id, sku=sku, tiktok_product_id="1729", status="live", problems=("none",))])
    entry = bench.app.sim.journal.entries()[-1]
    assert entry.status == 200 and '"accepted"' in entry.answer and "1729" in entry.body


@has_plugin
def test_the_rate_of_calls_to_the_plugin_is_one_per_five_hundred_products(bench):
    bench.control("DELETE", "journal")
    list(bench.open().offers([str(number) for number in range(1, 601)], "default"))
    calls = [entry for entry in bench.app.sim.journal.entries() if "offers" in entry.operation]
    assert [entry.status for entry in calls] == [200, 200]


# -- what the store tells by itself


def read(bench: Bench, body: bytes, headers: Any, *secrets: str) -> Any:
    """The message as the hub reads it."""
    hidden = {name for name, field in bench.platform.settings().fields.items() if field.metadata.get("secret")}
    sealed = {name: value for name, value in bench.settings().items() if name in hidden}
    return bench.platform.read_events(body, headers, HookSecrets(secrets or (bench.secret,), sealed))


def news(bench: Bench) -> list[Any]:
    """The messages about a saved product, with their events."""
    bench.join()
    bench.delivered()
    bench.control("POST", f"products/{bench.mug}/save", {})
    found = [(body, headers, read(bench, body, headers)[0]) for body, headers in bench.delivered()]
    return [one for one in found if any(event.kind == bench.saves for event in one[2])]


@pytest.mark.feature("MAG-06", "PRS-03")
def test_a_saved_product_is_told_by_the_id_that_the_adapter_gives_it(bench):
    body, headers, events = news(bench)[0]
    told = only(event for event in events if event.kind == bench.saves)
    assert told.subject == bench.items[bench.mug][0] and told.event_id
    assert bench.open().product(told.subject).product_id == told.subject


def test_a_forged_message_is_refused(bench):
    body, headers, _ = news(bench)[0]
    with pytest.raises(BadSignature):
        read(bench, body[:-1] + b" }", headers)
    assert headers[bench.signature]
    for forged in ("", "v1,AAAA", "\udc80"):
        with pytest.raises(BadSignature):
            read(bench, body, {**headers, bench.signature: forged})
    with pytest.raises(BadSignature):
        read(bench, body, {})


@where(lambda _, bench: bench.late_s is not None)
def test_a_message_that_comes_too_late_is_refused(bench):
    body, headers, _ = news(bench)[0]
    with clock.hold(clock.now() + timedelta(seconds=bench.late_s)), pytest.raises(Skewed):
        read(bench, body, headers)


def test_a_message_that_comes_twice_is_known_by_its_id(bench):
    bench.join()
    bench.delivered()
    messages = bench.twice(lambda: bench.control("POST", f"products/{bench.mug}/save", {}))
    ids = [event.event_id for body, headers in messages for event in read(bench, body, headers)[0] if event.kind == bench.saves]
    assert len(ids) == 2 and len(set(ids)) == 1


def test_a_signed_body_that_is_no_message_is_unreadable(bench):
    signed = bench.signed(b"[]")
    with pytest.raises(Unreadable):
        read(bench, *signed)


@keeps_hooks
def test_webhooks_are_registered_once_and_come_back_when_they_vanish(bench):
    store = bench.open()
    assert isinstance(store, KeepsHooks) and bench.platform.hook_topics
    first = store.ensure_hooks(bench.hook_address, bench.secret)
    assert first.made and not first.mended and not first.kept
    again = bench.open().ensure_hooks(bench.hook_address, bench.secret)
    assert not again.made and not again.mended and set(again.kept) == set(first.made)
    lost = bench.lose_hook()
    after = bench.open().ensure_hooks(bench.hook_address, bench.secret)
    assert {*after.made, *after.mended} == {lost}
    elsewhere = bench.hook_address.replace("hub.test", "hub2.test")
    moved = bench.open().ensure_hooks(elsewhere, bench.secret)
    assert {*moved.made, *moved.mended} == set(first.made)
    store.remove_hooks(elsewhere)
    store.remove_hooks(elsewhere)
    assert set(bench.open().ensure_hooks(bench.hook_address, bench.secret).made) == set(first.made)
