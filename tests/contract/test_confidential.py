"""What is of a confidential desk, on the command line: its place in the order, and no word."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from adapters import audit
from adapters.store.embedded import Addresses
from adapters.store.reading import Selection
from bot.case import CaseState
from bot.outcome import Kept, Permit, hashed
from tests.contract.store_contract import a_turn, begin, case, conversation, message
from tests.contract.test_record import COMPANY, handrail, settings
from tests.contract.test_record import environment as environment_of
from tests.contract.test_store import SECRET, OnPostgres, opened

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
            f"X-{id}", queue=queue, conversation=about.id, organisation=COMPANY, ask=words,
            state=CaseState.RESOLVED,
        )  # fmt: skip
        about = replace(about, case=kase.id)
    kept = (Kept(person="sam", token=f"[EMAIL_{id[1:]}]", value=f"{SECRET}-{id}"),)
    turn = a_turn(situation, about, case=kase, kept=kept)
    turn = turn.heard(f"{words} [EMAIL_{id[1:]}]").record("checked", said=words, verdict=verdict)
    if queue:
        turn = turn.record("case opened", said=words, case=f"X-{id}", queue=queue)
    await ports.store.commit(situation, turn)
    return f"X-{id}"


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
            assert (f"X-{id}" in json.dumps(held["cases"])) is (id in open_)
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
