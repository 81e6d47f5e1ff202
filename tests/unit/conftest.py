"""The sample pack, with two more tools that need a yes."""

from dataclasses import replace
from pathlib import Path

import pytest

from adapters.pack.loader import load
from bot.pack import Pack, Permission

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def pack() -> Pack:
    return load(ROOT / "policies" / "workplace").pack


@pytest.fixture(scope="session")
def armed_pack(pack: Pack) -> Pack:
    """The IT specialist may also reset (with a yes), order (with an approval) and look up."""
    extra = {
        "reset_password": Permission.CONFIRM,
        "order_laptop": Permission.APPROVE,
        "look_up": Permission.ALLOW,
        "forbidden": Permission.DENY,
    }
    it = pack.specialists["it"]
    it = replace(it, tools=(*it.tools, *extra))
    return replace(
        pack,
        permissions={**pack.permissions, **extra},
        specialists={**pack.specialists, "it": it},
    )
