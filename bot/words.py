"""Words: text made comparable, and the phrases that a pack listens for."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate

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
_DIGRAPH = re.compile(r"(?<=[aou])e+")
_STRETCHED = re.compile(r"([^\W\d_])\1{2,}ː?")
_BORDERS = re.compile(r"\.(?: \.)+")
_TEXTS = 512
"""That are kept in memory."""
_THRICE = tuple(x * 3 for x in "abcdefghijklmnopqrstuvwxyz")
_TOKEN = re.compile(r"[^\W_]+(?:'[^\W_]+)*|[.!?;](?=\s|$)|\n\s*\n")


# One turn asks the same few texts of many phrases.
_known: dict[str, str] = {}


def plain(text: str) -> str:
    """What phrases are compared with: words apart by one space, and `.` where a sentence ends.

    Equal are: capital and small, accented and bare letters, `ä`, `ae` and `a`, `ß` and `ss`,
    look-alike letters of other alphabets. What cannot be seen is gone. A letter that stands
    three times or more is `ː` after the first: "pleeease" is `pleːase`. Doing it twice changes
    nothing.
    """
    bare = _known.get(text)
    if bare is None:
        if len(_known) > _TEXTS:
            _known.clear()
        bare = _plain(text)
        _known[text] = _known[bare] = bare
    return bare


# Texts differ, their words hardly do.
@lru_cache(maxsize=8192)
def alike(word: str) -> str:
    """One word, as `plain` has it."""
    return _plain(word)


def _plain(text: str) -> str:
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text.replace("´", "'")).translate(_ALIKE)
        text = unicodedata.normalize("NFKD", _BLANKS.sub("", text).casefold())
        text = "".join(x for x in text if x in "\n\t\r" or unicodedata.category(x) not in _UNSEEN)
        text = text.translate(_ALIKE)  # What stood below an accent.
    text = text.lower()
    if not text.isascii() or any(x in text for x in _THRICE):
        text = _STRETCHED.sub(r"\1ː", text)
    text = _DIGRAPH.sub("", text)
    bare = " ".join([x if x[0].isalnum() else "." for x in _TOKEN.findall(text)])
    return (_BORDERS.sub(".", bare) if ". ." in bare else bare).strip(" .")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """One beginning of one phrase."""

    line: str
    word: str
    """Plain. A hyphenated one stands for its first word here."""
    open: bool
    """With any ending."""
    head: str
    """The pattern of that word."""
    rest: str
    """The pattern of what follows: one text for all beginnings of a phrase."""


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
    _whole: dict[str, tuple[_Way, ...]] = field(repr=False, compare=False)
    """By the word that they begin with. A text's words are looked up in it: of thousands of
    phrases only those few are tried that can begin there."""
    _begun: dict[str, tuple[_Way, ...]] = field(repr=False, compare=False)
    """By what that word begins with."""
    _compiled: dict[str, re.Pattern[str]] = field(repr=False, compare=False)
    _heads: "dict[str, _Heads]" = field(repr=False, compare=False)
    """What may begin with a word that was met lately: texts differ, their words hardly do."""

    @classmethod
    def of(cls, lines: Iterable[str]) -> "Phrases":
        """Raises ValueError, which says what is wrong with which line."""
        kept = tuple(dict.fromkeys(lines))
        ways = sorted(_ways(kept), key=lambda x: (x.head, x.rest), reverse=True)
        whole, begun = (x for x in ways if not x.open), (x for x in ways if x.open)
        return cls(kept, _grouped(whole), _grouped(begun), {}, {})

    def found(self, text: str) -> str | None:
        """The first phrase in `text`, as it is written in the pack. None: there is none."""
        return next((line for line, _, _ in self._each(plain(text))), None)

    def count(self, text: str) -> int:
        """How many different phrases are in `text`: one for each word that any begins with."""
        return len({line for line, _, _ in self._each(plain(text))})

    def cut(self, text: str) -> str:
        """The plain text without what was found: a border stands there instead."""
        bare = plain(text)
        text, kept, at = f" {bare} ", "", 0
        for _, start, end in self._each(bare):
            kept += text[at:start] + ". "
            at = max(at, end)
        return plain(kept + text[at:]) if kept else bare

    def found_without(self, others: "Phrases", text: str) -> bool:
        """Is one of them there, also when the others are cut out? To cut takes time, and cannot
        bring about what was not there."""
        return bool(self.found(text) and self.found(others.cut(text)))

    def _each(self, bare: str) -> Iterator[tuple[str, int, int]]:
        """Phrase, start and end of what begins at each word, in order. They may overlap."""
        text = f" {bare} "
        for start, word in _placed(bare):
            heads = self._heads.get(word)
            for pattern, ways in self._begin(word) if heads is None else heads:
                match = pattern.match(text, start)
                if match:
                    yield ways[(match.lastindex or 1) - 1].line, start, match.end()
                    break

    def _begin(self, word: str) -> "_Heads":
        """What of the phrases may begin with this word of a text."""
        forms, stems = _forms(word), _stems(word)
        found = [(x, self._whole[x]) for x in self._whole.keys() & forms]
        found += [(f"{x}*", self._begun[x]) for x in self._begun.keys() & stems]
        if len(self._heads) >= _MOST:
            self._heads.clear()
        heads = tuple((self._pattern(key, ways), ways) for key, ways in sorted(found))
        return self._heads.setdefault(word, heads)

    def _pattern(self, key: str, ways: tuple[_Way, ...]) -> re.Pattern[str]:
        # Compiled when it is first needed: most never are.
        if key not in self._compiled:
            self._compiled[key] = re.compile("|".join(f"({x.head}{x.rest})" for x in ways))
        return self._compiled[key]


_Heads = tuple[tuple[re.Pattern[str], tuple[_Way, ...]], ...]
_MOST = 8192
"""Words that are kept in memory."""


def _grouped(ways: Iterable[_Way]) -> dict[str, tuple[_Way, ...]]:
    found: dict[str, list[_Way]] = {}
    for way in ways:
        for form in {way.word, way.word.replace("'", "")}:
            found.setdefault(form, []).append(way)
    return {form: tuple(same) for form, same in found.items()}


_BEGINNING = 60
"""Letters of a word's beginning at most: a line without blanks would have as many as it is long."""


