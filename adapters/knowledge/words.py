"""What a question asks for: its words without filler, and what may stand for each."""

import re
import string
import sys
import unicodedata
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass

from adapters.knowledge import synonyms

Ways = tuple[tuple[str, ...], ...]
"""Each a word or several: a passage with all of them says it in this way."""

_LONGEST = 40
"""Words of a question that are looked up. The rest of an essay changes nothing."""
_TYPO = 5
"""Letters from which on one of them may be wrong."""
_HALF = 4
"""Letters that each half of a compound has at least."""

_KEY = 50
"""Letters. What is longer is a key or an encoded file, and nobody asks for it."""

_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
_TARGET = re.compile(r"(?<=\])\([^()\s]*\)|\bhttps?://\S+")
_ENDING = re.compile(r"(?<=\w)['’](?:s|d|ll|m|re|ve)\b")

# What questions about anything consist of, in English and German, with the slips of a chat.
_ENGLISH = """
    a about actually after again against all also always am an and another any anybody anyone
    anything are arent as ask at be because been before being between both but by can cant cannot
    come could couldnt did didnt do does doesnt doing dont during each else etc even ever every
    everyone everything few for from get gets getting go goes going gone got had has hasnt have
    havent having he hello help her here herself hey hi him himself his how hows i if im in into is
    isnt it its itself ive just kind know let like may me might mine more most much must my myself
    need needed needs never no nobody none not nothing now of off ok okay on one only onto or other
    others our ours out over per please pls possible put quite really same say see seem seems set
    shall she should shouldnt since so some somebody someone something soon sorry still such super
    take tell than thank thanks that thats the their theirs them then there theres these they theyre
    thing things this those though through till to too tried try trying u under until up upon ur us
    very want wanted wants was wasnt way we well were werent weve what whatever whats when whenever
    whens where wheres whether which while who whom whos whose why will with within without wont
    would wouldnt yes yet you your youre yours yourself
"""
_GERMAN = """
    aber alle alles als am andere auch auf aus bei beim bin bis bist bitte brauche brauchen da damit
    danke dann das dass dein deine dem den denn der des dich die dies diese diesem diesen dieser
    dieses dir doch dort du durch ein eine einem einen einer eines er es etwas euch euer fur geht
    gerne gibt hab habe haben hallo hat hatte hatten hier hilfe ich ihm ihn ihr ihre im immer ins
    ist ja jede jeden jeder jemand jetzt kann kannst kein keine keinen konnen konnte man mehr mein
    meine meinem meinen meiner mich mir mit mochte muss mussen nach nein nicht nichts noch nun nur
    ob oder ohne schon sehr sein seine sich sie sind soll sollen sollte sondern uber um und uns
    unser unsere unter viel vom von vor wann war waren warum was weil welche welchen welcher welches
    wenn wer werde werden wie wieder wir wird wo woher wohin wollen wurde wurden zu zum zur
"""
_FILLER = frozenset(f"{_ENGLISH} {_GERMAN}".split())

# Of offices everywhere. A company's own words are another matter.
_SHORT_FOR = {
    "2fa": "mfa, tfa, two factor, multi factor",
    "acct": "account",
    "app": "application",
    "appt": "appointment",
    "byod": "own device, private device",
    "dept": "department",
    "dr": "doctor",
    "eap": "employee assistance",
    "fmla": "family medical leave",
    "govt": "government",
    "hq": "headquarters",
    "hrs": "hours",
    "lwop": "unpaid leave",
    "mfa": "2fa, tfa, two factor, multi factor",
    "mgr": "manager",
    "min": "minutes",
    "mins": "minutes",
    "msg": "message",
    "ooo": "out office",
    "otp": "one time code, one time password",
    "pc": "computer",
    "ppl": "people",
    "pto": "paid time, vacation, leave, holiday",
    "pw": "password, passwort",
    "pwd": "password, passwort",
    "sms": "text message",
    "sso": "single sign",
    "temp": "temporary",
    "tfa": "2fa, mfa, two factor, multi factor",
    "vm": "virtual machine, voicemail",
    "wfh": "work home, remote",
    "wlan": "wifi",
    "yr": "year",
    "yrs": "years",
}


