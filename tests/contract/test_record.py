"""The record: sealed as it grows, so that no line can be changed unseen; read, and that told."""

import asyncio
import json
import os
import pwd
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters import audit
from adapters.settings import Settings, read
from adapters.store import checkpoints
from adapters.store.chain import Checkpoint, Row, Seal, Signer, links
from adapters.store.checkpoints import Copies
from adapters.store.cipher import seed_of
from adapters.store.database import engine as open_engine
from adapters.store.embedded import Addresses
from adapters.store.reading import Selection
from adapters.store.seal import BrokenSeal, Sealer
from adapters.store.verify import Finding, Kind, Verified, Walk, chain, stray, verify
from tests.contract.store_contract import ORG, a_turn, begin, message
from tests.contract.test_store import KEY, ROOT, opened

SIGNER = Signer(seed_of(KEY))
MANY = 1000
IN_A_SEAL = 50


@pytest.fixture
async def engine(database: Addresses) -> AsyncIterator[AsyncEngine]:
    engine = open_engine(database.application, ORG)
    yield engine
    await engine.dispose()


@pytest.fixture
async def owner(database: Addresses) -> AsyncIterator[psycopg.AsyncConnection]:
    """Who may change everything but what was signed."""
    async with await psycopg.AsyncConnection.connect(database.owner, autocommit=True) as owner:
        yield owner


def sealer(engine: AsyncEngine, told: list[Checkpoint] | None = None) -> Sealer:
    async def tell(checkpoint: Checkpoint) -> None:
        if told is not None:
            told.append(checkpoint)

    return Sealer(engine, SIGNER, tell, pause=0.01)


WRITE: LiteralString = """
INSERT INTO record (organisation, event, conversation, case_id, position, at, step, facts)
VALUES (%s, 'e1', 'c1', 'IT-1042', %s, '2026-11-20T09:00:00Z', 'routed', '{"to": "IT", "b": "x"}')
RETURNING id
"""


async def belong(connection: psycopg.AsyncConnection, organisation: str) -> None:
    await connection.execute("SELECT set_config('handrail.organisation', %s, true)", [organisation])


async def write(
    connection: psycopg.AsyncConnection, position: int = 0, organisation: str = ORG
) -> int:
    await belong(connection, organisation)
    row = await (await connection.execute(WRITE, [organisation, position])).fetchone()
    assert row
    return int(row[0])


@asynccontextmanager
async def writer(
    database: Addresses, organisation: str = ORG
) -> AsyncIterator[psycopg.AsyncConnection]:
    async with await psycopg.AsyncConnection.connect(database.application) as connection:
        await belong(connection, organisation)
        yield connection


async def fill(database: Addresses, engine: AsyncEngine, count: int = MANY) -> list[Checkpoint]:
    """So many records, and between them those of another organisation, in several seals."""
    told: list[Checkpoint] = []
    here = sealer(engine, told)
    async with writer(database) as connection:
        for position in range(count):
            await write(connection, position)
            await write(connection, position, "another")
            if (position + 1) % IN_A_SEAL == 0 or position == count - 1:
                await connection.commit()
                await here.look()
    return [x for x in told if x.organisation == ORG]


async def verified(
    engine: AsyncEngine, told: Sequence[Checkpoint] = (), organisation: str = ORG
) -> Verified:
    found = await verify(engine, SIGNER.public, told)
    return next(x for x in found if x.organisation == organisation)


# ---- every record of a chain of a thousand ---------------------------------------------------


@dataclass(frozen=True)
class Kept:
    """A chain as it lies in the database."""

    seals: list[Seal]
    rows: dict[int, Row]
    told: list[Checkpoint]

    @property
    def ids(self) -> list[int]:
        return list(self.rows)

    def look(
        self,
        rows: dict[int, Row] | None = None,
        seals: list[Seal] | None = None,
        told: Sequence[Checkpoint] = (),
    ) -> Finding | None:
        rows = self.rows if rows is None else rows
        walk = Walk(ORG, SIGNER.public, {x.number: [x] for x in told})
        for seal in self.seals if seals is None else seals:
            finding = walk.step(seal, {x: rows[x] for x in seal.records if x in rows})
            if finding:
                return finding
        return walk.end()

    def with_seal(self, seal: Seal) -> list[Seal]:
        number = seal.checkpoint.number
        return [*self.seals[: number - 1], seal, *self.seals[number:]]

    def entries(self) -> Iterator[tuple[Seal, int, int]]:
        """Each record: its seal, its index there, its id."""
        for seal in self.seals:
            for index, id in enumerate(seal.records):
                yield seal, index, id


