"""Envelope encryption: HANDRAIL_KEY wraps a data key for each person; that seals what is kept."""

import base64
import hashlib
import os
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.store.database import healing

_NONCE = 12
_FRESH = 60.0
"""Seconds after which a key is read again: another process may have destroyed it."""
_KEPT = 10_000
"""Data keys in memory; the least used are forgotten first."""


class KeyMismatch(Exception):
    """HANDRAIL_KEY is not the key that this database was written with."""


def key_from_file(path: Path) -> str:
    """The key of the embedded mode, made at the first start; only its owner can read it."""
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
    key = base64.b64encode(os.urandom(32)).decode()
    # Exclusive: of two processes that start at once, the second takes the first one's key.
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(handle, "w") as file:
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    return key


class Cipher:
    """Seals bytes for a person, bound to the row they stand in."""

    def __init__(self, engine: AsyncEngine, key: str) -> None:
        self._engine = engine
        self._master = _master(key)
        self._seed = seed_of(key)
        self._keys: OrderedDict[tuple[str, str], tuple[AESGCM, float]] = OrderedDict()

    async def check(self) -> None:
        """Raises `KeyMismatch` unless the key is the one of this database."""
        try:
            await self._key("", "check")
        except InvalidTag as error:
            raise KeyMismatch(
                "HANDRAIL_KEY: is not the key this database was written with; set the right one"
                " (a rotation that was cut off is ended by: handrail key rotate)"
            ) from error

    async def seal(self, organisation: str, person: str, row: str, clear: bytes) -> bytes:
        """`person` may be empty: then it is sealed for the organisation."""
        key = await self._key(organisation, person)
        nonce = os.urandom(_NONCE)
        return nonce + key.encrypt(nonce, clear, row.encode())

    async def unseal(self, organisation: str, person: str, row: str, sealed: bytes) -> bytes:
        """Raises `InvalidTag`: another row's, or its key was destroyed."""
        key = await self._key(organisation, person)
        try:
            return key.decrypt(sealed[:_NONCE], sealed[_NONCE:], row.encode())
        except InvalidTag:
            # The person was forgotten and came back: the key in memory is the one before.
            self.forget(organisation, [person])
            key = await self._key(organisation, person)
            return key.decrypt(sealed[:_NONCE], sealed[_NONCE:], row.encode())

    async def pair(
        self, organisation: str, person: str
    ) -> tuple[Callable[[bytes], bytes], Callable[[bytes], bytes]]:
        """`seal` and `unseal` that wait for nothing, not bound to a row."""
        key = await self._key(organisation, person)

        def seal(clear: bytes) -> bytes:
            nonce = os.urandom(_NONCE)
            return nonce + key.encrypt(nonce, clear, None)

        def unseal(sealed: bytes) -> bytes:
            return key.decrypt(sealed[:_NONCE], sealed[_NONCE:], None)

        return seal, unseal

    async def signing_seed(self) -> bytes:
        """Of the record's seals: that of the first key, so that old seals hold after a rotation."""
        async with healing(), self._engine.connect() as connection:
            kept = (await connection.execute(_GET_KEY, _SIGNER)).scalar()
        return self._unwrapped(_SIGNER, bytes(kept)) if kept else self._seed

    async def rewrap(self, key: str) -> None:
        """Every data key under the new `key`, or none. The engine must see all organisations.

        Raises `KeyMismatch`.
        """
        await self.check()
        seed, master = await self.signing_seed(), _master(key)
        async with healing(), self._engine.begin() as connection:
            kept = (await connection.execute(_ALL_KEYS)).all()
            clear = [({"o": x.organisation, "p": x.person}, bytes(x.wrapped)) for x in kept]
            fresh = [(name, self._unwrapped(name, wrapped)) for name, wrapped in clear]
            if not any(name == _SIGNER for name, _ in fresh):
                fresh.append((_SIGNER, seed))
            rows = [{**name, "w": _wrapped(master, name, data)} for name, data in fresh]
            await connection.execute(_SET_KEY, rows)

    def _unwrapped(self, name: Mapping[str, str], kept: bytes) -> bytes:
        return self._master.decrypt(kept[:_NONCE], kept[_NONCE:], _bound(name))

    def forget(self, organisation: str, persons: Iterable[str]) -> None:
        """Their keys were destroyed: not even this process has them any more."""
        for person in persons:
            self._keys.pop((organisation, person), None)

    async def _key(self, organisation: str, person: str) -> AESGCM:
        name, now = (organisation, person), time.monotonic()
        known = self._keys.get(name)
        if known is None or now - known[1] > _FRESH:
            known = self._keys[name] = AESGCM(await self._load(organisation, person)), now
            if len(self._keys) > _KEPT:
                self._keys.popitem(last=False)
        self._keys.move_to_end(name)
        return known[0]

    async def _load(self, organisation: str, person: str) -> bytes:
        name = {"o": organisation, "p": person}
        wrapped = _wrapped(self._master, name, os.urandom(32))
        async with healing(), self._engine.begin() as connection:
            await connection.execute(_ADD_KEY, {**name, "w": wrapped})
            row = await connection.execute(_GET_KEY, name)
            kept = bytes(row.scalar_one())
        return self._unwrapped(name, kept)


def seed_of(key: str) -> bytes:
    """Of a signing key of its own, so that the database never sees `key`."""
    return HKDF(SHA256(), length=32, salt=None, info=b"handrail seal").derive(key.encode())


def _master(key: str) -> AESGCM:
    return AESGCM(hashlib.sha256(key.encode()).digest())


def _wrapped(master: AESGCM, name: Mapping[str, str], data: bytes) -> bytes:
    nonce = os.urandom(_NONCE)
    return nonce + master.encrypt(nonce, data, _bound(name))


def _bound(name: Mapping[str, str]) -> bytes:
    """To its row: a data key in another's place does not open."""
    return f"{name['o']}/{name['p']}".encode()


def owner_key(employee: str) -> str:
    """Whose data key seals what is about an employee: no platform account's. Empty: nobody's."""
    return f"employee/{employee}" if employee else ""


_ADD_KEY = text(
    "INSERT INTO data_key (organisation, person, wrapped) VALUES (:o, :p, :w) "
    "ON CONFLICT DO NOTHING"
)
_SET_KEY = text(
    "INSERT INTO data_key (organisation, person, wrapped) VALUES (:o, :p, :w) "
    "ON CONFLICT (organisation, person) DO UPDATE SET wrapped = excluded.wrapped"
)
_ALL_KEYS = text("SELECT organisation, person, wrapped FROM data_key FOR UPDATE")
_SIGNER = {"o": "", "p": "signer"}
_GET_KEY = text("SELECT wrapped FROM data_key WHERE organisation = :o AND person = :p")
