"""Why a matter was decided so: who may ask, and what they read."""

from dataclasses import replace
from typing import Any

import pytest

from bot.admin import understood
from bot.case import Case, Priority
from bot.conversation import Conversation, State
from bot.event import Command
from bot.outcome import Record, Switches
from bot.pack import Pack
from bot.people import Requester
from bot.place import Place
from bot.ports import Decision, Page, Situation
from bot.turn import Bot
from tests.fakes import (
    CHAT,
    DANA,
    IT_DESK,
    NOW,
    PRIYA,
    ROBIN,
    SAM,
    SQUARE,
    FakeJournal,
    FakeKnowledge,
    FakeStore,
    kit,
    sender,
)

SECRET = "Redundancies"
PAGES = (
    Page(path="it/vpn.md", title="VPN", url="/handbook/it/vpn.md"),
    Page(path="hr/x.md", title=SECRET, url="/handbook/hr/x.md", audience=frozenset({"hr-desk"})),
)
ASKED = Conversation(
    id="c1", organisation="o", place=SQUARE, requester="sam", state=State.WITH_BOT, last_at=NOW
)


def facts(step: str, **given: str) -> Record:
    return Record(step=step, facts=given)


RECORDS = (
    facts("from", who="sam", place=SQUARE.key),
    facts("checked", verdict="may pass"),
    facts("routed", to="IT", why="the word “vpn”"),
    facts("searched", scores="0.91 it/vpn.md#a\n0.40 it/vpn.md#b\n0.30 hr/x.md#c/2"),
    facts("thought", model="small", tokens="100", cost="0.0010"),
    facts("thought", model="small", tokens="20", cost="0.0002"),
    facts("permission asked", tool="order_laptop", permission="approve"),
    facts("answered", pages=f"VPN, {SECRET}", urls="/handbook/it/vpn.md#a /handbook/hr/x.md"),
    facts("share used up"),
    facts("tier chosen", tier="deep", why="it compares"),
    facts("asked back", urls="/handbook/it/vpn.md#a /handbook/hr/x.md"),
    facts("sent", to=SQUARE.key, slot="e:0"),
    facts("sent", to=IT_DESK.key, slot="e:1"),
    facts("sent", to="dana", slot="e:2"),
    facts("sent", to="web/sample/dm:nobody/", slot="e:3"),
    facts("recorded", ms="7"),
)


def a_case(queue: str) -> Case:
    return Case(
        id="IT-1042", organisation="o", conversation="c1", queue=queue, priority=Priority.NORMAL,
        requester="sam", requester_name="Sam", requester_about="", ask="", reason="",
        opened_at=NOW, due_at=None,
    )  # fmt: skip


def decision(queue: str | None = None, verdict: str = "may pass", **changes: Any) -> Decision:
    return Decision(
        at=NOW,
        conversation=replace(ASKED, **changes),
        case=a_case(queue) if queue else None,
        verdicts=frozenset({verdict}),
        records=RECORDS,
    )


class Remembering(FakeStore):
    def __init__(self, found: Decision | None) -> None:
        super().__init__()
        self.found = found
        self.asked: list[Place | str] = []

    async def decision(self, organisation: str, about: Place | str) -> Decision | None:
        self.asked.append(about)
        return self.found


async def why(pack: Pack, found: Decision | None, who: Requester, text: str = "why it-1042") -> str:
    store = Remembering(found)
    bot = Bot(kit(pack, store=store, knowledge=FakeKnowledge(known=PAGES)))
    switches = Switches(queues={"IT": IT_DESK}, admins=frozenset({"robin", "priya"}))
    event = Command(id="c", organisation="o", at=NOW, sender=sender(who), place=SQUARE, text=text)
    situation = Situation(event=event, attempt=1, switches=switches)
    turn = await bot.take_turn(situation, FakeJournal())
    (delivery,) = turn.deliveries
    assert delivery.only_for == who.id
    assert delivery.reply
    assert set(store.asked) <= {"IT-1042", SQUARE}
    return delivery.reply.text


async def test_a_decision_is_told_in_sentences(pack: Pack) -> None:
    text = await why(pack, decision("IT"), ROBIN)
    for words in (
        "IT-1042", "10:00", "may pass", "It went to IT, by the word “vpn”",
        "VPN (0.91), a page that you may not read (0.30)", "small: 120 tokens, cost 0.0012",
        "The deep model was to answer: it compares",
        "which of these was meant: VPN, a page that you may not read",
        "order_laptop: approve", "answered from: VPN, a page that you may not read",
        "share used up", "the conversation itself, the IT desk, Dana Whitfield, another place",
    ):  # fmt: skip
        assert words in text, words
    assert SECRET not in text


async def test_who_may_read_a_page_reads_its_name(pack: Pack) -> None:
    assert f"{SECRET} (0.30)" in await why(pack, decision("IT"), PRIYA)


@pytest.mark.parametrize(
    ("who", "queue", "told"),
    [
        (ROBIN, "IT", True),
        (ROBIN, "HR", True),
        (ROBIN, "HR-confidential", False),
        (ROBIN, "a queue that is gone", False),
        (PRIYA, "HR-confidential", True),
        (DANA, "IT", True),
        (DANA, "HR", False),
        (DANA, "HR-confidential", False),
        (SAM, "IT", False),
    ],
)
async def test_a_case_is_told_to_admins_and_to_its_queue(
    pack: Pack, who: Requester, queue: str, told: bool
) -> None:
    text = await why(pack, decision(queue), who)
    assert (text != pack.say("en").why_nothing) is told


async def test_a_concern_without_a_case_is_nobodys(pack: Pack) -> None:
    nothing = pack.say("en").why_nothing
    concern = pack.rules.concerns[0].name
    assert await why(pack, decision(verdict=concern), ROBIN, "why") == nothing
    assert await why(pack, decision(verdict="a concern of once"), ROBIN, "why") == nothing
    assert await why(pack, decision(verdict="wants a person"), ROBIN, "why") != nothing


async def test_without_a_case_it_is_about_the_place_and_for_admins(pack: Pack) -> None:
    strings = pack.say("en")
    assert "What I decided last here" in await why(pack, decision(), ROBIN, "why")
    assert await why(pack, decision(), DANA, "why") == strings.admin_only
    assert await why(pack, None, ROBIN, "why") == strings.why_nothing
    mine = decision(place=CHAT)
    assert await why(pack, mine, ROBIN, "why") == strings.why_nothing


async def test_a_page_that_decided_whose_it_is_is_named_to_its_readers(pack: Pack) -> None:
    routed = facts("routed", to="HR", why=f"the page “{SECRET} › When”")
    found = replace(decision("IT"), records=(routed,))
    assert SECRET not in await why(pack, found, ROBIN)
    assert f"{SECRET} › When" in await why(pack, found, PRIYA)


@pytest.mark.parametrize(
    ("text", "known"),
    [("why", True), ("why IT-1042", True), ("why me", False), ("why is my vpn slow", False)],
)
def test_a_question_that_begins_with_why_is_a_question(text: str, known: bool) -> None:
    assert understood(text) is known
