"""Putting the bank into the database, whole, in one transaction; the same bank again costs one query."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from webapp.catalog.models import BankQuestion, BankRelease, Role, Skill
from worker.content.bank import Bank


def load_bank(session: Session, bank: Bank) -> bool:
    """Replace the catalog with this bank; False when it is the one that is loaded. Past interviews keep theirs."""
    # Two releases at once: the second waits, and then finds the work done.
    session.execute(sa.text("LOCK TABLE catalog_releases IN EXCLUSIVE MODE"))
    if session.get(BankRelease, bank.digest) is not None:
        return False
    for model in (BankRelease, BankQuestion, Role, Skill):
        session.execute(sa.delete(model))
    session.execute(sa.insert(Skill), bank.skills)
    session.execute(
        sa.insert(Role),
        [{**role, "position": position} for position, role in enumerate(bank.roles)],
    )
    resources = {
        skill["id"]: {resource["key"]: resource for resource in skill["resources"]} for skill in bank.skills
    }
    session.execute(
        sa.insert(BankQuestion),
        [
            {
                "id": question["id"],
                "skill_id": question["skill"],
                "question_type": question["type"],
                "level": question["level"],
                "content": {
                    **{
                        key: question[key]
                        for key in ("text", "criteria", "red_flags", "model_answer", "follow_ups")
                    },
                    "resources": [resources[question["skill"]][key] for key in question["resources"]],
                },
            }
            for question in bank.questions
        ],
    )
    session.add(BankRelease(digest=bank.digest))
    return True
