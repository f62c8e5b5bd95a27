"""Questions in the terms of a job description: asked by the web, worded by a worker, over a real Redis."""

from __future__ import annotations

import threading

import pytest

from webapp import rewording as asking
from webapp.rewording import Rewording
from worker import rewording as answering
from worker.analysis.errors import ProviderUnavailableError

ADVERT = "We run a marketplace for second-hand bicycles on Python and PostgreSQL."


class Sent:
    """A queue that hands the key to a worker at once, in a thread of its own."""

    def __init__(self, settings, sessions, engine):
        self.work = lambda key: answering.reword(settings, sessions, engine, key)
        self.arguments = []

    def send(self, task, argument, *, expires=None):
        self.arguments.append(argument)
        threading.Thread(target=self.work, args=(argument,)).start()
        return True


class Tailor:
    def tailor(self, questions, job_description):
        return tuple(f"At a bicycle marketplace: {question.text}" for question in questions)


class Unavailable:
    def tailor(self, questions, job_description):
        raise ProviderUnavailableError("away")


@pytest.fixture
def start(app, api, monkeypatch, settings, sessions):
    def start(engine, **wishes):
        sent = Sent(settings, sessions, engine)
        monkeypatch.setitem(app.extensions, "rewording", Rewording(settings, sent, places=2))
        return api.start(num_questions=1, job_description=ADVERT, **wishes), sent

    return start


def test_a_provider_words_the_questions_for_the_job(start):
    interview, _ = start(Tailor())
    assert interview["questions"][0]["question_text"].startswith("At a bicycle marketplace: ")


def test_the_message_carries_a_key_and_no_text(start):
    _, sent = start(Tailor())
    assert len(sent.arguments) == 1
    assert "bicycle" not in sent.arguments[0]


def test_the_banks_own_words_stand_when_the_provider_is_away(start, bank):
    interview, _ = start(Unavailable())
    assert interview["questions"][0]["question_text"] in {question["text"] for question in bank.questions}


def test_the_banks_own_words_stand_when_nobody_replies_in_time(start, bank, monkeypatch):
    monkeypatch.setattr(asking, "REPLY_WITHIN_SECONDS", 1)
    interview, _ = start(object())
    assert interview["questions"][0]["question_text"] in {question["text"] for question in bank.questions}
