"""A small classifier, learned from a pack's examples when it is loaded: whose is a sentence?"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from bot.words import plain

Numbers = NDArray[np.floating]

_SIZE = 1 << 16
"""Places for features. Two that share one hardly ever matter."""
_SMOOTH = 0.6
"""How much it trusts the single example less than all of them (ridge)."""
_ROUNDS = 30
"""Steps towards the solution. More change nothing that is seen."""
_PARTS = (3, 4, 5)
"""Letters of the pieces of words: they know a word in other forms, and with a slip."""
_FIRM = 100
_MOST = 60
"""Words that are read: what a message is about stands at its beginning."""


@dataclass(frozen=True, slots=True)
class Classifier:
    """Regularised least squares, one label against the rest: one linear solve, no randomness."""

    labels: tuple[str, ...]
    firm: frozenset[str]
    """Labels with so many examples that it may decide for them alone."""
    _rarity: Numbers
    _weights: Numbers
    """Features by labels."""

    @classmethod
    def learned(cls, examples: Mapping[str, Sequence[str]]) -> "Classifier":
        """`examples` by label. Each label needs some."""
        labels = tuple(examples)
        texts = [(label, text) for label in labels for text in examples[label]]
        found = [_features(text) for _, text in texts]
        seen = Counter(place for features in found for place in features)
        rarity = np.full(_SIZE, np.log(len(texts) + 1))
        for place, count in seen.items():
            rarity[place] = np.log((len(texts) + 1) / count)
        wanted = np.array([[1.0 if x == label else -1.0 for x in labels] for label, _ in texts])
        # A label with few examples must not be drowned by the others.
        counts = Counter(label for label, _ in texts)
        firm = frozenset(label for label, count in counts.items() if count >= _FIRM)
        weight = np.array([(len(texts) / counts[label]) ** 0.5 for label, _ in texts])
        weights = _Table.of(found, rarity).solved(wanted, _SMOOTH * weight.mean() / weight)
        return cls(labels, firm, rarity.astype(np.float32), weights.astype(np.float32))

    def scores(self, text: str) -> Mapping[str, float]:
        """For each label about 1 where it is sure that it fits, and -1 where it does not."""
        return dict(zip(self.labels, self._of(_features(text)), strict=True))

    def _of(self, features: Sequence[int]) -> Numbers:
        if not features:
            return np.full(len(self.labels), -1.0)
        places = np.array(features)
        values = self._rarity[places]
        return (values @ self._weights[places]) / np.linalg.norm(values)


@dataclass(frozen=True, slots=True)
class _Table:
    """Texts by features, and only what is not zero: all of it would take gigabytes."""

    places: NDArray[np.intp]
    """Of the features, text by text."""
    values: Numbers
    texts: NDArray[np.intp]
    """Whose feature it is."""
    count: int

    @classmethod
    def of(cls, found: Sequence[Sequence[int]], rarity: Numbers) -> "_Table":
        places = np.array([place for features in found for place in features], dtype=np.intp)
        texts = np.repeat(np.arange(len(found)), [len(x) for x in found])
        values = rarity[places]
        lengths = np.sqrt(_sums(texts, values**2, len(found)))
        return cls(places, values / lengths[texts], texts, len(found))

    def solved(self, wanted: Numbers, smooth: Numbers) -> Numbers:
        """The weight of each feature for each label, by conjugate gradients: a label at a time,
        in the space of the texts."""
        return np.stack([self._label(x, smooth) for x in wanted.T], axis=1)

    def _label(self, wanted: Numbers, smooth: Numbers) -> Numbers:
        found, rest = np.zeros(self.count), wanted
        way, size = rest, rest @ rest
        for _ in range(_ROUNDS):
            seen = self._read(self._weights(way)) + smooth * way
            step = size / (way @ seen)
            found, rest = found + step * way, rest - step * seen
            before, size = size, rest @ rest
            if size < 1e-6 * self.count:
                break
            way = rest + size / before * way
        return self._weights(found)

    def _weights(self, of_texts: Numbers) -> Numbers:
        return _sums(self.places, self.values * of_texts[self.texts], _SIZE)

    def _read(self, weights: Numbers) -> Numbers:
        return _sums(self.texts, self.values * weights[self.places], self.count)


def _sums(at: NDArray[np.intp], values: Numbers, size: int) -> Numbers:
    """By place."""
    return np.bincount(at, values, size).astype(np.float64)


def _features(text: str) -> tuple[int, ...]:
    """Their places, each once and in a fixed order."""
    words = [x for x in plain(text).replace("ː", "").split() if x != "."][:_MOST]
    pairs = (f"{a} {b}" for a, b in pairwise(words))
    threes = (f"{a} {b} {c}" for a, b, c in zip(words, words[1:], words[2:], strict=False))
    places = {_place(x) for x in (*pairs, *threes)}
    return tuple(sorted(places.union(*map(_pieces, words))))


def _place(piece: str) -> int:
    return crc32(piece.encode()) % _SIZE


# Texts differ, their words hardly do.
@lru_cache(maxsize=8192)
def _pieces(word: str) -> tuple[int, ...]:
    """The places of a word and of its parts."""
    edged = f"<{word}>"
    parts = (edged[at : at + n] for n in _PARTS for at in range(len(edged) - n + 1))
    return tuple(map(_place, (word, *parts)))
