"""What is personal: the kinds of values, and where in a text one stands."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a value is, and the name that its token bears."""

    EMAIL = "EMAIL"
    PHONE = "PHONE"
    IP = "IP"
    MAC = "MAC"
    IBAN = "IBAN"
    CARD = "CARD"
    ACCOUNT = "ACCOUNT"
    ID = "ID"
    """A number that a state gives to a person, also a passport's."""
    BIRTHDATE = "BIRTHDATE"
    ADDRESS = "ADDRESS"
    PERSON = "PERSON"
    """An employee's name."""


CONTACT = frozenset({Kind.EMAIL, Kind.PHONE, Kind.IP, Kind.MAC, Kind.PERSON})
"""What a lead needs to help. The rest is shown on request only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    start: int
    end: int
    kind: Kind


def before(text: str, start: int, width: int = 40) -> str:
    """What is said just before a value."""
    return text[max(0, start - width) : start]


def digits_of(text: str) -> str:
    return "".join(x for x in text if x.isdigit())
