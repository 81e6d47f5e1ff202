"""What goes out, free of any platform. Adapters render it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Purpose(StrEnum):
    """What a button does when it is pressed."""

    # The requester's.
    SOLVED = "solved"
    ASK_PERSON = "ask_person"
    SHOW_PAGE = "show_page"
    WRITE = "write"
    """Opens a form: words for the people who have the case."""
    ABOUT_CASE = "about_case"
    SOMETHING_NEW = "something_new"
    YES = "yes"
    """Does what is pending: runs the tool, or hands over with consent."""
    NO = "no"
    OTHER_DESK = "other_desk"
    """Hands over with consent, but to the other queue that the pack names."""
    OPTIONS = "options"
    """Tells what one can do, and nobody of it."""
    # An approver's.
    APPROVE = "approve"
    REFUSE = "refuse"
    # A lead's.
    TAKE = "take"
    RELEASE = "release"
    REPLY = "reply"
    NOTE = "note"
    OPEN = "open"
    """Shows what a confidential card does not."""
    REVEAL = "reveal"
    """Opens a form for the reason; then shows, to this lead alone, what the tokens stand for."""
    HAND_BACK = "hand_back"
    RESOLVE = "resolve"
    REOPEN = "reopen"
    MAKE_PAGE = "make_page"
    """Opens a form with a draft; then proposes it as a page of the handbook."""
    PUBLISH = "publish"
    """Also an owner's: puts what somebody else proposed into the handbook."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a button's token stands for. Judged again when it is pressed."""

    purpose: Purpose
    conversation: str
    requester: str | None = None
    """The one employee who may press it. None: the members of `queue`."""
    queue: str | None = None
    case: str | None = None
    subject: str = ""
    """What it is about, by purpose: a passage's id, a call's id."""
    expires: datetime | None = None
    single_use: bool = False


class Style(StrEnum):
    PRIMARY = "primary"
    PLAIN = "plain"
    DANGER = "danger"


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    label: str
    token: str
    grant: Grant
    style: Style = Style.PLAIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    title: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    label: str
    text: str
    until: datetime | None = None
    """A moment to count down to. None: only text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    title: str
    status: str
    urgent: bool = False
    facts: tuple[Fact, ...] = ()
    body: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    text: str
    """Markdown: paragraphs, lists, bold, code, links, tables. With a card: its fallback."""
    author: str | None = None
    """The person who speaks. None: the bot."""
    context: str = ""
    """A quiet line under the text: the case it belongs to, what happens next."""
    sources: tuple[Source, ...] = ()
    card: Card | None = None
    buttons: tuple[Button, ...] = ()
    suggestions: tuple[str, ...] = ()
    """Things to say next, one click each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    name: str
    label: str
    limit: int
    hint: str = ""
    value: str = ""
    """What stands in it when the form opens."""
    short: bool = False
    """One line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """Opened by a button; sent with the same token and the fields' values."""

    title: str
    submit: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Invalid:
    """The door refuses: shown at the field, or as one sentence when `field` is None."""

    text: str
    field: str | None = None
