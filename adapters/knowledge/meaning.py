"""What questions and sections mean, as an embedder says it; without it, search goes on by words."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bot.ports import Unavailable

logger = logging.getLogger(__name__)

Floats = NDArray[np.float32]

_PATIENCE = 0.8
"""Seconds that an employee's question may wait for its vector."""
_REST = 15.0
"""Seconds for which an embedder that failed is not asked again."""
_REMEMBERED = 256
"""Questions. A turn searches for the same words more than once."""


class Embedder(Protocol):
    name: str
    """Of the model. Vectors of another name are never compared with these."""

    async def embed(self, texts: Sequence[str], *, asked: bool = False) -> Floats:
        """A row for each text, in their order. `asked`: they are questions, not passages.

        Raises `Unavailable`.
        """
        ...


class Meaning:
    """An embedder, with patience for it."""

    def __init__(
        self, embedder: Embedder, *, patience: float = _PATIENCE, rest: float = _REST
    ) -> None:
        self._embedder = embedder
        self._patience = patience
        self._rest = rest
        self._asked_again_at = 0.0
        """On the event loop's clock."""
        self._down = False
        self._remembered: OrderedDict[str, Floats] = OrderedDict()

    @property
    def rest(self) -> float:
        """Seconds to wait after `Unavailable`."""
        return self._rest

    async def model(self) -> str:
        """What tells vectors apart that cannot be compared. Raises `Unavailable`."""
        return f"{self._embedder.name}/{(await self.of(['.'])).shape[1]}"

    async def of(self, texts: Sequence[str], *, asked: bool = False) -> Floats:
        """A row of length 1 for each text. Raises `Unavailable`."""
        rows = np.asarray(await self._embedder.embed(texts, asked=asked), np.float32)
        if rows.ndim != 2 or len(rows) != len(texts) or not np.isfinite(rows).all():
            raise Unavailable("the embedder did not answer with a vector for each text")
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        return rows / np.maximum(lengths, np.float32(1e-12))

    async def question(self, text: str) -> Floats | None:
        """None: the embedder is down, or too slow for somebody who waits."""
        if text in self._remembered:
            self._remembered.move_to_end(text)
            return self._remembered[text]
        clock = asyncio.get_running_loop().time
        if clock() < self._asked_again_at:
            return None
        try:
            async with asyncio.timeout(self._patience):
                (vector,) = await self.of([text], asked=True)
        except (Unavailable, TimeoutError):
            self._asked_again_at = clock() + self._rest
            self.is_down(True)
            return None
        self.is_down(False)
        self._remembered[text] = vector
        if len(self._remembered) > _REMEMBERED:
            self._remembered.popitem(last=False)
        return vector

    def is_down(self, down: bool) -> None:
        """Say so once, and once that it is back."""
        if down and not self._down:
            logger.warning("The embedder does not answer: the handbook is searched by words only.")
        if self._down and not down:
            logger.info("The embedder answers again.")
        self._down = down
