"""A library of SharePoint, through Graph: what changed, and for whom."""

from collections.abc import AsyncIterator, Mapping
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
from tests.documents import docx, paragraph
from tests.fakes import FakeClock
from tests.graph_far_side import File, Graph

FERN = "fern"
ORIGIN = Origin(link_base="", specialists=frozenset(), prefix="hr:")


@pytest.fixture
async def engine(database: Addresses) -> AsyncIterator[AsyncEngine]:
    engine = open_engine(database.application, FERN)
    yield engine
    await engine.dispose()


@pytest.fixture
async def graph() -> AsyncIterator[Graph]:
    async with Graph().open() as graph:
        leave = docx(paragraph("Annual leave", "Title"), paragraph("Thirty days."))
        graph.put("1", File(name="leave.docx", content=leave))
        graph.put("2", File(name="pay.md", content=b"# Pay\nMonthly."))
        graph.put("3", File(name="car.html", content=b"<p>Order it."))
        yield graph


class Drive:
    def __init__(self, engine: AsyncEngine, session: aiohttp.ClientSession, graph: Graph) -> None:
        self._engine = engine
        self._session = session
        self._graph = graph
        self.address = f"sharepoint+{graph.site}/sites/HR"
        self.clock = FakeClock()

    async def sync(
        self, groups: Mapping[str, str] | None = None, secrets: Mapping[str, str] | None = None
    ) -> Synced:
        source = checked(Source(name="hr", address=self.address, groups=groups or {"staff": "*"}))
        environment = self._graph.environment if secrets is None else secrets
        opened = reader(source, environment, self._session, self.clock)
        with suppress(SourceError):  # it is there
            await catalog.add(self._engine, FERN, source)
        return await sync(self._engine, FERN, "hr", opened, ORIGIN)

    async def pages(self) -> dict[str, Section]:
        async with self._engine.connect() as connection:
            return {x.page: x for x in await storage.load(connection, FERN)}

    async def texts(self) -> dict[str, str]:
        return {page: x.text for page, x in (await self.pages()).items()}


@pytest.fixture
async def drive(engine: AsyncEngine, graph: Graph) -> AsyncIterator[Drive]:
    async with web() as session:
        yield Drive(engine, session, graph)


def counted(synced: Synced) -> tuple[int, int, int]:
    return synced.added, synced.changed, synced.removed


async def test_a_library_is_read(drive: Drive, graph: Graph) -> None:
    synced = await drive.sync()
    assert (counted(synced), synced.skipped) == ((3, 0, 0), ())
    pages = await drive.pages()
    leave = pages["hr:1"]
    assert (leave.title, leave.text, leave.owner) == ("Annual leave", "Thirty days.", "Ina Berg")
    assert leave.url == f"{graph.site}/sites/HR/Documents/leave.docx#annual-leave"
    assert leave.audience is None
    assert pages["hr:3"].title == "car"


async def test_only_what_changed_is_read_again(drive: Drive, graph: Graph) -> None:
    await drive.sync()
    graph.put("2", File(name="pay.md", content=b"# Pay\nWeekly.", version=2))
    graph.put("4", File(name="new.md", content=b"# New\nWords."))
    graph.delete("3")
    graph.asked.clear()
    assert counted(await drive.sync()) == (1, 1, 1)
    assert await drive.texts() == {"hr:1": "Thirty days.", "hr:2": "Weekly.", "hr:4": "Words."}
    assert "/v1.0/drives/b!7/items/1/content" not in graph.asked
    assert counted(await drive.sync()) == (0, 0, 0)


async def test_another_name_and_another_owner_arrive_though_the_words_are_the_same(
    drive: Drive, graph: Graph
) -> None:
    await drive.sync()
    graph.put("3", File(name="cars.html", content=b"<p>Order it.", owner="Ada Lund"))
    assert counted(await drive.sync()) == (0, 1, 0)
    page = (await drive.pages())["hr:3"]
    assert (page.title, page.owner) == ("cars", "Ada Lund")
    assert "/cars.html" in page.url


async def test_a_page_that_cannot_be_had_now_is_already_kept_from_others(
    drive: Drive, graph: Graph
) -> None:
    await drive.sync()
    graph.put("3", File(name="car.html", content=b"<p>Lease it.", version=2, groups=["board"]))
    graph.fails = {"/items/3/content": [503] * 4}
    synced = await drive.sync()
    assert [x.why for x in synced.skipped] == [Why.AWAY]
    page = (await drive.pages())["hr:3"]
    assert (page.text, page.audience) == ("Order it.", frozenset({"board"}))
    assert counted(await drive.sync())[1] == 1
    assert (await drive.texts())["hr:3"] == "Lease it."


async def test_a_cursor_that_expired_begins_anew(drive: Drive, graph: Graph) -> None:
    await drive.sync()
    graph.delete("3")
    graph.changes = [("1", False), ("2", False)] * 3
    graph.oldest = 4
    assert counted(await drive.sync()) == (0, 0, 1)


