"""The service as an operator starts it: real processes, by the Procfile's commands, on servers of their own."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg2
import psycopg2.extras
import redis
from honcho.environ import parse_procfile

from stack import servers
from stack.processes import dies_with_us, with_exec

ROOT = Path(servers.__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
# A deadline is for a hang, not for a slow machine: what is waited for ends the wait.
PATIENCE = 90.0

# Who writes a result, how often: kept by the database, so that nobody who is killed has to tell it.
WITNESS = """
CREATE TABLE witnessed_results (job_or_response uuid NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp());
CREATE FUNCTION witness_feedback() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN INSERT INTO witnessed_results VALUES (NEW.id); RETURN NULL; END $$;
CREATE TRIGGER witness_feedback AFTER UPDATE OF feedback ON responses
    FOR EACH ROW WHEN (NEW.feedback IS NOT NULL) EXECUTE FUNCTION witness_feedback();
CREATE TRIGGER witness_success AFTER UPDATE OF state ON jobs
    FOR EACH ROW WHEN (NEW.state = 'succeeded') EXECUTE FUNCTION witness_feedback();
"""


def eventually(condition: Callable[[], Any], what: str, patience: float = PATIENCE) -> Any:
    """What `condition` returns, once that is true; fails the test when it never is."""
    deadline = time.monotonic() + patience
    while True:
        result = condition()
        if result:
            return result
        assert time.monotonic() < deadline, f"not within {patience:.0f} s: {what}"
        time.sleep(0.05)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return bool(response.status == 200)
    except OSError:
        return False


@dataclass
class Program:
    """One of the Procfile's processes, with its children in a group of their own."""

    process: subprocess.Popen[bytes]
    log: Path
    port: str

    @property
    def pid(self) -> int:
        return self.process.pid

    def _group(self, signum: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signum)

    def kill(self) -> None:
        """kill -9, the children too: a host that lost its power."""
        self._group(signal.SIGKILL)
        self.process.wait()

    def freeze(self) -> None:
        self._group(signal.SIGSTOP)

    def thaw(self) -> None:
        self._group(signal.SIGCONT)

    def terminate(self) -> None:
        """SIGTERM to the main process, as a supervisor does it."""
        self.process.send_signal(signal.SIGTERM)

    def stop(self) -> None:
        if self.process.poll() is None:
            self.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(30)
        self.kill()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def is_alive(self) -> bool:
        return self.process.poll() is None


