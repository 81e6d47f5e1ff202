"""The archive: what a turn may know of the record, and of what is held about somebody."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.store import rights
from adapters.store.cipher import Cipher
from adapters.store.database import healing, run
from adapters.store.reading import Reading, Selection
from bot.pack import Pack
from bot.ports import CaseFile, Holdings
from bot.timeline import Entry, Head

_FILE = text("""
SELECT k.requester, k.queue,
    array_agg(DISTINCT r.facts->>'queue') FILTER (WHERE r.step = 'case opened') AS queues,
    array_agg(DISTINCT r.facts->>'verdict') FILTER (WHERE r.step = 'checked') AS verdicts
FROM cases k LEFT JOIN record r ON r.organisation = k.organisation
    AND r.conversation = k.conversation AND r.step IN ('case opened', 'checked')
WHERE k.organisation = :organisation AND k.id = :case
GROUP BY k.requester, k.queue
""")


class PostgresArchive:
    """Implements the `Archive` port."""

    def __init__(self, engine: AsyncEngine, cipher: Cipher, pack: Pack) -> None:
        self._engine = engine
        self._at_once = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._cipher = cipher
        self._pack = pack

    async def case_file(self, organisation: str, case: str) -> CaseFile | None:
        rows = await run(self._at_once, _FILE, {"organisation": organisation, "case": case})
        if not rows:
            return None
        row = rows[0]
        return CaseFile(
            requester=row.requester,
            queues=frozenset({row.queue, *(x or "" for x in row.queues or ())}),
            verdicts=frozenset(x for x in row.verdicts or () if x),
        )

    async def timeline(self, organisation: str, case: str) -> tuple[Head | None, tuple[Entry, ...]]:
        reading = Reading(self._engine, self._cipher, organisation, self._pack)
        lines = [x async for x in reading.lines(Selection(case=case), None)]
        head = await reading.head(case, None)
        return head, tuple(x for x in lines if isinstance(x, Entry))

    async def holdings(self, organisation: str, person: str) -> Holdings:
        async with healing(), self._engine.connect() as connection:
            return await rights.holdings(connection, self._cipher, organisation, person)
