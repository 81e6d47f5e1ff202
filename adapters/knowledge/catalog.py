"""The sources that an admin added: kept, listed, removed. And what is known of a page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Row, delete, func, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.knowledge import storage
from adapters.knowledge.source import HOURLY, PACK, SOLVED, Source, SourceError
from adapters.knowledge.tables import handbooks, pages, sections, sources

_SOON = timedelta(minutes=1)
"""After a sync that failed; twice as long after each further one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    source: Source
    pages: int
    synced_at: datetime | None
    """None: never."""
    skipped: Sequence[tuple[str, str]]
    """Path, and why."""
    problem: str
    """Why the last sync failed; "" if it did not."""
    failing_since: datetime | None
    """None: the last sync did not fail."""
    next_at: datetime | None
    """When it is due, by the database's clock. None: only when somebody asks for it."""
    due: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A page. Everything is empty where nobody said it."""

    path: str
    source: str
    title: str
    url: str
    owner: str
    reviewed: date | None
    audience: frozenset[str] | None
    """None: every employee."""
    applies_to: dict[str, list[str]]
    locale: str
    sections: Sequence[tuple[str, str, int]]
    """Title, address, and length in characters."""


async def add(engine: AsyncEngine, organisation: str, source: Source) -> None:
    """Raises `SourceError`: there is one of this name."""
    async with engine.begin() as connection:
        await connection.execute(
            postgresql.insert(handbooks).values(organisation=organisation).on_conflict_do_nothing()
        )
        done = await connection.execute(
            postgresql.insert(sources)
            .values(
                organisation=organisation,
                name=source.name,
                address=source.address,
                link=source.link,
                secrets=source.secrets,
                specialist=source.specialist,
                groups=dict(source.groups),
                every=source.every,
            )
            .on_conflict_do_nothing()
            .returning(sources.c.name)
        )
        fresh = done.first()
    if fresh is None:
        raise SourceError(f"There is a source {source.name} already: give another --name.")


async def remove(engine: AsyncEngine, organisation: str, name: str) -> None:
    """Its pages go with it. Of solved cases, `name` may also be one page.

    Raises `SourceError`: there is none of this name, or it comes from elsewhere.
    """
    if name == PACK:
        raise SourceError("The pack's own folder is always a source: HANDRAIL_PACK names it.")
    source, colon, _ = name.partition(":")
    if colon and source != SOLVED:
        raise SourceError(f"A page of {source} is removed where it is read from.")
    which = delete(sources).where(*storage.one(organisation, name))
    if colon:
        which = delete(pages).where(pages.c.organisation == organisation, pages.c.path == name)
    async with engine.begin() as connection:
        await storage.lock(connection, organisation)
        done = await connection.execute(which)
        if done.rowcount:
            await storage.announce(connection, organisation)
    if not done.rowcount:
        raise SourceError(f"There is no {'page' if colon else 'source'} {name}.")


async def failed(
    engine: AsyncEngine, organisation: str, name: str, problem: str
) -> datetime | None:
    """Since when it has been failing. None: there is no such source any more."""
    async with engine.begin() as connection:
        done = await connection.execute(
            update(sources)
            .where(*storage.one(organisation, name))
            .values(
                problem=problem,
                tried_at=func.now(),
                failures=sources.c.failures + 1,
                failing_since=func.coalesce(sources.c.failing_since, func.now()),
            )
            .returning(sources.c.failing_since)
        )
        return done.scalar_one_or_none()


async def listed(engine: AsyncEngine, organisation: str) -> list[Listed]:
    """The pack's own first, then by name."""
    many = (
        select(pages.c.source, func.count().label("pages"))
        .where(pages.c.organisation == organisation)
        .group_by(pages.c.source)
        .subquery()
    )
    async with engine.connect() as connection:
        rows = await connection.execute(
            select(sources, func.coalesce(many.c.pages, 0).label("pages"), func.now().label("now"))
            .outerjoin(many, many.c.source == sources.c.name)
            .where(sources.c.organisation == organisation)
            .order_by(sources.c.name != PACK, sources.c.name)
        )
        return [_listed(x) for x in rows]


def _listed(row: Row[Any]) -> Listed:
    next_at = None
    if row.every is not None:
        next_at = row.tried_at + _rest(row.every, row.failures) if row.tried_at else row.now
    return Listed(
        source=Source(
            name=row.name,
            address=row.address,
            link=row.link,
            secrets=row.secrets,
            specialist=row.specialist,
            groups=row.groups,
            every=row.every,
        ),
        pages=row.pages,
        synced_at=row.synced_at,
        skipped=[(path, why) for path, why in row.skipped],
        problem=row.problem,
        failing_since=row.failing_since,
        next_at=next_at,
        due=next_at is not None and next_at <= row.now,
    )


def _rest(every: timedelta, failures: int) -> timedelta:
    if not failures:
        return every
    return min(_SOON * 2 ** min(failures - 1, 20), max(every, HOURLY))


async def shown(engine: AsyncEngine, organisation: str, path: str) -> Shown:
    """Raises `SourceError`: there is no such page."""
    async with engine.connect() as connection:
        row = (
            await connection.execute(
                select(pages).where(pages.c.organisation == organisation, pages.c.path == path)
            )
        ).one_or_none()
        if row is None:
            near = await _near(connection, organisation, path)
            raise SourceError(f"There is no page {path} in the handbook.{near}")
        found = await connection.execute(
            select(sections.c.trail, sections.c.url, func.length(sections.c.text).label("length"))
            .where(sections.c.organisation == organisation, sections.c.page == path)
            .order_by(sections.c.position)
        )
        return Shown(
            path=row.path,
            source=row.source,
            title=row.title,
            url=row.url,
            owner=row.owner,
            reviewed=row.reviewed,
            audience=None if row.audience is None else frozenset(row.audience),
            applies_to=row.applies_to,
            locale=row.locale,
            sections=[(" › ".join(x.trail), x.url, x.length) for x in found],
        )


async def _near(connection: AsyncConnection, organisation: str, path: str) -> str:
    """A sentence that names pages with these letters in them; "" if there are none."""
    found = await connection.scalars(
        select(pages.c.path)
        .where(
            pages.c.organisation == organisation,
            (pages.c.path + " " + pages.c.title).icontains(path, autoescape=True),
        )
        .order_by(pages.c.path)
        .limit(5)
    )
    near = ", ".join(found)
    return f" There are: {near}." if near else ""
