"""Documentation is tested: it names what there is, and is not stale."""

import re
import subprocess
import tomllib

import pytest

from tests.support.features import FEATURE_LIST, ROOT, found, known_ids, table

README = (ROOT / "README.md").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()


def test_the_feature_table_is_what_the_tests_say():
    assert (ROOT / "docs" / "features.md").read_text() == table(found()), "run: make features"


def test_every_feature_id_is_one_of_the_list():
    if not FEATURE_LIST.exists():
        assert found(), "the tests name no feature at all"
        return
    unknown = {one.feature for one in found()} - known_ids()
    assert unknown == set()


@pytest.mark.parametrize("target", ["demo", "run", "check", "test", "bench", "faults"])
def test_each_command_stands_in_the_makefile_and_in_the_readme(target):
    assert re.search(rf"^{target}:", MAKEFILE, re.M)
    assert f"make {target}" in README


def test_each_package_that_is_asked_for_has_its_reason_in_contributing():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = project["dependencies"] + [
        name for extra in project["optional-dependencies"].values() for name in extra
    ]
    names = {re.match(r"[A-Za-z0-9_-]+", one)[0].lower() for one in wanted}
    contributing = (ROOT / "CONTRIBUTING.md").read_text().lower()
    assert {name for name in names if name not in contributing} == set()


def test_links_between_documents_lead_somewhere():
    broken = []
    for page in [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        ROOT / "CHANGELOG.md",
        *(ROOT / "docs").rglob("*.md"),
    ]:
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text()):
            if (
                "://" not in target
                and not target.startswith("mailto:")
                and not (page.parent / target).exists()
            ):
                broken.append((page.name, target))
    assert broken == []


def test_the_floors_are_drawn_in_the_readme():
    for name in (
        "hub.domain",
        "hub.rules",
        "hub.models",
        "hub.wiring",
        "hub.flows",
        "admin",
        "jobs",
        "wsgi.py",
    ):
        assert name in README


def test_the_scripts_are_runnable():
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    assert "make test" in script.read_text()
    assert subprocess.run(["sh", "-n", str(script)]).returncode == 0
