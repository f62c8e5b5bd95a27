"""Pages of a query: numbered, with the total beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    items: Sequence[Item]
    total: int
    page: int
    page_size: int


def paginate(session: Session, query: sa.Select[Item], *, page: int, page_size: int) -> Page[Item]:
    """Page `page` (from 1) of the query, which must be ordered by something unique."""
    count: Any = sa.select(sa.func.count()).select_from(query.order_by(None).subquery())
    items = session.scalars(query.limit(page_size).offset((page - 1) * page_size)).all()
    return Page(items=items, total=session.scalar(count) or 0, page=page, page_size=page_size)
