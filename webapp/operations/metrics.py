"""Prometheus metrics: requests from the processes' own counters, jobs from their rows.

Requests are counted in files that all web processes of a host share (PROMETHEUS_MULTIPROC_DIR, see
gunicorn.conf.py); jobs are counted in PostgreSQL, so every web process tells the whole service's numbers.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import sqlalchemy as sa
from flask import Flask, Response, g, request
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import REGISTRY, Collector
from sqlalchemy.orm import Session

from webapp.jobs.models import ACTIVE_STATES, TERMINAL_STATES, Job, JobAttempt, JobState, WorkerHeartbeat

REQUESTS = Counter("http_requests", "Requests by route and status.", ["method", "route", "status"])
LATENCY = Histogram(
    "http_request_duration_seconds",
    "Time to answer a request.",
    ["method", "route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)


def register(app: Flask) -> None:
    @app.after_request
    def count(response: Response) -> Response:
        # The rule, not the path: a path would make a series of every id.
        route = request.url_rule.rule if request.url_rule else "unknown"
        REQUESTS.labels(request.method, route, response.status_code).inc()
        # The clock of the request's log line (logs.py).
        if "started" in g:
            LATENCY.labels(request.method, route).observe(time.perf_counter() - g.started)
        return response


def render(session: Session) -> bytes:
    """All metrics in Prometheus' text format."""
    registry = CollectorRegistry()
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(_Own())
    registry.register(JobCollector(session))
    return generate_latest(registry)


class _Own(Collector):
    """The counters of this one process, where no directory for several is set."""

    def collect(self) -> Iterator[Metric]:
        yield from REGISTRY.collect()


class JobCollector(Collector):
    """The queue as its rows tell it."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def collect(self) -> Iterator[Metric]:
        yield from self._queue()
        yield from self._finished()
        yield from self._attempts()
        yield from self._costs()
        yield from self._workers()

    def _queue(self) -> Iterator[Metric]:
        depth = GaugeMetricFamily("jobs_unfinished", "Jobs not finished.", labels=["kind", "state"])
        oldest = GaugeMetricFamily(
            "jobs_oldest_queued_seconds", "Age of the oldest job that is due and waits.", labels=["kind"]
        )
        rows = self._session.execute(
            sa.select(
                Job.kind,
                Job.state,
                sa.func.count(),
                sa.func.max(sa.extract("epoch", sa.func.now() - Job.run_at)),
            )
            .where(Job.state.in_(ACTIVE_STATES))
            .group_by(Job.kind, Job.state)
        ).all()
        for kind, state, count, age in rows:
            depth.add_metric([kind, state], count)
            if state == JobState.QUEUED:
                oldest.add_metric([kind], max(0.0, float(age)))
        yield depth
        yield oldest

    def _finished(self) -> Iterator[Metric]:
        finished = CounterMetricFamily(
            "jobs_finished",
            "Jobs that are finished, by how and, if failed, with which code.",
            labels=["kind", "state", "code"],
        )
        rows = self._session.execute(
            sa.select(Job.kind, Job.state, sa.func.coalesce(Job.error_code, ""), sa.func.count())
            .where(Job.state.in_(TERMINAL_STATES))
            .group_by(Job.kind, Job.state, Job.error_code)
        ).all()
        for kind, state, code, count in rows:
            finished.add_metric([kind, state, code], count)
        yield finished

    def _attempts(self) -> Iterator[Metric]:
        attempts = CounterMetricFamily(
            "job_attempts",
            "Attempts at jobs by what came of them; outcome `lost` is a lost lease.",
            labels=["kind", "outcome", "code"],
        )
        rows = self._session.execute(
            sa.select(
                Job.kind, JobAttempt.outcome, sa.func.coalesce(JobAttempt.error_code, ""), sa.func.count()
            )
            .join(Job, Job.id == JobAttempt.job_id)
            .where(JobAttempt.outcome.is_not(None))
            .group_by(Job.kind, JobAttempt.outcome, JobAttempt.error_code)
        ).all()
        for kind, outcome, code, count in rows:
            attempts.add_metric([kind, str(outcome), code], count)
        yield attempts

    def _costs(self) -> Iterator[Metric]:
        engine = CounterMetricFamily("engine_seconds", "Time spent judging.", labels=["kind"])
        tokens = CounterMetricFamily("provider_tokens", "Tokens of the LLM provider.", labels=["direction"])
        cost = CounterMetricFamily(
            "provider_cost_usd", "Cost of the LLM provider, where its prices are known."
        )
        rows = self._session.execute(
            sa.select(
                Job.kind,
                sa.func.sum(Job.engine_seconds),
                sa.func.sum(Job.input_tokens),
                sa.func.sum(Job.output_tokens),
                sa.func.sum(Job.cost_usd),
            ).group_by(Job.kind)
        ).all()
        for kind, seconds, *_ in rows:
            engine.add_metric([kind], seconds or 0.0)
        tokens.add_metric(["input"], sum(row[2] or 0 for row in rows))
        tokens.add_metric(["output"], sum(row[3] or 0 for row in rows))
        cost.add_metric([], sum(row[4] or 0.0 for row in rows))
        yield engine
        yield tokens
        yield cost

    def _workers(self) -> Iterator[Metric]:
        alive = GaugeMetricFamily(
            "workers_alive", "Worker hosts and sweepers seen in the last minute.", labels=["role"]
        )
        rows = self._session.execute(
            sa.select(WorkerHeartbeat.role, sa.func.count())
            .where(WorkerHeartbeat.seen_at > sa.func.now() - sa.text("interval '60 seconds'"))
            .group_by(WorkerHeartbeat.role)
        ).all()
        for role, count in rows:
            alive.add_metric([role], count)
        yield alive
