"""TikTok Shop's category tree and what each category asks of a product."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """A node of the tree; only a leaf that is available can hold products (CAT-02)."""

    category_id: str
    parent_id: str
    name: str
    is_leaf: bool
    permissions: tuple[str, ...] = ()

    @property
    def can_hold_products(self) -> bool:
        """A leaf that this seller may list in; no word on permission counts as available."""
        allowed = not self.permissions or bool({"AVAILABLE", "INVITE_ONLY"} & set(self.permissions))
        return self.is_leaf and allowed


@dataclass(frozen=True, slots=True)
class Condition:
    """Makes something required while another attribute has this value."""

    attribute_id: str
    value_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """A property that a category asks for. ``is_sales`` ones tell variants apart, the others describe the product."""

    attribute_id: str
    name: str
    is_sales: bool
    required: bool
    values: tuple[tuple[str, str], ...] = ()
    customizable: bool = False
    multiple: bool = False
    numeric: bool = False
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A document that a category may demand."""

    certificate_id: str
    name: str
    required: bool
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryRules:
    """What a category demands besides attributes."""

    certificates: tuple[Certificate, ...] = ()
    size_chart_required: bool = False
    package_required: bool = False
    responsible_person_required: bool = False
    manufacturer_required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Brand:
    """A brand that TikTok Shop knows; only authorised ones are shown to buyers."""

    brand_id: str
    name: str
    authorized: bool
    is_t1: bool = False
    available: bool = True

    @property
    def selectable(self) -> bool:
        """Authorised and available, or unauthorised and not of the first tier (contract 5.2 GetBrands)."""
        return self.available if self.authorized else not self.is_t1
