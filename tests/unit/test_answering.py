"""Answers through whole turns: one question back, support, sources, and which tier thinks."""

from dataclasses import replace
from typing import Any

import pytest

from bot.conversation import State, Voice
from bot.difficulty import tier_of
from bot.outcome import Turn
from bot.pack import Pack, Tier
from bot.ports import Model, Passage, ToolCall
from bot.readings import readings
from bot.reply import Purpose
from tests.fakes import CHAT, SAM, VPN, FakeKnowledge, FakePlatform, ScriptedModel, only
from tests.unit.test_turn import FOUND, SEARCH, Desk

MAC = replace(
    VPN, id="vpn#mac", title="VPN › On a Mac", text="Open Cisco in the menu bar and press Connect."
)
WINDOWS = replace(
    VPN, id="vpn#windows", title="VPN › On Windows", score=0.85,
    text="Choose the shield next to the clock, then your nearest gateway.",
)  # fmt: skip
PARENTS = replace(
    VPN, id="parents#how", title="Parental leave › How long", specialist="hr",
    text="The other parent has 4 weeks on full pay.",
)  # fmt: skip
ANNUAL = replace(
    PARENTS, id="annual#how", title="Annual leave › How many days", score=0.88,
    text="Everyone in Berlin may take 30 days in a calendar year.",
)  # fmt: skip


def asked(pack: Pack, *models: Model, found: tuple[Passage, ...] = (MAC, WINDOWS)) -> Desk:
    return Desk(pack, *models, knowledge=FakeKnowledge(found))


def steps(turn: Turn) -> list[str]:
    return [x.step for x in turn.records]


def facts(turn: Turn, step: str) -> dict[str, str]:
    return dict(next(x.facts for x in turn.records if x.step == step))


# ---- one question back --------------------------------------------------------------------


async def test_two_readings_are_asked_about_with_a_button_each(pack: Pack) -> None:
    model = ScriptedModel()
    desk = asked(pack, model)
    await desk.say("How do I connect to the VPN?")
    (reply,) = only(desk.turn.deliveries, CHAT)
    assert [x.label for x in reply.buttons[:2]] == [MAC.title, WINDOWS.title]
    assert reply.buttons[2].grant.purpose is Purpose.ASK_PERSON
    assert MAC.title in desk.turn.conversation.transcript[-1].text
    assert model.prompts == [], "nobody pays for a question that nobody understood"
    assert desk.turn.conversation.state is State.WITH_BOT


async def test_a_pressed_reading_is_answered_from_its_passage(pack: Pack) -> None:
    desk = asked(pack)
    await desk.say("How do I connect to the VPN?")
    (reply,) = only(desk.turn.deliveries, CHAT)
    await desk.press(reply.buttons[1], SAM)
    (answer,) = only(desk.turn.deliveries, CHAT)
    assert answer.text == WINDOWS.text
    assert [x.title for x in answer.sources] == [WINDOWS.title]
    await desk.press(reply.buttons[0], SAM)
    assert desk.said() == [MAC.text], "who presses the other one, too, gets the other one"


async def test_it_is_asked_once_and_then_the_best_answers_and_the_other_is_named(
    pack: Pack,
) -> None:
    desk = asked(pack, ScriptedModel(SEARCH, "Open Cisco and press Connect. [1]"))
    await desk.say("How do I connect to the VPN?")
    await desk.say("how does one connect it at all, the vpn of ours?")
    (reply,) = only(desk.turn.deliveries, CHAT)
    assert "Open Cisco" in reply.text
    assert [x.title for x in reply.sources] == [MAC.title, WINDOWS.title]
    assert "asked back" not in steps(desk.turn)


async def test_an_answer_in_words_is_read_with_the_question(pack: Pack) -> None:
    knowledge = Heard((MAC, WINDOWS))
    desk = Desk(
        pack, ScriptedModel(SEARCH, "Open Cisco and press Connect. [1]"), knowledge=knowledge
    )
    await desk.say("How do I connect to the VPN?")
    await desk.say("the Mac one")
    assert "How do I connect to the VPN? the Mac one" in knowledge.queries
    assert "Open Cisco" in desk.said()[0]


