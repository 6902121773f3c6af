"""Imports go down only, and packages of one floor do not know one another (README, "How it is built")."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FLOORS = [
    ["ground"],  # every module directly under hub/ that is not named below
    ["hub.domain"],
    ["hub.rules"],
    ["hub.models", "hub.stores", "hub.tiktok", "hub.notify", "hub.queue"],
    ["hub.sandbox"],
    ["hub.wiring"],
    ["hub.flows"],
    ["hub.practice"],
    ["hub.demo"],
    ["hub.web", "hub.api", "hub.cli", "hub.app"],
    ["admin", "jobs"],
    ["wsgi"],
]
FLOOR_OF = {name: number for number, floor in enumerate(FLOORS) for name in floor}
# Assembly puts its neighbours together, and commands start what they name.
MAY_JOIN = {("hub.app", "hub.web"), ("hub.app", "hub.api"), ("hub.cli", "hub.app")}


def package_of(module: str) -> str | None:
    """The floor's name for a dotted module; None for what is not ours."""
    parts = module.split(".")
    if parts[0] != "hub":
        return parts[0] if parts[0] in FLOOR_OF else None
    return ".".join(parts[:2]) if ".".join(parts[:2]) in FLOOR_OF else "ground" if parts[1:] else None


def imports(source: str, module: str):
    """Every module that this one names in an import, relative ones resolved."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(module.split(".")[: -node.level]) if node.level else ""
            origin = ".".join(filter(None, [base, node.module or ""]))
            yield from (f"{origin}.{alias.name}" for alias in node.names)


def violations(source: str, module: str) -> list[str]:
    mine = package_of(module)
    found = []
    for name in imports(source, module):
        theirs = package_of(name)
        if theirs is None or theirs == mine or (mine, theirs) in MAY_JOIN:
            continue
        if FLOOR_OF[theirs] >= FLOOR_OF[mine]:
            found.append(f"{module} imports {name}")
    return found


def sources():
    for path in [*sorted(ROOT.glob("hub/**/*.py")), *ROOT.glob("admin/**/*.py"), *ROOT.glob("jobs/**/*.py")]:
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        # A package's __init__ is one level up for its relative imports; the extra part keeps the count the same.
        yield path, module


def test_imports_go_down_only():
    broken = [line for path, module in sources() for line in violations(path.read_text(), module)]
    assert broken == []


def test_the_domain_knows_the_standard_library_only():
    import sys

    for path, module in sources():
        if module.startswith("hub.domain."):
            for name in imports(path.read_text(), module):
                assert name.split(".")[0] in sys.stdlib_module_names or name.startswith("hub.domain"), (
                    module,
                    name,
                )


def test_rules_know_the_domain_only_and_no_clock():
    allowed = {"dataclasses", "decimal", "collections", "typing", "enum", "re", "math", "functools", "itertools",
               "datetime", "unicodedata", "html", "hashlib", "json", "fractions", "string", "zoneinfo", "operator",
               "__future__", "rapidfuzz", "nh3", "csv", "codecs"}  # fmt: skip
    for path, module in sources():
        if module.startswith("hub.rules."):
            text = path.read_text()
            for name in imports(text, module):
                assert name.startswith(("hub.domain", "hub.rules")) or name.split(".")[0] in allowed, (
                    module,
                    name,
                )
            assert "datetime.now(" not in text and "date.today(" not in text, module


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("hub.domain.money", "from hub.rules import prices"),
        ("hub.stores.magento.client", "import hub.models"),
        ("hub.models.orders", "from hub.tiktok.client import Client"),
        ("hub.flows.orders", "from hub import app"),
        ("hub.web.hooks", "from jobs import entry"),
        ("admin.orders", "import jobs.entry"),
        ("hub.http", "def later():\n    from hub.flows import orders"),
        ("hub.rules.orders", "from .. import wiring"),
    ],
)
def test_a_planted_violation_is_found(module, line):
    assert violations(line, module)


def test_the_name_of_the_task_runner_leads_somewhere():
    """The hub names jobs.entry.run_task as a text, because it may not import it."""
    import importlib

    from hub import queue

    module, _, function = queue.ENTRY.rpartition(".")
    assert callable(getattr(importlib.import_module(module), function))
