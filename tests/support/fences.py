"""Keeps tests from reaching the outside: no address but loopback, no mail server.

A test that tries fails with the address it wanted, even when the code under test swallows errors.
"""

from __future__ import annotations

import smtplib
import socket
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any

import pytest

_MAIL_PORTS = {25, 465, 587}


def _is_loopback(host: str) -> bool:
    if host in ("", "localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


@pytest.fixture(autouse=True)
def no_outside_attempts(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Only loopback is reachable, by address or by the name localhost; and no mail leaves. Gives what was tried."""
    tried: list[str] = []
    connect, lookup, smtp = socket.socket.connect, socket.getaddrinfo, smtplib.SMTP.connect

    def guarded_connect(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_loopback(address[0]):
            tried.append(str(address[0]))
            raise OSError(f"tests reach loopback only, not {address[0]}")
        connect(self, address)

    def guarded_lookup(host: Any, *rest: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else str(host or "")
        if _is_loopback(name) or _is_address(name):
            return lookup(host, *rest, **options)
        if not name.endswith((".test", ".invalid", ".example")):  # names that are reserved for this
            tried.append(name)
        raise socket.gaierror(socket.EAI_NONAME, f"tests look up no names, not even {name}")

    def guarded_smtp(
        self: smtplib.SMTP, host: str = "localhost", port: int = 0, *rest: Any, **options: Any
    ) -> Any:
        if not _is_loopback(host) or (port or 25) in _MAIL_PORTS:
            tried.append(f"mail through {host}:{port or 25}")
            raise OSError("tests send no mail")
        return smtp(self, host, port, *rest, **options)

    monkeypatch.setattr(socket.socket, "connect", guarded_connect)
    monkeypatch.setattr(socket, "getaddrinfo", guarded_lookup)
    monkeypatch.setattr(smtplib.SMTP, "connect", guarded_smtp)
    yield tried
    if tried:
        pytest.fail(f"this test wanted to reach the outside: {', '.join(tried)}")


def _is_address(text: str) -> bool:
    try:
        ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return True
