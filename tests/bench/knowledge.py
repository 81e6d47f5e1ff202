"""`make bench`: the handbook's search beside SQLite's and PostgreSQL's, on the same passages."""

import asyncio
import gc
import hashlib
import json
import random
import re
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import numpy as np
import psutil
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.knowledge.folder import FolderReader
from adapters.knowledge.handbook import Handbook
from adapters.knowledge.meaning import Floats, Meaning
from adapters.knowledge.passages import Origin
from adapters.knowledge.source import PACK as PACK_SOURCE
from adapters.knowledge.sync import sync
from adapters.knowledge.words import _FILLER as FILLER  # pyright: ignore[reportPrivateUsage]
from adapters.store.database import engine as open_engine
from adapters.store.database import migrate
from adapters.store.embedded import EmbeddedPostgres
from tests.bench.heard import examples
from tests.bench.quality import PACK
from tests.conftest import DATA
from tests.fakes import SAM

PAGES, SECTIONS = 12_500, 8
QUERIES = 1_000
DIMENSIONS = 384
NOBODY = frozenset[str]()
NEW = "moonbase"
"""A word that no page has at first."""

Search = Callable[[str], Awaitable[object]]


class Hashed:
    """Vectors that mean nothing, at no cost: what an embedder takes is its own affair."""

    name = "hashed"

    async def embed(self, texts: Sequence[str], *, asked: bool = False) -> Floats:
        rows = [_generator(x).standard_normal(DIMENSIONS, np.float32) for x in texts]
        return np.stack(rows)


def _generator(said: str) -> np.random.Generator:
    seed = hashlib.sha256(said.encode()).digest()[:8]
    return np.random.default_rng(int.from_bytes(seed, "big"))


def real(folder: Path) -> bool:
    """The handbook that lies beside the project. False: it does not."""
    source = DATA / "kb" / "docs_civicactions.jsonl"
    if not source.is_file():
        return False
    for line in source.read_text().splitlines():
        page = json.loads(line)
        (folder / page["path"]).parent.mkdir(parents=True, exist_ok=True)
        (folder / page["path"]).write_text(page["text"])
    return True


def generated(folder: Path) -> None:
    """Sentences of the sample handbook, with names and numbers of each page's own."""
    chance = random.Random(1)  # noqa: S311 (the same in each run)
    own = "\n".join(x.read_text() for x in sorted((PACK / "handbook").rglob("*.md")))
    sentences = [x for x in re.findall(r"[A-Z][^.\n|#]{30,160}\.", own)]
    for page in range(PAGES):
        lines = [f"# Page {page} of {_name(chance)}"]
        for section in range(SECTIONS):
            said = " ".join(chance.choices(sentences, k=4))
            lines.append(f"## {_name(chance)} {section}\n{said} Ask {_name(chance)}.\n")
        where = folder / f"{page % 100}" / f"{page}.md"
        where.parent.mkdir(parents=True, exist_ok=True)
        where.write_text("\n".join(lines))


def _name(chance: random.Random) -> str:
    """One of some thousands."""
    return "".join(chance.choices(["ka", "ri", "mo", "tel", "san", "vu", "ber", "lin"], k=4))


def asked() -> list[str]:
    every = examples(PACK)
    chance = random.Random(2)  # noqa: S311
    return chance.choices([*every["it"], *every["hr"]], k=QUERIES)


async def timed(search: Search, queries: Sequence[str]) -> list[float]:
    """Milliseconds of each."""
    took: list[float] = []
    for query in queries:
        start = time.perf_counter()
        await search(query)
        took.append((time.perf_counter() - start) * 1e3)
        await asyncio.sleep(0)
    return took


def show(what: str, took: Sequence[float]) -> None:
    ordered = sorted(took)
    p50, p99 = ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.99)]
    print(f"  {what:44} p50 {p50:7.2f} ms   p99 {p99:7.2f} ms   ({len(ordered)})", flush=True)


async def measure(
    engine: AsyncEngine, address: str, folder: Path, organisation: str, by: str
) -> None:
    """One handbook by words (`by` empty) or also by meaning."""
    gc.collect()
    before = psutil.Process().memory_info().rss
    meaning = Meaning(Hashed()) if by else None
    handbook = Handbook(engine, meaning=meaning)
    await handbook.start()

    async def search(query: str) -> object:
        return await handbook.search(organisation, SAM, query, 5)

    start = time.perf_counter()
    synced = await handbook.sync(organisation, folder, "", NOBODY)
    print(f"  {synced.passages:,} passages{by}: read, kept and indexed in ", end="")
    print(f"{time.perf_counter() - start:.1f} s", end="")
    start = time.perf_counter()
    await handbook.filled()
    vectors = f", vectors kept in {time.perf_counter() - start:.1f} s" if by else ""
    gc.collect()
    grown = (psutil.Process().memory_info().rss - before) / 1e6
    print(f"{vectors}, {grown:.0f} MB more", flush=True)
    show(f"Handrail{by}", await timed(search, asked()))
    if not by:
        await _while_changing(handbook, address, folder, organisation, search)
    await handbook.stop()


