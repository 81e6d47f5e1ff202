"""Where the handbook's pages come from, and what is known of each."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    # As adapters/knowledge/tables.py describes it.
    op.execute("""
    CREATE TABLE handbook_sources (
        organisation text NOT NULL REFERENCES handbooks ON DELETE CASCADE,
        name text NOT NULL,
        address text NOT NULL,
        link text NOT NULL DEFAULT '',
        secrets text NOT NULL DEFAULT '',
        specialist text,
        groups jsonb NOT NULL DEFAULT '{}',
        version bigint NOT NULL DEFAULT 0,
        cursor text NOT NULL DEFAULT '',
        synced_at timestamptz,
        skipped jsonb NOT NULL DEFAULT '[]',
        problem text NOT NULL DEFAULT '',
        PRIMARY KEY (organisation, name)
    )
    """)
    op.execute("""
    INSERT INTO handbook_sources (organisation, name, address)
    SELECT organisation, 'pack', '' FROM handbooks
    """)
    op.execute("""
    ALTER TABLE handbook_pages
        ADD COLUMN source text NOT NULL DEFAULT 'pack',
        ADD COLUMN stamp text NOT NULL DEFAULT '',
        ADD COLUMN title text NOT NULL DEFAULT '',
        ADD COLUMN url text NOT NULL DEFAULT '',
        ADD COLUMN owner text NOT NULL DEFAULT '',
        ADD COLUMN reviewed date,
        ADD COLUMN audience text[],
        ADD COLUMN applies_to jsonb NOT NULL DEFAULT '{}',
        ADD COLUMN locale text NOT NULL DEFAULT '',
        DROP CONSTRAINT handbook_pages_organisation_fkey,
        ADD FOREIGN KEY (organisation, source) REFERENCES handbook_sources ON DELETE CASCADE
    """)
    op.execute("ALTER TABLE handbook_sources ENABLE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY apart ON handbook_sources"
        " USING (organisation = current_setting('handrail.organisation', true))"
    )
    op.execute("CREATE INDEX handbook_pages_by_source ON handbook_pages (organisation, source)")
