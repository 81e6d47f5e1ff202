"""A PDF → Markdown: its headings by their size, each with the page that a link opens."""

import re
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pypdf import PageObject, PdfReader

_MOST_PAGES = 1_000
_LARGER = 1.15
"""How much larger than the text a heading is."""
_LONGEST_HEADING = 120
"""Characters."""
_BULLET = re.compile(r"^[•●▪◦‣·–\uf0b7]\s+")
_MARKS = re.compile(r"([\\`*_\[\]<>|~#])")
_PAGE_NUMBER = re.compile(r"(?:(?:page|seite) )?\d+(?: ?(?:of|von|/) ?\d+)?", re.IGNORECASE)
_NUMBERED = re.compile(r"^\d{1,2}[.)]\s")


@dataclass(slots=True)
class _Line:
    text: str
    size: float
    """Of its largest letters."""


def to_markdown(reader: PdfReader) -> str:
    """ "" when it holds no text: pages that were scanned."""
    pages = [_lines(page) for page in reader.pages[:_MOST_PAGES]]
    repeated = _repeated(pages)
    pages = [[x for x in page if _same(x.text) not in repeated] for page in pages]
    sizes = [x.size for page in pages for x in page for _ in range(len(x.text) // 20 + 1)]
    usual = statistics.median(sizes) if sizes else 0.0
    levels = _levels(pages, usual)
    written = [_page(page, number, usual, levels) for number, page in enumerate(pages, 1)]
    return "\n\n".join(filter(None, written))


def _lines(page: PageObject) -> list[_Line]:
    sizes: dict[str, float] = {}

    def seen(text: str, cm: Any, tm: Any, font: Any, size: float) -> None:
        words = _same(text)
        if words:
            scale = abs(tm[3] * cm[3]) or 1.0
            sizes[words] = max(sizes.get(words, 0.0), round(size * scale, 1))

    text = page.extract_text(visitor_text=seen)
    smallest = min(sizes.values(), default=0.0)
    lines = [" ".join(x.split()) for x in text.split("\n")]
    return [
        _Line(x, sizes.get(_same(x)) or _largest(x, sizes, smallest) if x else 0.0) for x in lines
    ]


def _largest(line: str, sizes: dict[str, float], otherwise: float) -> float:
    """Of a line that was written in pieces: that of its longest piece."""
    whole = _same(line)
    found = [(len(words), size) for words, size in sizes.items() if words in whole]
    return max(found)[1] if found else otherwise


def _same(text: str) -> str:
    return " ".join(text.split())


def _repeated(pages: Sequence[Sequence[_Line]]) -> set[str]:
    """Headers and footers: the same words at the edge of most pages."""
    if len(pages) < 3:
        return {""}
    count: Counter[str] = Counter()
    for page in pages:
        said = [x.text for x in page if x.text]
        count.update({_same(x) for x in (*said[:2], *said[-2:])})
    numbers = {x for x in count if _PAGE_NUMBER.fullmatch(x)}
    return {x for x, times in count.items() if times > len(pages) / 2} | numbers


def _levels(pages: Sequence[Sequence[_Line]], usual: float) -> dict[float, int]:
    larger = {x.size for page in pages for x in page if _is_heading(x, usual)}
    return {size: min(rank, 4) for rank, size in enumerate(sorted(larger, reverse=True), 1)}


def _is_heading(line: _Line, usual: float) -> bool:
    words = line.text
    return (
        line.size > usual * _LARGER
        and 2 < len(words) <= _LONGEST_HEADING
        and not words.endswith((".", ",", ";", ":"))
    )


def _page(lines: Sequence[_Line], number: int, usual: float, levels: dict[float, int]) -> str:
    written: list[str] = []
    headings = 0
    for line in lines:
        words = _MARKS.sub(r"\\\1", line.text)
        if not words:
            written.append("")
        elif _is_heading(line, usual):
            headings += 1
            part = f"&part={headings}" if headings > 1 else ""
            written += ["", f"{'#' * levels[line.size]} {words} {{#page={number}{part}}}", ""]
        elif _BULLET.match(line.text):
            written.append(f"- {_BULLET.sub('', words)}")
        else:
            written.append(words if _NUMBERED.match(words) else words.lstrip("+-"))
    text = "\n".join(written).strip()
    if text and not headings and number > 1:
        # So that what has no headings is still found page by page.
        return f"## Page {number} {{#page={number}}}\n\n{text}"
    return text
