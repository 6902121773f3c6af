"""Every setting of a process, read once from the environment.

`Config.from_env(os.environ)` is the only reader; nothing else in the project looks at the environment. Each field
below names its variable, its default and a sentence; `.env.example` is written from them (`python -m hub.config`).

Three modes. `embedded` is the default: SQLite, the embedded Valkey, secrets made at the first start and kept in
DATA_DIR, readable by the owner only. `practice` is the same with the sandbox stores on loopback. `production` (chosen
by itself when DATABASE_URL or REDIS_URL is set) makes up nothing: start is refused, by name, for each secret that is
missing or weak (reliability goal S-08).
"""

from __future__ import annotations

import base64
import dataclasses
import os
import secrets as _random
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from hub import embedded, net
from hub.crypto import BadKeyRing, KeyRing, new_key

MODES = ("embedded", "practice", "production")
_SHORTEST_SECRET = 32
_NOTORIOUS = ("change", "secret", "default", "example", "password", "shopbridge", "12345", "dev")


@dataclass(frozen=True, slots=True)
class Complaint:
    """One reason why the hub does not start: the variable, what is wrong, how to mend it."""

    variable: str
    says: str
    fix: str


class NotConfigured(Exception):
    """The hub does not start like this. Lists every complaint, never a value."""

    def __init__(self, complaints: list[Complaint]) -> None:
        self.complaints = complaints
        lines = [f"  {complaint.variable}: {complaint.says} {complaint.fix}" for complaint in complaints]
        super().__init__("Shopbridge does not start:\n" + "\n".join(lines))


def _text(raw: str) -> str:
    return raw


def _whole(raw: str) -> int:
    return int(raw)


def _ports(raw: str) -> frozenset[int]:
    ports = frozenset(int(piece) for piece in raw.split(",") if piece.strip())
    if any(not 0 < port < 65536 for port in ports):
        raise ValueError("a port is between 1 and 65535")
    return ports


def _web_address(raw: str) -> str:
    parts = urlsplit(raw)
    if raw and (parts.scheme not in ("http", "https") or not parts.hostname):
        raise ValueError("it is no web address")
    return raw.rstrip("/")


def _setting(
    variable: str, default: str, says: str, read: Callable[[str], Any] = _text, *, secret: bool = False
) -> Any:
    return field(
        repr=not secret,
        metadata={"variable": variable, "default": default, "says": says, "read": read, "secret": secret},
    )


