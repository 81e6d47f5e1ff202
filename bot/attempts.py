"""Attempts at the model's orders in a message: in plain words, in shapes, and in codes."""

import base64
import codecs
import re
from collections.abc import Iterable, Iterator

from bot.meanings import SMALL
from bot.signs import ENOUGH, MARKUP, ROLE_LINE, enough, weighed
from bot.words import plain

_SLOT = re.compile(
    r"[<\[{(](?:insert|your|prompt|target ?language|keyword|input|describe"
    r"|user)\b[^<>\[\]{}()\n]{0,30}"
    r"[>\]})]",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"[\[(]\W{0,4}[A-Z][\w ]{1,20}\W{0,4}[\])]\s?:|[\[(]\W{0,4}[A-Z]\w{1,20}:\W{0,3}[\])]"
)
_MUST = re.compile(r"\b(?:must|will|always|never|shall|cannot)\b")


# What is left when nothing stands between the letters: blanks, signs and hyphens hide nothing.
_TIGHT = (
    (
        "override",
        re.compile(
            r"(?:ignore|disregard|forget|bypass)(?:all|any|the|of|your|every){0,4}"
            r"(?:previous|prior|above|earlier|system|preceding)(?:set|of|your|system){0,3}"
            r"(?:instruction|prompt|rule|directive|guideline|command)"
        ),
    ),
    (
        "prompt leak",
        re.compile(
            r"(?:reveal|show|print|repeat|output|give|tell|leak|display|whatis|whatare)"
            r"(?:me|us|your|full|entire){1,4}(?:system|initial|hidden|original)"
            r"(?:prompt|instruction)"
        ),
    ),
    ("role", re.compile(r"doanythingnow|developermodeenabled")),
)
# Each of these rules has one of them; to look for a word is far cheaper.
_TIGHT_WORDS = (
    "instruction", "prompt", "rule", "directive", "guideline", "command", "doanythingnow",
    "developermode",
)  # fmt: skip
_BETWEEN = str.maketrans("", "", " .'ː")
_LEET = str.maketrans("013457@$!|", "oieastasil")
_MIXED = re.compile(r"[a-z][013457@$!|]+[a-z]", re.IGNORECASE)
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/_=-])[A-Za-z0-9+/_-]{20,}={0,2}")
_HEX = re.compile(r"[0-9a-fA-F]{2}(?:[ :,]?(?:\\x|0x|%)?[0-9a-fA-F]{2}){11,}")
_ROT13 = ("vafgehpgvba", "cebzcg", "vtaber", "cergraq", "qvfertneq", "flfgrz")
_BACKWARDS = ("snoitcurtsni", "tpmorp", "erongi", "dragersid", "lla wohs")
TAGS = re.compile(r"(?<![\U000e0000-\U000e007f\U0001f3f4])[\U000e0020-\U000e007e]{4,}")
_DECODED = 8
"""Readings at most: a page of codes is no message."""
_NEAR = 2000
"""Letters on each side of where a code begins to show."""


def doubtful(text: str) -> bool:
    """Is there any sign of one, even if it is not enough?"""
    return bool(_signs(text, plain(text.translate(SMALL))))


def attempt(text: str) -> str | None:
    bare = plain(text.translate(SMALL))
    if kind := enough(_signs(text, bare), ENOUGH):
        return kind
    tight = bare.translate(_BETWEEN)
    if not any(x in tight for x in _TIGHT_WORDS):
        return None
    return next((kind for kind, rule in _TIGHT if rule.search(tight)), None)


def _signs(text: str, bare: str) -> list[tuple[str, int]]:
    return [*weighed(bare), *_shaped(text, bare)]


def _shaped(text: str, bare: str) -> Iterator[tuple[str, int]]:
    """What the words alone do not say."""
    if MARKUP.search(text):
        yield "markup", 5
    if ROLE_LINE.search(text):
        yield "markup", 2
    if _SLOT.search(text):
        yield "role", 2
    if len(set(_LABEL.findall(text))) > 1:
        yield "role", 2
    musts = len(_MUST.findall(bare))
    if musts > 7:
        yield "role", 2 if musts > 14 else 1


def readings(text: str) -> Iterator[str]:
    if mixed := _MIXED.search(text):
        yield _around(mixed.span(), text).translate(_LEET)
    if turned := _first(text, _ROT13):
        yield codecs.encode(_around(turned, text), "rot13")
    if backwards := _first(text, _BACKWARDS):
        yield _around(backwards, text)[::-1]
    for at, match in enumerate(_BASE64.finditer(text)):
        if at == _DECODED:
            break
        yield _from_base64(match[0])
    for at, match in enumerate(_HEX.finditer(text)):
        if at == _DECODED:
            break
        yield _readable(bytes.fromhex(re.sub(r"\\x|0x|[^0-9a-fA-F]", "", match[0])))


def _first(text: str, words: Iterable[str]) -> tuple[int, int] | None:
    """Where the first of them stands, in whatever case."""
    lower = text.lower()
    if text.isascii() and not any(x in lower for x in words):
        return None
    match = re.search("|".join(words), text, re.IGNORECASE)
    return match.span() if match else None


def _around(span: tuple[int, int], text: str) -> str:
    return text[max(span[0] - _NEAR, 0) : span[1] + _NEAR]


def _from_base64(code: str) -> str:
    code = code.rstrip("=")
    code = code[: len(code) - (len(code) % 4 == 1)]
    return _readable(base64.b64decode(code + "=" * (-len(code) % 4), altchars=b"-_"))


def _readable(data: bytes) -> str:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return ""
    return text if text.isprintable() or "\n" in text else ""
