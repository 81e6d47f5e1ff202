"""What each file of a pack may hold."""

import re
from datetime import date, time
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationInfo

from adapters.pack.fields import (
    Clock,
    Country,
    Day,
    Duration,
    Email,
    Group,
    HolidaysName,
    HomeCountry,
    Label,
    Language,
    LanguageName,
    Link,
    Locale,
    Name,
    Names,
    PermittedTool,
    PersonId,
    Phrase,
    Prefix,
    PrivateQueue,
    QueueName,
    Reader,
    Shape,
    Text,
    ToolName,
    Truth,
    Worded,
    Zone,
)
from bot.case import Priority
from bot.found import Kind
from bot.pack import Permission, SecondCheck, Tier


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
    private_queue: PrivateQueue
    secret_link: Link
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


def _later(closes: time, info: ValidationInfo[Names]) -> time:
    opens = info.data.get("opens")
    if opens and closes <= opens:
        raise ValueError(f"“closes” must be later than “opens”, which is {opens:%H:%M}.")
    return closes


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
    readers: list[Reader] = []


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
    tools: list[PermittedTool] = Field(min_length=1)
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
    no_human: Worded
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
    country: HomeCountry = ""
    entity: str = ""
    contract: str = ""
    locale: Locale
    timezone: Zone
    groups: list[Text] = []
    manager: PersonId | None = None
    accounts: dict[Name, Text] = {}


Examples = dict[
    Label,
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