# Each of the pack's many sets of phrases asks it of the same text.
@lru_cache(maxsize=_TEXTS)
def _placed(bare: str) -> tuple[tuple[int, str], ...]:
    """Each word of a plain text with where it begins, between blanks."""
    words = bare.split()
    starts = accumulate((len(x) + 1 for x in words), initial=1)
    return tuple(zip(starts, words, strict=False))


@lru_cache(maxsize=4096)
def _forms(word: str) -> set[str]:
    """What a phrase may write for this word of a text."""
    if word.isalpha() and "ː" not in word:
        return {word}
    forms = [word]
    for _ in range(min(word.count("ː"), 3)):
        # A stretched letter stands for one, or for two.
        forms = [
            y for x in forms for y in (x.replace("ː", "", 1), re.sub("(.)ː", r"\1\1", x, count=1))
        ]
    return {word, *forms, *(x.removesuffix("'s") for x in forms if x.endswith("'s"))}


@lru_cache(maxsize=4096)
def _stems(word: str) -> set[str]:
    return {x[:end] for x in _forms(word) for end in range(2, min(len(x), _BEGINNING) + 1)}


def _ways(lines: Iterable[str]) -> Iterator[_Way]:
    """A pattern for each word that a phrase may begin with."""
    for line in lines:
        parts = line.split()
        runs = f" {' '.join(parts)} ".split(" ... ")
        musts = [[x for x in run.split() if not x.startswith("?")] for run in runs]
        if any(not must or "..." in must for must in musts):
            raise ValueError(f"{line!r} has no word that must be there, or none on a side of ...")
        if len(runs) > 3:
            # Each gap multiplies the ways to try.
            raise ValueError(f"{line!r} has more than two ...")
        words = [[] if x == "..." else _words(x, line) for x in parts]
        for i, part in enumerate(parts):
            rest = "".join(map(_regex, parts[i + 1 :], words[i + 1 :]))
            for first, head in zip(_alternatives(part), words[i], strict=True):
                word, *others = plain(first.removesuffix("*")).split()
                wide = first.endswith("*") and not others
                yield _Way(line=line, word=word, open=wide, head=head, rest=rest)
            if not part.startswith("?"):
                break


def _regex(part: str, words: list[str]) -> str:
    if part == "...":
        return "(?:[^ .]+ ){0,4}?"
    return f"(?:{'|'.join(words)})" + ("?" if part.startswith("?") else "")


def _alternatives(part: str) -> list[str]:
    return part.removeprefix("?").split("|")


def _words(part: str, line: str) -> list[str]:
    return [_word(word, line) for word in _alternatives(part)]


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
