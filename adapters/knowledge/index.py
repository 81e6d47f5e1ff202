"""The search index of one handbook, in memory."""

import math
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from adapters.knowledge.fusion import fused
from adapters.knowledge.meaning import Floats
from adapters.knowledge.passages import Section
from adapters.knowledge.ranking import OTHER, Ranking
from adapters.knowledge.stems import stems
from adapters.knowledge.words import Asked, Ways, asked, words
from bot.ports import Passage

CONFIDENT = 0.5
"""From this score on, the best passage is an answer. Below it, the three best are an offer."""
_BORDER = 1.6
"""The evidence that makes a score of `CONFIDENT`; found on questions to four handbooks."""
_PAGE = 0.5
"""How much the page around a passage weighs, beside the passage."""
_CANDIDATES = 30
"""Passages that are looked at closely."""


_Numbers = tuple[tuple[frozenset[int], ...], ...]
"""Ways to say a thing, each word as the numbers of its stems."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Thing:
    """One of those that a question asks for."""

    asked: Asked
    ways: _Numbers
    others: _Numbers
    """By other names."""
    rarity: float
    """The rarer in the handbook, the more it says; most, when it is not there at all."""

    def told(self, stems: set[int]) -> float:
        """1: the passage has it; less by another name; 0: it has it not."""
        if any(all(not stems.isdisjoint(word) for word in way) for way in self.ways):
            return 1.0
        if any(all(not stems.isdisjoint(word) for word in way) for way in self.others):
            return OTHER
        return 0.0


class HandbookIndex:
    """Built whole and never changed: a changed handbook gets another."""

    def __init__(self, sections: Sequence[Section]) -> None:
        self._sections = sections
        self._by_id = {section.id: section for section in sections}
        titles = [words(" ".join(section.trail)) for section in sections]
        texts = [words(section.text) for section in sections]
        self._spelled = {word for found in (*titles, *texts) for word in found}
        self._numbers: dict[str, int] = {}
        """Of all stems, whatever their language."""
        self._stems = [
            self._numbered(title + text) for title, text in zip(titles, texts, strict=True)
        ]
        self._counts = Counter(number for numbers in self._stems for number in numbers)
        self._passages = Ranking(zip(titles, texts, strict=True))
        pages: dict[str, tuple[list[str], list[str]]] = {}
        for section, title, text in zip(sections, titles, texts, strict=True):
            name, whole = pages.setdefault(section.page, (words(section.trail[0]), []))
            whole += title[len(name) :] + text
        self._pages = Ranking(pages.values())
        order = {page: number for number, page in enumerate(pages)}
        self._page_of = [order[section.page] for section in sections]

    def passage(self, id: str) -> Passage | None:
        section = self._by_id.get(id)
        return passage_of(section, 1.0) if section else None

    def search(self, query: str, limit: int, likeness: Floats | None = None) -> tuple[Passage, ...]:
        """The scores say how sure it is. `likeness`: the cosine of the question to each of the
        sections, or not a number. None: only words count."""
        scores = self._by_words(query, max(limit, _CANDIDATES))
        if scores is None:
            return ()
        if likeness is not None:
            scores = fused(scores, likeness)
        best = islice(scores.items(), limit)
        return tuple(passage_of(self._sections[number], score) for number, score in best)

    def _by_words(self, query: str, limit: int) -> dict[int, float] | None:
        """How sure it is of each passage, 0 to 1, the surest first. Those after the best are
        scored in proportion. None: there is nothing in the question to look for."""
        things = [self._thing(thing) for thing in asked(query, self._frequency, self._spelled)]
        if not things:
            return None
        found = self._ranked(things, limit)
        if not found:
            return {}
        strongest, number = found[0]
        # What the passage says of the question, as BM25 weighs it, against all that it could say;
        # and the more of the question's words it has, the less it can be chance.
        stems = set(self._stems[number])
        told = sum(thing.told(stems) for thing in things)
        evidence = told * strongest / sum(thing.rarity for thing in things)
        score = evidence / (evidence + _BORDER)
        return {number: score * strength / strongest for strength, number in found}

    def _ranked(self, things: Sequence[_Thing], limit: int) -> list[tuple[float, int]]:
        """Strength and number of each passage, the strongest first."""
        question = [thing.asked for thing in things]
        pages = self._pages.best(question, limit)
        found: list[tuple[float, int]] = []
        for number, strength in self._passages.best(question, limit).items():
            strength += _PAGE * pages.get(self._page_of[number], 0.0)
            found.append((strength * (1 + self._share(things, number)) / 2, number))
        return sorted(found, key=lambda one: (-one[0], one[1]))

    def _share(self, things: Sequence[_Thing], number: int) -> float:
        """How much of the question is in the passage, by rarity."""
        stems = set(self._stems[number])
        told = sum(thing.rarity * thing.told(stems) for thing in things)
        return told / sum(thing.rarity for thing in things)

    def _thing(self, asked: Asked) -> _Thing:
        common = self._commonest(asked.ways) or self._commonest(asked.others)
        return _Thing(
            asked=asked,
            ways=self._numbers_of(asked.ways),
            others=self._numbers_of(asked.others),
            rarity=math.log(1 + (len(self._sections) - common + 0.5) / (common + 0.5)),
        )

    def _numbers_of(self, ways: Ways) -> _Numbers:
        return tuple(tuple(map(self._known, way)) for way in ways)

    def _commonest(self, ways: Ways) -> int:
        return max((min(map(self._frequency, way)) for way in ways), default=0)

    def _frequency(self, word: str) -> int:
        """How many passages have it, in any of its forms."""
        return max((self._counts[number] for number in self._known(word)), default=0)

    def _known(self, word: str) -> frozenset[int]:
        return frozenset(self._numbers[stem] for stem in stems(word) if stem in self._numbers)

    def _numbered(self, said: Iterable[str]) -> "array[int]":
        found = {stem for word in said for stem in stems(word)}
        return array("I", (self._numbers.setdefault(stem, len(self._numbers)) for stem in found))


def passage_of(section: Section, score: float) -> Passage:
    return Passage(
        id=section.id,
        title=section.title,
        text=section.text,
        url=section.url,
        score=score,
        specialist=section.specialist,
        owner=section.owner,
        reviewed=section.reviewed,
        audience=section.audience,
        applies_to=section.applies_to,
        locale=section.locale,
    )
