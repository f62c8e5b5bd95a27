"""What the OpenAPI schema needs beyond what the operations say one by one: names, enumerations, headers.

It is also what says which query parameters an operation takes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import apispec
from flask import Flask, request

from webapp.errors import InvalidFieldsError
from webapp.problems import DETAILS, MEDIA_TYPE

METHODS = ("get", "post", "put", "delete")

HEADERS: dict[str, dict[str, Any]] = {
    "X-Request-ID": {
        "description": "The caller's own, where it is up to 128 letters, digits, dots, dashes and underscores; else a new one.",
        "schema": {"type": "string"},
        "required": True,
    },
    "ETag": {
        "description": "Changes with the content; send it as If-None-Match.",
        "schema": {"type": "string"},
        "required": True,
    },
    "Location": {
        "description": "The path of what was made.",
        "schema": {"type": "string", "format": "uri-reference"},
        "required": True,
    },
    "Retry-After": {
        "description": "Seconds to wait before the next request.",
        "schema": {"type": "integer", "minimum": 0},
    },
    "Preference-Applied": {
        "description": "`wait=N` where the Prefer header was honoured.",
        "schema": {"type": "string"},
    },
    "Idempotency-Replayed": {
        "description": "`true` where this is the stored answer to an earlier request with the same Idempotency-Key.",
        "schema": {"type": "string", "enum": ["true"]},
    },
    "Content-Disposition": {
        "description": "A file name to keep it under; for Markdown and CSV.",
        "schema": {"type": "string"},
    },
    "WWW-Authenticate": {"description": "`Bearer`", "schema": {"type": "string"}, "required": True},
    "RateLimit-Limit": {"description": "Requests in a window.", "schema": {"type": "integer"}},
    "RateLimit-Remaining": {"description": "Requests left in this window.", "schema": {"type": "integer"}},
    "RateLimit-Reset": {"description": "Seconds until the window ends.", "schema": {"type": "integer"}},
    "RateLimit-Policy": {
        "description": "The limit and its window in seconds, like `60;w=3600`.",
        "schema": {"type": "string"},
    },
}


def complete(spec: apispec.APISpec) -> dict[str, Any]:
    """The whole document, ready to be served."""
    document: dict[str, Any] = spec.to_dict()
    for path, item in document["paths"].items():
        for method, operation in _operations(item):
            operation["operationId"] = _operation_id(method, path)
            if path == "/api" or path.startswith("/api/"):
                operation["responses"].setdefault("422", _problem_response(422))
            _add_headers(operation)
    components = document["components"]
    components["headers"] = HEADERS
    schemas: dict[str, Any] = components["schemas"]
    # Registered by flask-smorest for pages in a header, which this API does not have.
    schemas.pop("PaginationMetadata", None)
    enums: dict[str, dict[str, Any]] = {}
    named: dict[str, Any] = _name_enums(document, enums)
    named["components"]["schemas"] = dict(sorted({**named["components"]["schemas"], **enums}.items()))
    if clash := enums.keys() & schemas.keys():
        raise ValueError(f"an enumeration and a schema have one name: {', '.join(sorted(clash))}")
    return named


def _operations(item: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    return ((method, item[method]) for method in METHODS if method in item)


def _operation_id(method: str, path: str) -> str:
    """Such as get_jobs_by_job_id: what generated clients call their functions."""
    named = re.sub(r"{(\w+)}", r"by_\1", path.removeprefix("/api")).strip("/")
    if not named:
        named = "root" if path == "/" else "api"
    return f"{method}_{re.sub(r'[^a-z_]', '_', named)}"


def _problem_response(status: int) -> dict[str, Any]:
    return {
        "description": DETAILS.get(status, "One or more fields or query parameters are not right."),
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }


def _add_headers(operation: dict[str, Any]) -> None:
    keyed = any(parameter.get("name") == "Idempotency-Key" for parameter in operation.get("parameters", []))
    limited = "429" in operation["responses"]
    for status, response in operation["responses"].items():
        names = ["X-Request-ID", *response.get("headers", {})]
        if status == "401":
            names.append("WWW-Authenticate")
        if status in ("429", "503"):
            names.append("Retry-After")
        if keyed and status.startswith("2"):
            names.append("Idempotency-Replayed")
        if limited and status != "401":
            names += ["RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "RateLimit-Policy"]
        response["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _name_enums(node: Any, enums: dict[str, dict[str, Any]]) -> Any:
    """The document with each enumeration that has a name moved to the components, once."""
    if isinstance(node, list):
        return [_name_enums(item, enums) for item in node]
    if not isinstance(node, dict):
        return node
    if "x-enum-name" not in node:
        return {key: _name_enums(value, enums) for key, value in node.items()}
    name = node["x-enum-name"]
    component = {"type": "string", "enum": [value for value in node["enum"] if value is not None]}
    if enums.setdefault(name, component) != component:
        raise ValueError(f"two enumerations have the name {name}")
    reference = {"$ref": f"#/components/schemas/{name}"}
    rest = {
        key: value for key, value in node.items() if key not in ("type", "enum", "x-enum-name", "readOnly")
    }
    if None in node["enum"]:
        return {"anyOf": [reference, {"type": "null"}], **rest}
    return {**reference, **rest}


def refuse_unknown_queries(app: Flask, document: dict[str, Any]) -> None:
    """Make a query parameter that the operation does not have, or that comes twice, a 422 rather than be ignored."""
    allowed: dict[tuple[str, str], frozenset[str]] = {}
    for path, item in document["paths"].items():
        for method, operation in _operations(item):
            parameters = [*item.get("parameters", []), *operation.get("parameters", [])]
            allowed[path, method.upper()] = frozenset(
                parameter["name"] for parameter in parameters if parameter.get("in") == "query"
            )

    @app.before_request
    def check_query() -> None:
        if not request.query_string or request.url_rule is None:
            return
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", request.url_rule.rule)
        known = allowed.get((path, "GET" if request.method == "HEAD" else request.method))
        if known is None or not path.startswith("/api"):
            return
        errors = {}
        for name, values in request.args.lists():
            if name not in known:
                errors[name] = ["Unknown query parameter."]
            elif len(values) > 1:
                errors[name] = ["This query parameter may be given only once."]
        if errors:
            raise InvalidFieldsError(
                errors, "One or more query parameters are not right; `errors` says what is wrong with each."
            )
