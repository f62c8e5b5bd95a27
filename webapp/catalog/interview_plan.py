"""From a title, a job description and wishes to an interview's questions. Pure: the bank and the randomness are arguments."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from webapp.catalog import matching, selection
from webapp.catalog.matching import SkillName
from webapp.catalog.selection import BEHAVIORAL, MIXED, Entry
from webapp.catalog.technologies import named_technologies
from webapp.catalog.titles import RoleMatch, RoleName, TitleReading, Trade, index_roles, read_title
from webapp.catalog.words import Phrases, keys, read_words
from webapp.errors import InvalidFieldsError

DEFAULT_LEVEL = "intermediate"
# The first skill of a role weighs 1. One that the title names comes first in every interview, and leaves room for others.
TITLE_WEIGHT = 3.0
DESCRIPTION_BOOST = 3.0
MOST_MENTIONS = 5
# The weight, before the boost, of a skill that only the title or the description brings in.
ADDED_WEIGHT = 0.4
# A description under a title of no known role brings in technical questions only where it names technologies of this many
# skills: a nurse's advertisement may name Excel.
TECHNICAL_DESCRIPTION = 2


@dataclass(frozen=True, slots=True)
class RoleInBank:
    """`skills` and `behavioral` are skill ids, most important first."""

    name: RoleName
    skills: Sequence[str]
    behavioral: Sequence[str]


class BankIndex:
    """The bank as far as planning an interview needs it, and its names ready to be looked for."""

    def __init__(
        self, roles: Sequence[RoleInBank], skills: Sequence[SkillName], entries: Sequence[Entry]
    ) -> None:
        self.roles = roles
        self.skills = skills
        self.entries = entries
        self.skill_names = {skill.id: [skill.name, *skill.aliases] for skill in skills}
        self.behavioral = frozenset(e.skill_id for e in entries if e.question_type == BEHAVIORAL)
        self.title_names = index_roles([role.name for role in roles])
        self.skill_phrases = matching.index_skills(self.skill_names)
        # Apart from the homographs' own rules, a technology is what a role lists as one.
        self.technologies = Phrases({keys(name): True for role in roles for name in role.name.technologies})


@dataclass(frozen=True, slots=True)
class Wishes:
    title: str
    interview_type: str
    count: int
    level: str | None = None
    topics: Sequence[str] = ()
    description: str = ""
    seen: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Plan:
    roles: tuple[RoleMatch, ...]
    level: str
    entries: list[Entry]
    notice: str | None
    """What the interview is not that was asked for, in a sentence or more; None where it is all of it."""


@dataclass(frozen=True, slots=True)
class _Steering:
    """What title, description and topics make of the bank's skills."""

    reading: TitleReading
    technical: dict[str, float]
    behavioral: dict[str, float]
    topics: frozenset[str]
    described: frozenset[str]
    """Technical skills that only the description brings in, under a title of no known role."""
    excluded: frozenset[str]
    """Skills of another language, platform or framework than the one named."""


def plan(bank: BankIndex, wishes: Wishes, *, rng: random.Random) -> Plan:
    """Raises InvalidFieldsError for a topic that is no skill of the bank, and for topics without questions of the type."""
    steering = _steer(bank, wishes)
    level = wishes.level or steering.reading.level or DEFAULT_LEVEL
    known = bool(steering.reading.matches)
    pool = [
        entry
        for entry in bank.entries
        if entry.skill_id in steering.topics
        or entry.question_type == BEHAVIORAL
        or (entry.skill_id not in steering.excluded and (known or entry.skill_id in steering.described))
    ]
    entries = selection.choose(
        pool,
        topics=steering.topics,
        technical_skills=steering.technical,
        behavioral_skills=steering.behavioral,
        interview_type=wishes.interview_type,
        level=level,
        count=wishes.count,
        seen=wishes.seen,
        rng=rng,
        distances=_distances(bank, steering.reading.matches),
        behavioral_fill_up=not known,
    )
    level_asked = level if wishes.level or steering.reading.level else None
    return Plan(
        steering.reading.matches,
        level,
        entries,
        _notice(bank, wishes, steering, entries, level_asked),
    )


