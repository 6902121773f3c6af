"""Pushing through the API: many products by the store's ids, read first where they were never pulled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import delete, select

from hub.flows.products import submit_refresh
from hub.models.products import StoreProduct
from hub.models.tasks import Item, Lane, Task
from tests.api.caller import Caller
from tests.support.world import World

Make = Callable[..., Caller]
DATABASE = "postgresql"


def products(world: World, platform: str = "magento") -> list[str]:
    with world.hub.db.read() as session:
        return list(session.scalars(select(StoreProduct.external_id).where(
            StoreProduct.connection_id == world.connections[platform], StoreProduct.gone_at.is_(None)).order_by(StoreProduct.id)))


def work(world: World) -> None:
    """All that is due; lanes that rest between two updates of one listing don't make the test wait."""
    for _ in range(5):
        with world.hub.db.write() as session:
            session.execute(delete(Lane))
        world.settle()


def approve(world: World) -> None:
    work(world)
    world.tiktok("POST", "review", {"verdict": "approve"})
    work(world)


def new_product(world: World, sku: str) -> str:
    """A product that the store has and the hub has never pulled."""
    world.store("magento", "POST", "products", {"sku": sku, "name": f"Stoneware mug {sku}", "price": "12.00", "quantity": 9,
                                                "categories": [["Home", "Kitchen", "Mugs"]], "description": "A mug."})
    listed = world.store("magento", "GET", "products")
    rows = listed["products"] if isinstance(listed, dict) else listed
    return next(str(row["id"]) for row in rows if row["sku"] == sku)


def results(program: Caller, task_id: str, **query: Any) -> dict[str, dict[str, Any]]:
    return {one["product_id"]: one for one in program.call("GET", f"/tasks/{task_id}/items", params=query)["items"]}


def test_pushed_products_are_live_with_their_tiktok_ids(world: World, caller: Make):
    program = caller()
    ids = products(world)[:3]
    task = program.call("POST", "/tasks", 202, json={"kind": "push", "shop_id": world.shop().tiktok_shop_id, "store": world.shop().scope,
                                                     "warehouse_id": world.shop().warehouse_id, "product_ids": ids})
    assert task["asked"] == 3 and task["started"]
    assert program.call("GET", f"/tasks/{task['task_id']}")["progress"]["waiting"] == 3
    approve(world)
    done = program.call("GET", f"/tasks/{task['task_id']}")
    assert (done["state"], done["progress"]["waiting"]) == ("done", 0)
    assert done["progress"]["ok"] + done["progress"]["no_change"] == 3
    listed = program.call("GET", "/listings", params={"product_ids": ",".join(ids)})["listings"]
    assert {one["product_id"] for one in listed} == set(ids)
    there = {str(one["id"]) for one in _rows(world.tiktok("GET", "products"))}
    assert all(one["state"] == "live" and one["tiktok_product_id"] in there for one in listed)
    assert {one["tiktok_product_id"] for one in results(program, task["task_id"]).values()} == {one["tiktok_product_id"] for one in listed}
    assert program.history("push asked")


