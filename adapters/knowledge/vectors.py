"""The vectors of a handbook's sections: kept in PostgreSQL, so that only what changed is embedded
again, and in memory to be compared."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import numpy as np
from sqlalchemy import Column, Table, Text, delete, func, literal, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.knowledge.meaning import Floats, Meaning
from adapters.knowledge.passages import Section
from adapters.knowledge.tables import metadata

_EMBEDDED = 64
"""Texts in one request."""
_READ = 1000
_LONGEST = 6000
"""Characters of a section that are embedded: below the 8,191 tokens that OpenAI takes."""

kept = Table(
    "handbook_vectors",
    metadata,
    Column("organisation", Text, primary_key=True),
    # With the dimension: what cannot be compared is never mixed.
    Column("model", Text, primary_key=True),
    # SHA-256 of what was embedded.
    Column("hash", postgresql.BYTEA, primary_key=True),
    # Half precision, little endian.
    Column("vector", postgresql.BYTEA, nullable=False),
)


class Vectors:
    """A row for each section of a handbook, in their order."""

    def __init__(self, sections: Sequence[Section]) -> None:
        self._texts: dict[bytes, str] = {}
        self._rows: dict[bytes, list[int]] = {}
        for row, section in enumerate(sections):
            text = f"{' › '.join(section.trail)}\n{section.text}"[:_LONGEST]
            hash = hashlib.sha256(text.encode("utf-8", "replace")).digest()
            self._texts[hash] = text
            self._rows.setdefault(hash, []).append(row)
        self._matrix: Floats | None = None
        """Not a number where a section has no vector yet. None: none has one."""
        self._sections = len(sections)
        self._missing = dict.fromkeys(self._rows)

    @property
    def hashes(self) -> list[bytes]:
        return list(self._rows)

    def missing(self) -> list[bytes]:
        return list(self._missing)

    def lacks(self, hash: bytes) -> bool:
        return hash in self._missing

    def text(self, hash: bytes) -> str:
        return self._texts[hash]

    def put(self, hash: bytes, vector: Floats) -> None:
        if self._matrix is None:
            self._matrix = np.full((self._sections, len(vector)), np.nan, np.float32)
        self._matrix[self._rows[hash]] = vector
        self._missing.pop(hash, None)

    def adopt(self, before: "Vectors") -> None:
        """Take over what has not changed."""
        if before._matrix is not None:
            for hash in self._missing.keys() & before._rows.keys() - before._missing.keys():
                self.put(hash, before._matrix[before._rows[hash][0]])

    def likeness(self, question: Floats) -> Floats | None:
        """The cosine to each section; not a number where there is no vector yet.

        None: there is nothing to compare.
        """
        if self._matrix is None or self._matrix.shape[1] != len(question):
            return None
        return self._matrix @ question


async def fill(engine: AsyncEngine, meaning: Meaning, organisation: str, vectors: Vectors) -> None:
    """Until each section has its vector. Raises `Unavailable`, and what the database raises."""
    if not vectors.hashes:
        return
    model = await meaning.model()
    for some in _groups(vectors.missing(), _READ):
        await _read(engine, organisation, model, some, vectors)
    for some in _groups(vectors.missing(), _EMBEDDED):
        # Another replica may have done it meanwhile.
        await _read(engine, organisation, model, some, vectors)
        left = [hash for hash in some if vectors.lacks(hash)]
        if left:
            made = await meaning.of([vectors.text(hash) for hash in left])
            await _keep(engine, organisation, model, left, made)
            for hash, vector in zip(left, made, strict=True):
                vectors.put(hash, vector)
    await _forget(engine, organisation, vectors.hashes)


async def _read(
    engine: AsyncEngine, organisation: str, model: str, hashes: Sequence[bytes], vectors: Vectors
) -> None:
    async with engine.connect() as connection:
        rows = await connection.execute(
            select(kept.c.hash, kept.c.vector).where(
                kept.c.organisation == organisation,
                kept.c.model == model,
                kept.c.hash.in_(hashes),
            )
        )
        for row in rows:
            vectors.put(row.hash, np.frombuffer(row.vector, "<f2").astype(np.float32))


async def _keep(
    engine: AsyncEngine, organisation: str, model: str, hashes: Sequence[bytes], made: Floats
) -> None:
    rows = [
        {"organisation": organisation, "model": model, "hash": hash, "vector": half.tobytes()}
        for hash, half in zip(hashes, made.astype("<f2"), strict=True)
    ]
    async with engine.begin() as connection:
        await connection.execute(postgresql.insert(kept).on_conflict_do_nothing(), rows)


async def _forget(engine: AsyncEngine, organisation: str, hashes: Sequence[bytes]) -> None:
    """What is no longer in the handbook: a vector tells a good deal of its text."""
    current = func.unnest(literal(list(hashes), postgresql.ARRAY(postgresql.BYTEA)))
    async with engine.begin() as connection:
        await connection.execute(
            delete(kept).where(
                kept.c.organisation == organisation, kept.c.hash.not_in(select(current))
            )
        )


def _groups(hashes: Iterable[bytes], size: int) -> Iterator[list[bytes]]:
    rest = iter(hashes)
    while some := list(islice(rest, size)):
        yield some
