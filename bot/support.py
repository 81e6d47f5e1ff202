"""Support: is what a model says in what it was given? Sentence by sentence, without a model."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from bot.figures import Figure, figures
from bot.given import BULLET, CLAUSE, Given, Part, bare, denies, given
from bot.ports import Passage
from bot.tongue import Tongue, content, stems, tongue
from bot.words import plain

# The share of a sentence's words that what supports it must have; less where its figures stand
# there, too.
_COVERED = 0.6
_COUNTED = 0.4
# The share from which another passage than the one that is cited clearly supports it.
_CLEARLY = 0.75
# The share of a clause's words from which a line says the same, or the very opposite.
_SAME = 0.66
# Words of a clause below which nothing is told of it.
_CLAUSE_WORDS = 2
# Figures of a sentence that are reckoned with each other.
_FEW = 8
_MARK = re.compile(r"\[\^?(\d{1,3}(?:\s?[,;–-]\s?\d{1,3})*)\](?!\()")
_CODE = re.compile(r"```[\s\S]*?(?:```|\Z)|`([^`\n]+)`")
_QUOTE = re.compile(r"[\"“„«]([^\"”“»\n]{2,60})[\"”“»]")
# A name by its letters, wherever it stands: VPN, GitHub, F5, S3.
_LETTERS = re.compile(r"\b(?:[A-Z]{2,}[A-Za-z]*\d*|[A-Z][a-z]+[A-Z]\w*|[a-z]+[A-Z]\w*|[A-Z]\d+)\b")
_CAPITAL = re.compile(r"(?<![.!?:;•\"“„*|(\n])(?<!^)(?<=[a-z0-9,’')] )([A-Z][a-z]{2,})\b")
# Said of oneself and of the talk: it claims nothing of the company.
_TALK = re.compile(
    r"\b(?:i|we) (?:could|can|did|do|was|am|will)(?:not|n't)?\b|\bi'(?:m|ll|ve|d)\b|\bi have\b"
    r"|\blet me\b|\bhope\b|\bsorry\b|\bthanks?\b|\bthank you\b|\bglad\b|\bwelcome\b"
    r"|\bhappy to\b|\bfeel free\b"
    r"|\b(?:handbook|passages?|pages?|sources?) (?:does|do|did|says?|said) ?(?:not|nothing|n't)\b"
    r"|\bask (?:a|an|the)? ?(?:person|human|people|desk|colleague)\b"
    r"|\bich (?:kann|konnte|habe|finde|fand|bin|werde|hoffe)\b|\btut mir leid\b|\bgern\b|\bhoffe\b"
    r"|\bmelde dich\b|\bsag (?:mir )?bescheid\b|\bhandbuch (?:steht|sagt|nennt)\b"
)


@dataclass(frozen=True, slots=True)
class _Said:
    """A sentence of an answer."""

    text: str
    """Without its marks and its bullet."""
    cited: tuple[int, ...]
    """The passages it names, from 0; those that are there."""
    states: bool
    """False: a question, a heading, a courtesy."""
    talk: bool
    """It is about the talk itself. Only its figures and names are compared."""


@dataclass(frozen=True)
class Ground:
    """All that an answer may rest on."""

    passages: tuple[Passage, ...]
    """Mark `[n]` is the n-th."""
    said: tuple[str, ...] = ()
    """What was answered before, and what people wrote."""
    results: tuple[str, ...] = ()
    """What tools returned, for machines: only figures and names are compared."""
    asked: str = ""
    """The requester's own words: they may be said again."""
    names: str = ""
    """Of people, desks and the company, which are no news to anybody here."""

    @cached_property
    def _texts(self) -> tuple[Given, ...]:
        return tuple(given(x.title, x.text) for x in self.passages)

    @cached_property
    def _rest(self) -> tuple[Given, ...]:
        return tuple(given("", x) for x in self.said)

    @cached_property
    def _results(self) -> tuple[Given, ...]:
        return tuple(given("", x) for x in self.results)

    @cached_property
    def _asked(self) -> Given:
        return given(self.names, self.asked)

    def upheld(self, sentences: Sequence[str]) -> list[str | None]:
        """Each sentence as it may leave, with a mark where its paragraph has none. None: nothing
        that was given supports it. If more falls than stays, all does: the rest would mislead."""
        whole = tongue(" ".join(sentences))
        kept: list[str | None] = []
        paragraph: list[int] = []
        backed_by: list[int | None] = []
        lost = left = 0
        for at, text in enumerate(sentences):
            said = _said(text, len(self.passages))
            known = (x for x in (tongue(said.text), whole) if x is not Tongue.UNKNOWN)
            speech = next(known, self._asked.tongue)
            backing = self._backing(said, speech) if said.states else _Backing(True, None)
            lost += not backing.found
            left += said.states and not said.talk and backing.found
            kept.append(_recite(text, said, backing) if backing.found else None)
            backed_by.append(backing.passage if said.states and not said.talk else None)
            paragraph.append(at)
            if "\n\n" in text or at == len(sentences) - 1:
                self._mark(kept, [x for x in paragraph if kept[x] is not None], backed_by)
                paragraph = []
        return [None] * len(kept) if lost > left else kept

    def _mark(
        self, kept: list[str | None], paragraph: Sequence[int], backed_by: Sequence[int | None]
    ) -> None:
        """A paragraph that states something and names no source gets the one that supports it."""
        by = [x for at in paragraph if (x := backed_by[at]) is not None]
        if not by or any(_MARK.search(kept[at] or "") for at in paragraph):
            return
        best = max(by, key=by.count)
        last = max(at for at in paragraph if backed_by[at] is not None)
        text = kept[last] or ""
        end = text.rstrip()
        table = end.rpartition("\n")[2].startswith(("|", "```"))
        kept[last] = f"{end}{chr(10) * 2 if table else ' '}[{best + 1}]{text[len(end) :]}"

    def _backing(self, said: _Said, speech: Tongue) -> "_Backing":
        own = figures(said.text)
        cited = [self._texts[x] for x in said.cited]
        if cited and self._supports(said, own, cited, speech) >= 0:
            return _Backing(True, said.cited[0])
        scored = [(self._supports(said, own, [x], speech), -at) for at, x in enumerate(self._texts)]
        best, place = max(scored, default=(-1.0, 0))
        if best >= (_CLEARLY if cited else 0):
            return _Backing(True, -place)
        if not cited and any(self._supports(said, own, [x], speech) >= 0 for x in self._rest):
            return _Backing(True, None)
        # What is said of the talk needs no source, but no figure or name of its own either; nor
        # does what a tool returned.
        if said.talk or (self._results and not cited):
            every = [*self._texts, *self._rest, *self._results]
            named = self._named(said.text, every, speech)
            return _Backing(named and self._counted(own, every) is not None, None)
        return _Backing(False, None)

    def _supports(
        self, said: _Said, own: frozenset[Figure], texts: Sequence[Given], speech: Tongue
    ) -> float:
        """How much of it these texts say, 0 to 1. Below 0: they do not."""
        if any(x.says(said.text) for x in texts):
            return 1.0
        counted = self._counted(own, texts)
        if counted is None or not self._named(said.text, texts, speech):
            return -1
        words = content(said.text)
        foreign = all(x.tongue not in (speech, Tongue.UNKNOWN) for x in texts)
        if said.talk or not words or (foreign and speech is not Tongue.UNKNOWN):
            return 0.4 if counted else 0.2
        parts = [y for x in (*self._texts, *texts) if x.tongue is speech for y in x.parts]
        if _denied(said.text, parts) or _outdone(counted, frozenset(words), parts):
            return -1
        there = sum(any(x in y.plain for y in texts) for x in words)
        echoed = sum(x in self._asked.plain and not any(x in y.plain for y in texts) for x in words)
        if not (there or counted):
            return -1
        enough = (there + echoed) / len(words) >= (_COUNTED if counted else _COVERED)
        return there / len(words) if enough else -1

    def _named(self, text: str, texts: Sequence[Given], speech: Tongue) -> bool:
        """Are all its names and quotations theirs?"""
        code = [bare(x[1] or x[0]) for x in _CODE.finditer(text)]
        if not all(any(x in y.letters for y in texts) for x in code):
            return False
        same = any(x.tongue is speech for x in texts)
        names = [x[0] for x in _LETTERS.finditer(_CODE.sub(" ", text))]
        if same and speech is Tongue.ENGLISH:
            names += [x[1] for x in _CAPITAL.finditer(text)]
        if same:
            names += [x[1] for x in _QUOTE.finditer(text)]
        known = [*texts, self._asked]
        return all(any(bare(x) in y.letters or x in y.initials for y in known) for x in names)

    def _counted(self, own: frozenset[Figure], texts: Sequence[Given]) -> frozenset[Figure] | None:
        """Those of its figures that stand there. None: one of them neither does, nor follows."""
        there = {x for x in own if any(x.equals(y) for text in texts for y in text.figures)}
        mine = {x for x in own - there if any(x.equals(y) for y in self._asked.figures)}
        known = there | mine
        rest = {x for x in own - known if not _follows(x, known)}
        # What only the requester said is no fact, unless something here is set against it.
        return None if rest or (mine and not there) else frozenset(there)


