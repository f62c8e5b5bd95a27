"""What a person sees of a text: Unicode has characters that show nothing."""

from __future__ import annotations

import re
import unicodedata

# Default_Ignorable_Code_Point of Unicode, which Python's unicodedata does not tell, and the blank of Braille.
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
# Of the unseen, those that shape what is written around them: joiners in Persian, Hindi and emoji, variants of Han.
_SHAPING = re.compile("[\u180b-\u180d\u180f\u200c\u200d\ufe00-\ufe0f\U000e0100-\U000e01ef]")


def visible_length(text: str) -> int:
    """How many characters of the text show something."""
    return sum(
        not (character.isspace() or unicodedata.category(character) == "Cc")
        for character in _UNSEEN.sub("", text)
    )


def has_control_characters(text: str, *, allowed: str = "") -> bool:
    """Is there a control character, such as ESC, a tab or a line break, that is not an allowed one?"""
    return any(
        unicodedata.category(character) in ("Cc", "Zl", "Zp") and character not in allowed
        for character in text
    )


def has_hidden_characters(text: str) -> bool:
    """Is there a character that shows nothing and shapes nothing, such as U+200B, or that turns the direction?"""
    return bool(_UNSEEN.search(_SHAPING.sub("", text)))


def strip_invisible(text: str) -> str:
    """Without the white space and the unseen characters at both ends, which come with copying."""
    start, end = 0, len(text)
    while start < end and (text[start].isspace() or _UNSEEN.match(text[start])):
        start += 1
    while end > start and (text[end - 1].isspace() or _UNSEEN.match(text[end - 1])):
        end -= 1
    return text[start:end]
