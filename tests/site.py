"""A website on the loopback, strict about what is asked of it."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from aiohttp import web


class Site:
    """What is in `pages` is there; each has an ETag unless it is in `untagged`."""

    def __init__(self) -> None:
        self.url = ""
        self.pages: dict[str, tuple[str, bytes]] = {}
        """Media type and body by path."""
        self.listed: list[str] = []
        """Addresses or paths in /sitemap.xml."""
        self.fails: dict[str, list[int]] = {}
        """Statuses that a path answers first, one after the other."""
        self.dead: set[str] = set()
        """Paths at which the connection breaks."""
        self.moved: dict[str, str] = {}
        self.headers: dict[str, dict[str, str]] = {}
        self.untagged: set[str] = set()
        self.asked: list[str] = []
        self.together = asyncio.Barrier(1)
        """How many pages must be asked for at once, before any of them is answered."""
        self.most = 0
        """Pages that were asked for at once."""
        self._busy = 0

    def page(self, path: str, html: str) -> None:
        self.pages[path] = ("text/html; charset=utf-8", html.encode())
        self.listed.append(path)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        path = request.rel_url.path_qs
        assert request.headers["User-Agent"] == "Handrail"
        assert "Authorization" not in request.headers
        self.asked.append(path)
        if path in self.listed:
            self._busy += 1
            self.most = max(self.most, self._busy)
            await self.together.wait()
            self._busy -= 1
        if path in self.dead and request.transport:
            request.transport.abort()
        if self.fails.get(path):
            return web.Response(status=self.fails[path].pop(0), headers={"Retry-After": "7"})
        if path in self.moved:
            return web.Response(status=302, headers={"Location": self.moved[path]})
        if path == "/sitemap.xml" and path not in self.pages:
            places = (x if "://" in x else self.url + x for x in self.listed)
            urls = "".join(f"<url><loc>{x}</loc></url>" for x in places)
            return web.Response(text=f"<urlset>{urls}</urlset>", content_type="application/xml")
        if path not in self.pages:
            return web.Response(status=404)
        media_type, body = self.pages[path]
        headers = {"Content-Type": media_type, **self.headers.get(path, {})}
        if path not in self.untagged:
            headers["ETag"] = f'"{hashlib.sha256(body).hexdigest()[:8]}"'
            if request.headers.get("If-None-Match") == headers["ETag"]:
                return web.Response(status=304)
        return web.Response(body=body, headers=headers)

    @asynccontextmanager
    async def open(self) -> AsyncGenerator["Site"]:
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", self._answer)
        async with serving(application) as self.url:
            yield self


@asynccontextmanager
async def serving(application: web.Application) -> AsyncGenerator[str]:
    """Its address, without a slash at the end."""
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    listener = web.TCPSite(runner, "127.0.0.1", 0)
    await listener.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
