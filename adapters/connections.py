"""The platforms that the settings name, and what their listeners ask of the rest.

Each is imported only when it is used: its SDK costs half a second and tens of megabytes.
"""

from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from adapters.register import Register
from adapters.settings import Settings
from adapters.store.store import PostgresStore
from bot.pack import Pack
from bot.people import Sender
from bot.place import Place
from bot.ports import Clock, Core, Directory, PortError
from bot.strings import Strings

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
        from adapters.slack import connect as slack

        found["slack"] = await slack.platform(settings, registers("slack"), clock, stack)
    if settings.teams:
        from adapters.teams import connect as teams

        register = registers("teams")
        found["teams"] = await teams.platform(settings, organisation, register, clock, stack)
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
    organisation = reception.organisation
    if settings.slack:
        from adapters.slack import connect as slack

        await slack.listen(
            settings, connected["slack"], core, reception, organisation, clock, application, stack
        )
    if settings.teams:
        from adapters.teams import connect as teams

        teams.listen(
            settings, connected["teams"], core, reception, organisation, clock, application, stack
        )
