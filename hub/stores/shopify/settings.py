"""What a merchant fills in for Shopify: form, validation, masking and help in one (SHP-01 … SHP-05)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, pre_load, validate, validates_schema

# The version that all documents of this adapter are written and checked for (docs/shopify-version.md).
API_VERSION = "2026-07"
# contracts/shopify.md 1.1, for production: myshopify.com alone. It never changes, a custom domain does.
_SHOP = re.compile(r"[a-z0-9][a-z0-9-]*\.myshopify\.com")
_METAFIELD = re.compile(r"[A-Za-z0-9_$:-]{2,255}\.[A-Za-z0-9_-]{2,64}")
WHERE_THE_ADDRESS_IS = ("Enter the address that ends in .myshopify.com, not the shop's own domain. You find it in Shopify under "
                        "Settings › Domains.")
PRODUCT_TYPE, PRODUCT_CATEGORY, METAFIELD = CATEGORY_SOURCES = ("product_type", "category", "metafield")
ARCHIVE_NEVER, ARCHIVE_CANCELLED, ARCHIVE_DONE = ARCHIVE = ("never", "cancelled", "cancelled_completed")


def shop_host(text: str) -> str:
    """The permanent host of a typed or pasted address (SHP-03). Raises ``ValueError`` for any other domain."""
    host = text.strip().lower().removeprefix("https://").removeprefix("http://").partition("/")[0]
    if not _SHOP.fullmatch(host):
        raise ValueError(WHERE_THE_ADDRESS_IS)
    return host


class ShopifySettings(Schema):
    """The shop's address, the app's keys, and where a product's category stands."""

    shop = fields.Str(required=True, metadata={
        "label": "Shopify URL", "placeholder": "https://your-store.myshopify.com",
        "help": "In Shopify: Settings › Domains. It ends in .myshopify.com and never changes; your own domain is not right here."})
    api_key = fields.Str(required=True, validate=validate.Length(min=1, max=64), metadata={
        "label": "App Key", "help": "The Client ID of the app that you made for your store (Dev Dashboard › your app › Settings)."})
    api_secret = fields.Str(required=True, validate=validate.Length(min=1, max=128), metadata={
        "label": "App Secret", "secret": True,
        "help": "The app's Client secret, next to the Client ID. Shopify signs its messages with it."})
    access_token = fields.Str(load_default="", validate=validate.Length(max=255), metadata={
        "label": "Access Token", "secret": True,
        "help": "The Admin API access token of a custom app (it begins with shpat_). Leave it empty to press “Go to authorize” "
                "instead, or where the app belongs to the same organisation as the store: then it is fetched by itself."})
    refresh_token = fields.Str(load_default="", validate=validate.Length(max=255), metadata={
        "label": "Refresh token", "secret": True, "internal": True})
    token_expires_at = fields.Str(load_default="", validate=validate.Length(max=40), metadata={
        "label": "Token valid until", "secret": True, "internal": True})
    category_source = fields.Str(load_default=PRODUCT_TYPE, validate=validate.OneOf(CATEGORY_SOURCES, labels=(
        "Product type", "Product category", "Metafield")), metadata={
        "label": "Categories source", "choice": True, "fixed_once_synced": True,
        "help": "What stands for the category of a product when it is mapped to TikTok Shop's categories. It can't be changed once "
                "products are on TikTok Shop."})
    category_metafield = fields.Str(load_default="", validate=validate.Length(max=320), metadata={
        "label": "Metafield of the category", "choice": True, "fixed_once_synced": True, "placeholder": "custom.category",
        "help": "Namespace and key, as under Settings › Custom data › Products. Only for the category source Metafield."})
    archive = fields.Str(load_default=ARCHIVE_NEVER, validate=validate.OneOf(ARCHIVE, labels=(
        "Never", "Cancelled orders", "Cancelled and completed orders")), metadata={
        "label": "Archive orders", "choice": True,
        "help": "Which orders of TikTok Shop leave the list of open orders in Shopify by themselves."})
    base_url = fields.Url(load_default="", require_tld=False, schemes={"https", "http"}, metadata={
        "label": "Practice address", "practice": True, "help": "Where the practice shop answers."})

    @pre_load
    def _blank_address(self, data: Mapping[str, Any], **_: Any) -> dict[str, Any]:
        return {name: value for name, value in data.items() if name != "base_url" or value}

    @validates_schema
    def _check(self, data: Mapping[str, Any], **_: Any) -> None:
        try:
            shop_host(str(data.get("shop", "")))
        except ValueError as error:
            raise ValidationError(str(error), "shop") from error
        if data.get("category_source") == METAFIELD and not _METAFIELD.fullmatch(str(data.get("category_metafield", ""))):
            raise ValidationError("Enter namespace and key with a dot between them, such as custom.category.", "category_metafield")

    @post_load
    def _plain_host(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {**data, "shop": shop_host(str(data["shop"]))}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopifyKeys:
    """The settings as the adapter reads them. ``origin`` is where the shop is called, without a slash at its end."""

    shop: str
    api_key: str = ""
    api_secret: str = ""
    access_token: str = ""
    refresh_token: str = ""
    expires_at: datetime | None = None
    category_source: str = PRODUCT_TYPE
    category_metafield: tuple[str, str] = ("", "")
    archive: str = ARCHIVE_NEVER
    base_url: str = ""

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> ShopifyKeys:
        """From a connection's settings; what it does not know is left out. Raises ``ValueError`` for a wrong address."""
        namespace, _, key = str(settings.get("category_metafield") or "").rpartition(".")
        return cls(
            shop=shop_host(str(settings.get("shop", ""))), api_key=str(settings.get("api_key") or ""),
            api_secret=str(settings.get("api_secret") or ""), access_token=str(settings.get("access_token") or ""),
            refresh_token=str(settings.get("refresh_token") or ""), expires_at=moment(settings.get("token_expires_at")),
            category_source=str(settings.get("category_source") or PRODUCT_TYPE), category_metafield=(namespace, key),
            archive=str(settings.get("archive") or ARCHIVE_NEVER), base_url=str(settings.get("base_url") or ""))

    @property
    def origin(self) -> str:
        """The address to call: the shop's own, or the practice shop's."""
        return self.base_url.rstrip("/") if self.base_url else f"https://{self.shop}"

    def __repr__(self) -> str:
        return f"ShopifyKeys(shop={self.shop!r})"


def moment(text: Any) -> datetime | None:
    """An RFC 3339 time as Shopify writes it, in UTC; None where there is none or it can't be read."""
    try:
        found = datetime.fromisoformat(text) if isinstance(text, str) and text else None
    except ValueError:
        return None
    return found.astimezone(UTC) if found is not None and found.tzinfo is not None else None
