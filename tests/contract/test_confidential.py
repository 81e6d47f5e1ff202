"""What is of a confidential desk, on the command line: its place in the order, and no word."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from adapters import audit
from adapters.app import App, open_app
from adapters.store.embedded import Addresses
from adapters.store.reading import Selection
from bot.case import CaseState
from bot.event import CardAction, Command, Opened
from bot.outcome import Kept, Permit, hashed
from bot.people import Sender
from bot.place import Place
from bot.reply import Purpose
from tests.contract.store_contract import a_turn, begin, case, conversation, message
from tests.contract.test_record import COMPANY, handrail, settings
from tests.contract.test_record import environment as environment_of
from tests.contract.test_store import SECRET, OnPostgres, dump, legible, opened
from tests.fakes import FakePlatform

WORDS = "the heron said"
CODE = "-a code that begins with a dash"
DESK = "HR-confidential"
PLACE = {"id", "at", "step", "seal", "sealed_at"}


async def happened(ports: OnPostgres, id: str, queue: str | None, verdict: str = "may pass") -> str:
    """A conversation of sam's that said something; with a queue, it became a case of it."""
    situation = await begin(ports, message(id, message=id, organisation=COMPANY))
    kase = None
    words = f"{WORDS} {id}"
    about = replace(conversation(f"c-{id}", transcript=()), organisation=COMPANY)
    if queue:
        kase = case(
            f"HC-{id[1:]}", queue=queue, conversation=about.id, organisation=COMPANY, ask=words,
            state=CaseState.RESOLVED,
        )  # fmt: skip
        about = replace(about, case=kase.id)
    kept = (Kept(person="sam", token=f"[EMAIL_{id[1:]}]", value=f"{SECRET}-{id}"),)
    turn = a_turn(situation, about, case=kase, kept=kept)
    turn = turn.heard(f"{words} [EMAIL_{id[1:]}]").record("checked", said=words, verdict=verdict)
    if queue:
        turn = turn.record("case opened", said=words, case=f"HC-{id[1:]}", queue=queue)
    await ports.store.commit(situation, turn)
    return f"HC-{id[1:]}"


async def permitted(ports: OnPostgres, code: str = CODE, **given: Any) -> None:
    situation = await begin(ports, message(f"p-{code}", organisation=COMPANY))
    permit = Permit(
        code=hashed(code), desks=frozenset({DESK}), asked_by="priya", allowed_by="ines",
        until=given.pop("until", datetime.now(UTC) + timedelta(days=1)), **given,
    )  # fmt: skip
    await ports.store.commit(situation, replace(a_turn(situation), permits=(permit,)))


async def export(
    database: Addresses, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    code: str | None = None, **given: str,
) -> tuple[list[dict[str, Any]], str]:  # fmt: skip
    await audit.export(settings(database, tmp_path), Selection(**given), code)  # type: ignore[arg-type]
    out, errors = capsys.readouterr()
    return [json.loads(x) for x in out.splitlines()], errors


MATTERS: list[tuple[str | None, str, bool]] = [
    ("IT", "may pass", False),
    (DESK, "wants a person", True),
    ("Ombuds", "harassment", True),
    ("a desk that is gone", "may pass", True),
    (None, "harassment", True),
    ("IT", "harassment", True),
    (None, "a concern that is gone", True),
    ("IT", "security", False),
    (None, "secret", False),
]


@pytest.mark.parametrize(("queue", "verdict", "closed"), MATTERS)
async def test_a_confidential_matter_is_shown_by_its_place_alone(
    database: Addresses, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    queue: str | None, verdict: str, closed: bool,
) -> None:  # fmt: skip
    async with opened(database.application, COMPANY) as ports:
        await happened(ports, "m1", queue, verdict)
    lines, errors = await export(database, tmp_path, capsys)
    *lines, read = lines
    assert lines
    assert read["facts"]["what"] == "export: all"
    for line in lines:
        assert (set(line) == PLACE) is closed
    assert (WORDS not in json.dumps(lines)) is closed
    assert (f"{len(lines)} records of confidential matters are withheld" in errors) is closed


