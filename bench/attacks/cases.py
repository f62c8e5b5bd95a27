"""Questions of the bank as the engine takes them, and the wordings kept beside this module."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from worker.analysis.rubric import bank_question_spec
from worker.analysis.types import QuestionSpec
from worker.content.bank import Bank, read_bank

TEXTS = Path(__file__).parent / "texts"
LONGEST_ANSWER = 5000
SENTENCE_END = re.compile(r"(?<=[.?!])\s+(?=[\"'A-Z`0-9])")


@dataclass(frozen=True, slots=True)
class Case:
    """A question of the bank; `skill` is the skill's id."""

    id: str
    skill: str
    spec: QuestionSpec

    @property
    def model_answer(self) -> str:
        return self.spec.model_answer


Make = Callable[[Case, random.Random, int], str]
"""An answer to a question. The number counts a family's answers, to take its wordings in turn."""


@cache
def bank() -> Bank:
    return read_bank()


@cache
def every_case() -> dict[str, Case]:
    """All questions of the bank by id."""
    return {question["id"]: _case(question) for question in bank().questions}


@cache
def wordings(name: str) -> Any:
    """The content of texts/<name>.yaml."""
    return yaml.safe_load((TEXTS / f"{name}.yaml").read_text(encoding="utf-8"))


def sample(count: int, seed: int) -> list[Case]:
    """Different questions, each skill at most once while there are skills left; the same for the same seed."""
    rng = random.Random(seed)
    cases = sorted(every_case().values(), key=lambda case: case.id)
    rng.shuffle(cases)
    skills: dict[str, int] = {}
    ranked = []
    for case in cases:
        skills[case.skill] = skills.get(case.skill, 0) + 1
        ranked.append((skills[case.skill], case))
    ranked.sort(key=lambda entry: entry[0])
    return [case for _, case in ranked[:count]]


def sentences(text: str) -> list[str]:
    return [part.strip() for part in SENTENCE_END.split(text) if part.strip()]


def _case(question: dict[str, Any]) -> Case:
    return Case(question["id"], question["skill"], bank_question_spec(question))
