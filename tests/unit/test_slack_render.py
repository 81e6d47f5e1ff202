"""Replies as Slack takes them: each one must pass the strict check of its blocks."""

import json
from dataclasses import replace
from typing import Any

import pytest

from adapters.slack import render
from adapters.slack.blocks import LONGEST, markdown, mrkdwn, shortened
from bot.place import Audience, Place
from bot.reply import (
    Button,
    Card,
    Fact,
    Field,
    Form,
    Grant,
    Invalid,
    Purpose,
    Reply,
    Source,
    Style,
)
from tests.fakes import NOW
from tests.slack_blocks import check

PLACE = Place(platform="slack", workspace="T1", channel="C2", audience=Audience.PRIVATE)


def button(label: str, number: int = 0, style: Style = Style.PLAIN) -> Button:
    grant = Grant(purpose=Purpose.TAKE, conversation="secret-conversation")
    return Button(label=label, token=f"token-{number}", grant=grant, style=style)


TABLE = (
    "| Country | Days |\n| --- | --- |\n| **Germany** | 30 |\n| [UK](https://x.example) | `28` |"
)
LONG = "A sentence that says something useful. " * 103
CARD = Card(
    title="IT-1042 for the IT desk",
    status="Nobody has it yet",
    urgent=True,
    facts=(
        Fact(label="Who", text="Sam Okafor · Sales, Berlin, 10:00"),
        Fact(label="Request", text=LONG[:1500]),
        Fact(label="Tried so far", text="• VPN\n• Wi-Fi"),
        Fact(label="Urgency", text="Urgent"),
        Fact(label="First answer due", text="", until=NOW),
    ),
    body="They wait **at the gate**.",
)
BUTTONS = tuple(
    button(x, i, Style.PRIMARY if i == 0 else Style.PLAIN) for i, x in enumerate("abcd")
)
SAMPLES = {
    "a short answer": Reply(text="Switch networks."),
    "an answer with all": Reply(
        text=f"Do this:\n\n1. Quit\n   - really\n2. Open\n\n```\ncode & <b>\n```\n\n{TABLE}",
        sources=(Source(title="VPN › Drops", url="https://h.example/a|b>c"),),
        context="Case IT-1042",
        buttons=BUTTONS,
        suggestions=("One",),
    ),
    "four thousand characters": Reply(text=LONG[:4000]),
    "far too long": Reply(text=LONG * 20),
    "one word without end": Reply(text="x" * 40_000),
    "two tables": Reply(text=f"{TABLE}\n\nand\n\n{TABLE}"),
    "a table too large": Reply(text="| a | b |\n|---|---|\n" + "| x | y |\n" * 150),
    "arabic": Reply(text="مرحبا يا **سامي**، شبكة VPN لا تعمل 👋", author="عمر الفاروق"),
    "hostile": Reply(text="<!channel> <@U1> </b> <script> ![x](https://evil.example/p.png) & *_~`"),
    "a card": Reply(text="IT-1042 from Sam", card=CARD, buttons=BUTTONS),
    "a card in full": Reply(
        text="IT-1042",
        card=replace(
            CARD,
            title="x" * 300,
            facts=tuple(Fact(label=f"Fact {i}", text="y" * (i * 9)) for i in range(30)),
        ),
        buttons=tuple(button("z" * 100, i) for i in range(30)),
    ),
    "a hostile card": Reply(
        text="<!here>",
        card=Card(title="<!here>", status="*_", facts=(Fact(label="*a*", text="<@U1> _x_"),)),
    ),
    "thirty sources": Reply(
        text="x",
        sources=tuple(Source(title="t" * 300, url=f"https://h.example/{i}") for i in range(30)),
    ),
    "thirty files": Reply(
        text="\n".join(f"- [file {i}](https://f.example/{i})" for i in range(30))
    ),
    "nothing": Reply(text=""),
}


@pytest.mark.parametrize("reply", SAMPLES.values(), ids=SAMPLES.keys())
def test_whatever_is_said_slack_takes_it(reply: Reply) -> None:
    message = render.reply(reply)
    check(message.blocks)
    assert len(message.text) <= 4000
    assert message.text or not reply.text


@pytest.mark.parametrize("reply", SAMPLES.values(), ids=SAMPLES.keys())
def test_nobody_is_called_and_no_picture_is_loaded(reply: Reply) -> None:
    message = render.reply(reply)
    whole = json.dumps(message.blocks, ensure_ascii=False) + message.text
    for call in ("<!channel", "<!here", "<@U1", "![x]"):
        assert call not in whole


