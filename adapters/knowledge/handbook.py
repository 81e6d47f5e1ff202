"""The port `Knowledge`: a search index in memory for each handbook in the database."""

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path

from psycopg import AsyncConnection
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.ending import ended
from adapters.knowledge import solved, storage, sync
from adapters.knowledge.corpus import Corpus
from adapters.knowledge.folder import FolderReader
from adapters.knowledge.meaning import Meaning
from adapters.knowledge.passages import Origin, Section
from adapters.knowledge.readers import Readable
from adapters.knowledge.source import PACK
from adapters.knowledge.steps import gently
from adapters.knowledge.sync import Synced
from adapters.knowledge.vectors import Vectors, fill
from bot.people import Requester
from bot.ports import Article, Page, Passage, Unavailable

logger = logging.getLogger(__name__)

_RETRY = 1.0
"""Seconds until the database is asked again after it failed."""
_PAGES = 1000
"""Pages that are added at once. Whatever changes meanwhile is seen after them."""
_READ = 25
"""Pages that are read at once: searches go on between."""


class Handbook:
    """Answers from memory, also while the database is away."""

    def __init__(
        self, engine: AsyncEngine, *, poll: float = 10.0, meaning: Meaning | None = None
    ) -> None:
        """`poll`: seconds between looks for a change whose announcement was missed.

        `meaning` None: only words count.
        """
        self._engine = engine
        self._poll = poll
        self._readable: dict[str, Readable] = {}
        self._versions: dict[str, int] = {}
        self._marks: dict[str, dict[str, str]] = {}
        """Of the pages that are searched."""
        self._vectors: dict[str, Vectors] = {}
        self._refreshing = asyncio.Lock()
        self._meaning = meaning
        self._following: asyncio.Task[None] | None = None
        self._filling: dict[str, asyncio.Task[None]] = {}

    async def start(self) -> None:
        """Load every handbook, then follow the changes. Raises if the database is away."""
        await self._refresh()
        self._following = asyncio.create_task(self._follow())

    async def stop(self) -> None:
        await ended(*self._filling.values(), self._following)

    async def filled(self) -> None:
        """Returns when every section that is there has its vector."""
        await asyncio.gather(*self._filling.values())

    async def search(
        self, organisation: str, reader: Requester, query: str, limit: int
    ) -> tuple[Passage, ...]:
        question = await self._meaning.question(query) if self._meaning else None
        # Not before: it may have changed meanwhile.
        readable = self._readable.get(organisation)
        return readable.search(reader, query, limit, question) if readable else ()

    async def passage(self, organisation: str, reader: Requester, id: str) -> Passage | None:
        readable = self._readable.get(organisation)
        return readable.passage(reader, id) if readable else None

    async def pages(self, organisation: str) -> tuple[Page, ...]:
        async with self._engine.connect() as connection:
            return await storage.known(connection, organisation)

    async def publish(self, organisation: str, article: Article) -> str:
        return await solved.publish(self._engine, organisation, article)

    async def sync(
        self, organisation: str, folder: Path, link_base: str, specialists: frozenset[str]
    ) -> Synced:
        """Make the pack's part of the handbook equal to the folder.

        Raises `NotAHandbook`: nothing is changed.
        """
        origin = Origin(link_base=link_base, specialists=specialists)
        reader = FolderReader(folder)
        synced = await sync.sync(self._engine, organisation, PACK, reader, origin)
        await self._refresh()
        return synced

    async def _refresh(self) -> None:
        """Follow each handbook that is not as it was seen last."""
        async with self._refreshing:
            async with self._engine.connect() as connection:
                versions = await storage.versions(connection)
            for organisation, version in versions.items():
                if self._versions.get(organisation) != version:
                    await self._build(organisation)
                    self._versions[organisation] = version

    async def _build(self, organisation: str) -> None:
        """Until what is searched is what is kept: some pages after the others, and first of all,
        whatever else there is to do, nobody finds any longer what they may not read."""
        ready = False
        while not ready:
            ready = await self._some(organisation)
        corpus = self._readable[organisation].corpus
        if self._meaning:
            if organisation in self._filling:
                self._filling[organisation].cancel()
            filling = self._fill(organisation, self._meaning, self._vectors[organisation])
            self._filling[organisation] = asyncio.create_task(filling)
        logger.info(
            "A handbook's index was built.",
            extra={"organisation": organisation, "passages": len(corpus.ids)},
        )

    async def _some(self, organisation: str) -> bool:
        """True: there is no more to do."""
        seen = self._marks.setdefault(organisation, {})
        async with self._engine.connect() as connection:
            # What is read in turn is of one moment.
            await connection.execution_options(isolation_level="REPEATABLE READ")
            marks = await storage.marks(connection, organisation)
            changed = [page for page, mark in marks.items() if seen.get(page) != mark]
            before = [page for page in changed if page in seen]
            rules = await storage.rules(connection, organisation, before)
            gone = list(seen.keys() - marks.keys())
            corpus = self._readable.get(organisation, Readable(Corpus())).corpus
            if hidden := [*gone, *(page for page in before if corpus.rule(page) != rules[page])]:
                corpus = corpus.without(hidden)
                self._show(organisation, corpus)
            some = changed[:_PAGES]
            sections: list[Section] = []
            for start in range(0, len(some), _READ):
                few = some[start : start + _READ]
                sections += await storage.load(connection, organisation, few)
        await self._change(organisation, corpus, [*gone, *some], sections)
        for page in gone:
            del seen[page]
        seen.update((page, marks[page]) for page in some)
        return len(some) == len(changed)

    async def _change(
        self, organisation: str, corpus: Corpus, removed: list[str], added: Sequence[Section]
    ) -> None:
        changed = await gently(corpus.changed(removed, added))
        if self._meaning:
            rows = {changed.ids[section.id]: section for section in added}
            vectors = self._vectors.setdefault(organisation, Vectors())
            await gently(vectors.add(rows))
            self._show(organisation, changed)
            await gently(vectors.remove([x for page in removed for x in corpus.rows.get(page, ())]))
        else:
            self._show(organisation, changed)

    def _show(self, organisation: str, corpus: Corpus) -> None:
        self._readable[organisation] = Readable(corpus, self._vectors.get(organisation))

    async def _fill(self, organisation: str, meaning: Meaning, vectors: Vectors) -> None:
        """Until each section has its vector. Those that have none are found by words meanwhile."""
        while True:
            try:
                return await fill(self._engine, meaning, organisation, vectors)
            except Unavailable:
                meaning.is_down(True)
            except Exception:
                logger.exception("The handbook's vectors cannot be kept; trying again.")
            await asyncio.sleep(meaning.rest)

    async def _follow(self) -> None:
        while True:
            try:
                await self._listen()
            # Whatever it was: search goes on with what is there, and nobody else would try again.
            except Exception:
                logger.exception("Handbook changes cannot be followed; trying again.")
            await asyncio.sleep(_RETRY)

    async def _listen(self) -> None:
        async with self._engine.connect() as connection:
            try:
                await connection.execution_options(isolation_level="AUTOCOMMIT")
                driver = (await connection.get_raw_connection()).driver_connection
                assert isinstance(driver, AsyncConnection)
                await driver.execute(f"LISTEN {storage.CHANNEL}")
                while True:
                    await self._refresh()
                    async for _ in driver.notifies(timeout=self._poll, stop_after=1):
                        pass
            finally:
                await connection.invalidate()  # the pool's next user does not listen
