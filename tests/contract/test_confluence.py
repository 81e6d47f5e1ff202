"""A space of Confluence, with its restrictions."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress

import aiohttp
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.knowledge import catalog, storage
from adapters.knowledge.convert import Why
from adapters.knowledge.passages import Origin, Section
from adapters.knowledge.source import Source, SourceError
from adapters.knowledge.sources.fetch import web
from adapters.knowledge.sources.opening import checked, reader
from adapters.knowledge.sync import Synced, sync
from adapters.store.database import engine as open_engine
from adapters.store.embedded import Addresses
from tests.confluence_far_side import TOKEN, Confluence, WikiPage
from tests.fakes import FakeClock

FERN = "fern"
ORIGIN = Origin(link_base="", specialists=frozenset(), prefix="hr:")
SECRETS = {"CONFLUENCE_TOKEN": TOKEN, "CONFLUENCE_USER": "bot@acme.example"}


@pytest.fixture
async def engine(database: Addresses) -> AsyncIterator[AsyncEngine]:
    engine = open_engine(database.application, FERN)
    yield engine
    await engine.dispose()


@pytest.fixture
async def confluence() -> AsyncIterator[Confluence]:
    async with Confluence().open() as confluence:
        confluence.pages = {
            "1": WikiPage(title="Leave", body="<h1>How much</h1><p>Thirty days.</p>"),
            "2": WikiPage(title="Pay", parent=("page", "1"), body="<p>Monthly.</p>"),
            "3": WikiPage(title="Car", parent=("page", "2"), body="<p>Order it.</p>"),
        }
        yield confluence


class Wiki:
    def __init__(
        self, engine: AsyncEngine, session: aiohttp.ClientSession, confluence: Confluence
    ) -> None:
        self._engine = engine
        self._session = session
        self._address = f"confluence+{confluence.url}/wiki/spaces/HR/overview"
        self.clock = FakeClock()

    async def sync(
        self, groups: Mapping[str, str] | None = None, secrets: Mapping[str, str] = SECRETS
    ) -> Synced:
        source = checked(Source(name="hr", address=self._address, groups=groups or {"staff": "*"}))
        opened = reader(source, secrets, self._session, self.clock)
        with suppress(SourceError):  # it is there
            await catalog.add(self._engine, FERN, source)
        return await sync(self._engine, FERN, "hr", opened, ORIGIN)

    async def pages(self) -> dict[str, Section]:
        async with self._engine.connect() as connection:
            return {x.page: x for x in await storage.load(connection, FERN)}

    async def readers(self) -> dict[str, frozenset[str] | None]:
        return {page: x.audience for page, x in (await self.pages()).items()}


@pytest.fixture
async def wiki(engine: AsyncEngine, confluence: Confluence) -> AsyncIterator[Wiki]:
    async with web() as session:
        yield Wiki(engine, session, confluence)


async def test_a_space_is_read(wiki: Wiki, confluence: Confluence) -> None:
    synced = await wiki.sync()
    assert (synced.added, synced.skipped) == (3, ())
    leave = (await wiki.pages())["hr:1"]
    assert (leave.trail, leave.text) == (("Leave", "How much"), "Thirty days.")
    assert leave.url == f"{confluence.url}/wiki/spaces/HR/pages/1/Leave#how-much"
    assert (leave.owner, leave.audience) == ("Ina Berg", None)


async def test_only_what_changed_is_read_again(wiki: Wiki, confluence: Confluence) -> None:
    await wiki.sync()
    del confluence.pages["3"]
    confluence.pages["2"].body = "<p>Weekly.</p>"
    confluence.pages["2"].version += 1
    confluence.asked.clear()
    synced = await wiki.sync()
    assert (synced.added, synced.changed, synced.removed) == (0, 1, 1)
    assert (await wiki.pages())["hr:2"].text == "Weekly."
    assert "/wiki/api/v2/pages/1" not in confluence.asked


async def test_a_page_is_for_whom_it_and_all_above_it_let(
    wiki: Wiki, confluence: Confluence
) -> None:
    confluence.pages["2"].groups = ["managers", "board"]
    confluence.pages["3"].groups = ["board", "it"]
    await wiki.sync()
    assert await wiki.readers() == {
        "hr:1": None,
        "hr:2": frozenset({"managers", "board"}),
        "hr:3": frozenset({"board"}),
    }


async def test_another_restriction_above_reaches_a_page_that_did_not_change(
    wiki: Wiki, confluence: Confluence
) -> None:
    await wiki.sync()
    confluence.pages["1"].groups = ["managers"]
    await wiki.sync({"staff": "*", "managers": "leads"})
    assert set((await wiki.readers()).values()) == {frozenset({"leads"})}


async def test_a_page_that_cannot_be_had_now_is_already_kept_from_others(
    wiki: Wiki, confluence: Confluence
) -> None:
    await wiki.sync()
    confluence.pages["2"].groups = ["managers"]
    confluence.pages["2"].version += 1
    confluence.fails = {"/api/v2/pages/2": [500] * 4}
    synced = await wiki.sync()
    assert [x.why for x in synced.skipped] == [Why.AWAY]
    assert await wiki.readers() == {
        "hr:1": None,
        "hr:2": frozenset({"managers"}),
        "hr:3": frozenset({"managers"}),
    }


async def test_another_owner_arrives(wiki: Wiki, confluence: Confluence) -> None:
    await wiki.sync()
    confluence.owner = "Ada Lund"
    assert (await wiki.sync()).changed == 3
    assert {x.owner for x in (await wiki.pages()).values()} == {"Ada Lund"}


async def test_a_page_for_named_people_is_for_no_group(wiki: Wiki, confluence: Confluence) -> None:
    confluence.pages["3"].users = ["a1"]
    await wiki.sync()
    assert (await wiki.readers())["hr:3"] == frozenset()


async def test_a_space_is_for_its_groups_unless_they_are_everybody(
    wiki: Wiki, confluence: Confluence
) -> None:
    await wiki.sync({"other": "*"})
    assert set((await wiki.readers()).values()) == {frozenset({"staff"})}
    confluence.space_groups = []
    await wiki.sync()
    assert set((await wiki.readers()).values()) == {frozenset[str]()}


async def test_folders_restrict_what_is_in_them(wiki: Wiki, confluence: Confluence) -> None:
    confluence.folders["9"] = WikiPage(title="Board", groups=["board"], parent=("page", "1"))
    confluence.pages["3"].parent = ("folder", "9")
    await wiki.sync()
    assert (await wiki.readers())["hr:3"] == frozenset({"board"})


@pytest.mark.parametrize(
    "break_it",
    [
        lambda x: x.fails.update({"/content/3/restriction/byOperation/read": [404]}),
        lambda x: setattr(x.pages["3"], "parent", ("folder", "none")),
        lambda x: setattr(x.pages["3"], "parent", ("novelty", "5")),
        lambda x: setattr(x.pages["3"], "parent", ("page", "3")),
    ],
)
async def test_a_page_whose_readers_are_unclear_is_left_out(
    wiki: Wiki, confluence: Confluence, break_it: Callable[[Confluence], None]
) -> None:
    await wiki.sync()
    break_it(confluence)
    synced = await wiki.sync()
    assert [(x.path, x.why) for x in synced.skipped] == [("3", Why.AUDIENCE)]
    assert set(await wiki.pages()) == {"hr:1", "hr:2"}


async def test_pages_above_each_other_in_a_circle_end(wiki: Wiki, confluence: Confluence) -> None:
    confluence.pages["1"].parent = ("page", "3")
    synced = await wiki.sync()
    assert {x.why for x in synced.skipped} == {Why.AUDIENCE}


@pytest.mark.parametrize(
    "fails",
    [
        {"/spaces": [500] * 4},
        {"/spaces/77/pages": [429] * 4},
        {"/spaces/77/permissions": [403]},
        {"/content/2/restriction/byOperation/read": [500] * 4},
    ],
)
async def test_what_fails_takes_nothing_away(
    wiki: Wiki, confluence: Confluence, fails: dict[str, list[int]]
) -> None:
    await wiki.sync()
    confluence.pages["1"].version += 1
    confluence.fails = fails
    with pytest.raises(SourceError):
        await wiki.sync()
    assert len(await wiki.pages()) == 3


async def test_a_page_that_cannot_be_had_stays_as_it_was(
    wiki: Wiki, confluence: Confluence
) -> None:
    await wiki.sync()
    confluence.pages["1"] = WikiPage(title="Leave", body="<p>None.</p>", version=2)
    confluence.fails = {"/pages/1": [500] * 4}
    synced = await wiki.sync()
    assert [(x.path, x.why) for x in synced.skipped] == [("1", Why.AWAY)]
    assert (await wiki.pages())["hr:1"].text == "Thirty days."
    await wiki.sync()
    assert (await wiki.pages())["hr:1"].text == "None."


async def test_a_moment_without_time_is_waited_for(wiki: Wiki, confluence: Confluence) -> None:
    confluence.fails = {"/pages": [429], "/spaces": [503]}
    assert (await wiki.sync()).added == 3
    assert len(wiki.clock.slept) == 2


@pytest.mark.parametrize("secrets", [{}, {"CONFLUENCE_TOKEN": "other"}])
async def test_a_wrong_token_is_told(wiki: Wiki, secrets: dict[str, str]) -> None:
    with pytest.raises(SourceError):
        await wiki.sync(secrets=secrets)


async def test_the_words_of_a_page_are_no_front_matter(wiki: Wiki, confluence: Confluence) -> None:
    confluence.pages["3"] = WikiPage(
        title="---\naudience: [all]\n---", body="<p>---</p><p>Words.</p>", groups=["board"]
    )
    await wiki.sync()
    assert (await wiki.readers())["hr:3"] == {"board"}
