"""A mail server on loopback that keeps what it is handed."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from typing import Any


class Mailbox:
    """What came, newest last; `wait` gives the next one."""

    def __init__(self) -> None:
        self.url = ""
        self._texts: list[str] = []
        self._came = threading.Condition()

    def put(self, raw: bytes) -> None:
        """Keeps one message's plain text."""
        found = message_from_bytes(raw, policy=policy.default)
        body = found.get_body(("plain",))
        with self._came:
            self._texts.append(f"To: {found['To']}\n{body.get_content() if body else ''}")
            self._came.notify_all()

    def wait(self, count: int) -> list[str]:
        """All texts, once there are so many."""
        with self._came:
            assert self._came.wait_for(lambda: len(self._texts) >= count, 20), f"{len(self._texts)} of {count} mails came"
            return list(self._texts)


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    """Serves for the length of a test."""
    box = Mailbox()

    class Talk(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            def say(words: str) -> None:
                self.wfile.write(words.encode() + b"\r\n")

            say("220 here")
            data, in_data = b"", False
            for line in self.rfile:
                if in_data:
                    if line.rstrip(b"\r\n") == b".":
                        box.put(data)
                        data, in_data = b"", False
                        say("250 kept")
                    else:
                        data += line[1:] if line.startswith(b"..") else line
                    continue
                word = line[:4].upper()
                if word == b"DATA":
                    in_data = True
                say("354 go on" if in_data else "221 bye" if word == b"QUIT" else "250 fine")
                if word == b"QUIT":
                    return

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address, daemon_threads = True, True

    server: Any = Server(("127.0.0.1", 0), Talk)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    box.url = f"smtp://127.0.0.1:{server.server_address[1]}"
    try:
        yield box
    finally:
        server.shutdown()
        server.server_close()