async def test_the_report_of_a_confidential_case_tells_no_word_and_who_may(
    database: Addresses, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with opened(database.application, COMPANY) as ports:
        id = await happened(ports, "m1", DESK)
    await audit.report(settings(database, tmp_path), id, None)
    out, errors = capsys.readouterr()
    assert "**case opened**, record 2: withheld" in out
    assert not any(x in out for x in (WORDS, "sam", DESK, "who:"))
    assert f"/handrail record {id} WHY" in errors


async def test_a_code_opens_its_case_once(
    database: Addresses, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with opened(database.application, COMPANY) as ports:
        id, other = await happened(ports, "m1", DESK), await happened(ports, "m2", DESK)
        ombuds = await happened(ports, "m3", "Ombuds")
        await permitted(ports, case=id)
        await permitted(ports, "of another", case=ombuds)
        await permitted(ports, "late", case=id, until=datetime.now(UTC) - timedelta(seconds=1))
    for code, selected in (("late", id), ("wrong", id), ("", id), (CODE, other), (CODE, None)):
        with pytest.raises(audit.AuditError, match="unknown, was used, has expired"):
            await export(
                database, tmp_path, capsys, code, **({"case": selected} if selected else {})
            )
    capsys.readouterr()
    code, out, errors = await handrail(
        environment_of(database, tmp_path), "case", "report", id, f"--code={CODE}"
    )
    assert (code, errors) == (0, "")
    assert f"> {WORDS} m1" in out
    assert f"Queue {DESK}, asked by sam" in out
    assert r"asked: priya, allowed: ines" in out
    with pytest.raises(audit.AuditError):
        await audit.report(settings(database, tmp_path), id, CODE)
    # A permit tells of its desks, not of every confidential one.
    capsys.readouterr()
    lines, errors = await export(database, tmp_path, capsys, "of another", case=ombuds)
    assert WORDS not in json.dumps(lines)
    assert "withheld" in errors
    async with opened(database.application, COMPANY) as ports, ports.engine.connect() as connection:
        steps = await connection.execute(text("SELECT step FROM record WHERE step LIKE 'audit%'"))
        told = [x.step for x in steps]
    assert (told.count("audit code refused"), told.count("audit read")) == (6, 2)


async def test_a_persons_confidential_matters_are_counted_and_a_code_opens_them(
    database: Addresses, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with opened(database.application, COMPANY) as ports:
        await happened(ports, "m1", "IT")
        await happened(ports, "m2", DESK)
        await happened(ports, "m3", "Ombuds")
        await permitted(ports, person="sam")
    here = settings(database, tmp_path)
    for code, open_ in ((None, ["m1"]), (CODE, ["m1", "m2"])):
        await audit.export_person(here, "sam", code)
        out, errors = capsys.readouterr()
        held = json.loads(out)
        for id in ("m1", "m2", "m3"):
            assert (f"{WORDS} {id}" in out) is (id in open_), (code, id)
            assert (f"{SECRET}-{id}" in out) is (id in open_), (code, id)
            assert (f"HC-{id[1:]}" in json.dumps(held["cases"])) is (id in open_)
        left = 3 - len(open_)
        assert held["withheld"] == {
            "values": left, "conversations": left, "cases": left, "record": left * 2,
        }  # fmt: skip
        assert "/handrail record @sam WHY" in errors
    with pytest.raises(audit.AuditError):
        await audit.export_person(here, "sam", CODE)
    async with opened(database.application, COMPANY) as ports:
        await permitted(ports, "two", person="kim")
    with pytest.raises(audit.AuditError):
        await audit.export_person(here, "sam", "two")


async def test_a_persons_code_opens_no_matter_of_others_that_names_them(
    database: Addresses, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Else a reader could read their own matter, by asking for the lead who had it."""
    async with opened(database.application, COMPANY) as ports:
        id = await happened(ports, "m1", DESK)
        taken = await begin(ports, message("m2", message="m2", organisation=COMPANY))
        about = replace(
            conversation("c-m1", transcript=()), organisation=COMPANY, case=id, version=1
        )
        turn = a_turn(taken, about).record("take", said=WORDS, by="kim", case=id)
        await ports.store.commit(taken, turn)
        await permitted(ports, person="kim")
        await permitted(ports, "two", person="kim")
    lines, errors = await export(database, tmp_path, capsys, CODE, person="kim")
    assert WORDS not in json.dumps(lines)
    assert "withheld" in errors
    await audit.export_person(settings(database, tmp_path), "kim", "two")
    out, errors = capsys.readouterr()
    assert WORDS not in out
    assert json.loads(out)["withheld"]["record"]
    assert "withheld" in errors


async def test_of_two_who_use_a_code_at_once_one_reads(
    database: Addresses, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with opened(database.application, COMPANY) as ports:
        id = await happened(ports, "m1", DESK)
        await permitted(ports, case=id)
    here = settings(database, tmp_path)
    both = await asyncio.gather(
        *(audit.report(here, id, CODE) for _ in range(2)), return_exceptions=True
    )
    assert sorted(type(x).__name__ for x in both) == ["AuditError", "NoneType"]
    assert capsys.readouterr().out.count("asked: priya") == 1


# ---- the whole way ---------------------------------------------------------------------------


@asynccontextmanager
async def running(database: Addresses, tmp_path: Path) -> AsyncIterator["Running"]:
    platform = FakePlatform()
    async with open_app(settings(database, tmp_path), platforms={"web": platform}) as app:
        yield Running(app, platform)


@dataclass
class Running:
    app: App
    platform: FakePlatform
    count: int = 0

    async def do(self, kind: Callable[..., Any], who: str, channel: str = "", **more: Any) -> None:
        """An event of an employee, and all that follows at once."""
        self.count += 1
        self.platform.messages.clear()
        event = kind(
            id=f"e{self.count}", organisation=COMPANY, at=datetime.now(UTC),
            sender=Sender(platform="web", workspace="sample", user=who),
            place=Place(platform="web", workspace="sample", channel=channel or f"dm:{who}"),
            **more,
        )  # fmt: skip
        assert await self.app.accept(event)
        await self.app.worker.work(event.id)
        async with self.app.engine.connect() as connection:
            waiting = (await connection.execute(text("SELECT id FROM outbox ORDER BY id"))).all()
        for row in waiting:
            await self.app.worker.deliver(row.id)

    def read_by(self, who: str) -> str:
        return "\n".join(
            x.text for place, x in self.platform.messages.values() if place.channel == f"dm:{who}"
        )

    def button(self, purpose: Purpose) -> str:
        every = (b for _, x in self.platform.messages.values() for b in x.buttons)
        return next(x.token for x in every if x.grant.purpose is purpose)


async def test_from_the_command_to_the_report(
    database: Addresses, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with opened(database.application, COMPANY) as ports:
        case = await happened(ports, "m1", DESK)
    async with running(database, tmp_path) as there:
        await there.do(Opened, "ines")
        await there.do(Command, "robin", text=f"record {case} curious")
        assert WORDS not in there.read_by("robin")
        await there.do(Command, "priya", "town-square", text=f"record {case} a complaint")
        allow, refuse = there.button(Purpose.APPROVE), there.button(Purpose.REFUSE)
        assert WORDS not in "".join(there.platform.texts)
        await there.do(CardAction, "robin", token=allow)
        assert "--code" not in "".join(there.platform.texts)
        await there.do(CardAction, "ines", token=allow)
        assert f"> {WORDS} m1" in there.read_by("priya")
        assert WORDS not in there.read_by("ines")
        code = there.read_by("priya").partition("--code=")[2].partition("`")[0]
        for token in (allow, refuse):
            await there.do(CardAction, "ines", token=token)
            assert "--code" not in "".join(there.platform.texts)
    kept = await dump(database.owner)
    assert code not in kept
    await audit.report(settings(database, tmp_path), case, code)
    out, errors = capsys.readouterr()
    assert f"> {WORDS} m1" in out
    assert errors == ""
    for step in ("record asked", "record allowed", "record read", "audit read", "button refused"):
        assert f"**{step}**" in out, step
    assert out.count(f"> {WORDS} m1") == 2, "the timeline was kept again"


async def test_from_the_command_to_nothing_left(database: Addresses, tmp_path: Path) -> None:
    async with opened(database.application, COMPANY) as ports:
        await happened(ports, "m1", DESK)
    async with running(database, tmp_path) as there:
        await there.app.upkeep.set_switches(
            COMPANY, lambda x: replace(x, admins=frozenset({"robin", "dana"}))
        )
        await there.do(Command, "sam", text="help")
        await there.do(Opened, "dana")
        await there.do(Command, "robin", "town-square", text="forget @sam")
        assert "cases: 1" in there.read_by("robin")
        await there.do(CardAction, "robin", token=there.button(Purpose.YES))
        assert "cases: 1" in there.read_by("dana")
        assert "HC-1" not in "".join(there.platform.texts)
        await there.do(CardAction, "dana", token=there.button(Purpose.APPROVE))
        assert "is erased" in there.read_by("robin")
        assert (await there.app.kit.archive.holdings(COMPANY, "sam")).nothing
    kept = await dump(database.owner)
    assert not any(x in kept for y in (WORDS, f"{SECRET}-m1", "Sam Okafor") for x in legible(y))
