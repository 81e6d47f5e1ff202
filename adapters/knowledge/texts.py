"""Which texts have which words, kept so that a few changed texts cost little."""

from array import array
from collections import Counter
from collections.abc import Generator, Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from adapters.knowledge.stems import LANGUAGES, stems

Rows = NDArray[np.uint32]
_New = dict[str, "array[int]"]

BITS = 8
"""Of a posting, for how often a text has the word."""
_OFTEN = (1 << BITS) - 1
"""More often counts no more."""
TITLE, TEXT = 0, 1


@dataclass(frozen=True, slots=True)
class Text:
    row: int
    title: list[str]
    """Words."""
    text: list[str]


@dataclass(frozen=True, slots=True)
class Forms:
    """Words by their stems, in each language. It only grows, and serves all versions: whether a
    text has a word, the postings say."""

    of: tuple[dict[str, list[str]], ...] = field(
        default_factory=lambda: tuple({} for _ in LANGUAGES)
    )
    _known: set[str] = field(default_factory=set[str])

    def add(self, words: Iterable[str]) -> None:
        for word in words:
            if word not in self._known:
                self._known.add(word)
                for forms, stem in zip(self.of, stems(word), strict=True):
                    forms.setdefault(stem, []).append(word)

    def like(self, word: str) -> list[tuple[str, ...]]:
        """Forms of the same word, in each language that knows others than the one before."""
        each = (tuple(x.get(stem, ())) for x, stem in zip(self.of, stems(word), strict=True))
        return list(dict.fromkeys(x for x in each if x))


@dataclass(frozen=True, slots=True)
class Texts:
    """Never changed: `changed` makes another, which shares what is the same."""

    postings: tuple[dict[str, Rows], dict[str, Rows]] = field(default_factory=lambda: ({}, {}))
    """Of titles and of texts. By word, for each text that has it: row << 8 | how often."""
    lengths: tuple[NDArray[np.int32], NDArray[np.int32]] = field(
        default_factory=lambda: (np.zeros(0, np.int32), np.zeros(0, np.int32))
    )
    """In words, by row; 0 where there is no text."""

    def changed(
        self, removed: Iterable[Text], added: Iterable[Text]
    ) -> Generator[None, None, "Texts"]:
        """Between its steps others may do something."""
        touched: tuple[set[str], set[str]] = (set(), set())
        new: tuple[_New, _New] = ({}, {})
        lengths: dict[int, tuple[int, int]] = {}
        for text in removed:
            lengths[text.row] = 0, 0
            touched[TITLE].update(text.title)
            touched[TEXT].update(text.text)
            yield
        dead = list(lengths)
        for text in added:
            lengths[text.row] = len(text.title), len(text.text)
            for found, said in zip(new, (text.title, text.text), strict=True):
                for word, often in Counter(said).items():
                    packed = text.row << BITS | min(often, _OFTEN)
                    found.setdefault(word, array("I")).append(packed)
            yield
        rows = max(len(self.lengths[TITLE]), 1 + max(lengths, default=-1))
        gone = np.zeros(rows, np.bool_)
        gone[dead] = True
        titles = yield from _merged(self.postings[TITLE], touched[TITLE], gone, new[TITLE])
        texts = yield from _merged(self.postings[TEXT], touched[TEXT], gone, new[TEXT])
        resized = tuple(_resized(x, rows) for x in self.lengths)
        for row, both in lengths.items():
            for of, length in zip(resized, both, strict=True):
                of[row] = length
        return Texts((titles, texts), (resized[TITLE], resized[TEXT]))


def _merged(
    postings: dict[str, Rows], touched: set[str], gone: NDArray[np.bool_], new: _New
) -> Generator[None, None, dict[str, Rows]]:
    """`touched`: words of the texts that are gone."""
    merged = postings.copy()
    for word in touched | new.keys():
        rows = merged.pop(word, _NONE)
        if word in touched:
            rows = rows[~gone[rows >> BITS]]
        if word in new:
            rows = np.concatenate((rows, np.frombuffer(new.pop(word), np.uint32)))
        if len(rows):
            merged[word] = rows
        yield
    return merged


_NONE: Rows = np.zeros(0, np.uint32)


def unpacked(postings: Rows) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Rows, and how often each has the word."""
    return (postings >> BITS).astype(np.intp), (postings & _OFTEN).astype(np.float32)


def _resized(lengths: NDArray[np.int32], rows: int) -> NDArray[np.int32]:
    copy = np.zeros(rows, np.int32)
    copy[: len(lengths)] = lengths
    return copy
