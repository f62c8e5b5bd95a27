"""What cannot start says so in one sentence that tells what to do, whatever was given."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from running_stack import Stack, environment

import devstack


def run(**settings: str) -> subprocess.CompletedProcess[str]:
    """`devstack.py run`, which must end by itself."""
    ports = {"PORT": str(devstack.free_port()), "FLOWER_PORT": str(devstack.free_port())}
    return subprocess.run(
        [sys.executable, "devstack.py", "run"],
        cwd=devstack.ROOT,
        env=environment(**ports | settings),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def assert_one_sentence(done: subprocess.CompletedProcess[str], *expected: str) -> None:
    assert done.returncode == 1, done.stderr
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith("make: ")
    for text in expected:
        assert text in done.stderr


@pytest.mark.parametrize("below", ["", "below/it"])
def test_a_data_dir_that_is_a_file_is_one_sentence(tmp_path: Path, below: str) -> None:
    file = tmp_path / "file"
    file.touch()
    assert_one_sentence(
        run(DATA_DIR=str(file / below)), "DATA_DIR", str(file), "is a file", "Set it to a folder"
    )


def test_a_data_dir_where_nothing_can_be_written_is_one_sentence() -> None:
    assert_one_sentence(run(DATA_DIR="/proc/interview-data"), "DATA_DIR", "/proc/interview-data")


def test_a_database_that_does_not_answer_is_one_sentence(tmp_path: Path) -> None:
    port = devstack.free_port()
    done = run(DATA_DIR=str(tmp_path), DATABASE_URL=f"postgresql://u:hidden-word@127.0.0.1:{port}/d")
    assert_one_sentence(done, "DATABASE_URL", "Connection refused", "unset")
    assert "hidden-word" not in done.stderr


@pytest.mark.parametrize(
    "command", [["-m", "flask", "--app", "wsgi", "db", "upgrade"], ["-m", "worker.content", "load"]]
)
def test_the_release_step_alone_says_in_one_sentence_that_the_database_does_not_answer(
    command: list[str],
) -> None:
    settings = {
        "DATABASE_URL": f"postgresql://u:hidden-word@127.0.0.1:{devstack.free_port()}/d",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "SECRET_KEY": "q8Zk2v-7Tn4bX0wLr9sYd1uGf3hJ5mPc",
    }
    done = subprocess.run(
        [sys.executable, *command],
        cwd=devstack.ROOT,
        env=environment(**settings),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert re.fullmatch(
        r"The database at DATABASE_URL cannot be used \(Connection refused\): .*\n", done.stderr
    )


def test_a_database_url_that_is_none_is_one_sentence(tmp_path: Path) -> None:
    assert_one_sentence(run(DATA_DIR=str(tmp_path), DATABASE_URL="no url at all"), "DATABASE_URL")


def test_a_wrong_password_of_the_database_is_one_sentence(make_folder: Callable[[], Path]) -> None:
    server, url = devstack.start_postgres(make_folder() / "postgres", durable=False)
    try:
        done = run(DATA_DIR=str(make_folder()), DATABASE_URL=re.sub(r":[^:@/]+@", ":wrong@", url))
    finally:
        server.stop()
    assert_one_sentence(done, "DATABASE_URL", "password authentication failed")


@pytest.mark.parametrize("name", ["redis://127.0.0.1:{port}/0", "no url at all"])
def test_a_redis_that_does_not_answer_is_one_sentence(make_folder: Callable[[], Path], name: str) -> None:
    url = name.format(port=devstack.free_port())
    assert_one_sentence(run(DATA_DIR=str(make_folder()), REDIS_URL=url), "REDIS_URL", "unset")


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"HOST": "127.0.0.256"}, "HOST"),
        ({"HOST": "http://127.0.0.1"}, "HOST"),
        # Of the addresses set aside for documentation: no machine has it.
        ({"HOST": "192.0.2.1"}, "set HOST"),
        ({"FLOWER_ADDRESS": "127.0.0.1:5555"}, "FLOWER_ADDRESS"),
        ({"PORT": "²"}, "PORT"),
        ({"PORT": "65536"}, "PORT"),
        ({"PORT": "8123", "FLOWER_PORT": "8123"}, "both 8123"),
    ],
)
def test_an_address_that_cannot_be_listened_on_is_one_sentence(
    tmp_path: Path, settings: dict[str, str], expected: str
) -> None:
    assert_one_sentence(run(DATA_DIR=str(tmp_path), **settings), expected)
    assert not (tmp_path / "postgres").exists()


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """What `make setup` reads, without an environment."""
    folder = tmp_path_factory.mktemp("checkout")
    for path in devstack.ROOT.glob("requirements*.txt"):
        shutil.copy(path, folder)
    shutil.copy(devstack.ROOT / "Makefile", folder)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_setup_without_a_network_is_one_sentence(checkout: Path) -> None:
    """pip's index is a port on which nobody listens."""
    settings = {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": f"http://127.0.0.1:{devstack.free_port()}/simple",
        "PIP_EXTRA_INDEX_URL": "",
        "PIP_FIND_LINKS": "",
        "PIP_NO_CACHE_DIR": "1",
        "PYTHON": sys.executable,
    }
    plain = {
        name: value
        for name, value in environment().items()
        if not name.startswith(("PIP_", "MAKE", "VIRTUAL_"))
    }
    done = subprocess.run(
        ["make", "-s", "setup"],
        cwd=checkout,
        env=plain | settings,
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode != 0
    ours = [line for line in done.stderr.splitlines() if not line.startswith(("make: *** ", "make[1]: *** "))]
    assert len(ours) == 1, done.stderr
    assert "check the network" in ours[0]
    assert "PIP_INDEX_URL" in ours[0]


# --- addresses, and a path with a blank -------------------------------------------------------------


def attach(stack: Stack, command: str) -> str:
    """The standard output of a shell command after the line that the stack prints for attaching to it."""
    line = re.search(r"^ +Attach +(.+)$", stack.log.read_text(), re.MULTILINE)
    assert line
    return subprocess.run(
        ["/bin/sh", "-c", f"{line[1]}; {command}"],
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    ).stdout


@pytest.mark.parametrize(
    ("host", "shown"), [("::1", "[::1]"), ("[::1]", "[::1]"), ("127.0.0.2", "127.0.0.2")]
)
def test_the_stack_listens_where_host_says_and_prints_the_address(
    make_folder: Callable[[], Path], host: str, shown: str
) -> None:
    folder = make_folder() / "a blank & an ampersand"
    folder.mkdir(mode=0o711)
    stack = Stack(folder, HOST=host, FLOWER_ADDRESS=host)
    stack.start()
    try:
        told = stack.log.read_text()
        assert f"API      http://{shown}:{stack.port}/api\n" in told
        assert f"Flower   http://{shown}:{stack.flower_port}\n" in told
        assert f"DEMO_URL={shlex.quote(f'http://{shown}:{stack.port}')} make demo" in told
        assert attach(stack, 'printf %s "$DATABASE_URL"') == stack.settings()["DATABASE_URL"]
    finally:
        assert stack.terminate() == 0


def test_the_env_file_gives_a_shell_the_very_values(tmp_path: Path) -> None:
    odd = {
        "DATABASE_URL": "postgresql://u:p$HOME'@h/d?a=1&b=2 3",
        "REDIS_URL": "redis://h/0",
        "SECRET_KEY": "a;b`c",
    }
    devstack.write_env_file(tmp_path, odd)
    script = f"set -a; . {tmp_path}/env; set +a; " + "; ".join(f'printf "%s\\n" "${name}"' for name in odd)
    done = subprocess.run(["/bin/sh", "-c", script], env={}, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == list(odd.values())
