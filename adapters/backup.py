"""Backup and restore: the database in one file. The key is kept apart, on purpose."""

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import psycopg

from adapters.settings import Settings
from adapters.store.embedded import EmbeddedPostgres, bin_folder


class BackupError(Exception):
    """`str()` says what to do."""


async def save(settings: Settings, file: Path) -> None:
    """Also while Handrail runs. Raises `BackupError`."""
    if file.exists():
        raise BackupError(f"{file} is there already; name another file.")
    partial = file.with_name(file.name + ".part")
    async with owner(settings) as url:
        await _call("pg_dump", "--format=custom", "--no-owner", f"--file={partial}", url)
    os.chmod(partial, 0o600)
    partial.replace(file)
    print(f"Saved to {file}. Without the key it cannot be read: keep {_key(settings)} as well.")


async def restore(settings: Settings, file: Path) -> None:
    """Into a database that is empty. Raises `BackupError`."""
    if not file.is_file():
        raise BackupError(f"{file}: there is no such file.")
    async with owner(settings) as url:
        async with await psycopg.AsyncConnection.connect(url) as connection:
            found = await connection.execute("SELECT to_regclass('alembic_version')")
            row = await found.fetchone()
        if row and row[0]:
            raise BackupError("The database is not empty; restore into one that is.")
        await _call(
            "pg_restore", "--no-owner", "--exit-on-error", "--single-transaction",
            f"--dbname={url}", str(file),
        )  # fmt: skip
    print(f"Restored. Start Handrail with the key of that time in {_key(settings)}.")


def _key(settings: Settings) -> str:
    return "HANDRAIL_KEY" if settings.key else str(settings.data / "key")


@asynccontextmanager
async def owner(settings: Settings) -> AsyncGenerator[str]:
    """The address of the database, as the role that owns its tables. Raises `BackupError`."""
    if settings.database_url is None:
        embedded = EmbeddedPostgres(settings.data / "postgres")
        addresses = await embedded.start()
        try:
            yield addresses.owner
        finally:
            await embedded.stop()
    elif settings.migrate_url is None:
        raise BackupError("HANDRAIL_MIGRATE_URL: set it; only the schema's owner sees everything.")
    else:
        yield settings.migrate_url


async def _call(program: str, *arguments: str) -> None:
    path = bin_folder() / program
    process = await asyncio.create_subprocess_exec(path, *arguments, stderr=asyncio.subprocess.PIPE)
    _, errors = await process.communicate()
    if process.returncode:
        raise BackupError(f"{program} did not succeed: {errors.decode(errors='replace').strip()}")
