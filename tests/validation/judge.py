"""The judge: the TikTok Shop sandbox, asked with each product as it is, without any of the hub's rules.

What is sent is the plainest translation of a product into the contract's create or edit: every picture, every code, every
word as the store has it. The judge's answer is the code of the first call that it refuses, 0 where it takes the product.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache
from typing import Any

from hub.domain.categories import Attribute, Category
from hub.domain.products import Dimensions, Image, Measure, Variant
from hub.rules.listings import Ground
from hub.simulator import InProcessAdapter
from hub.tiktok import AppKeys, TikTokShop
from hub.tiktok.sandbox.catalogue import TREE
from tests.sandbox.tiktok_shop import KEY, SECRET, SERVICE, Hand, picture
from tests.validation.world import Case, Look, World, shirt

HOST = "http://tiktok.test"
_WEIGHTS = {"kg": ("KILOGRAM", Decimal(1)), "lb": ("POUND", Decimal(1)), "g": ("GRAM", Decimal(1)), "oz": ("POUND", Decimal("0.0625"))}
_SIZES = {"cm": ("CENTIMETER", Decimal(1)), "mm": ("CENTIMETER", Decimal("0.1")), "in": ("INCH", Decimal(1))}


@dataclass
class _Tokens:
    """The seller's token, which outlives a test run."""

    token: str

    def current(self) -> str:
        return self.token

    def renew(self, stale_token: str) -> str:
        raise AssertionError("a fresh token was refused")


@dataclass
class Judge:
    """One market's shop at a sandbox of its own."""

    region: str
    hand: Hand
    shop: TikTokShop
    uploads: dict[tuple[Look, str], str | int] = field(default_factory=dict)

    @classmethod
    def of(cls, region: str) -> Judge:
        hand = Hand.at(region)
        keys = AppKeys(app_key=KEY, app_secret=SECRET, service_id=SERVICE, api_host=HOST, token_host=HOST, consent_host=HOST)
        shop = TikTokShop(keys, _Tokens(hand.token), hand.cipher, region, {"transport": InProcessAdapter(hand.app)},
                          has_us_shop=region == "US")
        return cls(region, hand, shop)

    def world(self, case: Case) -> World:
        """The case's product with what the hub has cached of its leaf; an edit's SKUs have TikTok Shop's ids already."""
        world = self.good(case.leaf)
        if case.edit:
            made = self.hand.create(self.body(world)).data
            ids = {one.variant_id: sku["id"] for one, sku in zip(world.product.variants, made["skus"], strict=True)}
            world = replace(world, ground=replace(world.ground, tiktok_sku_ids=ids))
        return case.change(world)

    def good(self, leaf: str) -> World:
        """The shirt in this leaf."""
        category = named(leaf)
        sales = [one.warehouse_id for one in self.shop.logistics.warehouses() if one.enabled and one.kind == "sales"]
        cached = {"attributes": self.shop.categories.attributes(category.category_id), "rules": self.shop.categories.rules(
            category.category_id)} if category is not None and category.is_leaf else {}
        return shirt(self.region, category, sales[0], **cached)

    def answer(self, world: World, case: Case) -> int:
        """The judge's code for this product as it is."""
        body = self.body(world)
        return body if isinstance(body, int) else self.send(body, world, case)

    def send(self, body: Mapping[str, Any], world: World, case: Case) -> int:
        """The judge's code for this body: of a create, or of an edit of the product that has the case's SKUs."""
        if not case.edit:
            return self.hand.create(dict(body)).code
        known = {sku.id: one.id for one in self.hand.app.sim.products.values() for sku in one.skus}
        product_id = next(known[one] for one in world.ground.tiktok_sku_ids.values() if one in known)
        return self.hand.call("PUT", f"/product/202509/products/{product_id}", body=body).code

    def body(self, world: World) -> Any:
        """The product on the wire, or the code with which one of its pictures was refused."""
        product, ground = world.product, world.ground
        wanted = [(image.url, "MAIN_IMAGE") for image in product.images]
        wanted += [(one.image.url, "ATTRIBUTE_IMAGE") for one in product.variants if one.image]
        uris: dict[tuple[str, str], str] = {}
        for url, use_case in wanted:
            sent = self.upload(world.looks.get(url, Look()), use_case)
            if isinstance(sent, int):
                return sent
            uris[url, use_case] = sent
        return {
            "title": ground.title or product.title, "description": ground.description or product.description,
            "category_id": ground.category.category_id if ground.category else "", "category_version": self.hand.version,
            "main_images": [{"uri": uris[image.url, "MAIN_IMAGE"]} for image in product.images],
            **({"brand_id": ground.brand_id} if ground.brand_id else {}), "external_product_id": product.product_id,
            "product_attributes": _attributes(world), **_package(world),
            "skus": [_sku(one, ground, uris) for one in product.variants if one.active],
        }  # fmt: skip

    def upload(self, look: Look, use_case: str) -> str | int:
        """A file's URI, or the code with which it was refused; each is sent once."""
        if (look, use_case) not in self.uploads:
            data = picture(look.width, look.height) if look.kind == "png" else b"GIF89a no picture that is taken"
            data += bytes(max(0, look.size - len(data))) if look.size > 1_000_000 else b""
            answer = self.hand.call("POST", "/product/202309/images/upload", cipher=False, file=(data, {"use_case": use_case}))
            self.uploads[look, use_case] = answer.code or answer.data["uri"]
        return self.uploads[look, use_case]


