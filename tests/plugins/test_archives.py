"""The zips of the store plugins: what is in them, that they are the same each time, and that an installed hub has them too."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from defusedxml import ElementTree

from hub import plugin_archives
from tests.support.features import ROOT

# PHP's own limit for an uploaded file where nobody raised it.
UPLOAD_LIMIT = 2 * 1024 * 1024


def opened(platform: str) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(plugin_archives.archive(platform).content))


@pytest.mark.parametrize("platform", plugin_archives.PLUGINS)
def test_a_zip_holds_the_plugin_and_nothing_for_developers(platform: str) -> None:
    with opened(platform) as packed:
        assert packed.testzip() is None
        names = packed.namelist()
    assert names == sorted(names) and len(names) == len(set(names)) > 20
    assert any(name.endswith("LICENSE") for name in names)
    parts = {part for name in names for part in name.split("/")}
    assert not parts & {"Test", "tests", "vendor", "phpunit.xml", ".git", ".phpunit.cache"}
    assert not [name for name in names if name.startswith(("/", ".")) or ".." in name]
    assert len(plugin_archives.archive(platform).content) < UPLOAD_LIMIT


@pytest.mark.parametrize("platform", plugin_archives.PLUGINS)
def test_the_same_files_give_the_same_bytes_wherever_they_lie(platform: str, tmp_path: Path) -> None:
    plugin = plugin_archives.PLUGINS[platform]
    copy = tmp_path / "elsewhere"
    shutil.copytree(ROOT / "plugins" / plugin.folder, copy)
    for path in copy.rglob("*.php"):
        os.utime(path, (1, 1))
        path.chmod(0o600)
    (copy / ".phpunit.result.cache").write_text("left behind")
    assert plugin_archives.pack(copy, plugin.top) == plugin_archives.archive(platform).content
    (copy / "more.php").write_text("<?php")
    assert plugin_archives.pack(copy, plugin.top) != plugin_archives.archive(platform).content


def test_prestashop_finds_its_module_in_the_zip() -> None:
    with opened("prestashop") as packed:
        assert {name.split("/")[0] for name in packed.namelist()} == {"shopbridge"}
        main = packed.read("shopbridge/shopbridge.php").decode()
        config = ElementTree.fromstring(packed.read("shopbridge/config.xml"))
    version = plugin_archives.archive("prestashop").version
    assert f"$this->version = '{version}'" in main and config.findtext("version") == version and config.findtext("name") == "shopbridge"


def test_magento_and_composer_find_the_module_in_the_zip() -> None:
    with opened("magento") as packed:
        names = set(packed.namelist())
        composer = json.loads(packed.read("composer.json"))
        module = ElementTree.fromstring(packed.read("etc/module.xml"))
        assert "'Shopbridge_TikTokShop'" in packed.read("registration.php").decode()
    assert composer["type"] == "magento2-module" and composer["version"] == plugin_archives.archive("magento").version
    assert set(composer["autoload"]["files"]) <= names
    assert module.find("module").get("name") == "Shopbridge_TikTokShop"


def test_an_installed_hub_brings_the_zips_along(tmp_path: Path) -> None:
    """As `pip install` does it: packages are built into a folder, and the hub is started from there, far from the checkout."""
    built = tmp_path / "site"
    subprocess.run([sys.executable, "setup.py", "-q", "egg_info", "--egg-base", str(tmp_path), "build_py", "--build-lib", str(built)],
                   cwd=ROOT, check=True, timeout=100, capture_output=True)
    asked = "from hub import plugin_archives as p; print(p.__file__); [print(p.archive(n).sha256) for n in p.PLUGINS]"
    told = subprocess.run([sys.executable, "-P", "-c", asked], cwd=tmp_path, env={"PYTHONPATH": str(built)}, check=True, text=True,
                          timeout=60, capture_output=True).stdout.split()
    assert told[0].startswith(str(built))
    assert told[1:] == [plugin_archives.archive(name).sha256 for name in plugin_archives.PLUGINS]


def test_an_unknown_platform_and_a_hub_without_plugins_say_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(plugin_archives.NoArchive):
        plugin_archives.archive("weblog")
    monkeypatch.setattr(plugin_archives, "ROOT", tmp_path)
    monkeypatch.setattr(plugin_archives, "PACKED", tmp_path)
    with pytest.raises(plugin_archives.NoArchive):
        plugin_archives.archive("magento")
