"""How well the interview fits the title: `python -m bench.titles [--errors tune|held]`.

`bench/data/titles.csv` holds job titles with the role that a reader chooses for each, or "unknown", in two readings; where
they differ, either is right. Prints the share of titles whose role is right, of each half of the list, and every
technical question that comes from a wrong trade or in another programming language than the one named. Half of the
titles ("held") are kept out of the choice of rules. Exits with 1 below the goal.
"""

from __future__ import annotations

import argparse
import csv
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from webapp.catalog.interview_plan import BankIndex, RoleInBank, Wishes, plan
from webapp.catalog.matching import SkillName
from webapp.catalog.selection import BEHAVIORAL, Entry
from webapp.catalog.titles import RoleName
from webapp.catalog.vocabulary import TECHNOLOGIES
from worker.content import bank as content

PATH = Path(__file__).parent / "data" / "titles.csv"
GOAL = 0.95
UNKNOWN = "unknown"
SEEDS = range(3)


@dataclass(frozen=True, slots=True)
class LabelledTitle:
    title: str
    split: str
    roles: frozenset[str]
    names: frozenset[str]
    """Skills that the title names and the interview therefore asks."""
    languages: frozenset[str]
    """The programming languages that the title names."""


def read_titles(path: Path = PATH) -> list[LabelledTitle]:
    with path.open(newline="", encoding="utf-8") as file:
        return [
            LabelledTitle(
                row["title"],
                row["split"],
                frozenset([row["first_reading"], row["second_reading"]]),
                frozenset(row["names"].split()),
                frozenset(row["languages"].split()),
            )
            for row in csv.DictReader(file)
        ]


def read_catalog() -> tuple[BankIndex, dict[str, frozenset[str]]]:
    """The bank as the web process reads it, and the skills of each role."""
    bank = content.read_bank()
    roles = [
        RoleInBank(
            RoleName(role["id"], role["title"], role["aliases"], role["technologies"], role["areas"]),
            role["skills"],
            role["behavioral"],
        )
        for role in bank.roles
    ]
    skills = [SkillName(s["id"], s["name"], s["aliases"], s["bound_to"]) for s in bank.skills]
    entries = [Entry(q["id"], q["skill"], q["type"], q["level"]) for q in bank.questions]
    return BankIndex(roles, skills, entries), {role["id"]: frozenset(role["skills"]) for role in bank.roles}


def faults(
    labelled: LabelledTitle, bank: BankIndex, role_skills: dict[str, frozenset[str]]
) -> tuple[str, list[str]]:
    """The role that the title is read as, and what is wrong with the questions asked."""
    allowed = labelled.names.union(*(role_skills.get(role, frozenset()) for role in labelled.roles))
    languages = frozenset(TECHNOLOGIES.values())
    spoken = {skill.id: languages.intersection(skill.bound_to) for skill in bank.skills}
    wrong = []
    got = UNKNOWN
    for seed in SEEDS:
        for interview_type in ("technical", "mixed"):
            made = plan(bank, Wishes(labelled.title, interview_type, 5), rng=random.Random(seed))
            got = made.roles[0].id if made.roles else UNKNOWN
            technical = [entry for entry in made.entries if entry.question_type != BEHAVIORAL]
            for entry in technical:
                if entry.skill_id not in allowed:
                    wrong.append(f"asks {entry.id}, of another trade")
                elif (
                    labelled.languages
                    and spoken[entry.skill_id]
                    and not spoken[entry.skill_id] & labelled.languages
                ):
                    wrong.append(
                        f"asks {entry.id}, in another language than {' or '.join(sorted(labelled.languages))}"
                    )
            if interview_type == "technical":
                missing = labelled.names - {entry.skill_id for entry in technical}
                wrong += [f"asks nothing on {skill}" for skill in sorted(missing)]
    return got, sorted(set(wrong))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--errors", choices=["tune", "held"], action="append", default=[])
    options = parser.parse_args(arguments)
    bank, role_skills = read_catalog()
    titles = read_titles()
    failed = False
    for split in ("tune", "held"):
        chosen = [labelled for labelled in titles if labelled.split == split]
        right, wrong_trade, not_steered = 0, 0, 0
        for labelled in chosen:
            got, wrong = faults(labelled, bank, role_skills)
            right += got in labelled.roles
            wrong_trade += any("another" in fault for fault in wrong)
            not_steered += any("nothing" in fault for fault in wrong)
            if split in options.errors and (got not in labelled.roles or wrong):
                expected = " or ".join(sorted(labelled.roles))
                print(
                    f"{labelled.title}: read as {got}, {expected} expected; {'; '.join(wrong) or 'questions fit'}"
                )
        unknown = sum(labelled.roles == {UNKNOWN} for labelled in chosen)
        print(
            f"{split}: {right} of {len(chosen)} titles right ({right / len(chosen):.1%}; {unknown} of them unknown to the bank); "
            f"{wrong_trade} with a technical question of a wrong trade or language; "
            f"{not_steered} that miss a skill that the title names"
        )
        failed |= right < GOAL * len(chosen) or wrong_trade > 0
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