def words(text: str) -> list[str]:
    """Lower case without accents or addresses; a word with hyphens also as its parts."""
    found: list[str] = []
    for word in _split(text):
        found.append(word.replace("-", ""))
        if "-" in word:
            found += word.split("-")
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One of the things that a question asks for."""

    ways: Ways
    """As it is said, in other spellings, or written out."""
    others: Ways
    """What else it is called."""


def asked(
    question: str, frequency: Callable[[str], int], spelled: Container[str]
) -> tuple[Asked, ...]:
    """`frequency` counts a word in any of its forms; `spelled` has the forms as they occur."""
    said = _split(question)
    others = _others(said)
    found: dict[str, Asked] = {}
    for at, word in enumerate(said):
        if len(found) == _LONGEST:
            break
        if word in _FILLER or len(word) == 1:
            continue
        ways = [*_as_said(word), *((both,) for both in _joined(said, at) if both in spelled)]
        ways += [tuple(way.split()) for way in _SHORT_FOR.get(word, "").split(", ") if way]
        if not any(all(map(frequency, way)) for way in ways):
            ways += _misspelled(word, spelled) or _compound(word, spelled)
        found[word] = Asked(ways=tuple(ways), others=others.get(at, ()))
    return tuple(found.values())


def _others(said: list[str]) -> dict[int, Ways]:
    """What the phrases of a question are called elsewhere, for each of a phrase's words."""
    found: dict[int, Ways] = {}
    covered = 0
    for start in range(len(said)):
        for length, others in synonyms.at(said, start):
            if start + length > covered:
                covered = start + length
                found |= {at: others for at in range(start, covered)}
                break
    return found


def _split(text: str) -> list[str]:
    bare = unicodedata.normalize("NFKD", _TARGET.sub(" ", text).casefold())
    bare = "".join(c for c in bare if not unicodedata.combining(c))
    found: list[str] = _WORD.findall(re.sub("['’]", "", _ENDING.sub("", bare)))
    return [sys.intern(word) for word in found if len(word) <= _KEY]


def _as_said(word: str) -> Iterator[tuple[str, ...]]:
    yield (word.replace("-", ""),)
    parts = tuple(part for part in word.split("-") if part not in _FILLER)
    if "-" in word and parts:
        yield parts


def _joined(said: list[str], at: int) -> Iterator[str]:
    """ "Log in" is "login": a word with one or two neighbours."""
    for length in (2, 3):
        for first in range(max(0, at - length + 1), at + 1):
            run = said[first : first + length]
            if len(run) == length and not {"a", "i", "u"}.intersection(run):
                yield "".join(run)


def _misspelled(word: str, spelled: Container[str]) -> list[tuple[str, ...]]:
    """Words that are one slip of the fingers away. People get the first letter right."""
    if len(word) < _TYPO:
        return []
    slips: set[str] = set()
    for at in range(1, len(word) + 1):
        head, tail = word[:at], word[at:]
        slips.add(head + tail[1:])
        slips.add(head + tail[1:2] + tail[:1] + tail[2:])
        for letter in string.ascii_lowercase:
            slips |= {head + letter + tail, head + letter + tail[1:]}
    return [(slip,) for slip in sorted(slips) if slip in spelled]


def _compound(word: str, spelled: Container[str]) -> list[tuple[str, ...]]:
    """Two words written as one, with or without the German joint."""
    for at in range(_HALF, len(word) - _HALF + 1):
        head, tail = word[:at], word[at:]
        for first in (head, head.removesuffix("s")):
            if first in spelled and tail in spelled:
                return [(first, tail)]
    return []
