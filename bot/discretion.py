"""Discretion: what those who run the desk are told of other people's matters."""

from collections.abc import Collection

from bot.guardrails import Blocked
from bot.pack import Pack, Queue
from bot.people import Requester
from bot.ports import Page

ORDINARY = frozenset({"may pass", "wants a person", "upset", *(x.value for x in Blocked)})
"""What a message was checked to be. All else is a concern: also of a pack that had others."""


def confidential(pack: Pack, queues: Collection[str], verdicts: Collection[str]) -> bool:
    """Of a conversation, by the queues that had it and what its messages were checked to be."""
    return any(_is_closed(pack, x) for x in queues) or not ORDINARY.issuperset(verdicts)


def may_read(page: Page | None, reader: Requester) -> bool:
    """None: a page that is gone, so that nobody can say who may."""
    if page is None:
        return False
    return page.audience is None or bool(page.audience & reader.groups)


UNKNOWN = ""
"""Stands for a desk that the pack no longer has: nobody reads what was its."""


def desks(pack: Pack, queues: Collection[str], verdicts: Collection[str]) -> frozenset[str]:
    """The confidential desks whose matter it is, by what `confidential` goes by. Empty: it is an
    ordinary one. A concern is the matter of the desk that was told of it; where none was, of the
    desk that would have been."""
    found = {x if x in pack.queues else UNKNOWN for x in queues if _is_closed(pack, x)}
    for verdict in set(verdicts) - ORDINARY:
        concern = pack.concern(verdict)
        if concern is None:
            found.add(UNKNOWN)
        elif not {concern.queue, concern.other} & set(queues) and _is_closed(pack, concern.queue):
            found.add(concern.queue)
    return frozenset(found)


def _is_closed(pack: Pack, queue: str) -> bool:
    known = pack.queues.get(queue)
    return known is None or known.confidential


def reads_record(queue: Queue | None, who: Requester) -> bool:
    """May they read what is on record of this queue's cases? None: one that is gone."""
    if queue is None:
        return False
    return not queue.readers.isdisjoint({who.id, who.email.lower(), *who.groups})