def _steer(bank: BankIndex, wishes: Wishes) -> _Steering:
    reading = read_title(wishes.title, bank.title_names)
    topics = _topics(bank, wishes)
    technical, behavioral = _role_weights(bank, reading.matches)
    title_words, description_words = read_words(wishes.title), read_words(wishes.description)
    named = named_technologies(title_words, title=True) | named_technologies(description_words, title=False)
    excluded = frozenset(skill.id for skill in bank.skills if not named.allows(skill.bound_to))

    in_title = matching.mentions(wishes.title, bank.skill_phrases, title=True)
    in_description = matching.mentions(wishes.description, bank.skill_phrases)
    # An everyday phrase ("hiring", "surveys") strengthens a skill that the role has; a technology's name adds one.
    counted = Counter(
        mention.skill_id
        for mention in in_description
        if mention.skill_id in technical
        or mention.skill_id in bank.behavioral
        or _is_technology(mention.phrase, bank)
    )
    described: frozenset[str] = frozenset()
    if reading.matches:
        # Kotlin in the title of a mobile engineer is the Android of the bank.
        spelled = {s.id for s in bank.skills if s.id in technical and named.names_one_of(s.bound_to)}
        spelled |= {
            mention.skill_id
            for mention in in_title
            if mention.skill_id in technical or _is_technology(mention.phrase, bank)
        }
        for skill_id in sorted(spelled):
            if skill_id not in bank.behavioral:
                technical[skill_id] = max(TITLE_WEIGHT, technical.get(skill_id, 0.0))
    else:
        brought = frozenset(skill_id for skill_id in counted if skill_id not in bank.behavioral)
        if reading.trade is Trade.UNKNOWN and len(brought) >= TECHNICAL_DESCRIPTION:
            described = brought
    for skill_id, count in counted.items():
        if skill_id in bank.behavioral:
            weights = behavioral
        elif reading.matches or skill_id in described:
            weights = technical
        else:
            continue
        weights[skill_id] = weights.get(skill_id, ADDED_WEIGHT) * (
            DESCRIPTION_BOOST + min(count, MOST_MENTIONS)
        )
    for skill_id in excluded:
        technical.pop(skill_id, None)
    return _Steering(reading, technical, behavioral, topics, described, excluded)


def _topics(bank: BankIndex, wishes: Wishes) -> frozenset[str]:
    found, errors = set(), {}
    for index, topic in enumerate(wishes.topics):
        skill_id = matching.match_topic(topic, bank.skill_names)
        if skill_id is None:
            errors[f"topics.{index}"] = [
                "No skill of the catalog has this name; GET /api/catalog lists them."
            ]
        else:
            found.add(skill_id)
    if errors:
        raise InvalidFieldsError(errors)
    of_type = {e.skill_id for e in bank.entries if wishes.interview_type in (MIXED, e.question_type)}
    if found and of_type.isdisjoint(found):
        kind = wishes.interview_type
        raise InvalidFieldsError(
            {"topics": [f"None of these has {kind} questions; choose other topics or another type."]}
        )
    return frozenset(found)


def _role_weights(bank: BankIndex, matches: Sequence[RoleMatch]) -> tuple[dict[str, float], dict[str, float]]:
    """Weights of technical and behavioral skills; a title of no known role weighs all behavioral skills equally."""
    roles = {role.name.id: role for role in bank.roles}
    technical: dict[str, float] = {}
    behavioral: dict[str, float] = {}
    for rank, match in enumerate(matches):
        role = roles[match.id]
        for weights, ids in ((technical, role.skills), (behavioral, role.behavioral)):
            for position, skill_id in enumerate(ids):
                weight = 1 / (1 + 0.15 * position) / (1 + rank)
                weights[skill_id] = max(weight, weights.get(skill_id, 0.0))
    if not matches:
        behavioral = dict.fromkeys(sorted(bank.behavioral), 1.0)
    return technical, behavioral


