"""Ranks texts by BM25, in English and in German."""

import math
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from adapters.knowledge.texts import BITS, TEXT, TITLE, Forms, Rows, Texts, unpacked
from adapters.knowledge.words import Asked, Ways

Strengths = NDArray[np.float32]

OTHER = 0.7
"""What a thing by another name is worth, beside the same by its own."""
_K, _B = 1.2, 0.75
"""As BM25 has them everywhere: how soon a word is said often enough, how much length counts."""
_KEPT = 24
"""What is remembered of words that were asked for: as much as so many that all texts have."""

_LEAST = np.float32(1e-30)


@dataclass(frozen=True, slots=True)
class Hits:
    """Of a word, in any of its forms."""

    rows: NDArray[np.intp]
    """Each once, in no order."""
    strengths: Strengths
    common: int
    """How many texts have it, in the language in which more have it."""


@dataclass(frozen=True, slots=True)
class Told:
    """Of one thing: by row how strongly, 0 where it is not."""

    own: Strengths
    others: Strengths | None
    """By other names. None: it has none here."""

    @property
    def strengths(self) -> Strengths:
        return self.own if self.others is None else np.maximum(self.own, self.others)


class Ranking:
    """Of those texts that are shown, as if there were no others."""

    def __init__(
        self, texts: Texts, forms: Forms, shown: NDArray[np.bool_], *, every: bool
    ) -> None:
        """`shown`: by row. `every`: all texts are."""
        self._texts, self._forms, self._shown = texts, forms, shown
        self.texts = int(np.count_nonzero(shown))
        self._all = every
        self._norms = tuple(self._norm(lengths[: len(shown)]) for lengths in texts.lengths)
        self._hits: OrderedDict[str, Hits] = OrderedDict()
        self._kept = 0

    def __contains__(self, word: object) -> bool:
        """Whether a text has it in just this form."""
        title, text = self._texts.postings
        # Of a misspelled word, hundreds of others are looked up.
        if word not in title and word not in text:
            return False
        of = (postings[str(word)] for postings in self._texts.postings if word in postings)
        return self._all or any(bool(self._shown[rows >> BITS].any()) for rows in of)

    def common(self, word: str) -> int:
        """How many texts have it, in any of its forms."""
        return self.hits(word).common

    def hits(self, word: str) -> Hits:
        if word in self._hits:
            self._hits.move_to_end(word)
            return self._hits[word]
        each = [self._form(forms) for forms in self._forms.like(word)]
        common = max((len(rows) for rows, _ in each), default=0)
        hits = self._hits[word] = Hits(*self._united(each, np.maximum), common)
        self._kept += len(hits.rows)
        while self._kept > _KEPT * self.texts and len(self._hits) > 1:
            _, oldest = self._hits.popitem(last=False)
            self._kept -= len(oldest.rows)
        return hits

    def told(self, asked: Asked) -> Told:
        """However many ways a text has, it has the thing once."""
        others = self._ways(asked.others)
        own = self._ways(asked.ways)
        if own is None:
            own = np.zeros(len(self._shown), np.float32)
        return Told(own, None if others is None else others * np.float32(OTHER))

    def best(self, things: Sequence[Strengths], limit: int) -> dict[int, float]:
        """How strongly each of the best texts answers, by its row, in no order. With those that
        are as good as the last of them."""
        strengths = things[0].copy()
        for more in things[1:]:
            strengths += more
        rows = np.flatnonzero(strengths >= _bound(strengths, limit))
        if len(rows) > limit:
            found = strengths[rows]
            rows = rows[found >= np.partition(found, len(found) - limit)[-limit]]
        return dict(zip(rows.tolist(), strengths[rows].tolist(), strict=True))

    def _ways(self, ways: Ways) -> Strengths | None:
        """None: no text has it."""
        found = [x for x in map(self._way, ways) if x]
        if not found:
            return None
        strengths = np.zeros(len(self._shown), np.float32)
        for rows, of in found:
            strengths[rows] = np.maximum(strengths[rows], of)
        return strengths

    def _way(self, way: tuple[str, ...]) -> tuple[NDArray[np.intp], Strengths] | None:
        """Texts that have all of it. None: there are none."""
        each = sorted((self.hits(word) for word in way), key=lambda x: len(x.rows))
        if not len(each[0].rows):
            return None
        rows, strengths = each[0].rows, each[0].strengths
        for one in each[1:]:
            dense = np.zeros(len(self._shown), np.float32)
            dense[one.rows] = one.strengths
            both = dense[rows]
            strengths = (strengths + both)[both > 0]
            rows = rows[both > 0]
        return (rows, strengths / np.float32(len(way))) if len(rows) else None

    def _form(self, forms: tuple[str, ...]) -> tuple[NDArray[np.intp], Strengths]:
        """Of a word in one language."""
        return self._united([self._field(forms, field) for field in (TITLE, TEXT)], np.add)

    def _field(self, forms: tuple[str, ...], field: int) -> tuple[NDArray[np.intp], Strengths]:
        """A title is a field of its own, and so short that its words weigh far more."""
        postings = self._texts.postings[field]
        each = [self._rows(postings[form]) for form in forms if form in postings]
        rows, often = self._united(each, np.add)
        rarity = math.log(1 + (self.texts - len(rows) + 0.5) / (len(rows) + 0.5))
        weight = np.float32(rarity * (1 + _K))
        return rows, np.multiply(
            weight, often / (often + self._norms[field][rows]), dtype=np.float32
        )

    def _rows(self, postings: Rows) -> tuple[NDArray[np.intp], Strengths]:
        """Of texts that are shown."""
        rows, often = unpacked(postings)
        if self._all:
            return rows, often
        shown = self._shown[rows]
        return rows[shown], often[shown]

    def _united(
        self, each: Iterable[tuple[NDArray[np.intp], Strengths]], by: np.ufunc
    ) -> tuple[NDArray[np.intp], Strengths]:
        """Each row once."""
        found = [x for x in each if len(x[0])]
        if not found:
            return np.zeros(0, np.intp), np.zeros(0, np.float32)
        if len(found) == 1:
            return found[0]
        dense = np.zeros(len(self._shown), np.float32)
        rows: list[NDArray[np.intp]] = []
        for some, values in found:
            before = dense[some]
            rows.append(some[before == 0])
            dense[some] = by(before, values)
        once = np.concatenate(rows)
        return once, dense[once]

    def _norm(self, lengths: NDArray[np.int32]) -> Strengths:
        mean = int(lengths[self._shown].sum()) / max(self.texts, 1)
        return (_K * (1 - _B + _B * lengths / max(mean, 1e-9))).astype(np.float32)


def _bound(strengths: Strengths, limit: int) -> np.float32:
    """Above 0, and not above the strongest `limit` of them."""
    # As many blocks' strongest are as strong as the bound, so as many texts are.
    size = len(strengths) // (8 * limit)
    least = _LEAST
    if size > 1:
        blocks = strengths[: size * 8 * limit].reshape(-1, size).max(axis=1)
        least = max(least, np.partition(blocks, len(blocks) - limit)[-limit])
    return least
