"""Hears of every change in the workspace, by whichever process, and wakes who waits for one."""

import asyncio
import logging
from typing import cast

import psycopg
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.ending import ended
from adapters.web.workspace import NOTIFY

logger = logging.getLogger(__name__)

_ALIVE = 15.0
"""Seconds between questions whether the connection still stands."""
_AGAIN = 1.0
"""Seconds before a lost connection is made again."""


class Feed:
    """Runs from `start` to `stop`. Who waits reads again from where it was: nothing is missed."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._next = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.ended = False

    @property
    def change(self) -> asyncio.Event:
        """Set at the next change, or at the end. Take it before reading, wait for it after."""
        return self._next

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        self.ended = True
        self.wake()
        await ended(self._task)

    def wake(self) -> None:
        """As a change does: also for what the workspace does not know, such as skipped time."""
        self._next.set()
        if not self.ended:
            self._next = asyncio.Event()

    async def _run(self) -> None:
        while True:
            try:
                await self._listen()
            except (SQLAlchemyError, psycopg.Error, OSError) as error:
                logger.warning("feed lost the database", extra={"error": type(error).__name__})
                await asyncio.sleep(_AGAIN)

    async def _listen(self) -> None:
        async with self._engine.connect() as connection:
            try:
                await self._hear(connection)
            finally:
                # It listens: not one that the pool may give to others.
                await connection.invalidate()

    async def _hear(self, connection: AsyncConnection) -> None:
        raw = await connection.get_raw_connection()
        line = cast("psycopg.AsyncConnection[tuple[object, ...]]", raw.driver_connection)
        await line.set_autocommit(True)
        await line.execute(f"LISTEN {NOTIFY}")
        # What happened while nobody listened.
        self.wake()
        while True:
            async for _ in line.notifies(timeout=_ALIVE):
                self.wake()
            await line.execute("SELECT 1")
