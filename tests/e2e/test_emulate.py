"""Slack, as npm `emulate` has it: a Web API and signed events that nobody here wrote."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from tests.e2e.product import free_ports, running

pytestmark = pytest.mark.e2e

SCRIPT = Path(__file__).parent / "emulate.mjs"
BOT = "U0BOT"


class Workspace:
    """Sam's and the bot's view of it."""

    def __init__(self, url: str) -> None:
        self.sam = AsyncWebClient(token="xoxp-sam.okafor", base_url=url)
        self.bot = AsyncWebClient(token="xoxb-handrail", base_url=url)

    async def channel(self, name: str) -> str:
        found: Any = await self.bot.conversations_list()
        return next(str(x["id"]) for x in found["channels"] if x["name"] == name)

    async def answers(self, channel: str, thread: str) -> list[dict[str, Any]]:
        found: Any = await self.bot.conversations_replies(channel=channel, ts=thread)
        return [x for x in found["messages"] if x["ts"] != thread and x["user"] != "sam.okafor"]

    async def answered(self, channel: str, thread: str, words: str) -> dict[str, Any]:
        until = time.monotonic() + 20
        while time.monotonic() < until:
            for message in await self.answers(channel, thread):
                if words in str(message):
                    return message
            await asyncio.sleep(0.1)
        raise AssertionError(f"it never said {words}: {await self.answers(channel, thread)}")


@pytest.fixture
async def workspace(tmp_path: Path) -> AsyncIterator[Workspace]:
    tmp_path.chmod(0o755)
    slack, public = free_ports(2)
    url = f"http://127.0.0.1:{slack}/api/"
    process = await asyncio.create_subprocess_exec(
        "node", SCRIPT, str(slack), f"http://127.0.0.1:{public}/slack/events",
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stdout
        assert (await asyncio.wait_for(process.stdout.readline(), 20)).strip() == b"ready"
        async with AsyncExitStack() as stack:
            settings = {
                "SLACK_BOT_TOKEN": "xoxb-handrail", "SLACK_SIGNING_SECRET": "shared secret",
                "SLACK_API_URL": url, "HANDRAIL_HANDBOOK_URL": "https://handbook.example/",
                "HANDRAIL_PORT": str(public),
            }  # fmt: skip
            await stack.enter_async_context(running(tmp_path / "data", **settings))
            yield Workspace(url)
    finally:
        process.terminate()
        await process.wait()


async def test_a_mention_is_answered_in_its_thread_and_a_follow_up_too(
    workspace: Workspace,
) -> None:
    square = await workspace.channel("town-square")
    asked = await workspace.sam.chat_postMessage(
        channel=square, text=f"<@{BOT}> my VPN keeps dropping"
    )
    thread = str(asked["ts"])
    answer = await workspace.answered(square, thread, "hotspot")
    assert "https://handbook.example/it/vpn" in str(answer)
    await workspace.sam.chat_postMessage(
        channel=square, thread_ts=thread, text="Still broken. Can I talk to a person?"
    )
    await workspace.answered(square, thread, "IT-1042")
    said = [str(x) for x in await workspace.answers(square, thread)]
    assert len([x for x in said if "hotspot" in x]) == 1


async def test_a_direct_message_is_answered_under_it(workspace: Workspace) -> None:
    opened: Any = await workspace.sam.conversations_open(users=BOT)
    chat = str(opened["channel"]["id"])
    asked = await workspace.sam.chat_postMessage(channel=chat, text="My VPN keeps dropping")
    await workspace.answered(chat, str(asked["ts"]), "hotspot")


async def test_talk_among_people_is_left_alone(workspace: Workspace) -> None:
    square = await workspace.channel("town-square")
    said = await workspace.sam.chat_postMessage(channel=square, text="Lunch?")
    asked = await workspace.sam.chat_postMessage(
        channel=square, text=f"<@{BOT}> my VPN keeps dropping"
    )
    await workspace.answered(square, str(asked["ts"]), "hotspot")
    assert await workspace.answers(square, str(said["ts"])) == []
