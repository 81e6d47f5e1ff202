"""Evidence: what the passages of a turn vouch for."""

from collections.abc import Iterable, Sequence

from bot.conversation import Conversation, Voice
from bot.links import addresses
from bot.ports import Passage
from bot.reply import Source
from bot.support import Ground


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


def ground(
    passages: Sequence[Passage],
    conversation: Conversation,
    names: str,
    results: Sequence[str] = (),
) -> Ground:
    """What an answer's sentences must rest on. What the requester says backs nothing by itself.

    `names`: of people, desks and the company. `results`: of tools other than the search.
    """
    lines = conversation.transcript
    asked = "\n".join(x.text for x in lines if x.voice is Voice.REQUESTER)
    said = tuple(x.text for x in lines if x.voice in (Voice.BOT, Voice.PERSON))
    return Ground(
        passages=tuple(passages), said=said, results=tuple(results), asked=asked, names=names
    )