@dataclass(frozen=True, kw_only=True)
class Config:
    """The settings of one process. Secrets are left out of its repr."""

    mode: str = _setting(
        "SHOPBRIDGE_MODE",
        "",
        "embedded, practice or production. Empty: production when DATABASE_URL or REDIS_URL is set, else embedded.",
    )
    data_dir: Path = _setting(
        "DATA_DIR", "var/live", "Folder for the embedded database and queue, made secrets and exports.", Path
    )
    database_url: str = _setting(
        "DATABASE_URL",
        "",
        "postgresql://user:password@host/name. Empty: an SQLite file in DATA_DIR.",
        secret=True,
    )
    redis_url: str = _setting(
        "REDIS_URL", "", "redis://:password@host:6379/0. Empty: the embedded Valkey in DATA_DIR.", secret=True
    )
    keys: str = _setting(
        "SHOPBRIDGE_KEYS",
        "",
        "Key ring that seals tokens and passwords: id:base64key,id2:base64key2; the first seals, all open. "
        "Make one with: shopbridge new-key",
        secret=True,
    )
    secret_key: str = _setting(
        "SECRET_KEY", "", "Signs sessions and forms; at least 32 random characters.", secret=True
    )
    old_secret_keys: str = _setting(
        "SECRET_KEY_FALLBACKS",
        "",
        "Former SECRET_KEYs, with commas; sessions they signed stay valid.",
        secret=True,
    )
    bind: str = _setting(
        "BIND", "127.0.0.1:8000", "Address and port the hub listens on. Loopback unless you say otherwise."
    )
    public_url: str = _setting(
        "PUBLIC_URL",
        "",
        "The address people and TikTok Shop reach the hub at. Empty: http:// and BIND. With https:// cookies "
        "are Secure.",
        _web_address,
    )
    trusted_proxies: int = _setting(
        "TRUSTED_PROXIES",
        "0",
        "How many proxies stand in front; their X-Forwarded-* headers are believed.",
        _whole,
    )
    allowed_private_networks: tuple[net.Network, ...] = _setting(
        "ALLOWED_PRIVATE_NETWORKS",
        "",
        "Private networks that stores may stand in, with commas: 10.1.0.0/16, 192.168.7.0/24.",
        net.networks,
    )
    allowed_ports: frozenset[int] = _setting(
        "ALLOWED_PORTS", "80,443,8080,8443", "Ports that stores may answer on, with commas.", _ports
    )
    tiktok_api_host: str = _setting(
        "TIKTOK_API_HOST",
        "https://open-api.tiktokglobalshop.com",
        "Where the TikTok Shop API answers.",
        _web_address,
    )
    tiktok_token_host: str = _setting(
        "TIKTOK_TOKEN_HOST", "https://auth.tiktok-shops.com", "Where access tokens are fetched.", _web_address
    )
    tiktok_consent_host: str = _setting(
        "TIKTOK_CONSENT_HOST",
        "https://services.tiktokshop.com",
        "Where a seller outside the US agrees to connect.",
        _web_address,
    )
    tiktok_consent_host_us: str = _setting(
        "TIKTOK_CONSENT_HOST_US",
        "https://services.us.tiktokshop.com",
        "Where a seller in the US agrees to connect; TikTok's guides also print services.tiktokshops.us.",
        _web_address,
    )
    tiktok_app_key: str = _setting(
        "TIKTOK_APP_KEY", "", "Key of the first TikTok app; more are added on the settings page."
    )
    tiktok_app_secret: str = _setting("TIKTOK_APP_SECRET", "", "Secret of that app.", secret=True)
    tiktok_service_id: str = _setting(
        "TIKTOK_SERVICE_ID",
        "",
        "Service id of that app, from the partner console; part of the consent page's address.",
    )
    tiktok_calls_per_s: int = _setting(
        "TIKTOK_CALLS_PER_S", "20", "Calls per second to TikTok Shop, per shop, over all workers.", _whole
    )
    store_calls_per_s: int = _setting(
        "STORE_CALLS_PER_S", "10", "Calls per second to one store, over all workers.", _whole
    )
    smtp_url: str = _setting(
        "SMTP_URL",
        "",
        "smtp://user:password@host:587 (STARTTLS) or smtps://…:465. Empty: mails are written to the log.",
        secret=True,
    )
    mail_from: str = _setting(
        "MAIL_FROM", "", "Sender of the hub's e-mails. Empty: shopbridge@ and PUBLIC_URL's host."
    )
    web_processes: int = _setting("WEB_PROCESSES", "2", "Web server processes.", _whole)
    web_threads: int = _setting("WEB_THREADS", "8", "Threads of each web process.", _whole)
    workers: int = _setting(
        "WORKERS", "2", "Worker processes of `shopbridge run`; the first never takes bulk work.", _whole
    )
    worker_threads: int = _setting(
        "WORKER_THREADS",
        "16",
        "Most threads on which a worker goes through a big task; it takes as many as the calls' rate and time ask for.",
        _whole,
    )
    log_level: str = _setting("LOG_LEVEL", "INFO", "DEBUG, INFO, WARNING or ERROR.")
    log_format: str = _setting("LOG_FORMAT", "", "json or text. Empty: json in production, else text.")
    clock_file: str = _setting(
        "HUB_CLOCK_FILE", "", "For tests: a file with the seconds by which all processes shift their clock."
    )
    crash_at: str = _setting(
        "HUB_CRASH_AT", "", "For tests: the crash point at which the process kills itself."
    )

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Config:
        """Read and check the environment; raises NotConfigured with everything that is wrong at once.

        In the embedded modes missing secrets are made and kept in DATA_DIR.
        """
        values: dict[str, Any] = {}
        complaints: list[Complaint] = []
        for setting in dataclasses.fields(cls):
            about = setting.metadata
            raw = environ.get(about["variable"], "").strip() or about["default"]
            try:
                values[setting.name] = about["read"](raw)
            except ValueError as error:
                values[setting.name] = about["read"](about["default"])
                complaints.append(
                    Complaint(about["variable"], f"cannot be read: {_reason(error, raw)}.", about["says"])
                )
        values["mode"] = values["mode"] or (
            "production" if values["database_url"] or values["redis_url"] else "embedded"
        )
        if values["mode"] not in MODES:
            complaints.append(
                Complaint("SHOPBRIDGE_MODE", "is none of the modes.", f"Use {', '.join(MODES)}.")
            )
        _fill_in(values)
        if values["mode"] == "production":
            complaints += _production_complaints(values, environ)
        elif values["mode"] in MODES and not complaints:
            values.update(_kept_secrets(values["data_dir"], values))
        complaints += _secret_complaints(values)
        if complaints:
            raise NotConfigured(list(dict.fromkeys(complaints)))
        return cls(**values)

    @property
    def is_practice(self) -> bool:
        return self.mode == "practice"

    @property
    def has_embedded_redis(self) -> bool:
        """Whether the queue lives in the server that `shopbridge run` starts itself."""
        return self.redis_url == embedded.socket_url(self.data_dir)

    @property
    def is_https(self) -> bool:
        return self.public_url.startswith("https://")

    @property
    def bind_host(self) -> str:
        return self.bind.rpartition(":")[0].strip("[]")

    @property
    def bind_port(self) -> int:
        return int(self.bind.rpartition(":")[2])

    @property
    def is_loopback_only(self) -> bool:
        """Whether nobody but this machine reaches the hub: the first page then needs no one-time code."""
        return _is_loopback(self.bind_host) and _is_loopback(urlsplit(self.public_url).hostname or "")

    def key_ring(self) -> KeyRing:
        return KeyRing.from_string(self.keys)

    def guard(self, *, practice: bool = False) -> net.Guard:
        """What may be called at an address that a person entered. `practice`: for a practice connection only."""
        return net.Guard(
            private_networks=self.allowed_private_networks,
            practice=practice and self.is_practice,
            ports=self.allowed_ports,
            own_ports=frozenset(
                port
                for port in (
                    self.bind_port,
                    _port_of(self.database_url, 5432),
                    _port_of(self.redis_url, 6379),
                )
                if port
            ),
        )

    def known_secrets(self) -> tuple[str, ...]:
        """Every secret text in these settings, for the log to hide: whole values, and passwords inside addresses."""
        found = [
            getattr(self, setting.name) for setting in dataclasses.fields(self) if setting.metadata["secret"]
        ]
        found += [part.partition(":")[2] for part in self.keys.split(",")]
        found += [
            unquote(urlsplit(url).password or "")
            for url in (self.database_url, self.redis_url, self.smtp_url)
        ]
        return tuple(text for text in found if text and not text.startswith(("sqlite:", "unix:")))

    def flask_settings(self) -> dict[str, Any]:
        """Flask's own settings that follow from these: keys, cookies, size limits (S-13, S-32)."""
        prefix = "__Host-" if self.is_https else ""
        return {
            "SECRET_KEY": self.secret_key,
            "SECRET_KEY_FALLBACKS": [key for key in self.old_secret_keys.split(",") if key],
            "SESSION_COOKIE_NAME": f"{prefix}shopbridge",
            "SESSION_COOKIE_SECURE": self.is_https,
            "SESSION_COOKIE_HTTPONLY": True,
            "SESSION_COOKIE_SAMESITE": "Lax",
            "SESSION_COOKIE_PATH": "/",
            "REMEMBER_COOKIE_NAME": f"{prefix}shopbridge-remember",
            "REMEMBER_COOKIE_SECURE": self.is_https,
            "REMEMBER_COOKIE_HTTPONLY": True,
            "REMEMBER_COOKIE_SAMESITE": "Lax",
            "PREFERRED_URL_SCHEME": "https" if self.is_https else "http",
            "MAX_CONTENT_LENGTH": 16 * 1024 * 1024,
            "MAX_FORM_MEMORY_SIZE": 1024 * 1024,
        }


