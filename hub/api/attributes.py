"""Attributes and brands that TikTok Shop asks for, and where their values come from (NAT-06 … NAT-08, ATT-03, ATT-08)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema
from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.api.access import hub, my_connection, my_shop, needs, record, section
from hub.api.categories import detail_of
from hub.api.problems import Stop
from hub.api.shapes import Asked, OfShop, Told, id_text, text
from hub.flows import categories as flows
from hub.flows.order_links import insert_once
from hub.flows.settings import change_settings, settings_of
from hub.models.categories import CategoryMapping
from hub.models.connections import Connection
from hub.models.shops import Shop
from hub.stores import PLATFORMS

blueprint = section("attributes", "What categories ask of products, and where the answers come from")
MOST_SCOPES = 500
MOST_ATTRIBUTES = 200
# What TikTok Shop asks of every product, and the store setting that names the attribute behind it.
STORE_ATTRIBUTES = {"brand": "brand_attribute", "identifier": "barcode_attribute", "length": "length_attribute",
                    "width": "width_attribute", "height": "height_attribute"}


class ValueOut(Told):
    id = fields.String()
    name = fields.String()


class AttributeOut(Told):
    """A property that a category asks for. `is_sales`: it tells variants apart."""

    id = fields.String()
    name = fields.String()
    is_sales = fields.Boolean()
    required = fields.Boolean()
    customizable = fields.Boolean()
    multiple = fields.Boolean()
    numeric = fields.Boolean()
    values = fields.List(fields.Nested(ValueOut))


class AttributesOut(Told):
    category_id = fields.String()
    attributes = fields.List(fields.Nested(AttributeOut))


class BrandsIn(OfShop):
    q = text(100, load_default="")


class BrandOut(Told):
    id = fields.String()
    name = fields.String()
    authorized = fields.Boolean()


class BrandsOut(Told):
    brands = fields.List(fields.Nested(BrandOut))


class BrandIn(Asked):
    id = text(64, load_default="")
    name = text(200, load_default="")


class Source(Asked):
    """Where an attribute's value comes from: one of TikTok's values, a text, or an attribute of the store by its label."""

    value_id = fields.String(validate=validate.Length(max=64))
    text = fields.String(validate=validate.Length(max=2000))
    from_ = fields.String(validate=validate.Length(max=200), data_key="from", attribute="from")

    @validates_schema
    def _says_something(self, data: dict[str, Any], **_options: Any) -> None:
        if not any(data.get(name) for name in ("value_id", "text", "from")):
            raise ValidationError("Give value_id, text or from.")


class PackageIn(Asked):
    """Package size in whole numbers of the shop's unit, and a default weight."""

    length = fields.Integer(strict=True, validate=validate.Range(1, 100_000), allow_none=True)
    width = fields.Integer(strict=True, validate=validate.Range(1, 100_000), allow_none=True)
    height = fields.Integer(strict=True, validate=validate.Range(1, 100_000), allow_none=True)
    weight = fields.String(validate=validate.Regexp(r"^[0-9]{1,6}(\.[0-9]{1,4})?$"), allow_none=True)


class StoreAttributesIn(Asked):
    """Codes of the store's product attributes behind what TikTok Shop asks of every product. An empty one is the default."""

    brand = text(60)
    identifier = text(60)
    length = text(60)
    width = text(60)
    height = text(60)


class AttributeMappingIn(OfShop):
    """Values for whole store categories, or with an empty `scope` for the shop. What is not named stays. `store_attributes`
    and `identifier_type` stand for the whole store; they count when its products are read next."""

    scope = fields.List(id_text(), load_default=list, validate=validate.Length(max=MOST_SCOPES),
                        metadata={"description": "Store category ids; none means all products of the shop"})
    attributes = fields.Dict(keys=id_text(), values=fields.Nested(Source), validate=validate.Length(max=MOST_ATTRIBUTES))
    brand = fields.Nested(BrandIn, allow_none=True)
    package = fields.Nested(PackageIn, allow_none=True)
    store_attributes = fields.Nested(StoreAttributesIn)
    identifier_type = fields.String(validate=validate.OneOf(("", "GTIN", "EAN", "UPC", "ISBN")),
                                    metadata={"description": "Of all identifier codes; empty: told by their digits"})


