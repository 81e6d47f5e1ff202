"""`make bench`: what it costs, each figure with its base in the same run. Nothing is asserted."""

import asyncio
import contextlib
import os
import shutil
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import openai
import psutil
from sqlalchemy import text

from adapters.app import App, open_app, prepare
from adapters.settings import read
from bot.event import Message
from bot.people import Sender
from bot.place import Place
from tests.e2e.product import free_ports, hurried, running
from tests.fakes import FakePlatform

TURNS = 200
ROUNDS = 3
CONVERSATIONS = 10_000
TOOL: Any = {
    "type": "function",
    "function": {
        "name": "search_handbook",
        "description": "Search the handbook.",
        "parameters": {"type": "object", "properties": {"query": {"type": "string"}}},
    },
}


@asynccontextmanager
async def server(module: str) -> AsyncGenerator[str]:
    """One of this folder, in a process of its own; its address."""
    (port,) = free_ports(1)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", f"tests.bench.{module}", str(port)
    )
    url = f"http://127.0.0.1:{port}"
    async with aiohttp.ClientSession() as session:
        for _ in range(100):
            with contextlib.suppress(aiohttp.ClientError):
                await session.get(url)
                break
            await asyncio.sleep(0.05)
    try:
        yield url
    finally:
        process.kill()
        await process.wait()


@asynccontextmanager
async def folder() -> AsyncGenerator[Path]:
    path = Path(tempfile.mkdtemp(prefix="handrail-bench-"))
    path.chmod(0o755)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


# ---- the front door -------------------------------------------------------------------------


async def load(post: Callable[[int], Awaitable[None]], rate: float, seconds: float) -> list[float]:
    """Milliseconds of each request, sent at this rate whatever the answers take."""
    took: list[float] = []

    async def one(number: int) -> None:
        started = time.perf_counter()
        await post(number)
        took.append((time.perf_counter() - started) * 1000)

    began = time.perf_counter()
    tasks: list[asyncio.Task[None]] = []
    for number in range(int(rate * seconds)):
        await asyncio.sleep(max(0, began + number / rate - time.perf_counter()))
        tasks.append(asyncio.create_task(one(number)))
    await asyncio.gather(*tasks)
    return sorted(took)


async def ack(rate: float, seconds: float, *only: str, **settings: str) -> list[float]:
    """The console's front door: the row is committed when it answers."""
    people = ("sam", "lena", "dana", "marco", "priya", "robin", "tomas")
    async with (
        folder() as data,
        running(data / "data", *only, HANDRAIL_PACK=str(hurried(data)), **settings) as product,
        aiohttp.ClientSession(headers={"Origin": product.console}) as session,
    ):

        async def post(number: int) -> None:
            who = people[number % len(people)]
            body = {
                "id": str(uuid.uuid4()), "as": who, "channel": f"dm:{who}",
                "text": f"My VPN keeps dropping, {number}",
            }  # fmt: skip
            async with session.post(f"{product.console}/api/message", json=body) as answer:
                assert answer.status == 200, await answer.text()

        await load(post, rate, 1)
        return await load(post, rate, seconds)


async def bare(rate: float, seconds: float) -> list[float]:
    """The base: aiohttp that only reads the JSON, in a process of its own."""
    async with server("bare_server") as url, aiohttp.ClientSession() as session:

        async def post(number: int) -> None:
            async with session.post(f"{url}/", json={"n": number}) as answer:
                await answer.read()

        await load(post, rate, 1)
        return await load(post, rate, seconds)


