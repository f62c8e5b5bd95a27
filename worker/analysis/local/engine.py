"""The embedded engine: no network, no key, no GPU. The same answer and question give the same assessment."""

from __future__ import annotations

from worker.analysis.assess import judge
from worker.analysis.gates import Screening, content_words, screen
from worker.analysis.quotes import evidence_at, sentences
from worker.analysis.scoring import status_of
from worker.analysis.types import (
    Assessment,
    Criterion,
    Evidence,
    Extraction,
    Finding,
    QuestionSpec,
    Report,
    unreported,
)


def _stem(word: str) -> str:
    for ending in (
        "ations",
        "ation",
        "ings",
        "ing",
        "edly",
        "ies",
        "ied",
        "ers",
        "ed",
        "es",
        "ly",
        "er",
        "s",
        "e",
    ):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word


def _stems(text: str) -> frozenset[str]:
    return frozenset(_stem(word) for word in content_words(text))


class LocalEngine:
    """Implements types.Engine by the share of a criterion's words that a passage of the answer holds."""

    provider = "local"
    model = "lexical-0"

    def load(self) -> None:
        """Loads what the engine needs, before a worker forks; safe to call again."""

    def assess(
        self,
        answer: str,
        question: QuestionSpec,
        *,
        time_taken_seconds: float | None = None,
        report: Report = unreported,
    ) -> Assessment:
        report(0.1, "reading")
        screening = screen(answer, question)
        extraction = self.extract(screening, question)
        report(0.8, "writing")
        assessment = judge(answer, question, extraction, time_taken_seconds, screening=screening)
        report(1.0, "done")
        return assessment

    def extract(self, screening: Screening, question: QuestionSpec) -> Extraction:
        """What the text that passed the gates shows for each criterion."""
        text = screening.text
        spans = sentences(text)
        asked = _stems(question.text)
        passages = [
            (_stems(text[spans[i].start : spans[j].end]), spans[i], spans[j])
            for i in range(len(spans))
            for j in range(i, min(i + 2, len(spans)))
        ]
        findings = []
        for criterion in question.criteria:
            best, where = 0.0, None
            for stems, first, last in passages:
                covered = max(
                    _recall(claim, stems, asked) for claim in (criterion.text, *criterion.paraphrases)
                )
                if covered > best + 1e-9:
                    best, where = covered, (first, last)
            evidence = None
            if where:
                evidence = evidence_at(text, type(where[0])(where[0].start, where[1].end))
            findings.append(_finding(criterion, min(1.0, best * 1.3), evidence))
        topic = asked | _stems(question.model_answer)
        said = _stems(text)
        relevance = min(1.0, 3 * len(said & topic) / len(said)) if said else 0.0
        return Extraction(tuple(findings), round(relevance, 4), 0.3, self.provider, self.model)


def _recall(claim: str, stems: frozenset[str], asked: frozenset[str]) -> float:
    wanted = _stems(claim)
    weights = {stem: 0.4 if stem in asked else 1.0 for stem in wanted}
    total = sum(sorted(weights.values()))
    return sum(sorted(weight for stem, weight in weights.items() if stem in stems)) / total if total else 0.0


def _finding(criterion: Criterion, coverage: float, evidence: Evidence | None) -> Finding:
    coverage = round(coverage, 4)
    return Finding(criterion, status_of(coverage), coverage, evidence)
