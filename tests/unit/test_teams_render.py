"""Replies as Teams takes them: each must pass the strict check."""

import json
from typing import Any

import pytest

from adapters.teams import card, render
from adapters.teams.markdown import literal, shown
from bot.reply import Button, Card, Fact, Field, Form, Grant, Invalid, Purpose, Reply, Source
from tests.teams_cards import check, check_card
from tests.unit.test_slack_render import CARD, SAMPLES, TABLE


def button(purpose: Purpose) -> Button:
    grant = Grant(purpose=purpose, conversation="secret-conversation")
    return Button(label=purpose.value, token=f"token-{purpose.value}", grant=grant)


def actions(*purposes: Purpose) -> dict[str, Any]:
    content = card.card(CARD, [button(x) for x in purposes])
    return {x["title"]: x for x in content["actions"]}


@pytest.mark.parametrize("reply", SAMPLES.values(), ids=SAMPLES.keys())
def test_whatever_is_said_teams_takes_it(reply: Reply) -> None:
    check(render.reply(reply))


@pytest.mark.parametrize("reply", SAMPLES.values(), ids=SAMPLES.keys())
def test_no_picture_is_loaded_and_no_html_is_sent(reply: Reply) -> None:
    text = render.reply(reply).get("text", "")
    assert "![" not in text
    assert "<script" not in text.replace("```\ncode & <b>\n```", "")


def test_a_very_long_card_stays_below_what_teams_takes() -> None:
    facts = tuple(Fact(label=f"Fact {i}", text="y" * 9000) for i in range(8))
    check(render.reply(Reply(text="x", card=Card(title="t", status="s", facts=facts))))


def test_an_answer_is_labelled_and_its_sources_are_cited() -> None:
    source = Source(title="VPN › " + "x" * 200, url="https://h.example/vpn")
    local = Source(title="Leave", url="/handbook/leave.md")
    activity = render.reply(Reply(text="Switch networks. [1]", sources=(source, local)))
    check(activity)
    (root,) = activity["entities"]
    assert root["additionalType"] == ["AIGeneratedContent"]
    first, second = root["citation"]
    assert first["appearance"]["url"] == "https://h.example/vpn"
    assert "url" not in second["appearance"]
    words, links = activity["text"].split("\n\n")
    assert words == "Switch networks. [1] [2]"
    assert "(https://h.example/vpn)" in links
    assert "Leave" in links
    assert "/handbook" not in links
    assert activity["channelData"]["feedbackLoop"] == {"type": "default"}


def test_a_text_with_buttons_is_one_thing_and_a_streams_end_may_be_both() -> None:
    source = Source(title="VPN", url="https://h.example/vpn")
    reply = Reply(
        text="Run `ping`:\n\n```\nping vpn\n```\n\n1. Wait",
        sources=(source,),
        buttons=(button(Purpose.SOLVED),),
    )
    alone = render.reply(reply)
    check(alone)
    assert "text" not in alone
    body = alone["attachments"][0]["content"]["body"]
    assert [x.get("fontType") for x in body[:3]] == [None, "monospace", None]
    assert "[VPN](https://h.example/vpn)" in json.dumps(body)
    assert "AIGeneratedContent" in json.dumps(alone)
    end = render.final(reply, "stream")
    check(end)
    assert end["text"]
    assert end["attachments"]


def test_a_person_who_speaks_is_named_and_is_no_machine() -> None:
    activity = render.reply(Reply(text="Try this.", author="Dana Whitfield"))
    assert activity["text"].startswith("**Dana Whitfield**")
    assert "entities" not in activity


def test_what_a_button_stands_for_stays_here() -> None:
    whole = json.dumps(card.card(CARD, [button(Purpose.TAKE)]))
    assert "token-take" in whole
    assert "secret-conversation" not in whole


def test_a_button_acts_in_place_or_opens_a_dialog() -> None:
    shown_actions = actions(Purpose.TAKE, Purpose.REPLY, Purpose.OPEN, Purpose.MAKE_PAGE)
    take = shown_actions["take"]
    assert take["type"] == "Action.Execute"
    assert take["fallback"]["data"] == {"token": "token-take"}
    for name in ("reply", "open", "make_page"):
        assert shown_actions[name]["data"]["msteams"] == {"type": "task/fetch"}


def test_a_table_becomes_a_list_and_nothing_of_it_is_lost() -> None:
    text = shown(f"Leave:\n\n{TABLE}\n\nThat is all.")
    assert text == (
        "Leave:\n\n- **Germany**: Days: 30\n- [UK](https://x.example): Days: `28`\n\nThat is all."
    )


def test_headings_become_bold_and_code_is_left_alone() -> None:
    assert shown("# Title\n\n```\n# not <a> title\n```") == (
        "**Title**\n\n```\n# not <a> title\n```"
    )


def test_peoples_words_are_no_markup_on_a_card() -> None:
    assert literal("[x](javascript:1) *a* _b_") == r"\[x\](javascript:1) \*a\* \_b\_"


def test_a_moment_is_told_in_the_readers_own_time() -> None:
    whole = json.dumps(card.card(CARD))
    assert "{{DATE(" in whole
    assert "{{TIME(" in whole


FORM = Form(
    title="Reply to Sam", submit="Send", fields=(Field(name="text", label="Reply", limit=3000),)
)


def test_a_dialog_carries_its_token() -> None:
    value = card.dialog(FORM, "t1")["task"]["value"]
    check_card(value["card"]["content"])
    assert value["card"]["content"]["actions"][0]["data"] == {"token": "t1"}


def test_a_dialog_may_be_filled_in_already() -> None:
    title = Field(name="title", label="Question", limit=150, value="Why?", short=True)
    form = Form(title="A page", submit="Propose", fields=(title, *FORM.fields))
    content = card.dialog(form, "t1")["task"]["value"]["card"]["content"]
    check_card(content)
    first, second = content["body"]
    assert (first["value"], first["isMultiline"]) == ("Why?", False)
    assert ("value" in second, second["isMultiline"]) == (False, True)


def test_a_refused_form_says_why_and_keeps_what_was_typed() -> None:
    invalid = Invalid(text="Please keep it short.", field="text")
    dialog = card.again(invalid, {"text": "my words"}, "Not this time", "Send", "t1")
    content = dialog["task"]["value"]["card"]["content"]
    check_card(content)
    assert "Please keep it short." in json.dumps(content)
    assert "my words" in json.dumps(content)


def test_suggestions_stand_only_where_there_is_no_card() -> None:
    plain = render.reply(Reply(text="Hello", suggestions=("a", "b", "c", "d")))
    assert len(plain["suggestedActions"]["actions"]) == 3
    beside = render.reply(
        Reply(text="Hello", suggestions=("a",), buttons=(button(Purpose.SOLVED),))
    )
    check(beside)
