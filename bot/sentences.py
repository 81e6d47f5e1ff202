"""Sentences: where a text may be parted, so that lists, tables, code and links stay whole."""

import re
from itertools import pairwise

BULLET = r"[ \t]*(?:[-*+•#>]+|\d{1,3}[.)])[ \t]"
_STEP = re.compile(
    # what is never split
    r"(?P<held>```[\s\S]*?```|`[^`\n]+`|!?\[[^\[\]\n]*\](?:\([^()\n]*\))?|https?://\S+(?=\s)"
    r"|<[^<>\s][^<>\n]*>|\b(?:[ZzUuDd]\.\s?[BAah]|[Ee]\.g|[Ii]\.e|etc|ca|bzw|usw|Dr|Mrs?|Nr|No|vs"
    r"|inkl|evtl|ggf|approx)\.(?=\s))"
    # what is not finished yet
    r"|(?P<open>```[\s\S]*\Z|`[^`\n]*\Z|!?\[[^\[\]\n]*\Z|\[[^\[\]\n]*\]\([^()\n]*\Z"
    r"|<[^<>\n]*\Z|https?://\S*\Z|^[ \t]*\|[^\n]*\Z)"
    r"|(?P<row>^[ \t]*\|[^\n]*\n)|(?P<number>^[ \t]*\d{1,3}\.(?=\s))"
    r"|(?P<end>(?<![.!?…])[.!?…]+[\"'”’»)*_]*(?:[ ]?\[\d{1,3}\])*(?=\s))|(?P<line>\n)",
    re.MULTILINE,
)
_BLOCK = re.compile(rf"{BULLET}|[ \t]*\||[ \t]*\n")


def sentences(text: str) -> tuple[str, str]:
    """A growing draft as what is finished, and the rest. Together they are `text`.

    It ends with a sentence, a list's line, a table's row or a paragraph: never inside code, a
    link or a mark. More text only ever makes the finished part longer.
    """
    end = max(_ends(text), default=0)
    return text[:end], text[end:]


def split(text: str) -> list[str]:
    """All of a text, piece by piece."""
    ends = [0, *_ends(text), len(text)]
    return [text[start:end] for start, end in pairwise(ends)]


def _ends(text: str) -> list[int]:
    ends: list[int] = []
    for match in _STEP.finditer(text):
        if match["open"] is not None:
            break
        if match["end"] or match["row"] or (match["line"] and _ends_line(text, match.start())):
            ends.append(match.end())
    return ends


def _ends_line(text: str, newline: int) -> bool:
    """Is it more than a line that wraps? Also before a list, a table or an empty line."""
    start = text.rfind("\n", 0, newline) + 1
    return bool(_BLOCK.match(text, start, newline + 1) or _BLOCK.match(text, newline + 1))
