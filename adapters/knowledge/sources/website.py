"""A website, by its sitemap: its own host only, as its robots.txt allows."""

import asyncio
import gzip
import hashlib
import io
import re
import zlib
from urllib.parse import urljoin, urlsplit

import aiohttp
from bs4 import BeautifulSoup
from protego import Protego

from adapters.knowledge.convert import Why, kind_of
from adapters.knowledge.matter import About
from adapters.knowledge.source import Document, Harvest, Source, SourceError
from adapters.knowledge.sources.fetch import AGENT, Answer, FetchError, Hosts, for_each, origin
from bot.ports import Clock

_MOST_PAGES = 5_000
_MOST_SITEMAPS = 100
_LARGEST_SITEMAP = 10_000_000
"""Bytes, unpacked."""
_LONGEST_DELAY = 10.0
"""Seconds between two pages, whatever robots.txt asks for."""
_NOINDEX = re.compile(rb"<meta\b[^>]*\bname\s*=\s*[\"']?robots\b[^>]*\b(?:noindex|none)\b", re.I)
_HEAD = 100_000
"""Bytes in which a page says whether robots may read it."""


class WebsiteReader:
    def __init__(self, session: aiohttp.ClientSession, clock: Clock, source: Source) -> None:
        self._address = source.address
        self._clock = clock
        self._hosts = Hosts(session, clock, (origin(source.address),))

    async def read(self, harvest: Harvest) -> None:
        robots = await self._robots()
        delay = min(robots.crawl_delay(AGENT) or 0.0, _LONGEST_DELAY)
        found = {_path(x): x for x in reversed(await self._listed(harvest))}
        allowed: list[tuple[str, str]] = []
        for path, url in reversed(found.items()):
            if self._hosts.names(url) and robots.can_fetch(url, AGENT):
                allowed.append((path, url))
            else:
                harvest.skip(path, Why.FORBIDDEN)

        async def one(page: tuple[str, str]) -> None:
            await self._page(harvest, *page)
            if delay:
                await self._clock.sleep(delay)

        # A host that asks for pauses is asked for one page after the other.
        await (for_each(allowed, one, 1) if delay else for_each(allowed, one))
        if not (harvest.pages or harvest.kept):
            raise SourceError(f"{self._address} leads to no page that can be read.")

    async def _robots(self) -> Protego:
        try:
            answer = await self._hosts.get(urljoin(self._address, "/robots.txt"))
        except FetchError as error:
            if error.why is Why.FORBIDDEN:  # it is somewhere else: RFC 9309 lets us ignore it
                return _parsed("")
            raise SourceError(f"{self._address}: the host does not answer.") from error
        return _parsed(answer.body.decode("utf-8", "replace") if answer.status == 200 else "")

    async def _listed(self, harvest: Harvest) -> list[str]:
        """The addresses in the sitemap and those that it names. Raises `SourceError`."""
        maps, pages = [self._address], dict[str, None]()
        for number, sitemap in enumerate(maps):  # grows meanwhile
            if number >= _MOST_SITEMAPS or len(pages) > _MOST_PAGES:
                raise SourceError(
                    f"{self._address} names more than {_MOST_PAGES} pages or {_MOST_SITEMAPS}"
                    " sitemaps: name one of a smaller part."
                )
            if not self._hosts.names(sitemap):
                harvest.skip(sitemap, Why.FORBIDDEN)
                continue
            # A long one takes seconds: turns go on meanwhile.
            told = await self._sitemap(sitemap)
            found = await asyncio.to_thread(BeautifulSoup, told, "html.parser")
            for place in found.select("sitemap > loc"):
                inner = urljoin(sitemap, place.get_text().strip())
                if inner not in maps:
                    maps.append(inner)
            for place in found.select("url > loc"):
                url = urljoin(sitemap, place.get_text().strip()).partition("#")[0]
                pages[url] = None
        return list(pages)

    async def _sitemap(self, url: str) -> bytes:
        # One that is missing must not look as if its pages were.
        try:
            answer = await self._hosts.get(url, largest=_LARGEST_SITEMAP)
        except FetchError as error:
            raise SourceError(f"The sitemap {url} cannot be read: {error.why}.") from error
        if answer.status != 200:
            raise SourceError(f"The sitemap {url} cannot be read: status {answer.status}.")
        if not answer.body.startswith(b"\x1f\x8b"):
            return answer.body
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(answer.body)) as packed:
                unpacked = packed.read(_LARGEST_SITEMAP + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise SourceError(f"The sitemap {url} cannot be read: it is broken.") from error
        if len(unpacked) > _LARGEST_SITEMAP:
            raise SourceError(f"The sitemap {url} cannot be read: it is too large.")
        return unpacked

    async def _page(self, harvest: Harvest, path: str, url: str) -> None:
        stamp = harvest.known.get(path, "")
        mark, _, said = stamp.partition(" ")
        names = {"etag": "If-None-Match", "modified": "If-Modified-Since"}
        asked = {names[mark]: said} if mark in names else {}
        try:
            answer = await self._hosts.get(url, asked)
        except FetchError as error:
            return harvest.skip(path, error.why)
        kind = kind_of(urlsplit(answer.url).path, answer.headers.get("Content-Type", ""))
        if answer.status == 304 and asked:
            harvest.keep(path)
        elif answer.status in (401, 403):
            harvest.skip(path, Why.FORBIDDEN)
        elif answer.status != 200:
            harvest.skip(path, Why.UNREADABLE)
        elif _is_private(answer):
            harvest.skip(path, Why.FORBIDDEN)
        elif kind is None:
            harvest.skip(path, Why.TYPE)
        elif harvest.is_new(path, fresh := _stamp(answer)):
            about = About(url=answer.url)
            await harvest.take(
                Document(path=path, stamp=fresh, content=answer.body, kind=kind, about=about)
            )


def _parsed(text: str) -> Protego:
    return Protego.parse(text)


def _path(url: str) -> str:
    parts = urlsplit(url)
    return (parts.path.lstrip("/") or "index") + (f"?{parts.query}" if parts.query else "")


def _is_private(answer: Answer) -> bool:
    said = answer.headers.get("X-Robots-Tag", "").lower()
    return "noindex" in said or "none" in said or bool(_NOINDEX.search(answer.body[:_HEAD]))


def _stamp(answer: Answer) -> str:
    """What the server calls this version; if it does not, what is in it."""
    if etag := answer.headers.get("ETag"):
        return f"etag {etag}"
    if modified := answer.headers.get("Last-Modified"):
        return f"modified {modified}"
    return f"hash {hashlib.sha256(answer.body).hexdigest()}"
