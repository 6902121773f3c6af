"""Settings: complete in `.env.example`, refused by name when missing or weak, safe by default."""

import dataclasses
import stat
from pathlib import Path

import pytest

from hub.config import Config, NotConfigured, env_example, make_secret
from hub.crypto import new_key

GOOD = {
    "SHOPBRIDGE_MODE": "production",
    "DATABASE_URL": "postgresql://hub:pw@db.example/hub",
    "REDIS_URL": "redis://:longpassword@redis.example:6379/0",
    "SHOPBRIDGE_KEYS": new_key("k1"),
    "SECRET_KEY": make_secret(),
    "PUBLIC_URL": "https://hub.example",
}


def refused(environ):
    with pytest.raises(NotConfigured) as refusal:
        Config.from_env(environ)
    return refusal.value


def test_env_example_is_what_the_settings_say():
    assert (Path(__file__).parents[2] / ".env.example").read_text() == env_example(), "run: make env"


def test_every_setting_has_a_variable_a_sentence_and_stands_in_env_example():
    lines = env_example().splitlines()
    for setting in dataclasses.fields(Config):
        about = setting.metadata
        assert len(about["says"]) > 15
        assert f"#{about['variable']}={about['default']}" in lines


def test_a_whole_production_environment_is_accepted():
    config = Config.from_env(GOOD)
    assert config.mode == "production" and config.log_format == "json" and not config.has_embedded_redis


def test_naming_a_database_means_production():
    assert Config.from_env({key: GOOD[key] for key in GOOD if key != "SHOPBRIDGE_MODE"}).mode == "production"


@pytest.mark.parametrize("name", ["SHOPBRIDGE_KEYS", "SECRET_KEY", "DATABASE_URL", "REDIS_URL"])
def test_production_does_not_start_without(name):
    complaints = refused({**GOOD, name: ""}).complaints
    assert [complaint.variable for complaint in complaints] == [name]
    assert complaints[0].says == "is missing." and complaints[0].fix


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", "short"),
        ("SECRET_KEY", "a" * 64),
        ("SECRET_KEY", "change-me-please-0123456789-abcdefgh"),
        ("SECRET_KEY_FALLBACKS", "tiny"),
        ("SHOPBRIDGE_KEYS", "k1:c2hvcnQ="),
        ("SHOPBRIDGE_KEYS", "k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
        ("PUBLIC_URL", "http://hub.example"),
        ("REDIS_URL", "redis://redis.example:6379/0"),
        ("FLASK_DEBUG", "1"),
        ("TIKTOK_APP_KEY", "without-a-secret"),
        ("SHOPBRIDGE_MODE", "staging"),
        ("WORKERS", "two"),
        ("BIND", "8000"),
        ("ALLOWED_PRIVATE_NETWORKS", "10.0.0.1/8"),
        ("ALLOWED_PORTS", "0"),
        ("TIKTOK_API_HOST", "open-api.example"),
    ],
)
def test_a_weak_or_wrong_setting_is_refused_by_name_without_showing_it(name, value):
    complaints = refused({**GOOD, name: value})
    assert name.removesuffix("_KEY") in str(complaints)
    if name in ("SECRET_KEY", "SHOPBRIDGE_KEYS"):
        assert value not in str(complaints)


def test_everything_that_is_wrong_is_told_at_once():
    said = str(refused({"SHOPBRIDGE_MODE": "production", "SECRET_KEY": "x", "WORKERS": "two"}))
    assert all(name in said for name in ("SECRET_KEY", "WORKERS", "SHOPBRIDGE_KEYS", "DATABASE_URL", "REDIS_URL"))


def test_an_embedded_hub_makes_its_secrets_once_and_keeps_them_to_the_owner(tmp_path):
    environ = {"DATA_DIR": str(tmp_path / "data")}
    first, second = Config.from_env(environ), Config.from_env(environ)

    assert (first.keys, first.secret_key) == (second.keys, second.secret_key)
    kept = tmp_path / "data" / "secrets.env"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700
    assert first.has_embedded_redis and first.is_loopback_only
    assert first.database_url == f"sqlite:///{tmp_path / 'data' / 'hub.db'}"


def test_a_printed_config_shows_no_secret():
    config = Config.from_env({**GOOD, "SMTP_URL": "smtp://u:mailpw123@mail.example"})
    for secret in config.known_secrets():
        assert secret not in repr(config)
    assert "mailpw123" in config.known_secrets() and "longpassword" in config.known_secrets()


@pytest.mark.parametrize(
    ("address", "secure", "name"),
    [("https://hub.example", True, "__Host-shopbridge"), ("http://127.0.0.1:8000", False, "shopbridge")],
)
def test_cookies_are_secure_and_bound_to_the_host_where_the_address_is_https(address, secure, name):
    settings = Config.from_env({**GOOD, "PUBLIC_URL": address}).flask_settings()
    assert settings["SESSION_COOKIE_SECURE"] is settings["REMEMBER_COOKIE_SECURE"] is secure
    assert settings["SESSION_COOKIE_NAME"] == name
    assert settings["SESSION_COOKIE_HTTPONLY"] and settings["SESSION_COOKIE_SAMESITE"] == "Lax"


def test_loopback_is_open_to_practice_connections_of_a_practice_hub_only(tmp_path):
    practice = Config.from_env({"SHOPBRIDGE_MODE": "practice", "DATA_DIR": str(tmp_path)})
    assert practice.guard(practice=True).practice and not practice.guard().practice
    assert not Config.from_env(GOOD).guard(practice=True).practice
    assert {5432, 6379} <= Config.from_env(GOOD).guard().own_ports
