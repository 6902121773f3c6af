"""The store's catalogue into the hub: pull by date, refresh by event, compare by digest (PUL-01 … PUL-08, UPD-01).

A pull goes page by page; each page and its cursor are one transaction, so that a killed pull goes on where it was.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from hub import clock
from hub.domain.listings import ListingState
from hub.domain.money import to_micro
from hub.domain.products import DigestRow, Offer, Product, offer_hash
from hub.domain.sequences import batches
from hub.domain.tasks import Kind, Outcome, Queue, connection_lane, listing_lane
from hub.flows import tasks
from hub.flows.order_links import insert_once, shops_of
from hub.flows.settings import choices_of, settings_of
from hub.flows.tasks import Result, TaskView
from hub.http import Waits, counting_waits
from hub.models import bulk
from hub.models.connections import Connection, Watermark
from hub.models.listings import Listing
from hub.models.products import StoreOffer, StoreProduct, StoreVariant
from hub.models.shops import Shop
from hub.models.tasks import Task
from hub.models.values import pack
from hub.rules.field_sources import sources
from hub.stores.base import Store
from hub.wiring import Hub

OFFERS_A_CALL = 500          # contracts/plugins.md 3
_STORE_COLUMNS = ("sku", "kind", "title", "image_url", "category_id", "category_path", "active", "data", "content_hash",
                  "store_updated_at", "pulled_at", "gone_at")
_VARIANT_COLUMNS = ("sku", "options", "barcode", "position", "active", "image_url", "gone_at")
_OFFER_COLUMNS = ("price", "effective_price", "compare_at", "currency", "tax_included", "salable", "backorders", "active", "read_at")


@dataclass(slots=True)
class Stored:
    """What a page did: product ids of ours by what happened to them."""

    new: list[int] = field(default_factory=list)
    changed: list[int] = field(default_factory=list)
    unchanged: int = 0


def submit_pull(session: Session, connection_id: int, start: datetime | None, end: datetime | None, by: str) -> Task:
    """Plans a pull of products changed in [start, end] (PUL-02). Raises ``ValueError`` where start is after end."""
    if start is not None and end is not None and start > end:
        raise ValueError("The start date is after the end date.")
    args = {"from": start.isoformat() if start else "", "to": end.isoformat() if end else ""}
    return tasks.submit(session, Kind.PULL_PRODUCTS, connection_id=connection_id, lane=connection_lane(connection_id, "pull"),
                        queue=Queue.BULK, args=args, by=by, summary="Pull products", shown=True)


def pull_products(hub: Hub, task: TaskView) -> Result:
    """Reads all products changed in a stretch of time, with prices and stock. Goes on after its cursor, and says how long the
    store's limits kept it waiting (PUL-08, SHP-06)."""
    with counting_waits() as waits:
        return _pull(hub, task, waits)


def _pull(hub: Hub, task: TaskView, waits: Waits) -> Result:
    start = datetime.fromisoformat(task.args["from"]) if task.args.get("from") else None
    end = datetime.fromisoformat(task.args["to"]) if task.args.get("to") else None
    with hub.db.read() as session:
        connection = session.get_one(Connection, task.connection_id)
        scopes = scopes_of(session, connection.id)
        mark = session.scalars(select(Watermark).where(
            Watermark.connection_id == connection.id, Watermark.name == f"pull:{task.id}")).one_or_none()
        cursor = mark.cursor if mark else ""
        counts = dict(session.get_one(Task, task.id).result) if cursor else {}
    store = hub.store_for(connection)
    # Read before the offers: a change that falls in between then shows as a difference at the next comparison. After a
    # restart the digest would be newer than the offers of the first pages, so it is left to the comparison.
    digests = {}
    asks_for_digests = connection.has_plugin
    if asks_for_digests and not cursor:
        digests = {scope: [row for rows in _digest_pages(store, scope) for row in rows] for scope in scopes}
    counts = {name: counts.get(name, 0) for name in ("new", "changed", "unchanged")}
    for reached, products in store.products(start, end, after=cursor):
        asked_at = clock.now()
        offers = {scope: list(_offers(store, [one.product_id for one in products], scope)) for scope in scopes}
        with hub.db.write() as session:
            stored = store_products(session, connection.id, products)
            for scope, scope_offers in offers.items():
                store_offers(session, connection.id, scope_offers, asked_at)
                if not asks_for_digests:    # an adapter that makes the digest itself makes it of the offers
                    _remember(session, connection.id, scope, [_digest_row(one) for one in scope_offers])
            counts["new"] += len(stored.new)
            counts["changed"] += len(stored.changed)
            counts["unchanged"] += stored.unchanged
            _keep_cursor(session, connection.id, task.id, reached)
            row = session.get_one(Task, task.id)
            row.result, row.says = dict(counts), " · ".join(filter(None, (f"{sum(counts.values())} products read so far", _slowed(waits))))
    for scope, rows in digests.items():
        for some in batches(rows, OFFERS_A_CALL):
            with hub.db.write() as session:
                _remember(session, connection.id, scope, some)
    with hub.db.write() as session:
        session.execute(delete(Watermark).where(Watermark.connection_id == connection.id, Watermark.name == f"pull:{task.id}"))
        for shop in shops_of(session, connection.id):
            tasks.submit(session, Kind.SUGGEST_CATEGORIES, connection_id=connection.id, shop_id=shop.id,
                         lane=f"shop:{shop.id}:suggest", summary="Suggest categories")
    total = sum(counts.values())
    says = f"{total} products read: {counts['new']} new, {counts['changed']} changed, {counts['unchanged']} as before"
    says = " · ".join(filter(None, (says, _slowed(waits))))
    return Result(Outcome.OK if total else Outcome.NO_CHANGE, says, (), counts)