@pytest.fixture
async def kept(database: Addresses, engine: AsyncEngine) -> Kept:
    told = await fill(database, engine)
    seals: list[Seal] = []
    rows: dict[int, Row] = {}
    async with engine.connect() as connection:
        async for seal, here in chain(connection, ORG):
            seals.append(seal)
            rows |= {x: here[x] for x in seal.records}
    whole = Kept(seals, rows, told)
    assert len(rows) == MANY
    assert len(seals) == len(told) == MANY // IN_A_SEAL
    assert whole.look(told=told) is None
    return whole


def test_every_change_of_every_record_is_found(kept: Kept) -> None:
    changes: list[Callable[[Row], Row]] = [
        lambda x: x._replace(organisation="others"),
        lambda x: x._replace(event="e2"),
        lambda x: x._replace(conversation=""),
        lambda x: x._replace(case_id=None),
        lambda x: x._replace(position=x.position + 1),
        lambda x: x._replace(at=f"{x.at[:-1]}1"),
        lambda x: x._replace(step="routed "),
        lambda x: x._replace(facts=x.facts.replace("IT", "HR")),
        lambda x: x._replace(about="kim"),
        lambda x: x._replace(said="00"),
        lambda x: x._replace(event="e1c", conversation="1"),
    ]
    for index, (id, row) in enumerate(kept.rows.items()):
        changed = changes[index % len(changes)](row)
        assert changed != row
        finding = kept.look({**kept.rows, id: changed})
        assert finding
        assert (finding.record, finding.kind, finding.case) == (id, Kind.CHANGED, changed.case_id)


def test_every_removal_is_found(kept: Kept) -> None:
    for index, id in enumerate(kept.ids):
        finding = kept.look({x: row for x, row in kept.rows.items() if x != id})
        assert finding
        assert (finding.record, finding.kind) == (id, Kind.REMOVED)
        before = f"record {kept.ids[index - 1]} of case IT-1042" if index else "at the beginning"
        assert before in finding.after


def test_every_swap_is_found(kept: Kept) -> None:
    ids = kept.ids
    for one, two in pairwise(ids):
        swapped = {
            **kept.rows,
            one: kept.rows[two]._replace(id=one),
            two: kept.rows[one]._replace(id=two),
        }
        finding = kept.look(swapped)
        assert finding
        # Across two seals, the other one is not looked for.
        neighbours = any({one, two} <= set(x.records) for x in kept.seals)
        kind = Kind.MOVED if neighbours else Kind.CHANGED
        assert (finding.record, finding.kind) == (one, kind)


def test_every_cut_tail_is_found_by_the_checkpoint(kept: Kept) -> None:
    """The seals went with it, and the seal of the cut was made shorter."""
    for seal, index, _ in kept.entries():
        number = seal.checkpoint.number
        shorter = replace(seal, records=seal.records[:index], hashes=seal.hashes[:index])
        seals = [*kept.seals[: number - 1], *([shorter] if index else [])]
        finding = kept.look(seals=seals, told=kept.told[-1:])
        assert finding
        if index == 0:
            last = kept.seals[number - 2].records[-1] if number > 1 else 0
            assert (finding.record, finding.kind) == (last, Kind.TRUNCATED)
            assert kept.look(seals=seals) is None
        else:
            assert (finding.record, finding.kind) == (seal.records[0], Kind.RESEALED)


def test_every_removal_of_a_record_with_its_place_in_the_seal_is_found(kept: Kept) -> None:
    for seal, index, id in kept.entries():
        records, hashes = list(seal.records), list(seal.hashes)
        del records[index], hashes[index]
        short = replace(seal, records=tuple(records), hashes=tuple(hashes))
        rows = {x: row for x, row in kept.rows.items() if x != id}
        finding = kept.look(rows, kept.with_seal(short))
        assert finding
        if index == len(records):
            assert (finding.record, finding.kind) == (records[0], Kind.RESEALED)
        else:
            assert (finding.record, finding.kind) == (records[index], Kind.REMOVED)


def test_every_insertion_with_a_place_in_the_seal_is_found(kept: Kept) -> None:
    for seal, index, id in kept.entries():
        before = Row(*kept.rows[id])._replace(id=id - 1 or -1, step="forged")
        start = kept.seals[seal.checkpoint.number - 2].hashes[-1] if id > IN_A_SEAL * 2 else None
        records = [*seal.records[:index], before.id, *seal.records[index:]]
        head = seal.hashes[index - 1] if index else start or bytes(32)
        hashes = [*seal.hashes[:index], *links(head, [before]), *seal.hashes[index:]]
        long = replace(seal, records=tuple(records), hashes=tuple(hashes))
        finding = kept.look({**kept.rows, before.id: before}, kept.with_seal(long))
        assert finding
        assert (finding.record, finding.kind) == (id, Kind.INSERTED)