async def watched(work: Awaitable[list[float]]) -> str:
    """Beside it, a process that only sleeps: how long the machine itself stood still."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.pauses", stdout=asyncio.subprocess.PIPE
    )
    took = await work
    process.terminate()
    said, _ = await process.communicate()
    p99 = took[int(len(took) * 0.99) - 1]
    return f"p50 {statistics.median(took):6.1f} ms   p99 {p99:6.1f} ms   {said.decode().strip()}"


async def front_door() -> None:
    print("Time to ack, the row committed, through the console's HTTP and its own message store;")
    print("beside each, the longest that a process which only sleeps was kept waiting meanwhile")
    for _ in range(ROUNDS):
        print(f"  bare aiohttp, 200/s                 {await watched(bare(200, 8))}")
        only_web = ack(200, 8, "--only", "web")
        print(f"  handrail --only web, 200/s          {await watched(only_web)}")
    async with server("model_server") as url:
        for _ in range(ROUNDS):
            whole = ack(15, 10, OPENAI_BASE_URL=f"{url}/v1", HANDRAIL_MODEL_FAST="bench")
            print(f"  handrail, 15 turns/s in one process {await watched(whole)}", flush=True)


# ---- a turn ---------------------------------------------------------------------------------


@asynccontextmanager
async def app_with(**environment: str) -> AsyncGenerator[tuple[App, "Watched"]]:
    platform = Watched()
    async with folder() as data:
        pack = {"HANDRAIL_DATA": str(data), "HANDRAIL_PACK": str(hurried(data))}
        settings = read({**pack, **environment})
        async with open_app(settings, platforms={"web": platform}) as app:
            await prepare(app)
            yield app, platform


def message(number: int) -> Message:
    place = Place(platform="web", workspace="sample", channel="town-square", thread=f"t{number}")
    return Message(
        id=f"web:{number}", organisation="sample", at=datetime.now(UTC),
        sender=Sender(platform="web", workspace="sample", user="sam"), place=place,
        message=f"m{number}", text="My VPN keeps dropping", mentioned=True,
    )  # fmt: skip


async def whole_turn(app: App, number: int) -> None:
    """Inbox, turn and outbox, without procrastinate's own share: see `through_the_queue`."""
    event = message(number)
    await app.store.accept(event)
    await app.worker.work(event.id)
    async with app.engine.connect() as connection:
        rows = await connection.execute(text("SELECT id FROM outbox ORDER BY made_at"))
        ids = [row[0] for row in rows]
    for id in ids:
        await app.worker.deliver(id)


async def through_the_queue(app: App, first: int, count: int) -> None:
    queue = app.queue()
    queue.start()
    for number in range(first, first + count):
        await app.store.accept(message(number))
    while True:
        async with app.engine.connect() as connection:
            left = await connection.execute(
                text(
                    "SELECT (SELECT count(*) FROM procrastinate_jobs)"
                    " + (SELECT count(*) FROM outbox)"
                )
            )
            if not left.scalar():
                break
        await asyncio.sleep(0.05)
    await queue.stop()


async def bare_openai(client: openai.AsyncOpenAI) -> float:
    """The base: the same two streamed calls with the same tool, and nothing else.

    Returns when the first sentence was whole.
    """
    lines: list[Any] = [{"role": "user", "content": "My VPN keeps dropping"}]
    told, text, words = "", "", 0.0
    for _ in range(2):
        stream = await client.chat.completions.create(
            model="bench", messages=lines, tools=[TOOL], stream=True,
            stream_options={"include_usage": True},
        )  # fmt: skip
        async for chunk in stream:
            delta = chunk.choices[0].delta if chunk.choices else None
            if delta and delta.tool_calls and delta.tool_calls[0].function:
                told += delta.tool_calls[0].function.arguments or ""
            text += (delta and delta.content) or ""
            if not words and ". " in text:
                words = time.perf_counter()
        function = {"name": "search_handbook", "arguments": told}
        call = {"id": "c1", "type": "function", "function": function}
        lines.append({"role": "assistant", "content": None, "tool_calls": [call]})
        lines.append({"role": "tool", "tool_call_id": "c1", "content": "{}"})
    return words


async def cpu_of(work: Callable[[int], Awaitable[None]], count: int) -> tuple[float, float]:
    """(CPU ms of this process, wall ms) of one."""
    cpu, wall = time.process_time(), time.perf_counter()
    for number in range(count):
        await work(number)
    return (
        (time.process_time() - cpu) / count * 1000,
        (time.perf_counter() - wall) / count * 1000,
    )