@dataclass(frozen=True, slots=True)
class _Backing:
    found: bool
    passage: int | None
    """From 0. None: it rests on no passage."""


def _follows(figure: Figure, known: Iterable[Figure]) -> bool:
    """Is it a sum, difference or product of two others in the same sentence?"""
    numbers = [x.said for x in known if x.said >= 0][:_FEW]
    for at, one in enumerate(numbers):
        for other in numbers[at:]:
            results = {one + other, abs(one - other), one * other}
            results |= {x / y for x, y in ((one, other), (other, one)) if y}
            results |= {one * other / 100}
            if any(abs(figure.said - x) < 0.01 for x in results):
                return True
    return False


def _outdone(counted: Iterable[Figure], words: frozenset[str], parts: Sequence[Part]) -> bool:
    """Is there a part that is more about it, and has another figure of the same kind?"""
    for figure in counted:
        alike = [x for x in parts if figure.kind and any(y.kind == figure.kind for y in x.figures)]
        mine = [x for x in alike if any(figure.equals(y) for y in x.figures)]
        own = [(words & x.around, words & x.words) for x in mine]
        for part in alike:
            around, inside = words & part.around, words & part.words
            if (
                own
                and part not in mine
                and all(x < around or (x == around and y < inside) for x, y in own)
            ):
                return True
    return False


