"""What is held about one employee: all of it, and its erasure."""

import json
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from cryptography.exceptions import InvalidTag
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.store.cipher import Cipher, owner_key
from adapters.store.database import healing
from adapters.store.reading import Reading, Selection
from adapters.store.vault import PostgresVault

_ACCOUNTS = text("SELECT key, value FROM register WHERE organisation = :o AND owner = 'directory'")
_CONVERSATIONS = text(
    "SELECT id, body::text AS body FROM conversation WHERE organisation = :o AND requester = :p"
)
_CASES = text("""
SELECT id, live, body::text AS body FROM cases
WHERE organisation = :o AND requester = :p ORDER BY opened_at
""")
_USED = text("""
SELECT count(*) AS messages, coalesce(sum(tokens), 0) AS tokens FROM used
WHERE organisation = :o AND person = :p
""")
_NOTE = text("""
INSERT INTO record (organisation, event, conversation, position, at, step, facts)
VALUES (:o, :event, '', 0, now(), :step,
    jsonb_build_object('who', CAST(:who AS text), 'person', CAST(:p AS text)))
""")
_HOLD = text("SELECT why, who, at::text AS at FROM hold WHERE organisation = :o AND person = :p")
_KEEP = text("""
INSERT INTO hold (organisation, person, why, who) VALUES (:o, :p, :why, :who)
ON CONFLICT (organisation, person) DO UPDATE SET why = excluded.why, who = excluded.who, at = now()
""")
_RELEASE = text("DELETE FROM hold WHERE organisation = :o AND person = :p")
_BEGUN = text("SELECT pg_current_xact_id()")

# The rows of an employee, and of the conversations that they began.
_THEIRS = "conversation IN (SELECT id FROM conversation WHERE organisation = :o AND requester = :p)"
# What was posted to them, and for them in no conversation: the answers to their commands.
_POSTED = """room IN (
    SELECT concat_ws('/', place->>'platform', place->>'workspace', place->>'channel', '')
    FROM contact WHERE organisation = :o AND person = :p
) OR conversation IN (SELECT conversation FROM record WHERE organisation = :o AND about = :p)
    AND NOT EXISTS (SELECT FROM conversation c WHERE c.id = posted.conversation)"""
_GONE = (
    f"DELETE FROM button WHERE organisation = :o AND {_THEIRS}",
    f"DELETE FROM timer WHERE organisation = :o AND {_THEIRS}",
    f"DELETE FROM posted WHERE organisation = :o AND {_THEIRS}",
    f"DELETE FROM posted WHERE organisation = :o AND ({_POSTED})",
    f"DELETE FROM outbox WHERE organisation = :o AND {_THEIRS}",
    "DELETE FROM cases WHERE organisation = :o AND requester = :p",
    "DELETE FROM conversation WHERE organisation = :o AND requester = :p",
    "DELETE FROM vault WHERE organisation = :o AND person = :p",
    "DELETE FROM used WHERE organisation = :o AND person = :p",
    "DELETE FROM contact WHERE organisation = :o AND person = :p",
    "DELETE FROM register WHERE organisation = :o AND owner = 'directory' AND key = ANY(:keys)",
    "DELETE FROM inbox WHERE organisation = :o AND sender = ANY(:accounts)",
    # Without their key, what was said in the record is noise, and the chain still holds.
    "DELETE FROM data_key WHERE organisation = :o AND person = ANY(:owners)",
)


class StillNeeded(Exception):
    """`str()` names the cases that people still work on, or says who holds the data and why."""


