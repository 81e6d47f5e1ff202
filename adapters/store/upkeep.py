"""What the process itself asks of the database: the first admin's code, the demonstration."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.store import encode, statements
from adapters.store.database import healing
from bot.outcome import Switches

_SAVE = text(
    "INSERT INTO switches (organisation, version, body) VALUES (:o, :v, CAST(:b AS jsonb)) "
    "ON CONFLICT (organisation) DO UPDATE SET version = :v, body = excluded.body"
)
_RECORDS = text("""
SELECT id, event, step, facts, at FROM record
WHERE organisation = :o AND id > greatest(:after, (
    SELECT coalesce(max(id), 0) - 60 FROM record WHERE organisation = :o))
ORDER BY id LIMIT 500
""")
_TABLES = (
    "inbox", "journal", "conversation", "cases", "case_number", "outbox", "posted", "button",
    "timer", "contact", "vault", "used", "permit",
)  # fmt: skip
_AHEAD = text("SELECT ahead FROM demonstration WHERE organisation = :o")
_SKIP = text(
    "INSERT INTO demonstration (organisation, ahead) VALUES (:o, :by) "
    "ON CONFLICT (organisation) DO UPDATE SET ahead = demonstration.ahead + :by"
)


@dataclass(frozen=True, slots=True)
class Recorded:
    number: int
    event: str
    step: str
    facts: dict[str, str]
    at: datetime


class Upkeep:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def set_switches(
        self, organisation: str, change: Callable[[Switches], Switches]
    ) -> Switches:
        """Change them outside a turn: at the start of a process only."""
        async with healing(), self._engine.begin() as connection:
            # Replicas that start at once take turns.
            await connection.execute(text("SELECT pg_advisory_xact_lock(4723003)"))
            found = await connection.execute(statements.SWITCHES, {"organisation": organisation})
            row = found.first()
            before = encode.load_switches(row[0]) if row else Switches()
            after = change(before)
            if after != before:
                values = {"o": organisation, "v": after.version, "b": encode.dump_switches(after)}
                await connection.execute(_SAVE, values)
        return after

    async def records(self, organisation: str, after: int) -> list[Recorded]:
        """The audit after this number, oldest first; only the latest of it."""
        async with healing(), self._engine.connect() as connection:
            rows = await connection.execute(_RECORDS, {"o": organisation, "after": after})
            return [Recorded(x.id, x.event, x.step, x.facts, x.at) for x in rows]

    async def erase(self, organisation: str) -> None:
        """Everything of an organisation but its audit and its switches."""
        async with healing(), self._engine.begin() as connection:
            for table in _TABLES:
                await self._erase(connection, table, organisation)
            await self._erase(connection, "demonstration", organisation)

    async def _erase(self, connection: Any, table: str, organisation: str) -> None:
        statement = text(f"DELETE FROM {table} WHERE organisation = :o")
        await connection.execute(statement, {"o": organisation})

    async def ahead(self, organisation: str) -> timedelta:
        """How far the demonstration's clock runs ahead."""
        async with healing(), self._engine.connect() as connection:
            found = (await connection.execute(_AHEAD, {"o": organisation})).scalar()
        return found or timedelta(0)

    async def skip(self, organisation: str, by: timedelta) -> timedelta:
        async with healing(), self._engine.begin() as connection:
            await connection.execute(_SKIP, {"o": organisation, "by": by})
        return await self.ahead(organisation)
