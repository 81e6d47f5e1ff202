"""The worker: takes an event through its turn, and a delivery to its platform."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.draft import Overtaken
from bot.outcome import Delivery, all_text
from bot.outside import ToolFailed
from bot.place import Place
from bot.ports import (
    Clock,
    Conflict,
    Journals,
    Platform,
    PortError,
    Posted,
    Rejected,
    Situation,
    Store,
    Superseded,
    Unavailable,
    Uncertain,
)
from bot.reply import Reply
from bot.turn import Bot
from bot.vault import reply_shown, tokens

logger = logging.getLogger(__name__)

_WAITS = (3.0, 15.0)
"""Seconds before a turn is tried again; then people get it, and the place moves on."""
_TAKES = 6
"""Takes of one event, crashes included, before it is given to people untried."""
_CONFLICTS = 20
_DELIVERY_WAITS = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    bot: Bot
    store: Store
    journals: Journals
    platforms: Mapping[str, Platform]
    clock: Clock

    async def work(self, event: str) -> None:
        """Raises only when the store stays away: the event then waits for it."""
        for wait in (*_WAITS, None):
            try:
                await self._once(event)
                return
            except Superseded:
                return
            except ToolFailed:
                break
            except Exception as error:
                # The one place that catches all: whatever breaks, the event goes on.
                logger.exception(
                    "turn failed", extra={"event": event, "error": type(error).__name__}
                )
                if wait is not None:
                    await self.clock.sleep(wait)
        await self._fail(event)

    async def _once(self, event: str) -> None:
        situation = await self.store.take(event)
        if situation is None:
            return
        if situation.attempt > _TAKES:
            await self._decide(situation, failing=True)
        else:
            await self._decide(situation)

    async def _fail(self, event: str) -> None:
        situation = await self.store.take(event)
        if situation is None:
            return
        try:
            await self._decide(situation, failing=True)
        except Superseded:
            return
        except Unavailable:
            raise
        except Exception:
            # Not even that: the event ends all the same, or its place would never move on.
            logger.exception("event given up", extra={"event": event})
            await self.store.commit(situation, self.bot.give_up(situation))

    async def _decide(self, situation: Situation, failing: bool = False) -> None:
        started = self.clock.monotonic()
        journal = self.journals.of(situation)
        for _ in range(_CONFLICTS):
            try:
                if failing:
                    turn = await self.bot.fail(situation, journal)
                else:
                    turn = await self.bot.take_turn(situation, journal)
                milliseconds = round((self.clock.monotonic() - started) * 1000)
                turn = turn.accounted().record("recorded", ms=str(milliseconds))
                await self.store.commit(situation, turn)
                return
            except (Conflict, Overtaken):
                situation = await self.store.again(situation)
        raise Unavailable("the conversation never came to rest")

    async def deliver(self, id: str) -> None:
        """Send, retry, or give up. Raises only when the store stays away."""
        delivery = await self.store.delivery(id)
        if delivery is None:
            return
        for wait in (*_DELIVERY_WAITS, None):
            try:
                await self._send(delivery)
                return
            except Rejected as error:
                await self._give_up(delivery, str(error))
                return
            except (Unavailable, Uncertain) as error:
                if wait is None:
                    await self._give_up(delivery, "unreachable")
                    return
                asked = error.retry_after if isinstance(error, Unavailable) else None
                await self.clock.sleep(asked or wait)
                if await self.store.delivery(id) is None:
                    return

    async def _give_up(self, delivery: Delivery, why: str) -> None:
        logger.error("delivery given up", extra={"delivery": delivery.id, "why": why})
        await self.store.give_up(delivery, why)

    async def _send(self, delivery: Delivery) -> None:
        place, stands = await self._target(delivery)
        platform = self.platforms.get(place.platform)
        if platform is None:
            raise Rejected(f"{place.platform} is not connected")
        message = delivery.message or (stands.message if stands else None)
        delivery = await self._with_values(delivery)
        if delivery.reply is None:
            if message:
                await platform.delete(place, message)
            await self.store.sent(delivery, place, None)
        elif message and await self._update(platform, place, message, delivery.reply):
            await self.store.sent(delivery, place, message)
        else:
            if delivery.message:
                # The platform takes no more of the draft: it must not stand beside the answer.
                await _remove(platform, place, delivery.message)
            message = await self._post(platform, delivery, delivery.reply, place, stands)
            await self.store.sent(delivery, place, message)

    async def _with_values(self, delivery: Delivery) -> Delivery:
        """Only what leaves holds personal values: not the transcript, nor the outbox."""
        if delivery.reply is None or not delivery.shows or not tokens(all_text(delivery.reply)):
            return delivery
        values = await self.bot.kit.vault.values(delivery.organisation, delivery.about)
        return replace(delivery, reply=reply_shown(delivery.reply, values, delivery.shows))

    async def _target(self, delivery: Delivery) -> tuple[Place, Posted | None]:
        """Where it goes, and what stands in its slot there."""
        stands = await self.store.posted(delivery.organisation, delivery.slot)
        if stands:
            return stands.place, stands
        if delivery.under:
            root = await self.store.posted(delivery.organisation, delivery.under)
            if root and root.message:
                return root.place.thread_at(root.message), None
        if isinstance(delivery.to, Place):
            return delivery.to, None
        direct = await self.store.direct_place(delivery.organisation, delivery.to.id)
        if direct is None:
            raise Rejected("no direct chat with this person is known")
        return direct, None

    async def _update(self, platform: Platform, place: Place, message: str, reply: Reply) -> bool:
        """False: the message is gone, and a new one must stand for it."""
        try:
            await platform.update(place, message, reply)
        except Rejected:
            return False
        return True

    async def _post(
        self,
        platform: Platform,
        delivery: Delivery,
        reply: Reply,
        place: Place,
        stands: Posted | None,
    ) -> str:
        if stands and stands.message is None:
            # It was being sent when the process died, or the connection broke: ask first.
            found = await _find(platform, place, delivery.slot)
            if found:
                await self._update(platform, place, found, reply)
                return found
        await self.store.sending(delivery, place)
        return await platform.post(place, reply, delivery.slot, delivery.only_for)


async def _remove(platform: Platform, place: Place, message: str) -> None:
    try:
        await platform.delete(place, message)
    except PortError as error:
        logger.warning("draft not removed", extra={"draft": message, "why": str(error)})


async def _find(platform: Platform, place: Place, key: str) -> str | None:
    try:
        return await platform.find(place, key)
    except Rejected:
        return None
