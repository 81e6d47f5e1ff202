"""The given: what an answer may rest on, taken apart so that sentences can be held against it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, pairwise

from bot.figures import Figure, figures, hinted
from bot.tongue import Tongue, stems, tongue
from bot.words import plain

BULLET = re.compile(r"^\s*(?:[-*+•#>]+|\d{1,3}[.)])\s+")
_LINE = re.compile(r"(?<=[^\d\s][.!?;])\s+|\n+")
_START = re.compile(r"(?<=[^\w\s])\s+|\n+")
CLAUSE = re.compile(
    r"[,;:()–]|\b(?:but|unless|except|although|while|and|if|when|or|because|so that"
    r"|aber|sondern|außer|obwohl|während|und|wenn|falls|oder|weil|damit)\b",
    re.IGNORECASE,
)
_NOT = re.compile(
    r"\b(?:not|no|never|cannot|can'?t|\w+n't|dont|doesnt|isnt|wont|nor|neither|none|nobody"
    r"|nothing|nicht|kein\w*|nie|niemals|weder|nichts|niemand)\b"
)


@dataclass(frozen=True, slots=True)
class Part:
    """A clause of a sentence, or a cell of a row, of what is given."""

    figures: frozenset[Figure]
    words: frozenset[str]
    around: frozenset[str]
    """The words of its line, and of the titles above it."""
    denies: bool


@dataclass(frozen=True, slots=True)
class Given:
    """What is given, ready to be compared with."""

    letters: str
    """All of it without blanks and signs."""
    starts: frozenset[int]
    """Where in `letters` a sentence, an item or a row may begin."""
    plain: str
    initials: frozenset[str]
    tongue: Tongue
    figures: frozenset[Figure]
    parts: tuple[Part, ...]

    def says(self, text: str) -> bool:
        """Word for word, and from a beginning: "share it" stands in "Do not share it", too."""
        wanted, at = bare(text), -1
        while (at := self.letters.find(wanted, at + 1)) >= 0:
            if at in self.starts:
                return len(wanted) > 2
        return False


@lru_cache(maxsize=512)
def given(title: str, text: str) -> Given:
    whole = f"{title}\n{text}"
    lines = [bare(BULLET.sub("", x)) for x in _START.split(whole)]
    told, hints = figures(whole), hinted(whole)
    return Given(
        letters="".join(lines),
        starts=frozenset(accumulate(map(len, lines), initial=0)),
        plain=" ".join((plain(whole), *initials(whole))).lower(),
        initials=initials(whole),
        tongue=tongue(whole),
        figures=told | hints,
        parts=tuple(_parts(title, text)),
    )


def initials(text: str) -> frozenset[str]:
    """What its names may be called for short: UK, where it says United Kingdom."""
    runs = (x.split() for x in re.findall(r"[A-Z][a-z]+(?: [A-Z][a-z]+)+", text))
    names = (y for run in runs for y in (run, *pairwise(run)))
    return frozenset("".join(word[0] for word in name) for name in names)


def _words(text: str) -> frozenset[str]:
    return stems(text) | {x.lower() for x in initials(text)}


def _parts(title: str, text: str) -> Iterator[Part]:
    above = _words(title)
    header: list[str] = []
    for line in _LINE.split(text):
        row = [x.strip() for x in line.strip().strip("|").split("|")] if "|" in line else []
        header = (header or row) if row else []
        if row:
            first = _words(row[0])
            named = zip(header, row, strict=False)
            cells = [(cell, first | _words(name)) for name, cell in named]
        else:
            cells = [(line, _words(line))]
        for cell, around in cells:
            for part in CLAUSE.split(cell):
                if any(x.isalnum() for x in part):
                    told = figures(part) | hinted(part)
                    words = _words(part)
                    yield Part(told, words, words | around | above, denies(part))


def bare(text: str) -> str:
    return "".join(x for x in text.casefold() if x.isalnum())


def denies(text: str) -> bool:
    return bool(_NOT.search(plain(text)))
