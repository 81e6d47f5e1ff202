"""A small classifier, learned from a pack's examples when it is loaded: whose is a sentence?"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from bot.words import plain

Numbers = NDArray[np.float64]

_SIZE = 1 << 14
"""Places for features. Two that share one hardly ever matter."""
_BLOCK = 1 << 11
_SMOOTH = 0.6
"""How much it trusts the single example less than all of them (ridge)."""
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
        alike = _SMOOTH * np.diag(weight.mean() / weight)
        for block in _blocks(found, rarity):
            alike += block @ block.T
        solved = np.linalg.solve(alike, wanted)
        weights = np.concatenate([block.T @ solved for block in _blocks(found, rarity)])
        return cls(labels, firm, rarity, weights)

    def scores(self, text: str) -> Mapping[str, float]:
        """For each label about 1 where it is sure that it fits, and -1 where it does not."""
        return dict(zip(self.labels, self._of(_features(text)), strict=True))

    def _of(self, features: Sequence[int]) -> Numbers:
        if not features:
            return np.full(len(self.labels), -1.0)
        places = np.array(features)
        values = self._rarity[places]
        return (values @ self._weights[places]) / np.linalg.norm(values)


def _blocks(found: Sequence[Sequence[int]], rarity: Numbers) -> Iterator[Numbers]:
    """Texts by features, some features at a time: all at once would take a hundred megabytes."""
    places = [np.array(features, dtype=np.intp) for features in found]
    lengths = [float(np.linalg.norm(rarity[x])) or 1.0 for x in places]
    for start in range(0, _SIZE, _BLOCK):
        block: Numbers = np.zeros((len(found), _BLOCK))
        for at, (mine, length) in enumerate(zip(places, lengths, strict=True)):
            here = mine[(mine >= start) & (mine < start + _BLOCK)]
            block[at, here - start] = rarity[here] / length
        yield block


def _features(text: str) -> tuple[int, ...]:
    """Their places, each once and in a fixed order."""
    words = [x for x in plain(text).replace("ː", "").split() if x != "."][:_MOST]
    return tuple(sorted({crc32(x.encode()) % _SIZE for x in _pieces(words)}))


def _pieces(words: Sequence[str]) -> Iterator[str]:
    for at, word in enumerate(words):
        yield word
        if at:
            yield f"{words[at - 1]} {word}"
        if at > 1:
            yield f"{words[at - 2]} {words[at - 1]} {word}"
        edged = f"<{word}>"
        for length in _PARTS:
            for start in range(len(edged) - length + 1):
                yield edged[start : start + length]
