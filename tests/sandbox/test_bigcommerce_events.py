"""Webhooks of the practice BigCommerce: registration, what fires, signatures, the ladder, the block list."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from hub import clock
from hub.stores.bigcommerce.sandbox.hooks import LADDER_S, sign
from hub.stores.bigcommerce.sandbox.signin import claims, jwt
from tests.sandbox.bigcommerce_shop import HASH, HUB, SECRET, Shop, signature

STOCK = ("store/product/inventory/updated", "store/product/inventory/order/updated", "store/sku/inventory/updated",
         "store/sku/inventory/order/updated", "store/channel/*/inventory/product/stock_changed")
VECTOR = (b'{"scope":"store/order/statusUpdated","store_id":"1002003","data":{"type":"order","id":250,"status":{"previous_status_id":11,'
          b'"new_status_id":2}},"hash":"0a1b2c3d4e5f60718293a4b5c6d7e8f901234567","created_at":1790000000,"producer":"stores/abc123"}')
JWT = ("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJhdWQiOiJiYy1kZW1vLWNsaWVudCIsImlzcyI6ImJjIiwiaWF0IjoxNzkwMDAwMDAwLCJuYmYiOjE3ODk5OTk5OTUsImV4"
       "cCI6MTc5MDA4NjQwMCwianRpIjoiMTExMTExMTEtMjIyMi00MzMzLTg0NDQtNTU1NTU1NTU1NTU1Iiwic3ViIjoic3RvcmVzL2FiYzEyMyIsInVzZXIiOnsiaWQiOjExLCJlbWFp"
       "bCI6InVAZXhhbXBsZS5jb20iLCJsb2NhbGUiOiJlbi1VUyJ9LCJvd25lciI6eyJpZCI6MTAsImVtYWlsIjoib0BleGFtcGxlLmNvbSJ9LCJ1cmwiOiIvIiwiY2hhbm5lbF9pZCI6"
       "bnVsbH0.clmOw1FS89FKpvPTtkWMayxOsLZ1NWxmWQOGLpZLLiM")


@pytest.fixture
def shop() -> Iterator[Shop]:
    one = Shop()
    yield one
    assert one.faults() == []


def about(shop: Shop, scope: str) -> list[dict]:
    return [one["data"] for one in shop.hub.events if one["scope"] == scope]


# -- the contract's vectors


def test_the_signature_is_that_of_the_contracts_vector():
    assert len(VECTOR) == 245
    assert sign("bc-demo-secret-01", "msg_demo0001", 1790000000, VECTOR) == "v1,+HIxS1khn5EhTRs9Jor5U2XNNYiDtsp0I/3DjjC5Ww8="
    assert signature("msg_demo0001", "1790000000", VECTOR) == "v1,+HIxS1khn5EhTRs9Jor5U2XNNYiDtsp0I/3DjjC5Ww8="


def test_the_signed_payload_is_that_of_the_contracts_vector():
    shop = Shop(client_id="bc-demo-client")
    with clock.hold(datetime.fromtimestamp(1790000000, UTC)):
        told = claims(shop.sim.account, HASH)
    told |= {"jti": "11111111-2222-4333-8444-555555555555", "user": {"id": 11, "email": "u@example.com", "locale": "en-US"},
             "owner": {"id": 10, "email": "o@example.com"}}
    assert jwt(told, SECRET) == JWT


def test_an_app_is_installed_by_a_code_that_is_good_once(shop):
    given = shop.control("POST", "install", {"redirect_uri": "https://hub.example/bc", "scope": "store_v2_orders store_v2_information"})
    one = shop.sim.account
    asked = {"client_id": one.client_id, "client_secret": one.client_secret, "code": given["code"], "scope": given["scope"],
             "context": given["context"], "grant_type": "authorization_code", "redirect_uri": "https://hub.example/bc"}
    assert shop.http.post("http://shop.test/oauth2/token", json={**asked, "client_secret": "no"}).status_code == 401
    assert shop.http.post("http://shop.test/oauth2/token", json={**asked, "redirect_uri": "https://other.example"}).status_code == 400
    got = shop.http.post("http://shop.test/oauth2/token", data=asked).json()
    assert got["context"] == f"stores/{HASH}"
    assert shop.raw("GET", "/v2/store", token=got["access_token"]).status_code == 200
    assert shop.raw("GET", "/v3/catalog/products", token=got["access_token"]).status_code == 403
    assert shop.http.post("http://shop.test/oauth2/token", json=asked).status_code == 400


# -- registration


def test_a_hook_is_made_read_changed_and_deleted(shop):
    made = shop.hook("store/order/created", headers={"X-Secret": "s"})
    assert made["client_id"] == shop.sim.account.client_id and made["is_active"] and made["store_hash"] == HASH
    assert shop.get("/v3/hooks", scope="store/order/created")["data"][0]["headers"] == {"X-Secret": "s"}
    changed = shop.send("PUT", f"/v3/hooks/{made['id']}", {"destination": f"{HUB}/hooks/2"})["data"]
    assert changed["destination"].endswith("/2") and changed["headers"] == {"X-Secret": "s"}
    shop.send("DELETE", f"/v3/hooks/{made['id']}")
    assert shop.get("/v3/hooks")["data"] == [] and shop.refused("GET", f"/v3/hooks/{made['id']}")[0] == 404


@pytest.mark.parametrize(("destination", "fits"), [
    ("https://hub.example/hooks/1", True), ("https://hub.example:443/1", True), ("http://127.0.0.1:8000/1", True), ("http://localhost/1", True),
    ("http://hub.example/1", False), ("https://hub.example:8443/1", False), ("ftp://hub.example/1", False), ("hub.example", False),
    ("https://hub.example:port/1", False),
])
def test_destinations_are_https_on_443_or_loopback(shop, destination, fits):
    answer = shop.raw("POST", "/v3/hooks", json={"scope": "store/order/created", "destination": destination})
    assert answer.status_code == (200 if fits else 422)


def test_scopes_must_be_known_and_unknown_fields_are_refused(shop):
    body = {"scope": "store/order/eaten", "destination": f"{HUB}/1"}
    assert shop.refused("POST", "/v3/hooks", body)[0] == 422
    assert shop.refused("POST", "/v3/hooks", {**body, "scope": "store/order/created", "secret": "x"})[0] == 422
    assert shop.refused("POST", "/v3/hooks", {"scope": "store/order/created"})[0] == 422
    assert shop.hook("store/order/*")["scope"] == "store/order/*"


def test_one_hook_per_destination_and_ten_per_scope(shop):
    for number in range(10):
        shop.hook("store/order/created", f"h/{number}")
    assert shop.refused("POST", "/v3/hooks", {"scope": "store/order/created", "destination": f"{HUB}/h/0"})[0] == 422
    assert shop.refused("POST", "/v3/hooks", {"scope": "store/order/created", "destination": f"{HUB}/h/10"})[0] == 400
    shop.hook("store/order/updated", "h/0")


def test_a_hook_is_seen_only_by_the_account_that_made_it(shop):
    made = shop.hook("store/order/created")
    token = shop.control("POST", "accounts", {"name": "Other"})["token"]
    assert shop.raw("GET", "/v3/hooks", token=token).json()["data"] == []
    assert shop.raw("DELETE", f"/v3/hooks/{made['id']}", token=token).status_code == 404


# -- what fires


def test_a_delivery_is_thin_and_carries_the_hooks_headers_and_the_signature(shop):
    shop.hook("store/order/statusUpdated", headers={"X-Shopbridge-Secret": "s3"})
    order = shop.order(status_id=1)
    shop.send("PUT", f"/v2/orders/{order['id']}", {"status_id": 11})
    shop.deliver()
    headers, body = shop.hub.calls[-1]
    told = json.loads(body)
    assert list(told) == ["scope", "store_id", "data", "hash", "created_at", "producer"]
    assert told["data"] == {"type": "order", "id": order["id"], "status": {"previous_status_id": 1, "new_status_id": 11}}
    assert told["producer"] == f"stores/{HASH}" and len(told["hash"]) == 40 and told["store_id"] == "1002003"
    assert headers["x-shopbridge-secret"] == "s3"
    assert headers["webhook-signature"] == signature(headers["webhook-id"], headers["webhook-timestamp"], body)
    shop.control("POST", "settings", {"sign_hooks": False})
    shop.send("PUT", f"/v2/orders/{order['id']}", {"status_id": 12})
    shop.deliver()
    assert "webhook-signature" not in shop.hub.calls[-1][0] and shop.hub.calls[-1][0]["x-shopbridge-secret"] == "s3"


def test_an_order_fires_created_and_updated_and_its_life_the_rest(shop):
    shop.hook("store/order/*")
    shop.hook("store/shipment/created")
    order = shop.order()
    assert shop.deliver() == ["store/order/created", "store/order/statusUpdated", "store/order/updated", "store/order/updated"]
    shop.control("POST", f"orders/{order['id']}/ship", {"number": "S1"})
    assert shop.deliver() == ["store/shipment/created", "store/order/statusUpdated", "store/order/updated", "store/order/updated"]
    assert about(shop, "store/shipment/created") == [{"type": "shipment", "id": 1, "orderId": order["id"]}]
    shop.control("POST", f"orders/{order['id']}/refund", {"amount": "1.00"})
    assert shop.deliver()[0] == "store/order/refund/created"
    assert about(shop, "store/order/refund/created") == [{"type": "order", "id": order["id"], "refund": {"refund_id": 1}}]
    shop.send("DELETE", f"/v2/orders/{order['id']}")
    assert shop.deliver() == ["store/order/archived"]


def test_a_channels_own_order_events_name_the_order_by_another_key(shop):
    shop.hook("store/channel/1/order/*")
    order = shop.order()
    assert shop.deliver()[0] == "store/channel/1/order/created"
    assert about(shop, "store/channel/1/order/created") == [{"order_id": order["id"]}]


def test_an_incomplete_order_fires_created_too(shop):
    shop.hook("store/order/created")
    shop.order(status_id=0)
    assert shop.deliver() == ["store/order/created"]


def test_stock_is_told_in_the_family_of_its_tracking_and_always_with_its_location(shop):
    for scope in STOCK:
        shop.hook(scope)
    shop.control("PATCH", "products/HOOD-R-S", {"quantity": 4})
    assert shop.deliver() == ["store/sku/inventory/updated", "store/channel/*/inventory/product/stock_changed"]
    hood = shop.ids("HOOD-R-S")
    assert about(shop, "store/sku/inventory/updated")[0]["inventory"] == {**hood, "method": "absolute", "value": 4}
    assert about(shop, "store/channel/*/inventory/product/stock_changed")[0] == {**hood, "location_id": 1}
    shop.control("PATCH", "products/BOWL-1", {"quantity": 3})
    shop.control("PATCH", "products/MUG-1", {"quantity": 3})
    assert [one for one in shop.deliver() if "channel" not in one] == ["store/product/inventory/updated"] * 2
    shop.order(products=[shop.line("HOOD-R-S"), shop.line("BOWL-1")])
    assert [one for one in shop.deliver() if "channel" not in one] == ["store/sku/inventory/order/updated", "store/product/inventory/order/updated"]
    assert about(shop, "store/sku/inventory/order/updated")[0]["inventory"] == {**hood, "method": "relative", "value": -1}


def test_the_inventory_api_echoes(shop):
    shop.hook("store/product/inventory/updated")
    shop.send("PUT", "/v3/inventory/adjustments/absolute", {"items": [{"location_id": 1, "sku": "MUG-1", "quantity": 0}]})
    assert shop.deliver() == ["store/product/inventory/updated"]


def test_empty_and_low_stock_have_events_of_their_own(shop):
    shop.hook("store/channel/*/inventory/product/out_of_stock_reached")
    shop.hook("store/channel/*/inventory/product/low_stock_reached")
    shop.hook("store/channel/*/inventory/product/settings_changed")
    shop.send("PUT", "/v3/inventory/locations/1/items", {"settings": [{"identity": {"sku": "MUG-1"}, "warning_level": 3}]})
    shop.control("PATCH", "products/MUG-1", {"quantity": 2})
    shop.control("PATCH", "products/MUG-1", {"quantity": 0})
    assert [one.rpartition("/")[2] for one in shop.deliver()] == ["settings_changed", "low_stock_reached", "out_of_stock_reached"]


def test_products_and_variants_fire_what_was_changed_on_them(shop):
    shop.hook("store/product/*")
    shop.hook("store/sku/*")
    shop.control("PATCH", "products/MUG-1", {"price": "9.00"})
    shop.control("PATCH", "products/HOOD-R-S", {"price": "9.00"})
    shop.control("PATCH", "products/HOOD-R-S", {"price": "8.00", "silent": True})
    shop.control("DELETE", "products/HOOD-B-S")
    shop.control("DELETE", "products/TEE-1")
    made = shop.control("POST", "products", {"sku": "NEW", "name": "New", "price": "1.00"})
    assert shop.deliver() == ["store/product/updated", "store/sku/updated", "store/sku/deleted", "store/product/updated", "store/product/deleted",
                              "store/product/created"]
    assert about(shop, "store/product/created") == [{"type": "product", "id": int(made["product_id"])}]
    assert about(shop, "store/sku/updated")[0]["sku"] == shop.ids("HOOD-R-S")


def test_an_account_without_the_scope_is_not_told(shop):
    shop.hook("store/order/created")
    shop.control("POST", "scopes", {"remove": ["store_v2_orders"]})
    shop.sim.shop.fire("store/order/created", {"type": "order", "id": 1})
    assert shop.deliver() == []


def test_an_uninstalled_app_is_told_and_then_forgotten(shop):
    shop.hook("store/app/uninstalled")
    shop.control("POST", "uninstall")
    assert shop.hub.scopes() == ["store/app/uninstalled"] and shop.control("GET", "hooks") == []
    assert shop.raw("GET", "/v2/store").status_code == 401


# -- delivery


def test_a_repeat_has_the_same_hash_and_id(shop):
    shop.hook("store/order/created")
    shop.hub.answers = [500]
    shop.order()
    shop.deliver()
    with clock.hold(clock.now() + timedelta(seconds=61)):
        shop.deliver()
    shop.control("POST", "events/replay")
    shop.deliver()
    assert len({json.loads(body)["hash"] for _, body in shop.hub.calls}) == 1 and len(shop.hub.calls) == 3
    assert len({headers["webhook-id"] for headers, _ in shop.hub.calls}) == 1
    assert len({headers["webhook-timestamp"] for headers, _ in shop.hub.calls}) == 2


def test_two_events_of_one_second_have_two_hashes(frozen_clock, shop):
    shop.hook("store/product/updated")
    shop.control("POST", "products/MUG-1/save")
    shop.control("POST", "products/MUG-1/save")
    shop.deliver()
    assert len({one["hash"] for one in shop.hub.events}) == 2


def test_the_ladder_is_climbed_to_its_end_and_the_hook_is_switched_off(frozen_clock, shop):
    hook = shop.hook("store/order/created")
    shop.hook("store/hook/deliveryException", "exceptions")
    shop.send("PUT", "/v3/hooks/admin", {"emails": ["owner@example.com"]})
    shop.hub.answers = [500, 200]
    shop.order()
    shop.deliver()
    shop.deliver()
    assert about(shop, "store/hook/deliveryException")[0]["error_code"] == 90001
    shop.hub.status, at = 503, frozen_clock
    for step in LADDER_S:
        at += timedelta(seconds=step)
        with clock.hold(at - timedelta(seconds=1)):
            assert shop.deliver() == []
        with clock.hold(at):
            assert shop.deliver()[0] == "store/order/created"
    assert round(sum(LADDER_S) / 3600) == 48
    with clock.hold(at):
        told = shop.get("/v3/hooks", is_active="false")["data"]
        assert [one["id"] for one in told] == [hook["id"]]
        admin = shop.get("/v3/hooks/admin")["data"]
        assert {one["id"]: one["status"] for one in admin["hooks_list"]}[hook["id"]] == "deactivated"
        shop.hub.status = 200
        shop.control("POST", "clock", {"advance_s": 120})
        shop.deliver()
        assert [one["error_code"] for one in about(shop, "store/hook/deliveryException")][-1] == 90002
        assert "deactivated" in shop.control("GET", "events")["mails"][0]["says"]


def test_what_was_missed_while_a_hook_was_off_is_not_sent_later(shop):
    hook = shop.hook("store/order/created")
    shop.control("POST", f"hooks/{hook['id']}/deactivate")
    shop.order()
    assert shop.deliver() == []
    assert shop.send("PUT", f"/v3/hooks/{hook['id']}", {"is_active": True})["data"]["is_active"]
    assert shop.deliver() == []
    shop.order()
    assert shop.deliver() == ["store/order/created"]


def test_a_hook_that_vanished_is_gone(shop):
    hook = shop.hook("store/order/created")
    shop.control("DELETE", f"hooks/{hook['id']}")
    assert shop.get("/v3/hooks")["data"] == []


def test_ninety_days_without_an_event_switch_a_hook_off(shop):
    shop.hook("store/order/created")
    with clock.hold(clock.now() + timedelta(days=91)):
        shop.deliver()
        assert shop.get("/v3/hooks")["data"][0]["is_active"] is False


def test_a_domain_that_fails_too_often_is_blocked_for_three_minutes(frozen_clock, shop):
    shop.hook("store/product/updated", "slow")
    shop.hook("store/order/created", "fast")
    for _ in range(100):
        shop.control("POST", "products/MUG-1/save")
    shop.hub.answers = [500] * 11
    shop.deliver()
    assert len(shop.hub.calls) == 100
    (blocked,) = shop.get("/v3/hooks/admin")["data"]["blocked_domains"]
    assert blocked["destination"] == "https://hub.test" and 0 < blocked["time_left"] <= 180
    shop.order()
    assert shop.deliver() == []
    with clock.hold(frozen_clock + timedelta(seconds=181)):
        assert shop.get("/v3/hooks/admin")["data"]["blocked_domains"] == []
        assert sorted(shop.deliver()) == ["store/order/created"] + ["store/product/updated"] * 11


def test_ninety_of_a_hundred_are_enough(frozen_clock, shop):
    shop.hook("store/product/updated")
    for _ in range(100):
        shop.control("POST", "products/MUG-1/save")
    shop.hub.answers = [500] * 10
    shop.deliver()
    assert shop.get("/v3/hooks/admin")["data"]["blocked_domains"] == []


def test_messages_are_lost_doubled_turned_round_and_late_on_demand(shop):
    shop.hook("store/order/created")
    shop.hook("store/product/updated")
    shop.control("POST", "mishaps", {"drop": 1})
    shop.order()
    assert shop.deliver() == []
    shop.control("POST", "mishaps", {"duplicate": 1})
    shop.order()
    assert shop.deliver() == ["store/order/created"] * 2
    shop.control("POST", "mishaps", {"reorder": True})
    shop.order()
    shop.control("POST", "products/MUG-1/save")
    assert shop.deliver() == ["store/product/updated", "store/order/created"]
    shop.control("POST", "mishaps", {"late_s": 600, "reorder": False})
    shop.order()
    assert shop.deliver() == []
    shop.control("POST", "clock", {"advance_s": 600})
    assert shop.deliver() == ["store/order/created"]


def test_a_hook_may_take_a_minute_to_live(shop):
    shop.control("POST", "settings", {"hook_live_after_s": 60})
    shop.hook("store/order/created")
    shop.order()
    assert shop.deliver() == []
    with clock.hold(clock.now() + timedelta(seconds=61)):
        shop.order()
        assert shop.deliver() == ["store/order/created"]


def test_the_sender_delivers_from_a_thread_of_its_own(shop):
    shop.hook("store/order/created")
    came = shop.hub.arrived
    shop.sim.sender.start(poll_s=0.01)
    try:
        shop.order()
        assert came.wait(10)
    finally:
        shop.sim.sender.stop()
    assert shop.hub.scopes() == ["store/order/created"]
