"""The seals over the record, and which transaction wrote each line of it."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    # What is there already is of no open transaction: a constant, so that no row is written anew.
    op.execute("ALTER TABLE record ADD COLUMN txid xid8 NOT NULL DEFAULT '0'")
    op.execute("ALTER TABLE record ALTER COLUMN txid SET DEFAULT pg_current_xact_id()")
    # What was said, sealed with the key of the employee whom it is about: without the key it is
    # noise, and still what was hashed.
    op.execute("ALTER TABLE record ADD COLUMN about text NOT NULL DEFAULT ''")
    op.execute("ALTER TABLE record ADD COLUMN said bytea")
    # `at` is text: what was signed is kept to the letter.
    op.execute("""
    CREATE TABLE seal (
        organisation text NOT NULL,
        number bigint NOT NULL,
        count bigint NOT NULL,
        records bigint[] NOT NULL,
        hashes bytea[] NOT NULL,
        last bigint NOT NULL,
        floor bigint NOT NULL,
        drawn bigint NOT NULL,
        txid xid8 NOT NULL,
        at text NOT NULL,
        signature bytea NOT NULL,
        PRIMARY KEY (organisation, number)
    )
    """)
    op.execute("CREATE INDEX seal_last ON seal (organisation, last)")
