"""Mastery of one skill as a posterior over judged answers, its trend, and when to look at it again. Pure.

**Posterior.** The chance that the candidate gives what a question asks for is theta ~ Beta(a, b). The prior is
Jeffreys' Beta(1/2, 1/2): it is worth one answer and takes no side. The Beta is conjugate to the Bernoulli (Gelman et
al., *Bayesian Data Analysis*, 3rd ed., 2.4 and 2.8), so an answer of score s in 0-1 and weight w is added as
fractional counts:

    a = 1/2 + sum w s        b = 1/2 + sum w (1 - s)        mastery = a / (a + b)

Raising each answer's likelihood to a power w <= 1 is the power prior of Ibrahim and Chen (*Statistical Science* 15,
2000); with w falling exponentially over time it is the discounting of West and Harrison (*Bayesian Forecasting and
Dynamic Models*). Here

    w = 2^(-age / HALF_LIFE_DAYS) * max(confidence, LEAST_CONFIDENCE) * SEEN_BEFORE^(attempt - 1) * level(s)

with the age in days from the answer to today, the engine's own confidence in its judgement, and
`level(s)` = 0.6 + 0.4 s for an advanced question (success says more), 1 - 0.4 s for a beginner's (failure says more),
0.8 between; so no answer counts as more than one observation. A level alters how much an answer says, not what it says, so an answer at or above the present mastery never
lowers it. A higher score never lowers it either: the derivative has the sign of level(s)(a + b + w) + level'(s)(s(a + b)
- a), where |s(a + b) - a| <= a + b and level >= 0.6 > |level'| = 0.4.

**Confidence.** The 90 % credible interval by the normal approximation is mastery +- 1.645 sd, with the Beta's sd. The
share of the prior's interval that the answers have removed is 1 - sd / sd(prior): 0 before any answer, towards 1 with
many. Answers that disagree leave it lower than answers that agree.

**Review.** SM-2 (Wozniak, *Optimization of repetition spacing in the practice of learning*, 1990) multiplies the
interval with an easiness of 1.3 to 2.5 after each success and starts again after a failure (quality below 3 of 5: a
score below 60). Here a repetition is an interview and easiness follows mastery: FIRST_REVIEW_DAYS * easiness^successes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from worker.analysis.types import Level, Status

PRIOR = 0.5
HALF_LIFE_DAYS = 30.0
"""People prepare for interviews over weeks: what they knew two months ago counts a quarter."""
LEAST_CONFIDENCE = 0.1
"""A judgement that its engine does not trust at all still says a little."""
SEEN_BEFORE = 0.5
"""A second attempt has seen the model answer; all attempts at a question together weigh less than two questions."""
SCORE_NOISE = 12.0
"""Points by which one score strays from the skill behind it: the judge's error and the luck of the question."""
LEAST_MARGIN = 5.0
LEVEL_STEP = 10.0
"""Points that the same candidate loses on questions one level up, so that harder questions are no decline."""
SUCCESS_FROM = 60.0
FIRST_REVIEW_DAYS = 3
LAST_REVIEW_DAYS = 180


@dataclass(frozen=True, slots=True)
class JudgedCriterion:
    """`quote` shows a covered or partial criterion; `topic` names the point after "explain" or "tell"."""

    text: str
    weight: float
    status: Status
    quote: str | None
    topic: str = ""


@dataclass(frozen=True, slots=True)
class Correction:
    """A mistake of an answer: the words that make it, and what is right instead."""

    quote: str
    why: str


@dataclass(frozen=True, slots=True)
class JudgedAnswer:
    """One judged attempt; `score` is 0-100, `answered_at` aware, `resources` as in SkillProfile.

    `story`: the question is behavioral; `mistakes` come with the most serious first.
    """

    question_id: str
    response_id: str
    interview_id: str
    skill_id: str
    skill_name: str
    level: Level
    score: float
    confidence: float
    answered_at: datetime
    attempt: int
    criteria: tuple[JudgedCriterion, ...]
    resources: tuple[Mapping[str, Any], ...]
    story: bool = False
    mistakes: tuple[Correction, ...] = ()


@dataclass(frozen=True, slots=True)
class Mastery:
    """A Beta(successes, failures), prior included."""

    successes: float = PRIOR
    failures: float = PRIOR

    @property
    def mean(self) -> float:
        return self.successes / (self.successes + self.failures)

    @property
    def deviation(self) -> float:
        total = self.successes + self.failures
        return math.sqrt(self.successes * self.failures / (total * total * (total + 1)))

    @property
    def confidence(self) -> float:
        """0-1: the share of the prior's credible interval that the answers have removed."""
        return max(0.0, 1 - self.deviation / Mastery().deviation)