async def test_readers_are_the_groups_that_it_was_shared_with(drive: Drive, graph: Graph) -> None:
    graph.put(
        "1", File(name="a.md", content=b"# A\nA.", groups=["g1"], site_groups=["HR Visitors"])
    )
    graph.put("2", File(name="b.md", content=b"# B\nB.", groups=[], links=["organization"]))
    graph.put("3", File(name="c.md", content=b"# C\nC.", groups=["staff", "g1"]))
    await drive.sync({"g1": "managers", "staff": "*"})
    assert {page: x.audience for page, x in (await drive.pages()).items()} == {
        "hr:1": {"managers", "HR Visitors"},
        "hr:2": frozenset(),
        "hr:3": None,
    }


async def test_another_audience_above_reaches_a_file_that_did_not_change(
    drive: Drive, graph: Graph
) -> None:
    await drive.sync()
    graph.files["1"].groups = ["board"]
    assert counted(await drive.sync()) == (0, 1, 0)
    assert (await drive.pages())["hr:1"].audience == {"board"}


async def test_another_name_for_a_group_reaches_every_file(drive: Drive) -> None:
    await drive.sync()
    await drive.sync({"staff": "people"})
    assert {x.audience for x in (await drive.pages()).values()} == {frozenset({"people"})}


async def test_a_library_may_be_named(drive: Drive) -> None:
    drive.address += "/Policies"
    assert counted(await drive.sync()) == (3, 0, 0)
    drive.address = drive.address.replace("Policies", "None")
    with pytest.raises(SourceError, match="None"):
        await drive.sync()


async def test_what_is_no_document_is_named(drive: Drive, graph: Graph) -> None:
    graph.put("5", File(name="x.xlsx"))
    graph.put("6", File(name="huge.pdf", size=2_000_000_000))
    graph.put("7", File(name="broken.docx", content=b"PK"))
    synced = await drive.sync()
    assert {x.path.partition(" ")[0]: x.why for x in synced.skipped} == {
        "5": Why.TYPE,
        "6": Why.LARGE,
        "7": Why.BROKEN,
    }


async def test_contents_come_from_graph_and_the_site_only(drive: Drive, graph: Graph) -> None:
    async with Graph().open() as other:
        other.files = graph.files
        graph.elsewhere = other.site
        synced = await drive.sync()
    assert {x.why for x in synced.skipped} == {Why.FORBIDDEN}
    assert await drive.texts() == {}


async def test_a_list_that_leads_elsewhere_is_not_followed(drive: Drive, graph: Graph) -> None:
    await drive.sync()
    async with drive._engine.begin() as connection:  # pyright: ignore[reportPrivateUsage]
        state = await storage.state(connection, FERN, "hr")
        change = storage.Change(
            pages={},
            sections=(),
            removed=(),
            made="",
            cursor="http://127.0.0.1:1/delta",
            skipped=(),
        )
        await storage.save(connection, FERN, "hr", state.version, change)
    with pytest.raises(SourceError):
        await drive.sync()


async def test_a_file_that_cannot_be_had_is_asked_for_again(drive: Drive, graph: Graph) -> None:
    await drive.sync()
    graph.put("1", File(name="leave.md", content=b"# Leave\nNone.", version=2))
    graph.fails = {"/items/1/content": [503] * 4}
    synced = await drive.sync()
    assert [(x.path, x.why) for x in synced.skipped] == [("1", Why.AWAY)]
    assert (await drive.texts())["hr:1"] == "Thirty days."
    await drive.sync()
    assert (await drive.texts())["hr:1"] == "None."


@pytest.mark.parametrize(
    "fails",
    [
        {"/root/delta": [500] * 4},
        {"/items/2/permissions": [503] * 4},
        {"/sites/HR": [403]},
        {"/token": [500] * 4},
    ],
)
async def test_what_fails_takes_nothing_away(
    drive: Drive, graph: Graph, fails: dict[str, list[int]]
) -> None:
    await drive.sync()
    graph.fails = fails
    with pytest.raises(SourceError):
        await drive.sync()
    assert len(await drive.pages()) == 3


async def test_a_moment_without_time_is_waited_for(drive: Drive, graph: Graph) -> None:
    graph.fails = {"/root/delta": [429], "/items/1/content": [503]}
    assert counted(await drive.sync()) == (3, 0, 0)
    assert drive.clock.slept == [2.0, 2.0]


@pytest.mark.parametrize("secrets", [{}, {"GRAPH_CLIENT_SECRET": "other"}])
async def test_wrong_credentials_are_told(
    drive: Drive, graph: Graph, secrets: dict[str, str]
) -> None:
    with pytest.raises(SourceError):
        await drive.sync(secrets={**graph.environment, **secrets} if secrets else {})
