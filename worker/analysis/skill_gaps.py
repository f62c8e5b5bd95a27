"""Mastery, trend and plan per skill, from judged answers. Pure.

The formula of mastery and its sources are in mastery.py; the sentences are in recommendation.py, the steps in
study_plan.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from worker.analysis.mastery import (
    Correction,
    JudgedAnswer,
    JudgedCriterion,
    mastery_of,
    next_review,
    session_score,
    successes_in_a_row,
    trend_of,
)
from worker.analysis.recommendation import NOTHING_SHOWN, OpenPoint, Standing, recommend
from worker.analysis.study_plan import SkillProfile, study_plan
from worker.analysis.types import Level, Status

__all__ = ["Correction", "Gap", "JudgedAnswer", "JudgedCriterion", "SkillProfile", "analyse_skills"]

STRONG_FROM = 75.0
MODERATE_FROM = 50.0
EVIDENCE_SHOWN = 4


@dataclass(frozen=True, slots=True)
class Gap:
    """The standing of one skill: `gap_score` is mastery, 0-100; `confidence` 0-1.

    `evidence` holds {question_id, response_id, score, quote}, `study_plan` {title, why, hours, resource}.
    """

    skill_id: str
    skill_name: str
    proficiency_level: str
    gap_score: float
    confidence: float
    trend: str
    evidence: tuple[dict[str, Any], ...]
    recommendation: str
    study_plan: tuple[dict[str, Any], ...]
    next_review_on: date


def analyse_skills(
    answers: Sequence[JudgedAnswer],
    skills: Mapping[str, SkillProfile],
    *,
    interview_id: str,
    today: date,
) -> tuple[Gap, ...]:
    """One Gap for each skill that an answer of the interview shows, weakest first; older answers weigh in."""
    # One order for the same answers, however they came, so that everything after it is deterministic.
    ordered = sorted(answers, key=lambda a: (a.answered_at, a.question_id, a.attempt, a.response_id))
    by_skill: dict[str, list[JudgedAnswer]] = {}
    for answer in ordered:
        by_skill.setdefault(answer.skill_id, []).append(answer)
    shown = {a.skill_id for a in ordered if a.interview_id == interview_id}
    profiles = {s: skills.get(s) or SkillProfile(s, by_skill[s][-1].skill_name, (), ()) for s in shown}
    scores = {s: round(100 * mastery_of(by_skill[s], today).mean, 2) for s in shown}
    known = {profiles[s].name: proficiency_of(scores[s]) for s in shown}
    weakest_first = sorted(shown, key=lambda s: (scores[s], profiles[s].name, s))
    return tuple(
        _gap(by_skill[skill_id], profiles[skill_id], known, interview_id, today, turn)
        for turn, skill_id in enumerate(weakest_first)
    )


def proficiency_of(score: float) -> str:
    """`weak` below 50, `moderate` from 50, `strong` from 75."""
    if score >= STRONG_FROM:
        return "strong"
    return "moderate" if score >= MODERATE_FROM else "weak"


def _gap(
    answers: Sequence[JudgedAnswer],
    skill: SkillProfile,
    known: Mapping[str, str],
    interview_id: str,
    today: date,
    turn: int,
) -> Gap:
    current = [answer for answer in answers if answer.interview_id == interview_id]
    earlier = [answer for answer in answers if answer.interview_id != interview_id]
    mastery = mastery_of(answers, today)
    score = round(100 * mastery.mean, 2)
    latest = _latest_attempts(current)
    trend = trend_of(earlier, current, today)
    points = _open_points(latest)
    standing = Standing(
        skill_name=skill.name,
        proficiency=proficiency_of(score),
        score=score,
        session_score=session_score(latest, today),
        trend=trend,
        open_points=points,
        corrections=tuple(mistake for answer in latest for mistake in answer.mistakes),
        story=sum(answer.story for answer in latest) * 2 > len(latest),
        nothing_shown=all(
            a.score <= NOTHING_SHOWN and all(c.status is Status.MISSING and not c.quote for c in a.criteria)
            for a in latest
        ),
        shaky=tuple(name for name in skill.prerequisites if known.get(name) == "weak"),
        untested=tuple(name for name in skill.prerequisites if name not in known),
        resources=skill.resources,
        questions=len(latest),
        retried=any(answer.attempt > 1 for answer in latest),
        hardest=max((answer.level for answer in current), key=list(Level).index),
        turn=turn,
    )
    return Gap(
        skill_id=skill.id,
        skill_name=skill.name,
        proficiency_level=standing.proficiency,
        gap_score=score,
        confidence=round(mastery.confidence, 2),
        trend=trend,
        evidence=_evidence(answers, interview_id, today),
        recommendation=recommend(standing),
        study_plan=study_plan(standing),
        next_review_on=next_review(mastery.mean, successes_in_a_row(answers, today), today),
    )


def _latest_attempts(answers: Sequence[JudgedAnswer]) -> list[JudgedAnswer]:
    """The last attempt at each question: what a second attempt mended is no longer open."""
    latest: dict[str, JudgedAnswer] = {}
    for answer in sorted(answers, key=lambda a: (a.attempt, a.answered_at, a.response_id)):
        latest[answer.question_id] = answer
    return sorted(latest.values(), key=lambda a: (a.answered_at, a.question_id))


def _open_points(answers: Sequence[JudgedAnswer]) -> tuple[OpenPoint, ...]:
    """What the answers left missing or partial, the greatest loss first, each text once."""
    points: dict[str, OpenPoint] = {}
    for answer in answers:
        for criterion in answer.criteria:
            if criterion.status is not Status.COVERED and criterion.text.strip():
                point = OpenPoint(
                    text=criterion.text,
                    topic=criterion.topic,
                    weight=criterion.weight,
                    status=criterion.status,
                    story=answer.story,
                    resources=answer.resources,
                )
                points.setdefault(criterion.text.strip().casefold(), point)
    return tuple(sorted(points.values(), key=lambda point: -point.loss))


def _evidence(answers: Sequence[JudgedAnswer], interview_id: str, today: date) -> tuple[dict[str, Any], ...]:
    """The most telling answers, one per question, this interview's before older ones."""
    whole = mastery_of(answers, today).mean
    newest: dict[str, datetime] = {}
    for answer in answers:
        newest[answer.interview_id] = max(
            answer.answered_at, newest.get(answer.interview_id, answer.answered_at)
        )

    def influence(answer: JudgedAnswer) -> float:
        """How far mastery would move without the answer."""
        return abs(whole - mastery_of([a for a in answers if a is not answer], today).mean)

    ranked = sorted(
        answers,
        key=lambda a: (a.interview_id == interview_id, newest[a.interview_id], influence(a), a.response_id),
        reverse=True,
    )
    telling: dict[str, JudgedAnswer] = {}
    for answer in ranked:
        telling.setdefault(answer.question_id, answer)
    return tuple(
        {
            "question_id": answer.question_id,
            "response_id": answer.response_id,
            "score": round(answer.score, 2),
            "quote": _quote(answer),
        }
        for answer in list(telling.values())[:EVIDENCE_SHOWN]
    )


def _quote(answer: JudgedAnswer) -> str | None:
    """The words that show best why the answer scored as it did: its best point, or in a poor one its worst."""
    order = [Status.COVERED, Status.PARTIAL, Status.MISSING]
    if answer.score < MODERATE_FROM:
        order.reverse()
    if answer.score < MODERATE_FROM and answer.mistakes:
        return answer.mistakes[0].quote
    quoted = [criterion for criterion in answer.criteria if criterion.quote]
    best = min(quoted, key=lambda c: (order.index(c.status), -c.weight), default=None)
    return best.quote if best else None
