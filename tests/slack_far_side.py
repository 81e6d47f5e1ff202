"""A strict Slack: what its Web API accepts, refuses and forgets, and the calls that it makes."""

import hashlib
import hmac
import json
import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import urlencode

import aiohttp
from aiohttp import WSMsgType, web

from adapters import manifest
from tests.slack_blocks import check

TEAM, BOT, APP, TOKEN, APP_TOKEN, SECRET = (
    "T1", "UBOT", "BBOT", "xoxb-test", "xapp-test", "shhh",
)  # fmt: skip
STREAM_LIFE = 300.0


@dataclass
class Refusal(Exception):
    error: str
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


def person(id: str, email: str, name: str = "", **more: Any) -> dict[str, Any]:
    profile = {"email": email, "real_name": name or id}
    return {
        "id": id, "team_id": TEAM, "name": id.lower(), "tz": "Europe/Berlin", "locale": "en-US",
        "profile": profile, **more,
    }  # fmt: skip


class FarSlack:
    """Its state is plain: tests read and change it."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.monotonic = monotonic
        self.users = {BOT: person(BOT, "", "Handrail", is_bot=True)}
        self.channels: dict[str, dict[str, Any]] = {}
        self.posted: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.scopes = manifest.slack_scopes()
        self.views: list[dict[str, Any]] = []
        self.homes: dict[str, dict[str, Any]] = {}
        self.prompts: list[Any] = []
        self.sessions: dict[tuple[str, str], str] = {}
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.refusals: dict[str, deque[Refusal]] = defaultdict(deque)
        self.lose_answer: set[str] = set()
        """Methods whose next call is done, and its answer lost with the connection."""
        self.triggers: dict[str, float] = {}
        self.sockets: list[web.WebSocketResponse] = []
        self.acks: dict[str, Any] = {}
        self._ts = count(1_795_000_001)
        self._runner: web.AppRunner | None = None
        self.url = ""

    # ---- life ---------------------------------------------------------------------------------

    async def start(self) -> "FarSlack":
        application = web.Application(client_max_size=10_000_000)
        application.router.add_route("*", "/api/{method}", self._call)
        application.router.add_get("/socket", self._socket)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{port}/api/"
        return self

    async def stop(self) -> None:
        assert self._runner
        for socket in self.sockets:
            await socket.close()
        await self._runner.cleanup()

    def chat(self, id: str, user: str) -> str:
        self.channels[id] = {"id": id, "is_im": True, "user": user, "members": [user, BOT]}
        return id

    def room(self, id: str, *members: str, **more: Any) -> str:
        self.channels[id] = {"id": id, "name": id.lower(), "members": [*members, BOT], **more}
        return id

    def messages(self, channel: str, thread: str | None = None) -> list[dict[str, Any]]:
        """What stands there for all: in the channel itself, or under a thread's root."""
        return [
            x
            for x in self.posted[channel]
            if x.get("thread_ts") == thread and x["ts"] != thread and "only_for" not in x
        ]

    # ---- the Web API --------------------------------------------------------------------------

    async def _call(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        arguments = await _arguments(request)
        self.calls.append((method, arguments))
        try:
            self._authorized(request, method, arguments)
            if self.refusals[method]:
                raise self.refusals[method].popleft()
            answer = getattr(self, "_" + method.replace(".", "_"))(**arguments)
        except AttributeError:
            return web.json_response({"ok": False, "error": "unknown_method"})
        except Refusal as refusal:
            body = {"ok": False, "error": refusal.error}
            return web.json_response(body, status=refusal.status, headers=refusal.headers)
        if method in self.lose_answer:
            self.lose_answer.discard(method)
            assert request.transport
            request.transport.abort()
        return web.json_response(
            {"ok": True, **answer}, headers={"x-oauth-scopes": ",".join(self.scopes)}
        )

    def _authorized(self, request: web.Request, method: str, arguments: dict[str, Any]) -> None:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        token = token or str(arguments.pop("token", ""))
        arguments.pop("token", None)
        wanted = APP_TOKEN if method == "apps.connections.open" else TOKEN
        if token != wanted:
            raise Refusal("invalid_auth")

    def _auth_test(self) -> dict[str, Any]:
        return {"team_id": TEAM, "user_id": BOT, "bot_id": APP, "team": "Fernhill"}

    def _apps_connections_open(self) -> dict[str, Any]:
        return {"url": self.url.replace("http", "ws").replace("/api/", "/socket")}

    def _channel(self, channel: str) -> dict[str, Any]:
        if channel not in self.channels:
            raise Refusal("channel_not_found")
        return self.channels[channel]

    def _find(self, channel: str, ts: str) -> dict[str, Any]:
        for message in self.posted[channel]:
            if message["ts"] == ts and "only_for" not in message:
                return message
        raise Refusal("message_not_found")

    def _put(self, channel: str, **message: Any) -> dict[str, Any]:
        if BOT not in self._channel(channel)["members"]:
            raise Refusal("not_in_channel")
        thread = message.get("thread_ts")
        if thread is None:
            message.pop("thread_ts", None)
        kept = {"ts": f"{next(self._ts)}.000100", "user": BOT, "bot_id": APP, **message}
        self.posted[channel].append(kept)
        return kept

    def _content(self, text: str | None, blocks: Any) -> dict[str, Any]:
        parsed = json.loads(blocks) if isinstance(blocks, str) else blocks or []
        if not text and not parsed:
            raise Refusal("no_text")
        if text and len(text) > 40_000:
            raise Refusal("msg_too_long")
        try:
            check(parsed)
        except AssertionError as error:
            raise Refusal(f"invalid_blocks: {error}") from error
        return {"text": text or "", "blocks": parsed}

    def _chat_postMessage(
        self, channel: str, text: str = "", blocks: Any = None, thread_ts: str | None = None,
        metadata: Any = None, **_: Any,
    ) -> dict[str, Any]:  # fmt: skip
        content = self._content(text, blocks)
        if isinstance(metadata, str):
            metadata = json.loads(metadata)
        kept = self._put(channel, thread_ts=thread_ts, metadata=metadata, **content)
        return {"ts": kept["ts"], "channel": channel}

    def _chat_postEphemeral(
        self, channel: str, user: str, text: str = "", blocks: Any = None,
        thread_ts: str | None = None, **_: Any,
    ) -> dict[str, Any]:  # fmt: skip
        if user not in self._channel(channel)["members"]:
            raise Refusal("user_not_in_channel")
        content = self._content(text, blocks)
        kept = self._put(channel, thread_ts=thread_ts, only_for=user, **content)
        return {"message_ts": kept["ts"]}

    def _chat_update(
        self, channel: str, ts: str, text: str = "", blocks: Any = None, **_: Any
    ) -> dict[str, Any]:
        message = self._find(channel, ts)
        if self._streams(message):
            raise Refusal("streaming_state_conflict")
        message.update(self._content(text, blocks))
        return {"ts": ts}

    def _chat_delete(self, channel: str, ts: str) -> dict[str, Any]:
        self.posted[channel].remove(self._find(channel, ts))
        return {"ts": ts}

    def _streams(self, message: dict[str, Any]) -> bool:
        begun = message.get("stream")
        if begun is not None and self.monotonic() - begun > STREAM_LIFE:
            message["stream"] = begun = None
            message.pop("streaming_state", None)
        return begun is not None

    def _chat_startStream(
        self, channel: str, thread_ts: str, chunks: Any = None, **_: Any
    ) -> dict[str, Any]:
        self._channel(channel)
        kept = self._put(
            channel, thread_ts=thread_ts, text="", blocks=[], stream=self.monotonic(),
            streaming_state="in_progress", status=_parsed(chunks),
        )  # fmt: skip
        return {"ts": kept["ts"], "channel": channel}

    def _chat_appendStream(
        self, channel: str, ts: str, chunks: Any = None, **_: Any
    ) -> dict[str, Any]:
        message = self._find(channel, ts)
        if not self._streams(message):
            raise Refusal("message_not_in_streaming_state")
        for chunk in _parsed(chunks):
            if chunk["type"] != "markdown_text" or not 0 < len(chunk["text"]) <= 12_000:
                raise Refusal("invalid_chunks")
            message["text"] += chunk["text"]
        message.pop("status", None)
        return {"ts": ts}

    def _chat_stopStream(
        self, channel: str, ts: str, session_status: str | None = None, **_: Any
    ) -> dict[str, Any]:
        message = self._find(channel, ts)
        if not self._streams(message):
            raise Refusal("message_not_in_streaming_state")
        message["stream"] = None
        message.pop("streaming_state", None)
        if session_status:
            self.sessions[channel, message.get("thread_ts", "")] = session_status
        return {"ts": ts}

    def _agents_sessions_setStatus(
        self, channel_id: str, status: str, thread_ts: str = "", **_: Any
    ) -> dict[str, Any]:
        if status not in ("processing", "active", "suspended", "closed"):
            raise Refusal("invalid_arguments")
        self.sessions[channel_id, thread_ts] = status
        return {}

    def _assistant_threads_setSuggestedPrompts(
        self, channel_id: str, prompts: Any, thread_ts: str = "", **_: Any
    ) -> dict[str, Any]:
        parsed = _parsed(prompts)
        if not 0 < len(parsed) <= 4:
            raise Refusal("invalid_arguments")
        self.prompts.append(parsed)
        return {}

    def _conversations_open(self, users: str, **_: Any) -> dict[str, Any]:
        if users not in self.users:
            raise Refusal("user_not_found")
        for id, channel in self.channels.items():
            if channel.get("user") == users:
                return {"channel": {"id": id}}
        return {"channel": {"id": self.chat(f"D{users[1:]}", users)}}

    def _conversations_info(self, channel: str, **_: Any) -> dict[str, Any]:
        return {"channel": self._channel(channel)}

    def _conversations_members(self, channel: str, **_: Any) -> dict[str, Any]:
        return {"members": self._channel(channel)["members"]}

    def _conversations_history(
        self, channel: str, limit: Any = 100, cursor: str = "", **_: Any
    ) -> dict[str, Any]:
        self._channel(channel)
        newest = [x for x in reversed(self.posted[channel]) if "only_for" not in x]
        return _page([x for x in newest if not x.get("thread_ts")], int(limit), cursor)

    def _conversations_replies(
        self, channel: str, ts: str, limit: Any = 100, cursor: str = "", **_: Any
    ) -> dict[str, Any]:
        self._channel(channel)
        own = [x for x in self.posted[channel] if ts in (x["ts"], x.get("thread_ts"))]
        return _page([x for x in own if "only_for" not in x], int(limit), cursor)

    def _users_info(self, user: str, **_: Any) -> dict[str, Any]:
        if user not in self.users:
            raise Refusal("user_not_found")
        return {"user": self.users[user]}

    def _views_open(self, trigger_id: str, view: Any, **_: Any) -> dict[str, Any]:
        made = self.triggers.pop(trigger_id, None)
        if made is None or self.monotonic() - made > 3:
            raise Refusal("expired_trigger_id")
        parsed = _parsed(view)
        self._view(parsed)
        kept = {"id": f"V{len(self.views) + 1}", **parsed}
        self.views.append(kept)
        return {"view": kept}

    def _views_publish(self, user_id: str, view: Any, **_: Any) -> dict[str, Any]:
        self.homes[user_id] = _parsed(view)
        check(self.homes[user_id]["blocks"], most=100)
        return {}

    def _view(self, view: dict[str, Any]) -> None:
        try:
            check(view["blocks"], most=100)
            assert len(view["title"]["text"]) <= 24, "title"
            assert len(view.get("private_metadata", "")) <= 3000, "metadata"
            inputs = [x for x in view["blocks"] if x["type"] == "input"]
            assert not inputs or "submit" in view, "an input wants a submit"
        except AssertionError as error:
            raise Refusal(f"invalid_arguments: {error}") from error

    # ---- what Slack calls ---------------------------------------------------------------------

    def trigger(self) -> str:
        id = f"trigger-{next(self._ts)}"
        self.triggers[id] = self.monotonic()
        return id

    def says(self, channel: str, user: str, text: str, thread: str | None = None) -> dict[str, Any]:
        """A person's message, and the event that tells of it."""
        message = {"ts": f"{next(self._ts)}.000200", "user": user, "text": text}
        if thread:
            message["thread_ts"] = thread
        self.posted[channel].append(message)
        kind = "im" if self.channels[channel].get("is_im") else "channel"
        if self.channels[channel].get("is_private"):
            kind = "group"
        return self.envelope(
            {"type": "message", "channel": channel, "channel_type": kind, **message}
        )

    def envelope(self, event: dict[str, Any], **more: Any) -> dict[str, Any]:
        number = next(self._ts)
        stamp = event.get("ts") or f"{number}.000300"
        return {
            "type": "event_callback", "team_id": TEAM, "api_app_id": "A1",
            "event_id": f"Ev{number}", "event_time": number,
            "event": {"event_ts": stamp, **event},
            "authorizations": [{"team_id": TEAM, "user_id": BOT, "is_bot": True}], **more,
        }  # fmt: skip

    def pressed(
        self, channel: str, user: str, message: dict[str, Any], action: dict[str, Any]
    ) -> dict[str, Any]:
        container = {"type": "message", "message_ts": message["ts"], "channel_id": channel}
        if "thread_ts" in message:
            container["thread_ts"] = message["thread_ts"]
        private = self.channels[channel].get("is_private")
        name = "directmessage" if channel.startswith("D") else "privategroup" if private else "x"
        action = {"action_ts": f"{next(self._ts)}.1", **action}
        return {
            "type": "block_actions", "team": {"id": TEAM}, "user": {"id": user, "name": user},
            "channel": {"id": channel, "name": name}, "container": container,
            "message": message, "actions": [action], "trigger_id": self.trigger(),
        }  # fmt: skip

    def button(self, channel: str, user: str, label: str) -> dict[str, Any]:
        """The newest button of this label in the channel, as pressed by this person."""
        for message in reversed(self.posted[channel]):
            for block in message.get("blocks", ()):
                for element in block.get("elements", ()):
                    if element.get("text", {}) and _label(element) == label:
                        action = {
                            "type": "button", "action_id": element["action_id"],
                            "value": element.get("value"),
                        }  # fmt: skip
                        return self.pressed(channel, user, message, action)
        raise AssertionError(f"no button {label} in {channel}")

    def submitted(self, user: str, text: str | None) -> dict[str, Any]:
        """The newest modal, sent with this text in each of its fields. None: as it opened."""
        view = self.views[-1]
        inputs = {x["block_id"]: x["element"] for x in view["blocks"] if x["type"] == "input"}
        filled = {k: text or x.get("initial_value") for k, x in inputs.items()}
        values = {k: {"value": {"type": "plain_text_input", "value": x}} for k, x in filled.items()}
        return {
            "type": "view_submission", "team": {"id": TEAM}, "user": {"id": user, "name": user},
            "view": {**view, "state": {"values": values}}, "trigger_id": self.trigger(),
        }  # fmt: skip

    def slash(self, channel: str, user: str, text: str) -> dict[str, Any]:
        private = self.channels[channel].get("is_private")
        return {
            "command": "/handrail", "text": text, "team_id": TEAM, "channel_id": channel,
            "channel_name": "privategroup" if private else "x", "user_id": user,
            "user_name": user, "trigger_id": self.trigger(), "api_app_id": "A1",
        }  # fmt: skip

    async def deliver(
        self, session: aiohttp.ClientSession, url: str, body: dict[str, Any], *,
        late: int = 0, secret: str = SECRET, change: str = "",
    ) -> tuple[int, str]:  # fmt: skip
        """Signed as Slack signs, so many seconds ago; `change` is added to the body after it."""
        if "command" in body:
            raw, kind = urlencode(body), "application/x-www-form-urlencoded"
        elif body["type"] == "event_callback":
            raw, kind = json.dumps(body), "application/json"
        else:
            raw = urlencode({"payload": json.dumps(body)})
            kind = "application/x-www-form-urlencoded"
        stamp = str(int(time.time()) - late)
        signed = f"v0:{stamp}:{raw}".encode()
        signature = "v0=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": kind, "X-Slack-Signature": signature,
            "X-Slack-Request-Timestamp": stamp,
        }  # fmt: skip
        async with session.post(url, data=(raw + change).encode(), headers=headers) as answer:
            return answer.status, await answer.text()

    # ---- Socket Mode --------------------------------------------------------------------------

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.sockets.append(socket)
        await socket.send_json({"type": "hello", "num_connections": 1})
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                ack = json.loads(message.data)
                self.acks[ack["envelope_id"]] = ack.get("payload")
        return socket

    async def send(self, kind: str, payload: dict[str, Any]) -> str:
        """Over the newest socket; returns the envelope's id, to look for in `acks`."""
        id = f"envelope-{next(self._ts)}"
        await self.sockets[-1].send_json(
            {"type": kind, "envelope_id": id, "payload": payload, "accepts_response_payload": True}
        )
        return id


def _label(element: dict[str, Any]) -> str:
    text = element.get("text")
    return text.get("text", "") if isinstance(text, dict) else ""


def _parsed(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value or []


def _page(messages: list[dict[str, Any]], limit: int, cursor: str) -> dict[str, Any]:
    begin = int(cursor or 0)
    more = str(begin + limit) if begin + limit < len(messages) else ""
    return {
        "messages": messages[begin : begin + limit],
        "response_metadata": {"next_cursor": more},
    }


async def _arguments(request: web.Request) -> dict[str, Any]:
    arguments: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        arguments |= await request.json()
    elif request.method == "POST":
        arguments |= {k: v for k, v in (await request.post()).items() if isinstance(v, str)}
    return arguments
