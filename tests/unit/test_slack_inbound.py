"""What Slack's payloads mean."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from adapters.slack.inbound import heard
from adapters.slack.terms import Asked, Heard, Home, Installation, Wish
from bot.event import CardAction, Command, Feedback, Message, Opened, Stopped
from bot.place import Audience
from tests.fakes import NOW

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "slack"
HERE = Installation(team="T1", user="UBOT", bot="BBOT")


def recorded(name: str) -> dict[str, Any]:
    return json.loads((FIXTURES / f"{name}.json").read_text())


def all_of(name: str) -> tuple[Heard, ...]:
    return heard(recorded(name), "o", NOW, HERE)


def one(name: str) -> Heard:
    (found,) = all_of(name)
    return found


def message(name: str) -> Message:
    found = one(name)
    assert isinstance(found, Message)
    return found


def test_a_direct_message_roots_its_own_thread() -> None:
    first, more = message("message"), message("thread_reply")
    assert first.place.thread == first.message
    assert more.place == first.place
    assert first.roots
    assert not more.roots
    assert first.at == datetime.fromtimestamp(1795200000.0001, UTC)


def test_a_mention_that_arrives_as_two_events_is_one_message() -> None:
    mention, twin = message("mention"), message("mention_as_message")
    assert mention.id != twin.id
    assert mention.also_known_as == twin.also_known_as
    assert mention.mentioned
    assert twin.mentioned


def test_markup_becomes_words() -> None:
    text = "my *VPN* drops & this (https://vpn.example) fails, @eve says in #general :wave:"
    assert message("mention").text == text


@pytest.mark.parametrize(
    ("name", "audience"),
    [
        ("message", Audience.DIRECT),
        ("mention", Audience.PUBLIC),
        ("private_thread", Audience.PRIVATE),
        ("shared_channel", Audience.SHARED),
    ],
)
def test_who_can_read_is_told_by_the_channel(name: str, audience: Audience) -> None:
    assert message(name).place.audience is audience


@pytest.mark.parametrize(
    "name",
    ["channel_chatter", "bot_echo", "other_bot", "joined", "unfurled", "deleted_late"],
)
def test_what_is_not_said_to_the_bot_by_a_person_is_nothing(name: str) -> None:
    assert all_of(name) == ()


def test_talk_in_a_threads_is_heard_without_a_mention_for_the_listener_to_judge() -> None:
    assert not message("thread_chatter").mentioned


def test_an_edit_is_another_message_with_the_same_id_and_a_stamp() -> None:
    first, edited = message("message"), message("edited")
    assert edited.message == first.message
    assert edited.edited
    assert edited.also_known_as != first.also_known_as
    assert edited.text == "My Wi-Fi keeps dropping"


def test_who_deletes_a_question_at_once_wants_no_answer() -> None:
    stopped = one("deleted")
    assert isinstance(stopped, Stopped)
    assert stopped.place == message("message").place


def test_a_screenshot_goes_along() -> None:
    assert message("file_share").text == (
        "look at this\nerror.png: https://fern.slack.example/files/U1/F1/error.png"
    )


def test_stop_is_for_its_thread() -> None:
    stopped = one("stopped")
    assert isinstance(stopped, Stopped)
    assert stopped.place == message("message").place


def test_each_person_opens_the_chat_once() -> None:
    opened = one("opened")
    assert isinstance(opened, Opened)
    assert opened.id == "slack:opened:T1:U1"
    assert opened.place.thread is None


def test_the_home_is_looked_at() -> None:
    assert isinstance(one("home"), Home)


def test_a_button_says_where_it_was_pressed_and_never_its_token_in_the_id() -> None:
    pressed, in_chat = one("button"), one("button_in_chat")
    assert isinstance(pressed, CardAction)
    assert isinstance(in_chat, CardAction)
    assert (pressed.place.channel, pressed.place.thread) == ("C2", None)
    assert pressed.place.audience is Audience.PRIVATE
    assert in_chat.place == message("message").place
    assert "opaque-token" not in pressed.id


def test_a_thumb_down_is_kept_and_asks_for_a_word() -> None:
    rated, wish = all_of("feedback")
    assert isinstance(rated, Feedback)
    assert not rated.helpful
    assert isinstance(wish, Wish)
    commented = one("comment")
    assert isinstance(commented, Feedback)
    assert commented.comment == "It was about Macs."
    assert commented.place == rated.place


@pytest.mark.parametrize(
    ("name", "audience"),
    [("town-square", Audience.PUBLIC), ("privategroup", Audience.PRIVATE)],
)
def test_a_word_with_a_thumb_in_a_channel_comes_from_that_channel(
    name: str, audience: Audience
) -> None:
    pressed, sent = recorded("feedback"), recorded("comment")
    pressed["channel"] = {"id": "C2", "name": name}
    _, wish = heard(pressed, "o", NOW, HERE)
    assert isinstance(wish, Wish)
    sent["view"]["private_metadata"] = wish.about
    (commented,) = heard(sent, "o", NOW, HERE)
    assert isinstance(commented, Feedback)
    # As a direct chat it would be taken for the one in which this person is written to.
    assert commented.place.audience is audience


def test_a_form_that_does_not_say_who_reads_along_was_not_opened_in_a_direct_chat() -> None:
    sent = recorded("comment")
    sent["view"]["private_metadata"] = '{"channel": "C2"}'
    (commented,) = heard(sent, "o", NOW, HERE)
    assert isinstance(commented, Feedback)
    assert commented.place.audience is Audience.PUBLIC


def test_a_slash_is_a_command_a_question_or_a_form() -> None:
    assert isinstance(one("command"), Command)
    question = one("slash_question")
    assert isinstance(question, Asked)
    assert question.text == "my VPN keeps dropping"
    assert isinstance(one("slash_alone"), Wish)


def test_whom_a_command_mentions_is_an_account_and_a_question_reads_as_it_was_written() -> None:
    typed = recorded("command") | {"text": "forget <@U024BE7LH|sam>"}
    (command,) = heard(typed, "o", NOW, HERE)
    assert isinstance(command, Command)
    assert command.text == "forget @U024BE7LH"
    typed = recorded("command") | {"text": "can <@U024BE7LH|sam> see my files?"}
    (asked,) = heard(typed, "o", NOW, HERE)
    assert isinstance(asked, Asked)
    assert asked.text == "can @sam see my files?"


def test_the_shortcut_asks_about_a_message_in_the_name_of_who_pressed() -> None:
    asked = one("shortcut")
    assert isinstance(asked, Asked)
    assert asked.sender.user == "U1"
    assert asked.text == "how do I get a monitor (https://x.example)?"


def test_the_form_from_the_home_is_a_question() -> None:
    assert isinstance(one("ask"), Asked)


def test_an_unknown_kind_is_nothing_and_rubbish_is_refused() -> None:
    unknown = recorded("message")
    unknown["event"] = {"type": "emoji_changed", "subtype": "add", "event_ts": "1.0"}
    assert heard(unknown, "o", NOW, HERE) == ()
    with pytest.raises(ValidationError):
        heard({"type": "event_callback"}, "o", NOW, HERE)
    with pytest.raises(ValidationError):
        heard({"type": "block_actions", "user": 7}, "o", NOW, HERE)
