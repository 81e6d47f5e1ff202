"""Payloads as no platform sends them: recorded ones with parts gone, swapped and swollen."""

import hashlib
import json
from copy import deepcopy
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

FIXTURES = Path(__file__).parent / "fixtures"


def bounded(examples: int) -> settings:
    """The same examples in every run, and nothing kept between two."""
    return settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=(
            HealthCheck.function_scoped_fixture,  # One door for all examples.
            HealthCheck.too_slow,
        ),
    )


def recorded(platform: str) -> dict[str, Any]:
    """All of a platform's fixtures, by name."""
    files = sorted((FIXTURES / platform).glob("*.json"))
    return {x.stem: json.loads(x.read_text()) for x in files}


def nested(depth: int) -> list[Any]:
    inner: list[Any] = []
    for _ in range(depth):
        inner = [inner]
    return inner


# So long that no index takes it, and so random that compressing it does not help.
LONG = "".join(hashlib.sha256(bytes([x])).hexdigest() for x in range(140))
ODD = (
    None, True, False, 0, -1, 2**70, 1e308, "", " ", "\0", "a\0b", "\ud83d", "<@U0BOT> \ud83d",
    "nan", "inf", "1e999", "-9e18", "²", "9" * 30, "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00", "x" * 9_000, LONG, "é漢\u202eنص\u200b" * 900, "message", "invoke",
    "block_actions", "view_submission", "message_deleted", "message_changed", "personal", "&#0;",
    "<at>", "<@U1|", "[[[[" * 50, '{"token": 1}', "[1]", [], {}, [None], {"": None},
    {"id": None}, {"values": {"a": {"b": {"value": {"c": [1]}}}}}, nested(80),
)  # fmt: skip
_SMALL = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
ODDITIES = (
    st.sampled_from(ODD)
    | st.text(max_size=60)
    | st.recursive(
        _SMALL,
        lambda x: st.lists(x, max_size=3) | st.dictionaries(st.text(max_size=8), x, max_size=3),
        max_leaves=6,
    )
)


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every container in it, with each of its keys."""
    if isinstance(value, dict):
        keys: list[Any] = list(value)
    else:
        keys = list(range(len(value))) if isinstance(value, list) else []
    return [y for k in keys for y in ((value, k), *_places(value[k]))]


@st.composite
def mutated(draw: st.DrawFn, originals: dict[str, Any]) -> tuple[str, Any]:
    """One of them by its name, changed in up to four places; now and then something else whole."""
    name = draw(st.sampled_from(sorted(originals)))
    body = deepcopy(originals[name])
    for _ in range(draw(st.integers(1, 4))):
        places = _places(body)
        if not places:
            break
        holder, key = draw(st.sampled_from(places))
        if draw(st.integers(0, 3)) == 0:
            del holder[key]
        else:
            holder[key] = deepcopy(draw(ODDITIES))
    return name, body


# What is not even a payload, before anybody proved who they are.
RUBBISH = (
    b"", b"{", b"[", b"null", b"1", b'"x"', b"[1]", b"\xff\xfe\x00", b"\x80" * 50, b"[" * 100_000,
    b'{"a":' * 100_000, b"payload", b"payload=", b"payload=1", b"payload=[1]", b"payload={",
    b"payload=null", b"payload=%FF", b"command=%00&text=%FF", b"9" * 5_000, b'{"a": NaN}',
    b'{"authorizations": 1}', b'{"response_urls": [1]}', b'{"event": 1, "user": [1]}',
    b'{"type": "url_verification"}', b'{"ssl_check": "1"}', b"ssl_check=1",
)  # fmt: skip
KINDS = (
    "application/json", "application/x-www-form-urlencoded", "text/plain", "", "application/json;",
    "application/json; charset=none-such", "application/json; charset=utf-16", "x", "a/b/c",
    "application/x-www-form-urlencoded; charset=none-such",
)  # fmt: skip
