"""Stages for some tests of the API: apps of other settings, and a user whose data is really committed.

A pytest plugin: a test module that needs it says so in its `pytest_plugins`.
"""

from __future__ import annotations

import dataclasses
import random
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.test import TestResponse

from webapp.accounts.models import User
from webapp.app import create_app
from webapp.database import db, make_session_factory
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

    def forget(self, *, email: str) -> None:
        """Delete an account; all that a user has goes with the user."""
        with self.sessions.begin() as session:
            session.execute(sa.delete(User).where(User.email == email))


@pytest.fixture
def committed(crowded_app: Flask, settings: Settings, engine: Any) -> Iterator[Committed]:
    client = crowded_app.test_client()
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
    made = Committed(crowded_app, user, tokens, sessions, runner)
    yield made
    made.forget(email=body["email"])
    sessions.kw["bind"].dispose()