class Rights:
    """Of one organisation, exercised by one operator."""

    def __init__(self, engine: AsyncEngine, cipher: Cipher, organisation: str, who: str) -> None:
        self._engine = engine
        self._cipher = cipher
        self._organisation = organisation
        self._who = who

    async def held(self, person: str) -> Mapping[str, Any]:
        """Everything about an employee, as they may ask for it; that it was read is recorded."""
        reading = Reading(self._engine, self._cipher, self._organisation, self._who)
        lines = reading.lines(Selection(person=person), "person export")
        values = await PostgresVault(self._engine, self._cipher).values(self._organisation, person)
        async with healing(), self._engine.connect() as connection:
            register = await self._register(connection, person)
            conversations = await self._rows(connection, _CONVERSATIONS, person)
            cases = await self._rows(connection, _CASES, person)
            used = (await self._rows(connection, _USED, person))[0]
            hold = await self._rows(connection, _HOLD, person)
        return {
            "person": person,
            "accounts": sorted(register),
            "values": {token: value for token, value in values.items() if value},
            "conversations": [json.loads(x["body"]) for x in conversations],
            "cases": [json.loads(x["body"]) for x in cases],
            "hold": hold[0] if hold else None,
            "used": {"messages": used["messages"], "tokens": used["tokens"]},
            "record": [asdict(x) async for x in lines],
        }

    async def forget(self, person: str) -> None:
        """Erase it. The record keeps ids, and no word. Raises `StillNeeded`."""
        async with healing(), self._engine.begin() as connection:
            await connection.execute(_BEGUN)
            cases = await self._rows(connection, _CASES, person)
            live = [x["id"] for x in cases if x["live"]]
            if live:
                raise StillNeeded(f"{', '.join(live)}: people still work on it; resolve it first")
            for hold in await self._rows(connection, _HOLD, person):
                raise StillNeeded(f"{person} is held by {hold['who']}: {hold['why']}")
            accounts = await self._register(connection, person)
            values = {
                **self._of(person),
                "keys": [*(f"account/{x}" for x in accounts), f"employee/{person}"],
                "accounts": accounts,
                "owners": [*accounts, owner_key(person)],
            }
            for statement in _GONE:
                await connection.execute(text(statement), values)
            await self._note(connection, person, "person forgotten")
        self._cipher.forget(self._organisation, values["owners"])

    async def hold(self, person: str, why: str) -> None:
        """From now on nothing about them is pruned or erased."""
        async with healing(), self._engine.begin() as connection:
            values = {**self._of(person), "why": why, "who": self._who}
            await connection.execute(_KEEP, values)
            await self._note(connection, person, "person held")

    async def release(self, person: str) -> bool:
        """False: they were not held."""
        async with healing(), self._engine.begin() as connection:
            released = await connection.execute(_RELEASE, self._of(person))
            if released.rowcount:
                await self._note(connection, person, "person released")
        return bool(released.rowcount)

    async def _note(self, connection: AsyncConnection, person: str, step: str) -> None:
        values = {"event": f"rights:{uuid.uuid4().hex}", "who": self._who, "step": step}
        await connection.execute(_NOTE, {**self._of(person), **values})

    async def _register(self, connection: AsyncConnection, person: str) -> list[str]:
        """Their accounts, as `platform/workspace/user`."""
        rows = await self._rows(connection, _ACCOUNTS, person)
        found = [x async for x in self._accounts(rows) if x[1] == person]
        return [account for account, _ in found]

    async def _accounts(self, rows: Sequence[Mapping[str, Any]]) -> AsyncIterator[tuple[str, str]]:
        for row in rows:
            key = str(row["key"])
            if not key.startswith("account/"):
                continue
            bound = f"register/directory/{key}"
            try:
                clear = await self._cipher.unseal(
                    self._organisation, "", bound, bytes(row["value"])
                )
            except InvalidTag:
                continue
            yield key.removeprefix("account/"), json.loads(clear)["employee"]

    async def _rows(
        self, connection: AsyncConnection, statement: Any, person: str
    ) -> list[Mapping[str, Any]]:
        found = await connection.execute(statement, self._of(person))
        return [dict(x) for x in found.mappings()]

    def _of(self, person: str) -> dict[str, str]:
        return {"o": self._organisation, "p": person}
