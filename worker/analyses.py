"""The two kinds of analysis, each as read -> analyse -> store, for the runner.

`read` turns rows into plain values, `analyse` thinks without a transaction, `store` writes inside the runner's.
"""

from __future__ import annotations

from typing import Any, Generic, Protocol, TypeVar

from sqlalchemy.orm import Session

from webapp.jobs.leases import Claim
from webapp.jobs.models import JobKind
from worker.analysis.types import Engine, ProgressCallback
from worker.answer_feedback import AnswerFeedback
from worker.skill_gap_analysis import SkillGapAnalysis

Inputs = TypeVar("Inputs")
Result = TypeVar("Result")


class Analysis(Protocol, Generic[Inputs, Result]):
    def read(self, session: Session, claimed: Claim) -> Inputs: ...
    def analyse(self, engine: Engine, inputs: Inputs, report: ProgressCallback) -> Result: ...
    def store(self, session: Session, claimed: Claim, result: Result) -> None: ...
    def usage(self, result: Result) -> dict[str, float]: ...


ANALYSES: dict[JobKind, Analysis[Any, Any]] = {
    JobKind.ANSWER_FEEDBACK: AnswerFeedback(),
    JobKind.SKILL_GAP_ANALYSIS: SkillGapAnalysis(),
}
