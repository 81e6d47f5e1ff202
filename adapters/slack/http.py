"""Slack's calls, verified by Bolt: over HTTP on the public listener, or by Socket Mode."""

import logging
from collections.abc import Mapping
from typing import Any

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.response import BoltResponse

from adapters.slack.listener import Listener
from bot.ports import PortError, Rejected

logger = logging.getLogger(__name__)

PATH = "/slack/events"


def bolt(listener: Listener, signing_secret: str) -> AsyncApp:
    """Bolt verifies, authorises and parses; what it means is the listener's.

    `signing_secret` may be empty with Socket Mode: the connection itself is Slack's.
    """

    async def authorize(team_id: str | None, enterprise_id: str | None) -> AuthorizeResult | None:
        # Bolt's own asks Slack on every event; ours is what the installation left.
        try:
            app, _ = await listener.platform.installed(team_id or "")
        except Rejected:
            return None
        return AuthorizeResult(
            enterprise_id=enterprise_id, team_id=app.team, bot_id=app.bot, bot_user_id=app.user
        )

    app = AsyncApp(
        name="handrail",
        signing_secret=signing_secret or None,
        request_verification_enabled=bool(signing_secret),
        authorize=authorize,  # type: ignore[arg-type]  # None: the app is not installed there
        process_before_response=True,
        ignoring_self_events_enabled=False,
        attaching_function_token_enabled=False,
        attaching_conversation_kwargs_enabled=False,
    )

    async def hear(body: Mapping[str, Any], context: AsyncBoltContext) -> BoltResponse:
        try:
            answer = await listener.hear(context.team_id or "", body)
        except (Rejected, ValueError) as error:  # Also pydantic's.
            logger.warning("never to be taken", extra={"error": type(error).__name__})
            return BoltResponse(status=400, body="")
        except PortError as error:
            logger.warning("not taken; Slack will deliver again", extra={"why": str(error)})
            return BoltResponse(status=503, body="")
        except TimeoutError:
            return BoltResponse(status=503, body="")
        except Exception as error:
            logger.exception("call failed", extra={"error": type(error).__name__})
            return BoltResponse(status=500, body="")
        return BoltResponse(status=200, body=dict(answer) if answer else "")

    async def stumbled(error: Exception) -> BoltResponse:
        """Bolt's own steps, which take for granted what a payload may lack."""
        logger.warning("not heard", extra={"error": type(error).__name__})
        heals = isinstance(error, PortError | TimeoutError | OSError)
        return BoltResponse(status=503 if heals else 400, body="")

    app.middleware(hear)  # pyright: ignore[reportUnknownMemberType]
    app.error(stumbled)  # pyright: ignore[reportUnknownMemberType]
    return app


def attach(app: AsyncApp, application: web.Application) -> None:
    async def handle(request: web.Request) -> web.Response:
        try:
            call = await to_bolt_request(request)
            return await to_aiohttp_response(await app.async_dispatch(call))
        except web.HTTPException:
            raise
        except Exception as error:
            # Bolt reads a call before it verifies who made it, and falls over what is no payload.
            logger.warning("not a payload of Slack's", extra={"error": type(error).__name__})
            return web.Response(status=400)

    application.router.add_post(PATH, handle)
