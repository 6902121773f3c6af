"""What a product must be to be taken (contract 5.3, 7, 7.1, 9): one refusal at a time, each with its code.

`check_product` reads the body of a create or edit and answers what is to be kept: the content and the SKUs. It changes
nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from html.parser import HTMLParser
from typing import Any

from hub.tiktok.sandbox.catalogue import TREE, brand_fits, leaf
from hub.tiktok.sandbox.gateway import Call, Failure, check_shape
from hub.tiktok.sandbox.state import Sku, places
from hub.tiktok.sandbox.tree import Attribute, Category

_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_EMOJI = re.compile(r"[\u2600-\u27bf\U0001f000-\U0001faff\ufe0f]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_HTML_ESCAPE = re.compile(r"&(#\d+|#x[0-9a-f]+|[a-z]{2,8});", re.IGNORECASE)
_IN_300 = frozenset({"BR", "MX"})
_FROM_25 = frozenset({"ID", "MY", "PH", "SG", "TH", "VN"})
_MANY_SKUS = frozenset({"BR", "DE", "ES", "FR", "IE", "IT", "JP", "MX", "GB", "US"})

# Contract 7.1, local sellers: display price in local currency.
_PRICES = {
    "BR": ("0.5", "10000"), "DE": ("0.01", "6300"), "FR": ("0.01", "6300"), "IT": ("0.01", "6300"),
    "ES": ("0.01", "6300"), "IE": ("0.01", "6300"), "GB": ("0.01", "5600"), "US": ("0.01", "7600"),
    "MX": ("1", "50000"), "JP": ("1", "500000"), "ID": ("100", "100000000"), "MY": ("0.01", "320000"),
    "PH": ("0.01", "400000"), "SG": ("0.01", "10000"), "TH": ("30", "260000"), "VN": ("1", "180000000"),
}  # fmt: skip

_SHAPE = {
    "save_mode": "str", "title": "str", "description": "str", "category_id": "str", "brand_id": "str",
    "category_version": "str", "idempotency_key": "str", "external_product_id": "str",
    "main_images": [{"uri": "str"}],
    "skus": [{
        "id": "str", "seller_sku": "str", "external_sku_id": "str",
        "sales_attributes": [{"id": "str", "value_id": "str", "value_name": "str", "name": "str",
                              "sku_img": {"uri": "str"}, "supplementary_sku_images": [{"uri": "str"}]}],
        "inventory": [{"warehouse_id": "str", "quantity": "int"}],
        "price": {"amount": "str", "currency": "str", "sale_price": "str"},
        "list_price": {"amount": "str", "currency": "str"},
        "identifier_code": {"code": "str", "type": "str"},
    }],
    "package_dimensions": {"length": "str", "width": "str", "height": "str", "unit": "str"},
    "package_weight": {"value": "str", "unit": "str"},
    "product_attributes": [{"id": "str", "values": [{"id": "str", "name": "str"}]}],
    "certifications": [{"id": "str", "images": [{"uri": "str"}]}],
    "size_chart": {"image": {"uri": "str"}, "template": {"id": "str"}},
    "delivery_option_ids": ["str"], "is_cod_allowed": "bool",
}  # fmt: skip

_KEPT = (
    "title", "description", "category_id", "brand_id", "main_images", "package_dimensions", "package_weight",
    "product_attributes", "certifications", "size_chart", "external_product_id", "delivery_option_ids",
    "is_cod_allowed", "video", "manufacturer_ids", "responsible_person_ids", "minimum_order_quantity",
    "key_product_features", "search_terms", "shipping_template_id",
)  # fmt: skip
_SKU_EXTRA = ("external_sku_id", "identifier_code", "list_price", "external_list_prices", "external_urls",
              "pre_sale", "fees", "sku_unit_count", "extra_identifier_codes")  # fmt: skip


@dataclass(slots=True)
class Checked:
    """A product body that passed: what to keep. `with_price`/`with_stock` name the SKUs (by place) that sent them."""

    content: dict[str, Any]
    skus: list[Sku]
    with_price: set[int] = field(default_factory=set)
    with_stock: set[int] = field(default_factory=set)


def check_product(
    call: Call,
    body: Mapping[str, Any],
    *,
    known: Mapping[str, Any] | None = None,
    known_skus: list[Sku] | None = None,
    is_draft: bool = False,
) -> Checked:
    """Check a create (or, with `known`, an edit) and answer what is to be kept; raises `Failure`.

    `body` is complete: a partial edit is laid over the known content by the caller first. A draft is checked for
    what it holds, not for what it lacks.
    """
    check_shape(_SHAPE, body, "")
    if not body:
        raise Failure(12052910, "the input is invalid: the product is empty")
    version = str(body.get("category_version") or ("" if known is None else call.sim.category_version(call.shop)))
    if (version or "v1") != call.sim.category_version(call.shop):
        raise Failure(12052217, "wrong category_version for this seller")
    category = _category(call, body, known)
    _title(call, body, is_draft)
    _description(call, body, is_draft)
    _main_images(call, body, is_draft)
    _brand(call, body, category)
    _attributes(call, body, category, is_draft)
    _package(call, body, category, is_draft)
    _certificates(call, body, category, is_draft)
    _size_chart(call, body, category, is_draft)
    for option in body.get("delivery_option_ids") or []:
        if option != call.shop.delivery_option_id:
            raise Failure(12052405, "the logistics service is not opened")
    checked = _skus(call, body, category, known_skus, is_draft)
    checked.content = {name: body[name] for name in _KEPT if body.get(name) not in (None, "", [], {})}
    return checked


def _category(call: Call, body: Mapping[str, Any], known: Mapping[str, Any] | None) -> Category:
    category_id = body.get("category_id") or (known or {}).get("category_id") or ""
    if not category_id.isdigit():
        raise Failure(12052002, "the category is missing or its format is wrong")
    category = leaf(category_id)
    if category.permission == "PROHIBITED":
        raise Failure(12052220, "the category is prohibited")
    if category.permission == "INVITE_ONLY" and category.id not in call.sim.settings["invited_categories"]:
        raise Failure(12052221, "the category is open to invited sellers only")
    return category


def _title(call: Call, body: Mapping[str, Any], is_draft: bool) -> None:
    title = body.get("title") or ""
    if not title.strip():
        if is_draft:
            return
        raise Failure(12052261, "the title is empty")
    if len(title) > (300 if call.shop.region in _IN_300 else 255):
        raise Failure(12052051, "the title is too long")
    if len(title) < 25 and call.shop.region in _FROM_25:
        raise Failure(12052910, "the input is invalid: the title has fewer than 25 characters")
    if _CHINESE.search(title) and call.shop.region != "JP":
        raise Failure(12052262, "the title contains Chinese")
    if _EMOJI.search(title) or _CONTROL.search(title) or _HTML_ESCAPE.search(title) or not any(char.isalnum() for char in title):
        raise Failure(12052931, "the title has an emoji, an HTML escape, a control character, or symbols only")


class _Html(HTMLParser):
    """Reads a description as TikTok's rules see it: tags that close, pictures that are its own."""

    VOID = frozenset({"br", "img", "hr", "wbr", "col"})
    FORBIDDEN = frozenset({"script", "style", "iframe", "object", "embed", "form", "input", "link", "meta"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.images: list[dict[str, str]] = []
        self.problem: Failure | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self.FORBIDDEN:
            self.problem = self.problem or Failure(12052345, f"the HTML tag {tag} is not supported")
        if any(name.startswith("on") for name, _ in attrs):
            self.problem = self.problem or Failure(12052350, "an HTML attribute is illegal")
        if tag == "img":
            self.images.append({name: value or "" for name, value in attrs})
        elif tag not in self.VOID:
            self.open.append(tag)
            if len(self.open) > 20:
                self.problem = self.problem or Failure(12052352, "the HTML is nested too deep")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID and self.open and self.open[-1] == tag:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag in self.VOID:
            return
        if not self.open or self.open[-1] != tag:
            self.problem = self.problem or Failure(12052344, f"HTML syntax error at </{tag}>")
            return
        self.open.pop()


def _description(call: Call, body: Mapping[str, Any], is_draft: bool) -> None:
    text = body.get("description") or ""
    if not text.strip():
        if is_draft:
            return
        raise Failure(12052015, "the description is missing")
    if len(text) > 10_000:
        raise Failure(12052013, "the description is too long")
    if _CHINESE.search(text) and call.shop.region != "JP":
        raise Failure(12052346, "the description contains Chinese")
    html = _Html()
    html.feed(text)
    html.close()
    if html.problem:
        raise html.problem
    if html.open:
        raise Failure(12052344, f"HTML syntax error: <{html.open[-1]}> is not closed")
    if len(html.images) > 30:
        raise Failure(12052056, "too many images in the description")
    urls = {image.url for image in call.sim.images.values()} if html.images else set()
    for image in html.images:
        if not all(image.get(name) for name in ("src", "width", "height")):
            raise Failure(12052348, "an img tag misses src, width or height")
        if image["src"] not in urls:
            raise Failure(12052340, "a description image is not hosted by the platform")


def _image(call: Call, uri: Any, code: int, message: str) -> None:
    if uri not in call.sim.images:
        raise Failure(code, message)


def _main_images(call: Call, body: Mapping[str, Any], is_draft: bool) -> None:
    images = body.get("main_images") or []
    if not images and not is_draft:
        raise Failure(12052028, "the main image is missing")
    if len(images) > 9:
        raise Failure(12052306, "too many main images")
    for image in images:
        _image(call, image.get("uri"), 12052300, "the main image uri is illegal: it was not issued by the upload call")
        kept = call.sim.images[image["uri"]]
        if min(kept.width, kept.height) < 300:
            raise Failure(12052301, "the main image is too small")
        if max(kept.width, kept.height) > 4000:
            raise Failure(12052302, "the main image is too large")


def _brand(call: Call, body: Mapping[str, Any], category: Category) -> None:
    brand_id = body.get("brand_id") or ""
    if not brand_id:
        return
    brand = call.sim.brands.get(brand_id)
    if brand is None:
        raise Failure(12052026, "the brand is unknown")
    if brand["expired"]:
        raise Failure(12052200, "the brand's authorisation has expired")
    if brand["authorized"] and not brand_fits(brand, category.id):
        raise Failure(12052201, "the brand is not authorised in this category")
    if brand["t1"] and not brand["authorized"]:
        raise Failure(12052208, "this brand needs an authorisation")


def _attributes(call: Call, body: Mapping[str, Any], category: Category, is_draft: bool) -> None:
    by_id = {TREE.attribute_id(one): one for one in category.attributes if not one.is_sales}
    chosen: dict[str, set[str]] = {}
    for given in body.get("product_attributes") or []:
        attribute_id, values = given.get("id") or "", given.get("values") or []
        if not attribute_id:
            raise Failure(12052241, "the attribute's id is empty")
        if attribute_id in chosen:
            raise Failure(12052254, "the attribute id is duplicated")
        attribute = by_id.get(attribute_id)
        if attribute is None:
            raise Failure(12052247, "the category has no such attribute, and a custom one is not allowed")
        if not values:
            raise Failure(12052248, "the attribute value is empty")
        if len(values) > 1 and not attribute.multiple:
            raise Failure(12052246, "the attribute takes one value only")
        chosen[attribute_id] = {_attribute_value(call, attribute, value) for value in values}
        if len(chosen[attribute_id]) < len(values):
            raise Failure(12052251, "the attribute value is duplicated")
    if is_draft:
        return
    names = {attribute.name: attribute_id for attribute_id, attribute in by_id.items()}
    for attribute_id, attribute in by_id.items():
        if attribute_id in chosen:
            continue
        if attribute.required:
            raise Failure(12052104, f"the attribute {attribute.name} is required")
        if attribute.required_if and attribute.required_if[1] in chosen.get(names[attribute.required_if[0]], set()):
            raise Failure(12052182, f"the attribute {attribute.name} is required by another one's value")


def _attribute_value(call: Call, attribute: Attribute, value: Mapping[str, Any]) -> str:
    """The chosen value by name, after its checks."""
    value_id, name = value.get("id") or "", (value.get("name") or "").strip()
    if value_id:
        known = {TREE.value_id(attribute, one): one for one in attribute.values}
        if value_id in known:
            return known[value_id]
        if not attribute.custom or not name:
            raise Failure(12052240, "the attribute has no such value, and a custom one is not allowed")
    if not name:
        raise Failure(12052248, "the attribute value is empty")
    if not attribute.custom and name not in attribute.values:
        raise Failure(12052240, "a custom value is not allowed for this attribute")
    if len(name) > 2000:
        raise Failure(12052249, "the attribute value is too long")
    if _CHINESE.search(name) and call.shop.region != "JP":
        raise Failure(12052250, "the attribute value contains Chinese")
    if _EMOJI.search(name) or _CONTROL.search(name):
        raise Failure(12052935, "the attribute value breaks the formatting rules")
    if attribute.is_number:
        number = _number(name)
        if number is None or number <= 0:
            raise Failure(12052256, "the value must be a positive number")
    return name


def _number(text: Any) -> Decimal | None:
    try:
        number = Decimal(str(text))
    except InvalidOperation:
        return None
    return number if number.is_finite() and re.fullmatch(r"-?\d+(\.\d+)?", str(text)) else None


def _decimals(number: Decimal) -> int:
    return max(0, -int(number.as_tuple().exponent))


def _package(call: Call, body: Mapping[str, Any], category: Category, is_draft: bool) -> None:
    weight, size = body.get("package_weight") or {}, body.get("package_dimensions") or {}
    if not weight:
        if not is_draft:
            raise Failure(12019011, "the package weight is missing")
    else:
        _weight(call, weight)
    if not size:
        if category.needs_dimensions and call.shop.region not in ("ID", "TH", "VN") and not is_draft:
            raise Failure(12019012, "the package dimensions are missing")
        return
    for name, code in (("height", 12052003), ("width", 12052004), ("length", 12052005)):
        number = _number(size.get(name))
        if number is None or (number != number.to_integral_value() and call.shop.region != "BR"):
            raise Failure(code, f"the package {name} is missing or no whole number")
        if number <= 0:
            raise Failure(12052116, f"the package {name} is not above zero")
    unit = size.get("unit")
    if unit not in ("CENTIMETER", "INCH"):
        raise Failure(12019012, "the unit of the package dimensions is missing or invalid")
    if unit == "INCH" and call.shop.region != "US":
        raise Failure(12019061, "imperial units are only for US shops")
    if weight and (weight.get("unit") == "POUND") != (unit == "INCH"):
        raise Failure(12052915, "weight and dimensions are in different unit systems")


def _weight(call: Call, weight: Mapping[str, Any]) -> None:
    number, unit = _number(weight.get("value")), weight.get("unit")
    if number is None:
        raise Failure(12019011, "the package weight is invalid")
    if unit not in ("KILOGRAM", "POUND", "GRAM"):
        raise Failure(12019011, "the unit of the package weight is missing or invalid")
    if unit == "POUND" and call.shop.region != "US":
        raise Failure(12019061, "imperial units are only for US shops")
    if unit == "GRAM" and call.shop.region not in ("BR", "JP", "MX"):
        raise Failure(12019011, "grams are not for this region")
    if number <= 0:
        raise Failure(12052181, "the package weight may not be zero")
    if _decimals(number) > {"KILOGRAM": 3, "POUND": 2, "GRAM": 0}[unit]:
        raise Failure(12052006, "the package weight has too many decimals")


def _certificates(call: Call, body: Mapping[str, Any], category: Category, is_draft: bool) -> None:
    ids = {TREE.certificate_id(name): required for name, required in category.certificates}
    given: set[str] = set()
    for one in body.get("certifications") or []:
        if one.get("id") not in ids:
            raise Failure(12052655, "the certification id is unknown")
        if one["id"] in given:
            raise Failure(12052656, "the certification id is duplicated")
        for image in one.get("images") or []:
            _image(call, image.get("uri"), 12052650, "the certification image uri is illegal")
        if one.get("images") or one.get("files"):
            given.add(one["id"])
    for certificate_id, required in ids.items():
        if required and certificate_id not in given and not is_draft:
            raise Failure(12052105, "a certification is missing")


def _size_chart(call: Call, body: Mapping[str, Any], category: Category, is_draft: bool) -> None:
    chart = body.get("size_chart") or {}
    if chart.get("image"):
        _image(call, chart["image"].get("uri"), 12052670, "the size chart uri is illegal")
    elif chart.get("template"):
        raise Failure(12052128, "the size chart is unknown")
    elif category.needs_size_chart and not is_draft:
        raise Failure(12052673, "a size chart is required")


def _skus(call: Call, body: Mapping[str, Any], category: Category, known: list[Sku] | None, is_draft: bool) -> Checked:
    given = body.get("skus") or []
    if not given:
        if is_draft:
            return Checked({}, [])
        raise Failure(12052910, "the SKU list is empty")
    if len(given) > (300 if call.shop.region in _MANY_SKUS else 100):
        raise Failure(12052050, "more SKUs than allowed")
    old = {sku.id: sku for sku in known or []}
    checked = Checked({}, [])
    ids: set[str] = set()
    for place, one in enumerate(given):
        sku_id = one.get("id") or ""
        if sku_id and sku_id not in old:
            raise Failure(12052910 if known is None else 12052557, "the SKU id is not of this product")
        if sku_id in ids:
            raise Failure(12052553, "the SKU id is duplicated")
        if sku_id:
            ids.add(sku_id)
        seller_sku = one.get("seller_sku") or ""
        if len(seller_sku) > 50:
            raise Failure(12052054, "the seller_sku is too long")
        if any(char.isspace() for char in seller_sku):
            raise Failure(12052910, "the input is invalid: the seller_sku has spaces")
        sku = Sku(sku_id, seller_sku, [], Decimal(0), call.shop.currency)
        sku.extra = {name: one[name] for name in _SKU_EXTRA if one.get(name) not in (None, "", [], {})}
        if one.get("price") or not sku_id:
            if not is_draft or one.get("price"):
                sku.price = check_price(call, one.get("price"))
            checked.with_price.add(place)
        if one.get("inventory") or not sku_id:
            if not is_draft or one.get("inventory"):
                sku.available = check_stock(call, one.get("inventory"))
            checked.with_stock.add(place)
        _list_price(call, one, sku)
        checked.skus.append(sku)
    _identifiers(given)
    _variation(call, given, category, checked.skus)
    return checked


def check_price(call: Call, price: Mapping[str, Any] | None) -> Decimal:
    """A SKU's price as a number, after its checks (contract 7.1)."""
    if not price or not (price.get("amount") or price.get("sale_price")):
        raise Failure(12052073, "the price is invalid: it is missing")
    if price.get("currency") != call.shop.currency:
        raise Failure(12052084, "the currency is not this shop's")
    text = price.get("amount") or price.get("sale_price")
    number = _number(text)
    if number is None or number < 0:
        raise Failure(12052073, "the price is invalid")
    if _decimals(number) > places(call.shop.currency):
        raise Failure(12052073, "the price has too many decimals")
    low, high = _PRICES[call.shop.region]
    if not Decimal(low) <= number <= Decimal(high):
        raise Failure(12052570, f"the price is outside of the market's range {low} to {high}")
    return number


def check_stock(call: Call, rows: list[Mapping[str, Any]] | None) -> dict[str, int]:
    """A SKU's stock by warehouse, after its checks. 0 is taken, as in practice (contract 12)."""
    if not rows:
        raise Failure(12052097, "the stock is missing: each SKU needs a warehouse")
    sales = {one.id: one for one in call.shop.warehouses}
    stock: dict[str, int] = {}
    for row in rows:
        warehouse_id = row.get("warehouse_id") or ""
        choices = [one.id for one in sales.values() if one.type == "SALES_WAREHOUSE"]
        if not warehouse_id and len(choices) == 1 and call.operation.name == "UpdateInventory":
            warehouse_id = choices[0]
        warehouse = sales.get(warehouse_id)
        if warehouse is None:
            others = {one.id for shop in call.sim.shops.values() for one in shop.warehouses}
            if warehouse_id in others:
                raise Failure(12052530, "the warehouse belongs to another shop")
            raise Failure(12052097, "the warehouse is unknown")
        if warehouse.type != "SALES_WAREHOUSE":
            raise Failure(12052532, "this is not a delivery warehouse")
        if warehouse.effect_status != "ENABLED":
            raise Failure(12052531, "the warehouse is disabled")
        quantity = row.get("quantity")
        if not isinstance(quantity, int) or not 0 <= quantity <= 99_999:
            raise Failure(12052055, "the stock is out of range")
        stock[warehouse_id] = quantity
    return stock


def _list_price(call: Call, given: Mapping[str, Any], sku: Sku) -> None:
    listed = given.get("list_price")
    if not listed:
        return
    if call.shop.region != "US":
        raise Failure(12052376, "a list price is not supported here")
    number = _number(listed.get("amount"))
    if number is None or listed.get("currency") != "USD":
        raise Failure(12052375, "the list price is invalid")
    if not Decimal("0.01") <= number <= Decimal(7600) or (sku.price and number < sku.price):
        raise Failure(12052383, "the list price is out of range")


_DIGITS = {"GTIN": (14,), "EAN": (8, 13, 14), "UPC": (12,), "ISBN": (13, 10), "JAN": (8, 13)}


def _identifiers(given: list[Mapping[str, Any]]) -> None:
    seen: set[str] = set()
    for one in given:
        identifier = one.get("identifier_code") or {}
        code, kind = identifier.get("code") or "", identifier.get("type") or ""
        if not code:
            continue
        if kind not in _DIGITS:
            raise Failure(12052600, "the identifier code's type is missing")
        if "X" in code[:-1].upper():
            raise Failure(12052598, "X is only allowed as the last digit")
        digits = code[:-1] + "0" if kind == "ISBN" and code[-1:].upper() == "X" else code
        if not digits.isdigit() or len(code) not in _DIGITS[kind]:
            raise Failure(12052591, "the identifier code has the wrong digits")
        if not _adds_up(code):
            raise Failure(12052591, "the identifier code has a wrong check digit")
        if code in seen:
            raise Failure(12052592, "the identifier code is duplicated")
        seen.add(code)


def _adds_up(code: str) -> bool:
    """Whether the last character is the check digit of the rest: modulo 11 where it is an ISBN of 10, else modulo 10."""
    if len(code) == 10:
        values = [10 if char in "Xx" else int(char) for char in code]
        return sum(place * value for place, value in zip(range(10, 0, -1), values, strict=True)) % 11 == 0
    weights = [3 if place % 2 else 1 for place in range(len(code))]
    return sum(weight * int(char) for weight, char in zip(weights, reversed(code), strict=True)) % 10 == 0


def _variation(call: Call, given: list[Mapping[str, Any]], category: Category, skus: list[Sku]) -> None:
    by_id = {TREE.attribute_id(one): one for one in category.attributes if one.is_sales}
    if len(given) > 1 and not all(one.get("sales_attributes") for one in given):
        raise Failure(12052550, "several SKUs, and one of them has no sales attributes")
    axes: set[str] | None = None
    seen: set[tuple[tuple[str, str], ...]] = set()
    pictured: dict[str, set[str]] = {}
    for one, sku in zip(given, skus, strict=True):
        attributes = one.get("sales_attributes") or []
        if len(attributes) > 3:
            raise Failure(12052525, "more than 3 sales attributes")
        combination: dict[str, str] = {}
        for attribute in attributes:
            kept = _sales_attribute(call, attribute, by_id)
            axis, value = kept["name"], kept["value_name"]
            if axis in combination:
                raise Failure(12052560, "the same sales attribute twice in one SKU")
            combination[axis] = value
            if attribute.get("sku_img"):
                uri = attribute["sku_img"].get("uri")
                _image(call, uri, 12052520, "the variant image uri is illegal")
                kept["sku_img"] = {"uri": uri}
                pictured.setdefault(axis, set()).add(value)
            extra = attribute.get("supplementary_sku_images") or []
            if len(extra) > 8:
                raise Failure(12052356, "too many supplementary images")
            if extra and not attribute.get("sku_img"):
                raise Failure(12052357, "supplementary images without a sku_img")
            for image in extra:
                _image(call, image.get("uri"), 12052520, "the variant image uri is illegal")
            if extra:
                kept["supplementary_sku_images"] = [{"uri": image["uri"]} for image in extra]
            sku.sales_attributes.append(kept)
        if axes is None:
            axes = set(combination)
        elif axes != set(combination):
            raise Failure(12052550, "a SKU misses one of the sales attributes")
        if attributes and tuple(sorted(combination.items())) in seen:
            raise Failure(12052560, "two SKUs have the same combination")
        seen.add(tuple(sorted(combination.items())))
    if len(pictured) > 1:
        raise Failure(12052528, "images on more than one sales attribute")
    for axis, values in pictured.items():
        every = {a["value_name"] for sku in skus for a in sku.sales_attributes if a["name"] == axis}
        if values != every:
            raise Failure(12052522, "a variant image is missing: each value of the attribute needs one")


def _sales_attribute(call: Call, given: Mapping[str, Any], by_id: Mapping[str, Attribute]) -> dict[str, Any]:
    """One sales attribute with its ids; custom names and values are given ids that stay the same."""
    attribute_id, name = given.get("id") or "", (given.get("name") or "").strip()
    value_id, value = given.get("value_id") or "", (given.get("value_name") or "").strip()
    own = call.sim.custom_attributes
    known: Attribute | None = None
    if attribute_id:
        known = by_id.get(attribute_id)
        if known is None and own.get(attribute_id) is None:
            raise Failure(12052527, "the sales attribute id is unknown")
        name = known.name if known else own[attribute_id]
    elif name:
        if len(name) > 20 or _CONTROL.search(name) or _EMOJI.search(name):
            raise Failure(12052933, "the sales attribute's name breaks the formatting rules")
        known = next((one for one in by_id.values() if one.name == name), None)
        attribute_id = TREE.attribute_id(known) if known else _own_id(call, "attribute", name)
    else:
        raise Failure(12052527, "the sales attribute has neither id nor name")
    if value_id:
        values = {TREE.value_id(known, one): one for one in known.values} if known else {}
        if value_id not in values and own.get(value_id) is None:
            raise Failure(12052529, "the sales attribute's value id is unknown")
        value = values.get(value_id) or own[value_id]
    elif value:
        if len(value) > 50 or _CONTROL.search(value) or _EMOJI.search(value):
            raise Failure(12052934, "the sales attribute's value breaks the formatting rules")
        if _CHINESE.search(value) and call.shop.region != "JP":
            raise Failure(12052554, "the SKU's name contains Chinese")
        is_listed = known is not None and value in known.values
        value_id = TREE.value_id(known, value) if known and is_listed else _own_id(call, "value", value)
    else:
        raise Failure(12052529, "the sales attribute has neither value id nor value name")
    return {"id": attribute_id, "name": name, "value_id": value_id, "value_name": value}


def _own_id(call: Call, kind: str, name: str) -> str:
    own = call.sim.custom_attributes
    key = f"{kind}:{name}"
    if key not in own:
        own[key] = call.sim.new_id(kind)
        own[own[key]] = name
    return own[key]
