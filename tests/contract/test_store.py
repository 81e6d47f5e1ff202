"""The store on a real PostgreSQL: its contract, its secrets, its roles, and the queue."""

import asyncio
import contextlib
import os
import signal
import sys
import tempfile
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.clock import SystemClock
from adapters.pack.loader import load
from adapters.store.cipher import Cipher, KeyMismatch
from adapters.store.database import engine as open_engine
from adapters.store.database import migrate, newest, version
from adapters.store.embedded import Addresses, EmbeddedPostgres
from adapters.store.journal import PostgresJournals
from adapters.store.queue import Pace, Queue
from adapters.store.reading import Reading, Selection
from adapters.store.register import PostgresRegister
from adapters.store.store import PostgresStore
from adapters.store.vault import PostgresVault
from bot.case import CaseState
from bot.event import Opened
from bot.outcome import Kept
from bot.pack import Pack, Retention
from bot.ports import Conflict, Unavailable
from bot.reply import Reply
from bot.timeline import Entry
from tests.contract.store_contract import (
    CHAT,
    NOW,
    ORG,
    REPLY,
    ROOM,
    Ports,
    StoreContract,
    a_turn,
    begin,
    button,
    case,
    conversation,
    from_sam,
    message,
)
from tests.fakes import FakeClock

KEY = "a key for tests, long enough to be one"
SECRET = "xylophone"
ROOT = Path(__file__).parents[2]
HURRY = Pace(tick=0.05, heartbeat=0.2, stalled=1, stranded=1, drain=2, restart=0.1)


@cache
def workplace() -> Pack:
    return load(ROOT / "policies" / "workplace").pack


@dataclass(frozen=True, kw_only=True)
class OnPostgres(Ports):
    engine: AsyncEngine
    postgres: PostgresStore
    vault: PostgresVault
    cipher: Cipher


@asynccontextmanager
async def opened(url: str, organisation: str = ORG) -> AsyncIterator[OnPostgres]:
    engine = open_engine(url, organisation)
    cipher, clock = Cipher(engine, KEY), FakeClock()
    store = PostgresStore(engine, cipher, clock)

    async def waiting() -> list[str]:
        async with engine.connect() as connection:
            rows = await connection.execute(
                text("SELECT id FROM inbox WHERE NOT done ORDER BY received_at")
            )
            return [row.id for row in rows]

    try:
        yield OnPostgres(
            store=store,
            postgres=store,
            vault=PostgresVault(engine, cipher),
            cipher=cipher,
            journals=PostgresJournals(engine, cipher),
            clock=clock,
            fire_timers=store.fire_timers,
            waiting=waiting,
            engine=engine,
        )
    finally:
        await engine.dispose()


@pytest.fixture
async def ports(database: Addresses) -> AsyncIterator[OnPostgres]:
    async with opened(database.application) as ports:
        yield ports


class TestPostgresStore(StoreContract):
    @pytest.fixture
    async def ports(self, database: Addresses) -> AsyncIterator[Ports]:
        async with opened(database.application) as ports:
            yield ports


async def test_a_week_begins_once_on_a_working_day(database: Addresses) -> None:
    async with opened(database.application) as ports:
        clock = FakeClock(NOW.replace(day=15, hour=12))  # a Sunday
        store = PostgresStore(ports.engine, ports.cipher, clock, {ORG: Retention()})
        began: list[list[str]] = []
        for hours in (0, 13, 7, 30, 24 * 4, 24 * 2):
            clock.pass_time(hours * 3600)
            await asyncio.gather(*(store.begin_week() for _ in range(3)))
            began.append(await ports.waiting())
        first, second = f"owners:{ORG}:2026-W47", f"owners:{ORG}:2026-W48"
        assert began == [[], [], [first], [first], [first], [first, second]]
        situation = await store.take(second)
        assert situation
        assert situation.conversations == ()


# ---- secrets --------------------------------------------------------------------------------