def env_example() -> str:
    """The text of `.env.example`: each variable with its default and sentence."""
    lines = [
        "# Settings of Shopbridge. Every line shows a default; take the # away to change it.",
        "# Written by `python -m hub.config`; a test keeps it complete.",
    ]
    for setting in dataclasses.fields(Config):
        about = setting.metadata
        lines += ["", f"# {about['says']}", f"#{about['variable']}={about['default']}"]
    return "\n".join(lines) + "\n"


def _fill_in(values: dict[str, Any]) -> None:
    """The defaults that depend on other settings."""
    if not values["database_url"]:
        values["database_url"] = f"sqlite:///{(values['data_dir'] / 'hub.db').absolute()}"
    values["redis_url"] = values["redis_url"] or embedded.socket_url(values["data_dir"])
    values["public_url"] = values["public_url"] or f"http://{values['bind']}"
    values["mail_from"] = values["mail_from"] or f"shopbridge@{urlsplit(values['public_url']).hostname}"
    values["log_format"] = values["log_format"] or ("json" if values["mode"] == "production" else "text")


def _production_complaints(values: Mapping[str, Any], environ: Mapping[str, str]) -> list[Complaint]:
    found = []
    if not values["keys"]:
        found.append(Complaint("SHOPBRIDGE_KEYS", "is missing.", "Make one with: shopbridge new-key"))
    if not values["secret_key"]:
        found.append(Complaint("SECRET_KEY", "is missing.", "Make one with: shopbridge new-key --secret"))
    if not environ.get("DATABASE_URL", "").strip():
        found.append(Complaint("DATABASE_URL", "is missing.", "Name the PostgreSQL database."))
    if not environ.get("REDIS_URL", "").strip():
        found.append(Complaint("REDIS_URL", "is missing.", "Name the Redis that all hosts share."))
    public = urlsplit(values["public_url"])
    if public.scheme != "https" and not _is_loopback(public.hostname or ""):
        found.append(
            Complaint(
                "PUBLIC_URL",
                "does not start with https://.",
                "Put a TLS proxy in front and name its address.",
            )
        )
    redis_at = urlsplit(values["redis_url"])
    if (
        redis_at.scheme in ("redis", "rediss")
        and not redis_at.password
        and not _is_loopback(redis_at.hostname or "")
    ):
        found.append(
            Complaint(
                "REDIS_URL",
                "has no password and is not on this machine.",
                "Set one: redis://:password@host/0",
            )
        )
    if environ.get("FLASK_DEBUG", "").strip() not in ("", "0", "false", "False"):
        found.append(Complaint("FLASK_DEBUG", "is on.", "Take it away: it shows code to visitors."))
    return found


