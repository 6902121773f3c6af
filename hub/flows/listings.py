"""A product's way onto TikTok Shop and its life there (PRD, UPD, MAP)."""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from hub import clock
from hub.domain.listings import Draft, ListingRow, ListingState, Saved, TikTokProduct
from hub.domain.money import rounded, to_micro
from hub.domain.problems import Problem, problem
from hub.domain.products import Picture
from hub.domain.tasks import Kind, Outcome, Queue, listing_lane
from hub.errors import Refused
from hub.flows import categories, tasks
from hub.flows.listing_facts import Facts, facts_of
from hub.flows.order_links import insert_once
from hub.flows.orders import submit_relay
from hub.flows.products import store_offers, submit_for_listing
from hub.flows.settings import sources_of
from hub.flows.tasks import Result, TaskView
from hub.models.connections import Connection, Watermark
from hub.models.listings import Listing, ListingEvent, ListingSku, Origin, UploadedImage
from hub.models.orders import LinkState, OrderLink, OrderUnit
from hub.models.products import StoreProduct, StoreVariant
from hub.models.shops import Shop
from hub.models.tasks import Task
from hub.rules.checks.pictures import fits
from hub.rules.field_sources import UPDATE, Sending, Sources, differences, is_partial, remembered, sending, with_theirs, without
from hub.rules.listings import Checked, fingerprint
from hub.rules.listings import check_listing as check_listing_rules
from hub.rules.picture_files import look
from hub.stores.base import ShowsListings
from hub.tiktok import TikTokShop, codes
from hub.tiktok.client import has_code
from hub.wiring import Hub

IMAGE_LASTS = timedelta(days=30)
# Threads that hold the same picture wait for the one that sends it.
_UPLOADS = tuple(threading.Lock() for _ in range(64))
# Review takes seconds in practice and hours in life; TikTok's webhook usually comes first.
CHECK_AFTER = timedelta(seconds=30)
LOOK_AGAIN = timedelta(days=1)
CHECKS_A_TIME = 500
ROWS_A_CALL = 500
_LIVE, _REVIEW, _REFUSED = "ACTIVATE", "PENDING", "FAILED"
_DOWN = {"SELLER_DEACTIVATED"}
_GONE = {"DELETED"}
_UNDECIDED = {"AUDITING", "FAILED"}
_UNKNOWN_SKU = frozenset({12052556, 12052557})
# In a kept problem: the kind of work that met it.
_OF = "of"


# -- asking for it


def submit_push(session: Session, shop: Shop, listing_ids: Sequence[int], by: str) -> Task:
    """Pushes these listings as one task with an item each (PRD-01 … PRD-03)."""
    return _fan_out(session, Kind.PUSH_LISTINGS, shop, listing_ids, by, "Push products")


def submit_validation(session: Session, shop: Shop, listing_ids: Sequence[int], by: str) -> Task:
    """Looks for what stands in the way of pushing these listings; sends nothing (PRD-13)."""
    return _fan_out(session, Kind.VALIDATE_LISTINGS, shop, listing_ids, by, "Check before pushing")


def submit_prices(session: Session, shop: Shop, listing_ids: Sequence[int], by: str) -> Task:
    """Sends the price of these listings (UPD-02)."""
    return _fan_out(session, Kind.UPDATE_PRICES, shop, listing_ids, by, "Update prices")


def submit_stocks(session: Session, shop: Shop, listing_ids: Sequence[int], by: str) -> Task:
    """Sends the stock of these listings (UPD-02)."""
    return _fan_out(session, Kind.UPDATE_STOCKS, shop, listing_ids, by, "Update stock")


def submit_recheck(session: Session, shop: Shop, by: str) -> Task | None:
    """After a change of rules or threshold: everything that is on sale, or that the hub took off sale, is looked at by them."""
    labels: dict[int, str] = {listing_id: title for listing_id, title in session.execute(
        select(Listing.id, StoreProduct.title).join(StoreProduct, StoreProduct.id == Listing.product_id)
        .where(Listing.shop_id == shop.id, (Listing.tiktok_status == _LIVE) | (Listing.down_because != "")))}
    if not labels:
        return None
    return tasks.fan_out(session, Kind.UPDATE_STOCKS, list(labels), labels=labels, connection_id=shop.connection_id, shop_id=shop.id,
                         lane_of=listing_lane, by=by, summary=f"Apply stock rules ({len(labels)})")


def submit_active(session: Session, shop: Shop, listing_ids: Sequence[int], active: bool, by: str) -> Task:
    """Takes these listings down or puts them up again (PRD-12)."""
    kind = Kind.ACTIVATE_LISTINGS if active else Kind.DEACTIVATE_LISTINGS
    return _fan_out(session, kind, shop, listing_ids, by, "Put on sale" if active else "Take off sale")


def submit_checks(session: Session, shop: Shop, listing_ids: Sequence[int], by: str) -> Task:
    """Reads TikTok Shop's status of these listings anew."""
    return _fan_out(session, Kind.CHECK_LISTINGS, shop, listing_ids, by, "Check sync status")


def _fan_out(session: Session, kind: Kind, shop: Shop, listing_ids: Sequence[int], by: str, summary: str) -> Task:
    if not listing_ids:
        raise ValueError("Choose at least one product first.")
    labels: dict[int, str] = {}
    for listing_id, title in session.execute(
            select(Listing.id, StoreProduct.title).join(StoreProduct, StoreProduct.id == Listing.product_id)
            .where(Listing.shop_id == shop.id, Listing.id.in_(listing_ids))):
        labels[listing_id] = title
    if not labels:
        never = problem("product.not_pulled")
        raise ValueError(f"{never.says} {never.fix}")
    return tasks.fan_out(session, kind, list(labels), labels=labels, connection_id=shop.connection_id, shop_id=shop.id,
                         lane_of=listing_lane, by=by, summary=f"{summary} ({len(labels)})")


