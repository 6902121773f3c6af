"""The practice store's type system is a true subset of Shopify's, its documents run, its signatures are the contract's."""

from __future__ import annotations

import hashlib
import hmac
import re
from functools import cache
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    Undefined,
    build_schema,
    is_specified_scalar_type,
    parse,
    print_type,
    validate,
    validate_schema,
)

from hub.simulator import control_blueprint
from hub.stores.shopify.sandbox import control
from hub.stores.shopify.sandbox.access import query_hmac
from hub.stores.shopify.sandbox.graph import FIELDS, LISTS, SCHEMA_FILE, schema
from hub.stores.shopify.sandbox.hooks import signature
from tests.sandbox import shopify_shop
from tests.sandbox.shopify_shop import CONTRACTS, SECRET, Shop, documents, gbp, needs_contracts, variables_of_the_contract, vectors

# What these documents of the contract ask for is no part of the main job: markets, publications' catalogues, returns, attribution.
NOT_CARRIED = {"Mkts", "PriceIn", "Pubs", "OrderFull", "Attr", "Ret"}


@cache
def whole() -> GraphQLSchema:
    return build_schema((CONTRACTS / "shopify.graphql").read_text())


def own_types() -> list[Any]:
    return [each for name, each in sorted(schema().type_map.items()) if not name.startswith("__") and not is_specified_scalar_type(each)]


def test_the_schema_is_sound() -> None:
    assert validate_schema(build_schema(SCHEMA_FILE.read_text())) == []


@needs_contracts()
@pytest.mark.parametrize("kind", own_types(), ids=lambda kind: kind.name)
def test_each_type_is_a_true_subset_of_shopifys(kind: Any) -> None:
    theirs: Any = whole().type_map[kind.name]
    assert type(kind) is type(theirs)
    if isinstance(kind, GraphQLEnumType):
        assert set(kind.values) <= set(theirs.values)
        if kind.name != "WebhookSubscriptionTopic":
            assert {name for name in theirs.values if name not in kind.values} == set()
    elif isinstance(kind, GraphQLUnionType):
        assert {each.name for each in kind.types} <= {each.name for each in theirs.types}
    elif isinstance(kind, GraphQLInputObjectType):
        assert kind.is_one_of == theirs.is_one_of
        for name, field in kind.fields.items():
            assert str(field.type) == str(theirs.fields[name].type), name
            assert field.default_value == theirs.fields[name].default_value, name
        assert {name for name, field in theirs.fields.items() if _is_required(field)} <= set(kind.fields)
    elif isinstance(kind, (GraphQLObjectType, GraphQLInterfaceType)):
        assert {each.name for each in kind.interfaces} <= {each.name for each in theirs.interfaces}
        for name, field in kind.fields.items():
            assert str(field.type) == str(theirs.fields[name].type), name
            for argument, given in field.args.items():
                assert str(given.type) == str(theirs.fields[name].args[argument].type), (name, argument)
                assert given.default_value == theirs.fields[name].args[argument].default_value, (name, argument)
            assert {argument for argument, given in theirs.fields[name].args.items() if _is_required(given)} <= set(field.args)
    else:
        assert print_type(kind) == print_type(theirs)


def _is_required(value: Any) -> bool:
    return isinstance(value.type, GraphQLNonNull) and value.default_value is Undefined


@needs_contracts()
def test_the_idempotent_directive_is_shopifys() -> None:
    ours, theirs = schema().get_directive("idempotent"), whole().get_directive("idempotent")
    assert ours is not None and theirs is not None
    assert (ours.locations, {name: str(given.type) for name, given in ours.args.items()}) == (
        theirs.locations, {name: str(given.type) for name, given in theirs.args.items()})


def test_every_query_and_mutation_has_somebody_who_answers_it() -> None:
    query_type, mutation_type = schema().query_type, schema().mutation_type
    assert query_type is not None and mutation_type is not None
    asked = {(root.name, name) for root in (query_type, mutation_type) for name in root.fields}
    assert asked - set(FIELDS) == set()
    connections = {(kind.name, name) for kind in own_types() if isinstance(kind, GraphQLObjectType) and not kind.name.endswith("Payload")
                   for name, field in kind.fields.items() if str(field.type).rstrip("!").endswith("Connection")}
    assert connections - set(LISTS) == set()


@needs_contracts()
@pytest.mark.parametrize("name", sorted(documents()))
def test_each_document_of_the_contract_is_right_for_shopify(name: str) -> None:
    assert validate(whole(), parse(documents()[name])) == []


