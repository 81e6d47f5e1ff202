"""Markdown as Teams shows it in a message or a card: no headings, tables, pictures or HTML."""

import re

from markdown_it import MarkdownIt

_PARSER = MarkdownIt("commonmark").enable("table")
_CODE = re.compile(r"(```.*?```|`[^`\n]*`)", re.DOTALL)
_HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+(.+?)[ \t#]*$", re.MULTILINE)
# Whatever could become a picture, however it goes on; but not a mark after a call: "Done![1]".
_IMAGE = re.compile(r"!(?=\[(?!\d{1,3}\](?!\()))")
_MARKS = re.compile(r"([\\*_\[\]`~])")


def shown(text: str) -> str:
    """What Teams has no form for becomes what it has: nothing is lost."""
    parts = _CODE.split(_without_tables(text))
    # Every second part is code: it is shown as it is.
    return "".join(part if i % 2 else _prose(part) for i, part in enumerate(parts))


def literal(text: str) -> str:
    """People's own words in a card: nothing in them is markup."""
    return _MARKS.sub(r"\\\1", text)


def link(title: str, url: str) -> str:
    """Only named where there is no address that everybody can open."""
    name = literal(title[:200])
    if not url.startswith(("http://", "https://")):
        return name
    return f"[{name}]({url.replace(')', '%29').replace(' ', '%20')})"


def _prose(text: str) -> str:
    text = _IMAGE.sub("", text)
    text = _HEADING.sub(r"**\1**", text)
    return re.sub(r"<(?!https?://)", "&lt;", text)


def _without_tables(text: str) -> str:
    """Each row becomes a line of a list: its first cell, then what the others are."""
    lines = text.split("\n")
    out: list[str] = []
    begin = 0
    for token in _PARSER.parse(text):
        if token.type == "table_open" and token.map and token.level == 0:
            first, end = token.map
            out += [*lines[begin:first], *_listed("\n".join(lines[first:end]))]
            begin = end
    return "\n".join([*out, *lines[begin:]])


def _listed(table: str) -> list[str]:
    rows: list[list[str]] = []
    for token in _PARSER.parse(table):
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            rows[-1].append(token.content.strip())
    head, *body = rows
    return [_line(head, row) for row in body] or [f"- {' · '.join(head)}"]


def _line(head: list[str], row: list[str]) -> str:
    first = row[0] if row[0].startswith(("*", "[")) else f"**{row[0]}**"
    rest = [
        f"{name}: {cell}" if name else cell
        for name, cell in zip(head[1:], row[1:], strict=False)
        if cell
    ]
    return f"- {first}: {'; '.join(rest)}" if rest else f"- {first}"


def shortened(text: str, limit: int) -> str:
    """Cut where a paragraph, a sentence or at least a word ends; an open code fence is closed."""
    if len(text) <= limit:
        return text
    kept = text[: limit - 20]
    for mark in ("\n\n", "\n", ". ", " "):
        at = kept.rfind(mark)
        if at > limit // 2:
            kept = kept[:at]
            break
    if kept.count("```") % 2:
        kept += "\n```"
    return f"{kept.rstrip()}\n\n…"