# -- pushing


def push_listing(hub: Hub, listing_id: int, task: TaskView) -> Result:
    """Lists the product on TikTok Shop, or sends what changed. Problems are all found before anything is sent (CAT-01, PRD-13)."""
    facts = gather(hub, listing_id)
    checked = check_listing_rules(facts.product, facts.ground) if facts.row.gone_at is None \
        else Checked(None, (problem("product.unknown", id=facts.row.external_id),))
    drafted = checked.draft
    if drafted is None:
        return _needs_attention(hub, listing_id, checked.problems, task)
    going, listing = sending(drafted, facts.sources, facts.moment), facts.listing
    # What TikTok Shop keeps needs no push when it changes.
    mark = fingerprint(without(going.draft, sending(drafted, facts.sources, UPDATE).left_out))
    calm = (ListingState.LIVE, ListingState.IN_REVIEW)
    if listing.tiktok_product_id and listing.pushed_hash == mark and listing.state in calm and not listing.pending:
        return Result(Outcome.NO_CHANGE, "TikTok Shop has it just like this")
    tiktok = hub.shop_for(facts.shop.id)
    try:
        images = _upload_images(hub, facts, going.draft, tiktok)
        saved = _save(hub, facts, going, images, tiktok)
    except Refused as error:
        return _needs_attention(hub, listing_id, list(error.problems) or [problem("tiktok.refused", says=error.says)], task)
    saved = replace(saved, warnings=(*saved.warnings, *(one.says for one in checked.notes)))
    _note_saved(hub, facts, going, saved, mark, task)
    return Result(Outcome.OK, "Sent; TikTok Shop reviews it now", (), {"tiktok_product_id": saved.product_id})


def gather(hub: Hub, listing_id: int, *, any_age: bool = False) -> Facts:
    """What the listing rests on; the category's rules and the prices are read where they are not kept. ``any_age``: rules that
    were read long ago are good enough."""
    facts = _facts(hub, listing_id)
    if not facts.has_offers:
        _read_offers(hub, facts)
        facts = _facts(hub, listing_id)
    return _with_category(hub, facts, any_age=any_age)


def _facts(hub: Hub, listing_id: int) -> Facts:
    with hub.db.read() as session:
        return facts_of(session, listing_id)


def _with_category(hub: Hub, facts: Facts, *, any_age: bool = False) -> Facts:
    category = facts.ground.category
    if category is None or not category.can_hold_products:
        return facts
    asked = categories.detail(hub, facts.shop.id, category.category_id, any_age=any_age)
    return replace(facts, ground=replace(facts.ground, attributes=asked.attributes, rules=asked.rules))


def _read_offers(hub: Hub, facts: Facts) -> None:
    with hub.db.read() as session:
        connection = session.get_one(Connection, facts.shop.connection_id)
    asked_at = clock.now()
    offers = list(hub.store_for(connection).offers([facts.row.external_id], facts.shop.scope))
    with hub.db.write() as session:
        store_offers(session, connection.id, offers, asked_at)


def _upload_images(hub: Hub, facts: Facts, draft: Draft, tiktok: TikTokShop) -> dict[str, str]:
    """TikTok's URI for each of the draft's pictures; each content is uploaded once per grant and use.

    Raises ``Refused`` with a problem for each file that TikTok Shop would not take; those are not sent.
    """
    wanted = [(url, "MAIN_IMAGE") for url in draft.image_urls]
    wanted += [(sku.image_url, "ATTRIBUTE_IMAGE") for sku in draft.skus if sku.image_url]
    uris: dict[str, str] = {}
    unfit: dict[str, Picture] = {}
    with hub.db.read() as session:
        connection = session.get_one(Connection, facts.shop.connection_id)
    store = None
    for url, use_case in dict.fromkeys(wanted):
        kept = _kept_image(hub, facts.shop.grant_id, url, use_case)
        if kept is None:
            store = store or hub.store_for(connection)
            data = store.image(url)
            if not fits(look(data), is_main=use_case == "MAIN_IMAGE"):
                unfit[url] = look(data)
                continue
            kept = _upload(hub, facts.shop.grant_id, url, use_case, data, tiktok)
        uris[url] = kept if use_case == "MAIN_IMAGE" else uris.get(url, kept)
    if unfit:
        found = check_listing_rules(facts.product, replace(facts.ground, pictures=unfit)).problems
        raise Refused("TikTok Shop takes no such pictures", problems=found)
    return uris


def _kept_image(hub: Hub, grant_id: int, url: str, use_case: str) -> str | None:
    with hub.db.read() as session:
        return session.scalars(select(UploadedImage.uri).where(
            UploadedImage.grant_id == grant_id, UploadedImage.source_url == url, UploadedImage.use_case == use_case,
            UploadedImage.uploaded_at > clock.now() - IMAGE_LASTS).order_by(UploadedImage.id.desc()).limit(1)).first()


def _upload(hub: Hub, grant_id: int, url: str, use_case: str, data: bytes, tiktok: TikTokShop) -> str:
    content = hashlib.sha256(data).hexdigest()
    with _UPLOADS[int(content[:4], 16) % len(_UPLOADS)]:
        kept = _same_picture(hub, grant_id, content, use_case)
        return kept or _send_picture(hub, grant_id, url, use_case, content, data, tiktok)


def _same_picture(hub: Hub, grant_id: int, content: str, use_case: str) -> str | None:
    with hub.db.read() as session:
        return session.scalars(select(UploadedImage.uri).where(
            UploadedImage.grant_id == grant_id, UploadedImage.content_hash == content, UploadedImage.use_case == use_case,
            UploadedImage.uploaded_at > clock.now() - IMAGE_LASTS)).first()


