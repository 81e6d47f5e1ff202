"""What came in. Adapters make these; nothing else is known of the outside."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.people import Sender
from bot.place import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    id: str
    """Unique on its platform: a redelivered event bears the same id."""
    organisation: str
    at: datetime
    sender: Sender
    place: Place
    message: str
    """The platform's id of the message itself."""
    text: str
    mentioned: bool = False
    reply_to: str | None = None
    """The message that this one quotes or answers. None: none."""
    belongs_to: str | None = None
    """The conversation, when the requester was asked and said so. None: not asked."""
    edited: str | None = None
    """The platform's stamp of the edit. None: as first written."""
    roots: bool = False
    """It begins its place, a thread of its own in a direct chat: the chat itself is flat, and this
    may go on with what was said in an earlier thread."""

    @property
    def also_known_as(self) -> str:
        """The same for the two events by which a platform may report one message."""
        place = self.place
        parts = (place.platform, place.workspace, place.channel, self.message, self.edited or "")
        return "message:" + "/".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class CardAction:
    """A pressed button, or a form that was sent."""

    id: str
    organisation: str
    at: datetime
    sender: Sender
    place: Place
    token: str
    values: Mapping[str, str] | None = field(default=None)
    """What the form holds. None: a button was pressed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A slash command, or the same words to the bot."""

    id: str
    organisation: str
    at: datetime
    sender: Sender
    place: Place
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """Somebody opened the chat with the bot."""

    id: str
    organisation: str
    at: datetime
    sender: Sender
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """A thumb on an answer."""

    id: str
    organisation: str
    at: datetime
    sender: Sender
    place: Place
    helpful: bool
    comment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """The reader pressed stop while an answer was being written."""

    id: str
    organisation: str
    at: datetime
    sender: Sender
    place: Place


class TimerKind(StrEnum):
    REMIND = "remind"
    """Half of the time to a first response has passed, and nobody took the case."""
    OVERDUE = "overdue"
    """The time to a first response has passed."""
    EXPIRE = "expire"
    """A question to the requester or an approver was not answered in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerDue:
    id: str
    organisation: str
    at: datetime
    kind: TimerKind
    conversation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Undelivered:
    """The platform refused a delivery for good."""

    id: str
    organisation: str
    at: datetime
    conversation: str
    slot: str
    """What the delivery would have shown."""
    why: str
    """The platform's error code, for leads and logs; never shown to the requester."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """An operator's word on a page that was wrong, for a conversation in which it was given."""

    id: str
    organisation: str
    at: datetime
    conversation: str
    page: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PageAllowed:
    """Somebody allowed a page that a lead made of a case: what is decided goes into the handbook,
    and not what a turn that lost to another one would have decided."""

    id: str
    organisation: str
    at: datetime
    conversation: str
    number: str
    """Of the proposal."""
    by: str
    """The employee id of who allowed it."""
    place: Place | None
    """Where they are told, too. None: the desk's thread is enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekBegan:
    """Once a week: the owners of pages hear of them."""

    id: str
    organisation: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFailing:
    """A source of the handbook could not be read for a day or longer."""

    id: str
    """The same for as long as it fails."""
    organisation: str
    at: datetime
    source: str
    since: datetime
    why: str
    """A sentence for the admin."""


Event = (
    Message
    | CardAction
    | Command
    | Opened
    | Feedback
    | Stopped
    | TimerDue
    | Undelivered
    | Correction
    | PageAllowed
    | WeekBegan
    | SourceFailing
)

FromPerson = Message | CardAction | Command | Opened | Feedback | Stopped
