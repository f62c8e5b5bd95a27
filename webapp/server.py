"""gunicorn's worker: threads that slow clients cannot take for long.

gthread gives a new connection a thread at once, and waits for its request as long as the client likes. Sixteen
clients that send a letter each would then hold every thread of two processes.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import socket
import struct
import time
import uuid
from functools import partial
from http import HTTPStatus
from selectors import EVENT_READ
from typing import Any

from gunicorn.http.errors import (
    InvalidResponseHeader,
    InvalidResponseHeaderName,
    LimitRequestHeaders,
    LimitRequestLine,
    ParseException,
)
from gunicorn.workers.gthread import TConn, ThreadWorker

from webapp.headers import API_POLICY
from webapp.problems import DETAILS, MEDIA_TYPE

# From its first byte on, a request has this long to arrive (256 KiB at 26 KB/s); then it is cut off.
RECEIVE_SECONDS = 10.0
# Nothing of an answer was taken for this long: its reader has gone, or wants the thread.
SEND_STALL_SECONDS = 20

UNREADABLE = "This is not an HTTP request that the server can read."


class BoundedThreadWorker(ThreadWorker):
    """gthread, where connections wait for their first byte outside the threads, and reading one has an end."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # When each connection with a request under way is cut off; one assignment or deletion is atomic.
        self._deadlines: dict[TConn, float] = {}

    def accept(self, listener: socket.socket) -> None:
        """As gthread's, but the connection waits in the poller rather than in a thread."""
        try:
            client, address = listener.accept()
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK):
                raise
            return
        self.nr_conns += 1
        with contextlib.suppress(OSError):
            client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", SEND_STALL_SECONDS, 0))
        connection = TConn(self.cfg, client, address, listener.getsockname())
        connection.timeout = time.monotonic() + self.cfg.keepalive
        self.pending_conns.append(connection)
        self.poller.register(client, EVENT_READ, partial(self.on_pending_socket_readable, connection))

    def enqueue_req(self, conn: TConn) -> None:
        # Counted from here: slow requests that queue for a thread must not get their time one after the other.
        self._deadlines[conn] = time.monotonic() + RECEIVE_SECONDS
        super().enqueue_req(conn)

    def handle(self, conn: TConn) -> Any:
        try:
            return super().handle(conn)
        finally:
            self._deadlines.pop(conn, None)

    def murder_pending(self) -> None:
        """Called about every second: also cut off what is still arriving. An answer under way is not touched."""
        super().murder_pending()
        now = time.monotonic()
        for connection, deadline in self._deadlines.copy().items():
            if now > deadline:
                with contextlib.suppress(OSError):
                    connection.sock.shutdown(socket.SHUT_RD)

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: BaseException) -> None:
        """What is not HTTP never reaches the application: the same shape, and nothing of it echoed or logged."""
        ours = isinstance(exc, InvalidResponseHeader | InvalidResponseHeaderName)
        if ours or not isinstance(exc, ParseException):
            super().handle_error(req, client, addr, exc)
            return
        status = HTTPStatus.BAD_REQUEST
        if isinstance(exc, LimitRequestLine):
            status = HTTPStatus.REQUEST_URI_TOO_LONG
        elif isinstance(exc, LimitRequestHeaders):
            status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
        request_id = uuid.uuid4().hex
        self.log.warning("unreadable request %s: %s", request_id, type(exc).__name__)
        with contextlib.suppress(OSError):
            client.sendall(refusal(status, request_id))


def refusal(status: HTTPStatus, request_id: str) -> bytes:
    """The whole answer to a request that was not read to its end, in the shape of webapp/problems.py."""
    body = json.dumps(
        {
            "type": "about:blank",
            "title": status.phrase,
            "status": status.value,
            "detail": UNREADABLE if status is HTTPStatus.BAD_REQUEST else DETAILS[status],
            "request_id": request_id,
        }
    ).encode()
    headers = {
        "Connection": "close",
        "Content-Type": MEDIA_TYPE,
        "Content-Length": str(len(body)),
        "X-Request-ID": request_id,
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": API_POLICY,
        "Cache-Control": "no-store",
        **_cors(),
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status.value} {status.phrase}\r\n{lines}\r\n".encode() + body


def _cors() -> dict[str, str]:
    """Lets a browser's script read the answer where its origin need not be known, as it was not read."""
    origins = [
        origin.strip() for origin in os.environ.get("ALLOWED_ORIGINS", "").split(",") if origin.strip()
    ]
    if len(origins) != 1:
        return {}
    return {"Access-Control-Allow-Origin": origins[0], "Access-Control-Expose-Headers": "X-Request-ID"}
