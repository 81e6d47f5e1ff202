"""Where the handbooks are kept, one for each organisation."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
)

metadata = MetaData()

handbooks = Table(
    "handbooks",
    metadata,
    Column("organisation", Text, primary_key=True),
    # Counts the changes, so that a replica sees at a glance whether it has the latest.
    Column("version", BigInteger, nullable=False, server_default="0"),
)

pages = Table(
    "handbook_pages",
    metadata,
    Column("organisation", Text, primary_key=True),
    Column("path", Text, primary_key=True),
    Column("hash", Text, nullable=False),
    ForeignKeyConstraint(["organisation"], ["handbooks.organisation"], ondelete="CASCADE"),
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
