"""What Slack calls, over HTTP or Socket Mode: heard, accepted, and answered in time."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from adapters.slack import inbound, pressed, render
from adapters.slack.client import Web
from adapters.slack.platform import SlackPlatform
from adapters.slack.terms import ASK, COMMENT, Asked, Home, Wish
from bot.event import CardAction, Message
from bot.people import Sender
from bot.place import Audience, Place
from bot.ports import Clock, Core, PortError, Rejected
from bot.redaction import redact
from bot.reply import Card, Form, Invalid, Reply
from bot.strings import Strings

logger = logging.getLogger(__name__)

_PATIENCE = 1.0
"""Seconds for the door: a trigger to open a form lives for three."""

Answer = Mapping[str, Any] | None
"""The body of the response. None: empty."""


class Desk(Protocol):
    """What a listener asks besides."""

    async def serves(self, place: Place) -> bool:
        """Does the bot take part in this thread?"""
        ...

    async def strings(self, sender: Sender) -> Strings:
        """In the language of this person, or the pack's first."""
        ...

    async def home(self, sender: Sender) -> tuple[str, Sequence[str]]:
        """The greeting and the person's cases, a few lines each."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    core: Core
    platform: SlackPlatform
    desk: Desk
    organisation: str
    clock: Clock

    async def hear(self, team: str, body: Mapping[str, Any]) -> Answer:
        """Raises `PortError` when Slack should deliver again, `ValueError` when it should not."""
        app, web = await self.platform.installed(team)
        answer: Answer = None
        for heard in inbound.heard(body, self.organisation, self.clock.now(), app):
            match heard:
                case None:
                    pass
                case CardAction():
                    answer = await self._pressed(heard, web, str(body.get("trigger_id", "")))
                case Asked():
                    answer = await self._asked(heard, body)
                case Wish():
                    await self._open(heard, web, body)
                case Home(sender=sender):
                    await self._show_home(sender, web)
                case Message() if not await self._is_for_us(heard):
                    pass
                case _:
                    await self.core.accept(heard)
        return answer

    async def _is_for_us(self, message: Message) -> bool:
        """In a channel's thread people also talk to each other."""
        if message.mentioned or message.place.audience is Audience.DIRECT:
            return True
        return await self.desk.serves(message.place)

    async def _pressed(self, event: CardAction, web: Web, trigger: str) -> Answer:
        async with asyncio.timeout(_PATIENCE):
            answer = await self.core.answer_now(event)
        sent = event.values is not None
        match answer:
            case None:
                await self.core.accept(event)
                return {"response_action": "clear"} if sent else None
            case Invalid() if sent:
                strings = await self.desk.strings(event.sender)
                return render.refused(answer, strings.refused_form)
            case Invalid(text=text):
                strings = await self.desk.strings(event.sender)
                await _show(web, trigger, render.sentence(strings.refused_form, text))
            case Form():
                await _show(web, trigger, render.form(answer, event.token, event.place))
            case Card():
                await _show(web, trigger, render.opened(answer))
        return None

    async def _asked(self, asked: Asked, body: Mapping[str, Any]) -> Answer:
        """Answered where nobody else reads: the question opens a thread there."""
        strings = await self.desk.strings(asked.sender)
        if not asked.text.strip():
            return {"response_action": "errors", "errors": {"text": strings.empty}}
        direct = await self.platform.direct(asked.sender)
        # A secret that was typed into a command must not be repeated for all to see in the chat.
        quoted = Reply(text=strings.asked.format(text=redact(asked.text).text))
        root = await self.platform.post(direct, quoted, asked.id, None)
        message = Message(
            id=asked.id, organisation=self.organisation, at=asked.at, sender=asked.sender,
            place=direct.thread_at(root), message=root, text=asked.text,
        )  # fmt: skip
        await self.core.accept(message)
        if "command" in body:
            return {"response_type": "ephemeral", "text": strings.asked_there}
        return None

    async def _open(self, wish: Wish, web: Web, body: Mapping[str, Any]) -> None:
        sender = pressed.who(body)
        strings = await self.desk.strings(sender)
        texts = {
            ASK: (strings.ask_form, strings.ask_label),
            COMMENT: (strings.comment_form, strings.comment_label),
        }
        title, label = texts[wish.callback]
        view = render.question(title, label, strings.send, wish.callback, wish.about)
        await _show(web, wish.trigger, view)

    async def _show_home(self, sender: Sender, web: Web) -> None:
        strings = await self.desk.strings(sender)
        greeting, cases = await self.desk.home(sender)
        view = render.home(greeting, cases, strings.ask_form)
        try:
            await web.call("views_publish", user_id=sender.user, view=view)
        except Rejected as error:
            logger.warning("home not shown", extra={"code": str(error)})


async def _show(web: Web, trigger: str, view: Mapping[str, Any]) -> None:
    try:
        await web.call("views_open", trigger_id=trigger, view=view)
    except PortError as error:
        # Too late, or Slack is slow: the person presses again.
        logger.warning("form not opened", extra={"code": str(error)})
