"""The demonstration: its people, skipped time, another handbook, and a fresh beginning."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from adapters.app import App, prepare
from adapters.knowledge import catalog
from adapters.knowledge.folder import NotAHandbook
from adapters.knowledge.source import SOLVED, SourceError
from adapters.web.rooms import SamplePerson
from adapters.web.stream import Step
from bot.people import Requester

_LOOK = 1.0
"""Seconds between two looks at how far another process has skipped."""

CONNECT = """\
Handrail lives in **Slack** and **Microsoft Teams**, in one of them or in both at once. Each has a
page that leads from nothing to an installed app:

- Slack: `manifest/slack/README.md`. With Socket Mode it needs no public address.
- Microsoft Teams: `manifest/teams/README.md`

Start Handrail with the keys that you get there, and this console with its sample company is off.
"""


def people(app: App) -> tuple[SamplePerson, ...]:
    """Whom a visitor may become, in the order of the pack's people.yaml."""
    return tuple(_person(x) for x in app.loaded.people)


def _person(who: Requester) -> SamplePerson:
    admin = who.id == "robin"
    rooms = [r for r in ("it-desk", "hr-desk", "hr-confidential", "ombuds") if r in who.groups]
    if admin:
        rooms.insert(0, "it-desk")
    role = f"{who.department}, {who.location}"
    return SamplePerson(
        id=who.id,
        name=who.name,
        role=role,
        locale=who.locale,
        channels=(*rooms, "town-square"),
        admin=admin,
    )


class SampleStage:
    """What a visitor can do with the demonstration itself."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._handbook = app.loaded.handbook

    async def steps(self, organisation: str, after: int) -> Sequence[Step]:
        records = await self._app.upkeep.records(organisation, after)
        return [
            Step(number=x.number, event=x.event, step=x.step, facts=x.facts, at=x.at)
            for x in records
        ]

    async def skip(self, minutes: int) -> None:
        by = timedelta(minutes=minutes)
        self._app.clock.ahead = await self._app.upkeep.skip(self._app.organisation, by)

    async def reset(self) -> None:
        """Everything that was said and done is gone; who is admin, and the audit, stay."""
        app = self._app
        await app.upkeep.erase(app.organisation)
        with suppress(SourceError):  # there was none
            await catalog.remove(app.engine, app.organisation, SOLVED)
        app.clock.ahead = timedelta(0)
        await app.workspace.clear()
        self._handbook = app.loaded.handbook
        await prepare(app, shows_code=False)

    async def use_handbook(self, folder: str) -> str:
        path = Path(folder).expanduser()
        specialists = frozenset(self._app.loaded.pack.specialists)
        try:
            synced = await self._app.handbook.sync(
                self._app.organisation, path, "/handbook/", specialists
            )
        except NotAHandbook as error:
            raise ValueError(f"{error} The handbook stays as it was.") from error
        self._handbook = path
        skipped = f" {len(synced.skipped)} could not be read." if synced.skipped else ""
        pages = synced.added + synced.changed
        return f"Read: {pages} pages, {synced.passages} sections.{skipped} Ask away."

    async def page(self, path: str) -> str | None:
        return await asyncio.to_thread(_read, self._handbook, path)

    async def follow(self) -> None:
        """Keep this process's clock with the others'."""
        while True:
            await asyncio.sleep(_LOOK)
            self._app.clock.ahead = await self._app.upkeep.ahead(self._app.organisation)


def _read(folder: Path, path: str) -> str | None:
    """None: no such page in this folder, whatever the path tries."""
    file = (folder / path).resolve()
    if not file.is_relative_to(folder.resolve()) or file.suffix not in (".md", ".markdown"):
        return None
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return None
