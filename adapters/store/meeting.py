"""The state that an event meets: which conversations it may belong to, and their cases."""

from dataclasses import replace
from typing import Any

from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.store import encode, statements
from adapters.store.rows import room
from bot.case import Case
from bot.conversation import IDLE, Conversation
from bot.event import (
    CardAction,
    Correction,
    Event,
    FromPerson,
    Message,
    PageAllowed,
    SourceFailing,
    TimerDue,
    Undelivered,
    WeekBegan,
)
from bot.outcome import Switches, hashed
from bot.ports import Situation


async def meet(connection: AsyncConnection, event: Event, attempt: int) -> Situation:
    """What an event of each kind goes by: its button, its conversation, or its place."""
    organisation = {"organisation": event.organisation}
    row = (await connection.execute(statements.SWITCHES, organisation)).first()
    switches = encode.load_switches(row[0]) if row else Switches()
    blank = Situation(event=event, attempt=attempt, switches=switches)
    match event:
        case CardAction(token=token):
            values = {**organisation, "token": hashed(token)}
            found = await connection.execute(statements.BUTTON, values)
            button = found.first()
            if button is None:
                return blank
            grant, spent = encode.load_grant(button.button), button.spent_by is not None
            return replace(_with(blank, [button]), grant=grant, spent=spent)
        case (
            TimerDue(conversation=id)
            | Undelivered(conversation=id)
            | Correction(conversation=id)
            | PageAllowed(conversation=id)
        ):
            return _with(blank, await _one(connection, event, id))
        case WeekBegan() | SourceFailing():
            return blank
        case Message(belongs_to=str(id)):
            return _with(blank, await _one(connection, event, id))
        case Message():
            return await _at(connection, event, blank)
        case _:
            rows = await _here(connection, event)
            return _with(blank, rows[:1])


async def _at(connection: AsyncConnection, event: Message, blank: Situation) -> Situation:
    """A message belongs to a case's thread at its desk, to what it quotes, or to its place."""
    first: list[Row[Any]] = []
    if event.place.thread or event.reply_to:
        values = {
            "organisation": event.organisation,
            "room": room(event.place),
            "thread": event.place.thread,
            "reply_to": event.reply_to,
        }
        for row in await connection.execute(statements.POSTED_AT, values):
            first = await _one(connection, event, row.conversation)
            if row.message == event.place.thread and row.slot.startswith("card:"):
                return replace(_with(blank, first), desk=row.slot.split(":")[1])
    return _with(blank, [*first, *await _here(connection, event)])


async def _one(connection: AsyncConnection, event: Event, id: str) -> list[Row[Any]]:
    values = {"organisation": event.organisation, "id": id}
    return list(await connection.execute(statements.CONVERSATION, values))


async def _here(connection: AsyncConnection, event: FromPerson) -> list[Row[Any]]:
    values: dict[str, Any] = {
        "organisation": event.organisation,
        "place": event.place.key,
        "recent": event.at - IDLE,
    }
    if isinstance(event, Message) and event.roots:
        values["room"] = room(event.place)
        return list(await connection.execute(statements.CONVERSATIONS_IN, values))
    # What is not a message has no idle time to go by: it meets the newest.
    values["thread"] = event.place.thread is not None or not isinstance(event, Message)
    return list(await connection.execute(statements.CONVERSATIONS_AT, values))


def _with(situation: Situation, rows: list[Row[Any]]) -> Situation:
    conversations: dict[str, Conversation] = {}
    cases: dict[str, Case] = {}
    for row in rows:
        conversation = encode.load_conversation(row.conversation)
        conversations.setdefault(conversation.id, conversation)
        if row.kase:
            case = encode.load_case(row.kase)
            cases[case.id] = case
    return replace(situation, conversations=tuple(conversations.values()), cases=cases)
