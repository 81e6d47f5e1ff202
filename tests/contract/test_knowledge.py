"""The handbook keeps the contract, and stays right when its database or its folder is not."""

import asyncio
from collections.abc import AsyncIterator, Generator, Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TypeVar

import pytest
from pydantic import BaseModel
from sqlalchemy import inspect, text
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.knowledge import handbook as knowledge
from adapters.knowledge.convert import Why
from adapters.knowledge.folder import NotAHandbook
from adapters.knowledge.handbook import Handbook
from adapters.knowledge.index import CONFIDENT, HandbookIndex
from adapters.knowledge.passages import Origin, cut
from adapters.knowledge.source import Skipped
from adapters.knowledge.steps import finished
from adapters.knowledge.sync import Synced
from adapters.knowledge.tables import metadata
from adapters.store.database import engine as open_engine
from adapters.store.embedded import Addresses
from bot.ports import Knowledge
from tests.conftest import DATA
from tests.contract.knowledge_contract import FERN, LEAVE, PAGES, VPN, KnowledgeContract, soon
from tests.fakes import SAM

T = TypeVar("T")

SPECIALISTS = frozenset({"it", "hr"})
BASE = "https://hb.example/"
ROOT = Path(__file__).parents[2]
REAL = DATA / "kb"


@pytest.fixture
async def engine(database: Addresses) -> AsyncIterator[AsyncEngine]:
    # The contract has several organisations; only the owner of the tables sees them all.
    engine = open_engine(database.owner, "")
    yield engine
    await engine.dispose()


@pytest.fixture
async def handbook(engine: AsyncEngine) -> AsyncIterator[Handbook]:
    handbook = Handbook(engine)
    await handbook.start()
    yield handbook
    await handbook.stop()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path / "handbook", PAGES)


def write(folder: Path, pages: Mapping[str, str]) -> Path:
    for path, page in pages.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(page)
    return folder


async def sync(handbook: Handbook, folder: Path, organisation: str = FERN) -> Synced:
    return await handbook.sync(organisation, folder, BASE, SPECIALISTS)


class Folders:
    """A library whose pages are written to a folder and synced by one replica."""

    def __init__(self, engine: AsyncEngine, writer: Handbook, folder: Path) -> None:
        self._engine, self._writer, self._folder = engine, writer, folder
        self._published = 0
        self.readers = AsyncExitStack()

    async def publish(self, organisation: str, pages: Mapping[str, str]) -> None:
        self._published += 1
        await sync(self._writer, write(self._folder / str(self._published), pages), organisation)

    async def open(self) -> Knowledge:
        handbook = Handbook(self._engine)
        await handbook.start()
        self.readers.push_async_callback(handbook.stop)
        return handbook


class TestHandbook(KnowledgeContract):
    @pytest.fixture
    async def library(
        self, engine: AsyncEngine, handbook: Handbook, tmp_path: Path
    ) -> AsyncIterator[Folders]:
        library = Folders(engine, handbook, tmp_path)
        async with library.readers:
            yield library


