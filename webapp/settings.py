"""Every setting of every process, read from the environment once.

A wrong or missing value stops the boot with one sentence (SettingsError) that says what to change.
"""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

BROKERS = ("redis://", "rediss://", "sentinel://", "amqp://", "amqps://")
PROVIDERS = ("local", "openai", "anthropic", "openai_compatible")
# What stands in a key that was copied from an example: random text has none of it. Compared without `-`, `_`, blanks.
PLACEHOLDERS = (
    "secret", "changeme", "changethis", "changein", "replaceme", "example", "password", "insecure",
    "development", "production", "default", "placeholder", "qwerty",
)  # fmt: skip
MIN_SECRET_LENGTH = 32
MIN_SECRET_VARIETY = 10


class SettingsError(Exception):
    """A setting is missing or wrong; the message says which, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Defaults are those of `make run`; times are in the unit that the name says."""

    database_url: str
    redis_url: str
    # Where messages go, if not to Redis at redis_url: RabbitMQ, or a Redis found by its Sentinels.
    broker_url: str | None = None
    broker_sentinel_master: str = "mymaster"
    secret_key: str
    previous_secret_key: str | None = None
    environment: Literal["development", "production"] = "development"
    data_dir: Path = Path(".data")
    rate_limits: bool = True
    allowed_origins: tuple[str, ...] = ()
    host: str = "127.0.0.1"
    metrics_token: str | None = None
    trusted_proxies: int = 0

    access_token_expire_minutes: int = 30
    refresh_token_expire_days: int = 30
    password_hash_rounds: int = 12
    max_body_bytes: int = 256 * 1024

    lease_seconds: float = 30.0
    sweep_seconds: float = 5.0
    job_max_attempts: int = 5
    # Finished jobs and attempts are deleted after this many days; 0 keeps them.
    job_retention_days: int = 90
    web_workers: int = 2
    web_threads: int = 8
    worker_concurrency: int = 2

    analysis_provider: str = "local"
    llm_model: str = ""
    llm_base_url: str = ""
    llm_api_key: str = ""
    llm_samples: int = 1
    llm_timeout_seconds: float = 60.0

    @property
    def broker(self) -> str:
        return self.broker_url or self.redis_url

    def __repr__(self) -> str:
        """Hide everything: the URLs and keys are secrets, and settings end up in tracebacks."""
        return f"Settings(environment={self.environment!r}, analysis_provider={self.analysis_provider!r})"


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read and check the environment. Raises SettingsError."""
    reader = _Reader(os.environ if environ is None else environ)
    environment = reader.choice("ENVIRONMENT", ("development", "production"), "development")
    provider = reader.choice("ANALYSIS_PROVIDER", PROVIDERS, "local")
    settings = Settings(
        database_url=_database_url(reader.required("DATABASE_URL")),
        redis_url=_redis_url(reader.required("REDIS_URL")),
        broker_url=_broker_url(reader.text("BROKER_URL")),
        broker_sentinel_master=reader.text("BROKER_SENTINEL_MASTER") or "mymaster",
        secret_key=_secret("SECRET_KEY", reader.required("SECRET_KEY")),
        previous_secret_key=_previous_secret(reader.text("SECRET_KEY_PREVIOUS")),
        environment="production" if environment == "production" else "development",
        data_dir=Path(reader.text("DATA_DIR") or ".data"),
        rate_limits=reader.choice("RATE_LIMITS", ("on", "off"), "on") == "on",
        allowed_origins=_origins(reader.listing("ALLOWED_ORIGINS")),
        host=read_host(reader.environ),
        metrics_token=reader.text("METRICS_TOKEN") or None,
        trusted_proxies=reader.integer("TRUSTED_PROXIES", 0, at_least=0),
        access_token_expire_minutes=reader.integer("ACCESS_TOKEN_EXPIRE_MINUTES", 30),
        refresh_token_expire_days=reader.integer("REFRESH_TOKEN_EXPIRE_DAYS", 30),
        lease_seconds=reader.number("LEASE_SECONDS", 30.0, at_least=1.0),
        sweep_seconds=reader.number("SWEEP_SECONDS", 5.0, at_least=0.1),
        job_max_attempts=reader.integer("JOB_MAX_ATTEMPTS", 5),
        job_retention_days=reader.integer("JOB_RETENTION_DAYS", 90, at_least=0),
        web_workers=reader.integer("WEB_WORKERS", 2),
        web_threads=reader.integer("WEB_THREADS", 8, at_least=2),
        worker_concurrency=reader.integer("WORKER_CONCURRENCY", 2),
        analysis_provider=provider,
        llm_model=reader.text("LLM_MODEL"),
        llm_base_url=reader.text("LLM_BASE_URL"),
        llm_api_key=reader.text("LLM_API_KEY"),
        llm_samples=reader.integer("LLM_SAMPLES", 1),
        llm_timeout_seconds=reader.number("LLM_TIMEOUT_SECONDS", 60.0, at_least=0.1),
    )
    _check_provider(settings)
    if settings.environment == "production" and reader.text("FLASK_DEBUG") not in ("", "0"):
        raise SettingsError("FLASK_DEBUG must not be set when ENVIRONMENT is production: unset it.")
    return settings


def read_host(environ: Mapping[str, str], name: str = "HOST") -> str:
    """The address or host name that a server listens on, an IPv6 address without its brackets. Raises SettingsError."""
    text = environ.get(name, "").strip() or "127.0.0.1"
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    try:
        ipaddress.ip_address(bare)
    except ValueError:
        # A name of figures and dots alone is an address with a mistake in it.
        if bare != text or not re.fullmatch(
            r"(?=.*[A-Za-z])[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?", bare
        ):
            raise SettingsError(
                f"{name} is {text!r}; it must be an IP address such as 127.0.0.1 or ::1, or a host name, "
                "without a scheme or a port."
            ) from None
    return bare


def host_and_port(host: str, port: int | str) -> str:
    """As in a URL, where an IPv6 address has brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class _Reader:
    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ

    def text(self, name: str) -> str:
        return self.environ.get(name, "").strip()

    def required(self, name: str) -> str:
        value = self.text(name)
        if not value:
            raise SettingsError(
                f"{name} is not set. `make run` sets it by itself; otherwise export it, "
                "or load the file `env` of the data directory of a running stack."
            )
        return value

    def choice(self, name: str, choices: tuple[str, ...], default: str) -> str:
        value = self.text(name).lower() or default
        if value not in choices:
            raise SettingsError(f"{name} is {value!r}; it must be one of {', '.join(choices)}.")
        return value

    def number(self, name: str, default: float, *, at_least: float) -> float:
        text = self.text(name)
        try:
            value = float(text) if text else default
        except ValueError:
            raise SettingsError(f"{name} is {text!r}; it must be a number.") from None
        if not at_least <= value < float("inf"):
            raise SettingsError(f"{name} is {text}; it must be a number of at least {at_least:g}.")
        return value

    def integer(self, name: str, default: int, *, at_least: int = 1) -> int:
        value = self.number(name, default, at_least=at_least)
        if value != int(value):
            raise SettingsError(f"{name} is {value}; it must be a whole number.")
        return int(value)

    def listing(self, name: str) -> tuple[str, ...]:
        return tuple(item.strip() for item in self.text(name).split(",") if item.strip())


