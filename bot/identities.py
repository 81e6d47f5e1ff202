"""Numbers that a state gives to a person, and dates of birth."""

import re
from collections.abc import Callable, Iterator

from stdnum.at import vnr
from stdnum.be import nn
from stdnum.br import cpf
from stdnum.ca import sin
from stdnum.ch import ssn as ahv
from stdnum.de import idnr
from stdnum.dk import cpr
from stdnum.es import dni, nie
from stdnum.fi import hetu
from stdnum.fr import nir
from stdnum.gb import nhs
from stdnum.it import codicefiscale
from stdnum.nl import bsn
from stdnum.no import fodselsnummer
from stdnum.pl import pesel
from stdnum.pt import nif
from stdnum.se import personnummer

from bot.found import Found, Kind, before, digits_of

Valid = Callable[[str], bool]

# Shapes that hardly anything else has, and what must hold of them beside.
_SHAPES: tuple[tuple[str, Valid], ...] = (
    # United States: social security, then the number of those who have none
    (r"(?<![\w-])(?!000|666|9\d\d)\d{3}([- ])(?!00)\d\d\1(?!0000)\d{4}(?![\w-])", bool),
    (r"(?<![\w-])9\d\d([- ])[5-9]\d\1\d{4}(?![\w-])", bool),
    # United Kingdom
    (r"\b[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\s?\d\d\s?\d\d\s?\d\d\s?[A-D]\b", bool),
    # Switzerland, France, Spain, Italy
    (r"\b756\.?\d{4}\.?\d{4}\.?\d\d\b", ahv.is_valid),
    (r"\b[12]\s?\d\d\s?[01]\d\s?[\dAB]{2}\s?\d{3}\s?\d{3}\s?\d\d\b", nir.is_valid),
    (r"\b\d{8}[ -]?[A-Z]\b", dni.is_valid),
    (r"\b[XYZ]\d{7}[ -]?[A-Z]\b", nie.is_valid),
    (r"\b[A-Z]{6}\d\d[A-EHLMPRST]\d\d[A-Z]\d{3}[A-Z]\b", codicefiscale.is_valid),
    # Finland, Sweden, Denmark
    (r"\b\d{6}[+A-]\d{3}[0-9A-Y]\b", hetu.is_valid),
    (r"\b\d{6}(?:\d\d)?[-+]\d{4}\b", personnummer.is_valid),
    (r"\b\d{6}-\d{4}\b", cpr.is_valid),
    # Brazil, Belgium
    (r"\b\d{3}\.\d{3}\.\d{3}-\d\d\b", cpf.is_valid),
    (r"\b\d\d\.\d\d\.\d\d-\d{3}\.\d\d\b", nn.is_valid),
    # Germany: pension insurance. India: tax
    (r"\b\d\d\s?\d{6}\s?[A-Z]\s?\d{3}\b", bool),
    (r"\b[A-Z]{5}\d{4}[A-Z]\b", bool),
)
_IDS = tuple((re.compile(shape, re.I), valid) for shape, valid in _SHAPES)
# Bare digits are a person's number when the words say so, or their check digit with a hint.
_ID_WORD = (
    r"(?:ssn|social(?:[ -]security)?|national[ -](?:id|insurance)|nino|ni|idnr\.?|tin|itin|bsn"
    r"|pesel|nif|dni|nie|cpf|aadhaar|sin|tfn|pps|npi|codice fiscale|numéro de sécu\w*"
    r"|steuer-?nummer|steuer[ -]?(?:id|identifikations(?:nummer|nr\.?))"
    r"|tax[ -]?(?:id|payer id|number)"
    r"|(?:sv[ -]?|(?:sozial|renten)versicherungs)(?:nummer|nr\.?)|passport|(?:reise)?pass"
    r"|(?:personal)?ausweis|id[ -]?card|(?:driver'?s?|driving)[ -]licen[cs]e|dl|führerschein)"
)
_NAMED_ID = re.compile(
    rf"\b{_ID_WORD}(?:[ -]?(?:number|num|no\.?|nr\.?|nummer|id|code|#)){{0,2}}"
    r"(?:\s(?:is|was|ist|lautet|war))?[\s:=#]{1,3}"
    r"(?P<value>(?=[A-Z0-9 ./-]{0,5}\d)[A-Z0-9](?:[ ./-]?[A-Z0-9]){5,17})(?!\w)",
    re.I,
)
_VALID: tuple[Valid, ...] = (
    idnr.is_valid, bsn.is_valid, pesel.is_valid, fodselsnummer.is_valid,
    vnr.is_valid, nif.is_valid, sin.is_valid, nhs.is_valid,
)  # fmt: skip
_BARE = re.compile(r"(?<![\w.,/-])\d(?: ?\d){8,10}(?![\w]|[.,/-]\d)")
_ID_HINT = re.compile(rf"\b{_ID_WORD}\b", re.I)
_SENTENCE_WORD = re.compile(r" (?=[a-z]{2,}\b)")

_DATE = (
    r"(?:\d{1,2}[./-]\s?\d{1,2}[./-]\s?(?:19|20)?\d\d|(?:19|20)\d\d[./-]\d{1,2}[./-]\d{1,2}"
    r"|\d{1,2}(?:st|nd|rd|th|\.)?\s(?:of\s)?[^\W\d_]{3,9}\.?,?\s(?:19|20)\d\d"
    r"|[^\W\d_]{3,9}\.?\s\d{1,2}(?:st|nd|rd|th)?,?\s(?:19|20)\d\d)"
)
_BIRTHDATE = re.compile(
    r"\b(?:dob|d\.o\.b\.?|born|birth[ -]?(?:day|date)?|geboren|geburts(?:tag|datum)|geb\.?|née?"
    r"|nacido)"
    rf"(?:[\s:=]|\b(?:on|am|is|was|ist|le|el)\b){{1,6}}(?P<value>{_DATE})(?!\w)",
    re.I,
)


def identities(text: str) -> Iterator[Found]:
    for pattern, valid in _IDS:
        for match in pattern.finditer(text):
            if valid(match[0]):
                yield Found(start=match.start(), end=match.end(), kind=Kind.ID)
    for match in _BIRTHDATE.finditer(text):
        yield Found(start=match.start("value"), end=match.end("value"), kind=Kind.BIRTHDATE)
    for match in _NAMED_ID.finditer(text):
        value = _SENTENCE_WORD.split(match["value"])[0]
        if sum(x.isdigit() for x in value) >= 5:
            start = match.start("value")
            yield Found(start=start, end=start + len(value), kind=Kind.ID)
    for match in _BARE.finditer(text):
        if _ID_HINT.search(before(text, match.start(), 60)):
            digits = digits_of(match[0])
            if any(valid(digits) for valid in _VALID):
                yield Found(start=match.start(), end=match.end(), kind=Kind.ID)
