"""What a told experience holds: situation, task, action, result, reflection, by the words people tell them with.

A behavioral criterion says what an answer of its kind contains; any honest, concrete story that fits must earn it,
not only one like the model answer. So a passage counts for an aspect when it reads like that part of a story, in
the first person and in the past, and is about what the question asks: not the theme alone, but what its criteria say.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from worker.analysis.local.likeness import Claims, ramp
from worker.analysis.local.texts import Reals
from worker.analysis.quotes import Span, evidence_at, words
from worker.analysis.scoring import status_of
from worker.analysis.types import Aspect, Finding, QuestionSpec, QuestionType

STORY_CREDIT = 0.95
"""The most that a part of a story earns by being told well and on the subject, without the criterion's own substance."""

STORY_FROM, STORY_FULL = 0.54, 0.66
"""Fit (see `fit`) between which a told experience counts as one of the kind that the question asks for."""

STORY_SENTENCES = 3
"""So many sentences that tell what the candidate did make a story."""

FEWEST_OWN = 3

_PAST_WORDS = (
    r"(?:was|were|had|did|went|came|made|took|got|gave|told|said|saw|knew|thought|found|led|left|kept|began|built|wrote|ran|sent|spent|brought|"
    r"chose|felt|held|met|put|set|spoke|taught|understood|broke|drew|heard|paid|read|sat|lost|won|\w{2,}ed)"
)
_PAST = re.compile(rf"\b{_PAST_WORDS}\b", re.IGNORECASE)
_NARRATED = re.compile(
    rf"\b(?:i|we|i\s+and\s+\w+)\s+(?:\w+ly\s+|also\s+|then\s+|never\s+|still\s+|first\s+|just\s+|only\s+)?{_PAST_WORDS}\b",
    re.IGNORECASE,
)
"""Who tells what happened says "I did"; "I derive the figures needed" explains what one does."""

_PLANNED = re.compile(r"\b(?:i\s+(?:would|will|'d|’d)|i['’](?:d|ll))\b", re.IGNORECASE)
"""What a person would do: the story that a question about a situation yet to come asks for."""

_OWN = re.compile(r"\b(?:i|my|me|myself|i'd|i've)\b", re.IGNORECASE)
_SHARED = re.compile(r"\b(?:we|our|us)\b", re.IGNORECASE)
_CUES = {
    Aspect.SITUATION: re.compile(
        r"\b(?:when|while|during|once|last\s+(?:year|month|summer|quarter|spring|autumn|winter)|(?:a|two|three|few|couple\s+of)\s+(?:years?|months?|weeks?)"
        r"\s+(?:ago|into|before)|at\s+(?:my|the|a|our)\s+\w+|in\s+my\s+(?:previous|last|first|current|old)|team|project|client|customer|company|release|"
        r"deadline|launch|colleague|manager|migration|outage|there\s+was|we\s+(?:were|had)|i\s+(?:was|had|joined|worked))\b",
        re.IGNORECASE,
    ),
    Aspect.TASK: re.compile(
        r"\b(?:responsible|my\s+(?:job|task|role|goal|responsibility|part)|asked\s+(?:me|to)|needed\s+to|had\s+to|was\s+to|supposed\s+to|in\s+charge|"
        r"assigned|owned|expected|goal|challenge|wanted\s+to|we\s+needed|required)\b",
        re.IGNORECASE,
    ),
    Aspect.ACTION: re.compile(
        r"\b(?:i|then\s+i|so\s+i|first\s+i)\s+(?:\w+ly\s+|also\s+|then\s+|first\s+|\w+\s+and\s+)?(?!was\b|had\b|am\b|think\b|believe\b|would\b|will\b|can\b|could\b)"
        r"(?:went|came|made|took|got|gave|told|saw|thought|found|led|kept|began|built|wrote|ran|sent|spent|brought|chose|held|met|put|set|spoke|taught|broke|drew|"
        r"cut|read|sat|\w{2,}ed)\b",
        re.IGNORECASE,
    ),
    Aspect.RESULT: re.compile(
        r"\b(?:result(?:ed|s)?|in\s+the\s+end|eventually|finally|outcome|afterwards|since\s+then|after\s+that|reduced|increased|improved|cut|saved|fell|dropped|"
        r"grew|rose|shipped|delivered|launched|on\s+time|success|succeeded|solved|resolved|fixed|stopped|adopted|still\s+us(?:e|ing)|met\s+the|never\s+(?:came|happened)|"
        r"from\s+\w+\s+to\s+\w+|\d+\s*(?:%|percent|hours?|days?|weeks?|minutes?|times))\b",
        re.IGNORECASE,
    ),
    Aspect.REFLECTION: re.compile(
        r"\b(?:learn(?:ed|t)?|taught\s+me|lesson|realis?z?ed|next\s+time|looking\s+back|in\s+hindsight|since\s+then|now\s+i|i\s+now|from\s+then|would\s+do|"
        r"differently|ever\s+since|i\s+(?:still|always)|made\s+me|changed\s+how|takeaway|today\s+i)\b",
        re.IGNORECASE,
    ),
}
STAR = frozenset(_CUES)
FEWEST_WORDS = 5


