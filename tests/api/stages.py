"""Stages for some tests of the API: apps of other settings, and a user whose data is really committed.

A pytest plugin: a test module that needs it says so in its `pytest_plugins`.
"""

from __future__ import annotations

import contextlib
import dataclasses
import random
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.test import TestResponse

from webapp.accounts import service as accounts
from webapp.accounts.models import User
from webapp.accounts.tokens import issue_pair
from webapp.app import create_app
from webapp.database import db, make_session_factory
from webapp.jobs.models import WorkerHeartbeat
from webapp.limits import limiter
from webapp.settings import Settings
from worker.runner import Runner

PASSWORD = "Really-Committed-2-disk"


@pytest.fixture
def client_of(settings: Settings, sessions: sessionmaker[Session]) -> Iterator[Callable[..., FlaskClient]]:
    """A client of an app with some settings changed, in the test's transaction."""
    # The limiter is the module's: an app that switches it on must not leave it on.
    before = limiter.enabled

    def make(**changes: Any) -> FlaskClient:
        return create_app(dataclasses.replace(settings, **changes)).test_client()

    yield make
    limiter.enabled = before


@pytest.fixture(scope="session")
def crowded_app(settings: Settings, migrated: None) -> Iterator[Flask]:
    """An app with a database connection for each of 32 requests at once; what it commits stays."""
    app = create_app(dataclasses.replace(settings, web_threads=32))
    yield app
    with app.app_context():
        db.engine.dispose()


@dataclasses.dataclass
class Committed:
    """A user without the rollback: calls really commit, from as many threads as wanted."""

    app: Flask
    user: dict[str, Any]
    tokens: dict[str, Any]
    sessions: sessionmaker[Session]
    runner: Runner

    def call(
        self, method: str, path: str, *, headers: dict[str, str] | None = None, **kwargs: Any
    ) -> TestResponse:
        sent = {"Authorization": f"Bearer {self.tokens['access_token']}", **(headers or {})}
        return self.app.test_client().open(path, method=method, headers=sent, **kwargs)

    def start(self, **wishes: Any) -> dict[str, Any]:
        body = {"job_role": "Backend Engineer", "num_questions": 1, **wishes}
        response = self.call("POST", "/api/interviews/start", json=body)
        assert response.status_code == 201, response.json
        return response.json

    def answer(self, question_id: str, text: str = "An index keeps keys sorted.") -> dict[str, Any]:
        response = self.call("POST", f"/api/questions/{question_id}/answer", json={"user_answer": text})
        assert response.status_code == 202, response.json
        return response.json

    def new_tokens(self) -> dict[str, Any]:
        """Those of a further session of the user, without the time that a login takes."""
        with self.app.app_context():
            user = db.session.get_one(User, uuid.UUID(self.user["id"]))
            opened = accounts.open_session(db.session(), user, lifetime=timedelta(days=1))
            tokens = issue_pair(opened)
            db.session.commit()
        return tokens

    def forget(self, *, email: str) -> None:
        """Delete an account; all that a user has goes with the user."""
        with self.sessions.begin() as session:
            session.execute(sa.delete(User).where(User.email == email))


@dataclasses.dataclass
class Practised:
    """`ids` are the user's own, by the name that a path gives them."""

    user: Committed
    ids: dict[str, str]


@contextlib.contextmanager
def _committed_user(app: Flask, settings: Settings, engine: Any) -> Iterator[Committed]:
    client = app.test_client()
    name = f"committed-{uuid.uuid4().hex[:12]}"
    body = {
        "email": f"{name}@example.com",
        "username": name,
        "password": PASSWORD,
        "full_name": "Grace Hopper",
    }
    user = client.post("/api/auth/register", json=body).json
    tokens = client.post("/api/auth/login", json={"email": body["email"], "password": PASSWORD}).json
    sessions = make_session_factory(settings)
    runner = Runner(settings, sessions, engine, worker="test-worker", rng=random.Random(1))
    made = Committed(app, user, tokens, sessions, runner)
    try:
        yield made
    finally:
        made.forget(email=body["email"])
        sessions.kw["bind"].dispose()


@pytest.fixture
def committed(crowded_app: Flask, settings: Settings, engine: Any) -> Iterator[Committed]:
    with _committed_user(crowded_app, settings, engine) as made:
        yield made


@pytest.fixture(scope="module")
def practised(crowded_app: Flask, settings: Settings, engine: Any) -> Iterator[Practised]:
    """A committed user with an interview that has a judged answer, and a worker that seems alive."""
    with _committed_user(crowded_app, settings, engine) as user:
        interview = user.start(num_questions=3)
        submitted = user.answer(interview["questions"][0]["id"])
        user.runner.run(uuid.UUID(submitted["job"]["id"]))
        with user.sessions.begin() as session:
            session.add(
                WorkerHeartbeat(
                    worker="test-worker", role="worker", seen_at=sa.text("now() + interval '1 hour'")
                )
            )
        ids = {
            "user_id": user.user["id"],
            "interview_id": interview["id"],
            "question_id": interview["questions"][0]["id"],
            "response_id": submitted["response"]["id"],
            "job_id": submitted["job"]["id"],
        }
        before = _user_ids(user.sessions)
        try:
            yield Practised(user, ids)
        finally:
            with user.sessions.begin() as session:
                session.execute(sa.delete(WorkerHeartbeat).where(WorkerHeartbeat.worker == "test-worker"))
                # Also those that the schema's examples registered.
                session.execute(sa.delete(User).where(User.id.not_in(before)))


def _user_ids(sessions: sessionmaker[Session]) -> list[uuid.UUID]:
    with sessions() as session:
        return list(session.scalars(sa.select(User.id)))
