"""What the page posts → Event. Who it comes from was decided before: see `http.py`."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from adapters.web.rooms import BOT, PLATFORM, WORKSPACE, chat_of, place_of
from bot.event import CardAction, Command, FromPerson, Message, Opened, Stopped
from bot.people import Sender
from bot.place import Audience, Place

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Short = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f]{1,200}$")]

_MENTION = re.compile(rf"@{BOT}\b[\s,:]*", re.IGNORECASE)
_COMMAND = re.compile(rf"^/{BOT}\b\s*", re.IGNORECASE)
_CODE = re.compile(r"^(admin)\s.*", re.IGNORECASE | re.DOTALL)


class Said(BaseModel):
    """The page makes one id for each click, so that a click that is posted twice is one event."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: UUID
    account: Short = Field(alias="as")
    channel: Short
    thread: Short | None = None


class SaidMessage(Said):
    text: Words


class SaidCommand(Said):
    text: Words


class SaidPress(Said):
    token: Short


class SaidSubmit(SaidPress):
    values: Mapping[Short, str]


class SaidStop(Said):
    pass


class SaidOpen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    account: Short = Field(alias="as")


SAID: Mapping[str, type[Said]] = {
    "message": SaidMessage,
    "command": SaidCommand,
    "press": SaidPress,
    "submit": SaidSubmit,
    "stop": SaidStop,
}
"""By the last part of the route."""


def event(said: Said, organisation: str, at: datetime, name: str = "") -> FromPerson | None:
    """None: it is the bot's own, or said in a room to others.

    Raises `LookupError` when there is no such channel. A message in a thread is the bot's to
    hear only if it takes part there: the far side knows.
    """
    if said.account == BOT:
        return None
    id, sender = f"{PLATFORM}:{said.id}", _sender(said.account, name)
    place = place_of(said.channel, said.thread)
    match said:
        case SaidMessage():
            return _message(said, id, organisation, at, sender, place)
        case SaidCommand(text=text):
            return Command(
                id=id, organisation=organisation, at=at, sender=sender, place=place,
                text=_COMMAND.sub("", text),
            )  # fmt: skip
        case SaidPress(token=token):
            return CardAction(
                id=id, organisation=organisation, at=at, sender=sender, place=place, token=token,
                values=said.values if isinstance(said, SaidSubmit) else None,
            )  # fmt: skip
        case _:
            return Stopped(id=id, organisation=organisation, at=at, sender=sender, place=place)


def opened(
    said: SaidOpen, organisation: str, at: datetime, since: int, name: str = ""
) -> Opened | None:
    """`since` is the position at which the chat became empty: two pages that open it are one."""
    if said.account == BOT:
        return None
    return Opened(
        id=f"{PLATFORM}:open:{said.account}:{since}",
        organisation=organisation,
        at=at,
        sender=_sender(said.account, name),
        place=chat_of(said.account),
    )


def echo(command: SaidCommand) -> str:
    """A command as its writer sees it again: without the one-time code."""
    text = _COMMAND.sub("", command.text)
    masked = _CODE.sub(r"\1 •••••", text)
    return f"/{BOT} {masked}".strip()


def _message(
    said: SaidMessage, id: str, organisation: str, at: datetime, sender: Sender, place: Place
) -> Message | None:
    text, mentions = _MENTION.subn("", said.text)
    direct = place.audience is Audience.DIRECT
    if not (direct or mentions or place.thread):
        return None
    if not direct and place.thread is None:
        place = place.thread_at(str(said.id))
    return Message(
        id=id,
        organisation=organisation,
        at=at,
        sender=sender,
        place=place,
        message=str(said.id),
        text=text.strip() or said.text,
        mentioned=mentions > 0,
    )


def _sender(account: str, name: str) -> Sender:
    return Sender(platform=PLATFORM, workspace=WORKSPACE, user=account, name=name)
