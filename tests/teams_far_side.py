"""A strict Teams: its connector, keys and tokens, and the calls that it makes."""

import base64
import json
import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import aiohttp
import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.teams_cards import check

TENANT = "5f0d9a11-6a0c-4b6e-9a39-0a4f3c2f8b10"
APP = "0f0b9a52-3a36-4a4e-8a3e-2b6f9a1f7c11"
BOT = f"28:{APP}"
PASSWORD = "a password"
ISSUER = "https://api.botframework.com"
LIFE = 120.0


@dataclass
class Refusal(Exception):
    status: int
    code: str
    message: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


def _b64(number: int) -> str:
    raw = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class SigningKey:
    def __init__(self, kid: str) -> None:
        self.kid = kid
        self.private = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def jwk(self, *endorsements: str) -> dict[str, Any]:
        numbers = self.private.public_key().public_numbers()
        return {
            "kty": "RSA", "use": "sig", "kid": self.kid, "n": _b64(numbers.n), "e": _b64(numbers.e),
            "endorsements": list(endorsements),
        }  # fmt: skip


KEY, OTHER = SigningKey("k1"), SigningKey("k2")


@dataclass
class Stream:
    begun: float
    last: float
    sequence: int = 1
    text: str = ""
    done: bool = False
    cancelled: bool = False


