"""The sealer: each second it chains the new records of each organisation, and signs the chain.

A record counts once no transaction is open that could still write an earlier one: an open
transaction holds a number that others pass by, and one that is rolled back leaves a gap.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row as Found
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.ending import ended
from adapters.store.chain import COLUMNS, START, Checkpoint, Row, Signer, is_signed, links
from adapters.store.database import healing

logger = logging.getLogger(__name__)

_BATCH = 1000
"""Records in one seal at most."""

# One replica at a time; the others have nothing to do then.
_ALONE = text("SELECT pg_try_advisory_xact_lock(4723004)")

# Each is found in the index: there are many records, and few organisations.
_ORGANISATIONS = text("""
WITH RECURSIVE known AS (
    SELECT min(organisation) AS name FROM record
    UNION ALL
    SELECT (SELECT min(organisation) FROM record WHERE organisation > known.name)
    FROM known WHERE known.name IS NOT NULL
)
SELECT name FROM known WHERE name IS NOT NULL
""")

SEALED = """organisation, number, count AS total, last, floor, drawn, txid::text AS txid, at,
    signature, hashes[cardinality(hashes)] AS hash"""

_HEAD = text(f"""
SELECT {SEALED} FROM seal WHERE organisation = :organisation ORDER BY number DESC LIMIT 1
""")

# NOT IN is hashed, whatever the planner guesses of the arrays.
_UNSEALED = """r.organisation = :organisation AND r.id > :floor AND r.id NOT IN (
    SELECT id FROM (
        SELECT unnest(records) AS id FROM seal WHERE organisation = :organisation AND last > :floor
    ) sealed WHERE id IS NOT NULL)"""

# A transaction from the future is one of another server, from before a restore.
_SETTLED = "(r.txid < pg_snapshot_xmin(s) OR r.txid >= pg_snapshot_xmax(s))"

# Before the transaction below begins: so whoever begins after it draws a higher number.
_DRAWN = text(f"""
SELECT last_value FROM record_id_seq WHERE EXISTS (
    SELECT FROM record r, pg_current_snapshot() AS s WHERE {_UNSEALED} AND {_SETTLED})
""")

_BEGIN = text("SELECT pg_current_xact_id()::text")

_FRESH = text(f"""
WITH fresh AS MATERIALIZED (
    SELECT {COLUMNS}, {_SETTLED} AS settled, pg_snapshot_xmin(s) AS xmin
    FROM record r, pg_current_snapshot() AS s
    WHERE {_UNSEALED} ORDER BY r.id LIMIT :batch
)
SELECT id, organisation, event, conversation, case_id, position, at, step, facts, about, said,
    xmin::text AS xmin,
    (SELECT min(id) FROM fresh WHERE NOT fresh.settled) AS waiting,
    (SELECT max(id) FROM fresh HAVING count(*) = :batch) AS seen,
    (SELECT s.drawn FROM seal s WHERE s.organisation = :organisation AND s.txid < fresh.xmin
     ORDER BY s.number DESC LIMIT 1) AS passed
FROM fresh WHERE fresh.settled ORDER BY id
""")

_KEEP = text("""
INSERT INTO seal
    (organisation, number, count, records, hashes, last, floor, drawn, txid, at, signature)
VALUES (:organisation, :number, :count, :records, :hashes, :last, :floor, :drawn,
    CAST(:txid AS xid8), :at, :signature)
