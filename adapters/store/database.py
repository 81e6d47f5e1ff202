"""The database: its migrations, its engine, and which of its errors time heals."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psycopg
from alembic import command
from alembic.config import Config
from psycopg import sql
from sqlalchemy import Row, TextClause, create_engine, make_url, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from bot.ports import Rejected, Unavailable

_MIGRATIONS = Path(__file__).parent / "migrations"
# Any constant: two replicas that start at once take turns.
_LOCK = 4_723_001


def engine(url: str, organisation: str, size: int = 10) -> AsyncEngine:
    """For the application's role, which sees the rows of this organisation only.

    A lost connection is replaced at its next use.
    """
    address = make_url(_driver(url))
    of = organisation.replace("\\", "\\\\").replace(" ", "\\ ")
    options = f"{address.query.get('options', '')} -c handrail.organisation={of}"
    return create_async_engine(
        address,
        pool_size=size,
        max_overflow=0,
        pool_timeout=10,
        pool_use_lifo=True,
        connect_args={"connect_timeout": 5, "prepare_threshold": 2, "options": options.strip()},
        hide_parameters=True,
    )


async def migrate(owner_url: str, application_url: str) -> None:
    """Bring the schema to the newest version, and let the application's role use it."""
    async with await psycopg.AsyncConnection.connect(application_url) as connection:
        cursor = await connection.execute("SELECT current_user")
        row = await cursor.fetchone()
    assert row
    await asyncio.to_thread(_upgrade, owner_url, str(row[0]))


def _upgrade(url: str, role: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    with create_engine(_driver(url), poolclass=NullPool).connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _LOCK})
        connection.commit()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        owner = connection.execute(text("SELECT current_user")).scalar_one()
        if owner != role:
            for statement in _GRANTS:
                connection.execute(text(statement.format(role=_quoted(role))))
        connection.commit()
        connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": _LOCK})
        connection.commit()


_GRANTS = (
    "GRANT USAGE ON SCHEMA public TO {role}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
    "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
    # The record and its seals are only ever added to, and nobody chooses a record's number.
    "REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON record FROM {role}",
    "GRANT INSERT (organisation, event, conversation, case_id, position, at, step, facts, about,"
    " said)"
    " ON record TO {role}",
    "REVOKE UPDATE, DELETE, TRUNCATE ON seal FROM {role}",
    "REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {role}",
)


async def version(application: AsyncEngine) -> str | None:
    """Which migration the database is at. None: it was never migrated."""
    async with application.connect() as connection:
        row = await connection.execute(text("SELECT to_regclass('alembic_version')"))
        if row.scalar() is None:
            return None
        row = await connection.execute(text("SELECT version_num FROM alembic_version"))
        return row.scalar()


async def others(engine: AsyncEngine) -> int:
    """How many other connections this database has."""
    async with engine.connect() as connection:
        found = await connection.execute(
            text(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND usename IS NOT NULL"
            )
        )
        return found.scalar_one()


def newest() -> str:
    return max(x.name.split("_")[0] for x in (_MIGRATIONS / "versions").glob("0*.py"))


async def run(
    engine: AsyncEngine, statement: TextClause, values: Mapping[str, object]
) -> Sequence[Row[Any]]:
    """One statement, which is a transaction by itself. `engine` is in autocommit.

    Done twice at most when the connection was lost: it must harm nobody if it was done already.
    """
    async with healing():
        try:
            return await _execute(engine, statement, values)
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
        # The pool has thrown away all connections of that time: the next one is fresh.
        return await _execute(engine, statement, values)


async def _execute(
    engine: AsyncEngine, statement: TextClause, values: Mapping[str, object]
) -> Sequence[Row[Any]]:
    async with engine.connect() as connection:
        result = await connection.execute(statement, values)
        return result.all() if result.returns_rows else ()


@asynccontextmanager
async def healing() -> AsyncGenerator[None]:
    """Turns what time heals into `Unavailable`: a lost connection, a start, a deadlock."""
    try:
        yield
    except (DBAPIError, PoolTimeout, OSError) as error:
        # Without the cause where it is refused: PostgreSQL quotes the row.
        state = str(getattr(getattr(error, "orig", None), "sqlstate", None))
        heals = not isinstance(error, DBAPIError) or error.connection_invalidated
        heals = heals or isinstance(error, OperationalError | InterfaceError)
        # An id that is too long for its index (class 54) never will be shorter.
        if heals and not state.startswith("54"):
            raise Unavailable(f"database: {type(error).__name__}") from error
        raise Rejected(f"database: {type(error).__name__} {state}") from None


def _driver(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


def _quoted(role: str) -> str:
    return sql.Identifier(role).as_string(None)