def test_every_change_of_the_order_in_a_seal_is_found(kept: Kept) -> None:
    for seal, index, id in kept.entries():
        if index + 1 == len(seal.records):
            continue
        records, hashes = list(seal.records), list(seal.hashes)
        records[index : index + 2] = reversed(records[index : index + 2])
        hashes[index : index + 2] = reversed(hashes[index : index + 2])
        turned = replace(seal, records=tuple(records), hashes=tuple(hashes))
        finding = kept.look(seals=kept.with_seal(turned))
        assert finding
        assert (finding.record, finding.kind) == (records[index], Kind.MOVED)
        assert finding.record != id


def test_a_chain_that_was_computed_anew_has_no_signature(kept: Kept) -> None:
    for seal in kept.seals:
        changed = seal.records[IN_A_SEAL // 2]
        rows = {**kept.rows, changed: kept.rows[changed]._replace(step="approved")}
        number = seal.checkpoint.number
        start = kept.seals[number - 2].hashes[-1] if number > 1 else bytes(32)
        hashes = links(start, [rows[x] for x in seal.records])
        for key in (SIGNER, Signer(seed_of("another"))):
            said = replace(seal.checkpoint, hash=hashes[-1].hex())
            if key is not SIGNER:
                said = replace(said, signature=key.sign(said.statement))
            anew = replace(seal, checkpoint=said, hashes=hashes)
            finding = kept.look(rows, kept.with_seal(anew))
            assert finding
            assert (finding.record, finding.kind) == (seal.records[0], Kind.RESEALED)


def test_whole_seals_that_are_gone_or_turned_around_are_found(kept: Kept) -> None:
    for index in range(1, len(kept.seals)):
        finding = kept.look(seals=[*kept.seals[: index - 1], *kept.seals[index:]])
        assert finding
        assert (finding.record, finding.kind) == (kept.seals[index].records[0], Kind.GAP)


def test_a_hash_that_was_changed_does_not_blame_its_record(kept: Kept) -> None:
    seal = kept.seals[3]
    hashes = (seal.hashes[0], bytes(32), *seal.hashes[2:])
    finding = kept.look(seals=kept.with_seal(replace(seal, hashes=hashes)))
    assert finding
    assert (finding.record, finding.kind) == (seal.records[1], Kind.RESEALED)


async def test_every_insertion_between_records_is_found(
    kept: Kept, engine: AsyncEngine, database: Addresses, owner: psycopg.AsyncConnection
) -> None:
    await owner.execute("DELETE FROM record WHERE organisation = 'another'")
    owners = open_engine(database.owner, ORG)
    floor = kept.seals[-1].checkpoint.floor
    assert floor >= kept.ids[-1]
    for id in kept.ids[1:]:
        async with owners.connect() as connection:
            await connection.exec_driver_sql(FORGE, (id - 1, ORG))
            finding = await stray(connection, ORG, floor)
            await connection.rollback()
        assert finding
        assert (finding.record, finding.kind) == (id - 1, Kind.UNSEALED)
    await owners.dispose()


FORGE: LiteralString = """
INSERT INTO record
    (id, organisation, event, conversation, case_id, position, at, step, facts, txid)
OVERRIDING SYSTEM VALUE
VALUES (%s, %s, 'e1', 'c1', 'IT-7', 0, '2026-11-20T09:00:00Z', 'permission', '{}', '1')
"""


# ---- in the database -------------------------------------------------------------------------


CHANGES: dict[LiteralString, Kind] = {
    'UPDATE record SET facts = \'{"to": "HR"}\' WHERE id = 21': Kind.CHANGED,
    "UPDATE record SET at = 'infinity' WHERE id = 21": Kind.CHANGED,
    "UPDATE record SET at = at + interval '1 microsecond' WHERE id = 21": Kind.CHANGED,
    "UPDATE record SET case_id = NULL WHERE id = 21": Kind.CHANGED,
    "UPDATE record SET organisation = 'another' WHERE id = 21": Kind.REMOVED,
    "DELETE FROM record WHERE id >= 21": Kind.REMOVED,
    "UPDATE seal SET records[11] = NULL WHERE organisation = 'fernhill'": Kind.RESEALED,
    "UPDATE seal SET floor = 0 WHERE number = 1": Kind.RESEALED,
    "UPDATE seal SET at = '' WHERE number = 1": Kind.RESEALED,
    "UPDATE seal SET records = ARRAY[records], hashes = ARRAY[hashes]": Kind.RESEALED,
    "DELETE FROM seal WHERE number = 1": Kind.GAP,
}


@pytest.mark.parametrize(("change", "kind"), CHANGES.items(), ids=CHANGES)
async def test_what_the_owner_changes_is_found(
    database: Addresses,
    engine: AsyncEngine,
    owner: psycopg.AsyncConnection,
    change: LiteralString,
    kind: Kind,
) -> None:
    await fill(database, engine, IN_A_SEAL + 10)
    assert (await verified(engine)).finding is None
    await owner.execute(change)
    finding = (await verified(engine)).finding
    assert finding
    place = {Kind.GAP: IN_A_SEAL * 2 + 1, Kind.RESEALED: 1}.get(kind, 21)
    assert (finding.record, finding.kind) == (place, kind)
    assert f"record {place} {kind}" in str(finding)


async def test_swapped_numbers_are_found(
    database: Addresses, engine: AsyncEngine, owner: psycopg.AsyncConnection
) -> None:
    await fill(database, engine, 20)
    await owner.execute("ALTER TABLE record ALTER id DROP IDENTITY")
    for before, after in ((5, -1), (9, 5), (-1, 9)):
        await owner.execute("UPDATE record SET id = %s WHERE id = %s", [after, before])
    finding = (await verified(engine)).finding
    assert finding
    assert (finding.record, finding.kind) == (5, Kind.MOVED)


async def test_a_cut_tail_and_a_record_sealed_anew_are_found_by_the_checkpoints(
    database: Addresses, engine: AsyncEngine, owner: psycopg.AsyncConnection
) -> None:
    told = await fill(database, engine, IN_A_SEAL * 3)
    assert (await verified(engine, told)).finding is None
    await owner.execute("DELETE FROM seal WHERE number = 3")
    await owner.execute("DELETE FROM record WHERE id > %s", [IN_A_SEAL * 4])
    assert (await verified(engine)).finding is None
    finding = (await verified(engine, told)).finding
    assert finding
    assert (finding.kind, finding.record, finding.case) == (Kind.TRUNCATED, 199, "IT-1042")
    assert "checkpoint 3" in finding.seal
    async with writer(database) as connection:
        await write(connection)
    await sealer(engine).look()
    finding = (await verified(engine, told)).finding
    assert finding
    assert (finding.kind, finding.record) == (Kind.REPLACED, 301)


async def test_a_record_that_lost_all_its_seals_is_found_by_the_checkpoints(
    database: Addresses, engine: AsyncEngine, owner: psycopg.AsyncConnection
) -> None:
    told = await fill(database, engine, 10)
    await owner.execute("TRUNCATE seal")
    finding = (await verified(engine, told)).finding
    assert finding
    assert (finding.kind, finding.record) == (Kind.TRUNCATED, 0)
    await owner.execute("UPDATE record SET step = 'x' WHERE id = 7")
    await sealer(engine).look()
    finding = (await verified(engine, told)).finding
    assert finding
    assert (finding.kind, finding.record) == (Kind.REPLACED, 1)


async def test_a_checkpoint_that_somebody_made_up_is_told_apart(
    database: Addresses, engine: AsyncEngine
) -> None:
    told = await fill(database, engine, 10)
    for made_up in (replace(told[0], count=11), replace(told[0], number=9, count=99)):
        finding = (await verified(engine, [made_up])).finding
        assert finding
        assert finding.kind is Kind.FORGED


async def test_an_inserted_record_is_never_sealed(
    database: Addresses, engine: AsyncEngine, owner: psycopg.AsyncConnection
) -> None:
    await fill(database, engine, 20)
    await owner.execute("DELETE FROM record WHERE organisation = 'another'")
    await owner.execute(FORGE, [10, ORG])
    await sealer(engine).look()
    finding = (await verified(engine)).finding
    assert finding
    assert (finding.kind, finding.record, finding.case) == (Kind.UNSEALED, 10, "IT-7")


async def test_a_seal_that_is_not_ours_is_not_built_upon(
    database: Addresses, engine: AsyncEngine
) -> None:
    await fill(database, engine, 10)
    async with writer(database) as connection:
        await connection.execute(
            "INSERT INTO seal SELECT organisation, 2, 11, records, hashes, last, 999, drawn, txid,"
            " at, signature FROM seal WHERE organisation = %s",
            [ORG],
        )
        await write(connection)
    with pytest.raises(BrokenSeal, match=f"{ORG}/2"):
        await sealer(engine).look()
    finding = (await verified(engine)).finding
    assert finding
    assert finding.kind is not Kind.CHANGED


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE record SET step = 'x'",
        "DELETE FROM record",
        "TRUNCATE record",
        "DROP TABLE record",
        "UPDATE seal SET floor = 9",
        "DELETE FROM seal",
        "TRUNCATE seal",
        "DROP TABLE seal",
        "ALTER TABLE record DISABLE TRIGGER ALL",
        "INSERT INTO record (id, organisation, event, conversation, position, at, step, facts)"
        " OVERRIDING SYSTEM VALUE VALUES (1, 'o', '', '', 0, now(), '', '{}')",
        "INSERT INTO record (organisation, event, conversation, position, at, step, facts, txid)"
        " VALUES ('o', '', '', 0, now(), '', '{}', '1')",
    ],
)
async def test_the_application_adds_and_reads_and_no_more(
    database: Addresses, engine: AsyncEngine, statement: LiteralString
) -> None:
    await fill(database, engine, 2)
    async with writer(database) as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await connection.execute(statement)
    assert (await verified(engine)).count == 2


