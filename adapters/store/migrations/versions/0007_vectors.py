"""What the handbooks' sections mean, as adapters/knowledge/vectors.py describes it."""

from alembic import op

revision = "0007"
down_revision = "0004"


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
