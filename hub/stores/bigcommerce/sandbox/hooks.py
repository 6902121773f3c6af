"""The store's webhooks: registration rules, thin events, signatures, the retry ladder and the block list (contract 7).

    sender = HookSender(...)
    sender.fire("store/order/created", {"type": "order", "id": 100})
    sender.deliver()                      # or start() for a thread of its own

A hook belongs to the API account that made it. Each event is posted once per hook that listens to it; a call that fails
is tried again after the steps of `LADDER_S`, then the hook is switched off and what waits for it is gone. Where fewer than
90 % of a domain's last calls succeeded the domain is blocked for three minutes: its calls go to the ladder untried.
`drop`, `duplicate`, `reorder` and `late_s` damage what is sent, for tests of the hub.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import requests

from hub import clock
from hub.simulator import SendsByItself
from hub.stores.bigcommerce.sandbox.shop import Settings
from hub.stores.bigcommerce.sandbox.wire import Refusal

LADDER_S = (60, 180, 300, 600, 900, 1800, 3600, 7200, 21600, 50400, 86400)
WINDOW = timedelta(minutes=2)
FEWEST_CALLS = 100
GOOD_SHARE = 0.9
BLOCKED_FOR = timedelta(minutes=3)
SILENT_FOR = timedelta(days=90)
MOST_HOOKS = 10
_KEPT = 2000

# What an account must be allowed to read to be told of it (contract 1.2).
NEEDS = {
    "store/product/": "store_v2_products", "store/sku/": "store_v2_products", "store/priceList/": "store_v2_products",
    "store/order/": "store_v2_orders", "store/shipment/": "store_v2_orders", "store/inventory/": "store_inventory",
}
SCOPES = (
    "store/product/created", "store/product/updated", "store/product/deleted", "store/product/inventory/updated",
    "store/product/inventory/order/updated", "store/sku/created", "store/sku/updated", "store/sku/deleted",
    "store/sku/inventory/updated", "store/sku/inventory/order/updated",
    "store/channel/*/inventory/product/stock_changed", "store/channel/*/inventory/product/low_stock_reached",
    "store/channel/*/inventory/product/out_of_stock_reached", "store/channel/*/inventory/product/settings_changed",
    "store/inventory/location/created", "store/inventory/location/updated",
    "store/priceList/record/created", "store/priceList/record/updated", "store/priceList/record/deleted",
    "store/priceList/records/created", "store/priceList/records/updated", "store/priceList/records/deleted",
    "store/order/created", "store/order/updated", "store/order/archived", "store/order/statusUpdated",
    "store/order/refund/created", "store/order/transaction/created", "store/order/transaction/updated",
    "store/order/message/created", "store/shipment/created", "store/shipment/updated", "store/shipment/deleted",
    "store/app/uninstalled", "store/hook/deliveryException",
)  # fmt: skip
EXCEPTION = "store/hook/deliveryException"
WILL_RETRY, GAVE_UP, DOMAIN_BLOCKED = 90001, 90002, 90003


@dataclass(slots=True)
class Hook:
    """One registered webhook."""

    id: int
    client_id: str
    scope: str
    destination: str
    headers: dict[str, str] | None
    is_active: bool
    created: datetime
    updated: datetime
    last_event: datetime
    was_deactivated: bool = False

    @property
    def domain(self) -> str:
        """The host that the block list counts by."""
        return urlsplit(self.destination).netloc

    def listens(self, scope: str) -> bool:
        """Whether an event of this scope is for this hook; a scope may end in ``*`` and name any channel."""
        if self.scope == scope:
            return True
        return self.scope.endswith("/*") and scope.startswith(self.scope[:-1]) and not scope.startswith(EXCEPTION)


@dataclass(slots=True)
class Call:
    """An event on its way to one hook."""

    hook_id: int
    message_id: str
    scope: str
    body: bytes
    due: datetime
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of one call: status 0 is no answer; `outcome` done, later, gave up, blocked or lost on purpose."""

    hook_id: int
    scope: str
    status: int
    outcome: str
    tries: int


def is_allowed(destination: str) -> bool:
    """HTTPS on port 443; in practice also loopback and the names reserved for tests, over plain HTTP."""
    try:
        parts = urlsplit(destination)
        port = parts.port
    except ValueError:
        return False
    host = parts.hostname or ""
    if parts.scheme in ("http", "https") and (host in ("localhost", "127.0.0.1", "::1") or host.endswith((".test", ".localhost"))):
        return True
    return parts.scheme == "https" and bool(host) and port in (None, 443)


