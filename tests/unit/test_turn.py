"""Whole turns of the core: what a person meets, from the event to what is sent."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.case import Case, CaseState, Priority
from bot.conversation import Conversation, State, Voice
from bot.draft import Overtaken
from bot.event import (
    CardAction,
    Command,
    Correction,
    Event,
    Feedback,
    Message,
    Stopped,
    TimerDue,
    TimerKind,
    Undelivered,
)
from bot.outcome import Switches, Turn
from bot.pack import Pack
from bot.people import Person, Requester
from bot.place import Audience, Place
from bot.ports import Model, Rejected, Situation, ToolCall, Unavailable
from bot.reply import Button, Purpose, Reply
from bot.turn import Bot
from tests.fakes import (
    CHAT,
    DANA,
    IT_DESK,
    MARCO,
    NOW,
    PRIYA,
    ROBIN,
    SAM,
    SQUARE,
    TOMAS,
    VPN,
    FakeClock,
    FakeJournal,
    FakeKnowledge,
    FakePlatform,
    FakeTools,
    ScriptedModel,
    kit,
    only,
    sender,
)

SEARCH = ToolCall(id="c", name="search_handbook", arguments='{"query": "vpn"}')
FOUND = (SEARCH, "Switch to another network. [1]")
HC = replace(IT_DESK, channel="hr-confidential")
ADMINS = frozenset({"robin"})


class Desk:
    """A bot with one employee's chat: events in, the state carried along."""

    def __init__(self, pack: Pack, *models: Model, **parts: Any) -> None:
        self.clock = FakeClock()
        self.journal = FakeJournal()
        self.bot = Bot(kit(pack, *models, clock=self.clock, **parts))
        self.conversations: dict[str, Conversation] = {}
        self.cases: dict[str, Case] = {}
        self.switches = Switches(queues={"IT": IT_DESK, "HR-confidential": HC}, admins=ADMINS)
        self.spent: set[str] = set()
        self.count = 0
        self.turn: Turn
        self.situation: Situation

    async def take(self, event: Event, **more: Any) -> Turn:
        self.journal.steps.clear()
        given = more.pop("conversations", None)
        newest = sorted(self.conversations.values(), key=lambda x: x.last_at, reverse=True)
        situation = Situation(
            event=event,
            attempt=1,
            switches=self.switches,
            conversations=given if given is not None else tuple(newest),
            cases=self.cases,
            **more,
        )
        self.situation = situation
        self.turn = await self.bot.take_turn(situation, self.journal)
        self._keep(self.turn)
        return self.turn

    def _keep(self, turn: Turn) -> None:
        after = turn.conversation
        if after.transcript or after.stopped_at or after.id in self.conversations:
            self.conversations[after.id] = replace(after, version=after.version + 1)
        if turn.case:
            self.cases[turn.case.id] = turn.case
        self.switches = turn.switches or self.switches

    async def say(self, text: str, who: Requester = SAM, place: Place = CHAT, **more: Any) -> Turn:
        self.count += 1
        self.clock.pass_time(1)
        event = Message(
            id=f"e{self.count}", organisation="o", at=self.clock.now(), sender=sender(who),
            place=place, message=f"m{self.count}", text=text, **more,
        )  # fmt: skip
        return await self.take(event)

    async def press(self, button: Button, who: Requester, text: str | None = None) -> Turn:
        self.count += 1
        self.clock.pass_time(1)
        event = CardAction(
            id=f"e{self.count}", organisation="o", at=self.clock.now(), sender=sender(who),
            place=IT_DESK, token=button.token, values=None if text is None else {"text": text},
        )  # fmt: skip
        spent = button.token in self.spent
        holder = self.conversations[button.grant.conversation]
        turn = await self.take(event, conversations=(holder,), grant=button.grant, spent=spent)
        if turn.spends:
            self.spent.add(button.token)
        return turn

    def said(self, place: Place = CHAT) -> list[str]:
        return [x.text for x in only(self.turn.deliveries, place)]

    def said_under(self) -> list[str]:
        """What stands in the thread under the card."""
        return [x.reply.text for x in self.turn.deliveries if x.under and x.reply]

    def button(self, purpose: Purpose) -> Button:
        replies = [x.reply for x in self.turn.deliveries if x.reply]
        return next(b for r in replies for b in r.buttons if b.grant.purpose is purpose)

    def card(self, place: Place = IT_DESK) -> Reply:
        return next(x for x in only(self.turn.deliveries, place) if x.card)