def _send_picture(hub: Hub, grant_id: int, url: str, use_case: str, content: str, data: bytes, tiktok: TikTokShop) -> str:
    name = url.rsplit("/", 1)[-1].split("?")[0][:100] or "picture"
    tasks.about_to_write()
    try:
        uri = tiktok.products.upload_image(data, name, use_case)
    except Refused as error:
        raise Refused(error.says, problems=[problem("image.refused", name=name, reason=error.says)]) from error
    with hub.db.write() as session:
        row = {"source_url": url[:2000], "uri": uri, "uploaded_at": clock.now()}
        insert_once(session, UploadedImage, {"grant_id": grant_id, "use_case": use_case, "content_hash": content, **row})
        session.execute(update(UploadedImage).where(
            UploadedImage.grant_id == grant_id, UploadedImage.use_case == use_case, UploadedImage.content_hash == content).values(**row))
    return uri


def _save(hub: Hub, facts: Facts, going: Sending, images: Mapping[str, str], tiktok: TikTokShop) -> Saved:
    """Creates or edits. A create's key is committed before it is sent, so that after a crash the same create is repeated
    under the same key, or the product is found by its SKUs, and no second one is made."""
    listing, draft = facts.listing, going.draft
    if listing.tiktok_product_id:
        try:
            return _edit(facts, going, images, tiktok)
        except Refused as error:
            if not has_code(error, _UNKNOWN_SKU):
                raise
        return _edit(facts, replace(going, draft=_with_ids_there(tiktok, listing.tiktok_product_id, draft)), images, tiktok, again=True)
    had_intent = bool(listing.intent_key)
    with hub.db.write() as session:
        row = session.get_one(Listing, listing.id)
        row.intent_key = row.intent_key or secrets.token_hex(16)
        row.intent_at, row.state = clock.now(), ListingState.PUSHING
        key = row.intent_key
    if had_intent and (found := _created_before(tiktok, draft)) is not None:
        return found
    tasks.about_to_write()
    return tiktok.products.create(draft, key, images)


def _edit(facts: Facts, going: Sending, images: Mapping[str, str], tiktok: TikTokShop, *, again: bool = False) -> Saved:
    """Makes the product there equal to the draft, without what TikTok Shop keeps: a full edit would wipe that (contract 13.7)."""
    product_id = facts.listing.tiktok_product_id
    assert product_id is not None
    with_price, with_stock = _goes_along(facts, going, again=again)
    there = tiktok.products.get(product_id, under_review=True) if is_partial(going) else None
    tasks.about_to_write()
    if there is None:
        return tiktok.products.edit(product_id, going.draft, images, with_price=with_price, with_stock=with_stock)
    moves = bool(there.category_id) and there.category_id != going.draft.category_id     # a partial edit can't change the category
    draft = with_theirs(going, there, whole=moves)
    uris = {**images, **{uri: uri for uri in (*there.image_uris, *(sku.image_uri for sku in there.skus)) if uri}}
    if moves:
        return tiktok.products.edit(product_id, draft, uris, with_price=with_price, with_stock=with_stock)
    return tiktok.products.edit_part(product_id, draft, uris, going.left_out, with_price=with_price, with_stock=with_stock)


def _goes_along(facts: Facts, going: Sending, *, again: bool = False) -> tuple[bool, bool]:
    """Whether an edit carries price and stock of known SKUs. Those of a live product go their own way, so that a slow edit never
    brings back older ones."""
    along = again or not _is_live(facts.listing)
    return along and "price" not in going.left_out, along and "stock" not in going.left_out and facts.product.stock_synced


def _with_ids_there(tiktok: TikTokShop, product_id: str, draft: Draft) -> Draft:
    """Somebody gave the product new SKUs in Seller Center: theirs are found by the store's own SKU (ERR-01)."""
    product = tiktok.products.get(product_id)
    ids = {sku.seller_sku: sku.sku_id for sku in product.skus} if product is not None else {}
    return replace(draft, skus=tuple(replace(sku, tiktok_sku_id=ids.get(sku.seller_sku, "")) for sku in draft.skus))


def _created_before(tiktok: TikTokShop, draft: Draft) -> Saved | None:
    """After a create without an answer: the product that holds all of this draft's SKUs, if there is one."""
    wanted = {sku.seller_sku for sku in draft.skus}
    for product in tiktok.products.search(seller_skus=sorted(wanted)[:10]):
        have = {sku.seller_sku: sku.sku_id for sku in product.skus}
        if wanted <= set(have) and product.status not in _GONE:
            return Saved(product_id=product.product_id, sku_ids={sku: have[sku] for sku in wanted})
    return None


def _note_saved(hub: Hub, facts: Facts, going: Sending, saved: Saved, mark: str, task: TaskView) -> None:
    now = clock.now()
    with hub.db.write() as session:
        listing = session.get_one(Listing, facts.listing.id)
        is_new = not listing.tiktok_product_id
        listing.tiktok_product_id, listing.intent_key, listing.intent_at = saved.product_id, "", None
        listing.origin = listing.origin or Origin.PUSHED
        listing.pushed_hash, listing.pushed_at, listing.pending, listing.problems = mark, now, False, []
        listing.tiktok_audit, listing.updated_at, listing.sent = "AUDITING", now, remembered(going.draft, going.left_out)
        stays_live = not is_new and _is_live(listing)
        listing.state = ListingState.LIVE if stays_live else ListingState.IN_REVIEW
        if not stays_live:
            listing.tiktok_status = _REVIEW
        _note_skus(session, facts, going, saved)
        says = "Pushed; in review" if is_new else "Changes sent; in review"
        tell(session, listing.id, "pushed", " · ".join([says, *saved.warnings]), task.id)
        if stays_live:
            _submit_offers(session, facts.shop, listing.id)
        submit_for_listing(session, Kind.CHECK_LISTING, facts.shop, listing.id, run_at=now + CHECK_AFTER)
        submit_rows(session, facts.shop)


