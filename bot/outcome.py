"""What one event leads to: the Turn, with the deliveries, timers and records it holds."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType

from bot.case import Case
from bot.conversation import Conversation, Line, Pending, State, Voice
from bot.event import Event, TimerKind
from bot.found import CONTACT, Kind
from bot.people import Person
from bot.place import Audience, Place
from bot.reply import Grant, Reply

Destination = Place | Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A reply on its way."""

    id: str
    """Equal when the turn is taken again, so that the far side can be asked for it."""
    organisation: str
    to: Destination
    conversation: str
    reply: Reply | None
    """None: the message is deleted."""
    slot: str
    """What the message shows, such as `card:IT-1042`: a later delivery with the same slot
    updates the same message, and one that was not yet sent is skipped."""
    under: str | None = None
    """The slot of the message whose thread it goes to. None: no thread."""
    message: str | None = None
    """The platform's message that it replaces: a draft. None: what stands in the slot, if any."""
    only_for: str | None = None
    """The one platform account that sees it. None: everyone in the place."""
    about: str = ""
    """The employee whose vault its tokens are of."""
    shows: frozenset[Kind] = frozenset()
    """Kinds of personal values that whoever reads there may see; the others stay tokens."""
    quotes: bool = False
    """It holds words of many people: they are not kept again in the record, where they would
    outlive each one's key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What one message of one person used."""

    person: str
    department: str
    tokens: int = 0
    money: float = 0.0
    attempt: bool = False
    """It tried to give the model orders."""

    def more(self, tokens: int, money: float) -> "Used":
        return replace(self, tokens=self.tokens + tokens, money=self.money + money)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A personal value of one employee, with the token that stands for it wherever it was said."""

    person: str
    token: str
    """Such as `[EMAIL_1]`. Never another value's of the same person."""
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """What a one-time code opens on the command line: a case's record, or all that is held about
    an employee."""

    code: str
    """As `hashed` makes it."""
    desks: frozenset[str]
    """The confidential queues whose matters may be read."""
    asked_by: str
    allowed_by: str
    until: datetime
    case: str | None = None
    person: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Timer:
    """Becomes a `TimerDue`. One of a kind for each conversation: setting it again moves it."""

    kind: TimerKind
    conversation: str
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One step of the audit. Facts hold ids, names and numbers, never message text."""

    step: str
    facts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    said: str = ""
    """What was said, with tokens for what is personal; kept sealed with the requester's key.
    Empty: nothing was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The proof that something was done in this turn."""

    tool: str
    reference: str
    """What it made or changed, such as a case's id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Switches:
    """What admins set in chat; one for each organisation."""

    paused: bool = False
    pilot: str | None = None
    """The directory group the bot is limited to. None: it serves everyone."""
    off: frozenset[str] = frozenset()
    """What is switched off in an emergency: "model", "tools"."""
    admins: frozenset[str] = frozenset()
    """Employee ids."""
    admin_code: str | None = None
    """The hash of the one-time code that makes its bearer the first admin. None: spent."""
    queues: Mapping[str, Place] = field(default_factory=lambda: MappingProxyType({}))
    """Where each queue's cards go. A queue that is missing has no reachable channel."""
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    event: Event
    now: datetime
    conversation: Conversation
    case: Case | None = None
    deliveries: tuple[Delivery, ...] = ()
    timers: tuple[Timer, ...] = ()
    cancelled: frozenset[TimerKind] = frozenset()
    """Timers of this conversation that no longer matter."""
    records: tuple[Record, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    spends: bool = False
    """The pressed button did what it says: if it is single-use, it will not again."""
    events: tuple[Event, ...] = ()
    """What is to be decided next, by turns of their own; accepted with the commit."""
    switches: Switches | None = None
    """As an admin has just set them. None: untouched."""
    used: Used | None = None
    """None: nobody's share."""
    kept: tuple[Kept, ...] = ()
    """New values for the vault."""
    permits: tuple[Permit, ...] = ()
    forgets: str | None = None
    """The employee of whom all that is held is erased. None: nobody."""
    met: str | None = None
    """The employee whose direct chat the event came from. None: it came from elsewhere."""

    def heard(self, text: str, name: str = "") -> "Turn":
        return self.line(Voice.REQUESTER, text, name)

    def line(self, voice: Voice, text: str, name: str = "") -> "Turn":
        line = Line(voice=voice, text=text, at=self.now, name=name)
        return replace(self, conversation=self.conversation.with_line(line))

    def say(
        self, reply: Reply, *, draft: str | None = None, to: Destination | None = None
    ) -> "Turn":
        """Answer the requester: here, or `to` where it is private."""
        voice = Voice.PERSON if reply.author else Voice.BOT
        to = to or self.conversation.place
        turn = self.post(reply, to, message=draft, shows=own_view(to, reply))
        return turn.line(voice, reply.text, reply.author or "")

    def post(
        self,
        reply: Reply | None,
        to: Destination,
        *,
        slot: str | None = None,
        under: str | None = None,
        message: str | None = None,
        only_for: str | None = None,
        shows: frozenset[Kind] = frozenset(),
        quotes: bool = False,
    ) -> "Turn":
        """Write somewhere, outside the transcript."""
        id = f"{self.event.id}:{len(self.deliveries)}"
        delivery = Delivery(
            id=id,
            organisation=self.event.organisation,
            to=to,
            conversation=self.conversation.id,
            reply=reply,
            slot=slot or id,
            under=under,
            message=message,
            only_for=only_for,
            about=self.conversation.requester,
            shows=shows,
            quotes=quotes,
        )
        return replace(self, deliveries=(*self.deliveries, delivery))

    def become(self, state: State, pending: Pending | None = None) -> "Turn":
        return replace(self, conversation=self.conversation.become(state, pending))

    def set_timer(self, kind: TimerKind, due_at: datetime) -> "Turn":
        timer = Timer(kind=kind, conversation=self.conversation.id, due_at=due_at)
        return replace(self, timers=(*self.timers, timer))

    def cancel(self, *kinds: TimerKind) -> "Turn":
        return replace(self, cancelled=self.cancelled | set(kinds))

    def record(self, step: str, said: str = "", **facts: str) -> "Turn":
        return replace(self, records=(*self.records, Record(step=step, facts=facts, said=said)))

    def permit(self, permit: Permit) -> "Turn":
        return replace(self, permits=(*self.permits, permit))

    def accounted(self) -> "Turn":
        """With a record of each message that leaves."""
        turn = self
        for x in self.deliveries:
            to = x.to.key if isinstance(x.to, Place) else x.to.id
            said = all_text(x.reply) if x.reply and not x.quotes else ""
            turn = turn.record("sent" if x.reply else "deleted", said=said, to=to, slot=x.slot)
        return turn

    def done(self, tool: str, reference: str) -> "Turn":
        receipt = Receipt(tool=tool, reference=reference)
        return replace(self, receipts=(*self.receipts, receipt))


def hashed(secret: str) -> str:
    """How a one-time code or a button's token is kept."""
    return hashlib.sha256(secret.encode()).hexdigest()


def all_text(reply: Reply) -> str:
    """Everything in it that people read."""
    card = reply.card
    facts = (f"{x.label}: {x.text}" for x in card.facts) if card else ()
    head = (card.title, card.status, card.body) if card else ()
    return "\n".join(x for x in (reply.text, reply.context, *head, *facts) if x)


def own_view(place: Destination, reply: Reply) -> frozenset[Kind]:
    """In the direct chat the requester sees all that is theirs. Among others, only how to reach
    the person who writes."""
    direct = not isinstance(place, Place) or place.audience is Audience.DIRECT
    return frozenset(Kind) if direct else CONTACT if reply.author else frozenset()


def grants(turn: Turn) -> tuple[tuple[str, Grant], ...]:
    """The token of each button that this turn sends, with what it stands for."""
    return tuple(
        (button.token, button.grant)
        for delivery in turn.deliveries
        if delivery.reply
        for button in delivery.reply.buttons
    )
