"""The worker: nothing is sent twice, nothing is lost, and what fails is told."""

from dataclasses import replace

import pytest

from bot.event import Message
from bot.outcome import Delivery, Switches, Turn
from bot.pack import Pack
from bot.people import Person
from bot.place import Place
from bot.ports import (
    Conflict,
    Posted,
    PostState,
    Rejected,
    Situation,
    Superseded,
    ToolCall,
    Unavailable,
    Uncertain,
)
from bot.reply import Reply
from bot.turn import Bot
from bot.worker import Worker
from tests.fakes import (
    CHAT,
    IT_DESK,
    NOW,
    SAM,
    FakeClock,
    FakeJournal,
    FakePlatform,
    FakeStore,
    ScriptedModel,
    kit,
    sender,
)

EVENT = Message(
    id="e1", organisation="o", at=NOW, sender=sender(SAM), place=CHAT, message="m1",
    text="My VPN keeps dropping",
)  # fmt: skip


class Store(FakeStore):
    """One event and its deliveries; `refusals` are raised by the next commits."""

    def __init__(self, *refusals: Exception) -> None:
        super().__init__()
        self.refusals = list(refusals)
        self.attempt = 0
        self.turns: list[Turn] = []
        self.outbox: dict[str, Delivery] = {}
        self.slots: dict[str, Posted] = {}
        self.given_up: list[str] = []
        self.away = 0

    async def take(self, event: str) -> Situation | None:
        if self.away:
            self.away -= 1
            raise Unavailable("the database is away")
        if self.turns:
            return None
        self.attempt += 1
        switches = Switches(queues={"IT": IT_DESK})
        return Situation(event=EVENT, attempt=self.attempt, switches=switches)

    async def again(self, situation: Situation) -> Situation:
        return situation

    async def commit(self, situation: Situation, turn: Turn) -> None:
        if self.refusals:
            raise self.refusals.pop(0)
        self.turns.append(turn)

    async def delivery(self, id: str) -> Delivery | None:
        return self.outbox.get(id)

    async def posted(self, organisation: str, slot: str) -> Posted | None:
        return self.slots.get(slot)

    async def sending(self, delivery: Delivery, place: Place) -> None:
        self.slots[delivery.slot] = Posted(place=place, state=PostState.SENDING, message=None)

    async def sent(self, delivery: Delivery, place: Place, message: str | None) -> None:
        del self.outbox[delivery.id]
        self.slots[delivery.slot] = Posted(place=place, state=PostState.SENT, message=message)

    async def give_up(self, delivery: Delivery, why: str) -> None:
        del self.outbox[delivery.id]
        self.given_up.append(why)


def worker(pack: Pack, store: Store, platform: FakePlatform, *models: ScriptedModel) -> Worker:
    clock = FakeClock()
    tools = kit(pack, *models, store=store, platform=platform, clock=clock)
    journal = FakeJournal()

    class Journals:
        def of(self, situation: Situation) -> FakeJournal:
            return journal

    return Worker(
        bot=Bot(tools),
        store=store,  # type: ignore[arg-type]
        journals=Journals(),
        platforms={"web": platform},
        clock=clock,
    )


ANSWER = (
    ToolCall(id="c", name="search_handbook", arguments='{"query": "vpn"}'),
    "Switch to another network. [1]",
)


async def test_a_conflict_is_decided_again_and_the_model_is_paid_once(pack: Pack) -> None:
    store, model = Store(Conflict("version")), ScriptedModel(*ANSWER)
    await worker(pack, store, FakePlatform(), model).work("e1")
    (turn,) = store.turns
    assert len(model.prompts) == 2
    assert any("another network" in x.reply.text for x in turn.deliveries if x.reply)


async def test_a_worker_that_was_superseded_says_nothing(pack: Pack) -> None:
    store = Store(Superseded("attempt"))
    await worker(pack, store, FakePlatform(), ScriptedModel(*ANSWER)).work("e1")
    assert store.turns == []


async def test_a_turn_that_keeps_failing_goes_to_people_and_says_so(pack: Pack) -> None:
    store = Store(*[RuntimeError("a defect")] * 3)
    model = ScriptedModel(*ANSWER)
    await worker(pack, store, FakePlatform(), model).work("e1")
    (turn,) = store.turns
    assert turn.case is not None
    said = [x.reply.text for x in turn.deliveries if x.to == CHAT and x.reply]
    assert any(turn.case.id in text for text in said)
    assert not any("defect" in text for text in said)


async def test_an_event_that_kills_its_workers_is_not_tried_for_ever(pack: Pack) -> None:
    store, model = Store(), ScriptedModel(*ANSWER)
    store.attempt = 6
    await worker(pack, store, FakePlatform(), model).work("e1")
    (turn,) = store.turns
    assert model.prompts == []
    assert turn.case is not None


