"""Several processes write into one SQLite file: each waits its turn, and not much longer than the others write."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from hub import models
from hub.models import Database

WRITER = """
import sys
from sqlalchemy import text
from hub.models import Database
db = Database(sys.argv[1])
for _ in range(200):
    with db.write() as session:
        session.execute(text("UPDATE counter SET n = n + 1"))
"""


def test_no_write_of_two_processes_is_lost_or_refused(db: Database, database_url: str) -> None:
    with db.write() as session:
        session.execute(text("CREATE TABLE counter (n INTEGER)"))
        session.execute(text("INSERT INTO counter VALUES (0)"))
    root = Path(__file__).resolve().parents[2]
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, database_url], cwd=root, stderr=subprocess.PIPE) for _ in range(2)]
    assert [(one.wait(60), one.stderr and one.stderr.read()) for one in writers] == [(0, b"")] * 2
    with db.read() as session:
        assert session.scalar(text("SELECT n FROM counter")) == 400


def test_a_writer_goes_on_as_soon_as_the_other_is_done(db: Database, database_url: str) -> None:
    other = sqlite3.connect(database_url.removeprefix("sqlite:///"), check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    threading.Timer(0.2, other.rollback).start()
    with db.write() as session:
        assert session.scalar(text("PRAGMA busy_timeout")) == models.BUSY_S * 1000


def test_a_lock_that_is_never_given_back_is_an_error_in_the_end(db: Database, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "BUSY_S", 0)
    other = sqlite3.connect(database_url.removeprefix("sqlite:///"))
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(OperationalError, match="locked"), db.write() as session:
        session.execute(text("SELECT 1"))
