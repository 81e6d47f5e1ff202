"""What a company numbers by itself: personal, such as a member's number, or harmless."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Self

from bot.found import Found, Kind

_PARTS = {"#": r"\d", "?": r"[^\W_]", "*": r"[^\W_]{1,40}"}
_MOST = 3
"""Of `*` in a shape: each more makes a hostile text slower to read."""


def pattern(shape: str) -> re.Pattern[str]:
    """`#` is a digit, `?` a letter or digit, `*` one or more of these; all else is itself.

    No regular expression: none that a pack could hold would make a message slow to read.
    Raises `ValueError`.
    """
    if not any(x.isalnum() or x in _PARTS for x in shape):
        raise ValueError("it has no letter or digit")
    if "**" in shape or shape.count("*") > _MOST:
        raise ValueError(f"it may have up to {_MOST} *, apart from each other")
    middle = "".join(_PARTS.get(x) or re.escape(x) for x in shape)
    return re.compile(rf"(?<![^\W_]){middle}(?![^\W_])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Identifiers:
    own: tuple[tuple[Kind, re.Pattern[str]], ...] = ()
    harmless: tuple[re.Pattern[str], ...] = ()
    """What looks personal and is not: a printer's address, an asset's number."""

    @classmethod
    def of(cls, own: Iterable[tuple[Kind, str]], harmless: Iterable[str]) -> Self:
        return cls(
            tuple((kind, pattern(x)) for kind, x in own), tuple(pattern(x) for x in harmless)
        )

    def find(self, text: str) -> Iterator[Found]:
        for kind, pattern in self.own:
            for match in pattern.finditer(text):
                yield Found(start=match.start(), end=match.end(), kind=kind)

    def harmless_in(self, text: str) -> bytearray:
        """1 where something harmless stands, for each character. Empty: nothing does."""
        spans = [match.span() for pattern in self.harmless for match in pattern.finditer(text)]
        marks = bytearray(len(text) if spans else 0)
        for start, end in spans:
            marks[start:end] = b"\1" * (end - start)
        return marks


NONE = Identifiers()
