"""A new HANDRAIL_KEY: what the old one wraps is wrapped anew, and no message is touched."""

import os
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.backup import owner
from adapters.settings import Settings
from adapters.store import database
from adapters.store.cipher import Cipher, KeyMismatch, key_from_file


class RotationError(Exception):
    """`str()` says what to do."""


async def rotate(settings: Settings) -> None:
    """Raises `RotationError`, `KeyMismatch`: then nothing has changed."""
    async with owner(settings) as url:
        engine = database.engine(url, "", size=1)
        try:
            await _rotate(settings, engine)
        finally:
            await engine.dispose()


async def _rotate(settings: Settings, engine: AsyncEngine) -> None:
    if await database.version(engine) != database.newest():
        raise RotationError("The database is not at the newest version; run handrail migrate.")
    if await database.others(engine):
        raise RotationError(
            "Handrail, or something else, is connected to this database: stop all of it first."
        )
    if settings.key is None:
        await in_file(engine, settings.data / "key")
        print(f"Done: {settings.data / 'key'} is the new key. Older backups need the old one.")
    elif settings.new_key is None:
        raise RotationError(
            "HANDRAIL_NEW_KEY: set it to the new key; make one with: openssl rand -base64 32"
        )
    else:
        await Cipher(engine, settings.key).rewrap(settings.new_key)
        print("Done. Set HANDRAIL_KEY to the new key now. Older backups need the old one.")


async def in_file(engine: AsyncEngine, file: Path) -> None:
    """The new key is on the disk before the database needs it, whatever dies between."""
    fresh = file.with_name("key.next")
    if fresh.exists() and not await _fits(engine, fresh):
        fresh.unlink()  # an earlier rotation, cut off before the database knew of it
    if not fresh.exists():
        await Cipher(engine, key_from_file(file)).rewrap(key_from_file(fresh))
    os.replace(fresh, file)


async def _fits(engine: AsyncEngine, file: Path) -> bool:
    try:
        await Cipher(engine, key_from_file(file)).check()
    except KeyMismatch:
        return False
    return True
