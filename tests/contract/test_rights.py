"""What is held about an employee: all of it comes out, and all of it goes."""

import asyncio
import json
from dataclasses import replace

import pytest
from sqlalchemy import text

from adapters.store.archive import PostgresArchive
from adapters.store.chain import Signer
from adapters.store.cipher import seed_of
from adapters.store.embedded import Addresses
from adapters.store.register import PostgresRegister
from adapters.store.rights import Rights, StillNeeded
from adapters.store.seal import Sealer
from adapters.store.store import PostgresStore
from adapters.store.vault import PostgresVault
from adapters.store.verify import verify
from bot.case import CaseState
from bot.event import Command, Correction
from bot.outcome import Kept, Turn, Used
from bot.pack import Retention
from bot.ports import CaseFile, Conflict, Situation
from bot.reply import Reply
from bot.timeline import Head
from tests.contract.store_contract import (
    CHAT,
    NOW,
    ORG,
    REPLY,
    ROOM,
    SAM,
    a_turn,
    begin,
    case,
    conversation,
    from_sam,
    message,
)
from tests.contract.test_store import KEY, SECRET, OnPostgres, dump, legible, opened, workplace

WORDS = "the heron said"


async def lived(ports: OnPostgres) -> None:
    """A conversation of sam's with a case, a value, and words in the record; and one of kim's."""
    register = PostgresRegister(ports.engine, ports.cipher, ORG, "directory")
    await register.put("account/web/w/sam", {"employee": "sam"})
    await register.put("account/web/w/kim", {"employee": "kim"})
    situation = await begin(ports, message())
    turn = a_turn(situation).heard(WORDS, "Sam").record("checked", said=WORDS)
    turn = replace(
        turn.post(REPLY, CHAT),
        case=replace(case(), state=CaseState.RESOLVED, ask=WORDS),
        kept=(Kept(person="sam", token="[EMAIL_1]", value=SECRET),),
        used=Used(person="sam", department="Sales", tokens=7),
    )
    await ports.store.commit(situation, turn)


def rights(ports: OnPostgres) -> Rights:
    return Rights(ports.engine, ports.cipher, ORG, "an operator", workplace())


async def test_all_of_it_comes_out_and_that_it_was_read_is_recorded(
    database: Addresses,
) -> None:
    async with opened(database.application) as ports:
        await lived(ports)
        held = json.loads(json.dumps(await rights(ports).held("sam")))
    assert held["accounts"] == ["web/w/sam"]
    assert held["values"] == {"[EMAIL_1]": SECRET}
    assert WORDS in json.dumps(held["conversations"])
    assert [x["id"] for x in held["cases"]] == [case().id]
    assert held["used"] == {"messages": 1, "tokens": 7}
    assert WORDS in [x["said"] for x in held["record"]]


async def test_all_of_it_goes_and_the_chain_still_holds(database: Addresses) -> None:
    async with opened(database.application) as ports:
        await lived(ports)
        signer = Signer(seed_of(KEY))

        async def nowhere(_: object) -> None: ...

        await Sealer(ports.engine, signer, nowhere).look()
        await rights(ports).forget("sam")
        kept = await dump(database.owner)
        assert not any(x in kept for y in (WORDS, SECRET) for x in legible(y))
        held = await rights(ports).held("sam")
        assert (held["accounts"], held["values"], held["conversations"], held["cases"]) == (
            [], {}, [], [],
        )  # fmt: skip
        assert all(x["said"] is None for x in held["record"])
        assert (await rights(ports).held("kim"))["accounts"] == ["web/w/kim"]
        await Sealer(ports.engine, signer, nowhere).look()
        assert [x.finding for x in await verify(ports.engine, signer.public, [])] == [None]
        async with ports.engine.connect() as connection:
            found = await connection.execute(
                text("SELECT facts FROM record WHERE step = 'person forgotten'")
            )
            assert found.scalar() == {"who": "an operator", "person": "sam"}


async def test_nothing_stays_of_what_was_under_way_or_in_no_conversation(
    database: Addresses,
) -> None:
    async with opened(database.application) as ports:
        await lived(ports)
        asked = await begin(ports, from_sam(Command, "k", text="help"))
        alone = conversation("alone", transcript=())
        turn = a_turn(asked, alone).post(Reply(text="-"), ROOM, only_for="sam").accounted()
        await ports.store.commit(asked, turn)
        for delivery in turn.deliveries:
            await ports.store.sent(delivery, ROOM, "ts-1")
        under_way = await begin(ports, message("m2", message="m2"))
        journal = ports.journals.of(under_way)
        await journal.put("draft", "ts-2")
        await rights(ports).forget("sam")
        await journal.put("model:1", WORDS)
        async with ports.engine.connect() as connection:
            for table in ("journal", "posted"):
                left = await connection.execute(text(f"SELECT count(*) FROM {table}"))
                assert left.scalar() == 0, table


