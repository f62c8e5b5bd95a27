"""API8: what is open, weak or talkative by default."""

from __future__ import annotations

import ast
import os
import re
import runpy
import secrets
import stat
import subprocess
import sys
from pathlib import Path

import pytest

import devstack
from webapp.settings import SettingsError, read_settings

ROOT = Path(__file__).resolve().parents[2]
GOOD = {
    "DATABASE_URL": "postgresql://u:p@127.0.0.1/d",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
    "SECRET_KEY": secrets.token_urlsafe(48),
}


def test_a_random_key_is_accepted():
    # Else the refusals below would prove nothing.
    for _ in range(200):
        read_settings(GOOD | {"SECRET_KEY": secrets.token_urlsafe(32)})


@pytest.mark.parametrize(
    "key",
    [
        "",
        "secret",
        "short-Zq8w7e6r5t",
        "a" * 64,
        "abcd" * 16,
        "Zq8w7e6r5tAb" * 4,
        "your-secret-key-change-in-production",
        "your_super_secret_key_here_0192837465",
        "change-me-please-this-is-only-for-you",
        "CHANGEME-CHANGEME-CHANGEME-2026-10-11",
        "django-insecure-x7#k2!q9v@4m$1z&8c^5",
        "this is an example key, do not use it!",
        "dev-development-key-0192837465-zyxwvu",
    ],
)
@pytest.mark.parametrize("name", ["SECRET_KEY", "SECRET_KEY_PREVIOUS"])
def test_boot_refuses_a_weak_or_default_key_and_says_how_to_make_one(name, key):
    if not key and name == "SECRET_KEY_PREVIOUS":
        read_settings(GOOD | {name: key})  # there need not be one
        return
    with pytest.raises(SettingsError) as refused:
        read_settings(GOOD | {name: key})
    assert name in str(refused.value)
    assert len(key) < 7 or key not in str(refused.value)


@pytest.mark.parametrize("value", ["1", "true", "on"])
def test_boot_refuses_debug_in_production(value):
    with pytest.raises(SettingsError, match="FLASK_DEBUG"):
        read_settings(GOOD | {"ENVIRONMENT": "production", "FLASK_DEBUG": value})


