"""Readings: two passages that answer different questions, of which one was meant."""

import re
from collections.abc import Collection, Iterable, Sequence

from bot.ports import Passage
from bot.words import plain

# From this score on a passage is an answer.
_SURE = 0.5
# How near the second must come to the first; less if the question itself does not say whose it
# is, or the two are for different devices or contracts and it names none of them.
_CLOSE = 0.95
_UNDECIDED = 0.85
# The share of the shorter text's words from which on two passages say the same.
_SAME = 0.6
# Things of which one holds and the others do not, as headings name them.
_KINDS = (
    (
        r"macs?|macos|macbooks?|apple|os x", r"windows|win ?1[01]|pcs?", r"linux|ubuntu|debian",
        r"iphones?|ipads?|ios", r"android|pixel|samsung",
    ),
    (
        r"contractors?|freelancers?|freiberufler\w*", r"interns?|praktikant\w*",
        r"part time\w*|teilzeit\w*", r"full time\w*|vollzeit\w*", r"apprentices?|auszubildende\w*",
        r"permanent|employees|angestellte\w*",
    ),
)  # fmt: skip
_VARIANTS = tuple(tuple(re.compile(rf"\b(?:{variant})\b") for variant in kind) for kind in _KINDS)


def readings(
    asked: str, found: Sequence[Passage], desks: Collection[str]
) -> tuple[Passage, Passage] | None:
    """The best passage, and the one that may have been meant instead. None: nothing competes.

    `found`: the surest first. `desks`: the names of the specialists whose it may equally be: of
    another's page it is not about.
    """
    best, *others = found or (None,)
    if best is None or not _may_be(best, desks):
        return None
    for other in others:
        close = other.score / best.score
        if close < _UNDECIDED or not _may_be(other, desks) or _alike(best, other):
            continue
        if _named_in(asked, best) > _named_in(asked, other):
            continue  # The question itself says which.
        undecided = best.specialist != other.specialist or _varied(asked, best, other)
        if undecided or (close >= _CLOSE and _page(best) != _page(other)):
            return best, other
    return None


def _may_be(passage: Passage, desks: Collection[str]) -> bool:
    mine = passage.specialist is None or passage.specialist in desks
    return passage.score >= _SURE and mine


def _named_in(asked: str, passage: Passage) -> frozenset[str]:
    """The question's words that the passage's title has, also as parts of others."""
    title = "".join(x for x in plain(passage.title) if x.isalnum())
    return frozenset(x for x in plain(asked).split() if len(x) > 2 and x in title)


def _varied(asked: str, one: Passage, other: Passage) -> bool:
    """They are for different devices, say, and the question names neither."""
    question = plain(asked)
    for kind in _VARIANTS:
        of_one, of_other = _named(kind, plain(one.title)), _named(kind, plain(other.title))
        if of_one and of_other and not of_one & of_other:
            return not _named(kind, question)
    return False


def _named(kind: Iterable[re.Pattern[str]], words: str) -> frozenset[int]:
    return frozenset(at for at, variant in enumerate(kind) if variant.search(words))


def _alike(one: Passage, other: Passage) -> bool:
    """Two versions of a page, or one and its summary, say the same: there is nothing to choose."""
    if plain(one.title) == plain(other.title):
        return True
    few, many = sorted((_words(one.text), _words(other.text)), key=len)
    return len(few & many) >= _SAME * len(few)


def _words(text: str) -> frozenset[str]:
    return frozenset(x for x in plain(text).split() if len(x) > 2)


def _page(passage: Passage) -> str:
    return passage.id.partition("#")[0]