async def test_what_waits_to_be_sent_by_who_is_forgotten_blocks_nobody(
    database: Addresses,
) -> None:
    async with opened(database.application) as ports:
        await lived(ports)
        asked = await begin(ports, from_sam(Command, "k", text="help"))
        turn = a_turn(asked, conversation("alone", transcript=())).post(Reply(text="-"), ROOM)
        await ports.store.commit(asked, turn)
        (waiting,) = turn.deliveries
        assert await ports.store.delivery(waiting.id) == waiting
        await rights(ports).forget("sam")
        # Its job ends, and with it the lock on the place.
        assert await ports.store.delivery(waiting.id) is None
        async with ports.engine.connect() as connection:
            left = await connection.execute(
                text("SELECT count(*) FROM outbox WHERE id = :id"), {"id": waiting.id}
            )
            assert left.scalar() == 0


async def test_who_is_forgotten_can_come_back(database: Addresses) -> None:
    async with opened(database.application) as ports:
        await lived(ports)
        await rights(ports).forget("sam")
        again = await begin(ports, message("m2", message="m2"))
        kept = (Kept(person="sam", token="[EMAIL_1]", value="new"),)
        await ports.store.commit(again, replace(a_turn(again), kept=kept))
        assert (await rights(ports).held("sam"))["values"] == {"[EMAIL_1]": "new"}


async def test_a_turn_that_was_under_way_brings_nothing_back(database: Addresses) -> None:
    async with opened(database.application) as ports:
        await lived(ports)
        told = Correction(
            id="r", organisation=ORG, at=NOW, conversation=conversation().id, page="a", text="so"
        )
        situation = await begin(ports, told)
        known = replace(case(), state=CaseState.RESOLVED, version=1)
        turn = a_turn(situation, case=known).heard(WORDS).post(REPLY, CHAT)
        await rights(ports).forget("sam")
        with pytest.raises(Conflict):
            await ports.store.commit(situation, turn)
        fresh = await ports.store.again(situation)
        assert (fresh.conversations, fresh.cases) == ((), {})
        held = await rights(ports).held("sam")
        assert (held["conversations"], held["cases"]) == ([], [])


async def test_a_value_whose_key_was_destroyed_keeps_its_number(database: Addresses) -> None:
    """Another process seals with the destroyed key for up to a minute."""
    async with opened(database.application) as ports, opened(database.application) as other:
        await lived(other)
        await rights(ports).forget("sam")
        again = await begin(other, message("m2", message="m2"))
        kept = (Kept(person="sam", token="[EMAIL_1]", value="new"),)
        await other.store.commit(again, replace(a_turn(again), kept=kept))
        vault = PostgresVault(ports.engine, ports.cipher)
        assert await vault.values(ORG, "sam") == {"[EMAIL_1]": ""}
        assert (await rights(ports).held("sam"))["values"] == {}


async def test_what_people_still_work_on_is_not_erased(database: Addresses) -> None:
    async with opened(database.application) as ports:
        situation = await begin(ports, message())
        await ports.store.commit(situation, replace(a_turn(situation), case=case()))
        with pytest.raises(StillNeeded, match=case().id):
            await rights(ports).forget("sam")
        assert (await rights(ports).held("sam"))["cases"]


async def test_what_is_held_is_neither_erased_nor_pruned(database: Addresses) -> None:
    async with opened(database.application) as ports:
        await lived(ports)
        await rights(ports).hold("sam", "a lawsuit")
        with pytest.raises(StillNeeded, match="an operator: a lawsuit"):
            await rights(ports).forget("sam")
        await prune_all(ports)
        held = await rights(ports).held("sam")
        assert held["hold"]["why"] == "a lawsuit"
        assert held["values"]
        assert held["conversations"]
        assert held["cases"]
        assert await rights(ports).release("sam")
        assert not await rights(ports).release("sam")
        await prune_all(ports)
        held = await rights(ports).held("sam")
        assert not any(held[x] for x in ("hold", "values", "conversations", "cases"))
        steps = [x["step"] for x in held["record"]]
        assert [steps.count(x) for x in ("person held", "person released")] == [1, 1]


async def prune_all(ports: OnPostgres) -> None:
    """As if a hundred years had passed."""
    ports.clock.pass_time(100 * 365 * 86400)
    async with ports.engine.begin() as connection:
        await connection.execute(text("UPDATE vault SET at = now() - interval '100 years'"))
    retention = {ORG: Retention()}
    await PostgresStore(ports.engine, ports.cipher, ports.clock, retention).prune()


