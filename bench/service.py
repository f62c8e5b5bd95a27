"""What the service's promises cost, each as a ratio of two things measured in turn in the same run.

Needs DATABASE_URL (make bench gives a fresh one); starts a Redis and a web server of its own.
"""

from __future__ import annotations

import contextlib
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from devstack import free_port, start_redis, wait_until
from webapp import queue
from webapp.accounts.models import User
from webapp.database import make_session_factory
from webapp.interviews.models import DifficultyLevel, Interview, InterviewType
from webapp.jobs import leases
from webapp.jobs import service as jobs
from webapp.jobs.models import JobKind
from webapp.settings import read_settings

ROUNDS = 60
THREADS = 8
PASSWORD = "Correct-Horse-9-battery"

Row = tuple[str, float, str, float]


def measure() -> list[Row]:
    """(what, milliseconds, compared with, milliseconds) - medians, but where it says otherwise."""
    with tempfile.TemporaryDirectory() as folder:
        server, redis_url = start_redis(Path(folder))
        try:
            environment = dict(os.environ) | {"REDIS_URL": redis_url, "RATE_LIMITS": "off"}
            with web(environment) as client:
                rows = [*requests(client), waiting(client), frozen(client, server.process.pid)]
            os.environ["REDIS_URL"] = redis_url
            return [*rows, job_cost()]
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.kill(server.process.pid, signal.SIGCONT)
            server.stop()


@contextlib.contextmanager
def web(environment: dict[str, str]) -> Iterator[httpx.Client]:
    """One web process with a logged-in user; the release step must have run."""
    port = free_port()
    environment |= {"PORT": str(port), "WEB_WORKERS": "1", "WEB_THREADS": str(THREADS)}
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py", "wsgi:app"],
        env=environment,
        stderr=subprocess.DEVNULL,
    )
    try:
        base = f"http://127.0.0.1:{port}"

        def answers() -> bool:
            with contextlib.suppress(httpx.HTTPError):
                return httpx.get(f"{base}/api/health").is_success
            return False

        wait_until(answers, "the web server")
        with httpx.Client(base_url=base, timeout=60) as client:
            name = f"bench-{uuid.uuid4().hex[:8]}"
            account = {"email": f"{name}@example.com", "password": PASSWORD}
            client.post(
                "/api/auth/register", json={**account, "username": name, "full_name": "Bench"}
            ).raise_for_status()
            tokens = client.post("/api/auth/login", json=account).raise_for_status().json()
            client.headers["Authorization"] = f"Bearer {tokens['access_token']}"
            yield client
    finally:
        process.terminate()
        process.wait()


