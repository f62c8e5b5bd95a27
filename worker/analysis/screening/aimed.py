"""Text aimed at whoever scores the answer, told apart from an answer about such text."""

from __future__ import annotations

import re

from worker.analysis.passages import words

_OVERRIDE = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass|skip|drop|stop\s+(?:following|using))\b[^.!?\n]{0,40}?\b(?:instructions?|rubrics?|"
    r"criteria|prompts?|rules?|guidelines?|directions?|grading|scoring|constraints?|everything\s+(?:above|before))\b",
    re.IGNORECASE,
)
_TOP = (
    r"(?:(?<!to\s)(?:a\s+|score\s+of\s+)?100\s*(?:%|/|points?|marks?|percent|out\s+of)?(?=\s*(?:[.!,;:)\"']|$|for|to|as|because|and|please))|"
    r"one\s+hundred|full\s+(?:marks?|credit|points?|score)|(?:the\s+)?(?:max(?:imum)?|perfect|highest|top|best)\s*"
    r"(?:possible\s+)?(?:score|marks?|grade|rating|points?|credit)|10\s*/\s*10|10\s+out\s+of\s+10|a\+|5\s*/\s*5|five\s+stars)"
)
_TO_SOMEONE = re.compile(
    r"\b(?:please|you|me|my|i|this\s+(?:answer|response|one|candidate|submission)|the\s+(?:above|candidate|answer|response)|it)\b",
    re.IGNORECASE,
)
_FAVOUR = re.compile(
    r"\b(?:score|grade|rate|mark|assess|judge|evaluate)\s+(?:me|my\s+\w+|this(?:\s+\w+)?|it)\s+(?:very\s+)?(?:highly|high|generously|leniently|kindly|"
    r"favou?rably|well|up|as\s+(?:excellent|perfect|correct|complete|outstanding|passed|covered|met|strong|full))\b|"
    r"\bbe\s+(?:lenient|generous|kind|nice)\b[^.!?\n]{0,40}\b(?:scor|grad|mark|me\b|answer|rat)|"
    r"\b(?:mark|set|treat|count|consider|label|report)\s+(?:all|every|each|any)\s+(?:of\s+)?(?:the\s+)?(?:criteri|point|item|dimension|rubric)|"
    r"\b(?:previous|above|prior|earlier)\s+(?:instructions?|rubrics?|criteria|prompts?)\b[^.!?\n]{0,30}\b(?:no\s+longer|void|replaced|cancelled|ignored?|do\s+not|don't)\b|"
    r"\b(?:i|this\s+(?:answer|response))\s+(?:really\s+|truly\s+)?deserves?\b|\bpass\s+(?:me|this\s+candidate)\b|\bhire\s+me\b|\bi\s+(?:really\s+)?need\s+(?:this\s+job|a\s+(?:good|high))",
    re.IGNORECASE,
)
_DEMAND = re.compile(
    r"\b(?:give|award|assign|grant|mark|rate|score|grade|return|output|respond(?:\s+with)?|deserves?|"
    r"should\s+(?:get|receive)|must\s+(?:get|receive)|evaluate)\b[^.!?\n]{0,60}?" + _TOP,
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
    r"#{2,}\s*(?:system|instructions?|new\s+instructions?)\b|(?:system|assistant|admin|developer)\s+(?:prompt|message|note|override)\s*:)|"
    r"^[\s\"'(\[]*(?:system|assistant|admin|developer)\s*:|"
    r"\b(?:(?:^|[.!?]\s+)you\s+are\s+now|from\s+now\s+on,?\s+you|new\s+instructions?\s*:|as\s+(?:the|a|an)\s+(?:ai|grader|evaluator|examiner|judge|language"
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


def aimed_at_grader(sentence: str) -> bool:
    """True for a plea or an order to whoever scores; false for a sentence that reports such text."""
    bare = _QUOTED.sub(" ", sentence)
    reported = bool(_REPORTED.search(sentence))
    demand = _DEMAND.search(bare)
    if demand and not reported and (len(words(bare[: demand.start()])) <= 3 or _TO_SOMEONE.search(bare)):
        return True
    if _FAVOUR.search(bare) and not reported:
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
