"""The stage for every test: a migrated PostgreSQL with the bank in it, an app, and users who can call it."""

from __future__ import annotations

import dataclasses
import os
import random
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import flask_migrate
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session, scoped_session, sessionmaker
from werkzeug.test import TestResponse

from webapp import queue
from webapp.app import create_app
from webapp.database import db
from webapp.jobs.models import Job, JobState
from webapp.settings import Settings, read_settings
from worker.content.bank import Bank, read_bank
from worker.content.loading import load_bank
from worker.engines import make_engine
from worker.runner import Runner

PASSWORD = "Correct-Horse-9-battery"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long-faults", action="store_true", help="kill things for longer, and print the table")


@pytest.fixture(scope="session")
def settings() -> Settings:
    if not os.environ.get("DATABASE_URL"):
        pytest.exit(
            "Run `make test`, or `python devstack.py exec -- python -m pytest ...`: no DATABASE_URL is set."
        )
    # Password hashing is made quick; the number of rounds has a test of its own.
    return dataclasses.replace(read_settings(), rate_limits=False, password_hash_rounds=4)


@pytest.fixture(scope="session")
def bank() -> Bank:
    return read_bank()


@pytest.fixture(scope="session")
def migrated(settings: Settings, bank: Bank) -> None:
    """The database, through the migrations, with the bank: what a release makes."""
    app = create_app(settings)
    with app.app_context():
        flask_migrate.upgrade()
        with Session(db.engine) as session, session.begin():
            load_bank(session, bank)
        db.engine.dispose()


@pytest.fixture(scope="session")
def app(settings: Settings, migrated: None) -> Flask:
    return create_app(settings)


class Published(list[uuid.UUID]):
    """The queue of a test: remembers what was published instead of sending it."""

    def publish(self, job_id: uuid.UUID) -> bool:
        self.append(job_id)
        return True


@pytest.fixture
def published() -> Published:
    return Published()


@pytest.fixture
def sessions(app: Flask, published: Published) -> Iterator[sessionmaker[Session]]:
    """The one fixture that owns the trick: every session of the test, the app's too, lives in one transaction
    that is rolled back; their commits release savepoints.
    """
    with app.app_context():
        engine = db.engine
    connection = engine.connect()
    outer = connection.begin()
    factory = sessionmaker(connection, join_transaction_mode="create_savepoint", expire_on_commit=False)
    queue.connect(factory, published)  # type: ignore[arg-type]
    apps_own, db.session = db.session, scoped_session(factory)  # type: ignore[assignment]
    try:
        yield factory
    finally:
        db.session.remove()
        db.session = apps_own
        outer.rollback()
        connection.close()


@pytest.fixture
def session(sessions: sessionmaker[Session]) -> Iterator[Session]:
    with sessions() as session:
        yield session


@dataclasses.dataclass
class Api:
    """A user of the API: calls with the user's access token; `user` is what registration answered."""

    client: FlaskClient
    user: dict[str, Any]
    tokens: dict[str, Any]

    def call(self, method: str, path: str, *, token: str | None = None, **kwargs: Any) -> TestResponse:
        headers = {
            "Authorization": f"Bearer {token or self.tokens['access_token']}",
            **kwargs.pop("headers", {}),
        }
        return self.client.open(path, method=method, headers=headers, **kwargs)

    def get(self, path: str, **kwargs: Any) -> TestResponse:
        return self.call("GET", path, **kwargs)

    def post(self, path: str, json: Any = None, **kwargs: Any) -> TestResponse:
        return self.call("POST", path, **({"json": json} if json is not None else {}), **kwargs)

    def put(self, path: str, json: Any, **kwargs: Any) -> TestResponse:
        return self.call("PUT", path, json=json, **kwargs)

    def start(self, **wishes: Any) -> dict[str, Any]:
        """A started interview; by default two questions for a backend engineer."""
        response = self.post(
            "/api/interviews/start", {"job_role": "Backend Engineer", "num_questions": 2, **wishes}
        )
        assert response.status_code == 201, response.json
        return response.json

    def answer(
        self, question_id: str, text: str = "An index keeps keys sorted, so lookups are fast.", **more: Any
    ) -> dict[str, Any]:
        response = self.post(f"/api/questions/{question_id}/answer", {"user_answer": text, **more})
        assert response.status_code == 202, response.json
        return response.json


@pytest.fixture
def client(app: Flask, sessions: sessionmaker[Session]) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def make_user(client: FlaskClient) -> Callable[..., Api]:
    """Registers and logs in a new user; fields of the registration can be given."""

    def make(**fields: Any) -> Api:
        name = f"user-{uuid.uuid4().hex[:12]}"
        body = {
            "email": f"{name}@example.com",
            "username": name,
            "password": PASSWORD,
            "full_name": "Ada Lovelace",
            **fields,
        }
        registered = client.post("/api/auth/register", json=body)
        assert registered.status_code == 201, registered.json
        login = client.post("/api/auth/login", json={"email": body["email"], "password": body["password"]})
        assert login.status_code == 200, login.json
        return Api(client, registered.json, login.json)

    return make


@pytest.fixture
def api(make_user: Callable[..., Api]) -> Api:
    return make_user()


@pytest.fixture(scope="session")
def engine(settings: Settings) -> Any:
    return make_engine(settings)


@pytest.fixture
def runner(settings: Settings, sessions: sessionmaker[Session], engine: Any) -> Runner:
    return Runner(settings, sessions, engine, worker="test-worker", rng=random.Random(1))


@pytest.fixture
def run_jobs(runner: Runner, sessions: sessionmaker[Session]) -> Callable[[], int]:
    """Runs queued jobs until none is left that can run; returns how many results were stored."""

    def run() -> int:
        stored = 0
        while True:
            with sessions() as session:
                waiting = session.scalars(
                    sa.select(Job.id).where(Job.state == JobState.QUEUED).order_by(Job.created_at)
                ).all()
            progress = sum(runner.run(job_id) for job_id in waiting)
            if not progress:
                return stored
            stored += progress

    return run
