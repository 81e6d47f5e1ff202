"""The directory of a company: the platforms tell who an account is, the pack who does what."""

import asyncio
import logging
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from adapters.register import Register
from bot.colleagues import Names
from bot.people import Profile, Requester, Sender
from bot.ports import Clock, Unavailable

logger = logging.getLogger(__name__)

_FRESH = timedelta(minutes=15)
"""How long a platform's word on an account counts: whoever leaves is out after it."""
_KEPT = 20_000
"""Accounts in memory; beyond it all are asked for anew."""


class Profiles(Protocol):
    """A platform, as far as the directory needs it."""

    async def profile(self, sender: Sender) -> Profile | None:
        """None: there is no such account. Raises `Unavailable` or `Rejected`."""
        ...


class AccountDirectory:
    """An account is who its verified e-mail address says. Equal addresses on two platforms are
    one employee; somebody whom the pack's people.yaml lists has its groups and manager too."""

    def __init__(
        self,
        *,
        people: Iterable[Requester],
        accounts: Mapping[tuple[str, str], str],
        profiles: Mapping[str, Profiles],
        register: Register,
        clock: Clock,
    ) -> None:
        self._people = {x.id: x for x in people}
        self._by_email = {x.email.lower(): x for x in self._people.values()}
        self._accounts = accounts
        """The employee id by platform and account, for accounts without an address."""
        self._profiles = profiles
        self._register = register
        self._clock = clock
        self._seen: dict[Sender, tuple[datetime, Requester | None]] = {}
        self._names = Names(x.name for x in self._people.values())
        self._names_read = False
        """The register's have joined them."""
        self._reading = asyncio.Lock()

    async def find(self, sender: Sender) -> Requester | None:
        """Raises `Unavailable` when neither the platform nor the register can tell."""
        account = Sender(platform=sender.platform, workspace=sender.workspace, user=sender.user)
        now = self._clock.now()
        asked, who = self._seen.get(account, (now - _FRESH, None))
        if now - asked < _FRESH:
            return who
        try:
            who = await self._ask(account)
        except Unavailable:
            kept = await self._register.get(_key(account))
            if kept is None:
                raise
            return await self.employee(kept["employee"])
        if len(self._seen) >= _KEPT:
            self._seen.clear()
        self._seen[account] = (now, who)
        return who

    async def employee(self, id: str) -> Requester | None:
        if id in self._people:
            return self._people[id]
        kept = await self._register.get(f"employee/{id}")
        if kept is None:
            return None
        return Requester(
            id=id,
            name=kept["name"],
            email=kept["email"],
            department="",
            location="",
            locale=kept["locale"],
            timezone=kept["timezone"],
        )

    async def with_email(self, email: str) -> Requester | None:
        """Whom the pack does not list is known by the address that their account had."""
        email = email.lower()
        if "@" not in email:
            return None
        return self._by_email.get(email) or await self.employee(email)

    async def members(self, group: str) -> tuple[Requester, ...]:
        return tuple(x for x in self._people.values() if group in x.groups)

    async def names(self) -> Names:
        """Of those whom the pack does not list, the ones who wrote to the bot: through another
        process, once this one starts again."""
        if not self._names_read:
            async with self._reading:
                if not self._names_read:
                    await self._read_names()
        return self._names

    async def _read_names(self) -> None:
        try:
            for kept in await self._register.under("employee/"):
                self._names.add(kept["name"])
            self._names_read = True
        except Unavailable:
            logger.warning("The names of the register cannot be read yet.")

    async def _ask(self, account: Sender) -> Requester | None:
        platform = self._profiles.get(account.platform)
        profile = await platform.profile(account) if platform else None
        if profile is None or profile.outside:
            return None
        listed = self._accounts.get((account.platform, account.user))
        if listed is not None:
            return self._people[listed]
        if not profile.email:
            return None
        known = self._by_email.get(profile.email)
        who = known or _stranger(profile, profile.email)
        kept = await self._register.get(_key(account))
        if kept != {"employee": who.id}:
            if known is None:
                told = ("name", "email", "locale", "timezone")
                kept = {x: str(getattr(who, x)) for x in told}
                await self._register.put(f"employee/{who.id}", kept)
                self._names.add(who.name)
            await self._register.put(_key(account), {"employee": who.id})
        return who


def _key(account: Sender) -> str:
    return f"account/{account.platform}/{account.workspace}/{account.user}"


def _stranger(profile: Profile, email: str) -> Requester:
    """An employee of whom the pack says nothing."""
    return Requester(
        id=email,
        name=profile.name or email,
        email=email,
        department="",
        location="",
        locale=profile.locale.split("-")[0].lower(),
        timezone=_timezone(profile.timezone),
    )


def _timezone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (KeyError, ValueError, OSError):
        # Not told, or not a zone that this machine knows.
        return "UTC"
