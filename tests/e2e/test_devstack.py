"""Starting, stopping, killing and attaching to the stack, as `make run` does it."""

from __future__ import annotations

import contextlib
import json
import re
import secrets
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import psutil
import pytest
from running_stack import START_SECONDS, Stack, environment, running, wait_for

import devstack

WORKER = f"celery@{socket.gethostname()}"
PASSWORD = "Correct-Horse-9-battery"


def log_in(stack: Stack) -> dict[str, str]:
    """The headers of somebody who has just registered and logged in."""
    name = f"e2e-{secrets.token_hex(6)}"
    account = {"email": f"{name}@example.com", "password": PASSWORD}
    with httpx.Client(base_url=stack.url, timeout=30) as client:
        client.post(
            "/api/auth/register", json={**account, "username": name, "full_name": "Ada Lovelace"}
        ).raise_for_status()
        tokens = client.post("/api/auth/login", json=account).raise_for_status().json()
    return {"Authorization": f"Bearer {tokens['access_token']}"}


def knows(stack: Stack, headers: dict[str, str]) -> bool:
    return httpx.get(f"{stack.url}/api/auth/me", headers=headers, timeout=30).status_code == 200


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def attached(stack: Stack) -> dict[str, str]:
    return environment(**stack.settings(), PATH=f"{devstack.BIN}:/usr/bin:/bin")


def test_only_its_owner_may_read_the_env_file(stack: Stack) -> None:
    assert stat.S_IMODE((stack.folder / "env").stat().st_mode) == 0o600
    assert set(stack.settings()) == {"DATABASE_URL", "REDIS_URL", "SECRET_KEY"}


