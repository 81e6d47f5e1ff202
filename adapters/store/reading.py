"""Reading the record. To read it is itself recorded, before the first line is seen.

What is of a confidential desk is withheld, but for its place: two of its readers open it."""

import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Any

from cryptography.exceptions import InvalidTag
from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.store import permits
from adapters.store.cipher import Cipher, owner_key
from adapters.store.database import healing
from adapters.store.noting import note
from bot.discretion import ORDINARY
from bot.discretion import desks as desks_of
from bot.pack import Pack
from bot.timeline import Entry, Head, Withheld

_BATCH = 1000

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


# The conversations that may be confidential: `desks` says of which desk.
_MATTERS = text("""
SELECT conversation, array_agg(DISTINCT queue) FILTER (WHERE queue IS NOT NULL) AS queues,
    array_agg(DISTINCT verdict) FILTER (WHERE verdict IS NOT NULL) AS verdicts,
    array_agg(DISTINCT case_id) FILTER (WHERE case_id IS NOT NULL) AS cases,
    array_agg(DISTINCT about) AS people
FROM (
    SELECT conversation, case_id, about,
        CASE step WHEN 'case opened' THEN coalesce(facts->>'queue', '') END AS queue,
        CASE step WHEN 'checked' THEN facts->>'verdict' END AS verdict
    FROM record WHERE organisation = :organisation AND conversation <> ''
        AND step IN ('case opened', 'checked')
    UNION ALL
    SELECT conversation, id, requester, queue, NULL FROM cases WHERE organisation = :organisation
) told
GROUP BY conversation
HAVING bool_or(queue <> ALL(:open)) OR bool_or(verdict <> ALL(:ordinary))
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


@dataclass(frozen=True, slots=True)
class Closed:
    """What is of confidential desks, and not to be read now."""

    conversations: frozenset[str]
    cases: frozenset[str]

    def hides(self, conversation: str, case: str | None) -> bool:
        return conversation in self.conversations or case in self.cases


class Reading:
    """Of one organisation. `pack` says what of it is confidential."""

    def __init__(self, engine: AsyncEngine, cipher: Cipher, organisation: str, pack: Pack) -> None:
        self._engine = engine
        self._cipher = cipher
        self._organisation = organisation
        self._pack = pack

    async def begin(
        self, selection: Selection, who: str, what: str, code: str | None = None
    ) -> frozenset[str]:
        """Record that `who`, on the command line, will read it, for `what`. Returns the
        confidential desks of which `code`, which is spent by it, lets the rest of this class tell.
        Raises `BadCode`."""
        facts: Mapping[str, str] = {"who": who, "what": f"{what}: {selection}"}
        desks = frozenset[str]()
        try:
            async with healing(), self._engine.begin() as connection:
                if code is not None:
                    of = selection.case, selection.person
                    desks, told = await permits.redeem(connection, self._organisation, code, *of)
                    facts = {**facts, **told}
                await note(connection, self._organisation, "audit read", facts, selection.case)
        except permits.BadCode:
            async with healing(), self._engine.begin() as connection:
                refused = "audit code refused"
                await note(connection, self._organisation, refused, facts, selection.case)
            raise
        return desks

    async def lines(
        self, selection: Selection, desks: frozenset[str] | None
    ) -> AsyncIterator[Entry | Withheld]:
        """Oldest first. `desks`: the confidential ones that may be told of; None: all of them."""
        values = self._values(selection)
        statement = _select(selection)
        async with healing(), self._engine.connect() as connection:
            # What becomes confidential meanwhile is not in it yet.
            await connection.execution_options(isolation_level="REPEATABLE READ")
            closed = await self.closed(
                connection, desks, None if selection.case else selection.person
            )
            found = (await connection.stream(statement, values)).mappings()
            async for part in found.partitions(_BATCH):
                for row in part:
                    if closed.hides(row["conversation"], row["case"]):
                        yield Withheld(**{x.name: row[x.name] for x in fields(Withheld)})
                    else:
                        yield await self._entry(dict(row))

    async def _entry(self, row: dict[str, Any]) -> Entry:
        about, sealed = row.pop("about"), row.pop("sealed")
        said = None
        if sealed is not None:
            bound = f"{row['event']}:{row['position']}"
            with contextlib.suppress(InvalidTag):
                clear = await self._cipher.unseal(
                    self._organisation, owner_key(about), bound, bytes(sealed)
                )
                said = clear.decode()
        return Entry(**row, said=said)

    async def head(self, case: str, desks: frozenset[str] | None) -> Head | None:
        """None: no case has this id, or it is not to be told of."""
        async with healing(), self._engine.connect() as connection:
            closed = await self.closed(connection, desks)
            values = {"organisation": self._organisation, "case": case}
            row = (await connection.execute(_CASE_HEAD, values)).mappings().first()
        return Head(**row) if row and not closed.hides("", case) else None

    async def closed(
        self, connection: AsyncConnection, desks: frozenset[str] | None, person: str | None = None
    ) -> Closed:
        """`desks` as in `lines`. `person`: whose matters these desks may tell of; not those of
        others that name them, such as the desk's own people. None: of everybody's."""
        if desks is None:
            return Closed(frozenset(), frozenset())
        open_to_all = [x.name for x in self._pack.queues.values() if not x.confidential]
        values = {
            "organisation": self._organisation,
            "open": open_to_all,
            "ordinary": sorted(ORDINARY),
        }
        conversations, cases = set[str](), set[str]()
        for row in await connection.execute(_MATTERS, values):
            theirs = person is None or row.people == [person]
            of = desks_of(self._pack, row.queues or (), row.verdicts or ())
            if not of <= desks or (of and not theirs):
                conversations.add(row.conversation)
                cases.update(row.cases or ())
        return Closed(frozenset(conversations), frozenset(cases))

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
