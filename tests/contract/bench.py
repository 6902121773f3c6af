"""What the contract tests need of a store system: its strict practice shop, the merchant's hands, and the adapter on it.

One class per registered platform, in a file of its own (``bench_<slug>.py``), named in `benches.BENCHES`. The tests know no
platform: what differs is an attribute or a method below, or data of the `Platform` itself (``plugin``, ``remembers_deleted``).

A bench sets ``slug``, builds its shop in ``__init__`` (``super().__init__()``, then ``self.mount(app)`` and, as a rule,
``self.items = self.read_items()``), and answers the methods marked *must*. The rest has a default that holds for a shop whose
control API uses the common words (docs/adding-a-platform.md), filled with `tests.sandbox.magento_shop.seed()` and set to
the time zone Europe/London.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import pytest
import requests
from flask import Flask, Response, request

from hub.simulator import InProcessAdapter
from hub.stores import PLATFORMS
from hub.stores.base import KeepsHooks, Platform, Store
from hub.stores.hooks import answer_headers, first_key, signed_headers
from tests.sandbox import prestashop_shop

Message = tuple[bytes, dict[str, str]]


class HubEnd:
    """Stands where the hub stands: keeps what the store posts, and answers ``status``."""

    def __init__(self, secret: str) -> None:
        self.status = 200
        self.messages: list[Message] = []
        app = Flask("hub end")

        @app.post("/hooks/<path:rest>")
        def hook(rest: str) -> Response:
            body = request.get_data()
            self.messages.append((body, {name.lower(): value for name, value in request.headers}))
            answer = Response(b'{"api_url": "http://hub.test/api/v1", "api_token": "t"}', self.status, content_type="application/json")
            # A plugin takes the answer to its hello only where it is signed; any other store looks at the status alone.
            answer.headers.update(answer_headers(secret, request.headers.get("webhook-id", ""), answer.get_data()))
            return answer

        self.session = requests.Session()
        self.session.mount("http://hub.test", InProcessAdapter(app))


class Bench:
    """One practice shop with the hub's adapter. Attributes first, what a bench *must* bring next, then what it may change."""

    slug: ClassVar[str] = ""
    base_url: ClassVar[str] = "http://shop.test/"
    """Where the practice shop is; the same host for all."""
    create: ClassVar[str] = ""
    """The journal's operation of the call that creates an order, for lost answers."""
    any_read: ClassVar[str] = ""
    """The operation of the first call of ``products(None, None)``."""
    picture: ClassVar[str] = "media/catalog/product/no/such.jpg"
    """The path of a picture of the shop that is not there."""
    mug: ClassVar[str] = "MUG-1"
    """The SKU of a simple product: title ends with "mug", a brand, 0.4 kg, a picture, ``mug_attributes``."""
    mug_attributes: ClassVar[Mapping[str, str]] = {"Material": "Stoneware"}
    reduced: ClassVar[str] = "TEE-1"
    """The only SKU with a reduced price."""
    sold: ClassVar[tuple[str, str]] = ("MUG-1", "HOOD-R-S")
    """The two SKUs of the contract's order."""
    top_category: ClassVar[str] = "Home"
    """The first part of the mug's category path; ``""`` where the mug's category stands for itself."""
    scope: ClassVar[str] = "default"
    """The scope that offers and digest are asked for."""
    scopes: ClassVar[tuple[tuple[str, str], ...]] = (("default", "GBP"),)
    """Code and currency of each scope that ``check`` must find."""
    locations: ClassVar[tuple[str, str]] | None = None
    """Two scopes that hold stock of their own, where the store has stock locations."""
    late_s: ClassVar[int | None] = 301
    """From which age on a rightly signed message is refused; None where the store signs no time (its id alone tells a replay)."""
    signature: ClassVar[str] = "webhook-signature"
    """The header, in lower case, without which a message is not the store's."""
    saves: ClassVar[str] = "product.saved"
    """The neutral kind of the event that a saved product makes."""
    country_word: ClassVar[str] = "GB"
    """What the refusal after `refuse_orders` says, in the store's words."""
    unable: ClassVar[Mapping[str, str]] = {}
    """Tests (by their function's name) that make no sense for this store, each with the reason. An empty reason is refused."""

    app: Any
    items: Mapping[str, tuple[str, str]]
    """SKU → (product id, variant id), as the adapter names them."""

    def __init__(self) -> None:
        self.session = requests.Session()
        self.secret: str = prestashop_shop.SECRET["secret"]
        self.hub_end = HubEnd(self.secret)
        self.hook_address = f"http://hub.test/hooks/{self.slug}/{'a' * 22}"
        self.hook_url = f"{self.hook_address}#{self.secret}"

    # -- must

    def settings(self) -> dict[str, Any]:
        """*Must.* The settings of the right login, secrets included, for the shop at ``base_url``."""
        raise NotImplementedError

    def login_is_lost(self) -> None:
        """*Must.* The merchant takes the login back."""
        raise NotImplementedError

    def lacks(self) -> str:
        """*Must.* Takes a permission away that ``check`` asks for and without which ``orders_changed`` is refused; gives a word of the
        problem that names it."""
        raise NotImplementedError

    def refuse_orders(self) -> None:
        """*Must.* Makes the store refuse the contract's order with words of its own that hold ``country_word``."""
        raise NotImplementedError

    def small_pages(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """*Must.* The adapter's pages of products hold two products from now on."""
        raise NotImplementedError

    def signed(self, body: bytes) -> Message:
        """*Must.* This body with the headers of a message that the store rightly signed now."""
        raise NotImplementedError

    def lose_hook(self) -> str:
        """*Must*, where the store `KeepsHooks`. One of the registered webhooks vanishes or is switched off; its topic, as in `HookReport`."""
        raise NotImplementedError

    # -- may differ

    def settings_at(self, url: str) -> dict[str, Any]:
        """The same settings for the shop served at another address (``http://127.0.0.1:…``)."""
        return {**self.settings(), "base_url": url}

    def read_items(self) -> dict[str, tuple[str, str]]:
        """`items` from the control API."""
        return {row["sku"]: (str(row["product_id"]), str(row["variant_id"])) for row in self.control("GET", "products")}

    def overcharge(self) -> None:
        """The store adds 1.00 to each order by itself."""
        self.control("POST", "surcharge", {"amount": "1.00"})

    def slow_downs(self) -> tuple[tuple[dict[str, Any], float | None], ...]:
        """How the store says that it is busy: what a fault answers, and the seconds to wait that the adapter must give (None: some)."""
        return tuple(({"status": status, "text": "", "headers": {"Retry-After": "7"}}, 7.0) for status in (429, 503))

    def ship_in_store(self, order_id: str, number: str) -> None:
        """The merchant ships everything in the store."""
        self.control("POST", f"orders/{order_id}/ship", {"number": number})

    def stock(self, sku: str, quantity: int, location: str = "") -> None:
        """The merchant sets the stock; ``location`` is one of ``locations``."""
        self.control("PATCH", f"products/{sku}", {"quantity": quantity, **({"location": location.removeprefix("location:")} if location else {})})

    def join(self) -> None:
        """The store posts its events to the hub's end from now on."""
        store = self.open()
        if isinstance(store, KeepsHooks):
            store.ensure_hooks(self.hook_address, self.secret)
        else:
            self.control("POST", "pair", {"url": self.hook_url})

    def delivered(self) -> list[Message]:
        """Lets the store send what waits; what came in since the last look."""
        self.control("POST", "events/deliver")
        found, self.hub_end.messages = self.hub_end.messages, []
        return found

    def twice(self, act: Callable[[], object]) -> list[Message]:
        """What comes in where the store sends each message about ``act`` twice."""
        act()
        first = self.delivered()
        self.control("POST", "events/replay")
        return first + self.delivered()

    # -- not to be changed

    @property
    def platform(self) -> Platform:
        """The registered platform."""
        return PLATFORMS[self.slug]

    def mount(self, app: Any) -> None:
        """The practice shop answers at ``base_url``."""
        self.app = app
        self.session.mount(self.base_url, InProcessAdapter(app))

    def open(self, **changes: Any) -> Store:
        """The adapter with the right settings, changed as asked."""
        return self.platform.open({**self.settings(), **changes}, self.secret, self.options())

    def options(self) -> dict[str, Any]:
        """What wiring would hand over: the way to the practice shop."""
        return {"transport": InProcessAdapter(self.app)}

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """What a merchant or a mishap does; the answer's JSON."""
        answer = self.session.request(method, f"{self.base_url}sandbox/{path}", json=body, timeout=10)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def fault(self, do: Mapping[str, Any], times: int = 1, **match: Any) -> None:
        """The next ``times`` calls that match are answered as asked."""
        self.control("POST", "faults", {"match": match, "do": dict(do), "times": times})


class PluginBench(Bench):
    """A store with the hub's module: its messages are signed with the hook secret, as docs/plugin-contract.md says."""

    def signed(self, body: bytes) -> Message:
        return body, signed_headers(first_key(self.secret), "msg_bench", body)

    def twice(self, act: Callable[[], object]) -> list[Message]:
        self.app.sim.sender.duplicate(1)
        act()
        return self.delivered()
