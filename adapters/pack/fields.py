"""What may stand in a field of a pack's files, and which names it may refer to."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cache
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, ValidationInfo

from adapters.pack.mistakes import choice
from bot.identifiers import pattern
from bot.pack import HUMAN, OUT_OF_SCOPE, SMALL_TALK
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


def _label(name: str, info: ValidationInfo[Names]) -> str:
    names = info.context
    if names.specialists is None or names.concerns is None:
        return name
    known = {*names.specialists, *names.concerns, OUT_OF_SCOPE, SMALL_TALK, HUMAN}
    if name in known:
        return name
    raise ValueError(f"There is no concern or specialist “{name}”. {choice(name, known)}")


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


def duration(text: str) -> timedelta:
    """Raises `ValueError`, with what to write."""
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
HomeCountry = Annotated[str, _like(r"[A-Z]{2}", "two capital letters such as DE")]
Prefix = Annotated[str, _like(r"[A-Z]{2,5}", "2 to 5 capital letters, such as IT")]
Email = Annotated[str, _like(r"[^@\s]+@[^@\s]+", "an email address")]
LanguageName = Annotated[str, _known("language", lambda names: names.languages)]
QueueName = Annotated[str, _known("queue", lambda names: names.queues)]
PrivateQueue = Annotated[QueueName, AfterValidator(_confidential)]
HolidaysName = Annotated[str, _known("list of holidays", lambda names: names.holidays)]
ToolName = Annotated[str, _known("tool", lambda names: names.tools)]
PermittedTool = Annotated[ToolName, AfterValidator(_permitted)]
PersonId = Annotated[str, _known("person", lambda names: names.people)]
Group = Annotated[Text, _known("group in people.yaml", lambda names: names.groups)]
Reader = Annotated[Text, AfterValidator(_reader)]
Label = Annotated[str, AfterValidator(_label)]
Link = Annotated[Text, AfterValidator(_page)]
Zone = Annotated[str, _known("time zone", lambda _: _zones())]
Shape = Annotated[Text, AfterValidator(_shape)]
Phrase = Annotated[Text, AfterValidator(_phrase)]
Truth = Annotated[bool, BeforeValidator(_truth)]
Duration = Annotated[timedelta, BeforeValidator(duration)]
Clock = Annotated[time, BeforeValidator(_clock)]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Worded = dict[LanguageName, Annotated[list[Phrase], Field(min_length=1)]]
"""Phrases by language."""