# ---- the sealer ------------------------------------------------------------------------------


async def test_what_a_turn_records_is_sealed(database: Addresses, engine: AsyncEngine) -> None:
    told: list[Checkpoint] = []
    async with opened(database.application) as ports:
        situation = await begin(ports, message())
        turn = a_turn(situation).record("routed", to="IT").record("answered", pages="“VPN” ü")
        await ports.store.commit(situation, turn)
    assert (await verified(engine)).waiting == 2
    for _ in range(2):
        await sealer(engine, told).look()
    found = await verified(engine, told)
    assert (found.finding, found.count, found.seals, found.waiting) == (None, 2, 1, 0)
    assert told[0] == told[1]


async def test_a_record_waits_for_transactions_that_may_still_write_before_it(
    database: Addresses, engine: AsyncEngine
) -> None:
    async with writer(database) as slow, writer(database) as fast:
        await write(slow)
        await write(fast)
        await fast.commit()
        await sealer(engine).look()
        assert (await verified(engine)).count == 0
        await slow.commit()
        await sealer(engine).look()
    found = await verified(engine)
    assert (found.finding, found.count, found.waiting) == (None, 2, 0)


async def test_a_number_that_was_passed_by_is_sealed_when_it_comes(
    database: Addresses, engine: AsyncEngine
) -> None:
    """The older transaction draws the later number, and is sealed first."""
    async with writer(database) as older, writer(database) as newer:
        await older.execute("SELECT pg_current_xact_id()")
        late = await write(newer)
        early = await write(older)
        assert late < early
        await older.commit()
        await sealer(engine).look()
        found = await verified(engine)
        assert (found.finding, found.count) == (None, 1)
        async with writer(database) as another:
            await write(another)
        await sealer(engine).look()
        assert (await verified(engine)).count == 1
        await newer.commit()
        await sealer(engine).look()
    found = await verified(engine)
    assert (found.finding, found.count, found.waiting) == (None, 3, 0)


