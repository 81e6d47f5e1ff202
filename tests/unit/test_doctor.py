"""The doctor says what is wrong with a platform's keys, and what to click."""

from collections.abc import AsyncIterator

import pytest

from adapters import manifest
from adapters.slack import checkup as slack
from adapters.teams import checkup as teams
from tests.fakes import FakeClock
from tests.slack_far_side import APP_TOKEN, TOKEN, FarSlack
from tests.teams_far_side import APP, PASSWORD, FarTeams


@pytest.fixture
async def far_slack() -> AsyncIterator[FarSlack]:
    far = await FarSlack().start()
    yield far
    await far.stop()


@pytest.fixture
async def far_teams() -> AsyncIterator[FarTeams]:
    far = await FarTeams().start()
    yield far
    await far.stop()


async def test_slacks_tokens_are_tried(far_slack: FarSlack) -> None:
    scopes = manifest.slack_scopes()
    good, text = await slack.bot_token(TOKEN, far_slack.url, scopes)
    assert (good, "Fernhill" in text) == (True, True)
    good, text = await slack.bot_token("xoxb-wrong", far_slack.url, scopes)
    assert (good, "OAuth & Permissions" in text) == (False, True)
    assert (await slack.app_token(APP_TOKEN, far_slack.url))[0]
    good, text = await slack.app_token("xapp-wrong", far_slack.url)
    assert (good, "connections:write" in text) == (False, True)


async def test_a_missing_scope_is_named(far_slack: FarSlack) -> None:
    far_slack.scopes.remove("users:read.email")
    good, text = await slack.bot_token(TOKEN, far_slack.url, manifest.slack_scopes())
    assert not good
    assert "users:read.email missing" in text
    assert "Reinstall" in text


async def test_slack_out_of_reach_is_said() -> None:
    good, text = await slack.bot_token(TOKEN, "http://127.0.0.1:9/api/", ())
    assert (good, "cannot be reached" in text) == (False, True)


async def test_teams_password_and_keys_are_tried(far_teams: FarTeams) -> None:
    token, clock = f"{far_teams.url}/token", FakeClock()
    assert (await teams.password(token, APP, PASSWORD, clock))[0]
    good, text = await teams.password(token, APP, "wrong", clock)
    assert (good, "client secret" in text) == (False, True)
    assert (await teams.keys(f"{far_teams.url}/metadata", clock))[0]
    far_teams.keys_down = True
    assert not (await teams.keys(f"{far_teams.url}/metadata", clock))[0]
