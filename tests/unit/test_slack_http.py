"""The front door for Slack: who may knock, and what is answered in time."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from adapters.slack import client, http
from adapters.slack.listener import Listener
from adapters.slack.platform import SlackPlatform
from adapters.slack.socket import connected
from bot.event import CardAction, Command, Event, Feedback, Message
from bot.pack import Pack
from bot.people import Sender
from bot.place import Place
from bot.ports import Rejected, Unavailable
from bot.reply import Card, Field, Form, Invalid
from bot.strings import Strings
from tests.fakes import FakeClock, FakeRegister
from tests.slack_far_side import APP_TOKEN, SECRET, TEAM, TOKEN, FarSlack, person

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "slack"


def recorded(name: str) -> dict[str, Any]:
    return json.loads((FIXTURES / f"{name}.json").read_text())


class Door:
    """Slack on one side, the core's two ways in on the other, real HTTP between."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self.clock = FakeClock()
        self.slack = FarSlack(self.clock.monotonic)
        self.accepted: list[Event] = []
        self.answer: Form | Card | Invalid | None = None
        self.down = False
        self.refused = 0
        self.serving: set[Place] = set()

    # The core.

    async def accept(self, event: Event) -> bool:
        if self.down:
            self.refused += 1
            raise Unavailable("database")
        fresh = event.id not in {x.id for x in self.accepted}
        if fresh:
            self.accepted.append(event)
        return fresh

    async def answer_now(self, event: CardAction) -> Form | Card | Invalid | None:
        return self.answer

    # What a listener asks besides.

    async def serves(self, place: Place) -> bool:
        return place in self.serving

    async def strings(self, sender: Sender) -> Strings:
        return self.pack.say("")

    async def home(self, sender: Sender) -> tuple[str, Sequence[str]]:
        return "Hello", ["IT-1042 · IT\nMy VPN keeps dropping"]

    async def open(self) -> None:
        await self.slack.start()
        self.slack.users["U1"] = person("U1", "sam@fernhill.example")
        self.slack.chat("D1", "U1")
        self.slack.room("C2", "U1", is_private=True)
        self.session = client.session()
        self.platform = SlackPlatform(
            api_url=self.slack.url,
            session=self.session,
            register=FakeRegister(),
            clock=self.clock,
        )
        await self.platform.install(TOKEN)
        listener = Listener(
            core=self, platform=self.platform, desk=self, organisation="o", clock=self.clock
        )
        self.bolt = http.bolt(listener, SECRET)
        application = web.Application()
        http.attach(self.bolt, application)
        self._runner = web.AppRunner(application, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/slack/events"
        self.caller = aiohttp.ClientSession()

    async def close(self) -> None:
        await self.caller.close()
        await self._runner.cleanup()
        await self.session.close()
        await self.slack.stop()

    async def gets(self, body: dict[str, Any], **how: Any) -> tuple[int, str]:
        if "trigger_id" in body:
            body["trigger_id"] = self.slack.trigger()
        return await self.slack.deliver(self.caller, self.url, body, **how)


@pytest.fixture
async def door(pack: Pack) -> AsyncIterator[Door]:
    door = Door(pack)
    await door.open()
    yield door
    await door.close()


# ---- who may knock ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["message", "button", "form", "command"])
@pytest.mark.parametrize(
    "how",
    [
        {"secret": "guessed"},
        {"late": 6 * 60},
        {"late": -6 * 60},
        {"change": " "},
    ],
    ids=["forged", "replayed", "from the future", "changed"],
)
async def test_what_slack_did_not_sign_is_refused_and_nothing_is_written(
    door: Door, name: str, how: dict[str, Any]
) -> None:
    status, _ = await door.gets(recorded(name), **how)
    assert status == 401
    assert door.accepted == []


async def test_an_unsigned_call_is_refused(door: Door) -> None:
    async with door.caller.post(door.url, json=recorded("message")) as answer:
        assert answer.status == 401
    assert door.accepted == []


async def test_a_workspace_without_the_app_is_not_heard(door: Door) -> None:
    await door.gets({**recorded("message"), "team_id": "T9", "authorizations": []})
    assert door.accepted == []


async def test_the_address_is_proved_to_slack(door: Door) -> None:
    status, text = await door.gets({"type": "url_verification", "challenge": "c-1", "token": "t"})
    assert (status, "c-1" in text) == (200, True)


# ---- events -----------------------------------------------------------------------------------


async def test_an_event_is_accepted_once_and_always_acknowledged(door: Door) -> None:
    for _ in range(3):
        assert (await door.gets(recorded("message")))[0] == 200
    (event,) = door.accepted
    assert isinstance(event, Message)


async def test_while_the_database_is_down_slack_is_asked_to_come_again(door: Door) -> None:
    door.down = True
    assert (await door.gets(recorded("message")))[0] == 503
    door.down = False
    assert (await door.gets(recorded("message")))[0] == 200
    assert len(door.accepted) == 1


async def test_threads_in_which_the_bot_takes_no_part_are_private_talk(door: Door) -> None:
    await door.gets(recorded("thread_chatter"))
    assert door.accepted == []
    place = Place(platform="slack", workspace=TEAM, channel="C1", thread="1795200000.000200")
    door.serving.add(place)
    await door.gets(recorded("thread_chatter"))
    assert len(door.accepted) == 1


async def test_rubbish_that_slack_signed_is_refused_for_good(door: Door) -> None:
    body = {**recorded("message"), "event": {"type": "message", "user": ["not", "a", "name"]}}
    assert (await door.gets(body))[0] == 400


# ---- what people press ------------------------------------------------------------------------


async def test_a_plain_button_is_accepted(door: Door) -> None:
    assert (await door.gets(recorded("button")))[0] == 200
    (event,) = door.accepted
    assert isinstance(event, CardAction)


async def test_a_button_opens_its_form_within_the_response_and_the_form_comes_back(
    door: Door,
) -> None:
    field = Field(name="text", label="Your reply", limit=3000)
    door.answer = Form(title="Reply to Sam Okafor with care", submit="Send", fields=(field,))
    await door.gets(recorded("button"))
    assert door.accepted == []
    door.answer = None
    status, text = await door.gets(door.slack.submitted("U1", "Try the other gateway."))
    assert (status, json.loads(text)) == (200, {"response_action": "clear"})
    (sent,) = door.accepted
    assert isinstance(sent, CardAction)
    assert sent.token == "opaque-token"
    assert sent.values == {"text": "Try the other gateway."}
    assert sent.place.channel == "C2"


async def test_a_form_that_does_not_fit_says_so_at_the_field(door: Door) -> None:
    door.answer = Invalid(text="Please write something first.", field="text")
    _, text = await door.gets(recorded("form"))
    assert json.loads(text)["errors"] == {"text": "Please write something first."}
    assert door.accepted == []


async def test_a_form_that_comes_too_late_is_told_in_its_place(door: Door) -> None:
    door.answer = Invalid(text="Somebody else has this case.")
    _, text = await door.gets(recorded("form"))
    assert json.loads(text)["response_action"] == "update"
    assert "Somebody else" in text


async def test_a_refusal_is_seen_only_by_the_one_who_pressed(door: Door) -> None:
    door.answer = Invalid(text="This button is for someone else.")
    await door.gets(recorded("button"))
    assert "someone else" in json.dumps(door.slack.views)
    assert door.slack.messages("C2") == []
    assert door.accepted == []


async def test_what_a_confidential_card_hides_opens_in_a_modal(door: Door) -> None:
    door.answer = Card(title="HC-1042", status="Priya Raman", body="**Sam**: a private matter")
    await door.gets(recorded("button"))
    assert "a private matter" in json.dumps(door.slack.views)


async def test_a_thumb_down_asks_for_a_word_which_is_kept(door: Door) -> None:
    await door.gets(recorded("feedback"))
    await door.gets(door.slack.submitted("U1", "It was about Macs."))
    first, second = door.accepted
    assert isinstance(first, Feedback)
    assert isinstance(second, Feedback)
    assert second.comment == "It was about Macs."


# ---- asking elsewhere -------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["slash_question", "shortcut", "ask"])
async def test_a_question_from_elsewhere_opens_a_thread_in_the_direct_chat(
    door: Door, name: str
) -> None:
    assert (await door.gets(recorded(name)))[0] == 200
    (root,) = door.slack.messages("D1")
    (event,) = door.accepted
    assert isinstance(event, Message)
    assert (event.place.channel, event.place.thread) == ("D1", root["ts"])
    assert event.sender.user == "U1"


async def test_a_secret_in_a_command_is_not_repeated(door: Door) -> None:
    body = {**recorded("slash_question"), "text": "my password is Sommer2026! and VPN is down"}
    await door.gets(body)
    (root,) = door.slack.messages("D1")
    assert "Sommer2026" not in json.dumps(root)


async def test_an_empty_question_is_sent_back(door: Door) -> None:
    body = recorded("ask")
    body["view"]["state"]["values"]["text"]["value"]["value"] = "  "
    _, text = await door.gets(body)
    assert "errors" in text
    assert door.accepted == []


async def test_the_command_alone_opens_a_form(door: Door) -> None:
    await door.gets(recorded("slash_alone"))
    (view,) = door.slack.views
    assert view["callback_id"] == "ask"


async def test_an_admins_words_are_a_command(door: Door) -> None:
    assert await door.gets(recorded("command")) == (200, "")
    (event,) = door.accepted
    assert isinstance(event, Command)


async def test_the_home_shows_ones_cases(door: Door) -> None:
    await door.gets(recorded("home"))
    assert "IT-1042" in json.dumps(door.slack.homes["U1"])


# ---- Socket Mode ------------------------------------------------------------------------------


async def until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + 15
    while not true():
        assert time.monotonic() < deadline, "it never came"
        await asyncio.sleep(0.01)


async def test_socket_mode_hears_acknowledges_and_reconnects(door: Door) -> None:
    async with connected(door.bolt, APP_TOKEN, door.slack.url):
        await until(lambda: door.slack.sockets)
        door.down = True
        unheard = await door.slack.send("events_api", recorded("message"))
        await until(lambda: door.refused)
        door.down = False
        heard = await door.slack.send("events_api", recorded("thread_reply"))
        await until(lambda: heard in door.slack.acks)
        # Slack delivers again what was not acknowledged.
        assert unheard not in door.slack.acks
        await door.slack.sockets[0].close()
        await until(lambda: len(door.slack.sockets) > 1)
        again = await door.slack.send("events_api", recorded("message"))
        await until(lambda: again in door.slack.acks)
    assert len(door.accepted) == 2


async def test_a_wrong_app_token_is_said_at_once(door: Door) -> None:
    with pytest.raises(Rejected, match="invalid_auth"):
        async with connected(door.bolt, "xapp-wrong", door.slack.url):
            pass