async def dump(url: str) -> str:
    """Every row of every table of ours, as text."""
    async with await psycopg.AsyncConnection.connect(url) as connection:
        tables = await connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        )
        rows: list[str] = []
        for (table,) in await tables.fetchall():
            query = sql.SQL("SELECT t::text FROM {} t").format(sql.Identifier(table))
            found = await connection.execute(query)
            rows += [f"{table}{row[0]}" for row in await found.fetchall()]
    return "\n".join(rows)


def legible(secret: str) -> tuple[str, str]:
    """As text, and as PostgreSQL prints bytes."""
    return secret, secret.encode().hex()


async def test_what_waits_is_kept_encrypted_and_emptied_when_done(
    ports: OnPostgres, database: Addresses
) -> None:
    situation = await begin(ports, message(text=SECRET))
    await ports.journals.of(situation).put("model:1", SECRET)
    before = await dump(database.owner)
    turn = a_turn(situation).post(replace(REPLY, text=SECRET), CHAT)
    await ports.store.commit(situation, turn)
    waiting = await dump(database.owner)
    await ports.store.sent(turn.deliveries[0], CHAT, "ts-1")
    after = await dump(database.owner)
    for kept in (before, waiting, after):
        assert not any(x in kept for x in legible(SECRET))
    assert "journal(" in before
    assert "journal(" not in waiting
    assert "outbox(" in waiting
    assert "outbox(" not in after
    assert "m1,fernhill" in after
    async with ports.engine.connect() as connection:
        assert (await connection.execute(text("SELECT payload FROM inbox"))).scalar() == b""


async def test_a_button_token_is_nowhere_in_the_database(
    ports: OnPostgres, database: Addresses
) -> None:
    situation = await begin(ports, message())
    reply = Reply(text="Sure?", buttons=(button(SECRET),))
    await ports.store.commit(situation, a_turn(situation).post(reply, CHAT))
    assert await ports.store.glimpse(ORG, SECRET)
    kept = await dump(database.owner)
    assert "button(" in kept
    assert not any(x in kept for x in legible(SECRET))


async def test_what_adapters_remember_is_sealed_and_each_has_its_own(
    ports: OnPostgres, database: Addresses
) -> None:
    cipher = Cipher(ports.engine, KEY)
    slack = PostgresRegister(ports.engine, cipher, ORG, "slack")
    teams = PostgresRegister(ports.engine, cipher, ORG, "teams")
    assert await slack.get("installation/T1") is None
    await slack.put("installation/T1", {"token": "old"})
    await slack.put("installation/T1", {"token": SECRET})
    assert await slack.get("installation/T1") == {"token": SECRET}
    assert await teams.get("installation/T1") is None
    await slack.put("installation%T3", {"token": "other"})
    assert await slack.under("installation/") == ({"token": SECRET},)
    assert await teams.under("") == ()
    kept = await dump(database.owner)
    assert "register(" in kept
    assert not any(x in kept for x in legible(SECRET))


async def test_the_bot_takes_part_in_the_threads_where_it_was_asked_or_which_it_began(
    ports: OnPostgres,
) -> None:
    asked, begun = ROOM.thread_at("asked"), ROOM.thread_at("card-1")
    for place in (asked, begun):
        assert not await ports.postgres.serves(place, ORG)
    situation = await begin(ports, message(place=asked))
    turn = a_turn(situation, conversation(place=asked)).post(REPLY, ROOM, slot="card:IT-1")
    await ports.store.commit(situation, turn)
    await ports.store.sent(turn.deliveries[0], ROOM, "card-1")
    for place in (asked, begun):
        assert await ports.postgres.serves(place, ORG)
        assert not await ports.postgres.serves(place, "another")
    assert not await ports.postgres.serves(ROOM.thread_at("else"), ORG)


async def test_a_row_does_not_open_in_the_place_of_another(ports: OnPostgres) -> None:
    await ports.store.accept(message("m1", text="mine"))
    await ports.store.accept(message("m2", text="another's"))
    async with ports.engine.begin() as connection:
        swap = "UPDATE inbox SET payload = (SELECT payload FROM inbox WHERE id = 'm2')"
        await connection.execute(text(f"{swap} WHERE id = 'm1'"))
    assert await ports.store.take("m1") is None
    assert await ports.waiting() == ["m2"]