# ---- answering ----------------------------------------------------------------------------


async def test_an_answer_bears_its_source_and_two_ways_on(pack: Pack) -> None:
    desk = Desk(pack, ScriptedModel(*FOUND))
    await desk.say("My VPN keeps dropping")
    (reply,) = only(desk.turn.deliveries, CHAT)
    assert "another network" in reply.text
    assert [x.url for x in reply.sources] == [VPN.url]
    assert [x.grant.purpose for x in reply.buttons] == [Purpose.SOLVED, Purpose.ASK_PERSON]


async def test_who_has_asked_for_hr_is_not_asked_again_whether_hr_may_know(pack: Pack) -> None:
    desk = Desk(pack)
    await desk.say("Can I talk to HR privately?")
    case = desk.turn.case
    await desk.say("My boss keeps harassing me")
    assert desk.turn.case
    assert case
    assert desk.turn.case.id == case.id
    (said,) = desk.said()
    assert case.id in said
    assert not [x for x in desk.turn.deliveries if x.reply and x.reply.buttons and x.to == CHAT]


async def test_stop_before_the_very_first_answer_is_heard(pack: Pack) -> None:
    desk = Desk(pack, ScriptedModel(*FOUND))
    now = desk.clock.now()
    stop = Stopped(
        id="s", organisation="o", at=now + timedelta(seconds=5), sender=sender(SAM), place=CHAT
    )
    await desk.take(stop)
    await desk.say("My VPN keeps dropping")
    assert desk.said() == [pack.say("en").stopped]
    desk.clock.pass_time(10)
    await desk.say("My VPN keeps dropping")
    assert "another network" in desk.said()[0]


async def test_where_people_from_outside_read_nothing_of_the_handbook_is_shown(pack: Pack) -> None:
    desk = Desk(pack, ScriptedModel(*FOUND))
    shared = replace(SQUARE, audience=Audience.SHARED)
    await desk.say("My VPN keeps dropping", place=shared, mentioned=True)
    assert desk.said(shared) == [pack.say("en").in_private]
    direct = replace(CHAT, channel="dm:sam")
    assert "another network" in desk.said(direct)[0]


async def test_anybody_may_ask_for_help(pack: Pack) -> None:
    desk = Desk(pack)
    assert "Fernhill" in await command(desk, "help", SAM)
    assert "/handrail status" in await command(desk, "help", ROBIN)


async def test_in_a_chat_of_threads_a_new_one_goes_on_with_the_last(pack: Pack) -> None:
    desk = Desk(pack, ScriptedModel(*FOUND, *FOUND))
    first, second = CHAT.thread_at("1"), CHAT.thread_at("2")
    await desk.say("My VPN keeps dropping", place=first, roots=True)
    before = desk.turn.conversation
    await desk.say("Still broken, can I talk to a person?", place=second, roots=True)
    assert desk.turn.conversation.id == before.id
    assert desk.turn.conversation.place == second
    assert desk.said(second)
    assert desk.said(first) == []


async def test_a_word_that_comes_with_a_thumb_is_kept_and_answers_nothing(pack: Pack) -> None:
    desk = Desk(pack, ScriptedModel(*FOUND))
    await desk.say("My VPN keeps dropping")
    rated = Feedback(
        id="f", organisation="o", at=desk.clock.now(), sender=sender(SAM), place=CHAT,
        helpful=False, comment="It was about Macs, my password is Sommer2026!",
    )  # fmt: skip
    turn = await desk.take(rated)
    assert turn.deliveries == ()
    assert "It was about Macs" in turn.conversation.transcript[-1].text
    assert "Sommer2026" not in turn.conversation.transcript[-1].text


async def test_nobody_else_stops_an_answer(pack: Pack) -> None:
    desk = Desk(pack, ScriptedModel(*FOUND))
    await desk.say("My VPN keeps dropping", place=SQUARE, mentioned=True)
    stop = Stopped(id="s", organisation="o", at=desk.clock.now(), sender=sender(DANA), place=SQUARE)
    turn = await desk.take(stop)
    assert turn.conversation.stopped_at is None


async def test_what_nothing_backs_does_not_leave(pack: Pack) -> None:
    desk = Desk(pack, ScriptedModel("Just run rm -rf, see https://evil.example/fix"))
    await desk.say("My VPN keeps dropping")
    (text,) = desk.said()
    assert "evil" not in text
    assert "rm -rf" not in text


