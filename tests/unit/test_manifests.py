"""The manifests ask for what the code hears and calls, and for no more."""

import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from adapters import manifest
from adapters.manifest import FOLDER, ManifestError
from adapters.slack import terms

APP = "0f0b9a52-3a36-4a4e-8a3e-2b6f9a1f7c11"
SLACK: dict[str, Any] = yaml.safe_load((FOLDER / "slack/manifest.yaml").read_text())
TEAMS: dict[str, Any] = json.loads((FOLDER / "teams/manifest.json").read_text())
ADAPTER = Path(manifest.__file__).parent / "slack"

# From docs.slack.dev: the scope without which an event is not sent, or a method refused.
OF_EVENT = {
    "agent_session_stopped": {"assistant:write"},
    "app_home_opened": set[str](),
    "app_mention": {"app_mentions:read"},
    "message.channels": {"channels:history"},
    "message.groups": {"groups:history"},
    "message.im": {"im:history"},
    "message.mpim": {"mpim:history"},
}
OF_METHOD = {
    "agents_sessions_setStatus": {"assistant:write"},
    "apps_connections_open": set[str](),
    "assistant_threads_setSuggestedPrompts": {"assistant:write"},
    "auth_test": set[str](),
    "chat_appendStream": {"chat:write"},
    "chat_delete": {"chat:write"},
    "chat_postEphemeral": {"chat:write"},
    "chat_postMessage": {"chat:write"},
    "chat_startStream": {"chat:write"},
    "chat_stopStream": {"chat:write"},
    "chat_update": {"chat:write"},
    "conversations_history": {"channels:history", "groups:history", "im:history", "mpim:history"},
    "conversations_info": {"channels:read", "groups:read", "mpim:read"},
    "conversations_members": {"channels:read", "groups:read", "mpim:read"},
    "conversations_open": {"im:write"},
    "conversations_replies": {"channels:history", "groups:history", "im:history", "mpim:history"},
    "users_info": {"users:read", "users:read.email"},
    "views_open": set[str](),
    "views_publish": set[str](),
}


def test_the_events_are_those_that_the_code_hears() -> None:
    asked = SLACK["settings"]["event_subscriptions"]["bot_events"]
    assert sorted(asked) == sorted(terms.EVENTS) == sorted(OF_EVENT)


def test_the_scopes_are_those_that_events_and_calls_need_and_no_more() -> None:
    code = "".join(x.read_text() for x in ADAPTER.glob("*.py"))
    called = set(re.findall(r'\.call\(\s*"(\w+)"', code))
    assert called == set(OF_METHOD)
    needed = {"commands"}.union(*OF_EVENT.values(), *OF_METHOD.values())
    assert set(SLACK["oauth_config"]["scopes"]["bot"]) == needed


def test_every_scope_says_what_it_is_for() -> None:
    text = (FOLDER / "slack/manifest.yaml").read_text()
    for scope in SLACK["oauth_config"]["scopes"]["bot"]:
        assert re.search(rf"- {re.escape(scope)} # \S", text), scope


def test_command_and_shortcut_are_those_of_the_code() -> None:
    features = SLACK["features"]
    assert [x["command"] for x in features["slash_commands"]] == [terms.COMMAND]
    assert [x["callback_id"] for x in features["shortcuts"]] == [terms.ASK_ABOUT]


def test_slacks_limits_are_kept() -> None:
    shown, features = SLACK["display_information"], SLACK["features"]
    assert len(shown["name"]) <= 35
    assert len(shown["description"]) <= 140
    assert len(features["agent_view"]["agent_description"]) <= 300
    assert len(features["agent_view"]["suggested_prompts"]) <= 4
    assert all(len(x["name"]) <= 24 for x in features["shortcuts"])


def test_slacks_manifest_is_filled_in_for_an_address_or_for_socket_mode() -> None:
    filled = yaml.safe_load(manifest.slack("https://desk.acme.com/"))
    assert filled["settings"]["event_subscriptions"]["request_url"] == (
        "https://desk.acme.com/slack/events"
    )
    assert "handrail.example.com" not in manifest.slack("https://desk.acme.com")
    socket = manifest.slack(None)
    assert yaml.safe_load(socket)["settings"]["socket_mode_enabled"]
    assert "request_url" not in socket
    with pytest.raises(ManifestError):
        manifest.slack("http://desk.acme.com")


def test_teams_limits_are_kept() -> None:
    assert len(TEAMS["name"]["short"]) <= 30
    assert len(TEAMS["name"]["full"]) <= 100
    assert len(TEAMS["description"]["short"]) <= 80
    (bot,) = TEAMS["bots"]
    for commands in bot["commandLists"]:
        assert len(commands["commands"]) <= 12
        for command in commands["commands"]:
            assert len(command["title"]) <= 32
            assert len(command["description"]) <= 128


def test_the_package_of_teams_is_whole_and_always_the_same(tmp_path: Path) -> None:
    one, two = tmp_path / "one.zip", tmp_path / "two.zip"
    manifest.teams(APP, one)
    manifest.teams(APP, two)
    assert one.read_bytes() == two.read_bytes()
    with zipfile.ZipFile(one) as package:
        assert sorted(package.namelist()) == ["color.png", "manifest.json", "outline.png"]
        told = json.loads(package.read("manifest.json"))
        sizes = {x: _size(package.read(x)) for x in ("color.png", "outline.png")}
    assert (told["id"], told["bots"][0]["botId"]) == (APP, APP)
    assert sizes == {"color.png": (192, 192), "outline.png": (32, 32)}
    with pytest.raises(ManifestError):
        manifest.teams("my-app", one)


def _size(png: bytes) -> tuple[int, int]:
    return int.from_bytes(png[16:20]), int.from_bytes(png[20:24])
