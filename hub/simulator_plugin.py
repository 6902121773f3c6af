"""How a store's plugin pairs, sends signed events and proves calls: the plugin's side, for the practice stores.

Written from the plugin contract sections 1, 2 and 4 alone. It shares nothing with the hub's own signature code, so
that a mistake on one side shows on the other. The PrestaShop module also signs its answers and checks calls, which
`Keys.answer_headers` and `CallGuard` do; Magento's calls are authorised by its own integration.

    sender = EventSender("prestashop", hello=lambda: {...})
    sender.pair("https://hub.example/hooks/prestashop/KEY#whsec_...")   # says hello at the next delivery
    sender.add("stock.changed", product_subject("42", "57", "MUG-1"), via="admin", hint={"qty": "3"})
    sender.deliver()                                                     # or start() for a thread of its own

What each answer does to the queue is in `EventSender.deliver`. `drop`, `duplicate` and `reorder` damage what is
sent, for tests of the hub; `skew_s` turns the plugin's clock.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
import secrets as _random
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import requests

from hub import clock
from hub.simulator import SendsByItself

EVENT_LIMIT = 100
BYTE_LIMIT = 512 * 1024
SKEW_S = 300
REPLAY_MEMORY_S = 900
ROTATION = timedelta(hours=24)
QUEUE_BACK_OFF_S = (60, 120, 240, 480, 900)
EVENT_BACK_OFF_S = (60, 300, 1800, 7200, 21600)
GIVE_UP_AFTER = timedelta(days=3)

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_HOOK_PATH = re.compile(r"(?P<before>.*)/hooks/(?P<platform>[a-z]+)/(?P<key>[A-Za-z0-9_-]{22})")


class NotAWebhookUrl(ValueError):
    """The text a merchant pasted is no webhook URL of a hub."""


class CallRefused(Exception):
    """A call does not prove itself. `status` and `code`: 401 signature, 401 clock or 409 replayed.

    `keys` signed it all the same, but for a wrong signature; the refusal is then signed by their K3.
    """

    def __init__(self, status: int, code: str, keys: Keys | None = None) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.keys = keys


@dataclass(frozen=True, slots=True)
class Keys:
    """The four keys of one secret: plugin to hub, hub to plugin, plugin's answer, hub's answer to hello."""

    k1: bytes
    k2: bytes
    k3: bytes
    k4: bytes

    @classmethod
    def from_k1(cls, k1: bytes) -> Keys:
        """Derive the other three (contract section 1)."""

        def derived(label: str) -> bytes:
            return hmac.new(k1, label.encode("ascii"), hashlib.sha256).digest()

        return cls(k1, derived("shopbridge hub to plugin v1"), derived("shopbridge plugin answer v1"),
                   derived("shopbridge hub answer v1"))

    @classmethod
    def from_secret(cls, secret: str) -> Keys:
        """From `whsec_…` (32 bytes in base64), or from an App Secret, whose ASCII bytes are taken as shown."""
        if not secret.startswith("whsec_"):
            return cls.from_k1(secret.encode("ascii"))
        try:
            raw = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        except (binascii.Error, ValueError):
            raise NotAWebhookUrl("the secret is not base64") from None
        if len(raw) != 32:
            raise NotAWebhookUrl("the secret is not 32 bytes long")
        return cls.from_k1(raw)

    def answer_headers(self, request_id: str, body: bytes, at: datetime) -> dict[str, str]:
        """The three headers of a plugin's answer, under K3."""
        return signed_headers(self.k3, request_id, body, at)


@dataclass(frozen=True, slots=True)
class Pairing:
    """Where the events go and what signs them. `url` has no fragment."""

    url: str
    keys: Keys
    app_key: str = ""

    @classmethod
    def from_webhook_url(cls, text: str, platform: str) -> Pairing:
        """Read `{hub}/hooks/{platform}/{key}#whsec_{secret}`; raises NotAWebhookUrl."""
        parts = urlsplit(text.strip())
        found = _HOOK_PATH.fullmatch(parts.path)
        if parts.scheme not in ("http", "https") or not parts.netloc or not found or parts.query:
            raise NotAWebhookUrl("this is not the webhook URL that the hub shows")
        if found["platform"] != platform:
            raise NotAWebhookUrl(f"this webhook URL is for {found['platform']}")
        if not parts.fragment.startswith("whsec_"):
            raise NotAWebhookUrl("the secret after # is missing: copy the whole URL")
        return cls(parts._replace(fragment="").geturl(), Keys.from_secret(parts.fragment))

    @classmethod
    def from_app(cls, hub_url: str, app_key: str, app_secret: str, platform: str) -> Pairing:
        """The Adobe guide's way: bare address, App Key and App Secret; the module appends the path."""
        if urlsplit(hub_url).scheme not in ("http", "https") or not app_key or not app_secret:
            raise NotAWebhookUrl("address, App Key and App Secret are all needed")
        return cls(f"{hub_url.rstrip('/')}/hooks/{platform}", Keys.from_k1(app_secret.encode("ascii")), app_key)


