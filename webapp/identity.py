"""Who makes this request; only behind a decorator of accounts/tokens.py that requires a token."""

from __future__ import annotations

import uuid
from typing import cast

from flask_jwt_extended import current_user


def current_user_id() -> uuid.UUID:
    return cast("uuid.UUID", current_user.id)
