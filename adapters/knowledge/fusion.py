"""Words and meaning, each counted by how sure it is."""

import math
from collections.abc import Mapping

import numpy as np

from adapters.knowledge.meaning import Floats

_NEAREST = 30
"""Passages that are looked at for their meaning, beside those found by words."""
_FEW = 8
"""Passages below which it cannot be said how much nearer one is than is usual."""
_TAIL = 50
"""The nearest passages, among which one has to stand out."""
_SLOPE = 0.7
_BORDER = 0.5
"""Where meaning is as good as sure and unsure: how much further out than the furthest of as many
unrelated passages, in mean distances of the nearest to the edge of them."""
_FOR, _AGAINST = 3.0, 1.0
"""The most that words count, and meaning, as logarithms of odds. That a passage has none of the
question's words says little; meaning never counts against what the words say."""


def fused(by_words: Mapping[int, float], likeness: Floats) -> dict[int, float]:
    """How sure it is of each passage, 0 to 1, the surest first.

    `by_words` says so by words alone; `likeness` has the cosine of each passage, or not a number.
    """
    near = _surprise(likeness)
    if near is None:
        return dict(by_words)
    first = np.argpartition(-near, min(_NEAREST, len(near) - 1))[:_NEAREST]
    by_meaning = {int(n) for n in first if near[n] > 0}
    found = {
        number: _odds(by_words.get(number, 0.0)) + float(near[number])
        for number in by_words.keys() | by_meaning
    }
    ordered = sorted(found.items(), key=lambda one: (-one[1], one[0]))
    return {number: 1 / (1 + math.exp(-odds)) for number, odds in ordered}


def _surprise(likeness: Floats) -> Floats | None:
    """As the logarithm of odds: how far a cosine is from what is usual for this question in this
    handbook. So it means the same for every model, and in a small handbook and a large one."""
    known = likeness[np.isfinite(likeness)]
    if len(known) < _FEW:
        return None
    tail = max(_FEW // 2, min(_TAIL, len(known) // 4))
    nearest = np.partition(known, len(known) - tail)[-tail:]
    edge = float(nearest.min())
    excess = max(float(nearest.mean()) - edge, 1e-6)
    distance = (likeness - edge) / excess - math.log(tail) - _BORDER
    odds = np.clip(_SLOPE * distance, 0.0, _FOR)
    return np.where(np.isfinite(odds), odds, np.float32(0)).astype(np.float32)


def _odds(score: float) -> float:
    score = min(max(score, 1e-6), 1 - 1e-6)
    return min(max(math.log(score / (1 - score)), -_AGAINST), _FOR)
