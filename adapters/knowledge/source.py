"""Where pages come from, and what one sync brings in."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from adapters.knowledge.apart import Converter
from adapters.knowledge.convert import BrokenDocument, Kind, Why
from adapters.knowledge.matter import About, UnclearAudience, both, split

PACK = "pack"
"""The name of the source that every handbook has: the pack's own folder."""
SOLVED = "solved-cases"
"""The name of the source whose pages leads make of solved cases."""
EVERYBODY = "*"
HOURLY = timedelta(hours=1)
_MOST_PAGES = 20_000
_MOST_TEXT = 256_000_000
"""Characters of all pages that one sync brings in."""
_LONGEST_PATH = 500
"""Characters; and twice as many bytes, so that a section's id fits into a database index."""


class SourceError(ValueError):
    """It cannot be read, so nothing of it is changed. `str()` is a sentence for the admin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    name: str
    """Lower-case letters, digits and hyphens; unique in its organisation."""
    address: str
    """As the admin gave it. Never with a credential in it."""
    link: str = ""
    """Where employees read it: a page's path follows. "": the source knows, or nowhere."""
    secrets: str = ""
    """What its variables of the environment begin with. "": it needs none."""
    specialist: str | None = None
    """Whose pages they are. None: nobody's in particular, or as the pack's folders say."""
    groups: Mapping[str, str] = field(default_factory=dict[str, str])
    """What a group of the source is called here; `EVERYBODY`: all employees are in it."""
    every: timedelta | None = HOURLY
    """How often it is read. None: only when somebody asks for it."""

    def audience(self, groups: Iterable[str]) -> frozenset[str] | None:
        """These groups of the source, in our names. None: every employee."""
        ours = frozenset(self.groups.get(x, x) for x in groups)
        return None if EVERYBODY in ours else ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    path: str
    """Unique in its source, and the same at the next sync."""
    stamp: str
    """Another one when its content, or what the source says about it, is another."""
    content: bytes
    kind: Kind
    about: About = field(default_factory=About)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    path: str
    stamp: str
    body: str
    """Markdown."""
    about: About


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    path: str
    """What is not UTF-8 in it is written as escapes."""
    why: Why


class Reader(Protocol):
    async def read(self, harvest: "Harvest") -> None:
        """Take, keep or skip every page that there is. Raises `SourceError`."""
        ...


Readers = frozenset[str] | None
Narrow = Callable[[str, frozenset[str]], Awaitable[None]]
"""A page, and the few who may still read it."""


class Harvest:
    """What one sync brings in. A page that is neither taken nor kept is gone."""

    def __init__(
        self,
        converter: Converter,
        known: Mapping[str, str],
        cursor: str,
        readers: Mapping[str, Readers],
        narrow: Narrow,
    ) -> None:
        """`readers`: of each page that is there."""
        self._converter = converter
        self._readers = dict(readers)
        self._narrow = narrow
        self.known = known
        """The stamp of each page that is there; "" if it must be read again in any case."""
        self.cursor = cursor
        """Where the source goes on next time, if it can. "": from the beginning."""
        self.pages: dict[str, Page] = {}
        self.kept: set[str] = set()
        self.skipped: list[Skipped] = []
        self._size = 0

    async def take(self, document: Document) -> None:
        if not _is_usable(document.path):
            return self.skip(document.path, Why.NAME)
        try:
            text = await self._converter.convert(document.content, document.kind)
            said, body = split(text.replace("\r\n", "\n"))
        except BrokenDocument as error:
            return self.skip(document.path, error.why)
        except UnclearAudience:
            await self.restrict(document.path, frozenset())
            return self.skip(document.path, Why.AUDIENCE)
        about = said.over(document.about.clean())
        await self.restrict(document.path, about.audience)
        self._size += len(body)
        self.pages[document.path] = Page(
            path=document.path, stamp=document.stamp, body=body, about=about
        )
        if len(self.pages) + len(self.kept) > _MOST_PAGES or self._size > _MOST_TEXT:
            raise SourceError("There are too many pages for one source: name a smaller part of it.")

    async def restrict(self, path: str, audience: Readers) -> None:
        """These may read it, as far as it is known yet. Who may no longer loses it at once,
        whatever becomes of the page or of the sync; others get it with the rest."""
        if path not in self._readers:
            return
        before = self._readers[path]
        few = both(before, audience)
        if few is not None and few != before:
            self._readers[path] = few
            await self._narrow(path, few)

    def keep(self, path: str) -> None:
        """It is there, and as it was."""
        self.kept.add(path)

    def is_new(self, path: str, stamp: str) -> bool:
        """False: the page with this stamp is there, and kept."""
        if stamp and self.known.get(path) == stamp:
            self.keep(path)
            return False
        return True

    def skip(self, path: str, why: Why) -> None:
        """It is left out; but what only cannot be had at the moment stays as it was."""
        printable = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in path)
        self.skipped.append(Skipped(path=printable[:_LONGEST_PATH], why=why))
        if why is Why.AWAY and path in self.known:
            self.keep(path)


def _is_usable(path: str) -> bool:
    return (
        0 < len(path) <= _LONGEST_PATH
        and path.isprintable()
        and len(path.encode()) <= 2 * _LONGEST_PATH
    )
