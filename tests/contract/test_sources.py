"""Pages from elsewhere: a folder of documents, a website, a git repository."""

import asyncio
import gzip
import os
import subprocess
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.knowledge import catalog, storage
from adapters.knowledge.convert import Kind, Why
from adapters.knowledge.folder import FolderReader
from adapters.knowledge.matter import About
from adapters.knowledge.passages import Origin, Section
from adapters.knowledge.source import Document, Harvest, Reader, Source, SourceError
from adapters.knowledge.sources.fetch import web
from adapters.knowledge.sources.opening import checked, reader
from adapters.knowledge.sync import Synced, sync
from adapters.store.database import engine as open_engine
from adapters.store.embedded import Addresses
from tests.documents import docx, paragraph, pdf
from tests.fakes import FakeClock
from tests.site import Site

ROOT = Path(__file__).parents[2]
FERN = "fern"
ORIGIN = Origin(link_base="/handbook/", specialists=frozenset(), specialist="it", prefix="x:")


@pytest.fixture
async def engine(database: Addresses) -> AsyncIterator[AsyncEngine]:
    engine = open_engine(database.application, FERN)
    yield engine
    await engine.dispose()


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with web() as session:
        yield session


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with Site().open() as site:
        yield site


class Library:
    """One source of one organisation."""

    def __init__(self, engine: AsyncEngine, session: aiohttp.ClientSession) -> None:
        self.engine = engine
        self._session = session
        self.clock = FakeClock()

    def reader(self, address: str, **more: str) -> Reader:
        source = checked(Source(name="x", address=address))
        return reader(source, {**os.environ, **more}, self._session, self.clock)

    async def sync(self, address: str | Reader, origin: Origin = ORIGIN) -> Synced:
        opened = self.reader(address) if isinstance(address, str) else address
        with suppress(SourceError):  # it is there
            await catalog.add(self.engine, FERN, Source(name="x", address="/"))
        return await sync(self.engine, FERN, "x", opened, origin)

    async def sections(self) -> list[Section]:
        async with self.engine.connect() as connection:
            return await storage.load(connection, FERN)

    async def texts(self) -> dict[str, str]:
        """By page."""
        return {x.page: x.text for x in await self.sections()}


@pytest.fixture
def library(engine: AsyncEngine, session: aiohttp.ClientSession) -> Library:
    return Library(engine, session)


def skipped(synced: Synced) -> dict[str, Why]:
    return {x.path: x.why for x in synced.skipped}


def counted(synced: Synced) -> tuple[int, int, int]:
    return synced.added, synced.changed, synced.removed


# ---- a folder -------------------------------------------------------------------------------


