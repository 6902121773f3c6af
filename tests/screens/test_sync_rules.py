"""Sync rules and the low-inventory threshold, in Settings and on a product (RUL-01, RUL-06, DET-02, INV-01, INV-02, INV-10)."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from hub.models.listings import Listing
from hub.models.products import StoreProduct
from hub.models.shops import Shop
from hub.stores import PLATFORMS
from hub.wiring import Hub
from tests.screens.conftest import Visitor
from tests.screens.rows import Filled

SignIn = Callable[[str], Visitor]
SIZES = {"package_length": "11", "package_width": "8", "package_height": "6"}


@pytest.fixture
def maya(signed_in: SignIn, filled: Filled) -> Visitor:
    """The owner, looking at the first connection."""
    visitor = signed_in("owner")
    visitor.get(f"/admin/connections/{filled.connection_id}/open")
    return visitor


def offered(page: str) -> dict[str, list[str]]:
    """The choices of each rule that the page lets one change."""
    return {name: re.findall(r'value="(\w+)"', options) for name, options in re.findall(
        r'<select[^>]*name="rule-([a-z.]+)"[^>]*>(.*?)</select>', page, re.S)}


@pytest.mark.feature("RUL-01", "RUL-06")
def test_settings_offer_just_what_the_store_system_has_and_refuse_the_rest(maya: Visitor, filled: Filled, hub: Hub) -> None:
    choices = PLATFORMS["magento"].rule_choices
    assert offered(maya.get("/admin/settings/products")) == {
        f"{field}.{moment}": list(values) for (field, moment), values in choices.items() if len(values) > 1}
    for rule, value in (("name.update", "dont_sync"), ("barcode.update", "tts")):
        maya.post("/admin/settings/products", {**SIZES, f"rule-{rule}": value})
        assert maya.status == 422, rule
    maya.post("/admin/settings/products", {**SIZES, "rule-name.update": "tts"})
    with hub.db.read() as db:
        assert db.get_one(Shop, filled.shop_id).settings["products"]["rules"] == {"name.update": "tts"}


@pytest.mark.feature("INV-01", "INV-02")
def test_a_low_threshold_has_a_hint_and_one_mode_holds(maya: Visitor, filled: Filled, hub: Hub) -> None:
    maya.post("/admin/settings/products", {**SIZES, "threshold": "5", "threshold_mode": "deactivate"})
    page = maya.get("/admin/settings/products")
    assert "Greater than 5 suggested" in page and "TikTok Shop may sell some before" in page
    assert len(re.findall(r'name="threshold_mode"[^>]* checked', page)) == 1
    with hub.db.read() as db:
        kept = db.get_one(Shop, filled.shop_id).settings["products"]
    assert (kept["threshold"], kept["threshold_mode"]) == (5, "deactivate")


@pytest.mark.feature("DET-02", "INV-10")
def test_a_product_says_where_its_rule_and_threshold_come_from(maya: Visitor, filled: Filled, hub: Hub) -> None:
    listing_id = filled.listings["live"]
    maya.post("/admin/settings/products", {**SIZES, "rule-price.update": "tts", "threshold": "6", "threshold_mode": "out_of_stock"})
    path = f"/admin/products/{listing_id}/"
    page = maya.get(path)
    assert "Leave TikTok Shop&#39;s, from Settings" in page and "Fewer than 6 shows as out of stock, from Settings" in page
    maya.post(f"{path}rules", {"rule-name.update": "tts"})
    maya.post(f"{path}threshold", {"threshold": "", "threshold_mode": "", "exclude": "1"})
    page = maya.get(path)
    assert "Leave TikTok Shop&#39;s, set for this product" in page and "None applies, set for this product" in page
    with hub.db.read() as db:
        product = db.get_one(StoreProduct, db.get_one(Listing, listing_id).product_id)
    assert (product.hub_rules, product.hub_threshold) == ({"name.update": "tts"}, {"exclude": True})
