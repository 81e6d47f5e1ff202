"""Sends to Slack."""

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import aiohttp

from adapters.register import Register
from adapters.slack import render
from adapters.slack.client import Web, inside
from adapters.slack.drafts import TASK, Drafts
from adapters.slack.terms import PLATFORM, Installation
from bot.people import Profile, Sender
from bot.place import Audience, Place
from bot.ports import Clock, PortError, Rejected
from bot.reply import Reply

logger = logging.getLogger(__name__)

_MARK = "handrail"
"""The type of our messages' metadata; its payload holds the delivery's key."""
_STREAMING = frozenset({"streaming_state_conflict", "message_in_streaming_state"})
_PAGES = 3
"""Of a hundred messages, looked through for one that may have been posted."""
_MEMBERS = 200
"""Of a channel, asked whether they are guests."""
_PROBE = "Handrail is checking who can read here, to post a queue's cards."


class SlackPlatform:
    """A `Platform`, and its `Drafts`, in every workspace where the app is installed."""

    name = PLATFORM

    def __init__(
        self, *, api_url: str, session: aiohttp.ClientSession, register: Register, clock: Clock
    ) -> None:
        self._api_url = api_url
        self._session = session
        self._register = register
        self._drafts = Drafts(clock)
        self._installed: dict[str, tuple[Installation, Web]] = {}

    # ---- installations --------------------------------------------------------------------

    async def install(self, token: str) -> Installation:
        """Learn whose token this is, and keep it. Raises `Rejected` with Slack's code."""
        who = await Web(token, self._api_url, self._session).call("auth_test")
        kept = {"token": token, "user": str(who["user_id"]), "bot": str(who.get("bot_id") or "")}
        await self._register.put(f"installation/{who['team_id']}", kept)
        self._installed.pop(str(who["team_id"]), None)
        return (await self.installed(str(who["team_id"])))[0]

    async def installed(self, team: str) -> tuple[Installation, Web]:
        """Raises `Rejected` when the app is not in this workspace."""
        if team not in self._installed:
            kept = await self._register.get(f"installation/{team}")
            if kept is None:
                raise Rejected("not_installed")
            app = Installation(team=team, user=kept["user"], bot=kept["bot"])
            self._installed[team] = app, Web(kept["token"], self._api_url, self._session)
        return self._installed[team]

    async def web(self, team: str) -> Web:
        return (await self.installed(team))[1]

    # ---- messages -------------------------------------------------------------------------

    async def post(self, place: Place, reply: Reply, key: str, only_for: str | None) -> str:
        web, message = await self.web(place.workspace), render.reply(reply)
        if only_for and place.audience is not Audience.DIRECT:
            answer = await web.call("chat_postEphemeral", 
                    channel=place.channel, user=only_for, thread_ts=place.thread,
                    text=message.text, blocks=message.blocks,
                )  # fmt: skip
            return str(answer["message_ts"])
        ts = await self._post(web, place, message, key)
        if reply.suggestions:
            await self._suggest(web, place, ts, reply.suggestions)
        return ts

    async def _post(self, web: Web, place: Place, message: render.Message, key: str) -> str:
        answer = await web.call(
            "chat_postMessage",
            channel=place.channel,
            thread_ts=place.thread,
            text=message.text,
            blocks=message.blocks,
            metadata={"event_type": _MARK, "event_payload": {"key": key}},
            unfurl_links=False,
            unfurl_media=False,
        )
        return str(answer["ts"])

    async def _suggest(self, web: Web, place: Place, ts: str, prompts: tuple[str, ...]) -> None:
        shown = [{"title": x, "message": x} for x in prompts[:4]]
        try:
            await web.call(
                "assistant_threads_setSuggestedPrompts",
                channel_id=place.channel,
                thread_ts=place.thread or ts,
                prompts=shown,
            )
        except PortError as error:  # They are an extra: the greeting stands.
            logger.info("prompts not shown", extra={"code": str(error)})

    async def update(self, place: Place, message: str, reply: Reply) -> None:
        web, shown = await self.web(place.workspace), render.reply(reply)
        await self._drafts.end(web, place.channel, message)
        try:
            await self._update(web, place, message, shown)
        except Rejected as error:
            if str(error) not in _STREAMING:
                raise
            # The process that streamed it has died.
            await self._drafts.stop(web, place.channel, message)
            await self._update(web, place, message, shown)

    async def _update(self, web: Web, place: Place, message: str, shown: render.Message) -> None:
        await web.call(
            "chat_update", channel=place.channel, ts=message, text=shown.text, blocks=shown.blocks
        )

    async def delete(self, place: Place, message: str) -> None:
        web = await self.web(place.workspace)
        await self._drafts.end(web, place.channel, message)
        try:
            await web.call("chat_delete", channel=place.channel, ts=message)
        except Rejected as error:
            if str(error) != "message_not_found":
                raise

    async def find(self, place: Place, key: str) -> str | None:
        app, web = await self.installed(place.workspace)
        cursor: str | None = None
        for _ in range(_PAGES):
            page = await self._page(web, place, cursor)
            for message in page["messages"]:
                if message.get("user") == app.user and _is(message, key):
                    return str(message["ts"])
            cursor = inside(page.get("response_metadata")).get("next_cursor")
            if not cursor:
                break
        return None

    async def _page(self, web: Web, place: Place, cursor: str | None) -> Mapping[str, Any]:
        where: dict[str, Any] = {
            "channel": place.channel, "cursor": cursor, "limit": 100,
            "include_all_metadata": True,
        }  # fmt: skip
        if place.thread:
            return await web.call("conversations_replies", ts=place.thread, **where)
        return await web.call("conversations_history", **where)

    # ---- people and places ----------------------------------------------------------------

    async def direct(self, sender: Sender) -> Place:
        web = await self.web(sender.workspace)
        answer = await web.call("conversations_open", users=sender.user)
        return Place(
            platform=PLATFORM, workspace=sender.workspace, channel=str(answer["channel"]["id"])
        )

    async def profile(self, sender: Sender) -> Profile | None:
        web = await self.web(sender.workspace)
        try:
            answer = await web.call("users_info", user=sender.user, include_locale=True)
        except Rejected as error:
            if str(error) in ("user_not_found", "user_not_visible", "not_installed"):
                return None
            raise
        return _profile(answer["user"], sender.workspace)

    async def probe(self, place: Place) -> Audience:
        web = await self.web(place.workspace)
        channel = (await web.call("conversations_info", channel=place.channel))["channel"]
        posted = render.status(_PROBE)
        ts = await self._post(web, place, posted, f"probe:{place.key}")
        with suppress(PortError):  # It has shown that the bot can write here.
            await self.delete(place, ts)
        if channel.get("is_ext_shared") or channel.get("is_shared"):
            return Audience.SHARED
        if channel.get("is_im"):
            return Audience.DIRECT
        if await self._has_guests(web, place):
            return Audience.SHARED
        private = channel.get("is_private") or channel.get("is_group") or channel.get("is_mpim")
        return Audience.PRIVATE if private else Audience.PUBLIC

    async def _has_guests(self, web: Web, place: Place) -> bool:
        page = await web.call("conversations_members", channel=place.channel, limit=_MEMBERS)
        for user in page["members"]:
            who = Sender(platform=PLATFORM, workspace=place.workspace, user=str(user))
            profile = (await web.call("users_info", user=who.user))["user"]
            if not profile.get("is_bot") and _profile(profile, place.workspace).outside:
                return True
        return False

    # ---- drafts ---------------------------------------------------------------------------

    async def begin(self, place: Place, status: str, key: str) -> str | None:
        try:
            web = await self.web(place.workspace)
            if place.audience is Audience.DIRECT and place.thread:
                ts = await self._stream(web, place, status)
                if ts:
                    return ts
            ts = await self._post(web, place, render.status(status), key)
        except PortError as error:
            logger.warning("status line not shown", extra={"key": key, "code": str(error)})
            return None
        self._drafts.began(place.channel, ts, streams=False)
        return ts

    async def _stream(self, web: Web, place: Place, status: str) -> str | None:
        """None: beyond the budget, or Slack would not."""
        assert place.thread
        if not self._drafts.may_stream(place.workspace):
            return None
        task = {"type": "task_update", "id": TASK, "title": status, "status": "in_progress"}
        # With a session that is at work Slack shows its own stop button.
        working = web.call(
            "agents_sessions_setStatus",
            channel_id=place.channel,
            thread_ts=place.thread,
            status="processing",
        )
        begin = web.call(
            "chat_startStream", channel=place.channel, thread_ts=place.thread, chunks=[task]
        )
        _, begun = await asyncio.gather(working, begin, return_exceptions=True)
        if isinstance(begun, BaseException):
            logger.info("no stream", extra={"code": str(begun)})
            return None
        ts = str(begun["ts"])
        self._drafts.began(place.channel, ts, streams=True)
        return ts

    async def show(self, place: Place, message: str, text: str) -> None:
        try:
            web = await self.web(place.workspace)
        except PortError:
            return
        await self._drafts.show(web, place.channel, message, text)


def _is(message: Mapping[str, Any], key: str) -> bool:
    """Marked with the key; or a stream that nobody ended: it cannot be marked, and only the
    place's present turn can have begun it."""
    payload = inside(inside(message.get("metadata")).get("event_payload"))
    return payload.get("key") == key or message.get("streaming_state") == "in_progress"


def _profile(user: Mapping[str, Any], team: str) -> Profile:
    shown: Mapping[str, Any] = user.get("profile") or {}
    outside = any(
        user.get(x)
        for x in ("is_restricted", "is_ultra_restricted", "is_bot", "is_stranger", "deleted")
    )
    name = shown.get("real_name") or user.get("real_name") or user.get("name")
    email = str(shown.get("email") or "").lower()
    return Profile(
        name=str(name or ""),
        email=email or None,
        locale=str(user.get("locale") or ""),
        timezone=str(user.get("tz") or ""),
        outside=outside or user.get("team_id", team) != team,
    )
