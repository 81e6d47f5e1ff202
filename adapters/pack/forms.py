"""What each file of a pack may hold."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationInfo,
)

from adapters.pack.mistakes import choice
from bot.case import Priority
from bot.found import Kind
from bot.identifiers import pattern
from bot.pack import HUMAN, OUT_OF_SCOPE, SMALL_TALK, Permission, SecondCheck, Tier
from bot.words import Phrases


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What the files of one pack may refer to, whichever file it stands in.

    None: the file that would say cannot be read, so that any name may be right.
    """

    languages: Collection[str]
    queues: Collection[str] | None
    confidential: Collection[str]
    """The queues of which the cards do not tell."""
    holidays: Collection[str] | None
    specialists: Collection[str] | None
    concerns: Collection[str] | None
    tools: Collection[str]
    permitted: Collection[str] | None
    """Tools with a permission."""
    people: Collection[str] | None
    groups: Collection[str] | None
    """None also for a pack without people: its groups are a directory's."""
    files: Collection[str]


def _known(what: str, among: Callable[[Names], Collection[str] | None]) -> AfterValidator:
    def check(value: str, info: ValidationInfo[Names]) -> str:
        known = among(info.context)
        if known is None or value in known:
            return value
        raise ValueError(f"There is no {what} “{value}”. {choice(value, known)}")

    return AfterValidator(check)


def _confidential(queue: str, info: ValidationInfo[Names]) -> str:
    names = info.context
    if names.queues and queue in names.queues and queue not in names.confidential:
        raise ValueError(
            f"“{queue}” gets requests for a private talk: it must say confidential: true."
        )
    return queue


def _reader(name: str, info: ValidationInfo[Names]) -> str:
    names = info.context
    # Whom people.yaml does not list is known by their address; its groups may be a directory's.
    if "@" in name or names.people is None or names.groups is None:
        return name
    known = {*names.people, *names.groups}
    if name in known:
        return name
    raise ValueError(f"There is no person or group “{name}” in people.yaml. {choice(name, known)}")


def _permitted(tool: str, info: ValidationInfo[Names]) -> str:
    names = info.context
    if names.permitted is not None and tool in names.tools and tool not in names.permitted:
        raise ValueError(f"“{tool}” would be denied: add it under “permissions” in pack.yaml.")
    return tool


def _page(link: str, info: ValidationInfo[Names]) -> str:
    names = info.context
    path = link.partition("#")[0].removeprefix("/")
    if path.startswith("handbook/") and path not in names.files:
        raise ValueError(f"There is no page {path}. {choice(path, names.files)}")
    return link


@cache
def _zones() -> Collection[str]:
    # Each call of `available_timezones` walks the folders of the time zones.
    return available_timezones()


def _duration(text: str) -> timedelta:
    found = re.fullmatch(r"(\d{1,5})([mh])", str(text))
    if not found or not int(found[1]):
        # A day could be a working day or 24 hours, so it is not a unit.
        raise ValueError(f"“{text}” is no duration: write minutes or hours, such as 30m or 8h.")
    unit = {"m": "minutes", "h": "hours"}[found[2]]
    return timedelta(**{unit: int(found[1])})


