"""The PrestaShop module keeps what its shops ask for: PHP 7.2, guards in every folder and file, texts in five languages."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from defusedxml import ElementTree

from tests.plugins.test_php_units import tool
from tests.support.features import ROOT

MODULE = ROOT / "plugins" / "prestashop_webhook"
CHECK = Path(__file__).with_name("php72.php")
SHIPPED = sorted(path for path in MODULE.rglob("*") if path.is_file() and "tests" not in path.relative_to(MODULE).parts)
PHP = [path for path in SHIPPED if path.suffix == ".php"]
LOCALES = ("fr-FR", "de-DE", "es-ES", "it-IT")


def check(*files: Path) -> subprocess.CompletedProcess[str]:
    """What the search for newer syntax says of these files."""
    asked = [tool("php", "php-cli"), "-d", "include_path=.:/usr/share/php", str(CHECK), *map(str, files)]
    done = subprocess.run(asked, capture_output=True, text=True, timeout=120)
    if "PhpParser/autoload.php" in done.stderr + done.stdout and "Failed" in done.stderr + done.stdout:
        tool("php-parser", "phpunit")  # skips at home, fails in CI: PHPUnit's package brings the parser
    return done


@pytest.mark.timeout(140)
def test_every_file_of_the_module_is_php_7_2() -> None:
    assert len(PHP) > 60
    done = check(*PHP)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


@pytest.mark.parametrize(("code", "says"), [
    ("class A { private int $x; }", "typed property"),
    ("$f = fn($x) => $x;", "yntax error"),
    ("$a ??= 1;", "??="),
    ("$a = match (1) { default => 2 };", "yntax error"),
    ("function f(int|string $x) {}", "union type"),
    ("function f(mixed $x) {}", "type mixed"),
    ("class A { function f(): static {} }", "type static"),
    ("class A { function __construct(private $x) {} }", "promoted"),
    ("f(a: 1);", "named argument"),
    ("f(1, 2,);", "a comma before )"),
    ("$a = [...$b];", "spread"),
    ("$a?->b();", "?->"),
    ("try { f(); } catch (E) {}", "catch without"),
    ("$a = $b::class;", "::class"),
    ("$a = str_contains('a', 'b');", "str_contains"),
    ("$a = json_decode('', true, 5, JSON_THROW_ON_ERROR);", "JSON_THROW_ON_ERROR"),
    ("$a = 1_000;", "underscores"),
])
def test_the_search_finds_what_7_2_does_not_have(code: str, says: str, tmp_path: Path) -> None:
    file = tmp_path / "newer.php"
    file.write_text(f"<?php\n{code}\n")
    done = check(file)
    assert done.returncode == 1
    assert says in done.stdout


def test_the_search_leaves_7_2_alone(tmp_path: Path) -> None:
    file = tmp_path / "old.php"
    file.write_text("<?php\nfunction f(?int $a, string ...$b): ?array { return [$a ?? 1, array(1, 2,),]; }\n"
                    "try { f(1); } catch (A | B $e) { throw $e; }\n['a' => $a] = f(1);\n$f = static function () use ($a): void {};\n")
    done = check(file)
    assert (done.returncode, done.stdout) == (0, "")


def test_every_folder_has_its_listing_guard_and_every_class_its_own() -> None:
    folders = {path.parent for path in SHIPPED}
    assert [str(folder) for folder in folders if not (folder / "index.php").is_file()] == []
    for path in PHP:
        if path.name != "index.php":
            assert "if (!defined('_PS_VERSION_')) {\n    exit;\n}" in path.read_text(), path
            assert "@license" in path.read_text()[:400], path


def test_templates_escape_everything_and_load_nothing_from_outside() -> None:
    templates = [path for path in SHIPPED if path.suffix == ".tpl"]
    assert templates
    for path in templates:
        text = path.read_text()
        shown = re.findall(r"\{(\$[^}]*)\}", text)
        assert shown
        assert [one for one in shown if not one.endswith("|escape:'html':'UTF-8'")] == []
        assert re.findall(r"(?:src|href)\s*=\s*[\"'](?!\{\$shopbridge_)", text) == []
        assert "nofilter" not in text


def sentences() -> set[str]:
    """Every text that the module shows, as it stands in the source."""
    found: set[str] = set()
    for path in SHIPPED:
        if path.suffix == ".php":
            for text in re.findall(r"(?:->|self::)(?:say|trans)\(\s*'((?:[^'\\]|\\.)*)'", path.read_text()):
                found.add(text.replace("\\'", "'"))
        elif path.suffix == ".tpl":
            found.update(re.findall(r"\{l s='([^']*)'", path.read_text()))
    return found


@pytest.mark.parametrize("locale", LOCALES)
def test_every_text_stands_in_each_language_with_the_same_blanks(locale: str) -> None:
    tree = ElementTree.parse(MODULE / "translations" / locale / f"ModulesShopbridgeAdmin.{locale}.xlf")
    space = {"x": "urn:oasis:names:tc:xliff:document:1.2"}
    texts = {str(unit.findtext("x:source", "", space)): str(unit.findtext("x:target", "", space)) for unit in tree.iterfind(".//x:trans-unit", space)}
    wanted = sentences()
    assert len(wanted) > 60
    assert sorted(wanted - set(texts)) == []
    assert sorted(set(texts) - wanted) == [], "no longer shown anywhere"
    for source, target in texts.items():
        assert target
        assert sorted(re.findall(r"%\w+%", source)) == sorted(re.findall(r"%\w+%", target)), source


def test_no_sentence_is_longer_than_a_merchant_reads() -> None:
    for text in sentences():
        for sentence in re.split(r"[.;:?!] ", text):
            assert len(sentence.split()) <= 20, text
