"""What no platform sends, through the real doors into a real database: refused, never a 5xx."""

import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import given
from sqlalchemy import text

from adapters.pack.loader import load
from adapters.store.embedded import Addresses
from adapters.store.register import PostgresRegister
from adapters.teams.connector import Connector, Tokens
from adapters.teams.http import PATH, Listener
from adapters.teams.platform import TeamsPlatform
from adapters.web.feed import Feed
from adapters.web.guard import private_application
from adapters.web.http import Console
from adapters.web.rooms import SamplePerson
from adapters.web.stream import Step
from adapters.web.workspace import Workspace
from bot.event import CardAction, Event
from bot.pack import Pack
from bot.reply import Card, Field, Form, Invalid
from tests.contract.test_store import OnPostgres, opened
from tests.contract.test_web import backwards
from tests.mutations import KINDS, LONG, RUBBISH, bounded, mutated, recorded
from tests.slack_far_side import SECRET
from tests.unit.test_slack_http import Door as SlackDoor
from tests.unit.test_teams_http import Door as TeamsDoor

PACK = Path(__file__).parents[2] / "policies" / "workplace"
# Without the addresses at which Bolt itself would tell a workspace that it has no such app.
_ELSEWHERE = ("response_url", "response_urls")
SLACK = {
    name: {k: v for k, v in body.items() if k not in _ELSEWHERE}
    for name, body in recorded("slack").items()
}
TEAMS, CONSOLE = recorded("teams"), recorded("web")
FORM = Form(title="Reply", submit="Send", fields=(Field(name="text", label="x", limit=3000),))
ANSWERS = (
    None,
    None,
    FORM,
    Card(title="a", status="b"),
    Invalid(text="No."),
    Invalid(text="", field="text"),
)


class Core:
    """The store behind a door, and whatever the bot may say within the response."""

    def __init__(self, ports: OnPostgres) -> None:
        self.ports = ports
        self.asked = 0

    async def accept(self, event: Event) -> bool:
        return await self.ports.store.accept(event)

    async def answer_now(self, event: CardAction) -> Form | Card | Invalid | None:
        self.asked += 1
        return ANSWERS[self.asked % len(ANSWERS)]

    async def kept(self) -> int:
        """Events in the inbox: each with its job, and each can be read again."""
        async with self.ports.engine.connect() as connection:
            ids = (await connection.execute(text("SELECT id FROM inbox WHERE NOT done"))).scalars()
            jobs = await connection.execute(text("SELECT count(*) FROM procrastinate_jobs"))
            found = list(ids)
            assert len(found) == jobs.scalar()
        for id in found:
            assert await self.ports.store.take(id), id
        return len(found)


@pytest.fixture
async def core(database: Addresses) -> AsyncIterator[Core]:
    async with opened(database.application, "o") as ports:
        yield Core(ports)


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load(PACK).pack


# ---- Slack --------------------------------------------------------------------------------------


class Slack(SlackDoor):
    core: Core

    async def accept(self, event: Event) -> bool:
        return await self.core.accept(event)

    async def answer_now(self, event: CardAction) -> Form | Card | Invalid | None:
        return await self.core.answer_now(event)

    async def knocks(self, raw: bytes, kind: str) -> int:
        stamp = str(int(time.time()))
        signed = b"v0:" + stamp.encode() + b":" + raw
        signature = "v0=" + hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": kind, "X-Slack-Signature": signature,
            "X-Slack-Request-Timestamp": stamp,
        }  # fmt: skip
        async with self.caller.post(self.url, data=raw, headers=headers) as answer:
            return answer.status


@pytest.fixture
async def slack(core: Core, pack: Pack) -> AsyncIterator[Slack]:
    door = Slack(pack)
    door.core = core
    await door.open()
    yield door
    await door.close()


@bounded(100)
@given(call=mutated(SLACK))
async def test_slack(slack: Slack, call: tuple[str, Any]) -> None:
    name, body = call
    if "command" in SLACK[name] and isinstance(body, dict):
        raw, kind = urlencode(body, errors="replace"), "application/x-www-form-urlencoded"
    elif SLACK[name]["type"] == "event_callback":
        raw, kind = json.dumps(body), "application/json"
    else:
        raw = urlencode({"payload": json.dumps(body)})
        kind = "application/x-www-form-urlencoded"
    status = await slack.knocks(raw.encode(), kind)
    assert status < 500, (status, name, body)


async def test_what_bolt_itself_falls_over(slack: Slack) -> None:
    for odd in ({"event": None}, {"team_id": ["T1"], "authorizations": []}, {"event_id": "x\0"}):
        raw = json.dumps({**SLACK["message"], **odd}).encode()
        assert await slack.knocks(raw, "application/json") < 500, odd


