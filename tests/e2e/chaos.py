"""Chaos: two workers on one database, killed at random; nothing lost, nothing answered twice.

`python -m tests.e2e.chaos` is the full run; `worker` as an argument is one of the workers.
"""

import asyncio
import contextlib
import os
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
from aiohttp import web
from sqlalchemy import text

from adapters.app import open_app, prepare
from adapters.clock import SystemClock
from adapters.settings import read
from adapters.store import database
from adapters.store.cipher import Cipher
from adapters.store.embedded import Addresses, EmbeddedPostgres
from adapters.store.queue import Pace
from adapters.store.store import PostgresStore
from bot.event import Message
from bot.people import Requester, Sender
from bot.place import Audience, Place
from bot.ports import Rejected, ToolCall, ToolSpec, Unavailable, Uncertain
from bot.reply import Reply
from tests.e2e.far_side import MARKER, FarSide
from tests.e2e.product import free_ports, hurried

HURRY = Pace(tick=0.2, heartbeat=0.5, stalled=2, stranded=2, restart=0.2, drain=2)
KEY = "a key for tests only, and 32 long"
PEOPLE = ("sam", "marco", "dana", "priya", "robin", "tomas")


class FarPlatform:
    """The console's stand-in: `Platform` and `Drafts` over HTTP."""

    name = "web"

    def __init__(self, url: str) -> None:
        self._url = url
        self._session = aiohttp.ClientSession()

    async def _call(self, method: str, path: str, **more: object) -> dict[str, str]:
        try:
            async with self._session.request(method, self._url + path, **more) as answer:  # type: ignore[arg-type]
                if answer.status == 404:
                    raise Rejected("message_not_found")
                if answer.status >= 500:
                    raise Unavailable(str(answer.status))
                found: dict[str, str] = await answer.json()
                return found
        except aiohttp.ClientConnectorError as error:
            raise Unavailable("no connection") from error
        except aiohttp.ClientError as error:
            raise Uncertain("connection lost") from error

    async def post(self, place: Place, reply: Reply, key: str, only_for: str | None) -> str:
        said = {"place": place.key, "text": reply.text, "key": key}
        return (await self._call("POST", "/messages", json=said))["id"]

    async def update(self, place: Place, message: str, reply: Reply) -> None:
        await self._call("PUT", f"/messages/{message}", json={"text": reply.text})

    async def delete(self, place: Place, message: str) -> None:
        await self._call("DELETE", f"/messages/{message}")

    async def find(self, place: Place, key: str) -> str | None:
        return (await self._call("GET", "/messages", params={"key": key}))["id"]

    async def act(self, key: str) -> None:
        await self._call("POST", "/effects", json={"key": key})

    async def direct(self, sender: Sender) -> Place:
        return chat(sender.user)

    async def probe(self, place: Place) -> Audience:
        return Audience.PRIVATE

    async def begin(self, place: Place, status: str, key: str) -> str | None:
        try:
            return await self.post(place, Reply(text=status), key, None)
        except Uncertain:
            return await self.find(place, key)
        except Unavailable:
            return None

    async def show(self, place: Place, message: str, text: str) -> None:
        with contextlib.suppress(Unavailable, Uncertain, Rejected):
            await self.update(place, message, Reply(text=text))


class FarTools:
    """One tool that does something in the world outside."""

    def __init__(self, platform: FarPlatform) -> None:
        self._platform = platform

    def specs(self) -> tuple[ToolSpec, ...]:
        schema = {"type": "object", "properties": {}}
        return (ToolSpec(name="look_up", description="Look it up.", schema=schema),)

    async def call(self, call: ToolCall, requester: Requester, key: str) -> str:
        await self._platform.act(key)
        return "Looked up."


def pack_with_the_tool(folder: Path) -> Path:
    """The sample pack, whose IT specialist may use it."""
    pack = hurried(folder)
    for name, before, after in (
        ("pack.yaml", "  my_cases: allow\n", "  my_cases: allow\n  look_up: allow\n"),
        ("specialists.yaml", "my_cases]", "my_cases, look_up]"),
    ):
        file = pack / name
        text = file.read_text()
        assert before in text
        file.write_text(text.replace(before, after))
    return pack


