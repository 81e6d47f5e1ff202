"""Shapes of text that are dear to check, if a pattern is careless: each repeated to any length."""

import base64
from collections.abc import Callable

_BASE64 = base64.b64encode(bytes(range(255))).decode()
_REPEATED = {
    "a@": "a@", "digits": "1234567890", "one digit": "1", "spaces": " ", "lines": "\n",
    "words": "a ", "one letter": "A", "letters, digits": "aB1", "zero-width": "\u200b",
    "letter, zero-width": "a\u200b", "combining marks": "\u0301", "accents": "e\u0301",
    "brackets": "[", "all brackets": "([{<", "links": "[a](http://a.b) ", "open links": "[a](",
    "pictures": "![a](http://x", "citations": "[1]", "tags": "<a ", "comments": "<!--",
    "hidden": "<span hidden>", "mentions": "<@U1", "my password is": "my password is ",
    "pw:": "pw: ", "password for": "password for ", "token=": "token=", "bearer": "bearer ",
    "base64": _BASE64, "signed tokens": "eyJ", "hex": "deadbeef", "percent": "%41",
    "private keys": "-----BEGIN PRIVATE KEY-----", "curl -u": "curl -u ", "user:pw@": "http://a:",
    "IBAN": "DE89 3704 0044 0532 0130 00 ", "telephones": "+49 30 1234567 ", "SSN": "123-45-6789 ",
    "cards": "4111 1111 1111 1111 ", "groups of digits": "12 34 ", "dots": ".", "calls": "!",
    "names": "www.", "at, dot": "a(at)b(dot)", "streets": "1 a ", "born on": "born on ",
    "stars": "**a ", "fences": "```\n", "backticks": "`", "tables": "|a|b|\n|-|-|\n",
    "quotes": '"', "orders": "ignore all ", "turned": "snoitcurtsni ", "leet": "1gn0r3 ",
    "Chinese": "忽略", "Korean": "가", "Arabic": "تجاهل ", "emoji": "👩‍👩‍👧",
    "tag letters": "\U000e0041",
    "claims": "I have reset it. ", "tokens": "[EMAIL_1] ",
}  # fmt: skip
_NUMBERED: dict[str, Callable[[int], str]] = {
    "other passwords": "password: Abc{}x9! ".format,
    "other keys": "sk_live_{0:05d}aB3dE5fG7 ".format,
    "other addresses": "u{0}@x{0}.de ".format,
    "other telephones": lambda x: f"+49 30 {1_000_000 + x} ",
    "other words": "w{0:x}g ".format,
    "other names": "http://a{}.com/x ".format,
}


def shapes(length: int) -> dict[str, str]:
    repeated = {k: (x * (length // len(x) + 1))[:length] for k, x in _REPEATED.items()}
    numbered = {
        k: "".join(make(x) for x in range(length // len(make(0))))[:length]
        for k, make in _NUMBERED.items()
    }
    deep = length // 6
    return {**repeated, **numbered, "links in links": "[" * deep + "a" + "](x)" * deep}