def signature(key: bytes, message_id: str, seconds: int | str, body: bytes) -> str:
    """`v1,` and the base64 HMAC-SHA256 of `id.timestamp.body` (Standard Webhooks 1.0)."""
    digest = hmac.new(key, f"{message_id}.{seconds}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def signed_headers(key: bytes, message_id: str, body: bytes, at: datetime) -> dict[str, str]:
    """`webhook-id`, `webhook-timestamp`, `webhook-signature`."""
    seconds = int(at.timestamp())
    return {"webhook-id": message_id, "webhook-timestamp": str(seconds),
            "webhook-signature": signature(key, message_id, seconds, body)}


def is_signed_by(key: bytes, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether one of the signatures in these (lower-case) headers is right; says nothing about the age."""
    expected = signature(key, headers.get("webhook-id", ""), headers.get("webhook-timestamp", ""), body)
    return any(hmac.compare_digest(expected.encode(), given.encode())
               for given in headers.get("webhook-signature", "").split())


def lower_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers by lower-case name."""
    return {name.lower(): value for name, value in headers.items()}


def ulid(at: datetime) -> str:
    """A fresh ULID for this moment."""
    number = (int(at.timestamp() * 1000) << 80) | _random.randbits(80)
    return "".join(_CROCKFORD[(number >> shift) & 31] for shift in range(125, -1, -5))


def product_subject(product_id: str, variant_id: str = "", sku: str = "") -> dict[str, str]:
    """The subject of a product's event; empty parts are left out."""
    subject = {"kind": "product", "id": product_id}
    if variant_id:
        subject["variant_id"] = variant_id
    if sku:
        subject["sku"] = sku
    return subject


def rfc3339(at: datetime) -> str:
    """`2026-11-20T12:00:00Z`."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


class CallGuard:
    """Checks hub → plugin calls: signature by K2, five minutes of skew, each id once in fifteen minutes."""

    def __init__(self) -> None:
        self._seen: dict[str, datetime] = {}
        self._lock = threading.Lock()

    def admit(self, candidates: list[Keys], headers: Mapping[str, str], body: bytes, now: datetime) -> Keys:
        """The keys that signed this call; raises CallRefused."""
        given = lower_headers(headers)
        keys = next((keys for keys in candidates if is_signed_by(keys.k2, given, body)), None)
        if keys is None or not given.get("webhook-id"):
            raise CallRefused(401, "signature")
        stamp = given.get("webhook-timestamp", "")
        if not stamp.isdigit() or abs(now.timestamp() - int(stamp)) > SKEW_S:
            raise CallRefused(401, "clock", keys)
        with self._lock:
            oldest = now - timedelta(seconds=REPLAY_MEMORY_S)
            self._seen = {name: at for name, at in self._seen.items() if at > oldest}
            if given["webhook-id"] in self._seen:
                raise CallRefused(409, "replayed", keys)
            self._seen[given["webhook-id"]] = now
        return keys


@dataclass(slots=True)
class Row:
    """One thing that happened, as the plugin's queue table holds it."""

    type: str
    subject: dict[str, str]
    via: str
    hint: dict[str, Any]
    store: str
    at: datetime
    id: str = ""
    seq: int = 0

    def as_event(self) -> dict[str, Any]:
        """The event as posted."""
        event: dict[str, Any] = {"id": self.id, "type": self.type, "at": rfc3339(self.at), "seq": self.seq,
                                 "store": self.store, "subject": self.subject, "via": self.via}
        if self.hint:
            event["hint"] = self.hint
        return event


@dataclass(slots=True)
class Batch:
    """Rows that travel together, under one webhook-id and one body until they are answered."""

    rows: list[Row]
    body: bytes
    webhook_id: str
    tries: int = 0
    first_try: datetime | None = None
    due: datetime | None = None


@dataclass(slots=True)
class Delivery:
    """What one post did: the status (0: no answer) and what the plugin made of it."""

    status: int
    outcome: str
    events: int
    says: str = ""


@dataclass(slots=True)
class SenderState:
    """What the plugin's health page shows."""

    paired: bool = False
    stopped: bool = False
    notice: str = ""
    waiting: int = 0
    failed: list[dict[str, Any]] = field(default_factory=list)
    oldest_s: float = 0.0
    next_at: str = ""
    seq: int = 0
    token_expires_at: str = ""


class EventSender(SendsByItself):
    """The queue and its one deliverer. Thread-safe; `session` carries the transport (in process or over HTTP)."""

    def __init__(self, platform: str, *, hello: Callable[[], dict[str, Any]], version: str = "1.0.0",
                 session: requests.Session | None = None) -> None:
        super().__init__(f"{platform} events")
        self.platform = platform
        self.plugin = f"{platform}/{version}"
        self.skew_s = 0.0
        self.reply: dict[str, Any] = {}
        self.log: list[Delivery] = []
        self.dead: list[dict[str, Any]] = []
        self._hello = hello
        self._session = session or requests.Session()
        self._session.trust_env = False
        self._pairing: Pairing | None = None
        self._former: tuple[Keys, datetime] | None = None
        self._rows: list[Row] = []
        self._batches: list[Batch] = []
        self._hello_due = False
        self._said_hello: datetime | None = None
        self._stopped = False
        self._notice = ""
        self._back_off = 0
        self._not_before: datetime | None = None
        self._seq = 0
        self._drop = self._duplicate = self._reorder = 0

    # --- pairing -----------------------------------------------------------------------------------------------

    @property
    def pairing(self) -> Pairing | None:
        """Where events go now, or None before pairing."""
        return self._pairing

    def pair(self, webhook_url: str) -> None:
        """Take the hub's webhook URL (on Save); hello is due at once. Raises NotAWebhookUrl."""
        self._take(Pairing.from_webhook_url(webhook_url, self.platform))

    def pair_app(self, hub_url: str, app_key: str, app_secret: str) -> None:
        """The Adobe guide's way. Raises NotAWebhookUrl."""
        self._take(Pairing.from_app(hub_url, app_key, app_secret, self.platform))

    def _take(self, pairing: Pairing) -> None:
        with self._lock:
            before = self._pairing
            if before is not None and before.keys != pairing.keys:
                self._former = (before.keys, clock.now())
            if before is None or before.url != pairing.url:
                # Numbers and bodies belong to one webhook URL; what waits is numbered anew for the next one.
                self._rows = [row for batch in self._batches for row in batch.rows
                              if row.type != "plugin.hello"] + self._rows
                self._batches = []
                self._seq = 0
            self._pairing = pairing
            self._stopped, self._notice = False, ""
            self._hello_due, self._back_off, self._not_before = True, 0, None
        self._wake.set()

    def unpair(self) -> None:
        """Forget hub, keys and queue, as an uninstall does."""
        with self._lock:
            self._pairing, self._former = None, None
            self._rows, self._batches, self.reply, self._hello_due = [], [], {}, False

    def accepted_keys(self) -> list[Keys]:
        """Keys that a call may be signed with now: the present ones and, for a day, the former."""
        with self._lock:
            known = [self._pairing.keys] if self._pairing else []
            if self._former and clock.now() - self._former[1] < ROTATION:
                known.append(self._former[0])
            return known

    def heard_hub(self) -> None:
        """A valid call from the hub came in: any back-off of the queue ends."""
        with self._lock:
            self._back_off, self._not_before = 0, None
        self._wake.set()

    # --- queue -------------------------------------------------------------------------------------------------

    def add(self, type: str, subject: dict[str, str], *, via: str = "unknown", hint: dict[str, Any] | None = None,
            store: str = "default") -> None:
        """Append a row. Rows of one type and subject collapse when they are claimed, not here."""
        with self._lock:
            self._rows.append(Row(type, subject, via, hint or {}, store, clock.now()))
        self._wake.set()

    def test_button(self) -> None:
        """The merchant's "send a test" button."""
        self.add("plugin.test", {"kind": "plugin", "id": self.platform}, via="admin")

    def say_hello(self) -> None:
        """Make hello due now (daily, on Save, after a 401 of the API)."""
        with self._lock:
            self._hello_due = True
        self._wake.set()

    def drop(self, events: int) -> None:
        """Lose the next events on their way: numbered, counted as sent, never posted."""
        self._drop += events

    def duplicate(self, batches: int) -> None:
        """Post each of the next batches twice (same ids, same webhook-id)."""
        self._duplicate += batches

    def reorder(self, batches: int) -> None:
        """Turn the order of events around in each of the next batches."""
        self._reorder += batches

    def state(self) -> SenderState:
        """What the health page shows."""
        with self._lock:
            rows = [row for batch in self._batches for row in batch.rows] + self._rows
            oldest = min((row.at for row in rows), default=clock.now())
            return SenderState(
                paired=bool(self.reply), stopped=self._stopped, notice=self._notice, waiting=len(rows),
                failed=list(self.dead), oldest_s=max(0.0, (clock.now() - oldest).total_seconds()),
                next_at=rfc3339(self._not_before) if self._not_before else "", seq=self._seq,
                token_expires_at=str(self.reply.get("expires_at", "")))

    # --- delivery ----------------------------------------------------------------------------------------------

    def deliver(self) -> list[Delivery]:
        """Post what is due; gives what happened, in order.

        2xx: done, refused events are dead-lettered alone. 401, 404, other 5xx, no answer: rows stay, one back-off
        for the whole queue. 413, 415, 422: the batch is halved; a single refused event is tried for three days.
        429 and 503 with Retry-After are obeyed. 410: the plugin stops.
        """
        done: list[Delivery] = []
        with self._delivering:
            while (batch := self._next_batch()) is not None:
                delivery = self._post(batch)
                if delivery is None:
                    continue
                done.append(delivery)
                self.log.append(delivery)
        return done

    def _next_batch(self) -> Batch | None:
        now = clock.now()
        if self._said_hello and now - self._said_hello >= timedelta(days=1):
            self._hello_due = True
        # Asked before taking the lock: the store answers under a lock of its own.
        hint = self._hello() if self._hello_due else {}
        with self._lock:
            if self._pairing is None or self._stopped or (self._not_before and now < self._not_before):
                return None
            if self._hello_due and hint:
                self._hello_due = False
                self._batches = [batch for batch in self._batches if batch.rows[0].type != "plugin.hello"]
                row = Row("plugin.hello", {"kind": "plugin", "id": self.platform}, "cron", hint, "default", now)
                self._batches.insert(0, self._pack([row])[0])
            batch = next((each for each in self._batches if not each.due or each.due <= now), None)
            if batch is None and self._rows:
                claimed, self._rows = _collapsed(self._rows), []
                self._batches += self._pack(claimed)
                batch = next((each for each in self._batches if not each.due or each.due <= now), None)
            return batch

    def _pack(self, rows: list[Row]) -> list[Batch]:
        """Give id and seq where they are missing and cut into batches within both limits."""
        batches: list[Batch] = []
        part: list[Row] = []
        size = 0
        for row in rows:
            if not row.id:
                self._seq += 1
                row.id, row.seq = ulid(self.now()), self._seq
            length = len(json.dumps(row.as_event())) + 2
            if part and (len(part) == EVENT_LIMIT or size + length > BYTE_LIMIT - 200):
                batches.append(self._batch(part))
                part, size = [], 0
            part.append(row)
            size += length
        if part:
            batches.append(self._batch(part))
        return batches

    def _batch(self, rows: list[Row]) -> Batch:
        events = [row.as_event() for row in rows]
        if self._reorder and len(events) > 1:
            self._reorder -= 1
            events.reverse()
        body = json.dumps({"plugin": self.plugin, "events": events}, separators=(",", ":")).encode()
        return Batch(rows, body, "msg_" + ulid(self.now()))

    def now(self) -> datetime:
        """The plugin's clock, turned by `skew_s`."""
        return clock.now() + timedelta(seconds=self.skew_s)

    def _post(self, batch: Batch) -> Delivery | None:
        pairing = self._pairing
        if pairing is None:
            return None
        if self._lose_some(batch):
            return Delivery(0, "lost on purpose", len(batch.rows))
        batch.tries += 1
        batch.first_try = batch.first_try or clock.now()
        headers = {**signed_headers(pairing.keys.k1, batch.webhook_id, batch.body, self.now()),
                   "content-type": "application/json", "user-agent": f"Shopbridge {self.plugin}"}
        if pairing.app_key:
            headers["x-shopbridge-app-key"] = pairing.app_key
        response: requests.Response | None = None
        says = ""
        for _ in range(2 if self._duplicate else 1):
            try:
                response = self._session.post(pairing.url, data=batch.body, headers=headers, timeout=(2, 10),
                                              allow_redirects=False)
            except requests.RequestException as broken:
                says = type(broken).__name__
        self._duplicate -= 1 if self._duplicate else 0
        with self._lock:
            outcome = self._settle(batch, pairing, response)
        return Delivery(response.status_code if response is not None else 0, outcome, len(batch.rows), says)

    def _lose_some(self, batch: Batch) -> bool:
        """Take out the events that are to be lost; True when none of the batch is left."""
        if not self._drop or batch.rows[0].type == "plugin.hello":
            return False
        with self._lock:
            lost = min(self._drop, len(batch.rows))
            self._drop -= lost
            kept = batch.rows[lost:]
            place = self._batches.index(batch)
            self._batches[place:place + 1] = [self._batch(kept)] if kept else []
        return True

    def _settle(self, batch: Batch, pairing: Pairing, response: requests.Response | None) -> str:
        status = response.status_code if response is not None else 0
        answer = _json_object(response)
        if pairing is not self._pairing:
            return "paired anew meanwhile"
        if batch.rows[0].type == "plugin.hello":
            return self._settle_hello(batch, pairing, response, answer)
        if status == 202:
            reasons = {str(each.get("id")): str(each.get("says", "")) for each in answer.get("refused") or []}
            self.dead += [{"event": row.as_event(), "says": reasons[row.id]} for row in batch.rows if row.id in reasons]
            self._remove(batch)
            self._calm()
            return "accepted"
        if status in (413, 415, 422):
            return self._halve(batch, answer)
        return self._wait(status, response, answer)

    def _settle_hello(self, batch: Batch, pairing: Pairing, response: requests.Response | None,
                      answer: dict[str, Any]) -> str:
        status = response.status_code if response is not None else 0
        if response is not None and status == 200:
            given = lower_headers(dict(response.headers))
            signed = is_signed_by(pairing.keys.k4, given, response.content)
            if given.get("webhook-id") != batch.webhook_id or not signed:
                self._remove(batch)
                self._hello_due = True
                self._notice = "The hub's answer to hello is not signed by the hub."
                return self._back_off_once("hello answer not signed")
            self.reply = answer
            self._said_hello = clock.now()
            self._remove(batch)
            self._calm()
            return "paired"
        if status == 409:
            self._remove(batch)
            self._hello_due = True
            return self._back_off_once("hello anew") if batch.tries > 1 else "hello anew"
        if status in (413, 415, 422):
            self._notice = f"The hub does not understand hello ({status})."
            return self._back_off_once("hello refused")
        return self._wait(status, response, answer)

    def _halve(self, batch: Batch, answer: dict[str, Any]) -> str:
        if len(batch.rows) > 1:
            place = self._batches.index(batch)
            middle = len(batch.rows) // 2
            self._batches[place:place + 1] = [self._batch(batch.rows[:middle]), self._batch(batch.rows[middle:])]
            return "halved"
        now = clock.now()
        if now - (batch.first_try or now) >= GIVE_UP_AFTER:
            self._remove(batch)
            says = str(answer.get("detail") or answer.get("code", ""))
            self.dead.append({"event": batch.rows[0].as_event(), "says": says})
            return "given up"
        batch.due = now + timedelta(seconds=EVENT_BACK_OFF_S[min(batch.tries, len(EVENT_BACK_OFF_S)) - 1])
        return "later"

    def _wait(self, status: int, response: requests.Response | None, answer: dict[str, Any]) -> str:
        if status == 410:
            self._stopped = True
            self._notice = "This connection was removed in the hub."
            return "stopped"
        after = response.headers.get("Retry-After", "") if response is not None else ""
        if status in (429, 503) and after.isdigit():
            self._not_before = clock.now() + timedelta(seconds=int(after))
            return "told to wait"
        self._notice = {401: f"The hub refused the signature ({answer.get('code', 'signature')}).",
                        404: "The hub does not know this webhook URL.",
                        0: "The hub does not answer."}.get(status, f"The hub answered {status}.")
        return self._back_off_once("rows stay")

    def _back_off_once(self, outcome: str) -> str:
        wait = QUEUE_BACK_OFF_S[min(self._back_off, len(QUEUE_BACK_OFF_S) - 1)]
        self._back_off += 1
        self._not_before = clock.now() + timedelta(seconds=wait)
        return outcome

    def _remove(self, batch: Batch) -> None:
        self._batches = [each for each in self._batches if each is not batch]

    def _calm(self) -> None:
        self._back_off, self._not_before, self._notice = 0, None, ""


def _collapsed(rows: list[Row]) -> list[Row]:
    """The last row of each (type, subject, store), in the order of those last ones."""
    last: dict[str, Row] = {}
    for row in rows:
        name = json.dumps([row.type, row.subject, row.store], sort_keys=True)
        last.pop(name, None)
        last[name] = row
    return list(last.values())


def _json_object(response: requests.Response | None) -> dict[str, Any]:
    """The answer's JSON object, or an empty one where it is something else."""
    if response is None:
        return {}
    try:
        answer = response.json()
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}
