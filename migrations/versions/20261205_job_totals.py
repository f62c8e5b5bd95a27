"""job totals, and the indexes that the purge and a question's deletion need

Revision ID: 0002
Revises: 0001
Create Date: 2026-12-05 18:02:11.310427
"""

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None

# The totals so far, from the rows that there are. One statement each, so that each can be read by itself.
BACKFILL = (
    """INSERT INTO job_totals (name, kind, label, code, amount)
       SELECT 'jobs_finished', kind, state, coalesce(error_code, ''), count(*) FROM jobs
       WHERE state IN ('succeeded', 'failed', 'cancelled') GROUP BY kind, state, error_code""",
    """INSERT INTO job_totals (name, kind, label, code, amount)
       SELECT 'job_attempts', jobs.kind, outcome, coalesce(job_attempts.error_code, ''), count(*)
       FROM job_attempts JOIN jobs ON jobs.id = job_id
       WHERE outcome IS NOT NULL GROUP BY jobs.kind, outcome, job_attempts.error_code""",
    """INSERT INTO job_totals (name, kind, label, code, amount)
       SELECT 'engine_seconds', kind, '', '', sum(engine_seconds) FROM jobs
       WHERE engine_seconds IS NOT NULL GROUP BY kind""",
    """INSERT INTO job_totals (name, kind, label, code, amount)
       SELECT 'provider_tokens', '', 'input', '', sum(input_tokens) FROM jobs HAVING sum(input_tokens) > 0""",
    """INSERT INTO job_totals (name, kind, label, code, amount)
       SELECT 'provider_tokens', '', 'output', '', sum(output_tokens) FROM jobs HAVING sum(output_tokens) > 0""",
    """INSERT INTO job_totals (name, kind, label, code, amount)
       SELECT 'provider_cost_usd', '', '', '', sum(cost_usd) FROM jobs HAVING sum(cost_usd) IS NOT NULL""",
)


def upgrade() -> None:
    # A CREATE INDEX that waits for a lock makes every later statement on the table wait: give up instead.
    # Not CONCURRENTLY: the release is one transaction, which its lock against a second release needs. Writes to
    # jobs wait while the index is built, about a second per million rows.
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table('job_totals',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('label', sa.String(length=32), nullable=False),
    sa.Column('code', sa.String(length=50), nullable=False),
    sa.Column('amount', sa.Double(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_job_totals'))
    )
    for statement in BACKFILL:
        op.execute(statement)
    op.create_index('ix_jobs_question_id', 'jobs', ['question_id'], unique=False)
    op.create_index(op.f('ix_job_attempts_finished_at'), 'job_attempts', ['finished_at'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_job_attempts_finished_at'), table_name='job_attempts')
    op.drop_index('ix_jobs_question_id', table_name='jobs')
    op.drop_table('job_totals')
