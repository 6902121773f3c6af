"""What tests of several folders share."""

from __future__ import annotations

import pytest

# Runs a test that takes `database_url` (or `database`) once on SQLite and once on PostgreSQL.
both_databases = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
only_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
