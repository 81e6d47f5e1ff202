"""Where something is said: a chat, a channel, or a thread's root."""

from dataclasses import dataclass, field, replace
from enum import StrEnum

from bot.people import Requester


class Audience(StrEnum):
    """Who can read what is written in a place."""

    DIRECT = "direct"
    """One employee and the bot."""
    PRIVATE = "private"
    """Invited members only."""
    PUBLIC = "public"
    """Every employee."""
    SHARED = "shared"
    """Also people from outside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    platform: str
    workspace: str
    channel: str
    thread: str | None = None
    """The root message of a thread. None: a flat chat, or the channel itself."""
    audience: Audience = field(default=Audience.DIRECT, compare=False)

    @property
    def key(self) -> str:
        """Equal for equal places: the lock and the order of what happens there."""
        return "/".join((self.platform, self.workspace, self.channel, self.thread or ""))

    def thread_at(self, message: str) -> "Place":
        return replace(self, thread=message)


NOWHERE = Place(platform="", workspace="", channel="")
"""Of what is held in no place: nobody writes there, and nothing is sent there."""


def reader_in(place: Place, requester: Requester) -> Requester:
    """For whom the handbook is read there: what only some may read is told in direct chats."""
    if place.audience is Audience.DIRECT:
        return requester
    return replace(requester, groups=frozenset())
