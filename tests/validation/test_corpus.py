"""Each broken product is refused by the sandbox with the contract's code, sent as it is; each good one is taken."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.support.openapi import Contract
from tests.validation.corpus import BROKEN, BY_CONTRACT, GOOD
from tests.validation.judge import judge_of
from tests.validation.world import Case


def answer(case: Case) -> int:
    judge = judge_of(case.region)
    return judge.answer(judge.world(case), case)


@pytest.mark.parametrize("case", BROKEN, ids=lambda case: case.id)
def test_a_broken_product_is_refused_with_the_contracts_code(case: Case):
    assert answer(case) == case.code


@pytest.mark.parametrize("case", GOOD, ids=lambda case: case.id)
def test_a_good_product_is_taken(case: Case):
    assert answer(case) == 0


def test_the_corpus_is_as_large_as_was_promised():
    assert len(BROKEN) >= 400
    assert len(BY_CONTRACT) >= 100
    assert len(GOOD) >= 60
    assert all(case.code for case in BROKEN)
    assert not any(case.code for case in GOOD)


def test_no_case_stands_there_twice():
    assert [name for name, count in Counter(case.id for case in [*BROKEN, *GOOD]).items() if count > 1] == []


def test_each_code_is_one_that_a_create_an_edit_or_a_picture_can_be_answered_with():
    contract = Contract.find("tiktok_shop.openapi.json")
    known = {code for method, path in (("POST", "/product/202309/products"), ("PUT", "/product/202509/products/{product_id}"),
                                       ("POST", "/product/202309/images/upload"))
             for code in contract.operation(method, path)["x-error-codes"]}
    assert {case.code for case in BROKEN} <= known
