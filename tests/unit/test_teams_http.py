"""The front door for Teams: who may knock, and what is answered in time."""

import base64
import json
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import jwt
import pytest
from aiohttp import web

from adapters.teams.auth import Keys, Verifier
from adapters.teams.connector import Connector, Tokens, session
from adapters.teams.http import Listener
from adapters.teams.platform import TeamsPlatform
from bot.event import CardAction, Event, Feedback, Message
from bot.pack import Pack
from bot.people import Sender
from bot.place import Place
from bot.ports import Unavailable
from bot.reply import Button, Card, Field, Form, Grant, Invalid, Purpose, Reply
from bot.strings import Strings
from tests.fakes import FakeClock, FakeRegister
from tests.teams_far_side import APP, PASSWORD, TENANT, FarTeams

GROUP = "19:desk@thread.v2"


class Door:
    """Teams on one side, the core's two ways in on the other, real HTTP between."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self.clock = FakeClock()
        self.teams = FarTeams(self.clock.monotonic)
        self.accepted: list[Event] = []
        self.answer: Form | Card | Invalid | None = None
        self.down = False
        self.serving: set[Place] = set()

    async def accept(self, event: Event) -> bool:
        if self.down:
            raise Unavailable("database")
        fresh = event.id not in {x.id for x in self.accepted}
        if fresh:
            self.accepted.append(event)
        return fresh

    async def answer_now(self, event: CardAction) -> Form | Card | Invalid | None:
        return self.answer

    async def serves(self, place: Place) -> bool:
        return place in self.serving

    async def strings(self, sender: Sender) -> Strings:
        return self.pack.say("")

    async def open(self) -> None:
        await self.teams.start()
        self.teams.person("29:sam", "sam@fernhill.example", "Sam Okafor")
        self.teams.chat("a:sam", "29:sam")
        self.teams.room(GROUP, "groupChat", "29:sam")
        self.teams.room("19:general", "channel", "29:sam")
        self.session = session()
        self.register = FakeRegister()
        tokens = Tokens(f"{self.teams.url}/token", APP, PASSWORD, self.session, self.clock)
        self.platform = TeamsPlatform(
            connector=Connector(tokens, self.session, self.clock),
            register=self.register,
            clock=self.clock,
            organisation="o",
        )
        metadata = f"{self.teams.url}/metadata"
        keys = Keys(metadata, self.session, self.clock)
        application = web.Application()
        Listener(
            core=self,
            platform=self.platform,
            desk=self,
            verifier=Verifier(APP, TENANT, metadata, keys),
            organisation="o",
            clock=self.clock,
        ).attach(application)
        self._runner = web.AppRunner(application, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/api/messages"
        self.caller = aiohttp.ClientSession()

    async def close(self) -> None:
        await self.caller.close()
        await self._runner.cleanup()
        await self.session.close()
        await self.teams.stop()

    async def gets(self, body: dict[str, Any], header: str | None = None) -> tuple[int, Any]:
        return await self.teams.deliver(self.caller, self.url, body, header)

    async def card(self, purpose: Purpose) -> None:
        """A card of ours in the group, with one button."""
        await self.gets(self.teams.says(GROUP, "29:sam", "hi", mention=True))
        self.accepted.clear()
        grant = Grant(purpose=purpose, conversation="k")
        button = Button(label="Press", token="opaque-token", grant=grant)
        place = Place(platform="teams", workspace=TENANT, channel=GROUP)
        reply = Reply(text="x", card=Card(title="IT-7", status="Open"), buttons=(button,))
        await self.platform.post(place, reply, "k", None)

    async def press(self) -> tuple[int, Any]:
        return await self.gets(self.teams.button(GROUP, "29:sam", "Press"))


@pytest.fixture
async def door(pack: Pack) -> AsyncIterator[Door]:
    door = Door(pack)
    await door.open()
    yield door
    await door.close()


# ---- who may knock ----------------------------------------------------------------------------


def _segment(raw: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(raw).encode()).rstrip(b"=").decode()


def _unsigned(far: FarTeams) -> str:
    return f"Bearer {_segment({'alg': 'none', 'kid': 'k1'})}.{_segment(far.claims())}."


def _hs256(far: FarTeams) -> str:
    token = jwt.encode(far.claims(), "secret" * 8, "HS256", {"kid": "k1"})
    return f"Bearer {token}"


def _without_kid(far: FarTeams) -> str:
    return f"Bearer {jwt.encode(far.claims(), far.key.private, 'RS256')}"


def _rs512(far: FarTeams) -> str:
    return f"Bearer {jwt.encode(far.claims(), far.key.private, 'RS512', {'kid': 'k1'})}"


NOW = int(time.time())
BAD: dict[str, Callable[[FarTeams], str]] = {
    "none at all": lambda _: "",
    "another scheme": lambda _: "Basic eDp5",
    "nothing after the scheme": lambda _: "Bearer",
    "garbage": lambda _: "Bearer abc",
    "garbage in three parts": lambda _: "Bearer a.b.c",
    "no algorithm": _unsigned,
    "a symmetric algorithm": _hs256,
    "an algorithm that is not Teams'": _rs512,
    "another key under the same id": lambda x: f"Bearer {x.token(x.other, kid='k1')}",
    "an unknown key": lambda x: f"Bearer {x.token(x.other)}",
    "no key id": _without_kid,
    "expired": lambda x: f"Bearer {x.token(exp=NOW - 3600, nbf=NOW - 7200)}",
    "not yet valid": lambda x: f"Bearer {x.token(nbf=NOW + 3600)}",
    "no expiry": lambda x: f"Bearer {x.token(exp=None)}",
    "another audience": lambda x: f"Bearer {x.token(aud='another')}",
    "no audience": lambda x: f"Bearer {x.token(aud=None)}",
    "another issuer": lambda x: f"Bearer {x.token(iss='https://evil.example')}",
    "no issuer": lambda x: f"Bearer {x.token(iss=None)}",
    "another service": lambda x: f"Bearer {x.token(serviceurl='https://evil.example/')}",
    "no service": lambda x: f"Bearer {x.token(serviceurl=None)}",
    "changed after signing": lambda x: f"Bearer {x.token()[:-8]}AAAAAAAA",
}


@pytest.mark.parametrize("kind", BAD.keys())
async def test_a_bad_token_is_refused_and_nothing_is_written(door: Door, kind: str) -> None:
    body = door.teams.says("a:sam", "29:sam", "hi")
    status, _ = await door.gets(body, BAD[kind](door.teams))
    assert status == 401
    assert door.accepted == []
    assert door.register.kept == {}


async def test_another_tenant_is_forbidden(door: Door) -> None:
    body = door.teams.says("a:sam", "29:sam", "hi")
    body["channelData"]["tenant"]["id"] = "another"
    assert (await door.gets(body))[0] == 403
    assert door.accepted == []


async def test_a_key_that_is_endorsed_for_another_channel_is_refused(door: Door) -> None:
    door.teams.published = [door.teams.key.jwk("slack")]
    assert (await door.gets(door.teams.says("a:sam", "29:sam", "hi")))[0] == 401


async def test_a_rotated_key_is_learnt_at_once_and_guessing_is_not_an_attack(door: Door) -> None:
    await door.gets(door.teams.says("a:sam", "29:sam", "hi"))
    fetched = door.teams.key_fetches
    door.teams.published = [door.teams.other.jwk("msteams")]
    rotated = f"Bearer {door.teams.token(door.teams.other)}"
    door.clock.pass_time(61)
    assert (await door.gets(door.teams.says("a:sam", "29:sam", "more"), rotated))[0] == 200
    for number in range(10):
        unknown = f"Bearer {door.teams.token(kid=f'guess-{number}')}"
        assert (await door.gets(door.teams.says("a:sam", "29:sam", "x"), unknown))[0] == 401
    assert door.teams.key_fetches == fetched + 1


async def test_while_the_keys_cannot_be_had_teams_is_asked_to_come_again(door: Door) -> None:
    door.teams.keys_down = True
    assert (await door.gets(door.teams.says("a:sam", "29:sam", "hi")))[0] == 503
    assert door.accepted == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"type": "message"}', b"\xff"])
async def test_rubbish_is_refused(door: Door, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    async with door.caller.post(door.url, data=body, headers=headers) as answer:
        assert answer.status == 400
    async with door.caller.post(door.url, data=body) as answer:
        assert answer.status == 415


# ---- events -----------------------------------------------------------------------------------


async def test_an_activity_is_accepted_once_and_always_acknowledged(door: Door) -> None:
    body = door.teams.says("a:sam", "29:sam", "My VPN keeps dropping")
    for _ in range(3):
        assert (await door.gets(body))[0] == 200
    (event,) = door.accepted
    assert isinstance(event, Message)


async def test_while_the_database_is_down_teams_is_asked_to_come_again(door: Door) -> None:
    door.down = True
    assert (await door.gets(door.teams.says("a:sam", "29:sam", "hi")))[0] == 503


async def test_threads_in_which_the_bot_takes_no_part_are_private_talk(door: Door) -> None:
    await door.gets(door.teams.says("19:general", "29:sam", "lunch?"))
    assert door.accepted == []
    assert door.register.kept == {}
    place = Place(platform="teams", workspace=TENANT, channel="19:general", thread="7")
    door.serving.add(place)
    await door.gets(door.teams.says("19:general;messageid=7", "29:sam", "still broken"))
    assert len(door.accepted) == 1


# ---- what people press ------------------------------------------------------------------------


async def test_a_plain_button_is_accepted_and_the_card_stays(door: Door) -> None:
    await door.card(Purpose.TAKE)
    status, answer = await door.press()
    assert (status, answer["statusCode"], answer["value"]) == (200, 200, "Got it.")
    (event,) = door.accepted
    assert isinstance(event, CardAction)


async def test_a_refusal_is_said_to_the_one_who_pressed(door: Door) -> None:
    await door.card(Purpose.TAKE)
    door.answer = Invalid(text="Dana already has this case.")
    _, answer = await door.press()
    assert answer["value"] == "Dana already has this case."
    assert door.accepted == []


async def test_a_button_opens_its_dialog_and_the_dialog_comes_back(door: Door) -> None:
    await door.card(Purpose.REPLY)
    door.answer = Form(
        title="Reply", submit="Send", fields=(Field(name="text", label="x", limit=3000),)
    )
    _, dialog = await door.press()
    assert door.accepted == []
    door.answer = Invalid(text="Please write something first.", field="text")
    empty = door.teams.submitted(GROUP, "29:sam", dialog, "")
    _, again = await door.gets(empty)
    assert "Please write something first." in json.dumps(again)
    door.answer = None
    sent = door.teams.submitted(GROUP, "29:sam", again, "Try the other gateway.")
    assert await door.gets(sent) == (200, {})
    (event,) = door.accepted
    assert isinstance(event, CardAction)
    assert event.values == {"text": "Try the other gateway."}


async def test_a_dialog_that_is_too_late_says_so(door: Door) -> None:
    await door.card(Purpose.REPLY)
    door.answer = Invalid(text="This case is closed.")
    _, answer = await door.press()
    assert answer == {"task": {"type": "message", "value": "This case is closed."}}


async def test_what_a_confidential_card_hides_opens_in_a_dialog(door: Door) -> None:
    await door.card(Purpose.OPEN)
    door.answer = Card(title="HC-1042", status="Priya Raman", body="**Sam**: a private matter")
    _, dialog = await door.press()
    assert "a private matter" in json.dumps(dialog)


async def test_a_thumb_is_taken(door: Door) -> None:
    value = {"actionName": "feedback", "actionValue": {"reaction": "like", "feedback": "{}"}}
    body = door.teams.activity(
        "a:sam", "29:sam", type="invoke", name="message/submitAction", value=value
    )
    assert await door.gets(body) == (200, {})
    (event,) = door.accepted
    assert isinstance(event, Feedback)
