"""Ways around the rules: by a failure, a button, a form, a token typed by hand."""

from dataclasses import replace

import pytest

from bot.case import Case, Priority
from bot.conversation import Voice
from bot.event import Feedback
from bot.pack import Pack
from bot.people import Person
from bot.place import Place
from bot.ports import ToolCall
from bot.reply import Purpose
from tests.fakes import (
    CHAT,
    DANA,
    IT_DESK,
    NOW,
    PRIYA,
    ROBIN,
    SAM,
    SQUARE,
    TOMAS,
    FakeStore,
    FakeTools,
    FakeVault,
    ScriptedModel,
    sender,
)
from tests.unit.test_turn import FOUND, HC, Desk, stuck

HARASSED = "my boss put his hand on my thigh again"
DANGER = "I want to kill myself"
A_CASE = Case(
    id="IT-7", organisation="o", conversation="k", queue="IT", priority=Priority.NORMAL,
    requester="sam", requester_name="Sam", requester_about="", ask="", reason="", opened_at=NOW,
    due_at=None,
)  # fmt: skip


def read_in(desk: Desk, place: Place) -> str:
    """All that this turn sends there, with what is under its cards."""
    return repr([x.reply for x in desk.turn.deliveries if x.to == place])


# ---- a turn that keeps failing ----------------------------------------------------------------


class BrokenVault(FakeVault):
    async def values(self, organisation: str, person: str) -> dict[str, str]:
        raise ConnectionError


async def failing(pack: Pack, text: str, place: Place) -> Desk:
    desk = Desk(pack, vault=BrokenVault())
    with pytest.raises(ConnectionError):
        await desk.say(f"{text} (sam.private@mail.example)", place=place)
    desk.turn = await desk.bot.fail(desk.situation, desk.journal)
    return desk


@pytest.mark.parametrize("place", [CHAT, SQUARE])
async def test_harassment_is_told_nobody_unasked_though_the_turn_fails(
    pack: Pack, place: Place
) -> None:
    desk = await failing(pack, HARASSED, place)
    assert desk.turn.case is None
    assert "thigh" in read_in(desk, CHAT)
    assert not any("thigh" in read_in(desk, x) for x in (IT_DESK, HC, SQUARE))


@pytest.mark.parametrize("place", [CHAT, SQUARE])
async def test_danger_reaches_its_desk_and_no_other_though_the_turn_fails(
    pack: Pack, place: Place
) -> None:
    desk = await failing(pack, DANGER, place)
    assert desk.turn.case
    assert (desk.turn.case.queue, desk.turn.case.priority) == ("HR-confidential", Priority.URGENT)
    assert [read_in(desk, x) for x in (IT_DESK, SQUARE)] == ["[]", "[]"]


async def test_who_asks_for_hr_privately_gets_hr_though_the_turn_fails(pack: Pack) -> None:
    desk = await failing(pack, "Can I talk to HR privately about my pregnancy?", SQUARE)
    assert desk.turn.case
    assert desk.turn.case.queue == "HR-confidential"
    assert "pregnan" not in read_in(desk, IT_DESK) + read_in(desk, SQUARE)


# ---- the emergency switches -------------------------------------------------------------------

RESTING = {"tools": {"off": frozenset({"tools"})}, "all": {"paused": True}}


@pytest.mark.parametrize("switched", RESTING.values(), ids=RESTING)
async def test_a_yes_to_what_was_asked_before_moves_no_tool_that_is_off(
    armed_pack: Pack, switched: dict[str, object]
) -> None:
    tools, call = FakeTools(), ToolCall(id="c1", name="reset_password", arguments="{}")
    desk = Desk(armed_pack, ScriptedModel(call), tools=tools)
    await desk.say("Please reset my VPN password")
    yes = desk.button(Purpose.YES)
    before = desk.switches
    desk.switches = replace(before, **switched)  # type: ignore[arg-type]
    await desk.press(yes, SAM)
    await desk.say("yes")
    assert desk.said() == [armed_pack.say("en").paused]
    assert tools.calls == []
    desk.switches = before
    await desk.press(yes, SAM)
    assert len(tools.calls) == 1


async def test_an_approval_moves_no_tool_that_is_off(armed_pack: Pack) -> None:
    tools, call = FakeTools(), ToolCall(id="c1", name="order_laptop", arguments="{}")
    desk = Desk(armed_pack, ScriptedModel(call), tools=tools)
    await desk.say("Please order me a new laptop")
    approve = desk.button(Purpose.APPROVE)
    before = desk.switches
    desk.switches = replace(before, off=frozenset({"tools"}))
    await desk.press(approve, TOMAS)
    assert tools.calls == []
    assert [x.only_for for x in desk.turn.deliveries] == [TOMAS.id]
    desk.switches = before
    await desk.press(approve, TOMAS)
    assert len(tools.calls) == 1


# ---- what is confidential ---------------------------------------------------------------------


