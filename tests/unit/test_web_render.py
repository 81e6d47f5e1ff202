"""The web console's pure half: what the page posts, what it is shown, and the handbook's pages."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from adapters.web import handbook, inbound, render
from adapters.web.rooms import ROOMS, SamplePerson, place_of
from bot.event import CardAction, Command, FromPerson, Message
from bot.place import Audience
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

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
FIXTURES = Path(__file__).parents[1] / "fixtures" / "web"
MESSAGE = "5f0a1c9e-2f3b-4a6e-9a51-0d6c1f2b7e10"
SECRET = Grant(
    purpose=Purpose.TAKE,
    conversation="conversation-of-the-grant",
    requester="requester-of-the-grant",
    queue="queue-of-the-grant",
    case="case-of-the-grant",
    subject="subject-of-the-grant",
)
TAKE = Button(label="Take", token="opaque", grant=SECRET, style=Style.PRIMARY)


def body(fixture: str) -> dict[str, object]:
    return json.loads((FIXTURES / f"{fixture}.json").read_text())["body"]


def event(route: str, said: dict[str, object]) -> FromPerson | None:
    return inbound.event(inbound.SAID[route].model_validate(said), "acme", NOW, "Sam Okafor")


def heard(**changes: object) -> FromPerson | None:
    return event("message", {**body("message"), **changes})


# ---- Reply → JSON -----------------------------------------------------------------------------


def test_a_button_carries_its_label_token_and_style_and_nothing_of_what_it_stands_for() -> None:
    shown = render.reply(Reply(text="", buttons=(TAKE,)))
    assert shown["buttons"] == [{"label": "Take", "token": "opaque", "style": "primary"}]
    assert "of-the-grant" not in json.dumps(shown)


def test_a_card_shows_what_is_counted_down_to_as_a_moment_with_its_zone() -> None:
    facts = (Fact(label="Asks", text="VPN"), Fact(label="Due", text="", until=NOW))
    shown = render.card(Card(title="IT-7", status="Open", urgent=True, facts=facts, body="Alert"))
    assert shown == {
        "title": "IT-7",
        "status": "Open",
        "urgent": True,
        "facts": [
            {"label": "Asks", "text": "VPN"},
            {"label": "Due", "until": "2026-11-20T09:00:00+00:00"},
        ],
        "body": "Alert",
    }


def test_a_plain_reply_is_only_its_text() -> None:
    assert render.reply(Reply(text="مرحبا <b>&amp;</b>")) == {"text": "مرحبا <b>&amp;</b>"}


def test_a_reply_with_everything_keeps_everything() -> None:
    reply = Reply(
        text="Try this.",
        author="Dana Whitfield",
        context="About IT-7",
        sources=(Source(title="VPN", url="/handbook/it/vpn.md"),),
        suggestions=("Still broken",),
    )
    assert render.reply(reply) == {
        "text": "Try this.",
        "author": "Dana Whitfield",
        "context": "About IT-7",
        "sources": [{"title": "VPN", "url": "/handbook/it/vpn.md"}],
        "suggestions": ["Still broken"],
    }


def test_the_door_answers_with_a_form_a_card_a_refusal_or_nothing() -> None:
    form = Form(title="Reply", submit="Send", fields=(Field(name="text", label="To", limit=9),))
    shown = {"name": "text", "label": "To", "limit": 9, "hint": "", "value": "", "short": False}
    assert render.answer(form) == {"form": {"title": "Reply", "submit": "Send", "fields": [shown]}}
    card = render.answer(Card(title="HR-1", status="Priya"))
    assert card == {"card": {"title": "HR-1", "status": "Priya"}}
    assert render.answer(Invalid(text="Too late.")) == {"refused": "Too late."}
    assert render.answer(Invalid(text="Empty.", field="text")) == {
        "refused": "Empty.",
        "field": "text",
    }
    assert render.answer(None) == {}


# ---- what the page posts → Event --------------------------------------------------------------


def test_a_click_that_is_posted_twice_is_one_event() -> None:
    first, second = heard(), heard()
    assert first == second
    assert first
    assert first.id == f"web:{MESSAGE}"


def test_in_a_room_the_bot_hears_only_what_mentions_it_and_answers_in_a_thread() -> None:
    assert heard(channel="town-square", text="Good coffee here!") is None
    event = heard(channel="town-square", text="@Handrail, my VPN keeps dropping")
    assert isinstance(event, Message)
    assert event.mentioned
    assert event.text == "my VPN keeps dropping"
    assert event.place == place_of("town-square", MESSAGE)
    assert event.place.audience is Audience.PUBLIC


def test_a_message_in_a_thread_stays_in_it() -> None:
    event = heard(channel="it-desk", thread="root", text="same here")
    assert isinstance(event, Message)
    assert not event.mentioned
    assert event.place == place_of("it-desk", "root")
    assert event.place.audience is Audience.PRIVATE


def test_a_mention_alone_is_heard_as_it_stands() -> None:
    event = heard(channel="town-square", text="@handrail")
    assert isinstance(event, Message)
    assert event.text == "@handrail"


def test_a_button_in_a_thread_says_so() -> None:
    event_ = event("press", {**body("button"), "thread": "root"})
    assert isinstance(event_, CardAction)
    assert event_.place == place_of("it-desk", "root")


@pytest.mark.parametrize(
    ("typed", "obeyed", "echoed"),
    [
        ("/handrail status", "status", "/handrail status"),
        ("/Handrail  queue IT here", "queue IT here", "/handrail queue IT here"),
        ("/handrail", "", "/handrail"),
        ("/handrail admin ABCDE-FGHJK", "admin ABCDE-FGHJK", "/handrail admin •••••"),
    ],
)
def test_a_command_is_seen_again_by_its_writer_without_the_one_time_code(
    typed: str, obeyed: str, echoed: str
) -> None:
    said = inbound.SaidCommand.model_validate({**body("command"), "text": typed})
    event = inbound.event(said, "acme", NOW)
    assert isinstance(event, Command)
    assert event.text == obeyed
    assert inbound.echo(said) == echoed


def test_two_pages_that_open_the_same_empty_chat_are_one_event_until_it_is_emptied_again() -> None:
    said = inbound.SaidOpen.model_validate(body("opened"))
    first, second, later = (inbound.opened(said, "acme", NOW, since) for since in (7, 7, 9))
    assert first == second
    assert first
    assert later
    assert first.id != later.id


def test_there_is_no_event_from_a_channel_that_does_not_exist() -> None:
    for channel in ("nowhere", "dm:", "IT-DESK"):
        with pytest.raises(LookupError):
            heard(channel=channel)


@pytest.mark.parametrize(
    "wrong",
    [{"id": "7"}, {"text": "  "}, {"as": ""}, {"channel": "a\x00b"}, {"sender": "dana"}],
)
def test_what_the_page_would_never_post_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        heard(**wrong)


# ---- who reads where --------------------------------------------------------------------------


def test_a_person_reads_their_own_chat_and_their_rooms_and_no_other() -> None:
    dana = SamplePerson(
        id="dana", name="Dana", role="IT lead", locale="en", channels=("it-desk", "town-square")
    )
    read = [x for x in ("dm:dana", "dm:sam", *ROOMS) if dana.reads(x)]
    assert read == ["dm:dana", "it-desk", "town-square"]
    assert dana.on_a_desk
    assert not replace(dana, channels=("town-square",)).on_a_desk


# ---- the handbook -----------------------------------------------------------------------------


def test_a_page_of_the_handbook_has_the_anchors_that_github_would_give() -> None:
    html = handbook.page("it/vpn.md", "# VPN\n\n## It's `slow`, again!\n\n## Größe\n\n## VPN\n")
    for anchor in ("vpn", "its-slow-again", "größe", "vpn-1"):
        assert f' id="{anchor}"' in html
    assert "<title>VPN · Handbook</title>" in html


def test_nothing_of_a_page_becomes_script_or_style() -> None:
    text = (
        "<script>alert(1)</script>\n\n<img src=x onerror=alert(1)>\n\n"
        "[x](javascript:alert(1)) ![y](javascript:alert(2))\n\n"
        '## A <b onclick="x()">heading</b>\n\n|a|b|\n|:-:|--:|\n|1|2|\n'
    )
    html = handbook.page("<svg>/x.md", text)
    page = html[html.index("<body>") :]
    for danger in ("<script", "<img", "<b ", "<svg", 'href="javascript', "style="):
        assert danger not in page
    assert '<td class="center">1</td>' in page


def test_what_a_page_says_of_itself_stands_at_its_end() -> None:
    text = "---\nowner: IT Service Desk\nreviewed: 2026-09-14\n---\n\n# VPN\n\nText.\n"
    html = handbook.page("it/vpn.md", text)
    assert "<dt>Owner</dt><dd>IT Service Desk</dd>" in html
    assert html.index("Text.") < html.index("2026-09-14")
    assert "---" not in html
