"""The environment: what fits is read, what does not stops the start and says what to do."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from adapters.app import open_app
from adapters.settings import ROOT, SettingsError, read

APP = "0f0b9a52-3a36-4a4e-8a3e-2b6f9a1f7c11"
SLACK = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": "s"}
TEAMS = {"TEAMS_APP_ID": APP, "TEAMS_APP_PASSWORD": "p", "TEAMS_TENANT_ID": APP}


def test_without_any_it_is_the_demonstration() -> None:
    settings = read({"PATH": "/bin", "SLACK_WEBHOOK_URL": "another program's"})
    assert settings.demonstration
    assert settings.offline


@pytest.mark.parametrize(
    "given",
    [
        SLACK,
        {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1"},
        TEAMS,
        SLACK | TEAMS,
        {"TEAMS_PLAYGROUND": "1"},
    ],
)
def test_with_keys_the_console_is_off(given: Mapping[str, str]) -> None:
    assert not read(given).demonstration


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"HANDRAIL_PROT": "1"}, "did you mean HANDRAIL_PORT"),
        ({"SLACK_SIGNING_SECRETS": "s"}, "did you mean SLACK_SIGNING_SECRET"),
        ({"HANDRAIL_PORT": "a"}, "HANDRAIL_PORT:"),
        ({"DATABASE_URL": "mysql://x"}, "postgresql://"),
        ({"DATABASE_URL": "postgresql://x"}, "HANDRAIL_KEY:"),
        ({"SLACK_BOT_TOKEN": "xoxb-1"}, "SLACK_SIGNING_SECRET:"),
        ({"SLACK_BOT_TOKEN": "xoxp-1"}, "SLACK_BOT_TOKEN:"),
        ({"SLACK_SIGNING_SECRET": "s"}, "SLACK_BOT_TOKEN:"),
        (TEAMS | {"TEAMS_APP_ID": ""}, "TEAMS_APP_ID:"),
        (TEAMS | {"TEAMS_APP_ID": "my-app"}, "TEAMS_APP_ID:"),
        (TEAMS | {"TEAMS_TENANT_ID": ""}, "TEAMS_TENANT_ID:"),
        (TEAMS | {"TEAMS_PLAYGROUND": "1"}, "TEAMS_PLAYGROUND:"),
        ({"TEAMS_PLAYGROUND": "1", "HANDRAIL_HOST": "::"}, "HANDRAIL_HOST"),
    ],
)
def test_what_does_not_fit_is_named_with_what_to_do(given: Mapping[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        read(given)


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(SettingsError) as error:
        read({"HANDRAIL_PORT": "0", "HANDRAIL_HOST": "x", "HANDRAIL_KEY": "short"})
    assert "HANDRAIL_PORT" in str(error.value)
    assert "HANDRAIL_KEY" in str(error.value)


async def test_a_pack_may_demand_where_the_model_is(tmp_path: Path) -> None:
    pack = shutil.copytree(ROOT / "policies" / "workplace", tmp_path / "pack")
    file = pack / "pack.yaml"
    file.write_text(file.read_text() + "\nmodel_region: eu\n")
    given = {"HANDRAIL_PACK": str(pack), "OPENAI_API_KEY": "k", "HANDRAIL_DATA": str(tmp_path)}
    for elsewhere in ({}, {"HANDRAIL_MODEL_REGION": "us"}):
        with pytest.raises(SettingsError, match="HANDRAIL_MODEL_REGION: the pack demands"):
            async with open_app(read(given | elsewhere)):
                pass
