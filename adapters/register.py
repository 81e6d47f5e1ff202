"""What an adapter must remember between runs: installations, references, accounts."""

from collections.abc import Mapping
from typing import Protocol


class Register(Protocol):
    """Each adapter has its own: keys of two never meet. Raises `Unavailable`."""

    async def get(self, key: str) -> Mapping[str, str] | None:
        """None: nothing is kept under this key."""
        ...

    async def under(self, prefix: str) -> tuple[Mapping[str, str], ...]:
        """All values whose keys begin so, in no order."""
        ...

    async def put(self, key: str, value: Mapping[str, str]) -> None: ...
