"""The search index of one handbook, in memory, as one kind of reader sees it."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from adapters.knowledge.corpus import FREE, Corpus
from adapters.knowledge.fusion import fused
from adapters.knowledge.meaning import Floats
from adapters.knowledge.passages import Section
from adapters.knowledge.ranking import OTHER, Ranking, Told
from adapters.knowledge.steps import finished
from adapters.knowledge.words import Asked, Ways, asked
from bot.ports import Passage

CONFIDENT = 0.5
"""From this score on, the best passage is an answer. Below it, the three best are an offer."""
_BORDER = 1.6
"""The evidence that makes a score of `CONFIDENT`; found on questions to four handbooks."""
_PAGE = 0.5
"""How much the page around a passage weighs, beside the passage."""
_CANDIDATES = 30
"""Passages that are looked at closely, and those that are as good as the last of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Thing:
    """One of those that a question asks for."""

    asked: Asked
    told: Told
    rarity: float
    """The rarer in the handbook, the more it says; most, when it is not there at all."""

    def told_in(self, row: int) -> float:
        """1: the passage has it; less by another name; 0: it has it not."""
        if self.told.own[row]:
            return 1.0
        return OTHER if self.told.others is not None and self.told.others[row] else 0.0


class HandbookIndex:
    """Never changed: a changed handbook gets another."""

    def __init__(self, corpus: Corpus, rules: Iterable[int]) -> None:
        """Of what is under these rules, as if nothing else had been written."""
        may = np.zeros(len(corpus.rules) + 2, np.bool_)  # what nobody may read is last
        may[list(rules)] = True
        self._corpus = corpus
        self.shown: NDArray[np.bool_] = may[corpus.rule_of]
        """By row of the corpus."""
        every = not np.any(~self.shown & (corpus.rule_of != FREE))
        self._passages = Ranking(corpus.texts, corpus.forms, self.shown, every=every)
        pages = may[corpus.page_rule]
        self._pages = Ranking(corpus.pages, corpus.forms, pages, every=every)

    @staticmethod
    def of(sections: Iterable[Section]) -> "HandbookIndex":
        """Whatever their rules."""
        corpus = finished(Corpus().changed((), sections))
        return HandbookIndex(corpus, corpus.rules.values())

    def passage(self, id: str) -> Passage | None:
        row = self._corpus.ids.get(id)
        return self._passage(row, 1.0) if row is not None and self.shown[row] else None

    def search(self, query: str, limit: int, likeness: Floats | None = None) -> tuple[Passage, ...]:
        """The scores say how sure it is. `likeness`: the cosine of the question to each of the
        corpus's rows, or not a number. None: only words count."""
        scores = self._by_words(query, max(limit, _CANDIDATES))
        if scores is None:
            return ()
        if likeness is not None:
            scores = fused(scores, np.where(self.shown, likeness, np.float32(np.nan)))
        surest = sorted(scores.items(), key=lambda one: (-one[1], *self._corpus.order(one[0])))
        return tuple(self._passage(row, score) for row, score in islice(surest, limit))

    def _by_words(self, query: str, limit: int) -> dict[int, float] | None:
        """How sure it is of each passage, 0 to 1. Those after the best are scored in proportion.
        None: there is nothing in the question to look for."""
        things = [self._thing(x) for x in asked(query, self._passages.common, self._passages)]
        if not things:
            return None
        found = self._ranked(things, limit)
        if not found:
            return {}
        strongest = max(found.values())
        row = min((x for x in found if found[x] == strongest), key=self._corpus.order)
        # What the passage says of the question, as BM25 weighs it, against all that it could say;
        # and the more of the question's words it has, the less it can be chance.
        told = sum(thing.told_in(row) for thing in things)
        evidence = told * strongest / sum(thing.rarity for thing in things)
        score = evidence / (evidence + _BORDER)
        return {row: score * strength / strongest for row, strength in found.items()}

    def _ranked(self, things: Sequence[_Thing], limit: int) -> dict[int, float]:
        """The strength of each passage, the strongest `limit` of them at least."""
        pages = self._pages.best([self._pages.told(x.asked).strengths for x in things], limit)
        found = self._passages.best([x.told.strengths for x in things], limit)
        all_of_it = sum(thing.rarity for thing in things)
        for row, strength in found.items():
            strength += _PAGE * pages.get(int(self._corpus.page_of[row]), 0.0)
            share = sum(thing.rarity * thing.told_in(row) for thing in things) / all_of_it
            found[row] = strength * (1 + share) / 2
        return found

    def _thing(self, asked: Asked) -> _Thing:
        common = self._commonest(asked.ways) or self._commonest(asked.others)
        return _Thing(
            asked=asked,
            told=self._passages.told(asked),
            rarity=math.log(1 + (self._passages.texts - common + 0.5) / (common + 0.5)),
        )

    def _commonest(self, ways: Ways) -> int:
        return max((min(map(self._passages.common, way)) for way in ways), default=0)

    def _passage(self, row: int, score: float) -> Passage:
        section = self._corpus.sections[row]
        assert section
        return passage_of(section, score)


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
