"""What an adapter must remember between runs: installations, references, accounts."""

from collections.abc import Mapping
from typing import Protocol


class Register(Protocol):
    """Each adapter has its own: keys of two never meet. Raises `Unavailable`."""

    async def get(self, key: str) -> Mapping[str, str] | None:
        """None: nothing is kept under this key."""
        ...

    async def put(self, key: str, value: Mapping[str, str]) -> None: ...