def _truth(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(f"“{text}” must be true or false.")
    return text == "true"


def _clock(text: str) -> time:
    try:
        return datetime.strptime(str(text), "%H:%M").time()  # noqa: DTZ007
    except ValueError:
        raise ValueError(f"“{text}” is no time of day: write it like 08:00.") from None


def _later(closes: time, info: ValidationInfo[Names]) -> time:
    opens = info.data.get("opens")
    if opens and closes <= opens:
        raise ValueError(f"“closes” must be later than “opens”, which is {opens:%H:%M}.")
    return closes


def _like(pattern: str, what: str) -> AfterValidator:
    def check(text: str) -> str:
        if re.fullmatch(pattern, text):
            return text
        raise ValueError(f"“{text}” must be {what}.")

    return AfterValidator(check)


def _phrase(line: str) -> str:
    try:
        Phrases.of([line])
    except ValueError as error:
        raise ValueError(f"This phrase cannot be read: {error}.") from None
    return line


def _shape(text: str) -> str:
    try:
        pattern(text)
    except ValueError as error:
        raise ValueError(f"The shape “{text}” cannot be read: {error}.") from None
    return text


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Name = Annotated[str, _like(r"[A-Za-z][\w.-]*", "one word of letters, digits and - . _")]
Language = Annotated[str, _like(r"[a-z]{2,3}", "a language such as en or de")]
Locale = Annotated[str, _like(r"[a-z]{2,3}(-[A-Za-z0-9]+)*", "a language such as en or de-CH")]
Country = Annotated[str, _like(r"[A-Z]{2}|other", "two capital letters such as DE, or other")]
Prefix = Annotated[str, _like(r"[A-Z]{2,5}", "2 to 5 capital letters, such as IT")]
Email = Annotated[str, _like(r"[^@\s]+@[^@\s]+", "an email address")]
LanguageName = Annotated[str, _known("language", lambda names: names.languages)]
QueueName = Annotated[str, _known("queue", lambda names: names.queues)]
HolidaysName = Annotated[str, _known("list of holidays", lambda names: names.holidays)]
ToolName = Annotated[str, _known("tool", lambda names: names.tools)]
PersonId = Annotated[str, _known("person", lambda names: names.people)]
Group = Annotated[Text, _known("group in people.yaml", lambda names: names.groups)]
Zone = Annotated[str, _known("time zone", lambda _: _zones())]
Shape = Annotated[Text, AfterValidator(_shape)]
Phrase = Annotated[Text, AfterValidator(_phrase)]
Truth = Annotated[bool, BeforeValidator(_truth)]
Duration = Annotated[timedelta, BeforeValidator(_duration)]
Clock = Annotated[time, BeforeValidator(_clock)]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Worded = dict[LanguageName, Annotated[list[Phrase], Field(min_length=1)]]
"""Phrases by language."""


class BudgetForm(BaseModel):
    model_config = ConfigDict(extra="forbid")
    steps: int = Field(ge=1)
    tokens: int = Field(ge=1)
    seconds: float = Field(gt=0)
    attempts: int = Field(ge=0)


class PriceForm(BaseModel):
    model_config = ConfigDict(extra="forbid")
    read: float = Field(ge=0)
    written: float = Field(ge=0)


class LimitsForm(BaseModel):
    model_config = ConfigDict(extra="forbid")
    messages: int = Field(ge=1)
    attempts: int = Field(ge=1)
    person_tokens: int | None = Field(default=None, ge=1)
    department_tokens: int | None = Field(default=None, ge=1)
    person_money: float | None = Field(default=None, gt=0)
    department_money: float | None = Field(default=None, gt=0)
    prices: dict[Text, PriceForm] = {}


class RetentionForm(BaseModel):
    model_config = ConfigDict(extra="forbid")
    conversations: int = Field(ge=1)
    values: int = Field(ge=1)


class PackForm(BaseModel):
    model_config = ConfigDict(extra="forbid")
    organisation: Text
    languages: list[Language] = Field(min_length=1)
    default_queue: QueueName
    private_queue: Annotated[QueueName, AfterValidator(_confidential)]
    secret_link: Annotated[Text, AfterValidator(_page)]
    model_region: Text | None = None
    tier: Tier | Literal["auto"] = "auto"
    review_after_days: int = Field(default=365, ge=1)
    solved_review_after_days: int = Field(default=180, ge=1)
    owners_note: Truth = True
    suggestions: dict[LanguageName, Annotated[list[Text], Field(min_length=1)]]
    permissions: dict[ToolName, Permission]
    values: dict[ToolName, list[Kind]] = {}
    budget: BudgetForm
    limits: LimitsForm
    retention: RetentionForm


class CalendarForm(BaseModel):
    model_config = ConfigDict(extra="forbid")
    timezone: Zone
    days: list[Day] = Field(min_length=1)
    opens: Clock
    closes: Annotated[Clock, AfterValidator(_later)]
    holidays: HolidaysName | None = None


class RespondForm(BaseModel):
    model_config = ConfigDict(extra="forbid")
    urgent: Duration
    high: Duration
    normal: Duration


class QueueForm(BaseModel):
    model_config = ConfigDict(extra="forbid")
    title: dict[LanguageName, Text]
    group: Group
    prefix: Prefix
    confidential: Truth = False
    page_audience: Annotated[list[Group], Field(min_length=1)] | None = None
    calendar: CalendarForm
    respond: RespondForm
    around_the_clock: list[Priority] = []
    readers: list[Annotated[Text, AfterValidator(_reader)]] = []


class QueuesForm(BaseModel):
    model_config = ConfigDict(extra="forbid")
    holidays: dict[Name, list[date]] = {}
    queues: dict[Name, QueueForm] = Field(min_length=1)


class SpecialistForm(BaseModel):
    model_config = ConfigDict(extra="forbid")
    title: Text
    queue: QueueName
    tier: Tier
    private: Truth = False
    tools: list[Annotated[ToolName, AfterValidator(_permitted)]] = Field(min_length=1)
    instructions: Text
    words: Worded


def _as_confidential(other: str | None, info: ValidationInfo[Names]) -> str | None:
    names, queue = info.context, info.data.get("queue")
    open_to_all = names.queues and other in names.queues and other not in names.confidential
    if open_to_all and queue in names.confidential:
        raise ValueError(f"“{other}” stands in for “{queue}”: it must be confidential too.")
    return other


def _filled(says: dict[str, str], info: ValidationInfo[Names]) -> dict[str, str]:
    """What the bot can fill in at that moment: before consent there is no case."""
    allowed = {"queue"} if info.data.get("consent") else {"case", "queue", "due", "helpline"}
    wrong = {y for x in says.values() for y in re.findall(r"\{([^{}]*)\}", x)} - allowed
    if wrong:
        names = " and ".join("{" + x + "}" for x in sorted(wrong))
        raise ValueError(f"{names} cannot be filled in here; these can: {', '.join(allowed)}.")
    return says


class ConcernForm(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: Text
    queue: QueueName
    priority: Priority
    consent: Truth
    other: Annotated[QueueName | None, AfterValidator(_as_confidential)] = None
    says: Annotated[dict[LanguageName, Text], AfterValidator(_filled)] = {}
    options: dict[LanguageName, Text] = {}
    words: Worded
    unless: dict[LanguageName, list[Phrase]] = {}


def _elsewhere(lines: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    if "other" not in lines:
        raise ValueError("“other” is missing: the helpline for countries that are not listed.")
    return lines


class IdentifierForm(BaseModel):
    model_config = ConfigDict(extra="forbid")
    kind: Kind
    shape: Shape


class RulesForm(BaseModel):
    model_config = ConfigDict(extra="forbid")
    longest: int = Field(ge=1)
    second_check: SecondCheck = SecondCheck.NEVER
    concerns: list[ConcernForm]
    helplines: Annotated[dict[Country, dict[LanguageName, Text]], AfterValidator(_elsewhere)]
    human: Worded
    upset: Worded
    private: Worded
    urgent: Worded
    stuck: Worded
    yes: Worded
    no: Worded
    thanks: Worded
    greeting: Worded
    about_bot: Worded
    advice: Worded
    unsaid: dict[LanguageName, list[Phrase]] = {}
    longest_answer: int | None = Field(default=None, ge=200)
    identifiers: list[IdentifierForm] = []
    harmless: list[Shape] = []


class PersonForm(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: Text
    email: Email
    department: Text
    location: Text
    country: Annotated[str, _like(r"[A-Z]{2}", "two capital letters such as DE")] = ""
    entity: str = ""
    contract: str = ""
    locale: Locale
    timezone: Zone
    groups: list[Text] = []
    manager: PersonId | None = None
    accounts: dict[Name, Text] = {}


def _label(name: str, info: ValidationInfo[Names]) -> str:
    names = info.context
    if names.specialists is None or names.concerns is None:
        return name
    known = {*names.specialists, *names.concerns, OUT_OF_SCOPE, SMALL_TALK, HUMAN}
    if name in known:
        return name
    raise ValueError(f"There is no concern or specialist “{name}”. {choice(name, known)}")


Examples = dict[
    Annotated[str, AfterValidator(_label)],
    dict[LanguageName, Annotated[list[Text], Field(min_length=1)]],
]
Specialists = Annotated[dict[Name, SpecialistForm], Field(min_length=1)]

PACK = TypeAdapter(PackForm)
QUEUES = TypeAdapter(QueuesForm)
SPECIALISTS: TypeAdapter[dict[str, SpecialistForm]] = TypeAdapter(Specialists)
RULES = TypeAdapter(RulesForm)
EXAMPLES: TypeAdapter[dict[str, dict[str, list[str]]]] = TypeAdapter(Examples)
PEOPLE = TypeAdapter(dict[Name, PersonForm])

FIELDS = frozenset(
    field
    for form in (
        PackForm, BudgetForm, LimitsForm, PriceForm, RetentionForm, QueuesForm, QueueForm,
        CalendarForm, RespondForm, SpecialistForm, RulesForm, ConcernForm, IdentifierForm,
        PersonForm,
    )
    for field in form.model_fields
)  # fmt: skip
"""Every name that the forms above give to something."""
