"""Postal addresses."""

import re
from collections.abc import Iterator

from bot.found import Found, Kind

_NAME = r"[^\W\d_][\w.'’-]{0,30}"
_CAPITAL = r"(?-i:[A-ZÀ-Þ])[\w.'’-]{0,30}"
# The second kind are also common words: then the name before them begins with a capital letter.
_STREET = (
    rf"(?:(?:{_NAME} ){{1,4}}?(?:street|avenue|ave|road|rd|boulevard|blvd|lane|ln|terrace|crescent"
    rf"|parkway|pkwy|highway|hwy)|(?:{_CAPITAL} ){{1,4}}?(?:st|drive|dr|way|court|ct|square|sq"
    r"|place|pl|ter|close|cres|circle|cir|trail|grove|row|mews))"
)
_REST = (
    r"(?:,?[ \t\n]{1,3}(?:apt|apartment|suite|ste|unit|flat|floor|room|po box)\.?[ ]?#?\w{1,6})?"
    r"(?:,?[ \t\n]{1,3}[^\W\d_][\w.'’-]{1,25}(?: [^\W\d_][\w.'’-]{1,25}){0,2})??"
    r"(?:,?[ \t\n]{1,3}(?:[A-Z]{2}[ ])?(?:\d{5}(?:-\d{4})?|[A-Z]{1,2}\d[\dA-Z]? \d[A-Z]{2})\b)?"
)
_ADDRESSES = (
    re.compile(rf"(?<![\w.])\d{{1,5}}[a-z]?,? {_STREET}\b\.?{_REST}", re.I),
    re.compile(
        r"(?<!\w)[^\W\d_][\w-]{2,30}(?:straße|strasse|str\.|weg|platz|allee|gasse|ufer|damm)"
        r"[ ]\d{1,4} ?[a-h]?\b(?:,?[ \n]{1,3}\d{4,5} [^\W\d_][\w-]{2,30})?",
        re.I,
    ),
    re.compile(
        r"(?<!\w)(?:(?:Am|An der|Auf dem|Im|In der|Unter den|Zum|Zur) [A-ZÄÖÜ][\w-]{2,25}"
        r"|[A-ZÄÖÜ][\w-]{2,25} (?:Straße|Strasse|Str\.|Weg|Platz|Allee|Gasse|Ufer|Damm))"
        r" \d{1,4} ?[a-h]?\b(?:,?[ \n]{1,3}\d{4,5} [^\W\d_][\w-]{2,30})?"
    ),
    re.compile(
        rf"(?<!\w)(?:rue|avenue|boulevard|calle|via|viale|piazza|rua|avenida|plaza)"
        rf" (?:{_NAME} ){{0,3}}{_NAME},? \d{{1,4}}\b"
        rf"|(?<![\w.])\d{{1,4}},? (?:bis |ter )?(?:rue|avenue|boulevard|place|chemin|allée)"
        rf" (?:{_NAME} ){{0,4}}?[A-ZÀ-Þ][\w'’-]{{2,25}}",
        re.I,
    ),
    re.compile(r"\bP\.? ?O\.? Box \d{1,6}\b", re.I),
)
_LIVES = re.compile(
    r"\b(?:(?:my|home|new|private|mailing|shipping|postal) address(?: is|:)"
    r"|(?:i|we) (?:live|moved) (?:at|to)|(?:ship|send|deliver|post) \w{2,5} (?:\w{2,12} )?to"
    r"|(?:meine|neue|private) (?:adresse|anschrift)(?: ist| lautet|:)"
    r"|(?:wohne|wohnen) (?:in der|im|am|in))"
    rf"\s+(?P<value>\d{{1,5}}[a-z]? (?:{_CAPITAL} ?){{1,4}}{_REST}"
    r"|[^\W\d_][^\n;!?]{6,80}?\d[\w-]*)(?=[.,;!?\n]|\s|\Z)",
    re.I,
)


def homes(text: str) -> Iterator[Found]:
    for pattern in _ADDRESSES:
        for match in pattern.finditer(text):
            yield Found(start=match.start(), end=match.end(), kind=Kind.ADDRESS)
    for match in _LIVES.finditer(text):
        yield Found(start=match.start("value"), end=match.end("value"), kind=Kind.ADDRESS)
