"""An HTML page → Markdown of what it is about: no navigation, no boilerplate, tables whole."""

import re
from collections.abc import Mapping
from urllib.parse import urljoin, urlsplit

from bs4 import BeautifulSoup, Tag
from markdownify import MarkdownConverter

_DEEPEST = 200
"""Elements inside each other; nobody writes deeper, and the parser of Markdown goes by calls."""
_SILENT = "script, style, noscript, template, svg, iframe, form, button, input, select, img, dialog"
_AROUND = (
    "nav, aside, [role=navigation], [role=banner], [role=contentinfo], [role=search],"
    " [role=complementary], [role=dialog], [hidden], [aria-hidden=true]"
)
_PERMALINKS = "a.headerlink, a.anchor, a.hash-link, a.heading-anchor"
_BOILERPLATE = re.compile(
    r"(?:^|[-_\s])(?:nav(?:bar|igation)?|menu|breadcrumbs?|sidebar|toc|table-of-contents|cookies?"
    r"|cookie-banner|consent|pagination|pager|skip-link|edit-this-page|site-footer|page-footer"
    r"|site-header|share|social|related)(?:$|[-_\s])",
    re.IGNORECASE,
)
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_ID = re.compile(r"[^\s{}\"'<>#]{1,200}\Z")


def to_markdown(content: bytes, url: str = "") -> tuple[Mapping[str, str], str]:
    """What the page says of itself (`title`, `locale`, `canonical`), and its Markdown.

    `url`: where the page is, for its links; "": they stay as they are written.
    """
    soup = BeautifulSoup(content, "html.parser")
    for gone in soup.select(f"{_SILENT}, {_PERMALINKS}"):
        gone.decompose()
    matter = _matter(soup)
    main = _main(soup)
    _tidy(main, url)
    text = MarkdownConverter(
        heading_style="ATX", bullets="-", escape_underscores=True, table_infer_header=True
    ).convert_soup(main)
    return matter, re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def _matter(soup: BeautifulSoup) -> Mapping[str, str]:
    title = soup.select_one("head title") or soup.select_one("title")
    first = soup.find("h1")
    # The title of a site's page often ends in the site's name, the heading does not.
    words = first.get_text(" ") if first else title.get_text(" ") if title else ""
    root = soup.find("html")
    canonical = soup.select_one("link[rel~=canonical][href]")
    return {
        "title": " ".join(words.split()),
        "locale": str(root.get("lang") or "") if isinstance(root, Tag) else "",
        "canonical": str(canonical.get("href") or "") if canonical else "",
    }


def _main(soup: BeautifulSoup) -> Tag:
    for marked in ("main", "[role=main]"):
        if found := soup.select_one(marked):
            return found
    articles = soup.select("article")
    if len(articles) == 1:
        return articles[0]
    whole = soup.body or soup
    for gone in whole.select("body > header, body > footer, footer"):
        gone.decompose()
    return whole


def _tidy(main: Tag, url: str) -> None:
    for gone in main.select(_AROUND):
        gone.decompose()
    _flatten(main)
    for each in main.find_all(True):
        if each.decomposed:
            continue
        named = " ".join([*(each.get_attribute_list("class") or []), str(each.get("id") or "")])
        if each.name not in _HEADINGS and _BOILERPLATE.search(named):
            each.decompose()
    for heading in main.find_all(_HEADINGS):
        _name(heading)
    for cell in main.select("td, th"):
        for words in cell.find_all(string=re.compile(r"\|")):
            words.replace_with(words.replace("|", "∣"))
    for link in main.find_all("a", href=True):
        _lead(link, url)


def _flatten(main: Tag) -> None:
    """What is deeper than `_DEEPEST` becomes plain words."""
    depths = {id(main): 0}
    for each in main.find_all(True):
        depth = depths[id(each)] = depths[id(each.parent)] + 1
        if depth == _DEEPEST:
            each.replace_with(each.get_text(" "))


def _name(heading: Tag) -> None:
    """Write behind it the id that leads to it, as passages read it: its own, that of an anchor in
    it, or that of the section which it opens."""
    inner = heading.find(["a", "span"], id=True) or heading.find("a", attrs={"name": True})
    around = heading.parent if heading.parent and heading.parent.name == "section" else None
    opens = around and around.find(_HEADINGS) is heading
    found = heading.get("id") or (inner and (inner.get("id") or inner.get("name")))
    found = str(found or (around.get("id") if around and opens else "") or "")
    for link in heading.find_all("a"):
        link.unwrap()
    if _ID.match(found) and heading.get_text().strip():
        heading.append(f" {{#{found}}}")


def _lead(link: Tag, url: str) -> None:
    try:
        target = urljoin(url, str(link["href"])) if url else str(link["href"])
        scheme = urlsplit(target).scheme
    except ValueError:
        link.unwrap()
        return
    if scheme in ("", "http", "https", "mailto", "tel"):
        link["href"] = target
        del link["title"]
    else:
        link.unwrap()
