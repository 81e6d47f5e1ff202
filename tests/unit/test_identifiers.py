"""A company's own numbers: those that are personal, and those that only look so."""

import pytest

from bot.found import Kind
from bot.identifiers import Identifiers, pattern
from bot.personal import personal
from bot.vault import masked


@pytest.mark.parametrize(
    ("shape", "text", "found"),
    [
        ("MB-######", "I am MB-123456, hello", "MB-123456"),
        ("MB-######", "mb-123456", "mb-123456"),
        ("MB-######", "MB-1234567 and XMB-123456", None),
        ("K??/*", "see KA7/north4711.", "KA7/north4711"),
        ("(#)", "a (7) b", "(7)"),
        ("M.#", "M57", None),
        ("MB-######", "編號MB-123456號", None),
    ],
)
def test_a_shape_finds_what_it_shows(shape: str, text: str, found: str | None) -> None:
    match = pattern(shape).search(text)
    assert (match and match[0]) == found


@pytest.mark.parametrize("shape", ["", "-", "a**", "*-*-*-*"])
def test_a_shape_that_finds_too_much_is_refused(shape: str) -> None:
    with pytest.raises(ValueError, match=r"letter|apart"):
        pattern(shape)


def test_own_numbers_are_hidden_and_harmless_ones_stay() -> None:
    company = Identifiers.of([(Kind.ACCOUNT, "MB-######")], ["00:1B:78:??:??:??"])
    text = "MB-123456 prints on 00:1B:78:AA:BB:CC, not on 11:1B:78:AA:BB:CC"
    assert masked(text, company) == "[ACCOUNT] prints on 00:1B:78:AA:BB:CC, not on [MAC]"


def test_what_is_harmless_does_not_hide_more_than_itself() -> None:
    company = Identifiers.of([], ["PRN-##"])
    text = "PRN-12 sam@mail.example"
    assert [x.kind for x in personal(text, company)] == [Kind.EMAIL]
