"""A broker that goes away while a message is unacknowledged does not end the worker."""

from __future__ import annotations

import contextlib

import pytest
from kombu import Connection

import worker.celery  # noqa: F401 - it mends the class


def received(connection):
    """A message that has been received and not acknowledged, and its channel."""
    queue = connection.SimpleQueue("closed-channels")
    queue.put("wake")
    return queue.get(timeout=5), queue.channel


def test_an_acknowledgement_after_the_connection_was_closed_is_a_connection_error(settings):
    connection = Connection(settings.redis_url)
    message, channel = received(connection)
    channel.connection.client = None
    channel.__dict__.pop("client", None)
    channel._pool = None
    # Nothing is to be given back when the process ends.
    channel.do_restore = False
    with pytest.raises(connection.connection_errors):
        message.ack()


def test_a_celery_worker_may_ignore_what_closing_a_lost_connection_raises(settings):
    connection = Connection(settings.redis_url)
    _, channel = received(connection)
    channel.connection.client = None
    channel.__dict__.pop("client", None)
    channel._pool = None
    with contextlib.suppress(*connection.connection_errors, *connection.channel_errors):
        channel.qos.restore_unacked_once()
    assert not channel.qos._delivered or channel.qos._delivered.restored
