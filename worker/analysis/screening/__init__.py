"""Rules that keep what is no answer from being judged as one, each with a reason for the candidate.

`screen` looks at the text alone, before an engine does: it blanks out what is aimed at the grader or copied
from the question (same length, so that spans stay true), and says whether what is left can be judged and up
to which score. The rules are general properties of text, never lists of known attacks.
"""

from worker.analysis.screening.screen import Screening, screen
from worker.analysis.screening.vocabulary import FUNCTION_WORDS, GENERIC_WORDS, content_words

__all__ = ["FUNCTION_WORDS", "GENERIC_WORDS", "Screening", "content_words", "screen"]
