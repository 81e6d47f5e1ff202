"""Confluence Cloud on the loopback: what its documentation says, and nothing else.

REST v2: https://developer.atlassian.com/cloud/confluence/rest/v2/; restrictions and users: v1.
"""

import base64
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.site import serving

TOKEN = "confluence-secret"


@dataclass(kw_only=True)
class WikiPage:
    title: str
    body: str = "<p>Words.</p>"
    parent: tuple[str, str] | None = None
    version: int = 1
    groups: list[str] = field(default_factory=list[str])
    users: list[str] = field(default_factory=list[str])


class Confluence:
    def __init__(self) -> None:
        self.url = ""
        self.pages: dict[str, WikiPage] = {}
        self.folders: dict[str, WikiPage] = {}
        self.space_groups = ["staff"]
        self.owner = "Ina Berg"
        self.fails: dict[str, list[int]] = {}
        """Statuses that an address ending like this answers first."""
        self.asked: list[str] = []
        self.page_size = 2

    @asynccontextmanager
    async def open(self) -> AsyncGenerator["Confluence"]:
        application = web.Application(middlewares=[self._door])
        v2, v1 = "/wiki/api/v2", "/wiki/rest/api"
        application.router.add_get(f"{v2}/spaces", self._spaces)
        application.router.add_get(f"{v2}/spaces/77/permissions", self._permissions)
        application.router.add_get(f"{v2}/spaces/77/pages", self._pages)
        application.router.add_get(f"{v2}/pages/{{id}}", self._page)
        application.router.add_get(f"{v2}/folders/{{id}}", self._folder)
        application.router.add_get(
            f"{v1}/content/{{id}}/restriction/byOperation/read", self._restriction
        )
        application.router.add_get(f"{v1}/user", self._user)
        async with serving(application) as self.url:
            yield self

    @web.middleware
    async def _door(self, request: web.Request, handler: Any) -> web.StreamResponse:
        basic = base64.b64encode(f"bot@acme.example:{TOKEN}".encode()).decode()
        if request.headers.get("Authorization") != f"Basic {basic}":
            return web.json_response({"message": "Unauthorized"}, status=401)
        self.asked.append(request.rel_url.path)
        for end, statuses in self.fails.items():
            if request.rel_url.path.endswith(end) and statuses:
                return web.Response(status=statuses.pop(0))
        return await handler(request)

    async def _spaces(self, request: web.Request) -> web.Response:
        found = [{"id": "77", "key": "HR", "name": "HR", "type": "global", "status": "current"}]
        found = found if request.query["keys"] == "HR" else []
        return web.json_response({"results": found, "_links": {"base": f"{self.url}/wiki"}})

    async def _permissions(self, request: web.Request) -> web.Response:
        assert int(request.query["limit"]) <= 250
        results = [
            {
                "id": x,
                "principal": {"type": "group", "id": x},
                "operation": {"key": key, "targetType": "space"},
            }
            for group in self.space_groups
            for x, key in ((group, "read"), (f"{group}-admin", "administer"))
        ]
        return web.json_response({"results": results, "_links": {}})

    async def _pages(self, request: web.Request) -> web.Response:
        assert int(request.query["limit"]) <= 250
        start = int(request.query.get("cursor", "0"))
        ids = list(self.pages)[start : start + self.page_size]
        links = {"base": f"{self.url}/wiki"}
        if start + self.page_size < len(self.pages):
            links["next"] = f"/wiki/api/v2/spaces/77/pages?limit=2&cursor={start + self.page_size}"
        return web.json_response({"results": [self._told(x) for x in ids], "_links": links})

    async def _page(self, request: web.Request) -> web.Response:
        id = request.match_info["id"]
        assert request.query["body-format"] == "export_view"
        if id not in self.pages:
            return web.json_response({"errors": []}, status=404)
        body = {"export_view": {"representation": "export_view", "value": self.pages[id].body}}
        return web.json_response({**self._told(id), "body": body})

    def _told(self, id: str) -> dict[str, Any]:
        page = self.pages[id]
        kind, parent = page.parent or (None, None)
        return {
            "id": id,
            "status": "current",
            "title": page.title,
            "spaceId": "77",
            "parentId": parent,
            "parentType": kind,
            "ownerId": "a1",
            "version": {"number": page.version, "createdAt": "2026-01-01T00:00:00Z"},
            "_links": {"webui": f"/spaces/HR/pages/{id}/{page.title.replace(' ', '+')}"},
        }

    async def _folder(self, request: web.Request) -> web.Response:
        folder = self.folders.get(request.match_info["id"])
        if folder is None:
            return web.json_response({"errors": []}, status=404)
        kind, parent = folder.parent or (None, None)
        told = {"id": request.match_info["id"], "title": folder.title}
        return web.json_response({**told, "parentId": parent, "parentType": kind})

    async def _restriction(self, request: web.Request) -> web.Response:
        id = request.match_info["id"]
        content = self.pages.get(id) or self.folders.get(id)
        if content is None:
            return web.json_response({"statusCode": 404}, status=404)
        users = [{"type": "known", "accountId": x} for x in content.users]
        groups = [{"type": "group", "name": f"name of {x}", "id": x} for x in content.groups]
        restrictions = {
            "user": {"results": users, "start": 0, "limit": 200, "size": len(users)},
            "group": {"results": groups, "start": 0, "limit": 200, "size": len(groups)},
        }
        return web.json_response({"operation": "read", "restrictions": restrictions})

    async def _user(self, request: web.Request) -> web.Response:
        assert request.query["accountId"] == "a1"
        return web.json_response({"accountId": "a1", "displayName": self.owner})
