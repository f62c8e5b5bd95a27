"""Finding what a person means: a job title's roles, a topic's skill, the skills that a job description names. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

# Below this, a title has nothing in common with a role but letters.
MIN_ROLE_SIMILARITY = 0.55
MIN_TOPIC_SIMILARITY = 0.82
MAX_ROLES = 2
# Roles whose questions suit nearly any job: what a title that matches nothing is asked.
GENERAL_ROLES = ("project_manager", "business_analyst")

# Words that say how senior or how employed somebody is, not what they do.
_RANK_WORDS = frozenset(
    [
        "a",
        "an",
        "and",
        "at",
        "for",
        "in",
        "of",
        "on",
        "the",
        "to",
        "with",
        "senior",
        "sr",
        "junior",
        "jr",
        "mid",
        "entry",
        "level",
        "lead",
        "principal",
        "staff",
        "associate",
        "assistant",
        "intern",
        "internship",
        "trainee",
        "graduate",
        "contract",
        "contractor",
        "freelance",
        "remote",
        "hybrid",
        "part",
        "full",
        "time",
        "i",
        "ii",
        "iii",
        "iv",
        "role",
        "position",
        "job",
        "specialist",
        "expert",
        "ninja",
        "guru",
        "rockstar",
    ]
)
_SYNONYMS = {
    "dev": "developer",
    "devs": "developer",
    "eng": "engineer",
    "engr": "engineer",
    "swe": "software engineer",
    "sde": "software engineer",
    "coder": "developer",
    "coding": "developer",
    "programming": "programmer",
    "mgr": "manager",
    "admin": "administrator",
    "ops": "operations",
    "pm": "product manager",
    "em": "engineering manager",
    "ba": "business analyst",
    "qa": "quality assurance",
    "ml": "machine learning",
    "ai": "machine learning",
    "ds": "data scientist",
    "de": "data engineer",
    "fe": "frontend",
    "be": "backend",
    "front": "frontend",
    "back": "backend",
    "ux": "user experience",
    "ui": "user interface",
    "infosec": "information security",
    "cyber": "security",
    "sysadmin": "systems administrator",
    "helpdesk": "help desk",
    "k8s": "kubernetes",
    "testing": "tester",
    "analytics": "analyst",
}


@dataclass(frozen=True, slots=True)
class RoleName:
    id: str
    title: str
    aliases: Sequence[str]
    # Names of the role's skills, so that a title like "Kubernetes wizard" says something.
    skill_words: frozenset[str]


@dataclass(frozen=True, slots=True)
class RoleMatch:
    id: str
    title: str
    similarity: float


def normalize(text: str) -> str:
    """Lower case, words only, common abbreviations written out."""
    text = re.sub(r"\b(front|back)[\s-]?end\b", r"\1end", text.lower())
    text = re.sub(r"\bfull[\s-]?stack\b", "fullstack", text)
    words = re.findall(r"[\w+#.]+", text)
    return " ".join(_SYNONYMS.get(word.strip("."), word.strip(".")) for word in words if word.strip("."))


def match_roles(title: str, roles: Iterable[RoleName]) -> list[RoleMatch]:
    """The one or two roles nearest to a title in any words; never empty. `similarity` is 0-1."""
    wanted = normalize(title)
    core = " ".join(word for word in wanted.split() if word not in _RANK_WORDS) or wanted
    scored = sorted(
        (RoleMatch(role.id, role.title, round(_role_similarity(wanted, core, role), 2)) for role in roles),
        key=lambda match: (-match.similarity, match.id),
    )
    if not scored:
        return []
    best = scored[0]
    if best.similarity < MIN_ROLE_SIMILARITY:
        general = [match for match in scored if match.id in GENERAL_ROLES]
        return general[:MAX_ROLES] or scored[:1]
    if best.similarity >= 0.99:
        return [best]
    return [
        match
        for match in scored[:MAX_ROLES]
        if match.similarity >= max(MIN_ROLE_SIMILARITY, best.similarity - 0.1)
    ]


def _role_similarity(wanted: str, core: str, role: RoleName) -> float:
    names = [normalize(name) for name in (role.title, *role.aliases)]
    if wanted in names or core in names:
        # The role's own title outranks another role's alias.
        return 1.0
    best = 0.0
    words = set(core.split())
    for name in names:
        name_words = set(name.split())
        shared = words & name_words
        # Shared whole words count most; spelling counts a little, for typing errors.
        overlap = _weight(shared) / max(_weight(words | name_words), 1e-9)
        # As a phrase also with its rank words: a team lead is no team.
        whole = name_words <= words or f" {name} " in f" {wanted} "
        contained = 0.9 if whole and len(name_words) > 1 else 0.0
        spelling = fuzz.ratio(core, name) / 100
        best = max(
            best, 0.35 + 0.6 * overlap if shared else 0.0, contained, spelling if spelling > 0.8 else 0.0
        )
    skill_share = sum(_names_skill(word, role.skill_words) for word in words) / max(len(words), 1)
    return min(0.98, max(best, 0.5 + 0.35 * skill_share if skill_share else 0.0) + 0.05 * skill_share)


def _names_skill(word: str, skill_words: frozenset[str]) -> bool:
    """Is it one of the words, or the beginning of one, as postgres is of postgresql?"""
    return word in skill_words or (
        len(word) >= 5 and any(skill_word.startswith(word) for skill_word in skill_words)
    )


# Words that many titles share say little.
_COMMON_TITLE_WORDS = frozenset(
    ["engineer", "developer", "manager", "analyst", "administrator", "architect", "designer", "software"]
)


def _weight(words: set[str]) -> float:
    return sum(0.35 if word in _COMMON_TITLE_WORDS else 1.0 for word in words)


def match_topic(topic: str, names: Mapping[str, Sequence[str]]) -> str | None:
    """The id of the skill that a topic names; `names` maps a skill's id to its names and aliases."""
    # An id names its skill too, and its underscores are spaces.
    wanted = normalize(topic.replace("_", " "))
    best_id, best = None, 0.0
    for skill_id, aliases in names.items():
        for alias in (skill_id.replace("_", " "), *aliases):
            similarity = fuzz.ratio(wanted, normalize(alias)) / 100
            if similarity > best:
                best_id, best = skill_id, similarity
    return best_id if best >= MIN_TOPIC_SIMILARITY else None


def skills_named(description: str, names: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """How often a job description names each skill; skills it does not name are left out."""
    found: dict[str, int] = {}
    lowered = description.lower()
    for skill_id, aliases in names.items():
        count = sum(
            _mentions(lowered, alias)
            for alias in {alias.lower() for alias in aliases}
            # One or two letters (Go, R, C) stand for too many other things.
            if len(alias) > 2
        )
        if count:
            found[skill_id] = count
    return found


def _mentions(text: str, name: str) -> int:
    """How often the name stands in the text as words of its own. A regex for each name would take a second of CPU."""
    count, start = 0, text.find(name)
    while start >= 0:
        end = start + len(name)
        alone = not (_in_word(text[start - 1 : start]) or _in_word(text[end : end + 1]))
        count += alone
        start = text.find(name, end if alone else start + 1)
    return count


def _in_word(character: str) -> bool:
    return character.isalnum() or (character != "" and character in "_+#")
