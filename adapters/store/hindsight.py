"""Hindsight: what was decided on a message, and what came of questions, from the record."""

import contextlib
import json
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidTag
from sqlalchemy import text
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.store import encode
from adapters.store.cipher import Cipher, owner_key
from adapters.store.database import run
from bot.outcome import Record
from bot.place import Place
from bot.ports import Decision, Recorded

# What was decided on the last message of a conversation, with all that its messages were found
# to be.
_DECISION = """
SELECT c.body::text AS conversation, k.body::text AS kase, last.at, last.event,
    (SELECT array_agg(DISTINCT r.facts->>'verdict') FROM record r
     WHERE r.organisation = c.organisation AND r.conversation = c.id AND r.step = 'checked'
    ) AS verdicts,
    (SELECT jsonb_agg(jsonb_build_array(r.step, r.facts) ORDER BY r.id) FROM record r
     WHERE r.organisation = c.organisation AND r.conversation = c.id AND r.event = last.event
    )::text AS records
FROM conversation c
LEFT JOIN cases k ON k.organisation = c.organisation AND k.id = c.case_id
CROSS JOIN LATERAL (
    SELECT r.at, r.event FROM record r
    WHERE r.organisation = c.organisation AND r.conversation = c.id AND r.step = 'checked'
    ORDER BY r.id DESC LIMIT 1
) last
"""

_ON = text(f"""{_DECISION}
WHERE c.organisation = :organisation AND c.id = (
    SELECT conversation FROM cases WHERE organisation = :organisation AND id = :case)
""")

_AT = text(f"""{_DECISION}
WHERE c.organisation = :organisation AND c.id = (
    SELECT id FROM conversation WHERE organisation = :organisation
    AND (place = :place OR NOT :thread
        AND place ~>=~ :place AND place ~<~ (left(:place, -1) || '0'))
    ORDER BY last_at DESC LIMIT 1)
""")

# Only the questions without an answer are unsealed: the others' words are not asked for.
_OUTCOMES = text("""
WITH lately AS (
    SELECT DISTINCT conversation FROM record
    WHERE organisation = :organisation AND at >= :since AND conversation <> ''
    AND step IN ('no sure answer', 'answered', 'rated', 'case opened')
)
SELECT r.at, r.event, r.conversation, r.position, r.step, r.facts::text, r.about,
    CASE WHEN r.step = 'checked' AND EXISTS (
        SELECT FROM record n WHERE n.organisation = r.organisation
        AND n.conversation = r.conversation AND n.event = r.event AND n.step = 'no sure answer'
    ) THEN r.said END AS sealed
FROM record r JOIN lately USING (conversation)
WHERE r.organisation = :organisation AND r.step IN
    ('checked', 'searched', 'no sure answer', 'answered', 'rated', 'case opened')
ORDER BY r.id
""")


async def decision(at_once: AsyncEngine, organisation: str, about: Place | str) -> Decision | None:
    """As `Store.decision`."""
    values: dict[str, Any] = {"organisation": organisation}
    if isinstance(about, Place):
        values |= {"place": about.key, "thread": about.thread is not None}
        rows = await run(at_once, _AT, values)
    else:
        rows = await run(at_once, _ON, {**values, "case": about})
    if not rows:
        return None
    row = rows[0]
    return Decision(
        at=row.at,
        conversation=encode.load_conversation(row.conversation),
        case=encode.load_case(row.kase) if row.kase else None,
        verdicts=frozenset(row.verdicts),
        records=tuple(Record(step=step, facts=facts) for step, facts in json.loads(row.records)),
    )


async def outcomes(
    at_once: AsyncEngine, cipher: Cipher, organisation: str, since: datetime
) -> tuple[Recorded, ...]:
    """As `Store.outcomes`."""
    rows = await run(at_once, _OUTCOMES, {"organisation": organisation, "since": since})
    return tuple([await _recorded(cipher, organisation, row) for row in rows])


async def _recorded(cipher: Cipher, organisation: str, row: Row[Any]) -> Recorded:
    said = ""
    if row.sealed is not None:
        bound = f"{row.event}:{row.position}"
        # The words of somebody who was forgotten are noise.
        with contextlib.suppress(InvalidTag):
            clear = await cipher.unseal(
                organisation, owner_key(row.about), bound, bytes(row.sealed)
            )
            said = clear.decode()
    record = Record(step=row.step, facts=json.loads(row.facts), said=said)
    return Recorded(at=row.at, event=row.event, conversation=row.conversation, record=record)
