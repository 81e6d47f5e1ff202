"""The part of a passage that was asked for, in the passage's own words."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log

from adapters.model.question import stems

_SHORT = 120
"""Words. A passage up to this is cut only if it is plain which part of it answers."""
_FEW = 4
"""Parts below which a short passage is one answer."""
_MUCH = 0.8
"""The share of a passage from which the rest is given, too."""
_ENOUGH = 0.25
"""The share of the best part's score that another needs."""
_KNOWN = 0.8
"""The share of a question that the passage, and the best part of it, must have."""
_SAID = 3
"""Words that both have, at least: fewer may be chance."""
_ABOUT = 0.3
"""What a word of the title is worth, beside others."""
_ROWS = 5
"""Lines of a table from which on it is cut to the rows that were asked for."""

_ITEM = re.compile(r" {0,3}(?:[-*+]|\d{1,3}[.)]) ")
_HEADING = re.compile(r"\*\*[^\n]*\*\*|#[^\n]*")
_FENCE = re.compile(r"^ {0,3}(?:```|~~~)", re.MULTILINE)
_REFERS = re.compile(
    r"(?:this|these|that|those|it|they|he|she|such|there|then|here|also|otherwise|however|but|both"
    r"|das|dies\w*|es|sie|er|dann|dort|hier|auch|sonst|aber|jedoch|beide\w*|dabei|dafür|damit)\b",
    re.IGNORECASE,
)
_CONDITION = re.compile(
    r"\b(?:unless|except|only|but not|however|not if|must|exception\w*|does not apply|otherwise"
    r"|außer|nur|ausnahme\w*|es sei denn|sofern|gilt nicht|jedoch|sonst|muss|müssen)\b",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?<=[^\d\s][.!?])(?=\s)|(?<=\n)(?=\S)")


def cut(text: str, question: str, title: str = "") -> str:
    """What of it answers: sentences as they follow one another, lists whole, of a table its head
    and the rows that were asked for. All of it, unless that would leave out much.

    `title`: what the whole passage is about, so that its words tell no part from another.
    """
    parts = [part for at, block in enumerate(_blocks(text)) for part in _parts(at, block)]
    asked = stems(question) & frozenset().union(*(x.stems for x in parts))
    about = stems(title)
    weights = {x: _rarity(x, parts) * (_ABOUT if x in about else 1) for x in asked}
    scores = [sum(weights[x] for x in part.stems & asked) for part in parts]
    rows = [_rows(part, question) for part in parts]
    short = len(text.split()) <= _SHORT
    all_of_it = short and (len(parts) < _FEW or not _told(scores, weights, question, asked))
    whole = _joined(parts, rows, range(len(parts)))
    left = whole if all_of_it else _joined(parts, rows, _chosen(parts, scores))
    return left if len(left.split()) <= _MUCH * len(whole.split()) else whole


def _told(
    scores: Sequence[float], weights: Mapping[str, float], question: str, asked: frozenset[str]
) -> bool:
    """Does a part have nearly all that was asked? Else the answer may stand in any other."""
    known = len(asked) >= max(_SAID, _KNOWN * len(stems(question)))
    return known and max(scores) >= _KNOWN * sum(weights.values()) > 0


@dataclass(frozen=True, slots=True)
class _Part:
    """A sentence, or a list, a table or a fence with the line that announces it."""

    block: int
    text: str
    stems: frozenset[str]
    whole: bool
    """It is no sentence."""


def _parts(at: int, block: str) -> Iterator[_Part]:
    whole = _FENCE.search(block) or "\n|" in f"\n{block}" or "\n\n" in block
    if whole or any(_ITEM.match(line) for line in block.split("\n")):
        yield _Part(at, block, stems(block), True)
        return
    sentence = ""
    for more in _SENTENCE.split(block):
        # "E.g. this" is one sentence.
        if sentence and not more.lstrip()[:1].islower():
            yield _Part(at, sentence, stems(sentence), False)
            sentence = ""
        sentence += more
    yield _Part(at, sentence, stems(sentence), False)


def _rarity(stem: str, parts: Sequence[_Part]) -> float:
    return log(1 + len(parts) / sum(stem in x.stems for x in parts))


def _chosen(parts: Sequence[_Part], scores: Sequence[float]) -> set[int]:
    """Those that were asked for, with their conditions and what they refer to."""
    best = max(scores)
    if not best:
        return {at for at, part in enumerate(parts) if part.block == 0}
    # What a passage opens with says what it is about, and often all that there is to say.
    chosen = {at for at, score in enumerate(scores) if at == 0 or score >= _ENOUGH * best}
    for at in sorted(chosen):
        while _leans(parts, at):
            at -= 1
            chosen.add(at)
    for at in range(1, len(parts)):
        if at - 1 in chosen and (_announced(parts, at) or _leans(parts, at) or _limits(parts, at)):
            chosen.add(at)
    return chosen


def _announced(parts: Sequence[_Part], at: int) -> bool:
    """Is it a list or a table that the sentence before speaks of?"""
    bare = parts[at].text.startswith("|") or _ITEM.match(parts[at].text)
    return bool(bare) and not parts[at - 1].whole


def _leans(parts: Sequence[_Part], at: int) -> bool:
    """Is it about what stands just before?"""
    same = at > 0 and parts[at - 1].block == parts[at].block
    return same and bool(_REFERS.match(parts[at].text.lstrip()))


def _limits(parts: Sequence[_Part], at: int) -> bool:
    """Does it say when that does not hold?"""
    return bool(_CONDITION.search(parts[at].text.partition("\n")[0]))


def _rows(part: _Part, question: str) -> str:
    """A table with its head and the rows whose first cell is asked for; of anything else all."""
    lines = part.text.rstrip().split("\n")
    bars = [x for x in lines if x.startswith("|")]
    if len(bars) < _ROWS or lines[-len(bars) :] != bars:
        return part.text
    head, rows = lines[: len(lines) - len(bars) + 2], bars[2:]
    asked = stems(question) | frozenset(re.findall(r"\w+", question.casefold()))
    kept = [row for row in rows if _named(row) & asked]
    return "\n".join((*head, *kept)) if kept else part.text


def _named(row: str) -> frozenset[str]:
    """The words of its first cell, and what they are for short."""
    cell = row.strip("|").partition("|")[0]
    capitals = re.findall(r"\b[A-Z]", cell)
    short = "".join(capitals).casefold() if len(capitals) > 1 else cell.strip().casefold()
    return stems(cell) | {short}


def _joined(parts: Sequence[_Part], texts: Sequence[str], chosen: Iterable[int]) -> str:
    """`…` stands where a paragraph had more in between."""
    text, before = "", -1
    for at in sorted(chosen):
        if text and parts[at].block != parts[before].block:
            text = f"{text.rstrip()}\n\n"
        elif text and at != before + 1:
            text = f"{text.rstrip()} … "
        text += texts[at].lstrip() if not text or text[-1].isspace() else texts[at]
        before = at
    return text.strip()


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
