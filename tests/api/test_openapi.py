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


def walk(node, path=""):
    """Every object of the document, with where it stands."""
    if isinstance(node, dict):
        yield path, node
        for key, value in node.items():
            yield from walk(value, f"{path}/{key}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from walk(value, f"{path}/{index}")


def test_every_property_and_every_parameter_has_a_type(schema):
    typed = {"type", "$ref", "anyOf", "oneOf", "allOf", "enum"}
    for name, component in schema["components"]["schemas"].items():
        assert component["type"], name
        for field, described in component.get("properties", {}).items():
            assert typed & set(described), (name, field)
            if described.get("type") == "array":
                assert typed & set(described["items"]), (name, field)
            if described.get("type") == "object":
                assert described["additionalProperties"], (name, field)
    for path, node in walk(schema["paths"]):
        if "in" in node and "name" in node:
            assert typed & set(node["schema"]), path


def test_every_enumeration_has_a_type_and_a_name(schema):
    enums = {path: node for path, node in walk(schema) if "enum" in node and isinstance(node["enum"], list)}
    assert len(enums) >= 12
    for path, node in enums.items():
        assert node["type"] == "string", path
        # A single value is a constant, which needs no name.
        assert (path.count("/") == 3 and path.startswith("/components/schemas/")) or len(node["enum"]) == 1, (
            path
        )


def test_every_pattern_means_the_same_to_ecma_262(schema):
    patterns = [node["pattern"] for _, node in walk(schema) if isinstance(node.get("pattern"), str)]
    assert patterns
    for pattern in patterns:
        assert pattern.startswith("^"), pattern
        assert pattern.endswith("$"), pattern
        assert not re.search(r"\\[AZzGhHR]|\(\?P|\(\?[aiLmsux]", pattern), pattern


def test_the_schema_says_where_the_api_is(schema):
    assert [server["url"] for server in schema["servers"]] == ["/"]


def test_offsets_are_told_to_be_code_points_with_the_line_for_javascript(schema):
    start = schema["components"]["schemas"]["Evidence"]["properties"]["start"]["description"]
    assert "code points" in start
    assert "[...user_answer].slice(start, end).join('')" in start


def test_every_response_names_its_headers(operations, schema):
    needed = {"401": {"WWW-Authenticate"}, "429": {"Retry-After", "RateLimit-Limit"}, "503": {"Retry-After"}}
    for path, method, operation in operations:
        for status, response in operation["responses"].items():
            names = set(response["headers"])
            assert {"X-Request-ID", *needed.get(status, ())} <= names, (path, method, status)
            for name, header in response["headers"].items():
                assert header == {"$ref": f"#/components/headers/{name}"}
                assert schema["components"]["headers"][name]["schema"]["type"] in ("string", "integer")


def test_the_headers_of_jobs_and_documents_are_named(schema):
    paths = schema["paths"]
    for path, method, status, names in (
        ("/api/jobs/{job_id}", "get", "200", {"ETag", "Retry-After", "Preference-Applied"}),
        ("/api/jobs/{job_id}", "get", "304", {"ETag"}),
        ("/api/jobs/{job_id}/retry", "post", "202", {"Location", "Retry-After", "Idempotency-Replayed"}),
        (
            "/api/questions/{question_id}/answer",
            "post",
            "202",
            {"Location", "Retry-After", "RateLimit-Reset"},
        ),
        ("/api/interviews/start", "post", "201", {"Location", "RateLimit-Remaining"}),
        ("/api/catalog", "get", "200", {"ETag"}),
        ("/api/interviews/{interview_id}/report", "get", "200", {"Content-Disposition"}),
    ):
        assert names <= set(paths[path][method]["responses"][status]["headers"]), (path, status)


def test_the_headers_that_an_answer_has_are_those_that_the_schema_names(api, schema):
    common = {name for name, _ in api.get("/api/health").headers}
    question = api.start()["questions"][0]["id"]
    answered = api.post(
        f"/api/questions/{question}/answer",
        {"user_answer": "An index."},
        headers={"Idempotency-Key": "headers"},
    )
    for response, path, method in (
        (answered, "/api/questions/{question_id}/answer", "post"),
        (api.get(f"/api/jobs/{answered.json['job']['id']}"), "/api/jobs/{job_id}", "get"),
        (api.post("/api/interviews/start", {"job_role": "Chef"}), "/api/interviews/start", "post"),
        (api.get("/api/catalog"), "/api/catalog", "get"),
    ):
        named = schema["paths"][path][method]["responses"][str(response.status_code)]["headers"]
        extra = {name for name, _ in response.headers} - common - {"Vary", "Date"}
        assert extra <= set(named), path


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