async def test_below_the_sure_score_there_are_titles_to_choose_from(pack: Pack) -> None:
    near = tuple(replace(VPN, id=f"p{i}", title=f"Page {i}", score=0.3 - i / 100) for i in range(4))
    desk = Desk(pack, ScriptedModel(SEARCH, ""), knowledge=FakeKnowledge(near))
    await desk.say("My VPN keeps dropping")
    (reply,) = only(desk.turn.deliveries, CHAT)
    assert [x.label for x in reply.buttons[:3]] == ["Page 0", "Page 1", "Page 2"]
    await desk.press(reply.buttons[1], SAM)
    (page,) = only(desk.turn.deliveries, CHAT)
    assert page.text.startswith("1. Quit the VPN client.")
    assert [x.title for x in page.sources] == ["Page 1"]


async def test_a_claim_without_its_receipt_is_taken_out(pack: Pack) -> None:
    answer = "Switch networks. [1] I have reset your password."
    desk = Desk(pack, ScriptedModel(SEARCH, answer))
    await desk.say("My VPN keeps dropping")
    assert "reset your password" not in desk.said()[0]


async def test_a_pasted_password_is_neither_kept_nor_answered(pack: Pack) -> None:
    model = ScriptedModel(*FOUND)
    desk = Desk(pack, model)
    turn = await desk.say("my password is Tr0ub4dor&3, why can I not log in?")
    assert model.prompts == []
    assert "Tr0ub4dor" not in repr(turn.conversation)
    assert pack.secret_link in desk.said()[0]


async def test_small_talk_is_answered_without_a_search(pack: Pack) -> None:
    desk = Desk(pack)
    await desk.say("thanks!")
    assert desk.said() == [pack.say("en").thanks]


async def test_a_stranger_gets_one_sentence_and_no_model(pack: Pack) -> None:
    desk = Desk(pack)
    await desk.say("My VPN keeps dropping", who=replace(SAM, id="stranger"))
    assert desk.said() == [pack.say("en").not_employee]


async def test_a_requester_is_spoken_to_in_their_language(pack: Pack) -> None:
    desk = Desk(pack, ScriptedModel(*FOUND))
    directory = desk.bot.kit.directory
    directory._people["sam"] = replace(SAM, locale="de")  # type: ignore[attr-defined]
    await desk.say("Danke!")
    assert desk.said() == [pack.say("de").thanks]


# ---- models that fail ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "broken",
    [
        (Unavailable("down"),),
        (Rejected("bad key"),),
        (TimeoutError(),),
        ("",),
        (ToolCall(id="x", name="no_such_tool", arguments="{}"),) * 9,
        (ToolCall(id="x", name="search_handbook", arguments="{rubbish"),) * 9,
    ],
)
async def test_the_next_in_line_answers_when_a_model_fails(
    pack: Pack, broken: tuple[Any, ...]
) -> None:
    desk = Desk(pack, ScriptedModel(*broken), ScriptedModel(*FOUND))
    await desk.say("My VPN keeps dropping")
    assert "another network" in desk.said()[0]


async def test_when_no_model_answers_a_person_gets_it(pack: Pack) -> None:
    desk = Desk(pack, ScriptedModel(Unavailable("down")), ScriptedModel(Unavailable("down")))
    turn = await desk.say("My VPN keeps dropping")
    assert turn.case
    assert turn.case.id in desk.said()[0]


async def test_half_an_answer_of_a_broken_stream_is_replaced(pack: Pack) -> None:
    platform = FakePlatform()
    broken = ScriptedModel(Unavailable("cut off"))
    desk = Desk(pack, broken, ScriptedModel(*FOUND), platform=platform)
    turn = await desk.say("My VPN keeps dropping")
    (answer,) = [x for x in turn.deliveries if x.to == CHAT]
    assert answer.message in platform.messages
    assert answer.reply
    assert "half a sen" not in answer.reply.text


# ---- handing over -------------------------------------------------------------------------


async def stuck(pack: Pack) -> Desk:
    desk = Desk(pack, ScriptedModel(*FOUND))
    await desk.say("My VPN keeps dropping")
    await desk.say("Still broken, I board in 40 minutes")
    return desk


async def test_what_did_not_help_makes_a_card_that_saves_asking_again(pack: Pack) -> None:
    desk = await stuck(pack)
    card = desk.card().card
    assert card
    shown = " ".join(f"{x.label} {x.text}" for x in card.facts)
    for word in ("Sam Okafor", "Sales", "My VPN keeps dropping", "40 minutes", VPN.title):
        assert word in shown
    assert card.urgent
    assert desk.turn.case
    assert desk.turn.case.due_at == desk.clock.now() + timedelta(minutes=30)
    assert desk.turn.case.id in desk.said()[0]
    assert [x.reference for x in desk.turn.receipts] == [desk.turn.case.id]


