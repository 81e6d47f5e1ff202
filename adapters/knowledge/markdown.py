"""Writes a parsed page as clean Markdown: no HTML, no images, every link absolute."""

import html
import re
from collections.abc import Callable

from markdown_it.tree import SyntaxTreeNode as Node

Link = Callable[[str], str | None]
"""Where a link's target really is. None: nowhere that a reader can go, so only its words stay."""

# What other tools than a reader's eyes read: Docusaurus, Jekyll, kramdown, GitHub, wikis.
_DIRECTIVE = re.compile(
    r"^:{3,} ?\w*|\s*:{3,}$|\{%.*?%\}|\{:[^}]*\}|\[!\w+\]|^\[\[?_?TOC_?\]?\]$", re.IGNORECASE
)
_TAG = re.compile(
    r"<!--.*?(?:-->|\Z)|<(?P<silent>script|style|svg|template)\b.*?(?:</(?P=silent)\s*>|\Z)"
    r"|<(?P<closes>/?)(?P<name>[a-z][a-z0-9-]*)[^<>]*>|<[!?][^<>]*>",
    re.DOTALL | re.IGNORECASE,
)
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_PARAGRAPHS = frozenset({"p", "div", "li", "tr", "ul", "ol", "summary", "details", "blockquote"})
_GAPS = frozenset({"br", "hr", "td", "th"})


def block(node: Node, link: Link) -> str:
    """Nothing for what a reader of a chat does not miss: rules, comments, pictures."""
    match node.type:
        case "paragraph":
            return _DIRECTIVE.sub("", inline(node, link)).strip()
        case "heading":
            words = inline(node, link)
            return f"**{words}**" if words else ""
        case "bullet_list" | "ordered_list":
            return _list(node, link)
        case "blockquote":
            return _prefixed("> ", "> ", _blocks(node, "\n\n", link))
        case "fence" | "code_block":
            return fence(node.content.rstrip("\n"), node.info.strip())
        case "table":
            return _table(node, link)
        case "html_block":
            return "\n\n".join(words for _, words in html_pieces(node.content))
        case _:
            return ""


def inline(node: Node, link: Link) -> str:
    return "".join(_inline(child, link) for child in node.children).strip()


def plain(node: Node) -> str:
    """The words alone, as a heading's anchor is made from."""
    own = node.content if node.type in ("text", "text_special", "code_inline") else ""
    gap = " " if node.type in ("softbreak", "hardbreak") else ""
    return own + gap + "".join(plain(child) for child in node.children if child.type != "image")


def fence(code: str, language: str = "") -> str:
    ticks = "`" * max(3, 1 + max(map(len, re.findall("`+", code)), default=0))
    return f"{ticks}{language}\n{code}\n{ticks}"


def html_pieces(markup: str) -> list[tuple[int, str]]:
    """The text of an HTML block, with the level of each heading; 0: no heading."""
    found: list[tuple[int, list[str]]] = [(0, [])]
    end = 0
    for tag in _TAG.finditer(markup):
        found[-1][1].append(markup[end : tag.start()])
        end = tag.end()
        name = (tag["name"] or "").lower()
        if name in _HEADINGS and not tag["closes"]:
            found.append((int(name[1]), []))
        elif name in _HEADINGS or name in _PARAGRAPHS:
            found.append((0, []))
        elif name in _GAPS:
            found[-1][1].append(" ")
    found[-1][1].append(markup[end:])
    pieces = ((level, " ".join(html.unescape("".join(said)).split())) for level, said in found)
    return [(level, words) for level, words in pieces if words]


def _blocks(node: Node, between: str, link: Link) -> str:
    return between.join(filter(None, (block(child, link) for child in node.children)))


def _list(node: Node, link: Link) -> str:
    tight = all(child.hidden for child in node.walk() if child.type == "paragraph")
    between = "\n" if tight else "\n\n"
    number = int(node.attrGet("start") or 1)
    items: list[str] = []
    for item in node.children:
        mark = "- " if node.type == "bullet_list" else f"{number + len(items)}. "
        words = _blocks(item, between, link)
        if words:
            items.append(_prefixed(mark, " " * len(mark), words))
    return between.join(items)


def _prefixed(first: str, other: str, text: str) -> str:
    lines = text.split("\n")
    return "\n".join([first + lines[0], *((other + line).rstrip() for line in lines[1:])])


def _table(node: Node, link: Link) -> str:
    rows = [_row(row, link) for row in node.walk() if row.type == "tr"]
    columns = rows[0].count(" | ") + 1
    rows.insert(1, "|" + " --- |" * columns)
    return "\n".join(rows)


def _row(row: Node, link: Link) -> str:
    cells = (inline(cell, link).replace("\n", " ").replace("|", "\\|") for cell in row.children)
    return "| " + " | ".join(cells) + " |"


def _inline(node: Node, link: Link) -> str:
    match node.type:
        case "text":
            return node.content
        case "text_special":
            return node.markup if node.info == "escape" else node.content
        case "softbreak":
            return " "
        case "hardbreak":
            return "  \n"
        case "code_inline":
            return _code(node.content)
        case "html_inline":
            return "  \n" if re.match(r"<br\b", node.content, re.IGNORECASE) else ""
        case "link":
            return _link(node, link)
        case "image":
            return _image(node, link)
        case "strong" | "em" | "s":
            words = inline(node, link)
            return f"{node.markup}{words}{node.markup}" if words else ""
        case _:
            return "".join(_inline(child, link) for child in node.children)


def _code(content: str) -> str:
    if "`" not in content:
        return f"`{content}`"
    ticks = "`" * (1 + max(map(len, re.findall("`+", content))))
    return f"{ticks} {content} {ticks}"


def _link(node: Node, link: Link) -> str:
    words = "".join(_inline(child, link) for child in node.children if child.type != "image")
    if node.markup == "autolink" or not words.strip():
        return words.strip()
    target = link(str(node.attrGet("href") or ""))
    return f"[{words}]({target})" if target else words


def _image(node: Node, link: Link) -> str:
    """Pictures from elsewhere are badges and decoration; the handbook's own become links."""
    source = str(node.attrGet("src") or "")
    words = "".join(child.content for child in node.children).strip()
    if not words or re.match(r"(?:[a-z]+:)?//|data:", source):
        return ""
    target = link(source)
    return f"[{words}]({target})" if target else ""
