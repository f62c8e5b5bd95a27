"""People who use the service over HTTP, and what became of the answers that it accepted."""

from __future__ import annotations

import itertools
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

import httpx
from service_stack import PATIENCE, ServiceStack, eventually

PASSWORD = "Correct-Horse-9-battery"
SENTENCE = "An index keeps its keys sorted, so a lookup reads few pages, but every write has to keep it up."


@dataclass(eq=False)
class Candidate:
    """A logged-in user. `accepted` are the jobs of which the service said 202."""

    stack: ServiceStack
    http: httpx.Client
    accepted: list[str] = field(default_factory=list)
    _unanswered: list[str] = field(default_factory=list)

    def call(self, method: str, path: str, *, key: str | None = None, **kwargs: Any) -> httpx.Response:
        headers = {"Idempotency-Key": key} if key else {}
        return self.http.request(method, path, headers=headers, **kwargs)

    def start(self, count: int = 20, **wishes: Any) -> dict[str, Any]:
        body = {"job_role": "Backend Engineer", "num_questions": count, **wishes}
        response = self.call("POST", "/api/interviews/start", json=body)
        assert response.status_code == 201, response.text
        return response.json()

    def question(self) -> str:
        """The id of a question that nobody has answered; starts a new interview when they run out."""
        if not self._unanswered:
            self._unanswered = [question["id"] for question in self.start()["questions"]]
        return self._unanswered.pop()

    def submit(
        self, wish: str = "", *, key: str | None = None, question: str | None = None
    ) -> httpx.Response:
        """Answer a question; the text is one of its own, so that its attempts can be counted."""
        text = f"{SENTENCE} {wish} ({uuid.uuid4()})"
        question = question or self.question()
        response = self.call("POST", f"/api/questions/{question}/answer", key=key, json={"user_answer": text})
        if response.status_code == 202:
            self.accepted.append(response.json()["job"]["id"])
        return response

    def answer(self, wish: str = "") -> str:
        """The id of the job of an answer that was taken."""
        response = self.submit(wish)
        assert response.status_code == 202, response.text
        return response.json()["job"]["id"]

    def job(self, job_id: str) -> dict[str, Any]:
        response = self.call("GET", f"/api/jobs/{job_id}")
        assert response.status_code == 200, response.text
        return response.json()


_numbers = itertools.count()


def new_candidate(stack: ServiceStack, address: str = "") -> Candidate:
    name = f"candidate-{next(_numbers)}-{uuid.uuid4().hex[:8]}"
    http = httpx.Client(base_url=address or stack.address, timeout=30)
    body = {
        "email": f"{name}@example.com",
        "username": name,
        "password": PASSWORD,
        "full_name": "Grace Hopper",
    }
    registered = http.post("/api/auth/register", json=body)
    assert registered.status_code == 201, registered.text
    login = http.post("/api/auth/login", json={"email": body["email"], "password": PASSWORD})
    assert login.status_code == 200, login.text
    http.headers["Authorization"] = f"Bearer {login.json()['access_token']}"
    return Candidate(stack, http)


@dataclass(frozen=True)
class Verdict:
    """What became of a service's jobs: `lost` never ended or are not there, `doubled` have two results."""

    jobs: int
    lost: int
    doubled: int
    recovery_seconds: float


def settle(stack: ServiceStack, *candidates: Candidate, patience: float = PATIENCE) -> Verdict:
    """Wait until every job has ended, then count; the time is that from now to the end of the last one."""
    began = time.monotonic()

    def unfinished() -> int:
        query = "SELECT count(*) FROM jobs WHERE state IN ('queued', 'running')"
        return int(stack.rows(query)[0]["count"])

    eventually(lambda: not unfinished(), "every job ends", patience)
    seconds = time.monotonic() - began
    known = {str(row["id"]) for row in stack.rows("SELECT id FROM jobs")}
    accepted = [job for candidate in candidates for job in candidate.accepted]
    resultless = stack.rows(
        """SELECT job.id FROM jobs job LEFT JOIN responses response ON response.id = job.response_id
           WHERE job.state = 'succeeded' AND job.kind = 'answer_feedback' AND response.feedback IS NULL"""
    )
    doubled = stack.rows(
        """SELECT job_or_response FROM witnessed_results GROUP BY 1 HAVING count(*) > 1
           UNION SELECT job_id FROM job_attempts WHERE outcome = 'succeeded' GROUP BY 1 HAVING count(*) > 1"""
    )
    missing = [job for job in accepted if job not in known]
    return Verdict(len(known), len(missing) + len(resultless), len(doubled), seconds)