async def test_the_card_tells_what_was_asked_between_the_first_and_the_last(pack: Pack) -> None:
    desk = Desk(pack, ScriptedModel(*FOUND, *FOUND))
    await desk.say("My VPN keeps dropping")
    await desk.say("Does the VPN work on trains?")
    await desk.say("Can I talk to a person?")
    assert desk.turn.case
    begun, between, last = desk.turn.case.ask.split(" … ")
    assert (begun, last) == ("My VPN keeps dropping", "Can I talk to a person?")
    assert between == "Does the VPN work on trains?"


async def test_a_security_incident_is_urgent_and_gets_its_first_steps_at_once(pack: Pack) -> None:
    desk = Desk(pack, ScriptedModel())
    await desk.say("I lost my work phone")
    assert desk.turn.case
    assert (desk.turn.case.queue, desk.turn.case.priority) == ("IT", Priority.URGENT)
    (said,) = desk.said()
    for words in (desk.turn.case.id, "30 minutes", "Change your password", "security line"):
        assert words in said


async def test_a_promise_for_another_day_names_the_weekday(pack: Pack) -> None:
    desk = Desk(pack, ScriptedModel(*FOUND))
    desk.clock.pass_time(6 * 60 * 60)  # Friday evening
    await desk.say("Can I talk to a person?")
    assert "by Monday, " in desk.said()[0]


async def test_the_leads_reply_reaches_the_employee_and_the_note_does_not(pack: Pack) -> None:
    desk = await stuck(pack)
    reply, note = desk.button(Purpose.REPLY), desk.button(Purpose.NOTE)
    await desk.press(note, DANA, text="He is always late.")
    assert desk.said() == []
    assert any("always late" in x for x in desk.said_under())
    await desk.press(reply, DANA, text="Use the Frankfurt gateway.")
    answers = [x for x in only(desk.turn.deliveries, CHAT) if x.author]
    assert [(x.author, x.text) for x in answers] == [
        ("Dana Whitfield", "Use the Frankfurt gateway.")
    ]
    assert answers[0].buttons[0].grant.purpose is Purpose.WRITE
    everything = repr([x for x in desk.turn.deliveries if x.to == CHAT])
    assert "always late" not in everything


async def test_of_two_who_take_a_case_the_second_sees_who_won(pack: Pack) -> None:
    desk = await stuck(pack)
    take = desk.button(Purpose.TAKE)
    await desk.press(take, DANA)
    assert desk.turn.conversation.state is State.CLAIMED
    await desk.press(take, MARCO)
    assert desk.cases[desk.turn.conversation.case or ""].assignee == "dana"
    assert any("Dana Whitfield" in x for x in desk.said(IT_DESK))


async def test_only_members_of_the_desk_may_press(pack: Pack) -> None:
    desk = await stuck(pack)
    await desk.press(desk.button(Purpose.TAKE), PRIYA)
    assert desk.turn.conversation.state is State.ESCALATED
    assert desk.said(IT_DESK) == [pack.say("en").not_yours]


async def test_once_taken_the_bot_is_silent_on_that_case_and_asks_once(pack: Pack) -> None:
    desk = await stuck(pack)
    await desk.press(desk.button(Purpose.TAKE), DANA)
    await desk.say("it is the hotel network")
    which = [x.grant.purpose for x in only(desk.turn.deliveries, CHAT)[0].buttons]
    assert which == [Purpose.ABOUT_CASE, Purpose.SOMETHING_NEW]
    await desk.press(desk.button(Purpose.ABOUT_CASE), SAM)
    (held,) = desk.turn.events
    case = next(x for x in desk.conversations.values() if x.case)
    await desk.take(held, conversations=(case,))
    assert desk.said() == []
    assert any("hotel network" in x for x in desk.said_under())
    await desk.say("and the lobby has cable")
    assert desk.said() == []


