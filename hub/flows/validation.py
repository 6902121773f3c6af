"""A look at a product before it is pushed: everything that TikTok Shop would refuse, all at once; nothing is sent (PRD-13)."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select

from hub import clock
from hub.domain.listings import ListingState
from hub.domain.problems import Problem, problem
from hub.domain.products import Picture
from hub.domain.tasks import Kind, Outcome
from hub.errors import Refused
from hub.flows.listing_facts import Facts
from hub.flows.listings import IMAGE_LASTS, gather, submit_rows, tell
from hub.flows.tasks import Result, TaskView
from hub.models.connections import Connection
from hub.models.listings import Listing, UploadedImage
from hub.models.shops import Shop
from hub.rules.checks.pictures import MOST, name_of
from hub.rules.listings import check_listing
from hub.rules.picture_files import look
from hub.wiring import Hub

_OF = "of"
_NOT_THERE_YET = {ListingState.DRAFT, ListingState.READY, ListingState.NEEDS_ATTENTION}


def validate_listing(hub: Hub, listing_id: int, task: TaskView) -> Result:
    """Says what stands in the way of a push, and notes it at the listing. The category's rules are those that were read last;
    pictures that TikTok Shop has not taken yet are looked at in the store."""
    facts = gather(hub, listing_id, any_age=True)
    if facts.row.gone_at is not None:
        return _note(hub, facts, [problem("product.unknown", id=facts.row.external_id)], [], task)
    pictures, lost = _pictures(hub, facts)
    checked = check_listing(facts.product, replace(facts.ground, pictures=pictures))
    return _note(hub, facts, [*checked.problems, *lost], list(checked.notes), task)


def _pictures(hub: Hub, facts: Facts) -> tuple[dict[str, Picture], list[Problem]]:
    """What the files of those pictures are that TikTok Shop does not have yet, and those that the store no longer has."""
    wanted = list(dict.fromkeys(image.url for image in facts.product.images))[:MOST]
    wanted += [one.image.url for one in facts.product.variants if one.active and one.image is not None]
    with hub.db.read() as session:
        taken = set(session.scalars(select(UploadedImage.source_url).where(
            UploadedImage.grant_id == facts.shop.grant_id, UploadedImage.source_url.in_(wanted),
            UploadedImage.uploaded_at > clock.now() - IMAGE_LASTS)))
        connection = session.get_one(Connection, facts.shop.connection_id)
    store, pictures, lost = hub.store_for(connection), {}, []
    for url in dict.fromkeys(one for one in wanted if one not in taken):
        try:
            pictures[url] = look(store.image(url))
        except Refused as error:
            lost.append(problem("image.refused", name=name_of(url), reason=error.says))
    return pictures, lost


def _note(hub: Hub, facts: Facts, problems: list[Problem], notes: list[Problem], task: TaskView) -> Result:
    with hub.db.write() as session:
        listing = session.get_one(Listing, facts.listing.id)
        is_new = not listing.tiktok_product_id and listing.state in _NOT_THERE_YET
        # What is on TikTok Shop keeps its own story: the last push is not undone by a look.
        others = [] if is_new else [row for row in listing.problems if row.get(_OF) != Kind.VALIDATE_LISTINGS]
        before = listing.state, listing.problems
        listing.problems = [*[{**one.as_json(), _OF: Kind.VALIDATE_LISTINGS} for one in problems], *others]
        if is_new:
            listing.state = ListingState.NEEDS_ATTENTION if problems else ListingState.READY
        if before != (listing.state, listing.problems):
            listing.updated_at = clock.now()
            submit_rows(session, session.get_one(Shop, listing.shop_id))
        says = " · ".join(one.says for one in problems) or "Checked: nothing stands in the way"
        tell(session, listing.id, "problem_found" if problems else "checked", " · ".join([says, *(one.says for one in notes)]), task.id)
    if problems:
        return Result(Outcome.NEEDS_ATTENTION, problems[0].says, tuple(problems))
    return Result(Outcome.OK, " ".join(["Nothing stands in the way.", *(one.says for one in notes)])[:500])
