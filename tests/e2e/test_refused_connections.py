"""The service connects to nothing but its own servers, and writes nothing outside DATA_DIR and the temporary folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from running_stack import environment

import devstack

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Watched:
    """What was seen of a stack on which an interview was played."""

    lines: list[str]
    network: dict[str, Any]
    home: Path

    def of(self, what: str) -> list[str]:
        return [line for line in self.lines if line.startswith(f"{what} ")]


@pytest.fixture(scope="module")
def watched(make_folder: Callable[[], Path]) -> Watched:
    """In each of its Python processes a hook refuses and reports; where the kernel allows it, a network of its own
    shows what libraries in C send as well.
    """
    folder = make_folder()
    data, temporary, home = folder / "data", folder / "tmp", folder / "home"
    for each in (data, temporary, home):
        each.mkdir(mode=0o711)
    log, report = folder / "watched", folder / "network"
    log.touch()
    settings = {
        "PYTHONPATH": f"{HERE}:{devstack.ROOT}",
        "WATCH_PYTHONPATH": str(HERE / "watched"),
        "WATCH_LOG": str(log),
        "WATCH_FOLDERS": f"{data}:{temporary}",
        "TMPDIR": str(temporary),
        # As the Makefile exports it: for the program that starts the others.
        "PYTHONDONTWRITEBYTECODE": "1",
        "HOME": str(home),
    }
    # What a shell may have that hides a fault is left out: the stack has to set it for its processes.
    inherited = {
        name: value for name, value in environment().items() if not name.startswith(("XDG_", "ORT_", "HF_"))
    }
    done = subprocess.run(
        [
            *(sys.executable, "-B", str(HERE / "network_watch.py"), str(report), str(folder / "ports")),
            *(sys.executable, "-B", str(HERE / "played_stack.py"), str(data), str(folder / "ports")),
        ],
        cwd=devstack.ROOT,
        env=inherited | settings,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return Watched(log.read_text().splitlines(), json.loads(report.read_text()), home)


@pytest.mark.timeout(500)
def test_nothing_connects_or_looks_up_a_name_off_this_machine(watched: Watched) -> None:
    assert watched.of("connect") == []
    assert watched.of("resolve") == []


@pytest.mark.timeout(500)
def test_no_packet_is_for_anything_but_the_stacks_own_servers(watched: Watched) -> None:
    if not watched.network["available"]:
        pytest.skip(f"the kernel gives no network of one's own: {watched.network['reason']}")
    assert watched.network["control"], "the watch does not see packets"
    assert watched.network["packets"] == []


@pytest.mark.timeout(500)
def test_nothing_is_written_outside_the_data_and_temporary_folders(watched: Watched) -> None:
    assert watched.of("write") == []
    assert [str(path.relative_to(watched.home)) for path in watched.home.rglob("*")] == []


HOOKED = {"PYTHONPATH": str(HERE / "watched"), "PATH": os.environ["PATH"]}


@pytest.mark.parametrize(
    ("code", "noted"),
    [
        (
            "import urllib.request as u; u.urlopen('http://192.0.2.1/', timeout=9)",
            "connect ('192.0.2.1', 80)",
        ),
        ("import socket; socket.getaddrinfo('telemetry.example', 443)", "resolve 'telemetry.example'"),
        (
            "import socket; s = socket.socket(type=socket.SOCK_DGRAM); s.sendto(b'x', ('192.0.2.1', 53))",
            "connect (",
        ),
        ("open('elsewhere', 'w')", "write '"),
        ("import os; os.mkdir('elsewhere')", "write '"),
    ],
)
def test_the_hook_notes_what_it_is_there_for(tmp_path: Path, code: str, noted: str) -> None:
    log = tmp_path / "log"
    settings = HOOKED | {"WATCH_LOG": str(log), "WATCH_FOLDERS": str(tmp_path / "data")}
    subprocess.run(
        [sys.executable, "-B", "-c", code], cwd=tmp_path, env=settings, capture_output=True, check=False
    )
    assert noted in log.read_text()


def test_the_hook_lets_the_services_own_connections_and_files_through(tmp_path: Path) -> None:
    log = tmp_path / "log"
    code = (
        "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen(); "
        "socket.create_connection(s.getsockname()); open('data/file', 'w'); "
        "import shutil, tempfile; shutil.rmtree(tempfile.mkdtemp(dir='data'))"
    )
    (tmp_path / "data").mkdir()
    settings = HOOKED | {"WATCH_LOG": str(log), "WATCH_FOLDERS": str(tmp_path / "data")}
    subprocess.run([sys.executable, "-B", "-c", code], cwd=tmp_path, env=settings, check=True)
    assert log.read_text() == ""


def test_telemetry_is_off_before_onnxruntime_is_imported() -> None:
    importing = []
    for path in [*devstack.ROOT.glob("webapp/**/*.py"), *devstack.ROOT.glob("worker/**/*.py")]:
        source = path.read_text()
        position = min(
            (
                source.find(f"\n{word} onnxruntime")
                for word in ("import", "from")
                if f"\n{word} onnxruntime" in source
            ),
            default=None,
        )
        if position is not None:
            importing.append(path)
            assert 0 <= source.find('"ORT_DISABLE_TELEMETRY"') < position, path
    assert importing
