"""names of technologies on roles and skills, and an interview's notice

Revision ID: 0003
Revises: 0002
Create Date: 2026-11-27 18:30:00
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None

NAMES = (('catalog_roles', 'technologies'), ('catalog_roles', 'areas'), ('catalog_skills', 'bound_to'))


def upgrade() -> None:
    for table, column in NAMES:
        # The release step loads the bank after the migrations; until then the names are empty.
        op.add_column(table, sa.Column(column, postgresql.JSONB(astext_type=sa.Text()), nullable=False, server_default='[]'))
        op.alter_column(table, column, server_default=None)
    op.add_column('interviews', sa.Column('notice', sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column('interviews', 'notice')
    for table, column in NAMES:
        op.drop_column(table, column)
