"""Asking a worker to word an interview's questions for a job description, where a provider is configured.

The web imports no engine, and an interview's start answers with its questions, so this is a question and an answer
over Redis, bounded in time. Nothing depends on it: without a reply in time the questions are asked as the bank has
them. The message carries a key alone; the text waits under it, and both expire by themselves.
"""

from __future__ import annotations

import json
import logging
import threading
import uuid
from collections.abc import Sequence
from typing import Any

import redis

from webapp.queue import PUBLISH_TIMEOUT_SECONDS, JobQueue
from webapp.settings import Settings

REWORD_TASK = "worker.tasks.reword_questions"
REPLY_WITHIN_SECONDS = 15
KEPT_SECONDS = 60

logger = logging.getLogger(__name__)


def reply_key(key: str) -> str:
    return f"{key}:reply"


class Rewording:
    """`places` of a web process's threads may wait for a reply at once; who comes when they are taken does without."""

    def __init__(self, settings: Settings, queue: JobQueue, *, places: int) -> None:
        self._queue = queue
        self._places = threading.BoundedSemaphore(max(1, places))
        self._redis = redis.Redis.from_url(
            settings.redis_url,
            socket_connect_timeout=PUBLISH_TIMEOUT_SECONDS,
            socket_timeout=REPLY_WITHIN_SECONDS + 1,
            retry=None,
        )

    def __call__(self, bank_question_ids: Sequence[str], job_description: str) -> list[str] | None:
        """The questions' texts in the job's terms, in order; None when there is no reply in time. Never raises."""
        if not self._places.acquire(blocking=False):
            return None
        key = f"interview-simulator:reword:{uuid.uuid4().hex}"
        try:
            asked = json.dumps({"questions": list(bank_question_ids), "job_description": job_description})
            self._redis.set(key, asked, ex=KEPT_SECONDS)
            if not self._queue.send(REWORD_TASK, key, expires=REPLY_WITHIN_SECONDS):
                return None
            reply: Any = self._redis.blpop([reply_key(key)], timeout=REPLY_WITHIN_SECONDS)
            texts = json.loads(reply[1]) if reply else None
        except (redis.RedisError, ValueError) as error:
            logger.warning("questions not reworded", extra={"error": type(error).__name__})
            return None
        finally:
            self._places.release()
        return texts if texts and len(texts) == len(bank_question_ids) else None
