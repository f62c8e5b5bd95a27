"""Rules that keep what is no answer from being judged as one, each with a reason for the candidate.

`screen` looks at the text alone, before an engine does: it blanks out what is aimed at the grader or copied
from the question (same length, so that spans stay true), and says whether what is left can be judged and up
to which score. The rules are general properties of text, never lists of known attacks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from worker.analysis.quotes import Span, sentences, words
from worker.analysis.types import Insufficient, QuestionSpec

KEYWORD_LIST_CAP = 30.0
"""The most that keywords without a sentence around them can earn."""

FUNCTION_WORDS = frozenset(
    """a about above after again against all also although am an and any are as at be because been before being
    below between both but by can cannot could did do does doing don't down during each either else even ever few for
    from further had has have having he her here hers him his how however i if in instead into is it its it's itself
    just let me might mine more most much must my neither no nor not of off often on once one only or other our ours
    out over own rather same shall she should since so some such than that the their theirs them then there these
    they this those though through thus to too under until up upon us very was we were what when where whereas which
    while who whom whose why will with within without would yet you your yours i'm i've i'd i'll we've we're you're
    they're that's there's isn't aren't wasn't weren't doesn't didn't won't can't couldn't wouldn't shouldn't""".split()
)

_GENERIC = frozenset(
    """thing things stuff important importance topic question answer answers interview interesting really very good
    great best better nice well lot lots many various several different aspect aspects factor factors consider depends
    depend depending situation situations case cases way ways kind sort overall generally general basically know think
    believe feel say said tell need needs want make makes sure always never sometimes maybe perhaps probably definitely
    absolutely certainly work works working worked hard use used using useful key essential crucial critical vital
    significant necessary understand understanding knowledge experience experienced skill skills passionate
    approach approaches solution solutions practice practices proper properly appropriate right correct every everything
    anything something nothing everyone people person world today modern industry field area areas role roles job company
    concept concepts idea ideas detail details fine okay ok yes no sure thanks thank hello hi please excellent amazing
    awesome perfect quality success successful value valuable help helps helpful goal goals end day time times able
    take takes come comes go goes get gets give gives look looks like means mean much quite actually honestly simply
    obviously clearly fully complete completely course subject matter matters point points part parts take account
    carefully careful ensure ensures best-practice best-practices holistic comprehensive robust leverage synergy
    impact impactful journey deep dive challenge challenges challenging opportunity opportunities first second finally
    conclusion summary ever-changing fast-paced paramount multifaceted nuanced landscape plays play big huge focus
    effective effectively efficient efficiently strong strongly whatever kinds types type new old""".split()
)

_UNKNOWN = re.compile(
    r"\b(?:i\s+(?:really\s+|just\s+|honestly\s+|actually\s+)?(?:do\s*n[o']?t|dont|do not|did\s*n['o]?t|can\s*no?t|can't|cannot|"
    r"have\s+no|haven't|don’t|can’t|wasn't|am\s+not|'?m\s+not)\s*(?:really\s+|even\s+|a\s+|any\s+|quite\s+|exactly\s+)?"
    r"(?:know|no\b|idea|clue|remember|recall|sure|familiar|understand|answer|think\s+of|certain|say|studied|learn(?:ed|t)?|"
    r"able\s+to\s+answer)|no\s+(?:idea|clue)|(?:i'?m|i\s+am)\s+(?:unsure|clueless|lost|stuck)|idk\b|dunno|beats\s+me|"
    r"not\s+(?:really\s+|too\s+|quite\s+)?(?:sure|certain|familiar)|(?:skip|pass)(?:\s+(?:this|on\s+this|please|it))?\s*[.!]*$|"
    r"never\s+(?:heard|learned|used|studied|came\s+across)|no\s+comment|(?:i\s+)?(?:forgot|forget)\b)",
    re.IGNORECASE,
)

_OVERRIDE = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass|skip|drop|stop\s+(?:following|using))\b[^.!?\n]{0,40}?\b(?:instructions?|rubrics?|"
    r"criteria|prompts?|rules?|guidelines?|directions?|grading|scoring|constraints?|everything\s+(?:above|before))\b",
    re.IGNORECASE,
)
_TOP = (
    r"(?:100\b|one\s+hundred|full\s+(?:marks?|credit|points?|score)|(?:the\s+)?(?:max(?:imum)?|perfect|highest|top|best)\s*"
    r"(?:possible\s+)?(?:score|marks?|grade|rating|points?|credit)|10\s*/\s*10|10\s+out\s+of\s+10|a\+|5\s*/\s*5|five\s+stars)"
)
_DEMAND = re.compile(
    r"\b(?:give|award|assign|grant|mark|rate|score|grade|return|output|respond(?:\s+with)?|set|report|record|deserves?|"
    r"should\s+(?:get|receive|be)|must\s+(?:get|receive|be)|evaluate|treat|consider)\b[^.!?\n]{0,60}?" + _TOP,
    re.IGNORECASE,
)
_FAKE_RESULT = re.compile(
    r"[\"']?\b(?:overall_?)?(?:score|grade|rating|marks?)\b[\"']?\s*[:=]\s*[\"']?(?:\d{1,3}\b|full|max|perfect|a\+)|"
    r"\b(?:all|every)\s+(?:of\s+the\s+)?(?:criteri(?:a|on)|rubric\s+(?:items?|points?))\s+(?:are|is|was|were|has|have|should|must)"
    r"(?:\s+been|\s+be)?\s+(?:fully\s+|completely\s+)?(?:covered|met|satisfied|fulfilled|marked)|"
    r"[\"']?status[\"']?\s*[:=]\s*[\"']covered",
    re.IGNORECASE,
)
_ROLE_PLAY = re.compile(
    r"(?:^|[\s>])(?:<\|?/?(?:system|assistant|user|im_start|im_end|instructions?|endofprompt)\b[^>]*>|\[/?(?:INST|SYSTEM)\]|"
    r"#{2,}\s*(?:system|instructions?|new\s+instructions?)\b|(?:system|assistant|admin|developer)\s*(?:prompt|message|note|override)?\s*:)|"
    r"\b(?:you\s+are\s+now|from\s+now\s+on,?\s+you|new\s+instructions?\s*:|as\s+(?:the|a|an)\s+(?:ai|grader|evaluator|examiner|judge|language"
    r"\s+model)\b,?\s*(?:you|please|give|i))|"
    r"\b(?:dear|hey|hello|attention|note\s+to|message\s+(?:to|for))\s+(?:the\s+|all\s+)?(?:ai|grader|graders|evaluator|examiner|judge|reviewer"
    r"|model|llm|assistant|interviewer)\b",
    re.IGNORECASE,
)
_GRADER = re.compile(
    r"\b(?:grader|evaluator|examiner|scorer|marker|judge|assessor|reviewer|grading\s+(?:system|model|engine))\b|"
    r"\b(?:this|my|the)\s+(?:answer|response|candidate|submission)\b[^.!?\n]{0,30}\b(?:deserves?|is\s+(?:correct|perfect|excellent|complete)|"
    r"covers\s+(?:all|every))",
    re.IGNORECASE,
)
_REPORTED = re.compile(
    r"\b(?:attack(?:er|ers|s)?|injection|injected|malicious|jailbreak\w*|users?\s+(?:might|may|can|could|types?|writes?|says?|tries)|"
    r"such\s+as|for\s+example|for\s+instance|e\.g\.|something\s+like|phrases?\s+like|instructions?\s+like|text\s+like|adversar\w+|"
    r"untrusted|sanitiz\w+|sanitis\w+|guardrails?|hidden\s+(?:text|instructions?))\b",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"[\"“][^\"”]{3,200}[\"”]|(?<!\w)['‘][^'’]{3,200}['’](?!\w)|`[^`]{3,200}`")


@dataclass(frozen=True, slots=True)
class Screening:
    """What may be judged of an answer.

    `text`: the answer with what earns nothing blanked out by spaces, of the answer's length; `cap`: the highest
    score it can get (0-100); `notes`: sentences for the candidate; `flags`: codes for operators.
    """

    text: str
    insufficient: Insufficient | None = None
    cap: float = 100.0
    notes: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()


def content_words(text: str) -> list[str]:
    """The words that carry meaning, in lower case and in order."""
    return [word for word in words(text) if word not in FUNCTION_WORDS]


def screen(answer: str, question: QuestionSpec) -> Screening:
    """Applies every rule to an answer; see the module."""
    notes: list[str] = []
    flags: list[str] = []
    text, aimed = _without(answer, [span for span in sentences(answer) if _aimed_at_grader(span.of(answer))])
    if aimed:
        flags.append("aimed_at_grader")
        notes.append("Part of your text speaks to whoever scores it instead of answering; that part was left out and earned nothing.")
        if len(content_words(text)) < 3:
            return _nothing(answer, "aimed_at_grader", "Your text is addressed to whoever scores it and answers nothing. Answer the question itself.", flags)
    found = words(text)
    content = content_words(text)
    if not found:
        return _nothing(answer, "empty", "There are no words here to judge.", flags)
    if _gibberish(text):
        return _nothing(answer, "gibberish", "This does not read as words, so there is nothing to judge.", flags)
    if _foreign(text):
        return _nothing(answer, "other_language", "This is not written in English, which this interview is held in.", flags)
    unsure = _UNKNOWN.search(text)
    if unsure:
        rest = [word for word in content_words(_UNKNOWN.sub(" ", text)) if word not in _GENERIC]
        asked = set(words(question.text))
        if len([word for word in rest if word not in asked]) < 4:
            return _nothing(
                answer,
                "dont_know",
                "You say that you do not know. That is honest, but there is nothing here to judge: say what you do know "
                "that is close, or how you would find out.",
                flags,
            )
    copied = [span for span in sentences(text) if _copies_question(span.of(text), question.text)]
    if copied:
        remaining, _ = _without(text, copied)
        if not content_words(remaining):
            return _nothing(answer, "copied_question", "This repeats the question and does not answer it.", flags)
    if not [word for word in content if word not in _GENERIC]:
        return _nothing(answer, "empty_talk", "This could be said about any topic: it names nothing that the question asks about.", flags)
    cap = 100.0
    if _is_word_list(text):
        cap = KEYWORD_LIST_CAP
        flags.append("keyword_list")
        notes.append("This is a list of terms without sentences around them. Say what each one does and why it matters here.")
    return Screening(text, None, cap, tuple(notes), tuple(flags))


def _nothing(answer: str, code: str, reason: str, flags: list[str]) -> Screening:
    return Screening(" " * len(answer), Insufficient(code, reason), 0.0, (), (*flags, code) if code not in flags else tuple(flags))


def _without(text: str, spans: list[Span]) -> tuple[str, bool]:
    """The text with the spans blanked out, and whether there were any."""
    for span in spans:
        text = text[: span.start] + " " * (span.end - span.start) + text[span.end :]
    return text, bool(spans)


def _aimed_at_grader(sentence: str) -> bool:
    """True for a plea or an order to whoever scores; false for a sentence that reports such text."""
    bare = _QUOTED.sub(" ", sentence)
    reported = bool(_REPORTED.search(sentence))
    if _DEMAND.search(bare) and not reported:
        return True
    if _FAKE_RESULT.search(sentence) and not reported:
        return True
    if _ROLE_PLAY.search(bare) and not reported:
        return True
    override = _OVERRIDE.search(bare)
    if override and not reported:
        before = words(bare[: override.start()])
        return len(before) <= 4 or bool(_GRADER.search(bare))
    return bool(_GRADER.search(bare) and re.search(_TOP, bare, re.IGNORECASE)) and not reported


def _gibberish(text: str) -> bool:
    found = words(text)
    letters = [word for word in found if word.isalpha()]
    if not letters:
        return len(found) > 3
    odd = sum(
        (len(word) > 3 and not re.search(r"[aeiouy]", word)) or bool(re.search(r"[^aeiouy\W\d]{5,}|(.)\1{3,}", word)) or len(word) > 28
        for word in letters
        if word.isascii()
    )
    repeated = len(found) >= 12 and len(set(found)) / len(found) < 0.15
    return odd / len(letters) > 0.5 or repeated


def _foreign(text: str) -> bool:
    letters = [char for char in text if char.isalpha()]
    return len(letters) >= 8 and sum(not char.isascii() for char in letters) / len(letters) > 0.35


def _copies_question(sentence: str, question: str) -> bool:
    """True where a sentence says nothing beyond the question's own words."""
    asked = set(words(question))
    said = words(sentence)
    fresh = [word for word in said if word not in asked]
    return len(said) >= 5 and len(fresh) / len(said) <= 0.1


def _is_word_list(text: str) -> bool:
    """True for terms strung together: hardly a function word, in a text long enough to need some."""
    found = words(re.sub(r"```.*?```", " ", text, flags=re.DOTALL))
    if len(found) < 8:
        return False
    return sum(word in FUNCTION_WORDS for word in found) / len(found) < 0.12
