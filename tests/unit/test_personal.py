"""Personal data in chat: what is found, and what of IT's own numbers stays."""

import pytest

from bot.found import CONTACT
from bot.personal import personal
from bot.vault import hide, masked, shown


def found(text: str) -> list[tuple[str, str]]:
    return [(x.kind.value, text[x.start : x.end]) for x in personal(text)]


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("Mail me at sam.okafor+it@fernhill.example please", "EMAIL", None),
        ("it is jörg.müller@firma.de, danke", "EMAIL", "jörg.müller@firma.de"),
        ("sam [at] fernhill [dot] example", "EMAIL", "sam [at] fernhill [dot] example"),
        ("call me on 020 7946 0958 after four", "PHONE", "020 7946 0958"),
        ("+49 (0)30 901820-14 is my desk", "PHONE", "+49 (0)30 901820-14"),
        ("mobil: 0171/2345678", "PHONE", "0171/2345678"),
        ("(415) 555-2671 works best", "PHONE", "(415) 555-2671"),
        ("4155552671 is my cell number", "PHONE", "4155552671"),
        ("my laptop has 10.12.7.31 and no network", "IP", "10.12.7.31"),
        ("fe80::1ff:fe23:4567:890a is down", "IP", "fe80::1ff:fe23:4567:890a"),
        ("MAC 00:1B:44:11:3A:B7", "MAC", "00:1B:44:11:3A:B7"),
        ("IBAN DE89 3704 0044 0532 0130 00 from May", "IBAN", "DE89 3704 0044 0532 0130 00"),
        ("pay to gb82west12345698765432", "IBAN", "gb82west12345698765432"),
        ("iban: DE89 3704 0044 0532 0130 01", "IBAN", "DE89 3704 0044 0532 0130 01"),
        ("my corporate card 4111 1111 1111 1111 is gone", "CARD", "4111 1111 1111 1111"),
        ("amex 378282246310005", "CARD", "378282246310005"),
        ("SSN 536-22-8145", "ID", "536-22-8145"),
        ("NINO is AB 12 34 56 C", "ID", "AB 12 34 56 C"),
        ("Steuer-ID: 86095742719", "ID", "86095742719"),
        ("passport number C01X00T47", "ID", "C01X00T47"),
        ("mijn BSN: 111222333", "ID", "111222333"),
        ("DNI 12345678Z", "ID", "12345678Z"),
        ("born on 12 March 1987", "BIRTHDATE", "12 March 1987"),
        ("Geburtsdatum: 03.11.1990", "BIRTHDATE", "03.11.1990"),
        ("I moved to 14 Rose Lane, Apt 3", "ADDRESS", "14 Rose Lane, Apt 3"),
        ("ich wohne jetzt Torstraße 12, 10119 Berlin", "ADDRESS", "Torstraße 12, 10119 Berlin"),
        ("12 rue de la Paix", "ADDRESS", "12 rue de la Paix"),
        ("konto: 0532013000", "ACCOUNT", "0532013000"),
        ("membership no. 4471 99812", "ACCOUNT", "4471 99812"),
    ],
)  # fmt: skip
def test_what_is_personal_is_found(text: str, kind: str, value: str | None) -> None:
    kinds = [k for k, v in found(text) if value is None or v == value]
    assert kinds == [kind]


@pytest.mark.parametrize(
    "text",
    [
        "INC0012345 and REQ-2041 are still open",
        "error 0x80070005 after KB5034441",
        "Windows 10.0.19045.3803, client version 5.2.1.4",
        "my laptop LT-20413 in room 2.114",
        "the meeting is on 2026-11-20 from 10:30 to 11:30",
        "between 2019 - 2023 we had 12 500 000 rows",
        "order 4500123456 for 3 x 24 inch",
        "netmask 255.255.255.0, and 127.0.0.1 answers",
        "serial number 356938035643809",
        "what is the way to get 2 monitors in Berlin?",
        "I need 5 days off, place 3 in the queue",
        "tracking 1Z999AA10123456784",
        "@dana can you look?",
        "call 911 if there is a fire",
        "مرحبا، الطابعة لا تعمل 12",
    ],
)
def test_the_numbers_of_it_stay(text: str) -> None:
    assert found(text) == []


def test_a_value_keeps_its_token_however_it_is_written() -> None:
    first = hide("I am at 020 7946 0958 or sam@fernhill.example", {})
    assert first.text == "I am at [PHONE_1] or [EMAIL_1]"
    again = hide("call 02079460958, or write to kim@fernhill.example", first.fresh)
    assert again.text == "call [PHONE_1], or write to [EMAIL_2]"
    assert again.fresh == {"[EMAIL_2]": "kim@fernhill.example"}


def test_only_what_the_reader_may_see_comes_back() -> None:
    hidden = hide("IBAN DE89 3704 0044 0532 0130 00, mail sam@fernhill.example", {})
    assert shown(hidden.text, hidden.fresh, CONTACT) == "IBAN [IBAN_1], mail sam@fernhill.example"
    assert shown(hidden.text, {}, CONTACT) == "IBAN [IBAN_1], mail [EMAIL_1]"


def test_the_number_of_a_value_that_is_gone_is_given_to_no_other() -> None:
    known = {"[EMAIL_1]": ""}
    hidden = hide("now I am at new@mail.example", known)
    assert hidden.fresh == {"[EMAIL_2]": "new@mail.example"}
    kept = {**known, **hidden.fresh}
    assert shown("then at [EMAIL_1]", kept, CONTACT) == "then at [EMAIL_1]"


def test_without_a_vault_a_value_is_gone_for_good() -> None:
    assert masked("SSN 536-22-8145, thanks") == "SSN [ID], thanks"


PIECES = ("1", "1 ", "a@", "1.", "Abc ", "a.", "12 Aaaa Bbbb ", "(", "DE12 ", "+1 ", "rue ", "0:")


@pytest.mark.parametrize("piece", PIECES)
def test_hostile_lengths_are_read_to_their_end(piece: str) -> None:
    masked(piece * (40_000 // len(piece)))
