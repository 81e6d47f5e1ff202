"""The domain as JSON and back. Members of a union are told apart by a tag with their name."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from pydantic import TypeAdapter
from pydantic_core import PydanticSerializationError

from bot.case import Case
from bot.conversation import Conversation
from bot.event import (
    CardAction,
    Command,
    Correction,
    Event,
    Feedback,
    Message,
    Opened,
    PageAllowed,
    SourceFailing,
    Stopped,
    TimerDue,
    Undelivered,
    WeekBegan,
)
from bot.outcome import Delivery, Switches
from bot.people import Person
from bot.place import Place
from bot.reply import Grant

T = TypeVar("T")

_EVENTS: dict[str, TypeAdapter[Any]] = {
    kind.__name__: TypeAdapter(kind)
    for kind in (
        Message, CardAction, Command, Opened, Feedback, Stopped, TimerDue, Undelivered,
        Correction, PageAllowed, WeekBegan, SourceFailing,
    )
}  # fmt: skip


# PostgreSQL keeps no NUL in its JSON. An even number of backslashes before it stands for itself.
_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")


def _pair(kind: type[T]) -> tuple[Callable[[T], str], Callable[[str | bytes], T]]:
    adapter = TypeAdapter(kind)

    def dump(value: T) -> str:
        return _NUL.sub(r"\1\\ufffd", adapter.dump_json(value).decode())

    return dump, adapter.validate_json


dump_conversation, load_conversation = _pair(Conversation)
dump_case, load_case = _pair(Case)
dump_delivery, load_delivery = _pair(Delivery)
_dump_switches, load_switches = _pair(Switches)
dump_place, load_place = _pair(Place)
dump_grant, load_grant = _pair(Grant)


def dump_switches(switches: Switches) -> str:
    return _dump_switches(replace(switches, queues=dict(switches.queues)))


def dump_event(event: Event) -> bytes:
    kind = type(event).__name__
    if isinstance(event, CardAction) and event.values is not None:
        # Any mapping is allowed there; pydantic writes only a dict.
        event = replace(event, values=dict(event.values))
    return kind.encode() + b"\n" + _json(_EVENTS[kind], event)


def _json(adapter: TypeAdapter[Any], event: Event) -> bytes:
    try:
        return adapter.dump_json(event)
    except PydanticSerializationError:
        # Half a character, as "\\ud83d" in the platform's JSON: it becomes a question mark.
        plain = json.dumps(adapter.dump_python(event, mode="json"), ensure_ascii=False)
        return plain.encode("utf-8", "replace")


def load_event(stored: bytes) -> Event:
    head, _, body = stored.partition(b"\n")
    event: Event = _EVENTS[head.decode()].validate_json(body)
    return event


def destination_key(to: Place | Person) -> str:
    """Deliveries to one destination leave in order. Never equal to the lock of a turn: locks are
    of all queues together, and an answer does not wait for the next message's turn."""
    return f"to:{to.key}" if isinstance(to, Place) else f"to:person:{to.id}"
