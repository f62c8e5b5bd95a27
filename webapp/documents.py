"""Public documents that clients fetch again and again: with an ETag, and compressed for who accepts it."""

from __future__ import annotations

import functools
import gzip
import hashlib

from flask import Response, request


@functools.lru_cache(maxsize=8)
def _compressed(body: bytes) -> bytes:
    return gzip.compress(body, mtime=0)


def public_document(body: bytes, mimetype: str = "application/json") -> Response:
    """The answer to this request: the document, or 304 where the client has it already.

    Only for what is the same for everybody: compressing a secret beside a caller's text would give it away.
    """
    etag = hashlib.sha256(body).hexdigest()[:32]
    zipped = request.accept_encodings.quality("gzip") > 0
    response = Response(_compressed(body) if zipped else body, mimetype=mimetype)
    if zipped:
        response.headers["Content-Encoding"] = "gzip"
    response.vary.add("Accept-Encoding")
    # Weak: it names the document, whichever way it is encoded.
    response.set_etag(etag, weak=True)
    # May be kept, but is asked about each time: it changes with a release.
    response.headers["Cache-Control"] = "public, no-cache"
    response.make_conditional(request)
    return response
