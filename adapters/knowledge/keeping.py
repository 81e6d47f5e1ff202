"""Keeps the sources read: each when it is due, by one replica at a time."""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.ending import ended
from adapters.knowledge import catalog
from adapters.knowledge.passages import Origin
from adapters.knowledge.source import Source, SourceError
from adapters.knowledge.sources.fetch import web
from adapters.knowledge.sources.opening import reader
from adapters.knowledge.sync import Synced, sync
from bot.ports import Clock

logger = logging.getLogger(__name__)

_LOCK = 4_723_004
_AT_ONCE = 2
"""Sources that are read at the same time."""
_LONG = timedelta(days=1)
_BROKEN = "It failed unexpectedly: the log says how."

Tell = Callable[[str, datetime, str], Awaitable[None]]
"""Of a source that fails for long: its name, since when, and why."""


async def read(
    engine: AsyncEngine,
    organisation: str,
    source: Source,
    specialists: frozenset[str],
    clock: Clock,
) -> Synced:
    """Sync a source that an admin added. Raises `SourceError`: its pages stay."""
    origin = Origin(
        link_base=source.link or "/handbook/",
        specialists=specialists,
        specialist=source.specialist,
        prefix=f"{source.name}:",
        how=repr((source.address, sorted(source.groups.items()))),
    )
    async with web() as session:
        opened = reader(source, os.environ, session, clock)
        return await sync(engine, organisation, source.name, opened, origin)


class Keeper:
    """Any number of replicas may run one: the first reads, until its connection ends."""

    def __init__(
        self,
        engine: AsyncEngine,
        organisation: str,
        specialists: frozenset[str],
        clock: Clock,
        tell: Tell,
        pause: float = 10.0,
    ) -> None:
        """`pause`: seconds between two looks at what is due."""
        self._engine = engine
        self._organisation = organisation
        self._specialists = specialists
        self._clock = clock
        self._tell = tell
        self._pause = pause
        self._lanes = asyncio.Semaphore(_AT_ONCE)
        self._reading: set[str] = set()
        self._running: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._running = asyncio.create_task(self._run(), name="keeper")

    async def stop(self) -> None:
        """What is being read is left as it was, and read again by the next who looks."""
        await ended(self._running)

    async def _run(self) -> None:
        while True:
            try:
                await self._lead()
            except Exception as error:
                logger.warning(
                    "a look failed", extra={"part": "sources", "error": type(error).__name__}
                )
            await asyncio.sleep(self._pause)

    async def _lead(self) -> None:
        """Returns when another replica does it. Raises when the database is away."""
        async with self._engine.connect() as connection:
            try:
                await connection.execution_options(isolation_level="AUTOCOMMIT")
                alone = func.pg_try_advisory_lock(_LOCK, func.hashtext(self._organisation))
                if not await connection.scalar(select(alone)):
                    return
                async with asyncio.TaskGroup() as group:
                    while True:
                        await self._look(connection, group)
                        await asyncio.sleep(self._pause)
            finally:
                await connection.invalidate()  # with it the lock is free

    async def _look(self, connection: AsyncConnection, group: asyncio.TaskGroup) -> None:
        await connection.execute(select(1))  # raises when it is lost, and the lock with it
        busy = frozenset(self._reading)  # may be done before the list is, which then is old news
        for x in await catalog.listed(self._engine, self._organisation):
            if x.due and x.source.name not in busy | self._reading:
                self._reading.add(x.source.name)
                group.create_task(self._keep(x.source), name=f"source {x.source.name}")

    async def _keep(self, source: Source) -> None:
        """Never raises: what fails is told, and tried again later."""
        try:
            async with self._lanes:
                await self._read(source)
        except Exception as error:
            logger.warning(
                "a look failed", extra={"part": source.name, "error": type(error).__name__}
            )
        finally:
            self._reading.discard(source.name)

    async def _read(self, source: Source) -> None:
        try:
            done = await read(
                self._engine, self._organisation, source, self._specialists, self._clock
            )
        except SourceError as error:
            return await self._failed(source, str(error))
        except Exception:
            logger.exception("a source could not be read", extra={"source": source.name})
            return await self._failed(source, _BROKEN)
        counts = {"added": done.added, "changed": done.changed, "removed": done.removed}
        skipped = len(done.skipped)
        logger.info(
            "a source was read", extra={"source": source.name, "skipped": skipped, **counts}
        )

    async def _failed(self, source: Source, why: str) -> None:
        logger.warning("a source could not be read", extra={"source": source.name, "why": why})
        since = await catalog.failed(self._engine, self._organisation, source.name, why)
        if since is not None and self._clock.now() - since >= _LONG:
            await self._tell(source.name, since, why)
