"""Matching titles, topics and job descriptions: the rules, apart from the bank."""

from __future__ import annotations

import pytest

from webapp.catalog.matching import RoleName, match_roles, match_topic, normalize, skills_named

ROLES = [
    RoleName(
        "backend_engineer",
        "Backend Engineer",
        ["python developer", "api developer"],
        frozenset({"python", "sql"}),
    ),
    RoleName("devops_engineer", "DevOps Engineer", ["platform engineer"], frozenset({"kubernetes", "linux"})),
    RoleName("project_manager", "Project Manager", ["scrum master"], frozenset()),
    RoleName("business_analyst", "Business Analyst", [], frozenset()),
    RoleName("engineering_manager", "Engineering Manager", ["team lead"], frozenset()),
]
SKILLS = {
    "cpp": ["C++"],
    "go": ["Go", "golang"],
    "java": ["Java"],
    "javascript": ["JavaScript", "js"],
    "machine_learning": ["Machine learning", "ML"],
    "ci_cd": ["CI/CD", "continuous integration"],
}


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("Front-End  DEV", "frontend developer"),
        ("back end eng.", "backend engineer"),
        ("Full Stack", "fullstack"),
        ("QA/Testing", "quality assurance tester"),
        ("C++ & C#", "c++ c#"),
        ("...", ""),
        ("", ""),
    ],
)
def test_a_text_is_normalised_to_plain_words(text, normal):
    assert normalize(text) == normal


def ids(title):
    return [match.id for match in match_roles(title, ROLES)]


def test_an_exact_title_is_one_role_with_similarity_one():
    assert [(match.id, match.similarity) for match in match_roles("senior BACKEND engineer", ROLES)] == [
        ("backend_engineer", 1.0)
    ]


def test_an_alias_is_as_good_as_the_title():
    assert ids("Python Developer") == ["backend_engineer"]


def test_a_skills_name_says_something():
    assert ids("Kubernetes wizard")[0] == "devops_engineer"


def test_a_phrase_with_a_rank_word_in_it_is_found():
    assert ids("Team Lead, Platform")[0] == "engineering_manager"


def test_a_title_of_nothing_known_gets_the_general_roles():
    assert set(ids("Lion tamer")) == {"project_manager", "business_analyst"}


def test_without_roles_there_is_no_match():
    assert match_roles("Backend Engineer", []) == []


def test_the_order_of_the_roles_changes_nothing():
    for title in ("manager", "engineer", "developer of things", "analyst manager"):
        assert match_roles(title, ROLES) == match_roles(title, ROLES[::-1])


@pytest.mark.parametrize(
    ("topic", "skill"),
    [("C++", "cpp"), ("golang", "go"), ("machine learnin", "machine_learning"), ("ci_cd", "ci_cd"), ("CI/CD", "ci_cd"),
     ("js", "javascript"), ("Java", "java"), ("cooking", None), ("", None), ("🦄", None)],
)  # fmt: skip
def test_a_topic_names_a_skill_or_none(topic, skill):
    assert match_topic(topic, SKILLS) == skill


def test_skills_of_a_description_are_counted_as_whole_words():
    description = "Golang, golang and GOLANG. We use JavaScript; you need CI/CD. (C++ too.)"
    assert skills_named(description, SKILLS) == {"go": 3, "javascript": 1, "ci_cd": 1, "cpp": 1}


def test_a_word_inside_another_is_no_skill():
    assert (
        skills_named("We javascripted and went to Gopherland; our mlops is odd, and Javanese food.", SKILLS)
        == {}
    )


def test_names_of_two_letters_stand_for_too_much_to_count():
    assert skills_named("Go home, ML and js.", SKILLS) == {}


def test_an_empty_description_names_nothing():
    assert skills_named("", SKILLS) == {}
