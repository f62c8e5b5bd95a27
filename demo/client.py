"""A client of the service's API, as anybody would write one: the contract over HTTP and nothing else."""

from __future__ import annotations

import secrets
import time
import uuid
from collections.abc import Iterator
from typing import Any, Self

import httpx

WAIT_SECONDS = 2
JOB_DEADLINE_SECONDS = 300.0
TERMINAL_STATES = ("succeeded", "failed", "cancelled")


class DemoError(Exception):
    """Why the demonstration cannot go on, in one line."""


class Client:
    """One candidate's calls. Every method raises DemoError when the service says no, or nothing."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        # Longer than the longest wait that a job is asked for.
        self._http = httpx.Client(base_url=self.url, timeout=WAIT_SECONDS + 20.0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def require_ready(self) -> None:
        """Raises DemoError unless the service runs and can judge."""
        answer = self._send("GET", "/api/health/ready")
        try:
            down = [
                line["name"]
                for line in answer.json()["dependencies"]
                if not line["up"] and line["name"] != "beat"
            ]
        except (ValueError, KeyError, TypeError):
            raise DemoError(f"what answers at {self.url} is not the interview simulator.") from None
        if answer.status_code != 200:
            raise DemoError(f"the service at {self.url} is not ready ({', '.join(down)}).")

    def info(self) -> dict[str, Any]:
        return self._call("GET", "/api/info")

    def sign_up(self) -> dict[str, str]:
        """Register somebody new and log in; returns their email and password."""
        name = f"demo-{secrets.token_hex(4)}"
        account = {"email": f"{name}@example.com", "password": f"Demo-{secrets.token_urlsafe(9)}-7A"}
        self._call("POST", "/api/auth/register", {**account, "username": name, "full_name": "Dana Demo"})
        tokens = self._call("POST", "/api/auth/login", account)
        self._http.headers["Authorization"] = f"Bearer {tokens['access_token']}"
        return account

    def start_interview(self, **wishes: Any) -> dict[str, Any]:
        return self._call("POST", "/api/interviews/start", wishes)

    def answer(self, question_id: str, text: str, time_taken_seconds: float) -> dict[str, Any]:
        """Answer a question; returns `response` and `job`."""
        body = {"user_answer": text, "time_taken_seconds": time_taken_seconds}
        return self._call("POST", f"/api/questions/{question_id}/answer", body)

    def complete(self, interview_id: str) -> dict[str, Any]:
        """The skill-gap job of an interview: made by its last answer, told when asked for again."""
        return self._call("POST", f"/api/interviews/{interview_id}/complete")

    def follow(self, job: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """The job as it changes, until it has succeeded. Raises DemoError when it ends otherwise."""
        deadline = time.monotonic() + JOB_DEADLINE_SECONDS
        while True:
            yield job
            if job["state"] in TERMINAL_STATES:
                break
            if time.monotonic() > deadline:
                raise DemoError(f"job {job['id']} is still {job['state']} after {JOB_DEADLINE_SECONDS:g} s.")
            job = self._call("GET", f"/api/jobs/{job['id']}", headers={"Prefer": f"wait={WAIT_SECONDS}"})
        if job["state"] != "succeeded":
            reason = (job["error"] or {}).get("message", "no reason given")
            raise DemoError(f"job {job['id']} {job['state']}: {reason}")

    def response(self, response_id: str) -> dict[str, Any]:
        return self._call("GET", f"/api/responses/{response_id}")

    def report(self, interview_id: str) -> dict[str, Any]:
        return self._call("GET", f"/api/interviews/{interview_id}/report")

    def report_links(self, interview_id: str) -> list[str]:
        """The report's addresses, in the formats that this service makes."""
        paths = [
            f"/api/interviews/{interview_id}/report?format={name}" for name in ("json", "md", "csv", "pdf")
        ]
        return [f"{self.url}{path}" for path in paths if self._send("GET", path).status_code == 200]

    def _call(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> dict[str, Any]:
        answer = self._send(method, path, body, headers)
        if answer.is_success:
            told: dict[str, Any] = answer.json()
            return told
        try:
            reason = answer.json()["detail"]
        except (ValueError, KeyError, TypeError):
            reason = "no reason given"
        raise DemoError(f"{method} {path} was answered {answer.status_code}: {reason}")

    def _send(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        headers = dict(headers or {})
        if method == "POST":
            # What a careful client sends: the same call twice would be one.
            headers["Idempotency-Key"] = str(uuid.uuid4())
        try:
            return self._http.request(method, path, json=body, headers=headers)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol):
            raise DemoError(f"{self.url} is not an address; set DEMO_URL to one.") from None
        except httpx.ConnectError:
            raise DemoError(f"no service answers at {self.url}; start it with `make run`.") from None
        except httpx.HTTPError as error:
            raise DemoError(f"{method} {self.url}{path} failed ({type(error).__name__}).") from None
