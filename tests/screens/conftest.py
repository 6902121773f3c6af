"""The screens over a database of their own, in process for most tests and over HTTP for the browser."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from admin import attach
from hub.app import create_app
from hub.config import Config
from hub.wiring import Hub, open_hub
from tests.screens.browser import browser, served  # noqa: F401  (fixtures: one browser for all files of a process)
from tests.screens.rows import PASSWORD, Filled, fill


@pytest.fixture
def hub(config: Config) -> Iterator[Hub]:
    """An open hub."""
    opened = open_hub(config)
    yield opened
    opened.close()


@pytest.fixture
def app(hub: Hub) -> Flask:
    """The whole web application with its screens."""
    made = create_app(hub.config, hub)
    attach(made)
    return made


@pytest.fixture
def filled(app: Flask, hub: Hub) -> Filled:
    """Two connections, full of everything."""
    return fill(hub.db)


class Visitor:
    """A browser without scripts: keeps its session and sends each form's token."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, path: str, **options: object) -> str:
        """The page's HTML; the answer stays in ``last``."""
        self.last = self.client.get(path, **options)  # type: ignore[arg-type]
        return self.last.get_data().decode(errors="replace")

    def post(self, path: str, data: dict[str, object] | None = None, *, token_of: str = "/admin/help/", **options: object) -> str:
        """Sends a form with a fresh token."""
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.client.get(token_of, follow_redirects=True).get_data(as_text=True))
        self.last = self.client.post(path, data={"csrf_token": token.group(1) if token else "", **(data or {})}, **options)  # type: ignore[arg-type]
        return self.last.get_data(as_text=True)

    @property
    def status(self) -> int:
        """Of the last answer."""
        return self.last.status_code

    def sign_in(self, email: str, password: str = PASSWORD) -> Visitor:
        """Through the page, as a person does."""
        self.post("/sign-in", {"email": email, "password": password}, token_of="/sign-in")
        return self


@pytest.fixture
def visitor(app: Flask) -> Visitor:
    """Nobody yet."""
    return Visitor(app.test_client())


@pytest.fixture
def signed_in(app: Flask, filled: Filled) -> Callable[[str], Visitor]:
    """Somebody of this role, signed in."""
    emails = {"owner": "maya@example.com", "admin": "tomas@example.com", "support": "ines@example.com"}
    return lambda role="owner": Visitor(app.test_client()).sign_in(emails[role])
