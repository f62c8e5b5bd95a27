"""What the question bank owes the engine: `python -m bench.bank [SKILL_ID ...]`.

For every question: its model answer scores 85 or more, and 30 or less under five unrelated questions; no two questions are
near-duplicates (TF-IDF cosine below 0.8); and the question's own text shows none of its criteria. Prints what
does not hold, and exits with 1 where something does not.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Sequence

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from worker.analysis.judge.engine import JudgeEngine
from worker.analysis.rubric import bank_question_spec
from worker.analysis.screening import Screening
from worker.analysis.types import QuestionSpec, Status
from worker.content import bank as content

OWN_AT_LEAST, OTHER_AT_MOST = 85.0, 30.0
OTHERS = 5
DUPLICATE = 0.8
UNRELATED = 0.05
"""Questions of other skills whose texts have a lower cosine than this are unrelated."""

SEED = 20130607


def read_bank(only: Sequence[str] = ()) -> dict[str, QuestionSpec]:
    """Every question of the bank by its id, or of the skills named."""
    return {
        question["id"]: bank_question_spec(question)
        for question in content.read_bank().questions
        if not only or question["skill"] in only
    }


def main(arguments: Sequence[str] | None = None) -> int:
    only = list(sys.argv[1:] if arguments is None else arguments)
    bank = read_bank()
    chosen = read_bank(only)
    if not chosen:
        sys.stderr.write(f"No such skill: {', '.join(only)}\n")
        return 2
    engine = JudgeEngine()
    names = list(bank)
    vectors = TfidfVectorizer(stop_words="english", sublinear_tf=True).fit_transform(
        [bank[name].text for name in names]
    )
    cosines = (vectors @ vectors.T).toarray()
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
