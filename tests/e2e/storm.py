"""Slack and Teams in a storm: workers killed at random, events twice, one answer for each.

python -m tests.e2e.storm worker     one worker, as the environment says
"""

import asyncio
import os
import random
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from sqlalchemy import text

from adapters.app import open_app
from adapters.settings import read
from adapters.store import database
from adapters.store.embedded import Addresses
from tests.e2e.chaos import HURRY, KEY
from tests.e2e.product import hurried, running
from tests.slack_far_side import SECRET, TOKEN, FarSlack, person
from tests.teams_far_side import APP, PASSWORD, TENANT, FarTeams

EMAIL = "sam.okafor@fernhill.example"


WAYS = (
    "My VPN keeps dropping",
    "The VPN client disconnects every few minutes",
    "vpn reconnects all the time",
    "VPN drops again and again on the train",
    "Why does my VPN keep reconnecting?",
)
"""To ask the same: who does so twice in the same words is brought a person."""


@dataclass
class Storm:
    slack: FarSlack
    teams: FarTeams
    addresses: Addresses
    environment: dict[str, str]
    public: str
    workers: list[asyncio.subprocess.Process] = field(
        default_factory=list[asyncio.subprocess.Process]
    )
    kills: int = 0
    asked: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    async def worker(self) -> None:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.e2e.storm", "worker", env=self.environment,
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        self.workers.append(process)

    async def kill_one(self, dice: random.Random) -> None:
        victim = self.workers.pop(dice.randrange(len(self.workers)))
        victim.send_signal(signal.SIGKILL)
        await victim.wait()
        self.kills += 1
        await self.worker()

    async def ask(self, session: aiohttp.ClientSession, number: int) -> None:
        """The same question in Slack, in a thread of its own, and in Teams, in a chat."""
        words = WAYS[number % len(WAYS)]
        for body in (
            self.slack.says("DSAM", "USAM", words),
            self.teams.says(f"a:sam-{number}", "29:sam", words),
        ):
            self.asked.append(body)
            await self.deliver(session, body)

    async def deliver(self, session: aiohttp.ClientSession, body: dict[str, Any]) -> None:
        if "event_id" in body:
            url = f"{self.public}/slack/events"
            status, _ = await self.slack.deliver(session, url, body)
        else:
            status, _ = await self.teams.deliver(session, f"{self.public}/api/messages", body)
        assert status == 200

    async def settled(self, seconds: float) -> bool:
        """Nothing is left to decide or to send."""
        engine = database.engine(self.addresses.application, "company", size=1)
        left = text(
            "SELECT (SELECT count(*) FROM inbox WHERE NOT done) + (SELECT count(*) FROM outbox)"
        )
        try:
            for _ in range(int(seconds * 5)):
                async with engine.connect() as connection:
                    if not (await connection.execute(left)).scalar():
                        return True
                await asyncio.sleep(0.2)
            return False
        finally:
            await engine.dispose()


@asynccontextmanager
async def storm(folder: Path, addresses: Addresses, questions: int) -> AsyncGenerator[Storm]:
    slack, teams = await FarSlack().start(), await FarTeams().start()
    slack.users["USAM"] = person("USAM", EMAIL)
    slack.chat("DSAM", "USAM")
    teams.person("29:sam", EMAIL)
    for number in range(questions):
        teams.chat(f"a:sam-{number}", "29:sam")
    settings = {
        "DATABASE_URL": addresses.application, "HANDRAIL_KEY": KEY,
        "SLACK_BOT_TOKEN": TOKEN, "SLACK_SIGNING_SECRET": SECRET, "SLACK_API_URL": slack.url,
        "TEAMS_APP_ID": APP, "TEAMS_APP_PASSWORD": PASSWORD, "TEAMS_TENANT_ID": TENANT,
        "TEAMS_OPENID_METADATA_URL": f"{teams.url}/metadata",
        "TEAMS_TOKEN_URL": f"{teams.url}/token",
        "HANDRAIL_HANDBOOK_URL": "https://handbook.example/",
        "HANDRAIL_PACK": str(hurried(folder)),
    }  # fmt: skip
    async with running(folder / "data", "--only", "web", **settings) as product:
        environment = {**os.environ, **settings, "HANDRAIL_DATA": str(folder / "worker")}
        here = Storm(slack, teams, addresses, environment, product.public)
        try:
            yield here
        finally:
            for process in here.workers:
                process.kill()
                await process.wait()
    await slack.stop()
    await teams.stop()


async def work() -> None:
    async with open_app(read(os.environ)) as app:
        app.queue(HURRY).start()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(work())
