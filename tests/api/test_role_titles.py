"""Job titles in anybody's words, and the roles that are an acceptable reading of each."""

from __future__ import annotations

import random

import pytest

from webapp.catalog.interview_plan import Wishes
from webapp.catalog.service import plan_interview

# title: roles one of which must be the best match, or "unknown" where the catalog has no role for it.
ACCEPTABLE = {
    "Senior Backend Developer": "backend_engineer",
    "Back-End Engineer (Python/Django)": "backend_engineer",
    "backend dev": "backend_engineer",
    "Java Developer": "backend_engineer",
    "Sr. Golang Engineer": "backend_engineer",
    "API Developer": "backend_engineer",
    "Software Engineer": "backend_engineer full_stack_engineer",
    "SWE II": "backend_engineer full_stack_engineer",
    "SDE-2": "backend_engineer full_stack_engineer",
    "Programmer": "backend_engineer full_stack_engineer",
    "Junior Front End Developer": "frontend_engineer",
    "frontend eng": "frontend_engineer",
    "React Developer": "frontend_engineer",
    "JavaScript Engineer": "frontend_engineer full_stack_engineer",
    "Web Developer": "frontend_engineer full_stack_engineer",
    "UI Developer": "frontend_engineer",
    "Full Stack Developer": "full_stack_engineer",
    "Fullstack Engineer": "full_stack_engineer",
    "full-stack web developer": "full_stack_engineer",
    "MERN Stack Developer": "full_stack_engineer",
    "iOS Developer": "mobile_engineer",
    "Android Engineer": "mobile_engineer",
    "Mobile App Developer": "mobile_engineer",
    "Flutter Developer": "mobile_engineer",
    "Data Scientist": "data_scientist",
    "Lead Data Scientist": "data_scientist",
    "Applied Scientist": "data_scientist",
    "Data Analyst": "data_analyst",
    "Business Intelligence Analyst": "data_analyst",
    "BI Developer": "data_analyst data_engineer",
    "Marketing Data Analyst": "data_analyst",
    "Data Engineer": "data_engineer",
    "ETL Developer": "data_engineer",
    "Big Data Engineer": "data_engineer",
    "ML Engineer": "machine_learning_engineer",
    "Machine Learning Engineer": "machine_learning_engineer",
    "AI Engineer": "machine_learning_engineer",
    "NLP Engineer": "machine_learning_engineer",
    "DevOps": "devops_engineer",
    "DevOps Engineer - AWS": "devops_engineer",
    "Platform Engineer": "devops_engineer",
    "Cloud Engineer": "devops_engineer solutions_architect",
    "SRE": "site_reliability_engineer",
    "Site Reliability Engineer": "site_reliability_engineer",
    "sysadmin": "site_reliability_engineer it_support_specialist",
    "Linux System Administrator": "site_reliability_engineer",
    "Security Engineer": "security_engineer",
    "Cyber Security Analyst": "security_engineer",
    "Penetration Tester": "security_engineer",
    "QA": "qa_engineer",
    "QA Tester": "qa_engineer",
    "Software Tester": "qa_engineer",
    "Test Automation Engineer": "qa_engineer",
    "SDET": "qa_engineer",
    "Solution Architect": "solutions_architect",
    "Software Architect": "solutions_architect",
    "AWS Cloud Architect": "solutions_architect",
    "Embedded Software Engineer": "embedded_engineer",
    "Firmware Developer": "embedded_engineer",
    "C++ Developer": "embedded_engineer backend_engineer",
    "DBA": "database_administrator",
    "Database Administrator": "database_administrator",
    "Oracle Database Admin": "database_administrator",
    "Network Engineer": "network_engineer",
    "Network Administrator": "network_engineer",
    "Help Desk Technician": "it_support_specialist",
    "IT Support": "it_support_specialist",
    "Desktop Support Engineer": "it_support_specialist",
    "Product Manager": "product_manager",
    "Senior PM": "product_manager project_manager",
    "Product Owner": "product_manager",
    "Project Manager": "project_manager",
    "Scrum Master": "project_manager",
    "Engineering Manager": "engineering_manager",
    "Tech Lead": "engineering_manager",
    "Team Lead, Software Engineering": "engineering_manager",
    "UX Designer": "ux_designer",
    "UI/UX Designer": "ux_designer",
    "Product Designer": "ux_designer",
    "Business Analyst": "business_analyst",
    "IT Business Analyst": "business_analyst",
    "Systems Analyst": "business_analyst",
    "Bakcend Enginer": "backend_engineer",
    "DATA SCIENTIST!!!": "data_scientist",
    "kubernetes expert": "devops_engineer site_reliability_engineer",
    "React ninja": "frontend_engineer full_stack_engineer",
    "Barista": "unknown",
    "Nurse": "unknown",
    "zzzz": "unknown",
    "🦄": "unknown",
    "Lehrerin": "unknown",
}


def match_roles(session, title):
    return plan_interview(session, Wishes(title, "mixed", 1), rng=random.Random(1))[0].roles


@pytest.mark.parametrize("title", ACCEPTABLE)
def test_a_title_is_read_as_an_acceptable_role(session, title):
    matches = match_roles(session, title)
    assert len(matches) <= 2
    assert (matches[0].id if matches else "unknown") in ACCEPTABLE[title].split()
    assert all(0 < match.similarity <= 1 for match in matches)
    assert list(matches) == sorted(matches, key=lambda match: -match.similarity)


def test_rank_and_case_change_nothing(session):
    plain = [match.id for match in match_roles(session, "Data Engineer")]
    for title in (
        "data engineer",
        "Senior Data Engineer",
        "Lead Data Engineer II",
        "DATA ENGINEER (remote)",
        "Data-Engineer",
    ):
        assert [match.id for match in match_roles(session, title)] == plain
