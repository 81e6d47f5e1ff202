"""Calls to Teams' connector: one session, one token, paced, errors sorted by who has to act."""

import asyncio
import json
from collections import OrderedDict, deque
from collections.abc import Mapping
from typing import Any, cast

import aiohttp

from adapters.teams.render import LARGEST
from bot.ports import Clock, Rejected, Unavailable, Uncertain

_TIMEOUT = aiohttp.ClientTimeout(total=30, connect=5)
_SCOPE = "https://api.botframework.com/.default"
_EARLY = 300
"""Seconds before its end at which a token is replaced."""
_PER_SECOND = 7
"""Messages to one conversation: Teams' own limit."""
_BUSY = frozenset({408, 412, 429, 503})
"""Not done: come again. A 502 or 504 does not say."""
_CONVERSATIONS = 5_000


def session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(timeout=_TIMEOUT)


class Tokens:
    """Of the app itself, by its password. Many who need one wait for the same request."""

    def __init__(
        self, url: str, app_id: str, password: str, shared: aiohttp.ClientSession, clock: Clock
    ) -> None:
        self._url = url
        self._form = {
            "grant_type": "client_credentials",
            "client_id": app_id,
            "client_secret": password,
            "scope": _SCOPE,
        }
        self._session = shared
        self._clock = clock
        self._token = ""
        self._until = float("-inf")
        self._lock = asyncio.Lock()

    async def get(self) -> str:
        """Raises `Rejected` when the app or its password is wrong, else `Unavailable`."""
        if self._clock.monotonic() < self._until:
            return self._token
        async with self._lock:
            if self._clock.monotonic() >= self._until:
                await self._fetch()
        return self._token

    def forget(self) -> None:
        self._until = float("-inf")

    async def _fetch(self) -> None:
        try:
            async with self._session.post(self._url, data=self._form) as answer:
                if answer.status in (400, 401):
                    raise Rejected(_code(await _body(answer)) or "invalid_client")
                if answer.status != 200:
                    raise Unavailable(f"teams token: {answer.status}")
                body = await _body(answer)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unavailable(f"teams token: {type(error).__name__}") from error
        self._token = str(body["access_token"])
        lives = int(body.get("expires_in", 3600))
        self._until = self._clock.monotonic() + max(lives - _EARLY, 0)


class Connector:
    """`tokens` is None in the Agents Playground, which wants none."""

    def __init__(self, tokens: Tokens | None, shared: aiohttp.ClientSession, clock: Clock) -> None:
        self._tokens = tokens
        self._session = shared
        self._clock = clock
        self._sent: OrderedDict[str, deque[float]] = OrderedDict()

    async def call(
        self, method: str, service: str, path: str, body: Mapping[str, object] | None = None,
        conversation: str = "",
    ) -> Mapping[str, Any]:  # fmt: skip
        """Raises `Unavailable`, `Uncertain` (a POST that may have arrived) or `Rejected` with
        Teams' code."""
        content = None
        if body is not None:
            content = json.dumps(body, ensure_ascii=False)
            if len(content.encode("utf-16-le", "surrogatepass")) > LARGEST:
                raise Rejected("MessageSizeTooBig")
        if conversation:
            await self._pace(conversation)
        url = f"{service.rstrip('/')}/{path}"
        status, answer = await self._send(method, url, content)
        if status == 401 and self._tokens:
            self._tokens.forget()
            status, answer = await self._send(method, url, content)
        if status >= 400:
            raise Rejected(_code(answer) or str(status))
        return answer

    async def _send(
        self, method: str, url: str, content: str | None
    ) -> tuple[int, Mapping[str, Any]]:
        headers = {"Content-Type": "application/json"} if content else {}
        if self._tokens:
            headers["Authorization"] = f"Bearer {await self._tokens.get()}"
        data = content.encode("utf-8", "replace") if content else None
        doubtful = Uncertain if method == "POST" else Unavailable
        try:
            async with self._session.request(method, url, data=data, headers=headers) as answer:
                status, body = answer.status, await _body(answer)
                if status in _BUSY:
                    raise Unavailable(f"teams: {status}", _seconds(answer.headers))
                if status >= 500:
                    raise doubtful(f"teams: {status}")
                return status, body
        except aiohttp.ClientConnectorError as error:
            raise Unavailable("teams: no connection") from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise doubtful(f"teams: {type(error).__name__}") from error

    async def _pace(self, conversation: str) -> None:
        sent = self._sent.setdefault(conversation, deque(maxlen=_PER_SECOND))
        self._sent.move_to_end(conversation)
        if len(self._sent) > _CONVERSATIONS:
            self._sent.popitem(last=False)
        now = self._clock.monotonic()
        begin = now
        if len(sent) == _PER_SECOND:
            begin = max(now, sent[0] + 1.05)
        # Noted before the wait, so that those who come meanwhile queue behind it.
        sent.append(begin)
        if begin > now:
            await self._clock.sleep(begin - now)


async def _body(answer: aiohttp.ClientResponse) -> Mapping[str, Any]:
    try:
        found: object = await answer.json(content_type=None)
    except ValueError:
        return {}
    return cast("Mapping[str, Any]", found) if isinstance(found, Mapping) else {}


def _code(body: Mapping[str, Any]) -> str:
    """Teams' code, and its sentence when that tells kinds of one code apart."""
    error: object = body.get("error")
    if isinstance(error, Mapping):
        told = cast("Mapping[str, object]", error)
        parts = (str(told.get("code") or ""), str(told.get("message") or ""))
        return ": ".join(filter(None, parts))[:200]
    return str(error or "")


def _seconds(headers: Mapping[str, str]) -> float | None:
    try:
        return float(headers["Retry-After"])
    except (KeyError, ValueError):
        return None
