"""TikTok Shop's categories, what each asks for, and what store categories map to (NAT-05, CAT-01 … CAT-07)."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate
from sqlalchemy import select
from sqlalchemy.orm import Session

from hub.api.access import caller, hub, my_shop, needs, not_found, record, section
from hub.api.problems import Stop
from hub.api.shapes import Asked, OfShop, Paged, Told, after, id_text, moment, text
from hub.flows import categories as flows
from hub.models.categories import CategoryMapping, TikTokCategory
from hub.models.shops import Shop

blueprint = section("categories", "TikTok Shop's categories and what the store's map to")
MOST_FOUND = 50
MOST_CHOICES = 500


class CategoryOut(Told):
    """A category of TikTok Shop. Products can be listed in a `selectable` one only."""

    id = fields.String()
    parent_id = fields.String()
    name = fields.String()
    path = fields.String()
    is_leaf = fields.Boolean()
    selectable = fields.Boolean()


class CategoriesOut(Told):
    shop_id = fields.String()
    categories = fields.List(fields.Nested(CategoryOut))


class CategoriesIn(OfShop):
    parent = text(64, load_default="", metadata={"description": "Children of this category; 0 is the root"})
    q = text(100, load_default="", metadata={"description": "Lowest-level categories whose path holds these words"})


class CertificateOut(Told):
    id = fields.String()
    name = fields.String()
    required = fields.Boolean()


class RulesOut(Told):
    """What a category demands besides attributes."""

    category_id = fields.String()
    certificates = fields.List(fields.Nested(CertificateOut))
    size_chart_required = fields.Boolean()
    package_required = fields.Boolean()
    responsible_person_required = fields.Boolean()
    manufacturer_required = fields.Boolean()


class RecommendIn(OfShop):
    title = text(300, 1, required=True)
    description = text(5000, load_default="")


class RecommendOut(Told):
    category = fields.Nested(CategoryOut, allow_none=True)


class MappingOut(Told):
    """A store category. Without `confirmed_at` there is at most a suggestion."""

    store_category_id = fields.String()
    store_path = fields.String()
    suggested_id = fields.String()
    category_id = fields.String()
    category_path = fields.String()
    confirmed_at = moment()


class MappingsOut(Told):
    shop_id = fields.String()
    mappings = fields.List(fields.Nested(MappingOut))
    next = fields.String(allow_none=True)


class MappingsIn(OfShop, Paged):
    store_category_id = text(64, load_default="")


class MappingIn(OfShop):
    store_category_id = id_text(required=True)
    category_id = id_text(required=True)


class CategoryChoiceIn(Asked):
    """`category_id` empty: the store category has none any more."""

    store_category_id = id_text(required=True)
    category_id = text(64, load_default="")


class CategoryChoicesIn(OfShop):
    mappings = fields.List(fields.Nested(CategoryChoiceIn), required=True, validate=validate.Length(1, MOST_CHOICES))


class CategoryRefusedOut(Told):
    store_category_id = fields.String()
    says = fields.String()


class CategoryChoicesOut(Told):
    """What was taken over, and each one that was not with its reason."""

    shop_id = fields.String()
    mappings = fields.List(fields.Nested(MappingOut))
    refused = fields.List(fields.Nested(CategoryRefusedOut))


@blueprint.route("/categories")
@blueprint.arguments(CategoriesIn, location="query")
@blueprint.response(200, CategoriesOut)
@needs("catalog")
def list_categories(asked: dict[str, Any]) -> dict[str, Any]:
    """TikTok Shop's categories: the children of one, or lowest-level ones by words."""
    with hub().db.read() as session:
        shop = my_shop(session, asked["shop_id"], asked["store"])
        if asked["q"].strip():
            found = flows.leaf_search(session, shop.id, asked["q"], MOST_FOUND)
        else:
            found = session.scalars(select(TikTokCategory).where(
                TikTokCategory.shop_id == shop.id, TikTokCategory.parent_id == (asked["parent"] or "0")).order_by(TikTokCategory.name)).all()
            if asked["parent"] not in ("", "0") and not found:
                category_of(session, shop, asked["parent"])
    return {"shop_id": shop.tiktok_shop_id, "categories": [_category_out(one) for one in found]}


def _category_out(row: TikTokCategory) -> dict[str, Any]:
    return {"id": row.category_id, "parent_id": row.parent_id, "name": row.name, "path": row.path, "is_leaf": row.is_leaf,
            "selectable": flows.as_category(row).can_hold_products}


def category_of(session: Session, shop: Shop, category_id: str) -> TikTokCategory:
    """The category of this shop's tree, else 404."""
    found = session.scalars(select(TikTokCategory).where(
        TikTokCategory.shop_id == shop.id, TikTokCategory.category_id == category_id)).one_or_none()
    if found is None:
        raise not_found(f"category {category_id}", foreign=False)
    return found


def detail_of(category_id: str, asked: dict[str, Any]) -> flows.Detail:
    """What a category asks for. 422 for one that products can't be in."""
    with hub().db.read() as session:
        shop = my_shop(session, asked["shop_id"], asked["store"])
        if not flows.as_category(category_of(session, shop, category_id)).can_hold_products:
            raise Stop(422, "category", "Choose a category without further levels below it.")
    return flows.detail(hub(), shop.id, category_id)


