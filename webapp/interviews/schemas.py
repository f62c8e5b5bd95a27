"""Wire shapes of interviews, questions and responses."""

from __future__ import annotations

import marshmallow as ma
from marshmallow import validate

from webapp.fields import (
    Choice,
    Flag,
    Instant,
    Number,
    PageQuerySchema,
    PageSchema,
    Score,
    Text,
    not_blank,
    printable,
)
from webapp.interviews.models import (
    CriterionStatus,
    DifficultyLevel,
    InterviewStatus,
    InterviewType,
    QuestionType,
    ResponseStatus,
)
from webapp.jobs.schemas import JobSchema

MAX_ANSWER_LENGTH = 5000


class InterviewCreateSchema(ma.Schema):
    job_role = Text(
        required=True,
        validate=[validate.Length(2, 100), not_blank, printable],
        metadata={
            "example": "Backend Engineer",
            "description": "A job title, in any words. A technology that it names steers the questions.",
        },
    )
    difficulty_level = Choice(
        DifficultyLevel,
        metadata={
            "description": "Where it is left out, the title's rank sets it: Junior and Intern are beginner, Senior and Staff"
            " advanced; any other title is intermediate."
        },
    )
    interview_type = Choice(InterviewType, load_default=InterviewType.MIXED)
    num_questions = ma.fields.Integer(strict=True, load_default=5, validate=validate.Range(1, 20))
    topics = ma.fields.List(
        Text(validate=[validate.Length(1, 80), not_blank]),
        load_default=list,
        validate=validate.Length(max=20),
        metadata={"description": "Skills to ask about, by id, name or a common word for them."},
    )
    job_description = Text(
        load_default=None,
        allow_none=True,
        validate=validate.Length(max=20_000),
        metadata={
            "description": "A pasted job advertisement: the skills and technologies it names are asked first."
        },
    )
    follow_ups = Flag(
        load_default=False, metadata={"description": "May feedback append a follow-up question?"}
    )


class EvidenceSchema(ma.Schema):
    """Words of the answer, and where they stand in it."""

    quote = ma.fields.String(
        required=True, metadata={"description": "Words of the answer, as they stand in it."}
    )
    start = ma.fields.Integer(
        required=True,
        metadata={
            "minimum": 0,
            "description": "Where the quote begins in user_answer, in Unicode code points from 0. In Python: "
            "`user_answer[start:end]`; in JavaScript, whose strings count UTF-16 units: "
            "`[...user_answer].slice(start, end).join('')`.",
        },
    )
    end = ma.fields.Integer(
        required=True,
        metadata={
            "minimum": 0,
            "description": "Where it ends: the code point after its last one, counted as `start` is.",
        },
    )


class DimensionSchema(ma.Schema):
    score = Score(required=True)
    weight = ma.fields.Float(required=True)
    comment = ma.fields.String(required=True)


class DimensionsSchema(ma.Schema):
    relevance = ma.fields.Nested(DimensionSchema, required=True)
    correctness = ma.fields.Nested(DimensionSchema, required=True)
    depth = ma.fields.Nested(DimensionSchema, required=True)
    structure = ma.fields.Nested(DimensionSchema, required=True)
    clarity = ma.fields.Nested(DimensionSchema, required=True)


class CriterionSchema(ma.Schema):
    text = ma.fields.String(required=True)
    weight = ma.fields.Float(required=True)
    status = Choice(CriterionStatus, required=True)
    evidence = ma.fields.Nested(EvidenceSchema, required=True, allow_none=True)
    topic = ma.fields.String(
        metadata={"description": "The point in a few words, as it reads after “explain”."}
    )
    credit = ma.fields.Float(metadata={"description": "How fully the answer makes the point, 0-1."})


class MistakeSchema(ma.Schema):
    text = ma.fields.String(required=True, metadata={"description": "What the answer says that is wrong."})
    evidence = ma.fields.Nested(EvidenceSchema, required=True)
    why = ma.fields.String(required=True, metadata={"description": "What is right instead, and why."})


class PointSchema(ma.Schema):
    text = ma.fields.String(required=True)
    evidence = ma.fields.Nested(EvidenceSchema, required=True, allow_none=True)


class DeliverySchema(ma.Schema):
    words = ma.fields.Integer(required=True)
    words_per_minute = ma.fields.Float(required=True, allow_none=True)
    fillers = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.Integer(), required=True)
    longest_sentence_words = ma.fields.Integer(required=True)


class InsufficientSchema(ma.Schema):
    code = ma.fields.String(required=True)
    reason = ma.fields.String(required=True)


