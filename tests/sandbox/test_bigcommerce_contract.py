"""Every operation of the BigCommerce sandbox is called once, and call and answer fit the OpenAPI file.

The other tests of this sandbox hold their own calls against it, too (`Shop.faults`). That the check sees something is tested here.
"""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from hub.simulator import Entry
from tests.sandbox.bigcommerce_shop import Shop, contract

ORDER_PARTS = ("", "/products", "/shipping_addresses", "/taxes", "/fees", "/coupons", "/messages", "/shipments", "/shipments/count")


def catalogue_tour(shop: Shop) -> None:
    mug, hood = shop.ids("MUG-1"), shop.ids("HOOD-R-S")
    everything = "variants,images,custom_fields,primary_image,channels,parent_relations,bulk_pricing_rules,videos,reviews"
    brand = shop.get("/v3/catalog/products", include=everything, limit=250, sort="id", direction="asc", id__greater=0)["data"][0]["brand_id"]
    shop.get("/v3/catalog/products", include="options,modifiers", date_modified__min="2020-01-01T00:00:00+00:00")
    shop.control("POST", "products/MUG-1/modifiers", {"name": "Engraving", "required": False})
    for number in (mug["product_id"], hood["product_id"]):
        path = f"/v3/catalog/products/{number}"
        shop.get(path, include="variants,options,modifiers,images")
        for part in ("variants", "images", "custom-fields", "options", "modifiers"):
            shop.get(f"{path}/{part}", limit=250, page=1)
    shop.get(f"/v3/catalog/products/{hood['product_id']}/variants/{hood['variant_id']}")
    shop.get("/v3/catalog/variants", product_id__in=f"{mug['product_id']},{hood['product_id']}")
    for path in ("channel-assignments", "category-assignments"):
        shop.get(f"/v3/catalog/products/{path}", product_id__in=str(mug["product_id"]))
    for path in ("/v3/catalog/brands", f"/v3/catalog/brands/{brand}", "/v3/catalog/trees", "/v3/catalog/trees/categories",
                 "/v3/catalog/trees/1/categories", "/v3/catalog/summary", "/v3/pricelists", "/v3/pricelists/assignments"):
        assert shop.get(path)["data"] is not None
    shop.control("POST", "pricelists", {"name": "TikTok", "channel_id": 1, "records": [{"sku": "MUG-1", "price": "8.00"}]})
    shop.get("/v3/pricelists/1/records", currency="GBP")
    shop.get("/v3/pricelists")
    shop.get("/v3/pricelists/assignments")


def profile_tour(shop: Shop) -> None:
    for path in ("/v2/store", "/v2/time", "/v2/currencies", "/v2/order_statuses", "/v2/order_statuses/11", "/v3/settings/inventory"):
        assert shop.get(path)
    shop.send("PUT", "/v3/settings/inventory", {"edit_order_stock_adjustment": True})
    made = shop.send("POST", "/v3/channels", {"name": "TikTok", "type": "marketplace", "platform": "tiktok"})["data"]
    shop.send("PUT", f"/v3/channels/{made['id']}", {"status": "disconnected"})
    shop.get(f"/v3/channels/{made['id']}")
    shop.get("/v3/channels", type__in="marketplace,storefront")


def inventory_tour(shop: Shop) -> None:
    mug = shop.ids("MUG-1")
    shop.get("/v3/inventory/locations", is_active="true")
    shop.get("/v3/inventory/items", variant_id__in=str(mug["variant_id"]), limit=1000)
    shop.get("/v3/inventory/locations/1/items")
    shop.send("PUT", "/v3/inventory/locations/1/items", {"settings": [{"identity": {"sku": "MUG-1"}, "safety_stock": 1}]})
    shop.send("PUT", "/v3/inventory/adjustments/absolute", {"reason": "count", "items": [{"location_id": 1, "sku": "MUG-1", "quantity": 9}]})
    shop.send("POST", "/v3/inventory/adjustments/relative", {"items": [{"location_id": 1, "variant_id": mug["variant_id"], "quantity": 1}]})


def order_tour(shop: Shop) -> None:
    fee = {"type": "custom_fee", "display_name_customer": "Fee", "display_name_merchant": "Fee", "cost_ex_tax": "0.28", "cost_inc_tax": "0.28"}
    custom = {"name": "Unmapped item", "sku": "X-1", "quantity": 1, "price_ex_tax": 4.0, "price_inc_tax": 4.8}
    order = shop.order(status_id=12, fees=[fee], discount_amount="0.50", staff_notes="tiktok 5770", date_created="Thu, 20 Apr 2017 11:32:00 +0000",
                       products=[shop.line("MUG-1", 2), shop.line("HOOD-R-S"), custom])
    path = f"/v2/orders/{order['id']}"
    shop.get("/v2/orders", external_order_id="5770", min_date_modified="2020-01-01T00:00:00+00:00", sort="date_modified:asc", limit=250)
    shop.get("/v2/orders/count")
    shop.send("PUT", path, {"status_id": 11, "external_order_id": "5771", "products": [{"id": shop.lines(order["id"])[2]["id"], "quantity": 0}]})
    line = shop.lines(order["id"])[0]
    body = {"order_address_id": line["order_address_id"], "items": [{"order_product_id": line["id"], "quantity": 1}], "tracking_number": "RM1",
            "shipping_provider": "royalmail", "shipping_method": "Royal Mail", "comments": "pkg-1"}
    made = shop.send("POST", f"{path}/shipments", body)
    shop.send("PUT", f"{path}/shipments/{made['id']}", {"tracking_number": "RM2", "tracking_carrier": "royal-mail"})
    for part in (*ORDER_PARTS, f"/products/{line['id']}", f"/shipping_addresses/{line['order_address_id']}", f"/shipments/{made['id']}"):
        shop.get(f"{path}{part}")
    shop.send("DELETE", f"{path}/shipments/{made['id']}")
    refund_tour(shop, order["id"], line["id"])
    shop.send("DELETE", path)


