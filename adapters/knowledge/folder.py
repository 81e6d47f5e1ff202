"""Reads the pages of a folder. A bad file is named and left out, never fatal."""

import asyncio
import hashlib
import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from adapters.knowledge.convert import LARGEST, Kind, Why, kind_of
from adapters.knowledge.source import Document, Harvest, SourceError

_LARGEST_MARKDOWN = 1_000_000
"""Bytes."""
_MOST_PAGES = 20_000
_MOST_ENTRIES = 500_000
"""Of all kinds, so that a whole disk is not searched for pages."""


class NotAHandbook(SourceError):
    """The folder holds no pages, or is far too large."""


class FolderReader:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def read(self, harvest: Harvest) -> None:
        """In the order of their paths. Raises `NotAHandbook`."""
        found = await asyncio.to_thread(_all, self._folder)
        root = self._folder.resolve()
        for path, why in found:
            document = why or await asyncio.to_thread(_document, root, path)
            if not isinstance(document, Document):
                printable = os.fsencode(path).decode("utf-8", "backslashreplace")
                harvest.skip(printable, document)
            elif harvest.is_new(path, document.stamp):
                await harvest.take(document)
        if not (harvest.pages or harvest.kept):
            raise NotAHandbook(f"There is no page that can be read in {self._folder}.")


def _all(folder: Path) -> list[tuple[str, Why | None]]:
    if "\0" in str(folder) or not folder.is_dir():
        raise NotAHandbook(f"There is no folder {folder} on this machine.")
    found = list(islice(_found(folder.resolve()), _MOST_PAGES + 1))
    if len(found) > _MOST_PAGES:
        raise NotAHandbook(f"{folder} holds more than {_MOST_PAGES} pages: name a smaller folder.")
    return sorted(found, key=lambda one: one[0])


def _found(root: Path) -> Iterator[tuple[str, Why | None]]:
    """Paths, each with the reason why it is not looked at. None: it may be a page."""
    closed: list[OSError] = []
    entries = 0
    for parent, folders, files in os.walk(root, onerror=closed.append):
        here = Path(parent)
        entries += len(folders) + len(files)
        if entries > _MOST_ENTRIES:
            raise NotAHandbook(f"{root} is too large for a handbook: name the folder of its pages.")
        for name in [name for name in folders if name[0] == "." or (here / name).is_symlink()]:
            folders.remove(name)
            why = Why.HIDDEN if name[0] == "." else Why.LINK
            yield (here / name).relative_to(root).as_posix(), why
        for name in files:
            if kind_of(name):
                why = Why.HIDDEN if name[0] == "." else None
                yield (here / name).relative_to(root).as_posix(), why
    for error in closed:
        yield Path(error.filename).relative_to(root).as_posix(), Why.UNREADABLE


def _document(root: Path, path: str) -> Document | Why:
    # Before a colon stands the name of another source.
    if not path.isprintable() or ":" in path:
        return Why.NAME
    kind = kind_of(path)
    assert kind
    try:
        real = (root / path).resolve(strict=True)
        if not real.is_relative_to(root):
            return Why.LINK
        if not real.is_file():
            return Why.UNREADABLE
        if real.stat().st_size > (_LARGEST_MARKDOWN if kind is Kind.MARKDOWN else LARGEST):
            return Why.LARGE
        content = real.read_bytes()
    except (OSError, RuntimeError):  # RuntimeError: links that lead in a circle
        return Why.UNREADABLE
    stamp = hashlib.sha256(content).hexdigest()
    return Document(path=path, stamp=stamp, content=content, kind=kind)
