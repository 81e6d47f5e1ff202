"""Sources that keep themselves: read when they are due, by one replica, whatever fails."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.clock import SystemClock
from adapters.knowledge import catalog, storage
from adapters.knowledge.keeping import Keeper
from adapters.knowledge.source import Source
from adapters.knowledge.sources.opening import checked
from adapters.store.database import engine as open_engine
from adapters.store.embedded import Addresses
from tests.site import Site

FERN = "fern"


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with Site().open() as site:
        site.page("/a", "<main><h1>A</h1><p>Words.")
        yield site


class Company:
    """Its handbook, and the replicas that keep it."""

    def __init__(self, database: Addresses) -> None:
        self._url = database.application
        self.engine = self._engine()
        self.clock = SystemClock()
        self.told: list[tuple[str, datetime, str]] = []
        self._engines = [self.engine]
        self._keepers: list[Keeper] = []

    def _engine(self) -> AsyncEngine:
        return open_engine(self._url, FERN)

    def keeper(self) -> Keeper:
        engine = self._engine()
        keeper = Keeper(engine, FERN, frozenset(), self.clock, self._tell, pause=0.02)
        self._engines.append(engine)
        self._keepers.append(keeper)
        keeper.start()
        return keeper

    async def _tell(self, source: str, since: datetime, why: str) -> None:
        self.told.append((source, since, why))

    async def add(self, address: str, name: str = "x", every: int | None = 60) -> None:
        often = timedelta(minutes=every) if every else None
        await catalog.add(
            self.engine, FERN, checked(Source(name=name, address=address, every=often))
        )

    async def listed(self, name: str = "x") -> catalog.Listed:
        return next(x for x in await catalog.listed(self.engine, FERN) if x.source.name == name)

    async def until(self, holds: Callable[[catalog.Listed], bool], name: str = "x") -> None:
        for _ in range(2000):
            if holds(await self.listed(name)):
                return
            await asyncio.sleep(0.01)
        raise AssertionError(await self.listed(name))

    async def pass_time(self, minutes: float) -> None:
        """For the database, whose clock decides: all that was happened so much earlier."""
        async with self.engine.begin() as connection:
            await connection.execute(
                text(
                    "UPDATE handbook_sources SET tried_at = tried_at - :by,"
                    " synced_at = synced_at - :by, failing_since = failing_since - :by"
                ),
                {"by": timedelta(minutes=minutes)},
            )

    async def texts(self) -> dict[str, str]:
        async with self.engine.connect() as connection:
            return {x.page: x.text for x in await storage.load(connection, FERN)}

    async def stop(self) -> None:
        for keeper in self._keepers:
            await keeper.stop()
        for engine in self._engines:
            await engine.dispose()


@pytest.fixture
async def company(database: Addresses) -> AsyncIterator[Company]:
    company = Company(database)
    yield company
    await company.stop()


def _lists(site: Site) -> int:
    """How often it was asked for its pages."""
    return site.asked.count("/sitemap.xml")


async def busy(site: Site, pages: int) -> None:
    """Returns when so many are asked for."""
    for _ in range(2000):
        if site.most >= pages:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(site.asked)


async def test_a_source_is_read_when_it_is_added_and_again_when_it_is_due(
    company: Company, site: Site
) -> None:
    company.keeper()
    await company.add(f"{site.url}/sitemap.xml")
    await company.until(lambda x: x.synced_at is not None)
    first = await company.listed()
    assert (first.pages, first.due) == (1, False)
    assert first.next_at
    assert first.synced_at
    assert first.next_at - first.synced_at == timedelta(hours=1)
    await company.pass_time(59)
    site.page("/b", "<main><h1>B</h1><p>More.")
    assert not (await company.listed()).due
    await company.pass_time(2)
    await company.until(lambda x: x.pages == 2)
    assert _lists(site) == 2


async def test_what_is_off_is_read_by_nobody(company: Company, site: Site) -> None:
    await company.add(f"{site.url}/sitemap.xml", "off", every=None)
    await company.add(f"{site.url}/sitemap.xml")
    company.keeper()
    await company.until(lambda x: x.synced_at is not None)
    off = await company.listed("off")
    assert (off.synced_at, off.next_at, off.due) == (None, None, False)


async def test_of_many_replicas_one_reads_and_another_takes_over(
    company: Company, site: Site
) -> None:
    await company.add(f"{site.url}/sitemap.xml")
    site.together = asyncio.Barrier(2)
    replicas = [company.keeper() for _ in range(3)]
    async with asyncio.timeout(20):
        await site.together.wait()
    await company.until(lambda x: x.synced_at is not None)
    assert (_lists(site), site.most) == (1, 1)
    for replica in replicas:
        site.together = asyncio.Barrier(1)
        await replica.stop()
        company.keeper()
        before = _lists(site)
        await company.pass_time(61)
        await company.until(lambda x: not x.due and x.synced_at is not None)
        assert _lists(site) == before + 1


async def test_a_replica_whose_connection_breaks_makes_room(company: Company, site: Site) -> None:
    await company.add(f"{site.url}/sitemap.xml")
    company.keeper()
    await company.until(lambda x: x.synced_at is not None)
    async with company.engine.connect() as connection:
        await connection.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'")
        )
    await company.pass_time(61)
    await company.until(lambda x: not x.due)
    assert _lists(site) == 2


async def test_what_fails_is_tried_again_ever_later_and_nothing_is_lost(
    company: Company, site: Site
) -> None:
    await company.add(f"{site.url}/sitemap.xml")
    company.keeper()
    await company.until(lambda x: x.pages == 1)
    await company.pass_time(61)
    site.fails = {"/sitemap.xml": [404] * 9}
    waits: list[float] = []
    for failures in range(1, 10):
        await company.until(lambda x: not x.due and bool(x.problem))
        now = await company.listed()
        assert now.next_at
        async with company.engine.connect() as connection:
            tried_at = await connection.scalar(text("SELECT tried_at FROM handbook_sources"))
        waits.append((now.next_at - tried_at).total_seconds() / 60)
        assert "status 404" in now.problem
        assert now.failing_since
        assert _lists(site) == 1 + failures
        await company.pass_time(waits[-1])
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert await company.texts() == {"x:a": "Words."}
    await company.until(lambda x: x.problem == "")
    well = await company.listed()
    assert (well.failing_since, well.due) == (None, False)


async def test_a_missing_credential_is_named_and_harms_no_other(
    company: Company, site: Site
) -> None:
    await company.add("https://acme.atlassian.net/wiki/spaces/HR", "hr")
    await company.add(f"{site.url}/sitemap.xml")
    company.keeper()
    await company.until(lambda x: x.pages == 1)
    await company.until(lambda x: bool(x.problem), "hr")
    assert "CONFLUENCE_TOKEN" in (await company.listed("hr")).problem


async def test_admins_hear_of_it_after_a_day_and_of_the_same_stretch_once(
    company: Company, site: Site
) -> None:
    await company.add(f"{site.url}/sitemap.xml")
    site.fails = {"/sitemap.xml": [404] * 3}
    company.keeper()
    await company.until(lambda x: bool(x.problem) and not x.due)
    assert company.told == []
    for _ in range(2):
        await company.pass_time(24 * 60)
        await company.until(lambda x: not x.due)
    (one, two) = company.told
    assert one[0] == "x"
    assert "status 404" in one[2]
    # The database's clock was set, not ours: what counts is that each stretch has one beginning.
    assert two[1] - one[1] == -timedelta(days=1)


async def test_a_stop_in_the_middle_leaves_nothing_half(company: Company, site: Site) -> None:
    await company.add(f"{site.url}/sitemap.xml")
    keeper = company.keeper()
    await company.until(lambda x: x.pages == 1)
    site.page("/a", "<main><h1>A</h1><p>Other words.")
    site.page("/b", "<main><h1>B</h1><p>More.")
    site.together = asyncio.Barrier(9)
    site.most = 0
    await company.pass_time(61)
    await busy(site, 2)
    await keeper.stop()
    assert await company.texts() == {"x:a": "Words."}
    assert (await company.listed()).due
    await site.together.abort()
    site.together = asyncio.Barrier(1)
    company.keeper()
    await company.until(lambda x: x.pages == 2)
    assert await company.texts() == {"x:a": "Other words.", "x:b": "More."}


async def test_a_source_that_is_removed_while_it_is_read_stays_away(
    company: Company, site: Site
) -> None:
    await company.add(f"{site.url}/sitemap.xml")
    await company.add(f"{site.url}/sitemap.xml", "other")
    site.together = asyncio.Barrier(3)
    company.keeper()
    await busy(site, 2)
    await catalog.remove(company.engine, FERN, "x")
    await site.together.wait()
    await company.until(lambda x: x.pages == 1, "other")
    assert [x.source.name for x in await catalog.listed(company.engine, FERN)] == ["other"]
    assert await company.texts() == {"other:a": "Words."}
