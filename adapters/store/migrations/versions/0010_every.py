"""How often each source of the handbook is read, and since when it cannot be."""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    # As adapters/knowledge/tables.py describes it. The pack's own folder is read at each start.
    op.execute("""
    ALTER TABLE handbook_sources
        ADD COLUMN every interval,
        ADD COLUMN tried_at timestamptz,
        ADD COLUMN failures integer NOT NULL DEFAULT 0,
        ADD COLUMN failing_since timestamptz
    """)
    op.execute("UPDATE handbook_sources SET every = '1 hour' WHERE name <> 'pack'")
