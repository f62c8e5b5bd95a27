"""Which broker, and what its transport is told."""

from __future__ import annotations

import dataclasses
import os
import socket
import time
from collections.abc import Iterator

import pytest

from webapp.broker import failure, transport_options
from webapp.settings import Settings


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def with_broker(settings: Settings, url: str) -> Settings:
    return dataclasses.replace(settings, broker_url=url)


def test_a_redis_that_answers_has_no_failure(settings):
    assert failure(settings, timeout=5.0) is None


def test_a_redis_that_wants_another_password_has_one(settings):
    host = os.environ["REDIS_URL"].rpartition("@")[2]
    assert failure(with_broker(settings, f"redis://:wrong@{host}"), timeout=5.0) == "AuthenticationError"


@pytest.mark.parametrize("scheme", ["redis", "sentinel", "amqp"])
def test_a_broker_that_is_away_is_a_failure_whatever_its_kind(settings, scheme):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"{scheme}://127.0.0.1:{closed.getsockname()[1]}/"
        assert failure(with_broker(settings, url), timeout=1.0) is not None


@pytest.mark.parametrize("scheme", ["redis", "sentinel", "amqp"])
def test_a_frozen_broker_is_not_waited_for_much_longer_than_asked(settings, scheme, silent_port):
    started = time.monotonic()
    assert failure(with_broker(settings, f"{scheme}://127.0.0.1:{silent_port}/"), timeout=0.2) is not None
    # By default each of the three waits for a minute or for ever.
    assert time.monotonic() - started < 10


def test_a_message_is_not_delivered_again_while_its_task_may_run(settings):
    import celeryconfig

    for url in ("redis://cache:6379/0", "sentinel://watch:26379/0"):
        assert (
            transport_options(with_broker(settings, url))["visibility_timeout"] > celeryconfig.task_time_limit
        )


def test_sentinels_are_told_the_name_of_what_they_watch(settings):
    chosen = dataclasses.replace(with_broker(settings, "sentinel://a:26379/0"), broker_sentinel_master="jobs")
    assert transport_options(chosen)["master_name"] == "jobs"
    assert "master_name" not in transport_options(with_broker(settings, "redis://a:6379/0"))


def test_rabbitmq_is_told_nothing_that_only_redis_knows(settings):
    assert transport_options(with_broker(settings, "amqp://a:5672//")) == {}
