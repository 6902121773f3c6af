"""The store plugins as merchants get them: one zip per platform, made from `plugins/`, the same bytes from the same files.

    python -m hub.plugin_archives dist        (`make plugins`)

In a checkout a zip is made when it is first asked for; a wheel carries them ready made (`setup.py`).
"""

from __future__ import annotations

import hashlib
import io
import re
import sys
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[1]
PACKED = Path(__file__).resolve().parent / "data" / "plugins"
# The first moment that a zip can name. Nothing of the machine that packs gets in, so the checksum is that of the files.
EPOCH = (1980, 1, 1, 0, 0, 0)
# What is for developers: tests, their settings, what they leave behind.
_NOT_PACKED = frozenset({"Test", "tests", "vendor", "node_modules", "phpunit.xml", "phpunit.xml.dist", "composer.lock", "__pycache__"})
_KEPT_HIDDEN = frozenset({".htaccess"})


class NoArchive(LookupError):
    """This installation has no plugin for that platform."""


@dataclass(frozen=True, slots=True)
class Plugin:
    """Where a platform's plugin lies and how its zip is laid out.

    ``top`` is the folder inside the zip. PrestaShop takes a module only where it is named as the module. Magento's has none:
    so it unpacks into `app/code/Shopbridge/TikTokShop`, and Composer finds `composer.json` where it looks in an artifact.
    """

    folder: str
    file: str
    top: str
    version_in: str
    version: re.Pattern[str]


PLUGINS: Mapping[str, Plugin] = {
    "magento": Plugin("magento_module", "shopbridge-magento.zip", "", "composer.json", re.compile(r'"version":\s*"([0-9][^"]*)"')),
    "prestashop": Plugin("prestashop_webhook", "shopbridge.zip", "shopbridge", "shopbridge.php",
                         re.compile(r"\$this->version\s*=\s*'([0-9][^']*)'")),
}


@dataclass(frozen=True, slots=True)
class Archive:
    """A zip as it is handed out."""

    file: str
    version: str
    content: bytes
    sha256: str  # in hex, shown beside the download


def archive(platform: str) -> Archive:
    """The platform's plugin, packed from a checkout or as the wheel brought it. Raises `NoArchive`."""
    if platform not in PLUGINS:
        raise NoArchive(platform)
    return _made(platform, ROOT, PACKED)


@cache  # once in a process: the wizard looks every few seconds
def _made(platform: str, root: Path, packed: Path) -> Archive:
    plugin = PLUGINS[platform]
    source = root / "plugins" / plugin.folder
    # Beside an installed package `plugins` could be anybody's: it is ours where our own settings lie next to it.
    if (root / "pyproject.toml").is_file() and source.is_dir():
        content = pack(source, plugin.top)
    elif (packed / plugin.file).is_file():
        content = (packed / plugin.file).read_bytes()
    else:
        raise NoArchive(platform)
    return Archive(plugin.file, _version(plugin, content), content, hashlib.sha256(content).hexdigest())


def pack(source: Path, top: str) -> bytes:
    """A folder as a zip: names sorted, no times, no owners, stored as it is so that no compressor's version matters."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as into:
        for name, path in sorted(_files(source)):
            entry = zipfile.ZipInfo(f"{top}/{name}" if top else name, EPOCH)
            entry.create_system, entry.external_attr = 3, 0o100644 << 16
            into.writestr(entry, path.read_bytes())
    return made.getvalue()


def _files(source: Path) -> Iterator[tuple[str, Path]]:
    for path in source.rglob("*"):
        inside = path.relative_to(source)
        if path.is_file() and not any(_is_left_out(part) for part in inside.parts):
            yield PurePosixPath(inside).as_posix(), path
    licence = ROOT / "LICENSE"
    if licence.is_file() and not (source / "LICENSE").exists():
        yield "LICENSE", licence


def _is_left_out(part: str) -> bool:
    return part in _NOT_PACKED or (part.startswith(".") and part not in _KEPT_HIDDEN)


def _version(plugin: Plugin, content: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        text = packed.read(f"{plugin.top}/{plugin.version_in}" if plugin.top else plugin.version_in).decode()
    found = plugin.version.search(text)
    return found.group(1) if found else ""


def write_all(folder: Path) -> list[Path]:
    """Writes every plugin's zip into this folder; answers the files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for plugin in PLUGINS.values():
        path = folder / plugin.file
        path.write_bytes(pack(ROOT / "plugins" / plugin.folder, plugin.top))
        written.append(path)
    return written


if __name__ == "__main__":
    for one in write_all(Path(sys.argv[1] if len(sys.argv) > 1 else "dist")):
        sys.stdout.write(f"{hashlib.sha256(one.read_bytes()).hexdigest()}  {one}\n")
