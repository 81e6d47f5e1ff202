"""One real PostgreSQL for the whole run, and a fresh database for each test that wants one."""

import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from adapters.store.database import migrate
from adapters.store.embedded import Addresses, EmbeddedPostgres


@pytest.fixture(scope="session")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Addresses]:
    """Its database `handrail` is migrated, and serves as the template of the others."""
    folder = tmp_path_factory.mktemp("postgres")
    # As root the server is another user's process: it must be able to enter.
    for each in (folder, folder.parent, folder.parent.parent):
        each.chmod(0o755)
    postgres = EmbeddedPostgres(folder)
    addresses = await postgres.start()
    await migrate(addresses.owner, addresses.application)
    yield addresses
    await postgres.stop()


@pytest.fixture
async def database(server: Addresses) -> AsyncIterator[Addresses]:
    """A database of the test's own, at the newest schema."""
    name = sql.Identifier(f"test_{uuid.uuid4().hex[:12]}")
    await _as_superuser(
        server,
        sql.SQL("CREATE DATABASE {} TEMPLATE handrail OWNER handrail_owner").format(name),
    )
    here = name.as_string(None).strip('"')
    yield Addresses(application=_at(server.application, here), owner=_at(server.owner, here))
    await _as_superuser(server, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


async def _as_superuser(server: Addresses, statement: sql.Composed) -> None:
    url = _at(server.owner, "postgres").replace("handrail_owner", "postgres")
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute(statement)


def _at(url: str, database: str) -> str:
    return url.replace("/handrail?", f"/{database}?")


DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