def _is_live(listing: Listing) -> bool:
    """On sale at TikTok Shop, whatever became of the last thing that was sent."""
    return listing.tiktok_status == _LIVE


def _note_skus(session: Session, facts: Facts, going: Sending, saved: Saved) -> None:
    with_price, with_stock = _goes_along(facts, going)
    now, row_of = clock.now(), {one.external_id: one.id for one in facts.variants}
    known = {one.variant_id: one for one in session.scalars(select(ListingSku).where(ListingSku.listing_id == facts.listing.id))}
    kept = set()
    for sku in going.draft.skus:
        tiktok_id = saved.sku_ids.get(sku.seller_sku)
        if tiktok_id is None:
            continue
        variant_id = row_of[sku.variant_id]
        kept.add(variant_id)
        row = known.get(variant_id)
        if row is None:
            session.execute(delete(ListingSku).where(ListingSku.shop_id == facts.shop.id, ListingSku.tiktok_sku_id == tiktok_id))
            row = ListingSku(listing_id=facts.listing.id, shop_id=facts.shop.id, variant_id=variant_id)
            session.add(row)
        is_new = row.tiktok_sku_id != tiktok_id
        row.tiktok_sku_id, row.seller_sku = tiktok_id, sku.seller_sku
        if is_new or with_price:
            row.sent_price, row.sent_at = to_micro(sku.price), now
        if is_new or with_stock:
            row.sent_stock, row.sent_at = sku.stock, now
    for variant_id, row in known.items():
        if variant_id not in kept:
            session.delete(row)       # a full edit deletes the SKUs that it doesn't name (contract 13.7)


def _submit_offers(session: Session, shop: Shop, listing_id: int) -> None:
    """Price and stock may have moved while TikTok Shop could not take them; what the rules keep is not sent."""
    submit_for_listing(session, Kind.UPDATE_STOCK, shop, listing_id)
    submit_for_listing(session, Kind.UPDATE_PRICE, shop, listing_id)


def _needs_attention(hub: Hub, listing_id: int, problems: Sequence[Problem], task: TaskView, kind: Kind = Kind.PUSH_LISTING) -> Result:
    with hub.db.write() as session:
        listing = session.get_one(Listing, listing_id)
        listing.state, listing.updated_at = ListingState.NEEDS_ATTENTION, clock.now()
        listing.problems = [{**one.as_json(), _OF: kind} for one in problems]
        tell(session, listing_id, "needs_attention", " · ".join(one.says for one in problems), task.id)
        submit_rows(session, session.get_one(Shop, listing.shop_id))
    return Result(Outcome.NEEDS_ATTENTION, problems[0].says, tuple(problems))


def tell(session: Session, listing_id: int, what: str, says: str, task_id: int | None = None, **data: Any) -> None:
    """Adds to the listing's timeline."""
    session.add(ListingEvent(listing_id=listing_id, at=clock.now(), what=what, says=says[:1000], data=data or None, task_id=task_id))


# -- what TikTok Shop says of it


def check_listing(hub: Hub, listing_id: int, task: TaskView) -> Result:
    """Reads the product from TikTok Shop and takes over its status: in review, live, refused (why), taken down, gone."""
    with hub.db.read() as session:
        listing = session.get_one(Listing, listing_id)
        seller_skus = session.scalars(select(ListingSku.seller_sku).where(ListingSku.listing_id == listing_id)).all()
    if not listing.tiktok_product_id:
        return Result(Outcome.NO_CHANGE, "Not on TikTok Shop yet")
    there = _read(hub.shop_for(listing.shop_id), listing.tiktok_product_id, seller_skus)
    with hub.db.write() as session:
        return note_tiktok(session, listing_id, there, task.id)


def _read(tiktok: TikTokShop, product_id: str, seller_skus: Sequence[str]) -> TikTokProduct | None:
    try:
        return tiktok.products.get(product_id)
    except Refused as error:
        if not has_code(error, codes.STATUS_FORBIDS):
            raise
    # A frozen or deleted product cannot be read; the search still tells its status.
    found = tiktok.products.search(seller_skus=seller_skus) if seller_skus else ()
    return next((one for one in found if one.product_id == product_id), None)


def check_listings(hub: Hub, task: TaskView) -> Result:
    """The periodic look: what is in review or half sent, and whatever was not looked at for a day."""
    now = clock.now()
    with hub.db.write() as session:
        shop = session.get_one(Shop, task.shop_id)
        due = session.scalars(select(Listing.id).where(
            Listing.shop_id == shop.id, Listing.tiktok_product_id.is_not(None),
            Listing.state.in_((ListingState.IN_REVIEW, ListingState.PUSHING))
            | Listing.checked_at.is_(None) | (Listing.checked_at < now - LOOK_AGAIN)).order_by(Listing.checked_at).limit(CHECKS_A_TIME)).all()
        for listing_id in due:
            submit_for_listing(session, Kind.CHECK_LISTING, shop, listing_id)
    return Result(Outcome.OK if due else Outcome.NO_CHANGE, f"{len(due)} products are looked at")


