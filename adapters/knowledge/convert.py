"""A document's bytes → Markdown: HTML, PDF and DOCX. Whatever it is made of, it is only text."""

import io
import re
import zipfile
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import mammoth  # pyright: ignore[reportMissingTypeStubs]
import pypdf
import yaml
from pypdf.errors import DependencyError, FileNotDecryptedError, PyPdfError

from adapters.knowledge import html_pages, pdf_pages

LARGEST = 20_000_000
"""Bytes of a document."""
LARGEST_TEXT = 2_000_000
"""Characters of its Markdown."""
_LARGEST_UNPACKED = 100_000_000
_MOST_ENTRIES = 5_000
_NO_TITLE = re.compile(r"\s*(?:untitled|microsoft \w+ - .*|.*\.\w{2,5})\s*\Z", re.IGNORECASE)
"""What programs write where a PDF should have a title."""


class Kind(StrEnum):
    MARKDOWN = "md"
    HTML = "html"
    PDF = "pdf"
    DOCX = "docx"


class Why(StrEnum):
    """Why a document is left out, for the admin."""

    HIDDEN = "hidden"
    LINK = "a link to a folder, or out of it"
    NAME = "an unusable name"
    LARGE = "too large"
    ENCODING = "not UTF-8"
    UNREADABLE = "unreadable"
    BROKEN = "broken, or not what its name says"
    ENCRYPTED = "encrypted"
    EMPTY = "without any text"
    SLOW = "took too long to read"
    AUDIENCE = "says unclearly who may read it"
    TYPE = "of a type that is not read"
    FORBIDDEN = "not to be read by robots, or on another host"
    AWAY = "not to be had; what was known of it stays"


class BrokenDocument(Exception):
    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why = why


_SUFFIXES = {
    "md": Kind.MARKDOWN,
    "markdown": Kind.MARKDOWN,
    "html": Kind.HTML,
    "htm": Kind.HTML,
    "xhtml": Kind.HTML,
    "pdf": Kind.PDF,
    "docx": Kind.DOCX,
}
_TYPES = {
    "text/markdown": Kind.MARKDOWN,
    "text/html": Kind.HTML,
    "application/xhtml+xml": Kind.HTML,
    "application/pdf": Kind.PDF,
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": Kind.DOCX,
}


def kind_of(name: str, media_type: str = "") -> Kind | None:
    """By the media type if it says one of ours, else by the suffix. None: it is not read."""
    said = _TYPES.get(media_type.partition(";")[0].strip().lower())
    return said or _SUFFIXES.get(name.rpartition(".")[2].lower() if "." in name else "")


def convert(content: bytes, kind: Kind) -> str:
    """Markdown that begins with front matter of what the document says of itself: `title`,
    `locale`. Markdown is given back as it is. Raises `BrokenDocument`."""
    if len(content) > LARGEST:
        raise BrokenDocument(Why.LARGE)
    try:
        text = _converted(content, kind)
    except BrokenDocument:
        raise
    except (FileNotDecryptedError, DependencyError) as error:
        raise BrokenDocument(Why.ENCRYPTED) from error
    except MemoryError as error:
        raise BrokenDocument(Why.LARGE) from error
    # Parsers of damaged files raise anything. None of it may end a sync.
    except Exception as error:
        raise BrokenDocument(Why.BROKEN) from error
    if len(text) > LARGEST_TEXT:
        raise BrokenDocument(Why.LARGE)
    return text


def _converted(content: bytes, kind: Kind) -> str:
    match kind:
        case Kind.MARKDOWN:
            return _utf8(content)
        case Kind.HTML:
            matter, body = html_pages.to_markdown(content)
        case Kind.PDF:
            matter, body = _pdf(content)
        case Kind.DOCX:
            matter, body = _docx(content)
    if not body.strip():
        raise BrokenDocument(Why.EMPTY)
    return _front(matter) + body


def _utf8(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BrokenDocument(Why.ENCODING) from error


def _front(matter: Mapping[str, str]) -> str:
    """Always there, so that a document's own first lines are never taken for it."""
    said = {name: value for name, value in matter.items() if value}
    return f"---\n{yaml.safe_dump(said, allow_unicode=True, width=10_000) if said else ''}---\n"


def _pdf(content: bytes) -> tuple[Mapping[str, str], str]:
    try:
        reader = pypdf.PdfReader(io.BytesIO(content))
        # Many are "encrypted" without a password, only to forbid printing.
        if reader.is_encrypted and not reader.decrypt(""):
            raise BrokenDocument(Why.ENCRYPTED)
        title = (reader.metadata.title if reader.metadata else None) or ""
    except PyPdfError as error:
        if isinstance(error, FileNotDecryptedError | DependencyError):
            raise
        raise BrokenDocument(Why.BROKEN) from error
    title = "" if _NO_TITLE.match(title) else " ".join(title.split())
    return {"title": title}, pdf_pages.to_markdown(reader)


def _docx(content: bytes) -> tuple[Mapping[str, str], str]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = archive.infolist()
        # As the directory declares them: an entry that unpacks to more raises when it is read.
        if len(entries) > _MOST_ENTRIES or sum(x.file_size for x in entries) > _LARGEST_UNPACKED:
            raise BrokenDocument(Why.LARGE)
        if any(x.flag_bits & 1 for x in entries):
            raise BrokenDocument(Why.ENCRYPTED)
        if "word/document.xml" not in archive.namelist():
            raise BrokenDocument(Why.BROKEN)
    library: Any = mammoth
    found = library.convert_to_html(
        io.BytesIO(content),
        style_map="p[style-name='Title'] => h1:fresh",
        convert_image=_no_image,
        include_embedded_style_map=False,
    )
    matter, body = html_pages.to_markdown(str(found.value).encode())
    return matter, body


def _no_image(_: object) -> list[object]:
    return []
