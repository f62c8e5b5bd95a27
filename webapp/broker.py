"""Which broker carries the messages, the options that its transport takes, and whether it takes messages."""

from __future__ import annotations

from typing import Any

import redis
from kombu.connection import Connection
from kombu.exceptions import KombuError
from redis.backoff import NoBackoff
from redis.retry import Retry

from webapp.settings import Settings


def transport_options(settings: Settings, *, timeout: float | None = None) -> dict[str, Any]:
    """Celery's broker_transport_options; with a timeout (seconds), every operation is tried once and ends by then."""
    scheme = settings.broker.partition(":")[0]
    if scheme in ("amqp", "amqps"):
        return (
            {} if timeout is None else {"read_timeout": timeout, "write_timeout": timeout, "max_retries": 0}
        )
    options: dict[str, Any] = {
        # Longer than the hard time limit: a message is not delivered again while its task may still run.
        "visibility_timeout": 600,
        "health_check_interval": 10,
        "socket_keepalive": True,
    }
    if scheme == "sentinel":
        options["master_name"] = settings.broker_sentinel_master
    if timeout is not None:
        options |= {
            "socket_timeout": timeout,
            "socket_connect_timeout": timeout,
            "retry_on_timeout": False,
            "max_retries": 0,
        }
        if scheme == "sentinel":
            # The questions to the Sentinels themselves, which redis-py asks three times more with pauses.
            asked_once = Retry(NoBackoff(), 0)
            options["sentinel_kwargs"] = {
                "socket_timeout": timeout,
                "socket_connect_timeout": timeout,
                "retry": asked_once,
            }
    return options


def failure(settings: Settings, *, timeout: float) -> str | None:
    """None when the broker takes a write within the timeout; else the name of what went wrong.

    The write is tried where the transport is Redis, which answers a PING also when it is full or a replica. Of
    RabbitMQ, that a channel opens is all that is asked.
    """
    connect: Any = Connection
    connection = connect(
        settings.broker,
        connect_timeout=timeout,
        transport_options=transport_options(settings, timeout=timeout),
    )
    try:
        # Whatever the transport, a channel is open only once the broker has answered.
        connection.ensure_connection(max_retries=1, interval_start=0, interval_step=0)
        channel = connection.channel()
        if not settings.broker.startswith("amqp"):
            channel.client.set("readiness", "1", ex=60)
        channel.close()
    except (
        OSError,
        KombuError,
        redis.RedisError,
        *connection.connection_errors,
        *connection.channel_errors,
    ) as error:
        # kombu wraps what its transport says.
        return type(error.__cause__ or error).__name__
    finally:
        connection.release()
    return None
