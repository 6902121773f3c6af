"""Products: create, edit, look at, take down, price, stock, pictures (contract 5.3).

A create carries an idempotency key of ours, so that a lost answer can be asked for again; every other write is
absolute and may be repeated as it stands.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from hub.domain.listings import Draft, Saved, TikTokProduct
from hub.domain.problems import Problem, problem
from hub.errors import Refused
from hub.tiktok import codes
from hub.tiktok.client import Caller, has_code
from hub.tiktok.product_reading import product_of, saved_of
from hub.tiktok.product_writing import price_body, product_body
from hub.tiktok.translate import epoch, in_path, rows, text

_PAGE = 100
_SWITCHED_PER_CALL = 20
_SKUS_PER_FILTER = 10
_INVENTORY_PER_CALL = 100
# A field's name in a body.
_CALLED = {"name": "title", "description": "description", "media": "main_images", "brand": "brand_id"}


class Products:
    """Products of one shop."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def create(self, draft: Draft, key: str, images: Mapping[str, str]) -> Saved:
        """List it; the review starts at once (CreateProduct). ``key`` is sent as ``idempotency_key``, 128 at most.

        ``images`` maps each store address of a picture to the URI that `upload_image` gave. Raises ``Refused`` with
        the merchant's problem. TikTok's warnings come with the answer: the product was accepted all the same.
        """
        body = self._body(draft, images) | {"save_mode": "LISTING", "idempotency_key": key[:128]}
        return saved_of(
            self._caller.call("CreateProduct", "POST", "/product/202309/products", body=body, crash_point="tiktok.products.create")
        )

    def edit(
        self,
        product_id: str,
        draft: Draft,
        images: Mapping[str, str],
        *,
        with_price: bool = True,
        with_stock: bool = True,
    ) -> Saved:
        """Make the product equal to the draft (EditProduct 202509): what is not in it is cleared, SKUs included.

        Price and stock of known SKUs are kept where they are not wanted. A live product keeps its old content until
        the new one passed the review.
        """
        return saved_of(
            self._caller.call(
                "EditProduct",
                "PUT",
                f"/product/202509/products/{in_path(product_id)}",
                body=self._body(draft, images, with_price=with_price, with_stock=with_stock),
                crash_point="tiktok.products.edit",
            )
        )

    def edit_part(
        self,
        product_id: str,
        draft: Draft,
        images: Mapping[str, str],
        left_out: Collection[str],
        *,
        with_price: bool = True,
        with_stock: bool = True,
    ) -> Saved:
        """Change the product and leave some of it as it is (PartialEditProduct 202509): ``left_out`` of name, description, media,
        brand are not sent, so they stay, as does all that a draft knows nothing of. SKUs go as one block. The category cannot change.
        """
        body = self._body(draft, images, with_price=with_price, with_stock=with_stock)
        unsent = {"category_id", "category_version", *(_CALLED[field] for field in left_out if field in _CALLED)}
        return saved_of(
            self._caller.call(
                "PartialEditProduct",
                "POST",
                f"/product/202509/products/{in_path(product_id)}/partial_edit",
                body={name: value for name, value in body.items() if name not in unsent},
                crash_point="tiktok.products.edit_part",
            )
        )

    def get(self, product_id: str, under_review: bool = False) -> TikTokProduct | None:
        """The product, None where this shop has none of that id (GetProduct).

        ``under_review``: the edited version where one waits, else the live one. A frozen or deleted product cannot
        be read: ``Refused`` with ``listing.not_live``.
        """
        query = {"return_under_review_version": "true"} if under_review else {}
        try:
            data = self._caller.call("GetProduct", "GET", f"/product/202309/products/{in_path(product_id)}", query=query)
        except Refused as refused:
            if under_review and has_code(refused, {codes.NO_VERSION_IN_REVIEW}):
                return self.get(product_id)
            if has_code(refused, codes.GONE):
                return None
            raise
        return product_of(data, self._caller.is_cross_border) if data else None

    def search(self, seller_skus: Sequence[str] = (), status: str = "ALL", updated_from: datetime | None = None) -> Iterator[TikTokProduct]:
        """Products with less detail than `get`; at most 10,000 a search (SearchProducts 202502).

        Many SKUs are asked for ten at a time; a product then comes once. ``updated_from`` is inclusive.
        """
        body: dict[str, Any] = {"status": status}
        if updated_from:
            body["update_time_ge"] = epoch(updated_from)
        wanted = list(dict.fromkeys(seller_skus))
        seen: set[str] = set()
        for start in range(0, len(wanted) or 1, _SKUS_PER_FILTER):
            part = {"seller_skus": wanted[start : start + _SKUS_PER_FILTER]} if wanted else {}
            for row in self._caller.pages(
                "SearchProducts",
                "POST",
                "/product/202502/products/search",
                "products",
                page_size=_PAGE,
                body={**body, **part},
            ):
                product = product_of(row, self._caller.is_cross_border)
                if product.product_id not in seen:
                    seen.add(product.product_id)
                    yield product

    def activate(self, ids: Sequence[str]) -> Mapping[str, Problem]:
        """Put products on sale again; they are reviewed anew. Answers those refused (ActivateProduct)."""
        return self._switch("ActivateProduct", "/product/202309/products/activate", ids, "tiktok.products.activate")

    def deactivate(self, ids: Sequence[str]) -> Mapping[str, Problem]:
        """Take live products down. Answers those refused (DeactivateProducts)."""
        return self._switch("DeactivateProducts", "/product/202309/products/deactivate", ids, "tiktok.products.deactivate")

    def update_prices(self, product_id: str, prices: Mapping[str, Decimal], currency: str) -> None:
        """Set the price of SKUs, by SKU id; live products without a running promotion only (UpdatePrice)."""
        self._caller.call(
            "UpdatePrice",
            "POST",
            f"/product/202309/products/{in_path(product_id)}/prices/update",
            body={
                "skus": [
                    {"id": sku_id, "price": price_body(price, currency, self._caller.is_cross_border)} for sku_id, price in prices.items()
                ]
            },
            crash_point="tiktok.products.update_prices",
        )

    def update_stock(self, product_id: str, quantities: Mapping[str, int], warehouse_id: str) -> Mapping[str, Problem]:
        """Set how many of each SKU this warehouse has, by SKU id. Answers the SKUs refused (UpdateInventory).

        TikTok Shop wants all warehouses of a SKU at once (contract 5.3): where it says so, the others' figures are
        read and sent along as they are.
        """
        stock = {sku_id: {warehouse_id: quantity} for sku_id, quantity in quantities.items()}
        try:
            refused = self._set_stock(product_id, stock)
        except Refused as whole:
            if not has_code(whole, codes.ALL_WAREHOUSES_WANTED):
                raise
            refused = dict.fromkeys(stock, codes.problem_of(whole.context["code"], whole.says))
        again = {sku_id for sku_id, each in refused.items() if _code_of(each) in codes.ALL_WAREHOUSES_WANTED}
        if again and (product := self.get(product_id)) is not None:
            elsewhere = {sku.sku_id: sku.stock for sku in product.skus}
            refused = {sku_id: each for sku_id, each in refused.items() if sku_id not in again} | self._set_stock(
                product_id, {sku_id: {**elsewhere.get(sku_id, {}), **stock[sku_id]} for sku_id in sorted(again)}
            )
        return refused

    def upload_image(self, data: bytes, name: str, use_case: str = "MAIN_IMAGE") -> str:
        """Upload a picture and answer the URI that products name (UploadProductImage). Raises ``image.refused``."""
        try:
            answer = self._caller.upload(
                "UploadProductImage",
                "/product/202309/images/upload",
                data,
                name,
                {"use_case": use_case},
                crash_point="tiktok.products.upload_image",
            )
        except Refused as refused:
            if codes.PROBLEM_OF.get(refused.context.get("code", 0)) != "tiktok.pictures":
                raise
            raise Refused(
                refused.says,
                problems=[problem("image.refused", name=name, reason=refused.says, raw=refused.problems[0].raw)],
                **refused.context,
            ) from refused
        uri = text(answer, "uri")
        if not uri:
            raise Refused(
                "TikTok Shop gave no address for the picture",
                problems=[problem("image.refused", name=name, reason="no address came back")],
            )
        return uri

    def inventory(self, product_ids: Sequence[str]) -> Mapping[str, int]:
        """How many of each SKU can be sold, by SKU id, over all warehouses (InventorySearch)."""
        found: dict[str, int] = {}
        for start in range(0, len(product_ids), _INVENTORY_PER_CALL):
            data = self._caller.call(
                "InventorySearch",
                "POST",
                "/product/202309/inventory/search",
                body={"product_ids": list(product_ids[start : start + _INVENTORY_PER_CALL])},
            )
            for product in rows(data, "inventory"):
                for sku in rows(product, "skus"):
                    found[text(sku, "id")] = int(sku.get("total_available_quantity") or 0)
        return found

    def _body(self, draft: Draft, images: Mapping[str, str], *, with_price: bool = True, with_stock: bool = True) -> dict[str, Any]:
        return product_body(
            draft,
            images,
            category_version=self._caller.category_version,
            is_cross_border=self._caller.is_cross_border,
            with_price=with_price,
            with_stock=with_stock,
        )

    def _switch(self, operation: str, path: str, ids: Sequence[str], crash_point: str) -> dict[str, Problem]:
        refused: dict[str, Problem] = {}
        for start in range(0, len(ids), _SWITCHED_PER_CALL):
            some = list(ids[start : start + _SWITCHED_PER_CALL])
            data = self._caller.call(operation, "POST", path, body={"product_ids": some}, crash_point=crash_point)
            refused |= _refused_in(data, "product_id", some)
        return refused

    def _set_stock(self, product_id: str, stock: Mapping[str, Mapping[str, int]]) -> dict[str, Problem]:
        data = self._caller.call(
            "UpdateInventory",
            "POST",
            f"/product/202309/products/{in_path(product_id)}/inventory/update",
            body={
                "skus": [
                    {
                        "id": sku_id,
                        "inventory": [{"warehouse_id": place, "quantity": quantity} for place, quantity in places.items()],
                    }
                    for sku_id, places in stock.items()
                ]
            },
            crash_point="tiktok.products.update_stock",
        )
        return _refused_in(data, "sku_id", list(stock))


def _refused_in(data: Mapping[str, Any], name: str, asked: Sequence[str]) -> dict[str, Problem]:
    """Code 0 hides failures in ``data.errors`` (contract 3): the problem of each thing that was not taken.

    The innermost code is the most exact. An error that names nothing we asked about counts for everything asked.
    """
    refused: dict[str, Problem] = {}
    for error in rows(data, "errors"):
        raw_detail = error.get("detail")
        detail = raw_detail if isinstance(raw_detail, dict) else {}
        inner = next(iter(rows(detail, "extra_errors")), error)
        code = inner.get("code") or error.get("code") or 0
        told = codes.problem_of(int(code), text(inner, "message") or text(error, "message"))
        subject = text(detail, name)
        for one in [subject] if subject else asked:
            refused.setdefault(one, told)
    return refused


def _code_of(told: Problem) -> int:
    """The platform's code that `codes.problem_of` put in front of its words."""
    return int(told.raw.split(" ", 1)[0])
