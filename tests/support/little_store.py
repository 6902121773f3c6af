"""A store system of the tests' own, registered for a while: it posts webhooks by itself, is authorised on a page of its own and has
a login that ends. It shows that the hub does all this for whatever is registered, and knows nothing of a real platform."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest
from marshmallow import Schema, fields, validate

from hub.domain.events import Event
from hub.domain.products import Offer, Product
from hub.errors import HubError, NeedsReconnect, Refused
from hub.inbound import BadSignature, Unreadable
from hub.stores import PLATFORMS
from hub.stores.base import Health, HookReport, HookSecrets, InstallStep, Market, Platform, Scope

SLUG = "littlestore"
TOPICS = ("orders", "products")
TITLE = "Little Store"


class Settings(Schema):
    """A shop name, an app's secret, a token that comes by itself, a choice and a way to a practice shop."""

    shop = fields.Str(required=True, validate=validate.Regexp("[a-z]+"), metadata={"label": "Shop name", "help": "Settings › Domains."})
    app_secret = fields.Str(required=True, metadata={"label": "App secret", "secret": True})
    token = fields.Str(load_default="", metadata={"label": "Access token", "secret": True, "help": "Leave it empty to authorise."})
    renewal = fields.Str(load_default="", metadata={"label": "Renewal", "secret": True, "internal": True})
    source = fields.Str(load_default="type", validate=validate.OneOf(("type", "field"), labels=("Product type", "A field")),
                        metadata={"label": "Categories come from", "choice": True})
    base_url = fields.Str(load_default="", metadata={"label": "Practice address", "practice": True})


class LittleStore:
    """The remote and the adapter in one: what the tests set and look at is here."""

    def __init__(self) -> None:
        self.topics: dict[str, tuple[str, str]] = {}
        self.switched_off: set[str] = set()
        self.refuses: HubError | None = None
        self.good_tokens = {"t1"}
        self.exchanged: list[str] = []
        self.opened: list[tuple[Mapping[str, Any], Mapping[str, Any]]] = []
        self.stock: dict[str, Offer] = {}
        self.asked: list[Sequence[str]] = []

    def open(self, settings: Mapping[str, Any], hook_secret: Any, options: Mapping[str, Any]) -> LittleStore:
        """As `Platform.open`."""
        self.opened.append((dict(settings), dict(options)))
        self.token = str(settings.get("token", ""))
        return self

    def check(self) -> Health:
        """Well as long as the token is good."""
        if self.token not in self.good_tokens:
            raise NeedsReconnect("The token is not good.")
        return Health(ok=True, version="1", name="Little", timezone="UTC", scopes=(Scope(code="", name="All", currency="USD"),), has_plugin=False)

    def ensure_hooks(self, address: str, secret: str) -> HookReport:
        """Registers both topics."""
        if self.refuses is not None:
            raise self.refuses
        made = tuple(one for one in TOPICS if self.topics.get(one) != (address, secret))
        mended = tuple(one for one in TOPICS if one in self.switched_off and one not in made)
        self.switched_off.clear()
        self.topics = dict.fromkeys(TOPICS, (address, secret))
        return HookReport(made, mended, tuple(one for one in TOPICS if one not in (*made, *mended)))

    def remove_hooks(self, address: str) -> None:
        """Takes them away."""
        if self.refuses is not None:
            raise self.refuses
        self.topics = {}

    def offers(self, product_ids: Sequence[str], scope: str) -> Iterator[Offer]:
        """By whatever id was asked for; the answers name the variant."""
        self.asked.append(product_ids)
        yield from (self.stock[one] for one in product_ids if one in self.stock)

    def product(self, product_id: str) -> Product | None:
        """None is there."""
        return None


class ByPage:
    """The sign-in on the store's own page."""

    def __init__(self, store: LittleStore) -> None:
        self.store = store

    def needs(self) -> Sequence[str]:
        return ("shop", "app_secret")

    def consent_url(self, settings: Mapping[str, Any], secrets: Mapping[str, str], state: str, redirect_uri: str) -> str:
        return f"https://{settings['shop']}.little.example/agree?state={state}&back={redirect_uri}"

    def verify(self, settings: Mapping[str, Any], secrets: Mapping[str, str], query: Mapping[str, str]) -> None:
        if query.get("shop") != settings["shop"]:
            raise Unreadable("it is another store than the one that was entered")
        if query.get("proof") != secrets["app_secret"]:
            raise BadSignature("the signature is wrong")

    def exchange(self, settings: Mapping[str, Any], secrets: Mapping[str, str], query: Mapping[str, str], redirect_uri: str,
                 options: Mapping[str, Any]) -> Mapping[str, str]:
        self.store.exchanged.append(query["code"])
        if query["code"] == "refused":
            raise Refused("The code is not known.")
        return {"token": "t1", "renewal": "r1"}


def sign(secret: str, body: bytes) -> str:
    """The store's signature."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def read_events(body: bytes, headers: Mapping[str, str], secrets: HookSecrets) -> tuple[Sequence[Event], str]:
    """One event a message, signed with the app's secret."""
    if not hmac.compare_digest(sign(secrets.settings.get("app_secret", ""), body), headers.get("x-little-signature", "")):
        raise BadSignature("signature")
    said = json.loads(body)
    at = said.get("at")
    return [Event(event_id=headers["x-little-id"], kind=said["kind"], subject=said.get("subject", ""), raw=said,
                  happened_at=datetime.fromisoformat(at) if at else None)], ""


@contextmanager
def registered(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> Iterator[LittleStore]:
    """The store system is one of the registered ones."""
    store = LittleStore()
    values: dict[str, Any] = {
        "slug": SLUG, "title": TITLE, "settings": Settings, "open": store.open, "read_events": read_events, "install": ByPage(store),
        "address": lambda settings: f"{settings.get('shop', '')}.little.example", "hook_topics": ("Orders", "Products"),
        "checklist": ("The name of your shop.",), "steps": (InstallStep("In [Settings › Apps] press [New app]", "Any name will do."),),
        "markets": (Market(code="us", title="United States"), Market(code="gb", title="United Kingdom")), "remembers_deleted": False,
        "order_settings": ("retry_orders", "carriers"), **changes}
    monkeypatch.setitem(PLATFORMS, SLUG, Platform(**values))  # type: ignore[arg-type]
    yield store
