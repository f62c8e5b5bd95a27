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


@dataclass(frozen=True, slots=True)
class Criterion:
    """One thing a good answer says. `weight` is 3 (essential), 2 (expected) or 1 (a sign of depth)."""

    text: str
    weight: float
    key: str = ""
    aspect: Aspect = Aspect.CONCEPT
    paraphrases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class QuestionSpec:
    """Everything a judgement may know of the question; a snapshot, never a database row."""

    text: str
    question_type: QuestionType
    level: Level
    skill: str
    criteria: tuple[Criterion, ...]
    model_answer: str
    misconceptions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """A span of the answer, in characters: `answer[start:end] == quote`, always."""

    quote: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Finding:
    """What an engine found for one criterion.

    `coverage` is the calibrated probability (0-1) that a person would say the answer covers it;
    `contradicted` says that the answer claims the opposite, which `evidence` then shows. `credit` (0-1) is what it
    earns where an engine measures that apart; None lets scoring.py derive it from `coverage`.
    """

    criterion: Criterion
    status: Status
    coverage: float
    evidence: Evidence | None = None
    contradicted: bool = False
    credit: float | None = None

    @property
    def lack(self) -> float:
        """How much a follow-up question should aim at it: a missing point counts twice a partial one."""
        return self.criterion.weight * (2 if self.status is Status.MISSING else 1)


@dataclass(frozen=True, slots=True)
class Extraction:
    """All that an engine says of an answer. Scores are computed from it by scoring.py, never by an engine.

    `relevance` (0-1): is the answer about the question; `confidence` (0-1): how sure the engine is;
    `notes`: sentences for the candidate that the engine alone can write; `flags`: codes for operators.
    """

    findings: tuple[Finding, ...]
    relevance: float
    confidence: float
    provider: str
    model: str
    notes: tuple[str, ...] = ()
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


Report = Callable[[float, str], None]
"""Called with progress (0-1) and a stage in a word or two; raises JobCancelledError to end the work."""


def unreported(_progress: float, _stage: str) -> None:
    """The Report of a caller who does not care."""


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
        report: Report = unreported,
    ) -> Assessment: ...
