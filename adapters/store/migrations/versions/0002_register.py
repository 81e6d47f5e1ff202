"""What adapters remember, sealed; and the conversations of all threads of a chat."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("""
    CREATE TABLE register (
        organisation text NOT NULL,
        owner text NOT NULL,
        key text NOT NULL,
        value bytea NOT NULL,
        at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (organisation, owner, key)
    )
    """)
    op.execute(
        "CREATE INDEX conversation_room ON conversation (organisation, place text_pattern_ops)"
    )
