"""Settings: read once, and wrong ones stop the boot with a sentence."""

from __future__ import annotations

import dataclasses
import runpy
from pathlib import Path

import pytest

from webapp.settings import SettingsError, host_and_port, read_settings

ROOT = Path(__file__).parents[3]
SECRET = "q8Zk2v-7Tn4bX0wLr9sYd1uGf3hJ5mPc"
ENOUGH = {
    "DATABASE_URL": "postgresql://u:p@db:5432/name",
    "REDIS_URL": "redis://:p@cache:6379/0",
    "SECRET_KEY": SECRET,
}


def test_three_settings_are_enough():
    settings = read_settings(ENOUGH)
    assert settings.database_url == "postgresql+psycopg2://u:p@db:5432/name"
    assert settings.rate_limits is True
    assert settings.analysis_provider == "local"
    assert settings.allowed_origins == ()
    assert settings.password_hash_rounds >= 12
    assert settings.max_body_bytes == 256 * 1024


@pytest.mark.parametrize("name", ENOUGH)
@pytest.mark.parametrize("value", [None, "", "   "])
def test_a_missing_setting_is_named(name, value):
    environ = {key: text for key, text in ENOUGH.items() if key != name} | (
        {name: value} if value is not None else {}
    )
    with pytest.raises(SettingsError, match=name):
        read_settings(environ)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://u:p@db/name"),
        ("DATABASE_URL", "sqlite:///x.db"),
        ("DATABASE_URL", "not a url"),
        ("REDIS_URL", "http://cache"),
        ("BROKER_URL", "kafka://queue:9092"),
        ("SECRET_KEY", "short"),
        ("SECRET_KEY", "a" * 64),
        ("SECRET_KEY_PREVIOUS", "short"),
        ("RATE_LIMITS", "maybe"),
        ("ENVIRONMENT", "staging"),
        ("ANALYSIS_PROVIDER", "oracle"),
        ("LEASE_SECONDS", "soon"),
        ("LEASE_SECONDS", "0"),
        ("LEASE_SECONDS", "nan"),
        ("LEASE_SECONDS", "inf"),
        ("SWEEP_SECONDS", "-1"),
        ("WEB_WORKERS", "1.5"),
        ("WEB_THREADS", "1"),
        ("WORKER_CONCURRENCY", "0"),
        ("ACCESS_TOKEN_EXPIRE_MINUTES", "-5"),
        ("TRUSTED_PROXIES", "-1"),
    ],
)
def test_a_wrong_value_is_a_sentence_that_names_the_setting(name, value):
    with pytest.raises(SettingsError, match=name) as caught:
        read_settings({**ENOUGH, name: value})
    assert str(caught.value).endswith(".")


def test_messages_go_to_redis_unless_a_broker_is_named():
    assert read_settings(ENOUGH).broker == ENOUGH["REDIS_URL"]
    named = read_settings({**ENOUGH, "BROKER_URL": "amqp://u:p@queue:5672//"})
    assert named.broker == "amqp://u:p@queue:5672//"
    assert named.redis_url == ENOUGH["REDIS_URL"]


@pytest.mark.parametrize(
    ("provider", "given", "missing"),
    [
        ("openai", {}, "LLM_MODEL"),
        ("openai", {"LLM_MODEL": "m"}, "LLM_API_KEY"),
        ("anthropic", {"LLM_MODEL": "m"}, "LLM_API_KEY"),
        ("openai_compatible", {"LLM_MODEL": "m"}, "LLM_BASE_URL"),
    ],
)
def test_a_provider_needs_its_own_settings(provider, given, missing):
    with pytest.raises(SettingsError, match=missing):
        read_settings({**ENOUGH, "ANALYSIS_PROVIDER": provider, **given})


def test_debugging_in_production_stops_the_boot():
    with pytest.raises(SettingsError, match="FLASK_DEBUG"):
        read_settings({**ENOUGH, "ENVIRONMENT": "production", "FLASK_DEBUG": "1"})


def test_values_are_read_in_their_units():
    settings = read_settings(
        {
            **ENOUGH,
            "ALLOWED_ORIGINS": " https://a.example , https://b.example,",
            "RATE_LIMITS": "OFF",
            "LEASE_SECONDS": "2.5",
            "WEB_WORKERS": "4",
            "ACCESS_TOKEN_EXPIRE_MINUTES": "5",
            "DATABASE_URL": "postgres://u:p%40w@db/name?sslmode=require",
        }
    )
    assert settings.allowed_origins == ("https://a.example", "https://b.example")
    assert settings.rate_limits is False
    assert settings.lease_seconds == 2.5
    assert (settings.web_workers, settings.access_token_expire_minutes) == (4, 5)
    assert settings.database_url == "postgresql+psycopg2://u:p%40w@db/name?sslmode=require"


def test_settings_are_frozen_and_show_no_secret():
    settings = read_settings({**ENOUGH, "LLM_API_KEY": "sk-very-secret"})
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.secret_key = "other"
    shown = f"{settings!r} {settings}"
    assert not [secret for secret in (SECRET, "u:p@", "sk-very-secret") if secret in shown]


def test_no_wrong_secret_is_repeated_in_the_error():
    for name, value in (("SECRET_KEY", "my-own-weak-word"), ("DATABASE_URL", "mysql://u:hidden@db/name")):
        with pytest.raises(SettingsError) as caught:
            read_settings({**ENOUGH, name: value})
        assert "my-own-weak-word" not in str(caught.value)
        assert "hidden" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "host", "shown"),
    [
        ("", "127.0.0.1", "127.0.0.1:80"),
        ("127.0.0.2", "127.0.0.2", "127.0.0.2:80"),
        ("0.0.0.0", "0.0.0.0", "0.0.0.0:80"),
        ("::1", "::1", "[::1]:80"),
        ("[::1]", "::1", "[::1]:80"),
        ("::", "::", "[::]:80"),
        ("localhost", "localhost", "localhost:80"),
        ("app.example", "app.example", "app.example:80"),
    ],
)
def test_host_is_an_address_with_or_without_brackets_or_a_name(text, host, shown):
    settings = read_settings(ENOUGH | {"HOST": text})
    assert settings.host == host
    assert host_and_port(settings.host, 80) == shown


@pytest.mark.parametrize(
    "text",
    ["127.0.0.1:8000", "http://127.0.0.1", "127.0.0.256", "[::1", "[localhost]", "a b", "-x", "::1:zz"],
)
def test_a_host_with_anything_beside_the_address_is_refused(text):
    with pytest.raises(SettingsError, match="HOST"):
        read_settings(ENOUGH | {"HOST": text})


@pytest.mark.parametrize(
    ("text", "bind"), [("::1", "[::1]:8001"), ("[::1]", "[::1]:8001"), ("127.0.0.2", "127.0.0.2:8001")]
)
def test_gunicorn_binds_to_the_host_however_it_is_written(text, bind, monkeypatch):
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "")
    monkeypatch.setenv("HOST", text)
    monkeypatch.setenv("PORT", "8001")
    assert runpy.run_path(str(ROOT / "gunicorn.conf.py"))["bind"] == bind
