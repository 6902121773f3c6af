"""Habits that a machine can check: what no source file may contain, and where the few exceptions live."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PRODUCT = sorted(
    path for folder in ("hub", "admin", "jobs") for path in (ROOT / folder).rglob("*.py")
) + [ROOT / "wsgi.py"]  # fmt: skip
TREES = {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text()) for path in PRODUCT if path.exists()}


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def test_nothing_runs_or_unpickles_text_from_outside():
    """S-26. Method calls named `exec` or `eval` of other things (a Redis client's) are none of these."""
    banned_modules = {"pickle", "cPickle", "marshal", "shelve", "dill"}
    found = []
    for name, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                modules = (
                    [alias.name for alias in node.names]
                    if isinstance(node, ast.Import)
                    else [node.module or ""]
                )
                found += [(name, module) for module in modules if module.split(".")[0] in banned_modules]
        found += [
            (name, call) for call, _ in calls(tree) if call in ("eval", "exec", "yaml.load", "os.system")
        ]
    assert found == []


def names_of_rq(tree: ast.AST, wanted: str) -> set[str]:
    """Under which names a module knows RQ's class: a hub may have a Queue of its own."""
    return {f"rq.{wanted}", f"rq.queue.{wanted}", f"rq.job.{wanted}"} | {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "rq"
        for alias in node.names
        if alias.name == wanted
    }


def test_queues_are_made_in_one_place_and_speak_json():
    """S-26: RQ's own default is pickle."""
    makers = [
        (name, node)
        for name, tree in TREES.items()
        for call, node in calls(tree)
        if call in names_of_rq(tree, "Queue") | {f"{job}.create" for job in names_of_rq(tree, "Job")}
    ]
    assert {name for name, _ in makers} <= {"hub/queue.py"}
    assert all(any(word.arg == "serializer" for word in node.keywords) for _, node in makers)


def test_only_the_settings_and_the_commands_read_the_environment():
    """The commands hand it to the settings and to child processes, and read nothing from it themselves."""
    readers = {
        name
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node) in ("os.environ", "os.getenv", "os.putenv")
    }
    assert readers <= {"hub/config.py", "hub/cli.py", "wsgi.py", "hub/supervisor.py", "jobs/worker.py"}


def test_no_outside_call_goes_round_our_client():
    """Time-outs, guard, budget, redaction and crash points live in hub.http; a bare requests call has none."""
    allowed = {"hub/http.py", "hub/net.py", "hub/simulator.py", "hub/simulator_plugin.py"}
    found = [
        (name, call)
        for name, tree in TREES.items()
        if name not in allowed and "sandbox" not in name
        for call, _ in calls(tree)
        if re.fullmatch(
            r"requests\.(get|post|put|patch|delete|head|request|Session|session)|urlopen|urllib\.request\..*",
            call,
        )
    ]
    assert found == []


def test_product_code_never_sleeps():
    assert [
        (name, call)
        for name, tree in TREES.items()
        for call, _ in calls(tree)
        if call in ("time.sleep", "sleep")
    ] == []


def test_no_error_is_swallowed_whole():
    """`except Exception: pass` (or a bare except) makes a failure look like success."""
    found = [
        (name, handler.lineno)
        for name, tree in TREES.items()
        for handler in ast.walk(tree)
        if isinstance(handler, ast.ExceptHandler)
        and (handler.type is None or ast.unparse(handler.type) in ("Exception", "BaseException"))
        and all(isinstance(line, (ast.Pass, ast.Continue)) for line in handler.body)
    ]
    assert found == []


def test_every_module_says_what_it_is_for():
    silent = [name for name, tree in TREES.items() if tree.body and not ast.get_docstring(tree)]
    assert silent == []


def test_importing_the_hub_starts_nothing():
    assert (ROOT / "hub" / "__init__.py").read_text() == ""


def test_no_secret_is_compared_letter_by_letter():
    """S-03: signatures and tokens go through hmac.compare_digest."""
    word = re.compile(r"(^|[._])(signature|expected_sign|digest|hmac|mac)$")
    found = [
        (name, node.lineno)
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare)
        and any(isinstance(op, (ast.Eq, ast.NotEq)) for op in node.ops)
        and any(word.search(ast.unparse(side).lower()) for side in (node.left, *node.comparators))
        and not any(isinstance(side, ast.Constant) for side in (node.left, *node.comparators))
    ]
    assert found == []


def tracked_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached"], cwd=ROOT, capture_output=True, text=True
    ).stdout.split("\0")
    return [ROOT / name for name in listed if name and (ROOT / name).is_file()]


def test_no_file_names_a_path_of_one_machine():
    above = re.escape(str(ROOT.parent)) if len(ROOT.parent.parts) > 1 else "/no-such-folder"
    machine = re.compile(rf"(^|[^A-Za-z0-9_.-])({above}/|/root/|/home/[a-z]+/|/Users/)", re.M)
    found = []
    for path in tracked_files():
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        if path != Path(__file__) and machine.search(text):
            found.append(path.relative_to(ROOT).as_posix())
    assert found == []


@pytest.mark.parametrize("planted", ["pickle", "eval(x)", "except Exception:\n    pass"])
def test_the_checks_above_see_what_they_look_for(planted):
    tree = ast.parse(
        f"import {planted}"
        if planted == "pickle"
        else planted
        if "(" in planted
        else f"try:\n    f()\n{planted}"
    )
    names = {
        ast.unparse(node)
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.Call, ast.ExceptHandler))
    }
    assert any(planted.split("(")[0].split(":")[0] in name for name in names)
