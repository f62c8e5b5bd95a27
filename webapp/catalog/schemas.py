"""Wire shapes of the catalog."""

from __future__ import annotations

import marshmallow as ma


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
    interview_types = ma.fields.List(ma.fields.String(), required=True)
    difficulty_levels = ma.fields.List(ma.fields.String(), required=True)
    total_questions = ma.fields.Integer(required=True)
