"""The sample workspace: its rooms, and which of its people read where."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from bot.place import Audience, Place

PLATFORM = "web"
WORKSPACE = "sample"
BOT = "handrail"
"""The bot's own account."""

_DIRECT = "dm:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    title: str
    audience: Audience
    confidential: bool = False


ROOMS: Mapping[str, Room] = MappingProxyType(
    {
        "it-desk": Room(title="IT desk", audience=Audience.PRIVATE),
        "hr-desk": Room(title="HR desk", audience=Audience.PRIVATE),
        "hr-confidential": Room(
            title="HR-confidential", audience=Audience.PRIVATE, confidential=True
        ),
        "ombuds": Room(title="Ombudsperson", audience=Audience.PRIVATE, confidential=True),
        "town-square": Room(title="Town square", audience=Audience.PUBLIC),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplePerson:
    """Somebody of the sample organisation whom a visitor may become."""

    id: str
    name: str
    role: str
    """In one line, such as `Sales, Berlin`."""
    locale: str
    channels: tuple[str, ...]
    """The rooms that they read, beside their direct chat with the bot."""
    admin: bool = False

    @property
    def chat(self) -> str:
        return _DIRECT + self.id

    @property
    def on_a_desk(self) -> bool:
        """They read a room that others do not."""
        return any(ROOMS[x].audience is Audience.PRIVATE for x in self.channels)

    def reads(self, channel: str) -> bool:
        return channel == self.chat or channel in self.channels


def place_of(channel: str, thread: str | None = None) -> Place:
    """Raises `LookupError` when there is no such channel."""
    return Place(
        platform=PLATFORM,
        workspace=WORKSPACE,
        channel=channel,
        thread=thread,
        audience=audience_of(channel),
    )


def chat_of(account: str) -> Place:
    return place_of(_DIRECT + account)


def audience_of(channel: str) -> Audience:
    """Raises `LookupError` when there is no such channel."""
    if channel.removeprefix(_DIRECT) and channel.startswith(_DIRECT):
        return Audience.DIRECT
    return ROOMS[channel].audience
