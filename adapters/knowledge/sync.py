"""Makes what the handbook has of one source equal to the source."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.knowledge import storage
from adapters.knowledge.apart import Converter
from adapters.knowledge.passages import Origin, Section, sections
from adapters.knowledge.source import Harvest, Page, Reader, Skipped, SourceError

logger = logging.getLogger(__name__)

_ATTEMPTS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Synced:
    """What a sync did, in pages."""

    added: int
    changed: int
    removed: int
    passages: int
    """All that the handbook has."""
    skipped: tuple[Skipped, ...]


async def sync(
    engine: AsyncEngine, organisation: str, name: str, reader: Reader, origin: Origin
) -> Synced:
    """Nothing is changed until all is read. When another sync of this source comes first, what
    it brought is read against again. Raises `SourceError`: nothing is changed."""
    converter = Converter()
    try:
        for _ in range(_ATTEMPTS):
            synced = await _once(engine, organisation, name, reader, origin, converter)
            if synced:
                return synced
            logger.info("Another sync came first.", extra={"source": name})
    finally:
        await converter.stop()
    raise SourceError(f"{name} is being synced by others all the time: try again later.")


async def _once(
    engine: AsyncEngine,
    organisation: str,
    name: str,
    reader: Reader,
    origin: Origin,
    converter: Converter,
) -> Synced | None:
    """None: another sync of this source came first."""
    made = storage.made(origin)
    # No connection is held while the source is read.
    async with engine.begin() as connection:
        state = await storage.state(connection, organisation, name)
    known = {path: x.stamp if x.made == made else "" for path, x in state.pages.items()}
    # Where all must be read again, "what is new since then" is not enough.
    cursor = state.cursor if all(known.values()) else ""
    readers = {path.removeprefix(origin.prefix): x.audience for path, x in state.pages.items()}

    one_by_one = asyncio.Lock()

    async def narrow(path: str, audience: frozenset[str]) -> None:
        # They would wait for each other in the database, with connections that turns need.
        async with one_by_one, engine.begin() as connection:
            await storage.narrow(connection, organisation, origin.prefix + path, audience)

    harvest = Harvest(converter, _inner(known, origin), cursor, readers, narrow)
    await reader.read(harvest)
    found = {origin.prefix + path: page for path, page in harvest.pages.items()}
    kept = {origin.prefix + path for path in harvest.kept}
    removed = known.keys() - found.keys() - kept
    # No row is locked meanwhile: an ugly page takes seconds.
    parts = await asyncio.to_thread(_sections, found, origin)
    change = storage.Change(
        pages=found,
        sections=parts,
        removed=removed,
        made=made,
        cursor=harvest.cursor,
        skipped=harvest.skipped,
    )
    async with engine.begin() as connection:
        if not await storage.save(connection, organisation, name, state.version, change):
            return None
        passages = await storage.count(connection, organisation)
    changed = len(found.keys() & known.keys())
    return Synced(
        added=len(found) - changed,
        changed=changed,
        removed=len(removed),
        passages=passages,
        skipped=tuple(harvest.skipped),
    )


def _sections(found: Mapping[str, Page], origin: Origin) -> list[Section]:
    return [x for path, y in found.items() for x in sections(path, y.body, y.about, origin)]


def _inner(known: Mapping[str, str], origin: Origin) -> Mapping[str, str]:
    return {path.removeprefix(origin.prefix): stamp for path, stamp in known.items()}
