"""Wire shapes of the catalog."""

from __future__ import annotations

import marshmallow as ma
from marshmallow import validate

from webapp.catalog.selection import LEVELS

# The members of InterviewType, which a feature above this one defines; webapp/openapi.py refuses a difference.
INTERVIEW_TYPES = ("technical", "behavioral", "coding", "system_design", "mixed")


class SkillSummarySchema(ma.Schema):
    id = ma.fields.String(required=True, metadata={"example": "caching"})
    name = ma.fields.String(required=True, metadata={"example": "Caching"})
    summary = ma.fields.String(required=True)
    questions = ma.fields.Integer(required=True, metadata={"description": "How many questions the bank has."})


class RoleSchema(ma.Schema):
    id = ma.fields.String(required=True, metadata={"example": "backend_engineer"})
    title = ma.fields.String(required=True, metadata={"example": "Backend Engineer"})
    summary = ma.fields.String(required=True)
    skills = ma.fields.List(ma.fields.Nested(SkillSummarySchema), required=True)
    behavioral_skills = ma.fields.List(ma.fields.Nested(SkillSummarySchema), required=True)


class CatalogSchema(ma.Schema):
    roles = ma.fields.List(ma.fields.Nested(RoleSchema), required=True)
    interview_types = ma.fields.List(
        ma.fields.String(validate=validate.OneOf(INTERVIEW_TYPES), metadata={"x-enum-name": "InterviewType"}),
        required=True,
    )
    difficulty_levels = ma.fields.List(
        ma.fields.String(validate=validate.OneOf(LEVELS), metadata={"x-enum-name": "DifficultyLevel"}),
        required=True,
    )
    total_questions = ma.fields.Integer(required=True)