async def test_a_transaction_that_was_rolled_back_leaves_no_trace(
    database: Addresses, engine: AsyncEngine
) -> None:
    async with writer(database) as connection:
        await write(connection)
        await connection.commit()
        await write(connection)
        await connection.rollback()
        await write(connection)
        await connection.commit()
    await sealer(engine).look()
    found = await verified(engine)
    assert (found.finding, found.count, found.waiting) == (None, 2, 0)


async def test_any_number_of_sealers_and_writers_make_one_chain(
    database: Addresses, engine: AsyncEngine
) -> None:
    told: list[Checkpoint] = []
    sealers = [sealer(engine, told) for _ in range(4)]

    async def work(number: int) -> None:
        async with writer(database) as connection:
            for position in range(40):
                await write(connection, position)
                await asyncio.sleep(0.001 * (number % 3))
                await (connection.rollback() if position % 7 == 3 else connection.commit())

    for each in sealers:
        each.start()
    await asyncio.gather(*(work(x) for x in range(6)))
    for each in sealers:
        await each.stop()
    found = await verified(engine, told)
    assert (found.finding, found.count, found.waiting) == (None, 6 * 34, 0)
    assert found.seals > 2
    assert {x.number for x in told} <= set(range(1, found.seals + 1))
    assert max(x.number for x in told) == found.seals


