"""The vault: personal values, each sealed with its person's key."""

import contextlib
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.store.cipher import Cipher, owner_key
from adapters.store.database import run
from bot.outcome import Turn
from bot.ports import Conflict

_VALUES = text("SELECT token, value FROM vault WHERE organisation = :o AND person = :p")
_KEEP = text(
    "INSERT INTO vault (organisation, person, token, value) VALUES (:o, :p, :t, :v) "
    "ON CONFLICT DO NOTHING RETURNING token"
)


class PostgresVault:
    """Implements the `Vault` port."""

    def __init__(self, engine: AsyncEngine, cipher: Cipher) -> None:
        self._at_once = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._cipher = cipher

    async def values(self, organisation: str, person: str) -> Mapping[str, str]:
        rows = await run(self._at_once, _VALUES, {"o": organisation, "p": person})
        found: dict[str, str] = {}
        for row in rows:
            sealed = bytes(row.value)
            found[row.token] = ""
            # A value that was pruned, or whose key was destroyed, stays a token.
            with contextlib.suppress(InvalidTag):
                if sealed:
                    clear = await self._cipher.unseal(
                        organisation, owner_key(person), row.token, sealed
                    )
                    found[row.token] = clear.decode()
        return found


async def keep(connection: AsyncConnection, cipher: Cipher, turn: Turn) -> None:
    """With the rest of the turn. Raises `Conflict` when a token was given away meanwhile."""
    organisation = turn.event.organisation
    for kept in turn.kept:
        sealed = await cipher.seal(
            organisation, owner_key(kept.person), kept.token, kept.value.encode()
        )
        values = {"o": organisation, "p": kept.person, "t": kept.token, "v": sealed}
        if (await connection.execute(_KEEP, values)).first() is None:
            raise Conflict
