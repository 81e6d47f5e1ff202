"""Is the record as it was sealed? Names the first place where it is not."""

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.store.chain import COLUMNS, START, Checkpoint, Row, Seal, is_signed, link, links
from adapters.store.database import healing
from adapters.store.seal import SEALED, checkpoint


class Kind(StrEnum):
    CHANGED = "was changed"
    REMOVED = "was removed"
    GAP = "comes after seals that were removed"
    INSERTED = "was inserted"
    UNSEALED = "is covered by no seal: it was inserted, or taken out of its seal"
    MOVED = "stands in another's place"
    RESEALED = "is in a seal that was changed"
    REPLACED = "is not the one of the checkpoint"
    TRUNCATED = "is the last one, and the checkpoint knows of more"
    FORGED = "has a checkpoint that was not signed with this key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The first record of an organisation that is not as it was sealed."""

    kind: Kind
    organisation: str
    record: int
    case: str | None
    at: str | None
    """When it happened, as it says. None: it is gone."""
    seal: str = ""
    """Which one covers it. Empty: none does."""
    after: str = ""
    """The record before it in the chain."""

    def __str__(self) -> str:
        place = [f"case {self.case}"] if self.case else []
        place += [moment(self.at)] if self.at else []
        place += [x for x in (self.seal, self.after) if x]
        return f"{self.organisation}: record {self.record} {self.kind} ({'; '.join(place)})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    organisation: str
    finding: Finding | None
    count: int
    seals: int
    sealed_at: str
    """The newest seal's time. Empty: nothing is sealed."""
    waiting: int
    """Records of the last moments, not yet sealed."""
    waiting_since: str | None


class Walk:
    """Along the chain of one organisation, from its start."""

    def __init__(
        self, organisation: str, public: str, told: Mapping[int, Sequence[Checkpoint]]
    ) -> None:
        self._organisation = organisation
        self._public = public
        self._told = told
        """What was kept elsewhere, by number."""
        self.number = 0
        self.count = 0
        self.at = ""
        self._hash = START
        self._newest: Row | None = None
        """The last record that is as it was sealed."""

    def step(self, seal: Seal, rows: Mapping[int, Row]) -> Finding | None:
        """The next seal, with its records as they are now."""
        said = seal.checkpoint
        if said.number != self.number + 1:
            return self._found(Kind.GAP, seal.records[0] if seal.records else 0, rows, said)
        if not _whole(seal):
            return self._found(Kind.RESEALED, next(filter(None, seal.records), 0), rows, said)
        before = self._hash
        for id, kept in zip(seal.records, seal.hashes, strict=True):
            row = rows.get(id)
            if row is None or link(before, row) != kept:
                return self._found(self._why(seal, rows, before, id), id, rows, said)
            before, self._newest = kept, row
        if not self._sealed(seal):
            return self._found(Kind.RESEALED, seal.records[0], rows, said)
        for told in self._told.get(said.number, ()):
            if told != said:
                signed = is_signed(told, self._public)
                kind = Kind.REPLACED if signed else Kind.FORGED
                return self._found(kind, seal.records[0], rows, said)
        self.number, self.count, self.at, self._hash = said.number, said.count, said.at, before
        return None

    def end(self) -> Finding | None:
        """Does a checkpoint know of more?"""
        later = [x for number, told in self._told.items() if number > self.number for x in told]
        if not later:
            return None
        told = min(later, key=lambda x: x.number)
        kind = Kind.TRUNCATED if is_signed(told, self._public) else Kind.FORGED
        newest = self._newest
        return Finding(
            kind=kind,
            organisation=self._organisation,
            record=newest.id if newest else 0,
            case=newest.case_id if newest else None,
            at=newest.at if newest else None,
            seal=f"checkpoint {told.number} of {told.at} counts {told.count} records, up to"
            f" {told.last}; here are {self.count}",
        )

    def _why(self, seal: Seal, rows: Mapping[int, Row], before: bytes, id: int) -> Kind:
        """What was done to the first record whose hash does not fit."""
        size = seal.checkpoint.count - self.count
        if len(seal.records) != size:
            return Kind.REMOVED if len(seal.records) < size else Kind.INSERTED
        if list(seal.records) != sorted(seal.records):
            return Kind.MOVED
        kept = seal.hashes[seal.records.index(id)]
        if any(link(before, row._replace(id=id)) == kept for row in rows.values()):
            return Kind.MOVED
        if id not in rows:
            return Kind.REMOVED
        now = [rows[x] for x in seal.records if x in rows]
        if len(now) == size and links(self._hash, now)[-1] == seal.hashes[-1]:
            return Kind.RESEALED
        return Kind.CHANGED

    def _sealed(self, seal: Seal) -> bool:
        right = seal.checkpoint.count == self.count + len(seal.records)
        return right and is_signed(seal.checkpoint, self._public)

    def _found(self, kind: Kind, id: int, rows: Mapping[int, Row], said: Checkpoint) -> Finding:
        row = rows.get(id)
        return Finding(
            kind=kind,
            organisation=self._organisation,
            record=id,
            case=row.case_id if row else None,
            at=row.at if row else None,
            seal=f"seal {said.number} of {said.at}",
            after=_after(self._newest),
        )


