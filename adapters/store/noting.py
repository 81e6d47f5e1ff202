"""Notes in the record of what somebody did on the command line, where there is no turn."""

import json
import uuid
from collections.abc import Mapping

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

# The sealer counts on a transaction that has begun before it draws a number.
_BEGUN = text("SELECT pg_current_xact_id()")
_NOTE = text("""
INSERT INTO record (organisation, event, conversation, case_id, position, at, step, facts)
VALUES (:organisation, :event, '', :case, 0, now(), :step, CAST(:facts AS jsonb))
""")


async def note(
    connection: AsyncConnection,
    organisation: str,
    step: str,
    facts: Mapping[str, str],
    case: str | None = None,
) -> None:
    """In this transaction. None: it is of no case."""
    await connection.execute(_BEGUN)
    values = {
        "organisation": organisation,
        "event": f"command:{uuid.uuid4().hex}",
        "case": case,
        "step": step,
        "facts": json.dumps(dict(facts)),
    }
    await connection.execute(_NOTE, values)