async def test_a_wrong_key_is_found_at_the_start(database: Addresses) -> None:
    engine = open_engine(database.application, ORG)
    try:
        await Cipher(engine, KEY).check()
        await Cipher(engine, KEY).check()
        with pytest.raises(KeyMismatch, match="HANDRAIL_KEY"):
            await Cipher(engine, f"not {KEY}").check()
    finally:
        await engine.dispose()


async def test_an_error_of_the_database_quotes_nothing_that_was_said(
    ports: OnPostgres, database: Addresses
) -> None:
    situation = await begin(ports, message())
    async with await psycopg.AsyncConnection.connect(database.owner) as connection:
        await connection.execute("ALTER TABLE cases ADD CHECK (version < 0)")
    turn = a_turn(situation, case=case(ask=SECRET, requester_name=SECRET, alert=SECRET))
    (error,) = await asyncio.gather(ports.store.commit(situation, turn), return_exceptions=True)
    assert error
    assert SECRET not in "".join(traceback.format_exception(error))


# ---- roles and migrations -------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    ["UPDATE record SET step = 'x'", "DELETE FROM record", "TRUNCATE record", "DROP TABLE record"],
)
async def test_the_application_can_only_add_to_the_audit(
    ports: OnPostgres, database: Addresses, statement: LiteralString
) -> None:
    situation = await begin(ports, message())
    await ports.store.commit(situation, a_turn(situation).record("routed", to="IT"))
    async with await psycopg.AsyncConnection.connect(database.application) as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await connection.execute(statement)
    kept = await dump(database.owner)
    assert '"to": "IT"' in kept.replace('""', '"')


