"""What the checks find before anything is sent, measured against the judge: the share of its refusals, and no good product held back.

A case counts as found where the checks name a problem, or where they make the product fit and the judge takes what is then sent.
The product comes to the checks as the flow hands it over: with a cleaned description and what is known of its pictures' files.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from functools import cache

import pytest

from hub.domain.products import Picture
from hub.flows.html import clean
from hub.rules.listings import Checked, check_listing
from hub.tiktok.codes import PROBLEM_OF
from hub.tiktok.product_writing import product_body
from tests.validation.corpus import BROKEN, GOOD
from tests.validation.judge import Judge, images_of, judge_of
from tests.validation.world import Case, Look, World

LEAST = 0.95
# What nothing that is cached here can tell.
NOT_KNOWN_OFFLINE = {12052026: "the brand was deleted", 12052221: "whether this seller was invited", 12052557: "the SKU was deleted there"}


def as_the_flow_hands_it(judge: Judge, world: World) -> World:
    looks = {image.url: world.looks.get(image.url, Look()) for image in images_of(world)}
    pictures = {url: Picture(look.width, look.height, look.size, look.kind if look.kind == "png" else "") for url, look in looks.items()}
    sells = frozenset(one.warehouse_id for one in judge.shop.logistics.warehouses() if one.enabled and one.kind == "sales")
    own = clean(world.ground.description) if world.ground.description else ""
    ground = replace(world.ground, warehouses=sells, pictures=pictures, description=own)
    return World(replace(world.product, description=clean(world.product.description)), ground, world.looks)


@dataclass(frozen=True)
class Verdict:
    """`code`: the judge's answer to the product as it is; `after`: to what the checks would send, None where they hold it back."""

    code: int
    checked: Checked
    after: int | None

    @property
    def kind(self) -> str:
        if self.after is None:
            return "named"
        return "made fit" if self.after == 0 else "missed"


@cache
def verdict(case: Case) -> Verdict:
    judge = judge_of(case.region)
    world = judge.world(case)
    handed = as_the_flow_hands_it(judge, world)
    checked = check_listing(handed.product, handed.ground)
    return Verdict(judge.answer(world, case), checked, after(judge, handed, checked, case))


def after(judge: Judge, world: World, checked: Checked, case: Case) -> int | None:
    """The judge's answer to the draft, through the hub's own client."""
    draft = checked.draft
    if draft is None:
        return None
    uris: dict[str, str] = {}
    for use_case, urls in (("MAIN_IMAGE", draft.image_urls), ("ATTRIBUTE_IMAGE", [one.image_url for one in draft.skus if one.image_url])):
        for url in urls:
            sent = judge.upload(world.looks.get(url, Look()), use_case)
            if isinstance(sent, int):
                return sent
            uris[url] = sent
    return judge.send(product_body(draft, uris, category_version=judge.hand.version, is_cross_border=False), world, case)


@pytest.mark.feature("PRD-13")
def test_nineteen_of_twenty_refusals_are_found_before_anything_is_sent(capsys: pytest.CaptureFixture[str]):
    refused = [case for case in BROKEN if verdict(case).code]
    found = Counter((case.code, verdict(case).kind) for case in refused)
    total = Counter(verdict(case).kind for case in refused)
    share = 1 - total["missed"] / len(refused)
    with capsys.disabled():
        print(f"\n{'code':>10} {'refused':>8} {'named':>8} {'made fit':>9} {'missed':>8}")
        for code in sorted({case.code for case in refused}):
            row = {kind: found[code, kind] for kind in ("named", "made fit", "missed")}
            print(f"{code:>10} {sum(row.values()):>8} {row['named']:>8} {row['made fit']:>9} {row['missed']:>8}  {PROBLEM_OF.get(code, '')}")
        print(f"{'all':>10} {len(refused):>8} {total['named']:>8} {total['made fit']:>9} {total['missed']:>8}  {share:.1%} found")
    assert len(refused) == len(BROKEN)
    assert share >= LEAST


def test_what_is_missed_is_what_no_cache_can_tell():
    assert {case.code for case in BROKEN if verdict(case).kind == "missed"} <= set(NOT_KNOWN_OFFLINE)


@pytest.mark.feature("ATT-13", "ERR-04")
def test_each_missing_attribute_and_certificate_is_named():
    missing = [case for case in BROKEN if case.code in (12052104, 12052105)]
    assert len(missing) > 30
    for case in missing:
        world = judge_of(case.region).world(case)
        told = " ".join(one.says for one in verdict(case).checked.problems)
        wanted = [one.name for one in world.ground.rules.certificates if one.required]
        wanted += [one.name for one in world.ground.attributes if one.required and not one.is_sales and one.name not in world.product.attributes]
        assert wanted, case.id
        assert [name for name in wanted if name not in told] == [], case.id


# Made fit by leaving something out or by cutting it: that is said.
LOSSY = {12052249, 12052250, 12052256, 12052306, 12052522, 12052591, 12052592, 12052598, 12052935}


def test_what_is_left_out_is_said():
    fit = [case for case in BROKEN if case.code in LOSSY and verdict(case).kind == "made fit" and " said to be a" not in case.name]
    assert len(fit) > 30
    assert [case.id for case in fit if not verdict(case).checked.notes] == []


def test_a_barcode_of_another_type_than_was_said_goes_under_its_own():
    of_type = [verdict(case).checked.draft for case in BROKEN if " said to be a" in case.name]
    assert [(one.skus[0].barcode, one.skus[0].barcode_type) for one in of_type if one] == [
        ("4006381333931", "EAN"), ("036000291452", "UPC"), ("4006381333931", "EAN"), ("96385074", "EAN")]


@pytest.mark.parametrize("case", GOOD, ids=lambda case: case.id)
def test_a_good_product_is_not_held_back_and_is_taken_as_the_hub_sends_it(case: Case):
    found = verdict(case)
    assert (found.code, found.checked.problems, found.after) == (0, (), 0)


def test_nothing_is_said_of_a_good_product():
    assert {case.id: [one.says for one in verdict(case).checked.notes] for case in GOOD if verdict(case).checked.notes} == {}


def test_each_problem_says_where_what_and_what_to_do_now():
    for case in BROKEN:
        checked = verdict(case).checked
        for one in (*checked.problems, *checked.notes):
            assert one.where and one.says and one.fix and one.link, (case.id, one)
            assert "{" not in one.where + one.says + one.fix, (case.id, one)
            assert not one.says.startswith("? "), (case.id, one)
