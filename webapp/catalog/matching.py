"""Which skills a topic, a title or a job description names. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz

from webapp.catalog.technologies import comparable
from webapp.catalog.words import Phrases, phrases_of, read_words

MIN_TOPIC_SIMILARITY = 0.82


@dataclass(frozen=True, slots=True)
class SkillName:
    id: str
    name: str
    aliases: Sequence[str]
    bound_to: Sequence[str] = ()
    """The technologies that its questions are about, where there are alternatives to them: Java, iOS, React."""


@dataclass(frozen=True, slots=True)
class Mention:
    skill_id: str
    phrase: str


@lru_cache(maxsize=4096)
def normalize(text: str) -> str:
    """Lower case, words only, one spelling of "front end"."""
    return " ".join(word.key for word in read_words(text))


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


def index_skills(names: Mapping[str, Iterable[str]]) -> Phrases[list[str]]:
    """The skills' names and aliases, ready to be looked for; `names` maps a skill's id to them."""
    skills: dict[tuple[str, ...], list[str]] = {}
    for skill_id, aliases in names.items():
        for phrase in phrases_of(aliases):
            if skill_id not in skills.setdefault(phrase, []):
                skills[phrase].append(skill_id)
    return Phrases(skills)


def mentions(text: str, skills: Phrases[list[str]], *, title: bool = False) -> list[Mention]:
    """Every place where a text names a skill, as whole words; the longest name at each place counts.

    A name that is also an everyday word counts in a technical context only: see `technologies`.
    """
    found = comparable(read_words(text), title=title)
    return [
        Mention(skill_id, " ".join(found[start:end]))
        for start, end, skill_ids in skills.find(found)
        for skill_id in skill_ids
    ]


def skills_named(text: str, skills: Phrases[list[str]], *, title: bool = False) -> dict[str, int]:
    """How often a text names each skill; skills it does not name are left out."""
    return dict(Counter(mention.skill_id for mention in mentions(text, skills, title=title)))
