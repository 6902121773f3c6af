"""Webhooks of the practice Shopify shop: subscribing, signing, delivery in all its ways, bodies, compliance (contract 6)."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from hub import clock
from hub.sandbox.catalogue import demo_catalogue
from hub.stores.shopify.sandbox import PRACTICE
from tests.conftest import A_MOMENT
from tests.sandbox.shopify_shop import HOOK, Shop, signed

CREATE = """mutation Hook($t: WebhookSubscriptionTopic!, $s: WebhookSubscriptionInput!) { webhookSubscriptionCreate(topic: $t,
  webhookSubscription: $s) { webhookSubscription { id topic uri format includeFields apiVersion { handle } } userErrors { field message } } }"""
LIST = "{ webhookSubscriptions(first: 50) { nodes { id topic uri } } }"


@pytest.fixture
def shop(frozen_clock: Any) -> Shop:
    return Shop()


def subscribed(shop: Shop, topic: str, uri: str = HOOK, **more: Any) -> dict[str, Any]:
    told: dict[str, Any] = shop.ask(CREATE, t=topic, s={"uri": uri, **more})["webhookSubscriptionCreate"]
    return told


def delivered(shop: Shop) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = shop.control("POST", "events/deliver")["deliveries"]
    return rows


def body(shop: Shop, at: int = -1) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(shop.hub.came[at][1])
    return told


# -- subscribing ----------------------------------------------------------------------------------------------------


def test_a_subscription_is_made_listed_changed_and_deleted(shop: Shop) -> None:
    made = subscribed(shop, "ORDERS_UPDATED", includeFields=["id"])["webhookSubscription"]
    assert (made["topic"], made["uri"], made["format"], made["apiVersion"]) == ("ORDERS_UPDATED", HOOK, "JSON", {"handle": "2026-07"})
    assert shop.ask(LIST)["webhookSubscriptions"]["nodes"] == [{"id": made["id"], "topic": "ORDERS_UPDATED", "uri": HOOK}]
    update = """mutation U($id: ID!, $s: WebhookSubscriptionInput!) { webhookSubscriptionUpdate(id: $id, webhookSubscription: $s) {
        webhookSubscription { uri includeFields } userErrors { message } } }"""
    assert shop.ask(update, id=made["id"], s={"uri": f"{HOOK}2"})["webhookSubscriptionUpdate"]["webhookSubscription"] == {
        "uri": f"{HOOK}2", "includeFields": ["id"]}
    delete = "mutation D($id: ID!) { webhookSubscriptionDelete(id: $id) { deletedWebhookSubscriptionId userErrors { message } } }"
    assert shop.ask(delete, id=made["id"])["webhookSubscriptionDelete"]["deletedWebhookSubscriptionId"] == made["id"]
    assert shop.ask(LIST)["webhookSubscriptions"]["nodes"] == []
    assert shop.ask(delete, id=made["id"])["webhookSubscriptionDelete"]["userErrors"]


def test_a_topic_is_subscribed_once_for_an_address(shop: Shop) -> None:
    subscribed(shop, "ORDERS_UPDATED")
    again = subscribed(shop, "ORDERS_UPDATED")
    assert again["webhookSubscription"] is None and again["userErrors"][0]["message"] == "Address for this topic has already been taken"
    assert subscribed(shop, "ORDERS_UPDATED", f"{HOOK}2")["userErrors"] == []
    assert subscribed(shop, "ORDERS_CREATE")["userErrors"] == []


def test_compliance_topics_are_no_topics_of_the_api(shop: Shop) -> None:
    refused = shop.refused(CREATE, t="CUSTOMERS_REDACT", s={"uri": HOOK})
    assert refused["extensions"]["code"] == "INVALID_VARIABLE"


@pytest.mark.parametrize(("topic", "scope"), [("PRODUCTS_UPDATE", "products"), ("INVENTORY_LEVELS_UPDATE", "inventory"), ("ORDERS_CREATE", "orders"),
                                              ("FULFILLMENTS_CREATE", "fulfillments"),
                                              ("FULFILLMENT_ORDERS_MOVED", "merchant_managed_fulfillment_orders")])
def test_a_topic_needs_its_scope(shop: Shop, topic: str, scope: str) -> None:
    shop.control("POST", "login", {"remove_scopes": [f"read_{scope}", f"write_{scope}"]})
    assert shop.refused(CREATE, t=topic, s={"uri": HOOK})["extensions"]["code"] == "ACCESS_DENIED"


@pytest.mark.parametrize("uri", ["", "ftp://hub.test/x", "nothing"])
def test_an_address_that_nothing_can_be_sent_to_is_refused(shop: Shop, uri: str) -> None:
    assert subscribed(shop, "ORDERS_CREATE", uri)["userErrors"][0]["field"] == ["webhookSubscription", "uri"]


def test_plain_http_is_refused_where_the_shop_is_as_strict_as_shopify() -> None:
    shop = Shop(allow_http=False)
    assert "http:// is not supported" in subscribed(shop, "ORDERS_CREATE")["userErrors"][0]["message"]
    assert subscribed(shop, "ORDERS_CREATE", "https://hub.example/hooks")["userErrors"] == []


# -- delivery -------------------------------------------------------------------------------------------------------


def test_a_delivery_carries_shopifys_headers_and_signs_its_raw_bytes(shop: Shop) -> None:
    subscribed(shop, "PRODUCTS_UPDATE")
    shop.control("PATCH", "products/MUG", {"title": "Größe é"})
    assert [each["outcome"] for each in delivered(shop)] == ["delivered"]
    headers, raw = shop.hub.came[0]
    assert {name: headers[name] for name in ("x-shopify-topic", "x-shopify-shop-domain", "x-shopify-api-version", "x-shopify-triggered-at")} == {
        "x-shopify-topic": "products/update", "x-shopify-shop-domain": "practice-shop.myshopify.com", "x-shopify-api-version": "2026-07",
        "x-shopify-triggered-at": "2026-03-02T09:30:00Z"}
    assert headers["x-shopify-hmac-sha256"] == signed(raw) and "Größe é".encode() in raw


def test_one_event_for_two_addresses_has_two_ids_and_one_event_id(shop: Shop) -> None:
    subscribed(shop, "PRODUCTS_UPDATE")
    subscribed(shop, "PRODUCTS_UPDATE", f"{HOOK}2")
    shop.control("POST", "products/MUG/save")
    delivered(shop)
    (first, _), (second, _) = shop.hub.came
    assert first["x-shopify-event-id"] == second["x-shopify-event-id"]
    assert first["x-shopify-webhook-id"] != second["x-shopify-webhook-id"]


def test_what_nobody_subscribed_to_is_not_sent(shop: Shop) -> None:
    subscribed(shop, "ORDERS_CREATE")
    shop.control("PATCH", "products/MUG", {"title": "New"})
    assert delivered(shop) == []


def test_a_failed_delivery_comes_again_eight_times_with_the_same_body_and_id(shop: Shop) -> None:
    subscribed(shop, "PRODUCTS_UPDATE")
    shop.control("PATCH", "products/MUG", {"title": "As it was"})
    shop.hub.answers = [500, 301, 404, *[503] * 6]
    assert delivered(shop)[0]["outcome"] == "refused" and delivered(shop) == []
    shop.control("PATCH", "products/MUG", {"title": "Later", "silent": True})
    spent = 0
    for wait in (60, 120, 300, 600, 1_200, 2_400, 3_600, 6_120):
        spent += wait
        with clock.hold(A_MOMENT + timedelta(seconds=spent)):
            delivered(shop)
    assert spent == 4 * 3_600 and len(shop.hub.came) == 9
    assert len({headers["x-shopify-webhook-id"] for headers, _ in shop.hub.came}) == 1
    assert {json.loads(raw)["title"] for _, raw in shop.hub.came} == {"As it was"}
    assert shop.ask(LIST)["webhookSubscriptions"]["nodes"] == []  # the last failure deletes the subscription
    assert shop.control("GET", "events")["log"][-1]["outcome"] == "given up"


def test_a_delivery_that_gets_through_keeps_its_subscription(shop: Shop) -> None:
    subscribed(shop, "PRODUCTS_UPDATE")
    shop.control("POST", "products/MUG/save")
    shop.hub.answers = [500]
    delivered(shop)
    shop.control("POST", "clock", {"advance_s": 60})
    assert [each["outcome"] for each in delivered(shop)] == ["delivered"]
    assert len(shop.ask(LIST)["webhookSubscriptions"]["nodes"]) == 1


def test_messages_are_doubled_turned_lost_and_late_by_command(shop: Shop) -> None:
    subscribed(shop, "PRODUCTS_UPDATE")
    shop.control("POST", "mishaps", {"duplicate": 1})
    shop.control("POST", "products/MUG/save")
    delivered(shop)
    assert len(shop.hub.came) == 2 and shop.hub.came[0] == shop.hub.came[1]
    shop.control("POST", "mishaps", {"reorder": 1})
    shop.control("PATCH", "products/MUG", {"title": "One"})
    shop.control("PATCH", "products/MUG", {"title": "Two"})
    delivered(shop)
    assert [body(shop, at)["title"] for at in (-2, -1)] == ["Two", "One"]
    shop.control("POST", "mishaps", {"drop": 1})
    shop.control("POST", "products/MUG/save")
    assert delivered(shop) == [] and len(shop.hub.came) == 4
    shop.control("POST", "mishaps", {"late_s": 30})
    shop.control("POST", "products/MUG/save")
    assert delivered(shop) == []
    with clock.hold(A_MOMENT + timedelta(seconds=30)):
        assert len(delivered(shop)) == 1


def test_a_replay_is_the_same_message_once_more(shop: Shop) -> None:
    subscribed(shop, "PRODUCTS_UPDATE")
    shop.control("POST", "products/MUG/save")
    delivered(shop)
    shop.control("POST", "events/replay", {"count": 1})
    assert len(shop.hub.came) == 2 and shop.hub.came[0] == shop.hub.came[1]


def test_a_forged_message_is_signed_by_somebody_else(shop: Shop) -> None:
    subscribed(shop, "PRODUCTS_UPDATE")
    shop.control("POST", "mishaps", {"forge": True})
    shop.control("POST", "products/MUG/save")
    delivered(shop)
    headers, raw = shop.hub.came[0]
    assert headers["x-shopify-hmac-sha256"] != signed(raw)


def test_subscriptions_vanish_by_command(shop: Shop) -> None:
    subscribed(shop, "PRODUCTS_UPDATE")
    subscribed(shop, "ORDERS_CREATE")
    assert shop.control("POST", "events/forget", {"topic": "PRODUCTS_UPDATE"}) == {"left": 1}
    assert [each["topic"] for each in shop.ask(LIST)["webhookSubscriptions"]["nodes"]] == ["ORDERS_CREATE"]
    assert shop.control("POST", "events/forget") == {"left": 0}


def test_a_thread_delivers_by_itself(shop: Shop) -> None:
    subscribed(shop, "PRODUCTS_UPDATE")
    shop.sim.sender.start(poll_s=0.01)
    try:
        shop.control("POST", "products/MUG/save")
        assert shop.hub.arrived.wait(10)
    finally:
        shop.sim.sender.stop()
    assert shop.hub.topics == ["products/update"]


# -- bodies ---------------------------------------------------------------------------------------------------------


def test_a_product_is_told_with_its_variants_in_rest_style(shop: Shop) -> None:
    subscribed(shop, "PRODUCTS_UPDATE")
    shop.control("POST", "products/BOWL/save")
    delivered(shop)
    told = body(shop)
    assert (told["id"], told["admin_graphql_api_id"]) == (int(shop.row("BOWL")["product_id"]), f"gid://shopify/Product/{told['id']}")
    assert (told["status"], told["body_html"], told["variants"][0]["price"], told["variants"][0]["compare_at_price"]) == (
        "active", "A bowl.", "16.00", "20.00")
    assert told["variants"][0]["inventory_item_id"] == int(shop.row("BOWL")["item_id"])


def test_stock_is_told_by_item_and_location_and_no_product_with_it(shop: Shop) -> None:
    subscribed(shop, "PRODUCTS_UPDATE")
    subscribed(shop, "INVENTORY_LEVELS_UPDATE")
    shop.made()
    delivered(shop)
    assert shop.hub.topics == ["inventory_levels/update"] * 2
    assert body(shop, 0) == {"inventory_item_id": int(shop.row("MUG")["item_id"]), "location_id": int(list(shop.row("MUG")["quantities"])[0]),
                             "available": 7, "updated_at": "2026-03-02T09:30:00Z",
                             "admin_graphql_api_id": f"gid://shopify/InventoryLevel/{list(shop.row('MUG')['quantities'])[0]}?inventory_item_id="
                                                     f"{shop.row('MUG')['item_id']}"}


def test_a_deleted_product_is_told_by_its_id_alone(shop: Shop) -> None:
    subscribed(shop, "PRODUCTS_DELETE")
    number = int(shop.row("BOWL")["product_id"])
    shop.control("DELETE", "products/BOWL")
    delivered(shop)
    assert body(shop) == {"id": number}


def test_an_orders_life_is_told_step_by_step(shop: Shop) -> None:
    for topic in ("ORDERS_CREATE", "ORDERS_UPDATED", "ORDERS_PAID", "FULFILLMENTS_CREATE", "ORDERS_FULFILLED", "REFUNDS_CREATE", "ORDERS_CANCELLED",
                  "FULFILLMENT_ORDERS_PLACED_ON_HOLD", "FULFILLMENT_ORDERS_ORDER_ROUTING_COMPLETE"):
        assert subscribed(shop, topic)["userErrors"] == []
    order = shop.made()["id"]
    number = order.rsplit("/", 1)[1]
    delivered(shop)
    assert shop.hub.topics == ["fulfillment_orders/order_routing_complete", "orders/create", "orders/paid"]
    told = body(shop, 1)
    assert (told["id"], told["source_identifier"], told["financial_status"], told["tags"]) == (
        int(number), "577001112223334445", "paid", "tiktok-shop")
    assert [(each["sku"], each["current_quantity"], each["fulfillable_quantity"]) for each in told["line_items"]] == [
        ("MUG", 2, 2), ("SHIRT-Blue-M", 1, 1)]
    shop.hub.came.clear()
    shop.control("POST", f"orders/{number}/ship", {"number": "T1", "carrier": "Royal Mail"})
    delivered(shop)
    assert set(shop.hub.topics) == {"fulfillments/create", "orders/updated", "orders/fulfilled"}
    sent = json.loads(next(raw for headers, raw in shop.hub.came if headers["x-shopify-topic"] == "fulfillments/create"))
    assert (sent["order_id"], sent["tracking_number"], sent["tracking_company"]) == (int(number), "T1", "Royal Mail")
    shop.hub.came.clear()
    shop.control("POST", f"orders/{number}/refund", {"lines": [{"sku": "MUG", "quantity": 1}]})
    delivered(shop)
    assert set(shop.hub.topics) == {"refunds/create", "orders/updated"}
    other = shop.made(sourceIdentifier="2")["id"].rsplit("/", 1)[1]
    delivered(shop)
    shop.hub.came.clear()
    shop.control("POST", f"orders/{other}/cancel", {})
    delivered(shop)
    assert set(shop.hub.topics) == {"refunds/create", "orders/updated", "orders/cancelled"}


def test_included_fields_trim_the_body(shop: Shop) -> None:
    subscribed(shop, "PRODUCTS_UPDATE", includeFields=["id", "updated_at"])
    shop.control("POST", "products/MUG/save")
    delivered(shop)
    assert set(body(shop)) == {"id", "updated_at"}


def test_a_finished_bulk_operation_is_told(shop: Shop) -> None:
    subscribed(shop, "BULK_OPERATIONS_FINISH")
    made = shop.ask("""mutation { bulkOperationRunQuery(query: "{ products { edges { node { id } } } }") { bulkOperation { id }
        userErrors { message } } }""")
    shop.ask(LIST)
    delivered(shop)
    assert (body(shop)["admin_graphql_api_id"], body(shop)["status"]) == (made["bulkOperationRunQuery"]["bulkOperation"]["id"], "completed")


def test_silent_changes_are_told_to_nobody(shop: Shop) -> None:
    subscribed(shop, "PRODUCTS_UPDATE")
    subscribed(shop, "INVENTORY_LEVELS_UPDATE")
    shop.control("PATCH", "products/MUG", {"title": "New", "quantity": 3, "silent": True})
    assert delivered(shop) == [] and (shop.row("MUG")["title"], shop.row("MUG")["quantity"]) == ("New", 3)


# -- the app --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("topic", ["customers/data_request", "customers/redact", "shop/redact"])
def test_compliance_topics_come_by_command_without_a_subscription(shop: Shop, topic: str) -> None:
    shop.control("POST", "events/compliance", {"topic": topic, "url": HOOK, "body": {"customer": {"id": 7, "email": "a@b.co"}}})
    headers, raw = shop.hub.came[0]
    assert headers["x-shopify-topic"] == topic and headers["x-shopify-hmac-sha256"] == signed(raw)
    assert json.loads(raw) == {"shop_id": 70000000001, "shop_domain": "practice-shop.myshopify.com", "customer": {"id": 7, "email": "a@b.co"}}


def test_other_topics_are_no_compliance(shop: Shop) -> None:
    shop.control("POST", "events/compliance", {"topic": "orders/create", "url": HOOK}, status=404)


def test_changed_scopes_are_told(shop: Shop) -> None:
    subscribed(shop, "APP_SCOPES_UPDATE")
    shop.control("POST", "scopes", {"scopes": ["read_products"]})
    delivered(shop)
    assert shop.hub.topics == ["app/scopes_update"] and body(shop)["current"] == ["read_products"]


def test_the_practice_object_gives_what_a_merchant_types() -> None:
    app = PRACTICE.create(demo_catalogue(), base_url="http://127.0.0.1:8003")
    told = PRACTICE.settings(app, "http://127.0.0.1:8003")
    assert set(told) == {"shop", "api_key", "api_secret", "access_token", "base_url"} and all(told.values())
    assert app.sim.search_delay_s == 1  # as Shopify's search, the demo's lags a little
    answer = app.test_client().post("/admin/api/2026-07/graphql.json", json={"query": "{ productsCount { count } }"},
                                    headers={"X-Shopify-Access-Token": told["access_token"]})
    assert answer.get_json()["data"]["productsCount"]["count"] == len(demo_catalogue().products)