def _denied(text: str, parts: Sequence[Part]) -> bool:
    """Does what says the same say the opposite? Not told of a sentence that does both."""
    clauses = [(stems(x), denies(x)) for x in CLAUSE.split(text)]
    both = any(no for _, no in clauses)
    for words, no in clauses:
        if len(words) < _CLAUSE_WORDS or (both and not no):
            continue
        best = {True: 0.0, False: 0.0}
        for part in parts:
            best[part.denies] = max(best[part.denies], len(words & part.words) / len(words))
        if best[not no] >= _SAME and best[no] < best[not no]:
            return True
    return False


def _said(text: str, passages: int) -> _Said:
    if not any(x.isalnum() for x in text):
        return _Said(text="", cited=(), states=False, talk=False)
    numbers = [int(n) for x in _MARK.finditer(text) for n in re.findall(r"\d+", x[1])]
    plainly = BULLET.sub("", _MARK.sub("", text)).strip()
    low = plain(plainly)
    heading = plainly.startswith("#") or text.lstrip().startswith("#") or plainly.endswith(":")
    heading = heading or (
        plainly.startswith("**") and plainly.endswith("**") and "**" not in plainly[2:-2]
    )
    question = plainly.rstrip('*_"”)').endswith("?")
    states = (
        not question
        and bool(content(plainly) or figures(plainly))
        and not (heading and not figures(plainly))
    )
    return _Said(
        text=plainly,
        cited=tuple(dict.fromkeys(x - 1 for x in numbers if 0 < x <= passages)),
        states=states,
        talk=bool(_TALK.search(low)),
    )


def _recite(text: str, said: _Said, backing: _Backing) -> str:
    """With the mark of the passage that says so, if it named another."""
    if not said.cited or backing.passage is None or backing.passage in said.cited:
        return text
    first = _MARK.search(text)
    assert first
    without = _MARK.sub("", text[first.end() :])
    return f"{text[: first.start()]}[{backing.passage + 1}]{without}"
