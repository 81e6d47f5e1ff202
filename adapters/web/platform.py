"""Sends to the sample workspace: what the bot says in the web console."""

import logging

from adapters.web import render
from adapters.web.rooms import PLATFORM, audience_of, chat_of
from adapters.web.workspace import Workspace
from bot.people import Sender
from bot.place import Audience, Place
from bot.ports import PortError, Rejected
from bot.reply import Reply

logger = logging.getLogger(__name__)

_PROBE = "Handrail is checking who can read here, to post a queue's cards."


class WebPlatform:
    """A `Platform`, and its `Drafts`."""

    name = PLATFORM

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    async def post(self, place: Place, reply: Reply, key: str, only_for: str | None) -> str:
        body = render.reply(reply)
        return await self._workspace.put(place, body, key=key, only_for=only_for)

    async def update(self, place: Place, message: str, reply: Reply) -> None:
        if not await self._workspace.change(place, message, render.reply(reply)):
            raise Rejected("message_not_found")

    async def delete(self, place: Place, message: str) -> None:
        await self._workspace.remove(place, message)

    async def find(self, place: Place, key: str) -> str | None:
        return await self._workspace.find(place, key)

    async def direct(self, sender: Sender) -> Place:
        return chat_of(sender.user)

    async def probe(self, place: Place) -> Audience:
        await self._workspace.put(place, {"text": _PROBE})
        return audience_of(place.channel)

    async def begin(self, place: Place, status: str, key: str) -> str | None:
        try:
            return await self._workspace.put(place, {"status": status}, key=key, draft=True)
        except PortError:
            logger.warning("status line not shown", extra={"key": key})
            return None

    async def show(self, place: Place, message: str, text: str) -> None:
        """An answer that is there already stays."""
        try:
            await self._workspace.change(place, message, {"text": text}, draft=True)
        except PortError:
            logger.warning("draft not shown", extra={"message_id": message})
