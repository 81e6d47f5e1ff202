"""Ranks texts by BM25, in English and in German."""

from collections.abc import Iterable, Mapping

from tantivy import Document, Index, Occur, Query, SchemaBuilder

from adapters.knowledge.stems import LANGUAGES, stems
from adapters.knowledge.words import Asked

_MEMORY = 15_000_000
"""Bytes for writing: the least that tantivy takes."""
OTHER = 0.7
"""What a thing by another name is worth, beside the same by its own."""


class Ranking:
    """Built whole and never changed."""

    def __init__(self, texts: Iterable[tuple[list[str], list[str]]]) -> None:
        """The words of each title and text."""
        builder = SchemaBuilder().add_unsigned_field("number", fast=True)
        for language in LANGUAGES:
            for field in (f"title_{language}", f"text_{language}"):
                builder.add_text_field(field, tokenizer_name="whitespace", index_option="freq")
        self._schema = builder.build()
        index = Index(self._schema)
        writer = index.writer(_MEMORY, num_threads=1)
        for number, (title, text) in enumerate(texts):
            writer.add_document(_document(number, title, text))
        writer.commit()
        writer.wait_merging_threads()
        index.reload()
        self._searcher = index.searcher()

    def best(self, question: Iterable[Asked], limit: int) -> Mapping[int, float]:
        """How strongly each of the best texts answers, by its number."""
        query = Query.boolean_query([(Occur.Should, self._thing(asked)) for asked in question])
        hits = self._searcher.search(query, limit, count=False).hits
        numbers = self._searcher.fast_field_values("number", [address for _, address in hits])
        return {int(number or 0): hit[0] for number, hit in zip(numbers, hits, strict=True)}

    def _thing(self, asked: Asked) -> Query:
        """However many ways a text has, it has the thing once."""
        others = (Query.boost_query(self._way(way), OTHER) for way in asked.others)
        return Query.disjunction_max_query([*map(self._way, asked.ways), *others])

    def _way(self, way: tuple[str, ...]) -> Query:
        if len(way) == 1:
            return self._word(way[0])
        all_of_it = Query.boolean_query([(Occur.Must, self._word(word)) for word in way])
        return Query.boost_query(all_of_it, 1 / len(way))

    def _word(self, word: str) -> Query:
        in_each = zip(LANGUAGES, stems(word), strict=True)
        return Query.disjunction_max_query([self._stem(*found) for found in in_each])

    def _stem(self, language: str, stem: str) -> Query:
        """A title is a field of its own, and so short that its words weigh far more."""
        in_both = (f"title_{language}", f"text_{language}")
        terms = (Query.term_query(self._schema, field, stem, "freq") for field in in_both)
        return Query.boolean_query([(Occur.Should, term) for term in terms])


def _document(number: int, title: list[str], text: list[str]) -> Document:
    document = Document()
    document.add_unsigned("number", number)
    for field, said in (("title", title), ("text", text)):
        each = [stems(word) for word in said]
        for number_of_language, language in enumerate(LANGUAGES):
            found = " ".join(stem[number_of_language] for stem in each)
            document.add_text(f"{field}_{language}", found)
    return document