class FeedbackSchema(ma.Schema):
    score = Score(required=True)
    dimensions = ma.fields.Nested(DimensionsSchema, required=True)
    criteria = ma.fields.List(ma.fields.Nested(CriterionSchema), required=True)
    mistakes = ma.fields.List(
        ma.fields.Nested(MistakeSchema),
        required=True,
        metadata={
            "description": "What the answer says that is wrong, or conduct that an interviewer holds against the candidate."
        },
    )
    strengths = ma.fields.List(ma.fields.Nested(PointSchema), required=True)
    improvements = ma.fields.List(ma.fields.Nested(PointSchema), required=True)
    summary = ma.fields.String(required=True)
    model_answer = ma.fields.String(required=True)
    delivery = ma.fields.Nested(DeliverySchema, required=True)
    confidence = ma.fields.Float(required=True, metadata={"minimum": 0, "maximum": 1})
    insufficient = ma.fields.Boolean(
        required=True, metadata={"description": "The answer holds nothing that can be judged."}
    )
    insufficient_reason = ma.fields.Nested(InsufficientSchema, required=True, allow_none=True)
    provider = ma.fields.String(required=True)
    model = ma.fields.String(required=True)
    rubric_version = ma.fields.String(required=True)
    flags = ma.fields.List(ma.fields.String(), required=True)


class ResponseSchema(ma.Schema):
    id = ma.fields.UUID(required=True)
    question_id = ma.fields.UUID(required=True)
    attempt = ma.fields.Integer(required=True)
    user_answer = ma.fields.String(required=True)
    time_taken_seconds = ma.fields.Float(required=True, allow_none=True)
    answered_at = Instant(required=True)
    status = Choice(ResponseStatus, required=True)
    # Stored in this very shape (worker/feedback.py); dumped as it is.
    feedback = ma.fields.Nested(FeedbackSchema, required=True, allow_none=True)


class ResponseDetailSchema(ResponseSchema):
    attempts = ma.fields.List(
        ma.fields.Nested(ResponseSchema),
        attribute="other_attempts",
        required=True,
        metadata={"description": "The question's other attempts, oldest first."},
    )


class QuestionSchema(ma.Schema):
    id = ma.fields.UUID(required=True)
    order_number = ma.fields.Integer(required=True)
    question_text = ma.fields.String(required=True)
    question_type = Choice(QuestionType, required=True)
    difficulty = Choice(DifficultyLevel, required=True)
    skill_category = ma.fields.String(required=True, metadata={"example": "Caching"})
    parent_question_id = ma.fields.UUID(required=True, allow_none=True)
    response = ma.fields.Nested(ResponseSchema, required=True, allow_none=True)


class QuestionListSchema(ma.Schema):
    items = ma.fields.List(ma.fields.Nested(QuestionSchema), required=True)


class MatchedRoleSchema(ma.Schema):
    id = ma.fields.String(required=True)
    title = ma.fields.String(required=True)
    similarity = ma.fields.Float(required=True, metadata={"description": "0-1; 1 is this very role."})


class DimensionScoresSchema(ma.Schema):
    """The mean score of each dimension, in the order that every report has."""

    relevance = Score(required=True)
    correctness = Score(required=True)
    depth = Score(required=True)
    structure = Score(required=True)
    clarity = Score(required=True)


class InterviewSummarySchema(ma.Schema):
    id = ma.fields.UUID(required=True)
    job_role = ma.fields.String(required=True)
    matched_roles = ma.fields.List(
        ma.fields.Nested(MatchedRoleSchema),
        required=True,
        metadata={
            "description": "The roles of the catalog that the title names, best first; empty where it names none."
        },
    )
    notice = ma.fields.String(
        required=True,
        allow_none=True,
        metadata={
            "description": "A sentence where the interview could not be what was asked for (a title that the question"
            " bank does not know, too few questions of the level, the type or the topics), else null.",
            "example": None,
        },
    )
    difficulty_level = Choice(DifficultyLevel, required=True)
    interview_type = Choice(InterviewType, required=True)
    status = Choice(InterviewStatus, required=True)
    overall_score = Score(required=True, allow_none=True)
    dimension_scores = ma.fields.Nested(DimensionScoresSchema, required=True, allow_none=True)
    started_at = Instant(required=True)
    completed_at = Instant(required=True, allow_none=True)
    duration_minutes = ma.fields.Float(required=True, allow_none=True)
    answered = ma.fields.Integer(required=True)
    total = ma.fields.Integer(required=True)


class InterviewSchema(InterviewSummarySchema):
    questions = ma.fields.List(ma.fields.Nested(QuestionSchema), required=True)


class InterviewQuerySchema(PageQuerySchema):
    status = Choice(InterviewStatus)


class InterviewPageSchema(PageSchema):
    items = ma.fields.List(ma.fields.Nested(InterviewSummarySchema), required=True)


class AnswerCreateSchema(ma.Schema):
    user_answer = Text(
        required=True,
        validate=[validate.Length(1, MAX_ANSWER_LENGTH), not_blank],
        metadata={"example": "An index keeps the keys of a column sorted, so that ..."},
    )
    time_taken_seconds = Number(
        load_default=None, allow_none=True, validate=validate.Range(min=0), metadata={"example": 140}
    )


class SubmissionSchema(ma.Schema):
    response = ma.fields.Nested(ResponseSchema, required=True)
    job = ma.fields.Nested(JobSchema, required=True)
