"""Feature ids of tests: where they stand, and that none is left out silently.

A test that shows a row of the feature list carries `@pytest.mark.feature("ORD-09")`; PHP tests say `@feature NAT-03`
in their doc-block, and `@screen configuration` where they look at one. `found()` reads the source instead of running
pytest, so the list is the same on every machine.
"""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
FEATURE_LIST = ROOT.parent / "shared" / "features.md"
ID = re.compile(r"[A-Z]{3}-\d{2}[a-z]?")
# A doc-block and what it stands before; attributes may come in between.
_PHP_TEST = re.compile(
    r"/\*\*(?P<doc>(?:(?!\*/).)*)\*/\s*(?:#\[[^\n]*\]\s*)*(?:final\s+|abstract\s+)*(?:public\s+function|class)\s+(?P<name>\w+)",
    re.S,
)
_PHP_SCREEN = re.compile(r"@screen\s+(\S+)")


@dataclass(frozen=True, slots=True, order=True)
class Shown:
    """One feature id and the test that shows it; `screen` where the test looks at one."""

    feature: str
    test: str
    screen: str = ""


def found(root: Path = ROOT) -> list[Shown]:
    """Every (feature id, test) of the Python and PHP tests, sorted."""
    shown: set[Shown] = set()
    for path in sorted((root / "tests").rglob("test_*.py")):
        shown.update(_in_python(path, path.relative_to(root).as_posix()))
    for path in php_tests_of(root / "plugins"):
        shown.update(_in_php(path, path.relative_to(root).as_posix()))
    return sorted(shown)


def php_tests_of(folder: Path) -> list[Path]:
    """Every PHP test file below a folder, but for what Composer brought."""
    return [path for path in sorted(folder.rglob("*Test.php")) if "vendor" not in path.parts]


def known_ids(path: Path = FEATURE_LIST) -> set[str]:
    """The ids of the feature list, which lies beside the repository where it is developed."""
    return set(re.findall(r"^\| *([A-Z]{3}-\d{2}[a-z]?) *\|", path.read_text(), re.M))


def table(shown: list[Shown]) -> str:
    """The text of docs/features.md."""
    lines = [
        "# Features and the tests that show them",
        "",
        "Written by `make features` from the tests' markers; a test fails when it is stale. Each test named here",
        "asserts the acceptance check of its feature through a screen, the API or a sandbox's journal.",
        "",
        "| id | test | screen |",
        "|---|---|---|",
    ]
    lines += [f"| {one.feature} | `{one.test}` | {one.screen} |" for one in shown]
    return "\n".join(lines) + "\n"


def _in_python(path: Path, name: str) -> Iterator[Shown]:
    tree = ast.parse(path.read_text())
    default = path.stem.removeprefix("test_") if "/screens/" in name else ""
    module_marks = [
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        and any(ast.unparse(target) == "pytestmark" for target in node.targets)
    ]
    yield from _walk(tree.body, list(_marks(module_marks)), name, default)


def _walk(body: list[ast.stmt], outer: list[tuple[str, str]], name: str, default: str) -> Iterator[Shown]:
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield from _walk(
                node.body, outer + list(_marks(node.decorator_list)), f"{name}::{node.name}", default
            )
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name.startswith("test"):
            for feature, screen in outer + list(_marks(node.decorator_list)):
                yield Shown(feature, f"{name}::{node.name}", screen or default)


def _marks(expressions: list[ast.expr]) -> Iterator[tuple[str, str]]:
    for expression in expressions:
        for node in ast.walk(expression):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("mark.feature"):
                screen = next(
                    (str(ast.literal_eval(kw.value)) for kw in node.keywords if kw.arg == "screen"), ""
                )
                for argument in node.args:
                    yield str(ast.literal_eval(argument)), screen


def _in_php(path: Path, name: str) -> Iterator[Shown]:
    for match in _PHP_TEST.finditer(path.read_text()):
        screen = _PHP_SCREEN.search(match["doc"])
        for line in re.findall(r"@feature\s+([^\n*]+)", match["doc"]):
            for feature in ID.findall(line):
                yield Shown(feature, f"{name}::{match['name']}", screen.group(1) if screen else "")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: Any) -> Any:
    """Under CI a skipped feature test is a failed one: the promise was not shown."""
    report = yield
    if report.skipped and os.environ.get("CI") == "true" and item.get_closest_marker("feature"):
        report.outcome = "failed"
        report.longrepr = f"a feature test was skipped: {report.longrepr}"
    return report
