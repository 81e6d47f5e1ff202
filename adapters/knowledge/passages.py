"""Cuts a Markdown page into sections by its headings, and long ones at their paragraphs."""

import posixpath
import re
import textwrap
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from urllib.parse import quote, urljoin, urlsplit

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode as Node

from adapters.knowledge import markdown
from adapters.knowledge.matter import About, split

_WORDS = 180
"""How long a section may become before its next block begins another part."""
_SHORT = 40
"""Words. A last part below this stays with the one before."""
_WHOLE = 600
"""Words. A list, table or paragraph is cut only beyond: no chat shows it anyway."""
_LONGEST_TITLE = 200
"""Characters of a heading, and of its anchor."""

_PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"]).disable("text_join")
_OWN_ANCHOR = re.compile(r"\s*\{:?\s*#([^\s{}]+)[^{}]*\}\s*$")
_LINK = re.compile(r"\[([^\[\]]*)\]\(([^()\s]*)\)")
_IN_ANCHOR = "/?:@!$&'()*+,;=~"
"""What an anchor may hold as it is (RFC 3986)."""
_BOILERPLATE = re.compile(
    r"\W*(?:back to (?:the )?top|edit (?:this page|on git\w+)|(?:table of )?contents?|next|previous"
    r"|last (?:updated|modified).{0,40}|nach oben|seite bearbeiten|inhalt(?:sverzeichnis)?"
    r"|tbd|todo|to be (?:added|done|written)|coming soon|needs content|work in progress)\W*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What all pages of a source have in common."""

    link_base: str
    """Where its folder is found by readers: a page's path follows."""
    specialists: frozenset[str]
    """Those whose pages are in the first folder of the same name."""
    specialist: str | None = None
    """Whose all its other pages are."""
    prefix: str = ""
    """What its pages' paths begin with here, but not where readers find them."""
    how: str = ""
    """Whatever else decides what its pages become."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    id: str
    """Of its page and heading, so that it stays when other sections change."""
    page: str
    """The page's path in the handbook's folder, with forward slashes."""
    trail: tuple[str, ...]
    """The page's title and the headings above, outermost first."""
    text: str
    """Markdown, without the heading."""
    url: str
    specialist: str | None
    owner: str = ""
    """"": nobody is named."""
    reviewed: date | None = None
    audience: frozenset[str] | None = None
    """The groups whose members may read it. None: every employee."""
    applies_to: Mapping[str, frozenset[str]] = field(default_factory=lambda: MappingProxyType({}))
    """Whose matter it is, such as `{"country": {"DE", "AT"}}`. A kind that is not there: whatever
    it is."""
    locale: str = ""
    """A language tag such as `de`. "": the page does not say."""

    @property
    def title(self) -> str:
        page, *headings = self.trail
        return f"{page} › {headings[-1]}" if headings else page


def cut(path: str, text: str, origin: Origin) -> tuple[Section, ...]:
    """A Markdown file as it is. Raises `UnclearAudience`."""
    about, body = split(text)
    return sections(path, body, about, origin)


def sections(path: str, body: str, about: About, origin: Origin) -> tuple[Section, ...]:
    """`body`: Markdown without front matter."""
    page = _Page(path.removeprefix(origin.prefix), origin, about.url, Node(_PARSER.parse(body)))
    folder, slash, _ = path.removeprefix(origin.prefix).partition("/")
    named = folder if slash and folder in origin.specialists else None
    return tuple(
        Section(
            id=f"{path}#{found.anchor}" + (f"/{part}" if part > 1 else ""),
            page=path,
            trail=found.trail,
            text=words,
            url=page.url(found.anchor),
            specialist=named or origin.specialist,
            owner=about.owner,
            reviewed=about.reviewed,
            audience=about.audience,
            applies_to=about.applies_to,
            locale=about.locale,
        )
        for found in page.sections(about.title)
        for part, words in enumerate(_parts(found.blocks), 1)
    )


@dataclass(slots=True)
class _Heading:
    level: int
    title: str
    anchor: str


@dataclass(slots=True)
class _Found:
    trail: tuple[str, ...]
    anchor: str
    blocks: list[str] = field(default_factory=list[str])


class _Page:
    def __init__(self, path: str, origin: Origin, url: str, root: Node) -> None:
        self._path = path
        self._base = urljoin(url, "/") if url else origin.link_base.rstrip("/") + "/"
        self._url = url
        self._root = root
        self._anchors: dict[str, int] = {"": 0}
        """How often each was asked for; "" is the page's beginning."""

    def sections(self, title: str) -> Iterator[_Found]:
        flow = list(self._flow())
        headings = (one for one in flow if isinstance(one, _Heading))
        first = next((one.title for one in headings if one.level == 1), "")
        title = title or first or _from_path(self._path)
        above: list[_Heading] = []
        found = _Found((title,), "")
        for one in flow:
            if isinstance(one, str):
                found.blocks.append(one)
                continue
            if not self._is_navigation(found.blocks):
                yield found
            above = [heading for heading in above if heading.level < one.level] + [one]
            names = [heading.title for heading in above if heading.title]
            found = _Found((title, *(names[1:] if names[:1] == [title] else names)), one.anchor)
        if not self._is_navigation(found.blocks):
            yield found

    def url(self, anchor: str) -> str:
        where = self._url or self._base + quote(self._path)
        return where + (f"#{quote(anchor, safe=_IN_ANCHOR)}" if anchor else "")

    def _flow(self) -> Iterator[_Heading | str]:
        for node in self._root.children:
            if node.type == "heading":
                yield self._heading(int(node.tag[1]), markdown.plain(node))
            elif node.type == "html_block":
                for level, words in markdown.html_pieces(node.content):
                    yield from [self._heading(level, words)] if level else _pieces(node, words)
            else:
                for inner in node.walk():
                    if inner.type == "heading":
                        self._anchor(markdown.plain(inner))
                yield from _pieces(node, markdown.block(node, self._link))

    def _heading(self, level: int, words: str) -> _Heading:
        own = _OWN_ANCHOR.search(words)
        title = " ".join(words[: own.start()].split() if own else words.split())
        anchor = self._only(own[1][:_LONGEST_TITLE]) if own else self._anchor(title)
        return _Heading(level, title[:_LONGEST_TITLE], anchor)

    def _anchor(self, words: str) -> str:
        """As GitHub names it."""
        kept = (c for c in words.strip().lower() if c in "- " or _is_word(c))
        return self._only("".join(kept).replace(" ", "-")[:_LONGEST_TITLE])

    def _only(self, slug: str) -> str:
        """A repeated one is numbered, also past a heading named like that."""
        anchor = slug
        while anchor in self._anchors:
            self._anchors[slug] += 1
            anchor = f"{slug}-{self._anchors[slug]}"
        self._anchors[anchor] = 0
        return anchor

    def _link(self, target: str) -> str | None:
        try:
            target = urljoin(self._url, target)
            parts = urlsplit(target)
        except ValueError:
            return None
        if parts.scheme or parts.netloc:
            return target if parts.scheme in ("http", "https", "mailto", "tel") else None
        if not parts.path:
            return self.url("") + target
        folder = "" if parts.path.startswith("/") else posixpath.dirname(self._path)
        path = posixpath.normpath(posixpath.join(folder, parts.path.lstrip("/")))
        if path.startswith(".."):
            return None
        return self._base + path + target.removeprefix(parts.path)

    def _is_navigation(self, blocks: list[str]) -> bool:
        """Says nothing, or little but where else in the handbook to look."""
        text = "\n".join(blocks)
        ways = sum(target.startswith(self._base) for _, target in _LINK.findall(text))
        prose = re.findall(r"\w+", _LINK.sub(" ", text) if ways > 1 else text)
        return not prose or len(prose) < ways


def _from_path(path: str) -> str:
    folder, name = posixpath.split(path)
    stem = posixpath.splitext(name)[0]
    if stem.lower() in ("readme", "index", "_index") and folder:
        stem = posixpath.basename(folder)
    words = re.sub(r"^\d+[-_. ]+", "", stem).replace("-", " ").replace("_", " ").strip() or stem
    return words[:1].upper() + words[1:]


def _is_word(c: str) -> bool:
    kind = unicodedata.category(c)
    return kind[0] in "LM" or kind in ("Nd", "Pc")


def _size(text: str) -> int:
    """In words; also where there are none to count: keys, writing without spaces."""
    shown = _LINK.sub(r"\1", text)
    return max(len(shown.split()), len(shown) // 10)


def _pieces(node: Node, text: str) -> list[str]:
    if not text or _BOILERPLATE.fullmatch(_LINK.sub(r"\1", text)):
        return []
    if _size(text) <= _WHOLE:
        return [text]
    match node.type:
        case "table" if _size(text.partition("\n")[0]) < _WORDS:
            head, rule, *rows = text.split("\n")
            return ["\n".join([head, rule, *group]) for group in _groups(rows)]
        case "fence" | "code_block":
            groups = _groups(node.content.split("\n"))
            return [markdown.fence("\n".join(group), node.info.strip()) for group in groups]
        case "paragraph" | "html_block":
            return [" ".join(group) for group in _groups(re.split(r"(?<=[.!?]) +", text))]
        case _:
            return ["\n".join(group) for group in _groups(text.split("\n"))]


def _groups(lines: Iterable[str]) -> list[list[str]]:
    """Lines of together up to `_WORDS`."""
    groups: list[list[str]] = [[]]
    size = 0
    for line in lines:
        for bit in [line] if _size(line) <= _WORDS else textwrap.wrap(line, _WORDS * 6):
            if size and size + _size(bit) > _WORDS:
                groups.append([])
                size = 0
            groups[-1].append(bit)
            size += _size(bit)
    return groups


def _parts(blocks: list[str]) -> list[str]:
    parts: list[list[str]] = [[]]
    for block in blocks:
        part = parts[-1]
        if part and _size("\n".join(part)) + _size(block) > _WORDS:
            # What ends in a colon announces the next block.
            announces = len(part) > 1 and part[-1].endswith(":")
            parts.append([part.pop()] if announces else [])
        parts[-1].append(block)
    if len(parts) > 1 and _size("\n".join(parts[-1])) < _SHORT:
        last = parts.pop()
        parts[-1] += last
    return ["\n\n".join(part) for part in parts]
