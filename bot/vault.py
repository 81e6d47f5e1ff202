"""The vault: personal values kept apart, and the tokens that stand for them elsewhere."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

from bot.found import Found, Kind
from bot.identifiers import NONE, Identifiers
from bot.personal import personal
from bot.reply import Card, Reply
from bot.words import plain

_TOKEN = re.compile(rf"\[({'|'.join(Kind)})_(\d{{1,6}})\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden:
    text: str
    fresh: Mapping[str, str]
    """Values that had no token yet, by their token."""


def hide(
    text: str,
    known: Mapping[str, str],
    identifiers: Identifiers = NONE,
    named: Collection[Found] = (),
) -> Hidden:
    """Tokens in the place of what is personal. `known` is the person's vault, by token: also those
    whose value is gone, for no number is given twice. `named` are the people in the text."""
    tokens = {_alike(kind_of(token), value): token for token, value in known.items() if value}
    last: dict[str, int] = {}
    for match in filter(None, map(_TOKEN.fullmatch, known)):
        last[match[1]] = max(last.get(match[1], 0), int(match[2]))
    fresh: dict[str, str] = {}

    def token(found: Found) -> str:
        value = text[found.start : found.end]
        key = _alike(found.kind, value)
        if key not in tokens:
            last[found.kind] = last.get(found.kind, 0) + 1
            new = f"[{found.kind}_{last[found.kind]}]"
            tokens[key] = new
            fresh[new] = value
        return tokens[key]

    return Hidden(text=_swap(text, token, identifiers, named), fresh=fresh)


def masked(text: str, identifiers: Identifiers = NONE, named: Collection[Found] = ()) -> str:
    """For good: nothing brings the values back, nor another reader's in the place of a token."""
    return _TOKEN.sub(r"[\1]", _swap(text, lambda found: f"[{found.kind}]", identifiers, named))


def _swap(
    text: str,
    stand_in: Callable[[Found], str],
    identifiers: Identifiers,
    named: Collection[Found],
) -> str:
    out, at = "", 0
    for found in personal(text, identifiers, named):
        out += text[at : found.start] + stand_in(found)
        at = found.end
    return out + text[at:]


def _alike(kind: Kind, value: str) -> str:
    """A number is the same however it is spaced, an address however it is written, a name with the
    family's first or last."""
    if kind is Kind.PERSON:
        return " ".join(sorted(plain(value).split()))
    return re.sub(r"[\s().-]", "", value.casefold())


def tokens(text: str) -> tuple[str, ...]:
    """In their order, each once."""
    return tuple(dict.fromkeys(match[0] for match in _TOKEN.finditer(text)))


def kind_of(token: str) -> Kind:
    return Kind(token[1:].rpartition("_")[0])


def without(text: str) -> str:
    """For a search, which would take a token for words."""
    return _TOKEN.sub(" ", text)


def shown(text: str, values: Mapping[str, str], may: Collection[Kind]) -> str:
    """With the values of the kinds that this reader may see."""

    def value(match: re.Match[str]) -> str:
        return (values.get(match[0]) or match[0]) if match[1] in may else match[0]

    return _TOKEN.sub(value, text)


def reply_shown(reply: Reply, values: Mapping[str, str], may: Collection[Kind]) -> Reply:
    def show(text: str) -> str:
        return shown(text, values, may)

    card = reply.card and _card_shown(reply.card, show)
    return replace(reply, text=show(reply.text), context=show(reply.context), card=card)


def _card_shown(card: Card, show: Callable[[str], str]) -> Card:
    facts = tuple(replace(x, text=show(x.text)) for x in card.facts)
    return replace(card, body=show(card.body), facts=facts)
