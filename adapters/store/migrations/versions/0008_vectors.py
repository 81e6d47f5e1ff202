"""What the handbooks' sections mean, as adapters/knowledge/vectors.py describes it."""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.execute("""
    CREATE TABLE handbook_vectors (
        organisation text NOT NULL,
        model text NOT NULL,
        hash bytea NOT NULL,
        vector bytea NOT NULL,
        PRIMARY KEY (organisation, model, hash)
    )
    """)
    op.execute("ALTER TABLE handbook_vectors ENABLE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY apart ON handbook_vectors"
        " USING (organisation = current_setting('handrail.organisation', true))"
    )
