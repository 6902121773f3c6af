"""Real servers for tests: PostgreSQL and the embedded Valkey, on loopback, gone when the tests end.

A tool that is missing skips the test on a developer's machine and fails it under CI=true: nothing may be left out
there without anybody seeing it.
"""

from __future__ import annotations

import itertools
import os
import pwd
import re
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import psycopg
import pytest


def free_port() -> int:
    """A port of loopback that nobody uses right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def missing(tool: str) -> None:
    """Say that this test cannot run here: a failure under CI, a skip elsewhere."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{tool} is missing, and CI leaves nothing out")
    pytest.skip(f"{tool} is missing on this machine")


class PostgreSQL:
    """A throw-away cluster: durable against nothing, therefore quick. `changed` settings go before these (benchmarks)."""

    def __init__(self, **changed: str) -> None:
        self._bin = _postgres_folder()
        self._user = _ordinary_user()
        self.folder = Path(tempfile.mkdtemp(prefix="shopbridge-pg-"))
        if self._user:
            account = pwd.getpwnam(self._user)
            os.chown(self.folder, account.pw_uid, account.pw_gid)
        self.port = free_port()
        self._count = itertools.count(1)
        self._run("initdb", "-D", str(self.folder / "data"), "-U", "hub", "-A", "trust", "-E", "UTF8", "--no-sync",
                  "--locale=C.UTF-8")  # fmt: skip
        settings = {
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "max_connections": "120",
            "shared_buffers": "64MB",
            "autovacuum": "off",
            **changed,
        }
        options = " ".join(f"-c {name}={value or chr(39) * 2}" for name, value in settings.items())
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-l", str(self.folder / "log"), "-w", "-t", "30",
                  "-o", f"-p {self.port} {options}", "start")  # fmt: skip

    def url(self, name: str) -> str:
        return f"postgresql://hub@127.0.0.1:{self.port}/{name}"

    def create(self, template: str = "template0") -> str:
        """A fresh database, empty or a copy of another; answers its URL."""
        name = f"test{next(self._count)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def drop(self, url: str) -> None:
        self.execute(f"DROP DATABASE IF EXISTS {url.rpartition('/')[2]} WITH (FORCE)")

    def execute(self, statement: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)

    def stop(self) -> None:
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "-w", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, tool: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(self._bin / tool), *arguments],
            user=self._user,
            group=pwd.getpwnam(self._user).pw_gid if self._user else None,
            extra_groups=[] if self._user else None,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            # Files, not pipes: the server that pg_ctl leaves behind would keep a pipe open.
            stdout=open(self.folder.parent / f"{self.folder.name}.out", "ab"),
            stderr=subprocess.STDOUT,
            env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"},
            timeout=60,
        )
        if done.returncode:
            words = (self.folder.parent / f"{self.folder.name}.out").read_text(errors="replace")[-1500:]
            raise RuntimeError(f"{tool} failed: {words}")


def _postgres_folder() -> Path:
    """Where initdb and pg_ctl are; Debian keeps them off the PATH, one folder per version."""
    debian = Path("/usr/lib/postgresql")
    found = (
        [folder for folder in debian.glob("*/bin") if (folder / "initdb").exists()] if debian.exists() else []
    )
    if found:
        return max(found, key=lambda folder: int(re.sub(r"\D", "", folder.parent.name) or 0))
    on_path = shutil.which("initdb")
    if not on_path:
        missing("PostgreSQL (initdb)")
    return Path(str(on_path)).resolve().parent


def _ordinary_user() -> str | None:
    """PostgreSQL refuses to run as root: the account to run it under then, else None."""
    if os.getuid() != 0:
        return None
    names = {account.pw_name for account in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"