async def test_more_than_fits_into_one_seal_is_sealed_at_one_look(
    database: Addresses, engine: AsyncEngine
) -> None:
    async with writer(database) as connection, connection.cursor() as cursor:
        await cursor.executemany(WRITE, [(ORG, x) for x in range(2500)])
    await sealer(engine).look()
    found = await verified(engine)
    assert (found.finding, found.count, found.seals) == (None, 2500, 3)


async def test_records_of_another_server_are_sealed_after_a_restore(
    database: Addresses, engine: AsyncEngine, owner: psycopg.AsyncConnection
) -> None:
    """There the transactions had got further, or less far."""
    await fill(database, engine, 10)
    for txid in ("999999999999", "3"):
        async with writer(database) as connection:
            id = await write(connection)
        await owner.execute("UPDATE record SET txid = %s WHERE id = %s", [txid, id])
        await sealer(engine).look()
    found = await verified(engine)
    assert (found.finding, found.count, found.waiting) == (None, 12, 0)


async def test_a_record_of_another_server_may_look_as_if_it_were_still_being_written(
    database: Addresses, engine: AsyncEngine, owner: psycopg.AsyncConnection
) -> None:
    await fill(database, engine, 10)
    async with writer(database) as connection:
        first = await write(connection)
    async with writer(database) as slow, writer(database) as fast:
        row = await (await slow.execute("SELECT pg_current_xact_id()::text")).fetchone()
        second = await write(fast)
        await fast.commit()
        await owner.execute("UPDATE record SET txid = '3' WHERE id = %s", [second])
        await owner.execute("UPDATE record SET txid = %s WHERE id = %s", [*(row or ()), first])
        await sealer(engine).look()
        async with writer(database) as later:
            third = await write(later)
        await owner.execute("UPDATE record SET txid = '3' WHERE id = %s", [third])
        async with writer(database) as slower:
            row = await (await slower.execute("SELECT pg_current_xact_id()::text")).fetchone()
            await owner.execute("UPDATE record SET txid = %s WHERE id = %s", [*(row or ()), first])
            await slow.commit()
            await sealer(engine).look()
            assert (await verified(engine)).waiting == 1
    await sealer(engine).look()
    found = await verified(engine)
    assert (found.finding, found.count, found.waiting) == (None, 13, 0)


async def test_while_one_replica_seals_the_others_have_nothing_to_do(
    database: Addresses, engine: AsyncEngine
) -> None:
    async with writer(database) as connection, writer(database) as other:
        await write(connection)
        await connection.commit()
        await other.execute("SELECT pg_advisory_xact_lock(4723004)")
        await sealer(engine).look()
        assert (await verified(engine)).waiting == 1
        await other.rollback()
    await sealer(engine).look()
    assert (await verified(engine)).waiting == 0


# ---- outside of the database -----------------------------------------------------------------


async def test_checkpoints_go_to_a_file_and_to_a_webhook_that_may_be_away(
    database: Addresses, engine: AsyncEngine, tmp_path: Path
) -> None:
    posted: list[dict[str, object]] = []
    called, away = asyncio.Event(), True

    async def take(request: web.Request) -> web.Response:
        posted.append(await request.json())
        called.set()
        return web.Response(status=503 if away else 204)

    application = web.Application()
    application.router.add_post("/audit", take)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    file = tmp_path / "data" / checkpoints.FILE
    port = runner.addresses[0][1]
    outside = Copies(file, SIGNER.public, f"http://127.0.0.1:{port}/audit")
    outside.start()
    here = Sealer(engine, SIGNER, outside.tell)
    for _ in range(2):
        async with writer(database) as connection:
            await write(connection)
        await here.look()
    async with asyncio.timeout(10):
        await called.wait()
    away = False
    await outside.stop()
    await runner.cleanup()
    told, passed_over = checkpoints.read(file, SIGNER.public)
    assert ([x.number for x in told], passed_over) == ([1, 2], 0)
    assert (await verified(engine, told)).finding is None
    assert posted[-1]["number"] == 2
    assert posted[-1]["signature"] == told[-1].signature
    assert posted[-1]["key"] == SIGNER.public


def test_half_a_line_does_not_spoil_the_next(tmp_path: Path) -> None:
    file = tmp_path / checkpoints.FILE
    file.write_text('{"organisation": "fern')
    said = Checkpoint(
        organisation=ORG, number=1, count=1, last=1, floor=1, drawn=1, txid=1, hash="", at=""
    )
    asyncio.run(Copies(file, SIGNER.public).tell(said))
    asyncio.run(Copies(file, "another key").tell(said))
    assert checkpoints.read(file, SIGNER.public) == ([said], 2)