def _is_technology(phrase: str, bank: BankIndex) -> bool:
    return any(True for _ in bank.technologies.find(phrase.split()))


def _distances(bank: BankIndex, matches: Sequence[RoleMatch]) -> dict[str, int]:
    """How far a skill is from the roles: 1 of a role that shares two skills, 2 of others, 3 bound to a technology."""
    own = {
        skill for role in bank.roles for match in matches if role.name.id == match.id for skill in role.skills
    }
    related = {skill for role in bank.roles if len(own & set(role.skills)) >= 2 for skill in role.skills}
    return {skill.id: 3 if skill.bound_to else 1 if skill.id in related else 2 for skill in bank.skills}


# --- the notice -------------------------------------------------------------------------------------


def _notice(
    bank: BankIndex, wishes: Wishes, steering: _Steering, entries: Sequence[Entry], level: str | None
) -> str | None:
    sentences = []
    if not steering.reading.matches:
        sentences.append(_unknown_role(bank, wishes, steering, entries))
    else:
        sentences += _widened(wishes, steering, entries)
    other_level = sum(entry.level != level for entry in entries) if level else 0
    if other_level:
        sentences.append(
            f"{_of(other_level, len(entries))} at another level than {level}, because the bank has no more"
            f" {level} questions that fit."
        )
    if len(entries) < wishes.count:
        sentences.append(f"The bank has {len(entries)} questions that fit; {wishes.count} were asked for.")
    return " ".join(sentences) or None


def _unknown_role(bank: BankIndex, wishes: Wishes, steering: _Steering, entries: Sequence[Entry]) -> str:
    names = {skill.id: skill.name for skill in bank.skills}
    asked = [e for e in entries if e.question_type != BEHAVIORAL]
    by_topic = _listed(names[s] for s in dict.fromkeys(e.skill_id for e in asked) if s in steering.topics)
    by_text = _listed(names[s] for s in dict.fromkeys(e.skill_id for e in asked) if s not in steering.topics)
    title = " ".join(wishes.title.split())
    sentence = f"The question bank has no role for “{title}”, so the interview asks"
    parts = []
    if by_topic:
        parts.append(f"about the topics that you chose ({by_topic})")
    if by_text:
        parts.append(f"about what the job description names ({by_text})")
    if len(asked) < len(entries):
        parts.append("behavioral questions that suit any job")
    instead = ""
    if wishes.interview_type not in (BEHAVIORAL, MIXED) and len(asked) < len(entries):
        instead = f", also in place of {_kind(wishes.interview_type)} questions"
    return f"{sentence} {_listed(parts)}{instead}."


def _widened(wishes: Wishes, steering: _Steering, entries: Sequence[Entry]) -> list[str]:
    """What the role or the topics have too few questions for."""
    technical = [entry for entry in entries if entry.question_type != BEHAVIORAL]
    if steering.topics:
        # Of a mixed interview the side without a topic is no widening.
        sides = [
            side
            for side in (technical, [e for e in entries if e.question_type == BEHAVIORAL])
            if any(entry.skill_id in steering.topics for entry in side)
        ]
        others = sum(entry.skill_id not in steering.topics for side in sides for entry in side)
        if others:
            return [
                f"{_of(others, len(entries))} about other skills than the chosen topics, which have no more."
            ]
        return []
    others = sum(not steering.technical.get(entry.skill_id) for entry in technical)
    if others:
        role = steering.reading.matches[0].title
        kind = _kind(wishes.interview_type)
        part = _of(others, len(entries))
        return [f"{part} about skills of related roles: the bank has no more {kind} questions for {role}."]
    return []


def _of(part: int, whole: int) -> str:
    if whole == 1:
        return "The question is"
    return f"{part} of the {whole} questions {'is' if part == 1 else 'are'}"


def _kind(interview_type: str) -> str:
    return interview_type.replace("_", " ")


def _listed(items: Iterable[str]) -> str:
    *first, last = list(items) or [""]
    return f"{', '.join(first)} and {last}" if first else last
