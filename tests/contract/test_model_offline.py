"""What the model without a model does with a question, a result and a passage."""

import json
from typing import Any

import pytest

from adapters.model.offline import Offline
from bot.ports import Called, Finished, Said, ToolCall
from bot.tools import MY_CASES, OPEN_CASE, SEARCH
from tests.contract.model_contract import prompt, read, search

VPN = """If your VPN disconnects every few minutes, try this in order:

1. Move closer to the Wi-Fi router.
2. Press **Disconnect**, and wait.

   Ten seconds are enough.

3. Restart the laptop.

If it still drops after that, ask a person here."""

TABLE = """What the client says tells you what to do.

| Message | What to do |
|---|---|
| Account locked | Wait 15 minutes |"""


def found(*passages: dict[str, Any], id: str = "call_1") -> Called:
    listed = [{"number": 1, "title": "A page", "score": 0.8, **passage} for passage in passages]
    return Called(call=search("x", id=id), result=json.dumps({"passages": listed}))


def listed(*cases: dict[str, str]) -> Called:
    call = ToolCall(id="call_1", name=MY_CASES, arguments="{}")
    return Called(call=call, result=json.dumps({"cases": list(cases)}))


async def wish(*lines: Any, **changes: Any) -> tuple[str, Any]:
    text, end = await read(Offline(), prompt(*lines, **changes))
    assert not text
    [call] = end.calls
    return call.name, json.loads(call.arguments)


async def say(*lines: Any, **changes: Any) -> str:
    text, end = await read(Offline(), prompt(*lines, **changes))
    assert not end.calls
    return text


# ---- what it looks for ---------------------------------------------------------------------


async def test_a_question_is_searched_for_in_its_own_words() -> None:
    assert await wish("How do I connect?") == (SEARCH, {"query": "How do I connect?"})


@pytest.mark.parametrize(
    ("before", "newest"),
    [
        ("How many days of leave do I have?", "and for contractors?"),
        ("How many days of leave do I have?", "what about London?"),
        ("How many days of leave do I have?", "In the UK?"),
        ("How do I book leave?", "why?"),
        ("Wie viele Urlaubstage habe ich?", "und in London?"),
        ("Wie viele Urlaubstage habe ich?", "Was ist mit Teilzeit?"),
        ("Wie melde ich mich krank?", "Und wie lange noch?"),
    ],
)
async def test_a_short_follow_up_is_searched_for_with_what_it_follows(
    before: str, newest: str
) -> None:
    answer = Said(by_requester=False, text="You have 30 days.")

    assert await wish(before, answer, newest) == (SEARCH, {"query": f"{before} {newest}"})


async def test_a_second_follow_up_goes_back_to_the_question() -> None:
    _, asked = await wish("How many days of leave do I have?", "and in London?", "for contractors?")

    assert asked == {"query": "How many days of leave do I have? and in London? for contractors?"}


@pytest.mark.parametrize(
    "newest",
    [
        "My printer is broken",
        "vpn?",
        "And now to something else: the printer on the second floor has no toner",
        "On Teams nobody can hear my microphone",
    ],
)
async def test_another_matter_is_searched_for_alone(newest: str) -> None:
    assert await wish("How many days of leave do I have?", newest) == (SEARCH, {"query": newest})


async def test_a_search_is_never_longer_than_the_tool_takes() -> None:
    _, alone = await wish("vpn " * 300)
    _, joined = await wish("vpn " * 300, "and in London?")

    assert len(alone["query"]) == len(joined["query"]) == 500
    assert joined["query"].endswith("and in London?")


@pytest.mark.parametrize("lines", [(), ("",), (Said(by_requester=False, text="Hello."),)])
async def test_without_a_question_it_says_nothing(lines: tuple[Any, ...]) -> None:
    assert await say(*lines) == ""


