"""Whose value a field of a listing has on TikTok Shop: the store's, the hub's, or TikTok Shop's own (RUL-01 … RUL-06, DET-02).

A rule is named ``<field>.<moment>`` (``name.update``). What a store system offers is data (`Platform.rule_choices`, features.md
34.1); a product's own rule goes before the shop's. A field that TikTok Shop keeps is not in the request at all.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from hub.domain.listings import Draft, DraftSku, TikTokProduct
from hub.rules.precedence import Chosen, choose

FIELDS = ("name", "description", "price", "media", "barcode", "stock", "status", "video", "brand")
CREATE, UPDATE = "create", "update"
MOMENTS = (CREATE, UPDATE)

Choices = Mapping[tuple[str, str], tuple[str, ...]]


class Source(StrEnum):
    """Where a field's value comes from. ``TTS``: what TikTok Shop has stays. ``DONT_SYNC``: the field is not filled in on create."""

    ORIGIN = "origin"
    CONNECTOR = "connector"
    TTS = "tts"
    DONT_SYNC = "dont_sync"


def rule_name(field: str, moment: str) -> str:
    """The name under which a choice is kept."""
    return f"{field}.{moment}"


def default_of(choices: Choices, field: str, moment: str) -> Source:
    """What goes where nobody chose: the store's value wherever it is offered, else the first choice there is; for a field that
    is not offered, what the hub always does."""
    offered = choices.get((field, moment), ())
    if Source.ORIGIN in offered or (not offered and field != "brand"):
        return Source.ORIGIN
    return Source(offered[0]) if offered else Source.CONNECTOR


def not_offered(choices: Choices, rules: Mapping[str, str]) -> list[str]:
    """Names of the rules whose value this store system does not offer."""
    offered = {rule_name(field, moment): values for (field, moment), values in choices.items()}
    return [name for name, value in rules.items() if value not in offered.get(name, ())]


@dataclass(frozen=True, slots=True)
class Sources:
    """The rules that hold for a product: a `Source` with the level that chose it, by rule name ("" = nobody, the default).
    ``has_status``: the store system's status is a field of its own.
    """

    chosen: Mapping[str, Chosen]
    has_status: bool = False

    def of(self, field: str, moment: str = UPDATE) -> Source:
        """Where the field's value comes from."""
        return Source(self.chosen[rule_name(field, moment)].value)

    def keeps(self, field: str) -> bool:
        """Whether TikTok Shop keeps its value of this field once the product is there."""
        return self.of(field, UPDATE) is Source.TTS

    @property
    def follows_status(self) -> bool:
        """Whether a product that is switched off in the store is taken off sale."""
        return self.has_status and self.of("status") is Source.ORIGIN


def sources(choices: Choices, shop: Mapping[str, str], product: Mapping[str, str]) -> Sources:
    """What holds for each field. A kept rule that the store system does not offer counts as none."""
    chosen = {}
    for field in FIELDS:
        for moment in MOMENTS:
            name, offered = rule_name(field, moment), choices.get((field, moment), ())
            own, general = (rules.get(name) if rules.get(name) in offered else None for rules in (product, shop))
            found = choose(own, None, general)
            chosen[name] = Chosen(Source(found.value), found.level) if found.level else Chosen(default_of(choices, field, moment), "")
    return Sources(chosen, ("status", UPDATE) in choices)


def title_of(rules: Sources, moment: str, own: str) -> str:
    """The hub's title where that is the rule (RUL-02, RUL-03); "" = the store's."""
    return own if rules.of("name", moment) is Source.CONNECTOR else ""


@dataclass(frozen=True, slots=True)
class Sending:
    """What goes to TikTok Shop: the draft, and the fields of it that are not sent."""

    draft: Draft
    left_out: frozenset[str] = frozenset()


_CONTENT = ("name", "description", "media", "barcode", "video", "brand")


