"""A mend of kombu's Redis transport (5.7): what is done to a closed connection is a ConnectionError.

When Redis goes away while a message is unacknowledged, kombu closes the connection and then tries to give the message
back over it. There it looks for the host of a connection that is no longer there, and the AttributeError ends the
worker. As a ConnectionError it is what Celery expects from a broker that has gone: the worker connects again, and the
message, whose job is a row, is of no importance.
"""

from __future__ import annotations

from typing import Any

import redis
from kombu.transport.redis import Channel


def mend() -> None:
    """Mend the class, once per process, before the first connection."""
    # There is no public place for it.
    original: Any = Channel._connparams  # noqa: SLF001

    def connection_parameters(self: Any, asynchronous: bool = False) -> Any:
        if self.connection.client is None:
            raise redis.ConnectionError("This connection is closed.")
        return original(self, asynchronous)

    setattr(Channel, "_connparams", connection_parameters)  # noqa: B010 - a method cannot be assigned for mypy
