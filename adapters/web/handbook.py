"""A handbook page's Markdown → a readable, safe HTML page."""

import re
import unicodedata
from collections.abc import Sequence
from html import escape
from itertools import pairwise
from urllib.parse import quote

from markdown_it import MarkdownIt
from markdown_it.token import Token

# No HTML from the page passes: a company's own folder is read as it is.
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)^---[ \t]*$\n?", re.DOTALL | re.MULTILINE)
_FACT = re.compile(r"^([a-z][a-z_]*): +(\S.*)$", re.MULTILINE)
_ALIGNED = re.compile(r"text-align:\s*(left|center|right)")
_PLAIN = frozenset({"text", "code_inline"})

_FRAME = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title} · Handbook</title>
<link rel="icon" href="/page/icon.svg">
<link rel="stylesheet" href="/page/theme.css">
<link rel="stylesheet" href="/page/handbook.css">
</head>
<body>
<header class="bar">
<a class="back" href="/"><span aria-hidden="true">←</span> Back to the console</a>
<span class="where">{where}</span>
</header>
<main dir="auto">
{body}
</main>
</body>
</html>
"""


def page(path: str, text: str) -> str:
    """Headings get the anchors that GitHub would give them, so that sources lead there."""
    text = text.replace("\r\n", "\n")
    matter = _FRONT_MATTER.match(text)
    facts = dict(_FACT.findall(matter[1])) if matter else {}
    tokens = _MARKDOWN.parse(text[matter.end() :] if matter else text)
    titles = _anchored(tokens)
    for token in tokens:
        _without_style(token)
    title = facts.pop("title", "") or (titles[0] if titles else path)
    body = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})
    return _framed(title, path, body + _footer(facts))


def missing() -> str:
    words = "<h1>This page is not in the handbook</h1><p>It may have been moved or renamed.</p>"
    return _framed("Not found", "", words)


def _framed(title: str, path: str, body: str) -> str:
    where = " / ".join(path.removesuffix(".md").split("/"))
    return _FRAME.format(title=escape(title), where=escape(where), body=body)


def _footer(facts: dict[str, str]) -> str:
    """What the page says of itself: who keeps it, and when it was last looked at."""
    if not facts:
        return ""
    rows = (
        f"<div><dt>{escape(name.replace('_', ' ').capitalize())}</dt><dd>{escape(value)}</dd></div>"
        for name, value in facts.items()
    )
    return f"<dl>{''.join(rows)}</dl>"


def _anchored(tokens: Sequence[Token]) -> list[str]:
    """Returns the words of the headings."""
    titles: list[str] = []
    taken: dict[str, int] = {"": 0}
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open":
            words = _words(inline)
            anchor = _anchor(words, taken)
            opening.attrSet("id", anchor)
            (inline.children or []).append(_link_to(anchor, words))
            titles.append(words)
    return titles


def _words(token: Token) -> str:
    children = token.children or []
    parts = (
        " " if x.type.endswith("break") else x.content if x.type in _PLAIN else "" for x in children
    )
    return " ".join("".join(parts).split())


def _link_to(anchor: str, words: str) -> Token:
    link = Token("html_inline", "", 0)
    label = escape(f"Link to {words}")
    link.content = f' <a class="anchor" href="#{quote(anchor)}" aria-label="{label}">#</a>'
    return link


def _anchor(words: str, taken: dict[str, int]) -> str:
    """Lower case, no punctuation, dashes for spaces; a repeated one is numbered."""
    slug = "".join(c for c in words.lower() if c in "- " or _in_word(c)).replace(" ", "-")
    anchor = slug
    while anchor in taken:
        taken[slug] += 1
        anchor = f"{slug}-{taken[slug]}"
    taken[anchor] = 0
    return anchor


def _in_word(c: str) -> bool:
    kind = unicodedata.category(c)
    return kind[0] in "LM" or kind in ("Nd", "Pc")


def _without_style(token: Token) -> None:
    """A column's alignment is a class: the page allows no inline style."""
    found = _ALIGNED.search(str(token.attrs.pop("style", "")))
    if found:
        token.attrJoin("class", found[1])
