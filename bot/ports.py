"""All that the bot asks of the outside. Nothing else is awaited in `bot/`."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol

from bot.case import Case
from bot.colleagues import Names
from bot.conversation import Conversation
from bot.event import CardAction, Event
from bot.outcome import Delivery, Record, Switches, Turn
from bot.pack import Tier
from bot.people import Requester, Sender
from bot.place import Audience, Place
from bot.reply import Card, Form, Grant, Invalid, Reply
from bot.timeline import Entry, Head

# Errors, sorted by who has to act.
#
#   PortError
#   ├── Unavailable    time: try again later
#   ├── Uncertain      the far side may or may not have done it: ask before doing it again
#   ├── Rejected       nobody: it will never work
#   ├── Conflict       the worker: decide again from fresh state
#   └── Superseded     nobody: another worker has the event


class PortError(Exception):
    """Never shown to a person: `str()` is for the log and holds no message text."""


class Unavailable(PortError):
    def __init__(self, why: str, retry_after: float | None = None) -> None:
        super().__init__(why)
        self.retry_after = retry_after
        """Seconds that the far side asked for. None: it did not say."""


class Uncertain(PortError):
    """The connection broke after the request was sent."""


class Rejected(PortError):
    """The far side understood and refuses."""


class Conflict(PortError):
    """The conversation, the case or the switches changed since they were read."""


class Superseded(PortError):
    """The event was taken over: this worker's attempt counts no more."""


# ---- what is asked about ------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """An event with the state it meets. Read in one go, before anything slow."""

    event: Event
    attempt: int
    """Which take of the event this is: 1, and more after a crash."""
    switches: Switches
    conversations: tuple[Conversation, ...] = ()
    """Those the event may belong to, the most recent first: of its button, timer or case
    thread just the one; of a flat chat the recent and the open ones."""
    cases: Mapping[str, Case] = field(default_factory=lambda: MappingProxyType({}))
    """The cases of these conversations."""
    grant: Grant | None = None
    """What the pressed button stands for. None: the token is unknown, or no button."""
    spent: bool = False
    """The button may be pressed once only, and was."""
    desk: str | None = None
    """The case in whose thread, at its desk, a message was written. None: elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Glimpse:
    """The one indexed read of the door."""

    grant: Grant
    spent: bool
    case: Case | None
    conversation: Conversation
    switches: Switches


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What a person and their department have used."""

    messages: int = 0
    """Of the person, in the last minute."""
    attempts: int = 0
    """Of the person, in the last hour."""
    person_tokens: int = 0
    """In the last 24 hours, as are the next ones."""
    department_tokens: int = 0
    person_money: float = 0.0
    department_money: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What was decided on the last message of a conversation."""

    at: datetime
    conversation: Conversation
    case: Case | None
    """The conversation's. None: it never had one."""
    verdicts: frozenset[str]
    """Of all its messages."""
    records: tuple[Record, ...]
    """Of that message, in order; without what was said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A line of the record."""

    at: datetime
    event: str
    conversation: str
    record: Record


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    """Whose matter a case is, for those who would read its record."""

    requester: str
    queues: frozenset[str]
    """Those that had it."""
    verdicts: frozenset[str]
    """What its messages were checked to be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """What is held about an employee, in numbers."""

    accounts: int
    conversations: int
    values: int
    """Personal values in the vault."""
    records: int
    """Of the record: those with words that can still be read."""
    live: bool
    """People still work on a case of theirs."""
    on_hold: bool
    """Legal hold: nothing of it may be erased."""

    @property
    def nothing(self) -> bool:
        return not (self.accounts or self.conversations or self.values or self.records)


class PostState(StrEnum):
    SENDING = "sending"
    SENT = "sent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A message of ours on a platform."""

    place: Place
    state: PostState
    message: str | None
    """The platform's id. None while it is being sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    id: str
    title: str
    """The page and the section's heading."""
    text: str
    url: str
    score: float
    """0 to 1: how sure the search is that it answers the question."""
    specialist: str | None = None
    """Whose page it is, from the handbook's folders. None: nobody's in particular."""
    owner: str = ""
    """Who keeps it right, in words. "": nobody is named."""
    reviewed: date | None = None
    """When somebody last said that it is right. None: nobody did."""
    audience: frozenset[str] | None = None
    """The groups whose members may read it. None: every employee."""
    applies_to: Mapping[str, frozenset[str]] = field(default_factory=lambda: MappingProxyType({}))
    """Whose matter it is, such as `{"country": {"DE", "AT"}}`. A kind that is not there: whatever
    it is."""
    locale: str = ""
    """A language tag such as `de`. "": the page does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What is known of a page of the handbook."""

    path: str
    """What the id of each of its passages begins with, up to the last `#`."""
    title: str
    url: str
    """Without a section."""
    owner: str = ""
    """As the page names who keeps it right. "": nobody."""
    reviewed: date | None = None
    """None: nobody said that it is right."""
    audience: frozenset[str] | None = None
    """The groups whose members may read it. None: every employee."""
    solved: bool = False
    """It was made of a solved case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """A page made of a solved case."""

    case: str
    """Its id. A later page of the same case takes its place."""
    title: str
    text: str
    """Markdown."""
    specialist: str | None
    """Whose page it is. None: nobody's in particular."""
    owner: str
    """A group: its members are reminded of it."""
    audience: frozenset[str] | None
    """The groups whose members may read it. None: every employee."""
    reviewed: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """The model's wish."""

    id: str
    name: str
    arguments: str
    """JSON, as the model wrote it: not yet checked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolSpec:
    name: str
    description: str
    schema: Mapping[str, object]
    """JSON Schema of its arguments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A line for the model: the requester's, or an answer that was given."""

    by_requester: bool
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """What the model wished for in this turn, and what came of it."""

    call: ToolCall
    result: str
    """Text for the model: data, never an instruction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    tier: Tier
    instructions: str
    lines: tuple[Said | Called, ...]
    tools: tuple[ToolSpec, ...]
    tokens: int
    """How long the answer may become."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A piece of the model's answer."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """The end of a model's answer."""

    calls: tuple[ToolCall, ...] = ()
    tokens_in: int = 0
    tokens_out: int = 0
    bytes_out: int = 0
    """What left this machine for it."""


