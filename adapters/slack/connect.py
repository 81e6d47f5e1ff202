"""Slack, put together from the settings."""

import logging
from contextlib import AsyncExitStack

from aiohttp import web

from adapters.register import Register
from adapters.settings import Settings, SettingsError
from adapters.slack import http, socket
from adapters.slack.client import session
from adapters.slack.listener import Desk, Listener
from adapters.slack.platform import SlackPlatform
from bot.ports import Clock, Core, PortError, Rejected

logger = logging.getLogger(__name__)


async def platform(
    settings: Settings, register: Register, clock: Clock, stack: AsyncExitStack
) -> SlackPlatform:
    """Raises `SettingsError` when the token is refused."""
    shared = session()
    stack.push_async_callback(shared.close)
    slack = SlackPlatform(
        api_url=settings.slack_api_url, session=shared, register=register, clock=clock
    )
    try:
        await slack.install(settings.slack_bot_token or "")
    except Rejected as error:
        raise SettingsError(
            f"SLACK_BOT_TOKEN: Slack says {error}; copy it again from OAuth & Permissions"
        ) from error
    except PortError as error:
        # Slack is away: those who are installed already are served when it is back.
        logger.warning("Slack cannot be reached", extra={"why": str(error)})
    return slack


async def listen(
    settings: Settings,
    slack: SlackPlatform,
    core: Core,
    desk: Desk,
    organisation: str,
    clock: Clock,
    application: web.Application,
    stack: AsyncExitStack,
) -> None:
    """The route on the public listener, or Socket Mode. Raises `SettingsError`."""
    listener = Listener(
        core=core, platform=slack, desk=desk, organisation=organisation, clock=clock
    )
    if settings.slack_signing_secret:
        http.attach(http.bolt(listener, settings.slack_signing_secret), application)
    if settings.slack_app_token:
        bolt = http.bolt(listener, "")
        try:
            await stack.enter_async_context(
                socket.connected(bolt, settings.slack_app_token, settings.slack_api_url)
            )
        except Rejected as error:
            raise SettingsError(
                f"SLACK_APP_TOKEN: Slack says {error}; make one with connections:write"
            ) from error
