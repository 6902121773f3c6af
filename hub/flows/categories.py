"""Categories: TikTok Shop's tree, suggestions for the store's, the merchant's choices (CAT-01 … CAT-13)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from hub import clock
from hub.domain.categories import Attribute, Brand, Category, CategoryRules
from hub.domain.sequences import batches
from hub.domain.tasks import Kind, Outcome, Queue
from hub.errors import Refused
from hub.flows import tasks
from hub.flows.order_links import insert_once
from hub.flows.tasks import Result, TaskView
from hub.models.categories import CategoryDetail, CategoryMapping, TikTokCategory
from hub.models.listings import Listing
from hub.models.products import StoreProduct
from hub.models.shops import Shop
from hub.models.tasks import Task
from hub.models.values import pack, unpack
from hub.wiring import Hub

DETAIL_LASTS = timedelta(hours=24)
SEPARATOR = " › "


def submit_taxonomy(session: Session, shop: Shop, by: str = "") -> Task:
    """Plans to read TikTok Shop's tree of this shop, and then to suggest."""
    return tasks.submit(session, Kind.REFRESH_TAXONOMY, connection_id=shop.connection_id, shop_id=shop.id, lane=f"shop:{shop.id}:taxonomy",
                        queue=Queue.DEFAULT, by=by, summary="Read TikTok Shop's categories", shown=bool(by))


def refresh_taxonomy(hub: Hub, task: TaskView) -> Result:
    """Reads the whole tree and replaces the cached one in one go."""
    assert task.shop_id is not None
    tree = hub.shop_for(task.shop_id).categories.all()
    if not tree:
        return Result(Outcome.NO_CHANGE, "TikTok Shop listed no categories")
    by_id = {one.category_id: one for one in tree}
    now = clock.now()
    rows = [{"shop_id": task.shop_id, "category_id": one.category_id, "parent_id": one.parent_id, "name": one.name[:300],
             "path": path_of(one, by_id)[:1000], "is_leaf": one.is_leaf, "permissions": list(one.permissions), "read_at": now}
            for one in tree]
    with hub.db.write() as session:
        session.execute(delete(TikTokCategory).where(TikTokCategory.shop_id == task.shop_id))
        for some in batches(rows, 1000):
            session.execute(insert(TikTokCategory), some)
        shop = session.get_one(Shop, task.shop_id)
        tasks.submit(session, Kind.SUGGEST_CATEGORIES, connection_id=shop.connection_id, shop_id=shop.id, lane=f"shop:{shop.id}:suggest",
                     summary="Suggest categories")
    return Result(Outcome.OK, f"{len(rows)} categories read")


def path_of(category: Category, by_id: Mapping[str, Category]) -> str:
    """The whole way down, as people read it; a loop in the tree ends it."""
    names, seen, at = [category.name], {category.category_id}, by_id.get(category.parent_id)
    while at is not None and at.category_id not in seen:
        names.append(at.name)
        seen.add(at.category_id)
        at = by_id.get(at.parent_id)
    return SEPARATOR.join(reversed(names))


def suggest(hub: Hub, task: TaskView) -> Result:
    """Asks TikTok Shop for a category for each store category that has none yet (CAT-06); choices are never touched (CAT-07)."""
    assert task.shop_id is not None
    with hub.db.write() as session:
        shop = session.get_one(Shop, task.shop_id)
        _find_store_categories(session, shop)
        open_ones = session.scalars(select(CategoryMapping).where(
            CategoryMapping.shop_id == shop.id, CategoryMapping.suggested_id == "", CategoryMapping.confirmed_at.is_(None))).all()
        wanted = {one.id: (_titles(session, shop, one.store_category_id), one.store_path) for one in open_ones}
        has_tree = session.scalar(select(TikTokCategory.id).where(TikTokCategory.shop_id == shop.id).limit(1)) is not None
    if not has_tree:
        return Result(Outcome.NO_CHANGE, "TikTok Shop's categories were not read yet")
    categories, found = hub.shop_for(task.shop_id).categories, 0
    for mapping_id, (titles, path) in wanted.items():
        votes = Counter(one for one in (_recommend(categories, title, path) for title in titles) if one)
        if not votes:
            continue
        best = votes.most_common(1)[0][0]
        with hub.db.write() as session:
            if leaf(session, task.shop_id, best) is None:
                continue
            session.execute(update(CategoryMapping).where(
                CategoryMapping.id == mapping_id, CategoryMapping.confirmed_at.is_(None)).values(suggested_id=best))
            found += 1
    return Result(Outcome.OK if found else Outcome.NO_CHANGE, f"{found} of {len(wanted)} store categories have a suggestion")


