"""The platforms that the settings name, and what their listeners ask of the rest."""

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
from bot.pack import Pack
from bot.people import Sender
from bot.place import Place
from bot.ports import Clock, Core, Directory, PortError, Rejected
from bot.strings import Strings

Registers = Callable[[str], Register]


async def platforms(
    settings: Settings, registers: Registers, clock: Clock, stack: AsyncExitStack
) -> dict[str, Any]:
    """By name; none in the demonstration. Raises `SettingsError` when a key is refused."""
    found: dict[str, Any] = {}
    if settings.slack_bot_token:
        session = slack_client.session()
        stack.push_async_callback(session.close)
        found["slack"] = slack = SlackPlatform(
            api_url=settings.slack_api_url,
            session=session,
            register=registers("slack"),
            clock=clock,
        )
        try:
            await slack.install(settings.slack_bot_token)
        except Rejected as error:
            raise SettingsError(
                f"SLACK_BOT_TOKEN: Slack says {error}; copy it again from OAuth & Permissions"
            ) from error
    return found


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
    slack = connected.get("slack")
    if not isinstance(slack, SlackPlatform):
        return
    listener = SlackListener(
        core=core,
        platform=slack,
        desk=reception,
        organisation=reception.organisation,
        clock=clock,
    )
    if settings.slack_signing_secret:
        bolt = slack_http.bolt(listener, settings.slack_signing_secret)
        slack_http.attach(bolt, application)
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
