"""Requests per second and their times: by `wrk` where it is installed, else by threads of our own."""

from __future__ import annotations

import http.client
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

CLIENTS = 16
# One request per line: signature, tab, body. `wrk` reads the lines of this round from its arguments.
_LUA = """
function init(args)
  lines, place = {}, 0
  local from, to, number = tonumber(args[2]), tonumber(args[3]), 0
  for line in io.lines(args[1]) do
    number = number + 1
    if number > to then break end
    if number > from then lines[#lines + 1] = line end
  end
end
function request()
  place = place + 1
  if place > #lines then place = 1 end
  local mac, body = string.match(lines[place], '^(%S+)\\t(.*)$')
  return wrk.format('POST', nil, {['Content-Type'] = 'application/json', ['Authorization'] = mac}, body)
end
"""


@dataclass(frozen=True)
class Loaded:
    """What a stretch of load saw; times in milliseconds."""

    per_s: float
    p50_ms: float
    p99_ms: float
    refused: int


def generator() -> str:
    """Which load generator is used, for the report."""
    return "wrk -t1 -c16" if shutil.which("wrk") else f"{CLIENTS} Python threads"


def load(host: str, path: str, lines: Path, start: int, end: int, seconds: int, folder: Path, clients: int = CLIENTS) -> Loaded:
    """Posts the lines [start, end) for some seconds over so many connections."""
    if shutil.which("wrk") is None:
        mine = [one.partition("\t") for one in lines.read_text().splitlines()[start:end]]
        messages = [(mac, body.encode()) for mac, _, body in mine]
        return _by_threads(host, path, "POST", messages, {"Content-Type": "application/json"}, seconds, clients)
    script = folder / "load.lua"
    script.write_text(_LUA)
    return _by_wrk(host, path, seconds, clients, ["-s", str(script)], ["--", str(lines), str(start), str(end)])


def look(host: str, path: str, cookie: str, seconds: int, clients: int) -> Loaded:
    """Opens one page for some seconds over so many connections."""
    if shutil.which("wrk") is None:
        return _by_threads(host, path, "GET", [("", b"")], {"Cookie": cookie}, seconds, clients)
    return _by_wrk(host, path, seconds, clients, ["-H", f"Cookie: {cookie}"], [])


def _by_wrk(host: str, path: str, seconds: int, clients: int, before: Sequence[str], after: Sequence[str]) -> Loaded:
    done = subprocess.run(
        ["wrk", "-t1", f"-c{clients}", f"-d{seconds}s", "--timeout", "10s", "--latency", *before, f"http://{host}{path}", *after],
        capture_output=True,
        text=True,
        timeout=seconds + 60,
    )
    assert done.returncode == 0, done.stderr
    text = done.stdout
    refused = sum(int(number) for number in re.findall(r"Non-2xx or 3xx responses: (\d+)", text))
    refused += sum(int(number) for line in re.findall(r"Socket errors:.*", text) for number in re.findall(r"\d+", line))
    per_s = re.search(r"Requests/sec:\s+([\d.]+)", text)
    assert per_s is not None, text
    return Loaded(float(per_s[1]), _ms(text, "50%"), _ms(text, "99%"), refused)


def _ms(text: str, what: str) -> float:
    found = re.search(re.escape(what) + r"\s+([\d.]+)(us|ms|s|m)\b", text)
    assert found is not None, text
    return float(found[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}[found[2]]


def _by_threads(
    host: str, path: str, method: str, messages: Sequence[tuple[str, bytes]], headers: dict[str, str], seconds: int, clients: int
) -> Loaded:
    times: list[float] = []
    refused = [0]
    until = time.monotonic() + seconds

    def client(mine: Sequence[tuple[str, bytes]]) -> None:
        connection, place = http.client.HTTPConnection(host, timeout=10), 0
        while time.monotonic() < until:
            mac, body = mine[place % len(mine)]
            place += 1
            started = time.monotonic()
            connection.request(method, path, body or None, {**headers, **({"Authorization": mac} if mac else {})})
            answer = connection.getresponse()
            answer.read()
            times.append(time.monotonic() - started)
            refused[0] += answer.status >= 300

    threads = [threading.Thread(target=client, args=(messages[number::clients] or messages,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    times.sort()
    return Loaded(len(times) / seconds, times[len(times) // 2] * 1000, times[int(len(times) * 0.99)] * 1000, refused[0])
