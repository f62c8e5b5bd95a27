"""Waiting for a provider while the job may be cancelled.

A call returns when the server has written its whole reply, and a server of one's own may need a minute for that.
Meanwhile the job is asked now and then whether it still wants it.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, wait
from threading import Thread
from typing import TypeVar

BEAT_SECONDS = 1.0

Result = TypeVar("Result")


def wait_for(call: Callable[[], Result], beat: Callable[[], None]) -> Result:
    """What the call returns or raises; `beat` is called every second until then, and what it raises ends the wait.

    A call that nobody waits for any more goes on in its own thread until the server or the time limit ends it, and
    what it brings is thrown away. The thread never holds up the end of the process.
    """
    future: Future[Result] = Future()

    def run() -> None:
        try:
            future.set_result(call())
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            future.set_exception(error)

    Thread(target=run, name="provider-call", daemon=True).start()
    while not wait((future,), timeout=BEAT_SECONDS).done:
        beat()
    return future.result()