@blueprint.route("/categories/<category_id>/rules")
@blueprint.arguments(OfShop, location="query")
@blueprint.response(200, RulesOut)
@needs("catalog")
def get_category_rules(asked: dict[str, Any], category_id: str) -> dict[str, Any]:
    """What a category demands besides attributes."""
    rules = detail_of(category_id, asked).rules
    return {"category_id": category_id, "size_chart_required": rules.size_chart_required, "package_required": rules.package_required,
            "responsible_person_required": rules.responsible_person_required, "manufacturer_required": rules.manufacturer_required,
            "certificates": [{"id": one.certificate_id, "name": one.name, "required": one.required} for one in rules.certificates]}


@blueprint.route("/categories/recommend", methods=["POST"])
@blueprint.arguments(RecommendIn)
@blueprint.response(200, RecommendOut)
@needs("catalog")
def post_recommend(asked: dict[str, Any]) -> dict[str, Any]:
    """TikTok Shop's own suggestion for a product; null where it has none (CAT-06)."""
    with hub().db.read() as session:
        shop = my_shop(session, asked["shop_id"], asked["store"])
    best = flows.recommend(hub(), shop.id, asked["title"], asked["description"])
    with hub().db.read() as session:
        found = flows.leaf(session, shop.id, best) if best else None
    return {"category": _category_out(found) if found else None}


@blueprint.route("/category-mappings")
@blueprint.arguments(MappingsIn, location="query")
@blueprint.response(200, MappingsOut)
@needs("catalog")
def list_category_mappings(asked: dict[str, Any]) -> dict[str, Any]:
    """What the store's categories map to."""
    with hub().db.read() as session:
        shop = my_shop(session, asked["shop_id"], asked["store"])
        query = select(CategoryMapping).where(CategoryMapping.shop_id == shop.id, CategoryMapping.id > after(asked["cursor"]))
        if asked["store_category_id"]:
            query = query.where(CategoryMapping.store_category_id == asked["store_category_id"])
        found = session.scalars(query.order_by(CategoryMapping.id).limit(asked["limit"] + 1)).all()
        page = found[:asked["limit"]]
        return {"shop_id": shop.tiktok_shop_id, "mappings": _mappings_out(session, shop, page),
                "next": str(page[-1].id) if len(found) > len(page) else None}


def _mappings_out(session: Session, shop: Shop, found: Any) -> list[dict[str, Any]]:
    paths = {category_id: path for category_id, path in session.execute(select(TikTokCategory.category_id, TikTokCategory.path).where(
        TikTokCategory.shop_id == shop.id, TikTokCategory.category_id.in_({one.category_id for one in found})))}
    return [{"store_category_id": one.store_category_id, "store_path": one.store_path, "suggested_id": one.suggested_id,
             "category_id": one.category_id, "category_path": paths.get(one.category_id, ""), "confirmed_at": one.confirmed_at}
            for one in found]


@blueprint.route("/category-mappings", methods=["PUT"])
@blueprint.arguments(MappingIn)
@blueprint.response(200, MappingOut)
@needs("catalog")
def put_category_mapping(asked: dict[str, Any]) -> dict[str, Any]:
    """Maps a store category, at any level, to a lowest-level one of TikTok Shop (CAT-02)."""
    with hub().db.write() as session:
        shop = my_shop(session, asked["shop_id"], asked["store"])
        try:
            mapping = flows.save_mapping(session, shop, asked["store_category_id"], asked["category_id"], caller().who)
        except ValueError as error:
            raise Stop(422, "category", str(error)) from error
        record(session, "category chosen", mapping.store_path or mapping.store_category_id, None, {"category": mapping.category_id})
        session.flush()
        return _mappings_out(session, shop, [mapping])[0]


@blueprint.route("/category-mappings/many", methods=["PUT"])
@blueprint.arguments(CategoryChoicesIn)
@blueprint.response(200, CategoryChoicesOut)
@needs("catalog")
def put_category_mappings(asked: dict[str, Any]) -> dict[str, Any]:
    """Maps many store categories at once: a store's admin passes a choice down to all categories below (NAT-05)."""
    refused, changed = [], []
    with hub().db.write() as session:
        shop = my_shop(session, asked["shop_id"], asked["store"])
        for one in asked["mappings"]:
            try:
                changed.append(flows.save_mapping(session, shop, one["store_category_id"], one["category_id"], caller().who)
                               if one["category_id"] else flows.clear_mapping(session, shop, one["store_category_id"]))
            except ValueError as error:
                refused.append({"store_category_id": one["store_category_id"], "says": str(error)})
        record(session, "categories chosen", f"{len(changed)} store categories", None,
               {one.store_category_id: one.category_id for one in changed if one is not None})
        session.flush()
        return {"shop_id": shop.tiktok_shop_id, "mappings": _mappings_out(session, shop, [one for one in changed if one is not None]),
                "refused": refused}
