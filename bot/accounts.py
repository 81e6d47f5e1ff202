"""Bank accounts, cards and customer numbers."""

import re
from collections.abc import Iterator

from stdnum import iban as ibans
from stdnum import luhn
from stdnum.iso7064 import mod_97_10

from bot.found import Found, Kind, before, digits_of

_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]){11,30}(?![A-Za-z0-9])", re.I)
_IBAN_PART = re.compile(r"[ -]")
_CARD = re.compile(r"(?<![\w.])\d(?:[ .-]?\d){11,18}(?![\w]|[.-]\d)")
_CARD_WORDS = re.compile(
    r"card|credit|debit|visa|master ?card|amex|karte|carte|tarjeta|cvv|cvc|\bpan\b", re.I
)
_DEVICE_WORDS = re.compile(r"\b(?:imei|iccid|serial|seriennummer|s/n|sim|tracking|asset)\b", re.I)
_ISSUER = re.compile(r"3[0-9]|4|5[0-8]|6[0-9]|2[2-7]|2131|1800")
_ACCOUNT_WORD = (
    r"(?:account|acct|a/c|routing|sort[ -]?code|blz|bankleitzahl|konto(?:nummer|nr\.?)?|aba"
    r"|member(?:ship)?|policy|insurance|mitglieds?\w{0,12}|versicher(?:ten|ungs)?(?:nummer|nr\.?)"
    r"|customer|kunden(?:nummer|nr\.?)|payroll|personal(?:nummer|nr\.?)|employee)"
)
_ACCOUNT = re.compile(
    rf"\b{_ACCOUNT_WORD}(?:[ -]?(?:number|num|no\.?|nr\.?|id|nummer|#)){{0,2}}"
    r"(?:\s(?:is|are|ist|lautet))?[\s:=#]{1,3}(?P<value>[A-Z]{0,3}[ -]?\d(?:[ -]?\d){4,16})(?!\w)",
    re.I,
)


def accounts(text: str) -> Iterator[Found]:
    yield from _ibans(text)
    yield from _cards(text)
    for match in _ACCOUNT.finditer(text):
        yield Found(start=match.start("value"), end=match.end("value"), kind=Kind.ACCOUNT)


def _ibans(text: str) -> Iterator[Found]:
    for match in _IBAN.finditer(text):
        told = "iban" in before(text, match.start(), 24).lower()
        end = _iban_end(match[0], told)
        if end:
            yield Found(start=match.start(), end=match.start() + end, kind=Kind.IBAN)


def _iban_end(text: str, told: bool) -> int:
    """Where the number ends: the next word may look like its last group. 0: it is none."""
    ends = [x.start() for x in _IBAN_PART.finditer(text)]
    for end in (len(text), *reversed(ends)):
        number = ibans.compact(text[:end])
        checked = mod_97_10.is_valid(number[4:] + number[:4])
        if checked and 15 <= len(number) <= 34 and sum(x.isdigit() for x in number) > 9:
            return end
    # A slip of the fingers does not make it public.
    return len(text) if told else 0


def _cards(text: str) -> Iterator[Found]:
    for match in _CARD.finditer(text):
        digits = digits_of(match[0])
        near = before(text, match.start()) + text[match.end() : match.end() + 20]
        about_card = _CARD_WORDS.search(near)
        real = luhn.is_valid(digits) and (about_card or _ISSUER.match(digits))
        likely = about_card and len(digits) >= 13
        if (real or likely) and not _DEVICE_WORDS.search(near):
            yield Found(start=match.start(), end=match.end(), kind=Kind.CARD)