async def test_nobody_is_asked_while_people_have_the_case(pack: Pack) -> None:
    desk = asked(pack, ScriptedModel(SEARCH, "Open Cisco and press Connect. [1]"))
    await desk.say("Can I talk to a human?")
    await desk.say("How do I connect to the VPN?")
    assert "asked back" not in steps(desk.turn)
    assert "Open Cisco" in desk.said()[0]


async def test_they_are_asked_in_their_language(pack: Pack) -> None:
    desk = asked(pack)
    directory = desk.bot.kit.directory
    directory._people["sam"] = replace(SAM, locale="de")  # type: ignore[attr-defined]
    await desk.say("Wie verbinde ich mich mit dem VPN?")
    assert "Was davon meinst du?" in desk.said()[0]


class Heard(FakeKnowledge):
    """Knows what was asked of it."""

    def __init__(self, found: tuple[Passage, ...]) -> None:
        super().__init__(found)
        self.queries: list[str] = []

    async def search(self, organisation: str, reader: Any, query: str, limit: int) -> Any:
        self.queries.append(query)
        return await super().search(organisation, reader, query, limit)


HR, IT = frozenset({"hr"}), frozenset({"it"})


@pytest.mark.parametrize(
    ("question", "found", "desks", "asks"),
    [
        ("connect to the vpn", (MAC, WINDOWS), IT, True),
        ("connect to the vpn on my mac", (MAC, WINDOWS), IT, False),
        ("how much leave", (PARENTS, ANNUAL), HR, True),
        ("how much leave", (PARENTS, replace(ANNUAL, score=0.7)), HR, False),
        ("how much leave", (replace(PARENTS, score=0.45), replace(ANNUAL, score=0.45)), HR, False),
        ("how much leave", (PARENTS, replace(ANNUAL, id="parents#other")), HR, False),
        ("how much leave", (PARENTS, replace(ANNUAL, text=PARENTS.text)), HR, False),
        ("how much leave", (PARENTS, MAC), HR, False),
        ("how many days of leave", (replace(ANNUAL, score=0.9), PARENTS), HR, False),
        ("leave my vpn", (PARENTS, WINDOWS), HR | IT, True),
        ("how much leave", (PARENTS,), HR, False),
        ("how much leave", (), HR, False),
    ],
)
def test_readings_compete_only_if_both_would_do(
    question: str, found: tuple[Passage, ...], desks: frozenset[str], asks: bool
) -> None:
    two = readings(question, found, desks)
    assert (two is not None) == asks
    assert two is None or two == found[:2]


# ---- what nothing supports ----------------------------------------------------------------


async def test_a_sentence_that_no_page_supports_is_dropped_and_recorded(pack: Pack) -> None:
    said = "Quit the VPN client. [1] Then switch to another network. [1] Wait 45 minutes. [1]"
    desk = Desk(pack, ScriptedModel(SEARCH, said))
    await desk.say("My VPN keeps dropping")
    assert desk.said() == ["Quit the VPN client. [1] Then switch to another network. [1]"]
    assert facts(desk.turn, "answer mended")["what"] == "unsupported"


async def test_if_too_little_is_left_the_nearest_pages_are_offered(pack: Pack) -> None:
    desk = Desk(pack, ScriptedModel(SEARCH, "Wait 45 minutes. [1] Then call Bob Miller. [1]"))
    await desk.say("My VPN keeps dropping")
    assert desk.said() == [pack.say("en").nearest]


