"""Names of technologies in a text, each as itself: `Go` the language, not the verb; `C#`, not `C`. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from webapp.catalog import vocabulary
from webapp.catalog.words import Phrases, Word, keys

_LANGUAGES = Phrases({keys(name): language for name, language in vocabulary.TECHNOLOGIES.items()})
_FAMILIES = tuple(
    Phrases({keys(name): members for name, members in family.items()})
    for family in (vocabulary.IMPLIED_LANGUAGES, vocabulary.PLATFORMS, vocabulary.UI_FRAMEWORKS)
)
_NAMES = frozenset(
    keys(name)[0]
    for table in (
        vocabulary.TECHNOLOGIES,
        vocabulary.IMPLIED_LANGUAGES,
        vocabulary.PLATFORMS,
        vocabulary.UI_FRAMEWORKS,
    )
    for name in table
) | frozenset(
    ["kafka", "postgresql", "kubernetes", "docker", "aws", "sql", "linux", "terraform", "jenkins", "ansible"]
)
_BESIDE = frozenset(["", " ", "/", ", ", ",", " / ", " + ", "+", " & ", "-", " (", "(", " - "])
_SEGMENT_ENDS = ",;:|()[]–—•/\n"


@dataclass(frozen=True, slots=True)
class Named:
    """What a text names of each family of alternatives."""

    languages: frozenset[str] = frozenset()
    implied_languages: frozenset[str] = frozenset()
    platforms: frozenset[str] = frozenset()
    ui_frameworks: frozenset[str] = frozenset()

    def __or__(self, other: Named) -> Named:
        return Named(
            self.languages | other.languages,
            self.implied_languages | other.implied_languages,
            self.platforms | other.platforms,
            self.ui_frameworks | other.ui_frameworks,
        )

    def allows(self, bound_to: Collection[str]) -> bool:
        """May a skill that is bound to these technologies be asked where the text names what it names?

        Nothing named allows everything. A skill of another language, platform or framework is not allowed.
        """
        languages = self.languages or self.implied_languages
        families = (
            (languages, _LANGUAGE_NAMES), (self.platforms, _PLATFORM_NAMES), (self.ui_frameworks, _FRAMEWORK_NAMES)
        )  # fmt: skip
        concerned = [(named, set(bound_to) & members) for named, members in families if named]
        return any(named & bound for named, bound in concerned) or not any(bound for _, bound in concerned)

    def names_one_of(self, bound_to: Collection[str]) -> bool:
        languages = self.languages or self.implied_languages
        return bool((languages | self.platforms | self.ui_frameworks) & set(bound_to))


_LANGUAGE_NAMES = frozenset(vocabulary.TECHNOLOGIES.values())
_PLATFORM_NAMES = frozenset(vocabulary.PLATFORMS.values())
_FRAMEWORK_NAMES = frozenset(vocabulary.UI_FRAMEWORKS.values())


def comparable(words: Sequence[Word], *, title: bool) -> list[str]:
    """The words' keys; a homograph that is not the name of a technology here is an empty string."""
    keys_ = [word.key for word in words]
    doubtful = [index for index, key in enumerate(keys_) if key in vocabulary.HOMOGRAPHS]
    if not doubtful:
        return keys_
    accepted: set[int] = set()
    computing = title and any(key in vocabulary.CONTEXT for key in keys_)
    changed = True
    while changed:
        before = len(accepted)
        for index in doubtful:
            if index not in accepted and _is_technology(words, index, accepted, title, computing):
                accepted.add(index)
        # A list such as "Go, Rust and C developers" is anchored at one end.
        changed = len(accepted) > before
    return ["" if index in set(doubtful) - accepted else key for index, key in enumerate(keys_)]


def _is_technology(
    words: Sequence[Word], index: int, accepted: set[int], title: bool, computing: bool
) -> bool:
    word = words[index]
    before = words[index - 1] if index else None
    following = words[index + 1] if index + 1 < len(words) else None
    pairs = {(before.key if before else "", word.key), (word.key, following.key if following else "")}
    if pairs & vocabulary.PAIRS:
        return True
    if not title:
        # In prose a name is written as a name: "Go", "SAFe".
        if word.text == word.key:
            return False
        if word.text[1:] != word.text[1:].lower():
            return True
    elif len(words) == 1 and word.text != word.key and word.key in vocabulary.LANGUAGE_TITLES:
        return True
    if following and following.gap in _BESIDE and following.key in vocabulary.CONTEXT:
        return True
    return _is_listed(words, index, accepted) or _closes_a_phrase(words, index, title, computing)


def _is_listed(words: Sequence[Word], index: int, accepted: set[int]) -> bool:
    """Does it stand beside the name of another technology?"""
    others = [_neighbor(words, index, -1), _neighbor(words, index, 1)]
    return any(
        other is not None
        and (
            other in accepted
            or (words[other].key in _NAMES and words[other].key not in vocabulary.HOMOGRAPHS)
        )
        for other in others
    )


def _closes_a_phrase(words: Sequence[Word], index: int, title: bool, computing: bool) -> bool:
    """Is it the last word of its phrase: "written in Go.", "Backend Engineer Go", "Engineer (Go)"?"""
    word = words[index]
    following = words[index + 1] if index + 1 < len(words) else None
    before = words[index - 1] if index else None
    if not (following is None or not following.gap.isspace() or following.key in ("and", "or", "for", "to")):
        return False
    led = before is not None and before.key in vocabulary.LEADING and word.gap.isspace()
    if not title:
        return led
    opens = before is None or any(mark in word.gap for mark in _SEGMENT_ENDS) or " - " in word.gap
    beside_head = before is not None and before.key in vocabulary.CONTEXT and word.gap.isspace()
    return beside_head or (computing and (opens or led))


def _neighbor(words: Sequence[Word], index: int, step: int) -> int | None:
    """The next word of a list in a direction: past "and", "or" and separators, not past the end of a sentence."""
    for _ in range(2):
        gap_of = index if step < 0 else index + 1
        index += step
        if not 0 <= index < len(words) or not (words[gap_of].gap in _BESIDE or words[gap_of].gap.isspace()):
            return None
        if words[index].key not in ("and", "or"):
            return index
    return None


def named_technologies(words: Sequence[Word], *, title: bool) -> Named:
    found = comparable(words, title=title)
    implied, platforms, frameworks = (
        frozenset(member for _, _, members in family.find(found) for member in _members(members, index))
        for index, family in enumerate(_FAMILIES)
    )
    return Named(frozenset(name for _, _, name in _LANGUAGES.find(found)), implied, platforms, frameworks)


def _members(members: str, family: int) -> list[str]:
    return members.split() if family == 0 else [members]
