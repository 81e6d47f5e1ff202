"""Links: which addresses a text names, and taking out those that nobody vouches for."""

import html
import re
from collections.abc import Callable
from functools import lru_cache
from urllib.parse import unquote

# Endings that chat clients turn into links by themselves, and that of the sample organisation.
# Without those that are also the endings of files.
_ENDING = (
    r"(?:com|org|net|edu|gov|mil|int|info|biz|io|ai|app|dev|cloud|tech|online|site|store|shop"
    r"|website|link|click|live|news|xyz|top|icu|club|vip|tk|ml|ga|cf|gq|cc|tv|me|ly|gl|gg|to|co"
    r"|fm|im|ws|us|uk|ca|au|nz|ie|de|at|ch|fr|nl|be|lu|it|es|pt|se|no|dk|fi|cz|sk|hu|ro|bg|gr|ua"
    r"|ru|by|kz|cn|hk|tw|jp|kr|in|sg|my|th|vn|br|mx|ar|cl|za|ng|ke|tr|il|ae|sa|eu|asia|example"
    r"|xn--[a-z0-9-]+)"
)
_DOT = r"(?:[.。．｡]|\s?[\[({]\s?(?:\.|dot|punkt)\s?[\])}]\s?)"
_SLASH = r"[/\\／]"
_BARE = re.compile(
    # http with blanks or as hxxp, any scheme with slashes, and those that need none
    rf"(?<![A-Za-z0-9])(?:h(?:tt|xx)ps?\s?\[?[:：]\]?\s?{_SLASH}\s?{_SLASH}?\s?"
    rf"|[a-z][a-z0-9+.-]{{1,20}}[:：]{_SLASH}{{2}}|(?:javascript|vbscript|mailto)\s?:(?=\S)"
    r"|data:\w+/|file:/)[^\s<>\"`|]*"
    # a name with a known ending, and whatever path follows
    rf"|(?<![@\w.-])(?:[^\W_][\w-]{{0,62}}{_DOT}){{1,6}}{_ENDING}(?![\w@-]|\.\w)"
    r"(?::\d+)?(?:[/?#][^\s<>\"`|]*)?",
    re.IGNORECASE,
)
_LABEL = r"!?\[((?:[^\[\]]|\[[^\[\]]*\])*)\]"
_MARKDOWN = re.compile(
    _LABEL + r"\(\s*<?((?:[^()\s<>]|\([^()\s]*\))*)>?(?:\s+(?:\"[^\"]*\"|'[^']*'|\([^()]*\)))?\s*\)"
)
_LOOSE = re.compile(_LABEL + r"\(([^()\n]*)\)")
_SLACK = re.compile(r"<((?:https?|mailto|tel):[^|<>\s]*)(?:\|([^<>]*))?>", re.IGNORECASE)
_TAG = re.compile(
    r"</?(?:a|img|iframe|script|at|link|form|object|embed)\b[^>]{0,4000}>", re.IGNORECASE
)
_LAYERS = 20
"""Of links in links. Who nests deeper hides something: then nothing is left."""
_EDGES = ".,;:!?)]}'\"*_~’”"


# A draft asks again of the same passages, sentence by sentence.
@lru_cache(maxsize=256)
def addresses(text: str) -> frozenset[str]:
    """All that `text` names, in links or bare: what may be said because of it."""
    found = (x[2] for x in _MARKDOWN.finditer(text))
    return frozenset((*found, *(x[0].rstrip(_EDGES) for x in _BARE.finditer(text))))


def unlink(text: str, allowed: frozenset[str]) -> str:
    """Take out every address that is not allowed. A link's label stays, a picture goes."""
    known = {_key(x) for x in allowed}

    def may(address: str) -> bool:
        return _key(address) in known

    for _ in range(_LAYERS):
        less = _once(text, may)
        if less == text:
            return text
        # What is left over when one goes could make another.
        text = less
    return ""


def _once(text: str, may: Callable[[str], bool]) -> str:
    def link(match: re.Match[str]) -> str:
        if match[0].startswith("!"):
            return ""
        if match[1].isdecimal():
            return f"[{match[1]}]"
        return match[0] if may(match[2]) else match[1]

    def loose(match: re.Match[str]) -> str:
        return match[0] if _MARKDOWN.fullmatch(match[0]) else link(match)

    def labelled(match: re.Match[str]) -> str:
        return match[0] if may(match[1]) else match[2] or ""

    def bare(match: re.Match[str]) -> str:
        address = match[0]
        while address and not may(address):
            if address[-1] not in _EDGES:
                edge = match[0][len(address) :]
                return edge.replace(")", "") if "(" in address else edge
            address = address[:-1]
        return match[0]

    text = _TAG.sub("", text)
    text = _MARKDOWN.sub(link, text)
    text = _LOOSE.sub(loose, text)
    text = _SLACK.sub(labelled, text)
    return _BARE.sub(bare, text)


def _key(address: str) -> str:
    """Equal for addresses of one page: without scheme, `www.`, fragment and a last slash."""
    address = html.unescape(address).strip().partition("#")[0]
    scheme, slashes, rest = address.partition("://")
    if not slashes:
        rest = address
    elif scheme.lower() not in ("http", "https"):
        return address
    host, slash, path = rest.partition("/")
    return (host.lower().removeprefix("www.") + slash + unquote(path)).rstrip("/")
