"""A case: what an escalation makes, and people work on."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Priority(StrEnum):
    URGENT = "urgent"
    HIGH = "high"
    NORMAL = "normal"


class CaseState(StrEnum):
    OPEN = "open"
    """Nobody has taken it."""
    CLAIMED = "claimed"
    HANDED_BACK = "handed_back"
    """The bot has the conversation again; escalating it reopens this case."""
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePage:
    """A page of the handbook, as a lead proposes to make of a case."""

    title: str
    text: str
    """Markdown."""
    by: str
    """The employee id of who wrote it."""
    number: int
    """Of the proposal: each is published by its own button only."""
    published: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    id: str
    """Spoken by people, such as `IT-1042`."""
    organisation: str
    conversation: str
    queue: str
    priority: Priority
    requester: str
    requester_name: str
    requester_about: str
    """Department, place, local time: who is asking, in one line."""
    ask: str
    """The request in the requester's words, one line."""
    reason: str
    """Why people have it, in one line."""
    opened_at: datetime
    due_at: datetime | None
    """When a person must have answered first. None: answered, or nothing is due."""
    quiet: bool = False
    """True: the bot says nothing on the matter itself, claimed or not."""
    state: CaseState = CaseState.OPEN
    assignee: str | None = None
    """The employee id of who has it. None: nobody."""
    assignee_name: str = ""
    alert: str = ""
    """What a lead must see now, such as a reply that did not arrive. Empty: nothing."""
    page: CasePage | None = None
    """The newest that was proposed. None: none was."""
    cards: int = 0
    """How many versions of its card were made; the newest wins."""
    version: int = 0

    @property
    def live(self) -> bool:
        """People have it, or should take it."""
        return self.state in (CaseState.OPEN, CaseState.CLAIMED)
