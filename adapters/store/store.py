"""The store: where state lives. Each method is one short transaction."""

import json
import logging
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from cryptography.exceptions import InvalidTag
from sqlalchemy import TextClause
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.store import encode, hindsight, permits, rights, statements, vault
from adapters.store.cipher import Cipher, owner_key
from adapters.store.database import healing, run
from bot.case import Case
from bot.conversation import IDLE, Conversation
from bot.event import (
    CardAction,
    Correction,
    Event,
    FromPerson,
    Message,
    SourceFailing,
    TimerDue,
    TimerKind,
    Undelivered,
    WeekBegan,
)
from bot.outcome import Delivery, Switches, Turn, grants, hashed
from bot.pack import Retention
from bot.place import Audience, Place
from bot.ports import (
    Clock,
    Conflict,
    Decision,
    Glimpse,
    Posted,
    PostState,
    Recorded,
    Situation,
    Spent,
    Superseded,
)
from bot.reply import Grant

logger = logging.getLogger(__name__)

_LATELY = timedelta(days=30)
_FRIDAY = 5
_MORNING = 7
"""UTC. Owners are not written to before it."""


class PostgresStore:
    """Implements the `Store` port."""

    def __init__(
        self,
        engine: AsyncEngine,
        cipher: Cipher,
        clock: Clock,
        retention: Mapping[str, Retention] = MappingProxyType({}),
    ) -> None:
        """`retention` by organisation; of others nothing is ever pruned but what is done."""
        self._engine = engine
        # Single statements need no BEGIN and COMMIT around them.
        self._at_once = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._cipher = cipher
        self._clock = clock
        self._retention = retention

    # ---- events ---------------------------------------------------------------------------

    async def accept(self, event: Event) -> bool:
        values = await self._inbox_row(event)
        return bool(await run(self._at_once, statements.ACCEPT, values))

    async def keep(self, event: Event) -> bool:
        """As `accept`, but for this process to take: the workers are not told of it."""
        values = await self._inbox_row(event)
        return bool(await run(self._at_once, statements.KEEP, values))

    async def take(self, event: str) -> Situation | None:
        async with healing(), self._at_once.connect() as connection:
            row = (await connection.execute(statements.TAKE, {"id": event})).first()
            if row is None:
                return None
            try:
                payload = await self._cipher.unseal(
                    row.organisation, row.sender, event, bytes(row.payload)
                )
            except InvalidTag:
                # Sealed by another process with the key of who was forgotten meanwhile: no try
                # will ever read it.
                logger.error("an event cannot be opened", extra={"event_id": event})
                await connection.execute(statements.UNREADABLE, {"id": event})
                return None
            return await self._situation(connection, encode.load_event(payload), row.attempt)

    async def again(self, situation: Situation) -> Situation:
        async with healing(), self._at_once.connect() as connection:
            found = await connection.execute(statements.ATTEMPT, {"id": situation.event.id})
            if found.scalar() != situation.attempt:
                raise Superseded
            return await self._situation(connection, situation.event, situation.attempt)

    async def _inbox_row(self, event: Event) -> dict[str, Any]:
        sender = person(event)
        payload = await self._cipher.seal(
            event.organisation, sender, event.id, encode.dump_event(event)
        )
        # Only messages wait for each other: a claim never waits behind a slow answer.
        is_message = isinstance(event, Message)
        return {
            "id": event.id,
            "organisation": event.organisation,
            "also_known_as": event.also_known_as if is_message else None,
            "lock": _lock(event.place) if is_message else None,
            "queue": "turns" if is_message else "actions",
            "sender": sender,
            "payload": payload,
        }

    async def _situation(
        self, connection: AsyncConnection, event: Event, attempt: int
    ) -> Situation:
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
            ):
                return _with(blank, await self._one(connection, event, id))
            case WeekBegan() | SourceFailing():
                return blank
            case Message(belongs_to=str(id)):
                return _with(blank, await self._one(connection, event, id))
            case Message():
                return await self._at(connection, event, blank)
            case _:
                rows = await self._here(connection, event)
                return _with(blank, rows[:1])

    async def _at(self, connection: AsyncConnection, event: Message, blank: Situation) -> Situation:
        """A message belongs to a case's thread at its desk, to what it quotes, or to its place."""
        first: list[Row[Any]] = []
        if event.place.thread or event.reply_to:
            values = {
                "organisation": event.organisation,
                "room": _room(event.place),
                "thread": event.place.thread,
                "reply_to": event.reply_to,
            }
            for row in await connection.execute(statements.POSTED_AT, values):
                first = await self._one(connection, event, row.conversation)
                if row.message == event.place.thread and row.slot.startswith("card:"):
                    return replace(_with(blank, first), desk=row.slot.split(":")[1])
        return _with(blank, [*first, *await self._here(connection, event)])

    async def _one(self, connection: AsyncConnection, event: Event, id: str) -> list[Row[Any]]:
        values = {"organisation": event.organisation, "id": id}
        return list(await connection.execute(statements.CONVERSATION, values))

    async def _here(self, connection: AsyncConnection, event: FromPerson) -> list[Row[Any]]:
        values: dict[str, Any] = {
            "organisation": event.organisation,
            "place": event.place.key,
            "recent": event.at - IDLE,
        }
        if isinstance(event, Message) and event.roots:
            values["room"] = _room(event.place)
            return list(await connection.execute(statements.CONVERSATIONS_IN, values))
        # What is not a message has no idle time to go by: it meets the newest.
        values["thread"] = event.place.thread is not None or not isinstance(event, Message)
        return list(await connection.execute(statements.CONVERSATIONS_AT, values))

    # ---- turns ----------------------------------------------------------------------------

    async def commit(self, situation: Situation, turn: Turn) -> None:
        statement, values = _decision(situation, turn)
        follow = await self._follow(turn)
        inbox = [await self._inbox_row(x) for x in turn.events]
        async with healing(), self._engine.begin() as connection:
            ended, *saved = (await connection.execute(statement, values)).one()
            if not ended:
                raise Superseded
            if not all(saved):
                raise Conflict
            await connection.execute(statements.FOLLOW, follow)
            if turn.kept:
                await vault.keep(connection, self._cipher, turn)
            if turn.permits:
                await permits.keep(connection, turn)
            for row in inbox:
                await connection.execute(statements.ACCEPT, row)
            gone = await self._forget(connection, turn)
        self._cipher.forget(turn.event.organisation, gone)

    async def _forget(self, connection: AsyncConnection, turn: Turn) -> list[str]:
        """Returns whose keys are gone. Raises `Conflict` when something came up meanwhile."""
        if turn.forgets is None:
            return []
        try:
            return await rights.erase(
                connection, self._cipher, turn.event.organisation, turn.forgets
            )
        except rights.StillNeeded:
            raise Conflict from None

    async def _follow(self, turn: Turn) -> dict[str, Any]:
        event, organisation = turn.event, turn.event.organisation
        who = person(event)
        deliveries = [
            {
                "position": position,
                "id": x.id,
                "slot": x.slot,
                "destination": encode.destination_key(x.to),
                "payload": b64encode(
                    await self._cipher.seal(
                        organisation, who, x.id, encode.dump_delivery(x).encode()
                    )
                ).decode(),
            }
            for position, x in enumerate(turn.deliveries)
        ]
        kept = {x.kind for x in turn.timers}
        return {
            "event": event.id,
            "organisation": organisation,
            "conversation": turn.conversation.id,
            "case": turn.conversation.case,
            "person": who,
            "now": turn.now,
            "cancelled": [x.value for x in turn.cancelled - kept],
            "slots": [x.slot for x in turn.deliveries],
            "buttons": json.dumps([_button(token, grant) for token, grant in grants(turn)]),
            "timers": json.dumps(
                [{"kind": x.kind, "due_at": x.due_at.isoformat()} for x in turn.timers]
            ),
            "about": turn.conversation.requester,
            "used": json.dumps([asdict(turn.used)] if turn.used else []),
            "records": json.dumps([await self._record(turn, i) for i in range(len(turn.records))]),
            "contacts": json.dumps(_contacts(turn)),
            "deliveries": json.dumps(deliveries),
        }

    async def _record(self, turn: Turn, position: int) -> dict[str, Any]:
        record = turn.records[position]
        said = None
        if record.said:
            owner = owner_key(turn.conversation.requester)
            bound = f"{turn.event.id}:{position}"
            sealed = await self._cipher.seal(
                turn.event.organisation, owner, bound, record.said.encode("utf-8", "replace")
            )
            said = sealed.hex()
        facts = dict(record.facts)
        return {"position": position, "step": record.step, "facts": facts, "said": said}

    # ---- what the door and a turn ask -----------------------------------------------------

    async def glimpse(self, organisation: str, token: str) -> Glimpse | None:
        values = {"organisation": organisation, "token": hashed(token)}
        rows = await run(self._at_once, statements.BUTTON, values)
        if not rows:
            return None
        row = rows[0]
        return Glimpse(
            grant=encode.load_grant(row.button),
            spent=row.spent_by is not None,
            case=encode.load_case(row.kase) if row.kase else None,
            conversation=encode.load_conversation(row.conversation),
            switches=encode.load_switches(row.switches) if row.switches else Switches(),
        )

    async def unchanged(self, conversation: Conversation) -> bool:
        if conversation.version == 0:
            stopped = await self._value(
                statements.STOPPED,
                organisation=conversation.organisation,
                place=conversation.place.key,
                requester=conversation.requester,
                since=conversation.last_at,
            )
            return not stopped
        version = await self._value(
            statements.VERSION, organisation=conversation.organisation, id=conversation.id
        )
        return version == conversation.version

    async def cases_of(self, organisation: str, requester: str) -> tuple[Case, ...]:
        since = self._clock.now() - _LATELY
        values = {"organisation": organisation, "requester": requester, "since": since}
        rows = await run(self._at_once, statements.CASES_OF, values)
        return tuple(encode.load_case(row[0]) for row in rows)

    async def open_cases(self, organisation: str) -> Mapping[str, int]:
        rows = await run(self._at_once, statements.OPEN_CASES, {"organisation": organisation})
        return {row.queue: row.live for row in rows}

    async def spent(self, organisation: str, person: str, department: str, event: str) -> Spent:
        now = self._clock.now()
        values = {
            "organisation": organisation,
            "person": person,
            "department": department,
            "event": event,
            "minute": now - timedelta(minutes=1),
            "hour": now - timedelta(hours=1),
            "day": now - timedelta(days=1),
        }
        rows = await run(self._at_once, statements.SPENT, values)
        row = rows[0]
        return Spent(
            messages=row.messages + row.waiting,
            attempts=row.attempts,
            person_tokens=row.person_tokens,
            department_tokens=row.department_tokens,
            person_money=row.person_money,
            department_money=row.department_money,
        )

    async def case_number(self, organisation: str) -> int:
        return int(await self._value(statements.CASE_NUMBER, organisation=organisation))

    async def direct_place(self, organisation: str, person: str) -> Place | None:
        found = await self._value(statements.CONTACT, organisation=organisation, person=person)
        return encode.load_place(found) if found else None

    async def decision(self, organisation: str, about: Place | str) -> Decision | None:
        return await hindsight.decision(self._at_once, organisation, about)

    async def outcomes(self, organisation: str, since: datetime) -> tuple[Recorded, ...]:
        return await hindsight.outcomes(self._at_once, self._cipher, organisation, since)

    async def serves(self, place: Place, organisation: str) -> bool:
        """Does the bot take part in this thread: was it asked there, or did it begin it?"""
        values = {
            "organisation": organisation,
            "place": place.key,
            "room": _room(place),
            "thread": place.thread,
        }
        return bool(await run(self._at_once, statements.SERVES, values))

    # ---- deliveries -----------------------------------------------------------------------

    async def delivery(self, id: str) -> Delivery | None:
        rows = await run(self._at_once, statements.DELIVERY, {"id": id})
        if not rows:
            return None
        row = rows[0]
        payload = await self._cipher.unseal(row.organisation, row.person, id, bytes(row.payload))
        return encode.load_delivery(payload)

    async def posted(self, organisation: str, slot: str) -> Posted | None:
        values = {"organisation": organisation, "slot": slot}
        rows = await run(self._at_once, statements.POSTED, values)
        if not rows:
            return None
        row = rows[0]
        state = PostState.SENT if row.message else PostState.SENDING
        return Posted(place=encode.load_place(row.place), state=state, message=row.message)

    async def sending(self, delivery: Delivery, place: Place) -> None:
        await self._do(statements.SENDING, **_slot(delivery, place))

    async def sent(self, delivery: Delivery, place: Place, message: str | None) -> None:
        if message is None:
            await self._do(
                statements.GONE,
                id=delivery.id,
                organisation=delivery.organisation,
                slot=delivery.slot,
            )
        else:
            values = _slot(delivery, place)
            await self._do(statements.SENT, id=delivery.id, message=message, **values)

    async def give_up(self, delivery: Delivery, why: str) -> None:
        event = Undelivered(
            id=f"undelivered:{delivery.id}",
            organisation=delivery.organisation,
            at=self._clock.now(),
            conversation=delivery.conversation,
            slot=delivery.slot,
            why=why,
        )
        inbox = await self._inbox_row(event)
        ended = {
            "id": delivery.id,
            "organisation": delivery.organisation,
            "slot": delivery.slot,
        }
        async with healing(), self._engine.begin() as connection:
            if (await connection.execute(statements.GIVE_UP, ended)).first():
                await connection.execute(statements.ACCEPT, inbox)

    # ---- time -----------------------------------------------------------------------------

    async def fire_timers(self) -> int:
        """Make an event of each timer that is due; returns how many. Any replica may, at once."""
        now = self._clock.now()
        async with healing(), self._engine.begin() as connection:
            due = (await connection.execute(statements.DUE_TIMERS, {"now": now})).all()
            for row in due:
                event = TimerDue(
                    id=f"timer:{row.conversation}:{row.kind}:{row.due_at.isoformat()}",
                    organisation=row.organisation,
                    at=now,
                    kind=TimerKind(row.kind),
                    conversation=row.conversation,
                )
                await connection.execute(statements.ACCEPT, await self._inbox_row(event))
        return len(due)

    async def begin_week(self) -> None:
        """Once in a week, on a working day: any replica may say so, at any time."""
        now = self._clock.now()
        year, week, day = now.isocalendar()
        if day > _FRIDAY or (day == 1 and now.hour < _MORNING):
            return
        for organisation in self._retention:
            id = f"owners:{organisation}:{year}-W{week:02}"
            await self.accept(WeekBegan(id=id, organisation=organisation, at=now))

    async def put_back(self, seconds: float) -> int:
        """Queue again what has been in nobody's hands for so long; returns how much."""
        found = await self._value(statements.STRANDED, seconds=seconds)
        return int(found or 0)

    async def prune(self) -> None:
        """Forget what nobody will ask for: see the statement for how long each is kept."""
        await self._do(statements.PRUNE)
        for organisation, retention in self._retention.items():
            await self._prune(organisation, retention)

    async def _prune(self, organisation: str, retention: Retention) -> None:
        """What the pack says, and what limits no longer ask for."""
        now = self._clock.now()
        values = {
            "values": now - retention.values,
            "conversations": now - retention.conversations,
            "day": now - timedelta(days=2),
        }
        for statement in statements.PRUNE_BY_PACK:
            needed = {x: values[x] for x in values if f":{x}" in statement.text}
            await self._do(statement, organisation=organisation, **needed)

    async def _value(self, statement: TextClause, **values: object) -> Any:
        rows = await run(self._at_once, statement, values)
        return rows[0][0] if rows else None

    async def _do(self, statement: TextClause, **values: object) -> None:
        await run(self._at_once, statement, values)


