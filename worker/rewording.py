"""The worker's side of webapp/rewording.py: the question bank's texts in the terms of a job description."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import redis
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from webapp.catalog.models import BankQuestion
from webapp.rewording import KEPT_SECONDS, reply_key
from webapp.settings import Settings
from worker.analysis.errors import AnalysisError
from worker.analysis.rubric import question_spec
from worker.analysis.types import Engine, QuestionSpec

logger = logging.getLogger(__name__)


@runtime_checkable
class Tailors(Protocol):
    """What an engine can do that words questions for a job; the embedded one cannot."""

    def tailor(self, questions: Sequence[QuestionSpec], job_description: str) -> tuple[str, ...]: ...


def reword(settings: Settings, sessions: sessionmaker[Session], engine: Engine, key: str) -> None:
    """Answer the question that waits under the key; null when the provider cannot."""
    client = redis.Redis.from_url(settings.redis_url)
    try:
        raw: Any = client.getdel(key)
        if raw is None or not isinstance(engine, Tailors):
            return
        asked = json.loads(raw)
        with sessions() as session:
            found = {
                question.id: question_spec(
                    question.content,
                    text=question.content["text"],
                    question_type=question.question_type,
                    level=question.level,
                    skill=question.skill_id,
                )
                for question in session.scalars(
                    sa.select(BankQuestion).where(BankQuestion.id.in_(asked["questions"]))
                )
            }
        try:
            texts = engine.tailor([found[i] for i in asked["questions"]], asked["job_description"])
        except (AnalysisError, KeyError) as error:
            logger.warning("questions not reworded", extra={"error": type(error).__name__})
            texts = ()
        with client.pipeline() as pipeline:
            pipeline.rpush(reply_key(key), json.dumps(texts or None))
            pipeline.expire(reply_key(key), KEPT_SECONDS)
            pipeline.execute()
    finally:
        client.close()
