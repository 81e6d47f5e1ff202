"""Keeps the handbooks in PostgreSQL, and tells every replica of a change."""

import hashlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Row,
    TableValuedAlias,
    Text,
    any_,
    cast,
    delete,
    func,
    insert,
    literal,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.knowledge.corpus import Rule
from adapters.knowledge.passages import Origin, Section
from adapters.knowledge.source import PACK, SOLVED, Page, Skipped, SourceError
from adapters.knowledge.tables import handbooks, pages, sections, sources
from bot.ports import Page as KnownPage

CHANNEL = "handbook"
"""Where PostgreSQL announces a change."""
_CUT = "2"
"""Raise it when pages are converted or cut otherwise: all are read again at the next sync."""
_ROWS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Of a page that is there."""

    stamp: str
    made: str
    """In which way, see `made`."""
    audience: frozenset[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Of one source."""

    version: int
    cursor: str
    pages: Mapping[str, Known]
    """By path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    pages: Mapping[str, Page]
    """New or changed, by path."""
    sections: Sequence[Section]
    """Theirs."""
    removed: Collection[str]
    made: str
    cursor: str
    skipped: Sequence[Skipped]


def made(origin: Origin) -> str:
    """A hash of all that a page's sections are made from, besides the page."""
    of = (_CUT, origin.link_base, *sorted(origin.specialists), origin.specialist or "", origin.how)
    return hashlib.sha256("\n".join(of).encode()).hexdigest()


async def state(connection: AsyncConnection, organisation: str, source: str) -> State:
    """The sources that no admin adds begin with it. Raises `SourceError`: there is none."""
    if source in (PACK, SOLVED):
        await _begin(connection, organisation, source)
    row = (
        await connection.execute(
            select(sources.c.version, sources.c.cursor).where(*one(organisation, source))
        )
    ).one_or_none()
    if row is None:
        raise SourceError(f"There is no source {source}: it was removed.")
    rows = await connection.execute(
        select(pages.c.path, pages.c.stamp, pages.c.hash, pages.c.audience).where(
            pages.c.organisation == organisation, pages.c.source == source
        )
    )
    known = {
        x.path: Known(stamp=x.stamp, made=x.hash, audience=_audience(x.audience)) for x in rows
    }
    return State(version=row.version, cursor=row.cursor, pages=known)


async def lock(connection: AsyncConnection, organisation: str) -> None:
    """Whoever writes a handbook waits here, and holds nothing yet that another waits for."""
    mine = handbooks.c.organisation == organisation
    await connection.execute(select(handbooks.c.version).where(mine).with_for_update())


async def save(
    connection: AsyncConnection,
    organisation: str,
    source: str,
    version: int,
    change: Change,
) -> bool:
    """False: the source is no longer at this version. Syncs of an organisation take turns."""
    await lock(connection, organisation)
    done = await connection.execute(
        update(sources)
        .where(*one(organisation, source), sources.c.version == version)
        .values(
            version=version + 1,
            cursor=change.cursor,
            synced_at=func.now(),
            skipped=[[x.path, x.why.value] for x in change.skipped],
            problem="",
            tried_at=func.now(),
            failures=0,
            failing_since=None,
        )
    )
    if not done.rowcount:
        return False
    if change.pages or change.removed:
        await _delete(connection, organisation, [*change.removed, *change.pages])
        await _insert(connection, organisation, source, change)
        await announce(connection, organisation)
    return True


async def narrow(
    connection: AsyncConnection, organisation: str, page: str, audience: frozenset[str]
) -> None:
    """Only these may read it from now on. The next sync reads the page again."""
    await lock(connection, organisation)
    done = await connection.execute(
        update(pages)
        .where(pages.c.organisation == organisation, pages.c.path == page)
        .values(audience=sorted(audience), stamp="")
    )
    if done.rowcount:
        await announce(connection, organisation)


async def announce(connection: AsyncConnection, organisation: str) -> None:
    """The handbook is another: every replica reads it again."""
    mine = handbooks.c.organisation == organisation
    await connection.execute(update(handbooks).where(mine).values(version=handbooks.c.version + 1))
    await connection.execute(select(func.pg_notify(CHANNEL, organisation)))


async def versions(connection: AsyncConnection) -> Mapping[str, int]:
    """By organisation."""
    rows = await connection.execute(select(handbooks.c.organisation, handbooks.c.version))
    return {row.organisation: row.version for row in rows}


async def marks(connection: AsyncConnection, organisation: str) -> dict[str, str]:
    """Of each page: another whenever it was written again, in whatever way."""
    # The transaction that wrote the row. A changed page is deleted and inserted, see `save`.
    written = cast(literal_column("handbook_pages.xmin"), Text)
    rows = await connection.execute(
        select(pages.c.path, written).where(pages.c.organisation == organisation)
    )
    return {path: mark for path, mark in rows}


async def rules(
    connection: AsyncConnection, organisation: str, paths: Sequence[str]
) -> dict[str, Rule]:
    some = _given(paths)
    rows = await connection.execute(
        select(pages.c.path, pages.c.audience, pages.c.applies_to)
        .join(some, pages.c.path == some.c.path)
        .where(pages.c.organisation == organisation)
    )
    return {
        row.path: (_audience(row.audience), frozenset(_applies_to(row.applies_to).items()))
        for row in rows
    }