""")


class BrokenSeal(Exception):
    """The newest seal is not ours: what follows it would be worth nothing."""


Tell = Callable[[Checkpoint], Awaitable[None]]


class Sealer:
    """Any number of replicas may run one."""

    def __init__(self, engine: AsyncEngine, signer: Signer, tell: Tell, pause: float = 1.0) -> None:
        self._engine = engine
        self._signer = signer
        self._tell = tell
        self._pause = pause
        self._told: dict[str, int] = {}
        """The newest checkpoint of each organisation that is also kept elsewhere."""
        self._running: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._running = asyncio.create_task(self._run(), name="sealer")

    async def stop(self) -> None:
        """Seals what was written last."""
        await ended(self._running)
        await self._try()

    async def _run(self) -> None:
        while True:
            await self._try()
            await asyncio.sleep(self._pause)

    async def _try(self) -> None:
        try:
            await self.look()
        except BrokenSeal as error:
            logger.error("the record cannot be sealed", extra={"seal": str(error)})
        except Exception as error:
            # It is tried again at the next look; nothing else waits for it.
            logger.warning("a look failed", extra={"part": "seal", "error": type(error).__name__})

    async def look(self) -> None:
        """Seal all that is settled, and tell of it. Raises `BrokenSeal`."""
        async with healing(), self._engine.connect() as connection:
            organisations = (await connection.execute(_ORGANISATIONS)).scalars().all()
        for organisation in organisations:
            while await self._seal(organisation):
                pass
            await self._tell_of(organisation)

    async def _seal(self, organisation: str) -> bool:
        """Returns whether there may be more."""
        async with healing(), self._engine.begin() as connection:
            if not (await connection.execute(_ALONE)).scalar():
                return False
            head = await self._head(connection, organisation)
            values = {"organisation": organisation, "floor": head.floor if head else 0}
            drawn = (await connection.execute(_DRAWN, values)).scalar()
            if drawn is None:
                return False
            txid = int((await connection.execute(_BEGIN)).scalar_one())
            found = await connection.execute(_FRESH, {**values, "batch": _BATCH})
            fresh = found.all()
            seal = _next(organisation, head, drawn, txid, fresh, self._signer)
            await connection.execute(_KEEP, seal)
        return fresh[0].seen is not None

    async def _head(self, connection: AsyncConnection, organisation: str) -> Checkpoint | None:
        row = (await connection.execute(_HEAD, {"organisation": organisation})).first()
        head = checkpoint(row) if row else None
        if head and not is_signed(head, self._signer.public):
            raise BrokenSeal(f"{organisation}/{head.number}")
        return head

    async def _tell_of(self, organisation: str) -> None:
        """Whoever sealed it: what one replica cannot tell, another may."""
        async with healing(), self._engine.connect() as connection:
            head = await self._head(connection, organisation)
        if head and head.number != self._told.get(organisation):
            await self._tell(head)
            self._told[organisation] = head.number


def checkpoint(row: Found[Any]) -> Checkpoint:
    return Checkpoint(
        organisation=row.organisation,
        number=row.number,
        count=row.total,
        last=row.last,
        floor=row.floor,
        drawn=row.drawn,
        txid=int(row.txid),
        hash=bytes(row.hash or b"").hex(),
        at=row.at,
        signature=bytes(row.signature).hex(),
    )


def _next(
    organisation: str,
    head: Checkpoint | None,
    drawn: int,
    txid: int,
    fresh: Sequence[Found[Any]],
    signer: Signer,
) -> dict[str, Any]:
    rows = [Row(*found[: len(Row._fields)]) for found in fresh]
    hashes = links(bytes.fromhex(head.hash) if head else START, rows)
    said = Checkpoint(
        organisation=organisation,
        number=(head.number if head else 0) + 1,
        count=(head.count if head else 0) + len(rows),
        last=max(head.last if head else 0, rows[-1].id),
        floor=max(head.floor if head else 0, _floor(fresh[0], drawn, txid)),
        drawn=drawn,
        txid=txid,
        hash=hashes[-1].hex(),
        at=datetime.now(UTC).isoformat(timespec="microseconds"),
    )
    signature = signer.sign(said.statement)
    return {
        **asdict(said),
        "records": [row.id for row in rows],
        "hashes": list(hashes),
        "txid": str(txid),
        "signature": bytes.fromhex(signature),
    }


def _floor(look: Found[Any], drawn: int, txid: int) -> int:
    """The number up to which everything is sealed, and nothing can come any more.

    Who is still open, or begins later, began after each seal whose transaction is older than all
    of theirs; so it draws a higher number than had been given out then.
    """
    oldest = int(look.xmin) == txid
    passed = drawn if oldest else look.passed or 0
    bounds = [passed, look.waiting - 1 if look.waiting else passed, look.seen or passed]
    return min(bounds)
