"""Rows of another organisation: not read, not written, not changed, whoever forges their ids."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import text

from adapters.store.database import engine as open_engine
from adapters.store.embedded import Addresses
from bot.ports import Rejected
from tests.contract.store_contract import (
    CHAT,
    ORG,
    REPLY,
    a_turn,
    begin,
    case,
    conversation,
    had,
    message,
    seen,
)
from tests.contract.test_rights import lived
from tests.contract.test_store import opened

OTHER = "another company"


@asynccontextmanager
async def as_the_other(database: Addresses) -> AsyncIterator[psycopg.AsyncConnection]:
    async with await psycopg.AsyncConnection.connect(
        database.application, autocommit=True
    ) as connection:
        await connection.execute("SELECT set_config('handrail.organisation', %s, false)", [OTHER])
        yield connection


async def tables(database: Addresses) -> list[str]:
    """Those with an organisation in each row."""
    async with await psycopg.AsyncConnection.connect(database.owner) as owner:
        found = await owner.execute(
            "SELECT table_name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND column_name = 'organisation'"
        )
        return [name for (name,) in await found.fetchall()]


async def test_no_row_of_any_table_is_read_changed_or_deleted(database: Addresses) -> None:
    async with opened(database.application) as ports:
        await lived(ports)
    filled = 0
    async with (
        await psycopg.AsyncConnection.connect(database.owner, autocommit=True) as owner,
        as_the_other(database) as other,
    ):
        for name in await tables(database):
            table = sql.Identifier(name)
            mine = sql.SQL("SELECT count(*) FROM {} WHERE organisation = %s").format(table)
            before = await (await owner.execute(mine, [ORG])).fetchone()
            assert await (await other.execute(mine, [ORG])).fetchone() == (0,), name
            for statement in ("DELETE FROM {}", "UPDATE {} SET organisation = organisation"):
                try:
                    done = await other.execute(
                        sql.SQL(statement + " WHERE organisation <> ''").format(table)  # pyright: ignore
                    )
                except psycopg.errors.InsufficientPrivilege:
                    continue
                assert done.rowcount == 0, name
            assert await (await owner.execute(mine, [ORG])).fetchone() == before, name
            filled += before != (0,)
    assert filled >= 10


async def test_no_row_is_written_for_another(database: Addresses) -> None:
    async with as_the_other(database) as other:
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
            await other.execute(
                "INSERT INTO switches (organisation, version, body) VALUES (%s, 1, '{}')", [ORG]
            )


async def test_a_connection_of_nobody_sees_nothing(database: Addresses) -> None:
    async with opened(database.application) as ports:
        await lived(ports)
    async with await psycopg.AsyncConnection.connect(database.application) as connection:
        for name in await tables(database):
            query = sql.SQL("SELECT count(*) FROM {} WHERE organisation <> ''")
            found = await connection.execute(query.format(sql.Identifier(name)))
            assert await found.fetchone() == (0,), name


async def test_a_worker_with_forged_ids_gets_nothing(database: Addresses) -> None:
    async with opened(database.application) as ports, opened(database.application, OTHER) as other:
        situation = await begin(ports, message())
        turn = replace(a_turn(situation).post(REPLY, CHAT), case=case())
        await ports.store.commit(situation, turn)
        await ports.store.accept(message("m2"))
        assert await other.store.take("m2") is None
        assert await other.store.cases_of(ORG, "sam") == ()
        assert await other.store.posted(ORG, "reply") is None
        assert await other.vault.values(ORG, "sam") == {}
        with pytest.raises(Rejected):
            await other.store.accept(message("m3"))
        assert await ports.store.take("m2") is not None


async def test_the_code_keeps_them_apart_as_well(database: Addresses) -> None:
    """For the owner of the tables there is no row-level security."""
    async with opened(database.owner) as ports:
        await had(ports, "o1", conversation())
        assert await seen(ports, message(organisation=OTHER)) == []
        assert await ports.store.cases_of(OTHER, "sam") == ()
        assert await ports.store.case_number(ORG) == await ports.store.case_number(OTHER)


async def test_an_address_with_options_of_its_own_keeps_them(database: Addresses) -> None:
    engine = open_engine(f"{database.application}&options=-c%20work_mem%3D5MB", OTHER)
    async with engine.connect() as connection:
        shown = await connection.execute(
            text("SELECT current_setting('work_mem'), current_setting('handrail.organisation')")
        )
        assert shown.one() == ("5MB", OTHER)
    await engine.dispose()
