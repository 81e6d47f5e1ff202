"""What Teams' activities mean."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from adapters.teams import inbound
from bot.event import CardAction, Command, Feedback, FromPerson, Message, Opened, Stopped
from bot.place import Audience

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "teams"
AT = datetime(2026, 11, 20, 10, 0, 1, tzinfo=UTC)


def recorded(name: str) -> dict[str, Any]:
    return json.loads((FIXTURES / f"{name}.json").read_text())


def event(name: str) -> FromPerson | None:
    return inbound.event(inbound.read(recorded(name)), "o", AT)


def message(name: str) -> Message:
    found = event(name)
    assert isinstance(found, Message)
    return found


def press(name: str) -> CardAction:
    found = event(name)
    assert isinstance(found, CardAction)
    return found


@pytest.mark.parametrize(
    ("name", "audience", "thread"),
    [
        ("message", Audience.DIRECT, None),
        ("group_chat", Audience.PRIVATE, None),
        ("channel_mention", Audience.PUBLIC, "1795200000100"),
        ("shared_channel", Audience.SHARED, "1"),
    ],
)
def test_where_it_was_said_and_who_can_read(
    name: str, audience: Audience, thread: str | None
) -> None:
    place = message(name).place
    assert (place.audience, place.thread) == (audience, thread)
    assert ";" not in place.channel


def test_an_answer_in_a_thread_is_in_the_place_of_its_root() -> None:
    assert message("thread_reply").place == message("channel_mention").place
    assert message("thread_reply").reply_to is None


def test_in_a_flat_chat_a_quote_names_its_message() -> None:
    assert message("quoted").reply_to == "1795100000000"


def test_mentions_become_names_and_the_bots_own_goes() -> None:
    heard = message("channel_mention")
    assert heard.text == "my VPN drops & @Eve Stone too <b>"
    assert heard.mentioned
    assert not message("thread_reply").mentioned


def test_who_wrote_is_the_account_in_its_tenant() -> None:
    sender = message("message").sender
    assert (sender.user, sender.workspace) == ("29:sam", "5f0d9a11-6a0c-4b6e-9a39-0a4f3c2f8b10")


def test_an_edit_is_another_message_with_the_same_id_and_a_stamp() -> None:
    first, edited = message("message"), message("edited")
    assert edited.message == first.message
    assert edited.also_known_as != first.also_known_as
    assert edited.id != first.id


def test_who_deletes_a_question_at_once_wants_no_answer() -> None:
    body = recorded("deleted")
    written = int(datetime(2026, 11, 20, 10, 0, tzinfo=UTC).timestamp() * 1000)
    stopped = inbound.event(inbound.read({**body, "id": str(written)}), "o", AT)
    assert isinstance(stopped, Stopped)
    assert inbound.event(inbound.read({**body, "id": str(written - 600_000)}), "o", AT) is None


@pytest.mark.parametrize(
    ("account", "text"),
    [("29:lena", "forget @29:lena"), ("tag-1", "forget @Lena Vogt")],
)
def test_whom_a_command_mentions_is_an_account_not_a_name(account: str, text: str) -> None:
    body = recorded("command_in_chat") | {"text": "handrail forget <at>Lena Vogt</at>"}
    body["entities"] = [
        {
            "type": "mention",
            "text": "<at>Lena Vogt</at>",
            "mentioned": {"id": account, "name": "Lena Vogt"},
        }
    ]
    command = inbound.event(inbound.read(body), "o", AT)
    assert isinstance(command, Command)
    assert command.text == text


@pytest.mark.parametrize(
    ("name", "text"), [("command", "queue IT here"), ("command_in_chat", "status")]
)
def test_the_same_words_to_the_bot_are_a_command(name: str, text: str) -> None:
    command = event(name)
    assert isinstance(command, Command)
    assert command.text == text


def test_every_kind_of_press_bears_the_token() -> None:
    for name in ("button", "button_of_an_old_client", "task_fetch", "form"):
        assert press(name).token == "opaque-token"
    assert press("button").values is None
    assert press("task_fetch").values is None
    assert press("form").values == {"text": "Try the other gateway."}


def test_presses_without_an_id_of_their_own_are_told_apart() -> None:
    body = {k: v for k, v in recorded("button").items() if k != "id"}
    later = {**body, "timestamp": "2026-11-20T10:00:09Z"}
    first, again, second = (
        inbound.event(inbound.read(x), "o", AT) for x in (body, dict(body), later)
    )
    assert first
    assert again
    assert second
    assert first.id == again.id != second.id
    assert "opaque-token" not in first.id


def test_both_tellings_of_an_installation_are_one_greeting() -> None:
    first, second = event("opened"), event("members_added")
    assert isinstance(first, Opened)
    assert isinstance(second, Opened)
    assert first.id == second.id


@pytest.mark.parametrize(
    ("name", "helpful", "comment"),
    [
        ("feedback", False, "It was about Macs."),
        ("feedback_in_the_playground", True, "nice"),
    ],
)
def test_a_thumb_and_its_word(name: str, helpful: bool, comment: str) -> None:
    rated = event(name)
    assert isinstance(rated, Feedback)
    assert (rated.helpful, rated.comment) == (helpful, comment)


def test_files_go_along_by_name_and_lasting_address() -> None:
    assert message("file").text == (
        "look\nerror.png: https://fern.sharepoint.example/error.png\npaste.png"
    )


@pytest.mark.parametrize(
    "name", ["bot_echo", "typing", "reaction", "removed", "installed_in_a_team", "undeleted"]
)
def test_what_no_person_says_to_the_bot_is_nothing(name: str) -> None:
    assert event(name) is None


@pytest.mark.parametrize("body", [{}, {"type": "message"}, {"type": 7, "from": "x"}])
def test_rubbish_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        inbound.read(body)