def test_the_process_itself_does_not_start_with_a_weak_key_and_says_why_in_one_line():
    import subprocess
    import sys

    environment = os.environ | {"SECRET_KEY": "changeme-changeme-changeme-changeme"}
    done = subprocess.run(
        [sys.executable, "-c", "import wsgi"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("The service cannot start: SECRET_KEY is too weak")
    assert len(done.stderr.splitlines()) == 1


def test_settings_tell_no_secret_where_they_are_printed():
    settings = read_settings(GOOD | {"LLM_API_KEY": "sk-1234567890", "METRICS_TOKEN": "metrics-1234"})
    for text in (repr(settings), str(settings), f"{settings}"):
        assert not [
            secret
            for secret in (GOOD["SECRET_KEY"], "u:p", "sk-1234567890", "metrics-1234")
            if secret in text
        ]


@pytest.mark.parametrize(
    "origin",
    [
        "https://*.example.com",
        "https://app.example/",
        "https://a.example/path",
        "null",
        "example.com",
        "https://.*",
    ],
)
def test_boot_refuses_an_origin_that_other_sites_would_match(origin):
    with pytest.raises(SettingsError, match="ALLOWED_ORIGINS"):
        read_settings(GOOD | {"ALLOWED_ORIGINS": f"https://app.example,{origin}"})


def test_the_web_process_listens_on_loopback_by_default(monkeypatch):
    for name in ("HOST", "PORT", "PROMETHEUS_MULTIPROC_DIR"):
        monkeypatch.setenv(name, "")
    assert runpy.run_path(str(ROOT / "gunicorn.conf.py"))["bind"] == "127.0.0.1:8000"


def test_flower_listens_on_loopback_by_default_and_its_api_asks_for_a_login(monkeypatch):
    flower = next(line for line in (ROOT / "Procfile").read_text().splitlines() if line.startswith("flower:"))
    # Named as a path, it must be there, or Flower does not start.
    assert "--conf=./flowerconfig.py" in flower
    monkeypatch.setenv("FLOWER_ADDRESS", "")
    done = subprocess.run(
        [sys.executable, "-c", "import runpy; print(runpy.run_path('flowerconfig.py')['address'])"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "127.0.0.1\n"
    configured = "".join(
        path.read_text() for path in (ROOT / "Procfile", ROOT / "Makefile", *ROOT.glob("*.py"))
    )
    assert "UNAUTHENTICATED_API" not in configured.upper()


def test_the_embedded_servers_listen_on_loopback_and_ask_for_a_password():
    source = (ROOT / "stack" / "servers.py").read_text()
    assert re.search(r'"?listen_addresses"?[:=] ?"127\.0\.0\.1"', source)
    assert "--auth=scram-sha-256" in source
    assert re.search(r"bind 127\.0\.0\.1\\n.*requirepass", source)


def test_metrics_are_for_loopback_alone_and_hide_from_others(client):
    def metrics(address, **headers):
        return client.get("/metrics", environ_base={"REMOTE_ADDR": address}, headers=headers)

    assert metrics("127.0.0.1").status_code == 200
    assert metrics("::1").status_code == 200
    for response in (
        metrics("203.0.113.7"),
        metrics("10.0.0.1"),
        metrics("203.0.113.7", **{"X-Forwarded-For": "127.0.0.1"}),
        metrics("203.0.113.7", **{"X-Real-IP": "127.0.0.1", "Forwarded": "for=127.0.0.1"}),
        # A proxy on this host: its callers are not loopback.
        metrics("127.0.0.1", **{"X-Forwarded-For": "127.0.0.1"}),
        metrics("127.0.0.1", Forwarded="for=203.0.113.7"),
        metrics("127.0.0.1", **{"X-Real-IP": "203.0.113.7"}),
        metrics("127.0.0.1", Via="1.1 proxy"),
    ):
        assert response.status_code == 404
        assert "http_requests" not in response.text


def test_a_metrics_token_is_asked_for_on_loopback_too(app_of):
    client = app_of(metrics_token="a-token-of-the-operators").test_client()
    right = {"Authorization": "Bearer a-token-of-the-operators"}
    assert client.get("/metrics", headers=right).status_code == 200
    for wrong in (
        {},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer a-token"},
        {"Authorization": "Basic YTpi"},
    ):
        assert client.get("/metrics", headers=wrong).status_code == 404


def test_the_file_with_the_secrets_is_its_owners_alone(tmp_path):
    before = os.umask(0)
    try:
        (tmp_path / "env").write_text("an older one, open to all")
        (tmp_path / "env").chmod(0o666)
        devstack.write_env_file(tmp_path, GOOD)
        devstack.kept_secret(tmp_path)
    finally:
        os.umask(before)
    for name in ("env", "secret_key"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    read_settings(GOOD | {"SECRET_KEY": (tmp_path / "secret_key").read_text()})


def test_nothing_that_a_client_sends_is_fetched_the_web_application_has_no_http_client():
    clients = {
        "httpx",
        "requests",
        "urllib3",
        "aiohttp",
        "http",
        "urllib.request",
        "socket",
        "openai",
        "anthropic",
    }
    found = []
    for path in sorted((ROOT / "webapp").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            found += [(path.name, name) for name in names if name in clients]
    # server.py is gunicorn's worker and holds the listening socket; HTTPStatus opens nothing.
    assert {pair for pair in found if pair != ("server.py", "socket") and pair[1] != "http"} == set()


def test_only_the_operator_says_where_the_provider_is(api):
    for field in ("llm_base_url", "base_url", "callback_url", "webhook", "job_description_url"):
        body = {"job_role": "Backend Engineer", field: "http://169.254.169.254/latest/meta-data/"}
        assert list(api.post("/api/interviews/start", body).json["errors"]) == [field]


def test_only_json_is_taken_from_the_broker():
    import celeryconfig

    assert celeryconfig.accept_content == ["json"]
    assert celeryconfig.task_serializer == "json"
