"""The platform contract, kept by the web console."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.store import database as databases
from adapters.store.embedded import Addresses
from adapters.web import inbound
from adapters.web.platform import WebPlatform
from adapters.web.rooms import chat_of, place_of
from adapters.web.workspace import Workspace
from bot.event import Event
from bot.people import Sender
from bot.place import Place
from bot.ports import Drafts, Platform
from tests.contract.platform_contract import PlatformContract
from tests.fakes import NOW, FakeClock

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "web"


def backwards(clear: bytes) -> bytes:
    """In place of a cipher: what is kept is not what was written, and comes back."""
    return clear[::-1]


class TestWeb(PlatformContract):
    name = "web"

    @pytest.fixture(autouse=True)
    async def _workspace(self, database: Addresses) -> AsyncIterator[None]:
        engine = databases.engine(database.application, "o", size=2)
        self.workspace = Workspace(
            engine=engine,
            organisation="o",
            clock=FakeClock(),
            seal=backwards,
            unseal=backwards,
        )
        yield
        await engine.dispose()

    def event(self, fixture: str) -> Event | None:
        recorded = json.loads((FIXTURES / f"{fixture}.json").read_text())
        if recorded["route"] == "open":
            opened = inbound.SaidOpen.model_validate(recorded["body"])
            return inbound.opened(opened, "o", NOW, 0)
        said = inbound.SAID[recorded["route"]].model_validate(recorded["body"])
        return inbound.event(said, "o", NOW)

    async def adapter(self) -> tuple[Platform, Drafts]:
        platform = WebPlatform(self.workspace)
        return platform, platform

    def chat(self) -> Place:
        return chat_of("sam")

    def sender(self) -> Sender:
        return Sender(platform="web", workspace="sample", user="sam")

    async def seen(self, place: Place) -> list[str]:
        messages = await self.workspace.read(place)
        return [json.dumps(x.body, ensure_ascii=False) for x in messages]

    async def private_room(self) -> Place:
        return place_of("it-desk")
