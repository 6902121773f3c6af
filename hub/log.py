"""One line per decision, with fields: JSON in production, readable text at a console.

    log = hub.log.get("hub.flows.orders")
    hub.log.bind(task=41, connection=2)        # once, in the runner; every later line of this context carries it
    log.info("order created", order="5769...", store_order="100000042")

Secrets and buyers' data are taken out by the last processor, from fields and from texts alike, tracebacks included
(reliability goals S-06, S-34). A secret that has no telling name or shape is made known with `hide`.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, TextIO

import structlog

HIDDEN = "[hidden]"

_SECRET_FIELD = re.compile(
    r"secret|passw|token|authori[sz]ation|cookie|signature|credential|api_?key|(^|_)key$|(^|_)sign$|(^|_)code$|nonce",
    re.IGNORECASE,
)
# An e-mail address as a field is shown by the shape of its value; these are a buyer's other traits.
_PERSONAL_FIELD = re.compile(
    r"e_?mail|phone|mobile|street|city|postal|post_?code|zip|address|recipient|buyer|customer|"
    r"first_?name|last_?name|full_?name|receiver|birth|tax_?id|cpf|cnpj|vat_?(id|number)",
    re.IGNORECASE,
)
# Fields that end like a secret and are none.
_PLAIN_FIELDS = frozenset({"error_code", "code", "status_code", "hook_code", "country_code", "problem_code"})

_IN_TEXT = (
    # name=value and "name": "value", as they stand in query strings, headers and dumped JSON
    re.compile(
        r"""(?ix)((?:access_|refresh_|auth_|app_|client_|consumer_|shop_)?(?:token|secret|passw(?:or)?d|cipher|api_?key|
        ws_key|signature|auth_code|oauth_[a-z_]+)|\bsign|\bcode|authorization|cookie)
        (["']?\s*[=:]\s*["']?)(?:bearer\s+|basic\s+|oauth\s+)?[^\s"'&,;}\])]+"""
    ),
)
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}")
_EMAIL = re.compile(r"[A-Za-z0-9._%+'-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+")
_PHONE = re.compile(r"(?<![\w.])(?:\+|00)\d[\d ().-]{6,18}\d(?!\w)|\(\+?\d{1,4}\)[\d ().*-]{6,18}\d")
_USERINFO = re.compile(r"(?<=://)[^/\s:@]*:[^/\s@]+@")

_known_secrets: set[str] = set()


def get(name: str) -> Any:
    """A logger by the module's name, with `debug`, `info`, `warning`, `error`, `exception` taking fields."""
    return structlog.stdlib.get_logger(name)


def bind(**fields: Any) -> None:
    """Carry these fields on every line of this context (thread or request) until `clear`."""
    structlog.contextvars.bind_contextvars(**fields)


def clear() -> None:
    """Forget the carried fields: at the start of each task and each request."""
    structlog.contextvars.clear_contextvars()


def hide(*secrets: str) -> None:
    """Never show these exact texts. Short ones are left out: they would blot out ordinary words."""
    _known_secrets.update(secret for secret in secrets if len(secret) >= 8)


def configure(*, level: str = "INFO", as_json: bool = True, stream: TextIO | None = None) -> None:
    """Send every logger, the libraries' too, to one stream in one form. Called once per process."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        redact,
    ]
    renderer: Any = structlog.processors.JSONRenderer(default=str) if as_json else _one_line
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared[:-1]],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, redact, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for chatty in ("urllib3", "werkzeug", "rq.worker"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The processor that takes secrets and buyers' data out of one line."""
    for name in list(event):
        if not name.startswith("_"):
            event[name] = _clean(name, event[name])
    return event


def clean_text(text: str) -> str:
    """The same for a text that is stored or shown, such as a remote's error message."""
    for secret in _known_secrets:
        if secret in text:
            text = text.replace(secret, HIDDEN)
    text = _USERINFO.sub(f"{HIDDEN}@", text)
    text = _BEARER.sub(rf"\1 {HIDDEN}", text)
    for pattern in _IN_TEXT:
        text = pattern.sub(rf"\1\2{HIDDEN}", text)
    return _PHONE.sub("[phone]", _EMAIL.sub("[e-mail]", text))


def _clean(name: str, value: Any) -> Any:
    if name not in _PLAIN_FIELDS and _SECRET_FIELD.search(name):
        return HIDDEN if value not in (None, "", True, False) else value
    if _PERSONAL_FIELD.search(name) and value not in (None, "", True, False):
        return HIDDEN
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, Mapping):
        return {str(key): _clean(str(key), inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_clean("", inner) for inner in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return clean_text(str(value))


def _one_line(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> str:
    """Text for a console. Line breaks inside a value are shown, not made: a value cannot fake a line."""
    when = str(event.pop("timestamp", ""))[11:19]
    level = str(event.pop("level", "")).upper()
    source = event.pop("logger", "")
    trace = event.pop("exception", "")
    says = str(event.pop("event", "")).replace("\r", "\\r").replace("\n", "\\n")
    fields = " ".join(f"{name}={_shown(value)}" for name, value in event.items())
    line = f"{when} {level:<7} {source}: {says}" + (f"  {fields}" if fields else "")
    return f"{line}\n{trace}" if trace else line


def _shown(value: Any) -> str:
    text = str(value)
    return repr(text) if re.search(r"[\s=]", text) or not text else text