def timed(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return (time.perf_counter() - started) * 1000


def requests(client: httpx.Client) -> list[Row]:
    health, me, answer = [], [], []
    for question in questions(client, ROUNDS):
        health.append(timed(lambda: client.get("/api/health").raise_for_status()))
        me.append(timed(lambda: client.get("/api/auth/me").raise_for_status()))
        answer.append(timed(lambda q=question: submit(client, q)))  # type: ignore[misc]
    base = statistics.median(health)
    return [
        ("GET /api/auth/me", statistics.median(me), "GET /api/health", base),
        ("POST an answer", statistics.median(answer), "GET /api/health", base),
    ]


def waiting(client: httpx.Client) -> Row:
    """Ordinary requests while twice as many clients wait for jobs as there are threads (95th percentiles)."""
    alone = [timed(lambda: client.get("/api/auth/me").raise_for_status()) for _ in range(ROUNDS)]
    jobs_waited_for = [submit(client, question) for question in questions(client, 2 * THREADS)]
    waiters = [
        threading.Thread(
            target=httpx.get,
            args=(f"{client.base_url}/api/jobs/{job}",),
            kwargs={"headers": {**client.headers, "Prefer": "wait=8"}, "timeout": 60},
        )
        for job in jobs_waited_for
    ]
    for waiter in waiters:
        waiter.start()
    time.sleep(1)
    beside = [timed(lambda: client.get("/api/auth/me").raise_for_status()) for _ in range(ROUNDS)]
    for waiter in waiters:
        waiter.join()
    return (
        "GET /api/auth/me, 16 clients waiting, p95",
        _p95(beside),
        "the same, nobody waiting",
        _p95(alone),
    )


def frozen(client: httpx.Client, redis_pid: int) -> Row:
    """An answer while Redis is stopped dead (the worst of a burst), beside one while it runs (the median)."""
    well = [timed(lambda q=q: submit(client, q)) for q in questions(client, 10)]  # type: ignore[misc]
    asked = questions(client, 10)
    os.kill(redis_pid, signal.SIGSTOP)
    try:
        badly = [timed(lambda q=q: submit(client, q)) for q in asked]  # type: ignore[misc]
    finally:
        os.kill(redis_pid, signal.SIGCONT)
    return (
        "POST an answer, Redis frozen, worst",
        max(badly),
        "the same, Redis well, median",
        statistics.median(well),
    )


def job_cost() -> Row:
    """Claiming and finishing a job, beside committing one plain row."""
    sessions = make_session_factory(read_settings())
    queue.connect(sessions, _Unheard())  # type: ignore[arg-type]
    user_id, interview_id = _owner(sessions)
    plain, leased = [], []
    for _ in range(ROUNDS):
        plain.append(timed(lambda: _commit_row(sessions)))
        with sessions.begin() as session:
            job = jobs.enqueue(
                session, JobKind.ANSWER_FEEDBACK, user_id=user_id, interview_id=interview_id, max_attempts=1
            )
        leased.append(timed(lambda job_id=job.id: _claim_and_finish(sessions, job_id)))  # type: ignore[misc]
    return ("claim and finish a job", statistics.median(leased), "commit one row", statistics.median(plain))


class _Unheard:
    def publish(self, _job_id: uuid.UUID) -> bool:
        return True


def questions(client: httpx.Client, count: int) -> list[str]:
    found: list[str] = []
    while len(found) < count:
        started = client.post(
            "/api/interviews/start", json={"job_role": "Backend Engineer", "num_questions": 20}
        )
        found += [question["id"] for question in started.raise_for_status().json()["questions"]]
    return found[:count]


def submit(client: httpx.Client, question_id: str) -> str:
    answer = {"user_answer": "An index keeps the keys of a column sorted, so that lookups need few reads."}
    job: str = (
        client.post(f"/api/questions/{question_id}/answer", json=answer)
        .raise_for_status()
        .json()["job"]["id"]
    )
    return job


def _owner(sessions: sessionmaker[Session]) -> tuple[uuid.UUID, uuid.UUID]:
    name = uuid.uuid4().hex
    with sessions.begin() as session:
        user = User(email=f"{name}@example.com", username=name, full_name="Bench", password_hash="-")
        session.add(user)
        session.flush()
        interview = Interview(
            user_id=user.id,
            job_role="Bench",
            matched_roles=[],
            topics=[],
            difficulty_level=DifficultyLevel.BEGINNER,
            interview_type=InterviewType.MIXED,
        )
        session.add(interview)
        session.flush()
        return user.id, interview.id


def _commit_row(sessions: sessionmaker[Session]) -> None:
    name = uuid.uuid4().hex
    with sessions.begin() as session:
        session.execute(
            sa.insert(User).values(
                email=f"{name}@example.com", username=name, full_name="Bench", password_hash="-"
            )
        )


def _claim_and_finish(sessions: sessionmaker[Session], job_id: uuid.UUID) -> None:
    with sessions.begin() as session:
        claimed = leases.claim(session, job_id, worker="bench", lease_seconds=30)
    assert claimed is not None
    with sessions.begin() as session:
        assert leases.succeed(session, claimed)


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]
