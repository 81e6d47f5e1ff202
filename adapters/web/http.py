"""The web console's routes, on the private listener of the demonstration."""

import asyncio
import re
from collections.abc import Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from adapters.web import handbook, inbound, render
from adapters.web.feed import Feed
from adapters.web.guard import Refused
from adapters.web.rooms import ROOMS, SamplePerson, place_of
from adapters.web.stream import Step, Stream
from adapters.web.workspace import Workspace
from bot.event import CardAction, Event
from bot.ports import Clock, Core

_PAGE = Path(__file__).parent / "page"
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_PATIENCE = 1.0
"""Seconds for what must be answered within the same response."""


class Stage(Protocol):
    """What a visitor can do with the demonstration itself."""

    async def steps(self, organisation: str, after: int) -> Sequence[Step]:
        """The audit's records after this number, oldest first; after 0, of the last turns only."""
        ...

    async def skip(self, minutes: int) -> None: ...

    async def reset(self) -> None:
        """Begin anew. Also calls `Workspace.clear`."""
        ...

    async def use_handbook(self, folder: str) -> str:
        """Returns what was read, in a sentence. Raises `ValueError` with one."""
        ...

    async def page(self, path: str) -> str | None:
        """A handbook page's Markdown. None: there is no such page."""
        ...


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Skip(_Body):
    minutes: int = Field(30, ge=1, le=24 * 60)


class _Reset(_Body):
    pass


class _Folder(_Body):
    folder: str = Field(min_length=1, max_length=4096)


B = TypeVar("B", bound=BaseModel)