def _secret_complaints(values: Mapping[str, Any]) -> list[Complaint]:
    """What is weak among the secrets that are there."""
    found = []
    if values["keys"]:
        try:
            KeyRing.from_string(values["keys"])
        except BadKeyRing as error:
            found.append(
                Complaint("SHOPBRIDGE_KEYS", f"cannot be used: {error}.", "Make one with: shopbridge new-key")
            )
    for variable, key in [("SECRET_KEY", values["secret_key"])] + [
        ("SECRET_KEY_FALLBACKS", key) for key in values["old_secret_keys"].split(",")
    ]:
        if key and (
            len(key) < _SHORTEST_SECRET
            or len(set(key)) < 10
            or any(word in key.lower() and len(key) < 64 for word in _NOTORIOUS)
        ):
            found.append(
                Complaint(
                    variable,
                    "is weak.",
                    f"Use {_SHORTEST_SECRET} random characters: shopbridge new-key --secret",
                )
            )
    if bool(values["tiktok_app_key"]) != bool(values["tiktok_app_secret"]):
        found.append(
            Complaint("TIKTOK_APP_SECRET", "goes together with TIKTOK_APP_KEY.", "Set both, or neither.")
        )
    host, colon, port = values["bind"].rpartition(":")
    if not colon or not host or not port.isdigit() or int(port) > 65535:
        found.append(Complaint("BIND", "is no address and port.", "Write it like 127.0.0.1:8000."))
    return found


def _kept_secrets(data_dir: Path, values: Mapping[str, Any]) -> dict[str, str]:
    """The secrets of an embedded hub: those given, else those kept in DATA_DIR, else fresh ones that are kept now."""
    if values["keys"] and values["secret_key"]:
        return {}
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = data_dir / "secrets.env"
    if not path.exists():
        fresh = f"SHOPBRIDGE_KEYS={new_key()}\nSECRET_KEY={make_secret()}\n"
        draft = data_dir / f".secrets.{os.getpid()}.{_random.token_hex(4)}"
        handle = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(handle, "w") as out:
            out.write(fresh)
            out.flush()
            os.fsync(out.fileno())
        try:
            os.link(draft, path)  # fails when another process was first: its secrets count
        except FileExistsError:
            return _kept_secrets(data_dir, values)
        finally:
            draft.unlink()
    kept = dict(line.split("=", 1) for line in path.read_text().splitlines() if "=" in line)
    return {
        "keys": values["keys"] or kept["SHOPBRIDGE_KEYS"],
        "secret_key": values["secret_key"] or kept["SECRET_KEY"],
    }


def make_secret() -> str:
    """A fresh SECRET_KEY."""
    return base64.urlsafe_b64encode(_random.token_bytes(48)).decode()


def _reason(error: ValueError, raw: str) -> str:
    """Why a value cannot be read, without the value: it may be a secret in the wrong variable."""
    return str(error).replace(repr(raw), "it").replace(raw, "it") or "it has the wrong form"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _port_of(url: str, default: int) -> int | None:
    parts = urlsplit(url)
    return (parts.port or default) if parts.hostname else None


if __name__ == "__main__":
    sys.stdout.write(env_example())
