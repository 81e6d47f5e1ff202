"""The clock and the identifiers of the real world."""

import asyncio
import secrets
import time
import uuid
from datetime import UTC, datetime, timedelta


class SystemClock:
    """Runs ahead by `ahead` in the demonstration, where time can be skipped."""

    def __init__(self, ahead: timedelta = timedelta(0)) -> None:
        self.ahead = ahead

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class FrozenClock:
    """Stands still: for what is told of another time, such as the sample's case of last night."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("nothing waits on a clock that stands still")


class RandomIds:
    def new(self) -> str:
        return uuid.uuid4().hex

    def token(self) -> str:
        return secrets.token_urlsafe(24)


def admin_code() -> str:
    """Typed by a person: no letters that look alike, in two groups."""
    letters = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
    groups = ("".join(secrets.choice(letters) for _ in range(5)) for _ in range(2))
    return "-".join(groups)