async def work() -> None:
    """One worker, until it is killed."""
    platform = FarPlatform(os.environ["FAR_SIDE"])
    parts = {"web": platform}
    async with open_app(read(settings()), platforms=parts, tools=FarTools(platform)) as app:
        queue = app.queue(HURRY)
        queue.start()
        print("ready", flush=True)
        await asyncio.Event().wait()


def settings() -> dict[str, str]:
    wanted = (
        "DATABASE_URL",
        "HANDRAIL_PACK",
        "HANDRAIL_KEY",
        "OPENAI_BASE_URL",
        "HANDRAIL_MODEL_FAST",
    )
    return {k: os.environ[k] for k in wanted if k in os.environ}


@dataclass
class Stage:
    """The far side, the database, and the workers around them."""

    far: FarSide
    url: str
    addresses: Addresses
    postgres: EmbeddedPostgres
    store: PostgresStore
    pack: Path
    workers: list[asyncio.subprocess.Process] = field(
        default_factory=list[asyncio.subprocess.Process]
    )

    async def worker(self) -> asyncio.subprocess.Process:
        environment = os.environ | {
            "DATABASE_URL": self.addresses.application,
            "HANDRAIL_KEY": KEY,
            "OPENAI_BASE_URL": f"{self.url}/v1",
            "HANDRAIL_MODEL_FAST": "far",
            "FAR_SIDE": self.url,
            "HANDRAIL_PACK": str(self.pack),
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.e2e.chaos", "worker",
            env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        self.workers.append(process)
        assert process.stdout
        await asyncio.wait_for(process.stdout.readline(), 30)
        return process

    async def scalar(self, statement: str) -> int:
        engine = database.engine(self.addresses.application, "sample", size=1)
        async with engine.connect() as connection:
            found = (await connection.execute(text(statement))).scalar()
        await engine.dispose()
        return int(found or 0)

    async def settled(self, seconds: float) -> bool:
        """Nothing is waiting any more, within so long."""
        until = asyncio.get_running_loop().time() + seconds
        while asyncio.get_running_loop().time() < until:
            waiting = await self.scalar(
                "SELECT (SELECT count(*) FROM inbox WHERE NOT done) + (SELECT count(*) FROM outbox)"
            )
            if waiting == 0:
                return True
            await asyncio.sleep(0.3)
        return False


@asynccontextmanager
async def stage(far: FarSide) -> AsyncGenerator[Stage]:
    folder = Path(tempfile.mkdtemp(prefix="handrail-chaos-"))
    folder.chmod(0o755)
    postgres = EmbeddedPostgres(folder)
    addresses = await postgres.start()
    await database.migrate(addresses.owner, addresses.application)
    (port,) = free_ports(1)
    runner = web.AppRunner(far.application(), access_log=None, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    environment = {"DATABASE_URL": addresses.application, "HANDRAIL_KEY": KEY}
    async with open_app(read(environment)) as app:
        await prepare(app)
    engine = database.engine(addresses.application, "sample")
    store = PostgresStore(engine, Cipher(engine, KEY), SystemClock())
    url = f"http://127.0.0.1:{port}"
    here = Stage(far=far, url=url, addresses=addresses, postgres=postgres, store=store,
                 pack=pack_with_the_tool(folder))  # fmt: skip
    try:
        yield here
    finally:
        for worker in here.workers:
            with contextlib.suppress(ProcessLookupError):
                worker.kill()
            await worker.wait()
        await engine.dispose()
        await runner.cleanup()
        await postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)


def chat(person: str) -> Place:
    return Place(platform="web", workspace="sample", channel=f"dm:{person}")


def places() -> list[tuple[str, Place]]:
    """15 places: each person's direct chat, and threads."""
    square = Place(
        platform="web", workspace="sample", channel="town-square", audience=Audience.PUBLIC
    )
    flat = [(person, chat(person)) for person in PEOPLE]
    threads = [(PEOPLE[i % len(PEOPLE)], square.thread_at(f"root-{i}")) for i in range(9)]
    return flat + threads


def message(number: int, person: str, place: Place, words: str) -> Message:
    return Message(
        id=f"web:e{number}", organisation="sample", at=datetime.now(UTC),
        sender=Sender(platform="web", workspace="sample", user=person), place=place,
        message=f"e{number}", text=f"{words} {_other(number)} e{number}", mentioned=True,
    )  # fmt: skip


def _other(number: int) -> str:
    """So that no question is the one before: who asks the same again is brought a person."""
    return " ".join(f"{x}{number}" for x in ("at", "in", "on", "by", "of", "to", "up", "as"))


async def storm(here: Stage, events: int, rng: random.Random) -> dict[str, list[str]]:
    """Send the events, 10 % twice; returns the markers of each place in their order."""
    sent: dict[str, list[str]] = {}
    spots = places()
    for number in range(events):
        person, place = spots[rng.randrange(len(spots))]
        event = message(number, person, place, "My VPN client shows a question mark")
        await here.store.accept(event)
        if rng.random() < 0.1:
            await asyncio.gather(*(here.store.accept(event) for _ in range(3)))
        sent.setdefault(place.key, []).append(f"e{number}")
        await asyncio.sleep(0.05)
    return sent


async def murder(here: Stage, rng: random.Random) -> None:
    """Kill one of the workers at random, again and again, and start another."""
    while True:
        await asyncio.sleep(rng.uniform(0.5, 2))
        victim = rng.choice([x for x in here.workers if x.returncode is None])
        victim.kill()
        await victim.wait()
        await here.worker()


def violations(here: Stage, sent: dict[str, list[str]]) -> list[str]:
    """What must not be; empty when all is well."""
    found: list[str] = []
    shown = Counter(
        (x["place"], m) for x in here.far.messages.values() for m in MARKER.findall(x["text"])
    )
    for place, markers in sent.items():
        for marker in markers:
            count = shown[(place, marker)]
            if count != 1:
                found.append(f"{marker} was answered {count} times")
        appeared = [m for p, m in here.far.order if p == place and m in markers]
        if appeared != [m for m in markers if m in appeared]:
            found.append(f"{place}: out of order")
    deeds = Counter(key.split(":answer")[0] for key in set(here.far.effects))
    found += [f"{event}: its tool ran {n} times" for event, n in deeds.items() if n > 1]
    silent = [x for x in here.far.messages.values() if x["key"].endswith(":answer")]
    orphans = [x for x in silent if not MARKER.search(x["text"])]
    if orphans:
        found.append(f"{len(orphans)} status lines without an answer")
    return found


async def run(events: int, seed: int) -> list[str]:
    rng = random.Random(seed)  # noqa: S311 - chaos, not cryptography
    async with stage(FarSide(rng=rng)) as here:
        await here.worker()
        await here.worker()
        killer = asyncio.create_task(murder(here, rng))
        sent = await storm(here, events, rng)
        # Timers that are due in the middle of it, among them one for each case.
        person, place = "dana", chat("dana")
        await here.store.accept(message(events, person, place, "Can I talk to a human?"))
        await asyncio.sleep(2)
        await here.scalar(
            "WITH x AS (UPDATE timer SET due_at = now() RETURNING 1) SELECT count(*) FROM x"
        )
        settled = await here.settled(90)
        killer.cancel()
        settled = settled and await here.settled(30)
        found = violations(here, sent)
        if not settled:
            found.append("something was still waiting at the end")
        reminded = await here.scalar(
            "SELECT count(*) - count(DISTINCT (conversation, step)) FROM record "
            "WHERE step IN ('reminded', 'overdue')"
        )
        if reminded:
            found.append("a timer fired twice")
        kills = sum(x.returncode == -9 for x in here.workers)
        print(f"events {events}, kills {kills}, model calls {here.far.model_calls}, ", end="")
        print(f"tool calls {len(set(here.far.effects))}, posts {here.far.posts}, ", end="")
        print(f"violations {len(found)}")
        return found


if __name__ == "__main__":
    if sys.argv[1:] == ["worker"]:
        asyncio.run(work())
    else:
        wrong = asyncio.run(run(events=600, seed=int(sys.argv[1]) if sys.argv[1:] else 1))
        print("\n".join(wrong) or "Nothing was lost, answered twice or out of order.")
        sys.exit(1 if wrong else 0)
