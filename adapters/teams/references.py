"""Where the bot may write in Teams: it can only answer to, or write first, where it was before."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

from adapters.register import Register
from adapters.teams.inbound import place_of
from adapters.teams.payload import Activity
from bot.place import Audience, Place
from bot.ports import Rejected

_KEPT = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """What is needed to write into a conversation."""

    service: str
    kind: str
    bot: str
    user: str
    """Of a direct chat: whose. Else empty."""


class References:
    """In the register, which all processes share."""

    def __init__(self, register: Register) -> None:
        self._register = register
        self._written: OrderedDict[str, Mapping[str, str]] = OrderedDict()
        """What this process wrote last, so that not every message writes it again."""

    async def remember(self, activity: Activity) -> None:
        """Where this came from; a person who writes has not blocked the app any more."""
        place, user = place_of(activity), activity.sender.id
        direct = place.audience is Audience.DIRECT
        spoken = {"service": activity.service_url, "bot": activity.recipient.id}
        conversation = {"kind": activity.conversation.kind or "", "user": user if direct else ""}
        await self._keep(f"conversation/{place.channel}", {**spoken, **conversation})
        seen = {**spoken, "conversation": place.channel}
        if direct:
            await self._keep(f"user/{user}", {**seen, "direct": place.channel})
            if await self._register.get(f"blocked/{place.channel}"):
                await self._register.put(f"blocked/{place.channel}", {})
        elif f"user/{user}" not in self._written and await self.user(user) is None:
            await self._keep(f"user/{user}", seen)

    async def of(self, place: Place) -> Reference:
        """Raises `Rejected` where the bot never was, or is not wanted any more."""
        kept = await self._register.get(f"conversation/{place.channel}")
        if kept is None:
            raise Rejected("conversation_unknown")
        if await self._register.get(f"blocked/{place.channel}"):
            raise Rejected("blocked_by_user")
        return Reference(
            service=kept["service"], kind=kept["kind"], bot=kept["bot"], user=kept["user"]
        )

    async def user(self, user: str) -> Mapping[str, str] | None:
        """Where the person was last seen: `service`, `bot`, `conversation`, and `direct` if they
        have a direct chat. None: nowhere."""
        return await self._register.get(f"user/{user}")

    async def made(self, user: str, seen: Mapping[str, str], chat: str) -> None:
        """A direct chat that the bot opened."""
        spoken = {"service": seen["service"], "bot": seen["bot"]}
        await self._keep(f"conversation/{chat}", {**spoken, "kind": "personal", "user": user})
        await self._keep(f"user/{user}", {**seen, "direct": chat})

    async def blocked(self, place: Place) -> None:
        await self._register.put(f"blocked/{place.channel}", {"blocked": "yes"})

    async def _keep(self, key: str, value: Mapping[str, str]) -> None:
        if self._written.get(key) == value:
            return
        await self._register.put(key, value)
        self._written[key] = value
        if len(self._written) > _KEPT:
            self._written.popitem(last=False)
