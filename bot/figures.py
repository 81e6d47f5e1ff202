"""Figures: the numbers, dates, times and amounts of a text, in English and German."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_ONES = (
    "null|zero", "eins|one", "zwei|two", "drei|three", "vier|four", "funf|five", "sechs|six",
    "sieben|seven", "acht|eight", "neun|nine", "zehn|ten", "elf|eleven", "zwolf|twelve",
    "dreizehn|thirteen", "vierzehn|fourteen", "funfzehn|fifteen", "sechzehn|sixteen",
    "siebzehn|seventeen", "achtzehn|eighteen", "neunzehn|nineteen",
)  # fmt: skip
_TENS = (
    "zwanzig|twenty", "dreissig|thirty", "vierzig|forty|fourty", "funfzig|fifty",
    "sechzig|sixty", "siebzig|seventy", "achtzig|eighty", "neunzig|ninety", "hundert|hundred",
)  # fmt: skip
SPELLED = {
    **{word: at for at, words in enumerate(_ONES) for word in words.split("|")},
    **{word: 10 * at for at, words in enumerate(_TENS, 2) for word in words.split("|")},
}
_MONTHS = (
    "january|januar|janner|jan", "february|februar|feb", "march|marz|mar", "april|apr", "may|mai",
    "june|juni|jun", "july|juli|jul", "august|aug", "september|sept|sep", "october|oktober|oct|okt",
    "november|nov", "december|dezember|dec|dez",
)  # fmt: skip
_MONTH = {word: at for at, words in enumerate(_MONTHS, 1) for word in words.split("|")}
_DAYS = (
    "monday|montag", "tuesday|dienstag", "wednesday|mittwoch", "thursday|donnerstag",
    "friday|freitag", "saturday|samstag|sonnabend", "sunday|sonntag",
)  # fmt: skip
_WEEKDAY = {
    form: at
    for at, words in enumerate(_DAYS)
    for word in words.split("|")
    for form in (word, f"{word}s", f"{word}e", f"{word}en")
}
# What a number counts: a kind, and how many of the kind's smallest it is.
_UNITS = (
    (r"seconds?|secs?|sekunden?", "time", 1 / 60),
    (r"minutes?|mins?|minuten?|minutige[rnms]?", "time", 1),
    (r"hours?|hrs?|h|\w*stunden?|stundige[rnms]?", "time", 60),
    (r"days?|\w*tage?n?|tagige[rnms]?", "time", 24 * 60),
    (r"weeks?|\w*wochen?|wochige[rnms]?", "time", 7 * 24 * 60),
    (r"months?|\w*monate?n?|monatige[rnms]?", "months", 1),
    (r"years?|yrs?|\w*jahre?n?|jahrige[rnms]?", "months", 12),
    (r"%|percent|per cent|prozent\w*", "%", 1),
    (r"€|eur|euros?", "€", 1),
    (r"\$|usd|dollars?", "$", 1),
    (r"£|gbp|pounds?|pfund", "£", 1),
    (r"characters?|chars?|zeichen", "letters", 1),
    (r"km|kilomet\w*", "km", 1),
    (r"miles?|meilen?", "miles", 1),
    (r"kb", "bytes", 0.001),
    (r"mb", "bytes", 1),
    (r"gb", "bytes", 1000),
)
_UNIT = [(re.compile(unit), kind, size) for unit, kind, size in _UNITS]
_NAMES = "|".join(sorted(_MONTH, key=len, reverse=True))
_DATE = re.compile(
    r"\b(?P<y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})\b"
    r"|\b(?P<d2>\d{1,2})\.\s?(?P<m2>\d{1,2})\.(?:\d{4}|\d{2})?(?!\d)"
    rf"|\b(?P<d3>\d{{1,2}})(?:st|nd|rd|th|\.)?(?: of)? (?P<name>{_NAMES})\b"
    rf"|\b(?P<name2>{_NAMES})\.? (?P<d4>\d{{1,2}})(?:st|nd|rd|th)?\b(?![:.]\d| ?%)"
)
_CLOCK = re.compile(
    r"\b(?P<h>\d{1,2})[:.](?P<m>\d{2})(?: ?(?P<half>[ap])\.?m\b| ?uhr\b)"
    r"|\b(?P<h2>\d{1,2}):(?P<m2>\d{2})\b"
    r"|\b(?P<h3>\d{1,2}) ?(?:(?P<half3>[ap])\.?m\b\.?|uhr\b|o'?clock\b)"
)
_NUMBER = re.compile(
    r"(?P<sign>[€$£] ?)?(?<![\w.])"
    r"(?P<n>\d{1,3}(?:[.,' ]\d{3})+(?:[.,]\d{1,2})?(?!\d)|\d+(?:[.,]\d+)?)"
    r"(?:st|nd|rd|th)?(?:[ -]?(?P<unit>(?:%|[€$£]|[^\W\d_]+)(?:[ -][^\W\d_]+)?))?"
)
_WORD = re.compile(
    r"\b(?P<w>[a-z]+)(?:-(?P<one>[a-z]+)\b)?(?:(?=[ -](?P<unit>[a-z]+(?:[ -][a-z]+)?)))?"
)
_FEW = {"a": 1, "an": 1, "one": 1, "ein": 1, "eine": 1, "einen": 1, "einem": 1, "einer": 1,
        "half": 0.5, "halbe": 0.5, "halben": 0.5, "halber": 0.5, "once": 1, "einmal": 1,
        "twice": 2, "zweimal": 2, "double": 2, "first": 1, "second": 2, "third": 3}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Figure:
    kind: str
    """What it counts, such as "time" or "€"; "date", "clock", "month", "weekday". "": a number
    that counts something else, or does not say what."""
    value: float
    """In the kind's smallest: minutes, months, euros."""
    said: float
    """The number as it stands there."""

    def equals(self, other: "Figure") -> bool:
        if self.kind == other.kind:
            return abs(self.value - other.value) < 1e-6
        return not (self.kind and other.kind) and abs(self.said - other.said) < 1e-6


