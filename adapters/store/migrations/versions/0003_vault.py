"""The vault, and what each person has used."""

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
    op.execute("""
        CREATE TABLE used (
            organisation text NOT NULL,
            person text NOT NULL,
            department text NOT NULL,
            tokens integer NOT NULL,
            money double precision NOT NULL,
            attempt boolean NOT NULL,
            at timestamptz NOT NULL
        )
    """)
    op.execute("CREATE INDEX used_person ON used (organisation, person, at)")
    op.execute("CREATE INDEX used_department ON used (organisation, department, at)")
