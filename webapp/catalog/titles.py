"""What a job title says: the known role that it names, or none, and the level of its rank. Pure.

A title is a row of words whose last word before a preposition is its head: "Data *Engineer* (Spark)", "*Head* of
Product". A role is named by a whole title of the catalog that stands in it, else by a technology, else by an everyday
word directly before a head that only computing uses so. Spelling is compared only where nothing else is found.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from rapidfuzz.distance import OSA

from webapp.catalog import vocabulary
from webapp.catalog.technologies import comparable
from webapp.catalog.words import Phrases, Word, keys, read_words

MAX_ROLES = 2
ANALYST_ROLES = frozenset(["data_analyst", "data_scientist", "database_administrator", "backend_engineer"])
# Of these roles the trade is any: a project manager of buildings plans projects too.
ANY_TRADE = frozenset(
    ["project_manager", "business_analyst", "product_manager", "data_analyst", "data_scientist"]
)
_GENERIC = vocabulary.RANKS | frozenset(
    ["software", "application", "computer", "system", "systems", "engineer", "engineering", "development"]
).union(["it", "technical", "programmer", "analyst", "member", "of"])
_DIRECTORS = frozenset(["director", "head", "vp", "chief"])
_ROLES_OF_TOOLS = frozenset(
    ["database_administrator", "it_support_specialist", "network_engineer", "site_reliability_engineer"]
)
_SYNONYMS = {
    "swe": ("software", "engineer"),
    "sde": ("software", "engineer"),
    "engr": ("engineer",),
    "eng": ("engineer",),
    "dev": ("developer",),
    "mgr": ("manager",),
    "mgmt": ("management",),
    "admin": ("administrator",),
    "ml": ("machine", "learning"),
    "ai": ("machine", "learning"),
    "genai": ("generative", "machine", "learning"),
    "ui": ("ui",),
    "infra": ("infrastructure",),
    "infosec": ("information", "security"),
    "cyber": ("cybersecurity",),
    "k8s": ("kubernetes",),
    "js": ("javascript",),
    "ts": ("typescript",),
    "py": ("python",),
    "postgres": ("postgresql",),
    "svp": ("vp",),
    "evp": ("vp",),
    "coder": ("programmer",),
    "programming": ("programmer",),
    "testing": ("tester",),
}
# Endings that the plural shares with a word of its own.
_SINGULARS = {
    plural: plural[:-1]
    for plural in (  # noqa: SIM905 - a table of words
        "engineers developers programmers administrators architects analysts scientists designers managers testers owners"
        " specialists technicians consultants leads researchers coordinators databases applications apps networks"
    ).split()
} | {"solution": "solutions", "system": "systems"}


class Trade(Enum):
    KNOWN = "known"
    UNKNOWN = "unknown"
    """Names no role; may still be one of computing."""
    OTHER = "other"
    """Names a trade that the bank has no questions for."""


@dataclass(frozen=True, slots=True)
class RoleName:
    id: str
    title: str
    aliases: Sequence[str]
    technologies: Sequence[str] = ()
    areas: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class RoleMatch:
    id: str
    title: str
    similarity: float


@dataclass(frozen=True, slots=True)
class TitleReading:
    matches: tuple[RoleMatch, ...]
    trade: Trade
    level: str | None = None
    """The level that the title's rank asks for, or None."""


@dataclass(frozen=True, slots=True)
class TitleNames:
    """The roles' names, ready to be looked for in titles."""

    exact: dict[tuple[str, ...], str]
    aliases: Phrases[str]
    technologies: Phrases[str]
    areas: Phrases[str]
    titles: dict[str, str]
    software_engineer: str | None
    """The role of a software engineer without further words."""


def read_title(title: str, names: TitleNames) -> TitleReading:
    words = read_words(title)
    segments = _segments(words)
    matches, trade = _match(segments, names)
    known = trade is Trade.KNOWN
    return TitleReading(matches, trade, _level({key for segment in segments for key in segment}, known=known))


def index_roles(roles: Sequence[RoleName]) -> TitleNames:
    exact: dict[tuple[str, ...], str] = {}
    # A role's own title outranks another role's alias.
    for role in sorted(roles, key=lambda role: role.id):
        exact.setdefault(_canonical(role.title), role.id)
    for role in sorted(roles, key=lambda role: role.id):
        for alias in role.aliases:
            exact.setdefault(_canonical(alias), role.id)
    # Only as a whole title: "PM", "Developer", "Staff Engineer".
    aliases = {
        phrase: role
        for phrase, role in exact.items()
        if (len(phrase) > 1 or len(phrase[0]) > 2)
        and not {word for word in phrase if not _is_rank(word)} <= vocabulary.ENGINEERS
    }

    def table(attribute: str) -> dict[tuple[str, ...], str]:
        return {_canonical(name): role.id for role in reversed(roles) for name in getattr(role, attribute)}

    return TitleNames(
        exact,
        Phrases(aliases),
        Phrases(table("technologies")),
        Phrases(table("areas")),
        {role.id: role.title for role in roles},
        exact.get(("software", "engineer")),
    )


