"""The platform contract, kept by Teams over real HTTP, and what is Teams' own."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapters.teams import inbound
from adapters.teams.connector import Connector, Tokens, session
from adapters.teams.platform import TeamsPlatform
from bot.event import Event, Stopped
from bot.people import Profile, Sender
from bot.place import Audience, Place
from bot.ports import Drafts, Platform, Rejected, Unavailable, Uncertain
from bot.reply import Reply, Source
from tests.contract.platform_contract import PlatformContract
from tests.fakes import NOW, FakeClock, FakeRegister
from tests.teams_far_side import APP, PASSWORD, TENANT, FarTeams, Refusal

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "teams"
CHAT = Place(platform="teams", workspace=TENANT, channel="a:sam")
GROUP = Place(
    platform="teams", workspace=TENANT, channel="19:desk@thread.v2", audience=Audience.PRIVATE
)
CHANNEL = replace(GROUP, channel="19:general", audience=Audience.PUBLIC)
SAM = Sender(platform="teams", workspace=TENANT, user="29:sam")
PNG = Source(title="VPN", url="https://handbook.example/vpn")


class Far:
    """A tenant with Sam's chat, a group chat and a channel, and the platform that sends there."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.teams = FarTeams(self.clock.monotonic)
        self.register = FakeRegister()
        self.stops: list[Stopped] = []

    async def open(self) -> None:
        await self.teams.start()
        self.teams.person("29:sam", "Sam.Okafor@fernhill.example", "Sam Okafor")
        self.teams.person("29:dana", "dana.whitfield@fernhill.example")
        self.teams.chat("a:sam", "29:sam")
        self.teams.room("19:desk@thread.v2", "groupChat", "29:sam", "29:dana")
        self.teams.room("19:general", "channel", "29:sam", "29:dana")
        self.session = session()
        self.platform = self.another()
        for place in ("a:sam", "19:desk@thread.v2", "19:general"):
            heard = self.teams.says(place, "29:sam", "hi")
            await self.platform.remember(inbound.read(heard))

    def another(self, password: str = PASSWORD) -> TeamsPlatform:
        """As another process has it."""
        url = f"{self.teams.url}/token"
        tokens = Tokens(url, APP, password, self.session, self.clock)
        connector = Connector(tokens, self.session, self.clock)
        platform = TeamsPlatform(
            connector=connector, register=self.register, clock=self.clock, organisation="o"
        )

        async def stopped(event: Stopped) -> None:
            self.stops.append(event)

        platform.stopped = stopped
        return platform

    async def close(self) -> None:
        await self.session.close()
        await self.teams.stop()

    def shown(self, place: Place = CHAT) -> list[dict[str, Any]]:
        return self.teams.messages(place.channel, place.thread)


@pytest.fixture
async def far() -> AsyncIterator[Far]:
    far = Far()
    await far.open()
    yield far
    await far.close()


class TestTeams(PlatformContract):
    name = "teams"

    @pytest.fixture(autouse=True)
    def _far(self, far: Far) -> None:
        self.far = far

    def event(self, fixture: str) -> Event | None:
        body = json.loads((FIXTURES / f"{fixture}.json").read_text())
        return inbound.event(inbound.read(body), "o", NOW)

    async def adapter(self) -> tuple[Platform, Drafts]:
        return self.far.platform, self.far.platform

    def chat(self) -> Place:
        return CHAT

    def sender(self) -> Sender:
        return SAM

    async def seen(self, place: Place) -> list[str]:
        return [json.dumps(x, ensure_ascii=False) for x in self.far.shown(place)]

    async def private_room(self) -> Place:
        return GROUP


# ---- sending ----------------------------------------------------------------------------------


async def test_one_token_serves_many_and_is_renewed_when_refused(far: Far) -> None:
    posts = (far.platform.post(CHAT, Reply(text="hi"), f"k{i}", None) for i in range(5))
    await asyncio.gather(*posts)
    assert far.teams.tokens == 1
    far.teams.tokens = 0  # Teams has forgotten it.
    await far.platform.post(CHAT, Reply(text="hi"), "k", None)
    assert far.teams.tokens == 1
    far.clock.pass_time(3600)
    await far.platform.post(CHAT, Reply(text="hi"), "k", None)
    assert far.teams.tokens == 2


async def test_a_wrong_password_is_said(far: Far) -> None:
    with pytest.raises(Rejected, match="invalid_client"):
        await far.another("wrong").post(CHAT, Reply(text="hi"), "k", None)