async def test_a_draft_never_shows_what_is_not_supported(pack: Pack) -> None:
    shown: list[str] = []

    class Watched(FakePlatform):
        async def show(self, place: Any, message: str, text: str) -> None:
            shown.append(text)
            await super().show(place, message, text)

    said = "Wait 45 minutes. [1] Quit the VPN client. [1] Switch to another network. [1] "
    desk = Desk(pack, ScriptedModel(SEARCH, said), platform=Watched())
    await desk.say("My VPN keeps dropping")
    assert shown
    assert not any("45" in x for x in shown)
    assert "another network" in desk.said()[0]


async def test_an_answer_without_marks_gets_its_source(pack: Pack) -> None:
    desk = Desk(pack, ScriptedModel(SEARCH, "Quit the VPN client and switch to another network."))
    await desk.say("My VPN keeps dropping")
    (reply,) = only(desk.turn.deliveries, CHAT)
    assert reply.text.endswith("[1]")
    assert [x.url for x in reply.sources] == [VPN.url]


# ---- which tier thinks --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "found", "tier"),
    [
        ("How do I connect to the VPN?", (VPN,), Tier.FAST),
        ("What is the difference between annual and parental leave?", (VPN,), Tier.DEEP),
        ("If I am ill but already abroad, what then?", (VPN,), Tier.DEEP),
        ("I took 12 of 30 days, what is left?", (VPN,), Tier.DEEP),
        ("Is it paid? And for how long?", (VPN,), Tier.DEEP),
        ("word " * 50, (VPN,), Tier.DEEP),
        ("leave", (PARENTS, ANNUAL, replace(VPN, score=0.6)), Tier.DEEP),
    ],
)
async def test_difficulty_picks_the_tier_and_says_why(
    pack: Pack, question: str, found: tuple[Passage, ...], tier: Tier
) -> None:
    desk = Desk(pack, ScriptedModel(*FOUND))
    await desk.say("My VPN keeps dropping")
    conversation = desk.turn.conversation
    it = pack.specialists["it"]
    chosen, why = tier_of(question, found, conversation, it, pack)
    assert chosen is tier
    assert why
    always = replace(pack, tier=Tier.FAST)
    assert tier_of(question, found, conversation, it, always)[0] is Tier.FAST


async def test_nothing_in_particular_leaves_the_specialists_tier(pack: Pack) -> None:
    desk = Desk(pack, ScriptedModel(*FOUND))
    await desk.say("My VPN keeps dropping")
    deep = replace(pack.specialists["it"], tier=Tier.DEEP)
    unsure = (replace(VPN, score=0.4),)
    assert tier_of("vpn?", unsure, desk.turn.conversation, deep, pack)[0] is Tier.DEEP


async def test_after_an_answer_that_was_none_the_deep_model_thinks(pack: Pack) -> None:
    near = (replace(VPN, score=0.3),)
    desk = Desk(pack, ScriptedModel(SEARCH, "", *FOUND), knowledge=FakeKnowledge(near))
    await desk.say("My VPN keeps dropping")
    assert desk.turn.conversation.transcript[-1].voice is Voice.BOT
    await desk.say("the vpn client asks for a gateway")
    assert facts(desk.turn, "tier chosen") == {"tier": "deep", "why": "the last answer was none"}


async def test_the_chosen_tiers_models_are_asked(pack: Pack) -> None:
    fast, deep = ScriptedModel(*FOUND), ScriptedModel(*FOUND)
    desk = Desk(pack, fast)
    models = desk.bot.kit.agent.models
    models[Tier.DEEP] = (deep,)  # type: ignore[index]
    await desk.say("Compare the VPN with the guest network")
    assert fast.prompts == []
    assert {x.tier for x in deep.prompts} == {Tier.DEEP}


async def test_quoting_asks_no_tier(pack: Pack) -> None:
    off = ScriptedModel(ToolCall(id="c", name="search_handbook", arguments='{"query": "v"}'), "")
    desk = Desk(pack, off)
    desk.switches = replace(desk.switches, off=frozenset({"model"}))
    await desk.say("My VPN keeps dropping")
    assert "tier chosen" not in steps(desk.turn)
