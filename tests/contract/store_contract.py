"""What every store keeps. A subclass gives the fixture `ports`, and overrides no test."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

import pytest

from bot.case import Case, CasePage, CaseState, Priority
from bot.conversation import (
    Conversation,
    Line,
    PendingCall,
    PendingChoice,
    PendingConsent,
    PendingForgetting,
    PendingReading,
    State,
    Voice,
)
from bot.event import (
    CardAction,
    Command,
    Correction,
    Event,
    Feedback,
    Message,
    Opened,
    PageAllowed,
    SourceFailing,
    Stopped,
    TimerDue,
    TimerKind,
    Undelivered,
    WeekBegan,
)
from bot.outcome import Delivery, Destination, Switches, Turn, Used
from bot.people import Person, Sender
from bot.place import Audience, Place
from bot.ports import Conflict, Journals, PostState, Situation, Store, Superseded
from bot.reply import Button, Card, Fact, Grant, Purpose, Reply, Source, Style
from tests.fakes import FakeClock

ORG = "fernhill"
CHAT = Place(platform="web", workspace="w", channel="dm:sam")
ROOM = Place(platform="web", workspace="w", channel="it-desk", audience=Audience.PRIVATE)
SAM = Sender(platform="web", workspace="w", user="sam", name="Sam Okafor")
NOW = FakeClock().now()


@dataclass(frozen=True, kw_only=True)
class Ports:
    store: Store
    journals: Journals
    clock: FakeClock
    fire_timers: Callable[[], Awaitable[int]]
    waiting: Callable[[], Awaitable[list[str]]]
    """The ids of the events that are accepted and not done, as they came."""


# ---- what tests are made of -----------------------------------------------------------------


def message(id: str = "m1", **changes: Any) -> Message:
    given: dict[str, Any] = {
        "organisation": ORG,
        "at": NOW,
        "sender": SAM,
        "place": CHAT,
        "message": f"ts-{id}",
        "text": "My VPN keeps dropping",
    }
    return Message(id=id, **{**given, **changes})


def from_sam(kind: Callable[..., Any], id: str, **changes: Any) -> Any:
    given: dict[str, Any] = {"organisation": ORG, "at": NOW, "sender": SAM, "place": CHAT}
    return kind(id=id, **{**given, **changes})


def conversation(id: str = "c1", **changes: Any) -> Conversation:
    given: dict[str, Any] = {
        "organisation": ORG,
        "place": CHAT,
        "requester": "sam",
        "state": State.WITH_BOT,
        "last_at": NOW,
        "transcript": (Line(voice=Voice.REQUESTER, text="My VPN keeps dropping", at=NOW),),
    }
    return Conversation(id=id, **{**given, **changes})


def case(id: str = "IT-1042", **changes: Any) -> Case:
    given: dict[str, Any] = {
        "organisation": ORG,
        "conversation": "c1",
        "queue": "IT",
        "priority": Priority.HIGH,
        "requester": "sam",
        "requester_name": "Sam Okafor",
        "requester_about": "Sales, Berlin, 10:00",
        "ask": "My VPN keeps dropping",
        "reason": "asked for a person",
        "opened_at": NOW,
        "due_at": NOW + timedelta(hours=1),
        "page": CasePage(title="VPN", text="Move.", by="dana", number=2, published=True),
    }
    return Case(id=id, **{**given, **changes})


def button(token: str, **changes: Any) -> Button:
    grant = Grant(purpose=Purpose.YES, conversation="c1", requester="sam")
    return Button(label="Yes", token=token, grant=replace(grant, **changes), style=Style.PRIMARY)


REPLY = Reply(
    text="Switch networks.",
    author="Dana Whitfield",
    context="IT-1042",
    sources=(Source(title="VPN", url="/handbook/vpn"),),
    card=Card(
        title="IT-1042",
        status="Open",
        urgent=True,
        facts=(Fact(label="Due", text="", until=NOW), Fact(label="Asked", text="VPN")),
        body="Nobody has it.",
    ),
    buttons=(button("t1", expires=NOW, single_use=True, case="IT-1042", queue="IT", subject="x"),),
    suggestions=("My cases",),
)

EVENTS: tuple[Event, ...] = (
    message(mentioned=True, reply_to="r", belongs_to="c9", edited="e"),
    from_sam(CardAction, "e2", token="t", values=MappingProxyType({"text": "hello"})),
    from_sam(CardAction, "e3", token="t"),
    from_sam(Command, "e4", text="queue IT here"),
    from_sam(Opened, "e5"),
    from_sam(Feedback, "e6", helpful=True, comment="thanks"),
    from_sam(Stopped, "e7", place=replace(ROOM, thread="root")),
    WeekBegan(id="e11", organisation=ORG, at=NOW),
    SourceFailing(id="e12", organisation=ORG, at=NOW, source="wiki", since=NOW, why="It is away."),
    TimerDue(id="e8", organisation=ORG, at=NOW, kind=TimerKind.OVERDUE, conversation="c1"),
    Undelivered(id="e9", organisation=ORG, at=NOW, conversation="c1", slot="s", why="archived"),
    Correction(id="e10", organisation=ORG, at=NOW, conversation="c1", page="a.md", text="so"),
    PageAllowed(
        id="e13", organisation=ORG, at=NOW, conversation="c1", number="2", by="b", place=ROOM
    ),
)


async def begin(ports: Ports, event: Event) -> Situation:
    assert await ports.store.accept(event)
    situation = await ports.store.take(event.id)
    assert situation
    return situation


def a_turn(situation: Situation, about: Conversation | None = None, **changes: Any) -> Turn:
    """Decided on a new conversation, unless the situation or `about` has another."""
    known = situation.conversations[0] if situation.conversations else conversation()
    matter = about or known
    return Turn(event=situation.event, now=NOW, conversation=matter, **changes)


async def had(ports: Ports, id: str, about: Conversation, kase: Case | None = None) -> None:
    """Have this conversation, and its case, in the store."""
    situation = await begin(ports, from_sam(Opened, id, place=replace(CHAT, channel=f"for-{id}")))
    await ports.store.commit(situation, a_turn(situation, about, case=kase))


async def decided(
    ports: Ports,
    id: str,
    about: Conversation,
    kase: Case | None = None,
    verdict: str = "may pass",
    said: str = "Hm?",
    came: str = "no sure answer",
) -> None:
    """Have the record of a message in this conversation in the store."""
    situation = await begin(ports, message(id, place=replace(CHAT, channel=f"for-{id}")))
    turn = a_turn(situation, about, case=kase).record("checked", said=said, verdict=verdict)
    await ports.store.commit(situation, turn.record(came))


async def seen(ports: Ports, event: Event) -> list[str]:
    """The conversations that the event meets."""
    return [x.id for x in (await begin(ports, event)).conversations]


async def posting(
    ports: Ports, id: str, to: Destination, *slots: str, at: datetime = NOW
) -> tuple[Delivery, ...]:
    situation = await begin(ports, from_sam(Opened, id, at=at))
    turn = a_turn(situation)
    for slot in slots:
        turn = turn.post(Reply(text=f"{id} {slot}"), to, slot=slot)
    await ports.store.commit(situation, turn)
    return turn.deliveries


class StoreContract:
    """Each test asks the same of every store."""

    def __init_subclass__(cls) -> None:
        changed = [n for n in vars(cls) if n.startswith("test_") and hasattr(StoreContract, n)]
        assert not changed, f"a contract is kept, not overridden: {changed}"

    # A subclass gives the fixture `ports`: a store in which nothing is.

    # ---- events ---------------------------------------------------------------------------

    async def test_an_event_is_accepted_once(self, ports: Ports) -> None:
        assert await ports.store.accept(message())
        assert not await ports.store.accept(message(text="redelivered"))
        assert await ports.waiting() == ["m1"]

    async def test_the_two_events_of_one_message_count_as_one(self, ports: Ports) -> None:
        assert await ports.store.accept(message("message-1", message="ts"))
        assert not await ports.store.accept(message("mention-1", message="ts", mentioned=True))
        assert await ports.store.accept(message("edit-1", message="ts", edited="later"))
        assert await ports.waiting() == ["message-1", "edit-1"]

    async def test_of_ten_that_accept_at_once_one_does(self, ports: Ports) -> None:
        twins = [message(f"m{i}", message="ts") for i in range(5)] * 2
        fresh = await asyncio.gather(*(ports.store.accept(x) for x in twins))
        assert sum(fresh) == 1
        assert len(await ports.waiting()) == 1

    @pytest.mark.parametrize("event", EVENTS, ids=lambda x: f"{type(x).__name__}-{x.id}")
    async def test_an_event_comes_back_as_it_went_in(self, ports: Ports, event: Event) -> None:
        situation = await begin(ports, event)
        assert situation.event == event
        assert type(situation.event) is type(event)
        assert situation.attempt == 1

    async def test_there_is_nothing_to_take_of_what_is_unknown_or_done(self, ports: Ports) -> None:
        assert await ports.store.take("never") is None
        situation = await begin(ports, message())
        await ports.store.commit(situation, a_turn(situation))
        assert await ports.store.take("m1") is None
        assert not await ports.store.accept(message())
        assert await ports.waiting() == []

    # ---- fencing --------------------------------------------------------------------------

    async def test_a_worker_that_was_taken_over_cannot_commit(self, ports: Ports) -> None:
        stalled = await begin(ports, message())
        taken = await ports.store.take("m1")
        assert taken
        assert taken.attempt == 2
        turn = a_turn(stalled).post(REPLY, CHAT)
        with pytest.raises(Superseded):
            await ports.store.commit(stalled, turn)
        with pytest.raises(Superseded):
            await ports.store.again(stalled)
        assert await ports.store.delivery(turn.deliveries[0].id) is None
        assert await ports.store.unchanged(conversation())
        await ports.store.commit(taken, turn)
        assert await ports.store.delivery(turn.deliveries[0].id)

    async def test_a_turn_is_saved_once(self, ports: Ports) -> None:
        situation = await begin(ports, message())
        await ports.store.commit(situation, a_turn(situation))
        with pytest.raises(Superseded):
            await ports.store.commit(situation, a_turn(situation))

    async def test_a_conflict_writes_nothing_and_fresh_state_mends_it(self, ports: Ports) -> None:
        await had(ports, "o1", conversation())
        first, second = await begin(ports, message("m1")), await begin(ports, message("m2"))
        held = message("held", belongs_to="c1")
        turn = a_turn(second).heard("two").post(REPLY, CHAT, slot="s").record("from", who="sam")
        turn = replace(turn, case=case(), switches=Switches(queues={"IT": ROOM}), events=(held,))
        turn = turn.set_timer(TimerKind.REMIND, NOW)
        await ports.store.commit(first, a_turn(first).heard("one"))
        with pytest.raises(Conflict):
            await ports.store.commit(second, turn)
        assert await ports.waiting() == ["m2"]
        assert await ports.store.delivery("m2:0") is None
        assert await ports.store.glimpse(ORG, "t1") is None
        assert await ports.store.cases_of(ORG, "sam") == ()
        assert await ports.store.direct_place(ORG, "sam") is None
        assert await ports.fire_timers() == 0
        fresh = await ports.store.again(second)
        assert (fresh.attempt, fresh.switches) == (1, Switches())
        assert fresh.conversations[0].transcript[-1].text == "one"
        await ports.store.commit(fresh, a_turn(fresh).heard("two"))

    async def test_of_two_who_claim_a_case_one_is_decided_again(self, ports: Ports) -> None:
        await had(ports, "o1", conversation(case="IT-1042"), case())
        events = [
            TimerDue(id=x, organisation=ORG, at=NOW, kind=TimerKind.REMIND, conversation="c1")
            for x in ("t1", "t2")
        ]
        situations = [await begin(ports, x) for x in events]

        async def claim(situation: Situation) -> None:
            known = situation.cases["IT-1042"]
            taken = replace(known, state=CaseState.CLAIMED, assignee=situation.event.id)
            await ports.store.commit(situation, a_turn(situation, case=taken))

        done = await asyncio.gather(*(claim(x) for x in situations), return_exceptions=True)
        assert [type(x) for x in done if x] == [Conflict]
        (kept,) = await ports.store.cases_of(ORG, "sam")
        assert kept.assignee == ("t2" if done[0] else "t1")

    async def test_of_two_who_set_the_switches_one_is_decided_again(self, ports: Ports) -> None:
        first, second = await begin(ports, message("m1")), await begin(ports, message("m2"))
        switches = Switches(paused=True, queues={"IT": ROOM})
        await ports.store.commit(first, a_turn(first, conversation("c1"), switches=switches))
        with pytest.raises(Conflict):
            await ports.store.commit(second, a_turn(second, conversation("c2"), switches=switches))

    # ---- what is kept ---------------------------------------------------------------------

    @pytest.mark.parametrize(
        "pending",
        [
            PendingCall(call="1", tool="reset", arguments="{}", summary="Reset", approver="tomas"),
            PendingConsent(queue="HR", reason="private", priority=Priority.URGENT),
            PendingChoice(text="and my laptop?"),
            PendingReading(id="1", to=CHAT, others=("ines",), case="HC-1", person=None),
            PendingReading(id="1", to=ROOM, others=(), case=None, person="sam"),
            PendingForgetting(id="1", to=CHAT, employee="sam", others=("dana",)),
        ],
        ids=lambda x: type(x).__name__,
    )
    async def test_a_conversation_comes_back_whole(self, ports: Ports, pending: Any) -> None:
        line = Line(voice=Voice.PERSON, text='„Ümläut" 🎉 \\u0000', at=NOW, name="Dana")
        about = conversation(
            state=State.AWAITING_CONFIRMATION,
            transcript=(line,),
            pending=pending,
            specialist="it",
            tried=("VPN",),
            shown=("/vpn",),
            interrupted=True,
            stopped_at=NOW,
        )
        await had(ports, "o1", about)
        (found,) = (await begin(ports, message())).conversations
        assert found == replace(about, version=1)
        assert found.place.audience is about.place.audience

    async def test_a_case_comes_back_whole(self, ports: Ports) -> None:
        known = case(state=CaseState.CLAIMED, assignee="dana", assignee_name="Dana", alert="!")
        known = replace(known, quiet=True, cards=3)
        await had(ports, "o1", conversation(case=known.id), known)
        situation = await begin(ports, message())
        assert situation.cases == {known.id: replace(known, version=1)}

    @pytest.mark.parametrize(
        "switches",
        [
            Switches(paused=True),
            Switches(
                pilot="pilot", admins=frozenset({"a", "b"}), admin_code="x", queues={"IT": ROOM}
            ),
        ],
        ids=["few", "all"],
    )
    async def test_switches_come_back_whole(self, ports: Ports, switches: Switches) -> None:
        situation = await begin(ports, message("m1"))
        await ports.store.commit(situation, a_turn(situation, switches=switches))
        assert (await begin(ports, message("m2"))).switches == replace(switches, version=1)

    async def test_what_a_person_wrote_at_once_in_many_threads_counts_for_their_pace(
        self, ports: Ports
    ) -> None:
        taken = [
            await begin(ports, message(id, place=CHAT.thread_at(id))) for id in ("m1", "m2", "m3")
        ]
        await begin(ports, message("k1", sender=replace(SAM, user="kim")))
        await begin(ports, from_sam(Opened, "o1"))

        async def written(before: str) -> int:
            return (await ports.store.spent(ORG, "sam", "Sales", before)).messages

        assert [await written(x) for x in ("m1", "m2", "m3", "k1")] == [0, 1, 2, 0]
        used = Used(person="sam", department="Sales", tokens=7, attempt=True)
        await ports.store.commit(taken[0], a_turn(taken[0], used=used))
        assert [await written(x) for x in ("m2", "m3")] == [1, 2]
        spent = await ports.store.spent(ORG, "sam", "Sales", "m3")
        assert (spent.person_tokens, spent.department_tokens, spent.attempts) == (7, 7, 1)
        assert (await ports.store.spent("elsewhere", "sam", "Sales", "none")).messages == 0

    @pytest.mark.parametrize("to", [CHAT, ROOM, Person("dana")], ids=["chat", "room", "person"])
    @pytest.mark.parametrize("reply", [REPLY, None], ids=["reply", "deletion"])
    async def test_a_delivery_comes_back_whole(
        self, ports: Ports, to: Destination, reply: Reply | None
    ) -> None:
        situation = await begin(ports, message())
        turn = a_turn(situation).post(reply, to, under="card", message="draft", only_for="sam")
        await ports.store.commit(situation, turn)
        assert await ports.store.delivery("m1:0") == turn.deliveries[0]

    async def test_a_text_with_a_nul_does_not_stop_its_event(self, ports: Ports) -> None:
        situation = await begin(ports, message(text="a\x00b"))
        await ports.store.commit(situation, a_turn(situation).heard("a\x00b"))
        (found,) = (await begin(ports, message("m2"))).conversations
        assert found.transcript[-1].text in ("ab", "a\ufffdb")

    async def test_a_message_that_roots_a_thread_meets_what_was_said_in_the_others(
        self, ports: Ports
    ) -> None:
        other = replace(CHAT, channel="dm:sam2")
        places = {
            "recent": CHAT.thread_at("1"),
            "old": CHAT.thread_at("2"),
            "elsewhere": other.thread_at("3"),
        }
        for id, place in places.items():
            at = NOW - timedelta(hours=2) if id == "old" else NOW
            await had(ports, f"o-{id}", conversation(id, place=place, last_at=at))
        situation = await begin(ports, message("m1", place=CHAT.thread_at("9"), roots=True))
        assert [x.id for x in situation.conversations] == ["recent"]
        situation = await begin(ports, message("m2", place=CHAT.thread_at("9")))
        assert situation.conversations == ()

    async def test_half_a_character_does_not_stop_its_event(self, ports: Ports) -> None:
        situation = await begin(ports, message(text="a\ud83d b"))
        assert isinstance(situation.event, Message)
        assert situation.event.text.startswith("a")

    async def test_a_stop_before_the_first_answer_is_saved_is_noticed(self, ports: Ports) -> None:
        first = conversation("never-saved")
        assert await ports.store.unchanged(first)
        for id, requester in (("s1", "eve"), ("s2", "sam")):
            assert await ports.store.unchanged(first)
            situation = await begin(ports, from_sam(Stopped, id))
            stopped = conversation(id, requester=requester, stopped_at=NOW)
            await ports.store.commit(situation, replace(a_turn(situation), conversation=stopped))
        assert not await ports.store.unchanged(first)

    async def test_a_conversation_is_unchanged_until_it_is_saved(self, ports: Ports) -> None:
        await had(ports, "o1", conversation())
        situation = await begin(ports, message())
        (found,) = situation.conversations
        assert await ports.store.unchanged(found)
        assert await ports.store.unchanged(conversation("never-saved"))
        await ports.store.commit(situation, a_turn(situation).heard("more"))
        assert not await ports.store.unchanged(found)

    async def test_events_of_a_turn_are_accepted_with_it(self, ports: Ports) -> None:
        situation = await begin(ports, message("m1"))
        held = message("m1:held", message="m1:held", belongs_to="c1")
        await ports.store.commit(situation, a_turn(situation, events=(held,)))
        assert await ports.waiting() == ["m1:held"]
        taken = await ports.store.take("m1:held")
        assert taken
        assert taken.event == held

    # ---- which conversation ---------------------------------------------------------------

    async def test_a_chat_shows_its_recent_and_its_open_matters(self, ports: Ports) -> None:
        def rested(minutes: int) -> datetime:
            return NOW - timedelta(minutes=minutes)

        await had(ports, "o1", conversation("recent", last_at=rested(29)))
        await had(ports, "o2", conversation("newest", last_at=rested(1)))
        await had(ports, "o3", conversation("rested", last_at=rested(31)))
        live = conversation("open", last_at=rested(9000), case="IT-1")
        await had(ports, "o4", live, case("IT-1", conversation="open"))
        closed = conversation("closed", last_at=rested(9000), case="IT-2")
        solved = case("IT-2", conversation="closed", state=CaseState.RESOLVED)
        await had(ports, "o5", closed, solved)
        await had(ports, "o6", conversation("elsewhere", place=replace(CHAT, channel="dm:eve")))
        situation = await begin(ports, message())
        assert [x.id for x in situation.conversations] == ["newest", "recent", "open"]
        assert set(situation.cases) == {"IT-1"}

    async def test_a_chat_shows_ten_matters_at_most(self, ports: Ports) -> None:
        for i in range(12):
            await had(ports, f"o{i}", conversation(f"c{i:02}", last_at=NOW - timedelta(seconds=i)))
        assert await seen(ports, message()) == [f"c{i:02}" for i in range(10)]

    async def test_a_thread_is_one_matter_however_long_it_rests(self, ports: Ports) -> None:
        thread = replace(ROOM, thread="root")
        old = NOW - timedelta(days=30)
        await had(ports, "o1", conversation(place=thread, last_at=old))
        assert await seen(ports, message(place=thread)) == ["c1"]

    async def test_what_a_message_quotes_comes_first(self, ports: Ports) -> None:
        await had(ports, "o1", conversation("c1", last_at=NOW - timedelta(days=9)))
        await had(ports, "o2", conversation("c2"))
        (delivery,) = await posting(ports, "o3", CHAT, "answer")
        about = replace(delivery, conversation="c1")
        await ports.store.sent(about, CHAT, "ts-answer")
        assert await seen(ports, message(reply_to="ts-answer")) == ["c1", "c2"]

    async def test_a_message_that_was_asked_about_meets_what_was_said(self, ports: Ports) -> None:
        await had(ports, "o1", conversation("c1", last_at=NOW - timedelta(days=9)))
        await had(ports, "o2", conversation("c2"))
        found = await seen(ports, message(belongs_to="c1"))
        assert found[0] == "c1"

    @pytest.mark.parametrize("slot", ["card:IT-1042", "card:IT-1042:ada"])
    async def test_under_its_card_a_message_meets_the_case(self, ports: Ports, slot: str) -> None:
        await had(ports, "o1", conversation(case="IT-1042"), case())
        (delivery,) = await posting(ports, "o2", ROOM, slot)
        await ports.store.sent(replace(delivery, conversation="c1"), ROOM, "ts-card")
        situation = await begin(ports, message(place=replace(ROOM, thread="ts-card")))
        assert situation.desk == "IT-1042"
        assert [x.id for x in situation.conversations] == ["c1"]
        assert set(situation.cases) == {"IT-1042"}
        other = await begin(ports, message("m2", place=replace(CHAT, thread="ts-card")))
        assert other.desk is None

    async def test_a_timer_and_a_lost_delivery_meet_their_conversation(self, ports: Ports) -> None:
        await had(ports, "o1", conversation(case="IT-1042", last_at=NOW - timedelta(9)), case())
        for event in EVENTS[-2:]:
            situation = await begin(ports, event)
            assert [x.id for x in situation.conversations] == ["c1"]
            assert set(situation.cases) == {"IT-1042"}

    @pytest.mark.parametrize("event", EVENTS[3:6], ids=lambda x: type(x).__name__)
    async def test_other_events_meet_the_newest_of_their_place(
        self, ports: Ports, event: Event
    ) -> None:
        await had(ports, "o1", conversation("older", last_at=NOW - timedelta(hours=3)))
        await had(ports, "o2", conversation("newest", last_at=NOW - timedelta(hours=2)))
        assert await seen(ports, event) == ["newest"]

    # ---- buttons --------------------------------------------------------------------------

    async def _with_button(self, ports: Ports, **grant: Any) -> Grant:
        situation = await begin(ports, message("m0"))
        pressed = button("secret", **grant)
        about = conversation(case="IT-1042")
        turn = a_turn(situation, about, case=case()).post(
            Reply(text="Sure?", buttons=(pressed,)), CHAT
        )
        await ports.store.commit(situation, turn)
        return pressed.grant

    async def test_a_button_stands_for_what_it_was_given(self, ports: Ports) -> None:
        grant = await self._with_button(ports, subject="call-1", expires=NOW, single_use=True)
        situation = await begin(ports, from_sam(CardAction, "p1", token="secret"))
        assert (situation.grant, situation.spent) == (grant, False)
        assert [x.id for x in situation.conversations] == ["c1"]
        assert set(situation.cases) == {"IT-1042"}
        glimpse = await ports.store.glimpse(ORG, "secret")
        assert glimpse
        assert (glimpse.grant, glimpse.spent) == (grant, False)
        assert glimpse.case == situation.cases["IT-1042"]
        assert glimpse.conversation == situation.conversations[0]
        assert glimpse.switches == Switches()

    async def test_a_made_up_token_stands_for_nothing(self, ports: Ports) -> None:
        await self._with_button(ports)
        situation = await begin(ports, from_sam(CardAction, "p1", token="guess"))
        assert (situation.grant, situation.conversations) == (None, ())
        assert await ports.store.glimpse(ORG, "guess") is None

    async def test_a_single_use_button_is_spent_once(self, ports: Ports) -> None:
        await self._with_button(ports, single_use=True)
        presses = [from_sam(CardAction, x, token="secret") for x in ("p1", "p2")]
        situations = [await begin(ports, x) for x in presses]
        refused = await begin(ports, from_sam(CardAction, "p0", token="secret"))
        await ports.store.commit(refused, a_turn(refused).record("refused"))
        turns = [a_turn(x, spends=True) for x in situations]
        done = await asyncio.gather(
            *(ports.store.commit(s, t) for s, t in zip(situations, turns, strict=True)),
            return_exceptions=True,
        )
        assert [type(x) for x in done if x] == [Conflict]
        late = await ports.store.again(situations[0 if done[0] else 1])
        assert late.spent
        glimpse = await ports.store.glimpse(ORG, "secret")
        assert glimpse
        assert glimpse.spent

    # ---- timers ---------------------------------------------------------------------------

    async def _timed(self, ports: Ports, id: str, turn: Callable[[Turn], Turn]) -> None:
        situation = await begin(ports, from_sam(Opened, id))
        await ports.store.commit(situation, turn(a_turn(situation)))

    async def test_a_timer_becomes_one_event_when_it_is_due(self, ports: Ports) -> None:
        due = NOW + timedelta(minutes=5)
        await self._timed(ports, "o1", lambda x: x.set_timer(TimerKind.OVERDUE, due))
        assert await ports.fire_timers() == 0
        ports.clock.pass_time(301)
        assert sum(await asyncio.gather(*(ports.fire_timers() for _ in range(4)))) == 1
        (id,) = await ports.waiting()
        situation = await ports.store.take(id)
        assert situation
        assert isinstance(situation.event, TimerDue)
        assert situation.event.kind is TimerKind.OVERDUE
        assert situation.event.conversation == "c1"
        assert await ports.fire_timers() == 0

    async def test_setting_a_timer_again_moves_it(self, ports: Ports) -> None:
        soon, later = NOW + timedelta(minutes=1), NOW + timedelta(minutes=9)
        await self._timed(ports, "o1", lambda x: x.set_timer(TimerKind.REMIND, soon))
        await self._timed(
            ports, "o2", lambda x: x.cancel(TimerKind.REMIND).set_timer(TimerKind.REMIND, later)
        )
        ports.clock.pass_time(120)
        assert await ports.fire_timers() == 0
        ports.clock.pass_time(480)
        assert await ports.fire_timers() == 1

    async def test_a_cancelled_timer_does_not_fire(self, ports: Ports) -> None:
        def both(turn: Turn) -> Turn:
            return turn.set_timer(TimerKind.REMIND, NOW).set_timer(TimerKind.EXPIRE, NOW)

        await self._timed(ports, "o1", both)
        await self._timed(ports, "o2", lambda x: x.cancel(TimerKind.REMIND))
        assert await ports.fire_timers() == 1
        (id,) = await ports.waiting()
        assert TimerKind.EXPIRE in id

    # ---- deliveries -----------------------------------------------------------------------

    async def test_what_stands_in_a_slot_is_known_from_sending_on(self, ports: Ports) -> None:
        (delivery,) = await posting(ports, "o1", ROOM, "s")
        assert await ports.store.posted(ORG, "s") is None
        await ports.store.sending(delivery, ROOM)
        posted = await ports.store.posted(ORG, "s")
        assert posted
        assert (posted.place, posted.state, posted.message) == (ROOM, PostState.SENDING, None)
        assert posted.place.audience is Audience.PRIVATE
        assert await ports.store.delivery(delivery.id) == delivery
        await ports.store.sent(delivery, ROOM, "ts-1")
        posted = await ports.store.posted(ORG, "s")
        assert posted
        assert (posted.state, posted.message) == (PostState.SENT, "ts-1")
        assert await ports.store.delivery(delivery.id) is None

    async def test_a_message_that_is_gone_stands_nowhere(self, ports: Ports) -> None:
        (delivery,) = await posting(ports, "o1", ROOM, "s")
        await ports.store.sent(delivery, ROOM, "ts-1")
        (deletion,) = await posting(ports, "o2", ROOM, "s")
        await ports.store.sent(deletion, ROOM, None)
        assert await ports.store.posted(ORG, "s") is None
        assert await ports.store.delivery(deletion.id) is None

    async def test_a_newer_version_replaces_one_that_was_not_sent(self, ports: Ports) -> None:
        (first,) = await posting(ports, "o1", ROOM, "s")
        await ports.store.sent(first, ROOM, "ts-1")
        (second,) = await posting(ports, "o2", ROOM, "s")
        (other,) = await posting(ports, "o3", ROOM, "another")
        (third,) = await posting(ports, "o4", ROOM, "s")
        assert await ports.store.delivery(second.id) is None
        assert await ports.store.delivery(other.id) == other
        assert await ports.store.delivery(third.id) == third

    async def test_two_versions_in_one_turn_both_leave(self, ports: Ports) -> None:
        first, second = await posting(ports, "o1", ROOM, "s", "s")
        assert await ports.store.delivery(first.id) == first
        assert await ports.store.delivery(second.id) == second

    async def test_a_card_stands_before_what_is_written_under_it(self, ports: Ports) -> None:
        (card,) = await posting(ports, "o1", ROOM, "card:IT-1")
        situation = await begin(ports, from_sam(Opened, "o2"))
        turn = a_turn(situation).post(Reply(text="a note"), ROOM, under="card:IT-1")
        await ports.store.commit(situation, turn.post(Reply(text="card 2"), ROOM, slot="card:IT-1"))
        assert await ports.store.delivery(card.id)

    async def test_a_delivery_that_is_given_up_is_told_once(self, ports: Ports) -> None:
        await had(ports, "o0", conversation())
        lost, other = await posting(ports, "o1", ROOM, "card:IT-1042", "other")
        await ports.store.sending(lost, ROOM)
        await ports.store.give_up(lost, "is_archived")
        await ports.store.give_up(lost, "is_archived")
        assert await ports.store.delivery(lost.id) is None
        assert await ports.store.delivery(other.id) == other
        assert await ports.store.posted(ORG, "card:IT-1042") is None
        (id,) = await ports.waiting()
        situation = await ports.store.take(id)
        assert situation
        event = situation.event
        assert isinstance(event, Undelivered)
        assert (event.slot, event.why) == ("card:IT-1042", "is_archived")
        assert event.conversation == lost.conversation

    # ---- people and cases -----------------------------------------------------------------

    async def test_a_direct_chat_is_known_from_who_wrote_there(self, ports: Ports) -> None:
        thread = replace(CHAT, thread="root")
        for id, place in (("m1", ROOM), ("m2", thread), ("m3", replace(CHAT, channel="dm:2"))):
            before = await ports.store.direct_place(ORG, "sam")
            situation = await begin(ports, message(id, place=place))
            about = conversation(f"of-{id}", place=place)
            met = None if place is ROOM else "sam"
            await ports.store.commit(situation, a_turn(situation, about, met=met))
            if place is ROOM:
                assert before is await ports.store.direct_place(ORG, "sam") is None
            else:
                known = await ports.store.direct_place(ORG, "sam")
                assert known == replace(place, thread=None)
        assert await ports.store.direct_place(ORG, "eve") is None
        assert await ports.store.direct_place("other", "sam") is None

    async def test_case_numbers_are_given_once(self, ports: Ports) -> None:
        numbers = await asyncio.gather(*(ports.store.case_number(ORG) for _ in range(40)))
        assert sorted(numbers) == list(range(1042, 1082))

    async def test_a_requester_sees_open_cases_and_those_resolved_lately(
        self, ports: Ports
    ) -> None:
        facts = (
            ("IT-1", CaseState.OPEN, 300),
            ("IT-2", CaseState.RESOLVED, 1),
            ("IT-3", CaseState.CLAIMED, 2),
            ("IT-4", CaseState.RESOLVED, 3000),
        )
        for i, (id, state, days) in enumerate(facts):
            known = case(id, conversation=f"c{i}", state=state, opened_at=NOW - timedelta(days))
            await had(ports, f"o{i}", conversation(f"c{i}", case=id), known)
        of_eve = case("HR-5", conversation="c9", requester="eve", queue="HR")
        await had(ports, "o9", conversation("c9", case="HR-5", requester="eve"), of_eve)
        mine = [x.id for x in await ports.store.cases_of(ORG, "sam")]
        assert mine == ["IT-2", "IT-3", "IT-1"]
        assert await ports.store.open_cases(ORG) == {"IT": 2, "HR": 1}

    # ---- hindsight ------------------------------------------------------------------------

    async def test_the_last_decision_is_known_by_its_case_and_by_its_place(
        self, ports: Ports
    ) -> None:
        thread = replace(ROOM, thread="root")
        await decided(ports, "m1", conversation("c1", place=thread), verdict="may pass")
        again = replace(conversation("c1", place=thread, case="IT-1042"), version=1)
        await decided(ports, "m2", again, case(), verdict="too long")
        other = conversation("c2", place=replace(CHAT, channel="dm:eve"), requester="eve")
        await decided(ports, "m3", other)
        for about in ("IT-1042", ROOM, thread):
            found = await ports.store.decision(ORG, about)
            assert found
            assert (found.conversation.id, found.at) == ("c1", NOW)
            assert found.case == replace(case(), version=1)
            assert found.verdicts == {"may pass", "too long"}
            (checked, unsure) = found.records
            assert (checked.step, checked.facts) == ("checked", {"verdict": "too long"})
            assert checked.said == unsure.said == ""

    async def test_what_was_never_decided_on_has_no_decision(self, ports: Ports) -> None:
        await had(ports, "o1", conversation("c1", place=ROOM))
        thread = replace(ROOM, thread="root")
        for about in (ROOM, CHAT, thread, "IT-1042", ""):
            assert await ports.store.decision(ORG, about) is None
        await decided(ports, "m1", replace(conversation("c1", place=ROOM), version=1))
        assert await ports.store.decision(ORG, ROOM)
        assert await ports.store.decision(ORG, thread) is None
        assert await ports.store.decision("other", ROOM) is None

    async def test_of_what_came_of_questions_only_the_unanswered_are_told(
        self, ports: Ports
    ) -> None:
        await decided(ports, "m1", conversation("c1"), said="Where do I park?")
        await decided(ports, "m2", conversation("c2"), said="My VPN?", came="answered")
        await decided(ports, "m3", conversation("c3"), said="Hello", came="paused")
        lines = await ports.store.outcomes(ORG, NOW)
        assert [(x.event, x.conversation, x.record.step, x.record.said) for x in lines] == [
            ("m1", "c1", "checked", "Where do I park?"),
            ("m1", "c1", "no sure answer", ""),
            ("m2", "c2", "checked", ""),
            ("m2", "c2", "answered", ""),
        ]
        assert {x.at for x in lines} == {NOW}
        assert lines[0].record.facts == {"verdict": "may pass"}
        assert await ports.store.outcomes(ORG, NOW + timedelta(seconds=1)) == ()
        assert await ports.store.outcomes("other", NOW) == ()

    # ---- the journal ----------------------------------------------------------------------

    async def test_a_step_that_is_paid_for_is_known_to_the_next_attempt(self, ports: Ports) -> None:
        journal = ports.journals.of(await begin(ports, message("m1")))
        assert await journal.get("model:1") is None
        await journal.put("model:1", '„yes"\x00')
        await journal.put("draft", "ts-1")
        again = await ports.store.take("m1")
        other = await begin(ports, message("m2"))
        assert again
        resumed = ports.journals.of(again)
        assert await resumed.get("model:1") == '„yes"\x00'
        assert await resumed.get("draft") == "ts-1"
        assert await resumed.get("model:2") is None
        assert await ports.journals.of(other).get("model:1") is None

    async def test_what_comes_after_the_end_of_an_event_is_not_kept(self, ports: Ports) -> None:
        situation = await begin(ports, message("m1"))
        again = await ports.store.take("m1")
        assert again
        await ports.store.commit(again, a_turn(again))
        await ports.journals.of(situation).put("draft", "ts-1")
        assert await ports.journals.of(again).get("draft") is None