def figures(text: str) -> frozenset[Figure]:
    """All that it states. Marks such as `[1]` and the numbers of a list's items are none."""
    return frozenset(_each(_folded(text)))


def hinted(text: str) -> frozenset[Figure]:
    """What it says as figures without saying a number: "a week", "half a day", "twice"."""
    return frozenset(_spelled(_folded(text), _FEW))


_MARKS = re.compile(r"\[\^?\d{1,3}(?:\s?[,;–-]\s?\d{1,3})*\]|(?m:^\s*(?:\d{1,3}[.)]|[-*+•])\s)")
_TARGET = re.compile(r"\]\([^()\s]*\)|https?://\S+")


def _folded(text: str) -> str:
    text = _TARGET.sub(" ", _MARKS.sub(" ", text)).replace("*", "").replace("`", "")
    text = text.translate(_FOLD).casefold().translate(_FOLD)
    return re.sub(r"\s+", " ", text)


_FOLD = str.maketrans({"ä": "a", "ö": "o", "ü": "u", "ß": "ss", "\u00a0": " ", "\u202f": " ",
                       "–": "-", "—": "-", "−": "-", "’": "'"})  # fmt: skip


def _each(text: str) -> Iterator[Figure]:
    found: list[Figure] = []

    def taken(match: re.Match[str], figure: Figure | None) -> str:
        if figure is None:
            return match[0]
        found.append(figure)
        return " # "

    text = _DATE.sub(lambda x: taken(x, _date(x)), text)
    text = _CLOCK.sub(lambda x: taken(x, _clock(x)), text)
    yield from found
    yield from map(_number, _NUMBER.finditer(text))
    yield from _spelled(text, SPELLED)
    for word in re.findall(r"[a-z]+", text):
        if word in _WEEKDAY:
            yield Figure("weekday", _WEEKDAY[word], -1)


def _date(match: re.Match[str]) -> Figure | None:
    name = match["name"] or match["name2"]
    month = _MONTH[name] if name else int(match["m"] or match["m2"])
    day = int(match["d"] or match["d2"] or match["d3"] or match["d4"])
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    return Figure("date", 100 * month + day, -1)


def _clock(match: re.Match[str]) -> Figure | None:
    hour = int(match["h"] or match["h2"] or match["h3"])
    half = match["half"] or match["half3"]
    minute = int(match["m"] or match["m2"] or 0)
    if hour > 24 or minute > 59:
        return None
    said = hour + minute / 60
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    return Figure("clock", 60 * hour + minute, said)


def _number(match: re.Match[str]) -> Figure:
    text = match["n"]
    if re.fullmatch(r"\d{1,3}(?:[.,' ]\d{3})+(?:[.,]\d{1,2})?", text):
        whole, cents = re.fullmatch(r"(.*?\d{3})(?:[.,](\d{1,2}))?", text).groups()  # type: ignore[union-attr]
        said = float(re.sub(r"\D", "", whole) + "." + (cents or "0"))
    else:
        said = float(text.replace(",", "."))
    return _counted(said, (match["sign"] or "").strip() or match["unit"] or "")


def _counted(said: float, words: str) -> Figure:
    """`words`: the two that follow, such as "working days"."""
    for word in re.split(r"[ -]", words):
        for pattern, kind, size in _UNIT:
            if pattern.fullmatch(word):
                return Figure(kind, said * size, said)
    return Figure("", said, said)


def _spelled(text: str, words: dict[str, int] | dict[str, float]) -> Iterator[Figure]:
    for match in _WORD.finditer(text):
        word, one = match["w"], match["one"]
        if word not in words:
            continue
        said = float(words[word]) + (SPELLED.get(one, 0) if one and words[word] >= 20 else 0)
        figure = _counted(said, match["unit"] or one or "")
        # "One of them" counts nothing.
        if figure.kind or word not in ("one", "eins", "acht", "second"):
            yield figure
