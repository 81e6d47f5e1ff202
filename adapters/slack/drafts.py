"""The answer while it is being made: Slack's own streams within their budget, else updates."""

import logging
from collections import OrderedDict, deque
from dataclasses import dataclass, field

from adapters.slack import render
from adapters.slack.client import Web
from bot.ports import Clock, PortError

logger = logging.getLogger(__name__)

STREAMS = 18
"""Begun in a minute in one workspace: Slack allows about 20 (`chat.startStream`, tier 2)."""
LIFE = 240.0
"""Seconds; Slack ends a stream after about 300."""
_PAUSES = {True: 0.6, False: 1.3}
"""Seconds between two pieces: `chat.appendStream` is tier 4, `chat.update` tier 3."""
_KEPT = 1000
TASK = "answer"


@dataclass(slots=True, kw_only=True)
class Draft:
    streams: bool
    begun: float
    shown: str = ""
    last: float = 0.0


@dataclass(slots=True)
class Budget:
    """Streams begun in the last minute."""

    begun: deque[float] = field(default_factory=deque[float])

    def take(self, now: float) -> bool:
        while self.begun and now - self.begun[0] >= 60:
            self.begun.popleft()
        if len(self.begun) >= STREAMS:
            return False
        self.begun.append(now)
        return True


class Drafts:
    """Those that this process shows. Another process ends them by what Slack says of them."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._drafts: OrderedDict[tuple[str, str], Draft] = OrderedDict()
        self._budgets: dict[str, Budget] = {}

    def may_stream(self, team: str) -> bool:
        return self._budgets.setdefault(team, Budget()).take(self._clock.monotonic())

    def began(self, channel: str, ts: str, *, streams: bool) -> None:
        self._drafts[channel, ts] = Draft(streams=streams, begun=self._clock.monotonic())
        if len(self._drafts) > _KEPT:
            self._drafts.popitem(last=False)

    async def show(self, web: Web, channel: str, ts: str, text: str) -> None:
        draft = self._drafts.setdefault(
            (channel, ts), Draft(streams=False, begun=self._clock.monotonic())
        )
        now = self._clock.monotonic()
        if now - draft.last < _PAUSES[draft.streams] and draft.shown:
            return  # The next piece brings this one too, or the answer does.
        draft.last = now
        if draft.streams and (now - draft.begun > LIFE or not text.startswith(draft.shown)):
            await self.stop(web, channel, ts)
            draft.streams = False
        try:
            if draft.streams:
                await _append(web, channel, ts, text[len(draft.shown) :])
            else:
                await _replace(web, channel, ts, text)
        except PortError as error:
            logger.info("draft not shown", extra={"ts": ts, "code": str(error)})
            draft.streams = False
        else:
            draft.shown = text

    async def end(self, web: Web, channel: str, ts: str) -> None:
        """The answer takes its place."""
        draft = self._drafts.pop((channel, ts), None)
        if draft and draft.streams:
            await self.stop(web, channel, ts)

    async def stop(self, web: Web, channel: str, ts: str) -> None:
        """Also one that has ended by itself, or was begun by another process."""
        try:
            await web.call("chat_stopStream", channel=channel, ts=ts, session_status="active")
        except PortError as error:
            logger.info("stream had ended", extra={"ts": ts, "code": str(error)})


async def _append(web: Web, channel: str, ts: str, more: str) -> None:
    chunk = {"type": "markdown_text", "text": render.defused(more)}
    await web.call("chat_appendStream", channel=channel, ts=ts, chunks=[chunk])


async def _replace(web: Web, channel: str, ts: str, text: str) -> None:
    shown = render.draft(text)
    await web.call("chat_update", channel=channel, ts=ts, text=shown.text, blocks=shown.blocks)
