"""What a page's people see, as it changes: the events of one open page."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from adapters.web.feed import Feed
from adapters.web.render import Json
from adapters.web.rooms import ROOMS, SamplePerson
from adapters.web.workspace import WebMessage, Workspace
from bot.ports import PortError

_BEAT = 15.0
"""Seconds without a change before the page hears that it is still connected."""
_FIRST = 500
"""Messages that a page is given at first: the newest."""
_BATCH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A record of the audit."""

    number: int
    """Ascending."""
    event: str
    """The same for the steps of one turn."""
    step: str
    facts: Mapping[str, str]
    at: datetime


class Steps(Protocol):
    async def __call__(self, organisation: str, after: int) -> Sequence[Step]:
        """The records after this number, oldest first. After 0: those of the last turns only."""
        ...


@dataclass(slots=True, kw_only=True)
class Stream:
    """Mutable: it goes on from where it is."""

    workspace: Workspace
    feed: Feed
    steps: Steps
    now: Callable[[], datetime]
    readers: Sequence[SamplePerson]
    position: int
    step: int
    _hidden: Json | None = None

    async def events(self) -> AsyncGenerator[str, None]:
        """Ends when the process does. A database that is away is waited for."""
        ready = False
        while not self.feed.ended:
            change = self.feed.change
            with suppress(PortError):
                async for event in self._catch_up():
                    yield event
                if not ready:
                    ready = True
                    yield self._event("ready", {})
            yield self._event("clock", self._clock())
            with suppress(TimeoutError):
                async with asyncio.timeout(_BEAT):
                    await change.wait()

    async def _catch_up(self) -> AsyncGenerator[str, None]:
        if self.position > await self.workspace.last():
            # What this page has seen is no more: somebody began with another database.
            self.position = self.step = 0
            yield self._event("anew", {})
        if self.position == 0:
            channels = {x for reader in self.readers for x in (reader.chat, *reader.channels)}
            accounts = [x.id for x in self.readers]
            for message in await self.workspace.newest(sorted(channels), accounts, _FIRST):
                yield self._message(message)
        while batch := await self.workspace.after(self.position, _BATCH):
            for message in batch:
                yield self._message(message)
        hidden = await self._out_of_sight()
        if hidden != self._hidden:
            self._hidden = hidden
            yield self._event("hidden", hidden)
        taken = await self.steps(self.workspace.organisation, self.step)
        if taken:
            self.step = taken[-1].number
            yield self._event("steps", {"steps": [_step(x) for x in taken]})

    def _message(self, message: WebMessage) -> str:
        self.position = message.position
        seen_by = [
            x.id
            for x in self.readers
            if x.reads(message.channel) and message.only_for in (None, x.id)
        ]
        if not seen_by:
            return self._event("position", {})
        if message.body is None:
            return self._event("gone", {"id": message.id})
        shown: Json = {
            "id": message.id,
            "channel": message.channel,
            "thread": message.thread,
            "author": message.author,
            "draft": message.draft,
            "private": message.only_for is not None,
            "born": message.born,
            "at": message.at.isoformat(),
            "seen_by": seen_by,
            "body": message.body,
        }
        return self._event("message", shown)

    async def _out_of_sight(self) -> Json:
        """The rooms in which something is, but not for this reader: where, and how new."""
        lively = await self.workspace.lively(tuple(ROOMS))
        return {
            reader.id: {room: at for room, at in lively.items() if not reader.reads(room)}
            for reader in self.readers
        }

    def _clock(self) -> Json:
        now = self.now()
        ahead = round((now - datetime.now(UTC)).total_seconds() / 60)
        return {"now": now.isoformat(), "ahead": ahead}

    def _event(self, name: str, body: Json) -> str:
        data = json.dumps(body, ensure_ascii=False)
        return f"event: {name}\nid: {self.position}-{self.step}\ndata: {data}\n\n"


def _step(step: Step) -> Json:
    return {
        "number": step.number,
        "event": step.event,
        "step": step.step,
        "facts": dict(step.facts),
        "at": step.at.isoformat(),
    }
