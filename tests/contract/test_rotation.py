"""A new key: everything opens with it and nothing with the old one, wherever it was cut off."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters import rotation
from adapters.settings import Settings, read
from adapters.store.chain import Signer
from adapters.store.cipher import Cipher, KeyMismatch
from adapters.store.database import engine as open_engine
from adapters.store.embedded import Addresses
from adapters.store.seal import Sealer
from adapters.store.vault import PostgresVault
from adapters.store.verify import verify
from tests.contract.store_contract import ORG
from tests.contract.test_rights import lived
from tests.contract.test_store import KEY, SECRET, opened

NEW = "another key for tests, long enough to be one"


def settings(database: Addresses, **more: str) -> Settings:
    given = {"DATABASE_URL": database.application, "HANDRAIL_KEY": KEY}
    return read({**given, "HANDRAIL_MIGRATE_URL": database.owner, **more})


@asynccontextmanager
async def engine_of(database: Addresses) -> AsyncIterator[AsyncEngine]:
    engine = open_engine(database.application, ORG)
    yield engine
    await engine.dispose()


async def told_to_nobody(_: object) -> None: ...


async def test_everything_opens_with_the_new_key_only(database: Addresses) -> None:
    async with opened(database.application) as ports:
        await lived(ports)
        signer = Signer(await ports.cipher.signing_seed())
        await Sealer(ports.engine, signer, told_to_nobody).look()
        sealed = await ports.cipher.seal(ORG, "sam", "row", b"words")
    for old, new in ((KEY, NEW), (NEW, KEY), (KEY, NEW)):
        await rotation.rotate(settings(database, HANDRAIL_KEY=old, HANDRAIL_NEW_KEY=new))
    async with engine_of(database) as engine:
        with pytest.raises(KeyMismatch):
            await Cipher(engine, KEY).check()
        with pytest.raises(InvalidTag):
            await Cipher(engine, KEY).unseal(ORG, "sam", "row", sealed)
        cipher = Cipher(engine, NEW)
        await cipher.check()
        assert await cipher.unseal(ORG, "sam", "row", sealed) == b"words"
        # The record's seals of before and of after are of one chain.
        again = Signer(await cipher.signing_seed())
        assert again.public == signer.public
        await Sealer(engine, again, told_to_nobody).look()
        assert [x.finding for x in await verify(engine, again.public, [])] == [None]
        values = await PostgresVault(engine, cipher).values(ORG, "sam")
        assert values == {"[EMAIL_1]": SECRET}


async def test_it_changes_nothing_with_a_wrong_key_or_without_a_new_one(
    database: Addresses,
) -> None:
    async with engine_of(database) as engine:
        await Cipher(engine, KEY).check()
    with pytest.raises(rotation.RotationError, match="HANDRAIL_NEW_KEY"):
        await rotation.rotate(settings(database))
    wrong = settings(database, HANDRAIL_KEY=f"not {KEY}", HANDRAIL_NEW_KEY=NEW)
    with pytest.raises(KeyMismatch):
        await rotation.rotate(wrong)
    async with engine_of(database) as engine:
        await Cipher(engine, KEY).check()


async def test_it_waits_until_handrail_is_stopped(database: Addresses) -> None:
    async with opened(database.application) as ports:
        await ports.cipher.check()
        with pytest.raises(rotation.RotationError, match="stop all of it"):
            await rotation.rotate(settings(database, HANDRAIL_NEW_KEY=NEW))


@pytest.mark.parametrize("cut_off", ["before it began", "before the database", "after it"])
async def test_a_key_file_is_the_right_one_wherever_it_was_cut_off(
    database: Addresses, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cut_off: str
) -> None:
    file, fresh = tmp_path / "key", tmp_path / "key.next"
    file.write_text(KEY)
    async with engine_of(database) as engine:
        await Cipher(engine, KEY).check()
        if cut_off != "before it began":
            fresh.write_text(NEW)
        if cut_off == "after it":
            owner = open_engine(database.owner, "")
            await Cipher(owner, KEY).rewrap(NEW)
            await owner.dispose()
    owner = open_engine(database.owner, "")
    await rotation.in_file(owner, file)
    await owner.dispose()
    assert not fresh.exists()
    assert file.read_text() != KEY
    assert (file.read_text() == NEW) == (cut_off == "after it")
    async with engine_of(database) as engine:
        await Cipher(engine, file.read_text()).check()
