"""What two people permitted to be read on the command line, each once."""

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    # Of a case, or of a person. The code itself is nowhere.
    op.execute("""
    CREATE TABLE permit (
        organisation text NOT NULL,
        code text NOT NULL,
        case_id text,
        person text,
        desks text[] NOT NULL,
        asked_by text NOT NULL,
        allowed_by text NOT NULL,
        until timestamptz NOT NULL,
        PRIMARY KEY (organisation, code)
    )
    """)
    op.execute("ALTER TABLE permit ENABLE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY apart ON permit"
        " USING (organisation = current_setting('handrail.organisation', true))"
    )
