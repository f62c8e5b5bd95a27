"""One question, answers to it, and an embedded engine simple enough to know by heart."""

from __future__ import annotations

from fake_provider import overlap, passages

from worker.analysis.assess import judge
from worker.analysis.screening import screen
from worker.analysis.types import (
    Assessment,
    Criterion,
    Evidence,
    Extraction,
    Finding,
    Level,
    ProgressCallback,
    QuestionSpec,
    QuestionType,
    RedFlag,
    ignore_progress,
)

KEY = "sk-test-key-1234"

QUESTION = QuestionSpec(
    text="Your service reads product data far more often than it changes. How would you put a cache in front of the database?",
    question_type=QuestionType.TECHNICAL,
    level=Level.INTERMEDIATE,
    skill="Caching",
    criteria=(
        Criterion(
            "On a miss cache-aside loads from the database, and the application looks first in the cache",
            3,
            "aside",
        ),
        Criterion(
            "Every write gets slower with write-through, as database and cache it updates together",
            3,
            "through",
        ),
        Criterion("How long stale data, a value, can be served a time-to-live bounds", 2, "ttl"),
        Criterion(
            "Unless a lock lets one rebuild it, once a popular key expires many requests at once hit the database",
            2,
            "stampede",
        ),
        Criterion(
            "A cache node that crashes before flushing loses, with write-behind, acknowledged updates",
            1,
            "behind",
        ),
    ),
    model_answer="I would begin with cache-aside. The application looks in the cache and loads a miss from the database.",
    red_flags=(
        RedFlag("A time-to-live guarantees that a reader never sees an outdated value", "It is not so."),
    ),
)

CLEAN = (
    "I would use cache-aside: the application looks in the cache first and loads the row from the database on a miss. "
    "Each entry gets a time-to-live, which bounds how long a stale value can be served to anybody. "
    "Monitoring tells us whether the hit rate justifies the extra memory."
)
"""Covers two of the five criteria."""

FULL = CLEAN + (
    " Write-through updates the cache and the database together, so every write gets slower. "
    "When a popular key expires, many requests hit the database at once, so a lock lets one of them rebuild it. "
    "Write-behind loses acknowledged updates if the cache node crashes before flushing."
)
"""Covers all five."""


class StandIn:
    """An embedded engine that knows a criterion by its words."""

    provider = "local"
    model = "stand-in"

    def assess(
        self,
        answer: str,
        question: QuestionSpec,
        *,
        time_taken_seconds: float | None = None,
        report: ProgressCallback = ignore_progress,
    ) -> Assessment:
        screening = screen(answer, question)
        findings = []
        for criterion in question.criteria:
            best = max(
                passages(screening.text), key=lambda passage: overlap(criterion.text, passage), default=""
            )
            credit = min(1.0, 1.6 * overlap(criterion.text, best))
            start = answer.find(best)
            evidence = Evidence(best, start, start + len(best)) if best and start >= 0 else None
            findings.append(Finding(criterion, credit, evidence))
        return judge(
            answer,
            question,
            Extraction(tuple(findings), (), 1.0, 0.8, self.provider, self.model),
            screening=screening,
        )
