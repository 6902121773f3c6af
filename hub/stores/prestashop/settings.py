"""What a merchant fills in for PrestaShop: form, validation, masking and help in one (PRS-01, PRS-02)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema, fields, validate


class PrestaShopSettings(Schema):
    """The shop's address and its webservice key."""

    base_url = fields.Url(required=True, require_tld=False, schemes={"https", "http"}, metadata={
        "label": "Store URL", "placeholder": "https://shop.example/",
        "help": "Shop Parameters › Traffic & SEO › Shop domain, with https:// and the folder of the shop if it has one."})
    webservice_key = fields.Str(required=True, validate=validate.Length(equal=32, error="A webservice key has exactly 32 characters."), metadata={
        "label": "Access token", "secret": True,
        "help": "Advanced Parameters › Webservice: switch the webservice on, press Add new webservice key, Generate, tick the permissions, save."})
    key_in_address = fields.Bool(load_default=False, metadata={
        "label": "Send the key in the address",
        "help": "Only where the web server drops the sign-in header: the key then stands in the server's own logs. Better switch on "
                "“Enable CGI mode for PHP” under Advanced Parameters › Webservice."})


@dataclass(frozen=True, slots=True, kw_only=True)
class PrestaShopKeys:
    """The settings as the adapter reads them; ``base_url`` ends with a slash."""

    base_url: str
    webservice_key: str = ""
    key_in_address: bool = False

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> PrestaShopKeys:
        """From a connection's settings; what it does not know is left out."""
        return cls(base_url=str(settings["base_url"]).rstrip("/") + "/", webservice_key=str(settings.get("webservice_key") or ""),
                   key_in_address=bool(settings.get("key_in_address")))
