"""The gate in front of every operation: path, verb, app, signature, clock, token, scope, shop, rate, types.

The order of the checks is the contract's (section 2, last row): path and verb first, then app and parameters, then
the signature, then the token. What passes reaches the operation as a `Call`; an operation answers its `data` or
raises `Failure` with the contract's code. Nothing here is shared with the client: the signature is worked out again
from section 2 of the contract.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Request, Response

from hub import clock
from hub.tiktok.sandbox.state import App, Bucket, Product, Shop, State, Token

WINDOW_BEFORE_S = 300
WINDOW_AFTER_S = 30


class Failure(Exception):
    """A refusal: the contract's code, its meaning in words, and the HTTP status it comes with."""

    def __init__(self, code: int, message: str, status: int = 200, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.status, self.retry_after = code, message, status, retry_after


def gateway(message: str, status: int = 400) -> Failure:
    """Code 36009004: many errors in one, told apart by a word in the message (contract 3.1)."""
    return Failure(36009004, message, status)


@dataclass(slots=True)
class Call:
    """One call that passed the gate. `shop` is None where the operation takes no shop_cipher."""

    sim: State
    operation: Operation
    app: App
    token: Token
    _shop: Shop | None
    path: dict[str, str]
    query: dict[str, str]
    body: dict[str, Any]
    request: Request

    @property
    def shop(self) -> Shop:
        """The shop that the cipher named."""
        if self._shop is None:
            raise Failure(106013, "shop_cipher is missing", 400)
        return self._shop

    def product(self, product_id: str, code: int = 12052032) -> Product:
        """This shop's product, or the refusal: unknown, or another shop's (12052048)."""
        product = self.sim.products.get(product_id)
        if product is None:
            raise Failure(code, "the product does not exist")
        if product.shop_id != self.shop.id:
            raise Failure(12052048, "the product belongs to another shop")
        return product


@dataclass(frozen=True, slots=True)
class Operation:
    """A path and verb with what it demands.

    `cipher`: "required", "optional" or "none". `query` and `body` name the parameters with a kind ("str", "int",
    "bool", "list", "object", "list[object]", "list[str]" or a nested shape); a name ending in ! is required.
    """

    name: str
    method: str
    path: str
    scope: str
    cipher: str
    handler: Callable[[Call], Any]
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)
    is_multipart: bool = False

    @property
    def pattern(self) -> re.Pattern[str]:
        """The path with its variables."""
        return re.compile("^" + re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.path) + "$")


OPERATIONS: list[Operation] = []


def operation(
    name: str,
    method: str,
    *paths: str,
    scope: str,
    cipher: str = "required",
    query: Mapping[str, str] | None = None,
    body: Mapping[str, Any] | None = None,
    is_multipart: bool = False,
) -> Callable[[Callable[[Call], Any]], Callable[[Call], Any]]:
    """Register a handler for these paths (versions) of one operation."""

    def register(handler: Callable[[Call], Any]) -> Callable[[Call], Any]:
        for path in paths:
            OPERATIONS.append(Operation(name, method, path, scope, cipher, handler, query or {}, body or {}, is_multipart))
        return handler

    return register


def sign(secret: str, path: str, query: Mapping[str, str], body: bytes, content_type: str = "application/json") -> str:
    """The signature of contract section 2 over decoded query values and the raw body."""
    text = path + "".join(f"{name}{query[name]}" for name in sorted(query) if name not in ("sign", "access_token"))
    message = secret.encode() + text.encode()
    if content_type.partition(";")[0].strip().lower() != "multipart/form-data":
        message += body
    return hmac.new(secret.encode(), message + secret.encode(), hashlib.sha256).hexdigest()


def is_signed(secret: str, path: str, query: Mapping[str, str], body: bytes, content_type: str, given: str) -> bool:
    """Whether this signature fits. The disputed `{}` body is accepted signed and unsigned (contract 12)."""
    bodies = [body, b""] if body == b"{}" else [body]
    return any(hmac.compare_digest(sign(secret, path, query, one, content_type), given) for one in bodies)


