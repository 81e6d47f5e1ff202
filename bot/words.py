"""Words: text made comparable, and the phrases that a pack listens for."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

# Letters of other alphabets that look like Latin ones, and letters that no normal form takes apart.
_ALIKE = str.maketrans(
    "’‘‛ʼ′＇`“”„«»АВЕЅІЈКМНОРСТУХҮԌԚԜавеѕіјкмнорстухүԁԍһԛԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧαβεικνορτυχϲϳøØłŁđĐıƒæÆœŒ",
    "'''''''\"\"\"\"\""
    "ABESIJKMHOPCTYXYGQWabesijkmhopctyxydghqw"
    "ABEZHIKMNOPTYXabeikvoptuxcj"
    "oOlLdDifaAoO",
)
_UNSEEN = frozenset({"Mn", "Me", "Cf", "Cc"})
_BLANKS = re.compile(r"[\u115f\u1160\u2800\u3164\uffa0]")
_DIGRAPH = re.compile(r"([aou])e")
_STRETCHED = re.compile(r"([^\W\d_])\1{2,}ː?")
_TOKEN = re.compile(r"[^\W_]+(?:'[^\W_]+)*|[.!?;](?=\s|$)|\n\s*\n")


# One turn asks the same few texts of many phrases.
@lru_cache(maxsize=512)
def plain(text: str) -> str:
    """What phrases are compared with: words apart by one space, and `.` where a sentence ends.

    Equal are: capital and small, accented and bare letters, `ä`, `ae` and `a`, `ß` and `ss`,
    look-alike letters of other alphabets. What cannot be seen is gone. A letter that stands
    three times or more is `ː` after the first: "pleeease" is `pleːase`. Doing it twice changes
    nothing.
    """
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text.replace("´", "'")).translate(_ALIKE)
        text = unicodedata.normalize("NFKD", _BLANKS.sub("", text).casefold())
        text = "".join(x for x in text if x in "\n\t\r" or unicodedata.category(x) not in _UNSEEN)
    text = _STRETCHED.sub(r"\1ː", text.lower())
    words = (x if x[0].isalnum() else "." for x in _TOKEN.findall(_DIGRAPH.sub(r"\1", text)))
    return re.sub(r"\.(?: \.)+", ".", " ".join(words)).strip(" .")


@dataclass(frozen=True, slots=True)
class Phrases:
    """Phrases as a pack writes them, ready to be looked for.

    A phrase is words in order, in one sentence, from word to word:

    - `a|b`    one of these words; a hyphenated one stands for several words
    - `word*`  the word with any ending, also with none
    - `?word`  the word, or nothing
    - `...`    up to four words of any kind, between two others

    "?please talk|speak ... human*" is found in "Can I TALK to a real human?". An apostrophe may
    be missing in the text ("can't" finds "cant"), and a word may bear `'s`.
    """

    lines: tuple[str, ...]
    _pattern: re.Pattern[str]
    _owners: tuple[str, ...]
    """The line of each group of the pattern."""

    @classmethod
    def of(cls, lines: Iterable[str]) -> "Phrases":
        """Raises ValueError, which says what is wrong with which line."""
        kept = tuple(dict.fromkeys(lines))
        ways = [(way, at) for at, line in enumerate(kept) for way in _ways(line)]
        # Of two that begin alike, the longer one comes first.
        ways.sort(reverse=True)
        # Phrases share their first letter, so that at most words only that one is looked at.
        heads = (
            f"{head}(?:{'|'.join(f'({way[1:]})' for way, _ in group)})"
            for head, group in groupby(ways, key=lambda x: x[0][0])
        )
        # What is found is looked ahead at, not consumed: phrases may overlap.
        pattern = re.compile(f"(?<= )(?={'|'.join(heads)})" if ways else "(?!)")
        return cls(kept, pattern, tuple(kept[at] for _, at in ways))

    def found(self, text: str) -> str | None:
        """The first phrase in `text`, as it is written in the pack. None: there is none."""
        match = self._pattern.search(f" {plain(text)} ")
        return self._owner(match) if match else None

    def count(self, text: str) -> int:
        """How many different phrases are in `text`: one for each word that any begins with."""
        return len({self._owner(x) for x in self._pattern.finditer(f" {plain(text)} ")})

    def cut(self, text: str) -> str:
        """The plain text without what was found: a border stands there instead."""
        text = f" {plain(text)} "
        kept, at = "", 0
        for match in self._pattern.finditer(text):
            kept += text[at : match.start()] + ". "
            at = max(at, match.end(match.lastindex or 0))
        return plain(kept + text[at:])

    def _owner(self, match: re.Match[str]) -> str:
        return self._owners[(match.lastindex or 1) - 1]


def _ways(line: str) -> list[str]:
    """A pattern for each word that the phrase may begin with, and with that word's first letter."""
    parts = line.split()
    runs = f" {' '.join(parts)} ".split(" ... ")
    musts = [[x for x in run.split() if not x.startswith("?")] for run in runs]
    if any(not must or "..." in must for must in musts):
        raise ValueError(f"{line!r} has no word that must be there, or none on a side of ...")
    if len(runs) > 3:
        # Each gap multiplies the ways to try.
        raise ValueError(f"{line!r} has more than two ...")
    words = [[] if x == "..." else _words(x, line) for x in parts]
    ways: list[str] = []
    for i, part in enumerate(parts):
        rest = "".join(map(_regex, parts[i + 1 :], words[i + 1 :]))
        ways += [word + rest for word in words[i]]
        if not part.startswith("?"):
            break
    return ways


def _regex(part: str, words: list[str]) -> str:
    if part == "...":
        return "(?:[^ .]+ ){0,4}?"
    return f"(?:{'|'.join(words)})" + ("?" if part.startswith("?") else "")


def _words(part: str, line: str) -> list[str]:
    return [_word(word, line) for word in part.removeprefix("?").split("|")]


def _word(word: str, line: str) -> str:
    stem = word.removesuffix("*")
    letters = plain(stem)
    if not letters or "." in letters or re.search(r"[*?|]|\.\.", stem):
        raise ValueError(f"{line!r} has {word!r}, which is no word")
    ending = "[^ .]*" if word.endswith("*") else "(?:'s)?"
    return _letters(letters) + ending + " "


def _letters(word: str) -> str:
    """A letter also stands for its stretched form; a double one only if it is double here."""
    word = word.replace("'", "'?")
    return re.sub(r"([^\W\d_])(\1|ː)?", lambda x: x[1] + (f"(?:{x[1]}|ː)" if x[2] else "ː?"), word)
