"""A model endpoint in a process of its own: a search first, then 43 pieces of an answer."""

import json
import sys

from aiohttp import web

_WORDS = "Quit the client, switch to another network, and connect again. ".split(" ")
PIECES = [f"{_WORDS[i % len(_WORDS)]} " for i in range(42)] + ["[1]"]


async def think(request: web.Request) -> web.StreamResponse:
    asked = await request.json()
    searched = any(x["role"] == "tool" for x in asked["messages"])
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    if searched:
        for piece in PIECES:
            await response.write(_chunk({"content": piece}, None))
        await response.write(_chunk({}, "stop"))
    else:
        call = {"name": "search_handbook", "arguments": '{"query": "vpn keeps dropping"}'}
        delta = {"tool_calls": [{"index": 0, "id": "c1", "type": "function", "function": call}]}
        await response.write(_chunk(delta, None))
        await response.write(_chunk({}, "tool_calls"))
    await response.write(_chunk(None, None))
    await response.write(b"data: [DONE]\n\n")
    return response


def _chunk(delta: object, finish: str | None) -> bytes:
    """With neither: what it cost."""
    body: dict[str, object] = {
        "id": "c",
        "object": "chat.completion.chunk",
        "created": 0,
        "model": "bench",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    }
    if delta is None:
        body["choices"] = []
        body["usage"] = {"prompt_tokens": 900, "completion_tokens": 60, "total_tokens": 960}
    return b"data: " + json.dumps(body).encode() + b"\n\n"


if __name__ == "__main__":
    application = web.Application()
    application.router.add_post("/v1/chat/completions", think)
    web.run_app(application, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)
