"""A conversation: a stretch about one matter, and the table of what it may become."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.case import Priority
from bot.place import Place

# A flat chat continues the same matter for this long after its last line.
IDLE = timedelta(minutes=30)


class State(StrEnum):
    WITH_BOT = "with_bot"
    AWAITING_CONFIRMATION = "awaiting_confirmation"
    """The requester was asked something that has buttons."""
    AWAITING_APPROVAL = "awaiting_approval"
    """Somebody else was asked."""
    ESCALATED = "escalated"
    CLAIMED = "claimed"
    RESOLVED = "resolved"


# Everything that a conversation may become. What is not here cannot happen.
TRANSITIONS: Mapping[State, frozenset[State]] = {
    State.WITH_BOT: frozenset(
        {State.AWAITING_CONFIRMATION, State.AWAITING_APPROVAL, State.ESCALATED, State.RESOLVED}
    ),
    State.AWAITING_CONFIRMATION: frozenset({State.WITH_BOT, State.ESCALATED}),
    State.AWAITING_APPROVAL: frozenset({State.WITH_BOT, State.ESCALATED}),
    State.ESCALATED: frozenset({State.CLAIMED, State.WITH_BOT, State.RESOLVED}),
    State.CLAIMED: frozenset({State.ESCALATED, State.WITH_BOT, State.RESOLVED}),
    State.RESOLVED: frozenset({State.WITH_BOT, State.ESCALATED}),
}


class Voice(StrEnum):
    """Who said a line."""

    REQUESTER = "requester"
    BOT = "bot"
    PERSON = "person"
    """A lead, to the requester."""
    NOTE = "note"
    """A lead, to other leads: it never reaches the requester, nor a model."""
    EVENT = "event"
    """Nobody: a lead took over, handed back, resolved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    voice: Voice
    text: str
    at: datetime
    name: str = ""
    """The person's name, where a person speaks."""
    attempt: bool = False
    """The second check took it for an attempt at the model's orders."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingCall:
    """A tool call that waits for a yes: the requester's, or an approver's."""

    call: str
    tool: str
    arguments: str
    """JSON, validated against the tool's schema."""
    summary: str
    """What will happen, in one sentence, as it was shown."""
    approver: str | None = None
    """Who may say yes. None: the requester."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingConsent:
    """A handover that the requester must want first."""

    queue: str
    reason: str
    priority: Priority
    concern: str = ""
    """The pack's name for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingChoice:
    """A message that may belong to an open case or be about something new."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingReading:
    """A wish to read what is confidential, that another reader must allow."""

    id: str
    to: Place
    """Where the one who asks is answered."""
    others: tuple[str, ...]
    """Employee ids of those who may allow it."""
    case: str | None
    """None: it is all that is held about a person."""
    person: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingForgetting:
    """A wish to erase what is held about an employee."""

    id: str
    to: Place
    employee: str
    others: tuple[str, ...] = ()
    """Employee ids of the admins who may allow it. Empty: the one who asks says yes first."""


Pending = PendingCall | PendingConsent | PendingChoice | PendingReading | PendingForgetting


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    id: str
    organisation: str
    place: Place
    requester: str
    """The employee id. Empty: not yet known."""
    state: State
    last_at: datetime
    """When a line was last added."""
    transcript: tuple[Line, ...] = ()
    pending: Pending | None = None
    """What is waited for. Only in a state that awaits."""
    case: str | None = None
    """The id of its case. None: it never had one."""
    specialist: str | None = None
    """Who worked on it last. None: nobody yet."""
    tried: tuple[str, ...] = ()
    """Titles of the pages that the bot answered from."""
    shown: tuple[str, ...] = ()
    """Addresses that tools or passages of this conversation named; no other may be said."""
    interrupted: bool = False
    """True in a channel's thread once somebody else spoke: quiet until mentioned."""
    asked_back: bool = False
    """Was it asked once which of two readings is meant? It is not asked again."""
    stopped_at: datetime | None = None
    """When the requester last pressed stop. None: never."""
    version: int = 0
    """Compared when it is saved: 0 is one that was never saved."""

    def idle(self, now: datetime) -> bool:
        return now - self.last_at > IDLE

    def become(self, state: State, pending: Pending | None = None) -> "Conversation":
        if state is not self.state and state not in TRANSITIONS[self.state]:
            raise ValueError(f"{self.state} cannot become {state}")
        return replace(self, state=state, pending=pending)

    def with_line(self, line: Line) -> "Conversation":
        return replace(self, transcript=(*self.transcript, line), last_at=line.at)

    def last_from(self, *voices: Voice) -> Line | None:
        """The newest line of these voices. None: they have not spoken."""
        return next((x for x in reversed(self.transcript) if x.voice in voices), None)


def tail(conversation: Conversation, count: int) -> tuple[Line, ...]:
    """The newest lines that are not notes: what a model or the requester may read."""
    spoken = tuple(line for line in conversation.transcript if line.voice is not Voice.NOTE)
    return spoken[-count:]
