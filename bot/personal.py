"""Personal data: addresses, numbers of people, banks and devices, as people write them."""

import ipaddress
import re
from collections.abc import Iterable, Iterator
from itertools import chain

from bot.accounts import accounts
from bot.found import Found, Kind, before
from bot.homes import homes
from bot.identifiers import NONE, Identifiers
from bot.identities import identities
from bot.telephones import telephones

_DIGIT = re.compile(r"\d")
# What stands beside a number and is no part of it: blanks of all kinds, what cannot be seen, and
# letters of scripts that put no blank there (Thai to Khmer, Chinese, Japanese, Korean).
_APART = re.compile(
    r"[\xa0\u2000-\u200f\u2028-\u202f\u205f-\u206f\ufeff\u0e00-\u0eff\u1000-\u11ff\u1780-\u17ff"
    r"\u2e80-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff]"
)

_AT = re.compile(r"[\[({]\s?(?:at|ät)\s?[\])}]", re.I)
_EMAIL = re.compile(
    r"(?<![\w.+-])[\w.+%'-]{1,64}"
    r"(?:@|\s?[\[({]\s?(?:at|ät)\s?[\])}]\s?)"
    r"(?:[\w-]{1,63}(?:\.|\s?[\[({]\s?(?:dot|punkt)\s?[\])}]\s?)){1,5}[^\W\d_]{2,24}(?![\w@])",
    re.I,
)
_IP4 = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)")
_IP6 = re.compile(r"(?<![\w:.])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?![\w:])", re.I)
_MAC = re.compile(
    r"(?<![\w:-])(?:[0-9a-f]{2}([:-])(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}"
    r"|[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4})(?![\w:-])",
    re.I,
)
_VERSION = re.compile(
    r"(?:\bv(?:er(?:sion)?)?|version|release|build|firmware|update)[\s:]*\Z", re.I
)
# A mask, or an address that every machine has.
_NOBODYS = re.compile(r"255\.|0\.0\.0\.0\Z|127\.")


def _emails(text: str) -> Iterator[Found]:
    for match in _EMAIL.finditer(text):
        yield Found(start=match.start(), end=match.end(), kind=Kind.EMAIL)


def _net(text: str) -> Iterator[Found]:
    for match in _MAC.finditer(text):
        yield Found(start=match.start(), end=match.end(), kind=Kind.MAC)
    for match in _IP4.finditer(text):
        if not _NOBODYS.match(match[0]) and not _VERSION.search(before(text, match.start(), 12)):
            yield from _ip(match)
    for match in _IP6.finditer(text):
        if sum(x.isalnum() for x in match[0]) > 3:
            yield from _ip(match)


def _ip(match: re.Match[str]) -> Iterator[Found]:
    try:
        ipaddress.ip_address(match[0])
    except ValueError:
        return
    yield Found(start=match.start(), end=match.end(), kind=Kind.IP)


# The first that finds a thing says what it is.
_FINDERS = (_emails, _net, accounts, identities, homes, telephones)
_ANY_SCRIPT = (_emails, homes)


def personal(
    text: str, identifiers: Identifiers = NONE, named: Iterable[Found] = ()
) -> list[Found]:
    """What is personal in `text`, in its order; no two overlap. `named` are the people in it."""
    found: list[Found] = []
    taken, harmless = bytearray(len(text)), identifiers.harmless_in(text)
    for one in chain(_each(text, identifiers), named):
        if 1 not in taken[one.start : one.end]:
            found.append(one)
            taken[one.start : one.end] = b"\1" * (one.end - one.start)
    return sorted(
        (x for x in found if not harmless or 0 in harmless[x.start : x.end]),
        key=lambda x: x.start,
    )


def _each(text: str, identifiers: Identifiers) -> Iterator[Found]:
    apart = text if text.isascii() else _APART.sub(" ", text)
    yield from identifiers.find(apart)
    if not ("@" in text or _DIGIT.search(text) or _AT.search(text)):
        return
    for find in _FINDERS:
        yield from find(apart)
    if apart != text:
        for find in _ANY_SCRIPT:
            yield from find(text)
