"""What the candidate reads: a summary, strengths, improvements and a comment per dimension, about this answer alone.

Each criterion of the bank brings a topic ("why a WHERE filter undoes a left join") and what makes it matter; the
answer brings its own words. Wordings are chosen by a hash of answer and question: the same answer always reads the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from worker.analysis.passages import CODE_LINE, words
from worker.analysis.phrases import Variants, capital, is_story, listed, sentence, short_quote, topic_of
from worker.analysis.scoring import DIMENSIONS, share
from worker.analysis.screening import Screening
from worker.analysis.types import Delivery, Finding, Mistake, Point, QuestionSpec, QuestionType, Status

SHOWN = 4
"""The most strengths, and the most missing points, that one answer is told."""

ESSENTIAL = 3
EXCELLENT, GOOD, FAIR, WEAK = 85.0, 65.0, 40.0, 15.0
ABOUT = 0.35
"""Relevance below which a text without a single point is taken for an answer to something else."""

CENTRAL = 0.4
"""Severity from which a mistake leads the feedback."""

UNSURE = 0.35
"""Certainty below which the feedback says that a point could not be told."""

SHORT_ANSWER, MANY_FILLERS, LONG_SENTENCE = 25, 4, 45
MOSTLY_CODE = 0.6


@dataclass(frozen=True, slots=True)
class Feedback:
    """`comments` has a sentence or two per dimension; `summary` has two to four sentences."""

    strengths: tuple[Point, ...]
    improvements: tuple[Point, ...]
    summary: str
    comments: dict[str, str]


def write(
    answer: str,
    question: QuestionSpec,
    findings: Sequence[Finding],
    mistakes: Sequence[Mistake],
    scores: dict[str, float],
    score: float,
    screening: Screening,
    relevance: float,
    delivery: Delivery,
) -> Feedback:
    """The feedback on an answer, from what was found in it and how it scored."""
    return _Writer(
        answer, question, findings, mistakes, scores, score, screening, relevance, delivery
    ).feedback()


class _Writer:
    def __init__(
        self,
        answer: str,
        question: QuestionSpec,
        findings: Sequence[Finding],
        mistakes: Sequence[Mistake],
        scores: dict[str, float],
        score: float,
        screening: Screening,
        relevance: float,
        delivery: Delivery,
    ) -> None:
        self.question, self.scores, self.score = question, scores, score
        self.screening, self.relevance, self.delivery = screening, relevance, delivery
        self.variants = Variants(answer, question.text)
        self.story = question.question_type is QuestionType.BEHAVIORAL
        ranked = sorted(findings, key=lambda f: (-share(f.criterion.weight, question.level), -f.credit))
        self.covered = [f for f in ranked if f.status is Status.COVERED]
        self.partial = [f for f in ranked if f.status is Status.PARTIAL]
        self.missing = [f for f in ranked if f.status is Status.MISSING]
        self.mistakes = sorted(mistakes, key=lambda mistake: -mistake.severity)
        self.code_alone = _share_of_code(answer) > MOSTLY_CODE

    def feedback(self) -> Feedback:
        if self.screening.insufficient:
            return self._nothing(self.screening.insufficient.reason)
        return Feedback(
            tuple(self._strength(f) for f in self.covered[:SHOWN]),
            tuple(self._improvements()),
            self._summary(),
            self._comments(),
        )

    def _nothing(self, reason: str) -> Feedback:
        wanted = self.missing[:2]
        start = (
            f"A good way in is to {self._tell(wanted[0])}."
            if wanted
            else "Try again in two or three full sentences."
        )
        return Feedback(
            (), (Point(reason), *(Point(self._add(f)) for f in wanted)), f"{reason} {start}",
            dict.fromkeys(DIMENSIONS, "There was nothing to judge."),
        )  # fmt: skip

    # --- sentences about one point ------------------------------------------------------------------

    def _tell(self, finding: Finding) -> str:
        verb = "say" if is_story(finding.criterion) else "explain"
        return f"{verb} {topic_of(finding.criterion)}"

    def _because(self, finding: Finding) -> str:
        return f", because {finding.criterion.matters}" if finding.criterion.matters else ""

    def _strength(self, finding: Finding) -> Point:
        topic, matters = topic_of(finding.criterion), finding.criterion.matters
        verb = "show" if is_story(finding.criterion) else "explain"
        text = f"You {verb} {topic}; {matters}." if matters else f"You {verb} {topic}."
        return Point(text, finding.evidence)

    def _add(self, finding: Finding) -> str:
        """What to add, and for a technical point a way to put it."""
        if is_story(finding.criterion):
            return f"{capital(self._tell(finding))}{self._because(finding)}."
        return f"Add {topic_of(finding.criterion)}{self._because(finding)}. One way to put it: “{_quotable(finding.criterion.text)}”"

    def _improvements(self) -> list[Point]:
        points = [Point(mistake.why, mistake.evidence) for mistake in self.mistakes[:SHOWN]]
        for finding in self.partial[:SHOWN]:
            if finding.certainty < UNSURE and finding.criterion.weight >= ESSENTIAL:
                text = f"It is not clear from your words whether you mean {topic_of(finding.criterion)}; if you do, say it outright."
            elif is_story(finding.criterion):
                text = f"You only touch on {topic_of(finding.criterion)}; tell it with a detail or two of your own."
            else:
                text = (
                    f"You touch on {topic_of(finding.criterion)} without finishing the thought. "
                    f"One way to put it: “{_quotable(finding.criterion.text)}”"
                )
            points.append(Point(text, finding.evidence))
        points += [Point(self._add(finding)) for finding in self.missing]
        points = points[: SHOWN + 1]
        points += [Point(note) for note in self.screening.notes]
        if self.code_alone:
            points.append(
                Point(
                    "Your code stands alone; add a few sentences on why it works, what it costs and which inputs you thought of."
                )
            )
        return points

    # --- the summary --------------------------------------------------------------------------------

    def _summary(self) -> str:
        if not (self.covered or self.partial or self.mistakes):
            return self._off_the_point()
        parts = [self._opening()]
        central = [m for m in self.mistakes if m.severity >= CENTRAL]
        best = self._best()
        if best and not (central and self.score < WEAK):
            parts.append(best)
        if self.mistakes:
            parts.append(self._put_right(self.mistakes[0]))
        if len(parts) < 4:
            parts.append(self._lift())
        return " ".join(part for part in parts if part)

    def _off_the_point(self) -> str:
        wanted = self.missing[:2]
        topics = listed([topic_of(f.criterion) for f in wanted])
        if self.relevance < ABOUT:
            lead = self.variants.pick((
                "This answers a different question from the one that was asked.",
                "I could not find an answer to this question in what you wrote.",
                "Read the question once more: your text is about something else.",
            ))  # fmt: skip
        else:
            lead = self.variants.pick((
                "You stay near the subject, but nothing here answers the question yet.",
                "This reads fluently, but it makes no claim that an interviewer could credit.",
                "So far this stays general; an interviewer would ask you to be concrete.",
            ))  # fmt: skip
        verb = "tell" if self.story else "explain"
        start = self.variants.pick(("Begin with this:", "A good place to start:", "Start here:"))
        return f"{lead} {start} {verb} {topics}." if wanted else lead

    def _opening(self) -> str:
        central = any(mistake.severity >= CENTRAL for mistake in self.mistakes)
        options: tuple[str, ...]
        if central and self.score < FAIR:
            options = (
                ("What you did here would worry an interviewer.", "An interviewer would press you hard on this story.",
                 "This story works against you as it stands.")
                if self.story
                else ("The vocabulary is right, but the central claim is not.", "You sound confident, but the heart of this answer is wrong.",
                      "An interviewer would stop you here, because the main claim does not hold.")
            )  # fmt: skip
        elif self.score >= EXCELLENT:
            options = (
                ("This is a convincing story.", "A strong, specific story.", "You would leave a good impression with this story.")
                if self.story
                else ("This is a strong answer.", "You would pass this question comfortably.", "Very good: the essentials are all here.",
                      "An interviewer would move on satisfied.")
            )  # fmt: skip
        elif self.score >= GOOD:
            options = (
                ("A good story with a little left to tell.", "This story does much of what the question wants.", "You have the right story; it needs one more layer.")
                if self.story
                else ("A good answer with a gap or two.", "You clearly know this subject.", "Most of what matters is here.", "This holds up well.")
            )  # fmt: skip
        elif self.score >= FAIR:
            options = (
                ("There is a good story in here, told only in part.", "The outline is there, but an interviewer needs more of it.", "A usable example that still leaves questions open.")
                if self.story
                else ("A fair start, with important parts still missing.", "You are on the right track, but the answer is not complete.",
                      "About half of a good answer is here.")
            )  # fmt: skip
        else:
            options = (
                ("There is a beginning here, but not yet a story.", "So far an interviewer learns little about what you did.", "This needs a concrete example to carry it.")
                if self.story
                else ("There is something here to build on.", "A few right words, but the core of the answer is still missing.",
                      "This is thin for what was asked.")
            )  # fmt: skip
        return self.variants.pick(options)

    def _best(self) -> str:
        """What was strong, in the candidate's words where they can be quoted, and why an interviewer likes it."""
        found = self.covered or [f for f in self.partial if f.credit >= 0.5]
        if not found:
            return ""
        top = [f for f in found if f.criterion.weight == found[0].criterion.weight]
        best = max(top, key=lambda f: (short_quote(f.evidence) is not None, f.credit))
        topic, matters, quote = topic_of(best.criterion), best.criterion.matters, short_quote(best.evidence)
        if quote and matters:
            return self.variants.pick((
                f"{quote} is the line to keep, because {matters}.",
                f"An interviewer will like {quote}: {matters}.",
                f"Your strongest moment is {quote}; {matters}.",
                f"When you say {quote}, {'you show' if self.story else 'you explain'} {topic}, and {matters}.",
            ))  # fmt: skip
        verb = "show" if is_story(best.criterion) else "explain"
        shown = "Your code shows" if self.code_alone else f"You {verb}"
        return f"{shown} {topic} well{f', and {matters}' if matters else ''}."

    def _put_right(self, mistake: Mistake) -> str:
        quote = short_quote(mistake.evidence)
        why = sentence(mistake.why)
        if quote is None:
            return f"One thing to put right: {why}" if why[:2] == "I " else f"One thing to put right. {why}"
        lead = self.variants.pick(
            (f"The part to rethink is {quote}.", f"An interviewer will stop at {quote}.", f"Look again at {quote}.")
            if self.story
            else (f"Put this right first: {quote}.", f"The claim {quote} does not hold.", f"Be careful with {quote}.",
                  f"One thing here is wrong: {quote}.")
        )  # fmt: skip
        return f"{lead} {why}"

    def _lift(self) -> str:
        """The one thing that would raise this answer most, and how to say it."""
        essential = [f for f in self.missing if f.criterion.weight >= ESSENTIAL]
        wanted = next(iter(essential or self.partial or self.missing), None)
        if wanted is None:
            return self._polish()
        topic, matters = topic_of(wanted.criterion), wanted.criterion.matters
        because = f": {matters}" if matters else ""
        if wanted in self.partial:
            return self.variants.pick((
                f"You come close on {topic}; say it outright{self._because(wanted)}.",
                f"You hint at {topic} and then move on; one more sentence would settle it.",
                f"Finish the thought on {topic}{because}.",
            ))  # fmt: skip
        if is_story(wanted.criterion):
            return self.variants.pick((
                f"What an interviewer will ask next is {topic}, so tell it unasked.",
                f"It would gain most if you told {topic}{because}.",
                f"What is missing is {topic}{because}.",
            ))  # fmt: skip
        put = f"You could put it like this: “{_quotable(wanted.criterion.text)}”"
        return self.variants.pick((
            f"What would lift it most is {topic}{because}.",
            f"Next time, add {topic}{self._because(wanted)}.",
            f"What is missing is {topic}. {put}",
            f"The next step is to explain {topic}{because}.",
        ))  # fmt: skip

    def _polish(self) -> str:
        if self.delivery.words > 250:
            return "Nothing is missing; try saying it in half the words, as you would aloud."
        return self.variants.pick(
            ("If you want to go further, say in a sentence what you would do differently today.",
             "Nothing important is missing; practise telling it in two minutes.")
            if self.story
            else ("Nothing important is missing; a short example from your own work would make it memorable.",
                  "To make it even stronger, say when you would not do it this way.",
                  "There is nothing important to add; practise saying it aloud in two minutes.")
        )  # fmt: skip

    # --- comments per dimension ---------------------------------------------------------------------

    def _comments(self) -> dict[str, str]:
        return {
            "relevance": self._on_relevance(),
            "correctness": self._on_correctness(),
            "depth": self._on_depth(),
            "structure": self._on_structure(),
            "clarity": self._on_clarity(),
        }

    def _on_relevance(self) -> str:
        if self.scores["relevance"] >= 60:
            return "You answer what was asked."
        if self.covered or self.partial:
            return "You answer part of what was asked."
        if self.relevance >= ABOUT:
            return "You are on the subject, but the question itself stays open."
        return "Little of this bears on the question."

    def _on_correctness(self) -> str:
        if self.mistakes:
            return f"Put this right first. {sentence(self.mistakes[0].why)}"
        total = len(self.covered) + len(self.partial) + len(self.missing)
        if self.missing and not (self.covered or self.partial):
            return "None of the points that a good answer makes is here yet."
        if self.missing:
            count = f"{len(self.covered)} of {total} points"
            return f"Nothing you say is wrong. You make {count}{' in full' if self.partial else ''}; still open is {topic_of(self.missing[0].criterion)}."
        if self.partial:
            return (
                f"Nothing you say is wrong; {topic_of(self.partial[0].criterion)} could be said more fully."
            )
        return "Every point that a good answer makes is here, and nothing you say is wrong."

    def _on_depth(self) -> str:
        deep = [f for f in (*self.missing, *self.partial) if f.criterion.weight < ESSENTIAL]
        if not (self.covered or self.partial):
            return "Depth comes once the essentials are in place."
        if deep:
            return f"To go deeper, {self._tell(deep[0])}."
        if self.missing or self.partial:
            return "You go beyond the essentials; the essentials themselves need a little more."
        return "You go beyond the essentials to what only practice teaches."

    def _on_structure(self) -> str:
        there = {f.criterion.aspect for f in (*self.covered, *self.partial)}
        absent = [f for f in self.missing if f.criterion.aspect not in there]
        if not there:
            return "There is no answer yet whose order could be judged."
        if absent:
            return f"One part of the question gets no sentence of its own: {self._tell(absent[0])}."
        if self.story:
            return "Situation, your own part and outcome can be followed in order."
        return (
            "Each part of the question gets its place."
            if not self.missing
            else "The parts that you answer are in a clear order."
        )

    def _on_clarity(self) -> str:
        longest, fillers = self.delivery.longest_sentence_words, self.delivery.fillers
        if self.code_alone:
            return "Code shows what you do; a sentence or two beside it would show why."
        if longest > LONG_SENTENCE:
            return f"Your longest sentence runs to {longest} words; split it where the thought turns."
        if self.delivery.words < SHORT_ANSWER:
            return f"{self.delivery.words} words leave little room for reasons; give each point a sentence."
        if sum(fillers.values()) >= MANY_FILLERS:
            most = max(fillers, key=lambda word: fillers[word])
            return f"Filler words, “{most}” most of all, blur sentences that are clear without them."
        if not (self.covered or self.partial):
            return "The sentences read easily, but they claim little."
        return "Your sentences are easy to follow."


def _quotable(text: str) -> str:
    return sentence(text).replace("“", "‘").replace("”", "’")


def _share_of_code(answer: str) -> float:
    """The share of an answer's words that stand on lines of code."""
    lines = answer.splitlines()
    total = sum(len(words(line)) for line in lines)
    code = sum(len(words(line)) for line in lines if len(lines) > 2 and CODE_LINE.search(line))
    return code / total if total else 0.0
