"""Keeps the handbooks in PostgreSQL, and tells every replica of a change."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ARRAY, Text, any_, delete, func, insert, literal, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.knowledge.folder import Page, Skipped
from adapters.knowledge.passages import Origin, Section, cut
from adapters.knowledge.tables import handbooks, pages, sections

CHANNEL = "handbook"
"""Where PostgreSQL announces a change."""
_CUT = "1"
"""Raise it when pages are cut otherwise: each is then cut again at the next sync."""
_ROWS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Synced:
    """What a sync did, in pages."""

    added: int
    changed: int
    removed: int
    passages: int
    """All that the handbook has."""
    skipped: tuple[Skipped, ...]


async def save(
    connection: AsyncConnection,
    organisation: str,
    found: Sequence[Page],
    skipped: tuple[Skipped, ...],
    origin: Origin,
) -> Synced:
    """Make the handbook equal to these pages. Syncs of one organisation wait for each other."""
    await connection.execute(
        postgresql.insert(handbooks).values(organisation=organisation).on_conflict_do_nothing()
    )
    mine = handbooks.c.organisation == organisation
    await connection.execute(select(handbooks.c.version).where(mine).with_for_update())
    known = await _hashes(connection, organisation)
    hashes = {page.path: _hash(page, origin) for page in found}
    stale = [page for page in found if known.get(page.path) != hashes[page.path]]
    removed = known.keys() - hashes.keys()
    if stale or removed:
        await _delete(connection, organisation, [*removed, *(page.path for page in stale)])
        await _insert(connection, organisation, stale, hashes, origin)
        await connection.execute(
            update(handbooks).where(mine).values(version=handbooks.c.version + 1)
        )
        await connection.execute(select(func.pg_notify(CHANNEL, organisation)))
    return Synced(
        added=len(hashes.keys() - known.keys()),
        changed=len(stale) - len(hashes.keys() - known.keys()),
        removed=len(removed),
        passages=await _count(connection, organisation),
        skipped=skipped,
    )


async def versions(connection: AsyncConnection) -> Mapping[str, int]:
    """By organisation."""
    rows = await connection.execute(select(handbooks.c.organisation, handbooks.c.version))
    return {row.organisation: row.version for row in rows}


async def load(connection: AsyncConnection, organisation: str) -> list[Section]:
    rows = await connection.stream(
        select(sections)
        .where(sections.c.organisation == organisation)
        .order_by(sections.c.page, sections.c.position)
    )
    return [
        Section(
            id=row.id,
            page=row.page,
            trail=tuple(row.trail),
            text=row.text,
            url=row.url,
            specialist=row.specialist,
        )
        async for some in rows.partitions(_ROWS)
        for row in some
    ]


async def _hashes(connection: AsyncConnection, organisation: str) -> Mapping[str, str]:
    rows = await connection.execute(
        select(pages.c.path, pages.c.hash).where(pages.c.organisation == organisation)
    )
    return {row.path: row.hash for row in rows}


def _hash(page: Page, origin: Origin) -> str:
    """Of all that its sections are made from."""
    made_from = (_CUT, origin.link_base, *sorted(origin.specialists), page.hash)
    return hashlib.sha256("\n".join(made_from).encode()).hexdigest()


async def _delete(connection: AsyncConnection, organisation: str, paths: list[str]) -> None:
    await connection.execute(
        delete(pages).where(
            pages.c.organisation == organisation,
            pages.c.path == any_(literal(paths, ARRAY(Text))),
        )
    )


async def _insert(
    connection: AsyncConnection,
    organisation: str,
    changed: Sequence[Page],
    hashes: Mapping[str, str],
    origin: Origin,
) -> None:
    if not changed:
        return
    values = [{"path": page.path, "hash": hashes[page.path]} for page in changed]
    await connection.execute(insert(pages).values(organisation=organisation), values)
    rows = await asyncio.to_thread(_rows, changed, origin)
    for start in range(0, len(rows), _ROWS):
        await connection.execute(
            insert(sections).values(organisation=organisation), rows[start : start + _ROWS]
        )


def _rows(changed: Sequence[Page], origin: Origin) -> list[dict[str, str | int | list[str] | None]]:
    return [
        {
            "id": section.id,
            "page": section.page,
            "position": position,
            "trail": list(section.trail),
            "text": section.text,
            "url": section.url,
            "specialist": section.specialist,
        }
        for page in changed
        for position, section in enumerate(cut(page.path, page.text, origin))
    ]


async def _count(connection: AsyncConnection, organisation: str) -> int:
    count = await connection.scalar(
        select(func.count()).select_from(sections).where(sections.c.organisation == organisation)
    )
    return count or 0
