"""The far side: the sample workspace's messages, as Slack or Teams would keep them."""

import json
import uuid
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.web.rooms import audience_of
from adapters.web.tables import web_message as t
from bot.place import Place
from bot.ports import Clock, Rejected, Unavailable

NOTIFY = "web_message"

_LOCK = 0x77656200
_CHANGE = text(
    f"SELECT nextval('web_position'), pg_notify('{NOTIFY}', :organisation)"
    " FROM pg_advisory_xact_lock(:lock, hashtext(:organisation))"
)
"""Changes take turns until they are committed, so that positions appear in their order and
nobody who has read up to one misses an earlier one."""

Body = Mapping[str, object]
Cipher = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class WebMessage:
    id: str
    channel: str
    thread: str | None
    author: str | None
    """None: the bot."""
    draft: bool
    body: Body | None
    """As `render` makes it. None: the message was deleted."""
    only_for: str | None
    born: int
    position: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """Every method is one short transaction, and raises `Unavailable` without a database."""

    engine: AsyncEngine
    organisation: str
    clock: Clock
    seal: Cipher
    unseal: Cipher

    # ---- changes --------------------------------------------------------------------------

    async def put(
        self,
        place: Place,
        body: Body,
        *,
        id: str | None = None,
        author: str | None = None,
        key: str | None = None,
        only_for: str | None = None,
        draft: bool = False,
    ) -> str:
        """Add a message, and return its id. The same key again: the message is replaced; the
        same id again: nothing happens. Raises `Rejected` when there is no such channel."""
        _check(place)
        async with self._changing() as (connection, position):
            values = {
                "organisation": self.organisation,
                "id": id or uuid.uuid4().hex,
                "channel": place.channel,
                "thread": place.thread,
                "author": author,
                "draft": draft,
                "body": self._sealed(body),
                "key": key,
                "only_for": only_for,
                "born": position,
                "position": position,
                "at": self.clock.now(),
            }
            added = insert(t).values(values)
            if key is None:
                added = added.on_conflict_do_nothing()
            else:
                again = {k: values[k] for k in ("body", "draft", "position")}
                added = added.on_conflict_do_update(constraint="web_message_key", set_=again)
            stands = (await connection.execute(added.returning(t.c.id))).scalar()
        return str(stands or values["id"])

    async def change(self, place: Place, message: str, body: Body, *, draft: bool = False) -> bool:
        """False: there is no such message any more, or no such draft."""
        which = and_(self._is(place, message), t.c.draft) if draft else self._is(place, message)
        return await self._update(which, body=self._sealed(body), draft=draft)

    async def remove(self, place: Place, message: str) -> None:
        await self._update(self._is(place, message), body=None, draft=False, key=None)

    async def clear(self) -> None:
        """Delete all, before everybody's eyes."""
        which = and_(t.c.organisation == self.organisation, t.c.body.is_not(None))
        await self._update(which, body=None, draft=False, key=None)

    # ---- questions ------------------------------------------------------------------------

    async def find(self, place: Place, key: str) -> str | None:
        found = await self._read(select(t.c.id).where(*self._in(place.channel), t.c.key == key))
        return str(found[0][0]) if found else None

    async def read(self, place: Place) -> tuple[WebMessage, ...]:
        """All that stands in a channel, or all under a thread's root, oldest first."""
        here = (t.c.thread == place.thread) if place.thread else t.c.thread.is_(None)
        which = (*self._in(place.channel), here, t.c.body.is_not(None))
        return self._messages(await self._read(select(t).where(*which).order_by(t.c.born)))

    async def newest(
        self, channels: Sequence[str], accounts: Sequence[str], limit: int
    ) -> tuple[WebMessage, ...]:
        """What changed last of all that these accounts see, in the order of the changes."""
        query = select(t).where(
            *self._in(*channels),
            t.c.body.is_not(None),
            or_(t.c.only_for.is_(None), t.c.only_for.in_(accounts)),
        )
        rows = await self._read(query.order_by(t.c.position.desc()).limit(limit))
        return self._messages(rows[::-1])

    async def after(self, position: int, limit: int) -> tuple[WebMessage, ...]:
        """What changed since, deletions too, whoever sees it."""
        query = select(t).where(t.c.organisation == self.organisation, t.c.position > position)
        return self._messages(await self._read(query.order_by(t.c.position).limit(limit)))

    async def last(self, *channels: str) -> int:
        """The position of the last change, of all channels when none is named. 0: never."""
        here = self._in(*channels) if channels else (t.c.organisation == self.organisation,)
        query = select(func.coalesce(func.max(t.c.position), 0)).where(*here)
        return int((await self._read(query))[0][0])

    async def lively(self, channels: Sequence[str]) -> Mapping[str, int]:
        """Which of these channels hold anything, with the position of its last change."""
        query = select(t.c.channel, func.max(t.c.position).label("last")).group_by(t.c.channel)
        rows = await self._read(query.where(*self._in(*channels), t.c.body.is_not(None)))
        return {row.channel: row.last for row in rows}

    async def hears(self, place: Place) -> bool:
        """Does the bot take part in this thread?"""
        here = or_(t.c.thread == place.thread, t.c.id == place.thread)
        found = exists().where(*self._in(place.channel), here, t.c.author.is_(None))
        return bool((await self._read(select(found)))[0][0])

    # ---- below ----------------------------------------------------------------------------

    def _in(self, *channels: str) -> tuple[ColumnElement[bool], ...]:
        return t.c.organisation == self.organisation, t.c.channel.in_(channels)

    def _is(self, place: Place, message: str) -> ColumnElement[bool]:
        return and_(*self._in(place.channel), t.c.id == message, t.c.body.is_not(None))

    async def _update(self, which: ColumnElement[bool], **values: object) -> bool:
        async with self._changing() as (connection, position):
            changed = update(t).where(which).values(position=position, **values)
            return (await connection.execute(changed.returning(t.c.id))).first() is not None

    @asynccontextmanager
    async def _changing(self) -> AsyncGenerator[tuple[AsyncConnection, int], None]:
        async with _answering(), self.engine.begin() as connection:
            values = {"lock": _LOCK, "organisation": self.organisation}
            yield connection, int((await connection.execute(_CHANGE, values)).scalar_one())

    async def _read(self, query: Select[*tuple[Any, ...]]) -> Sequence[Row[Any]]:
        async with _answering(), self.engine.connect() as connection:
            return (await connection.execute(query)).all()

    def _sealed(self, body: Body) -> bytes:
        return self.seal(json.dumps(body, ensure_ascii=False).encode())

    def _messages(self, rows: Sequence[Row[Any]]) -> tuple[WebMessage, ...]:
        return tuple(self._message(row) for row in rows)

    def _message(self, row: Row[Any]) -> WebMessage:
        return WebMessage(
            id=row.id,
            channel=row.channel,
            thread=row.thread,
            author=row.author,
            draft=row.draft,
            body=None if row.body is None else json.loads(self.unseal(row.body)),
            only_for=row.only_for,
            born=row.born,
            position=row.position,
            at=row.at,
        )


def _check(place: Place) -> None:
    try:
        audience_of(place.channel)
    except LookupError:
        raise Rejected("channel_not_found") from None


@asynccontextmanager
async def _answering() -> AsyncGenerator[None, None]:
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeout, OSError) as error:
        raise Unavailable("the database does not answer") from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise Unavailable("the connection to the database broke") from error
        raise
