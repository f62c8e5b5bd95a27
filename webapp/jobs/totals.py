"""Totals that never fall: how jobs ended, and what they cost, since the service was first set up.

A total is the sum of its rows. The transaction that ends a job inserts its rows and updates none, so that workers
that finish at the same moment never wait for each other; a sweep folds the rows of a total into one (ADR 13). The
rows refer to no job and no user, so neither the purge nor the deletion of an account changes a total.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webapp.jobs.models import JobTotal

FOLD_FROM_ROWS = 500


class TotalName(StrEnum):
    JOBS_FINISHED = "jobs_finished"
    """`label` is the terminal state, `code` the error's."""
    JOB_ATTEMPTS = "job_attempts"
    """`label` is the outcome of the attempt, `code` the error's."""
    ENGINE_SECONDS = "engine_seconds"
    PROVIDER_TOKENS = "provider_tokens"
    """`label` is `input` or `output`."""
    PROVIDER_COST_USD = "provider_cost_usd"


@dataclass(frozen=True, slots=True)
class Total:
    """An amount to add, or a sum; what does not apply to the name is empty."""

    name: TotalName
    amount: float = 1.0
    kind: str = ""
    label: str = ""
    code: str = ""


def add(session: Session, amounts: Iterable[Total]) -> None:
    """Add the amounts in the caller's transaction."""
    rows = [
        {"name": t.name, "kind": t.kind, "label": t.label, "code": t.code, "amount": t.amount}
        for t in amounts
    ]
    if rows:
        session.execute(sa.insert(JobTotal), rows)


def read(session: Session) -> list[Total]:
    """Every total."""
    rows = session.execute(
        sa.select(
            JobTotal.name, sa.func.sum(JobTotal.amount), JobTotal.kind, JobTotal.label, JobTotal.code
        ).group_by(JobTotal.name, JobTotal.kind, JobTotal.label, JobTotal.code)
    )
    return [Total(TotalName(name), amount, *labels) for name, amount, *labels in rows]


def fold(session: Session, *, from_rows: int = FOLD_FROM_ROWS) -> bool:
    """Replace the rows of each total by their sum, once there are `from_rows`. A reader sees all of it or nothing."""
    some = sa.select(JobTotal.id).limit(from_rows).subquery()
    count = session.scalar(sa.select(sa.func.count()).select_from(some)) or 0
    if count < from_rows:
        return False
    folded = sa.delete(JobTotal).returning(
        JobTotal.name, JobTotal.kind, JobTotal.label, JobTotal.code, JobTotal.amount
    )
    taken = folded.cte("taken")
    labels = (taken.c.name, taken.c.kind, taken.c.label, taken.c.code)
    session.execute(
        sa.insert(JobTotal)
        .from_select(
            ["name", "kind", "label", "code", "amount"],
            sa.select(*labels, sa.func.sum(taken.c.amount)).group_by(*labels),
        )
        .add_cte(taken)
    )
    return True