def mastery_of(answers: Iterable[JudgedAnswer], today: date) -> Mastery:
    """The posterior over all the answers; their order does not matter."""
    weighted = [(weight(answer, today), _share(answer)) for answer in answers]
    # fsum is exact, so that the order of the answers cannot show in the last digit.
    return Mastery(
        PRIOR + math.fsum(w * share for w, share in weighted),
        PRIOR + math.fsum(w * (1 - share) for w, share in weighted),
    )


def weight(answer: JudgedAnswer, today: date) -> float:
    """How much an answer says, 0 to 1 of a whole observation."""
    share = _share(answer)
    of_level = {Level.ADVANCED: 0.6 + 0.4 * share, Level.BEGINNER: 1 - 0.4 * share}.get(answer.level, 0.8)
    return _trust(answer, today) * of_level


def trend_of(earlier: Sequence[JudgedAnswer], current: Sequence[JudgedAnswer], today: date) -> str:
    """`up`, `down` or `steady` from the earlier answers to the current ones; `new` where there are no earlier ones.

    Compares weighted mean scores, brought to one level, without the prior: it would pull the side with fewer answers
    to the middle. The margin is the standard error of the difference, by each side's effective number of answers
    (Kish, *Survey Sampling*, 1965: (sum w)^2 / sum w^2), so a single odd question moves no trend.
    """
    if not earlier:
        return "new"
    before, count_before = _mean_score(earlier, today)
    now, count_now = _mean_score(current, today)
    margin = max(LEAST_MARGIN, SCORE_NOISE * math.sqrt(1 / count_before + 1 / count_now))
    if abs(now - before) <= margin:
        return "steady"
    return "up" if now > before else "down"


def next_review(mean: float, successes: int, today: date) -> date:
    """When to practise a skill of this mastery (0-1) again after so many good interviews in a row; after `today`."""
    easiness = 1.3 + 1.2 * mean
    return today + timedelta(days=min(LAST_REVIEW_DAYS, round(FIRST_REVIEW_DAYS * easiness**successes)))


def successes_in_a_row(answers: Iterable[JudgedAnswer], today: date) -> int:
    """How many of the newest interviews, without a gap, went well."""
    sessions: dict[str, list[JudgedAnswer]] = {}
    for answer in answers:
        sessions.setdefault(answer.interview_id, []).append(answer)
    newest_first = sorted(
        sessions.items(), key=lambda item: (max(a.answered_at for a in item[1]), item[0]), reverse=True
    )
    count = 0
    for _, session in newest_first:
        if session_score(session, today) < SUCCESS_FROM:
            break
        count += 1
    return count


def session_score(answers: Sequence[JudgedAnswer], today: date) -> float:
    """The mean score of some answers, 0-100, the more trusted ones weighing more."""
    trusts = [_trust(answer, today) for answer in answers]
    return math.fsum(t * a.score for t, a in zip(trusts, answers, strict=True)) / math.fsum(trusts)


def _share(answer: JudgedAnswer) -> float:
    return min(1.0, max(0.0, answer.score / 100))


def _trust(answer: JudgedAnswer, today: date) -> float:
    """The part of the weight that does not depend on how good the answer was."""
    # From today, not from the newest answer: another answer must not change what the others say.
    age = max(0, (today - answer.answered_at.astimezone(UTC).date()).days)
    confidence = min(1.0, max(LEAST_CONFIDENCE, answer.confidence))
    # Bounded, so that no weight vanishes: means divide by them.
    recency = 2 ** -min(age / HALF_LIFE_DAYS, 64.0)
    repeats = min(64, max(0, answer.attempt - 1))
    return float(recency * confidence * SEEN_BEFORE**repeats)


def _mean_score(answers: Sequence[JudgedAnswer], today: date) -> tuple[float, float]:
    """The weighted mean score at intermediate level, and the effective number of answers behind it."""
    handicap = {Level.ADVANCED: LEVEL_STEP, Level.BEGINNER: -LEVEL_STEP}
    trusts = [_trust(answer, today) for answer in answers]
    heaviest = max(trusts)
    relative = [trust / heaviest for trust in trusts]
    total = math.fsum(relative)
    scores = [answer.score + handicap.get(answer.level, 0.0) for answer in answers]
    mean = math.fsum(w * score for w, score in zip(relative, scores, strict=True)) / total
    return mean, total * total / math.fsum(w * w for w in relative)
