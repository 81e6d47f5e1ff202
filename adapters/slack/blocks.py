"""Markdown → Block Kit, within Slack's limits.

Limits: docs.slack.dev, Block Kit. A message holds 50 blocks and about 13,000 characters in all
(`msg_blocks_too_long` beyond it: slackapi/bolt-js#2509), a markdown block 12,000, one table.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

Block = dict[str, Any]

LONGEST = 11_000
"""Characters of a message's text; what is beyond it would have the whole message refused."""
_ROWS, _COLUMNS = 100, 20
_CELLS = 8_000
"""Characters of a table, all cells together."""
_PARSER = MarkdownIt("commonmark").enable("table")
# `<@U1>`, `<!here>` and `<#C1>` would call people; text of ours never means to.
_CALLS = re.compile(r"<(?=[@!#])")
# Whatever could become a picture, however it goes on; but not a mark after a call: "Done![1]".
_IMAGE = re.compile(r"!(?=\[(?!\d{1,3}\](?!\()))")
_ZERO_WIDTH = "\u200b"


def markdown(text: str) -> list[Block]:
    """Slack draws Markdown itself; a table is a block of its own, and only one may be."""
    blocks: list[Block] = []
    tables = 0
    for is_table, part in _parts(defused(shortened(text))):
        table = _table(part) if is_table and not tables else None
        if table:
            tables += 1
            blocks.append(table)
        elif part.strip():
            shown = _aligned(part) if is_table else part.strip("\n")
            blocks.append({"type": "markdown", "text": shown})
    return blocks


def shortened(text: str, limit: int = LONGEST) -> str:
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


def defused(text: str) -> str:
    """Nothing in it calls people, and no picture is loaded from elsewhere: it becomes a link."""
    return _CALLS.sub(f"<{_ZERO_WIDTH}", _IMAGE.sub("", text))


def mrkdwn(text: str) -> str:
    """Plain text for fields and quiet lines: nothing in it is markup."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # Between two letters a mark is only a character; at a word's edge it would begin bold.
    return re.sub(r"(?<!\w)([*_~`])(?=\S)|(?<=\S)([*_~`])(?!\w)", rf"{_ZERO_WIDTH}\1\2", escaped)


def _parts(text: str) -> Iterator[tuple[bool, str]]:
    """The text in order, cut at its tables; True marks one."""
    lines = text.split("\n")
    begin = 0
    for token in _PARSER.parse(text):
        if token.type == "table_open" and token.map and token.level == 0:
            first, end = token.map
            yield False, "\n".join(lines[begin:first])
            yield True, "\n".join(lines[first:end])
            begin = end
    yield False, "\n".join(lines[begin:])


def _rows(table: str) -> list[list[Token]]:
    rows: list[list[Token]] = []
    for token in _PARSER.parse(table):
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            rows[-1].append(token)
    return rows


def _table(source: str) -> Block | None:
    """None: it is too large for Slack."""
    rows = _rows(source)
    size = sum(len(cell.content) for row in rows for cell in row)
    width = max(len(row) for row in rows)
    if len(rows) > _ROWS or width > _COLUMNS or size > _CELLS:
        return None
    cells = [[_cell(cell, i == 0) for cell in row] for i, row in enumerate(rows)]
    settings = [{"is_wrapped": True}] * width
    return {"type": "table", "rows": cells, "column_settings": settings}


def _cell(token: Token, head: bool) -> Block:
    elements = list(_inline(token.children or [], head))
    if not elements:
        return {"type": "raw_text", "text": " "}
    section: Block = {"type": "rich_text_section", "elements": elements}
    return {"type": "rich_text", "elements": [section]}


def _inline(tokens: Sequence[Token], head: bool) -> Iterator[Block]:
    style: dict[str, bool] = {"bold": True} if head else {}
    link: str | None = None
    for token in tokens:
        match token.type:
            case "strong_open":
                style["bold"] = True
            case "strong_close":
                style.pop("bold", None)
            case "em_open":
                style["italic"] = True
            case "em_close":
                style.pop("italic", None)
            case "link_open":
                link = str(token.attrs.get("href", ""))
            case "link_close":
                link = None
            case "softbreak" | "hardbreak":
                yield {"type": "text", "text": " "}
            case "text" | "code_inline" | "html_inline" if token.content:
                yield _piece(token, style, link)
            case _:
                pass


def _piece(token: Token, style: dict[str, bool], link: str | None) -> Block:
    text = token.content
    marks = {**style, "code": True} if token.type == "code_inline" else dict(style)
    piece: Block = {"type": "text", "text": text}
    if link and link.startswith(("http://", "https://", "mailto:")):
        piece = {"type": "link", "url": link, "text": text}
    return {**piece, "style": marks} if marks else piece


def _aligned(source: str) -> str:
    """A second table, or one that is too large: as text in columns."""
    rows = [[cell.content for cell in row] for row in _rows(source)]
    widths = [max(len(row[i]) for row in rows if i < len(row)) for i in range(len(rows[0]))]
    lines = ["  ".join(x.ljust(w) for x, w in zip(row, widths, strict=False)) for row in rows]
    return "```\n" + "\n".join(line.rstrip() for line in lines) + "\n```"
