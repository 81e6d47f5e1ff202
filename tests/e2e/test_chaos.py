"""What must hold whatever is killed: a short chaos, and the outages one by one."""

import asyncio
import random
import time
from datetime import UTC, datetime

import psutil
import pytest

from bot.event import CardAction
from bot.people import Sender
from bot.ports import Unavailable
from bot.reply import Purpose
from tests.e2e.chaos import Stage, chat, message, run, stage, violations
from tests.e2e.far_side import MARKER, FarSide

pytestmark = pytest.mark.e2e


def far_side(**pace: float) -> FarSide:
    return FarSide(rng=random.Random(7), **pace)  # type: ignore[arg-type] # noqa: S311


async def test_workers_killed_at_random_lose_nothing_and_repeat_nothing() -> None:
    assert await run(events=80, seed=3) == []


async def test_five_deliveries_at_once_to_two_processes_are_one_answer() -> None:
    async with stage(far_side()) as here:
        await here.worker()
        await here.worker()
        event = message(1, "sam", chat("sam"), "My VPN client shows a question mark")
        accepted = await asyncio.gather(*(here.store.accept(event) for _ in range(5)))
        assert sorted(accepted) == [False, False, False, False, True]
        assert await here.settled(20)
        assert violations(here, {chat("sam").key: ["e1"]}) == []


async def test_a_database_that_is_killed_comes_back_and_all_is_answered() -> None:
    async with stage(far_side()) as here:
        await here.worker()
        sent = [f"e{n}" for n in range(12)]
        for number in range(6):
            await _insist(here, number)
        _kill(here)
        with pytest.raises(Unavailable):
            await here.store.accept(message(99, "sam", chat("sam"), "too early"))
        restarting = asyncio.create_task(_back_after(here, 10))
        for number in range(6, 12):
            await _insist(here, number)
        await restarting
        assert await here.settled(60)
        assert violations(here, {chat("sam").key: sent}) == []


def _kill(here: Stage) -> None:
    """The server with all that serves its connections, as when the machine loses its power."""
    folder = here.addresses.owner.split("host=")[1].split("/socket")[0]
    for process in psutil.process_iter(["cmdline"]):
        line = process.info["cmdline"] or []
        if "-D" in line and any(folder in x for x in line):
            for each in (process, *process.children(recursive=True)):
                each.kill()


async def _insist(here: Stage, number: int) -> None:
    """As a platform does: an event that was not taken is delivered again."""
    event = message(number, "sam", chat("sam"), "My VPN client shows a question mark")
    while True:
        try:
            await here.store.accept(event)
            return
        except Unavailable:
            await asyncio.sleep(0.3)


async def _back_after(here: Stage, seconds: float) -> None:
    await asyncio.sleep(seconds)
    await here.postgres.start()


async def test_a_case_is_taken_at_once_while_a_slow_answer_is_made_and_that_never_appears() -> None:
    async with stage(far_side(model_seconds=8)) as here:
        await here.worker()
        await here.store.accept(message(1, "sam", chat("sam"), "Can I talk to a human?"))
        assert await here.settled(20)
        await here.store.accept(message(2, "sam", chat("sam"), "My VPN client shows an error"))
        await _until(here, "SELECT count(*) FROM journal")
        token = await _take_button(here)
        claimed = time.monotonic()
        await here.store.accept(
            CardAction(
                id="web:take", organisation="sample", at=datetime.now(UTC),
                sender=Sender(platform="web", workspace="sample", user="dana"),
                place=chat("dana"), token=token,
            )
        )  # fmt: skip
        await _until(
            here, "SELECT count(*) FROM cases WHERE state = 'claimed' AND requester = 'sam'"
        )
        assert time.monotonic() - claimed < 5, "the claim waited behind the answer"
        assert await here.settled(40)
        shown = [x["text"] for x in here.far.messages.values()]
        assert not [x for x in shown if "e2" in MARKER.findall(x) and "Is it about" in x]
        assert not [x for x in here.far.messages.values() if x["key"] == "web:e2:answer"]


async def _until(here: Stage, statement: str) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        if await here.scalar(statement):
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"never true: {statement}")


async def _take_button(here: Stage) -> str:
    """A fresh token for Sam's case: those on the card are known to the far side alone."""
    from sqlalchemy import text

    from adapters.store import database

    engine = database.engine(here.addresses.application, "sample", size=1)
    async with engine.begin() as connection:
        await connection.execute(
            text(
                "INSERT INTO button (token, organisation, conversation, body, single_use) "
                "SELECT sha256('t'), organisation, conversation, body, single_use FROM button "
                "WHERE body->>'purpose' = :purpose ORDER BY made_at DESC LIMIT 1"
            ),
            {"purpose": Purpose.TAKE.value},
        )
    await engine.dispose()
    return "t"
