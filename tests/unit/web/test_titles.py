"""Job titles against the question bank: the role, the level, the trade of every question, and what the notice says."""

from __future__ import annotations

import random

import pytest

from bench import titles as bench
from webapp.catalog.interview_plan import Wishes, plan
from webapp.catalog.selection import BEHAVIORAL
from webapp.catalog.titles import read_title
from webapp.catalog.vocabulary import TECHNOLOGIES
from webapp.catalog.words import keys

CATALOG, ROLE_SKILLS = bench.read_catalog()
LABELLED = bench.read_titles()


def planned(title, interview_type="technical", count=8, seed=1, **wishes):
    return plan(CATALOG, Wishes(title, interview_type, count, **wishes), rng=random.Random(seed))


def role_of(title):
    matches = read_title(title, CATALOG.title_names).matches
    return matches[0].id if matches else "unknown"


def skills_asked(title, **wishes):
    return {e.skill_id for seed in range(4) for e in planned(title, seed=seed, **wishes).entries}


@pytest.mark.parametrize("split", ["tune", "held"])
def test_at_least_95_percent_of_the_titles_are_read_as_a_person_reads_them(split):
    chosen = [labelled for labelled in LABELLED if labelled.split == split]
    assert len(chosen) >= 300
    wrong = [labelled.title for labelled in chosen if role_of(labelled.title) not in labelled.roles]
    assert len(wrong) <= 0.05 * len(chosen), wrong


def test_no_title_of_the_half_for_tuning_is_asked_a_question_of_another_trade_or_language():
    chosen = [labelled for labelled in LABELLED if labelled.split == "tune"][::3]
    assert len(chosen) > 100
    assert {
        labelled.title: wrong
        for labelled in chosen
        for _, wrong in [bench.faults(labelled, CATALOG, ROLE_SKILLS)]
        if wrong
    } == {}


@pytest.mark.parametrize(
    ("title", "asked", "never"),
    [
        ("Go developer", set(), {"python", "java", "mobile_architecture", "embedded_c"}),
        ("C# Developer", set(), {"python", "java", "embedded_c", "hardware_interfaces"}),
        ("R programmer", {"statistics"}, {"python", "java"}),
        ("Scala developer", set(), {"python", "java"}),
        ("iOS", {"ios"}, {"android"}),
        ("Android Developer", {"android"}, {"ios"}),
        ("Flutter Developer", {"mobile_architecture"}, {"ios", "android"}),
        ("Python Django developer", {"python"}, {"java"}),
        ("Angular Developer", {"typescript"}, {"react", "javascript"}),
        ("Staff Software Engineer (Payments), Go + Kafka", {"messaging"}, {"python", "java"}),
        ("Python Network Engineer", {"python", "networking"}, {"java"}),
    ],
)
def test_what_a_title_names_is_asked_and_its_alternatives_are_not(title, asked, never):
    skills = skills_asked(title)
    assert asked <= skills
    assert not never & skills


@pytest.mark.parametrize("interview_type", ["technical", "coding", "mixed"])
def test_a_language_other_than_the_one_named_is_never_asked_however_long_the_interview(interview_type):
    bound = {skill.id for skill in CATALOG.skills if set(skill.bound_to) & set(TECHNOLOGIES.values())}
    asked = skills_asked("Go developer", interview_type=interview_type, count=20)
    assert not asked & bound


def test_a_description_names_technologies_and_languages_too():
    text = "Our services are written in Go; we run Kafka, and Kubernetes in production."
    asked = skills_asked("Backend Engineer", description=text)
    assert {"messaging", "kubernetes"} <= asked
    assert not asked & {"python", "java"}


def test_an_everyday_phrase_of_a_description_adds_no_skill():
    text = "We are hiring! Competitive salary, surveys twice a year, escalation paths, estimation, sensors, negotiation."
    assert skills_asked("Backend Engineer", description=text) <= ROLE_SKILLS["backend_engineer"]


@pytest.mark.parametrize(
    "title", ["Chef", "Registered Nurse", "Barista", "Accountant", "zzzz", "🦄", "Lehrerin"]
)
@pytest.mark.parametrize("interview_type", ["technical", "coding", "system_design", "behavioral", "mixed"])
def test_a_title_that_the_bank_does_not_know_gets_behavioral_questions_and_a_notice(title, interview_type):
    made = planned(title, interview_type, count=20)
    assert made.roles == ()
    assert [entry.question_type for entry in made.entries] == [BEHAVIORAL] * 20
    assert made.notice.startswith(f"The question bank has no role for “{title}”")
    assert made.notice.endswith(".")


