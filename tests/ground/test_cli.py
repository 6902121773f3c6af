"""The command line: keys that the settings accept, refusals by name, rotation of every secret."""

import pytest
from sqlalchemy import text

from hub import cli, clock
from hub.config import Config, make_secret
from hub.crypto import KeyRing, key_id_of, new_key
from hub.models import sealed, tiktok
from tests.support import both_databases


def test_a_made_key_is_one_that_the_settings_accept(capsys):
    assert cli.main(["new-key", "spring"]) == 0
    assert KeyRing.from_string(capsys.readouterr().out.strip()).first == "spring"


def test_a_made_secret_is_strong_enough_for_production(capsys, tmp_path):
    assert cli.main(["new-key", "--secret"]) == 0
    secret = capsys.readouterr().out.strip()
    assert Config.from_env({"SECRET_KEY": secret, "DATA_DIR": str(tmp_path)}).secret_key == secret


def test_wrong_settings_are_told_by_name_and_end_with_2(capsys, monkeypatch):
    monkeypatch.setenv("SHOPBRIDGE_MODE", "production")
    monkeypatch.delenv("SECRET_KEY", raising=False)
    assert cli.main(["rotate-keys"]) == 2
    assert "SECRET_KEY: is missing." in capsys.readouterr().err


def test_an_unknown_command_ends_with_2(capsys):
    with pytest.raises(SystemExit) as end:
        cli.main(["fly"])
    assert end.value.code == 2
    assert "new-key" in capsys.readouterr().err


@both_databases
def test_rotating_seals_every_secret_with_the_first_key(db, database_url, monkeypatch, capsys, tmp_path):
    old, fresh = new_key("old"), new_key("fresh")
    sealed.use_keys(KeyRing.from_string(old))
    with db.write() as session:
        for number in range(3):
            session.add(
                tiktok.App(
                    app_key=f"app{number}",
                    app_secret=f"canary-{number}",
                    api_host="",
                    token_host="",
                    consent_host="",
                    created_at=clock.now(),
                )
            )

    monkeypatch.setenv("SHOPBRIDGE_MODE", "embedded")
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("SHOPBRIDGE_KEYS", f"{fresh},{old}")
    monkeypatch.setenv("SECRET_KEY", make_secret())
    assert cli.main(["rotate-keys"]) == 0
    assert "fresh" in capsys.readouterr().out

    with db.read() as session:
        rows = session.scalars(text("SELECT app_secret_sealed FROM tiktok_app")).all()
    assert [key_id_of(row) for row in rows] == ["fresh"] * 3
    sealed.use_keys(KeyRing.from_string(fresh))
    with db.read() as session:
        assert sorted(app.app_secret for app in session.query(tiktok.App)) == ["canary-0", "canary-1", "canary-2"]
