"""A pack: all that an organisation writes, as the bot reads it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final, TypeVar

from bot.calendar import Calendar
from bot.case import Priority
from bot.classifier import Classifier
from bot.found import Kind
from bot.identifiers import Identifiers
from bot.strings import Strings
from bot.words import Phrases

T = TypeVar("T")


class Tier(StrEnum):
    """Which model a specialist thinks with."""

    FAST = "fast"
    DEEP = "deep"


class Permission(StrEnum):
    """What a tool call needs. A tool without a rule is denied."""

    ALLOW = "allow"
    CONFIRM = "confirm"
    """The requester says yes."""
    APPROVE = "approve"
    """The requester's manager says yes."""
    DENY = "deny"


class SecondCheck(StrEnum):
    """Which messages a model is asked about, whether they try to give it orders."""

    NEVER = "never"
    DOUBTFUL = "doubtful"
    """Those that bear signs of it, but not enough."""
    ALWAYS = "always"


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    name: str
    titles: Mapping[str, str]
    """As people say it, by language: "the IT desk"."""
    group: str
    """The directory group whose members work on it."""
    prefix: str
    """Of its cases' ids."""
    calendar: Calendar
    respond: Mapping[Priority, timedelta]
    """Time to a first response; every priority is present."""
    around_the_clock: frozenset[Priority]
    """Priorities for which the calendar does not stop."""
    confidential: bool = False
    """Its card shows id and urgency only, and its place must be private."""
    page_audience: frozenset[str] | None = None
    """The groups whose members may read pages made of its cases. None: every employee."""
    readers: frozenset[str] = frozenset()
    """Who may read its record: employees' ids or e-mail addresses, and groups. Empty: nobody."""

    def title(self, locale: str) -> str:
        return _spoken(self.titles, locale)


@dataclass(frozen=True, slots=True, kw_only=True)
class Specialist:
    name: str
    title: str
    queue: str
    instructions: str
    """For a model, in plain words. What must hold is checked in code, not asked for here."""
    tools: tuple[str, ...]
    tier: Tier
    words: Phrases
    """What belongs to this specialist, for triage without a model."""
    private: bool = False
    """True: answered by direct message when asked where others read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Concern:
    """A kind of message that goes to people, whatever else it says."""

    name: str
    words: Phrases
    queue: str
    priority: Priority
    consent: bool
    """True: the requester is asked first, in private. False: people are told at once."""
    unless: Phrases
    """Figures of speech that look the same: "this printer is killing me"."""
    other: str | None = None
    """The queue that may be chosen instead, where consent is asked. None: there is none."""
    says: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """By language: what the requester reads first. It may name {case}, {queue}, {due} and
    {helpline}; where consent is asked, only {queue}. Empty: the pack's general words."""
    options: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """By language: what one can do, told to those who want nobody to know. Empty: nothing more."""


OUT_OF_SCOPE = "out_of_scope"
SMALL_TALK = "small_talk"
HUMAN: Final = "human"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The words of the first guardrails and of triage, in every language of the pack."""

    longest: int
    """Characters of a message."""
    concerns: tuple[Concern, ...]
    """In order: the first that matches wins."""
    helplines: Mapping[str, Mapping[str, str]]
    """By country, then by language. "other" is for the countries that are missing."""
    human: Phrases
    """A wish for a person."""
    no_human: Phrases
    """What names a person and is no such wish: that none is needed, or a question about the bot."""
    upset: Phrases
    """The end of somebody's patience."""
    private: Phrases
    """A wish that others do not learn of it."""
    urgent: Phrases
    stuck: Phrases
    """The last answer did not help."""
    yes: Phrases
    no: Phrases
    thanks: Phrases
    greeting: Phrases
    about_bot: Phrases
    desks: Phrases
    """The words of all specialists."""
    advice: Phrases
    """What only a doctor, a lawyer or a tax adviser should say. It leaves in the handbook's own
    words only."""
    unsaid: Phrases
    """What the assistant does not say, except in the handbook's own words: it is not its tone."""
    longest_answer: int | None
    """Characters of an answer. None: no limit."""
    identifiers: Identifiers
    classifier: Classifier | None
    """Knows the names of concerns and of specialists, and the three above. None: the pack has no
    examples."""
    second_check: SecondCheck = SecondCheck.NEVER


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What one turn may spend before people get the case."""

    steps: int
    """Model calls."""
    tokens: int
    """Read and written, of all calls together."""
    seconds: float
    attempts: int
    """Bad tool calls that are returned to the model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """Of a million tokens, in the pack's currency."""

    read: float
    written: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What may be used. None: without a limit. Tokens and money are those of 24 hours."""

    messages: int
    """Of one person in a minute."""
    attempts: int
    """At the model's orders, of one person in an hour: from then on an admin knows of it."""
    person_tokens: int | None
    department_tokens: int | None
    person_money: float | None
    department_money: float | None
    prices: Mapping[str, Price]
    """By model. One that is missing costs nothing."""

    def cost(self, model: str, read: int, written: int) -> float:
        price = self.prices.get(model, Price(read=0, written=0))
        return (read * price.read + written * price.written) / 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long each kind of data is kept after it was last needed. The record is not in it:
    its words go with their person's key, and its lines stay."""

    conversations: timedelta = timedelta(days=365)
    """With their case, once both are closed."""
    values: timedelta = timedelta(days=90)
    """Personal values in the vault: then their tokens stand for nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    name: str
    version: str
    """A hash of its files: which settings a turn was decided by."""
    organisation: str
    """The company's name, as employees say it."""
    specialists: Mapping[str, Specialist]
    queues: Mapping[str, Queue]
    permissions: Mapping[str, Permission]
    """By tool."""
    values: Mapping[str, frozenset[Kind]]
    """By tool: the kinds of personal values that it is told. Of others it gets the token."""
    rules: Rules
    budget: Budget
    limits: Limits
    retention: Retention
    strings: Mapping[str, Strings]
    """By language; the first is spoken where a requester's is missing."""
    private_queue: str
    """Who gets a request for a private talk."""
    default_queue: str
    """Who gets what nobody else fits."""
    suggestions: Mapping[str, tuple[str, ...]]
    """Questions for the hello, by language."""
    secret_link: str
    """Where an employee changes a password that was pasted."""
    model_region: str | None
    """Where the model's endpoint must be. None: anywhere."""
    tier: Tier | None = None
    """What every question is answered with. None: its difficulty says."""
    review_after: timedelta = timedelta(days=365)
    """How long a page counts as right after somebody said so."""
    solved_review_after: timedelta = timedelta(days=180)
    """Likewise of a page that was made of a solved case."""
    owners_note: bool = True
    """Are owners written to each week?"""

    def say(self, locale: str) -> Strings:
        return _spoken(self.strings, locale)

    def suggest(self, locale: str) -> tuple[str, ...]:
        return _spoken(self.suggestions, locale)

    def helpline(self, country: str, locale: str) -> str:
        lines = self.rules.helplines
        return _spoken(lines.get(country) or lines["other"], locale)

    def concern(self, name: str) -> Concern | None:
        return next((x for x in self.rules.concerns if x.name == name), None)

    def worded(self, words: Mapping[str, str], locale: str) -> str:
        """Empty: the pack has no words for it."""
        return _spoken(words, locale) if words else ""

    def permission(self, tool: str) -> Permission:
        return self.permissions.get(tool, Permission.DENY)


def _spoken(by_language: Mapping[str, T], locale: str) -> T:
    language = locale.partition("-")[0].lower()
    return by_language.get(language) or next(iter(by_language.values()))