async def test_the_application_owns_nothing_and_makes_nothing(database: Addresses) -> None:
    async with await psycopg.AsyncConnection.connect(
        database.application, autocommit=True
    ) as connection:
        owned = await connection.execute(
            "SELECT count(*) FROM pg_class WHERE relowner = current_user::regrole"
        )
        assert await owned.fetchone() == (0,)
        powers = await connection.execute(
            "SELECT rolsuper OR rolbypassrls OR rolcreatedb OR rolcreaterole"
            " FROM pg_roles WHERE rolname = current_user"
        )
        assert await powers.fetchone() == (False,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await connection.execute("CREATE TABLE mine (x int)")


async def test_the_application_cannot_change_what_the_migrations_know(database: Addresses) -> None:
    async with await psycopg.AsyncConnection.connect(database.application) as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await connection.execute("UPDATE alembic_version SET version_num = '9999'")


async def test_three_replicas_that_migrate_at_once_end_at_the_newest(database: Addresses) -> None:
    async with await psycopg.AsyncConnection.connect(database.owner) as connection:
        await connection.execute("DROP SCHEMA public CASCADE")
        await connection.execute("CREATE SCHEMA public")
    await asyncio.gather(*(migrate(database.owner, database.application) for _ in range(3)))
    async with opened(database.application) as ports:
        assert await version(ports.engine) == newest()
        assert await ports.store.accept(message())


# ---- a database that goes away --------------------------------------------------------------


ATTEMPTS: dict[str, Callable[[OnPostgres], Awaitable[object]]] = {
    "accept": lambda x: x.store.accept(message()),
    "take": lambda x: x.store.take("m1"),
    "glimpse": lambda x: x.store.glimpse(ORG, "token"),
    "fire_timers": lambda x: x.fire_timers(),
}


@pytest.mark.parametrize("attempt", ATTEMPTS.values(), ids=ATTEMPTS)
async def test_what_time_heals_is_unavailable(
    database: Addresses, attempt: Callable[[OnPostgres], Awaitable[object]]
) -> None:
    async with opened(database.application.replace("host=", "host=/nowhere")) as ports:
        with pytest.raises(Unavailable):
            await attempt(ports)


async def test_the_first_events_after_a_restart_of_the_database_are_accepted(
    ports: OnPostgres, database: Addresses
) -> None:
    await asyncio.gather(*(ports.store.accept(message(f"m{i}")) for i in range(8)))
    async with await psycopg.AsyncConnection.connect(database.application) as connection:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    later = (ports.store.accept(message(f"later-{i}")) for i in range(8))
    done = await asyncio.gather(*later, return_exceptions=True)
    assert done == [True] * 8


# ---- the queue ------------------------------------------------------------------------------


@dataclass
class Running:
    """A queue in this process. Work ends its event with a turn that says one line."""

    ports: OnPostgres
    done: list[str] = field(default_factory=list[str])
    gates: dict[str, asyncio.Event] = field(default_factory=dict[str, asyncio.Event])
    """Work on these waits until its gate opens."""
    fails: dict[str, int] = field(default_factory=dict[str, int])
    """How often work on these fails first."""
    begun: list[str] = field(default_factory=list[str])

    async def work(self, event: str) -> None:
        self.begun.append(event)
        if self.fails.get(event):
            self.fails[event] -= 1
            raise Unavailable("the store is away")
        if event in self.gates:
            await self.gates[event].wait()
        situation = await self.ports.store.take(event)
        if situation:
            place = getattr(situation.event, "place", CHAT)
            turn = a_turn(situation, conversation(f"of-{event}")).post(Reply(text="answer"), place)
            await self.ports.store.commit(situation, turn)
        self.done.append(event)

    async def deliver(self, id: str) -> None:
        delivery = await self.ports.store.delivery(id)
        if delivery:
            await self.ports.store.sent(delivery, CHAT, f"ts-{id}")
            self.done.append(id)


async def until(true: Callable[[], bool], seconds: float = 15) -> None:
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


@asynccontextmanager
async def running(ports: OnPostgres, url: str, pace: Pace = HURRY) -> AsyncIterator[Running]:
    here = Running(ports)
    queue = Queue(url, ports.postgres, here.work, here.deliver, pace)
    queue.start()
    try:
        await until(lambda: queue.healthy)
        yield here
    finally:
        await queue.stop()


async def test_messages_of_one_place_are_worked_on_in_their_order(
    ports: OnPostgres, database: Addresses
) -> None:
    ids = [f"m{i}" for i in range(6)]
    async with running(ports, database.application) as here:
        here.gates["m0"] = asyncio.Event()
        for id in ids:
            await ports.store.accept(message(id))
        await ports.store.accept(message("elsewhere", place=ROOM))
        await until(lambda: "elsewhere" in here.done)
        here.gates["m0"].set()
        await until(lambda: set(ids) <= set(here.done))
    assert [x for x in here.done if x in ids] == ids


async def test_a_press_does_not_wait_behind_a_slow_answer(
    ports: OnPostgres, database: Addresses
) -> None:
    async with running(ports, database.application) as here:
        here.gates["slow"] = asyncio.Event()
        await ports.store.accept(message("slow"))
        await until(lambda: here.begun == ["slow"])
        await ports.store.accept(message("behind"))
        await ports.store.accept(from_sam(Opened, "press"))
        await ports.store.accept(message("elsewhere", place=ROOM))
        await until(lambda: {"press", "elsewhere"} <= set(here.done))
        assert "behind" not in here.begun
        here.gates["slow"].set()
        await until(lambda: "behind" in here.done)


async def test_an_answer_leaves_before_the_next_message_is_worked_on(
    ports: OnPostgres, database: Addresses
) -> None:
    async with running(ports, database.application) as here:
        here.gates = {"first": asyncio.Event(), "slow": asyncio.Event()}
        await ports.store.accept(message("first"))
        await ports.store.accept(message("slow"))
        here.gates["first"].set()
        await until(lambda: "slow" in here.begun)
        try:
            await until(lambda: "first:0" in here.done, seconds=3)
        finally:
            here.gates["slow"].set()


async def test_an_event_whose_work_failed_keeps_its_place_in_the_order(
    ports: OnPostgres, database: Addresses
) -> None:
    async with running(ports, database.application) as here:
        here.fails["m1"] = 1
        await ports.store.accept(message("m1"))
        await ports.store.accept(message("m2"))
        await until(lambda: {"m1", "m2"} <= set(here.done))
        assert [x for x in here.done if ":" not in x] == ["m1", "m2"]


async def test_a_delivery_whose_sending_failed_is_tried_again(
    ports: OnPostgres, database: Addresses
) -> None:
    async with running(ports, database.application) as here:
        here.fails["m1"] = 2
        await ports.store.accept(message("m1"))
        await until(lambda: "m1:0" in here.done)
    assert here.begun.count("m1") == 3


async def test_what_runs_comes_to_its_end_when_the_queue_stops(
    ports: OnPostgres, database: Addresses
) -> None:
    async with running(ports, database.application) as here:
        here.gates["m1"] = asyncio.Event()
        await ports.store.accept(message("m1"))
        await until(lambda: here.begun == ["m1"])
        asyncio.get_running_loop().call_later(0.3, here.gates["m1"].set)
    assert here.done == ["m1"]
    assert await ports.waiting() == []


async def test_a_lost_job_is_put_back(ports: OnPostgres, database: Addresses) -> None:
    await ports.store.accept(message("m1"))
    async with ports.engine.begin() as connection:
        await connection.execute(text("DELETE FROM procrastinate_jobs"))
    async with running(ports, database.application) as here:
        await until(lambda: "m1:0" in here.done)
    assert here.begun == ["m1"]


STUBBORN: LiteralString = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'deadlock' USING errcode = '40P01'; END $$;
CREATE TRIGGER a_refuse BEFORE DELETE ON procrastinate_jobs
    FOR EACH ROW EXECUTE FUNCTION refuse();
"""


async def test_a_job_whose_end_could_not_be_written_does_not_hold_its_place(
    ports: OnPostgres, database: Addresses
) -> None:
    async with (
        await psycopg.AsyncConnection.connect(database.owner, autocommit=True) as owner,
        running(ports, database.application) as here,
    ):
        await owner.execute(STUBBORN)
        await ports.store.accept(message("m1"))
        await until(lambda: "m1" in here.done)
        await owner.execute("DROP TRIGGER a_refuse ON procrastinate_jobs")
        await ports.store.accept(message("m2"))
        await until(lambda: "m2" in here.done, seconds=8)


REPLICA = """
import asyncio, sys
from tests.contract.test_store import HURRY, Queue, opened

async def hang(id: str) -> None:
    async with opened(sys.argv[1]) as ports:
        await ports.store.take(id)
    print(id, flush=True)
    await asyncio.Event().wait()

async def main() -> None:
    async with opened(sys.argv[1]) as ports:
        Queue(sys.argv[1], ports.postgres, hang, hang, HURRY).start()
        await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_what_a_killed_replica_held_is_taken_over(
    ports: OnPostgres, database: Addresses
) -> None:
    replica = await asyncio.create_subprocess_exec(
        sys.executable, "-c", REPLICA, database.application,
        cwd=ROOT, stdout=asyncio.subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    try:
        await ports.store.accept(message("m1"))
        await ports.store.accept(message("m2"))
        await ports.store.accept(from_sam(Opened, "press"))
        assert replica.stdout
        async with asyncio.timeout(20):
            held = {(await replica.stdout.readline()).decode().strip() for _ in range(2)}
        assert held == {"m1", "press"}
    finally:
        replica.send_signal(signal.SIGKILL)
        await replica.wait()
    async with running(ports, database.application) as here:
        await until(lambda: {"m1", "m2", "press"} <= set(here.done), seconds=20)
        order = [x for x in here.done if x in ("m1", "m2")]
    assert order == ["m1", "m2"]
    assert await ports.waiting() == []


async def test_the_queue_goes_on_after_the_database_was_restarted() -> None:
    with tempfile.TemporaryDirectory(prefix="handrail-test-") as folder:
        Path(folder).chmod(0o755)
        postgres = EmbeddedPostgres(Path(folder))
        addresses = await postgres.start()
        try:
            await migrate(addresses.owner, addresses.application)
            async with (
                opened(addresses.application) as ports,
                running(ports, addresses.application) as here,
            ):
                here.gates["m1"] = asyncio.Event()
                await ports.store.accept(message("m1"))
                await until(lambda: here.begun == ["m1"])
                await postgres.stop()
                with pytest.raises(Unavailable):
                    await ports.store.accept(message("m2"))
                await postgres.start()
                here.gates["m1"].set()
                await accepted(lambda: ports.store.accept(message("m2")))
                await until(lambda: {"m1:0", "m2:0"} <= set(here.done), seconds=40)
                assert await ports.waiting() == []
        finally:
            await postgres.stop()


async def accepted(attempt: Callable[[], Awaitable[Any]]) -> None:
    """As a platform does: deliver again while the answer is an error."""
    async with asyncio.timeout(20):
        while True:
            with contextlib.suppress(Unavailable):
                await attempt()
                return
            await asyncio.sleep(0.05)


# ---- the vault ------------------------------------------------------------------------------


async def test_values_come_with_the_turn_sealed_and_no_token_is_given_twice(
    ports: OnPostgres, database: Addresses
) -> None:
    situation = await begin(ports, message())
    kept = (Kept(person="sam", token="[EMAIL_1]", value=SECRET),)
    await ports.store.commit(situation, replace(a_turn(situation), kept=kept))
    assert await ports.vault.values(ORG, "sam") == {"[EMAIL_1]": SECRET}
    assert await ports.vault.values(ORG, "kim") == {}
    assert await ports.vault.values("other", "sam") == {}
    kept_of_it = await dump(database.owner)
    assert not any(x in kept_of_it for x in legible(SECRET))
    at_once = await begin(ports, message("m2", message="m2"))
    with pytest.raises(Conflict):
        await ports.store.commit(at_once, replace(a_turn(at_once), kept=kept))
    assert await ports.store.take("m2")


async def test_what_was_said_is_in_the_record_sealed_until_its_key_is_gone(
    ports: OnPostgres, database: Addresses
) -> None:
    situation = await begin(ports, message())
    turn = replace(a_turn(situation), conversation=conversation()).record("sent", said=SECRET)
    await ports.store.commit(situation, turn)
    everything = await dump(database.owner)
    assert not any(x in everything for x in legible(SECRET))

    async def said() -> list[str | None]:
        reading = Reading(ports.engine, Cipher(ports.engine, KEY), ORG, workplace())
        lines = [x async for x in reading.lines(Selection(), None)]
        return [x.said for x in lines if isinstance(x, Entry) and x.step == "sent"]

    assert await said() == [SECRET]
    async with ports.engine.begin() as connection:
        await connection.execute(text("DELETE FROM data_key WHERE person = 'employee/sam'"))
    assert await said() == [None]


async def test_what_is_over_is_kept_as_long_as_the_pack_says(ports: OnPostgres) -> None:
    for id, kase in (("m1", replace(case(), state=CaseState.RESOLVED)), ("m2", case("IT-2"))):
        matter = replace(conversation(), id=f"c-{id}", case=kase.id)
        situation = await begin(ports, message(id, message=id))
        kept = (Kept(person=id, token="[EMAIL_1]", value=SECRET),)
        turn = a_turn(situation, matter, case=replace(kase, conversation=matter.id), kept=kept)
        await ports.store.commit(situation, turn)
    retention = Retention(conversations=timedelta(days=30), values=timedelta(days=3650))
    ports.clock.pass_time(31 * 86400)
    store = PostgresStore(ports.engine, ports.cipher, ports.clock, {ORG: retention})
    await store.prune()
    async with ports.engine.connect() as connection:
        left = await connection.execute(
            text("SELECT id FROM conversation UNION SELECT id FROM cases")
        )
        assert {x.id for x in left} == {"c-m2", "IT-2"}
    assert await ports.vault.values(ORG, "m1")
    async with ports.engine.begin() as connection:
        await connection.execute(text("UPDATE vault SET at = at - interval '3651 days'"))
    await PostgresStore(ports.engine, ports.cipher, SystemClock(), {ORG: retention}).prune()
    # The number stays taken: the token stands in texts that are kept longer.
    assert await ports.vault.values(ORG, "m1") == {"[EMAIL_1]": ""}
    async with ports.engine.connect() as connection:
        left = await connection.execute(text("SELECT DISTINCT value FROM vault"))
        assert left.scalars().all() == [b""]