async def _while_changing(
    handbook: Handbook, address: str, folder: Path, organisation: str, search: Search
) -> None:
    """Another process changes a page: this one only follows."""
    page = next(iter(sorted(folder.rglob("*.md"))))
    page.write_text(page.read_text() + f"\n\nOne more sentence, about the {NEW}.\n")
    command = (sys.executable, "-m", "tests.bench.knowledge", address, organisation, str(folder))
    other = await asyncio.create_subprocess_exec(*command)
    update = asyncio.create_task(other.wait())
    queries = asked()
    took: list[float] = []
    seen = changed = 0.0
    while not (seen and changed):
        took += await timed(search, [queries[len(took) % QUERIES]])
        await asyncio.sleep(0.002)
        if update.done() and not changed:
            changed = time.perf_counter()
        if not seen and await handbook.search(organisation, SAM, NEW, 1):
            seen = time.perf_counter()
    show("Handrail, while a page is changed", took)
    print(f"  seen {max(seen - changed, 0):.2f} s after the process that changed it", flush=True)


async def change(address: str, organisation: str, folder: Path) -> None:
    engine = open_engine(address, organisation)
    origin = Origin(link_base="", specialists=NOBODY)
    await sync(engine, organisation, PACK_SOURCE, FolderReader(folder), origin)
    await engine.dispose()


async def sqlite(engine: AsyncEngine, organisation: str) -> None:
    rows = await _rows(engine, organisation)
    database = sqlite3.connect(":memory:")
    database.execute("CREATE VIRTUAL TABLE f USING fts5(trail, text, tokenize='porter')")
    start = time.perf_counter()
    database.executemany("INSERT INTO f VALUES (?, ?)", rows)
    print(f"  SQLite FTS5, in memory: indexed in {time.perf_counter() - start:.1f} s")

    async def search(query: str) -> object:
        match = " OR ".join(f'"{x}"' for x in _words(query)) or '"?"'
        found = "SELECT rowid FROM f WHERE f MATCH ? ORDER BY bm25(f) LIMIT 5"
        return database.execute(found, (match,)).fetchall()

    show("SQLite FTS5", await timed(search, asked()))
    database.close()


async def postgres(engine: AsyncEngine, organisation: str) -> None:
    start = time.perf_counter()
    async with engine.begin() as connection:
        await connection.execute(
            text(
                "CREATE TEMP TABLE f AS SELECT id, to_tsvector('english',"
                " array_to_string(trail, ' ') || ' ' || text) AS v"
                " FROM handbook_sections WHERE organisation = :o"
            ),
            {"o": organisation},
        )
        await connection.execute(text("CREATE INDEX ON f USING gin (v)"))
        await connection.execute(text("ANALYZE f"))
        print(f"  PostgreSQL full text: indexed in {time.perf_counter() - start:.1f} s")
        found = text(
            "SELECT id FROM f, to_tsquery('english', :q) q WHERE v @@ q"
            " ORDER BY ts_rank_cd(v, q) DESC LIMIT 5"
        )

        async def search(query: str) -> object:
            return await connection.execute(found, {"q": " | ".join(_words(query)) or "x"})

        show("PostgreSQL full text", await timed(search, asked()[:50]))
        await connection.execute(text("DROP TABLE f"))


def _words(query: str) -> list[str]:
    return [x for x in re.findall(r"[a-z0-9]+", query.lower()) if x not in FILLER]


async def _rows(engine: AsyncEngine, organisation: str) -> list[tuple[str, str]]:
    async with engine.connect() as connection:
        found = await connection.execute(
            text(
                "SELECT array_to_string(trail, ' '), text FROM handbook_sections"
                " WHERE organisation = :o"
            ),
            {"o": organisation},
        )
        return [(row[0], row[1]) for row in found]


async def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="handrail-bench-"))
    async with AsyncExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        folder.chmod(0o755)
        server = EmbeddedPostgres(folder / "postgres")
        addresses = await server.start()
        stack.push_async_callback(server.stop)
        await migrate(addresses.owner, addresses.application)
        print("\n-- search; the embedding call apart")
        for name, write in (("real", real), ("generated", generated)):
            (folder / name).mkdir()
            if write(folder / name) is False:
                print("  the real handbook is not beside the project", file=sys.stderr)
                continue
            engine = open_engine(addresses.application, name)
            stack.push_async_callback(engine.dispose)
            await measure(engine, addresses.application, folder / name, name, "")
            await sqlite(engine, name)
            await postgres(engine, name)
            await measure(engine, addresses.application, folder / name, name, " with vectors")


if __name__ == "__main__":
    if sys.argv[1:]:
        asyncio.run(change(sys.argv[1], sys.argv[2], Path(sys.argv[3])))
    else:
        asyncio.run(main())
