"""A model endpoint and a message platform that survive what is killed around them."""

import asyncio
import json
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from aiohttp import web

MARKER = re.compile(r"\be\d+\b")


@dataclass
class FarSide:
    """What the world outside got to see."""

    rng: random.Random
    model_seconds: float = 0.1
    send_seconds: float = 0.05
    lost_answers: float = 0.05
    """The share of posts that arrive, and whose sender never hears of it."""
    messages: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    order: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    """(place, marker), as answers first appeared."""
    effects: list[str] = field(default_factory=list[str])
    """The key of each tool call that arrived; an equal key is the same deed."""
    model_calls: int = 0
    posts: int = 0

    def application(self) -> web.Application:
        application = web.Application()
        application.add_routes(
            [
                web.post("/v1/chat/completions", self._think),
                web.post("/messages", self._post),
                web.put("/messages/{id}", self._update),
                web.delete("/messages/{id}", self._delete),
                web.get("/messages", self._find),
                web.post("/effects", self._act),
            ]
        )
        return application

    async def _think(self, request: web.Request) -> web.StreamResponse:
        self.model_calls += 1
        prompt = await request.json()
        asked = [x for x in prompt["messages"] if x["role"] == "user"]
        marker = MARKER.findall(asked[-1]["content"])[-1]
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        if not any(x["role"] == "tool" for x in prompt["messages"]):
            call = {"name": "look_up", "arguments": "{}"}
            delta = {"tool_calls": [{"index": 0, "id": "c", "type": "function", "function": call}]}
            await response.write(_chunk(delta, None))
            await response.write(_chunk({}, "tool_calls") + b"data: [DONE]\n\n")
            return response
        words = f"I read your message. Is it about {marker}?".split(" ")
        for word in words:
            await asyncio.sleep(self.model_seconds / len(words))
            await response.write(_chunk({"content": word + " "}, None))
        await response.write(_chunk({}, "stop") + b"data: [DONE]\n\n")
        return response

    async def _post(self, request: web.Request) -> web.StreamResponse:
        said = await request.json()
        await asyncio.sleep(self.rng.uniform(0.4, 1.6) * self.send_seconds)
        self.posts += 1
        id = f"m{self.posts}"
        self.messages[id] = said
        self._appeared(said)
        if self.rng.random() < self.lost_answers and request.transport:
            request.transport.close()
        return web.json_response({"id": id})

    async def _update(self, request: web.Request) -> web.Response:
        id = request.match_info["id"]
        changed = await request.json()
        await asyncio.sleep(self.rng.uniform(0.4, 1.6) * self.send_seconds)
        if id not in self.messages:
            raise web.HTTPNotFound
        self.messages[id]["text"] = changed["text"]
        self._appeared(self.messages[id])
        return web.json_response({})

    async def _delete(self, request: web.Request) -> web.Response:
        self.messages.pop(request.match_info["id"], None)
        return web.json_response({})

    async def _find(self, request: web.Request) -> web.Response:
        found = [k for k, v in self.messages.items() if v["key"] == request.query["key"]]
        return web.json_response({"id": found[0] if found else None})

    async def _act(self, request: web.Request) -> web.Response:
        self.effects.append((await request.json())["key"])
        await asyncio.sleep(self.send_seconds)
        return web.json_response({})

    def _appeared(self, said: dict[str, str]) -> None:
        for marker in MARKER.findall(said["text"]):
            if (said["place"], marker) not in self.order:
                self.order.append((said["place"], marker))


def _chunk(delta: Mapping[str, object], finish: str | None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    body = {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": "far"}
    return b"data: " + json.dumps(body | {"choices": [choice]}).encode() + b"\n\n"
