"""A whole interview against the running service, told in the terminal.

    python -m demo [--plain]        what `make demo` does

The service is looked for at http://127.0.0.1:$PORT, or where DEMO_URL says. Ends with 1 when it fails.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from typing import Any

from rich.console import Console

from demo import telling
from demo.answers import PLAYED, Candidate
from demo.client import Client, DemoError

QUESTIONS = 5


def main() -> int:
    parser = argparse.ArgumentParser(prog="make demo", description="A whole interview, told in the terminal.")
    parser.add_argument("--plain", action="store_true", help="no colours and no animation")
    plain: bool = parser.parse_args().plain
    url = os.environ.get("DEMO_URL") or f"http://127.0.0.1:{os.environ.get('PORT') or 8000}"
    try:
        with Client(url) as client:
            client.require_ready()
            tell_interview(client, telling.make_console(plain=plain), plain=plain)
    except DemoError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def tell_interview(client: Client, console: Console, *, plain: bool) -> None:
    """Register, start, answer, wait, and tell all of it. Raises DemoError."""
    account = client.sign_up()
    interview = client.start_interview(
        job_role="Backend Engineer", interview_type="mixed", num_questions=QUESTIONS
    )
    telling.opening(console, client.url, client.info(), account, interview)
    candidate = Candidate()
    for number, question in enumerate(interview["questions"], start=1):
        try:
            played = candidate.play(question["question_text"], PLAYED[(number - 1) % len(PLAYED)])
        except KeyError:
            raise DemoError("the service asks a question that is not in this checkout's bank.") from None
        telling.question(console, number, interview["total"], question, played)
        submitted = client.answer(question["id"], played.text, played.seconds)
        seconds = wait(client, console, submitted["job"], "Judging the answer", plain=plain)
        telling.feedback(
            console, client.response(submitted["response"]["id"])["feedback"], seconds, plain=plain
        )
    wait(client, console, client.complete(interview["id"]), "Drawing up the skill gaps", plain=plain)
    links = client.report_links(interview["id"])
    telling.closing(console, client.report(interview["id"]), links, plain=plain)


def wait(client: Client, console: Console, job: dict[str, Any], what: str, *, plain: bool) -> float:
    """Show a job's progress until it has succeeded; returns the seconds that took."""
    started = time.monotonic()
    if plain:
        told = ""
        for state in client.follow(job):
            line = f"{what}: {state['state']}, {state['stage']}, {state['progress']:.0%}"
            if line != told:
                console.print(line, markup=False)
            told = line
    else:
        with console.status(what) as status:
            for state in client.follow(job):
                status.update(f"{what}: {state['stage']}, {state['progress']:.0%}")
    return time.monotonic() - started


if __name__ == "__main__":
    sys.exit(main())
