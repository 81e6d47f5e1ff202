"""Telephone numbers, by their shape, what is said around them, and the world's numbering plans."""

import re
from collections.abc import Iterator

import phonenumbers
from phonenumbers import NumberParseException

from bot.found import Found, Kind, before, digits_of

_PHONE = re.compile(
    r"(?<![\w@#/.:$€£%+-])(?P<number>(?:\+|\()?\d(?:[ .()/\u2010-\u2013-]{0,3}\d){5,15})"
    r"(?:\s?(?:x|ext\.?|durchwahl|-)\s?\d{1,5})?(?![\w%@]|[.:/]\d)"
)
_PHONE_WORDS = re.compile(
    r"\b(?:phone|tele(?:ph|f)on\w*|tel|mobile?|cell|fax|call(?:ed|ing)?|ring|dial|reach|text(?:ed)?"
    r"|sms|whatsapp|signal|messages?|contact|answering|number|handy(?:nummer)?|rufnummer|mobil\w*"
    r"|erreich\w*|ruf\w*|anruf\w*|durchwahl|nummer|landline|festnetz|hotline|pager|office)\b",
    re.I,
)
_IS_NUMBER = re.compile(
    r"\s(?:is|ist)\s\w{2,6}\s(?:\w{2,8}\s)?(?:number|phone|mobile|cell|nummer|handy)", re.I
)
# What numbers of this shape are more often than telephones.
_OTHER_NUMBER = re.compile(
    r"\b(?:tickets?|cases?|incidents?|orders?|invoices?|serial|versions?|errors?|codes?|builds?"
    r"|assets?|models?|kb|inc|req|chg|ritm|rooms?|seats?|prices?|amounts?|usd|eur|gbp|dollars?"
    r"|euros?|imei|isbn|ports?|po|pr|issues?|jira|snow|art(?:icle|ikel)?|part|sku|gate|flight"
    r"|rechnung\w*|bestell\w*|fehler\w*|vorgang\w*|seriennummer|raum|tracking)"
    r"(?:[ -]?(?:number|nummer|no\.?|nr\.?|id))?"
    r"[\s:#.-]{0,3}\Z",
    re.I,
)
_NO_PHONE = re.compile(
    r"(?:(?:19|20)\d\d[-./ ]\d{1,2}[-./ ]\d{1,2}|\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d\d))"
    r"(?:\s.*)?\Z"
    r"|(?:19|20)\d\d ?[-\u2013/] ?(?:19|20)?\d\d\Z"
    # a large sum, an address on the net
    r"|\d{1,3}(?:[ .]\d{3})*[ .]000\Z|\d{1,3}(?:\.\d{1,3}){3}\Z"
)
_AMERICAN = re.compile(r"(?:\+?1[ .-]?)?(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4}")
# Where colleagues are likely to write a number without its country.
_REGIONS = (
    "US", "GB", "DE", "FR", "ES", "IT", "NL", "AT", "CH", "AU", "PL", "IN", "BR", "SE", "DK",
)  # fmt: skip


def telephones(text: str) -> Iterator[Found]:
    for match in _PHONE.finditer(text):
        about = before(text, match.start(), 48), text[match.end() : match.end() + 24]
        if _is_phone(match["number"], *about):
            yield Found(start=match.start(), end=match.end(), kind=Kind.PHONE)


def _is_phone(value: str, said: str, after: str) -> bool:
    digits = digits_of(value)
    if not 7 <= len(digits) <= 17 or len(set(digits)) < 3 or value.count("(") != value.count(")"):
        return False
    if value.startswith("+") or (digits.startswith("00") and len(digits) > 9):
        return True
    if _NO_PHONE.match(value) or _OTHER_NUMBER.search(said):
        return False
    if _AMERICAN.match(value) or _PHONE_WORDS.search(said) or _IS_NUMBER.match(after):
        return True
    groups = len(re.findall(r"\d+", value))
    national = digits.startswith("0") and (groups > 1 or len(digits) > 9)
    return (national or groups > 2) and any(_exists(value, region) for region in _REGIONS)


def _exists(value: str, region: str) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(value, region))
    except NumberParseException:
        return False
