"""Habits that a machine can check: what no source file may contain, and where the few exceptions live."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.stores import PLATFORMS

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
                modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
                found += [(name, module) for module in modules if module.split(".")[0] in banned_modules]
        found += [(name, call) for call, _ in calls(tree) if call in ("eval", "exec", "yaml.load", "os.system")]
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
    makers = []
    for name, tree in TREES.items():
        makes = names_of_rq(tree, "Queue") | {f"{job}.create" for job in names_of_rq(tree, "Job")}
        makers += [(name, node) for call, node in calls(tree) if call in makes]
    assert {name for name, _ in makers} <= {"hub/queue.py"}
    assert all(any(word.arg == "serializer" for word in node.keywords) for _, node in makers)


def test_only_the_settings_read_the_environment():
    """A process hands it to them whole, `Config.from_env(os.environ)`; the commands also hand it to their children."""
    readers = set()
    for name, tree in TREES.items():
        handed_over = {id(argument) for call, node in calls(tree) if call.endswith("from_env") for argument in node.args}
        readers |= {
            name
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute)
            and ast.unparse(node) in ("os.environ", "os.environb", "os.getenv", "os.putenv")
            and id(node) not in handed_over
        }
    assert readers <= {"hub/config.py", "hub/cli.py"}


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


# Calls that only read although they are a POST: the remote's way of taking a long question.
READS_BY_POST = re.compile(r"search|recommend|diagnos|offers|digest|find|marked|changed|health|check|ping|token")


def writes_without_a_crash_point(tree: ast.AST) -> Iterator[str]:
    """Outside writes that no fault test can meet: a POST, PUT, PATCH or DELETE that names no crash point (R-04)."""
    for call, node in calls(tree):
        words = [one.value for one in node.args[:3] if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        if (
            call.rpartition(".")[2] in ("json", "request", "send", "call")
            and {"POST", "PUT", "PATCH", "DELETE"} & set(words)
            and not READS_BY_POST.search(" ".join(ast.unparse(one) for one in node.args).lower())
            and not any(word.arg in ("crash_point", None) for word in node.keywords)
        ):
            yield f"line {node.lineno}: {call}({', '.join(words)})"


def test_each_outside_write_names_its_crash_point():
    found = [
        f"{name} {line}"
        for name, tree in TREES.items()
        if "sandbox" not in name and not name.startswith("hub/simulator")
        for line in writes_without_a_crash_point(tree)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("line", "count"),
    [
        ('api.json("POST", "/orders", json=body)', 1),
        ('api.json("POST", "/orders", json=body, crash_point="orders.create")', 0),
        ('api.json("GET", "/orders")', 0),
        ('client.call("orders.search", "POST", "/order/202309/orders/search", body=body)', 0),
        ('self._client.call("package.ship", "POST", path)', 1),
    ],
)
def test_an_outside_write_without_a_crash_point_is_found(line, count):
    assert len(list(writes_without_a_crash_point(ast.parse(line)))) == count


def test_product_code_never_sleeps():
    assert [(name, call) for name, tree in TREES.items() for call, _ in calls(tree) if call in ("time.sleep", "sleep")] == []


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
        if "sandbox" not in name
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare)
        and any(isinstance(op, (ast.Eq, ast.NotEq)) for op in node.ops)
        and any(word.search(ast.unparse(side)) for side in (node.left, *node.comparators))
        and not any(isinstance(side, ast.Constant) for side in (node.left, *node.comparators))
    ]
    assert found == []


def tracked_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z", "--cached"], cwd=ROOT, capture_output=True, text=True).stdout.split("\0")
    return [ROOT / name for name in listed if name and (ROOT / name).is_file()]


def test_no_file_names_a_path_of_one_machine():
    above = re.escape(str(ROOT.parent)) if len(ROOT.parent.parts) > 1 else "/no-such-folder"
    machine = re.compile(rf"(^|[^A-Za-z0-9_.-])({above}/|/(root|home/[a-z]+|Users)/)", re.M)
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
    tree = ast.parse(f"import {planted}" if planted == "pickle" else planted if "(" in planted else f"try:\n    f()\n{planted}")
    names = {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.Call, ast.ExceptHandler))}
    assert any(planted.split("(")[0].split(":")[0] in name for name in names)


def test_no_store_systems_name_stands_where_all_are_treated_alike():
    """What differs from one system to the next is data of its adapter (docs/adding-a-platform.md). Help pages may speak of all."""
    names = {name.casefold() for slug, platform in PLATFORMS.items() for name in (slug, platform.short, *platform.title.split(" ")) if len(name) > 5}
    assert {"magento", "prestashop", "shopify", "bigcommerce"} <= names
    alike = [path for folder in ("hub/flows", "hub/rules", "hub/domain", "hub/api", "hub/web", "jobs", "admin") for path in (ROOT / folder).rglob("*")
             if path.suffix in (".py", ".html", ".js") and "help" not in path.relative_to(ROOT).parts]
    assert len(alike) > 100
    found = [(path.relative_to(ROOT).as_posix(), name) for path in alike for name in sorted(names)
             if re.search(rf"(?<![a-z]){re.escape(name)}(?![a-z])", path.read_text().casefold())]
    assert found == []