class Watched(FakePlatform):
    """Notes when a reader first saw something, and first saw words."""

    status: float = 0
    words: float = 0

    async def begin(self, place: Place, status: str, key: str) -> str | None:
        self.status, self.words = time.perf_counter(), 0
        return await super().begin(place, status, key)

    async def show(self, place: Place, message: str, text: str) -> None:
        self.words = self.words or time.perf_counter()
        await super().show(place, message, text)


async def first_word(app: App, platform: Watched) -> None:
    """From accept to what a reader sees; the model server's own time is in it."""
    seen: list[tuple[float, float]] = []
    for number in range(9000, 9100):
        started = time.perf_counter()
        await whole_turn(app, number)
        seen.append((platform.status - started, platform.words - started))
    status, words = (statistics.median(x) * 1000 for x in zip(*seen, strict=True))
    print(f"  to the first visible sign          {status:6.1f} ms (the status line)")
    print(f"  to the first visible words         {words:6.1f} ms (checked, a whole sentence)")


async def turns() -> None:
    print("A whole turn: two streamed model calls (43 pieces), one tool call; CPU of our process")
    async with server("model_server") as url:
        client = openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="none")
        await bare_openai(client)
        first: list[float] = []

        async def once(_: int) -> None:
            started = time.perf_counter()
            first.append(await bare_openai(client) - started)

        base, base_wall = await cpu_of(once, TURNS)
        words = statistics.median(first) * 1000
        print(f"  to the same words, bare openai loop {words:5.1f} ms (the base)")
        environment = {"OPENAI_BASE_URL": f"{url}/v1", "HANDRAIL_MODEL_FAST": "bench"}
        async with app_with(**environment) as (app, platform):
            await cpu_of(lambda n: whole_turn(app, n), 20)
            await first_word(app, platform)
            cpu, wall = await cpu_of(lambda n: whole_turn(app, 1000 + n), TURNS)
            # The turns above left their jobs behind: they are not to be paid for here.
            await through_the_queue(app, 4999, 1)
            started = time.process_time()
            await through_the_queue(app, 5000, TURNS)
            queued = (time.process_time() - started) / TURNS * 1000
        async with app_with() as (app, _):
            await cpu_of(lambda n: whole_turn(app, n), 20)
            quoted, quoted_wall = await cpu_of(lambda n: whole_turn(app, 1000 + n), TURNS)
    print(f"  bare openai loop                   {base:6.1f} ms CPU   {base_wall:6.1f} ms")
    print(f"  turn, called directly              {cpu:6.1f} ms CPU   {wall:6.1f} ms")
    ratio = f"{queued / base:.1f} x the bare loop, {1000 / queued:.0f} turns/s on one core"
    print(f"  turn, through the queue            {queued:6.1f} ms CPU   {ratio}")
    print(f"  turn, offline, called directly     {quoted:6.1f} ms CPU   {quoted_wall:6.1f} ms")


# ---- memory ---------------------------------------------------------------------------------


async def memory() -> None:
    print(f"Memory of the process (RSS), offline, over {CONVERSATIONS} conversations")
    process = psutil.Process(os.getpid())
    async with app_with() as (app, platform):
        await cpu_of(lambda n: whole_turn(app, n), 50)
        print(f"  at rest                            {process.memory_info().rss / 2**20:6.0f} MB")
        for number in range(100, 100 + CONVERSATIONS):
            await whole_turn(app, number)
            platform.messages.clear()
            platform.keys.clear()
            if number % 2500 == 0:
                size = process.memory_info().rss / 2**20
                print(f"  after {number:6d}                       {size:6.0f} MB", flush=True)


PARTS = {"ack": front_door, "turn": turns, "memory": memory}

if __name__ == "__main__":
    for name in sys.argv[1:] or PARTS:
        asyncio.run(PARTS[name]())
