"""The platform contract, kept by Slack over real HTTP, and what is Slack's own."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from adapters.slack import client
from adapters.slack.drafts import STREAMS
from adapters.slack.inbound import heard
from adapters.slack.platform import SlackPlatform
from adapters.slack.terms import Installation
from bot.event import Event
from bot.people import Profile, Sender
from bot.place import Audience, Place
from bot.ports import Drafts, Platform, Rejected, Unavailable, Uncertain
from bot.reply import Reply
from tests.contract.platform_contract import PlatformContract
from tests.fakes import NOW, FakeClock, FakeRegister
from tests.slack_far_side import BOT, TEAM, TOKEN, FarSlack, Refusal, person

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "slack"
HERE = Installation(team=TEAM, user=BOT, bot="BBOT")
CHAT = Place(platform="slack", workspace=TEAM, channel="D1", thread="1795200000.000100")
ROOM = Place(platform="slack", workspace=TEAM, channel="C2", audience=Audience.PRIVATE)
SAM = Sender(platform="slack", workspace=TEAM, user="U1")


class Far:
    """A workspace with Sam's chat and a private room, and the platform that sends there."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.slack = FarSlack(self.clock.monotonic)
        self.register = FakeRegister()

    async def open(self) -> None:
        await self.slack.start()
        self.slack.users["U1"] = person("U1", "Sam.Okafor@fernhill.example", "Sam Okafor")
        self.slack.chat("D1", "U1")
        self.slack.room("C2", "U1", is_private=True)
        self.session = client.session()
        self.platform = self.another()
        await self.platform.install(TOKEN)

    def another(self) -> SlackPlatform:
        """As another process has it."""
        return SlackPlatform(
            api_url=self.slack.url, session=self.session, register=self.register, clock=self.clock
        )

    async def close(self) -> None:
        await self.session.close()
        await self.slack.stop()

    def shown(self, place: Place = CHAT) -> list[dict[str, Any]]:
        return self.slack.messages(place.channel, place.thread)


@pytest.fixture
async def far() -> AsyncIterator[Far]:
    far = Far()
    await far.open()
    yield far
    await far.close()


class TestSlack(PlatformContract):
    name = "slack"

    @pytest.fixture(autouse=True)
    def _far(self, far: Far) -> None:
        self.far = far

    def event(self, fixture: str) -> Event | None:
        body = json.loads((FIXTURES / f"{fixture}.json").read_text())
        (found,) = heard(body, "o", NOW, HERE) or (None,)
        return found  # type: ignore[return-value]

    async def adapter(self) -> tuple[Platform, Drafts]:
        return self.far.platform, self.far.platform

    def chat(self) -> Place:
        return CHAT

    def sender(self) -> Sender:
        return SAM

    async def seen(self, place: Place) -> list[str]:
        return [json.dumps(x, ensure_ascii=False) for x in self.far.shown(place)]

    async def private_room(self) -> Place:
        return ROOM


# ---- sending ----------------------------------------------------------------------------------


async def test_too_many_posts_are_told_when_to_come_again(far: Far) -> None:
    far.slack.refusals["chat.postMessage"].append(Refusal("ratelimited", 429, {"Retry-After": "7"}))
    with pytest.raises(Unavailable) as error:
        await far.platform.post(CHAT, Reply(text="hi"), "k", None)
    assert error.value.retry_after == 7


async def test_a_post_whose_answer_was_lost_is_not_repeated_and_is_found_by_its_key(
    far: Far,
) -> None:
    far.slack.lose_answer.add("chat.postMessage")
    with pytest.raises(Uncertain):
        await far.platform.post(CHAT, Reply(text="hi"), "the-key", None)
    (stands,) = far.shown()
    assert await far.platform.find(CHAT, "the-key") == stands["ts"]


@pytest.mark.parametrize("code", ["channel_not_found", "is_archived", "account_inactive"])
async def test_what_will_never_work_is_refused_with_slacks_code(far: Far, code: str) -> None:
    far.slack.refusals["chat.postMessage"].append(Refusal(code))
    with pytest.raises(Rejected, match=code):
        await far.platform.post(CHAT, Reply(text="hi"), "k", None)


