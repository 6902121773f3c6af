"""Writes docs/features.md from the tests' feature markers: `python -m tests.make_features`."""

from __future__ import annotations

from tests.support.features import ROOT, found, table

if __name__ == "__main__":
    (ROOT / "docs" / "features.md").write_text(table(found()))