async def test_one_open_case_does_not_mute_the_bot_for_something_new(pack: Pack) -> None:
    desk = await stuck(pack)
    await desk.press(desk.button(Purpose.TAKE), DANA)
    await desk.say("When is payday?")
    await desk.press(desk.button(Purpose.SOMETHING_NEW), SAM)
    (held,) = desk.turn.events
    assert isinstance(held, Message)
    desk.bot.kit.agent.models[next(iter(desk.bot.kit.agent.models))][0]._script.extend(FOUND)  # type: ignore[attr-defined]
    held_in = desk.conversations[held.belongs_to or ""]
    await desk.take(held, conversations=(held_in,))
    assert "another network" in desk.said()[0]


async def test_an_answer_that_comes_after_a_person_took_over_is_dropped(pack: Pack) -> None:
    desk = await stuck(pack)
    claim = desk.button(Purpose.TAKE)
    store = desk.bot.kit.store

    def overtaken() -> None:
        store.overtaken = True  # type: ignore[attr-defined]

    models = desk.bot.kit.agent.models
    slow = ScriptedModel(SEARCH, "First. Second. [1]", then=overtaken)
    for tier in models:
        models[tier] = (slow,)  # type: ignore[index]
    store.overtaken = True  # type: ignore[attr-defined]
    with pytest.raises(Overtaken):
        await desk.say("It asks for a gateway")
    draft = desk.journal.steps["draft"]
    event = Message(
        id=f"e{desk.count}", organisation="o", at=desk.clock.now(), sender=sender(SAM),
        place=CHAT, message="m", text="It asks for a gateway",
    )  # fmt: skip
    await desk.press(claim, DANA)
    newest = next(x for x in desk.conversations.values() if x.state is State.CLAIMED)
    newest = newest.with_line(replace(newest.transcript[-1], voice=Voice.PERSON))
    situation = Situation(
        event=event, attempt=1, switches=desk.switches, conversations=(newest,), cases=desk.cases
    )
    desk.journal.steps["draft"] = draft
    turn = await desk.bot.take_turn(situation, desk.journal)
    gone = [x for x in turn.deliveries if x.reply is None]
    assert [x.message for x in gone] == [draft]
    assert not [x for x in turn.deliveries if x.to == CHAT and x.reply]
    assert "answer dropped" in [x.step for x in turn.records]


async def test_a_wish_for_a_person_is_granted_at_once(pack: Pack) -> None:
    model = ScriptedModel("", "")
    desk = Desk(pack, model)
    await desk.say("Can I talk to a human?")
    assert desk.turn.case
    assert desk.turn.case.queue == "IT"
    assert model.prompts == []
    await desk.say("It is about my laptop, it smells burnt")
    assert desk.turn.case
    assert "smells burnt" in desk.turn.case.ask


async def test_a_private_talk_goes_where_others_cannot_read(pack: Pack) -> None:
    desk = Desk(pack)
    await desk.say("Can I talk to HR privately?")
    assert desk.turn.case
    assert desk.turn.case.queue == "HR-confidential"
    card = desk.card(HC)
    assert "Sam" not in repr((card.card, card.text))
    assert only(desk.turn.deliveries, IT_DESK) == []


async def test_a_private_talk_is_not_mixed_with_an_open_case(pack: Pack) -> None:
    desk = await stuck(pack)
    await desk.say("Can I talk to HR privately?")
    assert desk.turn.case
    assert desk.turn.case.queue == "HR-confidential"
    assert only(desk.turn.deliveries, IT_DESK) == []


async def test_danger_goes_to_people_whatever_else_is_true(pack: Pack) -> None:
    desk = Desk(pack)
    desk.switches = replace(desk.switches, paused=True)
    await desk.say("I want to kill myself")
    assert desk.turn.case
    assert desk.turn.case.queue == "HR-confidential"
    assert "112" in desk.said()[0]
    await desk.say("is anybody there")
    assert desk.turn.case
    assert len(desk.said()) == 1


async def test_danger_in_an_it_case_is_not_shown_to_it(pack: Pack) -> None:
    desk = await stuck(pack)
    await desk.press(desk.button(Purpose.TAKE), DANA)
    await desk.say("I want to kill myself")
    assert only(desk.turn.deliveries, IT_DESK) == []
    assert desk.turn.case
    assert desk.turn.case.queue == "HR-confidential"


async def test_harassment_is_handed_over_only_with_consent(pack: Pack) -> None:
    desk = Desk(pack)
    await desk.say("My manager keeps touching me")
    assert desk.turn.case is None
    yes, no = desk.button(Purpose.YES), desk.button(Purpose.NO)
    await desk.press(no, SAM)
    assert desk.turn.case is None
    await desk.press(no, SAM)
    assert desk.said(IT_DESK) == [pack.say("en").already]
    await desk.say("My manager keeps touching me")
    await desk.press(yes, SAM)
    assert desk.turn.case is None, "a button of the earlier question works no more"
    await desk.say("yes")
    assert desk.turn.case
    assert desk.turn.case.queue == "HR-confidential"


