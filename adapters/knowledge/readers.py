"""Who may read what: an index for each set of sections that somebody may read, of just these."""

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from adapters.knowledge.index import HandbookIndex, passage_of
from adapters.knowledge.meaning import Floats
from adapters.knowledge.passages import Section
from adapters.knowledge.vectors import Vectors
from bot.people import Requester
from bot.ports import Passage

_VIEWS = 32
"""Sets of sections that are kept indexed; of more, those that were asked for last."""

_WARM = 4
"""Of these, those that a changed handbook has from the start. Others wait for their first search,
so that a change is seen soon however many groups there are."""

_Rule = tuple[frozenset[str] | None, frozenset[tuple[str, frozenset[str]]]]
"""The groups that may read a section, and to whom it applies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What one reader, and everybody who may read just as much, is shown."""

    index: HandbookIndex
    rows: NDArray[np.intp] | slice
    """Where the index's sections stand among all of the handbook, in their order."""
    reader: Requester
    """Whoever asked for it first. Another handbook's view for them replaces it."""


class Readable:
    """A handbook. What a reader may not read is not in the index that answers them, so that no
    rarity, spelling or order can tell of it."""

    def __init__(self, sections: Sequence[Section]) -> None:
        self.sections = sections
        self.vectors: Vectors | None = None
        """None: there is no embedder."""
        self._by_id = {section.id: section for section in sections}
        self._rules: dict[_Rule, int] = {}
        self._rule_of = [self._rules.setdefault(_rule(x), len(self._rules)) for x in sections]
        self._views: OrderedDict[frozenset[int], asyncio.Task[View]] = OrderedDict()

    def readers(self) -> Sequence[Requester]:
        """One for each of the indexes that were asked last."""
        done = (x for x in self._views.values() if x.done() and not x.cancelled())
        return [x.result().reader for x in done if x.exception() is None][-_WARM:]

    async def prepare(self, readers: Iterable[Requester]) -> None:
        for reader in readers:
            await self.view(reader)

    async def view(self, reader: Requester) -> View:
        """Waits for the index if nobody has asked for one like it before."""
        key = frozenset(n for rule, n in self._rules.items() if _fits(rule, reader))
        if key not in self._views:
            self._views[key] = asyncio.create_task(asyncio.to_thread(self._view, key, reader))
        self._views.move_to_end(key)
        while len(self._views) > _VIEWS:
            self._views.popitem(last=False)
        task = self._views[key]
        try:
            return await asyncio.shield(task)  # others may wait for it too
        except Exception:
            self._views.pop(key, None)
            raise

    async def search(
        self, reader: Requester, query: str, limit: int, question: Floats | None = None
    ) -> tuple[Passage, ...]:
        """`question`: the query's vector. None: only words count."""
        view = await self.view(reader)
        likeness = None
        if question is not None and self.vectors is not None:
            likeness = self.vectors.likeness(question)
        seen = None if likeness is None else likeness[view.rows]
        return view.index.search(query, limit, seen)

    def passage(self, reader: Requester, id: str) -> Passage | None:
        section = self._by_id.get(id)
        return passage_of(section, 1.0) if section and _fits(_rule(section), reader) else None

    def _view(self, key: frozenset[int], reader: Requester) -> View:
        if len(key) == len(self._rules):
            return View(index=HandbookIndex(self.sections), rows=slice(None), reader=reader)
        rows = [row for row, rule in enumerate(self._rule_of) if rule in key]
        index = HandbookIndex([self.sections[row] for row in rows])
        return View(index=index, rows=np.array(rows, np.intp), reader=reader)


def visible(sections: Iterable[Section], reader: Requester) -> list[Section]:
    return [section for section in sections if _fits(_rule(section), reader)]


def _rule(section: Section) -> _Rule:
    return section.audience, frozenset(section.applies_to.items())


def _fits(rule: _Rule, reader: Requester) -> bool:
    """What nobody told of a reader fits no page that asks for it: Boston's leave is not shown to
    whoever may be in Berlin."""
    audience, applies_to = rule
    allowed = audience is None or not audience.isdisjoint(reader.groups)
    facts = {
        "country": reader.country,
        "entity": reader.entity,
        "contract": reader.contract,
        "department": reader.department,
        "location": reader.location,
    }
    return allowed and all(facts.get(what) in those for what, those in applies_to)