def note_tiktok(session: Session, listing_id: int, there: TikTokProduct | None, task_id: int | None = None) -> Result:
    """Takes over what TikTok Shop has."""
    now = clock.now()
    listing = session.get_one(Listing, listing_id)
    shop = session.get_one(Shop, listing.shop_id)
    before, was_live = listing.state, _is_live(listing)
    listing.checked_at = listing.updated_at = now
    if there is None or there.status in _GONE:
        gone = problem("tiktok.gone")
        session.execute(delete(ListingSku).where(ListingSku.listing_id == listing.id))
        listing.tiktok_product_id, listing.tiktok_status, listing.tiktok_audit, listing.pushed_hash = None, "", "", ""
        listing.down_because, listing.sent = "", {}
        listing.state, listing.problems = ListingState.NEEDS_ATTENTION, [gone.as_json()]
        tell(session, listing.id, "gone", gone.says, task_id)
        submit_rows(session, shop)
        return Result(Outcome.NEEDS_ATTENTION, gone.says, (gone,))
    listing.tiktok_status, listing.tiktok_audit = there.status, there.audit
    if there.status not in _DOWN:
        listing.down_because = ""
    rules = sources_of(session, shop, session.get_one(StoreProduct, listing.product_id))
    problems = _review_problems(there)
    # What a push or an update met is not over because the product is still on sale: the next one that succeeds ends it.
    unsettled = [row for row in listing.problems if row.get(_OF)] if was_live and there.status == _LIVE else []
    if there.status == _LIVE:
        problems += _not_taken(listing, there, rules)
        listing.state = ListingState.NEEDS_ATTENTION if there.audit == _REFUSED or problems or unsettled else ListingState.LIVE
        listing.live_at = listing.live_at or now
        listing.taken_down = False
    elif there.status == _REVIEW:
        listing.state = ListingState.IN_REVIEW
        submit_for_listing(session, Kind.CHECK_LISTING, shop, listing.id, run_at=now + timedelta(minutes=5))
    elif there.status in _DOWN:
        listing.state = ListingState.OFF
    else:
        listing.state = ListingState.NEEDS_ATTENTION
        problems = problems or [problem("tiktok.refused", says=f"TikTok Shop's status is {there.status}.")]
    if listing.state is not ListingState.NEEDS_ATTENTION:
        problems = []
    listing.problems = [*[one.as_json() for one in problems], *unsettled]
    if _is_live(listing) and not was_live:
        _submit_offers(session, shop, listing.id)
    elif _is_live(listing) and not rules.keeps("stock"):
        _stock_rose(session, shop, listing, there, task_id)
    if listing.state is not before:
        tell(session, listing.id, listing.state.value, _STATE_SAYS[listing.state] if not listing.problems else listing.problems[0]["says"], task_id)
        submit_rows(session, shop)
    if problems:
        return Result(Outcome.NEEDS_ATTENTION, problems[0].says, tuple(problems))
    return Result(Outcome.OK if listing.state is not before else Outcome.NO_CHANGE, _STATE_SAYS[listing.state])


_STATE_SAYS = {
    ListingState.DRAFT: "Not pushed yet", ListingState.READY: "Ready to push", ListingState.PUSHING: "Being sent",
    ListingState.IN_REVIEW: "TikTok Shop reviews it", ListingState.LIVE: "Live on TikTok Shop",
    ListingState.NEEDS_ATTENTION: "Needs you", ListingState.OFF: "Taken down on TikTok Shop",
}


def _review_problems(there: TikTokProduct) -> list[Problem]:
    return [problem("tiktok.review", where_=where or "Product", says=says, raw="audit",
                    suggestion=suggestion or "Mend it in the store, pull it again, then push.") for where, says, suggestion in there.reasons]


_FIELD_WORDS = {"name": "title", "description": "description", "media": "number of pictures", "brand": "brand"}


def _not_taken(listing: Listing, there: TikTokProduct, rules: Sources) -> list[Problem]:
    """What TikTok Shop accepted and yet shows otherwise, once nothing of it is in review any more."""
    if there.audit in _UNDECIDED or not there.skus or not there.description:      # a search tells less than a look
        return []
    return [problem("tiktok.not_taken", field=_FIELD_WORDS[field], sent=_short(sent), shown=_short(shown))
            for field, sent, shown in differences(listing.sent or {}, there, rules)]


def _short(text: str) -> str:
    return f"{text[:80]}…" if len(text) > 80 else text or "nothing"


def _stock_rose(session: Session, shop: Shop, listing: Listing, there: TikTokProduct, task_id: int | None) -> None:
    """A cancelled order can put units back where there should be none: it is set back, and told (INV-08)."""
    stock = {sku.sku_id: sku.stock.get(shop.warehouse_id, 0) for sku in there.skus}
    risen = [row for row in session.scalars(select(ListingSku).where(ListingSku.listing_id == listing.id, ListingSku.sent_stock == 0))
             if stock.get(row.tiktok_sku_id, 0) > 0]
    for row in risen:
        row.sent_stock = None
        tell(session, listing.id, "stock", f"TikTok Shop had {stock[row.tiktok_sku_id]} of {row.seller_sku} on sale again, as after a "
             "cancelled order; your rules say otherwise, so it is set back", task_id)
    if risen:
        submit_for_listing(session, Kind.UPDATE_STOCK, shop, listing.id)


def activate(hub: Hub, listing_id: int, task: TaskView) -> Result:
    """Puts the product up again; TikTok Shop reviews it anew."""
    return _set_active(hub, listing_id, True, task)


def deactivate(hub: Hub, listing_id: int, task: TaskView) -> Result:
    """Takes the product down."""
    return _set_active(hub, listing_id, False, task)