# ---- the way in ---------------------------------------------------------------------------


class Core(Protocol):
    """What a platform's listener calls."""

    async def accept(self, event: Event) -> bool:
        """Returns after commit, so that it may be acknowledged. False: it was seen before."""
        ...

    async def answer_now(self, event: CardAction) -> Form | Card | Invalid | None:
        """What the platform wants in the same response. None: accept it like any other event."""
        ...


# ---- the ports ----------------------------------------------------------------------------


class Store(Protocol):
    """The one place where state lives. Every method is one short transaction."""

    async def accept(self, event: Event) -> bool:
        """Keep an event and have it worked on. False: it was seen before. Returns after commit."""
        ...

    async def take(self, event: str) -> Situation | None:
        """Begin or resume an event. None: it is done, or there is no such event."""
        ...

    async def again(self, situation: Situation) -> Situation:
        """The same attempt with fresh state. Raises `Superseded`."""
        ...

    async def commit(self, situation: Situation, turn: Turn) -> None:
        """Save the turn whole, and end the event. Raises `Conflict` or `Superseded`."""
        ...

    async def glimpse(self, organisation: str, token: str) -> Glimpse | None:
        """None: no such button."""
        ...

    async def unchanged(self, conversation: Conversation) -> bool:
        """Is it still at this version? If it was never saved: did its requester not press stop?"""
        ...

    async def cases_of(self, organisation: str, requester: str) -> tuple[Case, ...]:
        """The requester's live cases and those of the last 30 days, newest first."""
        ...

    async def open_cases(self, organisation: str) -> Mapping[str, int]:
        """How many live cases each queue has."""
        ...

    async def case_number(self, organisation: str) -> int:
        """The next one. Never given twice; a turn that fails leaves a gap."""
        ...

    async def delivery(self, id: str) -> Delivery | None:
        """None: sent, given up, or replaced by a newer one of its slot."""
        ...

    async def posted(self, organisation: str, slot: str) -> Posted | None:
        """What stands in a slot. None: nothing yet."""
        ...

    async def sending(self, delivery: Delivery, place: Place) -> None:
        """Note that a post is about to leave."""
        ...

    async def sent(self, delivery: Delivery, place: Place, message: str | None) -> None:
        """End a delivery. None: there is no message any more."""
        ...

    async def give_up(self, delivery: Delivery, why: str) -> None:
        """End a delivery that will never arrive, and have people told of it."""
        ...

    async def spent(self, organisation: str, person: str, department: str, event: str) -> Spent:
        """When `event` is decided: also what the same account wrote before it counts, if another
        worker is still at it."""
        ...

    async def direct_place(self, organisation: str, person: str) -> Place | None:
        """Where the person's direct chat with the bot was last seen. None: nowhere."""
        ...

    async def decision(self, organisation: str, about: Place | str) -> Decision | None:
        """The last one on a case's id; or in a place: of its newest conversation, which may be
        in any thread of a place without one. None: there is none, or it is no longer kept."""
        ...

    async def outcomes(self, organisation: str, since: datetime) -> tuple[Recorded, ...]:
        """What came of questions, in order: how each was checked, what was found, answered,
        rated, handed over. Of every conversation in which that happened since then, also what
        was before. `said` is the question that had no sure answer, as it may be kept; "": of
        other lines, and where the requester's key is gone."""
        ...