def _slowed(waits: Waits) -> str:
    return f"waited {round(waits.seconds)} s for the store's rate limit" if waits.seconds >= 1 else ""


def _keep_cursor(session: Session, connection_id: int, task_id: int, cursor: str) -> None:
    name = f"pull:{task_id}"
    insert_once(session, Watermark, {"connection_id": connection_id, "name": name, "cursor": ""})
    session.execute(update(Watermark).where(Watermark.connection_id == connection_id, Watermark.name == name).values(cursor=cursor))


def scopes_of(session: Session, connection_id: int) -> list[str]:
    """The store scopes that this connection's shops sell from; the default one before a shop is chosen."""
    return list(dict.fromkeys(shop.scope for shop in shops_of(session, connection_id))) or [""]


def _offers(store: Store, product_ids: Sequence[str], scope: str) -> Iterable[Offer]:
    for some in batches(product_ids, OFFERS_A_CALL):
        yield from store.offers(some, scope)


# -- writing down what was read


def content_hash(content: Mapping[str, Any]) -> str:
    """Tells a changed product (as packed) from one that is as before; the store's own dates don't count."""
    counted = {name: value for name, value in content.items() if name not in ("updated_at", "created_at")}
    return hashlib.sha256(json.dumps(counted, sort_keys=True).encode()).hexdigest()


def _upsert(session: Session, table: Any) -> Any:
    return (postgresql if session.get_bind().dialect.name == "postgresql" else sqlite).insert(table)


def store_products(session: Session, connection_id: int, products: Sequence[Product]) -> Stored:
    """Upserts products and their variants in one go; unchanged rows are not touched (G5). Listings exist from here on."""
    now = clock.now()
    contents = {one.product_id: pack(one) for one in products}
    hashes = {external_id: content_hash(content) for external_id, content in contents.items()}
    if not hashes:
        return Stored()
    before = {external_id: (id_, hash_, gone_at) for id_, external_id, hash_, gone_at in session.execute(
        select(StoreProduct.id, StoreProduct.external_id, StoreProduct.content_hash, StoreProduct.gone_at).where(
            StoreProduct.connection_id == connection_id, StoreProduct.external_id.in_(hashes)))}
    touched = {one.product_id: one for one in products if one.product_id not in before
               or before[one.product_id][1] != hashes[one.product_id] or before[one.product_id][2] is not None}
    bulk.upsert(session, StoreProduct, [_product_row(connection_id, one, contents[external_id], hashes[external_id], now)
                                        for external_id, one in touched.items()], ["connection_id", "external_id"], _STORE_COLUMNS)
    changed = {external_id: before[external_id][0] for external_id in touched if external_id in before}
    new = _ids_by_external(session, connection_id, [external_id for external_id in touched if external_id not in before])
    stored = Stored(new=list(new.values()), changed=list(changed.values()), unchanged=len(hashes) - len(touched))
    _store_variants(session, connection_id, {id_: touched[external_id] for external_id, id_ in {**changed, **new}.items()},
                    stored.changed, now)
    _store_listings(session, connection_id, stored, now)
    return stored


