"""The tests' own tools: real databases, fences, and the list of features."""

import smtplib
import socket
import textwrap

import pytest
from sqlalchemy import text

from hub.http import Api
from hub.net import Guard
from tests.support import both_databases, transactions
from tests.support.features import Shown, found


@both_databases
def test_each_test_gets_its_own_database_with_all_tables(db):
    with db.write() as session:
        assert session.scalar(text("SELECT count(*) FROM connection")) == 0
        assert session.scalar(text("SELECT count(*) FROM task")) == 0


@both_databases
def test_a_call_while_a_transaction_is_open_fails_and_afterwards_does_not(db):
    api = Api("http://127.0.0.1:9", guard=Guard(practice=True))
    with db.read() as session:
        session.execute(text("SELECT 1"))
        assert transactions.is_open()
        with pytest.raises(AssertionError, match="transaction is open"):
            api.send("GET", "/")
    assert not transactions.is_open()


@pytest.mark.parametrize("address", [("8.8.8.8", 80), ("10.0.0.1", 80), ("169.254.169.254", 80)])
def test_the_outside_is_fenced_off(address, no_outside_attempts):
    with pytest.raises(OSError, match="loopback only"):
        socket.create_connection(address, timeout=1)
    assert no_outside_attempts == [address[0]]
    no_outside_attempts.clear()


def test_mail_is_fenced_off(no_outside_attempts):
    with pytest.raises(OSError, match="no mail"):
        smtplib.SMTP("localhost", 25, timeout=1)
    assert no_outside_attempts == ["mail through localhost:25"]
    no_outside_attempts.clear()


def test_feature_markers_are_read_from_functions_classes_modules_and_php(tmp_path):
    (tmp_path / "tests" / "screens").mkdir(parents=True)
    (tmp_path / "plugins" / "shop" / "tests").mkdir(parents=True)
    (tmp_path / "tests" / "screens" / "test_orders.py").write_text(
        textwrap.dedent("""
            import pytest
            pytestmark = pytest.mark.feature("ERR-01")

            @pytest.mark.feature("ORD-01", "ORD-02")
            def test_one(): ...

            @pytest.mark.feature("MIS-01", screen="missed")
            class TestMissed:
                def test_two(self): ...
        """)
    )
    (tmp_path / "plugins" / "shop" / "tests" / "OutboxTest.php").write_text(
        "<?php\n/** @feature PRS-01, PRS-02 */\nfinal class OutboxTest {\n"
        "/**\n * It waits.\n * @feature NAT-03\n * @screen configuration\n */\n#[Group('x')]\npublic function testItWaits(): void {}\n}\n"
    )
    orders = "tests/screens/test_orders.py"
    assert found(tmp_path) == sorted(
        [
            Shown("ERR-01", f"{orders}::test_one", "orders"),
            Shown("ORD-01", f"{orders}::test_one", "orders"),
            Shown("ORD-02", f"{orders}::test_one", "orders"),
            Shown("ERR-01", f"{orders}::TestMissed::test_two", "orders"),
            Shown("MIS-01", f"{orders}::TestMissed::test_two", "missed"),
            Shown("PRS-01", "plugins/shop/tests/OutboxTest.php::OutboxTest"),
            Shown("PRS-02", "plugins/shop/tests/OutboxTest.php::OutboxTest"),
            Shown("NAT-03", "plugins/shop/tests/OutboxTest.php::testItWaits", "configuration"),
        ]
    )


@pytest.mark.parametrize(("ci", "outcome"), [("true", {"failed": 1, "skipped": 1}), ("", {"skipped": 2})])
def test_a_skipped_feature_test_fails_under_ci(pytester, monkeypatch, ci, outcome):
    monkeypatch.setenv("CI", ci)
    pytester.makeconftest("from tests.support.features import pytest_runtest_makereport")
    pytester.makeini("[pytest]\nmarkers = feature(*ids): x")
    pytester.makepyfile(
        """
        import pytest
        @pytest.mark.feature("ORD-01")
        def test_a_promise(): pytest.skip("no tool")
        def test_another(): pytest.skip("no tool")
        """
    )
    pytester.runpytest("-p", "no:cacheprovider").assert_outcomes(**outcome)
