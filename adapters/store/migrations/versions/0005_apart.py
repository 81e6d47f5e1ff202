"""Row-level security: a connection sees the rows of the one organisation that it was opened for."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    # Without the setting it is null, and nothing is seen. Not FORCE: the owner's backups see all.
    # The key that proves HANDRAIL_KEY is of the whole database: its organisation is empty.
    op.execute("""
    DO $$
    DECLARE
        name text;
    BEGIN
        FOR name IN
            SELECT table_name FROM information_schema.columns
            JOIN information_schema.tables USING (table_schema, table_name)
            WHERE table_schema = 'public' AND column_name = 'organisation'
                AND table_type = 'BASE TABLE'
        LOOP
            EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
            EXECUTE format('CREATE POLICY apart ON %I USING (organisation = %s)', name,
                'current_setting(''handrail.organisation'', true)');
        END LOOP;
    END $$
    """)
    op.execute(
        "ALTER POLICY apart ON data_key USING"
        " (organisation IN ('', current_setting('handrail.organisation', true)))"
    )