def _set_active(hub: Hub, listing_id: int, active: bool, task: TaskView) -> Result:
    with hub.db.read() as session:
        listing = session.get_one(Listing, listing_id)
    if not listing.tiktok_product_id:
        return Result(Outcome.NO_CHANGE, "Not on TikTok Shop yet")
    if listing.down_because and not active:
        return _stays_down(hub, listing_id, task)
    products = hub.shop_for(listing.shop_id).products
    tasks.about_to_write()
    refused = (products.activate if active else products.deactivate)([listing.tiktok_product_id])
    if says := refused.get(listing.tiktok_product_id):
        return _needs_attention(hub, listing_id, [says], task, Kind.DEACTIVATE_LISTINGS)
    with hub.db.write() as session:
        row = session.get_one(Listing, listing_id)
        row.taken_down, row.down_because = not active, ""
        _settled(session, listing_id, Kind.DEACTIVATE_LISTINGS, task)
    return check_listing(hub, listing_id, task)


def _stays_down(hub: Hub, listing_id: int, task: TaskView) -> Result:
    """The hub took it off sale already; from now on it is a person's doing, so that it does not come back by itself."""
    says = "It is off sale already, and stays so until you put it on sale again"
    with hub.db.write() as session:
        listing = session.get_one(Listing, listing_id)
        listing.down_because, listing.taken_down, listing.updated_at = "", True, clock.now()
        tell(session, listing_id, "off", says, task.id)
    return Result(Outcome.OK, says)


def _take_down(hub: Hub, facts: Facts, task: TaskView) -> Result:
    """Takes the product off sale for what the rules found (INV-03). That it was the hub is written down first, so that after a crash
    nobody takes it for a person's doing."""
    listing, because = facts.listing, facts.down_because
    assert listing.tiktok_product_id is not None
    with hub.db.write() as session:
        session.get_one(Listing, listing.id).down_because = because
    tasks.about_to_write()
    refused = hub.shop_for(facts.shop.id).products.deactivate([listing.tiktok_product_id])
    if says := refused.get(listing.tiktok_product_id):
        with hub.db.write() as session:
            session.get_one(Listing, listing.id).down_because = ""
        return _update_failed(hub, facts, Kind.DEACTIVATE_LISTINGS, [says], task)
    with hub.db.write() as session:
        tell(session, listing.id, "off", _why_down(facts), task.id)
        _settled(session, listing.id, Kind.DEACTIVATE_LISTINGS, task)
    return check_listing(hub, listing.id, task)


def _why_down(facts: Facts) -> str:
    if facts.down_because == "store" or facts.threshold is None:
        return "Taken off sale: it is switched off in your store. It comes back by itself when you switch it on"
    low = ", ".join(f"{sku} has {quantity}" for sku, quantity in list(facts.low.items())[:5])
    return (f"Taken off sale: {low}, and your threshold is {facts.threshold.number}. "
            "It comes back by itself once no variant is below it")


def _bring_back(hub: Hub, facts: Facts, task: TaskView) -> Result:
    """Puts up again what the hub itself took off sale, once (INV-05)."""
    listing = facts.listing
    assert listing.tiktok_product_id is not None
    tasks.about_to_write()
    refused = hub.shop_for(facts.shop.id).products.activate([listing.tiktok_product_id])
    looked = check_listing(hub, listing.id, task)
    if (says := refused.get(listing.tiktok_product_id)) is None:
        with hub.db.write() as session:
            tell(session, listing.id, "on", "Put on sale again: what it was taken off sale for is over", task.id)
        return looked
    with hub.db.read() as session:
        is_down = bool(session.get_one(Listing, listing.id).down_because)
    # Refused because it is up by now, as after an answer that was lost, is no failure.
    return _update_failed(hub, facts, Kind.ACTIVATE_LISTINGS, [says], task) if is_down else looked


# -- price and stock


def update_price(hub: Hub, listing_id: int, task: TaskView) -> Result:
    """Sends the prices that differ from those sent last, unless TikTok Shop keeps its own (RUL-04). ``anyhow`` in the arguments: Push
    Price in the store's admin is there for shops whose prices do not follow by themselves (NAT-13, NAT-14)."""
    facts = _facts(hub, listing_id)
    if (wait := _not_live(facts)) is not None:
        return wait
    if facts.sources.keeps("price") and not task.args.get("anyhow"):
        return Result(Outcome.NO_CHANGE, "TikTok Shop keeps its own price: so the sync rules say")
    wanted = {}
    for variant in facts.variants:
        offer, sku = facts.ground.offers.get(variant.external_id), facts.skus.get(variant.id)
        if offer is None or sku is None or offer.effective_price <= 0:
            continue
        price = rounded(offer.effective_price, offer.currency)
        if offer.currency == (facts.shop.currency or offer.currency) and to_micro(price) != sku.sent_price:
            wanted[sku.tiktok_sku_id] = (variant.id, price, offer.currency)
    if not wanted:
        return Result(Outcome.NO_CHANGE, "The price is as sent")
    currency = next(iter(wanted.values()))[2]
    assert facts.listing.tiktok_product_id is not None
    tasks.about_to_write()
    try:
        hub.shop_for(facts.shop.id).products.update_prices(
            facts.listing.tiktok_product_id, {sku_id: price for sku_id, (_, price, _) in wanted.items()}, currency)
    except Refused as error:
        return _update_failed(hub, facts, Kind.UPDATE_PRICE, _met(facts, error), task)
    with hub.db.write() as session:
        for variant_id, price, _ in wanted.values():
            session.execute(update(ListingSku).where(ListingSku.listing_id == listing_id, ListingSku.variant_id == variant_id)
                            .values(sent_price=to_micro(price), sent_at=clock.now()))
        tell(session, listing_id, "price", f"{len(wanted)} prices sent", task.id)
        _settled(session, listing_id, Kind.UPDATE_PRICE, task)
    return Result(Outcome.OK, f"{len(wanted)} prices sent")


