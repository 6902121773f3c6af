"""What a product lacks in the store stands on its row and its page (BIG-04, BIG-05)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hub.domain.problems import problem
from hub.models.listings import Listing
from hub.models.products import StoreProduct
from hub.wiring import Hub
from tests.screens.conftest import Visitor
from tests.screens.rows import Filled

SignIn = Callable[[str], Visitor]
NO_CATEGORY = problem("field.missing", name="Category")
NO_STOCK = problem("stock.not_synced")
NOT_SOLD = problem("product.not_for_sale", reason="its price is hidden")


@pytest.fixture
def owner(signed_in: SignIn, filled: Filled) -> Visitor:
    """The owner, looking at the first connection."""
    visitor = signed_in("owner")
    visitor.get(f"/admin/connections/{filled.connection_id}/open")
    return visitor


@pytest.mark.feature("BIG-04", "BIG-05")
def test_what_a_product_lacks_in_the_store_is_named_on_its_row_and_its_page(owner: Visitor, filled: Filled, hub: Hub) -> None:
    listing_id = filled.listings["live"]
    with hub.db.write() as db:
        product = db.get_one(StoreProduct, db.get_one(Listing, listing_id).product_id)
        product.data = {**product.data, "problems": [NOT_SOLD.as_json()], "warnings": [NO_STOCK.as_json(), NO_CATEGORY.as_json()]}
        title = product.title
    row = owner.get("/admin/products/?q=" + title).split(title, 1)[1]
    page = owner.get(f"/admin/products/{listing_id}/")
    for shown in (row, page):
        assert "Stock not synced: track by variant." in shown and "The field Category is not set in the store." in shown
        assert "its price is hidden" in shown and NO_STOCK.fix.replace("'", "&#39;") in shown
    assert "Stock not synced</a>" in row and "Category not set</a>" in row