def person(event: Event) -> str:
    """Whose data key seals what belongs to this event. Empty: the organisation's."""
    if not isinstance(event, FromPerson):
        return ""
    sender = event.sender
    return f"{sender.platform}/{sender.workspace}/{sender.user}"


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


def _decision(situation: Situation, turn: Turn) -> tuple[TextClause, dict[str, Any]]:
    """What must be true of the world for this turn to count, and what it makes of it."""
    event, conversation, case = turn.event, turn.conversation, turn.case
    values: dict[str, Any] = {
        "event": event.id,
        "attempt": situation.attempt,
        "organisation": event.organisation,
    }
    said = bool(conversation.transcript) or conversation.version > 0 or _stopped(conversation)
    changed = said and conversation not in situation.conversations
    if changed:
        after = replace(conversation, version=conversation.version + 1)
        values |= {
            "c_id": conversation.id,
            "c_place": conversation.place.key,
            "c_requester": conversation.requester,
            "c_state": conversation.state,
            "c_case": conversation.case,
            "c_last_at": conversation.last_at,
            "c_version": conversation.version,
            "c_body": encode.dump_conversation(after),
        }
    case_changed = case is not None and situation.cases.get(case.id) != case
    if case is not None and case_changed:
        values |= {
            "k_id": case.id,
            "k_conversation": case.conversation,
            "k_queue": case.queue,
            "k_state": case.state,
            "k_live": case.live,
            "k_requester": case.requester,
            "k_opened_at": case.opened_at,
            "k_version": case.version,
            "k_body": encode.dump_case(replace(case, version=case.version + 1)),
        }
    switches = turn.switches
    if switches is not None:
        after_switches = replace(switches, version=switches.version + 1)
        values |= {
            "s_version": switches.version,
            "s_body": encode.dump_switches(after_switches),
        }
    if turn.spends and isinstance(event, CardAction):
        values["token"] = hashed(event.token)
    statement = statements.decide(changed, case_changed, switches is not None, turn.spends)
    return statement, values


def _stopped(conversation: Conversation) -> bool:
    return conversation.stopped_at is not None


def _button(token: str, grant: Grant) -> dict[str, object]:
    return {
        "token": hashed(token),
        "conversation": grant.conversation,
        "body": json.loads(encode.dump_grant(grant)),
        "single_use": grant.single_use,
    }


def _contacts(turn: Turn) -> list[dict[str, object]]:
    """Where the requester's direct chat with the bot is, as this turn learned it."""
    if turn.met is None or not isinstance(turn.event, FromPerson):
        return []
    place = replace(turn.event.place, thread=None)
    return [{"person": turn.met, "place": json.loads(encode.dump_place(place))}]


def _slot(delivery: Delivery, place: Place) -> dict[str, object]:
    return {
        "organisation": delivery.organisation,
        "slot": delivery.slot,
        "conversation": delivery.conversation,
        "place": encode.dump_place(place),
        "room": _room(place),
    }


def _lock(place: Place) -> str:
    """What happens one after the other: a thread; of a direct chat, all of its threads."""
    return _room(place) if place.audience is Audience.DIRECT else place.key


def _room(place: Place) -> str:
    return replace(place, thread=None).key