class FarTeams:
    """Its state is plain: tests read and change it."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.monotonic = monotonic
        self.key, self.other = KEY, OTHER
        self.published = [self.key.jwk("msteams")]
        self.conversations: dict[str, dict[str, Any]] = {}
        self.members: dict[str, dict[str, Any]] = {}
        self.posted: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
        """By conversation (with its thread), then id: what stands there."""
        self.targeted: list[tuple[str, dict[str, Any]]] = []
        self.streams: dict[str, Stream] = {}
        self.calls: list[tuple[str, str, Any]] = []
        self.refusals: deque[Refusal] = deque()
        self.lose_answer = False
        self.tokens = 0
        self.key_fetches = 0
        self.keys_down = False
        self._sent: dict[str, deque[float]] = defaultdict(deque)
        self._ids = count(1_795_000_000_001)
        self._runner: web.AppRunner | None = None
        self.url = ""

    # ---- life ---------------------------------------------------------------------------------

    async def start(self) -> "FarTeams":
        application = web.Application(client_max_size=10_000_000)
        at = "/v3/conversations"
        application.add_routes(
            [
                web.get("/metadata", self._metadata),
                web.get("/keys", self._keys),
                web.post("/token", self._token),
                web.post(at, self._guarded(self._create)),
                web.post(at + "/{c}/activities", self._guarded(self._send)),
                web.put(at + "/{c}/activities/{a}", self._guarded(self._update)),
                web.delete(at + "/{c}/activities/{a}", self._guarded(self._delete)),
                web.get(at + "/{c}/members/{u}", self._guarded(self._member)),
                web.get(at + "/{c}/pagedmembers", self._guarded(self._paged)),
            ]
        )
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def stop(self) -> None:
        assert self._runner
        await self._runner.cleanup()

    def person(self, id: str, email: str, name: str = "", **more: Any) -> None:
        self.members[id] = {
            "id": id, "name": name or id, "email": email, "userPrincipalName": email,
            "tenantId": TENANT, "userRole": "user", **more,
        }  # fmt: skip

    def chat(self, id: str, user: str) -> str:
        self.conversations[id] = {"kind": "personal", "users": [user]}
        return id

    def room(self, id: str, kind: str, *users: str) -> str:
        self.conversations[id] = {"kind": kind, "users": list(users)}
        return id

    def messages(self, conversation: str, thread: str | None = None) -> list[dict[str, Any]]:
        suffix = f";messageid={thread}" if thread else ""
        return list(self.posted[f"{conversation}{suffix}"].values())

    # ---- keys and tokens ----------------------------------------------------------------------

    async def _metadata(self, _: web.Request) -> web.Response:
        return web.json_response({"issuer": ISSUER, "jwks_uri": f"{self.url}/keys"})

    async def _keys(self, _: web.Request) -> web.Response:
        self.key_fetches += 1
        if self.keys_down:
            return web.Response(status=500)
        return web.json_response({"keys": self.published})

    async def _token(self, request: web.Request) -> web.Response:
        form = await request.post()
        if (form["client_id"], form["client_secret"]) != (APP, PASSWORD):
            return web.json_response({"error": "invalid_client"}, status=401)
        self.tokens += 1
        return web.json_response({"access_token": f"token-{self.tokens}", "expires_in": 3599})

    # ---- the connector ------------------------------------------------------------------------

    def _guarded(self, answer: Callable[[web.Request, Any], Any]) -> Any:
        async def handle(request: web.Request) -> web.Response:
            body = await request.json() if request.can_read_body else None
            self.calls.append((request.method, request.path, body))
            token = request.headers.get("Authorization", "").removeprefix("Bearer token-")
            try:
                if not token.isdigit() or not 0 < int(token) <= self.tokens:
                    raise Refusal(401, "Unauthorized")
                if self.refusals:
                    raise self.refusals.popleft()
                status, found = answer(request, body)
            except Refusal as refusal:
                error = {"error": {"code": refusal.code, "message": refusal.message}}
                return web.json_response(error, status=refusal.status, headers=refusal.headers)
            if self.lose_answer:
                self.lose_answer = False
                assert request.transport
                request.transport.abort()
            return web.json_response(found, status=status)

        return handle

    def _room(self, conversation: str) -> dict[str, Any]:
        room = self.conversations.get(conversation.partition(";")[0])
        if room is None:
            raise Refusal(404, "ConversationNotFound")
        if room.get("blocked"):
            raise Refusal(403, "MessageWritesBlocked", "the bot is blocked by the user")
        return room

    def _paced(self, conversation: str) -> None:
        sent, now = self._sent[conversation.partition(";")[0]], self.monotonic()
        while sent and now - sent[0] >= 1:
            sent.popleft()
        if len(sent) >= 7:
            raise Refusal(429, "TooManyRequests", headers={"Retry-After": "1"})
        sent.append(now)

    def _checked(self, body: dict[str, Any]) -> None:
        try:
            check(body)
        except (AssertionError, KeyError) as error:
            raise Refusal(400, "BadRequest", repr(error)) from error

    def _send(self, request: web.Request, body: dict[str, Any]) -> tuple[int, Any]:
        conversation = request.match_info["c"]
        room = self._room(conversation)
        self._paced(conversation)
        self._checked(body)
        info = next((x for x in body.get("entities", ()) if x["type"] == "streaminfo"), None)
        if info:
            return self._stream(conversation, room, body, info)
        if body["type"] == "typing":
            return 202, {}
        if room["kind"] == "channel" and ";messageid=" not in conversation:
            raise Refusal(400, "BadSyntax", "a post in a channel begins a conversation")
        id = str(next(self._ids))
        if request.query.get("isTargetedActivity"):
            self.targeted.append((body["recipient"]["id"], body))
        else:
            self.posted[conversation][id] = body
        return 201, {"id": id}

    def _stream(
        self, conversation: str, room: dict[str, Any], body: dict[str, Any], info: dict[str, Any]
    ) -> tuple[int, Any]:
        not_allowed, now = "ContentStreamNotAllowed", self.monotonic()
        if room["kind"] != "personal":
            raise Refusal(403, not_allowed, "Content stream is not allowed")
        kind, sequence = info["streamType"], info.get("streamSequence")
        if "streamId" not in info:
            if sequence != 1 or kind == "final" or body["type"] != "typing":
                raise Refusal(400, "BadRequest", "a stream begins with sequence 1")
            id = str(next(self._ids))
            self.streams[id] = Stream(begun=now, last=now)
            self.posted[conversation][id] = body
            return 201, {"id": id}
        id = info["streamId"]
        stream = self.streams[id]
        if stream.cancelled:
            raise Refusal(403, not_allowed, "Content stream was canceled by user")
        if stream.done:
            raise Refusal(403, not_allowed, "already completed")
        if now - stream.begun > LIFE:
            raise Refusal(403, not_allowed, "finished due to exceeded streaming time")
        if kind == "final":
            if body["type"] != "message" or sequence is not None:
                raise Refusal(400, "BadRequest", "a final piece is a message without sequence")
            stream.done = True
        else:
            if now - stream.last < 1:
                raise Refusal(429, "TooManyRequests", headers={"Retry-After": "1"})
            if sequence is None or sequence <= stream.sequence:
                raise Refusal(400, "ContentStreamSequenceOrderPreConditionFailed")
            if not body["text"].startswith(stream.text):
                raise Refusal(403, not_allowed, "should contain the previously streamed content")
            stream.sequence, stream.last, stream.text = sequence, now, body["text"]
        self.posted[conversation][id] = body
        return 202, {}

    def _standing(self, request: web.Request) -> dict[str, dict[str, Any]]:
        posts = self.posted[request.match_info["c"]]
        if request.match_info["a"] not in posts:
            raise Refusal(404, "ActivityNotFoundInConversation")
        return posts

    def _update(self, request: web.Request, body: dict[str, Any]) -> tuple[int, Any]:
        if body.get("text") and body.get("attachments"):
            raise Refusal(400, "BadSyntax", "Activity resulted into multiple skype activities")
        self._room(request.match_info["c"])
        self._paced(request.match_info["c"])
        self._checked(body)
        id = request.match_info["a"]
        self._standing(request)[id] = body
        return 200, {"id": id}

    def _delete(self, request: web.Request, _: Any) -> tuple[int, Any]:
        del self._standing(request)[request.match_info["a"]]
        return 200, {}

    def _create(self, _: web.Request, body: dict[str, Any]) -> tuple[int, Any]:
        channel = body.get("channelData", {}).get("channel", {}).get("id")
        if channel:
            self._room(channel)
            self._checked(body["activity"])
            id = str(next(self._ids))
            self.posted[channel][id] = body["activity"]
            return 201, {"id": f"{channel};messageid={id}", "activityId": id}
        if not body.get("tenantId"):
            raise Refusal(400, "BadSyntax", "the tenant is missing")
        user = body["members"][0]["id"]
        return 201, {"id": self.chat(f"a:made-{user}", user)}

    def _member(self, request: web.Request, _: Any) -> tuple[int, Any]:
        self._room(request.match_info["c"])
        found = self.members.get(request.match_info["u"])
        if found is None:
            raise Refusal(404, "MemberNotFoundInConversation")
        return 200, found

    def _paged(self, request: web.Request, _: Any) -> tuple[int, Any]:
        room = self._room(request.match_info["c"])
        return 200, {"members": [self.members[x] for x in room["users"]]}

    # ---- what Teams calls ---------------------------------------------------------------------

    def activity(self, conversation: str, user: str, **more: Any) -> dict[str, Any]:
        root = conversation.partition(";")[0]
        number = next(self._ids)
        data = {"tenant": {"id": TENANT}}
        if self.conversations[root]["kind"] == "channel":
            data |= {"channel": {"id": root}, "team": {"id": "19:team"}}
        return {
            "type": "message", "id": str(number), "timestamp": _stamp(number),
            "serviceUrl": self.url, "channelId": "msteams",
            "from": {"id": user, "name": self.members.get(user, {}).get("name", user)},
            "recipient": {"id": BOT, "name": "Handrail"},
            "conversation": {
                "id": conversation, "conversationType": self.conversations[root]["kind"],
                "tenantId": TENANT,
            },
            "channelData": data, **more,
        }  # fmt: skip

    def says(
        self, conversation: str, user: str, text: str, mention: bool = False, **more: Any
    ) -> dict[str, Any]:
        entities = []
        if mention:
            entities = [
                {
                    "type": "mention", "text": "<at>Handrail</at>",
                    "mentioned": {"id": BOT, "name": "Handrail"},
                }
            ]  # fmt: skip
            text = f"<at>Handrail</at> {text}"
        made = self.activity(conversation, user, text=text, entities=entities, **more)
        root, _, thread = conversation.partition(";messageid=")
        if self.conversations[root]["kind"] == "channel" and not thread:
            made["conversation"]["id"] = f"{root};messageid={made['id']}"
        return made

    def button(self, conversation: str, user: str, label: str) -> dict[str, Any]:
        """The newest button of this label, as pressed by this person."""
        for place in [x for x in self.posted if x.partition(";")[0] == conversation]:
            for id, message in reversed(self.posted[place].items()):
                for attachment in message.get("attachments", ()):
                    for action in attachment["content"].get("actions", ()):
                        if action["title"] == label:
                            return self._pressed(conversation, user, id, action)
        raise AssertionError(f"no button {label} in {conversation}")

    def _pressed(
        self, conversation: str, user: str, id: str, action: dict[str, Any]
    ) -> dict[str, Any]:
        if "msteams" in action["data"]:
            name, value = "task/fetch", {"data": action["data"]}
        else:
            name = "adaptiveCard/action"
            value = {"action": {k: action[k] for k in ("type", "verb", "data")}}
        return self.activity(
            conversation, user, type="invoke", name=name, value=value, replyToId=id
        )

    def submitted(
        self, conversation: str, user: str, dialog: Any, text: str | None
    ) -> dict[str, Any]:
        """A dialog that was opened, sent with this text in each of its fields. None: as it was."""
        content = dialog["task"]["value"]["card"]["content"]
        inputs = [x for x in content["body"] if x["type"].startswith("Input.")]
        filled = {x["id"]: x.get("value", "") if text is None else text for x in inputs}
        data = {**content["actions"][0]["data"], **filled}
        return self.activity(
            conversation, user, type="invoke", name="task/submit", value={"data": data}
        )

    def claims(self, **changes: Any) -> dict[str, Any]:
        now = int(time.time())
        claims = {
            "iss": ISSUER, "aud": APP, "nbf": now - 60, "exp": now + 3600, "serviceurl": self.url,
            **changes,
        }  # fmt: skip
        return {k: v for k, v in claims.items() if v is not None}

    def token(self, key: SigningKey | None = None, kid: str = "", **changes: Any) -> str:
        key = key or self.key
        headers = {"kid": kid or key.kid}
        return jwt.encode(self.claims(**changes), key.private, "RS256", headers)

    async def deliver(
        self, session: aiohttp.ClientSession, url: str, body: dict[str, Any],
        authorization: str | None = None,
    ) -> tuple[int, Any]:  # fmt: skip
        """Signed as Teams signs, or with the header that is given; empty: without."""
        header = f"Bearer {self.token()}" if authorization is None else authorization
        headers = {"Authorization": header} if header else {}
        async with session.post(url, json=body, headers=headers) as answer:
            text = await answer.text()
            return answer.status, json.loads(text) if text.startswith("{") else text


def _stamp(milliseconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(milliseconds / 1000)) + ".000Z"
