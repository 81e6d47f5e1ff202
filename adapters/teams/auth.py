"""Is a call from Teams? The token's signature, and what it claims.

Rules: learn.microsoft.com, Bot Framework REST authentication, connector to bot.
"""

import asyncio
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import aiohttp
import jwt
from botframework.connector.auth import (  # pyright: ignore[reportMissingTypeStubs]
    JwtTokenExtractor,
    VerifyOptions,
)
from jwt.algorithms import RSAAlgorithm

from adapters.teams.payload import Activity
from bot.ports import Clock, Unavailable

logger = logging.getLogger(__name__)

ISSUER = "https://api.botframework.com"
_LEEWAY = 300
_STALE = 24 * 3600.0
"""Seconds after which the keys are fetched again, in the background."""
_PAUSE = 60.0
"""Seconds between two fetches for keys that are not known: anybody may send one."""
_TIMEOUT = aiohttp.ClientTimeout(total=10)


class Refused(Exception):
    """`status` is 401: no proof; 403: proved, and not allowed."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


@dataclass(frozen=True, slots=True)
class Key:
    """As botframework's validation expects it."""

    public_key: object
    endorsements: list[str]


class Keys:
    """The signing keys. botframework's own blocks the loop, and misses rotated keys for a day."""

    def __init__(self, url: str, session: aiohttp.ClientSession, clock: Clock) -> None:
        self._url = url
        self._session = session
        self._clock = clock
        self._keys: dict[str, Key] = {}
        self._fetched = self._tried = float("-inf")
        self._lock = asyncio.Lock()
        self._refreshing: asyncio.Task[None] | None = None

    async def get(self, kid: str | None) -> Key:
        """Raises `Refused` for an unknown key, `Unavailable` when none can be had."""
        now = self._clock.monotonic()
        if kid not in self._keys and (not self._keys or now - self._tried > _PAUSE):
            async with self._lock:
                if kid not in self._keys:
                    await self._refresh()
        elif now - self._fetched > _STALE and now - self._tried > _PAUSE:
            self._tried = now
            self._refreshing = asyncio.create_task(self._refresh_quietly())
        if kid is None or kid not in self._keys:
            raise Refused(401, "unknown key")
        return self._keys[kid]

    async def _refresh(self) -> None:
        self._tried = self._clock.monotonic()
        try:
            metadata = await self._json(self._url)
            keys = await self._json(str(metadata["jwks_uri"]))
        except (aiohttp.ClientError, TimeoutError, KeyError, ValueError) as error:
            raise Unavailable(f"teams keys: {type(error).__name__}") from error
        self._keys = {
            str(x["kid"]): Key(
                RSAAlgorithm.from_jwk(json.dumps(x)), list(x.get("endorsements", []))
            )
            for x in keys["keys"]
            if x.get("kid") and x.get("kty") == "RSA"
        }
        self._fetched = self._clock.monotonic()

    async def _refresh_quietly(self) -> None:
        try:
            await self._refresh()
        except Unavailable as error:
            logger.warning("signing keys not refreshed", extra={"why": str(error)})

    async def _json(self, url: str) -> Mapping[str, Any]:
        async with self._session.get(url, timeout=_TIMEOUT) as answer:
            answer.raise_for_status()
            return cast("Mapping[str, Any]", await answer.json(content_type=None))


class Verifier:
    """One app, one tenant."""

    def __init__(self, app_id: str, tenant: str, metadata_url: str, keys: Keys) -> None:
        self._app_id = app_id
        self._tenant = tenant
        options = VerifyOptions(
            issuer=[ISSUER], audience=None, clock_tolerance=_LEEWAY, ignore_expiration=False
        )
        self._extractor = JwtTokenExtractor(options, metadata_url, ["RS256"])
        self._extractor.open_id_metadata = keys

    async def verify(self, header: str, activity: Activity) -> None:
        """Raises `Refused`, or `Unavailable` when the keys cannot be had."""
        claims = await self._claims(header, activity.channel)
        # botframework leaves these to its callers; a token without an end it lets pass.
        if claims.get("aud") != self._app_id:
            raise Refused(401, "another audience")
        if not isinstance(claims.get("exp"), int):
            raise Refused(401, "no expiry")
        if not activity.service_url or claims.get("serviceurl") != activity.service_url:
            raise Refused(401, "another service")
        if activity.tenant != self._tenant:
            raise Refused(403, "another tenant")

    async def _claims(self, header: str, channel: str) -> Mapping[str, object]:
        try:
            found = await self._extractor.get_identity_from_auth_header(header, channel, [])
        except (Refused, Unavailable):
            raise
        except (jwt.PyJWTError, ValueError, KeyError, TypeError) as error:
            raise Refused(401, type(error).__name__) from error
        except Exception as error:
            # botframework raises plain exceptions for endorsements and algorithms.
            raise Refused(401, "refused by botframework") from error
        if not found:  # pyright: ignore[reportUnnecessaryComparison]  # None for another scheme
            raise Refused(401, "no token")
        claims: Any = getattr(found, "claims", {})
        return cast("Mapping[str, object]", claims)
