"""Who writes: the account on a platform, and the employee behind it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """A platform account, as the verified event names it."""

    platform: str
    workspace: str
    user: str
    name: str = ""
    """What the platform displays. Shown to people, never used to decide who it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What a platform tells of an account."""

    name: str
    email: str | None
    """Lower case. None: the platform does not tell."""
    locale: str = ""
    """A language tag such as `de-DE`. Empty: the platform does not tell."""
    timezone: str = ""
    """Such as `Europe/Berlin`. Empty: the platform does not tell."""
    outside: bool = False
    """A guest, an account of another company, or a bot: no employee, whatever its e-mail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Requester:
    """An employee, as the directory knows them."""

    id: str
    name: str
    email: str
    department: str
    location: str
    locale: str
    """A language tag such as `de`; a pack without it speaks its first language."""
    timezone: str
    groups: frozenset[str] = frozenset()
    country: str = ""
    """Two capital letters. Empty: nobody told."""
    entity: str = ""
    """The company of the group that employs them. Empty: nobody told."""
    contract: str = ""
    """Such as `contractor`. Empty: nobody told."""
    manager: str | None = None
    """The manager's employee id. None: the directory names none."""


@dataclass(frozen=True, slots=True)
class Person:
    """An employee as a destination: wherever their direct chat with the bot is."""

    id: str
