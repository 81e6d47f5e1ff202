"""The base of Slack's door: bolt that verifies, authorises and does nothing."""

import logging
import sys

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult

from tests.slack_far_side import APP, BOT, SECRET, TEAM, TOKEN

logging.disable(logging.WARNING)


async def authorize(**_: object) -> AuthorizeResult:
    return AuthorizeResult(
        enterprise_id=None, team_id=TEAM, bot_token=TOKEN, bot_id=APP, bot_user_id=BOT
    )


bolt = AsyncApp(signing_secret=SECRET, authorize=authorize)


@bolt.event("message")
async def nothing() -> None:
    """Acknowledged by bolt before it is called."""


async def handle(request: web.Request) -> web.Response:
    return await to_aiohttp_response(await bolt.async_dispatch(await to_bolt_request(request)))


if __name__ == "__main__":
    application = web.Application()
    application.router.add_post("/", handle)
    web.run_app(application, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)
