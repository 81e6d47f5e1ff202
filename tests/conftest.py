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
    postgres = EmbeddedPostgres(tmp_path_factory.mktemp("postgres"))
    addresses = await postgres.start()
    await migrate(addresses.owner, addresses.application)
    yield addresses
    await postgres.stop()


@pytest.fixture
async def database(server: Addresses) -> AsyncIterator[Addresses]:
    """A database of the test's own, at the newest schema."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    async with await psycopg.AsyncConnection.connect(
        _at(server.owner, "postgres"), autocommit=True
    ) as c:
        await c.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE handrail").format(sql.Identifier(name))
        )
    yield Addresses(application=_at(server.application, name), owner=_at(server.owner, name))
    async with await psycopg.AsyncConnection.connect(
        _at(server.owner, "postgres"), autocommit=True
    ) as c:
        await c.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _at(url: str, database: str) -> str:
    return url.replace("/handrail?", f"/{database}?")


DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
