"""Teams, put together from the settings."""

import logging
from contextlib import AsyncExitStack

from aiohttp import web

from adapters.register import Register
from adapters.settings import Settings, SettingsError
from adapters.teams.auth import Keys, Verifier
from adapters.teams.connector import Connector, Tokens, session
from adapters.teams.http import Desk, Listener
from adapters.teams.platform import TeamsPlatform
from bot.ports import Clock, Core, PortError, Rejected

logger = logging.getLogger(__name__)


async def platform(
    settings: Settings,
    organisation: str,
    register: Register,
    clock: Clock,
    stack: AsyncExitStack,
) -> TeamsPlatform:
    """Raises `SettingsError` when the password is refused."""
    shared = session()
    stack.push_async_callback(shared.close)
    tokens = None
    if settings.teams_app_id:
        secret = settings.teams_app_password or ""
        tokens = Tokens(settings.teams_tokens, settings.teams_app_id, secret, shared, clock)
        try:
            await tokens.get()
        except Rejected as error:
            raise SettingsError(
                f"TEAMS_APP_PASSWORD: Microsoft says {error}; make a new client secret"
            ) from error
        except PortError as error:
            logger.warning("Microsoft cannot be reached", extra={"why": str(error)})
    return TeamsPlatform(
        connector=Connector(tokens, shared, clock),
        register=register,
        clock=clock,
        organisation=organisation,
    )


def listen(
    settings: Settings,
    teams: TeamsPlatform,
    core: Core,
    desk: Desk,
    organisation: str,
    clock: Clock,
    application: web.Application,
    stack: AsyncExitStack,
) -> None:
    """The route on the public listener."""
    verifier = None
    if settings.teams_app_id:
        shared = session()
        stack.push_async_callback(shared.close)
        metadata = settings.teams_openid_metadata_url
        keys = Keys(metadata, shared, clock)
        tenant = settings.teams_tenant_id or ""
        verifier = Verifier(settings.teams_app_id, tenant, metadata, keys)
    Listener(
        core=core,
        platform=teams,
        desk=desk,
        verifier=verifier,
        organisation=organisation,
        clock=clock,
    ).attach(application)
