"""Is the service able to do its work, and what has it done?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from webapp import broker
from webapp.jobs.models import Job, JobKind, JobState, WorkerHeartbeat
from webapp.settings import Settings

WORKER_SEEN_SECONDS = 60
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
        seen = dict(
            session.execute(
                sa.select(WorkerHeartbeat.role, sa.func.count())
                .where(
                    WorkerHeartbeat.seen_at
                    > sa.func.now() - sa.func.make_interval(0, 0, 0, 0, 0, 0, float(WORKER_SEEN_SECONDS))
                )
                .group_by(WorkerHeartbeat.role)
            ).all()
        )
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
            detail=f"{workers} seen in the last {WORKER_SEEN_SECONDS} s"
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
    """How long the oldest due answer has waited. A backlog that is being worked on is told; a standstill is a fault.

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
    done, seconds, tokens_in, tokens_out, cost = session.execute(
        sa.select(
            sa.func.count().filter(Job.state == JobState.SUCCEEDED),
            sa.func.avg(Job.engine_seconds),
            sa.func.coalesce(sa.func.sum(Job.input_tokens), 0),
            sa.func.coalesce(sa.func.sum(Job.output_tokens), 0),
            sa.func.sum(Job.cost_usd),
        )
    ).one()
    return {
        "analyses": done,
        "mean_engine_seconds": round(seconds, 3) if seconds is not None else None,
        "input_tokens": tokens_in,
        "output_tokens": tokens_out,
        "cost_usd": round(cost, 4) if cost is not None else None,
    }
