"""What the question bank owes the engine: `python -m bench.bank [SKILL_ID ...]`.

For every question: its model answer scores 85 or more, and 30 or less under five unrelated questions; no two questions are
near-duplicates (embedding cosine below 0.92); and the question's own text shows none of its criteria. Prints what
does not hold, and exits with 1 where something does not.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from worker.analysis.screening import Screening
from worker.analysis.local.encoder import Encoder
from worker.analysis.local.engine import LocalEngine
from worker.analysis.types import Aspect, Criterion, Level, QuestionSpec, QuestionType, Status

SKILLS = Path(__file__).resolve().parents[1] / "worker" / "content" / "skills"
OWN_AT_LEAST, OTHER_AT_MOST = 85.0, 30.0
OTHERS = 5
DUPLICATE = 0.92
UNRELATED = 0.30
"""Questions of other skills whose texts have a lower cosine than this are unrelated."""

SEED = 20130607


def read_bank(only: Sequence[str] = ()) -> dict[str, QuestionSpec]:
    """Every question of the bank by its id, or of the skills named."""
    specs = {}
    for path in sorted(SKILLS.glob("*.yaml")):
        if only and path.stem not in only:
            continue
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        for question in content["questions"]:
            specs[question["id"]] = _spec(question, content["skill"]["name"])
    return specs


def _spec(question: dict[str, Any], skill: str) -> QuestionSpec:
    criteria = tuple(
        Criterion(
            text=criterion["text"],
            weight=criterion["weight"],
            key=criterion["key"],
            aspect=Aspect(criterion.get("aspect", "concept")),
            paraphrases=tuple(criterion.get("paraphrases") or ()),
        )
        for criterion in question["criteria"]
    )
    return QuestionSpec(
        text=question["text"],
        question_type=QuestionType(question["type"]),
        level=Level(question["level"]),
        skill=skill,
        criteria=criteria,
        model_answer=question["model_answer"],
        misconceptions=tuple(question.get("misconceptions") or ()),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    only = list(sys.argv[1:] if arguments is None else arguments)
    bank = read_bank()
    chosen = read_bank(only)
    if not chosen:
        sys.stderr.write(f"No such skill: {', '.join(only)}\n")
        return 2
    engine = LocalEngine(questions_kept=len(bank))
    names = list(bank)
    vectors = np.stack([encoded.pooled for encoded in Encoder().encode([bank[name].text for name in names])])
    cosines = vectors @ vectors.T
    rng = random.Random(SEED)
    own_scores, other_scores, offenders = [], [], []
    for name, spec in chosen.items():
        at = names.index(name)
        own = engine.assess(spec.model_answer, spec)
        own_scores.append(own.score)
        if own.score < OWN_AT_LEAST:
            weak = [finding.criterion.key for finding in own.findings if finding.status is not Status.COVERED]
            offenders.append(
                f"{name}: the model answer scores {own.score:.0f}; not found in it: {', '.join(weak)}"
            )
        apart = [
            other for index, other in enumerate(names)
            if bank[other].skill != spec.skill and cosines[at, index] < UNRELATED
        ]  # fmt: skip
        for other in rng.sample(apart, min(OTHERS, len(apart))):
            score = engine.assess(spec.model_answer, bank[other]).score
            other_scores.append(score)
            if score > OTHER_AT_MOST:
                offenders.append(f"{name}: its model answer scores {score:.0f} under {other}")
        leaks = engine.extract(Screening(spec.text), spec).findings
        offenders += [
            f"{name}: the question gives away {finding.criterion.key}"
            for finding in leaks
            if finding.status is Status.COVERED
        ]
        for index in range(len(names)):
            later = index > at or names[index] not in chosen
            if index != at and later and cosines[at, index] >= DUPLICATE:
                offenders.append(
                    f"{name}: asks nearly the same as {names[index]} (cosine {cosines[at, index]:.2f})"
                )
    sys.stdout.write("".join(f"{line}\n" for line in offenders))
    below = sum(score < OWN_AT_LEAST for score in own_scores)
    above = sum(score > OTHER_AT_MOST for score in other_scores)
    sys.stdout.write(
        f"{len(chosen)} questions: own model answer mean {np.mean(own_scores):.1f}, {below} below {OWN_AT_LEAST:.0f}; "
        f"under unrelated questions mean {np.mean(other_scores):.1f}, {above} of {len(other_scores)} above {OTHER_AT_MOST:.0f}\n"
    )
    return 1 if offenders else 0


if __name__ == "__main__":
    sys.exit(main())
