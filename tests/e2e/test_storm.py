"""Slack and Teams at once, while workers are killed: one answer to each question."""

import asyncio
import random
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from adapters.store.embedded import Addresses
from tests.e2e.storm import storm

pytestmark = pytest.mark.e2e

QUESTIONS = 40


async def test_each_question_is_answered_once_whoever_dies(
    tmp_path: Path, database: Addresses
) -> None:
    tmp_path.chmod(0o755)
    dice = random.Random(7)  # noqa: S311 - the same storm each time
    async with storm(tmp_path, database, QUESTIONS) as here, aiohttp.ClientSession() as session:
        await here.worker()
        await here.worker()
        for number in range(QUESTIONS):
            await here.ask(session, number)
            if dice.random() < 0.3:
                await here.deliver(session, dice.choice(here.asked))
            if number % 8 == 5:
                await here.kill_one(dice)
            await asyncio.sleep(0.15)
        assert await here.settled(120)
        assert here.kills >= 5
        orphans = 0
        for body in here.asked:
            if "event_id" in body:
                said = here.slack.messages("DSAM", body["event"]["ts"])
                assert [_is_answer(x) for x in said] == [True], said
            else:
                said = here.teams.messages(body["conversation"]["id"])
                assert sum(map(_is_answer, said)) == 1, said
                orphans += len(said) - 1
        # Teams cannot be asked what arrived: a status line may be left where a worker died.
        assert orphans <= here.kills


def _is_answer(message: dict[str, Any]) -> bool:
    return "hotspot" in str(message) and "handbook.example" in str(message)