@dataclass(frozen=True, slots=True, kw_only=True)
class Console:
    """The switch of identity is for the demonstration: with real people it is never served."""

    core: Core
    stage: Stage
    workspace: Workspace
    feed: Feed
    people: Sequence[SamplePerson]
    clock: Clock
    offline: bool
    """Answers are quoted from the handbook: nothing leaves this machine."""
    connect: str
    """Markdown: how to connect Slack or Teams."""

    def attach(self, application: web.Application) -> None:
        """To the private listener's application, before it starts."""
        application.add_routes(
            [
                web.get("/", self._index),
                web.get("/page/{name}", self._file),
                web.get("/handbook/{path:.+}", self._handbook),
                web.get("/api/here", self._here),
                web.get("/api/stream", self._stream),
                web.post("/api/open", self._open),
                web.post("/api/skip", self._skip),
                web.post("/api/reset", self._reset),
                web.post("/api/handbook", self._use_handbook),
                web.post("/api/{said:message|command|press|submit|stop}", self._said),
            ]
        )
        application.on_startup.append(self._start)
        application.on_shutdown.append(self._stop)

    async def _start(self, _: web.Application) -> None:
        self.feed.start()

    async def _stop(self, _: web.Application) -> None:
        await self.feed.stop()

    # ---- pages ----------------------------------------------------------------------------

    async def _index(self, request: web.Request) -> web.StreamResponse:
        return _served("index.html")

    async def _file(self, request: web.Request) -> web.StreamResponse:
        return _served(request.match_info["name"])

    async def _handbook(self, request: web.Request) -> web.StreamResponse:
        path = request.match_info["path"]
        plain = not re.search(r"(^|/)\.|[\\\0]", path)
        text = await self.stage.page(path) if plain else None
        html = handbook.missing() if text is None else handbook.page(path, text)
        status = 404 if text is None else 200
        return web.Response(text=html, status=status, content_type="text/html", charset="utf-8")

    # ---- what the page asks ---------------------------------------------------------------

    async def _here(self, request: web.Request) -> web.Response:
        first = {x.on_a_desk: x.id for x in reversed(self.people)}
        return web.json_response(
            {
                "organisation": self.workspace.organisation,
                "people": [_person(x) for x in self.people],
                "you": {"employee": first.get(False), "desk": first.get(True)},
                "offline": self.offline,
                "channels": [
                    {
                        "id": id,
                        "title": room.title,
                        "audience": room.audience.value,
                        "confidential": room.confidential,
                    }
                    for id, room in ROOMS.items()
                ],
                "connect": self.connect,
            }
        )

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        """`as` may be given more than once: one connection serves both sides of the page."""
        readers = [self._who(x) for x in dict.fromkeys(request.query.getall("as", []))]
        if not readers:
            raise Refused(400, "Say who is reading: ?as=")
        position, step = _resumed(request)
        stream = Stream(
            workspace=self.workspace, feed=self.feed, steps=self.stage.steps,
            now=self.clock.now, readers=readers, position=position, step=step,
        )  # fmt: skip
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        with suppress(ConnectionError):  # The page was closed.
            async with aclosing(stream.events()) as events:
                async for event in events:
                    await response.write(event.encode())
        return response

    # ---- what people do -------------------------------------------------------------------

    async def _said(self, request: web.Request) -> web.Response:
        said = await _body(request, inbound.SAID[request.match_info["said"]])
        who = self._who(said.account)
        if not who.reads(said.channel):
            raise Refused(403, f"{who.name} cannot see this channel.")
        organisation = self.workspace.organisation
        event = inbound.event(said, organisation, self.clock.now(), who.name)
        match said:
            case inbound.SaidMessage(text=text):
                await self._write(said, text)
            case inbound.SaidCommand():
                await self._write(said, inbound.echo(said), only_for=who.id)
            case _:
                pass
        if isinstance(event, CardAction):
            async with asyncio.timeout(_PATIENCE):
                answer = await self.core.answer_now(event)
            if answer is not None:
                return web.json_response(render.answer(answer))
        if event is not None and await self._for_the_bot(said, event):
            await self.core.accept(event)
        return web.json_response({})

    async def _write(self, said: inbound.Said, text: str, only_for: str | None = None) -> None:
        await self.workspace.put(
            place_of(said.channel, said.thread),
            {"text": text},
            id=str(said.id),
            author=said.account,
            only_for=only_for,
        )

    async def _for_the_bot(self, said: inbound.Said, event: Event) -> bool:
        """In a room's thread people also talk to each other."""
        if not isinstance(event, inbound.Message) or said.thread is None or event.mentioned:
            return True
        return await self.workspace.hears(event.place)

    async def _open(self, request: web.Request) -> web.Response:
        said = await _body(request, inbound.SaidOpen)
        who = self._who(said.account)
        if not await self.workspace.lively([who.chat]):
            since = await self.workspace.last(who.chat)
            organisation = self.workspace.organisation
            event = inbound.opened(said, organisation, self.clock.now(), since, who.name)
            if event is not None:
                await self.core.accept(event)
        return web.json_response({})

    # ---- the demonstration itself ---------------------------------------------------------

    async def _skip(self, request: web.Request) -> web.Response:
        await self.stage.skip((await _body(request, _Skip)).minutes)
        self.feed.wake()
        return web.json_response({})

    async def _reset(self, request: web.Request) -> web.Response:
        await _body(request, _Reset)
        await self.stage.reset()
        return web.json_response({})

    async def _use_handbook(self, request: web.Request) -> web.Response:
        folder = (await _body(request, _Folder)).folder
        try:
            return web.json_response({"text": await self.stage.use_handbook(folder)})
        except ValueError as error:
            raise Refused(400, str(error)) from error

    def _who(self, account: str) -> SamplePerson:
        for person in self.people:
            if person.id == account:
                return person
        raise Refused(404, "Nobody of the sample company has this name.")


async def _body(request: web.Request, kind: type[B]) -> B:
    try:
        return kind.model_validate_json(await request.read())
    except ValidationError as error:
        sentence = "The page sent something that Handrail does not understand. Reload it."
        raise Refused(400, sentence) from error


def _resumed(request: web.Request) -> tuple[int, int]:
    """Where the page stood when it lost the stream; the browser says so in a header."""
    last = request.headers.get("Last-Event-ID") or request.query.get("after", "")
    found = re.fullmatch(r"(\d{1,18})-(\d{1,18})", last)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _served(name: str) -> web.StreamResponse:
    file = _PAGE / name
    if file.parent != _PAGE or file.suffix not in _TYPES or not file.is_file():
        raise web.HTTPNotFound
    headers = {"Content-Type": _TYPES[file.suffix], "Cache-Control": "no-cache"}
    return web.FileResponse(file, headers=headers)


def _person(person: SamplePerson) -> render.Json:
    return {
        "id": person.id,
        "name": person.name,
        "role": person.role,
        "locale": person.locale,
        "desk": person.on_a_desk,
        "admin": person.admin,
        "chat": person.chat,
        "channels": list(person.channels),
    }