async def test_hr_matters_asked_in_public_are_answered_in_private(pack: Pack) -> None:
    desk = Desk(pack, ScriptedModel(*FOUND))
    square = replace(SQUARE, thread=None)
    await desk.say("How many days of parental leave do I get?", place=square, mentioned=True)
    assert desk.said(square) == [pack.say("en").in_private]
    assert "another network" in desk.said()[0]


async def test_in_a_channels_thread_the_bot_does_not_talk_over_people(pack: Pack) -> None:
    desk = Desk(pack, ScriptedModel(*FOUND, *FOUND))
    await desk.say("My VPN keeps dropping", place=SQUARE, mentioned=True)
    await desk.say("try the other wifi", who=TOMAS, place=SQUARE)
    assert desk.turn.deliveries == ()
    await desk.say("my vpn still does nothing", place=SQUARE)
    assert desk.turn.deliveries == ()
    await desk.say("My VPN is slow", place=SQUARE, mentioned=True)
    assert desk.said(SQUARE)


async def test_solved_ends_the_matter(pack: Pack) -> None:
    desk = Desk(pack, ScriptedModel(*FOUND))
    await desk.say("My VPN keeps dropping")
    solved = desk.button(Purpose.SOLVED)
    await desk.press(solved, SAM)
    assert desk.turn.conversation.state is State.RESOLVED
    await desk.press(solved, DANA)
    assert desk.said(IT_DESK) == [pack.say("en").not_yours]


async def test_resolve_and_reopen(pack: Pack) -> None:
    desk = await stuck(pack)
    await desk.press(desk.button(Purpose.TAKE), DANA)
    await desk.press(desk.button(Purpose.RESOLVE), DANA)
    assert desk.cases[next(iter(desk.cases))].state is CaseState.RESOLVED
    await desk.press(desk.button(Purpose.REOPEN), MARCO)
    assert desk.turn.conversation.state is State.ESCALATED
    assert desk.turn.case
    assert desk.turn.case.due_at


async def test_handed_back_the_bot_answers_again_and_knows_what_a_person_said(pack: Pack) -> None:
    desk = await stuck(pack)
    await desk.press(desk.button(Purpose.REPLY), DANA, text="Use the Frankfurt gateway.")
    await desk.press(desk.button(Purpose.HAND_BACK), DANA)
    model = ScriptedModel(*FOUND)
    desk.bot.kit.agent.models[next(iter(desk.bot.kit.agent.models))] = (model,)  # type: ignore[index]
    await desk.say("how do I connect the VPN there?")
    assert "another network" in desk.said()[0]
    read = repr(model.prompts[0].lines)
    assert "Dana Whitfield, a person" in read


# ---- permissions --------------------------------------------------------------------------


async def test_a_tool_runs_once_and_only_after_the_requesters_yes(armed_pack: Pack) -> None:
    tools = FakeTools()
    call = ToolCall(id="c1", name="reset_password", arguments="{}")
    desk = Desk(armed_pack, ScriptedModel(call), tools=tools)
    await desk.say("Please reset my VPN password")
    assert tools.calls == []
    yes = desk.button(Purpose.YES)
    await desk.press(yes, TOMAS)
    assert tools.calls == []
    await desk.press(yes, SAM)
    await desk.press(yes, SAM)
    assert [x[:2] for x in tools.calls] == [("reset_password", "sam")]


async def test_an_approval_is_the_managers_and_nobody_approves_their_own(armed_pack: Pack) -> None:
    tools = FakeTools()
    call = ToolCall(id="c1", name="order_laptop", arguments="{}")
    desk = Desk(armed_pack, ScriptedModel(call), tools=tools)
    await desk.say("Please order me a new laptop")
    assert any(x.to == Person("tomas") for x in desk.turn.deliveries)
    approve = desk.button(Purpose.APPROVE)
    await desk.press(approve, SAM)
    assert tools.calls == []
    await desk.press(approve, TOMAS)
    assert [x[:2] for x in tools.calls] == [("order_laptop", "sam")]


# ---- time ---------------------------------------------------------------------------------