@needs_contracts()
def test_what_is_not_carried_is_known() -> None:
    assert {name for name, text in documents().items() if validate(schema(), parse(text))} == NOT_CARRIED


def answers_to_the_contract(shop: Shop) -> dict[str, dict[str, Any]]:
    """Variables for each document that is carried, all about one order of this shop."""
    row = shop.row("MUG")
    location = next(iter(row["quantities"]))
    order = shop.made()
    second, third = shop.made(sourceIdentifier="2"), shop.made(sourceIdentifier="3")
    cancelled = shop.made(sourceIdentifier="4")
    fo = [shop.fulfillment_orders(each["id"])[0] for each in (order, second, third)]
    hold = variables_of_the_contract()["Hold"]["h"]
    held = shop.ask(documents()["Hold"], id=fo[2]["id"], h=hold)["fulfillmentOrderHold"]["fulfillmentHold"]["id"]
    sent = shop.ship(order["id"])["fulfillment"]["id"]
    job = shop.ask(documents()["Cancel"], orderId=cancelled["id"], reason="CUSTOMER", restock=True)["orderCancel"]["job"]["id"]
    bulk = shop.ask(documents()["Bulk"], q="{ products { edges { node { id } } } }")["bulkOperationRunQuery"]["bulkOperation"]["id"]
    stock = {"inventoryItemId": shop.item("MUG"), "locationId": f"gid://shopify/Location/{location}", "changeFromQuantity": None}
    line = order["lineItems"]["nodes"][0]["id"]
    return {
        "Products": {"q": "status:active"}, "VariantStock": {"id": shop.variant("MUG")},
        "OrderCreate": {"order": shop.order(sourceIdentifier="5")}, "OrderBySource": {"q": "source_identifier:2"},
        "FulfillmentOrders": {"id": order["id"]}, "Ship": {"f": {"lineItemsByFulfillmentOrder": [{"fulfillmentOrderId": fo[1]["id"]}]}},
        "Track": {"id": sent, "t": {"number": "NEW1", "company": "DPD"}, "n": False}, "Hold": {"id": fo[2]["id"], "h": hold | {"handle": "two"}},
        "Release": {"id": fo[2]["id"], "holdIds": [held]},
        "Cancel": {"orderId": third["id"], "reason": "CUSTOMER", "restock": True, "rm": {"originalPaymentMethodsRefund": True}},
        "JobDone": {"id": job}, "Close": {"input": {"id": order["id"]}}, "Tags": {"id": order["id"], "tags": ["seen"]},
        "Refund": {"key": "k1", "input": {"orderId": order["id"], "refundLineItems": [{"lineItemId": line, "quantity": 1}]}},
        "Suggested": {"id": order["id"], "lines": [{"lineItemId": line, "quantity": 1}]},
        "SetStock": {"key": "k2", "input": {"name": "available", "reason": "correction", "quantities": [stock | {"quantity": 5}]}},
        "AdjustStock": {"key": "k3", "input": {"name": "available", "reason": "correction", "changes": [stock | {"delta": 1}]}},
        "Bulk": {"q": "{ orders { edges { node { id } } } }"}, "BulkState": {"id": bulk}, "Hook": variables_of_the_contract()["Hook"],
        "Hooks": {}, "ShopInfo": {}, "Locs": {}, "Deleted": {},
    }  # fmt: skip


@needs_contracts()
def test_every_carried_document_of_the_contract_runs() -> None:
    shop = Shop()
    # The contract's own documents ask for so many rows that they would be too dear (its section 3.5 says so of the first).
    shop.control("POST", "settings", {"max_cost": 100_000, "bucket": 10_000_000})
    asked = answers_to_the_contract(shop)
    assert set(asked) == set(documents()) - NOT_CARRIED
    for name, variables in asked.items():
        data = shop.ask(documents()[name], **variables)
        for payload in data.values():
            errors = [each for key, rows in (payload or {}).items() if key.lower().endswith("usererrors") for each in rows]
            assert errors == [], name


@needs_contracts()
@pytest.mark.parametrize("name", ["Products", "OrderCreate", "FulfillmentOrders"])
def test_documents_that_nest_big_pages_cost_too_much(name: str) -> None:
    shop = Shop()
    variables: dict[str, dict[str, Any]] = {"Products": {}, "OrderCreate": {"order": shop.order()},
                                            "FulfillmentOrders": {"id": "gid://shopify/Order/1"}}
    assert shop.refused(documents()[name], **variables[name])["extensions"]["code"] == "MAX_COST_EXCEEDED"


