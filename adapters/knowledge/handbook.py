"""The port `Knowledge`: a search index in memory for each handbook in the database."""

import asyncio
import logging
from pathlib import Path

from psycopg import AsyncConnection
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.knowledge import storage, sync
from adapters.knowledge.folder import FolderReader
from adapters.knowledge.meaning import Meaning
from adapters.knowledge.passages import Origin
from adapters.knowledge.readers import Readable
from adapters.knowledge.source import PACK
from adapters.knowledge.sync import Synced
from adapters.knowledge.vectors import Vectors, fill
from bot.people import Requester
from bot.ports import Page, Passage, Unavailable

logger = logging.getLogger(__name__)

_RETRY = 1.0
"""Seconds until the database is asked again after it failed."""
ANYBODY = Requester(id="", name="", email="", department="", location="", locale="", timezone="")
"""Of whom nothing is known. In most handbooks this one reads what everybody reads."""


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
        self._refreshing = asyncio.Lock()
        self._meaning = meaning
        self._following: asyncio.Task[None] | None = None
        self._filling: dict[str, asyncio.Task[None]] = {}

    async def start(self) -> None:
        """Load every handbook, then follow the changes. Raises if the database is away."""
        await self._refresh()
        self._following = asyncio.create_task(self._follow())

    async def stop(self) -> None:
        tasks = [*self._filling.values(), *filter(None, [self._following])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def filled(self) -> None:
        """Returns when every section that is there has its vector."""
        await asyncio.gather(*self._filling.values())

    async def search(
        self, organisation: str, reader: Requester, query: str, limit: int
    ) -> tuple[Passage, ...]:
        readable = self._readable.get(organisation)
        if readable is None:
            return ()
        question = await self._meaning.question(query) if self._meaning else None
        return await readable.search(reader, query, limit, question)

    async def passage(self, organisation: str, reader: Requester, id: str) -> Passage | None:
        readable = self._readable.get(organisation)
        return readable.passage(reader, id) if readable else None

    async def pages(self, organisation: str) -> tuple[Page, ...]:
        async with self._engine.connect() as connection:
            return await storage.known(connection, organisation)

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
        """Build each index again whose handbook is not the one that it was built from."""
        async with self._refreshing:
            async with self._engine.connect() as connection:
                versions = await storage.versions(connection)
            for organisation, version in versions.items():
                if self._versions.get(organisation) != version:
                    await self._build(organisation)
                    self._versions[organisation] = version

    async def _build(self, organisation: str) -> None:
        async with self._engine.connect() as connection:
            sections = await storage.load(connection, organisation)
        readable = Readable(sections)
        before = self._readable.get(organisation)
        # Who searched before is served from what was there until theirs is built.
        await readable.prepare(before.readers() if before else [ANYBODY])
        if self._meaning:
            readable.vectors = await asyncio.to_thread(Vectors, sections)
            if before and before.vectors:
                readable.vectors.adopt(before.vectors)
            if organisation in self._filling:
                self._filling[organisation].cancel()
            filling = self._fill(organisation, self._meaning, readable.vectors)
            self._filling[organisation] = asyncio.create_task(filling)
        self._readable[organisation] = readable
        logger.info(
            "A handbook's index was built.",
            extra={"organisation": organisation, "passages": len(sections)},
        )

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
