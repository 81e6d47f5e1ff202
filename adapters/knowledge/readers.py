"""Who may read what: to each set of rules that somebody meets, an index of what they allow."""

from collections import OrderedDict
from collections.abc import Iterable

from adapters.knowledge.corpus import Corpus, Rule, rule
from adapters.knowledge.index import HandbookIndex
from adapters.knowledge.meaning import Floats
from adapters.knowledge.passages import Section
from adapters.knowledge.steps import finished
from adapters.knowledge.vectors import Vectors
from bot.people import Requester
from bot.ports import Passage

_VIEWS = 32
"""Indexes that are kept; of more, those that were asked last. Another takes a few milliseconds."""
ANYBODY = Requester(id="", name="", email="", department="", location="", locale="", timezone="")
"""Of whom nothing is known. In most handbooks this one reads what everybody reads."""


class Readable:
    """A handbook, never changed. What a reader may not read is not in the index that answers
    them, so that no rarity, spelling or order can tell of it."""

    def __init__(self, corpus: Corpus, vectors: Vectors | None = None) -> None:
        """`vectors` None: there is no embedder."""
        self.corpus = corpus
        self.vectors = vectors
        self._indexes: OrderedDict[frozenset[int], HandbookIndex] = OrderedDict()

    @staticmethod
    def of(sections: Iterable[Section]) -> "Readable":
        return Readable(finished(Corpus().changed((), sections)))

    def index(self, reader: Requester) -> HandbookIndex:
        """The same for everybody who may read just as much."""
        key = frozenset(n for rule, n in self.corpus.rules.items() if _fits(rule, reader))
        if key not in self._indexes:
            self._indexes[key] = HandbookIndex(self.corpus, key)
        self._indexes.move_to_end(key)
        while len(self._indexes) > _VIEWS:
            self._indexes.popitem(last=False)
        return self._indexes[key]

    def search(
        self, reader: Requester, query: str, limit: int, question: Floats | None = None
    ) -> tuple[Passage, ...]:
        """`question`: the query's vector. None: only words count."""
        likeness = None
        if question is not None and self.vectors is not None:
            likeness = self.vectors.likeness(question, len(self.corpus.sections))
        return self.index(reader).search(query, limit, likeness)

    def passage(self, reader: Requester, id: str) -> Passage | None:
        return self.index(reader).passage(id)


def visible(sections: Iterable[Section], reader: Requester) -> list[Section]:
    return [section for section in sections if _fits(rule(section), reader)]


def _fits(rule: Rule, reader: Requester) -> bool:
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