async def test_the_migrated_tables_are_those_that_are_written_to(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        for table in metadata.sorted_tables:
            real = await connection.run_sync(lambda c, t=table: inspect(c).get_columns(t.name))
            assert [(x["name"], str(x["type"]), x["nullable"]) for x in real] == [
                (x.name, str(x.type), x.nullable) for x in table.columns
            ]


# ---- a sync ---------------------------------------------------------------------------------


async def test_a_sync_tells_what_it_did(handbook: Handbook, folder: Path) -> None:
    first = await sync(handbook, folder)
    assert (first.added, first.changed, first.removed, first.passages) == (5, 0, 0, 11)
    (folder / "it/vpn.md").write_text("# VPN\nGone.")
    (folder / "hr/leave.md").unlink()
    (folder / "new.md").write_text("# New\nWords.")
    second = await sync(handbook, folder)
    assert (second.added, second.changed, second.removed, second.passages) == (1, 1, 1, 8)


async def test_an_unchanged_folder_changes_nothing(
    engine: AsyncEngine, handbook: Handbook, folder: Path
) -> None:
    await sync(handbook, folder)
    again = await sync(handbook, folder)
    assert (again.added, again.changed, again.removed, again.passages) == (0, 0, 0, 11)
    async with engine.connect() as connection:
        assert await connection.scalar(text("SELECT version FROM handbooks")) == 1


async def test_another_address_or_another_specialist_reaches_every_page(
    handbook: Handbook, folder: Path
) -> None:
    await sync(handbook, folder)
    assert (await handbook.sync(FERN, folder, "https://new/", SPECIALISTS)).changed == 5
    (passage,) = await handbook.search(FERN, SAM, "vpn", 1)
    assert passage.url == "https://new/it/vpn.md#vpn"
    assert (await handbook.sync(FERN, folder, "https://new/", frozenset())).changed == 5
    (passage,) = await handbook.search(FERN, SAM, "vpn", 1)
    assert passage.specialist is None


@pytest.mark.parametrize("other", ["none", "empty", "it/vpn.md", "no\0name"])
async def test_what_is_no_handbook_takes_nothing_away(
    handbook: Handbook, folder: Path, other: str
) -> None:
    await sync(handbook, folder)
    (folder / "empty").mkdir()
    with pytest.raises(NotAHandbook):
        await sync(handbook, folder / other)
    assert await handbook.search(FERN, SAM, "vpn", 1)


async def test_bad_files_are_named_and_harm_no_other(
    handbook: Handbook, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "secret.md").write_text("# Secret\nWords.")
    (folder / "out.md").symlink_to(tmp_path / "secret.md")
    (folder / "round.md").symlink_to("round.md")
    (folder / "up").symlink_to(tmp_path)
    write(folder, {".git/a.md": "a", ".draft.md": "b", "large.md": "x" * 1_000_001})
    (folder / "latin.md").write_bytes("Kündigung".encode("latin-1"))
    (folder / "two\nlines.md").write_text("c")
    (folder / "folder.md").mkdir()
    (folder / "notes.txt").write_text("d")
    (folder / "also.MARKDOWN").write_text("# Also\nWords.")
    (folder / "inside.md").symlink_to("it/vpn.md")
    synced = await sync(handbook, folder)
    assert synced.added == len(PAGES) + 2
    assert set(synced.skipped) == {
        Skipped(path=".draft.md", why=Why.HIDDEN),
        Skipped(path=".git", why=Why.HIDDEN),
        Skipped(path="large.md", why=Why.LARGE),
        Skipped(path="latin.md", why=Why.ENCODING),
        Skipped(path="out.md", why=Why.LINK),
        Skipped(path="round.md", why=Why.UNREADABLE),
        Skipped(path="two\\x0alines.md", why=Why.NAME),
        Skipped(path="up", why=Why.LINK),
    }


@pytest.mark.parametrize("how", ["removed", "for the board", "for Boston"])
async def test_what_may_no_longer_be_read_is_gone_before_anything_is_indexed(
    handbook: Handbook, folder: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    await sync(handbook, folder)
    (vpn,) = await handbook.search(FERN, SAM, "vpn keeps dropping", 1)
    go = asyncio.Event()

    async def held(work: Generator[None, None, T]) -> T:
        await go.wait()
        return finished(work)

    monkeypatch.setattr(knowledge, "gently", held)
    if how == "removed":
        (folder / "it/vpn.md").unlink()
    else:
        rule = "audience: board" if how == "for the board" else "applies_to: {country: US}"
        (folder / "it/vpn.md").write_text(f"---\n{rule}\n---\n{VPN}")
    write(folder, {f"new/{n}.md": f"# Page {n}\nMoonbase." for n in range(3)})
    syncing = asyncio.create_task(sync(handbook, folder))
    gone = await soon(lambda: handbook.search(FERN, SAM, "vpn keeps dropping", 1), lambda x: not x)
    assert gone == ()
    assert await handbook.passage(FERN, SAM, vpn.id) is None
    assert await handbook.search(FERN, SAM, "paid time off", 1)
    assert await handbook.search(FERN, SAM, "moonbase", 1) == ()
    go.set()
    await syncing
    assert await handbook.search(FERN, SAM, "vpn keeps dropping", 1) == ()
    assert await handbook.search(FERN, SAM, "moonbase", 1)


async def test_many_pages_are_indexed_in_turns(
    engine: AsyncEngine, handbook: Handbook, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once = Handbook(engine)
    await sync(handbook, folder)
    await at_once.start()
    await at_once.stop()
    monkeypatch.setattr(knowledge, "_PAGES", 2)
    in_turns = Handbook(engine)
    await in_turns.start()
    await in_turns.stop()
    for query in ("vpn", "password", "leave", "code"):
        found = await in_turns.search(FERN, SAM, query, 9)
        assert found == await at_once.search(FERN, SAM, query, 9) != ()


async def test_syncs_at_once_leave_one_whole_handbook(
    engine: AsyncEngine, handbook: Handbook, folder: Path, tmp_path: Path
) -> None:
    other = write(tmp_path / "other", {"it/vpn.md": VPN, "b.md": LEAVE})
    second = Handbook(engine)
    async with AsyncExitStack() as stack:
        await second.start()
        stack.push_async_callback(second.stop)
        await asyncio.gather(
            *(sync(one, where) for one in (handbook, second) for where in (folder, other))
        )
    async with engine.connect() as connection:
        paths = set(await connection.scalars(text("SELECT path FROM handbook_pages")))
    assert paths in (set(PAGES), {"it/vpn.md", "b.md"})


# ---- the database goes away -----------------------------------------------------------------


async def test_changes_are_followed_again_after_every_connection_was_cut(
    engine: AsyncEngine, handbook: Handbook, folder: Path
) -> None:
    await sync(handbook, folder)
    async with engine.connect() as connection:
        await connection.execute(CUT_ALL)
    await engine.dispose()
    assert await handbook.search(FERN, SAM, "vpn", 1)
    await add_a_page(engine, "SELECT pg_notify('handbook', '')")
    assert await finds(handbook, "moonbase")


async def test_a_change_whose_announcement_was_missed_is_found(
    engine: AsyncEngine, folder: Path
) -> None:
    handbook = Handbook(engine, poll=0.05)
    await handbook.start()
    try:
        await sync(handbook, folder)
        await add_a_page(engine)
        assert await finds(handbook, "moonbase")
    finally:
        await handbook.stop()


async def test_a_stopped_handbook_gives_its_connection_back(
    engine: AsyncEngine, handbook: Handbook, folder: Path
) -> None:
    await sync(handbook, folder)
    await handbook.stop()
    async with engine.connect() as connection:
        assert list(await connection.scalars(text("SELECT pg_listening_channels()"))) == []
    assert await handbook.search(FERN, SAM, "vpn", 1)


CUT_ALL = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE usename = current_user AND datname = current_database() AND pid <> pg_backend_pid()"
)


async def add_a_page(engine: AsyncEngine, *more: str) -> None:
    async with engine.begin() as connection:
        for statement in (
            "INSERT INTO handbook_pages VALUES ('fern', 'moon.md', '')",
            "INSERT INTO handbook_sections VALUES"
            " ('fern', 'moon.md#', 'moon.md', 0, '{Moon}', 'The moonbase is closed.', '', NULL)",
            "UPDATE handbooks SET version = version + 1",
            *more,
        ):
            await connection.execute(text(statement))


async def finds(handbook: Handbook, query: str) -> bool:
    """Within ten seconds."""
    for _ in range(1000):
        if await handbook.search(FERN, SAM, query, 1):
            return True
        await asyncio.sleep(0.01)
    return False


# ---- how well it finds, in handbooks that were not written for it ---------------------------


class Document(BaseModel):
    path: str
    text: str


class Question(BaseModel):
    text: str
    answerable: bool
    gold: list[str]


def rate(found: Sequence[bool]) -> float:
    return sum(found) / len(found)


@pytest.fixture(scope="module")
def real() -> tuple[HandbookIndex, list[Question]]:
    if not REAL.is_dir():
        pytest.skip(f"{REAL} is not there")
    origin = Origin(link_base=BASE, specialists=frozenset())
    pages = [Document.model_validate_json(x) for x in lines("docs_civicactions.jsonl")]
    index = HandbookIndex.of([x for page in pages for x in cut(page.path, page.text, origin)])
    return index, [Question.model_validate_json(x) for x in lines("questions_handbook.jsonl")]


def lines(name: str) -> list[str]:
    return (REAL / name).read_text().splitlines()


@pytest.mark.parametrize(("first", "at_least"), [(1, 0.45), (3, 0.64), (5, 0.74)])
def test_a_real_handbook_answers_among_the_first(
    real: tuple[HandbookIndex, list[Question]], first: int, at_least: float
) -> None:
    index, questions = real
    answerable = [question for question in questions if question.answerable]
    found = [
        not set(question.gold).isdisjoint(pages(index, question.text)[:first])
        for question in answerable
    ]
    assert rate(found) >= at_least


def pages(index: HandbookIndex, query: str) -> list[str]:
    return list(dict.fromkeys(x.id.rpartition("#")[0] for x in index.search(query, 20)))


def test_a_real_handbook_answers_what_it_can_and_not_what_it_cannot(
    real: tuple[HandbookIndex, list[Question]],
) -> None:
    index, questions = real

    def sure(question: Question) -> bool:
        return any(x.score >= CONFIDENT for x in index.search(question.text, 1))

    assert rate([sure(question) for question in questions if question.answerable]) >= 0.75
    assert rate([sure(question) for question in questions if not question.answerable]) <= 0.25


@pytest.fixture(scope="module")
def sample() -> HandbookIndex:
    folder = ROOT / "policies" / "workplace" / "handbook"
    origin = Origin(link_base=BASE, specialists=SPECIALISTS)
    found = sorted(folder.rglob("*.md"))
    return HandbookIndex.of(
        [x for f in found for x in cut(f.relative_to(folder).as_posix(), f.read_text(), origin)]
    )


@pytest.mark.parametrize(
    ("query", "page"),
    [
        ("My VPN keeps dropping", "it/vpn.md"),
        ("how do i reset my pw", "it/password.md"),
        ("lost my laptop on the train", "it/lost-device.md"),
        ("how many vacation days do i get", "hr/annual-leave.md"),
        ("do i need a doctors note", "hr/sick-leave.md"),
        ("where can i find my payslip", "hr/payroll-and-payslips.md"),
    ],
)
def test_the_sample_handbook_answers_everyday_questions(
    sample: HandbookIndex, query: str, page: str
) -> None:
    (best,) = sample.search(query, 1)
    assert best.id.startswith(page)
    assert best.score >= CONFIDENT


@pytest.mark.parametrize(
    "query",
    [
        "asdf qwer",
        "what is the capital of France?",
        "order a pizza",
        "who won the world cup",
        "write me a poem about cats",
    ],
)
def test_the_sample_handbook_does_not_answer_everything(sample: HandbookIndex, query: str) -> None:
    assert all(x.score < CONFIDENT for x in sample.search(query, 3))
