"""The PostgreSQL that Handrail runs by itself when there is no DATABASE_URL.

One process owns the server: the one that holds the lock in its folder. Others on the same data
folder share it, and neither start nor stop it.

The server outlives an owner that is killed. Whoever calls `start` next becomes the owner, adopts
the server, and stops it when done. There is no PR_SET_PDEATHSIG, for three reasons: it goes by the
thread that forked, and ours end before the process does; the kernel drops it when the child
becomes another user; and it would take the database away from those who share it.
"""

import asyncio
import fcntl
import os
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from adapters.store.cluster import (
    PORT,
    find_server,
    find_socket,
    has_ended,
    launch,
    log_tail,
    make_ready,
    shut_down,
)
from adapters.store.unprivileged import (
    EmbeddedError,
    Home,
    bin_folder,
    find_home,
    runnable_bin_folder,
)

__all__ = ["Addresses", "EmbeddedError", "EmbeddedPostgres", "bin_folder"]

DATABASE = "handrail"
OWNER = "handrail_owner"
APPLICATION = "handrail_app"

PATIENCE = 120.0
"""Seconds for a crash recovery, or for the owner to make the database."""

PAUSE = 0.02


@dataclass(frozen=True, slots=True)
class Addresses:
    """URLs without a password: the system tells the server who connects."""

    application: str
    """No superuser, owns nothing, no BYPASSRLS."""
    owner: str
    """Owns the database and its schema (migrations). No superuser."""


class EmbeddedPostgres:
    """The server of one data folder, whoever runs it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._turn = asyncio.Lock()
        self._lock: int | None = None
        """A file descriptor. None: another process owns the server, or it is not started."""
        self._server: psutil.Process | None = None
        """What `stop` stops. None: nothing."""

    async def start(self) -> Addresses:
        """Have the database running and answering.

        Again, it finds out whether that still holds, and mends it: a server that died is started,
        and one whose owner died or stopped is taken over. Raises `EmbeddedError`.
        """
        async with self._turn:
            try:
                return await self._start()
            except OSError as error:
                raise EmbeddedError(
                    f"The embedded database cannot use {error.filename or self._folder}:"
                    f" {error.strerror or error}. Handrail needs a data folder that it may write"
                    " to, on a disk with room: mend that, or set HANDRAIL_DATA to another folder."
                ) from error

    async def stop(self) -> None:
        """Stop the server if we own it: sessions are ended, and all is written."""
        async with self._turn:
            await self._let_go()

    async def _start(self) -> Addresses:
        home = await asyncio.to_thread(find_home, self._folder)
        deadline = time.monotonic() + PATIENCE
        held = self._lock is not None
        while held or not self._take_lock(home):
            if socket := await _answers(home, DATABASE):
                return _addresses(socket)
            if held:
                break
            if time.monotonic() > deadline:
                raise EmbeddedError(
                    f"Another Handrail process holds {home.folder / 'lock'}, but its database does"
                    " not answer. Stop that process, and start again."
                )
            await asyncio.sleep(PAUSE)
        try:
            return _addresses(await self._wake(home))
        except BaseException:
            await self._let_go()
            raise

    def _take_lock(self, home: Home) -> bool:
        """It ends with the process, however that ends: no child of ours inherits it."""
        descriptor = os.open(home.folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(descriptor)
            if isinstance(error, BlockingIOError):
                return False
            raise
        self._lock = descriptor
        return True

    async def _wake(self, home: Home) -> Path:
        """Adopt the server that runs, or start one; see it answer; give it what it must have."""
        await asyncio.to_thread(make_ready, home)
        deadline, launched = time.monotonic() + PATIENCE, False
        while (socket := await _answers(home, "postgres")) is None:
            if self._server is not None and has_ended(self._server):
                self._server = None
                tail = log_tail(home)
                # After a crash, the old server's orphans take a moment to leave.
                if launched and "shared memory block" not in tail:
                    raise EmbeddedError(f"The embedded database does not start.\n{tail}")
            if time.monotonic() > deadline:
                self._server = None  # it goes on recovering, and the next start adopts it
                raise EmbeddedError(
                    f"The embedded database does not answer after {PATIENCE:.0f} s. If it is still"
                    f" recovering from a crash, start Handrail again.\n{log_tail(home)}"
                )
            if self._server is None:
                self._server = find_server(home)
            if self._server is None:
                binaries = await asyncio.to_thread(runnable_bin_folder, home)
                # Not in a thread: who cancels us would never learn of the server.
                self._server, launched = launch(home, binaries), True
            await asyncio.sleep(PAUSE)
        self._server = self._server or find_server(home)
        try:
            await _furnish(socket)
        except psycopg.Error as error:
            raise EmbeddedError(
                f"The embedded database cannot be set up: {error}\n{log_tail(home)}"
            ) from error
        return socket

    async def _let_go(self) -> None:
        server, self._server = self._server, None
        lock, self._lock = self._lock, None
        try:
            if server is not None:
                await asyncio.to_thread(shut_down, server)
        finally:
            if lock is not None:
                os.close(lock)


def _addresses(socket: Path) -> Addresses:
    # The port is said because PGPORT would change it.
    place = f"@/{DATABASE}?host={quote(str(socket))}&port={PORT}"
    return Addresses(f"postgresql://{APPLICATION}{place}", f"postgresql://{OWNER}{place}")


async def _connect(socket: Path, database: str) -> psycopg.AsyncConnection[tuple[object, ...]]:
    return await psycopg.AsyncConnection.connect(
        host=str(socket),
        port=PORT,
        user="postgres",
        dbname=database,
        connect_timeout=2,
        autocommit=True,
    )


async def _answers(home: Home, database: str) -> Path | None:
    """The socket on which the server of this very cluster answered. None: it did not."""
    socket = find_socket(home)
    if socket is None:
        return None
    try:
        async with await _connect(socket, database) as connection:
            row = await (await connection.execute("SHOW data_directory")).fetchone()
    except psycopg.OperationalError:
        return None
    return socket if row == (str(home.cluster),) else None


async def _furnish(socket: Path) -> None:
    """The two roles and the database. The database last: who shares the server waits for it."""
    async with await _connect(socket, "postgres") as connection:
        for role in (OWNER, APPLICATION):
            name = sql.Identifier(role)
            query = "SELECT FROM pg_roles WHERE rolname = %s"
            if await (await connection.execute(query, [role])).fetchone() is None:
                await connection.execute(sql.SQL("CREATE ROLE {}").format(name))
            powers = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"
            await connection.execute(sql.SQL("ALTER ROLE {} " + powers).format(name))
        query = "SELECT FROM pg_database WHERE datname = %s"
        if await (await connection.execute(query, [DATABASE])).fetchone() is None:
            await connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {} ENCODING 'UTF8'").format(
                    sql.Identifier(DATABASE), sql.Identifier(OWNER)
                )
            )
    async with await _connect(socket, DATABASE) as connection:
        await connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
