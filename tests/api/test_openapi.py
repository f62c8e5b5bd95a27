"""The OpenAPI schema and the two pages that show it."""

from __future__ import annotations

import re

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from problem_details import problem_of

METHODS = ("get", "post", "put", "patch", "delete")


@pytest.fixture(scope="module")
def schema(app):
    response = app.test_client().get("/api/openapi.json")
    assert response.status_code == 200
    assert response.mimetype == "application/json"
    return response.json


@pytest.fixture(scope="module")
def operations(schema):
    found = [
        (path, method, item[method])
        for path, item in schema["paths"].items()
        for method in METHODS
        if method in item
    ]
    assert len(found) >= 27
    return found


def test_the_schema_is_valid_openapi_3_1(schema):
    assert schema["openapi"].startswith("3.1")
    OpenAPIV31SpecValidator(schema).validate()


def test_every_route_of_the_api_is_documented(app, schema):
    pages = {
        "/api/docs",
        "/api/redoc",
        "/api/openapi.json",
        "/api/docs/assets/<name>",
        "/api/docs/static/<path:filename>",
    }
    for rule in app.url_map.iter_rules():
        if rule.rule in pages or rule.rule.startswith("/app"):
            continue
        documented = schema["paths"][re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)]
        assert {method.lower() for method in rule.methods - {"HEAD", "OPTIONS"}} <= set(documented), rule.rule


def test_every_operation_has_a_summary_and_a_tag_that_is_described(operations, schema):
    tags = {tag["name"] for tag in schema["tags"]}
    for path, method, operation in operations:
        assert operation["summary"], (method, path)
        assert operation["tags"], (method, path)
        assert set(operation["tags"]) <= tags


def test_every_operation_documents_its_errors_as_problems(operations, schema):
    for path, method, operation in operations:
        statuses = set(operation["responses"])
        needed = set() if operation.get("security") == [] else {"401", "403", "503"}
        if "requestBody" in operation:
            needed |= {"400", "413", "415", "422"}
        if "{" in path:
            needed.add("404")
        assert needed <= statuses, (method, path, needed - statuses)
        for status, response in operation["responses"].items():
            if not status.startswith(("4", "5")) or path == "/api/health/ready":
                continue
            media = response["content"]
            assert list(media) == ["application/problem+json"], (method, path, status)
            assert media["application/problem+json"]["schema"] == {"$ref": "#/components/schemas/Problem"}


def test_every_operation_has_a_success_with_a_schema(operations):
    for path, method, operation in operations:
        successes = [
            response for status, response in operation["responses"].items() if status.startswith("2")
        ]
        assert len(successes) == 1, (method, path)
        for media in successes[0]["content"].values():
            assert media["schema"], (method, path)


def test_every_operation_that_honours_an_idempotency_key_documents_it(operations):
    with_key = {
        path
        for path, _method, operation in operations
        if any(parameter.get("name") == "Idempotency-Key" for parameter in operation.get("parameters", []))
    }
    assert with_key == {
        "/api/interviews/start",
        "/api/interviews/{interview_id}/complete",
        "/api/questions/{question_id}/answer",
        "/api/questions/{question_id}/retry",
        "/api/jobs/{job_id}/retry",
    }


def test_no_schema_lets_a_password_out(schema):
    for name, component in schema["components"]["schemas"].items():
        for field, described in component.get("properties", {}).items():
            if "password" in field:
                assert described.get("writeOnly") is True, (name, field)


def test_every_operation_has_a_name_of_its_own_for_generated_clients(schema):
    names = [
        operation["operationId"]
        for item in schema["paths"].values()
        for method, operation in item.items()
        if method in ("get", "post", "put", "delete")
    ]
    assert "get_jobs_by_job_id" in names
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("path", ["/api/docs", "/api/redoc"])
def test_the_pages_reference_our_own_assets_only_and_have_them_all(client, path):
    page = client.get(path)
    assert page.status_code == 200
    assert page.mimetype == "text/html"
    html = page.get_data(as_text=True)
    addresses = re.findall(r"""(?:src|href)\s*=\s*["']?([^"'\s>]+)""", html)
    assert len(addresses) >= 2
    assert all(address.startswith("/api/docs/") for address in addresses)
    assert "//" not in html.replace("</", "")
    for address in addresses:
        assert client.get(address, buffered=True).status_code == 200, address
    policy = page.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "http" not in policy
    scripts = [address for address in addresses if "/static/" in address]
    assert "/api/openapi.json" in client.get(scripts[0], buffered=True).get_data(as_text=True)


def test_no_other_file_can_be_read_as_an_asset(client):
    for name in ("nothing.js", "..%2f..%2fsettings.py", "../../wsgi.py"):
        problem_of(client.get(f"/api/docs/assets/{name}"), 404)
        problem_of(client.get(f"/api/docs/static/{name}"), 404)
