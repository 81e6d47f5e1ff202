"""The table of the web console's far side: every message of the sample workspace."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Index,
    LargeBinary,
    MetaData,
    Sequence,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()

web_position = Sequence("web_position", metadata=metadata)

web_message = Table(
    "web_message",
    metadata,
    Column("organisation", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("thread", Text, comment="The root message. Null: it stands in the channel itself."),
    Column("author", Text, comment="The account that wrote it. Null: the bot."),
    Column("draft", Boolean, nullable=False),
    Column("body", LargeBinary, comment="Encrypted JSON. Null: the message was deleted."),
    Column("key", Text, comment="What the bot marked its post with."),
    Column("only_for", Text, comment="The one account that sees it. Null: all who read there."),
    Column("born", BigInteger, nullable=False, comment="The position at which it appeared."),
    Column("position", BigInteger, nullable=False, comment="Of its last change."),
    Column("at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("organisation", "channel", "key", name="web_message_key"),
    Index("web_message_position", "organisation", "position"),
    Index("web_message_channel", "organisation", "channel", "born"),
)