def _database_url(text: str) -> str:
    try:
        url = make_url(text)
    except ArgumentError:
        raise SettingsError(
            "DATABASE_URL is not a URL like postgresql://user:password@host:5432/name."
        ) from None
    if url.get_backend_name() not in ("postgresql", "postgres"):
        raise SettingsError(f"DATABASE_URL names {url.get_backend_name()}; only PostgreSQL is supported.")
    return url.set(drivername="postgresql+psycopg2").render_as_string(hide_password=False)


def _redis_url(text: str) -> str:
    if not text.startswith(("redis://", "rediss://")):
        raise SettingsError("REDIS_URL is not a URL like redis://:password@host:6379/0.")
    return text


def _broker_url(text: str) -> str | None:
    if text and not text.startswith(BROKERS):
        raise SettingsError(
            f"BROKER_URL must begin with one of {', '.join(BROKERS)}; unset, it is REDIS_URL."
        )
    return text or None


def _origins(origins: tuple[str, ...]) -> tuple[str, ...]:
    """Whole origins only: flask-cors would take `https://*.example.com` for a regex that other sites match too."""
    for origin in origins:
        if origin != "*" and not re.fullmatch(r"https?://[A-Za-z0-9.-]+(:\d{1,5})?", origin):
            raise SettingsError(
                f"ALLOWED_ORIGINS has {origin!r}; each must be * or an origin like https://app.example.com, "
                "without a path and without a wildcard in it."
            )
    return origins


def _secret(name: str, value: str) -> str:
    plain = re.sub(r"[-_\s]", "", value.lower())
    if (
        len(value) < MIN_SECRET_LENGTH
        or len(set(value)) < MIN_SECRET_VARIETY
        # A text that repeats itself stands in its own double before its end.
        or (value + value).find(value, 1) < len(value)
        or any(placeholder in plain for placeholder in PLACEHOLDERS)
    ):
        raise SettingsError(
            f"{name} is too weak: use at least {MIN_SECRET_LENGTH} random characters, for example from "
            "`python -c 'import secrets; print(secrets.token_urlsafe(48))'`."
        )
    return value


def _previous_secret(value: str) -> str | None:
    return _secret("SECRET_KEY_PREVIOUS", value) if value else None


def _check_provider(settings: Settings) -> None:
    provider = settings.analysis_provider
    if provider == "local":
        return
    if not settings.llm_model:
        raise SettingsError(f"ANALYSIS_PROVIDER is {provider}, so LLM_MODEL must name a model.")
    if provider == "openai_compatible" and not settings.llm_base_url:
        raise SettingsError("ANALYSIS_PROVIDER is openai_compatible, so LLM_BASE_URL must say where it is.")
    if provider in ("openai", "anthropic") and not settings.llm_api_key:
        raise SettingsError(f"ANALYSIS_PROVIDER is {provider}, so LLM_API_KEY must be set.")
