"""Where the handbooks are kept, one for each organisation, and where their pages come from."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import INTERVAL, JSONB, TIMESTAMP

metadata = MetaData()

handbooks = Table(
    "handbooks",
    metadata,
    Column("organisation", Text, primary_key=True),
    # Counts the changes, so that a replica sees at a glance whether it has the latest.
    Column("version", BigInteger, nullable=False, server_default="0"),
)

sources = Table(
    "handbook_sources",
    metadata,
    Column("organisation", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("address", Text, nullable=False),
    Column("link", Text, nullable=False, server_default=""),
    # What the names of its variables begin with: a credential itself is never kept.
    Column("secrets", Text, nullable=False, server_default=""),
    Column("specialist", Text),
    Column("groups", JSONB, nullable=False, server_default="{}"),
    # Counts the syncs, so that of two at once the second sees the first.
    Column("version", BigInteger, nullable=False, server_default="0"),
    Column("cursor", Text, nullable=False, server_default=""),
    Column("synced_at", TIMESTAMP(timezone=True)),
    Column("skipped", JSONB, nullable=False, server_default="[]"),
    # Why the last sync failed; empty if it did not.
    Column("problem", Text, nullable=False, server_default=""),
    # NULL: only when somebody asks for it.
    Column("every", INTERVAL),
    # Also in vain.
    Column("tried_at", TIMESTAMP(timezone=True)),
    # One after the other, since the last sync that did not fail.
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("failing_since", TIMESTAMP(timezone=True)),
    ForeignKeyConstraint(["organisation"], ["handbooks.organisation"], ondelete="CASCADE"),
)

pages = Table(
    "handbook_pages",
    metadata,
    Column("organisation", Text, primary_key=True),
    Column("path", Text, primary_key=True),
    # Of the way in which its sections were made.
    Column("hash", Text, nullable=False),
    Column("source", Text, nullable=False, server_default="pack"),
    # The source's mark of the content that is here.
    Column("stamp", Text, nullable=False, server_default=""),
    Column("title", Text, nullable=False, server_default=""),
    Column("url", Text, nullable=False, server_default=""),
    Column("owner", Text, nullable=False, server_default=""),
    Column("reviewed", Date),
    # Groups, any of which may read it. NULL: every employee.
    Column("audience", ARRAY(Text)),
    Column("applies_to", JSONB, nullable=False, server_default="{}"),
    Column("locale", Text, nullable=False, server_default=""),
    ForeignKeyConstraint(
        ["organisation", "source"],
        ["handbook_sources.organisation", "handbook_sources.name"],
        ondelete="CASCADE",
    ),
    Index("handbook_pages_by_source", "organisation", "source"),
)

sections = Table(
    "handbook_sections",
    metadata,
    Column("organisation", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("page", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("trail", ARRAY(Text), nullable=False),
    Column("text", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("specialist", Text),
    ForeignKeyConstraint(
        ["organisation", "page"],
        ["handbook_pages.organisation", "handbook_pages.path"],
        ondelete="CASCADE",
    ),
    Index("handbook_sections_by_page", "organisation", "page", "position"),
)
