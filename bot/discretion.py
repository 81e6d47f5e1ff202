"""Discretion: what those who run the desk are told of other people's matters."""

from collections.abc import Collection

from bot.guardrails import Blocked
from bot.pack import Pack
from bot.people import Requester
from bot.ports import Page

_ORDINARY = frozenset({"may pass", "wants a person", "upset", *(x.value for x in Blocked)})
"""What a message was checked to be. All else is a concern: also of a pack that had others."""


def confidential(pack: Pack, queues: Collection[str], verdicts: Collection[str]) -> bool:
    """Of a conversation, by the queues that had it and what its messages were checked to be."""
    known = (pack.queues.get(x) for x in queues)
    return any(x is None or x.confidential for x in known) or not _ORDINARY.issuperset(verdicts)


def may_read(page: Page | None, reader: Requester) -> bool:
    """None: a page that is gone, so that nobody can say who may."""
    if page is None:
        return False
    return page.audience is None or bool(page.audience & reader.groups)
