"""Wire shapes of accounts."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from marshmallow import validate

from webapp.accounts.passwords import is_common
from webapp.emails import email_problem, normalize_email
from webapp.fields import Instant, Pattern, Text
from webapp.text import has_control_characters, has_hidden_characters, strip_invisible, visible_length

MIN_PASSWORD_LENGTH = 8
MIN_NAME_LENGTH = 2


class EmailAddress(Text):
    """An address that mail could be sent to; nothing is looked up. Loaded in the form of normalize_email."""

    def __init__(self, **kwargs: Any) -> None:
        metadata = {"format": "email", "maxLength": 254, **kwargs.pop("metadata", {})}
        super().__init__(metadata=metadata, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        email = normalize_email(super()._deserialize(value, attr, data, **kwargs))
        problem = email_problem(email)
        if problem:
            raise ma.ValidationError(problem)
        return email


class PersonName(Text):
    """A name as a person writes it: something is seen, and nothing else is in it. White space around it is cut off."""

    default_error_messages = {
        "control": "Must not contain control characters, such as tabs or line breaks.",
        "hidden": "Must not contain characters that show nothing, such as U+200B.",
        "short": "Must have at least 2 characters that can be seen.",
    }

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        name = strip_invisible(super()._deserialize(value, attr, data, **kwargs))
        if visible_length(name) < MIN_NAME_LENGTH:
            raise self.make_error("short")
        if has_control_characters(name):
            raise self.make_error("control")
        if has_hidden_characters(name):
            raise self.make_error("hidden")
        return name


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
            Pattern(r"^[A-Za-z0-9_-]+$", error="Only letters, digits, - and _ are allowed."),
        ],
        metadata={"example": "ada"},
        **kwargs,
    )


def full_name_field(**kwargs: Any) -> PersonName:
    return PersonName(
        validate=validate.Length(MIN_NAME_LENGTH, 200), metadata={"example": "Ada Lovelace"}, **kwargs
    )


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
