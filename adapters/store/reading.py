"""Reading the record. To read it is itself recorded, before the first line is seen."""

import contextlib
import uuid
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Any

from cryptography.exceptions import InvalidTag
from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.store.cipher import Cipher, owner_key
from adapters.store.database import healing

_BATCH = 1000

_BEGUN = text("SELECT pg_current_xact_id()")

_NOTE = text("""
INSERT INTO record (organisation, event, conversation, case_id, position, at, step, facts)
VALUES (:organisation, :event, '', :case, 0, now(), 'audit read',
    jsonb_build_object('who', CAST(:who AS text), 'what', CAST(:what AS text)))
""")

# Of a case: also what its conversation was before there was a case. Of a person: every turn that
# names them, and all of the conversations that they began.
_CASE = """(r.case_id = :case OR r.case_id IS NULL AND r.conversation IN (
    SELECT c.conversation FROM record c
    WHERE c.organisation = :organisation AND c.case_id = :case AND c.conversation <> ''))"""
_PERSON = """(r.event IN (
    SELECT p.event FROM record p WHERE p.organisation = :organisation
    AND jsonb_path_exists(p.facts, '$.* ? (@ == $id)',
        jsonb_build_object('id', CAST(:person AS text)))
) OR r.conversation IN (
    SELECT c.id FROM conversation c
    WHERE c.organisation = :organisation AND c.requester = :person))"""
_SINCE = "r.at >= CAST(:since AS timestamp) AT TIME ZONE 'UTC'"
_UNTIL = "r.at < CAST(:until AS timestamp) AT TIME ZONE 'UTC'"

_SEALED = """SELECT number, at, unnest(records) AS record FROM seal
    WHERE organisation = :organisation"""

_CASE_HEAD = text("""
SELECT queue, state, requester FROM cases
WHERE organisation = :organisation AND id = :case
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which records; what is None selects all."""

    case: str | None = None
    person: str | None = None
    since: date | None = None
    until: date | None = None
    """This day is still in it; days are UTC."""

    def __str__(self) -> str:
        given = ((x.name, getattr(self, x.name)) for x in fields(self))
        return ", ".join(f"{name} {value}" for name, value in given if value) or "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A record as people read it."""

    id: int
    at: str
    case: str | None
    conversation: str
    event: str
    position: int
    step: str
    facts: Mapping[str, str]
    said: str | None
    """With tokens for what is personal. None: nothing, or its key was destroyed."""
    seal: int | None
    """None: of the last moments, not yet sealed."""
    sealed_at: str | None


class Reading:
    """Of one organisation, by one person."""

    def __init__(self, engine: AsyncEngine, cipher: Cipher, organisation: str, who: str) -> None:
        self._engine = engine
        self._cipher = cipher
        self._organisation = organisation
        self._who = who

    async def lines(self, selection: Selection, what: str) -> AsyncIterator[Line]:
        """Oldest first. Its last line is this reading itself, if it was selected."""
        await self._note(selection, what)
        values = self._values(selection)
        statement = _select(selection)
        async with healing(), self._engine.connect() as connection:
            found = (await connection.stream(statement, values)).mappings()
            async for part in found.partitions(_BATCH):
                for row in part:
                    yield await self._line(dict(row))

    async def _line(self, row: dict[str, Any]) -> Line:
        about, sealed = row.pop("about"), row.pop("sealed")
        said = None
        if sealed is not None:
            bound = f"{row['event']}:{row['position']}"
            with contextlib.suppress(InvalidTag):
                clear = await self._cipher.unseal(
                    self._organisation, owner_key(about), bound, bytes(sealed)
                )
                said = clear.decode()
        return Line(**row, said=said)

    async def case(self, id: str) -> Mapping[str, str] | None:
        """None: no case has this id."""
        async with healing(), self._engine.connect() as connection:
            values = {"organisation": self._organisation, "case": id}
            row = (await connection.execute(_CASE_HEAD, values)).mappings().first()
        return dict(row) if row else None

    async def _note(self, selection: Selection, what: str) -> None:
        async with healing(), self._engine.begin() as connection:
            # The sealer counts on a transaction that has begun before it draws a number.
            await connection.execute(_BEGUN)
            values = {
                "organisation": self._organisation,
                "event": f"audit:{uuid.uuid4().hex}",
                "case": selection.case,
                "who": self._who,
                "what": f"{what}: {selection}",
            }
            await connection.execute(_NOTE, values)

    def _values(self, selection: Selection) -> dict[str, Any]:
        until = selection.until
        given = {
            "organisation": self._organisation,
            "case": selection.case,
            "person": selection.person,
            "since": selection.since,
            "until": until + timedelta(days=1) if until else None,
        }
        return {name: value for name, value in given.items() if value is not None}


def _select(selection: Selection) -> TextClause:
    parts = {
        _CASE: selection.case,
        _PERSON: selection.person,
        _SINCE: selection.since,
        _UNTIL: selection.until,
    }
    wanted = ["r.organisation = :organisation", *(x for x, given in parts.items() if given)]
    return text(f"""
    SELECT r.id,
        coalesce(nullif(to_char(r.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), ''),
            r.at::text) AS at,
        r.case_id AS case, r.conversation, r.event, r.position, r.step, r.facts,
        r.about, r.said AS sealed,
        s.number AS seal, s.at AS sealed_at
    FROM record r LEFT JOIN ({_SEALED}) s ON s.record = r.id
    WHERE {" AND ".join(wanted)} ORDER BY r.id
    """)
