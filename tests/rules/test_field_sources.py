"""Sync rules: what each store system offers, whose rule holds, and what is sent (RUL-01 … RUL-06, DET-02)."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from hub.domain.listings import Draft, TikTokProduct, TikTokSku
from hub.rules.field_sources import (
    CREATE,
    FIELDS,
    MOMENTS,
    UPDATE,
    Source,
    differences,
    is_partial,
    not_offered,
    remembered,
    sending,
    sources,
    title_of,
    with_theirs,
    without,
)
from hub.rules.listings import check_listing, fingerprint
from hub.stores import PLATFORMS
from tests.rules import made

COLUMNS = ("magento", "shopify", "bigcommerce", "prestashop")
OC, OCT, OO, OT, OD, NONE = (("origin", "connector"), ("origin", "connector", "tts"), ("origin",), ("origin", "tts"),
                             ("origin", "dont_sync"), ())  # fmt: skip
# features.md 34.1, in the order of COLUMNS.
TABLE = {
    ("name", "create"): (OC, OC, OC, OC), ("name", "update"): (OCT, OCT, OCT, OCT),
    ("description", "create"): (OO, OO, OO, OO), ("description", "update"): (OT, OT, OT, OT),
    ("price", "create"): (OO, OO, OO, OO), ("price", "update"): (OT, OT, OT, OT),
    ("media", "create"): (OO, OO, OO, OO), ("media", "update"): (OT, OT, OT, OT),
    ("barcode", "create"): (NONE, OD, OD, OD), ("barcode", "update"): (NONE, OT, OT, OT),
    ("stock", "create"): (OD, OD, OD, OD), ("stock", "update"): (OT, OT, OT, OT),
    ("status", "create"): (NONE, ("dont_sync",), NONE, NONE), ("status", "update"): (NONE, OT, NONE, NONE),
    ("video", "create"): (NONE, OD, NONE, NONE), ("video", "update"): (NONE, OT, NONE, NONE),
    ("brand", "create"): (NONE, ("connector",), NONE, NONE), ("brand", "update"): (NONE, ("connector", "tts"), NONE, NONE),
}  # fmt: skip
SHOPIFY = PLATFORMS["shopify"].rule_choices
FEATURES = Path(__file__).parents[2].parent / "shared" / "features.md"


@pytest.mark.feature("RUL-01", "RUL-06")
@pytest.mark.parametrize("platform", COLUMNS)
@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_store_system_offers_just_these_choices_and_refuses_any_other(platform: str, field: str, moment: str):
    choices, expected = PLATFORMS[platform].rule_choices, TABLE[field, moment][COLUMNS.index(platform)]
    assert choices.get((field, moment), ()) == expected
    assert [one for one in Source if not not_offered(choices, {f"{field}.{moment}": one.value})] == [
        one for one in Source if one.value in expected]


@pytest.mark.skipif(not FEATURES.exists(), reason="the features' list is not beside the project")
def test_the_table_here_is_that_of_the_features_list():
    words = {"Origin": "origin", "Connector": "connector", "TTS": "tts", "Don't sync": "dont_sync"}
    section = FEATURES.read_text(encoding="utf-8").split("### 34.1")[1].split("### 34.2")[0]
    rows = re.findall(r"^\| (\w+) \| (create|update) \| (.+) \|$", section, re.M)
    assert len(rows) == len(TABLE)
    for field, moment, cells in rows:
        told = tuple(tuple(words[one] for one in cell.strip().split(", ") if one != "—") for cell in cells.split(" | "))
        assert told == TABLE[field.lower(), moment], (field, moment)


@pytest.mark.feature("DET-02")
def test_a_products_rule_goes_before_the_shops_and_the_shops_before_the_default():
    found = sources(SHOPIFY, {"name.update": "origin", "price.update": "tts"}, {"name.update": "tts"}).chosen
    assert (found["name.update"].value, found["name.update"].level) == (Source.TTS, "product")
    assert (found["price.update"].value, found["price.update"].level) == (Source.TTS, "store")
    assert (found["media.update"].value, found["media.update"].level) == (Source.ORIGIN, "")
    assert (found["brand.update"].value, found["status.create"].value) == (Source.CONNECTOR, Source.DONT_SYNC)


def test_a_kept_rule_that_is_not_offered_any_more_counts_as_none():
    found = sources(PLATFORMS["magento"].rule_choices, {"barcode.update": "tts"}, {"description.update": "connector"})
    assert not found.keeps("barcode") and not found.keeps("description")


@pytest.mark.feature("RUL-02", "RUL-03")
@pytest.mark.parametrize(
    ("rule", "expected"), [("origin", "Linen Shirt in Sand"), ("connector", "The hub's own title"), ("tts", "Linen Shirt in Sand")])
def test_the_title_is_the_stores_or_the_hubs_by_rule(rule: str, expected: str):
    rules = sources(SHOPIFY, {"name.update": rule}, {})
    product = made.product(title="Linen Shirt in Sand")
    checked = check_listing(product, made.ground(title=title_of(rules, UPDATE, "The hub's own title")))
    assert checked.draft is not None
    going = sending(checked.draft, rules, UPDATE)
    assert ("name" in going.left_out) is (rule == "tts") and (going.draft.title or "Linen Shirt in Sand") == expected
    assert product.title == "Linen Shirt in Sand"


def draft() -> Draft:
    found = check_listing(made.product(), made.ground()).draft
    assert found is not None
    first, *rest = found.skus
    return replace(found, brand_id="77", skus=(
        replace(first, tiktok_sku_id="1", barcode="4006381333931", barcode_type="EAN", image_url="https://store/a.jpg", stock=9), *rest))


@pytest.mark.feature("RUL-05")
def test_stock_and_barcode_that_are_not_synced_on_create_start_without():
    made_new = replace(draft(), skus=tuple(replace(sku, tiktok_sku_id="") for sku in draft().skus))
    rules = sources(SHOPIFY, {"stock.create": "dont_sync", "barcode.create": "dont_sync"}, {})
    going = sending(made_new, rules, CREATE)
    assert [(sku.stock, sku.barcode) for sku in going.draft.skus] == [(0, "")] * len(made_new.skus) and not going.left_out
    known = sending(draft(), rules, UPDATE).draft.skus[0]
    assert (known.stock, known.barcode) == (9, "4006381333931"), "what is on TikTok Shop already is an update"


@pytest.mark.feature("RUL-04")
@pytest.mark.parametrize(
    ("field", "change"),
    [("name", {"title": "Another Title of the Store"}), ("description", {"description": "<p>Other words.</p>"}),
     ("media", {"image_urls": ("https://store/other.jpg",)}), ("brand", {"brand_id": "78"})],
)  # fmt: skip
def test_a_field_that_tiktok_shop_keeps_is_not_sent_and_its_change_calls_for_no_push(field: str, change: dict[str, object]):
    kept, synced = sources(SHOPIFY, {f"{field}.update": "tts"}, {}), sources(SHOPIFY, {}, {})
    before, after = (sending(one, kept, UPDATE) for one in (draft(), replace(draft(), **change)))  # type: ignore[arg-type]
    assert after.left_out == {field} and is_partial(after)
    assert fingerprint(before.draft) == fingerprint(after.draft)
    assert not is_partial(sending(draft(), synced, UPDATE))
    assert fingerprint(sending(draft(), synced, UPDATE).draft) != fingerprint(sending(replace(draft(), **change), synced, UPDATE).draft)  # type: ignore[arg-type]


def test_price_and_stock_that_are_kept_need_no_partial_edit():
    going = sending(draft(), sources(SHOPIFY, {"price.update": "tts", "stock.update": "tts"}, {}), UPDATE)
    assert going.left_out == {"price", "stock"} and not is_partial(going)


THERE = TikTokProduct(
    product_id="p", status="ACTIVATE", audit="APPROVED", title="Their title", description="<p>Their words.</p>", brand_id="9",
    image_uris=("u1", "u2"), skus=(TikTokSku(sku_id="1", seller_sku="a", barcode="96385074", barcode_type="EAN", image_uri="u3"),))


def test_codes_and_pictures_of_skus_that_are_kept_are_theirs_again():
    rules = sources(SHOPIFY, {"barcode.update": "tts", "media.update": "tts"}, {})
    going = sending(draft(), rules, UPDATE)
    assert (going.draft.skus[0].barcode, going.draft.skus[0].image_url, going.draft.image_urls) == ("", "", ())
    found = with_theirs(going, THERE, whole=False)
    assert (found.skus[0].barcode, found.skus[0].barcode_type, found.skus[0].image_url) == ("96385074", "EAN", "u3")
    assert found.title == draft().title and found.image_urls == ()


def test_a_full_edit_that_must_be_carries_what_tiktok_shop_keeps():
    rules = sources(SHOPIFY, {f"{field}.update": "tts" for field in ("name", "description", "media", "brand")}, {})
    found = with_theirs(sending(draft(), rules, UPDATE), THERE, whole=True)
    assert (found.title, found.description, found.image_urls, found.brand_id) == ("Their title", "<p>Their words.</p>", ("u1", "u2"), "9")
    assert (found.category_id, found.skus[0].barcode) == (draft().category_id, "4006381333931")


def test_what_did_not_take_is_found_and_what_is_kept_is_not_looked_for():
    going = sending(draft(), sources(SHOPIFY, {}, {}), UPDATE)
    sent = remembered(going.draft, going.left_out)
    same = replace(THERE, title=f" {draft().title} ", description=f"<div>{draft().description}</div>", brand_id="77",
                   image_uris=tuple("u" for _ in draft().image_urls))
    assert differences(sent, same, sources(SHOPIFY, {}, {})) == []
    other = replace(same, title="Another", brand_id="")
    found = {field: (ours, theirs) for field, ours, theirs in differences(sent, other, sources(SHOPIFY, {}, {}))}
    assert found == {"name": (draft().title, "Another"), "brand": ("77", "")}
    kept = sources(SHOPIFY, {"name.update": "tts", "brand.update": "tts"}, {})
    assert differences(sent, other, kept) == []
    assert "name" not in remembered(draft(), frozenset({"name"}))


def test_nothing_left_out_leaves_the_draft_as_it_is():
    assert without(draft(), frozenset()) == draft() and sending(draft(), sources({}, {}, {}), UPDATE).draft == draft()
