"""Microsoft Graph on the loopback, with the site's own host beside it: as documented, no more.

https://learn.microsoft.com/graph/api/driveitem-delta and .../driveitem-list-permissions.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.site import serving

ENVIRONMENT = {
    "GRAPH_TENANT_ID": "11111111-2222-3333-4444-555555555555",
    "GRAPH_CLIENT_ID": "client",
    "GRAPH_CLIENT_SECRET": "graph-secret",
}
TOKEN = "graph-token"


@dataclass(kw_only=True)
class File:
    name: str
    content: bytes = b""
    version: int = 1
    groups: list[str] = field(default_factory=lambda: ["staff"])
    site_groups: list[str] = field(default_factory=list[str])
    links: list[str] = field(default_factory=list[str])
    """The scopes of sharing links."""
    mime: str = "application/octet-stream"
    size: int | None = None
    owner: str = "Ina Berg"


class Graph:
    def __init__(self) -> None:
        self.url = ""
        self.site = ""
        """The host of SharePoint."""
        self.elsewhere = ""
        """Where contents lead to instead, when a test says so."""
        self.files: dict[str, File] = {}
        self.changes: list[tuple[str, bool]] = []
        """Each file that changed, in order, and whether it was deleted."""
        self.oldest = 0
        """Cursors before it have expired."""
        self.fails: dict[str, list[int]] = {}
        self.asked: list[str] = []

    def put(self, id: str, file: File) -> None:
        self.files[id] = file
        self.changes.append((id, False))

    def delete(self, id: str) -> None:
        del self.files[id]
        self.changes.append((id, True))

    @property
    def environment(self) -> dict[str, str]:
        addresses = {"GRAPH_API_URL": f"{self.url}/v1.0", "GRAPH_LOGIN_URL": f"{self.url}/login"}
        return {**ENVIRONMENT, **addresses}

    @asynccontextmanager
    async def open(self) -> AsyncGenerator["Graph"]:
        application = web.Application(middlewares=[self._door])
        routes = application.router
        routes.add_post(f"/login/{ENVIRONMENT['GRAPH_TENANT_ID']}/oauth2/v2.0/token", self._token)
        routes.add_get("/v1.0/sites/127.0.0.1:/sites/HR", self._site)
        site = "/v1.0/sites/acme.sharepoint.com,1,2"
        routes.add_get(f"{site}/drive", self._drive)
        routes.add_get(f"{site}/drives", self._drives)
        routes.add_get("/v1.0/drives/b!7/root/delta", self._delta)
        routes.add_get("/v1.0/drives/b!7/items/{id}", self._item)
        routes.add_get("/v1.0/drives/b!7/items/{id}/content", self._content)
        routes.add_get("/v1.0/drives/b!7/items/{id}/permissions", self._permissions)
        store = web.Application()
        store.router.add_get("/download/{id}", self._download)
        async with serving(application) as self.url, serving(store) as self.site:
            yield self

    @web.middleware
    async def _door(self, request: web.Request, handler: Any) -> web.StreamResponse:
        path = request.rel_url.path
        self.asked.append(path)
        known = request.headers.get("Authorization") == f"Bearer {TOKEN}"
        if not known and not path.startswith("/login/"):
            error = {"code": "InvalidAuthenticationToken"}
            return web.json_response({"error": error}, status=401)
        for end, statuses in self.fails.items():
            if path.endswith(end) and statuses:
                return web.Response(status=statuses.pop(0), headers={"Retry-After": "2"})
        return await handler(request)

    async def _token(self, request: web.Request) -> web.Response:
        form = await request.post()
        assert form["grant_type"] == "client_credentials"
        assert str(form["scope"]).endswith("/.default")
        if form["client_secret"] != ENVIRONMENT["GRAPH_CLIENT_SECRET"]:
            return web.json_response({"error": "invalid_client"}, status=401)
        told = {"token_type": "Bearer", "expires_in": 3599, "access_token": TOKEN}
        return web.json_response(told)

    async def _site(self, _: web.Request) -> web.Response:
        return web.json_response({"id": "acme.sharepoint.com,1,2", "displayName": "HR"})

    async def _drive(self, _: web.Request) -> web.Response:
        return web.json_response({"id": "b!7", "name": "Documents"})

    async def _drives(self, _: web.Request) -> web.Response:
        drives = [
            {"id": "b!6", "name": "Other", "webUrl": f"{self.site}/sites/HR/Other"},
            {"id": "b!7", "name": "Policies", "webUrl": f"{self.site}/sites/HR/Pol%20icies"},
        ]
        return web.json_response({"value": drives})

    async def _delta(self, request: web.Request) -> web.Response:
        token = request.query.get("token")
        at = self.oldest if token is None else int(token)
        if at < self.oldest:
            return web.json_response({"error": {"code": "resyncRequired"}}, status=410)
        root = {"id": "root", "name": "root", "folder": {"childCount": 1}, "root": {}}
        some = self.changes[at : at + 2]
        if token is None:
            some = [x for x in some if not x[1]]
        value = [root, *(self._changed(id, deleted) for id, deleted in some)]
        kind = "nextLink" if at + 2 < len(self.changes) else "deltaLink"
        link = f"{self.url}/v1.0/drives/b!7/root/delta?token={min(at + 2, len(self.changes))}"
        return web.json_response({"value": value, f"@odata.{kind}": link})

    def _changed(self, id: str, deleted: bool) -> dict[str, Any]:
        if deleted or id not in self.files:
            return {"id": id, "deleted": {"state": "deleted"}, "file": {}}
        return self._told(id)

    def _told(self, id: str) -> dict[str, Any]:
        file = self.files[id]
        return {
            "id": id,
            "name": file.name,
            "size": len(file.content) if file.size is None else file.size,
            "eTag": f'"{{{id}}},{file.version}"',
            "cTag": f'"c:{{{id}}},{file.version}"',
            "webUrl": f"{self.site}/sites/HR/Documents/{file.name}",
            "file": {"mimeType": file.mime},
            "createdBy": {"user": {"displayName": file.owner, "id": "a1"}},
            "parentReference": {"driveId": "b!7", "id": "root"},
        }

    async def _item(self, request: web.Request) -> web.Response:
        id = request.match_info["id"]
        if id not in self.files:
            return web.json_response({"error": {"code": "itemNotFound"}}, status=404)
        return web.json_response(self._told(id))

    async def _content(self, request: web.Request) -> web.Response:
        id = request.match_info["id"]
        where = self.elsewhere or self.site
        return web.Response(status=302, headers={"Location": f"{where}/download/{id}?tempauth=x"})

    async def _download(self, request: web.Request) -> web.Response:
        assert "Authorization" not in request.headers
        return web.Response(body=self.files[request.match_info["id"]].content)

    async def _permissions(self, request: web.Request) -> web.Response:
        id = request.match_info["id"]
        if id not in self.files:
            return web.json_response({"error": {"code": "itemNotFound"}}, status=404)
        file = self.files[id]
        value: list[dict[str, Any]] = [
            {"id": x, "roles": ["read"], "grantedToV2": {"group": {"id": x, "displayName": x}}}
            for x in file.groups
        ]
        for x in file.site_groups:
            group = {"id": "5", "displayName": x, "loginName": x}
            value.append({"id": x, "roles": ["read"], "grantedToV2": {"siteGroup": group}})
        for scope in file.links:
            link = {"scope": scope, "type": "view", "webUrl": f"{self.site}/:w:/x"}
            value.append({"id": scope, "roles": ["read"], "link": link})
        user = {"user": {"id": "a1", "displayName": "Ina Berg"}}
        value.append({"id": "a1", "roles": ["owner"], "grantedToV2": user})
        start = int(request.query.get("$skiptoken", "0"))
        answer: dict[str, Any] = {"value": value[start : start + 1]}
        if start + 1 < len(value):
            answer["@odata.nextLink"] = f"{self.url}{request.path}?$skiptoken={start + 1}"
        return web.json_response(answer)