def test_flask_attaches_with_the_env_file(stack: Stack) -> None:
    done = subprocess.run(
        ["flask", "--app", "wsgi", "db", "current"],
        cwd=devstack.ROOT,
        env=attached(stack),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "(head)" in done.stdout, done.stderr


def test_celery_attaches_with_the_env_file(stack: Stack) -> None:
    done = subprocess.run(
        ["celery", "--app", "worker.celery", "inspect", "ping", "--timeout", "30", "--destination", WORKER],
        cwd=devstack.ROOT,
        env=attached(stack),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "pong" in done.stdout, done.stderr


def test_no_password_is_in_the_list_of_processes_or_in_the_log(stack: Stack) -> None:
    settings = stack.settings()
    secrets_of_stack = {settings["SECRET_KEY"], *re.findall(r":([^:@/]+)@", " ".join(settings.values()))}
    assert len(secrets_of_stack) == 3
    shown = " ".join(" ".join(process.cmdline()) for process in stack.processes()) + stack.log.read_text()
    assert not [secret for secret in secrets_of_stack if secret in shown]


def test_flower_knows_the_worker_and_its_tasks(stack: Stack) -> None:
    def told() -> bool:
        page = httpx.get(f"{stack.flower}/worker/{WORKER}", timeout=30)
        return page.status_code == 200 and {"worker.tasks.run_job", "worker.tasks.sweep"} <= set(
            re.findall(r"worker\.tasks\.\w+", page.text)
        )

    wait_for(told, "Flower lists the worker's tasks")


def test_flower_sees_the_worker_and_no_sweeps(stack: Stack) -> None:
    wait_for(
        lambda: "flower_worker_online" in httpx.get(f"{stack.flower}/metrics", timeout=30).text,
        "Flower sees the worker",
    )
    assert "worker.tasks.sweep" not in httpx.get(f"{stack.flower}/metrics", timeout=30).text


def test_a_taken_port_is_an_error_of_one_line(stack: Stack, make_folder: Callable[[], Path]) -> None:
    folder = make_folder()
    done = subprocess.run(
        [sys.executable, "devstack.py", "run"],
        cwd=devstack.ROOT,
        env=environment(DATA_DIR=str(folder), PORT=str(stack.port), FLOWER_PORT=str(devstack.free_port())),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == f"make: port {stack.port} is taken; set PORT to another one.\n"
    assert done.stdout == ""
    assert not (folder / "postgres").exists()


def test_a_second_stack_on_the_same_data_is_refused(stack: Stack) -> None:
    done = subprocess.run(
        [sys.executable, "devstack.py", "run"],
        cwd=devstack.ROOT,
        env=stack.environment | {"PORT": str(devstack.free_port())},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert re.fullmatch(r"make: another stack is running on .*\n", done.stderr)


def test_sigterm_stops_everything_and_the_next_start_finds_the_data(stack: Stack) -> None:
    headers = log_in(stack)
    processes = stack.processes()
    assert len(processes) > 10
    assert stack.terminate() == 0
    assert running(processes) == []
    assert is_free(stack.port)
    assert is_free(stack.flower_port)
    assert not (stack.folder / "env").exists()
    stack.start()
    assert knows(stack, headers)


def test_kill_9_leaves_nothing_running_and_the_next_start_recovers(stack: Stack) -> None:
    headers = log_in(stack)
    processes = stack.processes()
    stack.kill()
    wait_for(lambda: not running(processes), "nothing of the killed stack runs")
    stack.start()
    assert knows(stack, headers)


def words_of(process: psutil.Process) -> set[str]:
    """The words of its command line; empty when it has just ended."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return {Path(word).name for word in process.cmdline()}
    return set()


def main_process(stack: Stack, word: str) -> psutil.Process | None:
    """The stack's own child that has this word in its command line."""
    return next((child for child in stack.process.children() if word in words_of(child)), None)


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("web", "gunicorn"),
        ("worker", "worker"),
        ("beat", "beat"),
        ("flower", "flower"),
        ("redis", "valkey-server"),
        ("postgres", "postgres"),
    ],
)
def test_a_process_that_is_killed_is_started_again_by_itself(stack: Stack, name: str, word: str) -> None:
    headers = log_in(stack)
    others = {process.pid for process in stack.process.children()}
    killed = main_process(stack, word)
    assert killed is not None
    left = killed.children(recursive=True)
    killed.kill()
    line = re.compile(rf"system +\| {name} was killed by SIGKILL; starting it again")
    wait_for(lambda: bool(line.search(stack.log.read_text())), f"a line says that {name} is started again")
    wait_for(
        lambda: (main_process(stack, word) or killed).pid != killed.pid, f"{name} runs again", START_SECONDS
    )
    wait_for(lambda: not running(left), f"what {name} left behind is gone")
    # A server that stops its backends or a program that lost its broker may restart others; the stack stays.
    assert stack.runs()
    assert len({process.pid for process in stack.process.children()} & others) >= 4

    def works() -> bool:
        with contextlib.suppress(httpx.HTTPError):
            ready = httpx.get(f"{stack.url}/api/health/ready", timeout=30)
            flower = httpx.get(stack.flower, timeout=30)
            return ready.status_code == 200 and flower.status_code == 200 and knows(stack, headers)
        return False

    wait_for(works, "the service is ready and knows its user", START_SECONDS)


def test_after_a_kill_of_redis_an_answer_is_judged(stack: Stack) -> None:
    redis = main_process(stack, "valkey-server")
    assert redis is not None
    redis.kill()
    done = subprocess.run(
        [sys.executable, "-m", "demo", "--plain"],
        cwd=devstack.ROOT,
        env=environment(PORT=str(stack.port)),
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
    )
    if "is not ready" in done.stderr:
        wait_for(
            lambda: httpx.get(f"{stack.url}/api/health/ready", timeout=30).status_code == 200, "it is ready"
        )
        done = subprocess.run(
            done.args,
            cwd=devstack.ROOT,
            env=environment(PORT=str(stack.port)),
            capture_output=True,
            text=True,
            timeout=170,
            check=False,
        )
    assert done.returncode == 0, done.stderr


def test_every_line_of_the_service_is_a_json_object(stack: Stack) -> None:
    lines = re.findall(r"^[\d:]+ (?:web|worker|beat|flower) +\| (.*)$", stack.log.read_text(), re.MULTILINE)
    assert len(lines) >= 3
    assert [line for line in lines if not isinstance(parsed(line), dict)] == []
    assert "Inspect method" not in stack.log.read_text()


def parsed(line: str) -> object:
    try:
        return json.loads(line)
    except ValueError:
        return None


def test_with_servers_of_ones_own_neither_is_started(make_folder: Callable[[], Path]) -> None:
    folder = make_folder()
    postgres, database_url = devstack.start_postgres(folder / "postgres", durable=False)
    try:
        redis, redis_url = devstack.start_redis(folder / "redis")
        try:
            data = make_folder()
            stack = Stack(data, DATABASE_URL=database_url, REDIS_URL=redis_url)
            stack.start()
            try:
                names = {process.name() for process in stack.processes()}
                assert "celery" in names
                assert not names & {"postgres", "valkey-server"}
                assert not (data / "postgres").exists()
                assert not (data / "redis").exists()
                assert stack.settings()["DATABASE_URL"] == database_url
                assert knows(stack, log_in(stack))
            finally:
                assert stack.terminate() == 0
            assert psutil.pid_exists(postgres.process.pid)
            assert psutil.pid_exists(redis.process.pid)
        finally:
            redis.stop()
    finally:
        postgres.stop()