async def test_a_tool_that_is_not_offered_is_not_wished_for() -> None:
    assert await say("How do I connect?", tools=[MY_CASES, OPEN_CASE]) == ""
    assert await say("Where is my ticket?", tools=()) == ""
    assert (await wish("Where is my ticket?", tools=[SEARCH]))[0] == SEARCH


@pytest.mark.parametrize("result", ["", "There is no tool.", '{"passages": 5}', "[]", "null"])
async def test_a_result_that_cannot_be_read_is_asked_for_once(result: str) -> None:
    theirs = Called(call=search("connect"), result=result)
    name, arguments = await wish("How do I connect?", theirs)
    ours = ToolCall(id="offline_1", name=name, arguments=json.dumps(arguments))

    assert await say("How do I connect?", theirs, Called(call=ours, result=result)) == ""


# ---- what it answers -----------------------------------------------------------------------


async def test_the_best_passage_is_the_answer_word_for_word_with_its_number() -> None:
    result = found(
        {"number": 2, "text": "Nearly.", "score": 0.78},
        {"number": 5, "text": VPN, "score": 0.8},
        {"number": 6, "text": "Hardly.", "score": 0.3},
    )

    assert await say("vpn drops", result) == f"{VPN} [5]"


async def test_the_best_of_several_searches_is_the_answer() -> None:
    first = found({"number": 1, "text": "Nearly.", "score": 0.6})
    second = found({"number": 4, "text": "Exactly.", "score": 0.9}, id="call_2")

    assert await say("vpn drops", first, second) == "Exactly. [4]"


@pytest.mark.parametrize("passages", [[], [{"text": "Hardly.", "score": 0.49}], [{"text": " \n"}]])
async def test_without_a_sure_passage_it_says_nothing(passages: list[dict[str, Any]]) -> None:
    assert await say("vpn drops", found(*passages)) == ""


async def test_a_mark_does_not_become_a_cell_of_a_table_or_a_line_of_code() -> None:
    fence = "Run this:\n\n```\nvpn --up\n```"

    assert await say("locked?", found({"text": TABLE})) == f"{TABLE}\n\n[1]"
    assert await say("locked?", found({"text": fence})) == f"{fence}\n\n[1]"


LONG = "\n\n".join(
    [
        "The first paragraph says what the page is about." + " It takes its time." * 20,
        "Contractors ask the agency that sent them." + " That is their contract." * 10,
        "To get a badge:",
        "1. Open the portal.\n2. Choose **Badge**.",
        "   A photo is needed.",
        "3. Collect it at the desk.",
        "| Office | Desk |\n|---|---|\n| London | Second floor |",
        "```\nbadge --lost\n\nvpn --new\n```",
    ]
)


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        ("What about contractors?", [0, 1]),
        ("How do I get my badge?", [0, 2, 3, 4, 5, 7]),
        ("Where do I collect it?", [0, 2, 3, 4, 5]),
        ("Which floor in London?", [0, 6]),
        ("Pension?", [0]),
    ],
)
async def test_of_a_long_passage_it_keeps_what_was_asked_and_never_half_a_list(
    asked: str, kept: list[int]
) -> None:
    # Blank lines part a list from its middle item, and a fence in two.
    parts = LONG.split("\n\n", 7)
    expected = "\n\n".join(parts[place] for place in kept)

    text = await say(asked, found({"text": LONG}))

    assert text.removesuffix("[1]").rstrip() == expected


RATES = """Claim it in the expenses app. Ask your manager before you book. Hotels have a limit.

| Country | Hotel | Taxi |
|---|---|---|
| Germany | €160 | €50 |
| United Kingdom | £190 | £45 |
| United States | $280 | $60 |
| Elsewhere | by agreement | by agreement |

Minibars are never paid. A lost hotel receipt needs a declaration. It is paid only up to €25 each. \
Flights are booked by the travel desk. Trains are first choice below four hours."""


