"""`handrail manifest`: what the platforms are told of the app, filled in for one company."""

import json
import re
import zipfile
from pathlib import Path
from typing import Any

import yaml

from adapters.settings import ROOT

FOLDER = ROOT / "manifest"
_EXAMPLE = "https://handrail.example.com"
_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class ManifestError(Exception):
    """What was given does not fit. `str()` says what to do."""


def slack(url: str | None) -> str:
    """The manifest to paste at api.slack.com/apps. None: for Socket Mode, without an address."""
    manifest: dict[str, Any] = yaml.safe_load((FOLDER / "slack/manifest.yaml").read_text())
    if url is None:
        manifest["settings"]["socket_mode_enabled"] = True
        for part in ("event_subscriptions", "interactivity"):
            del manifest["settings"][part]["request_url"]
        for command in manifest["features"]["slash_commands"]:
            del command["url"]
        return yaml.safe_dump(manifest, sort_keys=False, allow_unicode=True)
    if not re.fullmatch(r"https://[^/\s]+(/[^\s]*)?", url):
        raise ManifestError(
            "--url: must be the public https address, such as https://desk.acme.com"
        )
    filled = yaml.safe_dump(manifest, sort_keys=False, allow_unicode=True)
    return filled.replace(_EXAMPLE, url.rstrip("/"))


def slack_scopes() -> list[str]:
    manifest: dict[str, Any] = yaml.safe_load((FOLDER / "slack/manifest.yaml").read_text())
    return manifest["oauth_config"]["scopes"]["bot"]


def teams(app_id: str, target: Path) -> None:
    """Write the app package. Equal input makes an equal file."""
    if not _GUID.fullmatch(app_id):
        raise ManifestError(
            "TEAMS_APP_ID: set it to the bot's Microsoft app id, such as"
            " 12345678-1234-1234-1234-123456789abc"
        )
    manifest: dict[str, Any] = json.loads((FOLDER / "teams/manifest.json").read_text())
    manifest["id"] = app_id
    for bot in manifest["bots"]:
        bot["botId"] = app_id
    files = {"manifest.json": json.dumps(manifest, indent=2).encode()}
    files |= {x: (FOLDER / "teams" / x).read_bytes() for x in ("color.png", "outline.png")}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in files.items():
            # A fixed date: by default a package would differ with each second.
            package.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content)