async def test_a_file_that_cannot_be_written_holds_nothing_up(
    database: Addresses, engine: AsyncEngine, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    outside = Copies(tmp_path / "file" / "x", SIGNER.public)
    async with writer(database) as connection:
        await write(connection)
    await Sealer(engine, SIGNER, outside.tell).look()
    assert (await verified(engine)).count == 1


# ---- the command line ------------------------------------------------------------------------


def settings(database: Addresses, tmp_path: Path) -> Settings:
    return read(environment(database, tmp_path))


def environment(database: Addresses, tmp_path: Path) -> dict[str, str]:
    return {
        "DATABASE_URL": database.application,
        "HANDRAIL_KEY": KEY,
        "HANDRAIL_DATA": str(tmp_path),
    }


COMPANY = "sample"
"""The organisation of settings without a platform's keys."""


@pytest.fixture
async def company(database: Addresses) -> AsyncIterator[AsyncEngine]:
    engine = open_engine(database.application, COMPANY)
    yield engine
    await engine.dispose()


async def a_case(database: Addresses) -> None:
    """IT-1042 of sam, with the turn that led to it; and a turn of somebody else."""
    lines = [
        ("e1", "c1", None, 0, "2026-11-19T23:59:59Z", "from", {"who": "sam"}),
        ("e1", "c1", None, 1, "2026-11-19T23:59:59Z", "answered", {"pages": "VPN *now*"}),
        ("e2", "c1", "IT-1042", 0, "2026-11-20T09:00:00Z", "case opened", {"queue": "IT"}),
        ("e3", "c2", None, 0, "2026-11-20T10:00:00Z", "from", {"who": "lena"}),
        ("e4", "c1", "IT-1042", 0, "2026-11-21T00:00:00Z", "claim", {"by": "dana"}),
    ]
    async with writer(database, COMPANY) as connection:
        for event, conversation, case, position, at, step, facts in lines:
            await connection.execute(
                "INSERT INTO record"
                " (organisation, event, conversation, case_id, position, at, step, facts)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
                [COMPANY, event, conversation, case, position, at, step, json.dumps(facts)],
            )


SELECTIONS: list[tuple[dict[str, str], list[str]]] = [
    ({}, ["e1", "e1", "e2", "e3", "e4"]),
    ({"case": "IT-1042"}, ["e1", "e1", "e2", "e4"]),
    ({"person": "sam"}, ["e1", "e1"]),
    ({"person": "dana"}, ["e4"]),
    ({"person": "nobody"}, []),
    ({"since": "2026-11-20"}, ["e2", "e3", "e4"]),
    ({"since": "2026-11-20", "until": "2026-11-20"}, ["e2", "e3"]),
    ({"case": "IT-1042", "until": "2026-11-19"}, ["e1", "e1"]),
]


@pytest.mark.parametrize(("given", "events"), SELECTIONS)
async def test_an_export_holds_what_was_asked_and_is_recorded(
    database: Addresses,
    company: AsyncEngine,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    given: dict[str, str],
    events: list[str],
) -> None:
    await a_case(database)
    await sealer(company).look()
    days = {x: date.fromisoformat(given[x]) for x in ("since", "until") if x in given}
    selection = Selection(case=given.get("case"), person=given.get("person"), **days)
    await audit.export(settings(database, tmp_path), selection, None)
    lines = [json.loads(x) for x in capsys.readouterr().out.splitlines()]
    told = [x for x in lines if x["step"] != "audit read"]
    assert [x["event"] for x in told] == events
    assert all(x["seal"] == 1 and x["sealed_at"] for x in told)
    async with writer(database, COMPANY) as connection:
        found = await connection.execute(
            "SELECT facts, case_id, at <= now() FROM record WHERE step = 'audit read'"
        )
        ((facts, case, past),) = await found.fetchall()
    assert facts["who"] == pwd.getpwuid(os.getuid()).pw_name
    assert all(value in facts["what"] for value in given.values())
    assert (case, past) == (given.get("case"), True)


async def test_a_line_of_an_export_says_everything(
    database: Addresses, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await a_case(database)
    await audit.export(settings(database, tmp_path), Selection(case="IT-1042"), None)
    assert json.loads(capsys.readouterr().out.splitlines()[2]) == {
        "id": 3,
        "at": "2026-11-20T09:00:00.000000Z",
        "case": "IT-1042",
        "conversation": "c1",
        "event": "e2",
        "position": 0,
        "step": "case opened",
        "facts": {"queue": "IT"},
        "said": None,
        "seal": None,
        "sealed_at": None,
    }


async def test_the_report_of_a_case_is_one_timeline(
    database: Addresses, company: AsyncEngine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await a_case(database)
    await sealer(company).look()
    await audit.report(settings(database, tmp_path), "IT-1042", None)
    text = capsys.readouterr().out
    told = [x for x in text.splitlines() if x and "audit read" not in x]
    assert [x for x in told if x[:2] in ("# ", "##", "- ")][:7] == [
        "# IT-1042",
        "## 2026-11-19",
        "- 23:59:59 **from** (who: sam), record 1",
        r"- 23:59:59 **answered** (pages: VPN \*now\*), record 2",
        "## 2026-11-20",
        "- 09:00:00 **case opened** (queue: IT), record 3",
        "## 2026-11-21",
    ]
    assert "lena" not in text
    assert "4 of them sealed" in text
    with pytest.raises(audit.AuditError, match="IT-7"):
        await audit.report(settings(database, tmp_path), "IT-7", None)


async def handrail(given: dict[str, str], *arguments: str) -> tuple[int | None, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "from adapters.cli import main; main()", *arguments, cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **given},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, errors = await process.communicate()
    return process.returncode, out.decode(), errors.decode()


async def test_verify_names_the_place(
    database: Addresses,
    company: AsyncEngine,
    owner: psycopg.AsyncConnection,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    here, own = settings(database, tmp_path), tmp_path / checkpoints.FILE
    await a_case(database)
    await Sealer(company, SIGNER, Copies(own, SIGNER.public).tell).look()
    assert await audit.check(here, None) == 0
    out = capsys.readouterr().out
    assert "sample: 5 records in 1 seals" in out
    assert SIGNER.public in out
    assert "1 checkpoints" in out
    elsewhere = own.rename(tmp_path / "elsewhere.jsonl")
    await owner.execute("UPDATE record SET step = 'x' WHERE id = 3")
    assert await audit.check(here, None) == 1
    out = capsys.readouterr().out
    assert "sample: record 3 was changed (case IT-1042; 2026-11-20 09:00:00 UTC; seal 1" in out
    assert "a tail that was cut off is not seen" in out
    await owner.execute("DELETE FROM record")
    await owner.execute("DELETE FROM seal")
    assert await audit.check(here, None) == 0
    assert await audit.check(here, elsewhere) == 1
    assert "counts 5 records" in capsys.readouterr().out


async def test_the_command_line(
    database: Addresses, company: AsyncEngine, owner: psycopg.AsyncConnection, tmp_path: Path
) -> None:
    given = environment(database, tmp_path)
    await a_case(database)
    await sealer(company).look()
    code, out, errors = await handrail(
        given, "audit", "export", "--person", "sam", "--from", "2026-11-01", "--to", "2026-11-30"
    )
    assert (code, errors) == (0, "")
    assert [json.loads(x)["id"] for x in out.splitlines()] == [1, 2]
    code, out, _ = await handrail(given, "case", "report", "IT-1042")
    assert (code, out.splitlines()[0]) == (0, "# IT-1042")
    await owner.execute("DELETE FROM record WHERE id = 3")
    code, out, _ = await handrail(given, "audit", "verify")
    assert (code, "record 3 was removed" in out) == (1, True)
    code, _, errors = await handrail(given, "audit", "verify", "--checkpoints", "nowhere")
    assert (code, "nowhere" in errors) == (1, True)


async def test_a_worker_seals_what_is_there_until_its_end(
    database: Addresses, company: AsyncEngine, tmp_path: Path
) -> None:
    await a_case(database)
    worker = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "from adapters.cli import main; main()", "run", "--only", "worker",
        cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment(database, tmp_path)},
    )  # fmt: skip
    assert worker.stdout
    async with asyncio.timeout(60):
        assert b"worker is running" in await worker.stdout.readline()
        for _ in range(2):
            async with writer(database, COMPANY) as connection:
                await write(connection, organisation=COMPANY)
            while (await verified(company, (), COMPANY)).waiting:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        async with writer(database, COMPANY) as connection:
            await write(connection, organisation=COMPANY)
        worker.send_signal(signal.SIGTERM)
        assert await worker.wait() == 0
    told, _ = checkpoints.read(tmp_path / checkpoints.FILE, SIGNER.public)
    found = await verified(company, told, COMPANY)
    assert (found.finding, found.waiting) == (None, 0)
    assert found.count > 5
    assert told[-1].number == found.seals
