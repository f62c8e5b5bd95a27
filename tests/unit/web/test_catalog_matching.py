"""Which skills a topic, a title or a job description names: the rules, apart from the bank."""

from __future__ import annotations

import pytest

from webapp.catalog.matching import index_skills, match_topic, normalize, skills_named
from webapp.catalog.technologies import named_technologies
from webapp.catalog.words import keys, read_words

SKILLS = {
    "cpp": ["C++"],
    "go": ["Go", "golang"],
    "r": ["R"],
    "java": ["Java"],
    "javascript": ["JavaScript", "js"],
    "machine_learning": ["Machine learning", "ML"],
    "ci_cd": ["CI/CD", "continuous integration"],
    "messaging": ["Kafka"],
    "agile": ["SAFe"],
    "automation": ["Chef", "Terraform"],
}
PHRASES = index_skills(SKILLS)


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("Front-End  DEV", "frontend dev"),
        ("back end eng.", "backend eng"),
        ("Full Stack", "fullstack"),
        ("C++ & C#", "c++ c#"),
        ("...", ""),
        ("", ""),
    ],
)
def test_a_text_is_normalised_to_plain_words(text, normal):
    assert normalize(text) == normal


def test_the_name_of_a_technology_is_one_word():
    assert keys("C, C++, C#, .NET, ASP.NET, Node.js and R&D (F#/.NET)") == (
        "c", "c++", "c#", ".net", "asp.net", "node.js", "and", "r&d", "f#", ".net"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("topic", "skill"),
    [("C++", "cpp"), ("golang", "go"), ("machine learnin", "machine_learning"), ("ci_cd", "ci_cd"), ("CI/CD", "ci_cd"),
     ("js", "javascript"), ("Java", "java"), ("cooking", None), ("", None), ("🦄", None)],
)  # fmt: skip
def test_a_topic_names_a_skill_or_none(topic, skill):
    assert match_topic(topic, SKILLS) == skill


def test_skills_of_a_description_are_counted_as_whole_words():
    description = "Golang, golang and GOLANG. We use JavaScript; you need CI/CD. (C++ too.)"
    assert skills_named(description, PHRASES) == {"go": 3, "javascript": 1, "ci_cd": 1, "cpp": 1}


def test_a_word_inside_another_is_no_skill():
    text = "We javascripted and went to Gopherland; our mlops is odd, and Javanese food."
    assert skills_named(text, PHRASES) == {}


@pytest.mark.parametrize(
    "text",
    [
        "Go home early.", "We go to market fast and go on.", "A vitamin C shot.", "R&D at C-level.", "Head chef wanted.",
        "We keep you safe.", "Chef de partie", "Ready, set, go!",
    ],
)  # fmt: skip
def test_an_everyday_word_is_no_technology(text):
    assert skills_named(text, PHRASES) == {}


@pytest.mark.parametrize(
    ("text", "skills"),
    [
        ("Experience in Go, Kafka and C++.", {"go", "messaging", "cpp"}),
        ("Go and Kafka are our stack.", {"go", "messaging"}),
        ("Services written in Go.", {"go"}),
        ("R programming", {"r"}),
        ("We work by SAFe", {"agile"}),
        ("Terraform or Chef", {"automation"}),
    ],
)
def test_a_technology_in_a_technical_context_is_one_though_its_name_is_a_word(text, skills):
    assert set(skills_named(text, PHRASES)) == skills


def test_an_empty_description_names_nothing():
    assert skills_named("", PHRASES) == {}


@pytest.mark.parametrize(
    ("title", "languages"),
    [
        ("Go developer", {"Go"}),
        ("Backend Engineer (Go)", {"Go"}),
        ("Backend Engineer - Go", {"Go"}),
        ("Go/Rust Engineer", {"Go", "Rust"}),
        ("C Programmer", {"C"}),
        ("C# Developer", {"C#"}),
        ("C/C++ Developer", {"C", "C++"}),
        (".NET Developer", {"C#"}),
        ("R programmer", {"R"}),
        ("Go-Kart Mechanic", set()),
        ("R&D Engineer", set()),
        ("C-Suite Assistant", set()),
        ("Swift Logistics Driver", set()),
        ("Spring 2025 Software Engineer Intern", set()),
    ],
)
def test_a_title_names_a_language_by_its_whole_name(title, languages):
    assert named_technologies(read_words(title), title=True).languages == languages


def test_a_language_that_is_named_outweighs_one_that_a_framework_implies():
    named = named_technologies(read_words("Kotlin Spring Boot Developer"), title=True)
    assert named.allows(["Kotlin"])
    assert not named.allows(["Java"])
    assert named_technologies(read_words("Spring Boot Developer"), title=True).allows(["Java"])
