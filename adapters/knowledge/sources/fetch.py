"""Asks the hosts that the admin named, and no other: patiently, and for no more than fits."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Generic, TypeVar, cast
from urllib.parse import urljoin, urlsplit

import aiohttp

from adapters.knowledge.convert import LARGEST, Why
from adapters.knowledge.source import SourceError
from bot.ports import Clock

T = TypeVar("T")

AGENT = "Handrail"
_AT_ONCE = 4
"""Pages that are read at the same time."""
_ATTEMPTS = 4
_LONGEST_WAIT = 60.0
"""Seconds, whatever the far side asks for."""
_MOMENT = 0.001
"""Seconds. Less than this is not waited for."""
_MOST_REDIRECTS = 5
_MOST_SILENT = 8
"""Pages in a row for which there was no answer at all: each takes minutes."""
_TIMEOUT = aiohttp.ClientTimeout(total=60, sock_connect=10)
_LATER = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)


class FetchError(Exception):
    """This one cannot be had. `AWAY`: not now; `FORBIDDEN`: it leads elsewhere; or `LARGE`."""

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    """Found whatever the case of their names."""
    body: bytes
    url: str
    """Where it came from in the end."""


def origin(url: str) -> str:
    """Scheme, host and port. Raises `SourceError`: it is no address of the web."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    except (ValueError, KeyError) as error:
        raise SourceError("This is not an http or https address.") from error
    if not parts.hostname or parts.username or parts.password:
        raise SourceError("An address needs a host, and never holds a credential.")
    return f"{parts.scheme}://{parts.hostname}:{port}"


class Hosts:
    """`headers`, with the credentials, go to the first origin only."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        clock: Clock,
        origins: tuple[str, ...],
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self._session = session
        self._clock = clock
        self._origins = origins
        self.headers = dict(headers or {})
        self._quiet_until = 0.0
        """On the clock's `monotonic`. A host that asks one reader to wait asks all of them."""
        self._silent = 0
        """Pages since the last answer of any kind."""

    def names(self, url: str) -> bool:
        """Is this one of the hosts, on the same port, and not less secret?"""
        try:
            there = origin(url)
        except SourceError:
            return False
        return there in self._origins or (
            there.startswith("https://")
            and there.endswith(":443")
            and f"http://{urlsplit(url).hostname}:80" in self._origins
        )

    async def get(
        self, url: str, headers: Mapping[str, str] | None = None, largest: int = LARGEST
    ) -> Answer:
        """Whatever status it is in the end, but those that may pass. Raises `FetchError`; and
        `SourceError` when the host no longer answers anything."""
        for _ in range(_MOST_REDIRECTS):
            if not self.names(url):
                raise FetchError(Why.FORBIDDEN)
            answer = await self._patiently("GET", url, headers or {}, None, largest)
            target = answer.headers.get("Location")
            if answer.status not in (301, 302, 303, 307, 308) or not target:
                return answer
            try:
                url = urljoin(url, target)
            except ValueError as error:
                raise FetchError(Why.FORBIDDEN) from error
        raise FetchError(Why.FORBIDDEN)

    async def post(self, url: str, form: Mapping[str, str]) -> Answer:
        """Not redirected. Raises `FetchError`."""
        if not self.names(url):
            raise FetchError(Why.FORBIDDEN)
        return await self._patiently("POST", url, {}, form, LARGEST)

    async def _patiently(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        form: Mapping[str, str] | None,
        largest: int,
    ) -> Answer:
        wait = 1.0
        for attempt in range(1, _ATTEMPTS + 1):
            asked = ""
            await self._keep_quiet()
            try:
                answer = await self._once(method, url, headers, form, largest)
                self._silent = 0
                if answer.status < 500 and answer.status not in _LATER:
                    return answer
                asked = answer.headers.get("Retry-After", "")
            except (aiohttp.ClientError, TimeoutError, OSError):
                pass
            if attempt < _ATTEMPTS:
                seconds = min(float(asked) if asked.isdecimal() else wait, _LONGEST_WAIT)
                if asked.isdecimal():
                    until = self._clock.monotonic() + seconds
                    self._quiet_until = max(self._quiet_until, until)
                else:
                    await self._clock.sleep(seconds)
                wait *= 2
        self._silent += 1
        if self._silent >= _MOST_SILENT:
            raise SourceError(f"{origin(url)} does not answer any more.")
        raise FetchError(Why.AWAY)

    async def _keep_quiet(self) -> None:
        while (left := self._quiet_until - self._clock.monotonic()) > _MOMENT:
            await self._clock.sleep(left)

    async def _once(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        form: Mapping[str, str] | None,
        largest: int,
    ) -> Answer:
        ours = self.headers if origin(url) == self._origins[0] else {}
        async with self._session.request(
            method, url, headers={**ours, **headers}, data=form, allow_redirects=False
        ) as response:
            body = bytearray()
            async for piece in response.content.iter_chunked(1 << 16):
                body += piece
                if len(body) > largest:
                    raise FetchError(Why.LARGE)
            return Answer(
                status=response.status,
                headers=response.headers,
                body=bytes(body),
                url=str(response.url),
            )


async def for_each(
    items: Iterable[T], work: Callable[[T], Awaitable[None]], most: int = _AT_ONCE
) -> None:
    """`work` on each, at most `most` at a time. The first error ends all, and is raised."""
    rest = iter(items)

    async def some() -> None:
        for item in rest:
            await work(item)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(most):
                group.create_task(some())
    except ExceptionGroup as errors:
        first = errors.exceptions[0]
        raise first from first.__cause__


class Once(Generic[T]):
    """What is asked only once for each key, however many want to know it at the same time."""

    def __init__(self) -> None:
        self.known: dict[str, T] = {}
        self._asking: dict[str, asyncio.Lock] = {}

    async def get(self, key: str, ask: Callable[[], Awaitable[T]]) -> T:
        """Raises what `ask` raises; then the next one asks again."""
        if key not in self.known:
            async with self._asking.setdefault(key, asyncio.Lock()):
                if key not in self.known:
                    self.known[key] = await ask()
        return self.known[key]


@asynccontextmanager
async def web() -> AsyncGenerator[aiohttp.ClientSession]:
    """Keeps no cookies, and asks no proxy of the environment."""
    async with aiohttp.ClientSession(
        timeout=_TIMEOUT,
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": AGENT},
    ) as session:
        yield session


def fields(value: object) -> dict[str, Any]:
    """JSON that should be an object; an empty one if it is something else."""
    return cast(dict[str, Any], value) if isinstance(value, dict) else {}


def items(value: object) -> list[dict[str, Any]]:
    """JSON that should be a list of objects: those that are there."""
    found = cast(list[object], value) if isinstance(value, list) else []
    return [cast(dict[str, Any], x) for x in found if isinstance(x, dict)]
