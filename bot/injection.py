"""Injection: words meant for the model and not for the help desk, in messages and in documents."""

from enum import StrEnum

from bot.attempts import TAGS, attempt, readings
from bot.orders import planted


class Origin(StrEnum):
    USER = "user"
    DOCUMENT = "document"
    """A page, or the result of a tool: nobody there may give orders."""


def injection(text: str, origin: Origin) -> str | None:
    """What kind of attempt at the model's orders it is. None: it is none."""
    if not text.isascii() and TAGS.search(text):
        return "hidden"
    found = planted(text) if origin is Origin.DOCUMENT else attempt(text)
    return found or ("encoded" if any(map(attempt, readings(text))) else None)
