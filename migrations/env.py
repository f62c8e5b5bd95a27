"""Alembic's environment: the application's engine, and the metadata of every feature's models."""

from __future__ import annotations

from typing import Any

from alembic import context
from flask import current_app

from webapp.database import Base

config = context.config


def run_migrations_online() -> None:
    """Migrate in one transaction; two releases at once run one after the other."""
    engine = current_app.extensions["migrate"].db.engine
    with engine.connect() as connection:
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
