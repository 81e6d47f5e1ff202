"""The database that the settings name, whose organisation's it is, and the key to it."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncEngine

from adapters import sample
from adapters.ending import ended
from adapters.settings import Settings
from adapters.store import database
from adapters.store.cipher import Cipher, key_from_file
from adapters.store.embedded import EmbeddedError, EmbeddedPostgres

logger = logging.getLogger(__name__)

_LOOK = 1.0
"""Seconds between two looks at the embedded database."""


class NotMigrated(Exception):
    """`str()` says what to do."""


@asynccontextmanager
async def opened(settings: Settings) -> AsyncGenerator[AsyncEngine]:
    """For one command. Raises `NotMigrated`, and `KeyMismatch`."""
    async with AsyncExitStack() as stack:
        url = await database_of(settings, stack)
        engine = database.engine(url, organisation_of(settings), size=4)
        stack.push_async_callback(engine.dispose)
        at = await database.version(engine)
        if at != database.newest():
            raise NotMigrated(f"The database is at version {at}; run handrail migrate.")
        await Cipher(engine, key_of(settings)).check()
        yield engine


def organisation_of(settings: Settings) -> str:
    """Settings know one company; its cases and the demonstration's never meet."""
    return sample.ORGANISATION if settings.demonstration else "company"


def key_of(settings: Settings) -> str:
    return settings.key or key_from_file(settings.data / "key")


async def database_of(settings: Settings, stack: AsyncExitStack) -> str:
    """The application's address of a database at the newest schema."""
    if settings.database_url:
        if settings.migrate_url:
            await database.migrate(settings.migrate_url, settings.database_url)
        return settings.database_url
    embedded = EmbeddedPostgres(settings.data / "postgres")
    addresses = await embedded.start()
    stack.push_async_callback(embedded.stop)
    keeper = asyncio.create_task(_keep(embedded), name="embedded database")
    stack.push_async_callback(ended, keeper)
    await database.migrate(addresses.owner, addresses.application)
    return addresses.application


async def _keep(embedded: EmbeddedPostgres) -> None:
    """Whatever ends the server, or the process that owned it: have it running again."""
    while True:
        await asyncio.sleep(_LOOK)
        try:
            await embedded.start()
        except EmbeddedError as error:
            logger.error("the embedded database does not start", extra={"error": str(error)})