def _rows(answer: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = answer["products"] if isinstance(answer, dict) else answer
    return found


def test_a_product_that_was_never_pulled_is_read_first_and_pushed_in_the_same_task(world: World, caller: Make):
    program = caller()
    known, unknown = products(world)[0], new_product(world, "API-NEW-1")
    task = program.call("POST", "/tasks", 202, json={"kind": "push", "product_ids": [known, unknown, "987654321", unknown]})["task_id"]
    asked = program.call("GET", f"/tasks/{task}")
    assert asked["progress"]["asked"] == asked["progress"]["waiting"] == 3
    approve(world)

    outcome = results(program, task)
    assert set(outcome) == {known, unknown, "987654321"}
    assert outcome[unknown]["outcome"] in ("ok", "needs_attention") and outcome[unknown]["sku"] == "API-NEW-1"
    assert outcome["987654321"]["outcome"] == "needs_attention"
    assert outcome["987654321"]["problems"][0]["code"] == "product.unknown" and outcome["987654321"]["problems"][0]["fix"]
    assert unknown in products(world)
    done = program.call("GET", f"/tasks/{task}")
    assert done["state"] == "done" and done["outcome"] in ("partly", "needs_attention") and done["progress"]["waiting"] == 0
    assert set(results(program, task, outcome="needs_attention")) >= {"987654321"}
    assert results(program, task, outcome="waiting") == {}


def test_more_products_than_one_call_takes_are_gathered_and_started_once(world: World, caller: Make):
    program = caller()
    ids = products(world)
    task = program.call("POST", "/tasks", 202, json={"kind": "prices", "product_ids": ids[:2], "start": False})
    assert not task["started"]
    more = program.call("POST", "/tasks", 202, json={"kind": "prices", "product_ids": ids[1:4], "append_to": task["task_id"]})
    assert (more["task_id"], more["asked"], more["started"]) == (task["task_id"], 4, False)
    world.run_due()
    waiting = program.call("GET", f"/tasks/{task['task_id']}")
    assert (waiting["state"], waiting["progress"]["waiting"]) == ("gathering", 4)
    program.call("POST", "/tasks", 409, json={"kind": "push", "product_ids": ids[:1], "append_to": task["task_id"]})

    assert program.call("POST", f"/tasks/{task['task_id']}/start", 202)["asked"] == 4
    program.call("POST", f"/tasks/{task['task_id']}/start", 409)
    program.call("POST", "/tasks", 409, json={"kind": "prices", "product_ids": ids[:1], "append_to": task["task_id"]})
    work(world)
    assert program.call("GET", f"/tasks/{task['task_id']}")["state"] == "done"
    assert set(results(program, task["task_id"])) == set(ids[:4])


def test_ten_thousand_products_are_one_call(world: World, caller: Make):
    program = caller()
    ids = [*products(world)[:2], *(f"none-{number}" for number in range(9_998))]
    task = program.call("POST", "/tasks", 202, json={"kind": "stock", "product_ids": ids, "start": False})
    assert task["asked"] == 10_000
    first = program.call("GET", f"/tasks/{task['task_id']}/items?limit=200")
    second = program.call("GET", f"/tasks/{task['task_id']}/items", params={"limit": 200, "cursor": first["next"]})
    assert not {one["product_id"] for one in first["items"]} & {one["product_id"] for one in second["items"]}
    with world.hub.db.write() as session:
        session.query(Item).where(Item.parent_id == int(task["task_id"])).delete()
        session.query(Task).where(Task.id == int(task["task_id"])).delete()


def test_price_and_stock_are_sent_to_the_chosen_warehouse(world: World, caller: Make):
    program = caller()
    [product] = products(world)[:1]
    program.call("POST", "/tasks", 202, json={"kind": "push", "product_ids": [product]})
    approve(world)
    sku = program.call("GET", f"/products/{product}")["variants"][0]["sku"]
    program.call("PUT", "/settings/sync", json={"price": False, "stock": False})
    world.store("magento", "PATCH", f"products/{sku}", {"quantity": 7, "price": "15.50", "silent": True})
    _read_again(world, product)
    for kind in ("prices", "stock"):
        task = program.call("POST", "/tasks", 202, json={"kind": kind, "product_ids": [product], "warehouse_id": world.shop().warehouse_id})
        work(world)
        assert results(program, task["task_id"])[product]["outcome"] == "ok", results(program, task["task_id"])
    there = next(one for one in _rows(world.tiktok("GET", "products")) for row in one["skus"] if row["seller_sku"] == sku)
    row = next(one for one in there["skus"] if one["seller_sku"] == sku)
    assert (row["price"], row["available"]) == ("15.50", 7)
    program.call("PUT", "/settings/sync", json={"price": True, "stock": True})
    program.call("POST", "/tasks", 422, json={"kind": "stock", "product_ids": [product], "warehouse_id": "4711"})


def _read_again(world: World, product: str) -> None:
    with world.hub.db.write() as session:
        submit_refresh(session, world.connections["magento"], product)
    work(world)


def test_products_are_listed_with_filters_and_shown_with_prices(world: World, caller: Make):
    program = caller()
    program.call("POST", "/tasks", 202, json={"kind": "push", "product_ids": products(world)[:2]})
    approve(world)
    every = program.call("GET", "/products?limit=200")["products"]
    assert [one["id"] for one in every] == products(world)
    page = program.call("GET", "/products?limit=2")
    assert page["products"] == every[:2] and page["next"]
    live = program.call("GET", "/products", params={"state": "live", "shop_id": world.shop().tiktok_shop_id})["products"]
    assert live and all(any(one["state"] == "live" for one in product["listings"]) for product in live)
    word = every[0]["title"].split()[0]
    assert every[0]["id"] in {one["id"] for one in program.call("GET", "/products", params={"q": word})["products"]}
    assert program.call("GET", "/products", params={"changed_from": "2200-01-01T00:00:00Z"})["products"] == []
    shown = program.call("GET", f"/products/{every[0]['id']}")
    offer = shown["variants"][0]["offers"][0]
    assert offer["currency"] == "USD" and float(offer["price"]) > 0 and shown["description"]
    program.call("GET", "/products/no-such-product", 404)
    program.call("GET", "/listings", 422)
