"""The OpenAPI schema, and Swagger UI and ReDoc from our own assets: no CDN, under a strict Content-Security-Policy."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from flask import Blueprint, Response, abort, current_app, render_template, send_from_directory

from webapp.documents import public_document

blueprint = Blueprint(
    "docs",
    __name__,
    url_prefix="/api",
    template_folder="templates",
    static_folder="static",
    static_url_path="/docs/static",
)

ASSETS = {
    "swagger-ui.css": "swagger-ui-dist",
    "swagger-ui-bundle.js": "swagger-ui-dist",
    "favicon-32x32.png": "swagger-ui-dist",
    "redoc.standalone.js": "redoc/bundles",
}
# Both pages style elements from script; scripts themselves only ever come from here.
DOCS_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; "
    "connect-src 'self'; worker-src 'self' blob:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)


def _assets_folder() -> Path:
    # Found, not imported: the package is a Django app, and only its static files are wanted.
    spec = importlib.util.find_spec("drf_spectacular_sidecar")
    if spec is None or spec.origin is None:
        raise RuntimeError("drf-spectacular-sidecar is not installed; run `make setup`.")
    return Path(spec.origin).parent / "static" / "drf_spectacular_sidecar"


@blueprint.get("/openapi.json")
def openapi() -> Response:
    return public_document(current_app.extensions["openapi"])


@blueprint.get("/docs")
def swagger_ui() -> Response:
    return _page("docs/swagger_ui.html")


@blueprint.get("/redoc")
def redoc() -> Response:
    return _page("docs/redoc.html")


@blueprint.get("/docs/assets/<name>")
def asset(name: str) -> Response:
    if name not in ASSETS:
        abort(404)
    response = send_from_directory(_assets_folder() / ASSETS[name], name)
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response


def _page(template: str) -> Response:
    response = Response(render_template(template), mimetype="text/html")
    response.headers["Content-Security-Policy"] = DOCS_POLICY
    return response
