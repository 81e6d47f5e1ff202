"""Whose question it is, by the sample pack: a desk's, nobody's, or just talk."""

from dataclasses import replace

import pytest

from bot.conversation import Conversation, Line, State, Voice
from bot.pack import Pack
from bot.ports import Passage
from bot.triage import Courtesy, Route, Stuck, apart, triage
from tests.fakes import CHAT, NOW, SAM, FakeKnowledge

BLANK = Conversation(
    id="c", organisation="o", place=CHAT, requester="sam", state=State.WITH_BOT, last_at=NOW
)


async def ask(pack: Pack, text: str) -> str:
    """The desk, or what kind of courtesy."""
    choice = await triage(text, BLANK, SAM, pack, FakeKnowledge(()))
    match choice:
        case Route(specialist=specialist):
            return specialist.name
        case Courtesy(why=why):
            return why
        case _:
            return "stuck"


@pytest.mark.parametrize(
    ("text", "desk"),
    [
        ("the wifi on my floor is gone", "it"),
        ("please give me write access to the sales folder", "it"),
        ("i would like to request pto for the 8th", "hr"),
        ("when do we get paid this month", "hr"),
        ("my screen stays black after lunch", "it"),
        ("wie beantrage ich elternzeit", "hr"),
        ("der drucker druckt nur streifen", "it"),
        # by the examples alone
        ("how do I hand in my notice", "hr"),
        # nothing else is said
        ("citrix", "it"),
        ("stipend", "hr"),
        # nobody tells a help desk such a story for no reason
        (
            "the numbers in our sales report are from last week and i cannot find where it takes"
            " them from, could you have a look at it please",
            "it",
        ),
    ],
)
async def test_a_desks_question_goes_to_that_desk(pack: Pack, text: str, desk: str) -> None:
    assert await ask(pack, text) == desk


@pytest.mark.parametrize(
    "text",
    [
        "is it going to snow in oslo",
        "how long do lentils have to cook",
        "why was my bank transfer declined",
        "what is the capital of australia",
        "wer hat das spiel gestern gewonnen",
    ],
)
async def test_what_no_desk_is_for_is_said_so(pack: Pack, text: str) -> None:
    assert await ask(pack, text) == "nothing the desks are for"


@pytest.mark.parametrize(
    "text", ["do you have a favourite colour", "how old are you", "wie alt bist du"]
)
async def test_small_talk_is_answered_and_not_searched(pack: Pack, text: str) -> None:
    assert await ask(pack, text) in ("small talk", "a question about the bot", "a greeting")


@pytest.mark.parametrize(
    ("text", "desk"),
    [
        ("good evening, vpn is down", "it"),
        ("hello my payslip please", "hr"),
        ("guten abend, mein drucker streikt", "it"),
        ("thanks and when is payday", "hr"),
    ],
)
async def test_a_greeting_does_not_hide_a_question(pack: Pack, text: str, desk: str) -> None:
    assert await ask(pack, text) == desk


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("good evening", "a greeting"),
        ("hi there everybody", "a greeting"),
        ("guten abend", "a greeting"),
        ("thank you so much", "thanks"),
    ],
)
async def test_a_greeting_alone_is_one(pack: Pack, text: str, why: str) -> None:
    assert await ask(pack, text) == why


def told(*lines: tuple[Voice, str]) -> Conversation:
    said = tuple(Line(voice=voice, text=text, at=NOW) for voice, text in lines)
    return replace(BLANK, specialist="it", transcript=said)


async def test_who_asks_the_same_again_gets_a_person(pack: Pack) -> None:
    before = told(
        (Voice.REQUESTER, "my vpn drops every hour, why?"), (Voice.BOT, "Restart it."),
        (Voice.REQUESTER, "why does my vpn drop every hour"),
    )  # fmt: skip
    nobody = FakeKnowledge(())
    text = "my VPN drops every hour. why"
    assert isinstance(await triage(text, before, SAM, pack, nobody), Stuck)
    other = "and my printer prints blank pages"
    assert isinstance(await triage(other, before, SAM, pack, nobody), Route)


async def test_a_message_that_was_not_answered_yet_may_be_repeated(pack: Pack) -> None:
    text = "my vpn drops every hour"
    twice = told((Voice.REQUESTER, text), (Voice.REQUESTER, text))
    assert isinstance(await triage(text, twice, SAM, pack, FakeKnowledge(())), Route)


def page(specialist: str | None, score: float) -> FakeKnowledge:
    found = Passage(id="p", title="Page", text="-", url="", score=score, specialist=specialist)
    return FakeKnowledge((found,))


async def test_a_sure_page_says_whose_it_is_whatever_the_examples_say(pack: Pack) -> None:
    text = "how long do lentils have to cook"
    choice = await triage(text, BLANK, SAM, pack, page("hr", 0.95))
    assert isinstance(choice, Route)
    assert (choice.specialist.name, choice.why) == ("hr", "the page “Page”")
    assert isinstance(await triage(text, BLANK, SAM, pack, page("hr", 0.6)), Courtesy)


async def test_a_page_of_nobodys_folder_leaves_the_desk_to_the_rest(pack: Pack) -> None:
    choice = await triage("when do I get paid", BLANK, SAM, pack, page(None, 0.95))
    assert isinstance(choice, Route)
    assert choice.specialist.name == "hr"


async def test_without_examples_words_and_pages_decide(pack: Pack) -> None:
    plain = replace(pack, rules=replace(pack.rules, classifier=None))
    assert await ask(plain, "my vpn drops") == "it"
    assert await ask(plain, "how long do lentils have to cook") == "nothing the desks are for"


@pytest.mark.parametrize(
    ("text", "two"),
    [
        ("vpn is down and when is payday?", ("vpn is down", "when is payday?")),
        (
            "My laptop won't start. How much parental leave do I get?",
            ("My laptop won't start.", "How much parental leave do I get?"),
        ),
        (
            "Wie viele Urlaubstage habe ich und mein VPN geht nicht",
            ("Wie viele Urlaubstage habe ich", "mein VPN geht nicht"),
        ),
    ],
)
def test_two_matters_of_two_desks_are_told_apart(
    pack: Pack, text: str, two: tuple[str, str]
) -> None:
    assert apart(text, pack) == two


@pytest.mark.parametrize(
    "text",
    [
        "reset my password and unlock my account",
        "I can't log in and my manager is on holiday",
        "My laptop broke while I was on parental leave and it is urgent",
        "vpn and payday",
        "How many days of leave do I get, and how do I ask for them?",
        "a. b. c. d. e. f. g. h. i. vpn is down and when is payday?",
        "",
    ],
)
def test_one_matter_stays_whole(pack: Pack, text: str) -> None:
    assert apart(text, pack) is None
