"""A space of Confluence Cloud: REST v2, and v1 for what v2 does not tell: restrictions, names."""

import base64
import hashlib
import html
import json
from collections.abc import AsyncGenerator, Mapping
from functools import partial
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

import aiohttp

from adapters.knowledge.convert import Kind, Why
from adapters.knowledge.matter import About, both
from adapters.knowledge.source import Document, Harvest, Source, SourceError
from adapters.knowledge.sources.fetch import (
    FetchError,
    Hosts,
    Once,
    fields,
    for_each,
    items,
    origin,
)
from bot.ports import Clock

_MOST_PAGES = 20_000
_MOST_LISTS = 1_000
"""Pages of one list."""
_DEEPEST = 100
"""Pages above a page."""

Readers = frozenset[str] | None


class Unclear(Exception):
    """Who may read a page cannot be found out."""


class ConfluenceReader:
    def __init__(
        self,
        session: aiohttp.ClientSession,
        clock: Clock,
        source: Source,
        address: str,
        environment: Mapping[str, str],
    ) -> None:
        """Raises `SourceError`: the address names no space, or there is no token."""
        parts = urlsplit(address)
        before, spaces, after = parts.path.partition("/spaces/")
        self._space = after.partition("/")[0]
        if not spaces or not self._space:
            raise SourceError("Name a space: https://company.atlassian.net/wiki/spaces/HR")
        token, user = (environment.get(f"{source.secrets}_{x}", "") for x in ("TOKEN", "USER"))
        if not token:
            raise SourceError(f"{source.secrets}_TOKEN: set it to a token that may read the space.")
        basic = base64.b64encode(f"{user}:{token}".encode()).decode()
        self._source = source
        self._site = f"{parts.scheme}://{parts.netloc}{before}"
        self._hosts = Hosts(
            session,
            clock,
            (origin(address),),
            {"Authorization": f"Basic {basic}" if user else f"Bearer {token}"},
        )
        self._forget()

    async def read(self, harvest: Harvest) -> None:
        # Another attempt of the same sync must not believe the first one's restrictions.
        self._forget()
        space = await self._one_space()
        everyone = await self._space_readers(space)
        pages = [x async for x in self._list(f"/api/v2/spaces/{space}/pages?limit=250")]
        if len(pages) > _MOST_PAGES:
            raise SourceError(f"{self._space} has more than {_MOST_PAGES} pages.")
        self._above.known |= {str(x.get("id")): _parent(x) for x in pages}
        current = (x for x in pages if x.get("status", "current") == "current" and x.get("id"))
        await for_each(current, lambda page: self._page(harvest, page, everyone))
        if not pages:
            raise SourceError(f"The token sees no page of the space {self._space}.")

    def _forget(self) -> None:
        self._restricted = Once[Readers]()
        self._above = Once[tuple[str, str] | None]()
        """The kind and id of each page's parent."""
        self._owners = Once[str]()

    async def _one_space(self) -> str:
        answer = await self._json(f"/api/v2/spaces?keys={quote(self._space)}")
        found = items(answer.get("results"))
        if len(found) != 1:
            raise SourceError(f"The token sees no space {self._space}.")
        return str(found[0].get("id"))

    async def _space_readers(self, space: str) -> Readers:
        groups: set[str] = set()
        async for each in self._list(f"/api/v2/spaces/{space}/permissions?limit=250"):
            operation, principal = fields(each.get("operation")), fields(each.get("principal"))
            reads = operation.get("key") == "read" and operation.get("targetType") == "space"
            if reads and principal.get("type") == "group":
                groups.add(str(principal.get("id")))
        return self._source.audience(groups)

    async def _page(self, harvest: Harvest, page: dict[str, Any], everyone: Readers) -> None:
        id, title = str(page["id"]), str(page.get("title") or "")
        try:
            audience = both(everyone, await self._readers("page", id))
            await harvest.restrict(id, audience)
            account = str(page.get("ownerId") or "")
            owner = (
                await self._owners.get(account, partial(self._name_of, account)) if account else ""
            )
            about = About(title=title, url=self._link(page), owner=owner, audience=audience)
            version = fields(page.get("version")).get("number")
            stamp = f"{version} {_hash(about)}"
            if not harvest.is_new(id, stamp):
                return
            found = await self._json(f"/api/v2/pages/{quote(id)}?body-format=export_view")
        except FetchError as error:
            return harvest.skip(id, error.why)
        except Unclear:
            await harvest.restrict(id, frozenset())
            return harvest.skip(id, Why.AUDIENCE)
        body = fields(fields(found.get("body")).get("export_view")).get("value")
        await harvest.take(
            Document(
                path=id,
                stamp=stamp,
                content=f"<h1>{html.escape(title)}</h1>{body or ''}".encode(),
                kind=Kind.HTML,
                about=about,
            )
        )

    def _link(self, page: dict[str, Any]) -> str:
        told = str(fields(page.get("_links")).get("webui") or "")
        url = self._site + (told if told.startswith("/") else f"/pages/{page['id']}")
        return url if self._hosts.names(url) else ""

    async def _readers(self, kind: str, id: str) -> Readers:
        """Who may read it: as it and all above it are restricted. Raises `Unclear`."""
        audience: Readers = None
        seen: set[str] = set()
        above: tuple[str, str] | None = (kind, id)
        while above:
            kind, id = above
            if id in seen or len(seen) > _DEEPEST:
                raise Unclear
            seen.add(id)
            audience = both(
                audience, await self._restricted.get(id, partial(self._restrictions, id))
            )
            above = await self._above.get(id, partial(self._parent_of, kind, id))
        return audience

    async def _restrictions(self, id: str) -> Readers:
        url = f"/rest/api/content/{quote(id)}/restriction/byOperation/read?limit=200"
        told = fields((await self._json(url, Unclear)).get("restrictions"))
        if "user" not in told or "group" not in told:
            raise Unclear
        users, groups = (items(fields(told[x]).get("results")) for x in ("user", "group"))
        # A person who was let in by name is not in an audience, which is made of groups.
        named = (str(x.get("id") or x.get("name")) for x in groups)
        return self._source.audience(named) if users or groups else None

    async def _parent_of(self, kind: str, id: str) -> tuple[str, str] | None:
        if kind not in {"page", "folder", "whiteboard", "database", "embed"}:
            raise Unclear
        return _parent(await self._json(f"/api/v2/{kind}s/{quote(id)}", Unclear))

    async def _name_of(self, account: str) -> str:
        try:
            found = await self._json(f"/rest/api/user?accountId={quote(account)}", Unclear)
        except Unclear:
            return ""
        return str(found.get("displayName") or "")

    async def _list(self, path: str) -> AsyncGenerator[dict[str, Any]]:
        for _ in range(_MOST_LISTS):
            answer = await self._json(path)
            for each in items(answer.get("results")):
                yield each
            path = str(fields(answer.get("_links")).get("next") or "")
            if not path:
                return
        raise SourceError(f"A list of {self._space} does not end.")

    async def _json(self, path: str, missing: type[Exception] | None = None) -> dict[str, Any]:
        """`missing`: raised when it is not there or not to be seen. None: that is the end.

        Raises `SourceError`; `FetchError` only where a page may be left out for it.
        """
        # What comes back as `next` begins with the site's path, what is asked here does not.
        inner = urlsplit(self._site).path
        url = urljoin(self._site, path) if path.startswith(f"{inner}/") else self._site + path
        one = path.startswith("/api/v2/pages/")
        try:
            answer = await self._hosts.get(url)
        except FetchError as error:
            if one:
                raise
            raise SourceError(f"Confluence cannot be read: {error.why}.") from error
        if answer.status in (401, 403, 404) and missing:
            raise missing
        if answer.status == 404 and one:
            raise FetchError(Why.UNREADABLE)
        if answer.status != 200:
            raise SourceError(f"Confluence answers {answer.status}: may the token read the space?")
        try:
            return fields(json.loads(answer.body))
        except ValueError as error:
            raise SourceError("Confluence answers with something else than JSON.") from error


def _parent(page: dict[str, Any]) -> tuple[str, str] | None:
    id = page.get("parentId")
    return (str(page.get("parentType") or "page"), str(id)) if id else None


def _hash(about: About) -> str:
    readers = None if about.audience is None else sorted(about.audience)
    told = json.dumps([about.title, about.url, about.owner, readers])
    return hashlib.sha256(told.encode()).hexdigest()[:32]