async def test_rubbish_at_slacks_door(slack: Slack) -> None:
    for raw in RUBBISH:
        for kind in KINDS:
            assert await slack.knocks(raw, kind) < 500, (raw[:40], kind)
            headers = {"Content-Type": kind}
            async with slack.caller.post(slack.url, data=raw, headers=headers) as answer:
                assert answer.status < 500, (answer.status, raw[:40], kind)
    assert await slack.core.kept() == 0


# ---- Teams --------------------------------------------------------------------------------------


class Teams(TeamsDoor):
    core: Core

    async def open(self) -> None:
        """Beside the door that verifies, one that does not: what is behind it is tried too."""
        await super().open()
        tokens = Tokens(f"{self.teams.url}/token", "app", "password", self.session, self.clock)
        ports = self.core.ports
        self.listener = Listener(
            core=self.core,
            platform=TeamsPlatform(
                connector=Connector(tokens, self.session, self.clock),
                register=PostgresRegister(ports.engine, ports.cipher, "o", "teams"),
                clock=self.clock,
                organisation="o",
            ),
            desk=self,
            verifier=None,
            organisation="o",
            clock=self.clock,
        )
        application = web.Application()
        self.listener.attach(application)
        self.inside = TestClient(TestServer(application))
        await self.inside.start_server()

    async def close(self) -> None:
        await self.inside.close()
        await super().close()


@pytest.fixture
async def teams(core: Core, pack: Pack) -> AsyncIterator[Teams]:
    door = Teams(pack)
    door.core = core
    await door.open()
    yield door
    await door.close()


@bounded(150)
@given(call=mutated(TEAMS))
async def test_teams(teams: Teams, call: tuple[str, Any]) -> None:
    name, body = call
    answer = await teams.inside.post(PATH, json=body)
    assert answer.status < 500, (answer.status, name, body)


async def test_an_id_that_no_index_takes_is_refused_for_good(teams: Teams) -> None:
    body = {**TEAMS["button_of_an_old_client"], "id": LONG}
    assert (await teams.inside.post(PATH, json=body)).status == 400
    assert await teams.core.kept() == 0


async def test_rubbish_at_teams_door(teams: Teams) -> None:
    for raw in RUBBISH:
        for kind in KINDS:
            headers = {"Content-Type": kind}
            async with teams.caller.post(teams.url, data=raw, headers=headers) as answer:
                assert 400 <= answer.status < 500, (answer.status, raw[:40], kind)
            answer = await teams.inside.post(PATH, data=raw, headers=headers)
            assert 400 <= answer.status < 500, (answer.status, raw[:40], kind)
    assert await teams.core.kept() == 0


# ---- the console --------------------------------------------------------------------------------


class Stage:
    async def steps(self, organisation: str, after: int) -> Sequence[Step]:
        return ()

    async def skip(self, minutes: int) -> None: ...

    async def reset(self) -> None: ...

    async def use_handbook(self, folder: str) -> str:
        raise ValueError("There is no handbook.")

    async def page(self, path: str) -> str | None:
        return None


Client = TestClient[web.Request, web.Application]


@pytest.fixture
async def console(core: Core) -> AsyncIterator[Client]:
    engine, clock = core.ports.engine, core.ports.clock
    sealed = {"seal": backwards, "unseal": backwards}
    people = [
        SamplePerson(id=x, name=x, role="", locale="en", channels=("it-desk", "town-square"))
        for x in ("sam", "dana", "robin", "handrail")
    ]
    application = private_application()
    Console(
        core=core,
        stage=Stage(),
        workspace=Workspace(engine=engine, organisation="o", clock=clock, **sealed),
        feed=Feed(engine),
        people=people,
        clock=clock,
        offline=True,
        connect="",
    ).attach(application)
    async with TestClient(TestServer(application)) as client:
        yield client


@bounded(150)
@given(call=mutated({k: v["body"] for k, v in CONSOLE.items()}))
async def test_the_console(console: Client, core: Core, call: tuple[str, Any]) -> None:
    name, body = call
    if isinstance(body, dict) and "id" in body and body["id"] == CONSOLE[name]["body"].get("id"):
        body["id"] = str(uuid4())
    answer = await says(console, CONSOLE[name]["route"], json.dumps(body).encode())
    assert answer.status < 500, (answer.status, name, body, await answer.text())


async def test_rubbish_at_the_consoles_door(console: Client, core: Core) -> None:
    for raw in RUBBISH:
        for route in ("message", "command", "press", "submit", "stop", "open", "skip", "handbook"):
            answer = await says(console, route, raw)
            assert 400 <= answer.status < 500, (answer.status, raw[:40], route)
    assert await core.kept() == 0


async def says(console: Client, route: str, raw: bytes) -> aiohttp.ClientResponse:
    origin = str(console.make_url("")).rstrip("/")
    headers = {"Content-Type": "application/json", "Origin": origin}
    return await console.post(f"/api/{route}", data=raw, headers=headers)
