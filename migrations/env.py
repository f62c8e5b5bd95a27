"""Alembic's environment: the application's engine, and the metadata of every feature's models."""

from __future__ import annotations

import sys
from typing import Any

from alembic import context
from flask import current_app
from sqlalchemy.exc import OperationalError

from webapp.connection_errors import reason_of
from webapp.database import Base

config = context.config


def run_migrations_online() -> None:
    """Migrate in one transaction; two releases at once run one after the other."""
    engine = current_app.extensions["migrate"].db.engine
    try:
        connected = engine.connect()
    except OperationalError as error:
        sys.exit(
            f"The database at DATABASE_URL cannot be used ({reason_of(error)}): start it, or correct DATABASE_URL."
        )
    with connected as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            compare_type=True,
            compare_server_default=False,
            transaction_per_migration=False,
            process_revision_directives=_no_empty_revisions,
        )
        with context.begin_transaction():
            # "migr" in ASCII; held until the transaction ends.
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(1835623282)")
            context.run_migrations()


def _no_empty_revisions(_context: Any, _revision: Any, directives: list[Any]) -> None:
    if getattr(config.cmd_opts, "autogenerate", False) and directives[0].upgrade_ops.is_empty():
        directives[:] = []


run_migrations_online()
