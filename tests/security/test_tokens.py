"""API2 and RFC 8725: which tokens are believed, and when they stop."""

from __future__ import annotations

import base64
import json
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import jwt
import pytest
import sqlalchemy as sa

from webapp.accounts.models import AuthSession
from webapp.accounts.tokens import AUDIENCE, ISSUER, key_id

OTHER_KEY = "Zq8-another-key-that-signs-nothing-here-4Vw"


@pytest.fixture
def forge(api, settings):
    """Makes a token like the user's own access token but for what is given; None takes a claim or header away."""
    claims = jwt.decode(api.tokens["access_token"], options={"verify_signature": False})

    def make(*, key=settings.secret_key, algorithm="HS256", header=None, **changes):
        headers = {"kid": key_id(settings.secret_key), **(header or {})}
        payload = {name: value for name, value in (claims | changes).items() if value is not None}
        present = {name: value for name, value in headers.items() if value is not None}
        return jwt.encode(payload, key, algorithm=algorithm, headers=present)

    return make


def status(api, token):
    response = api.get("/api/auth/me", token=token)
    if response.status_code == 401:
        assert response.json["detail"] == "Could not validate credentials"
        assert response.headers["WWW-Authenticate"] == "Bearer"
    return response.status_code


def test_a_token_like_ones_own_is_believed(api, forge):
    # Else the refusals below would prove nothing.
    assert status(api, forge()) == 200


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE"])
def test_a_token_with_no_algorithm_is_refused(api, forge, algorithm):
    _, payload, signature = forge().split(".")
    header = json.dumps({"alg": algorithm, "typ": "JWT"}).encode()
    head = base64.urlsafe_b64encode(header).rstrip(b"=").decode()
    assert [status(api, f"{head}.{payload}.{end}") for end in ("", signature)] == [401, 401]


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_a_token_of_another_algorithm_is_refused_though_the_key_is_right(api, forge, algorithm):
    assert status(api, forge(algorithm=algorithm)) == 401


def test_a_key_that_the_token_brings_itself_is_not_used(api, forge):
    jwk = {"kty": "oct", "k": base64.urlsafe_b64encode(OTHER_KEY.encode()).decode()}
    assert status(api, forge(key=OTHER_KEY, header={"jwk": jwk})) == 401
    assert status(api, forge(key=OTHER_KEY, header={"jku": "http://169.254.169.254/keys"})) == 401


@pytest.mark.parametrize("kid", [None, "", "0" * 12, "../../dev/null", "' OR '1'='1"])
def test_a_token_without_the_name_of_a_known_key_is_refused(api, forge, kid):
    assert status(api, forge(header={"kid": kid})) == 401


def test_a_key_that_is_empty_or_anothers_signs_nothing(api, forge):
    assert status(api, forge(key=OTHER_KEY)) == 401
    head, payload, _ = forge().split(".")
    assert status(api, f"{head}.{payload}.") == 401


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "somebody-else"},
        {"iss": None},
        {"aud": "another-service"},
        {"aud": None},
        {"sub": None},
        {"sub": str(uuid.uuid4())},
        {"sub": "not-a-uuid"},
        {"sid": None},
        {"sid": str(uuid.uuid4())},
        {"exp": int(time.time()) - 3600},
        {"nbf": int(time.time()) + 3600},
    ],
    ids=lambda changes: "-".join(f"{k}={str(v)[:8]}" for k, v in changes.items()),
)
def test_a_claim_that_is_missing_or_wrong_is_refused_though_the_signature_is_right(api, forge, changes):
    assert status(api, forge(**changes)) == 401


def test_anothers_session_does_not_carry_ones_own_name(api, forge, make_user):
    theirs = jwt.decode(make_user().tokens["access_token"], options={"verify_signature": False})
    assert status(api, forge(sid=theirs["sid"])) == 401


def test_the_claims_name_issuer_audience_and_an_end(api):
    claims = jwt.decode(api.tokens["access_token"], options={"verify_signature": False})
    assert (claims["iss"], claims["aud"]) == (ISSUER, AUDIENCE)
    assert claims["exp"] - claims["iat"] == 30 * 60
    # Whoever finds a token learns ids, and nothing of the person.
    assert api.user["email"] not in json.dumps(claims)
    assert api.user["username"] not in json.dumps(claims)


