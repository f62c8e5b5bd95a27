"""From what a model reported, several times, to one extraction, by rules that no model has a say in.

Each sample gives each criterion a credit: 1, 0.5 or 0, and 0 without a quote that stands in the answer. What counts
is the median over the samples; a criterion is contradicted where more than half of them say so. The confidence is

    AGREED x (mean share, by weight, of samples with the median's status)   for two samples and more
    ALONE                                                                   for one: its spread is unknown

    x (1 - 0.5 x share of the claimed quotes that do not stand in the answer)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from worker.analysis.llm.schema import Claim
from worker.analysis.llm.shown import Shown
from worker.analysis.mistakes import apart, contradiction
from worker.analysis.types import Criterion, Evidence, Extraction, Finding, Mistake, Status

AGREED, ALONE = 0.9, 0.7
UNSHOWN_RELEVANCE = 0.5
"""The most relevance of a text in which nothing was found: there it is the model's word alone."""

_CREDITS = {Status.COVERED: 1.0, Status.PARTIAL: 0.5, Status.MISSING: 0.0}


@dataclass(frozen=True, slots=True)
class Judged:
    """One claim after its check: `credit` is 0 and `evidence` None where its quote does not stand."""

    credit: float
    evidence: Evidence | None = None
    contradicted: bool = False


@dataclass(frozen=True, slots=True)
class Sample:
    """One checked report: a judgement per criterion in their order, the quotes it claimed and lost."""

    relevance: float
    judged: tuple[Judged, ...]
    claimed: int
    dropped: int


NOTHING_FOUND = Judged(0.0)


def check(claim: Claim, shown: Shown) -> Judged | None:
    """A claim with its quote found in the answer; None where its quote is not there."""
    if claim.status is Status.MISSING and not claim.contradicted:
        return NOTHING_FOUND
    evidence = shown.find(claim.quote)
    if evidence is None:
        return None
    return Judged(0.0 if claim.contradicted else _CREDITS[claim.status], evidence, claim.contradicted)


def combine(samples: Sequence[Sample], criteria: Sequence[Criterion]) -> Extraction:
    """One extraction, by nobody yet, from one sample or more, each with a judgement for every criterion."""
    findings: list[Finding] = []
    mistakes: list[Mistake] = []
    agreement = []
    for criterion, judged in zip(
        criteria, zip(*(sample.judged for sample in samples), strict=True), strict=True
    ):
        against = [one for one in judged if one.contradicted]
        contradicted = len(against) * 2 > len(judged)
        credit = 0.0 if contradicted else round(median(one.credit for one in judged), 4)
        # The evidence of the sample that is nearest to what counts; of equals, the first.
        fitting = [one for one in judged if one.evidence and one.contradicted == contradicted]
        nearest = min(fitting, key=lambda one: abs(one.credit - credit), default=None)
        place = nearest.evidence if nearest else None
        if contradicted and place:
            mistakes.append(contradiction(criterion, place, len(against) / len(judged)))
        finding = Finding(criterion, credit, place if credit > 0 else None)
        findings.append(finding)
        agreement.append(
            sum(one.contradicted == contradicted and _status(one) is finding.status for one in judged)
            / len(judged)
        )
    weights = [max(criterion.weight, 0.0) for criterion in criteria]
    total = sum(weights)
    agreed = sum(part * weight for part, weight in zip(agreement, weights, strict=True))
    claimed, dropped = sum(sample.claimed for sample in samples), sum(sample.dropped for sample in samples)
    sure = ALONE if len(samples) == 1 else AGREED * (agreed / total if total else 1.0)
    confidence = sure * (1 - 0.5 * dropped / max(claimed, 1))
    relevance = median(sample.relevance for sample in samples)
    if not mistakes and not any(finding.evidence for finding in findings):
        relevance = min(relevance, UNSHOWN_RELEVANCE)
    return Extraction(
        tuple(findings),
        apart(mistakes),
        relevance,
        round(confidence, 4),
        provider="",
        model="",
        flags=("quotes_not_found",) if dropped else (),
    )


def _status(one: Judged) -> Status:
    return next(status for status, credit in _CREDITS.items() if credit == one.credit)


def by_number(judged: Mapping[int, Judged], order: Sequence[int]) -> tuple[Judged, ...]:
    """The judgements in the order of the question's criteria."""
    return tuple(judged[number] for number in order)