@pytest.mark.parametrize(
    ("asked", "kept", "gone"),
    [
        (
            "Does a lost hotel receipt need a declaration?",
            ("A lost hotel receipt needs a declaration. It is paid only up to €25 each.",),
            ("Flights", "Minibars"),
        ),
        ("What is the hotel limit in the UK?", ("| United Kingdom |",), ("| Germany |",)),
        ("What is the hotel limit?", ("| Germany |", "| Elsewhere |"), ()),
        ("Who pays the dentist?", ("Flights", "Minibars", "| Elsewhere |"), ()),
    ],
)
async def test_a_passage_is_cut_to_what_answers_with_its_conditions(
    asked: str, kept: tuple[str, ...], gone: tuple[str, ...]
) -> None:
    text = await say(asked, found({"text": RATES, "title": "Travel"}))

    assert all(x in text for x in kept), text
    assert not any(x in text for x in gone), text
    assert ("| Country | Hotel | Taxi |" in text) == ("|" in text)


async def test_a_reply_to_a_question_of_ours_is_searched_for_with_what_was_asked() -> None:
    ours = Said(by_requester=False, text="For the Mac or for Windows?")
    told = Said(by_requester=False, text="You have 30 days.")

    assert await wish("How do I connect?", ours, "the Mac one") == (
        SEARCH, {"query": "How do I connect? the Mac one"},
    )  # fmt: skip
    assert await wish("How do I connect?", told, "the Mac one") == (
        SEARCH,
        {"query": "the Mac one"},
    )


async def test_lists_grow_item_by_item_and_tables_come_whole() -> None:
    asked = prompt("vpn?", found({"text": f"{VPN}\n\n{TABLE}"}))

    pieces = [x.text async for x in Offline().stream(asked) if not isinstance(x, Finished)]

    assert "1. Move closer to the Wi-Fi router." in "".join(pieces[:3])
    assert sum("|" in piece for piece in pieces) == 1
    assert all(pieces)


# ---- the requester's own cases -------------------------------------------------------------


@pytest.mark.parametrize(
    "asked",
    [
        "what about my case?",
        "Status of IT-1042",
        "any news on hr-1007?",
        "Where is my ticket",
        "show my open cases",
        "status of my request",
        "Was ist mit meinem Fall?",
        "Wie ist der Stand von IT-1042?",
        "Zeig mir meine offenen Tickets",
        "Gibt es Neuigkeiten zu meiner Anfrage?",
    ],
)
async def test_who_asks_for_their_cases_gets_them_listed(asked: str) -> None:
    assert await wish(asked) == (MY_CASES, {})


@pytest.mark.parametrize(
    "asked",
    [
        "In my case the VPN drops",
        "In meinem Fall bricht das VPN ab",
        "My laptop case is broken",
        "How do I open a ticket?",
        "Error VPN-809 when I connect",
        "How do I request leave?",
    ],
)
async def test_who_does_not_ask_for_their_cases_gets_the_handbook(asked: str) -> None:
    assert (await wish(asked))[0] == SEARCH


CASES = (
    {"case": "IT-1042", "about": "VPN drops\nagain", "state": "handed_back", "with": "Mia"},
    {"case": "HR-7", "about": "Payslip", "state": "open", "with": "hr"},
)


async def test_cases_are_listed_line_by_line() -> None:
    text = await say("show my cases", listed(*CASES))

    assert (
        text == "- **IT-1042**: VPN drops again (handed back, Mia)\n- **HR-7**: Payslip (open, hr)"
    )


async def test_a_case_that_is_named_is_listed_alone() -> None:
    assert await say("status of my case hr-7", listed(*CASES)) == "- **HR-7**: Payslip (open, hr)"


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ("what about my case", "There are no open cases."),
        ("was ist mit meinem Fall", "Es gibt keine offenen Fälle."),
    ],
)
async def test_that_there_are_none_is_said(asked: str, says: str) -> None:
    assert await say(asked, listed()) == says


async def test_the_same_question_has_the_same_answer() -> None:
    asked = prompt("vpn?", found({"text": VPN}))

    once, twice = [[x async for x in Offline().stream(asked)] for _ in range(2)]

    assert once == twice