class AttributeMappingsIn(OfShop):
    scope = text(64, load_default="", metadata={"description": "One store category; all where it is missing"})


class AttributeMappingOut(Told):
    """`scope` empty: the shop's defaults."""

    scope = fields.String()
    attributes = fields.Dict(keys=fields.String(), values=fields.Dict(keys=fields.String(), values=fields.String()))
    brand_id = fields.String()
    brand_name = fields.String()
    package = fields.Dict(keys=fields.String(), values=fields.String())


class AttributeMappingsOut(Told):
    shop_id = fields.String()
    mappings = fields.List(fields.Nested(AttributeMappingOut))
    store_attributes = fields.Dict(keys=fields.String(), values=fields.String(),
                                   metadata={"description": "Empty where the platform names them itself"})
    identifier_type = fields.String()


@blueprint.route("/categories/<category_id>/attributes")
@blueprint.arguments(OfShop, location="query")
@blueprint.response(200, AttributesOut)
@needs("catalog")
def get_category_attributes(asked: dict[str, Any], category_id: str) -> dict[str, Any]:
    """The attributes that a category asks for."""
    return {"category_id": category_id, "attributes": [
        {"id": one.attribute_id, "name": one.name, "is_sales": one.is_sales, "required": one.required, "customizable": one.customizable,
         "multiple": one.multiple, "numeric": one.numeric, "values": [{"id": value_id, "name": name} for value_id, name in one.values]}
        for one in detail_of(category_id, asked).attributes]}


@blueprint.route("/brands")
@blueprint.arguments(BrandsIn, location="query")
@blueprint.response(200, BrandsOut)
@needs("catalog")
def list_brands(asked: dict[str, Any]) -> dict[str, Any]:
    """Brands that can be chosen, by name (ATT-02)."""
    with hub().db.read() as session:
        shop = my_shop(session, asked["shop_id"], asked["store"])
    return {"brands": [{"id": one.brand_id, "name": one.name, "authorized": one.authorized} for one in flows.brands(hub(), shop.id, asked["q"])]}


@blueprint.route("/attribute-mappings")
@blueprint.arguments(AttributeMappingsIn, location="query")
@blueprint.response(200, AttributeMappingsOut)
@needs("catalog")
def list_attribute_mappings(asked: dict[str, Any]) -> dict[str, Any]:
    """Values by store category; the shop's defaults come first."""
    with hub().db.read() as session:
        shop = my_shop(session, asked["shop_id"], asked["store"])
        return _answer(session, shop, [asked["scope"]] if asked["scope"] else None)


def _answer(session: Session, shop: Shop, scopes: list[str] | None) -> dict[str, Any]:
    return {"shop_id": shop.tiktok_shop_id, "mappings": _shown(session, shop, scopes),
            "store_attributes": store_attributes(my_connection(session)), "identifier_type": settings_of(shop).products.barcode_type}


def store_attributes(connection: Connection) -> dict[str, str]:
    """Which of the store's attributes hold brand, code and size, as far as the platform lets one say so."""
    schema = PLATFORMS[connection.platform].settings()
    return {name: str(connection.settings.get(setting, schema.fields[setting].load_default))
            for name, setting in STORE_ATTRIBUTES.items() if setting in schema.fields}


def _shown(session: Session, shop: Shop, scopes: list[str] | None) -> list[dict[str, Any]]:
    query = select(CategoryMapping).where(CategoryMapping.shop_id == shop.id)
    if scopes is not None:
        query = query.where(CategoryMapping.store_category_id.in_(scopes))
    answer = [_of_mapping(one) for one in session.scalars(query.order_by(CategoryMapping.id).limit(MOST_SCOPES))]
    return [_of_shop(shop), *answer] if scopes is None or not scopes else answer


def _of_shop(shop: Shop) -> dict[str, Any]:
    chosen = settings_of(shop).products
    package = {"length": chosen.package_length, "width": chosen.package_width, "height": chosen.package_height, "weight": chosen.package_weight}
    return {"scope": "", "attributes": {name: {"text": str(value)} for name, value in chosen.attributes.items()},
            "brand_id": chosen.brand_id, "brand_name": chosen.brand_name, "package": _package_out(package)}