async def test_while_slack_is_away_it_is_unavailable(far: Far) -> None:
    await far.slack.stop()
    # A connection that was open breaks under the request; the next one is not made at all.
    with pytest.raises((Unavailable, Uncertain)):
        await far.platform.post(CHAT, Reply(text="hi"), "k", None)
    with pytest.raises(Unavailable):
        await far.platform.post(CHAT, Reply(text="hi"), "k", None)
    await far.slack.start()


async def test_a_sentence_for_one_person_is_seen_by_nobody_else(far: Far) -> None:
    await far.platform.post(ROOM, Reply(text="Too late."), "k", "U1")
    assert far.shown(ROOM) == []
    (kept,) = far.slack.posted["C2"]
    assert kept["only_for"] == "U1"


async def test_suggestions_become_prompts_and_their_loss_harms_nobody(far: Far) -> None:
    hello = Reply(text="Hello", suggestions=("My VPN", "My leave", "a", "b", "c"))
    await far.platform.post(replace(CHAT, thread=None), hello, "k", None)
    assert [x["title"] for x in far.slack.prompts[0]] == ["My VPN", "My leave", "a", "b"]
    far.slack.refusals["assistant.threads.setSuggestedPrompts"].append(Refusal("not_allowed"))
    await far.platform.post(replace(CHAT, thread=None), hello, "k2", None)


async def test_where_the_app_is_not_installed_it_cannot_send(far: Far) -> None:
    with pytest.raises(Rejected, match="not_installed"):
        await far.platform.post(replace(CHAT, workspace="T9"), Reply(text="hi"), "k", None)


async def test_a_wrong_token_is_said_at_once(far: Far) -> None:
    with pytest.raises(Rejected, match="invalid_auth"):
        await far.platform.install("xoxb-wrong")


# ---- drafts -----------------------------------------------------------------------------------


async def test_in_a_chat_an_answer_streams_and_can_be_stopped_by_slacks_own_button(
    far: Far,
) -> None:
    ts = await far.platform.begin(CHAT, "Looking in the handbook…", "k")
    assert ts
    (stands,) = far.shown()
    assert "Looking in the handbook…" in json.dumps(stands["status"], ensure_ascii=False)
    assert far.slack.sessions["D1", str(CHAT.thread)] == "processing"
    await far.platform.show(CHAT, ts, "Switch")
    far.clock.pass_time(1)
    await far.platform.show(CHAT, ts, "Switch networks.")
    assert stands["text"] == "Switch networks."
    await far.platform.update(CHAT, ts, Reply(text="Switch networks. Done."))
    assert far.slack.sessions["D1", str(CHAT.thread)] == "active"
    assert far.shown()[0]["text"] == "Switch networks. Done."


async def test_another_process_ends_the_stream_of_one_that_died(far: Far) -> None:
    ts = await far.platform.begin(CHAT, "Looking…", "k")
    assert ts
    other = far.another()
    assert await other.find(CHAT, "k") == ts
    await other.show(CHAT, ts, "Switch networks.")
    await other.update(CHAT, ts, Reply(text="Done."))
    assert [x["text"] for x in far.shown()] == ["Done."]


async def test_a_stream_that_slack_ended_goes_on_by_updates(far: Far) -> None:
    ts = await far.platform.begin(CHAT, "Looking…", "k")
    assert ts
    await far.platform.show(CHAT, ts, "One. ")
    far.clock.pass_time(400)
    await far.platform.show(CHAT, ts, "One. Two. ")
    assert far.shown()[0]["text"] == "One. Two. "
    await far.platform.update(CHAT, ts, Reply(text="Done."))
    assert far.shown()[0]["text"] == "Done."


async def test_another_models_words_replace_those_of_the_first(far: Far) -> None:
    ts = await far.platform.begin(CHAT, "Looking…", "k")
    assert ts
    await far.platform.show(CHAT, ts, "Perhaps it is ")
    far.clock.pass_time(2)
    await far.platform.show(CHAT, ts, "Switch networks.")
    assert far.shown()[0]["text"] == "Switch networks."


