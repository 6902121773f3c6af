"""Categories, what each asks for, and brands (contract 5.2). US shops need ``category_version=v2`` throughout."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hub.domain.categories import Attribute, Brand, Category, CategoryRules, Certificate, Condition
from hub.errors import Refused
from hub.tiktok import codes
from hub.tiktok.client import Caller, has_code
from hub.tiktok.translate import in_path, part, rows, text, words

_PAGE = 100
_TITLE_LIMIT = 300
_DESCRIPTION_LIMIT = 10_000


class Categories:
    """The category tree as one shop sees it."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._version = {"category_version": caller.category_version}

    def all(self) -> Sequence[Category]:
        """The whole tree, flat; a root's parent is ``"0"`` (GetCategories)."""
        data = self._caller.call("GetCategories", "GET", "/product/202309/categories", query=self._version)
        return [
            Category(
                category_id=text(row, "id"),
                parent_id=text(row, "parent_id"),
                name=text(row, "local_name"),
                is_leaf=row.get("is_leaf") is True,
                permissions=words(row, "permission_statuses"),
            )
            for row in rows(data, "categories")
        ]

    def recommend(self, title: str, description: str = "") -> str | None:
        """The leaf that TikTok Shop suggests for a product, None where nothing matches (RecommendCategory)."""
        body: dict[str, Any] = {"product_title": title[:_TITLE_LIMIT], **self._version}
        if description:
            body["description"] = description[:_DESCRIPTION_LIMIT]
        try:
            data = self._caller.call("RecommendCategory", "POST", "/product/202309/categories/recommend", body=body)
        except Refused as refused:
            if has_code(refused, codes.NOTHING_TO_RECOMMEND):
                return None
            raise
        return text(data, "leaf_category_id") or None

    def attributes(self, category_id: str) -> Sequence[Attribute]:
        """What a leaf asks for: properties of the product, and those that tell variants apart (GetAttributes)."""
        data = self._caller.call(
            "GetAttributes",
            "GET",
            f"/product/202309/categories/{in_path(category_id)}/attributes",
            query=self._version,
        )
        return [
            Attribute(
                attribute_id=text(row, "id"),
                name=text(row, "name"),
                is_sales=text(row, "type") == "SALES_PROPERTY",
                # The wire says is_requried (contract 13.5); a mended spelling would be as good.
                required=row.get("is_requried") is True or row.get("is_required") is True,
                values=tuple((text(value, "id"), text(value, "name")) for value in rows(row, "values")),
                customizable=row.get("is_customizable") is True,
                multiple=row.get("is_multiple_selection") is True,
                numeric=text(row, "value_data_format") == "POSITIVE_INT_OR_DECIMAL",
                conditions=_conditions(row),
            )
            for row in rows(data, "attributes")
        ]

    def rules(self, category_id: str) -> CategoryRules:
        """What a leaf demands besides attributes (GetCategoryRules)."""
        data = self._caller.call(
            "GetCategoryRules",
            "GET",
            f"/product/202309/categories/{in_path(category_id)}/rules",
            query=self._version,
        )
        return CategoryRules(
            certificates=tuple(
                Certificate(
                    certificate_id=text(row, "id"),
                    name=text(row, "name"),
                    required=row.get("is_required") is True,
                    conditions=_conditions(row),
                )
                for row in rows(data, "product_certifications")
            ),
            size_chart_required=_is_required(data, "size_chart"),
            package_required=_is_required(data, "package_dimension"),
            responsible_person_required=_is_required(data, "responsible_person"),
            manufacturer_required=_is_required(data, "manufacturer"),
        )

    def brands(self, name: str = "", category_id: str = "") -> Iterator[Brand]:
        """Brands whose name fits, with whether this seller may use them (GetBrands).

        Only with a category does TikTok Shop say whether a brand is available there.
        """
        query = dict(self._version)
        if name:
            query["brand_name"] = name
        if category_id:
            query["category_id"] = category_id
        for row in self._caller.pages("GetBrands", "GET", "/product/202309/brands", "brands", page_size=_PAGE, query=query):
            yield Brand(
                brand_id=text(row, "id"),
                name=text(row, "name"),
                authorized=text(row, "authorized_status") == "AUTHORIZED",
                is_t1=row.get("is_t1_brand") is True,
                available=text(row, "brand_status") != "UNAVAILABLE",
            )


def _conditions(row: Mapping[str, Any]) -> tuple[Condition, ...]:
    """Any match makes it required; a kind of condition that we do not know is left out (contract 5.2)."""
    return tuple(
        Condition(text(one, "attribute_id"), text(one, "attribute_value_id"))
        for one in rows(row, "requirement_conditions")
        if text(one, "condition_type") in ("", "VALUE_ID_MATCH")
    )


def _is_required(data: Mapping[str, Any], name: str) -> bool:
    return part(data, name).get("is_required") is True
