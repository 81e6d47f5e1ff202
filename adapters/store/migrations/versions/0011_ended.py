"""What a turn has paid for goes with its event, whoever ends or erases that."""

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.execute("DELETE FROM journal j WHERE NOT EXISTS (SELECT FROM inbox i WHERE i.id = j.event)")
    op.execute("""
    ALTER TABLE journal ADD FOREIGN KEY (event) REFERENCES inbox ON DELETE CASCADE
    """)
