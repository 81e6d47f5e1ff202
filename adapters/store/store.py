"""The store: where state lives. Each method is one short transaction."""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from cryptography.exceptions import InvalidTag
from sqlalchemy import TextClause
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.store import encode, hindsight, permits, rights, statements, vault
from adapters.store.cipher import Cipher
from adapters.store.database import healing, run
from adapters.store.meeting import meet
from adapters.store.rows import decided, followed, inbox_row, room, slot_row
from bot.case import Case
from bot.conversation import Conversation
from bot.event import Event, TimerDue, TimerKind, Undelivered, WeekBegan
from bot.outcome import Delivery, Switches, Turn, hashed
from bot.pack import Retention
from bot.place import Place
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
        values = await inbox_row(self._cipher, event)
        return bool(await run(self._at_once, statements.ACCEPT, values))

    async def keep(self, event: Event) -> bool:
        """As `accept`, but for this process to take: the workers are not told of it."""
        values = await inbox_row(self._cipher, event)
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
            return await meet(connection, encode.load_event(payload), row.attempt)

    async def again(self, situation: Situation) -> Situation:
        async with healing(), self._at_once.connect() as connection:
            found = await connection.execute(statements.ATTEMPT, {"id": situation.event.id})
            if found.scalar() != situation.attempt:
                raise Superseded
            return await meet(connection, situation.event, situation.attempt)

    # ---- turns ----------------------------------------------------------------------------

    async def commit(self, situation: Situation, turn: Turn) -> None:
        statement, values = decided(situation, turn)
        follow = await followed(self._cipher, turn)
        inbox = [await inbox_row(self._cipher, x) for x in turn.events]
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
            "room": room(place),
            "thread": place.thread,
        }
        return bool(await run(self._at_once, statements.SERVES, values))

    # ---- deliveries -----------------------------------------------------------------------

    async def delivery(self, id: str) -> Delivery | None:
        rows = await run(self._at_once, statements.DELIVERY, {"id": id})
        if not rows:
            return None
        row = rows[0]
        try:
            payload = await self._cipher.unseal(
                row.organisation, row.person, id, bytes(row.payload)
            )
        except InvalidTag:
            # Of who was forgotten meanwhile: what waits behind it for the same place must go on.
            logger.error("a delivery cannot be opened", extra={"delivery": id})
            await self._do(statements.LOST, id=id)
            return None
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
        await self._do(statements.SENDING, **slot_row(delivery, place))

    async def sent(self, delivery: Delivery, place: Place, message: str | None) -> None:
        if message is None:
            await self._do(
                statements.GONE,
                id=delivery.id,
                organisation=delivery.organisation,
                slot=delivery.slot,
            )
        else:
            values = slot_row(delivery, place)
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
        inbox = await inbox_row(self._cipher, event)
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
                await connection.execute(statements.ACCEPT, await inbox_row(self._cipher, event))
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