def test_what_a_button_stands_for_stays_here() -> None:
    whole = json.dumps(render.reply(SAMPLES["a card"]).blocks)
    assert "token-0" in whole
    assert "secret-conversation" not in whole


def test_a_table_is_a_table_and_a_second_one_is_text() -> None:
    blocks = render.reply(SAMPLES["two tables"]).blocks
    assert [x["type"] for x in blocks] == ["table", "markdown", "markdown"]
    head, first, second = blocks[0]["rows"]
    assert _pieces(head[0]) == [{"type": "text", "text": "Country", "style": {"bold": True}}]
    assert _pieces(first[0]) == [{"type": "text", "text": "Germany", "style": {"bold": True}}]
    assert _pieces(second[0]) == [{"type": "link", "url": "https://x.example", "text": "UK"}]
    assert _pieces(second[1]) == [{"type": "text", "text": "28", "style": {"code": True}}]
    assert "Germany" in blocks[2]["text"]


def _pieces(cell: dict[str, Any]) -> Any:
    return cell["elements"][0]["elements"]


def test_a_table_in_code_stays_code() -> None:
    (block,) = markdown(f"```\n{TABLE}\n```")
    assert block["type"] == "markdown"


def test_a_moment_is_told_in_the_readers_own_time() -> None:
    whole = json.dumps(render.reply(SAMPLES["a card"]).blocks)
    assert f"<!date^{int(NOW.timestamp())}^" in whole
    assert "UTC>" in whole


def test_a_source_without_an_address_is_named() -> None:
    reply = Reply(text="x", sources=(Source(title="VPN", url="/handbook/it/vpn.md"),))
    whole = json.dumps(render.reply(reply).blocks)
    assert "VPN" in whole
    assert "/handbook" not in whole


def test_a_long_text_is_cut_where_a_sentence_ends() -> None:
    cut = shortened(LONG * 20)
    assert len(cut) <= LONGEST
    assert cut.endswith("useful.\n\n…") or cut.endswith("useful\n\n…")


def test_a_code_fence_that_is_cut_is_closed() -> None:
    assert shortened("```\n" + "x = 1\n" * 5000).count("```") == 2


def test_emoji_names_and_words_with_marks_inside_stay() -> None:
    assert mrkdwn(":wave: snake_case 2*3 IT-1042") == ":wave: snake_case 2*3 IT-1042"
    assert "*" in mrkdwn("*bold*")
    assert mrkdwn("*bold*") != "*bold*"


FORM = Form(
    title="Reply to somebody with a very long name",
    submit="Send",
    fields=(Field(name="text", label="Your reply", limit=3000, hint="They see your name."),),
)
FILLED = Form(
    title="A page from IT-1042",
    submit="Propose",
    fields=(
        Field(name="title", label="Question", limit=150, value="Why?", short=True),
        Field(name="text", label="Answer", limit=3000, value="x" * 4000),
    ),
)


def test_a_form_fits_into_a_modal_and_carries_its_token() -> None:
    view = render.form(FORM, "t" * 40, PLACE)
    check(view["blocks"], most=100)
    assert len(view["title"]["text"]) <= 24
    kept = json.loads(view["private_metadata"])
    assert kept["token"] == "t" * 40
    assert kept["audience"] == "private"


def test_a_form_may_be_filled_in_already() -> None:
    view = render.form(FILLED, "t" * 40, PLACE)
    check(view["blocks"], most=100)
    title, words = (x["element"] for x in view["blocks"])
    assert (title["initial_value"], title["multiline"]) == ("Why?", False)
    assert (len(words["initial_value"]), words["multiline"]) == (3000, True)


def test_a_refusal_is_at_its_field_or_in_the_forms_place() -> None:
    at_field = render.refused(Invalid(text="Too long.", field="text"), "Not this time")
    assert at_field == {"response_action": "errors", "errors": {"text": "Too long."}}
    instead = render.refused(Invalid(text="Too late."), "Not this time")
    assert instead["response_action"] == "update"
    check(instead["view"]["blocks"])


def test_the_home_shows_cases_and_a_way_to_ask() -> None:
    view = render.home("*Hello*", [f"IT-{i} · open\n<!here>" for i in range(150)], "Ask the desk")
    check(view["blocks"], most=100)
    assert "<!here" not in json.dumps(view)
    check(render.home("*Hello*", [], "Ask the desk")["blocks"])
