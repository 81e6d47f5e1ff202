"""Difficulty: which tier a question needs, by what can be told of it without a model."""

import re
from collections.abc import Sequence

from bot.conversation import Conversation, Voice
from bot.pack import Pack, Specialist, Tier
from bot.ports import Passage
from bot.words import plain

# Words from which on a question is long, and up to which it is short.
_LONG = 45
_SHORT = 12
# A passage that is this sure answers alone, if no other page comes this near to it.
_ALONE = 0.65
_NEAR = 0.85
# Pages that bear on it, each beginning to be an answer, from which on it takes several to answer.
_SURE = 0.5
_SEVERAL = 3
_IF = re.compile(
    r"\b(?:if|unless|although|though|whereas|while|but|except|without|even"
    r"|wenn|falls|sofern|obwohl|wahrend|aber|ausser|sondern|trotzdem|ohne)\b"
)
_COMPARES = re.compile(
    r"\b(?:compare\w*|comparison|versus|vs|difference\w*|differs?|better|worse|cheaper|rather than"
    r"|unterschied\w*|vergleich\w*|besser|schlechter|gunstiger|lieber)\b"
)
_SUMS = re.compile(
    r"\b(?:calculat\w*|pro ?rata|prorated?|in total|altogether|add up|work out how"
    r"|berechn\w*|ausrechn\w*|anteilig\w*|insgesamt|zusammengerechnet)\b"
)
_FIGURE = re.compile(r"\b\d+(?:[.,]\d+)?\b")


def tier_of(
    text: str,
    found: Sequence[Passage],
    conversation: Conversation,
    specialist: Specialist,
    pack: Pack,
) -> tuple[Tier, str]:
    """The tier, and why: for the record, without a word of the message.

    `found`: what the handbook has on it, the surest first.
    """
    if pack.tier:
        return pack.tier, "the pack says so"
    if why := _hard(text, found, conversation, pack):
        return Tier.DEEP, why
    if _simple(text, found):
        return Tier.FAST, "it is short, and one page is sure"
    return specialist.tier, "as for any of this desk's questions"


def _hard(
    text: str, found: Sequence[Passage], conversation: Conversation, pack: Pack
) -> str | None:
    """Why. None: nothing says that it is."""
    words = plain(text)
    said = conversation.last_from(Voice.BOT)
    if said and any(said.text in (x.nearest, x.nothing_found) for x in pack.strings.values()):
        return "the last answer was none"
    if len(words.split()) >= _LONG:
        return "it is long"
    if len(_IF.findall(words)) > 1:
        return "it has several conditions"
    if _COMPARES.search(words):
        return "it compares"
    if _SUMS.search(words) or len(_FIGURE.findall(words)) > 1:
        return "it is a sum"
    if text.count("?") > 1:
        return "it asks several things"
    if len({_page(x) for x in found if x.score >= _SURE}) >= _SEVERAL:
        return "several pages bear on it"
    return None


def _simple(text: str, found: Sequence[Passage]) -> bool:
    if not found or len(text.split()) > _SHORT or found[0].score < _ALONE:
        return False
    best = found[0]
    return all(_page(x) == _page(best) or x.score < _NEAR * best.score for x in found[1:])


def _page(passage: Passage) -> str:
    return passage.id.partition("#")[0]
