"""The vectors of a handbook's sections: kept in PostgreSQL, so that only what changed is embedded
again, and in memory to be compared."""

import hashlib
from collections.abc import Collection, Generator, Iterable, Iterator, Mapping, Sequence
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

_SPARE = 8
"""Room for one in so many more rows, so that an added page moves no others."""

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
    """A row for each section of a handbook, the same as in its `Corpus`. Serves all versions: a row
    changes while no version that is searched has a section there."""

    def __init__(self) -> None:
        self._hashes: dict[int, bytes] = {}
        """By row."""
        self._rows: dict[bytes, set[int]] = {}
        self._missing: dict[bytes, Section] = {}
        self._matrix: Floats | None = None
        """Not a number where a section has no vector yet. None: none has one."""
        self._gone: set[bytes] | None = None

    def add(self, sections: Mapping[int, Section]) -> Generator[None, None, None]:
        """By row. What is said here already has its vector. Between its steps others may do
        something."""
        if self._matrix is not None and sections:
            self._reserve(1 + max(sections), self._matrix.shape[1])
        for row, section in sections.items():
            hash = _hash(section)
            self._free(row)
            rows = self._rows.setdefault(hash, set())
            if not rows:
                self._missing[hash] = section
            elif self._matrix is not None:
                self._matrix[row] = self._matrix[next(iter(rows))]
            rows.add(row)
            self._hashes[row] = hash
            yield

    def remove(self, rows: Iterable[int]) -> Generator[None, None, None]:
        for row in rows:
            self._free(row)
            yield

    @property
    def hashes(self) -> list[bytes]:
        return list(self._rows)

    def missing(self) -> list[bytes]:
        return list(self._missing)

    def lacks(self, hash: bytes) -> bool:
        return hash in self._missing

    def text(self, hash: bytes) -> str:
        """Of one that is missing."""
        return _said(self._missing[hash])

    def put(self, hash: bytes, vector: Floats) -> None:
        if self._missing.pop(hash, None) is None:
            return
        self._reserve(1 + max(self._hashes), len(vector))[list(self._rows[hash])] = vector

    def gone(self) -> set[bytes] | None:
        """What is no longer there since this was asked before. None: it was not."""
        gone, self._gone = self._gone, set()
        return None if gone is None else gone - self._rows.keys()

    def likeness(self, question: Floats, rows: int) -> Floats | None:
        """The cosine to each of so many rows; not a number where there is no vector yet.

        None: there is nothing to compare.
        """
        if self._matrix is None or self._matrix.shape[1] != len(question):
            return None
        return self._reserve(rows, len(question))[:rows] @ question

    def _free(self, row: int) -> None:
        hash = self._hashes.pop(row, None)
        if hash is None:
            return
        self._rows[hash].remove(row)
        if self._matrix is not None:
            self._matrix[row] = np.nan
        if not self._rows[hash]:
            del self._rows[hash]
            self._missing.pop(hash, None)
            if self._gone is not None:
                self._gone.add(hash)

    def _reserve(self, rows: int, dimensions: int) -> Floats:
        """Room for so many."""
        before = self._matrix
        if before is None or len(before) < rows:
            self._matrix = np.full((rows + rows // _SPARE, dimensions), np.nan, np.float32)
            if before is not None:
                self._matrix[: len(before)] = before
            return self._matrix
        return before


def _said(section: Section) -> str:
    """What is embedded."""
    return f"{' › '.join(section.trail)}\n{section.text}"[:_LONGEST]


def _hash(section: Section) -> bytes:
    return hashlib.sha256(_said(section).encode("utf-8", "replace")).digest()


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
        left = {hash: vectors.text(hash) for hash in some if vectors.lacks(hash)}
        if left:
            made = await meaning.of(list(left.values()))
            await _keep(engine, organisation, model, list(left), made)
            for hash, vector in zip(left, made, strict=True):
                vectors.put(hash, vector)
    gone = vectors.gone()
    if gone is None:
        await _forget_others(engine, organisation, vectors.hashes)
    elif gone:
        await _forget(engine, organisation, gone)


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


async def _forget(engine: AsyncEngine, organisation: str, hashes: Collection[bytes]) -> None:
    """What is no longer in the handbook: a vector tells a good deal of its text."""
    async with engine.begin() as connection:
        await connection.execute(
            delete(kept).where(kept.c.organisation == organisation, kept.c.hash.in_(hashes))
        )


async def _forget_others(engine: AsyncEngine, organisation: str, hashes: Sequence[bytes]) -> None:
    """What went while nobody looked."""
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