def recommend(hub: Hub, shop_id: int, title: str, description: str = "") -> str | None:
    """TikTok Shop's category for one product; None where it knows none (CAT-06)."""
    return _recommend(hub.shop_for(shop_id).categories, title, description)


def _recommend(categories: Any, title: str, path: str) -> str | None:
    try:
        suggested: str | None = categories.recommend(title[:300], path)
    except Refused:
        return None        # 12019064: nothing matches this title; another product's title may
    return suggested


def _find_store_categories(session: Session, shop: Shop) -> None:
    rows = session.execute(select(StoreProduct.category_id, func.max(StoreProduct.category_path)).where(
        StoreProduct.connection_id == shop.connection_id, StoreProduct.gone_at.is_(None), StoreProduct.category_id != "",
    ).group_by(StoreProduct.category_id))
    for category_id, path in rows:
        insert_once(session, CategoryMapping, {
            "connection_id": shop.connection_id, "shop_id": shop.id, "store_category_id": category_id, "store_path": path,
            "suggested_id": "", "category_id": "", "brand_id": "", "brand_name": "", "attributes": {}, "package": {}})


def _titles(session: Session, shop: Shop, store_category_id: str) -> Sequence[str]:
    return session.scalars(select(StoreProduct.title).where(
        StoreProduct.connection_id == shop.connection_id, StoreProduct.category_id == store_category_id,
        StoreProduct.gone_at.is_(None)).order_by(StoreProduct.id).limit(3)).all()


# -- choosing


def leaf(session: Session, shop_id: int, category_id: str) -> TikTokCategory | None:
    """The category, if products can be listed in it."""
    found = session.scalars(select(TikTokCategory).where(
        TikTokCategory.shop_id == shop_id, TikTokCategory.category_id == category_id)).one_or_none()
    return found if found is not None and as_category(found).can_hold_products else None


def as_category(row: TikTokCategory) -> Category:
    """The row as the rules read it."""
    return Category(category_id=row.category_id, parent_id=row.parent_id, name=row.name, is_leaf=row.is_leaf,
                    permissions=tuple(row.permissions))


def leaf_search(session: Session, shop_id: int, words: str, limit: int = 20) -> Sequence[TikTokCategory]:
    """Leaves whose path holds all the words, shortest path first."""
    query = select(TikTokCategory).where(TikTokCategory.shop_id == shop_id, TikTokCategory.is_leaf.is_(True))
    for word in words.split()[:8]:
        query = query.where(TikTokCategory.path.icontains(word, autoescape=True))
    return session.scalars(query.order_by(func.length(TikTokCategory.path), TikTokCategory.path).limit(limit)).all()


def save_mapping(session: Session, shop: Shop, store_category_id: str, category_id: str, by: str = "") -> CategoryMapping:
    """The merchant's choice for a store category; live products of it are marked as changed (CAT-13).

    Raises ``ValueError`` where the category isn't a lowest-level one (CAT-02).
    """
    if leaf(session, shop.id, category_id) is None:
        raise ValueError("Choose a category without further levels below it.")
    insert_once(session, CategoryMapping, {
        "connection_id": shop.connection_id, "shop_id": shop.id, "store_category_id": store_category_id, "store_path": "",
        "suggested_id": "", "category_id": "", "brand_id": "", "brand_name": "", "attributes": {}, "package": {}})
    mapping = session.scalars(select(CategoryMapping).where(
        CategoryMapping.shop_id == shop.id, CategoryMapping.store_category_id == store_category_id)).one()
    if mapping.category_id != category_id or mapping.confirmed_at is None:
        mapping.category_id, mapping.confirmed_at = category_id, clock.now()
        mark_pending(session, shop, store_category_id)
    return mapping


