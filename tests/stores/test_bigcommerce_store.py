"""What only BigCommerce does besides orders: permissions, catalogue and its choices, stock by location, webhooks of its own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from hub import clock
from hub.domain.products import Product
from hub.errors import Refused
from hub.stores.base import HookReport, HookSecrets, KeepsHooks
from hub.stores.bigcommerce import PLATFORM, catalogue
from hub.stores.bigcommerce.events import TOPICS
from tests.contract.bench_bigcommerce import BigCommerceBench
from tests.contract.drafts import draft
from tests.stores.bigcommerce_calls import assert_requests_fit

ALL = ("store_v2_products", "store_inventory", "store_locations", "store_v2_orders", "store_v2_information")


@pytest.fixture
def bench() -> Iterator[BigCommerceBench]:
    made = BigCommerceBench()
    yield made
    assert_requests_fit(made)


def pulled(bench: BigCommerceBench, **settings: Any) -> dict[str, Product]:
    """All products by the SKU of their first variant."""
    return {one.variants[0].sku: one for _, page in bench.open(**settings).products(None, None) for one in page}


def offer(bench: BigCommerceBench, sku: str = "MUG-1", scope: str = "", **settings: Any) -> Any:
    product_id, variant_id = bench.items[sku]
    (found,) = [one for one in bench.open(**settings).offers([product_id], scope) if one.ref.variant_id == variant_id]
    return found


# -- permissions


@pytest.mark.feature("BIG-03")
@pytest.mark.parametrize("removed", [("store_v2_products",), ("store_inventory",), ("store_v2_orders",), ("store_v2_information",),
                                     ("store_locations", "store_inventory"), ("store_v2_products", "store_v2_orders")])
def test_each_missing_permission_is_named(bench, removed):
    bench.control("POST", "scopes", {"remove": removed})
    if "store_v2_information" in removed:
        with pytest.raises(Refused) as error:
            bench.open().check()
        problems = error.value.problems
    else:
        health = bench.open().check()
        assert not health.ok
        problems = health.problems
    named = [one.says for one in problems if one.code == "store.permission"]
    assert len(named) == len(removed) and all(any(scope in says for says in named) for scope in removed), named


@pytest.mark.feature("BIG-03")
def test_a_token_that_may_only_read_orders_is_told_so_without_writing_anything(bench):
    bench.control("POST", "scopes", {"scopes": [f"{scope}_read_only" for scope in ALL]})
    health = bench.open().check()
    assert [one.says for one in health.problems] == ["The store's access lacks store_v2_orders (Orders: modify)."] and not health.ok
    assert bench.control("GET", "orders") == []


def test_the_least_that_the_steps_ask_for_is_enough(bench):
    bench.control("POST", "scopes", {"scopes": ["store_v2_orders", "store_v2_transactions", "store_inventory", "store_v2_products_read_only",
                                                "store_v2_information_read_only", "store_locations_read_only"]})
    store = bench.open()
    assert store.check().ok
    store.create_order(draft(bench))
    assert store.cancel_order(draft(bench).key, "", True).state.value == "cancelled"


def test_a_wrong_hash_is_said_to_be_no_such_store(bench):
    with pytest.raises(Refused) as error:
        bench.open(store_hash="other1234").check()
    (found,) = error.value.problems
    assert found.code == "store.not_expected" and "store-other1234.mybigcommerce.com" in found.says


def test_a_store_that_takes_stock_late_is_warned_of(bench):
    bench.control("POST", "settings", {"update_stock_behavior": "order_completed_or_shipped"})
    health = bench.open().check()
    assert health.ok and [one.code for one in health.problems] == ["store.stock_late"]


# -- catalogue


@pytest.mark.feature("BIG-06")
def test_the_custom_field_decides_the_category_and_a_new_value_is_a_new_category(bench):
    bench.control("PATCH", "products/MUG-1", {"custom_fields": {"Category": "Shoes"}})
    assert pulled(bench)["MUG-1"].category_paths == ("Shoes",)
    assert "Shoes" in {one.path for one in bench.open().categories()}


@pytest.mark.feature("BIG-04")
def test_a_product_tracked_at_product_level_is_pulled_with_its_flag_and_offers_no_stock(bench):
    bench.control("PATCH", "products/MUG-1", {"tracking": "product", "quantity": 7})
    found = pulled(bench)["MUG-1"]
    assert not found.stock_synced and [one.says for one in found.warnings] == ["Stock not synced: track by variant."]
    assert offer(bench).salable == 0 and offer(bench).active


@pytest.mark.feature("BIG-05")
def test_a_product_without_inventory_and_category_says_so(bench):
    bench.control("PATCH", "products/MUG-1", {"tracking": "none", "custom_fields": {"Category": ""}})
    found = pulled(bench)["MUG-1"]
    assert [one.where for one in found.warnings] == ["Inventory", "Category"] and found.category_paths == ()
    assert offer(bench).salable > 1000


@pytest.mark.parametrize("change", [{"availability": "disabled"}, {"is_price_hidden": True}, {"purchasing_disabled": True}])
def test_unpurchasable_products_follow_the_merchants_choice(bench, change):
    bench.control("PATCH", "products/MUG-1", change)
    found = pulled(bench)["MUG-1"]
    assert not found.active and [one.code for one in found.problems] == ["product.not_for_sale"] and not offer(bench).active
    assert pulled(bench, sync_unpurchasable=True)["MUG-1"].active and offer(bench, sync_unpurchasable=True).active


def test_required_modifiers_are_seen_though_a_page_with_them_holds_ten(bench, monkeypatch):
    bench.control("POST", "products/MUG-1/modifiers", {"name": "Gift note", "required": True})
    bench.control("POST", "products/TEE-1/modifiers", {"name": "Wish", "required": False})
    for number in range(15):
        bench.control("POST", "products", {"sku": f"EXTRA-{number}", "name": f"Extra {number}", "price": "3.00"})
    found = pulled(bench)
    assert [(sku, one.problems[0].code) for sku, one in found.items() if one.problems and one.active] == [("MUG-1", "product.needs_answer")]
    assert "Gift note" in found["MUG-1"].problems[0].says and len(found) == 19
    assert bench.open().product(bench.items["MUG-1"][0]) == found["MUG-1"]


def test_a_change_is_found_by_its_full_timestamp(bench):
    since = clock.now()
    bench.control("POST", "clock", {"advance_s": 5})
    bench.control("POST", "products/MUG-1/save")
    found = [one.product_id for _, page in bench.open().products(since - timedelta(seconds=1), None) for one in page]
    asked = [entry.query["date_modified:min"] for entry in bench.app.sim.journal.entries() if "date_modified:min" in entry.query]
    assert bench.items["MUG-1"][0] in found and asked
    assert all(len(one) == len("2026-11-20T12:00:00Z") for one in asked)


def test_a_variants_own_price_goes_before_its_products(bench):
    bench.control("PATCH", "products/HOOD-R-S", {"price": "31.00", "sale_price": "29.00", "retail_price": "45.00"})
    found = offer(bench, "HOOD-R-S")
    assert (found.price, found.effective_price, found.compare_at) == (Decimal("31.00"), Decimal("29.00"), Decimal("31.00"))
    assert found.tax_included and found.currency == "GBP"


def test_safety_stock_and_closed_locations_are_not_sold(bench):
    bench.control("PATCH", "products/MUG-1", {"quantity": 4, "safety_stock": 3, "location": 2})
    assert (offer(bench).salable, offer(bench, scope="location:2").salable, offer(bench, scope="location:1").salable) == (14, 4, 10)
    bench.control("PATCH", "locations/2", {"enabled": False})
    assert offer(bench).salable == 10
    assert [scope.code for scope in bench.open().check().scopes] == ["", "location:1"]


def test_a_digest_comes_in_pieces_that_hold_each_variant_once(bench, monkeypatch):
    monkeypatch.setattr(catalogue, "DIGEST_ROWS", 3)
    store, cursor, pieces = bench.open(), "", []
    while True:
        rows, cursor = store.digest("", cursor)
        pieces.append(rows)
        if not cursor:
            break
    variants = [row.variant_id for rows in pieces for row in rows]
    assert len(pieces) >= 3 and sorted(variants) == sorted(variant for _, variant in bench.items.values())


# -- webhooks


def hooks(bench: BigCommerceBench) -> list[Any]:
    return list(bench.control("GET", "hooks"))


def keeper(bench: BigCommerceBench) -> KeepsHooks:
    store = bench.open()
    assert isinstance(store, KeepsHooks)
    return store


def test_webhooks_are_registered_once_and_kept(bench):
    assert keeper(bench).ensure_hooks(bench.hook_address, bench.secret) == HookReport(made=TOPICS)
    assert keeper(bench).ensure_hooks(bench.hook_address, bench.secret) == HookReport(kept=TOPICS)
    assert [one["scope"] for one in hooks(bench)] == list(TOPICS)
    assert all(one["headers"] == {"X-Shopbridge-Secret": bench.secret} for one in hooks(bench))


def test_what_was_switched_off_or_vanished_comes_back(bench):
    keeper(bench).ensure_hooks(bench.hook_address, bench.secret)
    off, gone = hooks(bench)[:2]
    bench.control("POST", f"hooks/{off['id']}/deactivate")
    bench.control("DELETE", f"hooks/{gone['id']}")
    report = keeper(bench).ensure_hooks(bench.hook_address, bench.secret)
    assert (report.made, report.mended) == ((gone["scope"],), (off["scope"],)) and all(one["is_active"] for one in hooks(bench))


def test_a_topic_that_the_store_refuses_leaves_the_others_registered(bench):
    bench.fault({"status": 422, "json": {"status": 422, "title": "Unknown scope", "type": "x", "errors": {}}}, operation="createWebhooks")
    with pytest.raises(Refused) as error:
        keeper(bench).ensure_hooks(bench.hook_address, bench.secret)
    assert "Unknown scope" in error.value.says and [one["scope"] for one in hooks(bench)] == list(TOPICS[1:])
    assert keeper(bench).ensure_hooks(bench.hook_address, bench.secret).made == TOPICS[:1]


def test_a_new_secret_goes_into_the_headers(bench):
    keeper(bench).ensure_hooks(bench.hook_address, bench.secret)
    assert keeper(bench).ensure_hooks(bench.hook_address, "another-secret").mended == TOPICS
    assert {one["headers"]["X-Shopbridge-Secret"] for one in hooks(bench)} == {"another-secret"}


def test_a_hub_that_moved_takes_its_old_webhooks_away_and_leaves_others_alone(bench):
    store = keeper(bench)
    store.ensure_hooks(bench.hook_address, bench.secret)
    other = bench.open()
    other._client.write("POST", "/v3/hooks", {"scope": "store/order/created", "destination": "https://erp.example/hooks/orders"}, "test")  # type: ignore[attr-defined]
    moved = bench.hook_address.replace("hub.test", "hub2.test")
    assert store.ensure_hooks(moved, bench.secret).made == TOPICS
    assert {one["destination"] for one in hooks(bench)} == {moved, "https://erp.example/hooks/orders"}
    store.remove_hooks(moved)
    store.remove_hooks(moved)
    assert [one["destination"] for one in hooks(bench)] == ["https://erp.example/hooks/orders"]


def test_what_happens_in_the_store_arrives_in_neutral_words(bench):
    bench.join()
    made = bench.open().create_order(draft(bench))
    bench.delivered()
    secrets = HookSecrets((bench.secret,), {"app_secret": bench.settings()["app_secret"]})

    def kinds(act: Any) -> set[tuple[str, str]]:
        act()
        found = [PLATFORM.read_events(body, headers, secrets)[0][0] for body, headers in bench.delivered()]
        return {(one.kind, one.subject) for one in found}

    product, order = bench.items["MUG-1"][0], made.order_id
    assert ("product.saved", product) in kinds(lambda: bench.control("POST", "products/MUG-1/save"))
    assert ("stock.changed", product) in kinds(lambda: bench.stock("MUG-1", 4))
    assert ("shipment.changed", order) in kinds(lambda: bench.control(
        "POST", f"orders/{order}/ship", {"number": "S1", "lines": [{"sku": "MUG-1", "quantity": 1}]}))
    assert ("refund.created", order) in kinds(lambda: bench.control("POST", f"orders/{order}/refund", {"amount": "1.00"}))
    assert ("order.cancelled", order) in kinds(lambda: bench.control("POST", f"orders/{order}/cancel"))
    assert ("product.deleted", product) in kinds(lambda: bench.control("DELETE", "products/MUG-1"))
    assert ("store.uninstalled", "") in kinds(lambda: bench.control("POST", "uninstall"))


@pytest.mark.parametrize("tracking", ["variant", "product"])
def test_stock_is_told_however_its_product_is_tracked(bench, tracking):
    bench.control("PATCH", "products/TEE-1", {"tracking": tracking})
    bench.join()
    bench.delivered()
    bench.stock("TEE-1", 3)
    secrets = HookSecrets((bench.secret,), {"app_secret": bench.settings()["app_secret"]})
    found = {PLATFORM.read_events(body, headers, secrets)[0][0].kind for body, headers in bench.delivered()}
    assert "stock.changed" in found
