"""Slack's markup as the words a person reads."""

import html
import re

from adapters.slack.payload import File

_HERE = "\0"
_CALLED = re.compile(r"\0(?:[,:](?=\s|$))?")
_TOKEN = re.compile(r"<([@#!]?)([^<>|]*)(?:\|([^<>]*))?>")


def plain(text: str, bot: str) -> tuple[str, bool]:
    """The text without markup or the bot's mention, and whether it was mentioned.

    Slack escapes `&`, `<` and `>` in what people type, so whatever is in angle brackets is
    markup. Emoji stay as names: `:wave:`.
    """
    mentioned = False

    def readable(found: re.Match[str]) -> str:
        nonlocal mentioned
        kind, target, label = found[1], found[2], found[3]
        match kind:
            case "@" if target == bot:
                mentioned = True
                return _HERE
            case "@" | "#":
                return f"{kind}{label or target}"
            case "!":
                return label or f"@{target.split('^')[0]}"
            case _:
                link = target.removeprefix("mailto:").removeprefix("tel:")
                return link if not label or label == link else f"{label} ({link})"

    words = " ".join(x.strip() for x in _CALLED.split(_TOKEN.sub(readable, text)))
    return html.unescape(words).strip(), mentioned


def with_files(text: str, files: tuple[File, ...]) -> str:
    """Screenshots and files go along as links, for the people who get the case."""
    named = (f"{x.name or 'File'}: {x.permalink}" for x in files if x.permalink)
    return "\n".join(filter(None, (text, *named)))