async def test_a_case_that_nobody_takes_is_called_out(pack: Pack) -> None:
    desk = await stuck(pack)
    (conversation,) = desk.conversations.values()
    for kind in (TimerKind.REMIND, TimerKind.OVERDUE):
        await desk.take(
            TimerDue(id=kind, organisation="o", at=NOW, kind=kind, conversation=conversation.id)
        )
        assert desk.said_under()
    assert any(x.to == Person("robin") for x in desk.turn.deliveries)


async def test_a_reply_that_did_not_arrive_is_shown_to_the_desk(pack: Pack) -> None:
    desk = await stuck(pack)
    await desk.press(desk.button(Purpose.TAKE), DANA)
    (conversation,) = desk.conversations.values()
    await desk.take(
        Undelivered(
            id="u",
            organisation="o",
            at=NOW,
            conversation=conversation.id,
            slot="e9:0",
            why="blocked",
        )
    )
    assert "blocked" in (desk.card().card or pytest.fail("no card")).body


async def test_a_desk_that_takes_no_cards_gives_them_to_the_admins(pack: Pack) -> None:
    desk = await stuck(pack)
    (case,) = desk.cases
    (conversation,) = desk.conversations.values()
    await desk.take(
        Undelivered(
            id="u", organisation="o", at=NOW, conversation=conversation.id,
            slot=f"card:{case}", why="is_archived",
        )
    )  # fmt: skip
    assert "IT" not in desk.switches.queues
    assert any(x.to == Person("robin") and x.reply and x.reply.card for x in desk.turn.deliveries)


async def test_two_matters_in_one_message_are_both_answered(pack: Pack) -> None:
    desk = Desk(pack, ScriptedModel("Which office?", "Which country?"))
    await desk.say("The printer is jammed, and when is payday?")
    assert desk.turn.conversation.transcript[-2].text == "The printer is jammed"
    assert next(x.facts["to"] for x in desk.turn.records if x.step == "routed") == "IT"
    (second,) = desk.turn.events
    await desk.take(second)
    assert next(x.facts["to"] for x in desk.turn.records if x.step == "routed") == "HR"
    assert desk.turn.conversation.transcript[-2].text == "when is payday?"
    assert desk.turn.events == ()
    assert len(desk.conversations) == 1


async def test_after_two_answers_that_are_none_a_person_is_brought(pack: Pack) -> None:
    nothing = ToolCall(id="1", name="search_handbook", arguments='{"query": "q"}')
    desk = Desk(pack, ScriptedModel(nothing, "", nothing, ""), knowledge=FakeKnowledge(()))
    for question in ("Does the vpn work on the moon?", "And my laptop on mars?"):
        await desk.say(question)
        assert desk.said() == [pack.say("en").nothing_found]
    await desk.say("Could the printer fly?")
    (case,) = desk.cases.values()
    assert case.reason == pack.say("en").reason_stuck


async def test_danger_is_heard_where_people_talk_to_each_other(pack: Pack) -> None:
    desk = Desk(pack, ScriptedModel(*FOUND))
    thread = SQUARE.thread_at("root")
    await desk.say("My VPN keeps dropping", place=thread, mentioned=True)
    await desk.say("same here", MARCO, place=thread)
    assert desk.turn.deliveries == ()
    await desk.say("I don't want to live anymore", MARCO, place=thread)
    (case,) = desk.cases.values()
    assert case.queue == "HR-confidential"
    assert not any(x.to == thread for x in desk.turn.deliveries)


async def test_a_correction_comes_where_the_page_was_given(pack: Pack) -> None:
    desk = Desk(pack, ScriptedModel(*FOUND))
    await desk.say("My VPN keeps dropping")
    (conversation,) = desk.conversations.values()
    answered = next(x for x in desk.turn.records if x.step == "answered")
    assert answered.facts["urls"]
    await desk.take(
        Correction(
            id="r", organisation="o", at=NOW, conversation=conversation.id,
            page="it/vpn.md", text="The port is 443.",
        )
    )  # fmt: skip
    (said,) = desk.said()
    assert "was wrong" in said
    assert "The port is 443." in said


# ---- administration -----------------------------------------------------------------------


async def command(desk: Desk, text: str, who: Requester, place: Place = IT_DESK) -> str:
    event = Command(
        id=f"c{text}", organisation="o", at=NOW, sender=sender(who), place=place, text=text
    )
    turn = await desk.take(event, conversations=())
    assert all(x.only_for == who.id for x in turn.deliveries)
    return desk.said(place)[0]


