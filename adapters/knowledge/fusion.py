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
    """How sure it is of each passage, 0 to 1.

    `by_words` says so by words alone; `likeness` has the cosine of each row, or not a number.
    """
    known = np.flatnonzero(np.isfinite(likeness))
    if len(known) < _FEW:
        return dict(by_words)
    cosines = likeness[known]
    tail = max(_FEW // 2, min(_TAIL, len(known) // 4))
    nearest = np.partition(cosines, len(known) - tail)[-tail:]
    # With those that are as near as the last of them.
    least = np.partition(cosines, -min(_NEAREST, len(known)))[-min(_NEAREST, len(known))]
    rows = known[cosines >= least]
    near = dict(zip(rows.tolist(), _surprise(likeness[rows], nearest), strict=True))
    others = list(by_words.keys() - near.keys())
    near |= zip(others, _surprise(likeness[others], nearest), strict=True)
    found = {
        row: _odds(by_words.get(row, 0.0)) + odds
        for row, odds in near.items()
        if odds > 0 or row in by_words
    }
    return {row: 1 / (1 + math.exp(-odds)) for row, odds in found.items()}


def _surprise(cosines: Floats, nearest: Floats) -> list[float]:
    """As logarithms of odds: how far each is from what is usual for this question in this
    handbook, of which these are the nearest. So it means the same for every model, and in a small
    handbook and a large one."""
    edge = float(nearest.min())
    excess = max(float(nearest.mean()) - edge, 1e-6)
    distance = (cosines - edge) / excess - math.log(len(nearest)) - _BORDER
    odds = np.clip(_SLOPE * distance, 0.0, _FOR)
    return np.where(np.isfinite(odds), odds, 0.0).tolist()


def _odds(score: float) -> float:
    score = min(max(score, 1e-6), 1 - 1e-6)
    return min(max(math.log(score / (1 - score)), -_AGAINST), _FOR)
