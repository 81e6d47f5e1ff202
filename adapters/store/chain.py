"""The chain over the record: each hash covers all before it, and a seal signs the newest."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

START = bytes(32)
"""What stands before the first record."""


class Row(NamedTuple):
    """A record as it is hashed: every column that tells something."""

    id: int
    organisation: str
    event: str
    conversation: str
    case_id: str | None
    position: int
    at: str
    """Seconds since 1970, as text: exact, and whatever somebody wrote there can be read."""
    step: str
    facts: str
    """As PostgreSQL writes jsonb: its keys are in a fixed order."""
    about: str
    said: str | None
    """In hexadecimal, still sealed: it can be hashed by who cannot read it."""


COLUMNS = """r.id, r.organisation, r.event, r.conversation, r.case_id, r.position,
    extract(epoch FROM r.at)::text AS at, r.step, r.facts::text AS facts,
    r.about, encode(r.said, 'hex') AS said"""
"""Of `record r`, in the order of `Row`."""


def link(before: bytes, row: Row) -> bytes:
    canonical = json.dumps(row, ensure_ascii=False, separators=(",", ":"))
    return sha256(before + canonical.encode()).digest()


def links(before: bytes, rows: Sequence[Row]) -> tuple[bytes, ...]:
    made: list[bytes] = []
    for row in rows:
        before = link(before, row)
        made.append(before)
    return tuple(made)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """What a seal says. It means something by itself, so it is also kept elsewhere."""

    organisation: str
    number: int
    """From 1, without gaps."""
    count: int
    """Of the organisation's records up to here."""
    last: int
    """The highest number of a record up to here."""
    floor: int
    """No record with this number or a lower one can still come."""
    drawn: int
    """The highest number that was given out, before the transaction below began."""
    txid: int
    """The transaction of this seal."""
    hash: str
    at: str
    signature: str = ""

    @property
    def statement(self) -> bytes:
        """What is signed."""
        said = (
            "handrail seal", self.organisation, self.number, self.count, self.last, self.floor,
            self.drawn, self.txid, self.hash, self.at,
        )  # fmt: skip
        return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """A checkpoint with the records that it adds, in their order, and the hash at each."""

    checkpoint: Checkpoint
    records: tuple[int, ...]
    hashes: tuple[bytes, ...]


class Signer:
    """Signs with a key of its own."""

    def __init__(self, seed: bytes) -> None:
        """32 bytes, see `Cipher.signing_seed`."""
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = self._private.public_key().public_bytes_raw().hex()

    def sign(self, statement: bytes) -> str:
        return self._private.sign(statement).hex()


def is_signed(checkpoint: Checkpoint, public: str) -> bool:
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public))
    try:
        key.verify(bytes.fromhex(checkpoint.signature), checkpoint.statement)
    except (InvalidSignature, ValueError):
        return False
    return True
