"""`handrail knowledge`, as an admin types it."""

import asyncio
import os
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from adapters.knowledge.solved import publish
from adapters.sample import ORGANISATION
from adapters.store.database import engine as open_engine
from adapters.store.embedded import Addresses
from bot.ports import Article

ROOT = Path(__file__).parents[2]


class Shell:
    def __init__(self, database: Addresses, data: Path) -> None:
        self._settings = {
            "DATABASE_URL": database.application,
            "HANDRAIL_KEY": "k" * 32,
            "HANDRAIL_DATA": str(data),
        }

    async def process(self, *arguments: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-c", "from adapters.cli import main; main()", "knowledge", *arguments,
            cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT), **self._settings},
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip

    async def __call__(self, *arguments: str) -> tuple[int | None, str]:
        process = await self.process(*arguments)
        out, errors = await process.communicate()
        assert b"Traceback" not in errors
        return process.returncode, out.decode() + errors.decode()


@pytest.fixture
def shell(database: Addresses, tmp_path: Path) -> Shell:
    return Shell(database, tmp_path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "Extra Pages"
    folder.mkdir()
    (folder / "printer.md").write_text(
        "---\nowner: Ina\nreviewed: 2026-03-01\naudience: [it-desk]\n---\n"
        "# Colour printer\nThe moonbase printer needs a code from the reception."
    )
    (folder / "broken.pdf").write_bytes(b"%PDF-")
    return folder


async def test_a_source_is_added_synced_shown_asked_and_removed(shell: Shell, folder: Path) -> None:
    code, told = await shell("add", str(folder), "--specialist", "it")
    assert (code, "extra-pages" in told) == (0, True)
    code, told = await shell("sync", "extra-pages")
    assert (code, "1 pages added" in told, "broken.pdf: broken" in told) == (0, True, True)
    _, told = await shell("list")
    assert "extra-pages" in told
    assert "broken.pdf" in told
    _, told = await shell("show", "extra-pages:printer.md")
    for words in ("owner: Ina", "reviewed: 2026-03-01", "readers: it-desk", "Colour printer"):
        assert words in told
    _, told = await shell("why", "moonbase printer password", "--as", "dana")
    assert "has: moonbase, printer; lacks: password" in told
    code, told = await shell("remove", "extra-pages")
    assert code == 0
    code, told = await shell("show", "extra-pages:printer.md")
    assert (code, "There is no page" in told) == (1, True)


async def test_why_shows_nobody_what_they_may_not_read(shell: Shell, folder: Path) -> None:
    await shell("add", str(folder))
    await shell("sync", "extra-pages")
    for reader in ((), ("--as", "sam")):
        _, told = await shell("why", "moonbase printer", *reader)
        assert "that this reader may read" in told
        assert "Colour printer" not in told


@pytest.mark.parametrize(
    "arguments",
    [
        ("add", "https://user:secret@x.example/sitemap.xml"),
        ("why", "x", "--as", "nobody"),
        ("add", "/", "--every", "daily"),
        ("add", "/", "--every", "0m"),
    ],
)
async def test_a_mistake_is_told_in_a_sentence(shell: Shell, arguments: tuple[str, ...]) -> None:
    code, told = await shell(*arguments)
    assert code == 1
    assert "Handrail cannot go on" in told


async def test_a_source_that_fails_harms_no_other_and_says_so_in_the_list(
    shell: Shell, folder: Path
) -> None:
    await shell("add", str(folder))
    await shell("add", "http://127.0.0.1:1/sitemap.xml", "--name", "away")
    await shell("add", f"git+file://{folder}", "--name", "nothing")
    code, told = await shell("sync", "nothing")
    assert (code, "It stays as it was." in told) == (1, True)
    code, told = await shell("sync", "extra-pages")
    assert code == 0
    _, told = await shell("list")
    assert "the last sync failed" in told


async def test_a_solved_cases_page_is_listed_shown_and_removed(
    shell: Shell, database: Addresses
) -> None:
    engine = open_engine(database.application, ORGANISATION)
    article = Article(
        case="IT-7", title="Dark screen", text="Hold the button.", specialist="it",
        owner="it-desk", audience=None, reviewed=date(2026, 11, 20),
    )  # fmt: skip
    for case in ("IT-7", "IT-8"):
        await publish(engine, ORGANISATION, replace(article, case=case))
    await engine.dispose()
    _, told = await shell("list")
    assert "solved-cases  written in the chat  2 pages" in told
    _, told = await shell("show", "solved-cases:IT-7")
    for words in ("owner: it-desk", "reviewed: 2026-11-20", "readers: every employee"):
        assert words in told
    code, told = await shell("remove", "solved-cases:IT-7")
    assert code == 0
    code, told = await shell("remove", "solved-cases:IT-7")
    assert (code, "There is no page" in told) == (1, True)
    code, told = await shell("remove", "pack:it/vpn.md")
    assert (code, "where it is read from" in told) == (1, True)
    _, told = await shell("list")
    assert "1 pages" in told
    code, _ = await shell("sync")
    assert code == 0
    assert (await shell("remove", "solved-cases"))[0] == 0
    code, told = await shell("add", "/", "--name", "solved-cases")
    assert (code, "cannot be a name" in told) == (1, True)


@pytest.mark.parametrize(
    ("said", "told"),
    [("30m", "every 30m"), ("120m", "every 2h"), ("off", "not read by itself")],
)
async def test_how_often_a_source_is_read_is_listed(
    shell: Shell, folder: Path, said: str, told: str
) -> None:
    assert (await shell("add", str(folder), "--every", said))[0] == 0
    assert told in (await shell("list"))[1]


async def test_two_at_once_and_one_that_is_killed_leave_a_whole_handbook(
    shell: Shell, folder: Path
) -> None:
    for number in range(50):
        (folder / f"{number}.html").write_text(f"<h1>Page {number}</h1><p>Words.")
    await shell("add", str(folder))
    killed = await shell.process("sync", "extra-pages")
    others = [await shell.process("sync", "extra-pages") for _ in range(2)]
    killed.kill()
    told = [(await x.communicate())[0].decode() for x in (killed, *others)]
    assert [x.returncode for x in others] == [0, 0]
    assert sorted("51 pages added" in x for x in told[1:]) == [False, True]
    _, listed = await shell("list")
    assert "51 pages" in listed
