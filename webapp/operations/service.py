"""Is the service able to do its work, and what has it done?"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from webapp import broker
from webapp.database import NOW
from webapp.jobs import totals
from webapp.jobs.models import HEARTBEAT_EXPIRES_SECONDS, Job, JobKind, JobState, WorkerHeartbeat
from webapp.jobs.totals import TotalName
from webapp.settings import Settings

# Beat is seen by its sweeps, which may be as rare as SWEEP_SECONDS says.
BEAT_SEEN_SECONDS = 60.0
BROKER_TIMEOUT_SECONDS = 0.5
STANDSTILL_SECONDS = 30
"""An answer that is due this long while no job runs or ends means that nothing is judged."""


@dataclass(frozen=True, slots=True)
class Dependency:
    """`up` says that it works; `detail` is a sentence for the operator."""

    name: str
    up: bool
    detail: str


def dependencies(session: Session, settings: Settings) -> list[Dependency]:
    """Database, broker, workers, queue and beat, each looked at now."""
    messages = _broker(settings)
    try:
        session.execute(sa.text("SELECT 1"))
        seen = alive_by_role(session, settings)
        queue = _queue(session)
    except SQLAlchemyError as error:
        session.rollback()
        detail = f"not reachable ({type(error).__name__})"
        return [
            Dependency("database", up=False, detail=detail),
            messages,
            Dependency("workers", up=False, detail="unknown while the database is away"),
            Dependency("queue", up=False, detail="unknown while the database is away"),
        ]
    workers, beats = seen.get("worker", 0), seen.get("beat", 0)
    return [
        Dependency("database", up=True, detail="answers"),
        messages,
        Dependency(
            "workers",
            up=workers > 0,
            detail=f"{workers} with a heartbeat in the last {HEARTBEAT_EXPIRES_SECONDS:g} s"
            + ("" if workers else "; answers are kept and judged when one starts"),
        ),
        queue,
        # Workers sweep too, so a dead beat delays nothing; the operator should know all the same.
        Dependency(
            "beat",
            up=beats > 0,
            detail="its sweeps arrive"
            if beats
            else "no sweep of it has arrived lately; the workers sweep by themselves",
        ),
    ]


def alive_by_role(session: Session, settings: Settings) -> dict[str, int]:
    """How many workers and beats are alive, as their last heartbeats tell."""
    expires = {
        "worker": HEARTBEAT_EXPIRES_SECONDS,
        "beat": max(BEAT_SEEN_SECONDS, 3 * settings.sweep_seconds),
    }
    is_alive = sa.or_(
        *(
            sa.and_(WorkerHeartbeat.role == role, WorkerHeartbeat.seen_at > NOW - timedelta(seconds=seconds))
            for role, seconds in expires.items()
        )
    )
    rows = session.execute(
        sa.select(WorkerHeartbeat.role, sa.func.count()).where(is_alive).group_by(WorkerHeartbeat.role)
    ).all()
    return {role: count for role, count in rows}  # noqa: C416 - mypy knows the pairs of a comprehension only


def is_ready(found: list[Dependency]) -> bool:
    return all(dependency.up for dependency in found if dependency.name != "beat")


def _broker(settings: Settings) -> Dependency:
    failure = broker.failure(settings, timeout=BROKER_TIMEOUT_SECONDS)
    if failure:
        return Dependency(
            "broker",
            up=False,
            detail=f"takes no messages ({failure}); answers are kept and judged when it takes them again",
        )
    return Dependency("broker", up=True, detail="takes messages")


def _queue(session: Session) -> Dependency:
    """How long the oldest due answer has waited. A backlog that is being worked on is reported; a standstill is a fault.

    Skill-gap analyses are left out: they wait for their interview's answers.
    """
    now = sa.func.now()
    span = sa.func.make_interval(0, 0, 0, 0, 0, 0, float(STANDSTILL_SECONDS))
    waited = session.scalar(
        sa.select(sa.func.extract("epoch", now - sa.func.min(Job.run_at))).where(
            Job.kind == JobKind.ANSWER_FEEDBACK, Job.state == JobState.QUEUED, Job.run_at <= now
        )
    )
    if waited is None:
        return Dependency("queue", up=True, detail="no answer waits")
    detail = f"the oldest due answer has waited {float(waited):.0f} s"
    at_work = session.scalar(
        sa.select(
            sa.or_(
                sa.exists().where(Job.state == JobState.RUNNING, Job.lease_until > now),
                sa.exists().where(Job.finished_at > now - span),
            )
        )
    )
    if waited < STANDSTILL_SECONDS or at_work:
        return Dependency("queue", up=True, detail=detail)
    return Dependency("queue", up=False, detail=f"{detail}, and no job runs or has ended since")


def engine_in_use(session: Session, settings: Settings) -> dict[str, str | None]:
    """The provider that is configured, and the model that the worker seen last says it judges with."""
    engine = session.scalar(
        sa.select(WorkerHeartbeat.engine)
        .where(WorkerHeartbeat.role == "worker", WorkerHeartbeat.engine.is_not(None))
        .order_by(WorkerHeartbeat.seen_at.desc())
        .limit(1)
    )
    model = engine.partition(" ")[2] if engine else settings.llm_model or None
    return {"provider": settings.analysis_provider, "model": model}


def analysis_totals(session: Session) -> dict[str, Any]:
    """The service's own figures: analyses made, and what they cost in time, tokens and money."""
    sums: dict[tuple[TotalName, str], float] = defaultdict(float)
    for total in totals.read(session):
        sums[total.name, total.label] += total.amount
    done = int(sums[TotalName.JOBS_FINISHED, JobState.SUCCEEDED])
    cost = sums.get((TotalName.PROVIDER_COST_USD, ""))
    return {
        "analyses": done,
        "mean_engine_seconds": round(sums[TotalName.ENGINE_SECONDS, ""] / done, 3) if done else None,
        "input_tokens": int(sums[TotalName.PROVIDER_TOKENS, "input"]),
        "output_tokens": int(sums[TotalName.PROVIDER_TOKENS, "output"]),
        "cost_usd": round(cost, 4) if cost is not None else None,
    }
