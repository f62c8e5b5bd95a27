"""Interviews and workers whose transactions are real."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from practice import Practice, Sent, TestEngine
from sqlalchemy.orm import Session, sessionmaker

from webapp import queue
from webapp.database import make_session_factory
from webapp.settings import Settings
from worker.runner import Runner


@pytest.fixture
def sent() -> Sent:
    return Sent()


@pytest.fixture
def committing(settings: Settings, migrated: None, sent: Sent) -> Iterator[sessionmaker[Session]]:
    """Sessions that really commit, and publish to `sent`."""
    factory = make_session_factory(settings)
    queue.connect(factory, sent)  # type: ignore[arg-type]
    yield factory
    factory.kw["bind"].dispose()


@pytest.fixture
def make_practice(committing: sessionmaker[Session]) -> Iterator[Callable[..., Practice]]:
    made: list[Practice] = []

    def make(**wishes: Any) -> Practice:
        made.append(Practice(committing, **wishes))
        return made[-1]

    yield make
    for practice in made:
        practice.remove()


@pytest.fixture
def practice(make_practice: Callable[..., Practice]) -> Practice:
    return make_practice()


@pytest.fixture
def make_runner(settings: Settings, committing: sessionmaker[Session]) -> Callable[..., Runner]:
    def make(engine: Any = None, worker: str = "one", **changes: Any) -> Runner:
        changed = dataclasses.replace(settings, **changes)
        return Runner(changed, committing, engine or TestEngine(), worker=worker, rng=random.Random(7))

    return make
