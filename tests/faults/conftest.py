"""Stacks to break, and the ledger of what that did."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2
import pytest
from candidates import Candidate, Verdict, new_candidate, settle
from honcho.environ import parse_procfile
from ledger import Ledger
from service_stack import BIN, ROOT, WITNESS, ServiceStack

from stack import servers

LEDGER = Ledger()


@pytest.fixture(scope="session")
def data_dir() -> Iterator[Path]:
    """For the servers' data. Not pytest's own: every run of pytest closes that to the account of PostgreSQL."""
    folder = Path(tempfile.mkdtemp(prefix="interview-faults-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def released(data_dir: Path) -> Path:
    """The data directory of a released database: made once, copied for every stack."""
    folder = data_dir / "released"
    folder.mkdir(mode=0o711)
    server, url = servers.start_postgres(folder / "postgres", durable=False)
    try:
        command = parse_procfile((ROOT / "Procfile").read_text()).processes["release"]
        environment = {
            "PATH": f"{BIN}:/usr/bin:/bin",
            "DATABASE_URL": url,
            "REDIS_URL": "redis://127.0.0.1:1/0",
            "SECRET_KEY": "for-a-release-that-signs-nothing-0123456789",
        }
        subprocess.run(command, shell=True, cwd=ROOT, env=environment, check=True, capture_output=True)
        connection = psycopg2.connect(url)
        with connection, connection.cursor() as cursor:
            cursor.execute(WITNESS)
        connection.close()
    finally:
        server.stop()
    return folder / "postgres"


@pytest.fixture(scope="module")
def stack(
    request: pytest.FixtureRequest,
    released: Path,
    data_dir: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[ServiceStack]:
    """Servers and a web of the module's own, with its ENVIRONMENT; its tests start the workers that they break."""
    folder = data_dir / request.module.__name__
    folder.mkdir(mode=0o711)
    logs = tmp_path_factory.mktemp("logs")
    stack = ServiceStack(folder, logs, getattr(request.module, "ENVIRONMENT", {}))
    try:
        stack.start_servers(released)
        stack.web()
        yield stack
    finally:
        stack.close()


@pytest.fixture
def candidate(stack: ServiceStack) -> Iterator[Candidate]:
    candidate = new_candidate(stack)
    yield candidate
    candidate.http.close()


@pytest.fixture
def long_run(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--long-faults"))


@pytest.fixture
def account_for(stack: ServiceStack) -> Callable[..., Verdict]:
    """Waits for the end of every job and enters the fault in the ledger; nothing may be lost or doubled."""

    def account(fault: str, times: int, *candidates: Candidate, patience: float = 90.0) -> Verdict:
        verdict = settle(stack, *candidates, patience=patience)
        LEDGER.enter(fault, times, sum(len(candidate.accepted) for candidate in candidates), verdict)
        assert verdict.lost == 0, f"{verdict.lost} jobs were lost"
        assert verdict.doubled == 0, f"{verdict.doubled} jobs have two results"
        return verdict

    return account


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if LEDGER.entries:
        terminalreporter.section("faults")
        terminalreporter.write(LEDGER.as_markdown())
        folder = ROOT / ".build"
        folder.mkdir(exist_ok=True)
        (folder / "faults.md").write_text(LEDGER.as_markdown())
