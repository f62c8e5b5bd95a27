"""A time limit on a whole call.

The libraries' time-outs bound each wait for a next piece, so a server that sends a byte now and then is
waited for without an end. Here the body of a response must be complete by a point in time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx2

_KEY = "must_end_by"


class _BoundedStream(httpx2.SyncByteStream):
    """A response's body that raises ReadTimeout when it is not complete in time."""

    def __init__(self, stream: Any, must_end_by: float) -> None:
        self._stream = stream
        self._must_end_by = must_end_by

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._stream:
            if time.monotonic() > self._must_end_by:
                raise httpx2.ReadTimeout("The response was not complete in time.")
            yield piece

    def close(self) -> None:
        self._stream.close()


def event_hooks(timeout_seconds: float) -> dict[str, list[Callable[..., Any]]]:
    """The hooks for an httpx2 client that bound each of its calls to so many seconds, the body included."""

    def started(request: httpx2.Request) -> None:
        request.extensions = {**request.extensions, _KEY: time.monotonic() + timeout_seconds}

    def answered(response: httpx2.Response) -> None:
        response.stream = _BoundedStream(response.stream, response.request.extensions[_KEY])

    return {"request": [started], "response": [answered]}
