"""Where the hub may connect to, and the connections themselves.

A merchant types store addresses; each is a chance to make the hub call its own network (SSRF, reliability goal S-09).
So the decision is made on the *resolved* address, at the moment of connecting, and the socket goes to that very
address: a name that answers differently the second time gains nothing. Host header, SNI and certificate check keep
the name. Redirects are never followed (hub.http refuses them).

Always blocked: unspecified, link-local and cloud metadata, multicast, broadcast, reserved. Private ranges and
loopback are reached only when ALLOWED_PRIVATE_NETWORKS lists them, loopback also for practice connections. An IPv4
address inside an IPv6 one counts as what it is.

The same connections carry a deadline over the whole call, headers included: `requests` has none, and a remote that
sends a byte a second would hold a worker for ever (R-12).
"""

from __future__ import annotations

import heapq
import itertools
import os
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from hub.errors import Refused

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

WEB_PORTS = frozenset({80, 443, 8080, 8443})

# Never, whatever the settings say. Cloud metadata services outside the link-local range are named one by one:
# AWS over IPv6, Google over IPv6, Alibaba, Oracle, Azure's host agent.
_NEVER: tuple[Network, ...] = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4", "192.0.0.0/24", "100.100.100.200/32",
        "168.63.129.16/32", "::/128", "fe80::/10", "fec0::/10", "ff00::/8", "100::/64", "fd00:ec2::/32",
        "fd20:ce::/32",
    )
)  # fmt: skip
# IPv4 documentation, benchmark and 6to4-relay ranges are no store either; `is_global` covers them.
_NAT64 = (ip_network("64:ff9b::/96"), ip_network("64:ff9b:1::/48"))
_COMPATIBLE = ip_network("::/96")

_NUMERIC_LABEL = re.compile(r"(\d+|0x[0-9a-f]*)", re.IGNORECASE)
_HOST = re.compile(r"[a-z0-9]([a-z0-9._-]*[a-z0-9])?", re.IGNORECASE)


class AddressBlocked(Refused):
    """This address may not be called from here."""


@dataclass(frozen=True, slots=True)
class Guard:
    """What may be reached: listed private networks, ports, and loopback for practice connections.

    `own_ports` are the hub's own services (its database, its Redis): never reached on a private or loopback address.
    `ports` None allows each port. `resolve` is socket.getaddrinfo, apart so that a test can play a rebinding name.
    """

    private_networks: tuple[Network, ...] = ()
    practice: bool = False
    ports: frozenset[int] | None = WEB_PORTS
    own_ports: frozenset[int] = frozenset()
    resolve: Callable[..., Any] = socket.getaddrinfo

    def addresses(self, host: str, port: int) -> tuple[Address, ...]:
        """The addresses of this host that will be used; raises AddressBlocked when one of them is not allowed.

        A name that does not resolve raises OSError, as the socket module does.
        """
        name = _checked_host(host)
        answers = self.resolve(name, port, type=socket.SOCK_STREAM)
        found = tuple(dict.fromkeys(ip_address(str(answer[4][0]).partition("%")[0]) for answer in answers))
        if not found:
            raise OSError(f"{name} has no address")
        for address in found:
            self._check(address, port, name)
        return found

    def _check(self, address: Address, port: int, name: str) -> None:
        for real in _unwrapped(address):
            if any(_inside(real, network) for network in _NEVER):
                raise _blocked(name, "it leads to an address that is never called from here")
            is_ours = self._is_listed(real) or (self.practice and real.is_loopback)
            if not is_ours and not real.is_global:
                raise _blocked(
                    name,
                    "it leads into a private network",
                    hint="If the store really stands there, list its network in ALLOWED_PRIVATE_NETWORKS.",
                )
            if is_ours and port in self.own_ports:
                raise _blocked(name, f"port {port} belongs to one of the hub's own services")
            is_practice_port = self.practice and real.is_loopback
            if self.ports is not None and port not in self.ports and not is_practice_port:
                raise _blocked(name, f"port {port} is not one that stores answer on")

    def _is_listed(self, address: Address) -> bool:
        return any(_inside(address, network) for network in self.private_networks)


@dataclass(frozen=True, slots=True)
class Target:
    """A checked address of the web: what was asked for and where it leads."""

    scheme: str
    host: str
    port: int
    addresses: tuple[Address, ...]