class Journal(Protocol):
    """Steps of one event's turn that are already paid for."""

    async def get(self, step: str) -> str | None:
        """None: not done yet."""
        ...

    async def put(self, step: str, value: str) -> None:
        """Of an event that has ended or was erased meanwhile, nothing is kept."""
        ...


class Journals(Protocol):
    def of(self, situation: Situation) -> Journal: ...


class Platform(Protocol):
    """Sends. Every method raises `Unavailable`, `Uncertain` or `Rejected`."""

    name: str

    async def post(self, place: Place, reply: Reply, key: str, only_for: str | None) -> str:
        """Post a new message, marked with `key`; returns the platform's id of it."""
        ...

    async def update(self, place: Place, message: str, reply: Reply) -> None: ...

    async def delete(self, place: Place, message: str) -> None:
        """Also succeeds when it is gone already."""
        ...

    async def find(self, place: Place, key: str) -> str | None:
        """The message that was posted with this key. None: none was. `Rejected`: cannot tell."""
        ...

    async def direct(self, sender: Sender) -> Place:
        """Where this account and the bot talk alone; opened if need be."""
        ...

    async def probe(self, place: Place) -> Audience:
        """Post a line that says what this place is for, and tell who can read there."""
        ...


class Drafts(Protocol):
    """The partial answer that a reader sees. Best effort: it never raises."""

    async def begin(self, place: Place, status: str, key: str) -> str | None:
        """Show a status line at once; returns its message. None: this place shows none."""
        ...

    async def show(self, place: Place, message: str, text: str) -> None:
        """All the text so far, in place of what it showed."""
        ...


class Model(Protocol):
    name: str

    def stream(self, prompt: Prompt) -> AsyncGenerator[Words | Finished, None]:
        """Ends with exactly one `Finished`. Raises `Unavailable` or `Rejected`, also midway."""
        ...


class Knowledge(Protocol):
    """To each reader, a page that they may not read or that is not for them is not there:
    no passage, order or score is other than if it had never been written."""

    async def search(
        self, organisation: str, reader: Requester, query: str, limit: int
    ) -> tuple[Passage, ...]:
        """The best passages first."""
        ...

    async def passage(self, organisation: str, reader: Requester, id: str) -> Passage | None:
        """None: it is no longer in the handbook, or not for this reader."""
        ...

    async def pages(self, organisation: str) -> tuple[Page, ...]:
        """Every page, whoever may read it: who is told of it is `bot/discretion.py`'s to say."""
        ...

    async def publish(self, organisation: str, article: Article) -> str:
        """Put it into the handbook, and return its path. Twice is as good as once."""
        ...


class Directory(Protocol):
    async def find(self, sender: Sender) -> Requester | None:
        """None: no employee of this organisation."""
        ...

    async def employee(self, id: str) -> Requester | None: ...

    async def with_email(self, email: str) -> Requester | None:
        """In whatever case it is written."""
        ...

    async def members(self, group: str) -> tuple[Requester, ...]: ...

    async def names(self) -> Names:
        """Those of all employees it knows of, at hand: it is asked for each message."""
        ...


class Tools(Protocol):
    """Tools from elsewhere. Those of the desk itself are in `bot/tools.py`."""

    def specs(self) -> tuple[ToolSpec, ...]: ...

    async def call(self, call: ToolCall, requester: Requester, key: str) -> str:
        """Do it once for each `key`. Returns what the model reads. Raises as a platform does."""
        ...


class Vault(Protocol):
    async def values(self, organisation: str, person: str) -> Mapping[str, str]:
        """An employee's personal values, by their tokens; empty for one that is gone. What
        `Turn.kept` holds joins them with the commit."""
        ...


class Archive(Protocol):
    """What was recorded and is held, for those who may ask. Who may is decided before."""

    async def case_file(self, organisation: str, case: str) -> CaseFile | None:
        """None: there is no such case, or it is no longer kept."""
        ...

    async def timeline(self, organisation: str, case: str) -> tuple[Head | None, tuple[Entry, ...]]:
        """All that is on record of a case, oldest first."""
        ...

    async def holdings(self, organisation: str, person: str) -> Holdings:
        """Of an employee id, whoever has it or had it."""
        ...


class Clock(Protocol):
    def now(self) -> datetime:
        """With a time zone."""
        ...

    def monotonic(self) -> float:
        """Seconds, for durations."""
        ...

    async def sleep(self, seconds: float) -> None: ...


class Ids(Protocol):
    def new(self) -> str: ...

    def token(self) -> str:
        """Unguessable."""
        ...
