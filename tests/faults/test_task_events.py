"""What Celery's events tell of a job, which is what Flower shows: its id, and whether it ended well."""

from __future__ import annotations

import threading

import pytest
from celery import Celery
from service_stack import eventually

ENVIRONMENT = {"SWEEP_SECONDS": "0.5", "JOB_MAX_ATTEMPTS": "2"}


@pytest.fixture(scope="module")
def events(stack):
    """Every event of a task, in the order in which they came, from before the worker starts."""
    told: list[dict] = []
    app = Celery(broker=stack.environment["REDIS_URL"], set_as_current=False)
    listening = threading.Event()
    ended = threading.Event()

    def listen():
        with app.connection() as connection:
            receiver = app.events.Receiver(connection, handlers={"*": told.append})
            with receiver.consumer_context() as (consuming, _, _):
                listening.set()
                while not ended.is_set():
                    try:
                        consuming.drain_events(timeout=0.2)
                    except TimeoutError:
                        continue

    thread = threading.Thread(target=listen)
    thread.start()
    assert listening.wait(30)
    yield told
    ended.set()
    thread.join()


@pytest.fixture(scope="module")
def worker(stack, events):
    worker, beat = stack.worker(WORKER_CONCURRENCY="1"), stack.beat()
    with stack.running(worker), stack.running(beat):
        yield worker


def types_of(events, job_id):
    return [event["type"] for event in events if event.get("uuid") == str(job_id)]


def test_a_job_that_succeeded_is_a_task_that_succeeded_under_the_jobs_id(candidate, worker, events):
    job = candidate.answer()
    eventually(lambda: "task-succeeded" in types_of(events, job), "the task of the job succeeds")
    assert "task-failed" not in types_of(events, job)


def test_a_job_that_failed_is_a_task_that_failed(candidate, worker, events):
    job = candidate.answer("[[fail provider_rejected 9]]")
    eventually(lambda: "task-failed" in types_of(events, job), "the task of the job fails")
    assert "task-succeeded" not in types_of(events, job)


def test_an_attempt_that_is_tried_again_is_a_task_that_is_retried(candidate, worker, events):
    job = candidate.answer("[[fail provider_unavailable 1]]")
    eventually(lambda: "task-succeeded" in types_of(events, job), "the second attempt succeeds")
    types = types_of(events, job)
    assert types.index("task-retried") < types.index("task-succeeded")
    assert "task-failed" not in types


def test_a_sweep_is_no_task_of_the_history(candidate, worker, stack, events):
    seen = "SELECT seen_at FROM worker_heartbeats WHERE role = 'beat'"
    eventually(lambda: stack.rows(seen), "beat's tick arrives")
    first = stack.rows(seen)[0]["seen_at"]
    eventually(lambda: stack.rows(seen)[0]["seen_at"] > first, "beat's next tick arrives")
    job = candidate.answer()
    eventually(lambda: "task-succeeded" in types_of(events, job), "later events arrive")
    names = {event.get("name") for event in events if event["type"].startswith("task-")}
    assert not {name for name in names if name and ("sweep" in name or "purge" in name)}
    jobs = {event["uuid"] for event in events if event["type"].startswith("task-")}
    known = {str(row["id"]) for row in stack.rows("SELECT id FROM jobs")}
    assert jobs
    assert jobs <= known
