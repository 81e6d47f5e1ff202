"""The platforms that the settings name, and what their listeners ask of the rest."""

import logging
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from adapters.register import Register
from adapters.settings import Settings, SettingsError
from adapters.slack import client as slack_client
from adapters.slack import http as slack_http
from adapters.slack import socket as slack_socket
from adapters.slack.listener import Listener as SlackListener
from adapters.slack.platform import SlackPlatform
from adapters.store.store import PostgresStore
from adapters.teams import connector as teams_connector
from adapters.teams.auth import Keys, Verifier
from adapters.teams.connector import Connector, Tokens
from adapters.teams.http import Listener as TeamsListener
from adapters.teams.platform import TeamsPlatform
from bot.pack import Pack
from bot.people import Sender
from bot.place import Place
from bot.ports import Clock, Core, Directory, PortError, Rejected
from bot.strings import Strings

logger = logging.getLogger(__name__)

Registers = Callable[[str], Register]


async def platforms(
    settings: Settings,
    organisation: str,
    registers: Registers,
    clock: Clock,
    stack: AsyncExitStack,
) -> dict[str, Any]:
    """By name; none in the demonstration. Raises `SettingsError` when a key is refused."""
    found: dict[str, Any] = {}
    if settings.slack:
        found["slack"] = await _slack(settings, registers("slack"), clock, stack)
    if settings.teams:
        found["teams"] = await _teams(settings, organisation, registers("teams"), clock, stack)
    return found


async def _slack(
    settings: Settings, register: Register, clock: Clock, stack: AsyncExitStack
) -> SlackPlatform:
    session = slack_client.session()
    stack.push_async_callback(session.close)
    platform = SlackPlatform(
        api_url=settings.slack_api_url, session=session, register=register, clock=clock
    )
    try:
        await platform.install(settings.slack_bot_token or "")
    except Rejected as error:
        raise SettingsError(
            f"SLACK_BOT_TOKEN: Slack says {error}; copy it again from OAuth & Permissions"
        ) from error
    except PortError as error:
        # Slack is away: those who are installed already are served when it is back.
        logger.warning("Slack cannot be reached", extra={"why": str(error)})
    return platform


async def _teams(
    settings: Settings,
    organisation: str,
    register: Register,
    clock: Clock,
    stack: AsyncExitStack,
) -> TeamsPlatform:
    session = teams_connector.session()
    stack.push_async_callback(session.close)
    tokens = None
    if settings.teams_app_id:
        tokens = Tokens(
            settings.teams_tokens,
            settings.teams_app_id,
            settings.teams_app_password or "",
            session,
            clock,
        )
        try:
            await tokens.get()
        except Rejected as error:
            raise SettingsError(
                f"TEAMS_APP_PASSWORD: Microsoft says {error}; make a new client secret"
            ) from error
        except PortError as error:
            logger.warning("Microsoft cannot be reached", extra={"why": str(error)})
    return TeamsPlatform(
        connector=Connector(tokens, session, clock),
        register=register,
        clock=clock,
        organisation=organisation,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reception:
    """What a listener asks besides accepting."""

    organisation: str
    pack: Pack
    store: PostgresStore
    directory: Directory

    async def serves(self, place: Place) -> bool:
        return await self.store.serves(place, self.organisation)

    async def strings(self, sender: Sender) -> Strings:
        try:
            who = await self.directory.find(sender)
        except PortError:
            who = None
        return self.pack.say(who.locale if who else "")

    async def home(self, sender: Sender) -> tuple[str, Sequence[str]]:
        who = await self.directory.find(sender)
        strings = self.pack.say(who.locale if who else "")
        if who is None:
            return strings.not_employee, ()
        cases = await self.store.cases_of(self.organisation, who.id)
        lines = [
            strings.home_case.format(
                case=x.id, queue=self.pack.queues[x.queue].title(who.locale), ask=x.ask
            )
            for x in cases
        ]
        return strings.home.format(organisation=self.pack.organisation), lines


async def listen(
    settings: Settings,
    connected: dict[str, Any],
    core: Core,
    reception: Reception,
    clock: Clock,
    application: web.Application,
    stack: AsyncExitStack,
) -> None:
    """Routes on the public listener, and Socket Mode. Raises `SettingsError`."""
    slack, teams = connected.get("slack"), connected.get("teams")
    if isinstance(slack, SlackPlatform):
        heard = SlackListener(
            core=core,
            platform=slack,
            desk=reception,
            organisation=reception.organisation,
            clock=clock,
        )
        await _listen_to_slack(settings, heard, application, stack)
    if isinstance(teams, TeamsPlatform):
        verifier = None
        if settings.teams_app_id:
            session = teams_connector.session()
            stack.push_async_callback(session.close)
            metadata = settings.teams_openid_metadata_url
            keys = Keys(metadata, session, clock)
            tenant = settings.teams_tenant_id or ""
            verifier = Verifier(settings.teams_app_id, tenant, metadata, keys)
        TeamsListener(
            core=core,
            platform=teams,
            desk=reception,
            verifier=verifier,
            organisation=reception.organisation,
            clock=clock,
        ).attach(application)


async def _listen_to_slack(
    settings: Settings,
    listener: SlackListener,
    application: web.Application,
    stack: AsyncExitStack,
) -> None:
    if settings.slack_signing_secret:
        slack_http.attach(slack_http.bolt(listener, settings.slack_signing_secret), application)
    if settings.slack_app_token:
        bolt = slack_http.bolt(listener, "")
        try:
            await stack.enter_async_context(
                slack_socket.connected(bolt, settings.slack_app_token, settings.slack_api_url)
            )
        except Rejected as error:
            raise SettingsError(
                f"SLACK_APP_TOKEN: Slack says {error}; make one with connections:write"
            ) from error