def check_address(url: str, guard: Guard | None = None) -> Target:
    """Read a typed address and say where it leads; raises AddressBlocked with a sentence for the person.

    For forms: it tells early. The decision that counts is made again by each connection, on the address it then uses.
    """
    guard = guard or Guard()
    if not url or any(ord(char) <= 32 or ord(char) == 127 for char in url) or "\\" in url:
        raise _blocked("This address", "it has characters that no address has")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _blocked("This address", "it cannot be read") from None
    if parts.scheme not in ("http", "https"):
        raise _blocked("This address", "it starts with neither https:// nor http://")
    if "@" in parts.netloc:
        raise _blocked("This address", "it carries a user name")
    if port == 0:
        raise _blocked("This address", "port 0 is no port")
    host = parts.hostname or ""
    port = port or (443 if parts.scheme == "https" else 80)
    try:
        addresses = guard.addresses(host, port)
    except OSError:
        raise AddressBlocked(f"{host} was not found.", hint="Check the spelling of the store's address.") from None
    return Target(parts.scheme, host, port, addresses)


def networks(text: str) -> tuple[Network, ...]:
    """Read `10.0.0.0/8, 192.168.1.0/24`; raises ValueError with the piece that is no network."""
    return tuple(ip_network(piece.strip()) for piece in text.split(",") if piece.strip())


def _blocked(name: str, why: str, hint: str = "") -> AddressBlocked:
    return AddressBlocked(f"{name} cannot be used: {why}.", hint=hint or "Use the store's public address.")


def _checked_host(host: str) -> str:
    """The host as it is looked up. Odd spellings of numbers (octal, hex, one long decimal) are refused outright."""
    name = host.strip("[]") if host.startswith("[") else host
    if ":" in name:
        if "%" in name:
            raise _blocked(host, "it names a network interface")
        try:
            return str(IPv6Address(name))
        except ValueError:
            raise _blocked(host, "it is no IPv6 address") from None
    try:
        name = name.encode("idna").decode("ascii") if not name.isascii() else name
    except UnicodeError:
        raise _blocked("This address", "its host cannot be read") from None
    name = name.removesuffix(".")
    if not _HOST.fullmatch(name) or ".." in name:
        raise _blocked("This address", "its host cannot be read")
    if _NUMERIC_LABEL.fullmatch(name.rpartition(".")[2]):
        try:
            return str(IPv4Address(name))
        except ValueError:
            raise _blocked(host, "it is an unusual spelling of a number") from None
    return name


def _unwrapped(address: Address) -> Iterator[Address]:
    """The address itself, or the IPv4 addresses that an IPv6 one stands for."""
    if isinstance(address, IPv4Address):
        yield address
        return
    inner: list[Address] = []
    if address.ipv4_mapped:
        inner.append(address.ipv4_mapped)
    elif address in _COMPATIBLE and int(address) > 0xFFFF:
        inner.append(IPv4Address(int(address)))
    elif address in _NAT64[0] or address in _NAT64[1]:
        inner.append(IPv4Address(int(address) & 0xFFFFFFFF))
    elif address.sixtofour:
        inner.append(address.sixtofour)
    elif address.teredo:
        inner.extend(address.teredo)
    yield from inner or [address]


def _inside(address: Address, network: Network) -> bool:
    return address.version == network.version and address in network


_call = threading.local()


class _Tracked:
    """Mixed into urllib3's connections: goes to a checked address, and is known to the call it serves."""

    guard: Guard | None = None
    host: str
    port: int
    timeout: Any
    source_address: Any
    socket_options: Any

    def _new_conn(self) -> socket.socket:
        host = self._dns_host  # type: ignore[attr-defined]
        try:
            if self.guard is not None:
                targets: Sequence[str] = [str(address) for address in self.guard.addresses(host, self.port)]
            else:
                targets = [host]
            return self._connect_to(targets)
        except TimeoutError as error:
            raise ConnectTimeoutError(self, f"Connecting to {self.host} timed out") from error
        except OSError as error:
            raise NewConnectionError(self, f"No connection to {self.host}: {error}") from error  # type: ignore[arg-type]

    def _connect_to(self, targets: Sequence[str]) -> socket.socket:
        failed: OSError | None = None
        for target in targets:
            try:
                sock = socket.create_connection((target, self.port), self.timeout, self.source_address)
            except OSError as error:
                failed = error
                continue
            for option in self.socket_options or ():
                sock.setsockopt(*option)
            watch = getattr(_call, "watch", None)
            if watch is not None:
                watch.follow(sock)
            return sock
        raise failed or OSError("no address to connect to")

    def request(self, *args: Any, **kwargs: Any) -> Any:
        watch = getattr(_call, "watch", None)
        if watch is None:
            return super().request(*args, **kwargs)  # type: ignore[misc]
        watch.connection = self
        super().request(*args, **kwargs)  # type: ignore[misc]
        watch.sock = self.sock  # type: ignore[attr-defined]