def _of_mapping(row: CategoryMapping) -> dict[str, Any]:
    values = {name: {key: str(part) for key, part in value.items()} if isinstance(value, dict) else {"text": str(value)}
              for name, value in (row.attributes or {}).items()}
    return {"scope": row.store_category_id, "attributes": values, "brand_id": row.brand_id, "brand_name": row.brand_name,
            "package": _package_out(row.package or {})}


def _package_out(package: dict[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in package.items() if value not in (None, "")}


@blueprint.route("/attribute-mappings", methods=["PUT"])
@blueprint.arguments(AttributeMappingIn)
@blueprint.response(200, AttributeMappingsOut)
@needs("catalog")
def put_attribute_mapping(asked: dict[str, Any]) -> dict[str, Any]:
    """Sets values for all products of some store categories, or of the shop. Products that are listed show as changed."""
    with hub().db.write() as session:
        shop = my_shop(session, asked["shop_id"], asked["store"])
        scopes = list(dict.fromkeys(asked["scope"]))
        if scopes:
            for scope in scopes:
                _save_category(session, shop, scope, asked)
        else:
            _save_defaults(session, shop, asked)
        if "store_attributes" in asked:
            _save_store_attributes(session, asked["store_attributes"])
        if "identifier_type" in asked:
            change_settings(session, shop.id, "products", {"barcode_type": asked["identifier_type"]})
        record(session, "category values changed" if scopes else "settings changed", ", ".join(scopes) or "products", None,
               {name: asked[name] for name in ("attributes", "brand", "package", "store_attributes", "identifier_type") if name in asked})
        session.flush()
        return _answer(session, shop, scopes)


def _save_store_attributes(session: Session, asked: dict[str, str]) -> None:
    connection = my_connection(session)
    schema = PLATFORMS[connection.platform].settings()
    changes = {STORE_ATTRIBUTES[name]: code.strip() for name, code in asked.items()}
    if unknown := [setting for setting in changes if setting not in schema.fields]:
        raise Stop(422, "store_attributes", f"This store has no setting for {', '.join(unknown)}.")
    connection.settings = {**connection.settings,
                           **{setting: code or schema.fields[setting].load_default for setting, code in changes.items()}}


def _save_category(session: Session, shop: Shop, scope: str, asked: dict[str, Any]) -> None:
    insert_once(session, CategoryMapping, {
        "connection_id": shop.connection_id, "shop_id": shop.id, "store_category_id": scope, "store_path": "", "suggested_id": "",
        "category_id": "", "brand_id": "", "brand_name": "", "attributes": {}, "package": {}})
    mapping = session.scalars(select(CategoryMapping).where(
        CategoryMapping.shop_id == shop.id, CategoryMapping.store_category_id == scope)).one()
    brand, package = asked.get("brand") or {}, asked.get("package") or {}
    flows.save_values(session, mapping, attributes=asked.get("attributes"),
                      brand=(brand.get("id", ""), brand.get("name", "")) if "brand" in asked else None,
                      package={name: value for name, value in package.items() if value is not None} if "package" in asked else None)


def _save_defaults(session: Session, shop: Shop, asked: dict[str, Any]) -> None:
    changes: dict[str, Any] = {}
    if "attributes" in asked:
        if any(not value.get("text") or value.get("from") for value in asked["attributes"].values()):
            raise Stop(422, "attributes", "For all products of the shop an attribute takes a text only; name store categories in scope for the rest.")
        changes["attributes"] = {name: value["text"] for name, value in asked["attributes"].items()}
    if "brand" in asked:
        brand = asked["brand"] or {}
        changes |= {"brand_id": brand.get("id", ""), "brand_name": brand.get("name", "")}
    if "package" in asked:
        package = asked["package"] or {}
        changes |= {f"package_{name}": package.get(name) for name in ("length", "width", "height")}
        changes["package_weight"] = str(Decimal(package["weight"])) if package.get("weight") else None
    change_settings(session, shop.id, "products", changes)
