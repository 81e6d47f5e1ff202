"""The Web API of Slack: one session, no blind retries, errors sorted by who has to act."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, cast

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.ports import Rejected, Unavailable, Uncertain

_TIMEOUT = aiohttp.ClientTimeout(total=30, connect=5)
_BUSY = frozenset({"ratelimited", "rate_limited", "service_unavailable", "team_added_to_org"})
_BROKEN = frozenset({"internal_error", "fatal_error", "request_timeout"})


def session() -> aiohttp.ClientSession:
    """One for all calls: a connection for each costs as much as the call."""
    return aiohttp.ClientSession(timeout=_TIMEOUT)


class Web:
    """Calls with one workspace's token."""

    def __init__(self, token: str, api_url: str, shared: aiohttp.ClientSession) -> None:
        # Without handlers: slack_sdk would post again when the connection breaks, and it may
        # have arrived the first time.
        self._web = AsyncWebClient(token=token, base_url=api_url, session=shared, retry_handlers=[])

    async def call(self, method: str, /, **arguments: Any) -> Mapping[str, Any]:
        """`method` as slack_sdk names it. Raises `Unavailable`, `Uncertain` or `Rejected` with
        Slack's code."""
        ask: Callable[..., Awaitable[AsyncSlackResponse]] = getattr(self._web, method)
        try:
            answer = await ask(**arguments)
        except SlackApiError as error:
            raise _sorted(error) from None
        except aiohttp.ClientConnectorError as error:
            raise Unavailable("slack: no connection") from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Uncertain(f"slack: {type(error).__name__}") from error
        return inside(getattr(answer, "data", None))


def _sorted(error: SlackApiError) -> Exception:
    answer: Any = error.response
    status = int(getattr(answer, "status_code", 0))
    code = str(inside(getattr(answer, "data", None)).get("error") or status)
    if status == 429 or code in _BUSY:
        asked_for = str(inside(answer.headers).get("Retry-After", ""))
        return Unavailable(f"slack: {code}", float(asked_for) if asked_for.isdigit() else None)
    if status == 0 or status >= 500 or code in _BROKEN:
        return Uncertain(f"slack: {code}")
    return Rejected(code)


def inside(value: object) -> Mapping[str, Any]:
    """A part of an answer that should be a mapping, and may be missing."""
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}
