"""The vault."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute("""
        -- Personal values, sealed; elsewhere only their tokens are kept.
        CREATE TABLE vault (
            organisation text NOT NULL,
            person text NOT NULL,
            token text NOT NULL,
            value bytea NOT NULL,
            at timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (organisation, person, token)
        )
    """)