async def asked_to_forget(ports: OnPostgres, id: str) -> tuple[Situation, Turn]:
    asked = await begin(ports, from_sam(Command, id, sender=replace(SAM, user="kim"), text="-"))
    alone = conversation("alone", requester="kim", transcript=())
    return asked, replace(a_turn(asked, alone), forgets="sam").record("person forgotten")


async def test_a_turn_forgets_with_its_commit_or_not_at_all(database: Addresses) -> None:
    async with opened(database.application) as ports:
        await lived(ports)
        before = PostgresArchive(ports.engine, ports.cipher, workplace())
        held = await before.holdings(ORG, "sam")
        assert (held.accounts, held.conversations, held.values, held.records) == (1, 1, 1, 1)
        assert (await before.holdings("another", "sam")).nothing
        asked, turn = await asked_to_forget(ports, "k1")
        await rights(ports).hold("sam", "a lawsuit")
        assert (await before.holdings(ORG, "sam")).on_hold
        with pytest.raises(Conflict):
            await ports.store.commit(asked, turn)
        assert await before.holdings(ORG, "sam") == replace(held, on_hold=True)
        await rights(ports).release("sam")
        await ports.store.commit(asked, turn.post(Reply(text="Done"), CHAT))
        assert (await before.holdings(ORG, "sam")).nothing
        assert await ports.store.delivery("k1:0")
        assert (await before.holdings(ORG, "kim")).accounts == 1
        kept = await dump(database.owner)
        assert not any(x in kept for y in (WORDS, SECRET) for x in legible(y))
        steps = [x["step"] for x in (await rights(ports).held("sam"))["record"]]
        assert "person held" in steps


async def test_an_open_case_that_came_up_meanwhile_stops_the_forgetting(
    database: Addresses,
) -> None:
    async with opened(database.application) as ports:
        asked, turn = await asked_to_forget(ports, "k1")
        situation = await begin(ports, message())
        await ports.store.commit(situation, replace(a_turn(situation), case=case()))
        with pytest.raises(Conflict):
            await ports.store.commit(asked, turn)
        archive = PostgresArchive(ports.engine, ports.cipher, workplace())
        assert (await archive.holdings(ORG, "sam")).live
        assert await ports.store.take("k1")


@pytest.mark.parametrize("held", [True, False])
async def test_what_comes_up_in_the_middle_of_the_forgetting_stops_it(
    database: Addresses, held: bool
) -> None:
    async with opened(database.application) as ports:
        await lived(ports)
        async with ports.engine.connect() as other:
            # The first thing that it erases from waits.
            await other.execute(text("SELECT FROM conversation FOR UPDATE"))
            forgetting = asyncio.create_task(rights(ports).forget("sam"))
            await waiting(ports)
            if held:
                await rights(ports).hold("sam", "a court")
            else:
                situation = await begin(ports, message("m2", message="m2"))
                about = conversation("c2", case="IT-2")
                live = case("IT-2", conversation="c2")
                await ports.store.commit(situation, a_turn(situation, about, case=live))
            await other.rollback()
        with pytest.raises(StillNeeded, match="a court" if held else "IT-2"):
            await forgetting
        kept = await rights(ports).held("sam")
    assert kept["values"] == {"[EMAIL_1]": SECRET}
    assert len(kept["cases"]) == (1 if held else 2)


async def waiting(ports: OnPostgres) -> None:
    """Returns when somebody waits for a lock."""
    for _ in range(500):
        async with ports.engine.connect() as connection:
            found = await connection.execute(text("SELECT FROM pg_locks WHERE NOT granted"))
            if found.first() is not None:
                return
        await asyncio.sleep(0.01)
    raise AssertionError("nobody waits")


async def test_the_archive_knows_a_case_by_all_that_was_told_of_it(database: Addresses) -> None:
    async with opened(database.application) as ports:
        archive = PostgresArchive(ports.engine, ports.cipher, workplace())
        assert await archive.case_file(ORG, "HC-1") is None
        situation = await begin(ports, message())
        kase = case("HC-1", queue="HR")
        turn = replace(a_turn(situation, conversation(case="HC-1")), case=kase)
        turn = turn.record("checked", said=WORDS, verdict="harassment")
        turn = turn.record("case opened", case="HC-1", queue="HR-confidential")
        await ports.store.commit(situation, turn)
        file = CaseFile(
            requester="sam",
            queues=frozenset({"HR", "HR-confidential"}),
            verdicts=frozenset({"harassment"}),
        )
        assert await archive.case_file(ORG, "HC-1") == file
        assert await archive.case_file("another", "HC-1") is None
        head, entries = await archive.timeline(ORG, "HC-1")
        assert head == Head(queue="HR", state="open", requester="sam")
        assert [x.said for x in entries] == [WORDS, None]
        # To look was the turn's to record, not the archive's.
        assert not any(x.step == "audit read" for x in entries)