async def test_an_admin_binds_a_channel_and_does_not_read_what_is_confidential(pack: Pack) -> None:
    desk = Desk(pack)
    desk.switches = replace(desk.switches, queues={"IT": IT_DESK})
    await desk.say("Can I talk to HR privately?")
    assert any(x.to == Person(ROBIN.id) for x in desk.turn.deliveries)
    await desk.press(desk.button(Purpose.TAKE), ROBIN)
    assert desk.turn.case
    assert desk.turn.case.assignee is None
    assert desk.said(IT_DESK) == [pack.say("en").not_yours]


async def test_where_others_read_no_case_is_listed_that_is_not_for_them(pack: Pack) -> None:
    store, call = FakeStore(), ToolCall(id="1", name="my_cases", arguments="{}")
    model = ScriptedModel(call, "Which one?", call, "Which one?")
    desk = Desk(pack, model, store=store)
    asked = {"about my pregnancy": "HR-confidential", "about my salary": "HR", "a broken fan": "IT"}
    for ask, queue in asked.items():
        quiet = pack.queues[queue].confidential
        store.cases += (replace(A_CASE, id=f"X-{queue}", queue=queue, ask=ask, quiet=quiet),)
    await desk.say("My VPN keeps dropping", place=SQUARE, mentioned=True)
    read = repr(model.prompts[-1])
    assert "broken fan" in read
    assert not any(x in read for x in ("pregnancy", "salary", "X-HR"))
    desk.conversations.clear()
    await desk.say("My VPN keeps dropping")
    assert "salary" in repr(model.prompts[-1])


# ---- the record -------------------------------------------------------------------------------


async def test_what_the_record_says_in_words_goes_with_its_persons_key(pack: Pack) -> None:
    call = ToolCall(id="1", name="open_case", arguments='{"reason": "is expecting twins"}')
    desk = Desk(pack, ScriptedModel(call))
    await desk.say("My VPN keeps dropping")
    assert desk.turn.case
    assert "twins" in repr([x.said for x in desk.turn.records])
    assert "twins" not in repr([x.facts for x in desk.turn.records])


# ---- danger in a form -------------------------------------------------------------------------


async def heard_urgently(desk: Desk) -> bool:
    (held,) = desk.turn.events
    await desk.take(held)
    case = desk.turn.case
    return case is not None and case.queue == "HR-confidential" and case.priority is Priority.URGENT


async def test_danger_in_the_form_of_a_case_is_heard_and_not_read_by_that_desk(pack: Pack) -> None:
    desk = await stuck(pack)
    await desk.press(desk.button(Purpose.REPLY), DANA, text="On it")
    await desk.press(desk.button(Purpose.WRITE), SAM, text=DANGER)
    assert desk.turn.deliveries == ()
    assert await heard_urgently(desk)
    assert "kill" not in read_in(desk, IT_DESK)


async def test_danger_in_the_word_with_a_thumb_is_heard(pack: Pack) -> None:
    desk = Desk(pack, ScriptedModel(*FOUND))
    await desk.say("My VPN keeps dropping")
    rated = Feedback(
        id="f", organisation="o", at=desk.clock.now(), sender=sender(SAM), place=CHAT,
        helpful=False, comment=DANGER,
    )  # fmt: skip
    await desk.take(rated)
    assert await heard_urgently(desk)


async def test_what_the_desk_of_a_concern_has_already_is_more_on_its_case(pack: Pack) -> None:
    desk = Desk(pack)
    await desk.say("Can I talk to HR privately?")
    await desk.press(desk.button(Purpose.TAKE), PRIYA)
    await desk.press(desk.button(Purpose.REPLY), PRIYA, text="Yes?")
    await desk.press(desk.button(Purpose.WRITE), SAM, text=HARASSED)
    assert desk.turn.events == ()
    assert "thigh" in desk.turn.conversation.transcript[-1].text


# ---- a secret in two messages -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("My VPN drops, my password is:", "Tr0ub4dor&3"),
        ("My VPN drops, my password is", "Tr0ub4dor&3 and it still fails"),
        ("Mein VPN bricht ab, mein Passwort ist", "Tr0ub4dor&3"),
    ],
)
async def test_a_password_in_a_message_of_its_own_is_not_kept(
    pack: Pack, first: str, second: str
) -> None:
    model = ScriptedModel(*FOUND, *FOUND)
    desk = Desk(pack, model)
    await desk.say(first)
    await desk.say(second)
    assert desk.said() == [pack.say("en").secret.format(link=pack.secret_link)]
    turn = replace(desk.turn, event=replace(desk.turn.event, text=""))  # type: ignore[call-arg]
    assert "Tr0ub4dor" not in repr((turn, model.prompts))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("I forgot my VPN password", "It says error 500 on Windows11"),
        ("My VPN password is", "expired"),
        ("Why must I change my VPN password?", "Outlook2019 keeps asking"),
    ],
)
async def test_what_follows_upon_a_word_about_a_password_is_none(
    pack: Pack, first: str, second: str
) -> None:
    desk = Desk(pack, ScriptedModel(*FOUND, *FOUND))
    await desk.say(first)
    await desk.say(second)
    assert [x.text for x in desk.turn.conversation.transcript if x.voice is Voice.REQUESTER] == [
        first,
        second,
    ]
