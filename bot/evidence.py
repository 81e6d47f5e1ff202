"""Evidence: what the passages of a turn vouch for."""

from collections.abc import Iterable, Sequence

from bot.conversation import Conversation
from bot.links import addresses
from bot.ports import Passage
from bot.reply import Source


def sources(passages: Sequence[Passage]) -> tuple[Source, ...]:
    """Mark `[n]` of an answer is the n-th."""
    return tuple(Source(title=x.title, url=x.url) for x in passages)


def vouched(passages: Sequence[Passage]) -> frozenset[str]:
    """The addresses that an answer may name: those of the pages, and those that stand in them."""
    return frozenset(y for x in passages for y in (x.url, *addresses(x.text)))


def told(
    passages: Sequence[Passage], conversation: Conversation, results: Iterable[str] = ()
) -> str:
    """All that the model was given: what it may repeat of telephones and the like."""
    said = (x.text for x in conversation.transcript)
    return "\n".join((*(x.text for x in passages), *said, *results))
