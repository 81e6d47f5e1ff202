"""Socket Mode: Slack's calls without a public address."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.client import Web, session


@asynccontextmanager
async def connected(app: AsyncApp, app_token: str, api_url: str) -> AsyncGenerator[None]:
    """Reconnects by itself. What is not acknowledged is delivered again.

    Raises `Rejected` at once for a token that is wrong: the client itself would try for ever.
    """
    async with session() as short:
        await Web(app_token, api_url, short).call("apps_connections_open", app_token=app_token)
    client = AsyncWebClient(base_url=api_url, retry_handlers=[])
    handler = AsyncSocketModeHandler(app, app_token, web_client=client)
    await handler.connect_async()
    try:
        yield
    finally:
        await handler.close_async()
