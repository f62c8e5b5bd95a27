"""emails in the one form that is compared; usernames unique without regard to case

Revision ID: 0004
Revises: 0003
Create Date: 2026-12-07 09:12:40.318507
"""

import unicodedata

import idna
import sqlalchemy as sa
from alembic import op

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None

users = sa.table('users', sa.column('id', sa.Uuid()), sa.column('email', sa.Text()),
                 sa.column('username', sa.String(50)), sa.column('created_at', sa.DateTime(timezone=True)))


def upgrade() -> None:
    _normalize_emails()
    _rename_twins()
    op.drop_index('uq_users_email_lower', table_name='users')
    op.create_unique_constraint(op.f('uq_users_email'), 'users', ['email'])
    op.drop_constraint('uq_users_username', 'users', type_='unique')
    op.create_index('uq_users_username_lower', 'users', [sa.literal_column('lower(username)')], unique=True)


def downgrade() -> None:
    op.drop_index('uq_users_username_lower', table_name='users')
    op.create_unique_constraint(op.f('uq_users_username'), 'users', ['username'])
    op.drop_constraint(op.f('uq_users_email'), 'users', type_='unique')
    op.create_index('uq_users_email_lower', 'users', [sa.literal_column('lower(email)')], unique=True)


def _normalize_emails() -> None:
    """What webapp/emails.py did when this was written. Of two accounts with one form, the older one gets it."""
    connection = op.get_bind()
    rows = connection.execute(sa.select(users.c.id, users.c.email).order_by(users.c.created_at, users.c.id)).all()
    emails = {row.email for row in rows}
    for row in rows:
        local, at, domain = unicodedata.normalize('NFC', row.email.strip()).rpartition('@')
        try:
            domain = idna.decode(idna.encode(domain, uts46=True))
        except (idna.IDNAError, UnicodeError):
            domain = unicodedata.normalize('NFC', domain.lower())
        email = unicodedata.normalize('NFC', local.lower()) + at + domain
        if email not in emails:
            connection.execute(sa.update(users).where(users.c.id == row.id).values(email=email))
            emails.add(email)


def _rename_twins() -> None:
    """Of usernames that differ in case alone, the oldest account keeps its name; the others get -2, -3 and so on."""
    connection = op.get_bind()
    rows = connection.execute(
        sa.select(users.c.id, users.c.username).order_by(users.c.created_at, users.c.id)
    ).all()
    taken = {row.username.lower() for row in rows}
    seen = set()
    for row in rows:
        if row.username.lower() in seen:
            number = 2
            while (name := f'{row.username[:44]}-{number}').lower() in taken:
                number += 1
            taken.add(name.lower())
            connection.execute(sa.update(users).where(users.c.id == row.id).values(username=name))
        seen.add(row.username.lower())
