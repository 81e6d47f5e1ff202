"""The journal: steps of a turn that are already paid for."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.store.cipher import Cipher
from adapters.store.database import run
from adapters.store.rows import person
from bot.ports import Situation

_GET = text("SELECT step, value FROM journal WHERE event = :event")
# Of an event that was ended or erased meanwhile nothing is kept: its turn cannot commit.
_PUT = text("""
INSERT INTO journal (event, organisation, step, value)
SELECT id, :organisation, :step, :value FROM inbox WHERE id = :event AND NOT done FOR KEY SHARE
ON CONFLICT DO NOTHING
""")


class PostgresJournals:
    """Implements the `Journals` port."""

    def __init__(self, engine: AsyncEngine, cipher: Cipher) -> None:
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._cipher = cipher

    def of(self, situation: Situation) -> "PostgresJournal":
        return PostgresJournal(self._engine, self._cipher, situation)


class PostgresJournal:
    """Of one event. What an earlier attempt wrote is read once, and only if there was one."""

    def __init__(self, engine: AsyncEngine, cipher: Cipher, situation: Situation) -> None:
        self._engine = engine
        self._cipher = cipher
        self._event = situation.event.id
        self._organisation = situation.event.organisation
        self._person = person(situation.event)
        self._steps: dict[str, str] | None = {} if situation.attempt == 1 else None

    async def get(self, step: str) -> str | None:
        if self._steps is None:
            self._steps = await self._read()
        return self._steps.get(step)

    async def put(self, step: str, value: str) -> None:
        row = f"{self._event}/{step}"
        sealed = await self._cipher.seal(self._organisation, self._person, row, value.encode())
        values = {
            "event": self._event,
            "organisation": self._organisation,
            "step": step,
            "value": sealed,
        }
        await run(self._engine, _PUT, values)
        if self._steps is not None:
            self._steps[step] = value

    async def _read(self) -> dict[str, str]:
        rows = await run(self._engine, _GET, {"event": self._event})
        steps: dict[str, str] = {}
        for row in rows:
            name = f"{self._event}/{row.step}"
            value = bytes(row.value)
            clear = await self._cipher.unseal(self._organisation, self._person, name, value)
            steps[row.step] = clear.decode()
        return steps