def sending(draft: Draft, rules: Sources, moment: str) -> Sending:
    """The draft as the rules let it go. A SKU that TikTok Shop does not know yet has nothing to keep: it goes as on a create."""
    left = frozenset(field for field in (*_CONTENT, "price", "stock") if rules.keeps(field)) if moment == UPDATE else frozenset()
    skus = tuple(_created(sku, rules) if moment == CREATE or not sku.tiktok_sku_id else sku for sku in draft.skus)
    return Sending(without(replace(draft, skus=skus), left), left)


def _created(sku: DraftSku, rules: Sources) -> DraftSku:
    if rules.of("barcode", CREATE) is Source.DONT_SYNC:
        sku = replace(sku, barcode="", barcode_type="")
    return replace(sku, stock=0) if rules.of("stock", CREATE) is Source.DONT_SYNC else sku


def without(draft: Draft, left_out: frozenset[str]) -> Draft:
    """The draft with nothing in the fields that are not sent; what a SKU needs that is new there stays."""
    skus = []
    for sku in draft.skus:
        if sku.tiktok_sku_id and "barcode" in left_out:
            sku = replace(sku, barcode="", barcode_type="")
        if sku.tiktok_sku_id and "media" in left_out:
            sku = replace(sku, image_url="")
        skus.append(sku)
    return replace(
        draft, skus=tuple(skus), title="" if "name" in left_out else draft.title,
        description="" if "description" in left_out else draft.description, brand_id="" if "brand" in left_out else draft.brand_id,
        image_urls=() if "media" in left_out else draft.image_urls)


def is_partial(one: Sending) -> bool:
    """Whether something of the content is kept: a full edit would wipe it (contract 5.3 EditProduct)."""
    return bool(one.left_out.intersection(_CONTENT))


def with_theirs(one: Sending, there: TikTokProduct, *, whole: bool) -> Draft:
    """The draft with what TikTok Shop has now wherever leaving out would wipe it: codes and pictures of SKUs, which are sent as one
    block (contract 5.3 PartialEditProduct), and with ``whole``, for a full edit, the product's own fields too."""
    draft, of_sku = one.draft, {sku.sku_id: sku for sku in there.skus}
    pictured = any(sku.image_uri for sku in there.skus)
    skus = []
    for sku in draft.skus:
        known = of_sku.get(sku.tiktok_sku_id)
        if known is not None and "barcode" in one.left_out:
            sku = replace(sku, barcode=known.barcode, barcode_type=known.barcode_type)
        if "media" in one.left_out:
            sku = replace(sku, image_url=known.image_uri if known is not None else sku.image_url if pictured else "")
        skus.append(sku)
    draft = replace(draft, skus=tuple(skus))
    if not whole:
        return draft
    return replace(
        draft, title=there.title if "name" in one.left_out else draft.title,
        description=there.description if "description" in one.left_out else draft.description,
        image_urls=there.image_uris if "media" in one.left_out else draft.image_urls,
        brand_id=there.brand_id if "brand" in one.left_out else draft.brand_id)


# -- whether it took


def remembered(draft: Draft, left_out: frozenset[str]) -> dict[str, str]:
    """What to look for when TikTok Shop is read again, by field; nothing for what was not sent."""
    sent = {"name": draft.title, "description": plain_text(draft.description), "media": str(len(draft.image_urls)), "brand": draft.brand_id}
    return {field: value for field, value in sent.items() if field not in left_out and value}


def differences(sent: Mapping[str, str], there: TikTokProduct, rules: Sources) -> list[tuple[str, str, str]]:
    """Fields that TikTok Shop took and yet has otherwise: (field, what was sent, what it shows). One that it keeps by now is its own."""
    shown = {"name": there.title, "description": plain_text(there.description), "media": str(len(there.image_uris)), "brand": there.brand_id}
    return [(field, value, shown[field]) for field, value in sent.items()
            if field in shown and not rules.keeps(field) and " ".join(value.split()) != " ".join(shown[field].split())]


def plain_text(markup: str) -> str:
    """The words of a description, without its tags: TikTok Shop may write those its own way."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", markup)).split())