async def load(
    connection: AsyncConnection, organisation: str, paths: Sequence[str] | None = None
) -> list[Section]:
    """Of these few pages. None: of all."""
    about = (pages.c.owner, pages.c.reviewed, pages.c.audience, pages.c.applies_to, pages.c.locale)
    query = (
        select(sections, *about)
        .join(
            pages,
            (pages.c.organisation == sections.c.organisation) & (pages.c.path == sections.c.page),
        )
        .where(sections.c.organisation == organisation)
        .order_by(sections.c.page, sections.c.position)
    )
    if paths is not None:
        some = _given(paths)
        query = query.join(some, sections.c.page == some.c.path)
        return [_section(row) for row in await connection.execute(query)]
    rows = await connection.stream(query)
    return [_section(row) async for some in rows.partitions(_ROWS) for row in some]


async def known(connection: AsyncConnection, organisation: str) -> tuple[KnownPage, ...]:
    """What is known of every page. Its title and address are those of its beginning."""
    rows = await connection.execute(
        select(pages, sections.c.trail, sections.c.url.label("address"))
        .join(
            sections,
            (sections.c.organisation == pages.c.organisation)
            & (sections.c.page == pages.c.path)
            & (sections.c.position == 0),
        )
        .where(pages.c.organisation == organisation)
        .order_by(pages.c.path)
    )
    return tuple(
        KnownPage(
            path=row.path,
            title=row.title or row.trail[0],
            url=(row.url or row.address).partition("#")[0],
            owner=row.owner,
            reviewed=row.reviewed,
            audience=_audience(row.audience),
            solved=row.source == SOLVED,
        )
        for row in rows
    )


async def count(connection: AsyncConnection, organisation: str) -> int:
    """Of all passages."""
    found = await connection.scalar(
        select(func.count()).select_from(sections).where(sections.c.organisation == organisation)
    )
    return found or 0


def one(organisation: str, source: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """The row of `sources` that is this one."""
    return sources.c.organisation == organisation, sources.c.name == source


async def _begin(connection: AsyncConnection, organisation: str, source: str) -> None:
    for table, values in (
        (handbooks, {"organisation": organisation}),
        (sources, {"organisation": organisation, "name": source, "address": ""}),
    ):
        await connection.execute(postgresql.insert(table).values(**values).on_conflict_do_nothing())


def _section(row: Row[Any]) -> Section:
    return Section(
        id=row.id,
        page=row.page,
        trail=tuple(row.trail),
        text=row.text,
        url=row.url,
        specialist=row.specialist,
        owner=row.owner,
        reviewed=row.reviewed,
        audience=_audience(row.audience),
        applies_to=_applies_to(row.applies_to),
        locale=row.locale,
    )


def _audience(kept: Sequence[str] | None) -> frozenset[str] | None:
    return None if kept is None else frozenset(kept)


def _applies_to(kept: Mapping[str, Sequence[str]]) -> dict[str, frozenset[str]]:
    return {kind: frozenset(values) for kind, values in kept.items()}


def _given(paths: Sequence[str]) -> TableValuedAlias:
    """To be joined. Of `= ANY`, a table that was just filled is read as a whole."""
    return func.unnest(literal(list(paths), ARRAY(Text))).table_valued("path").render_derived()


async def _delete(connection: AsyncConnection, organisation: str, paths: list[str]) -> None:
    await connection.execute(
        delete(pages).where(
            pages.c.organisation == organisation,
            pages.c.path == any_(literal(paths, ARRAY(Text))),
        )
    )


async def _insert(
    connection: AsyncConnection, organisation: str, source: str, change: Change
) -> None:
    if not change.pages:
        return
    head = insert(pages).values(organisation=organisation, source=source, hash=change.made)
    await connection.execute(head, [_page(path, page) for path, page in change.pages.items()])
    rows = _rows(change.sections)
    for start in range(0, len(rows), _ROWS):
        await connection.execute(
            insert(sections).values(organisation=organisation), rows[start : start + _ROWS]
        )


def _page(path: str, page: Page) -> dict[str, Any]:
    about = page.about
    return {
        "path": path,
        "stamp": page.stamp,
        "title": about.title,
        "url": about.url,
        "owner": about.owner,
        "reviewed": about.reviewed,
        "audience": None if about.audience is None else sorted(about.audience),
        "applies_to": {kind: sorted(values) for kind, values in about.applies_to.items()},
        "locale": about.locale,
    }


def _rows(found: Sequence[Section]) -> list[dict[str, Any]]:
    positions: Counter[str] = Counter()
    rows: list[dict[str, Any]] = []
    for section in found:
        rows.append(
            {
                "id": section.id,
                "page": section.page,
                "position": positions[section.page],
                "trail": list(section.trail),
                "text": section.text,
                "url": section.url,
                "specialist": section.specialist,
            }
        )
        positions[section.page] += 1
    return rows
