"""The declarative base, constraint names, column types and sessions that every model and process shares."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column, sessionmaker

from webapp.settings import Settings

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

type_map: dict[Any, Any] = {
    datetime: sa.DateTime(timezone=True),
    uuid.UUID: sa.Uuid(),
    dict[str, Any]: JSONB(),
    list[Any]: JSONB(),
    list[str]: JSONB(),
    list[dict[str, Any]]: JSONB(),
    str: sa.Text(),
}


class Base(DeclarativeBase):
    metadata = sa.MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map = type_map


# What a commit leaves in memory stays readable: a request may commit, ask something outside the database, and go on.
db = SQLAlchemy(metadata=Base.metadata, session_options={"expire_on_commit": False})

UuidPrimaryKey = Annotated[uuid.UUID, mapped_column(primary_key=True, default=uuid.uuid4)]
# The database's clock, so that rows of hosts whose clocks differ can be compared.
NOW = sa.func.clock_timestamp()
CreatedAt = Annotated[datetime, mapped_column(server_default=NOW)]


def enum_type(enum: type[StrEnum], name: str) -> sa.Enum:
    """A text column with a named CHECK: states are held by the database, and adding one is a cheap migration."""
    return sa.Enum(
        enum,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=32,
        values_callable=lambda members: [member.value for member in members],
    )


def engine_options(*, pool_size: int) -> dict[str, Any]:
    """Options for create_engine: a dead or frozen server is noticed in seconds, never waited for without end."""
    return {
        "pool_size": pool_size,
        "max_overflow": 4,
        "pool_timeout": 5,
        "pool_pre_ping": True,
        "pool_recycle": 900,
        # Errors are logged by some library or other: without the answers and hashes that a statement carried.
        "hide_parameters": True,
        "connect_args": {
            "connect_timeout": 3,
            "application_name": "interview-simulator",
            "keepalives_idle": 10,
            "keepalives_interval": 3,
            "keepalives_count": 3,
            "tcp_user_timeout": 15_000,
        },
    }


@sa.event.listens_for(sa.engine.Engine, "connect")
def _set_session_limits(connection: Any, _record: Any) -> None:
    # SET rather than the `options` start-up parameter, which a pgbouncer in front would refuse.
    with connection.cursor() as cursor:
        cursor.execute(
            "SET timezone TO 'UTC'; SET statement_timeout TO '15s'; SET lock_timeout TO '10s';"
            " SET idle_in_transaction_session_timeout TO '60s'"
        )
    connection.commit()


def make_session_factory(settings: Settings, *, pool_size: int = 4) -> sessionmaker[Session]:
    """Sessions for a process without Flask (a worker, a script)."""
    engine = sa.create_engine(settings.database_url, **engine_options(pool_size=pool_size))
    return sessionmaker(engine, expire_on_commit=False)
