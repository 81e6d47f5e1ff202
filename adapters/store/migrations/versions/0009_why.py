"""The record by conversation, and what came of questions by time."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.execute("CREATE INDEX record_conversation ON record (organisation, conversation, id)")
    op.execute("""
    CREATE INDEX record_outcome ON record (organisation, at)
        WHERE step IN ('no sure answer', 'answered', 'rated', 'case opened')
    """)
