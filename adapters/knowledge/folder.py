"""Reads the Markdown pages of a folder. A bad file is named and left out, never fatal."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from pathlib import Path

_SUFFIXES = (".md", ".markdown")
_LARGEST = 1_000_000
"""Bytes."""
_LONGEST_PATH = 500
"""Characters, so that a section's id fits into a database index."""


_MOST_PAGES = 20_000
_MOST_ENTRIES = 500_000
"""Of all kinds, so that a whole disk is not searched for pages."""


class NotAHandbook(ValueError):
    """The folder holds no pages, or is far too large. `str()` is a sentence for the admin."""


class Why(StrEnum):
    HIDDEN = "hidden"
    LINK = "a link to a folder, or out of it"
    NAME = "an unusable name"
    LARGE = "larger than 1 MB"
    ENCODING = "not UTF-8"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    path: str
    """From the folder; what is not UTF-8 in it is written as escapes."""
    why: Why


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    path: str
    """From the folder, with forward slashes."""
    text: str
    hash: str


def read(folder: Path) -> tuple[tuple[Page, ...], tuple[Skipped, ...]]:
    """In the order of their paths. Raises `NotAHandbook`."""
    if "\0" in str(folder) or not folder.is_dir():
        raise NotAHandbook(f"There is no folder {folder} on this machine.")
    root = folder.resolve()
    pages: list[Page] = []
    skipped: list[Skipped] = []
    found = list(islice(_found(root), _MOST_PAGES + 1))
    if len(found) > _MOST_PAGES:
        raise NotAHandbook(f"{folder} holds more than {_MOST_PAGES} pages: name a smaller folder.")
    for path, why in sorted(found, key=lambda one: one[0]):
        result = why or _page(root, path)
        if isinstance(result, Page):
            pages.append(result)
        else:
            printable = os.fsencode(path).decode("utf-8", "backslashreplace")
            skipped.append(Skipped(path=printable, why=result))
    if not pages:
        raise NotAHandbook(f"There is no Markdown page that can be read in {folder}.")
    return tuple(pages), tuple(skipped)


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
            if name.lower().endswith(_SUFFIXES):
                why = Why.HIDDEN if name[0] == "." else None
                yield (here / name).relative_to(root).as_posix(), why
    for error in closed:
        yield Path(error.filename).relative_to(root).as_posix(), Why.UNREADABLE


def _page(root: Path, path: str) -> Page | Why:
    if len(path) > _LONGEST_PATH or not path.isprintable():
        return Why.NAME
    try:
        real = (root / path).resolve(strict=True)
        if not real.is_relative_to(root):
            return Why.LINK
        if not real.is_file():
            return Why.UNREADABLE
        if real.stat().st_size > _LARGEST:
            return Why.LARGE
        content = real.read_bytes()
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return Why.ENCODING
    except (OSError, RuntimeError):  # RuntimeError: links that lead in a circle
        return Why.UNREADABLE
    return Page(path=path, text=text, hash=hashlib.sha256(content).hexdigest())
