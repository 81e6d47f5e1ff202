"""What Slack refuses of blocks: its SDK's models, and the limits that they do not know."""

import json
import warnings
from collections import Counter
from collections.abc import Sequence
from typing import Any

from slack_sdk.models.blocks import Block

_ALL = 13_000
"""Characters of a message's blocks: beyond it `msg_blocks_too_long` (slackapi/bolt-js#2509)."""


def check(blocks: Sequence[dict[str, Any]], most: int = 50) -> None:
    """Raises `AssertionError` with the reason."""
    assert len(blocks) <= most, f"{len(blocks)} blocks"
    text = sum(len(x) for x in _texts(list(blocks)))
    assert text <= _ALL, f"{text} characters"
    for block in blocks:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            parsed = Block.parse(block)
            assert parsed is not None, f"unknown block {block.get('type')}"
            again = json.loads(json.dumps(parsed.to_dict()))
        wanted = {k: v for k, v in block.items()}
        assert again == wanted, f"Slack would not keep it: {block}\n{again}"
    _unique("block_id", blocks)
    _unique("action_id", blocks)
    tables = [x for x in blocks if x["type"] == "table"]
    assert len(tables) <= 1, "only_one_table_allowed"
    for table in tables:
        assert len(table["rows"]) <= 100
        assert all(1 <= len(row) <= 20 for row in table["rows"])


def _unique(key: str, blocks: Sequence[dict[str, Any]]) -> None:
    ids = Counter(_values(list(blocks), key))
    twice = [id for id, count in ids.items() if count > 1 and id != "value"]
    assert not twice, f"{key} twice: {twice}"


def _values(part: Any, key: str) -> list[str]:
    if isinstance(part, dict):
        own = [part[key]] if key in part else []
        return own + [x for value in part.values() for x in _values(value, key)]
    if isinstance(part, list):
        return [x for value in part for x in _values(value, key)]
    return []


def _texts(part: Any) -> list[str]:
    return [x for x in _values(part, "text") if isinstance(x, str)]
