"""Wire shapes of statistics, skill gaps and reports."""

from __future__ import annotations

import marshmallow as ma

from webapp.accounts.models import AccountStatus
from webapp.fields import Choice, Instant, Score
from webapp.interviews.models import QuestionType, ResponseStatus
from webapp.interviews.schemas import EvidenceSchema, FeedbackSchema, InterviewSummarySchema
from webapp.reports.models import ProficiencyLevel, QuestionStatus, ReportFormat, Trend


class StatsSchema(ma.Schema):
    total_interviews = ma.fields.Integer(required=True)
    completed_interviews = ma.fields.Integer(required=True)
    average_score = Score(required=True)
    best_score = Score(required=True)
    total_questions_answered = ma.fields.Integer(required=True)
    member_since = Instant(required=True)
    account_status = Choice(AccountStatus, required=True)


class GapEvidenceSchema(ma.Schema):
    question_id = ma.fields.UUID(required=True)
    response_id = ma.fields.UUID(required=True)
    score = Score(required=True)
    quote = ma.fields.String(required=True, allow_none=True)


class StudyStepSchema(ma.Schema):
    title = ma.fields.String(required=True)
    why = ma.fields.String(required=True)
    hours = ma.fields.Float(required=True)
    resource = ma.fields.String(required=True, allow_none=True)


class SkillGapSchema(ma.Schema):
    id = ma.fields.UUID(required=True)
    interview_id = ma.fields.UUID(required=True)
    skill_name = ma.fields.String(required=True)
    proficiency_level = Choice(ProficiencyLevel, required=True)
    gap_score = Score(required=True, metadata={"description": "Mastery: lower is the bigger gap."})
    confidence = ma.fields.Float(required=True, metadata={"minimum": 0, "maximum": 1})
    trend = Choice(Trend, required=True)
    evidence = ma.fields.List(ma.fields.Nested(GapEvidenceSchema), required=True)
    recommendation = ma.fields.String(required=True)
    study_plan = ma.fields.List(ma.fields.Nested(StudyStepSchema), required=True)
    next_review_on = ma.fields.Date(required=True)
    identified_at = Instant(required=True)


class NotAssessedSchema(ma.Schema):
    skill_id = ma.fields.String(required=True)
    skill_name = ma.fields.String(required=True)
    questions_asked = ma.fields.Integer(required=True)


class SkillGapListSchema(ma.Schema):
    items = ma.fields.List(ma.fields.Nested(SkillGapSchema), required=True)
    not_assessed = ma.fields.List(
        ma.fields.Nested(NotAssessedSchema),
        required=True,
        metadata={"description": "Asked but not answered: unknown, which is not weak."},
    )


class ReportQuerySchema(ma.Schema):
    format = Choice(ReportFormat, load_default=ReportFormat.JSON)


class NextStepSchema(ma.Schema):
    skill_name = ma.fields.String(required=True)
    what = ma.fields.String(required=True)
    why = ma.fields.String(required=True)


class ReportStrengthSchema(ma.Schema):
    question_id = ma.fields.UUID(required=True)
    text = ma.fields.String(required=True)
    evidence = ma.fields.Nested(EvidenceSchema, required=True, allow_none=True)


class AttemptSummarySchema(ma.Schema):
    attempt = ma.fields.Integer(required=True)
    score = Score(required=True, allow_none=True)
    status = Choice(ResponseStatus, required=True)


class QuestionReportSchema(ma.Schema):
    order_number = ma.fields.Integer(required=True)
    question_id = ma.fields.UUID(required=True)
    question_text = ma.fields.String(required=True)
    question_type = Choice(QuestionType, required=True)
    skill_category = ma.fields.String(required=True)
    status = Choice(QuestionStatus, required=True)
    user_answer = ma.fields.String(required=True, allow_none=True)
    score = Score(required=True, allow_none=True)
    feedback = ma.fields.Nested(FeedbackSchema, required=True, allow_none=True)
    attempts = ma.fields.List(ma.fields.Nested(AttemptSummarySchema), required=True)


class PlannedStepSchema(StudyStepSchema):
    skill_name = ma.fields.String(required=True)


class ReportSchema(ma.Schema):
    interview = ma.fields.Nested(InterviewSummarySchema, required=True)
    headline = ma.fields.String(
        required=True, metadata={"description": "Where you stand for this role and level."}
    )
    next_steps = ma.fields.List(ma.fields.Nested(NextStepSchema), required=True)
    strengths = ma.fields.List(ma.fields.Nested(ReportStrengthSchema), required=True)
    questions = ma.fields.List(ma.fields.Nested(QuestionReportSchema), required=True)
    skill_gaps = ma.fields.List(ma.fields.Nested(SkillGapSchema), required=True)
    not_assessed = ma.fields.List(ma.fields.Nested(NotAssessedSchema), required=True)
    study_plan = ma.fields.List(ma.fields.Nested(PlannedStepSchema), required=True)