def refund_tour(shop: Shop, order_id: int, line_id: int) -> None:
    path = f"/v3/orders/{order_id}/payment_actions"
    items = [{"item_type": "PRODUCT", "item_id": line_id, "quantity": 1, "reason": "Damaged"},
             {"item_type": "ORDER", "item_id": order_id, "amount": 1.0}]
    told = shop.send("POST", f"{path}/refund_quotes", {"items": items})["data"]
    method = told["refund_methods"][0][0]
    payments = [{"provider_id": method["provider_id"], "amount": method["amount"], "offline": True}]
    made = shop.send("POST", f"{path}/refunds", {"items": items, "payments": payments})["data"]
    shop.get(f"{path}/refunds")
    shop.get("/v3/orders/payment_actions/refunds", order_id__in=str(order_id))
    shop.get(f"/v3/orders/payment_actions/refunds/{made['id']}")
    shop.get(f"/v3/orders/{order_id}/transactions")


def hook_tour(shop: Shop) -> None:
    hook = shop.hook("store/order/created", headers={"X-Shopbridge-Secret": "s"})
    path = f"/v3/hooks/{hook['id']}"
    shop.get("/v3/hooks", is_active="true", limit=50)
    shop.get(path)
    shop.send("PUT", path, {"is_active": True, "destination": "https://hub.example/hooks/1"})
    shop.get("/v3/hooks/admin")
    shop.send("PUT", "/v3/hooks/admin", {"emails": ["owner@example.com"]})
    shop.send("DELETE", path)


@pytest.fixture(scope="module")
def toured() -> Shop:
    shop = Shop()
    for tour in (catalogue_tour, profile_tour, inventory_tour, order_tour, hook_tour):
        tour(shop)
    return shop


def test_every_call_and_answer_fits_the_contract(toured: Shop):
    if contract() is None:
        pytest.skip("bigcommerce.openapi.json is not there")
    assert toured.faults() == []


def test_every_operation_of_the_sandbox_was_called(toured: Shop):
    assert {one.name for one in toured.sim.gate.operations} == {one.operation for one in toured.sim.journal.entries()}


def test_every_refusal_fits_the_shapes_of_the_contract():
    shop = Shop()
    order = shop.order()
    for method, path, body in (
        ("GET", "/v2/orders/9", None), ("POST", "/v2/orders", {}), ("GET", "/v3/catalog/products/9", None), ("POST", "/v3/hooks", {}),
        ("PUT", "/v3/inventory/adjustments/absolute", {"items": []}), ("POST", f"/v3/orders/{order['id']}/payment_actions/refunds", {}),
        ("POST", f"/v3/orders/{order['id']}/payment_actions/refund_quotes", {"items": [{"item_type": "ORDER", "item_id": 1, "amount": 1.0}]}),
        ("POST", "/v3/channels", {"name": "x"}),
    ):  # fmt: skip
        assert shop.refused(method, path, body)[0] in (400, 404, 422)
    assert contract() is None or shop.faults() == []


@pytest.mark.parametrize(("operation", "part", "value"), [
    ("createOrder", "body", {"billing_address": {"zip": 5}}), ("createOrder", "body", {"colour": "blue"}),
    ("createOrder", "body", {"products": [{"name": "x", "quantity": 1, "price_ex_tax": "1", "price_inc_tax": "1"}]}),
    ("createOrder", "answer", {"id": "100"}), ("createOrder", "answer", {"total_inc_tax": 31.79}),
    ("getOrderProducts", "answer", [{"id": 1, "surprise": True}]), ("createOrderShipments", "body", {"items": [{"quantity": "1"}]}),
    ("createOrderRefund", "body", {"items": [{"item_type": "GIFT"}], "payments": []}), ("createWebhooks", "body", {"scope": "store/order/created"}),
    ("getProducts", "answer", {"data": [{"price": "9.50"}]}), ("getProducts", "query", {"sku:like": "x"}), ("getProducts", "query", {"limit": "all"}),
    ("put_absolute_adjustment", "body", {"items": [{"location_id": 1, "sku": "x"}]}),
])
def test_the_check_sees_what_does_not_fit(toured: Shop, operation, part, value):
    known = contract()
    if known is None:
        pytest.skip("bigcommerce.openapi.json is not there")
    entry: Entry = toured.sim.journal.entries(operation)[0]
    known.check(entry)
    changed = replace(entry, **{part: value if part == "query" else json.dumps(value)})
    with pytest.raises(AssertionError):
        known.check(changed)
