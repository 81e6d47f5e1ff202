"""The database for one command: as the application's role, at the newest schema."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.app import database_of, key_of, organisation_of
from adapters.settings import Settings
from adapters.store import database
from adapters.store.cipher import Cipher


class NotMigrated(Exception):
    """`str()` says what to do."""


@asynccontextmanager
async def opened(settings: Settings) -> AsyncGenerator[AsyncEngine]:
    """Raises `NotMigrated`, and `KeyMismatch`."""
    async with AsyncExitStack() as stack:
        url = await database_of(settings, stack)
        engine = database.engine(url, organisation_of(settings), size=4)
        stack.push_async_callback(engine.dispose)
        at = await database.version(engine)
        if at != database.newest():
            raise NotMigrated(f"The database is at version {at}; run handrail migrate.")
        await Cipher(engine, key_of(settings)).check()
        yield engine