async def test_no_more_than_seven_a_second_go_to_one_conversation(far: Far) -> None:
    for number in range(20):
        await far.platform.post(CHAT, Reply(text="hi"), f"k{number}", None)
    assert len(far.shown()) == 20
    assert sum(far.clock.slept) > 1.9


@pytest.mark.parametrize(
    ("refusal", "error"),
    [
        (Refusal(429, "TooManyRequests", headers={"Retry-After": "3"}), Unavailable),
        (Refusal(412, "PreconditionFailed"), Unavailable),
        (Refusal(502, "BadGateway"), Uncertain),
        (Refusal(403, "Forbidden"), Rejected),
        (Refusal(413, "MessageSizeTooBig"), Rejected),
    ],
)
async def test_errors_are_sorted_by_who_has_to_act(
    far: Far, refusal: Refusal, error: type[Exception]
) -> None:
    far.teams.refusals.append(refusal)
    with pytest.raises(error) as raised:
        await far.platform.post(CHAT, Reply(text="hi"), "k", None)
    if isinstance(raised.value, Unavailable) and refusal.status == 429:
        assert raised.value.retry_after == 3


async def test_a_post_whose_answer_was_lost_is_not_repeated(far: Far) -> None:
    far.teams.lose_answer = True
    with pytest.raises(Uncertain):
        await far.platform.post(CHAT, Reply(text="hi"), "k", None)
    assert len(far.shown()) == 1


async def test_an_answer_far_too_long_is_cut_and_arrives(far: Far) -> None:
    await far.platform.post(CHAT, Reply(text="A sentence. " * 20_000), "k", None)
    assert far.shown()[0]["text"].endswith("…")


async def test_who_blocked_the_app_is_known_until_they_write_again(far: Far) -> None:
    far.teams.conversations["a:sam"]["blocked"] = True
    with pytest.raises(Rejected, match="MessageWritesBlocked"):
        await far.platform.post(CHAT, Reply(text="hi"), "k", None)
    calls = len(far.teams.calls)
    with pytest.raises(Rejected, match="blocked_by_user"):
        await far.another().post(CHAT, Reply(text="hi"), "k", None)
    assert len(far.teams.calls) == calls
    far.teams.conversations["a:sam"]["blocked"] = False
    await far.platform.remember(inbound.read(far.teams.says("a:sam", "29:sam", "hello again")))
    await far.platform.post(CHAT, Reply(text="hi"), "k", None)
    await far.another().post(CHAT, Reply(text="hi"), "k", None)


async def test_where_nobody_wrote_the_bot_cannot_write_first(far: Far) -> None:
    with pytest.raises(Rejected, match="conversation_unknown"):
        await far.platform.post(replace(CHAT, channel="a:eve"), Reply(text="hi"), "k", None)


async def test_a_card_in_a_channel_begins_a_thread_and_answers_go_under_it(far: Far) -> None:
    root = await far.platform.post(CHANNEL, Reply(text="a card"), "k", None)
    await far.platform.post(CHANNEL.thread_at(root), Reply(text="a note"), "k2", None)
    assert [x["text"] for x in far.shown(CHANNEL.thread_at(root))] == ["a note"]
    await far.platform.update(CHANNEL, root, Reply(text="the card anew"))
    assert [x["text"] for x in far.shown(CHANNEL)] == ["the card anew"]


async def test_a_sentence_for_one_person_is_seen_by_nobody_else(far: Far) -> None:
    await far.platform.post(GROUP, Reply(text="Too late."), "k", "29:sam")
    assert far.shown(GROUP) == []
    assert [x for x, _ in far.teams.targeted] == ["29:sam"]
    far.teams.refusals.append(Refusal(400, "BadRequest", "targeted messages are off"))
    await far.platform.post(GROUP, Reply(text="Too late."), "k2", "29:sam")
    assert far.shown(GROUP) == []
    assert [x["text"] for x in far.shown()] == ["Too late."]


# ---- drafts -----------------------------------------------------------------------------------


async def test_in_a_chat_an_answer_streams_once_a_second(far: Far) -> None:
    message = await far.platform.begin(CHAT, "Looking in the handbook…", "k")
    assert message
    await far.platform.show(CHAT, message, "Too soon. ")
    far.clock.pass_time(1.2)
    await far.platform.show(CHAT, message, "Switch ")
    far.clock.pass_time(0.5)
    await far.platform.show(CHAT, message, "Switch networks. ")
    (stands,) = far.shown()
    assert stands["text"] == "Switch "
    await far.platform.update(CHAT, message, Reply(text="Switch networks. [1]", sources=(PNG,)))
    (stands,) = far.shown()
    assert stands["type"] == "message"
    assert "AIGeneratedContent" in json.dumps(stands)
    assert far.teams.streams[message].done


