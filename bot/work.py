"""The work of one turn: what the agent has gathered so far, and what may come of it."""

from dataclasses import dataclass, field

from bot.conversation import Conversation
from bot.draft import Draft
from bot.outcome import Kept, Receipt, Record
from bot.pack import Permission, Specialist, Tier
from bot.people import Requester
from bot.ports import Called, Journal, Model, Passage, ToolCall, ToolSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    text: str
    """As the model wrote it, with citation marks. Empty: it had nothing to say."""
    passages: tuple[Passage, ...] = ()
    """All that were found in this turn; mark `[n]` is the n-th."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WantsCase:
    """The model asks for a person."""

    reason: str
    urgent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedsYes:
    """A tool call that somebody must permit first."""

    call: ToolCall
    permission: Permission


@dataclass(frozen=True, slots=True, kw_only=True)
class GaveUp:
    """No model could answer within the budget."""


Result = Answer | WantsCase | NeedsYes | GaveUp


@dataclass(kw_only=True)
class Work:
    """What one turn of the agent has gathered so far."""

    specialist: Specialist
    tier: Tier
    requester: Requester
    conversation: Conversation
    journal: Journal
    draft: Draft
    ends: float
    """When the budget's time is over, on the clock's monotonic scale."""
    models: list[Model]
    """Those still to be asked, in order."""
    called: list[Called] = field(default_factory=list[Called])
    records: list[Record] = field(default_factory=list[Record])
    receipts: list[Receipt] = field(default_factory=list[Receipt])
    kept: list[Kept] = field(default_factory=list[Kept])
    """Values of this turn that are not in the vault yet."""
    outside: tuple[ToolSpec, ...] = ()
    """The tools from elsewhere."""
    tokens: int = 0
    money: float = 0.0
    bad_calls: int = 0

    def note(self, step: str, said: str = "", **facts: str) -> None:
        self.records.append(Record(step=step, facts=facts, said=said))