def is_known(scope: str) -> bool:
    """Whether the store has this scope, or scopes below it."""
    if scope in SCOPES or (scope.endswith("/*") and any(one.startswith(scope[:-1]) for one in SCOPES)):
        return True
    parts = scope.split("/")
    return len(parts) > 3 and parts[:2] == ["store", "channel"] and parts[2].isdigit() and parts[3] == "order"


def sign(secret: str, message_id: str, seconds: int, body: bytes) -> str:
    """Standard Webhooks: the client secret's own bytes are the key (contract 7.3)."""
    mac = hmac.new(secret.encode(), f"{message_id}.{seconds}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(mac).decode()


@dataclass(slots=True)
class Mishaps:
    """Damage that is asked for: the next so many events are lost, sent twice, or wait `late_s`; queues run backwards."""

    drop: int = 0
    duplicate: int = 0
    reorder: bool = False
    late_s: float = 0.0


@dataclass(slots=True)
class _Domain:
    """The last calls to one domain for one client, and until when it is blocked."""

    calls: deque[tuple[datetime, bool]] = field(default_factory=lambda: deque(maxlen=_KEPT))
    blocked_until: datetime | None = None
    failures: int = 0


class HookSender(SendsByItself):
    """All hooks of the store and what is under way to them. `secret_of` and `scopes_of` tell of an account by client id."""

    def __init__(self, *, store_hash: str, store_id: str, settings: Settings, secret_of: Callable[[str], str],
                 scopes_of: Callable[[str], frozenset[str]], session: requests.Session | None = None) -> None:
        super().__init__("bigcommerce events")
        self.store_hash = store_hash
        self.store_id = store_id
        self.settings = settings
        self.hooks: dict[int, Hook] = {}
        self.log: deque[Delivery] = deque(maxlen=_KEPT)
        self.emails: list[str] = []
        self.mails: list[dict[str, str]] = []
        self.mishaps = Mishaps()
        self._secret_of = secret_of
        self._scopes_of = scopes_of
        self._session = session or requests.Session()
        self._queue: list[Call] = []
        self._sent: deque[Call] = deque(maxlen=_KEPT)
        self._domains: dict[tuple[str, str], _Domain] = {}
        self._last_id = 20_000_000
        self._events = 0

    # --- registration (contract 7.1) --------------------------------------------------------------------------

    def of(self, client_id: str) -> list[Hook]:
        """The hooks this account made; it sees no others."""
        with self._lock:
            return [one for one in self.hooks.values() if one.client_id == client_id]

    def find(self, client_id: str, hook_id: int) -> Hook:
        """One of the account's own hooks. Raises 404."""
        with self._lock:
            hook = self.hooks.get(hook_id)
            if hook is None or hook.client_id != client_id:
                raise Refusal(404, "Webhook not found")
            return hook

    def create(self, client_id: str, scope: str, destination: str, headers: Mapping[str, str] | None, is_active: bool) -> Hook:
        """Registers a hook. Raises 422 for a scope or address that is not taken, 400 for one too many."""
        with self._lock:
            self._check(client_id, scope, destination, 0)
            self._last_id += 1
            now = clock.now()
            hook = Hook(self._last_id, client_id, scope, destination, dict(headers) if headers else None, is_active, now, now, now)
            self.hooks[hook.id] = hook
            return hook

    def change(self, hook: Hook, changes: Mapping[str, Any]) -> Hook:
        """Changes a hook; switching it on again does not bring back what it missed."""
        with self._lock:
            scope, destination = changes.get("scope", hook.scope), changes.get("destination", hook.destination)
            self._check(hook.client_id, scope, destination, hook.id)
            hook.scope, hook.destination = scope, destination
            if "headers" in changes:
                hook.headers = dict(changes["headers"]) if changes["headers"] else None
            if "is_active" in changes:
                hook.is_active = changes["is_active"]
                hook.was_deactivated = False
                hook.last_event = clock.now()
            hook.updated = clock.now()
            return hook

    def remove(self, hook: Hook) -> None:
        """Forgets a hook with what waits for it."""
        with self._lock:
            del self.hooks[hook.id]
            self._queue = [one for one in self._queue if one.hook_id != hook.id]

    def forget_account(self, client_id: str) -> None:
        """The account is gone, and its hooks with it."""
        for hook in self.of(client_id):
            self.remove(hook)

    def deactivate(self, hook: Hook, why: str) -> None:
        """Switches a hook off as the store does by itself, with an e-mail; events that wait for it are lost."""
        with self._lock:
            hook.is_active, hook.was_deactivated, hook.updated = False, True, clock.now()
            self._queue = [one for one in self._queue if one.hook_id != hook.id]
            self.mails += [{"to": one, "says": f"webhook {hook.id} ({hook.scope}) was deactivated: {why}"} for one in self.emails]

    def _check(self, client_id: str, scope: str, destination: str, but: int) -> None:
        if not is_known(scope):
            raise Refusal(422, "scope is not a valid webhook scope", {"scope": "invalid"})
        if not is_allowed(destination):
            raise Refusal(422, "destination must be an HTTPS URL on port 443", {"destination": "invalid"})
        same = [one for one in self.hooks.values() if (one.client_id, one.scope) == (client_id, scope) and one.id != but]
        if any(one.destination == destination for one in same):
            raise Refusal(422, "a webhook with this scope and destination exists already", {"destination": "not unique"})
        if len(same) >= MOST_HOOKS:
            raise Refusal(400, f"the limit of {MOST_HOOKS} webhooks for this scope is reached")

    # --- events -----------------------------------------------------------------------------------------------

    def fire(self, scope: str, data: Mapping[str, Any], client_id: str = "") -> None:
        """Something happened: one call for each active hook that listens and may. `client_id` limits it to one account."""
        now = clock.now()
        with self._lock:
            for hook in list(self.hooks.values()):
                if not hook.is_active or not hook.listens(scope) or (client_id and hook.client_id != client_id):
                    continue
                if not self._may(hook, scope) or now - hook.created < timedelta(seconds=self.settings.hook_live_after_s):
                    continue
                hook.last_event = now
                self._put(hook, scope, data, now)
        self._wake.set()

    def _may(self, hook: Hook, scope: str) -> bool:
        needed = next((name for prefix, name in NEEDS.items() if scope.startswith(prefix)), "")
        if scope.startswith("store/channel/"):
            needed = "store_v2_orders" if "/order/" in scope else "store_inventory"
        return not needed or bool({needed, f"{needed}_read_only"} & self._scopes_of(hook.client_id))

    def _put(self, hook: Hook, scope: str, data: Mapping[str, Any], now: datetime) -> None:
        if self.mishaps.drop:
            self.mishaps.drop -= 1
            self.log.append(Delivery(hook.id, scope, 0, "lost on purpose", 0))
            return
        self._events += 1
        told: dict[str, Any] = {"scope": scope, "store_id": self.store_id, "data": dict(data), "created_at": int(now.timestamp()),
                                "producer": f"stores/{self.store_hash}"}
        # A plain digest of what is told: the number keeps two like events within one second apart.
        digest = hashlib.sha1(f"{self._events}{json.dumps(told)}".encode(), usedforsecurity=False).hexdigest()
        ordered = {name: told.get(name, digest) for name in ("scope", "store_id", "data", "hash", "created_at", "producer")}
        body = json.dumps(ordered, separators=(",", ":")).encode()
        self._queue.append(Call(hook.id, f"msg_{secrets.token_hex(12)}", scope, body, now + timedelta(seconds=self.mishaps.late_s)))

    @property
    def waiting(self) -> list[Call]:
        """What has not been delivered yet."""
        with self._lock:
            return list(self._queue)

    @property
    def sent(self) -> int:
        """How many calls reached their hooks and can be sent again."""
        return len(self._sent)

    def age(self, passed: timedelta) -> None:
        """So much time passed for what waits and for blocked domains."""
        with self._lock:
            for one in self._queue:
                one.due -= passed
            for domain in self._domains.values():
                domain.blocked_until = domain.blocked_until - passed if domain.blocked_until else None

    def replay(self, last: int) -> int:
        """Puts the last so many delivered calls on the way again, as they were; answers how many."""
        with self._lock:
            again = list(self._sent)[-last:] if last > 0 else []
            self._queue += [replace(one, due=clock.now(), tries=0) for one in again if one.hook_id in self.hooks]
            return len(again)

    # --- delivery (contract 7.3) ------------------------------------------------------------------------------

    def deliver(self) -> list[Delivery]:
        """Posts what is due, with what that brings about; gives what happened, in order."""
        done: list[Delivery] = []
        with self._delivering:
            self._sleepers()
            while (call := self._next()) is not None:
                outcome = self._post(call)
                done.append(outcome)
                self.log.append(outcome)
        return done

    def _sleepers(self) -> None:
        for hook in list(self.hooks.values()):
            if hook.is_active and clock.now() - hook.last_event > SILENT_FOR:
                self.deactivate(hook, "no events for 90 days")

    def _next(self) -> Call | None:
        now = clock.now()
        with self._lock:
            due = [one for one in self._queue if one.due <= now]
            if not due:
                return None
            call = due[-1] if self.mishaps.reorder else due[0]
            self._queue.remove(call)
            return call

    def _post(self, call: Call) -> Delivery:
        hook = self.hooks.get(call.hook_id)
        if hook is None or not hook.is_active:
            return Delivery(call.hook_id, call.scope, 0, "hook is gone", call.tries)
        domain = self._domains.setdefault((hook.domain, hook.client_id), _Domain())
        call.tries += 1
        if domain.blocked_until is not None and clock.now() < domain.blocked_until:
            return self._again(hook, call, 0, "blocked")
        status = self._call(hook, call)
        if self.mishaps.duplicate:
            self.mishaps.duplicate -= 1
            status = self._call(hook, call)
        self._count(hook, domain, 200 <= status < 300)
        if 200 <= status < 300:
            self._sent.append(call)
            return Delivery(hook.id, call.scope, status, "done", call.tries)
        return self._again(hook, call, status, "later")

    def _call(self, hook: Hook, call: Call) -> int:
        seconds = int(clock.timestamp())
        headers = {"Content-Type": "application/json", "User-Agent": "BigCommerce practice store"}
        if self.settings.sign_hooks:
            headers |= {"webhook-id": call.message_id, "webhook-timestamp": str(seconds),
                        "webhook-signature": sign(self._secret_of(hook.client_id), call.message_id, seconds, call.body)}
        try:
            answer = self._session.post(hook.destination, data=call.body, headers=headers | (hook.headers or {}),
                                        timeout=self.settings.hook_timeout_s, allow_redirects=False)
        except requests.RequestException:
            return 0
        return answer.status_code

    def _again(self, hook: Hook, call: Call, status: int, outcome: str) -> Delivery:
        """The next step of the ladder, or its end."""
        if call.tries > len(LADDER_S):
            self.deactivate(hook, "deliveries failed for 48 hours")
            self._exception(hook, GAVE_UP, "The webhook was deactivated: all retries failed.")
            return Delivery(hook.id, call.scope, status, "gave up", call.tries)
        call.due = clock.now() + timedelta(seconds=LADDER_S[call.tries - 1])
        with self._lock:
            self._queue.append(call)
        if call.tries == 1 and outcome != "blocked":
            self._exception(hook, WILL_RETRY, f"The delivery failed with {status}; it will be retried.")
        return Delivery(hook.id, call.scope, status, outcome, call.tries)

    def _count(self, hook: Hook, domain: _Domain, good: bool) -> None:
        now = clock.now()
        domain.calls.append((now, good))
        while domain.calls and now - domain.calls[0][0] > WINDOW:
            domain.calls.popleft()
        share = sum(one for _, one in domain.calls) / len(domain.calls)
        if len(domain.calls) >= FEWEST_CALLS and share < GOOD_SHARE:
            domain.blocked_until = now + BLOCKED_FOR
            domain.failures = sum(not one for _, one in domain.calls)
            domain.calls.clear()
            self._exception(hook, DOMAIN_BLOCKED, f"The domain {hook.domain} is blocked for three minutes.")

    def _exception(self, hook: Hook, code: int, says: str) -> None:
        if hook.scope != EXCEPTION:
            self.fire(EXCEPTION, {"type": "webhook", "id": hook.id, "error_code": code, "message": says}, hook.client_id)

    def blocked(self, client_id: str) -> list[dict[str, Any]]:
        """The domains that get no calls now, with the seconds left."""
        now = clock.now()
        return [{"destination": f"https://{host}", "time_left": int((one.blocked_until - now).total_seconds()),
                 "reasons": [{"failure_description": "success ratio below 90 %", "count": one.failures, "timestamp": int(now.timestamp())}]}
                for (host, owner), one in self._domains.items()
                if owner == client_id and one.blocked_until is not None and one.blocked_until > now]