def _whole(seal: Seal) -> bool:
    return 0 < len(seal.records) == len(seal.hashes) and all(seal.records) and all(seal.hashes)


def _after(row: Row | None) -> str:
    if row is None:
        return "at the beginning"
    case = f" of case {row.case_id}" if row.case_id else ""
    return f"after record {row.id}{case}, {moment(row.at)}"


def moment(seconds: str) -> str:
    try:
        return f"{datetime.fromtimestamp(float(seconds), UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (ValueError, OverflowError):
        return f"at {seconds}"


_ORGANISATIONS = text("SELECT organisation FROM record UNION SELECT organisation FROM seal")
# Flat, whatever somebody made of the arrays.
_SEALS = text(f"""
SELECT {SEALED}, array(SELECT unnest(records)) AS records, array(SELECT unnest(hashes)) AS hashes
FROM seal
WHERE organisation = :organisation AND number > :number ORDER BY number LIMIT 100
""")
_ROWS = text(f"SELECT {COLUMNS} FROM record r WHERE r.id = ANY(:ids)")
# EXCEPT is hashed or sorted; the planner knows too little of the arrays to choose a join.
_UNSEALED = """
SELECT id FROM record WHERE organisation = :organisation
EXCEPT SELECT unnest(records) FROM seal WHERE organisation = :organisation
"""
_STRAY = text(f"""
SELECT {COLUMNS} FROM record r
WHERE r.id = (SELECT min(id) FROM ({_UNSEALED}) unsealed WHERE id <= :floor)
""")
_WAITING = text(f"""
SELECT count(*) AS unsealed, min(extract(epoch FROM r.at))::text AS since
FROM record r WHERE r.id IN (SELECT id FROM ({_UNSEALED}) unsealed WHERE id > :floor)
""")


async def verify(
    engine: AsyncEngine, public: str, told: Sequence[Checkpoint]
) -> Sequence[Verified]:
    """All organisations at one moment. `told` was read before: it may know less, never more."""
    by_number: dict[str, dict[int, list[Checkpoint]]] = defaultdict(lambda: defaultdict(list))
    for each in told:
        by_number[each.organisation][each.number].append(each)
    frozen = engine.execution_options(isolation_level="REPEATABLE READ")
    async with healing(), frozen.connect() as connection:
        known = (await connection.execute(_ORGANISATIONS)).scalars().all()
        return [
            await _verify(connection, Walk(x, public, by_number[x]), x)
            for x in sorted({*known, *by_number})
        ]


async def _verify(connection: AsyncConnection, walk: Walk, organisation: str) -> Verified:
    finding, floor = None, 0
    async for seal, rows in chain(connection, organisation):
        floor = seal.checkpoint.floor
        finding = finding or walk.step(seal, rows)
    finding = finding or walk.end()
    extra = await stray(connection, organisation, floor)
    # Of seals that are gone, all records are covered by none.
    if extra and (finding is None or (extra.record < finding.record and finding.kind != Kind.GAP)):
        finding = extra
    values = {"organisation": organisation, "floor": floor}
    waiting = (await connection.execute(_WAITING, values)).one()
    return Verified(
        organisation=organisation,
        finding=finding,
        count=walk.count,
        seals=walk.number,
        sealed_at=walk.at,
        waiting=waiting.unsealed,
        waiting_since=waiting.since,
    )


async def stray(connection: AsyncConnection, organisation: str, floor: int) -> Finding | None:
    """The first record that no seal covers, with a number that was passed."""
    values = {"organisation": organisation, "floor": floor}
    found = (await connection.execute(_STRAY, values)).first()
    if found is None:
        return None
    row = Row(*found)
    return Finding(
        kind=Kind.UNSEALED,
        organisation=organisation,
        record=row.id,
        case=row.case_id,
        at=row.at,
    )


async def chain(
    connection: AsyncConnection, organisation: str
) -> AsyncIterator[tuple[Seal, dict[int, Row]]]:
    """Each seal in its order, with its records as they are now."""
    values: dict[str, Any] = {"organisation": organisation, "number": 0}
    while found := (await connection.execute(_SEALS, values)).all():
        for each in found:
            seal = Seal(
                checkpoint=checkpoint(each),
                records=tuple(x or 0 for x in each.records),
                hashes=tuple(bytes(x or b"") for x in each.hashes),
            )
            rows = await connection.execute(_ROWS, {"ids": list(seal.records)})
            yield seal, {x.id: Row(*x) for x in rows}
        values["number"] = found[-1].number