async def test_an_event_waits_for_a_store_that_is_away(pack: Pack) -> None:
    store = Store()
    store.away = 99
    with pytest.raises(Unavailable):
        await worker(pack, store, FakePlatform()).work("e1")


def delivery(**changes: object) -> Delivery:
    plain = Delivery(
        id="d1", organisation="o", to=CHAT, conversation="k", reply=Reply(text="hello"), slot="d1"
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


async def deliver(pack: Pack, platform: FakePlatform, *deliveries: Delivery) -> Store:
    store = Store()
    work = worker(pack, store, platform)
    for item in deliveries:
        store.outbox[item.id] = item
        await work.deliver(item.id)
    return store


async def test_a_delivery_is_posted_once(pack: Pack) -> None:
    platform = FakePlatform()
    store = await deliver(pack, platform, delivery())
    await worker(pack, store, platform).deliver("d1")
    assert platform.texts == ["hello"]


async def test_a_delivery_is_tried_again_after_an_outage(pack: Pack) -> None:
    platform = FakePlatform(fails=[Unavailable("503"), Unavailable("429", retry_after=12)])
    await deliver(pack, platform, delivery())
    assert platform.texts == ["hello"]


async def test_a_post_whose_answer_was_lost_is_found_and_not_repeated(pack: Pack) -> None:
    platform = FakePlatform(lose_answer=True)
    await deliver(pack, platform, delivery())
    assert platform.texts == ["hello"]


async def test_a_refused_delivery_is_given_up_and_the_next_one_goes(pack: Pack) -> None:
    platform = FakePlatform(fails=[Rejected("is_archived")])
    store = await deliver(pack, platform, delivery(), delivery(id="d2", slot="d2"))
    assert store.given_up == ["is_archived"]
    assert platform.texts == ["hello"]


async def test_a_later_delivery_of_a_slot_updates_its_message(pack: Pack) -> None:
    platform = FakePlatform()
    first = delivery(slot="card:IT-7")
    second = delivery(id="d2", slot="card:IT-7", reply=Reply(text="taken"))
    await deliver(pack, platform, first, second)
    assert platform.texts == ["taken"]


async def test_a_card_that_somebody_deleted_is_posted_anew(pack: Pack) -> None:
    platform, store = FakePlatform(), Store()
    store.slots["card:IT-7"] = Posted(place=CHAT, state=PostState.SENT, message="gone")
    store.outbox["d1"] = delivery(slot="card:IT-7")
    await worker(pack, store, platform).deliver("d1")
    assert platform.texts == ["hello"]


async def test_a_draft_that_takes_no_update_does_not_stand_beside_the_answer(pack: Pack) -> None:
    platform = FakePlatform()
    draft = await platform.begin(CHAT, "Looking…", "e1:answer")
    platform.fails = [Rejected("BadSyntax")]
    await deliver(pack, platform, delivery(message=draft))
    assert platform.texts == ["hello"]


async def test_a_draft_becomes_the_answer(pack: Pack) -> None:
    platform = FakePlatform()
    draft = await platform.begin(CHAT, "Looking…", "e1:answer")
    await deliver(pack, platform, delivery(message=draft))
    assert platform.texts == ["hello"]


async def test_what_belongs_under_a_card_goes_to_its_thread(pack: Pack) -> None:
    platform = FakePlatform()
    card, line = delivery(slot="card:IT-7"), delivery(id="d2", slot="d2", under="card:IT-7")
    await deliver(pack, platform, card, line)
    assert [place.thread for place, _ in platform.messages.values()] == [None, "m1"]


async def test_a_person_is_reached_in_their_direct_chat(pack: Pack) -> None:
    platform = FakePlatform()
    await deliver(pack, platform, delivery(to=Person("priya")))
    ((place, _),) = platform.messages.values()
    assert place.channel == "dm:priya"


async def test_a_platform_that_is_not_connected_is_no_reason_to_wait(pack: Pack) -> None:
    store = await deliver(pack, FakePlatform(), delivery(to=replace(CHAT, platform="slack")))
    assert store.given_up == ["slack is not connected"]


async def test_when_it_never_becomes_clear_whether_a_post_arrived_it_ends(pack: Pack) -> None:
    platform = FakePlatform(fails=[Uncertain("reset")] * 99)
    store = await deliver(pack, platform, delivery())
    assert store.given_up == ["unreachable"]


async def test_an_event_of_which_nothing_can_be_made_does_not_hold_up_its_place(pack: Pack) -> None:
    store = Store(*[RuntimeError("a defect")] * 4)
    await worker(pack, store, FakePlatform(), ScriptedModel(*ANSWER)).work("e1")
    (turn,) = store.turns
    assert [x.reply.text for x in turn.deliveries if x.reply] == [pack.say("").not_done]
