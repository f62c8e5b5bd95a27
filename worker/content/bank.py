"""Reading the question bank from its files and checking it; what is wrong is told by file and field."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import marshmallow as ma
import yaml

from worker.content.schema import RolesFileSchema, SkillFileSchema

FOLDER = Path(__file__).parent


class BankError(Exception):
    """The bank's files do not hold together; `problems` lists every reason."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Bank:
    """`roles`, `skills` and `questions` are the files' mappings; a question has its `skill` id added."""

    roles: list[dict[str, Any]]
    skills: list[dict[str, Any]]
    questions: list[dict[str, Any]]
    digest: str


def read_bank(folder: Path = FOLDER) -> Bank:
    """Read and check every file. Raises BankError."""
    problems: list[str] = []
    digest = hashlib.sha256()

    def load(path: Path, schema: ma.Schema) -> Any:
        raw = path.read_bytes()
        digest.update(raw)
        try:
            # The C loader: the bank is a megabyte and more of YAML.
            return schema.load(yaml.load(raw, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))  # noqa: S506 - both loaders are safe
        except (yaml.YAMLError, ma.ValidationError) as error:
            problems.append(f"{path.name}: {error}")
            return None

    roles_file = load(folder / "roles.yaml", RolesFileSchema())
    files = {path: load(path, SkillFileSchema()) for path in sorted((folder / "skills").glob("*.yaml"))}
    if problems or roles_file is None:
        raise BankError(problems)
    skills = [file["skill"] for file in files.values()]
    questions = [
        {**question, "skill": file["skill"]["id"]}
        for file in files.values()
        for question in file["questions"]
    ]
    everyones = roles_file["behavioral"]
    roles = [
        {**role, "behavioral": [*role["behavioral"], *(s for s in everyones if s not in role["behavioral"])]}
        for role in roles_file["roles"]
    ]
    problems += [
        f"{path.name}: the skill's id is {file['skill']['id']}"
        for path, file in files.items()
        if file["skill"]["id"] != path.stem
    ]
    problems += _cross_check(roles, skills, questions)
    if problems:
        raise BankError(problems)
    return Bank(roles, skills, questions, digest.hexdigest())


def _cross_check(
    roles: list[dict[str, Any]], skills: list[dict[str, Any]], questions: list[dict[str, Any]]
) -> list[str]:
    """What no single file can see."""
    known = {skill["id"] for skill in skills}
    problems = [
        f"role {role['id']}: unknown skill {skill}"
        for role in roles
        for skill in [*role["skills"], *role["behavioral"]]
        if skill not in known
    ]
    problems += [
        f"skill {skill['id']}: unknown prerequisite {other}"
        for skill in skills
        for other in skill["prerequisites"]
        if other not in known
    ]
    for what, ids in (
        ("question", [question["id"] for question in questions]),
        ("role", [role["id"] for role in roles]),
    ):
        problems += [f"{what} {name}: the id is used {n} times" for name, n in Counter(ids).items() if n > 1]
    resources = {skill["id"]: {resource["key"] for resource in skill["resources"]} for skill in skills}
    problems += [
        f"{question['id']}: unknown resource {key}"
        for question in questions
        for key in question["resources"]
        if key not in resources[question["skill"]]
    ]
    asked = {question["skill"] for question in questions}
    problems += [f"skill {skill['id']}: has no question" for skill in skills if skill["id"] not in asked]
    return problems
