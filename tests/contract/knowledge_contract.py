"""What every knowledge keeps: it finds what is in its handbooks, and never what is not."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from time import monotonic
from typing import Protocol

import pytest

from bot.ports import Knowledge, Passage

FERN, OTHER = "fern", "other"

VPN = """\
# VPN
You need it for shared drives and the finance system.

## VPN keeps dropping
1. Move closer to the router, or plug in a network cable.
2. Restart the laptop.

## VPN from another country
Announce the trip, because sign-ins from unknown countries are blocked.
"""
WIFI = """\
# Office Wi-Fi
Company laptops join the Wi-Fi network "Fernhill" by themselves.

## Visitors
Create a code at the reception. It lasts 24 hours.
"""
PASSWORD = """\
# Password
Your password does not expire.

## Reset a forgotten password
Reset it with the authenticator app, in three minutes.
"""
LEAVE = """\
# Annual leave
Full-time employees have 30 days of paid time off.

## Carry over
Unused days are carried over until the end of March.
"""
KUENDIGUNG = """\
# Kündigung
Die Kündigungsfrist beträgt drei Monate zum Monatsende.

## Zeugnis
Jede Mitarbeiterin und jeder Mitarbeiter bekommt ein Arbeitszeugnis.
"""
PAGES = {
    "it/vpn.md": VPN,
    "it/wifi.md": WIFI,
    "it/password.md": PASSWORD,
    "hr/leave.md": LEAVE,
    "kuendigung.md": KUENDIGUNG,
}

ODD = [
    "",
    " ",
    "\n\t",
    "???",
    "...!",
    "vpn" * 4_000,
    "vpn keeps dropping " * 600,
    "".join(chr(n) for n in range(32, 10_000, 7)),
    'title:"x" AND (',
    "* ? ~ ^ [a TO z] {",
    "-vpn +NOT OR AND NOT",
    "vpn\x00dropping",
    "\x00",
    "🎉🔥 👩‍💻",
    "日本語の質問",
    "كلمة السر",
    "'; DROP TABLE handbooks; --",
    "\ud800",
    "a-b-c-d-e-----",
    "'''’’’",
    "%s %(x)s {0} \\",
]


class Library(Protocol):
    """Handbooks, and all that reads them."""

    async def publish(self, organisation: str, pages: Mapping[str, str]) -> None:
        """These pages, by path, are its handbook. Its specialists are `it` and `hr`."""
        ...

    async def open(self) -> Knowledge:
        """A reader of its own, as another process has one."""
        ...


async def soon[T](ask: Callable[[], Awaitable[T]], right: Callable[[T], bool]) -> T:
    """What it answers within a second, once it is right."""
    deadline = monotonic() + 1.0
    while not right(answer := await ask()) and monotonic() < deadline:
        await asyncio.sleep(0.01)
    return answer
