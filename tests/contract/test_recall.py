"""A page that was wrong: who was given it, and that each of them is told once."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from adapters import recall
from adapters.settings import read
from adapters.store.embedded import Addresses
from bot.conversation import Conversation
from tests.contract.store_contract import a_turn, begin, conversation, message
from tests.contract.test_store import KEY, OnPostgres, opened

COMPANY = "sample"
"""The organisation of settings without a platform's keys."""

GIVEN = {
    "c1": "https://hb.example/it/vpn.md#drops https://hb.example/hr/leave.md",
    "c2": "/handbook/it/vpn.md#setting%20up",
    "c3": "https://hb.example/other-it/vpn.md",
    "c4": "https://hb.example/it/vpn.md.old",
}


async def had(ports: OnPostgres) -> None:
    for id, urls in GIVEN.items():
        matter: Conversation = replace(conversation(), id=id, organisation=COMPANY)
        situation = await begin(ports, message(id, message=id, organisation=COMPANY))
        turn = a_turn(situation, matter).record("answered", pages="VPN", urls=urls)
        await ports.store.commit(situation, turn)


@pytest.mark.parametrize(
    ("page", "conversations"),
    [
        ("it/vpn.md", ["c1", "c2"]),
        ("it/vpn.md#drops", ["c1"]),
        ("it/vpn.md#setting up", ["c2"]),
        ("https://hb.example/it/vpn.md", ["c1"]),
        ("vpn.md", ["c1", "c2", "c3"]),
        ("%", []),
    ],
)
async def test_those_are_found_who_were_given_it(
    database: Addresses, page: str, conversations: list[str]
) -> None:
    async with opened(database.application, COMPANY) as ports:
        await had(ports)
        found = await recall.given(ports.engine, COMPANY, page)
    assert [x.conversation for x in found] == conversations
    assert {x.requester for x in found} <= {"sam"}


async def test_each_is_told_once_and_only_what_was_shown_before(
    database: Addresses, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = read({"DATABASE_URL": database.application, "HANDRAIL_KEY": KEY})
    file = tmp_path / "right.txt"
    file.write_text("The port is 443.")
    async with opened(database.application, COMPANY) as ports:
        await had(ports)
        await recall.recall(settings, "it/vpn.md", file, "")
        shown = capsys.readouterr().out
        assert "given in 2 conversations" in shown
        assert "The port is 443." in shown
        code = shown.split("--yes ")[1].strip()
        file.write_text("The port is 444.")
        await recall.recall(settings, "it/vpn.md", file, code)
        assert await ports.waiting() == []
        file.write_text("The port is 443.")
        for _ in range(2):
            await recall.recall(settings, "it/vpn.md", file, code)
        assert len(await ports.waiting()) == 2
        async with ports.engine.connect() as connection:
            notes = await connection.execute(
                text("SELECT facts->>'readers' FROM record WHERE step = 'page recalled'")
            )
            assert notes.scalars().all() == ["2"] * 4


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"x" * 2001])
async def test_what_cannot_be_told_is_said(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(recall.RecallError, match=r"file: (is|has)"):
        await recall.recall(read({}), "it/vpn.md", tmp_path / "file", "")