class HubAdapter(HTTPAdapter):
    """requests' adapter with checked, watched connections, and no retries of its own."""

    def __init__(self, guard: Guard | None = None, pool_maxsize: int = 32) -> None:
        self.guard = guard
        super().__init__(pool_connections=4, pool_maxsize=pool_maxsize, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        body = {"guard": self.guard}
        plain = type("PlainConnection", (_Tracked, HTTPConnection), dict(body))
        tls = type("TlsConnection", (_Tracked, HTTPSConnection), dict(body))
        self.poolmanager.pool_classes_by_scheme = {
            "http": type("PlainPool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
            "https": type("TlsPool", (HTTPSConnectionPool,), {"ConnectionCls": tls}),
        }


class Watch:
    """One call's deadline. `expired` tells afterwards whether the connection was cut."""

    __slots__ = ("_done", "_fresh", "_lock", "connection", "expired", "sock")

    def __init__(self) -> None:
        self.connection: Any = None
        # Kept apart: http.client forgets its socket as soon as an answer says that it is the last.
        self.sock: socket.socket | None = None
        self._fresh: socket.socket | None = None
        self.expired = False
        self._done = False
        self._lock = threading.Lock()

    @property
    def done(self) -> bool:
        return self._done

    def follow(self, sock: socket.socket) -> None:
        """Watch a connection that was just made. A second handle on it: the TLS handshake takes the first one away."""
        self._close_fresh()
        self._fresh = sock.dup()

    def finish(self) -> None:
        with self._lock:
            self._done = True
            self._close_fresh()

    def _close_fresh(self) -> None:
        if self._fresh is not None:
            self._fresh.close()
            self._fresh = None

    def cut(self) -> None:
        """End the call from outside: the blocked read returns at once."""
        with self._lock:
            if self._done:
                return
            self.expired = True
            sock = self._fresh or self.sock or getattr(self.connection, "sock", None)
            if sock is None:
                return
            try:
                socket.socket.shutdown(sock, socket.SHUT_RDWR)
            except OSError:
                return  # already closed by the other side: the call is ending anyway


class _Watchman:
    """One thread per process that cuts the calls that have outlived their deadline."""

    def __init__(self) -> None:
        self._due: list[tuple[float, int, Watch]] = []
        self._number = itertools.count()
        self._changed = threading.Condition()
        threading.Thread(target=self._run, name="call-deadlines", daemon=True).start()

    def add(self, watch: Watch, seconds: float) -> None:
        with self._changed:
            entry = (time.monotonic() + seconds, next(self._number), watch)
            heapq.heappush(self._due, entry)
            if self._due[0] is entry:
                self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                while self._due and self._due[0][2].done:
                    heapq.heappop(self._due)
                if not self._due:
                    self._changed.wait()
                    continue
                wait = self._due[0][0] - time.monotonic()
                if wait > 0:
                    self._changed.wait(wait)
                    continue
                watch = heapq.heappop(self._due)[2]
            watch.cut()


_watchman: _Watchman | None = None
_watchman_lock = threading.Lock()


def _after_fork() -> None:
    """Threads do not live on in a forked child, and a lock may have been held while forking."""
    global _watchman, _watchman_lock
    _watchman, _watchman_lock = None, threading.Lock()
    _call.watch = None


os.register_at_fork(after_in_child=_after_fork)


@contextmanager
def deadline(seconds: float) -> Iterator[Watch]:
    """Cut the call made inside this block after so many seconds, wherever it is blocked."""
    global _watchman
    with _watchman_lock:
        if _watchman is None:
            _watchman = _Watchman()
        watchman = _watchman
    watch = Watch()
    _call.watch = watch
    watchman.add(watch, seconds)
    try:
        yield watch
    finally:
        watch.finish()
        _call.watch = None
