"""How many events a second Slack's and Teams' front doors take, each row committed."""

import asyncio
import hashlib
import hmac
import json
import tempfile
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from tests.bench.__main__ import ROUNDS, server
from tests.e2e.product import hurried, running
from tests.slack_far_side import SECRET, TOKEN, FarSlack, person
from tests.teams_far_side import APP, PASSWORD, TENANT, FarTeams

SECONDS = 6
AT_ONCE = 16

Call = tuple[bytes, dict[str, str]]


async def _rate(url: str, call: Callable[[int], Call]) -> tuple[float, list[float]]:
    """Events a second with so many at once, and the milliseconds of each."""
    took: list[float] = []
    numbers = iter(range(1_000_000))
    until = time.perf_counter() + SECONDS

    async def one(session: aiohttp.ClientSession) -> None:
        while time.perf_counter() < until:
            body, headers = call(next(numbers))
            began = time.perf_counter()
            async with session.post(url, data=body, headers=headers) as answer:
                assert answer.status == 200, await answer.text()
            took.append((time.perf_counter() - began) * 1000)

    async with aiohttp.ClientSession() as session:
        await asyncio.gather(*(one(session) for _ in range(AT_ONCE)))
    return len(took) / SECONDS, sorted(took)


def _slack_call(far: FarSlack) -> Callable[[int], Call]:
    def call(number: int) -> Call:
        stamp = f"{1_795_000_000 + number}.000100"
        event = {
            "type": "message", "channel": "D1", "channel_type": "im", "user": "U1", "ts": stamp,
            "text": "My VPN keeps dropping",
        }  # fmt: skip
        raw = json.dumps(far.envelope(event)).encode()
        now = str(int(time.time()))
        signed = b"v0:" + now.encode() + b":" + raw
        signature = "v0=" + hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
        return raw, {
            "Content-Type": "application/json", "X-Slack-Signature": signature,
            "X-Slack-Request-Timestamp": now,
        }  # fmt: skip

    return call


def _teams_call(far: FarTeams) -> Callable[[int], Call]:
    token = far.token()

    def call(number: int) -> Call:
        raw = json.dumps(far.says("a:sam", "29:sam", f"My VPN keeps dropping, {number}")).encode()
        return raw, {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}

    return call


@asynccontextmanager
async def _product(*only: str, **settings: str) -> AsyncGenerator[str]:
    folder = Path(tempfile.mkdtemp(prefix="handrail-bench-"))
    folder.chmod(0o755)
    settings["HANDRAIL_PACK"] = str(hurried(folder))
    async with running(folder / "data", *only, **settings) as product:
        yield product.public


def _line(name: str, found: tuple[float, list[float]], base: float = 0.0) -> str:
    rate, took = found
    share = f"   {rate / base:4.0%} of the base" if base else ""
    middle, late = took[len(took) // 2], took[int(len(took) * 0.99) - 1]
    return f"  {name:34} {rate:6.0f}/s   p50 {middle:5.1f} ms   p99 {late:5.1f} ms{share}"


class SlackSeen(FarSlack):
    """Tells when a reader first saw something."""

    seen = asyncio.Event()

    def _put(self, channel: str, **message: Any) -> dict[str, Any]:
        self.seen.set()
        return super()._put(channel, **message)


class TeamsSeen(FarTeams):
    seen = asyncio.Event()

    def _checked(self, body: dict[str, Any]) -> None:
        self.seen.set()
        super()._checked(body)


async def _signs(far: SlackSeen | TeamsSeen, url: str, call: Callable[[int], Call]) -> str:
    """Milliseconds from sending an event to the first call that shows something, one by one."""
    took: list[float] = []
    async with aiohttp.ClientSession() as session:
        for number in range(40):
            far.seen = asyncio.Event()
            began = time.perf_counter()
            body, headers = call(number)
            async with session.post(url, data=body, headers=headers) as answer:
                assert answer.status == 200
            await far.seen.wait()
            took.append((time.perf_counter() - began) * 1000)
            await asyncio.sleep(0.5)
    took = sorted(took[10:])
    return f"p50 {took[len(took) // 2]:5.1f} ms   p95 {took[int(len(took) * 0.95)]:5.1f} ms"


async def first_signs() -> None:
    print("From an event's arrival to the first visible sign (Slack's stream, Teams' status line),")
    print("web and worker in one process; the far side's own time, about 1 ms, is in it")
    slack, teams = SlackSeen(), TeamsSeen()
    async with _far(slack, teams) as (on_slack, on_teams):
        async with _product(**on_slack) as url:
            print(f"  Slack   {await _signs(slack, f'{url}/slack/events', _slack_call(slack))}")
        async with _product(**on_teams) as url:
            print(f"  Teams   {await _signs(teams, f'{url}/api/messages', _teams_call(teams))}")


async def doors() -> None:
    """The load comes from this process: of two cores one is the server's."""
    print(f"Events a second, {AT_ONCE} at once, signed and verified; ours with the row committed")
    slack, teams = FarSlack(), FarTeams()
    async with _far(slack, teams) as (on_slack, on_teams):
        await _rounds(slack, teams, on_slack, on_teams)


async def _rounds(
    slack: FarSlack, teams: FarTeams, on_slack: dict[str, Any], on_teams: dict[str, Any]
) -> None:
    for _ in range(ROUNDS):
        async with server("bare_bolt") as url:
            base = await _rate(f"{url}/", _slack_call(slack))
        print(_line("bare bolt", base))
        async with _product("--only", "web", **on_slack) as url:
            found = await _rate(f"{url}/slack/events", _slack_call(slack))
        print(_line("handrail, Slack", found, base[0]))
        async with server("bare_server") as url:
            base = await _rate(f"{url}/", _teams_call(teams))
        print(_line("bare aiohttp", base))
        async with _product("--only", "web", **on_teams) as url:
            found = await _rate(f"{url}/api/messages", _teams_call(teams))
        print(_line("handrail, Teams", found, base[0]), flush=True)


@asynccontextmanager
async def _far(
    slack: FarSlack, teams: FarTeams
) -> AsyncGenerator[tuple[dict[str, Any], dict[str, Any]]]:
    """Both far sides, and the settings with which the product talks to each."""
    await slack.start()
    await teams.start()
    slack.users["U1"] = person("U1", "sam.okafor@fernhill.example")
    slack.chat("D1", "U1")
    teams.person("29:sam", "sam.okafor@fernhill.example")
    teams.chat("a:sam", "29:sam")
    yield (
        {
            "SLACK_BOT_TOKEN": TOKEN,
            "SLACK_SIGNING_SECRET": SECRET,
            "SLACK_API_URL": slack.url,
        },
        {
            "TEAMS_APP_ID": APP,
            "TEAMS_APP_PASSWORD": PASSWORD,
            "TEAMS_TENANT_ID": TENANT,
            "TEAMS_OPENID_METADATA_URL": f"{teams.url}/metadata",
            "TEAMS_TOKEN_URL": f"{teams.url}/token",
        },
    )
    await slack.stop()
    await teams.stop()


if __name__ == "__main__":
    asyncio.run(first_signs())
    asyncio.run(doors())
