"""Wire shapes of accounts."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from email_validator import EmailNotValidError, validate_email
from marshmallow import validate

from webapp.accounts.passwords import is_common
from webapp.fields import Instant, Text, not_blank

MIN_PASSWORD_LENGTH = 8


class EmailAddress(Text):
    """A deliverable-looking address; nothing is looked up. Normalised (Unicode form, lower-case domain)."""

    def __init__(self, **kwargs: Any) -> None:
        metadata = {"format": "email", "maxLength": 254, **kwargs.pop("metadata", {})}
        super().__init__(metadata=metadata, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            return validate_email(text, check_deliverability=False, test_environment=True).normalized
        except EmailNotValidError:
            raise ma.ValidationError("Not a valid email address.") from None


def strong_password(password: str) -> None:
    """The contract's rules, each with its own sentence."""
    problems = []
    if len(password) < MIN_PASSWORD_LENGTH:
        problems.append(f"Must be at least {MIN_PASSWORD_LENGTH} characters long.")
    if not any(character.isupper() for character in password):
        problems.append("Must contain an upper-case letter.")
    if not any(character.isdigit() for character in password):
        problems.append("Must contain a digit.")
    if is_common(password):
        problems.append("Is one of the most used passwords; choose one that others do not use.")
    if problems:
        raise ma.ValidationError(problems)


def username_field(**kwargs: Any) -> Text:
    return Text(
        validate=[
            validate.Length(3, 50),
            validate.Regexp(r"[A-Za-z0-9_-]+\Z", error="Only letters, digits, - and _ are allowed."),
        ],
        metadata={"example": "ada"},
        **kwargs,
    )


def full_name_field(**kwargs: Any) -> Text:
    return Text(validate=[validate.Length(2, 200), not_blank], metadata={"example": "Ada Lovelace"}, **kwargs)


class UserSchema(ma.Schema):
    id = ma.fields.UUID(required=True)
    email = ma.fields.String(required=True, metadata={"example": "ada@example.com"})
    username = ma.fields.String(required=True)
    full_name = ma.fields.String(required=True)
    is_active = ma.fields.Boolean(required=True)
    created_at = Instant(required=True)


class RegisterSchema(ma.Schema):
    email = EmailAddress(required=True, metadata={"example": "ada@example.com"})
    username = username_field(required=True)
    password = Text(
        required=True,
        load_only=True,
        validate=strong_password,
        metadata={"minLength": 8, "example": "Analytical-Engine-1843"},
    )
    full_name = full_name_field(required=True)


class LoginSchema(ma.Schema):
    email = Text(required=True, metadata={"example": "ada@example.com"})
    password = Text(required=True, load_only=True, metadata={"example": "Analytical-Engine-1843"})


class TokenPairSchema(ma.Schema):
    access_token = ma.fields.String(required=True)
    refresh_token = ma.fields.String(required=True)
    token_type = ma.fields.String(required=True, validate=validate.Equal("bearer"))
    expires_in = ma.fields.Integer(
        required=True, metadata={"description": "Seconds that the access token lives."}
    )
    user = ma.fields.Nested(UserSchema, required=True)


class PasswordChangeSchema(ma.Schema):
    current_password = Text(required=True, load_only=True)
    new_password = Text(required=True, load_only=True, validate=strong_password, metadata={"minLength": 8})


class ProfileUpdateSchema(ma.Schema):
    full_name = full_name_field()
    username = username_field()

    @ma.validates_schema
    def something_to_change(self, data: dict[str, Any], **_: Any) -> None:
        if not data:
            raise ma.ValidationError("Give full_name, username, or both.")
