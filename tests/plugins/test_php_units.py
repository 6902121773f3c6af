"""The plugins' own tests, run by PHPUnit: every file of theirs runs, nothing is skipped, and PHP reads every file that is packed.

What they show is listed in `docs/features.md` from the `@feature` lines of their doc-blocks (`tests/support/features.py`).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from defusedxml import ElementTree

from tests.support.features import ROOT, php_tests_of

SUITES = {"magento": ROOT / "plugins" / "magento_module", "prestashop": ROOT / "plugins" / "prestashop_webhook"}
_TEST_METHOD = re.compile(r"public\s+function\s+(test\w+)\s*\(")


def tool(name: str, package: str) -> str:
    """Where a command is. Without it these tests are left out; in CI that is a failure."""
    found = shutil.which(name)
    if found is None:
        says = f"{name} is missing: apt-get install {package}"
        if os.environ.get("CI") == "true":
            pytest.fail(says)
        pytest.skip(says)
    return found


def run(suite: Path, junit: Path) -> tuple[list[ElementTree.Element], str]:
    """Every test case of a suite as PHPUnit reports it, and what it printed."""
    tool("php", "php-cli")
    done = subprocess.run([tool("phpunit", "phpunit"), "-c", "phpunit.xml", "--log-junit", str(junit)], cwd=suite, capture_output=True,
                          text=True, timeout=300)
    says = (done.stdout + done.stderr)[-8000:]
    assert done.returncode == 0, says
    return list(ElementTree.fromstring(junit.read_text()).iter("testcase")), says


def left_out(cases: list[ElementTree.Element]) -> list[str]:
    """Tests that said of themselves that they did not run: a promise that they carry was not shown."""
    return [str(case.get("name")) for case in cases if case.find("skipped") is not None]


@pytest.mark.timeout(320)
@pytest.mark.parametrize("name", SUITES)
def test_every_php_test_of_the_plugin_passes_and_none_is_left_out(name: str, tmp_path: Path) -> None:
    cases, says = run(SUITES[name], tmp_path / "junit.xml")

    assert left_out(cases) == [], says
    ran = {(Path(str(case.get("file"))).name, str(case.get("name")).split(" with ")[0]) for case in cases}
    written = {(path.name, method) for path in php_tests_of(SUITES[name]) for method in _TEST_METHOD.findall(path.read_text())}
    assert written, "the plugin has no tests"
    assert written - ran == set(), "written, and not run: is the folder in phpunit.xml?"
    assert sum(int(case.get("assertions", 0)) for case in cases) >= len(cases), "a test that asserts nothing"


def test_a_php_test_that_is_skipped_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "OutboxTest.php").write_text(
        "<?php\nfinal class OutboxTest extends PHPUnit\\Framework\\TestCase {\n"
        "public function testRuns(): void { self::assertTrue(true); }\n"
        "/** @feature NAT-03 */\npublic function testSkips(): void { self::markTestSkipped('no shop'); }\n"
        "public function testWaits(): void { self::markTestIncomplete('later'); }\n}\n")
    (tmp_path / "phpunit.xml").write_text('<phpunit cacheResult="false"><testsuites><testsuite name="x"><directory>.</directory></testsuite>'
                                          "</testsuites></phpunit>")
    cases, _ = run(tmp_path, tmp_path / "junit.xml")
    assert left_out(cases) == ["testSkips", "testWaits"]


@pytest.mark.timeout(320)
@pytest.mark.parametrize("name", SUITES)
def test_php_reads_every_file_of_the_plugin(name: str) -> None:
    php = tool("php", "php-cli")
    files = [path for ending in ("*.php", "*.phtml") for path in sorted(SUITES[name].rglob(ending)) if "vendor" not in path.parts]
    assert len(files) > 20
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda path: subprocess.run([php, "-l", str(path)], capture_output=True, text=True, timeout=60), files))
    assert [one.stdout + one.stderr for one in answers if one.returncode] == []
    strict = [path.name for path in files if path.suffix == ".php" and path.name != "index.php" and "vendor" not in path.parts
              and "declare(strict_types=1)" not in path.read_text()]
    assert strict == [], "without strict types"
