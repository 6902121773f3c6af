"""Every crash point of the code, read from its syntax: those written out, and those that an outside write makes."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from hub.stores import PLATFORMS

ROOT = Path(__file__).resolve().parents[2]
# What a name that is put together can come to; a new way has to be entered here, or reading fails.
_PLUGINS = tuple(slug for slug, platform in PLATFORMS.items() if platform.plugin is not None)
_NAME = re.compile(r"[a-z_]+(\.[a-z_]+)+")
_OAUTH = ("/oauth/token/request", "/oauth/token/access")


def product_trees() -> Iterator[tuple[str, ast.Module]]:
    """The parsed product without its simulators, by path."""
    for folder in ("hub", "jobs", "admin"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if "sandbox" not in name and not name.startswith("hub/simulator"):
                yield name, ast.parse(path.read_text())


def crash_points() -> frozenset[str]:
    """All names that HUB_CRASH_AT can meet."""
    trees = tuple(tree for _, tree in product_trees())
    takers = dict(_takers(trees))
    found: set[str] = set()
    for tree in trees:
        constants = _constants(tree)
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            called = ast.unparse(node.func).rpartition(".")[2]
            if called == "crash_point":
                assert isinstance(node.args[0], ast.Constant), "a crash point in the code is written out"
                found.add(str(node.args[0].value))
            given = next((word.value for word in node.keywords if word.arg == "crash_point"), None)
            if given is None and called in takers and len(node.args) > takers[called]:
                given = node.args[takers[called]]
            if given is not None:
                found |= {f"{name}.{side}" for name in _names(given, trees, constants) for side in ("before", "after")}
    return frozenset(found)


def _takers(trees: tuple[ast.Module, ...]) -> Iterator[tuple[str, int]]:
    """Functions with a parameter ``crash_point``, and at which place a caller writes it."""
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                names = [one.arg for one in node.args.args]
                if "crash_point" in names:
                    yield node.name, names.index("crash_point") - (names[0] == "self")


def _constants(tree: ast.Module) -> dict[str, str]:
    """The texts that a module names at its top."""
    return {target.id: node.value.value for node in tree.body if isinstance(node, ast.Assign)
            for target in node.targets if isinstance(target, ast.Name)
            if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)}


def _names(given: ast.expr, trees: tuple[ast.Module, ...], constants: Mapping[str, str]) -> set[str]:
    if isinstance(given, ast.Constant):
        return {given.value} if isinstance(given.value, str) and _NAME.fullmatch(given.value) else set()
    if isinstance(given, ast.IfExp):
        return _names(given.body, trees, constants) | _names(given.orelse, trees, constants)
    if isinstance(given, ast.Name):
        return set()        # handed through: its caller is read too
    if not isinstance(given, ast.JoinedStr):
        return set()
    made = ast.unparse(given)
    parts = [constants.get(ast.unparse(one.value)) if isinstance(one, ast.FormattedValue) else str(ast.literal_eval(one)) for one in given.values]
    if None not in parts:
        return {"".join(str(one) for one in parts)}
    if made == "f'{self._slug}.{do}'":
        return {f"{slug}.{do}" for slug in _PLUGINS for do in _plugin_writes(trees)}
    assert made == "f\"magento{path.replace('/', '.')}\"", f"a crash point is put together in a new way: {made}"
    return {f"magento{path.replace('/', '.')}" for path in _OAUTH}


@functools.cache
def _plugin_writes(trees: tuple[ast.Module, ...]) -> set[str]:
    return {
        str(node.args[0].value)
        for tree in trees for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "self._ask" and isinstance(node.args[0], ast.Constant)
        and any(word.arg == "writes" for word in node.keywords)
    }