@dataclass
class ServiceStack:
    """PostgreSQL, Redis and any number of the service's processes; `environment` is all that they are told."""

    folder: Path
    logs: Path
    environment: dict[str, str] = field(default_factory=dict)
    programs: list[Program] = field(default_factory=list)

    # --- servers ------------------------------------------------------------------------------------

    def start_servers(self, released: Path) -> None:
        """`released` is a data directory that holds a migrated database with the bank."""
        shutil.copytree(released, self.folder / "postgres", symlinks=True)
        account = servers.unprivileged_account(self.folder / "postgres")
        if account:
            for path in (self.folder / "postgres").rglob("*"):
                os.lchown(path, account.pw_uid, account.pw_gid)
        self.faults = self.folder / "faults"
        self.faults.mkdir()
        self.postgres, url = servers.start_postgres(self.folder / "postgres")
        self.redis, redis_url = servers.start_redis(self.folder / "redis")
        self.environment = {
            **{name: os.environ[name] for name in ("HOME", "LANG", "TZ") if name in os.environ},
            "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}",
            "PYTHONUNBUFFERED": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "SECRET_KEY": secrets.token_urlsafe(48),
            "DATABASE_URL": url,
            "REDIS_URL": redis_url,
            "DATA_DIR": str(self.folder),
            "FAULTS_DIR": str(self.faults),
            "PORT": str(servers.free_port()),
            "RATE_LIMITS": "off",
            "LEASE_SECONDS": "2",
            "SWEEP_SECONDS": "0.5",
            "WORKER_CONCURRENCY": "2",
            "JOB_MAX_ATTEMPTS": "20",
            **self.environment,
        }
        self._postgres_port = int(url.rsplit(":", 1)[1].split("/")[0])
        self._redis_port = int(redis_url.rsplit(":", 1)[1].split("/")[0])
        self._redis_password = redis_url.split(":", 2)[2].split("@")[0]

    def stop_postgres(self) -> None:
        self.postgres.stop()

    def kill_postgres(self) -> None:
        """kill -9 of the whole server; it recovers from its log when it starts again."""
        os.killpg(self.postgres.process.pid, signal.SIGKILL)
        self.postgres.stop()

    def alter_system(self, name: str, value: str) -> None:
        self.rows(f"ALTER SYSTEM SET {name} = {value}")
        self.rows("SELECT pg_reload_conf()")

    def restart_postgres(self) -> None:
        self.postgres, _ = servers.start_postgres(self.folder / "postgres", port=self._postgres_port)

    def stop_redis(self) -> None:
        self.redis.stop()

    def restart_redis(self) -> None:
        self.redis, _ = servers.start_redis(
            self.folder / "redis", port=self._redis_port, password=self._redis_password
        )

    def close(self) -> None:
        for program in self.programs:
            program.kill()
        for server in (self.redis, self.postgres):
            server.process.send_signal(signal.SIGCONT)
            server.stop()

    # --- the service's processes --------------------------------------------------------------------

    def web(self, **environment: str) -> Program:
        program = self._start("web", {"wsgi:app": "tests.faults.faulty_web:app"}, environment)
        self._starts(program, lambda: answers(f"{program.address}/api/health"))
        return program

    def worker(self, app: str = "tests.faults.faulty_worker", **environment: str) -> Program:
        """A worker, once it takes jobs."""
        seen = self._workers_seen()
        program = self._start("worker", {"worker.celery": app}, environment)
        self._starts(program, lambda: self._workers_seen() - seen)
        return program

    def _starts(self, program: Program, is_ready: Callable[[], Any]) -> None:
        eventually(lambda: is_ready() or not program.is_alive, f"it is ready; see {program.log}")
        assert program.is_alive, program.log.read_text()[-2000:]

    def beat(self, **environment: str) -> Program:
        schedule = {"--loglevel": f"--schedule {self.folder / secrets.token_hex(4)} --loglevel"}
        return self._start("beat", schedule, environment)

    def _workers_seen(self) -> set[str]:
        return {
            row["worker"] for row in self.rows("SELECT worker FROM worker_heartbeats WHERE role = 'worker'")
        }

    def _start(self, name: str, replaced: dict[str, str], environment: dict[str, str]) -> Program:
        command = parse_procfile((ROOT / "Procfile").read_text()).processes[name]
        for old, new in replaced.items():
            assert old in command, f"the Procfile's {name} has no {old}"
            command = command.replace(old, new)
        log = self.logs / f"{name}-{len(self.programs)}.log"
        with log.open("wb") as file:
            process = subprocess.Popen(
                ["/bin/sh", "-c", with_exec(command)],
                cwd=ROOT,
                env={**self.environment, **environment},
                stdout=file,
                stderr=file,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                preexec_fn=dies_with_us(signal.SIGTERM),  # noqa: PLW1509 - prctl alone takes no lock
            )
        program = Program(process, log, {**self.environment, **environment}["PORT"])
        self.programs.append(program)
        return program

    @contextlib.contextmanager
    def running(self, *programs: Program) -> Iterator[None]:
        try:
            yield
        finally:
            for program in programs:
                program.thaw()
                program.kill()

    # --- looking ------------------------------------------------------------------------------------

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.environment['PORT']}"

    def broker(self) -> redis.Redis:
        return redis.Redis.from_url(self.environment["REDIS_URL"], socket_timeout=5)

    def rows(self, query: str, *parameters: Any) -> list[dict[str, Any]]:
        """The rows of a query, on a connection of its own; [] for a statement without any."""
        connection = psycopg2.connect(self.environment["DATABASE_URL"], connect_timeout=5)
        try:
            connection.autocommit = True
            with connection.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cursor:
                cursor.execute(query, parameters)
                return [dict(row) for row in cursor.fetchall()] if cursor.description else []
        finally:
            connection.close()

    def works_on(self, worker: Program) -> list[str]:
        """The jobs of which this worker has told its progress; a worker's name ends in its process id."""
        rows = self.rows(
            "SELECT id FROM jobs WHERE state = 'running' AND progress > 0 AND worker LIKE %s",
            f"%:{worker.pid}",
        )
        return [str(row["id"]) for row in rows]

    def job(self, job_id: str) -> dict[str, Any]:
        return self.rows("SELECT * FROM jobs WHERE id = %s", job_id)[0]

    def attempts(self, job_id: str) -> list[str | None]:
        """The outcomes of a job's attempts, oldest first; None for the one that is under way."""
        rows = self.rows("SELECT outcome FROM job_attempts WHERE job_id = %s ORDER BY started_at", job_id)
        return [row["outcome"] for row in rows]