def _ids_by_external(session: Session, connection_id: int, external_ids: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for some in batches(external_ids, 1000):
        found |= {external_id: id_ for external_id, id_ in session.execute(
            select(StoreProduct.external_id, StoreProduct.id).where(
                StoreProduct.connection_id == connection_id, StoreProduct.external_id.in_(some)))}
    return found


_NONE: Mapping[str, Any] = {}  # the same for all rows: worked out once (`hub.models.bulk`)


def _product_row(connection_id: int, product: Product, content: Mapping[str, Any], hash_: str, now: datetime) -> dict[str, Any]:
    return {
        "connection_id": connection_id, "external_id": product.product_id, "sku": product.sku[:255], "kind": product.kind.value,
        "title": product.title[:500], "image_url": product.images[0].url[:2000] if product.images else "",
        "category_id": product.category_ids[0] if product.category_ids else "",
        "category_path": (product.category_paths[0] if product.category_paths else "")[:1000], "active": product.active,
        "data": content, "content_hash": hash_, "store_updated_at": product.updated_at, "pulled_at": now,
        "gone_at": None, "hub_attributes": _NONE, "hub_package": _NONE, "hub_rules": _NONE, "hub_threshold": _NONE, "hub_title": "",
        "hub_description": "", "hub_category_id": "", "hub_brand_id": "", "hub_brand_name": ""}


def _store_variants(session: Session, connection_id: int, products: Mapping[int, Product], changed: Sequence[int], now: datetime) -> None:
    """Upserts the variants of these products; those of a ``changed`` one that came no more are marked gone."""
    rows = {(product_id, variant.variant_id): {
        "product_id": product_id, "connection_id": connection_id, "external_id": variant.variant_id, "sku": variant.sku[:255],
        "options": dict(variant.options), "barcode": variant.barcode[:64], "position": position, "active": variant.active,
        "image_url": variant.image.url[:2000] if variant.image else "", "gone_at": None,
    } for product_id, product in products.items() for position, variant in enumerate(product.variants)}
    bulk.upsert(session, StoreVariant, list(rows.values()), ["product_id", "external_id"], _VARIANT_COLUMNS)
    for some in batches(changed, 1000):
        gone = [id_ for id_, product_id, external_id in session.execute(
            select(StoreVariant.id, StoreVariant.product_id, StoreVariant.external_id)
            .where(StoreVariant.product_id.in_(some), StoreVariant.gone_at.is_(None))) if (product_id, external_id) not in rows]
        if gone:
            session.execute(update(StoreVariant).where(StoreVariant.id.in_(gone)).values(gone_at=now))


def _store_listings(session: Session, connection_id: int, stored: Stored, now: datetime) -> None:
    shops = shops_of(session, connection_id)
    rows = [{"connection_id": connection_id, "shop_id": shop.id, "product_id": product_id, "state": ListingState.DRAFT,
             "problems": [], "updated_at": now} for shop in shops for product_id in stored.new]
    bulk.upsert(session, Listing, rows, ["shop_id", "product_id"])
    if not stored.changed:
        return
    session.execute(update(Listing).where(
        Listing.product_id.in_(stored.changed), Listing.tiktok_product_id.is_not(None)).values(pending=True, updated_at=now))
    for shop in shops:
        if settings_of(shop).products.auto_push:
            bound = session.scalars(select(Listing.id).where(
                Listing.shop_id == shop.id, Listing.product_id.in_(stored.changed), Listing.tiktok_product_id.is_not(None)))
            for listing_id in bound:
                submit_for_listing(session, Kind.PUSH_LISTING, shop, listing_id)


def make_listings(session: Session, shop: Shop) -> None:
    """Gives every product of the connection a listing in a shop that was just chosen."""
    now = clock.now()
    known = select(Listing.product_id).where(Listing.shop_id == shop.id)
    ids = session.scalars(select(StoreProduct.id).where(
        StoreProduct.connection_id == shop.connection_id, StoreProduct.id.not_in(known))).all()
    for some in batches(ids, 1000):
        session.execute(_upsert(session, Listing).on_conflict_do_nothing(), [
            {"connection_id": shop.connection_id, "shop_id": shop.id, "product_id": product_id, "state": ListingState.DRAFT,
             "problems": [], "updated_at": now} for product_id in some])


def submit_for_listing(session: Session, kind: Kind, shop: Shop, listing_id: int, *, by: str = "", run_at: datetime | None = None) -> Task:
    """Plans one piece of work on one listing, in its lane."""
    return tasks.submit(session, kind, connection_id=shop.connection_id, shop_id=shop.id, lane=listing_lane(listing_id),
                        args={"listing_id": listing_id}, by=by, run_at=run_at, summary=kind.value.replace("_", " ").capitalize())


def store_offers(session: Session, connection_id: int, offers: Sequence[Offer], asked_at: datetime, *, tell_all: bool = False) -> set[int]:
    """Upserts prices and stock; plans what TikTok Shop must hear of it. Gives the products whose offer changed.

    ``asked_at`` is when the store was asked: an older answer never overwrites a newer one (I5), and an order that stood in the store
    before it is part of its figure. ``tell_all`` plans for unchanged ones too.
    """
    now = asked_at
    changed: set[int] = set()
    for some in batches(offers, OFFERS_A_CALL):
        variants = {(product, variant): (id_, product_id) for id_, product_id, variant, product in session.execute(
            select(StoreVariant.id, StoreVariant.product_id, StoreVariant.external_id, StoreProduct.external_id)
            .join(StoreProduct, StoreProduct.id == StoreVariant.product_id)
            .where(StoreVariant.connection_id == connection_id,
                   StoreProduct.external_id.in_({one.ref.product_id for one in some})))}
        rows, product_of = [], {}
        for one in some:
            found = variants.get((one.ref.product_id, one.ref.variant_id))
            if found is None:
                continue
            product_of[found[0]] = found[1]
            rows.append({
                "variant_id": found[0], "scope": one.scope, "price": to_micro(one.price), "effective_price": to_micro(one.effective_price),
                "compare_at": to_micro(one.compare_at) if one.compare_at is not None else None, "currency": one.currency,
                "tax_included": one.tax_included, "salable": one.salable, "backorders": one.backorders, "active": one.active,
                "read_at": now, "digest": ""})
        if not rows:
            continue
        insert = _upsert(session, StoreOffer)
        old, new = StoreOffer, insert.excluded
        insert = insert.on_conflict_do_update(
            index_elements=["variant_id", "scope"], set_={name: new[name] for name in _OFFER_COLUMNS},
            where=(old.read_at <= new.read_at) & (
                (old.effective_price != new.effective_price) | (old.price != new.price) | (old.salable != new.salable)
                | (old.active != new.active) | (old.currency != new.currency) | (old.backorders != new.backorders)
                | old.compare_at.is_distinct_from(new.compare_at)))
        touched = set(session.scalars(insert.returning(StoreOffer.variant_id), rows))
        changed |= {product_of[variant_id] for variant_id in (product_of if tell_all else touched)}
        session.execute(update(StoreOffer).where(
            StoreOffer.variant_id.in_([row["variant_id"] for row in rows if row["variant_id"] not in touched]),
            StoreOffer.scope.in_({row["scope"] for row in rows}), StoreOffer.read_at < now,
        ).values(read_at=now).execution_options(synchronize_session=False))
    if changed:
        _tell_listings(session, connection_id, changed)
    return changed


def _tell_listings(session: Session, connection_id: int, product_ids: set[int]) -> None:
    for shop in shops_of(session, connection_id):
        choices, general = choices_of(session, shop), settings_of(shop).products.rules
        # By TikTok Shop's own word: a product whose last update failed is still on sale there. What the hub took off sale may come back.
        live = session.execute(
            select(Listing.id, Listing.tiktok_status, StoreProduct.hub_rules).join(StoreProduct, StoreProduct.id == Listing.product_id)
            .where(Listing.shop_id == shop.id, Listing.product_id.in_(product_ids),
                   (Listing.tiktok_status == "ACTIVATE") | (Listing.down_because != ""))).all()
        for listing_id, status, own in live:
            rules = sources(choices, general, own or {})
            if not rules.keeps("stock") or rules.follows_status or status != "ACTIVATE":
                submit_for_listing(session, Kind.UPDATE_STOCK, shop, listing_id)
            if not rules.keeps("price") and status == "ACTIVATE":
                submit_for_listing(session, Kind.UPDATE_PRICE, shop, listing_id)


# -- by event


def submit_refresh(session: Session, connection_id: int, external_id: str) -> Task:
    """Plans to read one product anew."""
    return tasks.submit(session, Kind.REFRESH_PRODUCT, connection_id=connection_id, lane=f"connection:{connection_id}:product:{external_id}",
                        args={"external_id": external_id}, summary=f"Read product {external_id}")


def submit_offers(session: Session, connection_id: int, external_id: str) -> Task:
    """Plans to read one product's price and stock anew."""
    return tasks.submit(session, Kind.REFRESH_OFFERS, connection_id=connection_id, lane=f"connection:{connection_id}:offers:{external_id}",
                        args={"external_ids": [external_id]}, summary=f"Read price and stock of product {external_id}")


def refresh_product(hub: Hub, task: TaskView) -> Result:
    """Reads one product as it is now, with its offers; one that is gone is marked, and its stock goes to 0 on TikTok Shop."""
    external_id = str(task.args["external_id"])
    with hub.db.read() as session:
        connection = session.get_one(Connection, task.connection_id)
        scopes = scopes_of(session, connection.id)
        is_known = _ids_of(session, connection.id, [external_id])
        wants_new = any(settings_of(shop).products.auto_pull for shop in shops_of(session, connection.id))
    store = hub.store_for(connection)
    product = store.product(external_id)
    if product is None:
        with hub.db.write() as session:
            gone = mark_gone(session, connection.id, [external_id])
        return Result(Outcome.OK if gone else Outcome.NO_CHANGE, "No longer in the store")
    if not is_known and not wants_new and not task.args.get("wanted"):
        return Result(Outcome.NO_CHANGE, "Not pulled yet, and new products are not pulled by themselves (Settings › Products)")
    asked_at = clock.now()
    offers = [one for scope in scopes for one in store.offers([product.product_id], scope)]
    with hub.db.write() as session:
        stored = store_products(session, connection.id, [product])
        changed = store_offers(session, connection.id, offers, asked_at)
    return Result(Outcome.OK if stored.new or stored.changed or changed else Outcome.NO_CHANGE, product.title)


def _ids_of(session: Session, connection_id: int, external_ids: Sequence[str]) -> list[int]:
    return list(session.scalars(select(StoreProduct.id).where(
        StoreProduct.connection_id == connection_id, StoreProduct.external_id.in_(external_ids))))


def mark_gone(session: Session, connection_id: int, external_ids: Sequence[str]) -> list[int]:
    """Products deleted in the store: none of them can be sold any more."""
    now = clock.now()
    ids = [id_ for id_ in _ids_of(session, connection_id, external_ids)]
    if not ids:
        return []
    session.execute(update(StoreProduct).where(StoreProduct.id.in_(ids), StoreProduct.gone_at.is_(None)).values(gone_at=now, active=False))
    variants = select(StoreVariant.id).where(StoreVariant.product_id.in_(ids))
    session.execute(update(StoreOffer).where(StoreOffer.variant_id.in_(variants)).values(salable=0, active=False, read_at=now))
    _tell_listings(session, connection_id, set(ids))
    return ids


def refresh_offers(hub: Hub, task: TaskView) -> Result:
    """Reads price and stock of some products anew. Args: ``external_ids``."""
    external_ids = [str(one) for one in task.args["external_ids"]]
    with hub.db.read() as session:
        connection = session.get_one(Connection, task.connection_id)
        scopes = scopes_of(session, connection.id)
    store = hub.store_for(connection)
    asked_at = clock.now()
    offers = [one for scope in scopes for one in _offers(store, external_ids, scope)]
    with hub.db.write() as session:
        changed = store_offers(session, connection.id, offers, asked_at, tell_all=True)
    return Result(Outcome.OK if changed else Outcome.NO_CHANGE, f"{len(changed)} of {len(external_ids)} products changed")


# -- by digest: what no event told (imports, SQL, special prices that start at midnight)


def compare_digest(hub: Hub, task: TaskView) -> Result:
    """Compares the store's digest with the one remembered, and reads anew what differs. Needs our plugin in stores that have one."""
    with hub.db.read() as session:
        connection = session.get_one(Connection, task.connection_id)
        scopes = scopes_of(session, connection.id)
        auto_pull = any(settings_of(shop).products.auto_pull for shop in shops_of(session, connection.id))
    if not hub.is_complete(connection):
        return Result(Outcome.NO_CHANGE, "The store has no plugin that could answer a digest")
    store, differing, unknown = hub.store_for(connection), set[str](), set[str]()
    for scope in scopes:
        seen: set[str] = set()
        for rows in _digest_pages(store, scope):
            with hub.db.read() as session:
                kept = _digests(session, connection.id, scope, rows)
            seen.update(row.product_id for row in rows)
            unknown.update(row.product_id for row in rows if (row.product_id, row.variant_id) not in kept)
            differ = {row.product_id for row in rows if kept.get((row.product_id, row.variant_id), row.hash) != row.hash}
            differing |= differ
            _read_again(hub, connection.id, store, scope, rows, differ)
        _look_for_vanished(hub, connection.id, seen)
    with hub.db.write() as session:
        known = set(session.scalars(select(StoreProduct.external_id).where(
            StoreProduct.connection_id == connection.id, StoreProduct.external_id.in_(unknown)))) if unknown else set()
        for external_id in sorted(unknown if auto_pull else known):
            submit_refresh(session, connection.id, external_id)
    says = f"{len(differing)} products differed and were read again"
    return Result(Outcome.OK if differing else Outcome.NO_CHANGE, says)


def _digest_pages(store: Store, scope: str) -> Iterable[Sequence[DigestRow]]:
    cursor, more = "", True
    while more:
        rows, cursor = store.digest(scope, cursor)
        yield rows
        more = bool(cursor)


def _digests(session: Session, connection_id: int, scope: str, rows: Sequence[DigestRow]) -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    for some in batches(sorted({row.product_id for row in rows}), OFFERS_A_CALL):
        found.update({(product, variant): digest for product, variant, digest in session.execute(
            select(StoreProduct.external_id, StoreVariant.external_id, StoreOffer.digest)
            .join(StoreVariant, StoreVariant.product_id == StoreProduct.id)
            .join(StoreOffer, StoreOffer.variant_id == StoreVariant.id)
            .where(StoreProduct.connection_id == connection_id, StoreOffer.scope == scope, StoreProduct.external_id.in_(some)))})
    return found


def _read_again(hub: Hub, connection_id: int, store: Store, scope: str, rows: Sequence[DigestRow], product_ids: set[str]) -> None:
    """Reads what differs, and only then remembers the digest that was read before it."""
    for some in batches(sorted(product_ids), OFFERS_A_CALL):
        asked_at = clock.now()
        offers = list(store.offers(some, scope))
        with hub.db.write() as session:
            store_offers(session, connection_id, offers, asked_at)
            _remember(session, connection_id, scope, [row for row in rows if row.product_id in set(some)])
            for external_id in some:
                submit_refresh(session, connection_id, external_id)


def _look_for_vanished(hub: Hub, connection_id: int, seen: set[str]) -> None:
    if not seen:
        return          # an empty answer is a broken store sooner than an emptied one
    with hub.db.write() as session:
        ours = set(session.scalars(select(StoreProduct.external_id).where(
            StoreProduct.connection_id == connection_id, StoreProduct.gone_at.is_(None))))
        for external_id in sorted(ours - seen):
            submit_refresh(session, connection_id, external_id)


def _digest_row(offer: Offer) -> DigestRow:
    return DigestRow(product_id=offer.ref.product_id, variant_id=offer.ref.variant_id, sku=offer.ref.sku, hash=offer_hash(offer))


def _remember(session: Session, connection_id: int, scope: str, rows: Sequence[DigestRow]) -> None:
    ids = {(product, variant): id_ for id_, product, variant in session.execute(
        select(StoreVariant.id, StoreProduct.external_id, StoreVariant.external_id)
        .join(StoreProduct, StoreProduct.id == StoreVariant.product_id)
        .where(StoreProduct.connection_id == connection_id, StoreProduct.external_id.in_({row.product_id for row in rows})))}
    known = [{"b_variant": ids[row.product_id, row.variant_id], "b_digest": row.hash[:128]}
             for row in rows if (row.product_id, row.variant_id) in ids]
    if known:
        table: Any = StoreOffer.__table__
        session.connection().execute(update(table).where(
            table.c.variant_id == bindparam("b_variant"), table.c.scope == scope).values(digest=bindparam("b_digest")), known)
