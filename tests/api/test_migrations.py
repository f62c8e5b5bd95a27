"""The migrations make what the models say, down to nothing and up again; in a database of their own."""

from __future__ import annotations

import dataclasses
import uuid

import flask_migrate
import pytest
import sqlalchemy as sa

from webapp.app import create_app
from webapp.database import db
from webapp.jobs import totals


@pytest.fixture
def app_of_its_own(settings):
    """An app on a new, empty database."""
    name = f"migrations_{uuid.uuid4().hex}"
    server = sa.create_engine(settings.database_url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    url = sa.engine.make_url(settings.database_url).set(database=name).render_as_string(hide_password=False)
    app = create_app(dataclasses.replace(settings, database_url=url))
    try:
        with app.app_context():
            yield app
            db.session.remove()
            db.engine.dispose()
    finally:
        with server.connect() as connection:
            connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
        server.dispose()


def described():
    """Every table, column, index and constraint, as PostgreSQL tells them."""
    columns = "table_name, column_name, data_type, is_nullable, column_default"
    constraint = "conrelid::regclass::text, conname, pg_get_constraintdef(oid)"
    queries = (
        f"SELECT {columns} FROM information_schema.columns WHERE table_schema = 'public'",
        "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
        f"SELECT {constraint} FROM pg_constraint WHERE connamespace = 'public'::regnamespace",
    )
    with db.engine.connect() as connection:
        return [sorted(map(tuple, connection.execute(sa.text(query)))) for query in queries]


def test_the_models_hold_nothing_that_the_migrations_do_not(app_of_its_own):
    flask_migrate.upgrade()
    # It exits with an error where another upgrade would change something.
    flask_migrate.check()


def test_accounts_of_the_first_release_get_names_that_the_second_can_tell_apart(app_of_its_own):
    flask_migrate.upgrade(revision="0001")
    accounts = [
        ("Ada@Example.com", "BT2"),
        ("zoe\u0308@xn--bcher-kva.example", "bt2"),
        ("bt@test", "Bt2"),
        ("other@example.com", "bt2-2"),
        ("\u0130da@example.com", "x" * 50),
        ("i\u0307da@example.com", "X" * 50),
    ]
    with db.engine.begin() as connection:
        for number, (email, username) in enumerate(accounts):
            connection.execute(
                sa.text(
                    "INSERT INTO users (id, email, username, full_name, password_hash, created_at)"
                    " VALUES (gen_random_uuid(), :email, :username, 'Ada', '', now() + :n * interval '1 second')"
                ),
                {"email": email, "username": username, "n": number},
            )
    flask_migrate.upgrade()
    with db.engine.connect() as connection:
        found = connection.execute(sa.text("SELECT email, username FROM users ORDER BY created_at")).all()
    assert [tuple(row) for row in found] == [
        ("ada@example.com", "BT2"),
        ("zo\u00eb@b\u00fccher.example", "bt2-3"),
        ("bt@test", "Bt2-4"),
        ("other@example.com", "bt2-2"),
        # The account that has the compared form already keeps it.
        ("\u0130da@example.com", "x" * 50),
        ("i\u0307da@example.com", "X" * 44 + "-2"),
    ]


def test_going_down_leaves_nothing_and_up_again_makes_the_same(app_of_its_own):
    flask_migrate.upgrade()
    before = described()
    assert len(before[0]) > 50
    flask_migrate.downgrade(revision="base")
    left = {row[0] for row in described()[0]}
    assert left == {"alembic_version"}
    flask_migrate.upgrade()
    assert described() == before


def test_every_step_down_can_be_gone_up_again(app_of_its_own):
    flask_migrate.upgrade()
    before = described()
    flask_migrate.downgrade(revision="-1")
    assert described() != before
    flask_migrate.upgrade()
    assert described() == before


def test_there_is_one_newest_migration(app_of_its_own):
    from alembic.script import ScriptDirectory

    config = app_of_its_own.extensions["migrate"].migrate.get_config()
    assert len(ScriptDirectory.from_config(config).get_heads()) == 1


def test_every_foreign_key_has_an_index_that_begins_with_it(app_of_its_own):
    """Without one, the deletion of the row that it refers to reads the whole table."""
    flask_migrate.upgrade()
    query = """
        SELECT conrelid::regclass::text, conname FROM pg_constraint key
        WHERE contype = 'f' AND connamespace = 'public'::regnamespace AND NOT EXISTS (
            SELECT FROM pg_index WHERE indrelid = key.conrelid AND indpred IS NULL
            AND (string_to_array(indkey::text, ' ')::int2[])[1:cardinality(key.conkey)] = key.conkey)
    """
    with db.engine.connect() as connection:
        assert connection.execute(sa.text(query)).all() == []


def test_the_totals_begin_with_what_the_rows_of_an_older_version_add_up_to(app_of_its_own):
    flask_migrate.upgrade(revision="0001")
    user, interview, job = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
    rows = f"""
        INSERT INTO users (id, email, username, full_name, password_hash)
            VALUES ('{user}', 'a@example.com', 'a', 'Ada', '-');
        INSERT INTO interviews (id, user_id, job_role, matched_roles, difficulty_level, interview_type, status,
                topics, follow_ups)
            VALUES ('{interview}', '{user}', 'x', '[]', 'beginner', 'mixed', 'in_progress', '[]', false);
        INSERT INTO jobs (id, kind, state, progress, stage, attempts, max_attempts, user_id, interview_id, version,
                publishes, engine_seconds, input_tokens)
            VALUES ('{job}', 'answer_feedback', 'succeeded', 1, 'done', 1, 5, '{user}', '{interview}', 1, 1, 2.5, 70);
        INSERT INTO job_attempts (id, job_id, worker, started_at, outcome)
            VALUES ('{uuid.uuid4()}', '{job}', 'w', now(), 'succeeded')"""
    with db.engine.begin() as connection:
        connection.execute(sa.text(rows))
    flask_migrate.upgrade()
    found = {(total.name, total.label): total.amount for total in totals.read(db.session())}
    assert found == {
        ("jobs_finished", "succeeded"): 1,
        ("job_attempts", "succeeded"): 1,
        ("engine_seconds", ""): 2.5,
        ("provider_tokens", "input"): 70,
    }
