"""Sends to Teams."""

import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from adapters.register import Register
from adapters.teams import render
from adapters.teams.connector import Connector
from adapters.teams.inbound import PLATFORM
from adapters.teams.payload import Activity
from adapters.teams.references import Reference, References
from bot.event import Stopped
from bot.people import Profile, Sender
from bot.place import Audience, Place
from bot.ports import Clock, PortError, Rejected
from bot.reply import Reply

logger = logging.getLogger(__name__)

_LIFE = 110.0
"""Seconds; Teams ends a stream after 120."""
_PAUSE = 1.1
"""Seconds between two pieces: Teams takes one a second."""
_KEPT = 2_000
_PROBE = "Handrail is checking who can read here, to post a queue's cards."
_BLOCKED = ("MessageWritesBlocked", "BotNotInConversationRoster", "ConversationBlockedByUser")
"""The person blocked or uninstalled the app: nothing reaches them until they write again."""


@dataclass(slots=True, kw_only=True)
class Draft:
    stream: bool
    begun: float
    last: float
    sequence: int = 1
    shown: str = ""
    dead: bool = False
    """Teams takes no more of it."""


class TeamsPlatform:
    """A `Platform`, and its `Drafts`, in one tenant."""

    name = PLATFORM

    def __init__(
        self, *, connector: Connector, register: Register, clock: Clock, organisation: str
    ) -> None:
        self._connector = connector
        self._references = References(register)
        self._clock = clock
        self._organisation = organisation
        self._drafts: OrderedDict[str, Draft] = OrderedDict()
        self.stopped: Callable[[Stopped], Awaitable[object]] | None = None
        """Told when the reader pressed Teams' own stop button: only a refused piece says so."""

    async def remember(self, activity: Activity) -> None:
        """Where this came from, so that the bot can write first later."""
        await self._references.remember(activity)

    # ---- messages -------------------------------------------------------------------------

    async def post(self, place: Place, reply: Reply, key: str, only_for: str | None) -> str:
        if only_for and place.audience is not Audience.DIRECT:
            return await self._whisper(place, reply, only_for)
        return await self._post(place, render.reply(reply))

    async def _post(self, place: Place, activity: dict[str, Any]) -> str:
        reference = await self._references.of(place)
        if reference.kind == "channel" and place.thread is None:
            return await self._begin_thread(place, reference, activity)
        answer = await self._call("POST", place, reference, activity)
        return str(answer.get("id", ""))

    async def _begin_thread(
        self, place: Place, reference: Reference, activity: dict[str, Any]
    ) -> str:
        body = {
            "isGroup": True,
            "bot": {"id": reference.bot},
            "channelData": {"channel": {"id": place.channel}},
            "activity": activity,
        }
        answer = await self._connector.call(
            "POST", reference.service, "v3/conversations", body, place.channel
        )
        return str(answer["activityId"])

    async def _whisper(self, place: Place, reply: Reply, user: str) -> str:
        """For one person in a place of many. Where Teams does not do that: in the direct chat."""
        reference = await self._references.of(place)
        activity = render.reply(reply) | {"recipient": {"id": user, "isTargeted": True}}
        try:
            answer = await self._call("POST", place, reference, activity, targeted=True)
        except Rejected:
            who = Sender(platform=PLATFORM, workspace=place.workspace, user=user)
            return await self._post(await self.direct(who), render.reply(reply))
        return str(answer.get("id", ""))

    async def update(self, place: Place, message: str, reply: Reply) -> None:
        draft = self._drafts.pop(message, None)
        if draft and draft.stream and await self._finish(place, message, draft, reply):
            return
        reference = await self._references.of(place)
        await self._call("PUT", place, reference, render.reply(reply), message)

    async def _finish(self, place: Place, stream: str, draft: Draft, reply: Reply) -> bool:
        """False: the stream ended before, and the message is to be replaced instead."""
        if draft.dead or self._clock.monotonic() - draft.begun > _LIFE:
            return False
        try:
            reference = await self._references.of(place)
            await self._call("POST", place, reference, render.final(reply, stream))
        except Rejected as error:
            logger.info("stream not finished", extra={"code": str(error)})
            return False
        return True

    async def delete(self, place: Place, message: str) -> None:
        draft = self._drafts.pop(message, None)
        if draft and draft.stream and not draft.dead:
            # A stream has to end before it can be taken away.
            await self._finish(place, message, draft, Reply(text="…"))
        reference = await self._references.of(place)
        try:
            await self._call("DELETE", place, reference, None, message)
        except Rejected as error:
            if not _is_gone(error):
                raise

    async def find(self, place: Place, key: str) -> str | None:
        raise Rejected("cannot_read_back")

    async def _call(
        self, method: str, place: Place, reference: Reference, body: dict[str, Any] | None,
        message: str = "", *, targeted: bool = False,
    ) -> Mapping[str, Any]:  # fmt: skip
        thread = f";messageid={place.thread}" if place.thread else ""
        conversation = quote(f"{place.channel}{thread}", safe=":;=@")
        path = f"v3/conversations/{conversation}/activities"
        if message:
            path += f"/{quote(message, safe='')}"
        if targeted:
            path += "?isTargetedActivity=true"
        if body is not None:
            body = {
                **body,
                "from": {"id": reference.bot},
                "conversation": {"id": place.channel, "conversationType": reference.kind},
            }
        try:
            return await self._connector.call(method, reference.service, path, body, place.channel)
        except Rejected as error:
            if str(error).startswith(_BLOCKED):
                await self._references.blocked(place)
            raise

    # ---- people and places ----------------------------------------------------------------

    async def direct(self, sender: Sender) -> Place:
        seen = await self._references.user(sender.user)
        if seen is None:
            raise Rejected("user_unknown")
        chat = seen.get("direct")
        if chat is None:
            body = {
                "isGroup": False,
                "bot": {"id": seen["bot"]},
                "members": [{"id": sender.user}],
                "tenantId": sender.workspace,
                "channelData": {"tenant": {"id": sender.workspace}},
            }
            made = await self._connector.call("POST", seen["service"], "v3/conversations", body)
            chat = str(made["id"])
            await self._references.made(sender.user, seen, chat)
        return Place(platform=PLATFORM, workspace=sender.workspace, channel=chat)

    async def profile(self, sender: Sender) -> Profile | None:
        seen = await self._references.user(sender.user)
        if seen is None:
            return None
        path = f"v3/conversations/{quote(seen['conversation'], safe=':;=@')}/members/"
        try:
            member = await self._connector.call(
                "GET", seen["service"], path + quote(sender.user, safe=":")
            )
        except Rejected as error:
            if _is_gone(error):
                return None
            raise
        return _profile(member, sender.workspace)

    async def probe(self, place: Place) -> Audience:
        reference = await self._references.of(place)
        probe = await self._post(place, render.status(_PROBE))
        with suppress(PortError):  # It has shown that the bot can write here.
            await self.delete(place, probe)
        if reference.kind == "personal":
            return Audience.DIRECT
        path = f"v3/conversations/{quote(place.channel, safe=':;=@')}/pagedmembers?pageSize=200"
        page = await self._connector.call("GET", reference.service, path)
        if any(_profile(x, place.workspace).outside for x in page.get("members", [])):
            return Audience.SHARED
        if place.audience in (Audience.SHARED, Audience.PRIVATE):
            return place.audience
        return Audience.PRIVATE if reference.kind == "groupChat" else Audience.PUBLIC

    # ---- drafts ---------------------------------------------------------------------------

    async def begin(self, place: Place, status: str, key: str) -> str | None:
        streams = place.audience is Audience.DIRECT
        first = render.informative(status) if streams else render.status(status)
        try:
            message = await self._post(place, first)
        except PortError as error:
            logger.warning("status line not shown", extra={"key": key, "code": str(error)})
            return None
        now = self._clock.monotonic()
        self._drafts[message] = Draft(stream=streams, begun=now, last=now)
        if len(self._drafts) > _KEPT:
            self._drafts.popitem(last=False)
        return message

    async def show(self, place: Place, message: str, text: str) -> None:
        now = self._clock.monotonic()
        draft = self._drafts.setdefault(message, Draft(stream=False, begun=now, last=0))
        if draft.dead or now - draft.last < _PAUSE:
            return  # The next piece brings this one too, or the answer does.
        draft.last = now
        try:
            await self._show(place, message, draft, text)
        except Rejected as error:
            draft.dead = True
            if "cancel" in str(error).lower():
                await self._tell_stopped(place, message)
            logger.info("draft not shown", extra={"code": str(error)})
        except PortError as error:
            logger.info("draft not shown", extra={"code": str(error)})

    async def _show(self, place: Place, message: str, draft: Draft, text: str) -> None:
        reference = await self._references.of(place)
        if not draft.stream:
            await self._call("PUT", place, reference, render.draft(text), message)
            return
        if self._clock.monotonic() - draft.begun > _LIFE or not text.startswith(draft.shown):
            # Teams takes only what extends the former words: the answer replaces it.
            draft.dead = True
            return
        draft.sequence += 1
        await self._call("POST", place, reference, render.streaming(text, message, draft.sequence))
        draft.shown = text

    async def _tell_stopped(self, place: Place, message: str) -> None:
        reference = await self._references.of(place)
        if self.stopped is None or not reference.user:
            return
        sender = Sender(platform=PLATFORM, workspace=place.workspace, user=reference.user)
        try:
            await self.stopped(
                Stopped(
                    id=f"teams:stopped:{place.channel}:{message}",
                    organisation=self._organisation,
                    at=self._clock.now(),
                    sender=sender,
                    place=place,
                )
            )
        except PortError as error:
            logger.warning("stop not taken", extra={"code": str(error)})


def _is_gone(error: Rejected) -> bool:
    code = str(error)
    return code.startswith(("404", "ActivityNotFound", "MemberNotFound", "NotFound"))


def _profile(member: Mapping[str, Any], tenant: str) -> Profile:
    email = str(member.get("email") or member.get("userPrincipalName") or "").lower()
    guest = str(member.get("userRole") or "").lower() in ("guest", "anonymous")
    other = str(member.get("tenantId") or tenant) != tenant
    return Profile(
        name=str(member.get("name") or ""),
        email=email or None,
        outside=guest or other or "#ext#" in email,
    )
