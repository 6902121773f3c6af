"""What a merchant fills in for Magento: form, validation, masking and help in one (MAG-01 … MAG-07)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import fields as dataclass_fields
from typing import Any

from marshmallow import Schema, fields, validate


class MagentoSettings(Schema):
    """The store's address, the integration's four keys (or its token alone), and which attributes mean what."""

    base_url = fields.Url(required=True, require_tld=False, schemes={"https", "http"}, metadata={
        "label": "Store address", "placeholder": "https://shop.example/",
        "help": "The address of your storefront, as in Stores › Configuration › General › Web › Base URL. It may hold a path."})
    consumer_key = fields.Str(load_default="", validate=validate.Length(max=64), metadata={
        "label": "Consumer Key", "help": "System › Integrations › your integration. Filled in by itself when you press Activate there."})
    consumer_secret = fields.Str(load_default="", validate=validate.Length(max=64), metadata={
        "label": "Consumer Secret", "secret": True, "help": "Shown next to the Consumer Key."})
    access_token = fields.Str(load_default="", validate=validate.Length(max=4096), metadata={
        "label": "Access Token", "secret": True, "help": "Shown once the integration is active."})
    access_token_secret = fields.Str(load_default="", validate=validate.Length(max=64), metadata={
        "label": "Access Token Secret", "secret": True,
        "help": "Leave it empty to send the access token alone, as a bearer token. From Magento 2.4.4 on that needs Stores › "
                "Configuration › Services › OAuth › “Allow OAuth Access Tokens to be used as standalone Bearer tokens”."})
    brand_attribute = fields.Str(load_default="manufacturer", validate=validate.Length(max=60), metadata={
        "label": "Brand attribute", "help": "Code of the product attribute that holds the brand."})
    barcode_attribute = fields.Str(load_default="ean", validate=validate.Length(max=60), metadata={
        "label": "Barcode attribute", "help": "Code of the attribute that holds GTIN, EAN, UPC or ISBN. Magento has none of its own."})
    length_attribute = fields.Str(load_default="package_length", validate=validate.Length(max=60), metadata={
        "label": "Package length attribute", "help": "Code of the attribute; a product without it takes the size from Settings › Products."})
    width_attribute = fields.Str(load_default="package_width", validate=validate.Length(max=60), metadata={
        "label": "Package width attribute"})
    height_attribute = fields.Str(load_default="package_height", validate=validate.Length(max=60), metadata={
        "label": "Package height attribute"})
    dimension_unit = fields.Str(load_default="cm", validate=validate.OneOf(("mm", "cm", "m", "in", "ft")), metadata={
        "label": "Unit of the package attributes"})


@dataclass(frozen=True, slots=True, kw_only=True)
class MagentoKeys:
    """The settings as the adapter reads them. Without ``access_token_secret`` the token is sent as bearer."""

    base_url: str
    consumer_key: str = ""
    consumer_secret: str = ""
    access_token: str = ""
    access_token_secret: str = ""
    brand_attribute: str = "manufacturer"
    barcode_attribute: str = "ean"
    length_attribute: str = "package_length"
    width_attribute: str = "package_width"
    height_attribute: str = "package_height"
    dimension_unit: str = "cm"

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> MagentoKeys:
        """From a connection's settings; what it does not know is left out."""
        known = {one.name for one in dataclass_fields(cls)}
        return cls(**{name: str(value) for name, value in settings.items() if name in known and value is not None})

    @property
    def is_signed(self) -> bool:
        """Whether calls are signed with OAuth 1.0a."""
        return bool(self.consumer_secret and self.access_token_secret)
