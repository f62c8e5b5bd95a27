"""An engine that fails as its answers tell it to, so that a test chooses a fault by what its candidate writes.

    [[slow 2]]        works for two seconds, and tells its progress
    [[stubborn 2]]    works for two seconds without a word: a cancellation reaches it when it stores
    [[hang]]          waits on a socket that never answers
    [[crash 2]]       its first two attempts kill the process that runs them
    [[fail CODE 2 5]] its first two attempts fail with the code; the provider asks for five seconds' patience

Every attempt leaves a line in FAULTS_DIR, in a file that is named by the answer: the attempts that really began,
counted by nobody who can be killed.
"""

from __future__ import annotations

import hashlib
import os
import re
import signal
import socket
import time
from pathlib import Path

from worker.analysis import errors
from worker.analysis.assess import judge
from worker.analysis.types import (
    Assessment,
    Extraction,
    Finding,
    ProgressCallback,
    QuestionSpec,
    ignore_progress,
)

ERRORS = {
    error.code: error
    for error in (
        errors.ProviderTimeoutError,
        errors.ProviderRateLimitedError,
        errors.ProviderUnavailableError,
        errors.ProviderInvalidOutputError,
        errors.ProviderRejectedError,
    )
}
WISH = re.compile(r"\[\[(\w+)((?: [\w.]+)*)\]\]")


def runs_file(folder: Path, answer: str) -> Path:
    return folder / hashlib.sha256(answer.encode()).hexdigest()[:32]


class FaultyEngine:
    """Implements types.Engine."""

    provider = "faulty"
    model = "faulty-1"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self) -> None:
        """There is nothing to load."""

    def assess(
        self,
        answer: str,
        question: QuestionSpec,
        *,
        time_taken_seconds: float | None = None,
        report: ProgressCallback = ignore_progress,
    ) -> Assessment:
        attempt = self._count(answer)
        for wish, rest in WISH.findall(answer):
            getattr(self, f"_{wish}")(attempt, report, *rest.split())
        extraction = Extraction(
            findings=tuple(Finding(criterion, 0.0) for criterion in question.criteria),
            mistakes=(),
            relevance=0.5,
            confidence=0.5,
            provider=self.provider,
            model=self.model,
        )
        return judge(answer, question, extraction, time_taken_seconds)

    def _count(self, answer: str) -> int:
        path = runs_file(self._folder, answer)
        # One write in append mode, so that attempts at the same moment both count.
        with path.open("a") as file:
            file.write(f"{os.getpid()}\n")
        return len(path.read_text().splitlines())

    def _slow(self, attempt: int, report: ProgressCallback, seconds: str) -> None:
        until = time.monotonic() + float(seconds)
        while time.monotonic() < until:
            report(0.5, "thinking")
            time.sleep(0.05)

    def _stubborn(self, attempt: int, report: ProgressCallback, seconds: str) -> None:
        time.sleep(float(seconds))

    def _hang(self, attempt: int, report: ProgressCallback) -> None:
        ours, _theirs = socket.socketpair()
        ours.recv(1)

    def _crash(self, attempt: int, report: ProgressCallback, times: str) -> None:
        if attempt <= int(times):
            os.kill(os.getpid(), signal.SIGKILL)

    def _fail(
        self, attempt: int, report: ProgressCallback, code: str, times: str, retry_after: str = ""
    ) -> None:
        if attempt <= int(times):
            raise ERRORS[code](
                "The provider did not do its part.",
                retry_after=float(retry_after) if retry_after else None,
            )