async def test_a_folder_holds_documents_of_every_kind(library: Library, tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(pdf([(20, "Sick leave"), (11, "Call before nine.")]))
    (tmp_path / "b.docx").write_bytes(docx(paragraph("Car", "Title"), paragraph("Order it.")))
    (tmp_path / "c.html").write_text("<nav>Home</nav><main><h1>VPN</h1><p>For files.</p></main>")
    (tmp_path / "d.md").write_text("# Wi-Fi\nJoin it.")
    (tmp_path / "broken.docx").write_bytes(docx(paragraph("x"))[:200])
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7 and no more")
    (tmp_path / "secret.md").write_text("---\naudience: {all: no}\n---\n# Secret\nWords.")
    synced = await library.sync(str(tmp_path))
    assert counted(synced) == (4, 0, 0)
    assert skipped(synced) == {
        "broken.docx": Why.BROKEN,
        "broken.pdf": Why.BROKEN,
        "secret.md": Why.AUDIENCE,
    }
    assert [(x.trail, x.text, x.url) for x in await library.sections()] == [
        (("Sick leave",), "Call before nine.", "/handbook/a.pdf#page=1"),
        (("Car",), "Order it.", "/handbook/b.docx#car"),
        (("VPN",), "For files.", "/handbook/c.html#vpn"),
        (("Wi-Fi",), "Join it.", "/handbook/d.md#wi-fi"),
    ]


async def test_what_a_page_says_of_itself_is_kept(library: Library, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(
        "---\nowner: Ina\nreviewed: 2026-03-01\naudience: [hr, it]\napplies_to: {country: DE}\n"
        "locale: de\n---\n# Urlaub\nDreißig Tage."
    )
    await library.sync(str(tmp_path))
    (section,) = await library.sections()
    assert section.owner == "Ina"
    assert str(section.reviewed) == "2026-03-01"
    assert section.audience == {"hr", "it"}
    assert section.applies_to == {"country": {"DE"}}
    assert (section.locale, section.specialist) == ("de", "it")
    shown = await catalog.shown(library.engine, FERN, "x:a.md")
    assert (shown.owner, shown.audience, shown.source) == ("Ina", {"hr", "it"}, "x")


async def test_a_page_that_becomes_unreadable_is_not_shown_as_it_was(
    library: Library, tmp_path: Path
) -> None:
    (tmp_path / "a.md").write_text("# A\nEverybody may read this.")
    (tmp_path / "b.md").write_text("# B\nB.")
    await library.sync(str(tmp_path))
    (tmp_path / "a.md").write_text("---\naudience: [hr\n---\n# A\nOnly for some.")
    assert counted(await library.sync(str(tmp_path))) == (0, 0, 1)
    assert await library.texts() == {"x:b.md": "B."}


async def test_sources_do_not_touch_each_others_pages(library: Library, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# A\nWords.")
    await library.sync(str(tmp_path))
    other = Origin(link_base="", specialists=frozenset())
    await sync(library.engine, FERN, "pack", FolderReader(tmp_path), other)
    assert set(await library.texts()) == {"a.md", "x:a.md"}
    await catalog.remove(library.engine, FERN, "x")
    assert set(await library.texts()) == {"a.md"}


# ---- two at once, and half of one -----------------------------------------------------------


class Paused:
    """Reads a folder, but waits in the middle of it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.reached = asyncio.Event()
        self.go = asyncio.Event()

    async def read(self, harvest: Harvest) -> None:
        await FolderReader(self._folder).read(harvest)
        self.reached.set()
        await self.go.wait()


async def test_a_sync_that_was_overtaken_reads_again(library: Library, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# A\nOld.")
    slow = Paused(tmp_path)
    first = asyncio.create_task(library.sync(slow))
    await slow.reached.wait()
    (tmp_path / "a.md").write_text("# A\nNew.")
    assert counted(await library.sync(str(tmp_path))) == (1, 0, 0)
    slow.go.set()
    assert counted(await first) == (0, 0, 0)
    assert await library.texts() == {"x:a.md": "New."}


async def test_a_sync_that_is_cut_off_changes_nothing(library: Library, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# A\nOld.")
    await library.sync(str(tmp_path))
    (tmp_path / "a.md").write_text("# A\nNew.")
    slow = Paused(tmp_path)
    cut = asyncio.create_task(library.sync(slow))
    await slow.reached.wait()
    cut.cancel()
    await asyncio.gather(cut, return_exceptions=True)
    assert await library.texts() == {"x:a.md": "Old."}
    assert counted(await library.sync(str(tmp_path))) == (0, 1, 0)


async def test_a_reader_that_fails_midway_changes_nothing(library: Library) -> None:
    class Failing:
        async def read(self, harvest: Harvest) -> None:
            for number in range(3):
                await harvest.take(document(f"{number}"))
            if harvest.known:
                raise SourceError("It broke off.")

    await library.sync(Failing())
    with pytest.raises(SourceError):
        await library.sync(Failing())
    assert len(await library.sections()) == 3


def document(path: str, groups: frozenset[str] | None = None) -> Document:
    return Document(
        path=path,
        stamp="s",
        content=b"# A\nWords.",
        kind=Kind.MARKDOWN,
        about=About(audience=groups),
    )


class Telling:
    """Tells of one page and its readers, and then breaks off if it is to."""

    def __init__(self, *groups: str, everybody: bool = False, breaks: bool = False) -> None:
        self.groups = None if everybody else frozenset(groups)
        self._breaks = breaks

    async def read(self, harvest: Harvest) -> None:
        await harvest.take(document("a", self.groups))
        if self._breaks:
            raise SourceError("It broke off.")


@pytest.mark.parametrize(
    ("before", "told", "after"),
    [
        (Telling(everybody=True), Telling("hr", breaks=True), {"hr"}),
        (Telling("hr", "it"), Telling("it", "board", breaks=True), {"it"}),
        (Telling("hr"), Telling("it", breaks=True), set[str]()),
        (Telling("hr"), Telling("hr", "it", breaks=True), {"hr"}),
        (Telling("hr"), Telling(everybody=True, breaks=True), {"hr"}),
    ],
)
async def test_who_may_no_longer_read_a_page_loses_it_first_also_when_the_sync_fails(
    library: Library, before: Telling, told: Telling, after: set[str]
) -> None:
    await library.sync(before)
    with pytest.raises(SourceError):
        await library.sync(told)
    (section,) = await library.sections()
    assert section.audience == after
    await library.sync(before)
    (section,) = await library.sections()
    assert section.audience == (await catalog.shown(library.engine, FERN, "x:a")).audience
    assert section.audience == before.groups


async def test_a_page_whose_readers_became_unclear_is_nobodys_although_the_sync_fails(
    library: Library,
) -> None:
    class Unclear:
        async def read(self, harvest: Harvest) -> None:
            words = b"---\naudience: [hr\n---\n# A\nWords."
            content = words if harvest.known else b"# A\nWords."
            await harvest.take(Document(path="a", stamp="", content=content, kind=Kind.MARKDOWN))
            if harvest.known:
                raise SourceError("It broke off.")

    await library.sync(Unclear())
    with pytest.raises(SourceError):
        await library.sync(Unclear())
    (section,) = await library.sections()
    assert section.audience == frozenset()


@pytest.mark.parametrize("path", ["", "a\nb", "x" * 501])
async def test_an_unusable_path_is_named(library: Library, path: str) -> None:
    class Odd:
        async def read(self, harvest: Harvest) -> None:
            await harvest.take(document(path))

    synced = await library.sync(Odd())
    assert [x.why for x in synced.skipped] == [Why.NAME]


# ---- a website ------------------------------------------------------------------------------


async def test_a_website_is_read_by_its_sitemap(library: Library, site: Site) -> None:
    site.page("/it/vpn", '<html lang=en><main><h1>VPN</h1><h2 id="Drops">It drops</h2><p>Move.')
    site.pages["/a.pdf"] = ("application/pdf", pdf([(11, "Thirty days.")]))
    site.listed += ["/a.pdf", "/gone", "/a.pdf#part"]
    synced = await library.sync(f"{site.url}/sitemap.xml")
    assert counted(synced) == (2, 0, 0)
    assert skipped(synced) == {"gone": Why.UNREADABLE}
    pages = {x.page: x for x in await library.sections()}
    vpn = pages["x:it/vpn"]
    assert (vpn.trail, vpn.text, vpn.locale) == (("VPN", "It drops"), "Move.", "en")
    assert vpn.url == f"{site.url}/it/vpn#Drops"
    assert pages["x:a.pdf"].text == "Thirty days."


async def test_only_what_changed_is_read_again(library: Library, site: Site) -> None:
    for path in ("/a", "/b", "/c"):
        site.page(path, f"<main><h1>Page</h1><p>Words of {path}.")
    site.untagged.add("/c")
    address = f"{site.url}/sitemap.xml"
    await library.sync(address)
    assert counted(await library.sync(address)) == (0, 0, 0)
    site.listed.remove("/b")
    site.pages["/a"] = ("text/html", b"<main><h1>Page</h1><p>Other words.")
    assert counted(await library.sync(address)) == (0, 1, 1)
    assert await library.texts() == {"x:a": "Other words.", "x:c": "Words of /c."}


async def test_robots_are_respected(library: Library, site: Site) -> None:
    site.pages["/robots.txt"] = (
        "text/plain",
        b"User-agent: *\nDisallow: /private\nDisallow: /*.php$\nCrawl-delay: 3",
    )
    for path in ("/open", "/private/a", "/b.php", "/meta", "/header"):
        site.page(path, "<main><h1>Page</h1><p>Words.")
    site.pages["/meta"] = ("text/html", b'<meta name="robots" content="noindex"><p>Words.')
    site.headers["/header"] = {"X-Robots-Tag": "noindex"}
    synced = await library.sync(f"{site.url}/sitemap.xml")
    assert set(await library.texts()) == {"x:open"}
    assert set(skipped(synced).values()) == {Why.FORBIDDEN}
    assert "/private/a" not in site.asked
    assert "/b.php" not in site.asked
    assert library.clock.slept == [3.0] * 3


async def test_no_other_host_is_ever_asked(library: Library, site: Site) -> None:
    async with Site().open() as inside:
        inside.page("/secret", "<main><h1>Secret</h1><p>Words.")
        site.page("/open", "<main><h1>Open</h1><p>Words.")
        site.moved = {"/moved": f"{inside.url}/secret", "/round": "/round", "/odd": "http://[x"}
        site.listed += [f"{inside.url}/secret", "/moved", "/round", "/odd", "file:///etc/passwd"]
        site.listed += ["http://169.254.169.254/latest", "gopher://x/", "http://u:p@127.0.0.1/"]
        synced = await library.sync(f"{site.url}/sitemap.xml")
        assert inside.asked == []
    assert set(await library.texts()) == {"x:open"}
    assert set(skipped(synced).values()) == {Why.FORBIDDEN}


async def test_a_page_that_moved_on_its_host_is_linked_where_it_is(
    library: Library, site: Site
) -> None:
    site.page("/new", "<main><h1>VPN</h1><p>Words.")
    site.listed = ["/old"]
    site.moved = {"/old": "/new"}
    await library.sync(f"{site.url}/sitemap.xml")
    (section,) = await library.sections()
    assert (section.page, section.url) == ("x:old", f"{site.url}/new#vpn")


async def test_sitemaps_of_sitemaps_may_go_in_circles(library: Library, site: Site) -> None:
    def index(*places: str) -> tuple[str, bytes]:
        inner = "".join(f"<sitemap><loc>{x}</loc></sitemap>" for x in places)
        return "text/xml", f"<sitemapindex>{inner}</sitemapindex>".encode()

    site.page("/a", "<main><h1>A</h1><p>Words.")
    urls = f"<urlset><url><loc>{site.url}/a</loc></url></urlset>".encode()
    site.pages["/one.xml"] = index("/two.xml", "/one.xml", "http://127.0.0.1:1/x.xml")
    site.pages["/two.xml"] = index("/one.xml", "/three.xml.gz")
    site.pages["/three.xml.gz"] = ("application/gzip", gzip.compress(urls))
    synced = await library.sync(f"{site.url}/one.xml")
    assert set(await library.texts()) == {"x:a"}
    assert skipped(synced) == {"http://127.0.0.1:1/x.xml": Why.FORBIDDEN}


async def test_a_site_is_asked_again_when_it_has_no_time(library: Library, site: Site) -> None:
    site.page("/a", "<main><h1>A</h1><p>Words.")
    site.fails = {"/a": [429, 503, 500], "/sitemap.xml": [502]}
    assert counted(await library.sync(f"{site.url}/sitemap.xml")) == (1, 0, 0)
    assert library.clock.slept == [7.0] * 4


async def test_pages_are_read_a_few_at_a_time(library: Library, site: Site) -> None:
    for number in range(8):
        site.page(f"/{number}", "<main><h1>A</h1><p>Words.")
    site.together = asyncio.Barrier(4)
    async with asyncio.timeout(20):
        assert counted(await library.sync(f"{site.url}/sitemap.xml")) == (8, 0, 0)
    assert site.most == 4


class HeldClock(FakeClock):
    """Whoever sleeps does so until the test says so."""

    def __init__(self, sleepers: int) -> None:
        super().__init__()
        self._asleep = asyncio.Barrier(sleepers + 1)

    async def sleep(self, seconds: float) -> None:
        await self._asleep.wait()
        self.pass_time(seconds)

    async def all_asleep(self) -> None:
        await self._asleep.wait()


async def test_a_host_that_asks_one_to_wait_is_left_alone_by_all(
    library: Library, site: Site
) -> None:
    for number in range(40):
        site.page(f"/{number}", "<main><h1>A</h1><p>Words.")
    site.fails = {"/0": [429]}
    library.clock = clock = HeldClock(4)
    syncing = asyncio.create_task(library.sync(f"{site.url}/sitemap.xml"))
    async with asyncio.timeout(20):
        await clock.all_asleep()
        assert counted(await syncing) == (40, 0, 0)


async def test_a_host_that_falls_silent_is_not_asked_for_all_its_pages(
    library: Library, site: Site
) -> None:
    """Each would take minutes, and other sources would wait for it."""
    for number in range(40):
        site.page(f"/{number}", "<main><h1>A</h1><p>Words.")
    await library.sync(f"{site.url}/sitemap.xml")
    site.asked.clear()
    # One here and there is only skipped.
    site.dead = {f"/{x}" for x in range(0, 40, 2)}
    assert set(skipped(await library.sync(f"{site.url}/sitemap.xml")).values()) == {Why.AWAY}
    site.dead, site.asked = set(site.listed), []
    with pytest.raises(SourceError, match="does not answer any more"):
        await library.sync(f"{site.url}/sitemap.xml")
    assert len(set(site.asked) & site.dead) < 16
    assert len(await library.texts()) == 40


async def test_a_page_that_cannot_be_had_stays_as_it_was(library: Library, site: Site) -> None:
    site.page("/a", "<main><h1>A</h1><p>Words.")
    site.page("/b", "<main><h1>B</h1><p>More.")
    await library.sync(f"{site.url}/sitemap.xml")
    site.fails = {"/a": [500] * 4, "/b": [403]}
    synced = await library.sync(f"{site.url}/sitemap.xml")
    assert skipped(synced) == {"a": Why.AWAY, "b": Why.FORBIDDEN}
    assert await library.texts() == {"x:a": "Words."}


@pytest.mark.parametrize(
    "fails",
    [
        {"/sitemap.xml": [500] * 4},
        {"/sitemap.xml": [404]},
        {"/robots.txt": [503] * 4},
        {"/a": [404]},
    ],
)
async def test_a_site_that_is_down_takes_nothing_away(
    library: Library, site: Site, fails: dict[str, list[int]]
) -> None:
    site.page("/a", "<main><h1>A</h1><p>Words.")
    await library.sync(f"{site.url}/sitemap.xml")
    site.fails = fails
    with pytest.raises(SourceError):
        await library.sync(f"{site.url}/sitemap.xml")
    assert set(await library.texts()) == {"x:a"}


async def test_what_is_too_large_is_not_read_to_its_end(library: Library, site: Site) -> None:
    site.page("/a", "<main><h1>A</h1><p>Words.")
    site.page("/large", "x" * 20_000_001)
    site.page("/bomb", "")
    site.pages["/bomb"] = ("text/html", gzip.compress(b"x" * 30_000_000))
    site.headers["/bomb"] = {"Content-Encoding": "gzip"}
    synced = await library.sync(f"{site.url}/sitemap.xml")
    assert skipped(synced) == {"large": Why.LARGE, "bomb": Why.LARGE}


# ---- git ------------------------------------------------------------------------------------


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@b.example", *arguments],
        cwd=folder, check=True, capture_output=True,
    )  # fmt: skip


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    (folder / "docs").mkdir(parents=True)
    git(folder, "init", "-q", "-b", "main")
    (folder / "README.md").write_text("# Readme\nWords.")
    (folder / "docs/vpn.md").write_text("# VPN\nFor files.")
    (folder / "docs/out.md").symlink_to("/etc/passwd")
    commit(folder)
    return folder


def commit(folder: Path) -> None:
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "x")


async def test_a_repository_is_cloned(library: Library, repository: Path) -> None:
    address = f"git+file://{repository}#docs"
    origin = Origin(link_base="https://git.example/docs/", specialists=frozenset(), prefix="x:")
    assert counted(await library.sync(library.reader(address), origin)) == (2, 0, 0)
    pages = {x.page: x for x in await library.sections()}
    assert pages["x:vpn.md"].url == "https://git.example/docs/vpn.md#vpn"
    assert pages["x:out.md"].text == "/etc/passwd"  # a link is only the text that it is


async def test_a_repository_is_cloned_again_only_when_it_has_a_new_commit(
    library: Library, repository: Path
) -> None:
    address = f"git+file://{repository}"
    await library.sync(address)
    assert counted(await library.sync(address)) == (0, 0, 0)
    (repository / "README.md").unlink()
    (repository / "docs/vpn.md").write_text("# VPN\nFor nothing.")
    commit(repository)
    assert counted(await library.sync(address)) == (0, 1, 1)
    assert (await library.texts())["x:docs/vpn.md"] == "For nothing."


@pytest.mark.parametrize("folder", ["none", "../../..", "docs/../.."])
async def test_a_folder_that_is_not_in_the_repository_is_refused(
    library: Library, repository: Path, folder: str
) -> None:
    with pytest.raises(SourceError):
        await library.sync(f"git+file://{repository}#{folder}")


async def test_git_asks_nobody_for_a_password(library: Library, site: Site) -> None:
    with pytest.raises(SourceError):
        await library.sync(f"git+{site.url.replace('http', 'https', 1)}/x.git")


# ---- what an admin may name -----------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "",
        "-x",
        "a\nb",
        "ftp://x/y",
        "https://x.example/",
        "https://u:p@x.example/sitemap.xml",
        "website+file:///etc/passwd",
        "git+ext::sh -c x",
        "git+ext://sh",
        "git+http://x.example/y.git",
        "https://u:p@x.example/y.git",
        "git@github.com:a/b.git",
        "confluence+http://x.example/wiki/spaces/HR",
        "odd+https://x.example/",
        "https://[x",
        "https://x.example:x/sitemap.xml",
    ],
)
def test_an_address_that_is_not_understood_is_refused(address: str) -> None:
    with pytest.raises(SourceError):
        checked(Source(name="", address=address))


@pytest.mark.parametrize(
    ("address", "name", "secrets"),
    [
        (f"{ROOT}/policies", "policies", ""),
        ("https://intranet.example/sitemap.xml", "intranet-example", ""),
        ("https://github.com/a/Hand.book.git", "hand-book", ""),
        ("git+ssh://git@host.example/a/b.git", "b", ""),
        ("https://acme.atlassian.net/wiki/spaces/HR", "hr", "CONFLUENCE"),
        ("https://acme.sharepoint.com/sites/HR/Policies", "policies", "GRAPH"),
    ],
)
def test_a_source_gets_a_name_and_the_names_of_its_variables(
    address: str, name: str, secrets: str
) -> None:
    source = checked(Source(name="", address=address))
    assert (source.name, source.secrets) == (name, secrets)


async def test_sources_are_kept_listed_and_removed(library: Library, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# A\nWords.")
    source = checked(Source(name="x", address=str(tmp_path), groups={"all": "*"}))
    await catalog.add(library.engine, FERN, source)
    with pytest.raises(SourceError):
        await catalog.add(library.engine, FERN, source)
    (listed,) = await catalog.listed(library.engine, FERN)
    assert (listed.source, listed.pages, listed.synced_at) == (source, 0, None)
    await library.sync(str(tmp_path))
    await catalog.failed(library.engine, FERN, "x", "It is away.")
    (listed,) = await catalog.listed(library.engine, FERN)
    assert (listed.pages, listed.problem, listed.synced_at is None) == (1, "It is away.", False)
    await catalog.remove(library.engine, FERN, "x")
    assert await catalog.listed(library.engine, FERN) == []
    for name in ("x", "pack"):
        with pytest.raises(SourceError):
            await catalog.remove(library.engine, FERN, name)


async def test_a_page_that_is_not_there_names_those_that_are_near(
    library: Library, tmp_path: Path
) -> None:
    (tmp_path / "vpn.md").write_text("# VPN\nWords.")
    await library.sync(str(tmp_path))
    with pytest.raises(SourceError, match=r"x:vpn\.md"):
        await catalog.shown(library.engine, FERN, "VPN")


async def test_a_credential_never_reaches_the_database(
    library: Library, engine: AsyncEngine
) -> None:
    source = checked(Source(name="w", address="https://acme.atlassian.net/wiki/spaces/HR"))
    await catalog.add(engine, FERN, source)
    async with engine.connect() as connection:
        row = str((await connection.execute(text("SELECT * FROM handbook_sources"))).one())
    assert "CONFLUENCE" in row