@cache
def judge_of(region: str) -> Judge:
    """The market's judge, kept for the whole run: cases do not touch one another's products."""
    return Judge.of(region)


def named(name: str) -> Category | None:
    """A node of the sandbox's tree as the hub has cached it; None for a name that it does not have."""
    found = next((one for one in TREE.categories.values() if one.name == name), None)
    return found and Category(category_id=found.id, parent_id=found.parent_id, name=found.name, is_leaf=found.is_leaf,
                              permissions=(found.permission,))


def _attributes(world: World) -> list[dict[str, Any]]:
    told = {label.casefold(): value for label, value in world.product.attributes.items()}
    chosen = world.ground.values
    asked = {one.attribute_id: one for one in world.ground.attributes if not one.is_sales}
    answer = []
    for attribute_id in [*asked, *(one for one in chosen if one not in asked)]:
        attribute = asked.get(attribute_id)
        value: Any = chosen[attribute_id].value if attribute_id in chosen else told.get(attribute.name.casefold(), "") if attribute else ""
        if isinstance(value, Mapping):
            value = told.get(str(value["from"]).casefold(), "") if value.get("from") else value
        if value:
            answer.append({"id": attribute_id, "values": _values(value, attribute)})
    return answer


def _values(value: Any, attribute: Attribute | None) -> list[dict[str, str]]:
    if isinstance(value, Mapping):
        return [{"id": value["value_id"]} if value.get("value_id") else {"name": value.get("text", "")}]
    ids = {name: value_id for value_id, name in attribute.values} if attribute else {}
    several = attribute is not None and attribute.multiple and value not in ids
    parts = [part.strip() for part in value.split(",")] if several else [value]
    return [{"id": ids[part]} if part in ids else {"name": part} for part in parts]


def _package(world: World) -> dict[str, Any]:
    answer: dict[str, Any] = {}
    product, ground = world.product, world.ground
    if ground.package:
        answer["package_dimensions"] = _size(*ground.package, unit=ground.dimension_unit)
    elif product.dimensions:
        size: Dimensions = product.dimensions
        unit, factor = _SIZES[size.unit]
        answer["package_dimensions"] = _size(*(_text(side * factor) for side in (size.length, size.width, size.height)), unit=unit)
    weight: Measure | None = product.weight
    if weight is not None and not ground.own_weight:
        unit, factor = _WEIGHTS[weight.unit]
        answer["package_weight"] = {"value": _text(weight.value * factor), "unit": unit}
    elif ground.weight:
        answer["package_weight"] = {"value": ground.weight, "unit": ground.weight_unit}
    return answer


def _size(length: Any, width: Any, height: Any, *, unit: str) -> dict[str, str]:
    return {"length": str(length), "width": str(width), "height": str(height), "unit": unit}


def _text(number: Decimal) -> str:
    return f"{number:f}"


def _sku(one: Variant, ground: Ground, uris: Mapping[tuple[str, str], str]) -> dict[str, Any]:
    body: dict[str, Any] = {"seller_sku": one.sku, "external_sku_id": one.variant_id}
    if one.variant_id in ground.tiktok_sku_ids:
        body["id"] = ground.tiktok_sku_ids[one.variant_id]
    body["sales_attributes"] = [{"name": name, "value_name": value} for name, value in one.options.items()]
    if one.image and body["sales_attributes"]:
        body["sales_attributes"][0]["sku_img"] = {"uri": uris[one.image.url, "ATTRIBUTE_IMAGE"]}
    offer = ground.offers.get(one.variant_id)
    if offer is not None:
        body["price"] = {"amount": _text(offer.effective_price), "currency": offer.currency}
    body["inventory"] = [{"warehouse_id": ground.warehouse_id, "quantity": ground.stock.get(one.variant_id, 0)}]
    if one.barcode:
        kind = ground.barcode_type or {8: "EAN", 12: "UPC", 13: "EAN", 14: "GTIN"}.get(len(one.barcode), "GTIN")
        body["identifier_code"] = {"code": one.barcode, "type": kind}
    return body


def images_of(world: World) -> list[Image]:
    """All pictures of a product, the variants' too."""
    return [*world.product.images, *(one.image for one in world.product.variants if one.image)]