@lru_cache(maxsize=8192)
def _canonical(name: str) -> tuple[str, ...]:
    return _row(keys(name))


def _row(words: Iterable[str]) -> tuple[str, ...]:
    """Abbreviations written out, plurals of people made singular, and one word for developer, programmer, engineer."""
    row: list[str] = []
    for word in words:
        singular = _SINGULARS.get(word, word)
        row.extend(_SYNONYMS.get(singular, (singular,)))
    if len(row) > 1:
        row = ["engineer" if word in vocabulary.ENGINEERS else word for word in row]
    for index in range(len(row) - 1, 0, -1):
        if row[index - 1 : index + 1] == ["information", "technology"]:
            row[index - 1 : index + 1] = ["it"]
    # "AI/ML" says one thing twice.
    return tuple(
        word
        for index, word in enumerate(row)
        if not (index >= 2 and row[index - 2 : index] == row[index : index + 2])
        and not (index >= 3 and row[index - 3 : index - 1] == row[index - 1 : index + 1])
    )


def _segments(words: Sequence[Word]) -> list[tuple[str, ...]]:
    """The title's parts between commas, brackets, colons and dashes; a homograph of no technology stands for itself."""
    found = comparable(words, title=True)
    parts: list[list[str]] = [[]]
    for word, key in zip(words, found, strict=True):
        if any(mark in word.gap for mark in ",;:|()[]–—•@") or " -" in word.gap or "- " in word.gap:
            parts.append([])
        parts[-1].append(key or f"={word.key}")
    return [_row(part) for part in parts if part]


def _match(segments: Sequence[tuple[str, ...]], names: TitleNames) -> tuple[tuple[RoleMatch, ...], Trade]:
    if not segments:
        return (), Trade.UNKNOWN
    plain = [tuple(word for word in segment if not _is_rank(word)) for segment in segments]
    whole = tuple(word for segment in plain for word in segment)
    raw = tuple(word for segment in segments for word in segment)
    # Who directs the engineers is not one of them.
    for row in (raw,) if set(raw) & _DIRECTORS else (raw, whole):
        if row in names.exact:
            return _matches([(names.exact[row], 1.0)], names), Trade.KNOWN
    main = next((segment for segment in plain if segment), ())
    if _head(main) in vocabulary.OTHER_TRADES and not _alias_ends_at_head(main, names):
        return (), Trade.OTHER
    all_words = {word.removeprefix("=") for word in whole}
    found = _by_name(segments, plain, all_words, names)
    if found:
        return _matches(found, names), Trade.KNOWN
    if all_words & vocabulary.OTHER_TRADES:
        return (), Trade.OTHER
    misspelled = _by_spelling(whole, names)
    if misspelled is not None:
        return _matches([(misspelled, 0.85)], names), Trade.KNOWN
    return (), Trade.UNKNOWN


def _by_name(
    segments: Sequence[tuple[str, ...]],
    plain: Sequence[tuple[str, ...]],
    all_words: set[str],
    names: TitleNames,
) -> list[tuple[str, float]]:
    """The roles that stand in the title by some name, with their similarity."""
    head = _head(next((segment for segment in plain if segment), ()))
    other_trade = bool(all_words & vocabulary.OTHER_TRADES)
    technologies = [role for segment in plain for _, _, role in names.technologies.find(segment)]
    specific, generic = _aliases(segments, plain, names)
    if other_trade and not (technologies or all_words & vocabulary.COMPUTING):
        specific, generic = [role for role in specific if role in ANY_TRADE], []
    if specific:
        return [(role, 0.9) for role in specific]
    if generic:
        # A software engineer who names a database still builds software.
        technologies = [role for role in technologies if role not in _ROLES_OF_TOOLS]
    role = _by_technology(plain, technologies, head, names)
    if role is None and (not other_trade or "software" in all_words):
        role = _by_area(plain, head, bool(generic), names)
    if role is not None:
        return [(role, 0.8)]
    if generic:
        return [(generic[0], 0.9)]
    if names.software_engineer and not other_trade and head == "engineer":
        return [(names.software_engineer, 0.6)] if all_words & vocabulary.COMPUTING else []
    return []


def _matches(roles: Sequence[tuple[str, float]], names: TitleNames) -> tuple[RoleMatch, ...]:
    return tuple(RoleMatch(role, names.titles[role], similarity) for role, similarity in roles[:MAX_ROLES])


def _is_rank(word: str) -> bool:
    return word in vocabulary.RANKS or word.isdigit()


def _head(main: Sequence[str]) -> str:
    """The last word before a preposition."""
    for index, word in enumerate(main):
        if index and word in vocabulary.PREPOSITIONS:
            return main[index - 1].removeprefix("=")
    return main[-1].removeprefix("=") if main else ""


