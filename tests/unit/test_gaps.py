"""What the handbook lacks: what counts as a gap, who hears of it, and in which words."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.discretion import may_read
from bot.event import Command, SourceFailing, WeekBegan
from bot.gaps import Report, gaps
from bot.outcome import Record, Switches, Turn
from bot.owners import owned
from bot.pack import Pack
from bot.people import Person, Requester
from bot.ports import Page, Recorded, Situation
from bot.turn import Bot
from tests.fakes import (
    CHAT,
    DANA,
    NOW,
    PRIYA,
    ROBIN,
    SAM,
    TOMAS,
    FakeDirectory,
    FakeJournal,
    FakeKnowledge,
    FakeStore,
    kit,
    sender,
)

SECRET = "Redundancies"
VPN = Page(path="it/vpn.md", title="VPN", url="/it/vpn.md", owner="it-desk")
LEAVE = Page(
    path="hr/leave.md", title="Leave", url="/hr/leave.md", owner="Priya@nowhere.example",
    reviewed=date(2025, 11, 1),
)  # fmt: skip
HIDDEN = Page(
    path="hr/x.md", title=SECRET, url="/hr/x.md", owner="priya", reviewed=date(2020, 1, 1),
    audience=frozenset({"hr-desk"}),
)  # fmt: skip
FRESH = replace(LEAVE, path="hr/fresh.md", title="Fresh", reviewed=date(2026, 1, 1))
PAGES = (VPN, LEAVE, HIDDEN, FRESH)


class Told:
    """The record of conversations, one line after the other."""

    def __init__(self) -> None:
        self.lines: list[Recorded] = []
        self.numbers = count(1)

    def line(
        self, conversation: str, step: str, said: str = "", event: str = "",
        at: datetime = NOW, **facts: str,
    ) -> None:  # fmt: skip
        record = Record(step=step, facts=facts, said=said)
        event = event or f"e{next(self.numbers)}"
        self.lines.append(Recorded(at=at, event=event, conversation=conversation, record=record))

    def unsure(
        self, text: str, *found: str, conversation: str = "", verdict: str = "may pass",
        at: datetime = NOW,
    ) -> str:  # fmt: skip
        event = f"e{next(self.numbers)}"
        conversation = conversation or f"c-{event}"
        scores = "\n".join(f"0.30 {x}#a/2" for x in found)
        self.line(conversation, "checked", said=text, event=event, at=at, verdict=verdict)
        self.line(conversation, "searched", event=event, at=at, scores=scores)
        self.line(conversation, "no sure answer", event=event, at=at)
        return conversation

    def answered(self, conversation: str, *urls: str) -> None:
        event = f"e{next(self.numbers)}"
        self.line(conversation, "checked", event=event, verdict="may pass")
        self.line(conversation, "answered", event=event, urls=" ".join(urls))


@pytest.fixture
def told() -> Told:
    return Told()


def a_bot(pack: Pack, told: Told) -> Bot:
    store = FakeStore()
    store.lines = tuple(told.lines)
    return Bot(kit(pack, store=store, knowledge=FakeKnowledge(known=PAGES)))


async def take(
    pack: Pack, told: Told, event: Command | WeekBegan | SourceFailing, paused: bool = False
) -> Turn:
    switches = Switches(admins=frozenset({"robin"}), paused=paused)
    situation = Situation(event=event, attempt=1, switches=switches)
    return await a_bot(pack, told).take_turn(situation, FakeJournal())


async def asks(pack: Pack, told: Told, who: Requester = ROBIN) -> str:
    event = Command(id="c", organisation="o", at=NOW, sender=sender(who), place=CHAT, text="gaps")
    turn = await take(pack, told, event)
    (delivery,) = turn.deliveries
    assert delivery.reply
    assert delivery.only_for == who.id
    (sent,) = (x for x in turn.accounted().records if x.step == "sent")
    assert sent.said == ""
    return delivery.reply.text


async def notes(pack: Pack, told: Told, paused: bool = False) -> dict[str, str]:
    turn = await take(pack, told, WeekBegan(id="w", organisation="o", at=NOW), paused)
    assert all(x.quotes for x in turn.deliveries)
    return {
        x.to.id: x.reply.text
        for x in turn.deliveries
        if x.reply and isinstance(x.to, Person)
    }  # fmt: skip


# ---- questions ------------------------------------------------------------------------------


async def test_questions_that_are_alike_are_one(pack: Pack, told: Told) -> None:
    for text in ("Where can I park?", "where do I park the bike", "Wo kann ich parken?", "Park"):
        told.unsure(text)
    told.unsure("How do I get a standing desk")
    told.unsure("How do I get a second phone")
    text = await asks(pack, told)
    assert "Asked without an answer: 6" in text
    assert "“Park” (3 ×)" in text
    assert "standing desk” (1 ×)" in text
    assert "second phone” (1 ×)" in text


async def test_a_question_shows_no_value_no_address_and_no_formatting(
    pack: Pack, told: Told
) -> None:
    told.unsure("Mail [EMAIL_1] *now* <!channel> [parking](https://evil.example/x) " + "y" * 300)
    told.unsure("[EMAIL_2]")
    text = await asks(pack, told)
    (line,) = (x for x in text.splitlines() if x.startswith("- “"))
    assert "Mail now !channel parking" in line
    assert "EMAIL" not in text
    assert "evil" not in text
    assert len(line) < 120


async def test_what_is_old_answered_or_unreadable_is_no_gap(pack: Pack, told: Told) -> None:
    told.unsure("What about parking", at=NOW - timedelta(days=31))
    pressed = told.unsure("Where is the VPN", VPN.path)
    told.line(pressed, "answered", urls=VPN.url)
    told.unsure("")
    assert "Asked" not in await asks(pack, told)


async def test_what_is_confidential_is_no_gap(pack: Pack, told: Told) -> None:
    concern = pack.rules.concerns[0].name
    for verdict in (concern, "a concern of once"):
        one = told.unsure("Who hears of my boss", verdict=verdict)
        told.unsure("and what then happens", conversation=one)
    for queue in ("HR-confidential", "a queue that is gone"):
        one = told.unsure("Whom may I tell that")
        told.answered(one, VPN.url)
        told.line(one, "case opened", queue=queue)
    text = await asks(pack, told)
    assert "Asked" not in text
    assert "VPN" not in text


async def test_who_may_not_read_a_page_learns_only_how_many(pack: Pack, told: Told) -> None:
    told.unsure("When do the layoffs begin", VPN.path, HIDDEN.path)
    told.unsure("What was on the page", "hr/gone.md")
    told.answered("c1", HIDDEN.url)
    told.line("c1", "rated", helpful="no")
    text = await asks(pack, told)
    assert "layoffs" not in text
    assert "on the page" not in text
    assert SECRET not in text
    assert text.count("about pages that you may not read") == 3
    assert "2 about pages" in text


# ---- pages ----------------------------------------------------------------------------------


async def test_a_page_that_did_not_help_is_counted(pack: Pack, told: Told) -> None:
    told.answered("c1", f"{VPN.url}#drops", f"{VPN.url}#ports")
    told.line("c1", "rated", helpful="no")
    told.line("c1", "case opened", queue="IT")
    told.line("c1", "case opened", queue="IT")
    told.answered("c2", VPN.url)
    told.line("c2", "rated", helpful="yes")
    told.line("c3", "case opened", queue="IT")
    assert "VPN: rated down 1 ×, became a case 1 ×" in await asks(pack, told)


async def test_a_page_is_due_a_while_after_its_review(pack: Pack, told: Told) -> None:
    text = await asks(pack, told)
    assert "Leave: last reviewed 2025-11-01" in text
    assert "Fresh" not in text
    assert "Leave" not in await asks(replace(pack, review_after=timedelta(days=400)), told)


# ---- owners ---------------------------------------------------------------------------------


async def test_an_owner_asks_for_their_pages_and_others_for_nothing(pack: Pack, told: Told) -> None:
    told.answered("c1", VPN.url)
    told.line("c1", "rated", helpful="no")
    assert "VPN" in await asks(pack, told, DANA)
    assert "Leave" not in await asks(pack, told, DANA)
    assert SECRET in await asks(pack, told, PRIYA)
    assert await asks(pack, told, SAM) == pack.say("en").admin_only


async def test_each_owner_is_told_of_their_pages_and_admins_of_the_rest(
    pack: Pack, told: Told
) -> None:
    told.answered("c1", VPN.url)
    told.line("c1", "rated", helpful="no")
    told.unsure("My tunnel is slow", VPN.path)
    told.unsure("Where is the canteen")
    found = await notes(pack, told)
    assert set(found) == {"dana", "marco", "priya", "robin"}
    assert "VPN" in found["dana"]
    assert "tunnel" in found["marco"]
    assert "canteen" not in found["dana"]
    assert SECRET in found["priya"]
    assert "canteen" in found["robin"]
    assert "Leave" in found["robin"]
    assert "tunnel" not in found["robin"]
    assert SECRET not in found["robin"]


async def test_who_has_nothing_to_hear_gets_nothing(pack: Pack, told: Told) -> None:
    assert set(await notes(pack, told)) == {"priya", "robin"}
    assert await notes(replace(pack, owners_note=False), told) == {}
    assert await notes(pack, told, paused=True) == {}


async def test_an_address_names_an_owner_too(pack: Pack, told: Told) -> None:
    mine = replace(LEAVE, owner="TOMAS@fernhill.example")
    tomas = replace(TOMAS, email="tomas@fernhill.example")
    assert await owned([mine, VPN], FakeDirectory([tomas, DANA])) == {
        "tomas": {mine.path}, "dana": {VPN.path},
    }  # fmt: skip


# ---- audience -------------------------------------------------------------------------------

_GROUPS = st.frozensets(st.sampled_from(["hr-desk", "it-desk", "board"]), max_size=3)


@given(
    audiences=st.lists(st.none() | _GROUPS, min_size=1, max_size=5),
    mine=_GROUPS,
    asked=st.lists(st.lists(st.integers(0, 6), max_size=3), max_size=6),
)
def test_no_report_holds_a_word_of_a_page_that_its_reader_may_not_read(
    pack: Pack,
    audiences: list[frozenset[str] | None],
    mine: frozenset[str],
    asked: list[list[int]],
) -> None:
    pages = [
        replace(HIDDEN, path=f"{i}.md", title=f"titel{i}x", url=f"/{i}", audience=x)
        for i, x in enumerate(audiences)
    ]
    told = Told()
    for numbers in asked:
        # A question is in the words of the pages that it found; some of them are gone since.
        said = " ".join(f"titel{i}x" for i in numbers) or "canteen"
        one = told.unsure(said, *(f"{i}.md" for i in numbers))
        told.answered(one, *(f"/{i}" for i in numbers))
        told.line(one, "rated", helpful="no")
    reader = replace(ROBIN, groups=mine)
    known = gaps(told.lines, pages, pack, NOW)
    strings = pack.say("en")
    text = Report(gaps=known, reader=reader, concerns=lambda _: True, strings=strings).text()
    for i in range(7):
        may = i < len(pages) and may_read(pages[i], reader)
        assert may or f"titel{i}x" not in text
    assert sum(1 for x in pages if x.title in text) == sum(may_read(x, reader) for x in pages)


async def test_a_solved_cases_page_is_due_sooner(pack: Pack, told: Told) -> None:
    reviewed = NOW.date() - timedelta(days=200)
    page = Page(path="solved-cases:IT-7", title="Dark screen", url="case:IT-7", reviewed=reviewed)
    assert gaps((), (page,), pack, NOW).overdue == ()
    assert gaps((), (replace(page, solved=True),), pack, NOW).overdue != ()


# ---- a source that fails --------------------------------------------------------------------


async def test_admins_who_have_a_chat_hear_of_a_source_that_fails(pack: Pack, told: Told) -> None:
    since = NOW - timedelta(days=1)
    event = SourceFailing(
        id="s", organisation="o", at=NOW, source="wiki", since=since, why="It is away."
    )
    turn = await take(pack, told, event)
    (delivery,) = turn.deliveries
    assert delivery.to == Person("robin")
    assert delivery.reply
    for words in ("wiki", "2026-11-19, 10:00", "It is away."):
        assert words in delivery.reply.text
