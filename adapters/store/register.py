"""The register in the database. Values hold tokens and addresses, so they are sealed."""

import json
from collections.abc import Mapping

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.store.cipher import Cipher
from adapters.store.database import run

_GET = text(
    "SELECT value FROM register "
    "WHERE organisation = :organisation AND owner = :owner AND key = :key"
)
_UNDER = text(
    "SELECT key, value FROM register "
    "WHERE organisation = :organisation AND owner = :owner AND starts_with(key, :key)"
)
_PUT = text("""
INSERT INTO register (organisation, owner, key, value)
VALUES (:organisation, :owner, :key, :value)
ON CONFLICT (organisation, owner, key) DO UPDATE SET value = excluded.value, at = now()
""")


class PostgresRegister:
    """Implements `Register` for one owner, such as `slack`."""

    def __init__(self, engine: AsyncEngine, cipher: Cipher, organisation: str, owner: str) -> None:
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._cipher = cipher
        self._organisation = organisation
        self._owner = owner

    async def get(self, key: str) -> Mapping[str, str] | None:
        rows = await run(self._engine, _GET, self._row(key))
        if not rows:
            return None
        return await self._opened(key, bytes(rows[0].value))

    async def under(self, prefix: str) -> tuple[Mapping[str, str], ...]:
        rows = await run(self._engine, _UNDER, self._row(prefix))
        return tuple([await self._opened(x.key, bytes(x.value)) for x in rows])

    async def put(self, key: str, value: Mapping[str, str]) -> None:
        clear = json.dumps(dict(value)).encode()
        sealed = await self._cipher.seal(self._organisation, "", self._bound(key), clear)
        await run(self._engine, _PUT, {**self._row(key), "value": sealed})

    async def _opened(self, key: str, sealed: bytes) -> Mapping[str, str]:
        clear = await self._cipher.unseal(self._organisation, "", self._bound(key), sealed)
        return dict(json.loads(clear))

    def _row(self, key: str) -> dict[str, object]:
        return {"organisation": self._organisation, "owner": self._owner, "key": key}

    def _bound(self, key: str) -> str:
        return f"register/{self._owner}/{key}"
