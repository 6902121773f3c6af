"""What a merchant fills in for BigCommerce: form, validation, masking and help in one (BIG-01, BIG-02, BIG-03)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

API = "https://api.bigcommerce.com"
SHOWN_ONCE = "BigCommerce shows it only once. If it is lost, make a new API account under Settings › API Accounts."
_HASH = re.compile(r"[a-z0-9]{4,20}")
# The back office's address, and the API path that BigCommerce shows with the credentials.
_IN_ADDRESS = re.compile(r"(?://|^|\.)store-([a-z0-9]+)(?:-\d+)?\.mybigcommerce\.com(?:[:/?#]|$)|/?stores/([a-z0-9]+)(?:[/?#]|$)")


def store_hash_of(text: str) -> str:
    """The store hash in what was pasted: the hash itself, ``https://store-<hash>.mybigcommerce.com/…`` or ``…/stores/<hash>/v3/``;
    "" where there is none."""
    pasted = text.strip().lower()
    found = _IN_ADDRESS.search(pasted)
    name = (found[1] or found[2]) if found else pasted
    return name if _HASH.fullmatch(name) else ""


class StoreHash(fields.Str):
    """A store hash, taken out of whatever address was pasted."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **options: Any) -> str:
        text = super()._deserialize(value, attr, data, **options)
        found = store_hash_of(text)
        if not found:
            raise ValidationError("Paste the address of your BigCommerce back office, such as https://store-3l1r5p07vz.mybigcommerce.com, "
                                  "or the hash in it.")
        return found


def _required(what: str) -> dict[str, Any]:
    return {"required": True, "validate": validate.Length(min=8, max=255, error=f"Paste the whole {what}.")}


class BigCommerceSettings(Schema):
    """The store and its API account; BigCommerce's own names stand next to ours."""

    store_hash = StoreHash(required=True, metadata={
        "label": "Store Hash", "placeholder": "https://store-3l1r5p07vz.mybigcommerce.com",
        "help": "From the address of your BigCommerce back office: paste all of it, the hash is taken out."})
    access_token = fields.Str(**_required("access token"), metadata={
        "label": "Access Token (BigCommerce: Access Token)", "secret": True,
        "help": f"Settings › API Accounts › Create API Account. {SHOWN_ONCE}"})
    app_key = fields.Str(**_required("client ID"), metadata={
        "label": "App Key (BigCommerce: Client ID)", "help": f"Shown together with the access token. {SHOWN_ONCE}"})
    app_secret = fields.Str(**_required("client secret"), metadata={
        "label": "App Secret (BigCommerce: Client Secret)", "secret": True, "help": f"Shown together with the access token. {SHOWN_ONCE}"})
    sync_unpurchasable = fields.Bool(load_default=False, metadata={
        "label": "Sync unpurchasable products", "choice": True,
        "help": "On: products and variants that can't be bought in BigCommerce come along, too. Off: only those that can be bought."})
    api_url = fields.Str(load_default="", validate=validate.Regexp(r"(https?://\S+)?$", error="Not a valid address."), metadata={
        "label": "API address", "practice": True, "help": "Where the practice store answers."})


@dataclass(frozen=True, slots=True, kw_only=True)
class BigCommerceKeys:
    """The settings as the adapter reads them. ``api_url`` is empty but for a practice store."""

    store_hash: str
    access_token: str = ""
    app_key: str = ""
    app_secret: str = ""
    sync_unpurchasable: bool = False
    api_url: str = ""

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> BigCommerceKeys:
        """From a connection's settings; what it does not know is left out."""
        return cls(
            store_hash=store_hash_of(str(settings.get("store_hash") or "")), access_token=str(settings.get("access_token") or ""),
            app_key=str(settings.get("app_key") or ""), app_secret=str(settings.get("app_secret") or ""),
            sync_unpurchasable=bool(settings.get("sync_unpurchasable")), api_url=str(settings.get("api_url") or ""))

    @property
    def address(self) -> str:
        """Where all calls go."""
        return f"{(self.api_url or API).rstrip('/')}/stores/{self.store_hash}"
