"""The private listener's application: who may call it, and what each of its answers says.

It has no login: what protects it is that only a page it served itself, on this machine, may
change anything. A name that somebody else points at 127.0.0.1 is refused by its Host.
"""

import logging
from collections.abc import Awaitable, Callable

from aiohttp import web

from bot.ports import PortError

logger = logging.getLogger(__name__)

LONGEST = 64 * 1024
"""Bytes of a request's body."""

_NAMES = ("127.0.0.1", "localhost", "[::1]")
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'; object-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Refused(Exception):
    """Answered with one sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


def private_application() -> web.Application:
    application = web.Application(client_max_size=LONGEST, middlewares=[_guard])
    application.on_response_prepare.append(_sign)
    return application


@web.middleware
async def _guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        _check(request)
        return await handler(request)
    except Refused as error:
        return _sentence(error.status, error.sentence)
    except web.HTTPRequestEntityTooLarge:
        return _sentence(413, f"That is more than {LONGEST // 1024} kB. Please send less at once.")
    except web.HTTPNotFound:
        return _sentence(404, "There is nothing at this address.")
    except web.HTTPMethodNotAllowed:
        return _sentence(405, "That cannot be done at this address.")
    except (PortError, TimeoutError):
        return _sentence(503, "Handrail cannot reach its database. Try again in a moment.")
    except web.HTTPException:
        raise
    except Exception as error:
        logger.exception("request failed", extra={"error": type(error).__name__})
        return _sentence(500, "That did not work, and it is not your fault. The log says why.")


def _check(request: web.Request) -> None:
    """Raises `Refused`."""
    port = request.get_extra_info("sockname", ("", 0))[1]
    if request.host not in {f"{name}:{port}" for name in _NAMES}:
        raise Refused(403, f"Open this page as http://127.0.0.1:{port}.")
    own = f"http://{request.host}"
    origin, site = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site")
    if origin not in (None, own):
        raise Refused(403, "Another page may not do this.")
    if request.method in ("GET", "HEAD"):
        if request.path.startswith("/api/") and site in ("cross-site", "same-site"):
            raise Refused(403, "Another page may not read this.")
        return
    if origin is None and site != "same-origin":
        raise Refused(403, "Only the page that Handrail serves may do this.")
    if request.content_type != "application/json":
        raise Refused(415, "Only JSON is understood here.")


def _sentence(status: int, sentence: str) -> web.Response:
    return web.json_response({"error": sentence}, status=status)


async def _sign(request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(_HEADERS)
    response.headers.setdefault("Cache-Control", "no-store")
