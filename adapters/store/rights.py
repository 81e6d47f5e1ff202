"""What is held about one employee: all of it, and its erasure."""

import contextlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from cryptography.exceptions import InvalidTag
from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.store.cipher import Cipher, owner_key
from adapters.store.database import healing
from adapters.store.noting import note
from adapters.store.reading import Reading, Selection
from adapters.store.vault import PostgresVault
from bot.pack import Pack
from bot.ports import Holdings
from bot.timeline import Withheld

_ACCOUNTS = text("SELECT key, value FROM register WHERE organisation = :o AND owner = 'directory'")
_CONVERSATIONS = text(
    "SELECT id, case_id, body::text AS body FROM conversation"
    " WHERE organisation = :o AND requester = :p"
)
_CASES = text("""
SELECT id, conversation, live, body::text AS body FROM cases
WHERE organisation = :o AND requester = :p ORDER BY opened_at
""")
_COUNTED = text("""
SELECT
    (SELECT count(*) FROM conversation WHERE organisation = :o AND requester = :p) AS conversations,
    (SELECT count(*) FROM vault WHERE organisation = :o AND person = :p AND value <> '') AS values,
    (SELECT count(*) FROM record WHERE organisation = :o AND about = :p AND said IS NOT NULL
        AND EXISTS (SELECT FROM data_key WHERE organisation = :o AND person = :key)) AS records,
    EXISTS (SELECT FROM cases WHERE organisation = :o AND requester = :p AND live) AS live,
    EXISTS (SELECT FROM hold WHERE organisation = :o AND person = :p) AS on_hold
""")
_USED = text("""
SELECT count(*) AS messages, coalesce(sum(tokens), 0) AS tokens FROM used
WHERE organisation = :o AND person = :p
""")
_HOLD = text("SELECT why, who, at::text AS at FROM hold WHERE organisation = :o AND person = :p")
_KEEP = text("""
INSERT INTO hold (organisation, person, why, who) VALUES (:o, :p, :why, :who)
ON CONFLICT (organisation, person) DO UPDATE SET why = excluded.why, who = excluded.who, at = now()
""")
_RELEASE = text("DELETE FROM hold WHERE organisation = :o AND person = :p")

# The rows of an employee, and of the conversations that they began.
_THEIRS = "conversation IN (SELECT id FROM conversation WHERE organisation = :o AND requester = :p)"
# What was posted to them, and for them in no conversation: the answers to their commands.
_POSTED = """room IN (
    SELECT concat_ws('/', place->>'platform', place->>'workspace', place->>'channel', '')
    FROM contact WHERE organisation = :o AND person = :p
) OR conversation IN (SELECT conversation FROM record WHERE organisation = :o AND about = :p)
    AND NOT EXISTS (SELECT FROM conversation c
        WHERE c.organisation = :o AND c.id = posted.conversation)"""