async def test_only_admins_set_things(pack: Pack) -> None:
    desk = Desk(pack)
    assert await command(desk, "pause", SAM) == pack.say("en").admin_only
    assert not desk.switches.paused


async def test_pause_stops_kindly_and_resume_goes_on(pack: Pack) -> None:
    desk = Desk(pack, ScriptedModel(*FOUND))
    await command(desk, "pause", ROBIN)
    await desk.say("My VPN keeps dropping")
    assert desk.said() == [pack.say("en").paused]
    await command(desk, "resume", ROBIN)
    await desk.say("My VPN keeps dropping")
    assert "another network" in desk.said()[0]


async def test_a_pilot_is_for_its_group(pack: Pack) -> None:
    desk = Desk(pack, ScriptedModel(*FOUND))
    await command(desk, "pilot @it-desk", ROBIN)
    await desk.say("My VPN keeps dropping")
    assert desk.said() == [pack.say("en").pilot]
    assert await command(desk, "pilot @nobody-here", ROBIN) != pack.say("en").pilot_off
    await command(desk, "pilot off", ROBIN)
    assert desk.switches.pilot is None


async def test_a_confidential_queue_is_not_bound_to_a_public_place(pack: Pack) -> None:
    platform = FakePlatform(audience=Audience.PUBLIC)
    desk = Desk(pack, platform=platform)
    square = replace(SQUARE, thread=None)
    await command(desk, "queue HR-confidential here", ROBIN, square)
    assert desk.switches.queues["HR-confidential"] == HC
    told = await command(desk, "queue it here", ROBIN, square)
    assert desk.switches.queues["IT"] == square
    assert pack.say("en").queue_public in told
    platform.audience = Audience.PRIVATE
    assert pack.say("en").queue_public not in await command(desk, "queue HR here", ROBIN)


async def test_the_first_admin_needs_the_code_and_it_works_once(pack: Pack) -> None:
    from bot.admin import hash_code

    desk = Desk(pack)
    desk.switches = Switches(admin_code=hash_code("ABCDE-FGHJK"))
    assert await command(desk, "status", ROBIN) == pack.say("en").admin_first
    assert await command(desk, "admin wrong", ROBIN) == pack.say("en").admin_wrong
    assert await command(desk, "admin abcde fghjk", ROBIN) == pack.say("en").admin_welcome
    assert await command(desk, "admin ABCDE-FGHJK", DANA) == pack.say("en").admin_wrong
    assert desk.switches.admins == {"robin"}


async def test_status_tells_which_queue_has_no_channel(pack: Pack) -> None:
    desk = Desk(pack)
    text = await command(desk, "status", ROBIN)
    assert "it-desk" in text
    assert "HR" in text


async def test_status_counts_a_confidential_desk_for_its_members_alone(pack: Pack) -> None:
    desk = Desk(pack)
    desk.switches = replace(desk.switches, admins=frozenset({ROBIN.id, PRIYA.id}))
    line = "HR-confidential: cases go to web #hr-confidential, open: "
    assert f"{line}–" in await command(desk, "status", ROBIN)
    assert f"{line}0" in await command(desk, "status", PRIYA)
    assert "IT: cases go to web #it-desk, open: 0" in await command(desk, "status", ROBIN)


async def test_a_command_is_its_writers_whoever_asked_there_before(pack: Pack) -> None:
    desk = Desk(pack, ScriptedModel(*FOUND))
    await desk.say("My VPN keeps dropping", place=SQUARE, mentioned=True)
    (asked,) = desk.conversations.values()
    event = Command(
        id="c", organisation="o", at=NOW, sender=sender(ROBIN), place=SQUARE, text="status"
    )
    for turn in (await desk.take(event), await desk.bot.fail(desk.situation, desk.journal)):
        assert turn.conversation.requester == ROBIN.id
        assert turn.conversation.id != asked.id


async def test_an_answer_that_is_cut_short_says_where_the_rest_is(pack: Pack) -> None:
    brief = replace(pack, rules=replace(pack.rules, longest_answer=200))
    model = ScriptedModel(SEARCH, "Switch to another network. [1] " * 50)
    desk = Desk(brief, model)
    await desk.say("My VPN keeps dropping")
    (reply,) = only(desk.turn.deliveries, CHAT)
    assert reply.text.endswith(f"network. [1]\n\n{pack.say('en').more_there}")
    assert len(reply.text) < 300
    assert reply.sources
    (mended,) = [x.facts["what"] for x in desk.turn.records if x.step == "answer mended"]
    assert mended == "length"
