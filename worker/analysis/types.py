"""What goes into a judgement and what comes out: plain frozen values, shared by every engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


class QuestionType(StrEnum):
    TECHNICAL = "technical"
    BEHAVIORAL = "behavioral"
    CODING = "coding"
    SYSTEM_DESIGN = "system_design"


class Level(StrEnum):
    BEGINNER = "beginner"
    INTERMEDIATE = "intermediate"
    ADVANCED = "advanced"


class Aspect(StrEnum):
    """How a criterion is judged; see worker/content/README.md."""

    CONCEPT = "concept"
    APPROACH = "approach"
    COMPLEXITY = "complexity"
    EDGE_CASES = "edge_cases"
    TRADE_OFFS = "trade_offs"
    SITUATION = "situation"
    TASK = "task"
    ACTION = "action"
    RESULT = "result"
    REFLECTION = "reflection"


class Status(StrEnum):
    COVERED = "covered"
    PARTIAL = "partial"
    MISSING = "missing"


COVERED, PARTIAL = 0.65, 0.3
"""Credit from which a criterion is called covered, and partial."""


@dataclass(frozen=True, slots=True)
class Criterion:
    """One thing a good answer says. `weight` is 3 (essential), 2 (expected) or 1 (a sign of depth).

    `topic` names the point after "You explain", `matters` says after "because" why an interviewer likes it; feedback is
    written from them. Both may be empty.
    """

    text: str
    weight: float
    key: str = ""
    aspect: Aspect = Aspect.CONCEPT
    paraphrases: tuple[str, ...] = ()
    topic: str = ""
    matters: str = ""


@dataclass(frozen=True, slots=True)
class RedFlag:
    """A false claim, or conduct that interviewers hold against a candidate; `why` says what is right, to the candidate."""

    text: str
    why: str


@dataclass(frozen=True, slots=True)
class QuestionSpec:
    """Everything a judgement may know of the question; a snapshot, never a database row."""

    text: str
    question_type: QuestionType
    level: Level
    skill: str
    criteria: tuple[Criterion, ...]
    model_answer: str
    red_flags: tuple[RedFlag, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """A span of the answer, in characters: `answer[start:end] == quote`, always."""

    quote: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Finding:
    """What an engine found for one criterion: `credit` 0-1 is how fully the answer makes the point.

    `evidence` shows the point; `certainty` (0-1) is how sure the engine is of the credit.
    """

    criterion: Criterion
    credit: float
    evidence: Evidence | None = None
    certainty: float = 1.0

    @property
    def status(self) -> Status:
        if self.credit < PARTIAL:
            return Status.MISSING
        return Status.COVERED if self.credit >= COVERED else Status.PARTIAL

    @property
    def lack(self) -> float:
        """How much a follow-up question should aim at it: a missing point counts twice a partial one."""
        return self.criterion.weight * (2 if self.status is Status.MISSING else 1)


@dataclass(frozen=True, slots=True)
class Mistake:
    """Something that the answer says and that is wrong, or conduct that speaks against the candidate.

    `severity` (0-1) is how sure and how central it is, and what it costs (scoring.py); `text` names it, `why` says
    what is right instead. `criterion` is the point that it contradicts, where it contradicts one.
    """

    text: str
    why: str
    evidence: Evidence
    severity: float
    criterion: Criterion | None = None


@dataclass(frozen=True, slots=True)
class Extraction:
    """All that an engine says of an answer. Scores are computed from it by scoring.py, never by an engine.

    `relevance` (0-1): is the answer about the question; `confidence` (0-1): how sure the engine is;
    `flags`: codes for operators.
    """

    findings: tuple[Finding, ...]
    mistakes: tuple[Mistake, ...]
    relevance: float
    confidence: float
    provider: str
    model: str
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Dimension:
    """`score` is 0-100, `weight` is the share in the overall score (all weights sum to 1)."""

    score: float
    weight: float
    comment: str


@dataclass(frozen=True, slots=True)
class Point:
    text: str
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """`fillers` maps a filler word to how often it occurs; `words_per_minute` is None without a time."""

    words: int
    words_per_minute: float | None
    fillers: dict[str, int]
    longest_sentence_words: int


@dataclass(frozen=True, slots=True)
class Insufficient:
    """Why an answer holds nothing that can be judged: `code` for programs, `reason` for the candidate."""

    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Assessment:
    """The whole judgement of one answer: `score` and each dimension 0-100 with two decimals at most."""

    score: float
    dimensions: dict[str, Dimension]
    findings: tuple[Finding, ...]
    mistakes: tuple[Mistake, ...]
    strengths: tuple[Point, ...]
    improvements: tuple[Point, ...]
    summary: str
    model_answer: str
    delivery: Delivery
    confidence: float
    insufficient: Insufficient | None
    provider: str
    model: str
    rubric_version: str
    flags: tuple[str, ...] = ()
    usage: dict[str, float] = field(default_factory=dict)


ProgressCallback = Callable[[float, str], None]
"""Called with progress (0-1) and a stage in a word or two; raises JobCancelledError to end the work."""


def ignore_progress(_progress: float, _stage: str) -> None:
    """A ProgressCallback that does nothing."""


class Engine(Protocol):
    """Judges answers. Same answer, question and version: same assessment.

    Raises worker.analysis.errors.AnalysisError (a code, and whether a later try may succeed).
    """

    provider: str
    model: str

    def assess(
        self,
        answer: str,
        question: QuestionSpec,
        *,
        time_taken_seconds: float | None = None,
        report: ProgressCallback = ignore_progress,
    ) -> Assessment: ...
