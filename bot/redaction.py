"""Redaction: what must never be stored, logged or sent to a model is replaced."""

import re
import unicodedata
from dataclasses import dataclass

from bot.credentials import credentials
from bot.passwords import passwords

PLACEHOLDER = "[SECRET]"

# Also the whole of what colours a terminal: its last letter would hide a secret behind it.
_CONTROLS = re.compile(r"\x1b\[[0-9;]{0,20}[A-Za-z]|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_UNSEEN = re.compile(r"[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
_BEFORE = 300
"""Characters of the words before."""
_TELLING = 6
"""Characters from which a secret, met again elsewhere in the text, is no common word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Redacted:
    text: str
    kinds: tuple[str, ...] = ()
    """What was replaced, in the order of the text. Empty: nothing was."""


def redact(text: str) -> Redacted:
    """Replace every secret. Raises UnicodeEncodeError for text that cannot be saved."""
    text.encode()
    text = _CONTROLS.sub("", text)
    if text.isascii():
        return _without(text)
    # A letter that cannot be seen must not hide a secret: neither inside nor just before it.
    first = _without(unicodedata.normalize("NFKC", text))
    second = _without(_UNSEEN.sub("", first.text))
    kinds = tuple(dict.fromkeys(first.kinds + second.kinds))
    clean = second.text if second.kinds else first.text if first.kinds else text
    return Redacted(text=clean, kinds=kinds)


def redact_after(before: str, text: str) -> Redacted:
    """Also what is a secret only because of the words before it, as they were kept: "my password
    is:", and then the password in a message of its own."""
    alone = redact(text)
    if alone.kinds or not before:
        return alone
    head = before[-_BEFORE:] + "\n"
    joined = redact(head + text)
    if not joined.kinds or joined.text.endswith(text):
        return alone
    found = joined.text.removeprefix(head) if joined.text.startswith(head) else PLACEHOLDER
    return Redacted(text=found, kinds=joined.kinds)


def _without(seen: str) -> Redacted:
    secrets = sorted((*credentials(seen), *passwords(seen)), key=lambda x: x.start)
    if not secrets:
        return Redacted(text=seen)
    kept, at = "", 0
    for secret in secrets:
        if secret.start >= at:
            kept += seen[at : secret.start] + PLACEHOLDER
        at = max(at, secret.end)
    values = {seen[x.start : x.end] for x in secrets}
    kinds = tuple(dict.fromkeys(x.kind for x in secrets))
    return Redacted(text=_everywhere(kept + seen[at:], values), kinds=kinds)


def _everywhere(text: str, values: set[str]) -> str:
    """What was found once is a secret wherever it stands."""
    for value in sorted(values, key=len, reverse=True):
        if len(value) >= _TELLING:
            text = text.replace(value, PLACEHOLDER)
    return text