@needs_contracts()
@pytest.mark.parametrize("name", ["Ship", "Refund", "SetStock", "Cancel", "Hold", "Hook"])
def test_the_contracts_own_variables_are_taken_for_what_they_are(name: str) -> None:
    shop = Shop()
    told = shop.answer(documents()[name], **variables_of_the_contract()[name])
    assert not any(error["extensions"]["code"] == "INVALID_VARIABLE" for error in told.get("errors", ()))


def test_every_control_route_stands_in_the_docstring() -> None:
    told = f"{control.__doc__} {control_blueprint.__doc__}"
    routes = [str(rule.rule) for rule in Shop().app.url_map.iter_rules() if str(rule.rule).startswith("/sandbox/")]
    last_words = {[part for part in re.sub(r"<(?!any).*?>", "", route).split("/") if part][-1] for route in routes}
    words = {word for part in last_words for word in re.findall(r"[a-z]+", part.removeprefix("<any"))} - {"what"}
    assert len(words) > 30 and {word for word in words if not re.search(rf"\b{word}\b", told)} == set()


# -- signatures ------------------------------------------------------------------------------------------------------


def test_the_query_of_an_install_is_signed_as_the_contract_shows() -> None:
    pairs = [("code", "c0de5a1e77"), ("host", "YWRtaW4uc2hvcGlmeS5jb20vc3RvcmUvZGVtby1odWI"), ("shop", "demo-hub.myshopify.com"),
             ("state", "9f2c7d11"), ("timestamp", "1790000000")]
    expected = "b16e5837b903112efa49874926344d78c1fd9ec77edb44a8c6f2fcd4188003ca"
    assert query_hmac(pairs, SECRET) == expected
    assert query_hmac([*reversed(pairs), ("hmac", "x"), ("signature", "y")], SECRET) == expected
    assert query_hmac([*pairs[:3], ("state", "9f2c7d12"), pairs[4]], SECRET) != expected


def test_reserved_characters_of_a_signed_query_are_escaped_as_the_official_python_does() -> None:
    expected = hmac.new(SECRET.encode(), b"a=1%252%263&b%3Dc=x=y", hashlib.sha256).hexdigest()
    assert query_hmac([("b=c", "x=y"), ("a", "1%2&3")], SECRET) == expected


@needs_contracts()
def test_the_contract_gives_vectors_for_bodies() -> None:
    assert len(vectors()) == 4


@needs_contracts()
@pytest.mark.parametrize(("body", "value"), vectors())
def test_each_webhook_body_has_its_signature(body: str, value: str) -> None:
    assert signature(body.encode(), SECRET) == value


def test_an_empty_body_has_a_signature_too() -> None:
    assert signature(b"", SECRET) == "FVccK3ErNcD3sjzi3C+NkqrrilOrGcOSaHEyP+4Lbx8="


# -- scalars ---------------------------------------------------------------------------------------------------------


def test_money_and_decimals_are_told_as_shopify_writes_them() -> None:
    shop = Shop()
    found = shop.ask("query P($id: ID!) { productVariant(id: $id) { price product { createdAt priceRangeV2 { maxVariantPrice { amount } } } } }",
                     id=shop.variant("SHIRT-Blue-M"))["productVariant"]
    assert found["price"] == "30.00"
    assert found["product"]["priceRangeV2"]["maxVariantPrice"]["amount"] == "32.5"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", found["product"]["createdAt"])


@pytest.mark.parametrize("amount", ["12,50", "", True, {"a": 1}, "NaN"])
def test_an_amount_that_is_no_decimal_is_refused_before_anything_runs(amount: Any) -> None:
    shop = Shop()
    bag = {"shopMoney": {"amount": amount, "currencyCode": "GBP"}}
    refused = shop.refused(shopify_shop.ORDER_CREATE, order={"lineItems": [{"title": "x", "quantity": 1, "priceSet": bag}]})
    assert refused["extensions"]["code"] == "INVALID_VARIABLE"
    assert refused["extensions"]["problems"][0]["path"] == ["lineItems", "0", "priceSet", "shopMoney", "amount"]
    assert shop.control("GET", "orders") == []


def test_numbers_of_amounts_may_come_as_numbers() -> None:
    shop = Shop()
    line = {"title": "x", "quantity": 1, "priceSet": {"shopMoney": {"amount": 12.5, "currencyCode": "GBP"}}}
    assert shop.create({"lineItems": [line]})["order"]["totalPriceSet"]["shopMoney"]["amount"] == "12.5"
    assert shop.create({"lineItems": [line | {"priceSet": gbp("10")}]})["order"]["totalPriceSet"]["shopMoney"]["amount"] == "10.0"
