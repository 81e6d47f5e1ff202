"""Colleagues: the names of employees, wherever a text names one. No guess: the directory knows."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from bot.found import Found, Kind
from bot.words import alike


def _plain(words: str) -> frozenset[str]:
    return frozenset(map(alike, words.split()))


_LETTERS = re.compile(r"[^\W\d_]+")
# What stands in a word without being a letter: accents of their own, vowel signs, the unseen.
_MARKS = "".join(
    x for x in map(chr, range(0x80, 0x1_0000)) if unicodedata.category(x) in ("Mn", "Mc", "Cf")
)
_WORD = re.compile(rf"[^\W\d_]+(?:[{_MARKS}]+[^\W\d_]*)*")
_BLANK = r"[^\S\n\r]"
_BETWEEN = re.compile(
    rf"{_BLANK}{{1,3}}|\r?\n{_BLANK}{{0,3}}|[-‐‑'’´`]|(?P<dot>\.{_BLANK}?)|(?P<comma>,{_BLANK}{{1,3}})"
)
_ASIDE = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_LONGEST = 6
"""Words of a name that are read."""
# Names that are words, too: written small, nothing but these is nobody's name.
_ALSO_WORDS = _plain(
    """
    ace amber angel april art ash august autumn bank barber bear bell berg bill bird bishop black
    blue bob bond book brown bush butler carpenter carter case cash chance charity chase chip
    christian clay cliff cole cook cooper cross crystal daisy dale dawn day dean dick do drew duke
    earl east eve ever faith field fischer fisher ford forest foster fox frank free gene ginger
    glass gold good grace grant gray green gross hall hand hart hill holly home hope hunter iris
    ivy jack jade james jasmin jay jean jets jewel job jong joy june just kaiser kay king klein
    koch kraft kurz lake land lane lang lee light lily link long lord love luck major mann mark
    marsh mason max may meier meister mercy miles mill miller moon more moore morgan neu new nick
    noble north note olive page park parker pat paul peace pearl penny pike pool poole port post
    potter power pratt price prince queen rain ray read red reed rich river rob robin rock rose
    roth ruby rush sage sam sandy schmidt schneider schwarz sharp sharpe shepherd short sky skip
    small smith sommer song sonne south sparks spring star steel stein sterling stern stone storm
    strong summer sunny swift tag taylor terry tiger tim trace tucker turner violet wade wagner
    walker ward waters weber weiss wells west white will wise wolf wood woods winter wright young
    """
)
_TITLES = _plain("mr mrs ms miss mx dr prof professor herr herrn frau monsieur madame")
# Who stands before a first name that is somebody's.
_ROLES = _plain(
    """
    boss manager supervisor lead leader colleague coworker teammate mate friend report assistant
    director buddy mentor intern chef chefin kollege kollegin kollegen vorgesetzter vorgesetzte
    vorgesetzten teamleiter teamleiterin mitarbeiter mitarbeiterin azubi freund freundin named
    called namens
    """
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    found: Found
    words: str
    """As `plain` has it, first name first: "tomas herrera"."""


@dataclass(slots=True)
class _Token:
    start: int
    end: int
    word: str
    capital: bool
    joined: bool
    """Nothing but a blank, a hyphen or the like stands between it and the one before; a full stop
    after a title or a single letter."""
    comma: bool
    """So it does, with a comma."""


class Names:
    """Of 50,000 people a few megabytes; a text is looked through once, word by word."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._known: set[str] = set()
        """Whole names, in plain words."""
        self._begin: dict[str, int] = {}
        """By the word that begins one, or its last part: how many words it may have at most."""
        self._first: set[str] = set()
        self._last: set[str] = set()
        for name in names:
            self.add(name)

    def add(self, name: str) -> None:
        """As the directory has it: also "Last, First", with titles or something in brackets. A
        single word is not kept: it may be any."""
        family, comma, given = _ASIDE.sub(" ", name).partition(",")
        words = _words(f"{given} {family}" if comma else family)
        if not 2 <= len(words) <= _LONGEST:
            return
        self._know(words)
        if len(words) > 2:
            self._know([words[0], words[-1]])
        self._first.add(words[0])
        self._last.add(words[-1])

    def _know(self, words: Sequence[str]) -> None:
        self._known.add(" ".join(words))
        for word in words:
            self._begin[word] = max(self._begin.get(word, 0), len(words))

    def find(self, text: str, own: str = "") -> list[Named]:
        """In their order; no two overlap. `own` is the name of whoever wrote it: no secret to
        them."""
        words = set(map(alike, _in(text).findall(text)))
        # A German genitive is looked for, too: `_bare`.
        if words.isdisjoint(self._begin) and not any(
            x[:-1] in self._begin for x in words if x.endswith("s")
        ):
            return []
        mine = set(_words(own))
        tokens = list(_tokens(text))
        found, known, at = list[Named](), set[str](), 0
        while at < len(tokens):
            count, words = self._whole(tokens, at) or self._alone(tokens, at, known)
            if count and not mine.issuperset(words.split()):
                end = tokens[at + count - 1].end
                place = Found(start=tokens[at].start, end=end, kind=Kind.PERSON)
                found.append(Named(found=place, words=words))
                known.update(words.split())
            at += max(count, 1)
        return found

    def _whole(self, tokens: Sequence[_Token], at: int) -> tuple[int, str] | None:
        """How many tokens from here are a name, and which. None: none are."""
        most = self._begin.get(tokens[at].word, 0)
        if not most:
            return None
        run = [tokens[at]]
        for token in tokens[at + 1 : at + most + 2]:
            if not (token.joined or token.comma):
                break
            run.append(token)
        for count in range(len(run), 1, -1):
            words = self._read(run[:count])
            if words and (all(x.capital for x in run[:count]) or not ordinary(words)):
                return count, words
        return None

    def _read(self, run: Sequence[_Token]) -> str:
        """The name that it is. Empty: it is none."""
        comma = next((i for i, x in enumerate(run) if i and x.comma), 0)
        if (
            len(run[-1].word) == 1
            or len(run[0].word) == 1
            or any(x.comma for x in run[comma + 1 :])
        ):
            return ""
        turned = [*run[comma:], *run[:comma]]
        # "Sam T. Okafor", and in German "Sam Okafors Laptop".
        words = [x.word for x in turned if len(x.word) > 1]
        for ending in (words, [*words[:-1], words[-1].removesuffix("s")] if words else []):
            if len(ending) > 1 and " ".join(ending) in self._known:
                return " ".join(ending)
        return ""

    def _alone(self, tokens: Sequence[_Token], at: int, known: Collection[str]) -> tuple[int, str]:
        """One word of a name, where what stands before says that it is one."""
        one = tokens[at]
        before = tokens[at - 1].word if at and one.joined else ""
        for word in (one.word, _bare(one.word)) if one.capital else ():
            titled = before in _TITLES and word in self._last
            called = before in _ROLES and word in self._first
            again = word not in _ALSO_WORDS and word in known
            if titled or called or again:
                return 1, word
        return 0, ""


def _words(name: str) -> list[str]:
    words = [alike(x) for x in _in(name).findall(name)]
    return [x for x in words if len(x) > 1 and x not in _TITLES]


def _in(text: str) -> re.Pattern[str]:
    """What finds its words."""
    return _LETTERS if text.isascii() else _WORD


def _bare(word: str) -> str:
    """In German also "Frau Ramans Laptop"; but "my manager Marks" may be what she does."""
    bare = word.removesuffix("s")
    return word if bare in _ALSO_WORDS else bare


def ordinary(words: str) -> bool:
    """Is each of these, as `plain` has them, a word that need not be a name?"""
    return _ALSO_WORDS.issuperset(words.split())


def _tokens(text: str) -> Iterator[_Token]:
    end, before = -1, ""
    for match in _in(text).finditer(text):
        start, word = match.start(), alike(match[0])
        joined, comma = text[end:start] == " ", False
        if end >= 0 and not joined and (between := _BETWEEN.fullmatch(text, end, start)):
            comma = between["comma"] is not None
            joined = not comma and (not between["dot"] or len(before) == 1 or before in _TITLES)
        yield _Token(start, match.end(), word, match[0][0].isupper(), joined, comma)
        end, before = match.end(), word