def update_stock(hub: Hub, listing_id: int, task: TaskView) -> Result:
    """Sends the quantities that differ from those sent last: never more than the store would still sell (I6). A product that has
    too few is taken off sale after that, and brought back, where that is the rule."""
    facts = _facts(hub, listing_id)
    if facts.listing.down_because and not facts.down_because and facts.listing.tiktok_status in _DOWN:
        return _bring_back(hub, facts, task)
    if (wait := _not_live(facts)) is not None:
        return wait
    sent = _send_stock(hub, facts, task)
    if not facts.down_because or sent.outcome is Outcome.NEEDS_ATTENTION:
        return sent
    return _take_down(hub, facts, task)


def _send_stock(hub: Hub, facts: Facts, task: TaskView) -> Result:
    listing_id = facts.listing.id
    if facts.sources.keeps("stock") and not task.args.get("anyhow"):
        return Result(Outcome.NO_CHANGE, "TikTok Shop keeps its own stock: so the sync rules say")
    gone = {variant_id: sku for variant_id, sku in facts.skus.items() if variant_id not in {one.id for one in facts.variants}}
    wanted = {sku.tiktok_sku_id: (variant_id, 0) for variant_id, sku in gone.items() if sku.sent_stock != 0}
    for variant in facts.variants:
        sku, quantity = facts.skus.get(variant.id), facts.ground.stock.get(variant.external_id)
        if sku is None or quantity is None:
            continue
        quantity = quantity if variant.active else 0
        if not facts.product.stock_synced and _is_on_sale(facts, variant):
            continue        # the store can't say how many there are: what stands in Seller Center stays (BIG-04)
        if quantity != sku.sent_stock or task.args.get("all"):
            wanted[sku.tiktok_sku_id] = (variant.id, quantity)
    if not wanted:
        return Result(Outcome.NO_CHANGE, "The stock is as sent")
    assert facts.listing.tiktok_product_id is not None
    tasks.about_to_write()
    try:
        refused = hub.shop_for(facts.shop.id).products.update_stock(
            facts.listing.tiktok_product_id, {sku_id: quantity for sku_id, (_, quantity) in wanted.items()}, facts.shop.warehouse_id)
    except Refused as error:
        return _update_failed(hub, facts, Kind.UPDATE_STOCK, _met(facts, error), task)
    sent = {sku_id: pair for sku_id, pair in wanted.items() if sku_id not in refused}
    with hub.db.write() as session:
        for variant_id, quantity in sent.values():
            session.execute(update(ListingSku).where(ListingSku.listing_id == listing_id, ListingSku.variant_id == variant_id)
                            .values(sent_stock=quantity, sent_at=clock.now()))
        if sent:
            tell(session, listing_id, "stock", f"Stock of {len(sent)} variants sent", task.id)
        if not refused:
            _settled(session, listing_id, Kind.UPDATE_STOCK, task)
    if refused:
        return _update_failed(hub, facts, Kind.UPDATE_STOCK, [_told(facts, one) for one in refused.values()], task)
    return Result(Outcome.OK, f"Stock of {len(sent)} variants sent")


def _is_on_sale(facts: Facts, variant: StoreVariant) -> bool:
    offer = facts.ground.offers.get(variant.external_id)
    return facts.row.active and variant.active and (offer is None or offer.active)


def _not_live(facts: Facts) -> Result | None:
    listing = facts.listing
    if not listing.tiktok_product_id:
        return Result(Outcome.NO_CHANGE, "Not on TikTok Shop yet")
    if not _is_live(listing):
        waits = problem("listing.not_live")
        return Result(Outcome.NO_CHANGE, waits.says)
    if not facts.skus:
        lost = problem("sku.not_found", sku=facts.row.sku)
        return Result(Outcome.NEEDS_ATTENTION, lost.says, (lost,))
    return None


def _settled(session: Session, listing_id: int, kind: Kind, task: TaskView) -> None:
    """An update that works ends what the last one of its kind met."""
    listing = session.get_one(Listing, listing_id)
    left = [row for row in listing.problems if row.get(_OF) != kind]
    if len(left) == len(listing.problems):
        return
    listing.problems, listing.updated_at = left, clock.now()
    if not left and listing.state is ListingState.NEEDS_ATTENTION:
        listing.state = ListingState.LIVE
        tell(session, listing_id, listing.state.value, _STATE_SAYS[listing.state], task.id)
    submit_rows(session, session.get_one(Shop, listing.shop_id))


def _met(facts: Facts, error: Refused) -> list[Problem]:
    return [_told(facts, one) for one in error.problems] or [problem("tiktok.refused", says=error.says)]


def _told(facts: Facts, told: Problem) -> Problem:
    """A SKU that TikTok Shop no longer has under this product is mended by a push (ERR-01)."""
    is_unknown = told.raw.split(" ")[0] in {str(code) for code in _UNKNOWN_SKU}
    return problem("sku.not_found", sku=facts.row.sku, raw=told.raw) if is_unknown else told


def _update_failed(hub: Hub, facts: Facts, kind: Kind, problems: Sequence[Problem], task: TaskView) -> Result:
    """It stays live there; here it is *Update Failed*, with the reason (UPD-05)."""
    with hub.db.write() as session:
        listing = session.get_one(Listing, facts.listing.id)
        others = [row for row in listing.problems if row.get(_OF) != kind]
        listing.problems, listing.updated_at = [*[{**one.as_json(), _OF: kind} for one in problems], *others], clock.now()
        listing.state = ListingState.NEEDS_ATTENTION
        tell(session, listing.id, "needs_attention", problems[0].says, task.id)
        submit_for_listing(session, Kind.CHECK_LISTING, facts.shop, listing.id)       # its status may be what stood in the way
        submit_rows(session, facts.shop)
    return Result(Outcome.NEEDS_ATTENTION, problems[0].says, tuple(problems))


