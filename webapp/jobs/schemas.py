"""Wire shapes of jobs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import marshmallow as ma

from webapp.fields import Choice, Instant, PageQuerySchema, PageSchema
from webapp.jobs.models import AttemptOutcome, Job, JobKind, JobState

# What an analysis takes on the embedded engine when a worker is free.
USUAL_SECONDS = {JobKind.ANSWER_FEEDBACK: 1.0, JobKind.SKILL_GAP_ANALYSIS: 1.0}


class JobErrorSchema(ma.Schema):
    code = ma.fields.String(required=True, metadata={"example": "provider_timeout"})
    message = ma.fields.String(required=True)
    retryable = ma.fields.Boolean(
        required=True,
        metadata={
            "description": "May the same job succeed when it is retried? False where something must be put right "
            "first, such as the provider's key."
        },
    )


class JobLinksSchema(ma.Schema):
    self = ma.fields.String(required=True, metadata={"description": "The job."})
    interview = ma.fields.String(required=True)
    response = ma.fields.String(metadata={"description": "Of an answer_feedback job: what it judges."})
    skill_gaps = ma.fields.String(metadata={"description": "Of a skill_gap_analysis job: what it finds."})


class JobSchema(ma.Schema):
    id = ma.fields.UUID(required=True)
    kind = Choice(JobKind, required=True)
    state = Choice(JobState, required=True)
    progress = ma.fields.Float(required=True, metadata={"minimum": 0, "maximum": 1})
    stage = ma.fields.String(required=True, metadata={"example": "judging"})
    attempts = ma.fields.Integer(required=True)
    max_attempts = ma.fields.Integer(required=True)
    error = ma.fields.Nested(JobErrorSchema, required=True, allow_none=True)
    interview_id = ma.fields.UUID(required=True)
    question_id = ma.fields.UUID(required=True, allow_none=True)
    response_id = ma.fields.UUID(required=True, allow_none=True)
    created_at = Instant(required=True)
    started_at = Instant(required=True, allow_none=True)
    finished_at = Instant(required=True, allow_none=True)
    eta_seconds = ma.fields.Method(
        "dump_eta",
        required=True,
        metadata={
            "type": ["number", "null"],
            "description": "An estimate of the seconds left; null once finished. A job that has taken longer than "
            "usual is expected to take as long again; one that waits to be tried again waits for that first.",
        },
    )
    links = ma.fields.Nested(JobLinksSchema, required=True)

    def dump_eta(self, job: Job) -> float | None:
        """The usual time of its kind, or as long again as it has taken already, where that is more."""
        if job.is_finished:
            return None
        now = datetime.now(UTC)
        since = job.run_at if job.state is JobState.QUEUED else job.started_at or job.run_at
        taken = (now - since).total_seconds()
        not_before = max(0.0, -taken)
        return round(not_before + max(USUAL_SECONDS[job.kind], taken) * (1 - job.progress), 1)

    @ma.post_dump(pass_original=True)
    def name_the_retry(self, data: dict[str, Any], job: Job, **_: Any) -> dict[str, Any]:
        """Say in the error which call retries the job: a retry of its question would be another answer."""
        if data["error"] and data["error"]["retryable"]:
            data["error"]["message"] += f" To retry it: POST /api/jobs/{job.id}/retry."
        return data


class JobAttemptSchema(ma.Schema):
    started_at = Instant(required=True)
    finished_at = Instant(required=True, allow_none=True)
    outcome = Choice(AttemptOutcome, required=True, allow_none=True)
    error_code = ma.fields.String(required=True, allow_none=True)
    error_message = ma.fields.String(required=True, allow_none=True)


class JobDetailSchema(JobSchema):
    history = ma.fields.List(
        ma.fields.Nested(JobAttemptSchema),
        required=True,
        metadata={"description": "Every attempt, oldest first, with what came of it."},
    )


class JobQuerySchema(PageQuerySchema):
    state = Choice(JobState)
    kind = Choice(JobKind)
    interview_id = ma.fields.UUID()


class JobPageSchema(PageSchema):
    items = ma.fields.List(ma.fields.Nested(JobSchema), required=True)
