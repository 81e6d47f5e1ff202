"""Teams' calls on the public listener: verified, heard, and answered in time."""

import asyncio
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from aiohttp import web

from adapters.teams import card, inbound
from adapters.teams.auth import Refused, Verifier
from adapters.teams.payload import Activity
from adapters.teams.platform import TeamsPlatform
from bot.event import CardAction, Message
from bot.people import Sender
from bot.place import Audience, Place
from bot.ports import Clock, Core, PortError, Rejected
from bot.reply import Card, Form, Invalid, Reply
from bot.strings import Strings

logger = logging.getLogger(__name__)

PATH = "/api/messages"
_PATIENCE = 1.0
"""Seconds for the door: Teams gives an invoke about five in all."""

Answer = Mapping[str, Any] | None


class Desk(Protocol):
    """What a listener asks besides."""

    async def serves(self, place: Place) -> bool:
        """Does the bot take part in this thread?"""
        ...

    async def strings(self, sender: Sender) -> Strings:
        """In the language of this person, or the pack's first."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    core: Core
    platform: TeamsPlatform
    desk: Desk
    verifier: Verifier | None
    """None: for the Agents Playground, which signs nothing."""
    organisation: str
    clock: Clock

    def attach(self, application: web.Application) -> None:
        application.router.add_post(PATH, self.handle)

    async def handle(self, request: web.Request) -> web.Response:
        if request.content_type != "application/json":
            return web.Response(status=415)
        try:
            activity = inbound.read(json.loads(await request.text()))
        except (ValueError, LookupError, RecursionError):
            # Also pydantic's; an encoding that does not exist; brackets without end.
            return web.Response(status=400)
        try:
            if self.verifier:
                await self.verifier.verify(request.headers.get("Authorization", ""), activity)
            answer = await self.hear(activity)
        except Refused as error:
            logger.warning("call refused", extra={"why": str(error)})
            return web.Response(status=error.status)
        except (Rejected, ValueError) as error:
            # Such as half a character in an id.
            logger.warning("never to be taken", extra={"error": type(error).__name__})
            return web.Response(status=400)
        except (PortError, TimeoutError) as error:
            logger.warning("not taken; Teams will deliver again", extra={"why": str(error)})
            return web.Response(status=503)
        return web.Response(status=200) if answer is None else web.json_response(answer)

    async def hear(self, activity: Activity) -> Answer:
        """None: nothing is to be said in the response."""
        event = inbound.event(activity, self.organisation, self.clock.now())
        # Of talk among people nothing is kept, not even where it was.
        if event is None or (isinstance(event, Message) and not await self._is_for_us(event)):
            return None
        await self.platform.remember(activity)
        if isinstance(event, CardAction):
            return await self._pressed(activity, event)
        await self.core.accept(event)
        return {} if activity.type == "invoke" else None

    async def _is_for_us(self, message: Message) -> bool:
        """Without a mention only where it was granted to read all, and people talk there too."""
        if message.mentioned or message.place.audience is Audience.DIRECT:
            return True
        return message.place.thread is not None and await self.desk.serves(message.place)

    async def _pressed(self, activity: Activity, event: CardAction) -> Answer:
        async with asyncio.timeout(_PATIENCE):
            answer = await self.core.answer_now(event)
        if answer is None:
            await self.core.accept(event)
        match activity.name, answer:
            case "adaptiveCard/action", Invalid(text=text):
                return _told(text)
            case "adaptiveCard/action", _:
                return _told((await self.desk.strings(event.sender)).pressed)
            case "task/fetch", Form():
                return card.dialog(answer, event.token)
            case "task/fetch", Card():
                return card.opened(answer)
            case (("task/fetch" | "task/submit"), Invalid(text=text, field=None)):
                return card.sentence(text)
            case "task/submit", Invalid():
                strings = await self.desk.strings(event.sender)
                values = event.values or {}
                return card.again(answer, values, strings.refused_form, strings.send, event.token)
            case None, Invalid(text=text):
                # An old client: its press came as a message.
                await self.platform.post(event.place, Reply(text=text), event.id, event.sender.user)
                return None
            case _:
                return {} if activity.type == "invoke" else None


def _told(text: str) -> Answer:
    """A sentence to the one who pressed. The card stays until its update comes."""
    kind = "application/vnd.microsoft.activity.message"
    return {"statusCode": 200, "type": kind, "value": text}
