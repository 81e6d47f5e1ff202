"""Permits: what two people allowed to be read on the command line, each once."""

from collections.abc import Mapping

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.outcome import Turn, hashed

_KEEP = text("""
INSERT INTO permit
    (organisation, code, case_id, person, desks, asked_by, allowed_by, until)
VALUES (:organisation, :code, :case, :person, :desks, :asked_by, :allowed_by, :until)
""")

# Single-use: the row goes with the transaction that reads.
_REDEEM = text("""
DELETE FROM permit WHERE organisation = :organisation AND code = :code AND until > now()
    AND (case_id = :case OR person = :person)
RETURNING desks, asked_by, allowed_by
""")


class BadCode(Exception):
    """The code is unknown, was used, has expired, or is for something else."""


async def keep(connection: AsyncConnection, turn: Turn) -> None:
    """With the rest of the turn."""
    for permit in turn.permits:
        values = {
            "organisation": turn.event.organisation,
            "code": permit.code,
            "case": permit.case,
            "person": permit.person,
            "desks": sorted(permit.desks),
            "asked_by": permit.asked_by,
            "allowed_by": permit.allowed_by,
            "until": permit.until,
        }
        await connection.execute(_KEEP, values)


async def redeem(
    connection: AsyncConnection, organisation: str, code: str, case: str | None, person: str | None
) -> tuple[frozenset[str], Mapping[str, str]]:
    """The confidential desks whose records it opens, and by whom, for the record.

    Raises `BadCode`.
    """
    values = {
        "organisation": organisation,
        "code": hashed(code),
        "case": case,
        "person": person,
    }
    row = (await connection.execute(_REDEEM, values)).first()
    if row is None:
        raise BadCode
    return frozenset(row.desks), {"asked": row.asked_by, "allowed": row.allowed_by}