@pytest.mark.parametrize("later", [115, 500], ids=["nearly", "long"])
async def test_a_stream_that_is_too_old_ends_as_a_plain_message(far: Far, later: float) -> None:
    message = await far.platform.begin(CHAT, "Looking…", "k")
    assert message
    far.clock.pass_time(later)
    await far.platform.show(CHAT, message, "Switch networks.")
    await far.platform.update(CHAT, message, Reply(text="Done."))
    assert [x["text"] for x in far.shown()] == ["Done."]


async def test_teams_own_stop_button_is_told(far: Far) -> None:
    message = await far.platform.begin(CHAT, "Looking…", "k")
    assert message
    far.teams.streams[message].cancelled = True
    far.clock.pass_time(2)
    await far.platform.show(CHAT, message, "Switch networks.")
    await far.platform.show(CHAT, message, "Switch networks. And more.")
    (stop,) = far.stops
    assert (stop.place, stop.sender.user) == (CHAT, "29:sam")
    await far.platform.update(CHAT, message, Reply(text="Stopped."))
    assert [x["text"] for x in far.shown()] == ["Stopped."]


async def test_other_words_than_before_wait_for_the_answer(far: Far) -> None:
    message = await far.platform.begin(CHAT, "Looking…", "k")
    assert message
    for text in ("Perhaps. ", "Switch networks."):
        far.clock.pass_time(2)
        await far.platform.show(CHAT, message, text)
    await far.platform.update(CHAT, message, Reply(text="Switch networks."))
    assert [x["text"] for x in far.shown()] == ["Switch networks."]


async def test_another_process_replaces_the_stream_of_one_that_died(far: Far) -> None:
    message = await far.platform.begin(CHAT, "Looking…", "k")
    assert message
    await far.another().update(CHAT, message, Reply(text="Done."))
    assert [x["text"] for x in far.shown()] == ["Done."]


async def test_in_a_group_an_answer_comes_by_updates(far: Far) -> None:
    message = await far.platform.begin(GROUP, "Looking…", "k")
    assert message
    for piece in ("One. ", "One. Two. ", "One. Two. Three. "):
        far.clock.pass_time(0.6)
        await far.platform.show(GROUP, message, piece)
    assert far.shown(GROUP)[0]["text"] == "One. Two. "
    await far.platform.update(GROUP, message, Reply(text="Done."))
    assert [x["text"] for x in far.shown(GROUP)] == ["Done."]


async def test_a_draft_never_raises(far: Far) -> None:
    far.teams.refusals.append(Refusal(500, "InternalServerError"))
    assert await far.platform.begin(CHAT, "Looking…", "k") is None
    await far.platform.show(replace(CHAT, channel="a:eve"), "1", "words")


# ---- people and places ------------------------------------------------------------------------


async def test_a_profile_is_what_teams_knows_of_an_account(far: Far) -> None:
    known = Profile(name="Sam Okafor", email="sam.okafor@fernhill.example")
    assert await far.platform.profile(SAM) == known
    assert await far.platform.profile(replace(SAM, user="29:nobody")) is None


@pytest.mark.parametrize(
    "more",
    [
        {"userRole": "guest"},
        {"tenantId": "another"},
        {"email": "a_b.example#EXT#@fern.onmicrosoft.example"},
    ],
)
async def test_guests_are_outside(far: Far, more: dict[str, str]) -> None:
    far.teams.members["29:sam"] |= more
    profile = await far.platform.profile(SAM)
    assert profile
    assert profile.outside


async def test_a_direct_chat_is_made_once_and_remembered(far: Far) -> None:
    await far.platform.remember(inbound.read(far.teams.says("19:general", "29:dana", "hi")))
    dana = replace(SAM, user="29:dana")
    place = await far.platform.direct(dana)
    assert place.audience is Audience.DIRECT
    assert await far.another().direct(dana) == place
    await far.platform.post(place, Reply(text="in private"), "k", None)
    assert len([x for x in far.teams.calls if x[1] == "/v3/conversations"]) == 1


async def test_a_probe_tells_rooms_with_people_from_outside(far: Far) -> None:
    assert await far.platform.probe(GROUP) is Audience.PRIVATE
    assert await far.platform.probe(CHANNEL) is Audience.PUBLIC
    far.teams.members["29:dana"]["userRole"] = "guest"
    assert await far.platform.probe(GROUP) is Audience.SHARED
