"""Legal hold: whose data is neither pruned nor erased, and why."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE hold (
            organisation text NOT NULL,
            person text NOT NULL,
            why text NOT NULL,
            who text NOT NULL,
            at timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (organisation, person)
        )
    """)
    op.execute("ALTER TABLE hold ENABLE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY apart ON hold"
        " USING (organisation = current_setting('handrail.organisation', true))"
    )