def test_a_description_of_another_trade_brings_in_no_technical_question():
    text = "You document in Excel and our EHR, keep patients safe, go on rounds, do monitoring and logging, with R&D."
    assert {e.question_type for e in planned("Registered Nurse", description=text).entries} == {BEHAVIORAL}
    text = "You source engineers who know Java, Python, Kubernetes and AWS."
    assert {e.question_type for e in planned("Technical Recruiter", description=text).entries} == {BEHAVIORAL}


def test_a_technical_description_under_a_title_of_nothing_known_is_asked_about():
    text = "You keep our Kubernetes clusters and Terraform modules healthy."
    made = planned("Happiness Magician", "mixed", description=text)
    technical = {entry.skill_id for entry in made.entries if entry.question_type != BEHAVIORAL}
    assert technical == {"kubernetes", "infrastructure_as_code"}
    assert "Kubernetes" in made.notice
    assert "Infrastructure as Code" in made.notice


def test_a_topic_is_asked_of_anybody_who_chooses_it():
    made = planned("Barista", "technical", count=3, topics=["sql"])
    assert {entry.skill_id for entry in made.entries} == {"sql"}
    assert "the topics that you chose (SQL)" in made.notice


@pytest.mark.parametrize(
    ("title", "level"),
    [
        ("Senior Backend Engineer", "advanced"),
        ("Sr. Data Analyst", "advanced"),
        ("Staff Software Engineer", "advanced"),
        ("Principal Engineer", "advanced"),
        ("Junior QA Tester", "beginner"),
        ("Software Engineering Intern", "beginner"),
        ("Graduate Software Engineer", "beginner"),
        ("Software Engineer I", "beginner"),
        ("Software Engineer III", "advanced"),
        ("Backend Engineer", "intermediate"),
        ("Junior/Senior Developer", "intermediate"),
        ("Internal Auditor", "intermediate"),
        ("Staff Nurse", "intermediate"),
        ("Warehouse Associate", "intermediate"),
    ],
)
def test_the_rank_in_a_title_sets_the_level(title, level):
    assert planned(title).level == level


def test_the_level_that_is_asked_for_outweighs_the_titles_rank():
    made = planned("Senior Backend Engineer", count=5, level="beginner")
    assert made.level == "beginner"
    assert {entry.level for entry in made.entries} == {"beginner"}


def test_an_interview_that_is_what_was_asked_for_has_no_notice():
    for title in ("Backend Engineer", "Go developer", "Senior QA Engineer", "iOS", "Product Manager"):
        assert planned(title, "mixed", count=5).notice is None, title


def test_questions_of_another_level_topic_or_role_than_asked_for_are_announced():
    made = planned("Backend Engineer", "coding", count=20, level="beginner", topics=["sql"])
    assert "14 of the 20 questions are about other skills than the chosen topics" in made.notice
    assert "at another level than beginner" in made.notice
    made = planned("Product Manager", "coding", count=5)
    assert made.notice == (
        "5 of the 5 questions are about skills of related roles: the bank has no more coding questions for"
        " Product Manager."
    )


def test_a_coding_interview_of_a_role_without_coding_prefers_no_programming_language():
    bound = {skill.id for skill in CATALOG.skills if skill.bound_to}
    assert not skills_asked("Product Manager", interview_type="coding", count=10) & bound


def test_every_language_is_a_technology_of_some_role():
    listed = {keys(name) for role in CATALOG.roles for name in role.name.technologies}
    names = {keys(name) for name in TECHNOLOGIES} - {
        keys(name) for name in ("js", "ts", "py", "es6", "cpp", "csharp", "ecmascript", "python3", "cpython")
    }
    assert {" ".join(name) for name in names - listed} == set()


def test_no_word_that_is_one_letter_away_from_a_title_changes_a_trade():
    assert role_of("Bakcend Enginer") == "backend_engineer"
    for title in ("Produce Manager", "Text Engineer", "Project Manger Station", "Securities Analyst"):
        assert role_of(title) in ("unknown", "project_manager"), title