# -- a product that a person made on TikTok Shop


def look_up(hub: Hub, shop_id: int, tiktok_product_id: str) -> TikTokProduct | None:
    """A TikTok product of this shop by its id; another shop's is not found (MAP-02)."""
    return hub.shop_for(shop_id).products.get(tiktok_product_id)


def map_existing(session: Session, listing: Listing, there: TikTokProduct, variant_of: Mapping[str, int], by: str) -> None:
    """Binds a TikTok product's SKUs to the variants of one store product (MAP-03), and orders that waited for it go on (MAP-04).

    ``variant_of``: TikTok SKU id → our variant. Raises ``ValueError`` for a double, a stranger or nothing at all.
    """
    chosen = {sku_id: variant_id for sku_id, variant_id in variant_of.items() if variant_id}
    if not chosen:
        raise ValueError("Map at least one SKU.")
    if len(set(chosen.values())) < len(chosen):
        raise ValueError("Each store variant can be mapped to one TikTok Shop SKU only.")
    skus = {sku.sku_id: sku for sku in there.skus}
    if set(chosen) - set(skus):
        raise ValueError("A SKU does not belong to this TikTok Shop product.")
    ours = set(session.scalars(select(StoreVariant.id).where(StoreVariant.product_id == listing.product_id, StoreVariant.gone_at.is_(None))))
    if set(chosen.values()) - ours:
        raise ValueError("A variant does not belong to this store product.")
    taken = session.scalars(select(Listing).where(
        Listing.shop_id == listing.shop_id, Listing.tiktok_product_id == there.product_id, Listing.id != listing.id)).first()
    if taken is not None:
        raise ValueError("This TikTok Shop product is mapped to another store product already.")
    session.execute(delete(ListingSku).where(ListingSku.listing_id == listing.id))
    for sku_id, variant_id in chosen.items():
        sku = skus[sku_id]
        session.add(ListingSku(listing_id=listing.id, shop_id=listing.shop_id, variant_id=variant_id, tiktok_sku_id=sku_id,
                               seller_sku=sku.seller_sku[:64], sent_price=to_micro(sku.price), sent_stock=None))
    listing.tiktok_product_id, listing.origin, listing.pushed_hash = there.product_id, Origin.MAPPED, ""
    listing.down_because, listing.sent = "", {}
    tell(session, listing.id, "mapped", f"Mapped to TikTok Shop product {there.product_id} by {by}")
    session.flush()
    note_tiktok(session, listing.id, there)
    relay_waiting(session, session.get_one(Shop, listing.shop_id), chosen)


def relay_waiting(session: Session, shop: Shop, sku_ids: Iterable[str]) -> int:
    """Orders that could not be created for an unlinked SKU are tried again now that it is linked."""
    waiting = session.scalars(select(OrderLink.tiktok_order_id).distinct().join(OrderUnit, OrderUnit.link_id == OrderLink.id).where(
        OrderLink.shop_id == shop.id, OrderLink.state == LinkState.NEEDS_ATTENTION, OrderLink.store_order_id == "",
        OrderUnit.tiktok_sku_id.in_(list(sku_ids)))).all()
    for order_id in waiting:
        submit_relay(session, shop, order_id)
    return len(waiting)


# -- telling the store's own grid


def submit_rows(session: Session, shop: Shop) -> None:
    """Plans to show what changed in the store's product grid, a few seconds later and in one go."""
    tasks.submit(session, Kind.SEND_LISTING_ROWS, connection_id=shop.connection_id, shop_id=shop.id, queue=Queue.BULK,
                 lane=f"shop:{shop.id}:rows", run_at=clock.now() + timedelta(seconds=5), summary="Show listings in the store")


def send_rows(hub: Hub, task: TaskView) -> Result:
    """Sends listings changed since the last time to the store's plugin (`PUT listings`)."""
    with hub.db.read() as session:
        shop = session.get_one(Shop, task.shop_id)
        connection = session.get_one(Connection, shop.connection_id)
        since = _rows_sent_at(session, shop)
        changed = session.execute(
            select(Listing, StoreProduct.external_id, StoreProduct.sku).join(StoreProduct, StoreProduct.id == Listing.product_id)
            .where(Listing.shop_id == shop.id, Listing.updated_at > since, Listing.state != ListingState.DRAFT)
            .order_by(Listing.updated_at).limit(ROWS_A_CALL)).all()
    store = hub.store_for(connection)
    if not changed or not connection.has_plugin or not isinstance(store, ShowsListings):
        return Result(Outcome.NO_CHANGE)
    rows = [ListingRow(product_id=external_id, sku=sku, tiktok_product_id=listing.tiktok_product_id or "", status=listing.state.value,
                       problems=tuple(row["says"] for row in listing.problems)) for listing, external_id, sku in changed]
    tasks.about_to_write()
    store.put_listings(rows)
    with hub.db.write() as session:
        _keep_rows_sent(session, shop, changed[-1][0].updated_at)
        if len(changed) == ROWS_A_CALL:
            submit_rows(session, shop)
    return Result(Outcome.OK, f"{len(rows)} rows sent")


def _rows_sent_at(session: Session, shop: Shop) -> datetime:
    mark = session.scalars(select(Watermark).where(
        Watermark.connection_id == shop.connection_id, Watermark.name == f"rows:{shop.id}")).one_or_none()
    return mark.at if mark is not None and mark.at is not None else shop.created_at


def _keep_rows_sent(session: Session, shop: Shop, at: datetime) -> None:
    name = f"rows:{shop.id}"
    insert_once(session, Watermark, {"connection_id": shop.connection_id, "name": name, "cursor": ""})
    session.execute(update(Watermark).where(Watermark.connection_id == shop.connection_id, Watermark.name == name).values(at=at))