async def test_beyond_the_budget_of_streams_answers_come_by_updates(far: Far) -> None:
    for number in range(STREAMS):
        await far.platform.begin(CHAT, "Looking…", f"k{number}")
    ts = await far.platform.begin(CHAT, "Looking…", "over")
    assert ts
    assert "stream" not in far.shown()[-1]
    await far.platform.show(CHAT, ts, "Switch networks.")
    assert far.shown()[-1]["text"] == "Switch networks."
    far.clock.pass_time(61)
    await far.platform.begin(CHAT, "Looking…", "later")
    assert "stream" in far.shown()[-1]


async def test_in_a_channel_an_answer_comes_by_updates_at_most_one_a_second(far: Far) -> None:
    place = ROOM.thread_at("1795200000.000900")
    ts = await far.platform.begin(place, "Looking…", "k")
    assert ts
    for piece in ("One.", "One. Two.", "One. Two. Three."):
        await far.platform.show(place, ts, piece)
    updates = [x for x, _ in far.slack.calls if x == "chat.update"]
    assert len(updates) == 1
    await far.platform.update(place, ts, Reply(text="One. Two. Three."))
    assert far.shown(place)[0]["text"] == "One. Two. Three."


async def test_a_draft_never_raises(far: Far) -> None:
    far.slack.refusals["chat.startStream"].append(Refusal("internal_error", 500))
    far.slack.refusals["chat.postMessage"].append(Refusal("internal_error", 500))
    assert await far.platform.begin(CHAT, "Looking…", "k") is None


# ---- people and places ------------------------------------------------------------------------


async def test_a_profile_is_what_slack_knows_of_an_account(far: Far) -> None:
    assert await far.platform.profile(SAM) == Profile(
        name="Sam Okafor",
        email="sam.okafor@fernhill.example",
        locale="en-US",
        timezone="Europe/Berlin",
    )
    assert await far.platform.profile(replace(SAM, user="U9")) is None


@pytest.mark.parametrize(
    "kind", ["is_restricted", "is_ultra_restricted", "is_bot", "is_stranger", "deleted"]
)
async def test_guests_bots_and_those_who_left_are_outside(far: Far, kind: str) -> None:
    far.slack.users["U2"] = person("U2", "guest@other.example") | {kind: True}
    profile = await far.platform.profile(replace(SAM, user="U2"))
    assert profile
    assert profile.outside


@pytest.mark.parametrize(
    ("room", "members", "audience"),
    [
        ({"is_private": True}, ["U1"], Audience.PRIVATE),
        ({}, ["U1"], Audience.PUBLIC),
        ({"is_private": True, "is_ext_shared": True}, ["U1"], Audience.SHARED),
        ({"is_private": True}, ["U1", "UGUEST"], Audience.SHARED),
    ],
)
async def test_a_probe_tells_rooms_with_people_from_outside(
    far: Far, room: dict[str, Any], members: list[str], audience: Audience
) -> None:
    far.slack.users["UGUEST"] = person("UGUEST", "guest@other.example", is_restricted=True)
    far.slack.room("C7", *members, **room)
    assert await far.platform.probe(replace(ROOM, channel="C7")) is audience
    assert far.shown(replace(ROOM, channel="C7")) == []


async def test_a_room_without_the_bot_cannot_be_bound(far: Far) -> None:
    far.slack.room("C8", "U1")
    far.slack.channels["C8"]["members"] = ["U1"]
    with pytest.raises(Rejected, match="not_in_channel"):
        await far.platform.probe(replace(ROOM, channel="C8"))


async def test_one_connection_serves_many_calls(far: Far) -> None:
    assert isinstance(far.session, aiohttp.ClientSession)
    await far.platform.post(CHAT, Reply(text="a"), "k", None)
    await far.platform.post(CHAT, Reply(text="b"), "k2", None)
    asked = [x for x, _ in far.slack.calls if x == "auth.test"]
    assert len(asked) == 1