def test_an_access_token_refreshes_nothing_and_a_refresh_token_opens_nothing(api):
    assert api.post("/api/auth/refresh", token=api.tokens["access_token"]).status_code == 401
    assert status(api, api.tokens["refresh_token"]) == 401
    assert status(api, api.tokens["access_token"]) == 200


def test_a_token_is_read_from_the_header_alone(client, api):
    token = api.tokens["access_token"]
    client.set_cookie("access_token_cookie", token)
    for call in (
        {"query_string": {"jwt": token, "access_token": token}},
        {"headers": {"Cookie": f"access_token_cookie={token}"}},
        {"headers": {"X-Access-Token": token}},
    ):
        # A query parameter that the API does not know is refused as such, before anybody asks who calls.
        expected = 422 if "query_string" in call else 401
        assert client.get("/api/auth/me", **call).status_code == expected


def test_a_logged_out_token_is_dead_at_once_with_its_whole_family(api):
    refreshed = api.post("/api/auth/refresh", token=api.tokens["refresh_token"]).json
    assert api.post("/api/auth/logout", token=refreshed["access_token"]).status_code == 200
    assert status(api, refreshed["access_token"]) == 401
    assert status(api, api.tokens["access_token"]) == 401
    assert api.post("/api/auth/refresh", token=refreshed["refresh_token"]).status_code == 401


def test_the_reuse_of_a_spent_refresh_token_ends_the_thiefs_tokens_too(api):
    stolen = api.tokens["refresh_token"]
    thief = api.post("/api/auth/refresh", token=stolen).json
    assert api.post("/api/auth/refresh", token=stolen).status_code == 401
    assert status(api, thief["access_token"]) == 401
    assert api.post("/api/auth/refresh", token=thief["refresh_token"]).status_code == 401


def test_two_keys_are_accepted_while_a_key_is_rotated_and_the_new_one_signs(api, app_of, settings):
    new = "N7y-the-key-that-signs-from-now-on-tR5qLxW2"
    rotated = app_of(secret_key=new, previous_secret_key=settings.secret_key).test_client()

    def me(client, token):
        return client.get("/api/auth/me", headers={"Authorization": f"Bearer {token}"}).status_code

    assert me(rotated, api.tokens["access_token"]) == 200
    refresh = {"Authorization": f"Bearer {api.tokens['refresh_token']}"}
    fresh = rotated.post("/api/auth/refresh", headers=refresh).json["access_token"]
    assert jwt.get_unverified_header(fresh)["kid"] == key_id(new)
    assert me(rotated, fresh) == 200
    over = app_of(secret_key=new).test_client()
    assert me(over, fresh) == 200
    assert me(over, api.tokens["access_token"]) == 401


def test_of_many_uses_of_a_refresh_token_at_once_one_wins_and_the_session_ends(
    settings, migrated, lone_session
):
    app, tokens, count = lone_session

    def refresh(_):
        headers = {"Authorization": f"Bearer {tokens['refresh_token']}"}
        return app.test_client().post("/api/auth/refresh", headers=headers)

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(refresh, range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 7
    won = next(answer.json for answer in answers if answer.status_code == 200)
    headers = {"Authorization": f"Bearer {won['refresh_token']}"}
    assert app.test_client().post("/api/auth/refresh", headers=headers).status_code == 401
    assert count() == 0


@pytest.fixture
def lone_session(app, settings, migrated):
    """A user whose rows are really committed: the app, the tokens, and a count of live sessions."""
    from webapp.accounts.models import User
    from webapp.database import db, make_session_factory

    sessions = make_session_factory(settings)
    name = f"race-{uuid.uuid4().hex[:12]}"
    body = {
        "email": f"{name}@example.com",
        "username": name,
        "password": "Correct-Horse-9-b",
        "full_name": "Ada",
    }
    client = app.test_client()
    user = uuid.UUID(client.post("/api/auth/register", json=body).json["id"])
    tokens = client.post("/api/auth/login", json={k: body[k] for k in ("email", "password")}).json

    def live() -> int:
        with sessions() as session:
            mine = sa.select(sa.func.count()).where(
                AuthSession.user_id == user, AuthSession.revoked_at.is_(None)
            )
            return session.scalar(mine)

    yield app, tokens, live
    with sessions.begin() as session:
        session.execute(sa.delete(User).where(User.id == user))
    sessions.kw["bind"].dispose()
    with app.app_context():
        db.session.remove()