def find(method: str, path: str) -> tuple[Operation, dict[str, str]]:
    """The operation of this path and verb, with the path's variables; raises the gateway's refusals."""
    other_verb = False
    for one in OPERATIONS:
        match = one.pattern.match(path)
        if match and one.method == method:
            return one, match.groupdict()
        other_verb = other_verb or bool(match)
    if other_verb:
        raise Failure(36009010, "the verb is not allowed on this path", 400)
    loose = re.sub(r"^(/[a-z_]+)/\d{6}/", r"\1/\\d{6}/", path)
    if any(re.match(_any_version(one), path) for one in OPERATIONS if one.method == method and loose != path):
        raise Failure(36009014, "the API version is not known or was retired", 400)
    raise Failure(36009009, "the path is unknown", 404)


def _any_version(one: Operation) -> str:
    return re.sub(r"/\d{6}/", r"/\\d{6}/", one.pattern.pattern, count=1)


def admit(sim: State, request: Request) -> Call:
    """Check a request all the way and make a `Call` of it."""
    one, variables = find(request.method, request.path)
    query = {name: ",".join(request.args.getlist(name)) for name in request.args}
    raw = request.get_data(cache=True)
    content_type = request.content_type or ""

    app = sim.apps.get(query.get("app_key", ""))
    if app is None:
        raise gateway("Invalid 'app_key': it is missing, unknown or disabled")
    if not query.get("sign"):
        raise gateway("missing credentials: 'sign' (the signature) is required")
    stamp = query.get("timestamp", "")
    if not re.fullmatch(r"\d{10}", stamp):
        raise gateway("Invalid 'timestamp': it is required, ten digits of epoch seconds")
    lag = clock.timestamp() - int(stamp)
    if lag > WINDOW_BEFORE_S or lag < -WINDOW_AFTER_S:
        raise gateway("Invalid 'timestamp': it is outside of 5 minutes before and 30 seconds after")
    if not is_signed(app.secret, request.path, query, raw, content_type, query["sign"]):
        raise Failure(106001, "the signature is wrong", 401)

    token = _token(sim, app, request.headers.get("x-tts-access-token", ""))
    if one.scope and one.scope not in token.scopes:
        raise Failure(105005, f"the app or the token lacks the scope {one.scope}", 403)
    shop = _shop(sim, one, token, query)
    _throttle(sim, app, one, shop)

    if one.is_multipart and not content_type.lower().startswith("multipart/form-data"):
        raise Failure(36009023, "the content-type must be multipart/form-data", 400)
    body: dict[str, Any] = {}
    if not one.is_multipart and raw:
        body = _json(raw, content_type)
    check_query(one.query, query)
    check_shape(one.body, body, "")
    return Call(sim, one, app, token, shop, variables, query, body, request)


def _token(sim: State, app: App, value: str) -> Token:
    token = sim.tokens.get(value)
    if token is None or token.kind != "access" or token.dead or token.app_key != app.key:
        raise gateway("Invalid 'x-tts-access-token' header: the token is unknown or revoked", 401)
    if token.expires <= sim.now():
        raise Failure(105002, "the access token has expired", 401)
    if token.user_type != 0:
        raise Failure(101000, "the token is of the wrong user type", 401)
    return token


def _shop(sim: State, one: Operation, token: Token, query: Mapping[str, str]) -> Shop | None:
    cipher = query.get("shop_cipher")
    if one.cipher == "none":
        if cipher is not None:
            raise gateway("Unexpected identifier: 'shop_cipher' is not required here")
        return None
    if not cipher:
        if one.cipher == "optional" and len(sim.sellers[token.seller_id].shop_ids) == 1:
            return sim.shops_of(token.seller_id)[0]
        raise Failure(106013, "shop_cipher is missing", 400)
    shop = sim.shop_by_cipher(cipher)
    if shop is None or shop.seller_id != token.seller_id:
        raise Failure(101000, "the token and the shop_cipher do not belong together", 401)
    if not shop.active:
        raise Failure(36009043, "the shop is inactive", 401)
    return shop


