"""The part of a passage that was asked for, in the passage's own words."""

import re
from collections.abc import Iterator

from adapters.model.question import stems

_SHORT = 120
"""Words. A passage up to this is one answer; cut, it would only lose its conditions."""

_ITEM = re.compile(r" {0,3}(?:[-*+]|\d{1,3}[.)]) ")
_HEADING = re.compile(r"\*\*[^\n]*\*\*|#[^\n]*")
_FENCE = re.compile(r"^ {0,3}(?:```|~~~)", re.MULTILINE)
_SENTENCE = re.compile(r"(?<=[^\d\s][.!?])(?=\s)|(?<=\n)(?=\S)")


def cut(text: str, question: str) -> str:
    """The first paragraph, and those that share a word with the question."""
    if len(text.split()) <= _SHORT:
        return text.strip()
    asked = stems(question)
    first, *others = _blocks(text)
    return "\n\n".join([first, *(block for block in others if asked & stems(block))])


def cite(text: str, number: int) -> str:
    last = text.rpartition("\n")[2]
    # In the last line of a table or a fence, the mark would become a part of it.
    gap = "\n\n" if last.startswith("|") or _FENCE.match(last) else " "
    return f"{text}{gap}[{number}]"


def pieces(text: str) -> Iterator[str]:
    """All of it, portion by portion: sentences, items of a list, and tables whole."""
    for count, block in enumerate(_blocks(text)):
        start = "\n\n" if count else ""
        if _FENCE.search(block) or "\n|" in block:
            yield start + block
        else:
            first, *others = _SENTENCE.split(block)
            yield start + first
            yield from others


def _blocks(text: str) -> list[str]:
    """Paragraphs, lists, tables and fences, each whole, and with the line that announces it."""
    blocks: list[str] = []
    for part in text.strip().split("\n\n") if text.strip() else ():
        if blocks and _continues(blocks[-1], part):
            blocks[-1] += f"\n\n{part}"
        else:
            blocks.append(part)
    return blocks


def _continues(block: str, part: str) -> bool:
    if len(_FENCE.findall(block)) % 2:
        return True
    if block.endswith((":", ":**")) or _HEADING.fullmatch(block):
        return True
    in_list = any(_ITEM.match(line) for line in block.split("\n"))
    return in_list and bool(_ITEM.match(part) or part.startswith("  "))