def _alias_ends_at_head(main: Sequence[str], names: TitleNames) -> bool:
    """Is the head part of a known title, as in "agile coach"?"""
    end = next((i for i, word in enumerate(main) if i and word in vocabulary.PREPOSITIONS), len(main))
    return any(stop == end for _, stop, _ in names.aliases.find(main))


def _aliases(
    segments: Sequence[tuple[str, ...]], plain: Sequence[tuple[str, ...]], names: TitleNames
) -> tuple[list[str], list[str]]:
    """The roles of the known titles that stand in the title: those that say what kind of engineer, and the others."""
    rows: list[tuple[str, ...]] = [tuple(word for segment in segments for word in (*segment, "|"))]
    rows.append(tuple(word for segment in plain for word in (*segment, "|")))
    bare = [
        tuple(word for word in _without(segment, names.technologies) if word not in vocabulary.CONNECTORS)
        for segment in plain
    ]
    rows.append(tuple(word for segment in bare for word in (*segment, "|")))
    straight = len(rows)
    # "Engineer, Data Platform" and "Manager, Software Engineering" are written back to front.
    rows += [(*segment, *parts[0]) for parts in (plain, segments) for segment in parts[1:]]
    reversed_rows = range(straight, len(rows))
    specific: list[tuple[int, int, str]] = []
    generic: list[str] = []
    for order, row in enumerate([*rows, *map(_without_software, rows)]):
        for start, end, role in names.aliases.find(row):
            if order % len(rows) in reversed_rows and start > 0:
                continue
            if role == names.software_engineer and set(row[start:end]) <= _GENERIC:
                generic.append(role)
            else:
                specific.append((start - end, order, role))
    if not specific:
        return [], generic
    specific.sort(key=lambda found: found[:2])
    # A second role only where the title names two apart: "UX Designer / Frontend Developer".
    first_row = [role for _, order, role in specific if order == 0]
    best = specific[0][2]
    return [best, *dict.fromkeys(role for role in first_row if role != best)], generic


def _without_software(row: tuple[str, ...]) -> tuple[str, ...]:
    """A "mobile software engineer" is a mobile engineer."""
    return tuple(
        word
        for index, word in enumerate(row)
        if not (word == "software" and row[index + 1 : index + 2] == ("engineer",))
    )


def _without(row: tuple[str, ...], phrases: Phrases[str]) -> list[str]:
    left = list(row)
    for start, end, _ in reversed(list(phrases.find(row))):
        del left[start:end]
    return left


_LANGUAGE_WORDS = frozenset(name for name in vocabulary.TECHNOLOGIES)


def _by_technology(
    plain: Sequence[tuple[str, ...]], technologies: Sequence[str], head: str, names: TitleNames
) -> str | None:
    if not technologies:
        return None
    languages = [
        role
        for segment in plain
        for start, end, role in names.technologies.find(segment)
        if " ".join(segment[start:end]) in _LANGUAGE_WORDS
    ]
    # A language says least of what somebody does with it.
    others = [role for role in technologies if role not in languages] or list(technologies)
    role = max(dict.fromkeys(others), key=others.count)
    if head in ("architect", "architects") and "solutions_architect" in names.titles:
        return "solutions_architect"
    if head in ("tester", "testers", "test") and "qa_engineer" in names.titles:
        return "qa_engineer"
    if head == "analyst" and role in ANALYST_ROLES and "data_analyst" in names.titles:
        return "data_analyst"
    return role


def _by_area(plain: Sequence[tuple[str, ...]], head: str, generic: bool, names: TitleNames) -> str | None:
    for number, segment in enumerate(plain):
        found = list(names.areas.find(segment))
        covered = sum(end - start for start, end, _ in found) == len(segment)
        for _, end, role in found:
            beside = segment[end : end + 1] and segment[end] in vocabulary.MAKERS
            software = segment[end : end + 2] == ("software", "engineer")
            alone = number > 0 and generic and covered
            if beside or software or alone:
                if head in ("architect", "architects"):
                    return "solutions_architect" if "solutions_architect" in names.titles else role
                return role
    return None


def _by_spelling(words: tuple[str, ...], names: TitleNames) -> str | None:
    """The role of the known title that differs in one letter, or two neighbors swapped, in some of its longer words."""
    if any(word in vocabulary.REAL_WORDS for word in words):
        return None
    for phrase, role in names.exact.items():
        if len(phrase) == len(words) and all(
            word == right or (len(word) >= 5 and OSA.distance(word, right, score_cutoff=1) == 1)
            for word, right in zip(words, phrase, strict=True)
        ):
            return role
    return None


def _level(words: set[str], *, known: bool) -> str | None:
    ranks = words if known else words - vocabulary.RANKS_OF_KNOWN_ROLES
    beginner = bool(ranks & vocabulary.BEGINNER_RANKS) or (known and bool(words & {"i", "1"}))
    advanced = bool(ranks & vocabulary.ADVANCED_RANKS)
    if beginner == advanced:
        return None
    return "beginner" if beginner else "advanced"