def _throttle(sim: State, app: App, one: Operation, shop: Shop | None) -> None:
    if sim.throttled_until > sim.now():
        wait = sim.throttled_until - sim.now()
        raise Failure(36009002, "too many requests", 429, retry_after=wait)
    rate = sim.settings.get("rate_per_s")
    if not rate:
        return
    key = (app.key, shop.id if shop else "", one.name)
    bucket = sim.buckets.get(key)
    if bucket is None:
        bucket = sim.buckets[key] = Bucket(float(rate), float(sim.settings.get("burst") or rate))
    wait = bucket.take()
    if wait:
        raise Failure(36009002, "too many requests", 429, retry_after=wait)


def _json(raw: bytes, content_type: str) -> dict[str, Any]:
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise Failure(36009022, "the body must be JSON: content-type is application/json", 400)
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        raise Failure(36009022, "the body is not JSON", 400) from None
    if not isinstance(body, dict):
        raise Failure(36009022, "the body must be a JSON object", 400)
    return body


def check_query(shape: Mapping[str, str], query: Mapping[str, str]) -> None:
    """Refuse a missing or mistyped query parameter. Unknown ones are ignored (contract 12)."""
    for declared, kind in shape.items():
        name = declared.rstrip("!")
        value = query.get(name, "")
        if not value:
            if declared.endswith("!"):
                raise gateway(f"'{name}' is required")
            continue
        if kind == "int" and not re.fullmatch(r"-?\d+", value):
            raise gateway(f"'{name}' type invalid, actual type string, integer is required")
        if kind == "bool" and value.lower() not in ("true", "false"):
            raise gateway(f"'{name}' type invalid, actual type string, boolean is required")
        if "|" in kind and value not in kind.split("|"):
            raise gateway(f"'{name}' is invalid, one of {kind} is required")


_NAMES = {str: "string", int: "integer", float: "number", bool: "boolean", list: "array", dict: "object"}


def check_shape(shape: Any, value: Any, at: str) -> None:
    """Refuse a missing or mistyped body field, as the gateway does before any business check."""
    if isinstance(shape, str):
        wanted = {"str": str, "int": int, "bool": bool, "list": list, "object": dict}[shape]
        if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
            raise gateway(f"'{at}' type invalid, actual type {_NAMES.get(type(value), 'null')}, {_NAMES[wanted]} is required")
    elif isinstance(shape, list):
        check_shape("list", value, at)
        for index, one in enumerate(value):
            check_shape(shape[0], one, f"{at}[{index}]")
    else:
        if at:
            check_shape("object", value, at)
        for declared, inner in shape.items():
            name = declared.rstrip("!")
            here = f"{at}.{name}" if at else name
            if value.get(name) is None:
                if declared.endswith("!"):
                    raise gateway(f"'{here}' is required")
                continue
            check_shape(inner, value[name], here)


def envelope(sim: State, data: Any, code: int = 0, message: str = "Success") -> dict[str, Any]:
    """The answer every operation is wrapped in."""
    stamp = clock.now().strftime("%Y%m%d%H%M%S")
    return {
        "code": code, "message": message, "data": data,
        "request_id": f"{stamp}{sim.random.getrandbits(80):020X}",
    }  # fmt: skip


def respond(sim: State, request: Request) -> tuple[str, Callable[[], Response]]:
    """The operation's name for the journal, and what answers it when called."""
    try:
        name = find(request.method, request.path)[0].name
    except Failure:
        name = "Unknown"

    def answer() -> Response:
        with sim.lock:
            sim.tick()
            try:
                call = admit(sim, request)
                data = call.operation.handler(call)
                return json_response(envelope(sim, {} if data is None else data))
            except Failure as failure:
                return failed(sim, failure)

    return name, answer


def failed(sim: State, failure: Failure) -> Response:
    """A refusal on the wire."""
    response = json_response(envelope(sim, None, failure.code, failure.message), failure.status)
    if failure.retry_after is not None:
        response.headers["Retry-After"] = str(max(1, math.ceil(failure.retry_after)))
    return response


def json_response(value: Any, status: int = 200) -> Response:
    """JSON with the characters as they are."""
    return Response(json.dumps(value, ensure_ascii=False), status=status, content_type="application/json")
