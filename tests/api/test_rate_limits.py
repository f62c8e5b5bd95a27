"""Rate limits: who is refused after how much, and what the answer tells."""

from __future__ import annotations

import socket
import uuid

import pytest
from problem_details import problem_of

from webapp.limits import START_BY_USER, limiter

pytest_plugins = ["stages"]


@pytest.fixture
def closed_port():
    """A port of loopback on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        yield probe.getsockname()[1]


@pytest.fixture
def limited(client_of):
    """A client of an app that counts, at an address of its own."""
    number = uuid.uuid4().int
    client = client_of(rate_limits=True)
    assert limiter.enabled
    client.environ_base["REMOTE_ADDR"] = f"198.51.{number % 250}.{number // 250 % 250}"
    return client


def refused(response):
    problem_of(response, 429)
    assert int(response.headers["Retry-After"]) >= 1
    assert int(response.headers["RateLimit-Remaining"]) == 0
    assert int(response.headers["RateLimit-Limit"]) >= 1
    assert int(response.headers["RateLimit-Reset"]) >= 1
    assert response.headers["RateLimit-Policy"]


def until_refused(call, at_most):
    """Calls until a 429; how many calls were let through."""
    for count in range(at_most):
        response = call()
        if response.status_code == 429:
            refused(response)
            return count
        assert int(response.headers["RateLimit-Remaining"]) >= 0
    raise AssertionError(f"none of {at_most} calls was refused")


def test_failed_logins_of_an_account_are_refused_after_a_few(limited, api):
    def attempt(password, email=api.user["email"]):
        return limited.post("/api/auth/login", json={"email": email, "password": password})

    assert attempt("Correct-Horse-9-battery").status_code == 200
    let_through = until_refused(lambda: attempt("Wrong-Pass-1"), 30)
    assert let_through >= 3
    # Also with the right password now, and however the address is written.
    refused(attempt("Correct-Horse-9-battery", api.user["email"].upper()))
    # Somebody else at another address is not held up by it.
    other = {"REMOTE_ADDR": "203.0.113.5"}
    body = {"email": api.user["email"], "password": "Correct-Horse-9-battery"}
    assert limited.post("/api/auth/login", json=body, environ_base=other).status_code == 200


def test_logins_that_succeed_do_not_count_as_failures(limited, api):
    body = {"email": api.user["email"], "password": "Correct-Horse-9-battery"}
    assert {limited.post("/api/auth/login", json=body).status_code for _ in range(12)} == {200}


def registration(**fields):
    name = f"reg-{uuid.uuid4().hex[:12]}"
    return {
        "email": f"{name}@example.com",
        "username": name,
        "password": "Correct-Horse-9-battery",
        "full_name": "Ada L",
        **fields,
    }


def test_registrations_from_one_address_are_limited_also_where_they_fail(limited, api):
    # A name that is taken tells who has an account: asking for it counts.
    def call():
        return limited.post("/api/auth/register", json=registration(username=api.user["username"]))

    assert until_refused(call, 300) >= 10
    elsewhere = limited.post(
        "/api/auth/register", json=registration(), environ_base={"REMOTE_ADDR": "203.0.113.6"}
    )
    assert elsewhere.status_code == 201


def test_a_registration_or_login_that_was_not_read_does_not_count(limited, api):
    for _ in range(130):
        assert limited.post("/api/auth/register", json={}).status_code == 422
        assert limited.post("/api/auth/login", json={}).status_code == 422
    assert limited.post("/api/auth/register", json=registration()).status_code == 201
    body = {"email": api.user["email"], "password": "Correct-Horse-9-battery"}
    assert limited.post("/api/auth/login", json=body).status_code == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/interviews/start", 422),
        ("/api/questions/{0}/answer", 422),
        ("/api/questions/{0}/retry", 422),
        ("/api/interviews/{0}/complete", 404),
        ("/api/jobs/{0}/cancel", 404),
        ("/api/jobs/{0}/retry", 404),
    ],
)
def test_what_was_refused_does_not_count(limited, api, path, status):
    headers = {"Authorization": f"Bearer {api.tokens['access_token']}"}

    def call():
        return limited.post(path.format(uuid.uuid4()), json={}, headers=headers)

    first = call()
    assert first.status_code == status
    for _ in range(125):
        last = call()
        assert last.status_code == status
    # All that the window allows is left.
    assert last.headers["RateLimit-Remaining"] == last.headers["RateLimit-Limit"]


def test_an_accepted_start_counts_one_and_says_what_is_left(limited, make_user):
    one, other = make_user(), make_user()

    def start(user):
        headers = {"Authorization": f"Bearer {user.tokens['access_token']}"}
        body = {"job_role": "Backend Engineer", "num_questions": 1}
        return limited.post("/api/interviews/start", json=body, headers=headers)

    allowed = int(START_BY_USER.split()[0])
    for count in (1, 2):
        assert int(start(one).headers["RateLimit-Remaining"]) == allowed - count
    assert int(start(other).headers["RateLimit-Remaining"]) == allowed - 1


def test_a_route_without_a_limit_tells_none(limited):
    assert "RateLimit-Limit" not in limited.get("/api/health").headers


def test_limits_are_counted_in_the_process_while_redis_is_away(client_of, closed_port):
    alone = client_of(rate_limits=True, redis_url=f"redis://127.0.0.1:{closed_port}/0")
    body = {"email": f"{uuid.uuid4().hex}@example.com", "password": "Wrong-Pass-1"}

    def attempt():
        return alone.post("/api/auth/login", json=body, environ_base={"REMOTE_ADDR": "203.0.113.77"})

    assert until_refused(attempt, 30) >= 3
