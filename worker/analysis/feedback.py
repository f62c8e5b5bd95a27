"""What the candidate reads: a summary, strengths, improvements and a comment per dimension, about this answer alone.

Each criterion of the bank brings a topic ("why a WHERE filter undoes a left join") and what makes it matter; the
answer brings its own words. Wordings are chosen by a hash of answer and question: the same answer always reads the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from worker.analysis.passages import CODE_LINE, words
from worker.analysis.phrases import (
    Variants,
    capital,
    first_sentence,
    inner,
    is_story,
    listed,
    reason,
    sentence,
    short_quote,
    topic_of,
    whole,
)
from worker.analysis.scoring import DIMENSIONS, share
from worker.analysis.screening import Screening
from worker.analysis.types import (
    Aspect,
    Criterion,
    Delivery,
    Evidence,
    Finding,
    Mistake,
    Point,
    QuestionSpec,
    QuestionType,
    Status,
)

SHOWN = 4
"""The most strengths, and the most missing points, shown for one answer."""

ESSENTIAL = 3
EXCELLENT, GOOD, FAIR, WEAK = 85.0, 65.0, 40.0, 15.0
ABOUT = 0.35
"""Relevance below which a text without a single point is taken for an answer to something else."""

CENTRAL = 0.4
"""Severity from which a mistake leads the feedback."""

UNSURE = 0.35
"""Certainty below which the feedback says that a point is unclear."""

SHORT_ANSWER, MANY_FILLERS, LONG_SENTENCE = 25, 4, 45
MOSTLY_CODE = 0.6
PROSE_WORDS = 7
"""Words from which a line that ends like a sentence is not code, however it begins ("WHERE filters rows first.")."""

ONE_WAY = ("One way to put it:", "You could say:", "In a sentence:")
NUMBERS = {2: "two", 3: "three", 4: "four"}
PARTS = {
    Aspect.CONCEPT: "the idea behind it",
    Aspect.APPROACH: "the approach",
    Aspect.COMPLEXITY: "the cost",
    Aspect.EDGE_CASES: "edge cases",
    Aspect.TRADE_OFFS: "the trade-offs",
    Aspect.SITUATION: "the situation",
    Aspect.TASK: "your own task",
    Aspect.ACTION: "what you yourself did",
    Aspect.RESULT: "the outcome",
    Aspect.REFLECTION: "what you took from it",
}


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
        self.answer, self.question, self.scores, self.score = answer, question, scores, score
        self.screening, self.relevance, self.delivery = screening, relevance, delivery
        self.variants = Variants(answer, question.text)
        self.story = question.question_type is QuestionType.BEHAVIORAL
        ranked = sorted(findings, key=lambda f: (-share(f.criterion.weight, question.level), -f.credit))
        self.covered = [f for f in ranked if f.status is Status.COVERED]
        self.partial = [f for f in ranked if f.status is Status.PARTIAL]
        self.missing = [f for f in ranked if f.status is Status.MISSING]
        self.mistakes = sorted(mistakes, key=lambda mistake: -mistake.severity)
        wrong = [mistake.criterion for mistake in mistakes]
        # What a mistake already speaks of is neither praised nor asked for a second time.
        self.sound = [f for f in self.covered if f.criterion not in wrong and not self._disputed(f.evidence)]
        self.begun = [f for f in self.partial if f.criterion not in wrong and not self._disputed(f.evidence)]
        self.open = [f for f in self.missing if f.criterion not in wrong]
        self.told: list[Criterion] = []
        self.code_alone = _share_of_code(answer) > MOSTLY_CODE

    def feedback(self) -> Feedback:
        if self.screening.insufficient:
            return self._nothing(self.screening.insufficient.reason)
        return Feedback(
            tuple(self._strength(f, n) for n, f in enumerate(self.sound[:SHOWN])),
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
            (), (Point(reason), *(Point(self._add(f, n)) for n, f in enumerate(wanted))), f"{reason} {start}",
            dict.fromkeys(DIMENSIONS, "There was nothing to judge."),
        )  # fmt: skip

    def _disputed(self, evidence: Evidence | None) -> bool:
        """Whether a mistake quotes the same words."""
        return evidence is not None and any(
            evidence.start < m.evidence.end and m.evidence.start < evidence.end for m in self.mistakes
        )

    def _fresh(self, findings: Sequence[Finding]) -> Finding | None:
        """The first point that this feedback has not named yet; from then on it counts as named."""
        found = next((f for f in findings if f.criterion not in self.told), None)
        if found:
            self.told.append(found.criterion)
        return found

    # --- sentences about one point ------------------------------------------------------------------

    def _tell(self, finding: Finding) -> str:
        verb = "say" if is_story(finding.criterion) else "explain"
        return f"{verb} {topic_of(finding.criterion)}"

    def _because(self, finding: Finding) -> str:
        return f", because {finding.criterion.matters}" if finding.criterion.matters else ""

    def _strength(self, finding: Finding, turn: int) -> Point:
        verb = "show" if is_story(finding.criterion) else "explain"
        text = f"You {verb} {topic_of(finding.criterion)}{reason(finding.criterion.matters, turn)}."
        return Point(text, whole(self.answer, finding.evidence))

    def _add(self, finding: Finding, turn: int) -> str:
        """What to add, and for a technical point a way to put it."""
        if is_story(finding.criterion):
            return f"{capital(self._tell(finding))}{self._because(finding)}."
        return f"Add {topic_of(finding.criterion)}{self._because(finding)}. {_one_way(finding, turn)}"

    def _finish(self, finding: Finding, turn: int) -> str:
        """What a point that is only begun still lacks."""
        topic = topic_of(finding.criterion)
        if finding.certainty < UNSURE and finding.criterion.weight >= ESSENTIAL:
            return f"Be explicit about {topic}: your words could be read either way."
        if is_story(finding.criterion):
            return (
                f"You only touch on {topic}; a detail or two would make it count.",
                f"Say more about {topic}{self._because(finding)}.",
                f"There is only a hint of {topic}; give it a sentence of its own.",
            )[turn % 3]
        return (
            f"Finish the thought on {topic}. {_one_way(finding, turn)}",
            f"Say more about {topic}. {_one_way(finding, turn)}",
        )[turn % 2]

    def _improvements(self) -> list[Point]:
        points = [Point(mistake.why, mistake.evidence) for mistake in self.mistakes[:SHOWN]]
        points += [
            Point(self._finish(f, n), whole(self.answer, f.evidence))
            for n, f in enumerate(self.begun[:SHOWN])
        ]
        points += [Point(self._add(f, n)) for n, f in enumerate(self.open)]
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
        central = any(mistake.severity >= CENTRAL for mistake in self.mistakes)
        best = "" if central and self.score < WEAK else self._best()
        if best:
            parts.append(best)
        if self.mistakes:
            parts.append(self._put_right(self.mistakes[0]))
        if not (best and self.mistakes):
            parts.append(self._lift())
        return " ".join(part for part in parts if part)

    def _off_the_point(self) -> str:
        wanted = self.missing[:2]
        topics = listed([topic_of(f.criterion) for f in wanted])
        if self.relevance < ABOUT:
            lead = self.variants.pick((
                "None of what this question asks for is here yet.",
                "I could not find an answer to this question in what you wrote.",
                "Read the question once more: what you wrote does not answer it yet.",
            ))  # fmt: skip
        else:
            lead = self.variants.pick((
                "You stay near the subject, but nothing here answers the question yet.",
                "The terms fit the subject, but what was asked is not explained yet.",
                "What you say belongs to the field, but it does not answer this question yet.",
            ))  # fmt: skip
        verb = "tell" if self.story else "explain"
        self.told += [f.criterion for f in wanted]
        start = self.variants.pick(("Begin with this:", "A good place to start:", "Start here:"))
        return f"{lead} {start} {verb} {topics}." if wanted else lead

    def _opening(self) -> str:
        central = any(mistake.severity >= CENTRAL for mistake in self.mistakes)
        options: tuple[str, ...]
        if central and len(self.sound) > 1:
            options = (
                ("A good part of this story helps you, and one part of it works against you.",
                 "There is a good story in here, but one part of it would worry an interviewer.")
                if self.story
                else ("Sound points and a serious mistake stand side by side here.", "There are good points here, but one claim that matters is wrong.")
            )  # fmt: skip
        elif central and self.score < FAIR:
            options = (
                ("What you did here would worry an interviewer.", "An interviewer would press you hard on this story.",
                 "This story works against you as it stands.")
                if self.story
                else ("The main claim of this answer does not hold.", "The heart of this answer needs correcting.",
                      "An interviewer would stop you here, because the main claim does not hold.")
            )  # fmt: skip
        elif self.mistakes and self.score >= GOOD:
            options = (
                ("A good story with one part to rethink.",)
                if self.story
                else ("A good answer with one claim to put right.",)
            )
        elif self.score >= EXCELLENT:
            options = (
                ("This is a convincing story.", "A strong, specific story.", "You would leave a good impression with this story.")
                if self.story
                else ("This is a strong answer.", "You would pass this question comfortably.", "Very good: little is left to add.",
                      "This answer does what the question asks.")
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
                ("There is a beginning here, but the heart of the story is still to come.", "So far an interviewer learns little about what you did.", "The example needs to come closer to what was asked.")
                if self.story
                else ("There is something here to build on.", "A few right words, but the core of the answer is still missing.",
                      "This is thin for what was asked.")
            )  # fmt: skip
        return self.variants.pick(options)

    def _best(self) -> str:
        """What was strong, in the candidate's words where they can be quoted, and why an interviewer likes it."""
        if not self.sound:
            return self._start()
        top = [f for f in self.sound if f.criterion.weight == self.sound[0].criterion.weight]
        best = max(top, key=lambda f: (short_quote(f.evidence) is not None, f.credit))
        topic, matters, quote = topic_of(best.criterion), best.criterion.matters, short_quote(best.evidence)
        if quote and matters:
            return self.variants.pick((
                f"{quote} is the line to keep, because {matters}.",
                f"{quote} works well: {matters}.",
                f"Your strongest point is {quote}{reason(matters)}.",
                f"When you say {quote}, {'you show' if self.story else 'you explain'} {topic}, and {matters}.",
            ))  # fmt: skip
        if self.code_alone:
            return f"Your code shows {topic}{reason(matters)}."
        return f"What you do best is to {'show' if self.story else 'explain'} {topic}{reason(matters)}."

    def _start(self) -> str:
        """Where no point is made in full: the words to build on."""
        quote = short_quote(self.begun[0].evidence) if self.begun else None
        if quote is None or self.begun[0].certainty < UNSURE:
            return ""
        self.told.append(self.begun[0].criterion)
        return f"You can build on {quote}, which begins to {self._tell(self.begun[0])}."

    def _put_right(self, mistake: Mistake) -> str:
        quote = short_quote(mistake.evidence)
        why = first_sentence(mistake.why)
        if quote is None:
            return f"Put this right first. {why}"
        lead = self.variants.pick(
            (f"The part to rethink is {quote}.", f"Think again about {quote}.", f"Look again at {quote}.")
            if self.story
            else (f"Put this right first: {quote}.", f"The claim {quote} does not hold.", f"Be careful with {quote}.",
                  f"One thing here is wrong: {quote}.")
        )  # fmt: skip
        return f"{lead} {why}"

    def _lift(self) -> str:
        """The one thing that would raise this answer most, and how to say it."""
        essential = [f for f in self.open if f.criterion.weight >= ESSENTIAL]
        wanted = self._fresh((*essential, *self.begun, *self.open))
        if wanted is None:
            return "" if self.begun or self.open or self.mistakes else self._polish()
        topic, matters = topic_of(wanted.criterion), wanted.criterion.matters
        because = f": {matters}" if matters else ""
        if wanted in self.begun:
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
        return self.variants.pick((
            f"What would lift it most is {topic}{because}.",
            f"Next time, add {topic}{self._because(wanted)}.",
            f"What is missing is {topic}; you could put it like this: “{inner(sentence(wanted.criterion.text))}”",
            f"The next step is to explain {topic}{because}.",
        ))  # fmt: skip

    def _polish(self) -> str:
        if self.delivery.words > 250:
            return "Nothing is missing; try saying it in half the words, as you would aloud."
        return self.variants.pick(
            ("There is nothing important to add; tell it aloud just like this.",
             "Nothing important is missing; practise telling it in two minutes.")
            if self.story
            else ("Nothing important is missing; a short example from your own work would make it memorable.",
                  "To go further, mention what can go wrong with it in practice.",
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
        if self.mistakes and not self.sound:
            return (
                "The story takes up the question, but it speaks against you."
                if self.story
                else "You take up the question, but the answer that you give does not hold."
            )
        if self.covered or self.partial:
            return "You answer part of what was asked."
        if self.relevance >= ABOUT:
            return "You are on the subject, but the question itself stays open."
        return "Little of this bears on the question."

    def _on_correctness(self) -> str:
        total = len(self.covered) + len(self.partial) + len(self.missing)
        made = f"You make {len(self.sound)} of {total} points{' in full' if self.partial else ''}"
        if not self.sound:
            made = (
                f"None of the {total} points of a good answer is here {'in full' if self.partial else 'yet'}"
            )
        if self.mistakes:
            what = "part of the story speaks" if self.story else "claim does"
            wrong = f"One {what} {'against you' if self.story else 'not hold'}."
            if len(self.mistakes) > 1:
                what = "parts of the story speak against you" if self.story else "claims do not hold"
                wrong = f"{capital(NUMBERS.get(len(self.mistakes), 'several'))} {what}."
            return f"{wrong} {made}."
        if self.missing and not (self.covered or self.partial):
            return "None of the points that a good answer makes is here yet."
        open_point = self._fresh(self.missing)
        if open_point:
            return f"{made}; still open: {topic_of(open_point.criterion)}."
        if self.missing:
            return f"{made}, and no mistake stands out."
        if self.partial:
            begun = self._fresh(self.partial) or self.partial[0]
            return f"No mistake stands out; {topic_of(begun.criterion)} could be said more fully."
        return "Every point that a good answer makes is here, and no mistake stands out."

    def _on_depth(self) -> str:
        if not self.sound and (self.mistakes or not self.partial):
            return "Depth comes once the essentials are in place."
        finer = [f for f in (*self.open, *self.begun) if f.criterion.weight < ESSENTIAL]
        next_one = self._fresh(finer)
        if next_one:
            return f"To go deeper, {self._tell(next_one)}."
        if finer:
            made = sum(f.criterion.weight < ESSENTIAL for f in self.sound)
            asked = sum(f.criterion.weight < ESSENTIAL for f in (*self.covered, *self.partial, *self.missing))
            return f"Of {asked} points beyond the essentials, you make {made or 'none'} in full."
        if self.missing or self.partial:
            return "You go beyond the essentials; the essentials themselves need a little more."
        return "You go beyond the essentials to what only practice teaches."

    def _on_structure(self) -> str:
        there = {f.criterion.aspect for f in (*self.covered, *self.partial)}
        absent = list(dict.fromkeys(PARTS[f.criterion.aspect] for f in self.missing if f.criterion.aspect not in there))  # fmt: skip
        if not there or (self.mistakes and self.scores["structure"] < WEAK):
            return "There is no answer yet whose order could be judged."
        if absent:
            return f"Give more room to {listed(absent)}."
        if self.story:
            return (
                "Your story can be followed in order."
                if self.scores["structure"] >= FAIR
                else "The parts of a story are hinted at; each needs a sentence of its own."
            )
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
        if self.mistakes and not self.sound:
            return "The wording is clear; what it says is what needs work."
        if not (self.covered or self.partial):
            return "The sentences read easily, but they do not answer the question yet."
        return "Your sentences are easy to follow."


def _one_way(finding: Finding, turn: int) -> str:
    return f"{ONE_WAY[turn % len(ONE_WAY)]} “{inner(sentence(finding.criterion.text))}”"


def _is_code(line: str) -> bool:
    prose = line.rstrip().endswith((".", "!", "?")) and len(words(line)) >= PROSE_WORDS
    return not prose and CODE_LINE.search(line) is not None


def _share_of_code(answer: str) -> float:
    """The share of an answer's words that stand on lines of code."""
    lines = answer.splitlines()
    total = sum(len(words(line)) for line in lines)
    code = sum(len(words(line)) for line in lines if len(lines) > 2 and _is_code(line))
    return code / total if total else 0.0
