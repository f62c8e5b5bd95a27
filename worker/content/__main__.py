"""python -m worker.content check | load"""

from __future__ import annotations

import argparse
import sys
from collections import Counter

from sqlalchemy.exc import OperationalError

from webapp.connection_errors import reason_of
from webapp.database import make_session_factory
from webapp.settings import SettingsError, read_settings
from worker.content.bank import BankError, read_bank
from worker.content.loading import load_bank


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m worker.content", description="The question bank.")
    parser.add_argument(
        "command", choices=["check", "load"], help="check the files, or load them into DATABASE_URL"
    )
    command = parser.parse_args().command
    try:
        bank = read_bank()
    except BankError as error:
        print(*error.problems, sep="\n", file=sys.stderr)
        return 1
    levels = Counter(question["level"] for question in bank.questions)
    types = Counter(question["type"] for question in bank.questions)
    print(f"{len(bank.roles)} roles, {len(bank.skills)} skills, {len(bank.questions)} questions")
    print(", ".join(f"{n} {name}" for name, n in [*levels.most_common(), *types.most_common()]))
    if command == "load":
        try:
            sessions = make_session_factory(read_settings())
        except SettingsError as error:
            print(error, file=sys.stderr)
            return 1
        try:
            with sessions.begin() as session:
                print("loaded" if load_bank(session, bank) else "this bank is loaded already")
        except OperationalError as error:
            print(
                f"The database at DATABASE_URL cannot be used ({reason_of(error)}): start it, or correct DATABASE_URL.",
                file=sys.stderr,
            )
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