_GONE = (
    f"DELETE FROM button WHERE organisation = :o AND {_THEIRS}",
    f"DELETE FROM timer WHERE organisation = :o AND {_THEIRS}",
    f"DELETE FROM posted WHERE organisation = :o AND {_THEIRS}",
    f"DELETE FROM posted WHERE organisation = :o AND ({_POSTED})",
    f"DELETE FROM outbox WHERE organisation = :o AND {_THEIRS}",
    "DELETE FROM cases WHERE organisation = :o AND requester = :p AND NOT live",
    "DELETE FROM conversation WHERE organisation = :o AND requester = :p",
    "DELETE FROM vault WHERE organisation = :o AND person = :p",
    "DELETE FROM permit WHERE organisation = :o AND :p IN (person, asked_by)",
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

    def __init__(
        self, engine: AsyncEngine, cipher: Cipher, organisation: str, who: str, pack: Pack
    ) -> None:
        self._engine = engine
        self._cipher = cipher
        self._organisation = organisation
        self._who = who
        self._pack = pack

    async def held(self, person: str, code: str | None = None) -> Mapping[str, Any]:
        """Everything about an employee, as they may ask for it; that it was read is recorded. What
        is of confidential desks is counted only, unless `code` opens it. Raises `BadCode`."""
        reading = Reading(self._engine, self._cipher, self._organisation, self._pack)
        selection = Selection(person=person)
        desks = await reading.begin(selection, self._who, "person export", code)
        record = [x async for x in reading.lines(selection, desks)]
        vault = await PostgresVault(self._engine, self._cipher).values(self._organisation, person)
        async with healing(), self._engine.connect() as connection:
            closed = await reading.closed(connection, desks, person)
            register = await _register(connection, self._cipher, self._organisation, person)
            conversations = await self._rows(connection, _CONVERSATIONS, person)
            cases = await self._rows(connection, _CASES, person)
            used = (await self._rows(connection, _USED, person))[0]
            hold = await self._rows(connection, _HOLD, person)
        told = [x["body"] for x in conversations if not closed.hides(x["id"], x["case_id"])]
        named = [x["body"] for x in cases if not closed.hides(x["conversation"], x["id"])]
        untold = "".join(x["body"] for x in conversations if x["body"] not in told)
        known = {token: value for token, value in vault.items() if value}
        # What was said to a confidential desk alone is its matter too.
        values = {k: v for k, v in known.items() if k not in untold or k in "".join(told)}
        return {
            "person": person,
            "accounts": sorted(register),
            "values": values,
            "conversations": [json.loads(x) for x in told],
            "cases": [json.loads(x) for x in named],
            "hold": hold[0] if hold else None,
            "used": {"messages": used["messages"], "tokens": used["tokens"]},
            "record": [asdict(x) for x in record],
            "withheld": {
                "values": len(known) - len(values),
                "conversations": len(conversations) - len(told),
                "cases": len(cases) - len(named),
                "record": sum(isinstance(x, Withheld) for x in record),
            },
        }

    async def forget(self, person: str) -> None:
        """Erase it. The record keeps ids, and no word. Raises `StillNeeded`."""
        async with healing(), self._engine.begin() as connection:
            owners = await erase(connection, self._cipher, self._organisation, person)
            await self._note(connection, person, "person forgotten")
        self._cipher.forget(self._organisation, owners)

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
        await note(connection, self._organisation, step, {"who": self._who, "person": person})

    async def _rows(
        self, connection: AsyncConnection, statement: Any, person: str
    ) -> list[Mapping[str, Any]]:
        return await _found(connection, statement, self._of(person))

    def _of(self, person: str) -> dict[str, str]:
        return {"o": self._organisation, "p": person}


async def erase(
    connection: AsyncConnection, cipher: Cipher, organisation: str, person: str
) -> list[str]:
    """All that is held about them, in this transaction. Returns whose keys the cipher has to forget
    once it is committed. Raises `StillNeeded`."""
    of = {"o": organisation, "p": person}
    await _free(connection, of)
    accounts = await _register(connection, cipher, organisation, person)
    owners = [*accounts, owner_key(person)]
    values = {
        **of,
        "keys": [*(f"account/{x}" for x in accounts), f"employee/{person}"],
        "accounts": accounts,
        "owners": owners,
    }
    for statement in _GONE:
        await connection.execute(text(statement), values)
    # What came up meanwhile is not erased with the rest.
    await _free(connection, of)
    return owners


async def _free(connection: AsyncConnection, of: Mapping[str, str]) -> None:
    """Raises `StillNeeded`."""
    live = [x["id"] for x in await _found(connection, _CASES, of) if x["live"]]
    if live:
        raise StillNeeded(f"{', '.join(live)}: people still work on it; resolve it first")
    for hold in await _found(connection, _HOLD, of):
        raise StillNeeded(f"{of['p']} is held by {hold['who']}: {hold['why']}")


async def holdings(
    connection: AsyncConnection, cipher: Cipher, organisation: str, person: str
) -> Holdings:
    """As `Archive.holdings`."""
    of = {"o": organisation, "p": person}
    (counted,) = await _found(connection, _COUNTED, {**of, "key": owner_key(person)})
    accounts = await _register(connection, cipher, organisation, person)
    return Holdings(accounts=len(accounts), **counted)


async def _register(
    connection: AsyncConnection, cipher: Cipher, organisation: str, person: str
) -> list[str]:
    """Their accounts, as `platform/workspace/user`."""
    found: list[str] = []
    for row in await _found(connection, _ACCOUNTS, {"o": organisation}):
        key = str(row["key"])
        if not key.startswith("account/"):
            continue
        with contextlib.suppress(InvalidTag):
            bound = f"register/directory/{key}"
            clear = await cipher.unseal(organisation, "", bound, bytes(row["value"]))
            if json.loads(clear)["employee"] == person:
                found.append(key.removeprefix("account/"))
    return found


async def _found(
    connection: AsyncConnection, statement: TextClause, values: Mapping[str, str]
) -> list[Mapping[str, Any]]:
    return [dict(x) for x in (await connection.execute(statement, values)).mappings()]
