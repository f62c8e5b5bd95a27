"""Publishing: after the commit, bounded, and never a reason for an answer to fail."""

from __future__ import annotations

import dataclasses
import socket
import threading
import uuid

import pytest
from celery import Celery

from webapp import queue
from webapp.jobs import leases
from webapp.queue import JobQueue, make_queue


class Frozen:
    """A broker that takes connections and never says a word; `met` counts them."""

    def __init__(self):
        self.met = 0
        self._closing = threading.Event()
        self._held = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"redis://127.0.0.1:{self._server.getsockname()[1]}/0"
        self._thread = threading.Thread(target=self._accept)
        self._thread.start()

    def _accept(self):
        while True:
            connection, _ = self._server.accept()
            if self._closing.is_set():
                connection.close()
                return
            self.met += 1
            self._held.append(connection)

    def close(self):
        self._closing.set()
        socket.create_connection(self._server.getsockname()).close()
        self._thread.join()
        self._server.close()
        for connection in self._held:
            connection.close()


@pytest.fixture
def frozen():
    frozen = Frozen()
    yield frozen
    frozen.close()


def test_a_frozen_broker_is_met_once_and_then_left_alone_for_a_while(frozen, settings):
    sender = make_queue(dataclasses.replace(settings, redis_url=frozen.url))
    assert sender.publish(uuid.uuid4()) is False
    met = frozen.met
    assert met == 1, "one connection and no retry"
    assert [sender.publish(uuid.uuid4()) for _ in range(20)] == [False] * 20
    assert frozen.met == met, "in its pause it costs nothing"
    sender._paused_until = 0.0
    assert sender.publish(uuid.uuid4()) is False
    assert frozen.met > met


def test_a_publish_that_works_tells_so(settings):
    assert make_queue(settings).publish(uuid.uuid4()) is True


@pytest.mark.parametrize("error", [OSError("down"), RuntimeError("a bug of the client"), KeyError("x")])
def test_whatever_the_brokers_client_raises_a_publish_only_says_no(monkeypatch, error):
    def fails(*args, **kwargs):
        raise error

    celery = Celery("publisher", set_as_current=False)
    monkeypatch.setattr(celery, "send_task", fails)
    assert JobQueue(celery).publish(uuid.uuid4()) is False


def test_a_job_is_published_after_its_commit_and_not_before(make_practice, committing, sent):
    practice = make_practice()
    with committing() as session:
        queue.publish_after_commit(session, practice.interview_id)
        session.flush()
        assert sent == []
        session.commit()
    assert sent == [practice.interview_id]


def test_a_job_that_was_rolled_back_is_never_published(committing, sent):
    with committing() as session:
        leases.wake_dependents(session, uuid.uuid4())
        queue.publish_after_commit(session, uuid.uuid4())
        session.rollback()
        session.commit()
    assert sent == []


def test_the_release_of_a_savepoint_publishes_nothing_before_the_commit(make_practice, committing, sent):
    practice = make_practice()
    with committing() as session:
        with session.begin_nested():
            queue.publish_after_commit(session, practice.interview_id)
        assert sent == []
        session.commit()
    assert sent == [practice.interview_id]


def test_a_savepoint_that_is_rolled_back_takes_its_own_jobs_along_and_no_others(committing, sent):
    before, inner, inside, after = (uuid.uuid4() for _ in range(4))
    with committing() as session:
        session.connection()
        queue.publish_after_commit(session, before)
        savepoint = session.begin_nested()
        queue.publish_after_commit(session, inside)
        with session.begin_nested():
            # Released, and then undone with the savepoint around it.
            queue.publish_after_commit(session, inner)
        savepoint.rollback()
        queue.publish_after_commit(session, after)
        session.commit()
    assert sent == [before, after]


def test_a_job_of_a_session_that_was_closed_without_a_commit_is_never_published(committing, sent):
    session = committing()
    session.connection()
    queue.publish_after_commit(session, uuid.uuid4())
    session.close()
    session.connection()
    session.commit()
    session.close()
    assert sent == []


def test_what_could_not_be_published_is_told(practice, committing, sent):
    first, second = uuid.uuid4(), uuid.uuid4()
    with committing() as session:
        session.connection()
        queue.publish_after_commit(session, first)
        session.commit()
        assert queue.pop_unsent(session) == []
        sent.is_up = False
        session.connection()
        queue.publish_after_commit(session, second)
        session.commit()
        assert queue.pop_unsent(session) == [second]
        assert queue.pop_unsent(session) == []
