"""A real browser for the screens: the system's Chromium, driven by Playwright, with axe-core for accessibility."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, sync_playwright

from hub.simulator import Server, serve

AXE = Path(__file__).parents[1] / "support" / "axe" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def chromium() -> str:
    """Where the system's Chromium is; the tests need one."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    pytest.fail("install Chromium: the screens are tested in a browser (apt-get install chromium)")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for the test process."""
    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def served(app: Flask) -> Iterator[Server]:
    """The app on a loopback port."""
    server = serve(app, "127.0.0.1", 0)
    yield server
    server.close()


def is_fault(message: str) -> bool:
    """Whether an error on the console is one of ours.

    A picture that a store has not is none; nor is Bootstrap's own `data:` mark of a select, which the policy stops and our style sheet
    draws instead: a browser that is asked for its styles between the two sheets says so.
    """
    return "Failed to load resource" not in message and not ("data:image/svg+xml" in message and "img-src" in message)


def sign_in(page: Page, base: str, email: str, password: str) -> None:
    """As a person does."""
    page.goto(f"{base}/sign-in")
    page.fill("#email", email)
    page.fill("#pw", password)
    page.click("button[type=submit]")
    page.wait_for_url("**/admin/connections/")


def with_axe(page: Page) -> Page:
    """Every page that this tab opens knows axe."""
    page.add_init_script(path=AXE)
    return page


def complaints(page: Page) -> list[str]:
    """What axe finds on the page in light and in dark colours, one line per element."""
    lines = []
    for colours in ("light", "dark"):
        page.emulate_media(color_scheme=colours)  # type: ignore[arg-type]
        found = page.evaluate("rules => axe.run(document, { runOnly: { type: 'tag', values: rules } })", RULES)
        lines += [
            f"{colours}, {v['id']}: {node['target']} {node['failureSummary'][:160]}" for v in found["violations"] for node in v["nodes"]
        ]
    return lines