def told(sentence: str, aspect: Aspect) -> float:
    """0-1: how much a sentence reads like that part of a story; 0 for an aspect that is no part of one."""
    cue = _CUES.get(aspect)
    count = len(words(sentence))
    if cue is None or count < FEWEST_WORDS or not cue.search(sentence):
        return 0.0
    past = bool(_PAST.search(sentence))
    own, shared = bool(_OWN.search(sentence)), bool(_SHARED.search(sentence))
    if aspect is Aspect.REFLECTION:
        return 1.0 if own or shared else 0.5
    if not past:
        return 0.2
    strength = 1.0 if own else 0.8 if shared else 0.6
    if aspect is Aspect.ACTION and not own:
        strength = 0.4
    return strength * min(1.0, count / 10)


def own_part(text: str) -> tuple[int, int]:
    """How often a text says `I` (or my, me) and how often `we` (or our, us)."""
    return len(_OWN.findall(text)), len(_SHARED.findall(text))


def fit(windows: Reals, values: Reals, claims: Claims, parts: Sequence[slice]) -> float:
    """0-1: how near a story comes to what this question's criteria are about, all of them together.

    The mean over the criteria of the best window's cosine and of its likeness. It tells a story of the kind asked for
    from one of a similar theme better than nearness to the question does (AUC about .88 against .79 on the bank).
    """
    total = 0.0
    for part in parts:
        wordings = np.stack([claim.text.encoded.pooled for claim in claims.each[part]])
        cosine = (windows @ wordings.T.astype(np.float64)).max()
        total += float(cosine) + float(values[part].max())
    return round(ramp(total / max(len(parts), 1), STORY_FROM, STORY_FULL), 5)


def as_story(text: str, spans: Sequence[Span], near: float, findings: Sequence[Finding]) -> list[Finding]:
    """The findings of a behavioral question as its story shows them: more where a sentence tells that part of a story of the
    kind asked for (`near`, see `fit`), and less where hardly anything is told at all.
    """
    parts = {aspect: [told(span.of(text), aspect) for span in spans] for aspect in STAR}
    telling = sum(bool(_NARRATED.search(span.of(text))) for span in spans)
    if any(_PLANNED.search(finding.criterion.text) for finding in findings):
        telling += sum(bool(_PLANNED.search(span.of(text))) for span in spans)
    share = ramp(telling, 0.5, STORY_SENTENCES)
    return [_told(text, spans, near * share, share, parts.get(f.criterion.aspect), f) for f in findings]


def _told(
    text: str,
    spans: Sequence[Span],
    near: float,
    share: float,
    values: Sequence[float] | None,
    finding: Finding,
) -> Finding:
    if finding.contradicted:
        return finding
    criterion, kept = finding.criterion, round((finding.credit or 0.0) * share, 4)
    at = max(range(len(values)), key=values.__getitem__) if values else 0
    credit = round(STORY_CREDIT * near * values[at], 4) if values else 0.0
    if credit <= kept:
        evidence = finding.evidence if kept > 0 else None
        return replace(finding, status=status_of(kept), credit=kept, evidence=evidence)
    coverage = max(finding.coverage, credit)
    return Finding(criterion, status_of(credit), coverage, evidence_at(text, spans[at]), credit=credit)


def notes_on(text: str, question: QuestionSpec) -> tuple[str, ...]:
    """What only the whole text shows: whose work a story tells."""
    if question.question_type is not QuestionType.BEHAVIORAL or not any(
        c.aspect is Aspect.ACTION for c in question.criteria
    ):
        return ()
    own, shared = own_part(text)
    if shared > 2 * own and shared >= FEWEST_OWN:
        return (
            f'You say "we" or "our" {shared} times and "I" or "my" {own}: make clear which part was yours.',
        )
    return ()
