"""The base of the front door: aiohttp that only reads the JSON."""

import sys

from aiohttp import web


async def handle(request: web.Request) -> web.Response:
    await request.json()
    return web.json_response({})


if __name__ == "__main__":
    application = web.Application()
    application.router.add_post("/", handle)
    web.run_app(application, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)
