"""A document library of SharePoint or OneDrive, through Microsoft Graph: what changed, and for
whom."""

import hashlib
import json
from collections.abc import AsyncGenerator, Mapping
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import aiohttp

from adapters.knowledge.convert import LARGEST, Kind, Why, kind_of
from adapters.knowledge.matter import About
from adapters.knowledge.source import Document, Harvest, Source, SourceError
from adapters.knowledge.sources.fetch import FetchError, Hosts, fields, for_each, items, origin
from bot.ports import Clock

_GRAPH = "https://graph.microsoft.com/v1.0"
_LOGIN = "https://login.microsoftonline.com"
_MOST_LISTS = 1_000


class _Expired(Exception):
    """The cursor is too old: everything is read again."""


class SharePointReader:
    def __init__(
        self,
        session: aiohttp.ClientSession,
        clock: Clock,
        source: Source,
        address: str,
        environment: Mapping[str, str],
    ) -> None:
        """`address`: of a site, and perhaps one of its libraries: `…/sites/HR/Policies`.

        Raises `SourceError`: a variable is missing.
        """
        names = [f"{source.secrets}_{x}" for x in ("TENANT_ID", "CLIENT_ID", "CLIENT_SECRET")]
        missing = [x for x in names if not environment.get(x)]
        if missing:
            raise SourceError(f"{', '.join(missing)}: set it to read {source.address}.")
        tenant, self._client, self._secret = (environment[x] for x in names)
        # Other addresses are for national clouds.
        self._graph = environment.get(f"{source.secrets}_API_URL", _GRAPH).rstrip("/")
        login = environment.get(f"{source.secrets}_LOGIN_URL", _LOGIN).rstrip("/")
        self._token_url = f"{login}/{quote(tenant)}/oauth2/v2.0/token"
        parts = urlsplit(address)
        words = [unquote(x) for x in parts.path.split("/") if x]
        if len(words) < 2 or words[0] not in ("sites", "teams", "personal") or len(words) > 3:
            raise SourceError("Name a site: https://company.sharepoint.com/sites/HR[/Library]")
        self._site = f"{parts.hostname}:/{quote('/'.join(words[:2]))}"
        self._library = words[2] if len(words) == 3 else ""
        self._source = source
        # A file's content is on the site's own host, where Graph leads to without our token.
        self._hosts = Hosts(session, clock, (origin(self._graph), origin(address)))
        self._login = Hosts(session, clock, (origin(self._token_url),))

    async def read(self, harvest: Harvest) -> None:
        await self._sign_in()
        drive = await self._drive()
        start = f"{self._graph}/drives/{quote(drive)}/root/delta"
        try:
            found, cursor = await self._changes(harvest.cursor or start)
            fresh = not harvest.cursor
        except _Expired:
            found, cursor = await self._changes(start)
            fresh = True
        # The last of what it says about an item holds.
        newest = {str(x.get("id")): x for x in found}
        files = [x for x in newest.items() if "file" in x[1] and "deleted" not in x[1]]
        await for_each(files, lambda x: self._file(harvest, drive, *x))
        if not fresh:
            unchanged = harvest.known.keys() - newest.keys()
            await for_each(unchanged, lambda id: self._unchanged(harvest, drive, id))
        if fresh and not newest:
            raise SourceError("The library is empty, or the application may not read it.")
        away = any(x.why is Why.AWAY for x in harvest.skipped)
        # What could not be had is asked for again from where this sync began.
        harvest.cursor = harvest.cursor if away else cursor

    async def _sign_in(self) -> None:
        form = {
            "grant_type": "client_credentials",
            "client_id": self._client,
            "client_secret": self._secret,
            "scope": f"{origin(self._graph).removesuffix(':443')}/.default",
        }
        try:
            answer = await self._login.post(self._token_url, form)
            token = fields(json.loads(answer.body)).get("access_token")
        except (FetchError, ValueError) as error:
            raise SourceError("Microsoft's sign-in cannot be reached.") from error
        if answer.status != 200 or not isinstance(token, str):
            raise SourceError(f"Microsoft refuses the client secret: status {answer.status}.")
        self._hosts.headers["Authorization"] = f"Bearer {token}"

    async def _drive(self) -> str:
        site = await self._json(f"{self._graph}/sites/{self._site}")
        head = f"{self._graph}/sites/{quote(str(site.get('id')), safe=',')}"
        if not self._library:
            return str((await self._json(f"{head}/drive")).get("id"))
        async for drive in self._list(f"{head}/drives"):
            last = unquote(str(drive.get("webUrl") or "")).rstrip("/").rpartition("/")[2]
            if self._library in (drive.get("name"), last):
                return str(drive.get("id"))
        raise SourceError(f"The site has no library {self._library}.")

    async def _changes(self, url: str) -> tuple[list[dict[str, Any]], str]:
        """All that changed, and where to go on. Raises `_Expired`."""
        found: list[dict[str, Any]] = []
        for _ in range(_MOST_LISTS):
            answer = await self._json(url)
            found += items(answer.get("value"))
            url = str(answer.get("@odata.nextLink") or "")
            if not url:
                return found, str(answer.get("@odata.deltaLink") or "")
        raise SourceError("The list of changes does not end.")

    async def _file(self, harvest: Harvest, drive: str, id: str, item: dict[str, Any]) -> None:
        name = str(item.get("name") or "")
        kind = kind_of(name, str(fields(item["file"]).get("mimeType") or ""))
        if kind is None:
            return harvest.skip(f"{id} {name}", Why.TYPE)
        if int(item.get("size") or 0) > LARGEST:
            return harvest.skip(f"{id} {name}", Why.LARGE)
        try:
            audience = await self._audience(drive, id)
            await harvest.restrict(id, audience)
            # What is in it, what it is called and who made it, and who may read it: in this order.
            about = _hash([name, item.get("webUrl"), _owner(item)])
            stamp = f"{item.get('cTag') or item.get('eTag')} {about} {_readers(audience)}"
            if harvest.is_new(id, stamp):
                await harvest.take(await self._document(drive, id, item, kind, stamp, audience))
        except FetchError as error:
            harvest.skip(id, error.why)

    async def _unchanged(self, harvest: Harvest, drive: str, id: str) -> None:
        """Its content is; who may read it may have changed with a folder above."""
        try:
            audience = await self._audience(drive, id)
            if harvest.known[id].endswith(f" {_readers(audience)}"):
                return harvest.keep(id)
            await harvest.restrict(id, audience)
            url = f"{self._graph}/drives/{quote(drive)}/items/{quote(id)}"
            item = await self._json(url, may_miss=True)
        except FetchError as error:
            return harvest.skip(id, error.why)
        if "file" in item:
            await self._file(harvest, drive, id, item)

    async def _document(
        self,
        drive: str,
        id: str,
        item: dict[str, Any],
        kind: Kind,
        stamp: str,
        audience: frozenset[str] | None,
    ) -> Document:
        answer = await self._hosts.get(
            f"{self._graph}/drives/{quote(drive)}/items/{quote(id)}/content"
        )
        if answer.status != 200:
            raise FetchError(Why.UNREADABLE)
        link = str(item.get("webUrl") or "")
        about = About(
            title="" if kind is Kind.MARKDOWN else str(item.get("name")).rpartition(".")[0],
            url=link if link.startswith("https://") or self._hosts.names(link) else "",
            owner=_owner(item),
            audience=audience,
        )
        return Document(path=id, stamp=stamp, content=answer.body, kind=kind, about=about)

    async def _audience(self, drive: str, id: str) -> frozenset[str] | None:
        """The groups that it was shared with. Raises `FetchError`."""
        groups: set[str] = set()
        url = f"{self._graph}/drives/{quote(drive)}/items/{quote(id)}/permissions"
        async for permission in self._list(url, may_miss=True):
            # A link is for who has it: having it is what nobody here can see.
            if "link" in permission:
                continue
            granted = fields(permission.get("grantedToV2"))
            groups |= {str(x["id"]) for x in [fields(granted.get("group"))] if x.get("id")}
            # Groups of the site have names that say more than their numbers.
            site = fields(granted.get("siteGroup"))
            groups |= {str(x) for x in [site.get("displayName")] if x}
        return self._source.audience(groups)

    async def _list(self, url: str, may_miss: bool = False) -> AsyncGenerator[dict[str, Any]]:
        for _ in range(_MOST_LISTS):
            answer = await self._json(url, may_miss)
            for each in items(answer.get("value")):
                yield each
            url = str(answer.get("@odata.nextLink") or "")
            if not url:
                return
        raise SourceError("A list of Microsoft Graph does not end.")

    async def _json(self, url: str, may_miss: bool = False) -> dict[str, Any]:
        """`may_miss`: what is not there raises `FetchError`. Raises `SourceError`, `_Expired`."""
        try:
            answer = await self._hosts.get(url)
        except FetchError as error:
            raise SourceError(f"Microsoft Graph cannot be read: {error.why}.") from error
        if answer.status == 410:
            raise _Expired
        if answer.status == 404 and may_miss:
            raise FetchError(Why.UNREADABLE)
        if answer.status != 200:
            raise SourceError(
                f"Microsoft Graph answers {answer.status}: the application needs Sites.Read.All,"
                " granted by an admin."
            )
        try:
            return fields(json.loads(answer.body))
        except ValueError as error:
            raise SourceError("Microsoft Graph answers with something else than JSON.") from error


def _owner(item: dict[str, Any]) -> str:
    return str(fields(fields(item.get("createdBy")).get("user")).get("displayName") or "")


def _readers(audience: frozenset[str] | None) -> str:
    return _hash(None if audience is None else sorted(audience))


def _hash(told: object) -> str:
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:32]
