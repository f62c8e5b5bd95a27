"""What a file of the question bank must look like; README.md beside this says it in words."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from marshmallow import validate

from worker.analysis.types import Aspect, Level, QuestionType

SKILL_ID = validate.Regexp(r"[a-z][a-z0-9_]*\Z")
KEY = validate.Regexp(r"[a-z0-9][a-z0-9_-]*\Z")
BEHAVIORAL_MUST_HAVE = {"situation", "action", "result"}


def words(least: int, most: int) -> Any:
    def check(text: str) -> None:
        count = len(text.split())
        if not least <= count <= most:
            raise ma.ValidationError(f"Has {count} words; {least} to {most} are asked for.")

    return check


class ResourceSchema(ma.Schema):
    key = ma.fields.String(required=True, validate=KEY)
    title = ma.fields.String(required=True, validate=validate.Length(3, 200))
    kind = ma.fields.String(
        required=True, validate=validate.OneOf(["documentation", "book", "course", "article", "standard"])
    )
    url = ma.fields.Url(schemes={"https"})
    hours = ma.fields.Float(validate=validate.Range(0.25, 200))


class SkillSchema(ma.Schema):
    id = ma.fields.String(required=True, validate=SKILL_ID)
    name = ma.fields.String(required=True, validate=validate.Length(2, 80))
    aliases = ma.fields.List(ma.fields.String(), required=True, validate=validate.Length(min=1))
    bound_to = ma.fields.List(ma.fields.String(), load_default=list)
    prerequisites = ma.fields.List(ma.fields.String(), required=True)
    summary = ma.fields.String(required=True, validate=validate.Length(10, 300))
    resources = ma.fields.List(
        ma.fields.Nested(ResourceSchema), required=True, validate=validate.Length(2, 4)
    )


class CriterionSchema(ma.Schema):
    key = ma.fields.String(required=True, validate=KEY)
    text = ma.fields.String(required=True, validate=words(5, 32))
    weight = ma.fields.Integer(required=True, strict=True, validate=validate.OneOf([1, 2, 3]))
    aspect = ma.fields.String(load_default="concept", validate=validate.OneOf([a.value for a in Aspect]))
    paraphrases = ma.fields.List(ma.fields.String(), load_default=list, validate=validate.Length(max=2))
    topic = ma.fields.String(required=True, validate=words(2, 14))
    matters = ma.fields.String(required=True, validate=words(4, 24))


class RedFlagSchema(ma.Schema):
    text = ma.fields.String(required=True, validate=words(4, 32))
    why = ma.fields.String(required=True, validate=words(8, 60))


class FollowUpSchema(ma.Schema):
    text = ma.fields.String(required=True, validate=words(4, 60))
    aims_at = ma.fields.String(required=True)


class QuestionSchema(ma.Schema):
    id = ma.fields.String(required=True, validate=KEY)
    type = ma.fields.String(required=True, validate=validate.OneOf([t.value for t in QuestionType]))
    level = ma.fields.String(required=True, validate=validate.OneOf([level.value for level in Level]))
    text = ma.fields.String(required=True, validate=words(10, 80))
    criteria = ma.fields.List(
        ma.fields.Nested(CriterionSchema), required=True, validate=validate.Length(4, 8)
    )
    red_flags = ma.fields.List(ma.fields.Nested(RedFlagSchema), required=True, validate=validate.Length(2, 4))
    model_answer = ma.fields.String(required=True, validate=words(100, 280))
    follow_ups = ma.fields.List(
        ma.fields.Nested(FollowUpSchema), required=True, validate=validate.Length(2, 3)
    )
    resources = ma.fields.List(ma.fields.String(), required=True, validate=validate.Length(min=1))

    @ma.validates_schema
    def holds_together(self, data: dict[str, Any], **_: Any) -> None:
        keys = [criterion["key"] for criterion in data["criteria"]]
        if len(set(keys)) != len(keys):
            raise ma.ValidationError("Two criteria have the same key.", "criteria")
        unknown = [
            follow_up["aims_at"] for follow_up in data["follow_ups"] if follow_up["aims_at"] not in keys
        ]
        if unknown:
            raise ma.ValidationError(f"Aims at no criterion: {', '.join(unknown)}.", "follow_ups")
        aspects = {criterion["aspect"] for criterion in data["criteria"]}
        if data["type"] == QuestionType.BEHAVIORAL and not aspects >= BEHAVIORAL_MUST_HAVE:
            raise ma.ValidationError("A behavioral question needs situation, action and result.", "criteria")


class SkillFileSchema(ma.Schema):
    skill = ma.fields.Nested(SkillSchema, required=True)
    questions = ma.fields.List(
        ma.fields.Nested(QuestionSchema), required=True, validate=validate.Length(min=1)
    )


class RoleSchema(ma.Schema):
    id = ma.fields.String(required=True, validate=SKILL_ID)
    title = ma.fields.String(required=True)
    aliases = ma.fields.List(ma.fields.String(), required=True)
    areas = ma.fields.List(ma.fields.String(), load_default=list)
    technologies = ma.fields.List(ma.fields.String(), load_default=list)
    summary = ma.fields.String(required=True)
    skills = ma.fields.List(ma.fields.String(), required=True, validate=validate.Length(min=3))
    behavioral = ma.fields.List(ma.fields.String(), required=True)


class RolesFileSchema(ma.Schema):
    behavioral = ma.fields.List(ma.fields.String(), required=True)
    roles = ma.fields.List(ma.fields.Nested(RoleSchema), required=True)
