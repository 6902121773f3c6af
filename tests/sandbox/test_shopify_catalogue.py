"""Products, variants, stock at locations, search, pages, pictures and bulk operations (contract 3)."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from hub import clock
from hub.seed import SeedCatalogue, SeedCategory, SeedProduct
from tests.conftest import A_MOMENT
from tests.sandbox.shopify_shop import PNG, SHOP, Shop, documents, needs_contracts

PRODUCTS = """query P($q: String, $after: String, $first: Int = 50, $reverse: Boolean = false, $sort: ProductSortKeys = ID) {
  products(first: $first, after: $after, query: $q, reverse: $reverse, sortKey: $sort) {
    pageInfo { hasNextPage endCursor hasPreviousPage } nodes { id title } } }"""
BULK = "mutation B($q: String!) { bulkOperationRunQuery(query: $q) { bulkOperation { id status } userErrors { field message code } } }"
STATE = """query S($id: ID!) { bulkOperation(id: $id) { status errorCode objectCount rootObjectCount fileSize url partialDataUrl completedAt } }"""
ALL = "{ products { edges { node { id title variants { edges { node { id sku price } } } } } } }"


@pytest.fixture
def shop(frozen_clock: Any) -> Shop:
    return Shop()


def titles(shop: Shop, query: str, **more: Any) -> list[str]:
    return [each["title"] for each in shop.ask(PRODUCTS, q=query, **more)["products"]["nodes"]]


def product(shop: Shop, sku: str, fields: str) -> dict[str, Any]:
    found: dict[str, Any] = shop.ask(f"query P($id: ID!) {{ product(id: $id) {{ {fields} }} }}",
                                     id=f"gid://shopify/Product/{shop.row(sku)['product_id']}")["product"]
    return found


# -- what a product is ----------------------------------------------------------------------------------------------


def test_a_simple_product_has_the_default_variant(shop: Shop) -> None:
    found = product(shop, "MUG", """hasOnlyDefaultVariant options { name values }
        variants(first: 2) { nodes { title selectedOptions { name value } } }""")
    assert found == {"hasOnlyDefaultVariant": True, "options": [{"name": "Title", "values": ["Default Title"]}], "variants": {"nodes": [
        {"title": "Default Title", "selectedOptions": [{"name": "Title", "value": "Default Title"}]}]}}


def test_a_product_with_options_names_them_in_order(shop: Shop) -> None:
    found = product(shop, "SHIRT-Blue-M", """hasOnlyDefaultVariant options { name position optionValues { id name hasVariants } }
        variants(first: 5) { nodes { title position sku selectedOptions { name value optionValue { id } } } }""")
    assert [option["name"] for option in found["options"]] == ["Colour", "Size"]
    assert [value["name"] for value in found["options"][0]["optionValues"]] == ["Blue", "Red"]
    assert [each["title"] for each in found["variants"]["nodes"]] == ["Blue / M", "Blue / L", "Red / M"]
    assert found["variants"]["nodes"][2]["selectedOptions"][0]["optionValue"]["id"] == found["options"][0]["optionValues"][1]["id"]


def test_ids_are_too_big_for_a_float(shop: Shop) -> None:
    for name in ("product_id", "variant_id", "item_id"):
        assert int(shop.row("MUG")[name]) > 2**53


def test_a_reduced_product_keeps_its_price_as_compare_at(shop: Shop) -> None:
    found = product(shop, "BOWL", "variants(first: 1) { nodes { price compareAtPrice } } compareAtPriceRange { maxVariantCompareAtPrice { amount } }")
    assert found["variants"]["nodes"] == [{"price": "16.00", "compareAtPrice": "20.00"}]
    assert found["compareAtPriceRange"]["maxVariantCompareAtPrice"]["amount"] == "20.0"
    assert product(shop, "MUG", "compareAtPriceRange { maxVariantCompareAtPrice { amount } }")["compareAtPriceRange"] is None


def test_facts_of_a_product_stand_where_shopify_has_them(shop: Shop) -> None:
    found = product(shop, "MUG", """vendor productType status tags descriptionHtml description category { name fullName level isLeaf ancestorIds }
        metafields(first: 5) { nodes { namespace key type value jsonValue } } metafield(namespace: "custom", key: "material") { value }
        variants(first: 1) { nodes { barcode taxable inventoryPolicy
          inventoryItem { tracked requiresShipping measurement { weight { value unit } } } } }""")
    assert (found["vendor"], found["productType"], found["status"]) == ("Harbour", "Home", "ACTIVE")
    assert (found["descriptionHtml"], found["description"]) == ("<p>A mug.</p>", "A mug.")
    assert found["category"] == {"name": "Home", "fullName": "Home", "level": 1, "isLeaf": True, "ancestorIds": []}
    assert found["metafield"] == {"value": "Stoneware"}
    assert {each["key"]: each["jsonValue"] for each in found["metafields"]["nodes"]} == {"material": "Stoneware", "category": "Home"}
    assert found["variants"]["nodes"][0] == {
        "barcode": "2000000000015", "taxable": True, "inventoryPolicy": "DENY",
        "inventoryItem": {"tracked": True, "requiresShipping": True, "measurement": {"weight": {"value": 0.4, "unit": "KILOGRAMS"}}}}


def test_what_is_not_stocked_is_not_tracked_and_a_bundle_requires_components(shop: Shop) -> None:
    found = product(shop, "VOUCHER", "tracksInventory variants(first: 1) { nodes { availableForSale inventoryItem { tracked requiresShipping } } }")
    assert found == {"tracksInventory": False, "variants": {"nodes": [
        {"availableForSale": True, "inventoryItem": {"tracked": False, "requiresShipping": False}}]}}
    assert product(shop, "SET", "hasVariantsThatRequiresComponents")["hasVariantsThatRequiresComponents"]


def test_stock_lies_at_locations_by_name(shop: Shop) -> None:
    assert shop.stock("MUG") == {"available": 9, "on_hand": 9, "committed": 0}
    assert shop.stock("MUG", at=1) == {"available": 3, "on_hand": 3, "committed": 0}
    found = shop.ask("query V($id: ID!) { productVariant(id: $id) { inventoryQuantity sellableOnlineQuantity } }", id=shop.variant("MUG"))
    assert found["productVariant"] == {"inventoryQuantity": 12, "sellableOnlineQuantity": 12}
    refused = shop.refused("""query V($id: ID!) { inventoryItem(id: $id) { inventoryLevels(first: 1) { nodes { quantities(names: ["stock"]) {
        quantity } } } } }""", id=shop.item("MUG"))
    assert "stock" in refused["message"]


def test_a_location_that_is_off_holds_nothing_for_sale(shop: Shop) -> None:
    location = list(shop.row("MUG")["quantities"])[1]
    shop.control("POST", f"locations/{location}", {"active": False})
    found = shop.ask("query V($id: ID!) { productVariant(id: $id) { inventoryQuantity } locations(first: 5) { nodes { name } } }",
                     id=shop.variant("MUG"))
    assert found["productVariant"]["inventoryQuantity"] == 9
    assert found["locations"]["nodes"] == [{"name": "High Street"}]
    everything = shop.ask("{ locations(first: 5, includeInactive: true) { nodes { name isActive } } }")["locations"]["nodes"]
    assert everything == [{"name": "High Street", "isActive": True}, {"name": "Warehouse", "isActive": False}]


def test_a_picture_is_served_where_its_address_says(shop: Shop) -> None:
    media = product(shop, "MUG", "media(first: 5) { nodes { id alt mediaContentType status ... on MediaImage { image { url } } } }")["media"]["nodes"]
    assert media[0]["alt"] == "A mug" and media[0]["image"]["url"].startswith(f"{SHOP}/cdn/files/")
    answer = shop.session.get(media[0]["image"]["url"], timeout=5)
    assert answer.content == PNG and answer.headers["Content-Type"] == "image/png"
    shop.control("PATCH", "products/MUG", {"picture_status": "PROCESSING"})
    assert product(shop, "MUG", "media(first: 1) { nodes { ... on MediaImage { image { url } } } }")["media"]["nodes"] == [{"image": None}]


def test_the_taxonomy_and_the_product_types_can_be_walked(shop: Shop) -> None:
    found = shop.ask("""{ taxonomy { categories(first: 10) { nodes { id name isRoot childrenIds } } } productTypes(first: 10) { nodes }
        metafieldDefinitions(ownerType: PRODUCT, first: 10) { nodes { namespace key } } }""")
    roots = found["taxonomy"]["categories"]["nodes"]
    assert [each["name"] for each in roots] == ["Clothes", "Home"]
    assert found["productTypes"]["nodes"] == ["Home", "Shirts"]
    assert {"namespace": "custom", "key": "material"} in found["metafieldDefinitions"]["nodes"]
    below = shop.ask("query T($id: ID!) { taxonomy { categories(first: 5, childrenOf: $id) { nodes { fullName parentId } } } }", id=roots[0]["id"])
    assert below["taxonomy"]["categories"]["nodes"] == [{"fullName": "Clothes > Shirts", "parentId": roots[0]["id"]}]


def test_nodes_come_in_the_order_asked_with_gaps_for_what_is_gone(shop: Shop) -> None:
    found = shop.ask("query N($ids: [ID!]!) { nodes(ids: $ids) { id ... on Product { title } ... on ProductVariant { sku } } }",
                     ids=[shop.variant("BOWL"), "gid://shopify/Product/1", shop.item("MUG")])["nodes"]
    assert [each and each.get("sku") for each in found] == ["BOWL", None, None]
    assert found[1] is None and found[2]["id"] == shop.item("MUG")
    assert "Invalid global id" in shop.refused("""{ node(id: "7") { id } }""")["message"]


# -- search and pages -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("query", "found"), [
    ("status:draft", ["Old crate"]), ("status:active vendor:Harbour", ["Harbour mug", "Linen shirt"]), ("sku:BOWL", ["Harbour bowl"]),
    ("sku:shirt-*", ["Linen shirt"]), ("barcode:2000000000015", ["Harbour mug"]), ("product_type:Shirts", ["Linen shirt"]),
    ("is_price_reduced:true", ["Harbour bowl"]), ("tracks_inventory:false", ["Course"]), ("title:'Harbour mug'", ["Harbour mug"]),
    ("sku:BOWL OR sku:MUG", ["Harbour mug", "Harbour bowl"]), ("vendor:Harbour -sku:MUG", ["Linen shirt"]),
    ("(sku:BOWL OR sku:MUG) AND NOT vendor:Harbour", ["Harbour bowl"]), ("metafields.custom.material:Stoneware", ["Harbour mug"]),
    ("id:>9100000000000005", ["Course"]), ("status:draft,archived", ["Old crate"]), ("created_at:<'2020-01-01T00:00:00Z'", [])])
def test_a_search_finds_what_it_says(shop: Shop, query: str, found: list[str]) -> None:
    assert titles(shop, query) == found


@pytest.mark.parametrize("query", ["colour:red", "updated_at:yesterday", "status:sold", "sku:>5", "id:abc", "(sku:MUG", "sku:'MUG", "OR sku:MUG"])
def test_a_search_that_shopify_would_not_read_is_refused(shop: Shop, query: str) -> None:
    assert shop.refused(PRODUCTS, q=query)["extensions"]["code"] == "INVALID_SEARCH_QUERY"


def test_changes_are_found_by_their_time(shop: Shop) -> None:
    with clock.hold(A_MOMENT + timedelta(hours=1)):
        shop.control("PATCH", "products/BOWL", {"title": "New bowl"})
        assert titles(shop, f"updated_at:>'{A_MOMENT.isoformat()}'") == ["New bowl"]
        end = A_MOMENT + timedelta(minutes=1)
        assert titles(shop, f"updated_at:>={A_MOMENT.isoformat()} updated_at:<'{end.isoformat()}'", sort="UPDATED_AT") == [
            "Harbour mug", "Linen shirt", "Old crate", "Breakfast set", "Course"]


def test_stock_moves_no_date_of_a_product(shop: Shop) -> None:
    with clock.hold(A_MOMENT + timedelta(hours=1)):
        shop.control("PATCH", "products/BOWL", {"quantity": 1})
        assert titles(shop, f"updated_at:>'{A_MOMENT.isoformat()}'") == []
        assert shop.row("BOWL")["quantity"] == 1


def test_pages_go_on_where_they_ended_both_ways(shop: Shop) -> None:
    seen: list[str] = []
    after = None
    while True:
        page = shop.ask(PRODUCTS, q="", first=2, after=after, sort="TITLE")["products"]
        seen += [each["title"] for each in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert seen == sorted(seen) and len(seen) == 6
    assert titles(shop, "", reverse=True, sort="TITLE", first=3) == seen[:2:-1]
    last = shop.ask('{ products(last: 2, sortKey: TITLE) { pageInfo { hasPreviousPage hasNextPage startCursor } nodes { title } } }')["products"]
    assert [each["title"] for each in last["nodes"]] == seen[-2:] and last["pageInfo"]["hasPreviousPage"]
    before = shop.ask("query B($c: String) { products(last: 2, before: $c, sortKey: TITLE) { nodes { title } } }", c=last["pageInfo"]["startCursor"])
    assert [each["title"] for each in before["products"]["nodes"]] == seen[2:4]


def test_a_cursor_holds_its_place_while_rows_go(shop: Shop) -> None:
    page = shop.ask(PRODUCTS, q="", first=2, sort="TITLE")["products"]
    assert [each["title"] for each in page["nodes"]] == ["Breakfast set", "Course"]
    shop.control("DELETE", "products/VOUCHER")
    rest = shop.ask(PRODUCTS, q="", first=50, after=page["pageInfo"]["endCursor"], sort="TITLE")["products"]["nodes"]
    assert [each["title"] for each in rest] == ["Harbour bowl", "Harbour mug", "Linen shirt", "Old crate"]


def test_a_cursor_of_something_else_is_refused(shop: Shop) -> None:
    assert "Invalid cursor" in shop.refused(PRODUCTS, q="", after="abc")["message"]


def test_nested_connections_page_by_themselves(shop: Shop) -> None:
    query = """query V($id: ID!, $c: String) { product(id: $id) { variants(first: 2, after: $c) { pageInfo { hasNextPage endCursor }
        nodes { sku } } } }"""
    given = f"gid://shopify/Product/{shop.row('SHIRT-Red-M')['product_id']}"
    first = shop.ask(query, id=given)["product"]["variants"]
    second = shop.ask(query, id=given, c=first["pageInfo"]["endCursor"])["product"]["variants"]
    assert [each["sku"] for each in first["nodes"] + second["nodes"]] == ["SHIRT-Blue-M", "SHIRT-Blue-L", "SHIRT-Red-M"]
    assert (first["pageInfo"]["hasNextPage"], second["pageInfo"]["hasNextPage"]) == (True, False)


def test_a_search_lags_and_a_direct_read_does_not(shop: Shop) -> None:
    shop.control("POST", "settings", {"search_delay_s": 60})
    shop.control("PATCH", "products/BOWL", {"title": "New bowl"})
    shop.control("POST", "products", {"sku": "NEW", "name": "Fresh", "price": "3.00"}, status=201)
    order = shop.made()["id"]
    by_source = "query O($q: String) { orders(first: 5, query: $q) { nodes { id } } }"
    assert product(shop, "BOWL", "title") == {"title": "New bowl"} and product(shop, "NEW", "title") == {"title": "Fresh"}
    assert titles(shop, "title:'New bowl'") == titles(shop, "sku:NEW") == []
    assert titles(shop, "title:'Harbour bowl'") == ["New bowl"]  # found by what it was, told as it is
    assert shop.ask(by_source, q="source_identifier:577001112223334445")["orders"]["nodes"] == []
    with clock.hold(A_MOMENT + timedelta(seconds=61)):
        assert titles(shop, "title:'New bowl'") == ["New bowl"] and titles(shop, "sku:NEW") == ["Fresh"]
        assert shop.ask(by_source, q="source_identifier:577001112223334445")["orders"]["nodes"] == [{"id": order}]


def test_a_deleted_product_is_told_by_its_deletion_event(shop: Shop) -> None:
    number = shop.row("BOWL")["product_id"]
    shop.control("DELETE", "products/BOWL")
    found = shop.ask("""{ deletionEvents(first: 5, subjectTypes: [PRODUCT], query: "occurred_at:>='2026-01-01T00:00:00Z'") {
        nodes { subjectId } } }""")
    assert found["deletionEvents"]["nodes"] == [{"subjectId": f"gid://shopify/Product/{number}"}]
    assert shop.ask("query P($id: ID!) { product(id: $id) { id } }", id=f"gid://shopify/Product/{number}")["product"] is None


def test_variants_are_searched_by_quantity_as_it_is_now(shop: Shop) -> None:
    query = 'query V($q: String) { productVariants(first: 20, query: $q) { nodes { sku } } }'
    few = "inventory_quantity:<=2 product_status:active sku:*"
    assert [each["sku"] for each in shop.ask(query, q=few)["productVariants"]["nodes"]] == ["VOUCHER"]
    shop.control("PATCH", "products/BOWL", {"quantity": 2})
    assert [each["sku"] for each in shop.ask(query, q=few)["productVariants"]["nodes"]] == ["BOWL", "VOUCHER"]
    everything = shop.ask(query)["productVariants"]["nodes"]
    shop.control("DELETE", "products/MUG")
    shop.control("POST", "products", {"sku": "NEW", "name": "Fresh", "price": "3.00"}, status=201)
    assert shop.ask(query)["productVariants"]["nodes"] == [each for each in everything if each["sku"] != "MUG"] + [{"sku": "NEW"}]


def test_a_variant_goes_and_its_product_stays(shop: Shop) -> None:
    shop.control("DELETE", "products/SHIRT-Red-M?variant=1")
    found = product(shop, "SHIRT-Blue-M", "variants(first: 5) { nodes { sku } } options { values }")
    assert [each["sku"] for each in found["variants"]["nodes"]] == ["SHIRT-Blue-M", "SHIRT-Blue-L"]
    assert found["options"] == [{"values": ["Blue"]}, {"values": ["M", "L"]}]


def test_counts_say_how_sure_they_are(shop: Shop) -> None:
    assert shop.ask("{ productsCount { count precision } }")["productsCount"] == {"count": 6, "precision": "EXACT"}
    assert shop.ask("{ productsCount(limit: 3) { count precision } }")["productsCount"] == {"count": 4, "precision": "AT_LEAST"}


# -- bulk operations ------------------------------------------------------------------------------------------------


def started(shop: Shop, query: str = ALL) -> str:
    told = shop.ask(BULK, q=query)["bulkOperationRunQuery"]
    assert told["userErrors"] == [] and told["bulkOperation"]["status"] == "CREATED"
    number: str = told["bulkOperation"]["id"]
    return number


def lines(shop: Shop, url: str) -> list[dict[str, Any]]:
    answer = shop.session.get(url, timeout=5)
    assert answer.status_code == 200
    return [json.loads(line) for line in answer.text.splitlines()]


def test_a_bulk_operation_ends_in_json_lines(shop: Shop) -> None:
    found = shop.ask(STATE, id=started(shop))["bulkOperation"]
    rows = lines(shop, found["url"])
    assert found["status"] == "COMPLETED" and found["completedAt"]
    assert (int(found["objectCount"]), int(found["rootObjectCount"])) == (len(rows), 6) == (14, 6)
    assert int(found["fileSize"]) == len(shop.session.get(found["url"], timeout=5).content)
    mug = next(row for row in rows if row.get("title") == "Harbour mug")
    assert next(row for row in rows if row.get("sku") == "MUG") == {"id": shop.variant("MUG"), "sku": "MUG", "price": "14.99",
                                                                    "__parentId": mug["id"]}
    assert "__parentId" not in mug


def test_children_stand_far_from_their_parents_unless_grouped(shop: Shop) -> None:
    apart = lines(shop, shop.ask(STATE, id=started(shop))["bulkOperation"]["url"])
    assert [("__parentId" in row) for row in apart] == [False] * 6 + [True] * 8
    query = BULK.replace("(query: $q)", "(query: $q, groupObjects: true)")
    grouped = lines(shop, shop.ask(STATE, id=shop.ask(query, q=ALL)["bulkOperationRunQuery"]["bulkOperation"]["id"])["bulkOperation"]["url"])
    for at, row in enumerate(grouped):
        if "__parentId" in row:
            assert row["__parentId"] in {above["id"] for above in grouped[max(0, at - 3):at]}


@needs_contracts()
def test_bulk_tells_the_same_as_pages_do(shop: Shop) -> None:
    query = """{ products { edges { node { id title vendor status tags updatedAt category { id fullName } options { name values }
        media { edges { node { id mediaContentType ... on MediaImage { image { url } } } } }
        variants { edges { node { id sku price compareAtPrice selectedOptions { name value } inventoryItem { id tracked } } } } } } } }"""
    rows = {row["id"]: row for row in lines(shop, shop.ask(STATE, id=started(shop, query))["bulkOperation"]["url"])}
    shop.control("POST", "settings", {"max_cost": 100_000, "bucket": 10_000_000})
    told = shop.ask(documents()["Products"])["products"]["nodes"]
    assert len(told) == 6
    for each in told:
        bulk = rows[each["id"]]
        assert {name: bulk[name] for name in ("title", "vendor", "status", "tags", "updatedAt")} == {
            name: each[name] for name in ("title", "vendor", "status", "tags", "updatedAt")}
        for variant in each["variants"]["nodes"]:
            assert rows[variant["id"]]["__parentId"] == each["id"]
            assert {name: rows[variant["id"]][name] for name in ("sku", "price", "compareAtPrice", "selectedOptions")} == {
                name: variant[name] for name in ("sku", "price", "compareAtPrice", "selectedOptions")}
        assert {media["id"] for media in each["media"]["nodes"]} <= set(rows)


@pytest.mark.parametrize(("query", "says"), [
    ("{ shop { name } }", "at least one connection"), ('{ node(id: "gid://shopify/Product/1") { id } }', "top level `node`"),
    ("{ products { nodes { id } } }", "'edges' > 'node'"),
    ("{ products { edges { node { title variants { edges { node { id } } } } } } }", "select the 'id'"),
    ("mutation { appUninstall { app { id } } }", "Invalid operation type"), ("{ products { edges { node { nope } } } }", "doesn't exist"),
    ("{ products { edges { node { id } } } orders { edges { node { id } } } }", "exactly one top-level field"),
    ("""{ collections { edges { node { id products { edges { node { id variants { edges { node { id
        media { edges { node { id } } } } } } } } } } } } }""",
     "nesting depth greater than 2"),
    ("""{ products { edges { node { id media { edges { node { id } } } metafields { edges { node { id } } } collections { edges { node { id } } }
        variants { edges { node { id media { edges { node { id } } } } } } } } } }""", "more than 5 connections")])
def test_what_bulk_cannot_do_is_refused(shop: Shop, query: str, says: str) -> None:
    told = shop.ask(BULK, q=query)["bulkOperationRunQuery"]
    assert told["bulkOperation"] is None
    (error,) = told["userErrors"]
    assert error["code"] == "INVALID" and error["field"] == ["query"] and says in error["message"]


def test_five_operations_run_at_once_and_none_twice(shop: Shop) -> None:
    shop.control("POST", "bulk", {"delay_s": 60})
    started(shop)
    assert shop.ask(BULK, q=ALL)["bulkOperationRunQuery"]["userErrors"][0]["code"] == "OPERATION_IN_PROGRESS"
    for at in range(4):
        started(shop, f'{{ products(query: "id:>{at}") {{ edges {{ node {{ id }} }} }} }}')
    refused = shop.ask(BULK, q="{ orders { edges { node { id } } } }")["bulkOperationRunQuery"]["userErrors"][0]
    assert refused["code"] == "LIMIT_REACHED"


def test_an_operation_runs_by_the_clock_and_can_be_cancelled(shop: Shop) -> None:
    shop.control("POST", "bulk", {"delay_s": 60})
    first, second = started(shop), started(shop, "{ orders { edges { node { id } } } }")
    assert shop.ask(STATE, id=first)["bulkOperation"] == {"status": "RUNNING", "errorCode": None, "objectCount": "14", "rootObjectCount": "6",
                                                          "fileSize": None, "url": None, "partialDataUrl": None, "completedAt": None}
    cancel = "mutation C($id: ID!) { bulkOperationCancel(id: $id) { bulkOperation { status } userErrors { message } } }"
    assert shop.ask(cancel, id=first)["bulkOperationCancel"] == {"bulkOperation": {"status": "CANCELING"}, "userErrors": []}
    assert shop.ask(STATE, id=first)["bulkOperation"]["status"] == "CANCELED"
    assert shop.ask(cancel, id=first)["bulkOperationCancel"]["userErrors"]
    with clock.hold(A_MOMENT + timedelta(seconds=61)):
        empty = shop.ask(STATE, id=second)["bulkOperation"]
        assert (empty["status"], empty["url"], empty["objectCount"]) == ("COMPLETED", None, "0")


def test_a_failed_operation_leaves_its_beginning(shop: Shop) -> None:
    shop.control("POST", "bulk", {"fail": "TIMEOUT"})
    found = shop.ask(STATE, id=started(shop))["bulkOperation"]
    assert (found["status"], found["errorCode"], found["url"]) == ("FAILED", "TIMEOUT", None)
    assert 0 < len(lines(shop, found["partialDataUrl"])) < 14
    assert shop.ask(STATE, id=started(shop, "{ products { edges { node { id } } } }"))["bulkOperation"]["status"] == "COMPLETED"


def test_a_file_is_read_in_pieces_and_ends_after_a_week(shop: Shop) -> None:
    url = shop.ask(STATE, id=started(shop))["bulkOperation"]["url"]
    whole = shop.session.get(url, timeout=5).content
    part = shop.session.get(url, headers={"Range": "bytes=10-29"}, timeout=5)
    assert (part.status_code, part.content, part.headers["Content-Range"]) == (206, whole[10:30], f"bytes 10-29/{len(whole)}")
    assert shop.session.get(url, headers={"Range": f"bytes={len(whole)}-"}, timeout=5).status_code == 416
    assert shop.session.get(url.replace(".jsonl", "0.jsonl"), timeout=5).status_code == 404
    with clock.hold(A_MOMENT + timedelta(days=8)):
        assert shop.session.get(url, timeout=5).status_code == 404


def test_a_large_catalogue_is_written_while_calls_go_on() -> None:
    products = tuple(SeedProduct(key=f"p{at}", sku=f"P-{at}", name=f"Product {at}", description="x", price=Decimal("1.00"), quantity=1,
                                 categories=(("All",),)) for at in range(1_500))
    shop = Shop(catalogue=SeedCatalogue("large", products, (SeedCategory(("All",)),)))
    number = started(shop)
    states: list[str] = []
    while not states or states[-1] in ("CREATED", "RUNNING"):
        assert titles(shop, "sku:P-7") == ["Product 7"]
        found = shop.ask(STATE, id=number)["bulkOperation"]
        states.append(found["status"])
    assert states[-1] == "COMPLETED" and found["rootObjectCount"] == "1500"
    rows = lines(shop, found["url"])
    assert len(rows) == 3_000 and len({row["id"] for row in rows}) == 3_000
