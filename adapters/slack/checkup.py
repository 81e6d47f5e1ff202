"""What `handrail doctor` asks Slack: are the tokens good, and is a scope missing?"""

from collections.abc import Iterable, Mapping
from typing import Any, cast

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.client import Web, session
from bot.ports import PortError

_UNREACHABLE = (aiohttp.ClientError, TimeoutError, OSError)


async def bot_token(token: str, api_url: str, wanted: Iterable[str]) -> tuple[bool, str]:
    """Good or bad, in a sentence that says what to click."""
    async with session() as shared:
        web = AsyncWebClient(token=token, base_url=api_url, session=shared, retry_handlers=[])
        try:
            answer: Any = await web.auth_test()  # pyright: ignore[reportUnknownMemberType]
        except SlackApiError as error:
            code = cast("Mapping[str, Any]", error.response).get("error", "")
            return False, (
                f"SLACK_BOT_TOKEN: Slack says {code}; copy it again from OAuth & Permissions"
            )
        except _UNREACHABLE as error:
            return False, f"SLACK_API_URL: Slack cannot be reached ({type(error).__name__})"
    granted = {x.strip() for x in str(answer.headers.get("x-oauth-scopes", "")).split(",")}
    missing = sorted(set(wanted) - granted)
    if missing:
        return False, (
            f"SLACK_BOT_TOKEN: {', '.join(missing)} missing; add under OAuth & Permissions → Bot"
            " Token Scopes, then Reinstall to Workspace"
        )
    return True, f"Slack knows the bot, in the workspace {answer.get('team')}"


async def app_token(token: str, api_url: str) -> tuple[bool, str]:
    async with session() as shared:
        try:
            await Web(token, api_url, shared).call("apps_connections_open", app_token=token)
        except PortError as error:
            return False, (
                f"SLACK_APP_TOKEN: Slack says {error}; make one under Basic Information →"
                " App-Level Tokens with connections:write, and turn on Socket Mode"
            )
    return True, "Slack's Socket Mode opens"
