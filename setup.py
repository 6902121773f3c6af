"""Puts the store plugins' zips into the wheel, so that an installed hub can hand them out. All else is in pyproject.toml."""

import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT))


class WithPlugins(build_py):
    """Copies the packages, then packs the plugins beside them. A checkout (editable) packs them when they are asked for."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            from hub.plugin_archives import write_all

            write_all(Path(self.build_lib) / "hub" / "data" / "plugins")


setup(cmdclass={"build_py": WithPlugins})