def clear_mapping(session: Session, shop: Shop, store_category_id: str) -> CategoryMapping | None:
    """Takes the merchant's choice for a store category back; None where there was none. What is listed stays listed."""
    mapping = session.scalars(select(CategoryMapping).where(
        CategoryMapping.shop_id == shop.id, CategoryMapping.store_category_id == store_category_id)).one_or_none()
    if mapping is not None and mapping.category_id:
        mapping.category_id, mapping.confirmed_at = "", None
        mark_pending(session, shop, store_category_id)
    return mapping


def confirm_suggestions(session: Session, shop: Shop, by: str = "") -> int:
    """Takes every open suggestion over; how many."""
    open_ones = session.scalars(select(CategoryMapping).where(
        CategoryMapping.shop_id == shop.id, CategoryMapping.suggested_id != "", CategoryMapping.confirmed_at.is_(None))).all()
    for one in open_ones:
        save_mapping(session, shop, one.store_category_id, one.suggested_id, by)
    return len(open_ones)


def save_values(session: Session, mapping: CategoryMapping, *, attributes: Mapping[str, Any] | None = None,
                brand: tuple[str, str] | None = None, package: Mapping[str, Any] | None = None) -> None:
    """Values for all products of a store category: attributes, brand ``(id, name)``, package (CAT-08)."""
    if attributes is not None:
        mapping.attributes = dict(attributes)
    if brand is not None:
        mapping.brand_id, mapping.brand_name = brand
    if package is not None:
        mapping.package = dict(package)
    mark_pending(session, session.get_one(Shop, mapping.shop_id), mapping.store_category_id)


def mark_pending(session: Session, shop: Shop, store_category_id: str) -> None:
    """Products of this store category that TikTok Shop has already now differ from what it has."""
    products = select(StoreProduct.id).where(
        StoreProduct.connection_id == shop.connection_id, StoreProduct.category_id == store_category_id)
    session.execute(update(Listing).where(
        Listing.shop_id == shop.id, Listing.product_id.in_(products), Listing.tiktok_product_id.is_not(None),
    ).values(pending=True, updated_at=clock.now()).execution_options(synchronize_session=False))


# -- what a category asks


@dataclass(frozen=True, slots=True)
class Detail:
    """A leaf's attributes and rules."""

    attributes: tuple[Attribute, ...]
    rules: CategoryRules


def detail(hub: Hub, shop_id: int, category_id: str, *, any_age: bool = False) -> Detail:
    """What this leaf asks for; read from TikTok Shop once a day at most, with ``any_age`` only where it was never read."""
    now = clock.now()
    with hub.db.read() as session:
        kept = cached_detail(session, shop_id, category_id)
        if kept is not None and (any_age or now - kept.read_at < DETAIL_LASTS):
            return _detail_of(kept)
    categories = hub.shop_for(shop_id).categories
    fresh = Detail(tuple(categories.attributes(category_id)), categories.rules(category_id))
    row = {"attributes": [pack(one) for one in fresh.attributes], "rules": pack(fresh.rules), "read_at": now}
    with hub.db.write() as session:
        insert_once(session, CategoryDetail, {"shop_id": shop_id, "category_id": category_id, **row})
        session.execute(update(CategoryDetail).where(
            CategoryDetail.shop_id == shop_id, CategoryDetail.category_id == category_id).values(row))
    return fresh


def cached_detail(session: Session, shop_id: int, category_id: str) -> CategoryDetail | None:
    """What was read last, however old."""
    return session.scalars(select(CategoryDetail).where(
        CategoryDetail.shop_id == shop_id, CategoryDetail.category_id == category_id)).one_or_none()


def _detail_of(row: CategoryDetail) -> Detail:
    return Detail(tuple(unpack(Attribute, one) for one in row.attributes), unpack(CategoryRules, row.rules))


def brands(hub: Hub, shop_id: int, words: str, limit: int = 30) -> list[Brand]:
    """TikTok Shop's brands by name, those that can be chosen (ATT-02)."""
    found = []
    for brand in hub.shop_for(shop_id).categories.brands(words):
        if brand.selectable:
            found.append(brand)
        if len(found) >= limit:
            break
    return found
