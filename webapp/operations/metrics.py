"""Prometheus metrics: requests from the processes' own counters, jobs from the database.

Requests are counted in files that all web processes of a host share (PROMETHEUS_MULTIPROC_DIR, see
gunicorn.conf.py); jobs are counted in PostgreSQL, so every web process gives the numbers of the whole service.
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

from webapp.jobs import totals
from webapp.jobs.models import ACTIVE_STATES, Job, JobState
from webapp.jobs.totals import TotalName
from webapp.operations.service import alive_by_role
from webapp.settings import Settings

REQUESTS = Counter("http_requests", "Requests by route and status.", ["method", "route", "status"])
LATENCY = Histogram(
    "http_request_duration_seconds",
    "Time to answer a request.",
    ["method", "route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
# Each total with its labels, as attributes of Total, and the values of the labels that are there from the start.
_TOTALS: tuple[tuple[TotalName, str, dict[str, str], tuple[tuple[str, ...], ...]], ...] = (
    (
        TotalName.JOBS_FINISHED,
        "Times that a job ended, by its state and, where it failed, the error's code. A job that is retried ends again.",
        {"kind": "kind", "state": "label", "code": "code"},
        (),
    ),
    (
        TotalName.JOB_ATTEMPTS,
        "Attempts that ended, by outcome; `lost` is a lease that ran out.",
        {"kind": "kind", "outcome": "label", "code": "code"},
        (),
    ),
    (TotalName.ENGINE_SECONDS, "Time spent judging.", {"kind": "kind"}, ()),
    (
        TotalName.PROVIDER_TOKENS,
        "Tokens of the LLM provider.",
        {"direction": "label"},
        (("input",), ("output",)),
    ),
    (
        TotalName.PROVIDER_COST_USD,
        "Cost of the LLM provider, where its prices are known.",
        {},
        ((),),
    ),
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


def render(session: Session, settings: Settings) -> bytes:
    """All metrics in Prometheus' text format."""
    registry = CollectorRegistry()
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(_Own())
    registry.register(JobCollector(session, settings))
    return generate_latest(registry)


class _Own(Collector):
    """The counters of this one process, where no directory for several is set."""

    def collect(self) -> Iterator[Metric]:
        yield from REGISTRY.collect()


class JobCollector(Collector):
    """The queue as its rows are now, and the totals of what has left it."""

    def __init__(self, session: Session, settings: Settings) -> None:
        self._session = session
        self._settings = settings

    def collect(self) -> Iterator[Metric]:
        yield from self._queue()
        yield from self._totals()
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

    def _totals(self) -> Iterator[Metric]:
        """The totals of totals.py: they count from the first set-up on, and never fall."""
        found = totals.read(self._session)
        for name, description, labels, always in _TOTALS:
            family = CounterMetricFamily(name, description, labels=list(labels))
            sums = dict.fromkeys(always, 0.0)
            for total in found:
                if total.name is name:
                    values = tuple(str(getattr(total, attribute)) for attribute in labels.values())
                    sums[values] = sums.get(values, 0.0) + total.amount
            for values, amount in sums.items():
                family.add_metric(list(values), amount)
            yield family

    def _workers(self) -> Iterator[Metric]:
        alive = GaugeMetricFamily(
            "workers_alive", "Worker hosts and sweepers whose heartbeat is fresh.", labels=["role"]
        )
        for role, count in alive_by_role(self._session, self._settings).items():
            alive.add_metric([role], count)
        yield alive
