"""A changed handbook is found in as if it had been written so at once; BM25 is what tantivy has."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tantivy import Document, Index, Occur, Query, SchemaBuilder

from adapters.knowledge.corpus import Corpus
from adapters.knowledge.passages import Section
from adapters.knowledge.ranking import Ranking
from adapters.knowledge.readers import Readable
from adapters.knowledge.stems import LANGUAGES, stems
from adapters.knowledge.steps import finished
from adapters.knowledge.texts import Forms, Text, Texts
from adapters.knowledge.vectors import Vectors
from adapters.knowledge.words import Asked
from bot.people import Requester
from tests.fakes import SAM
from tests.fixtures.model.embedder import vector
from tests.unit.test_readers import GROUPS, WORDS, handbooks, query, readers, rounded, text

BOARD = replace(SAM, groups=frozenset(GROUPS))

changes = st.lists(st.tuples(st.frozensets(st.integers(0, 3)), handbooks), min_size=1, max_size=4)
"""Numbers of pages that go, and a handbook some of whose pages replace those that are there."""


def of_pages(sections: Sequence[Section], pages: frozenset[str]) -> list[Section]:
    return [x for x in sections if x.page in pages]


@given(changes=changes, reader=readers, query=query)
@settings(max_examples=80, deadline=None)
async def test_what_was_changed_is_as_if_it_had_been_written_so(
    changes: list[tuple[frozenset[int], list[Section]]], reader: Requester, query: str
) -> None:
    corpus, vectors, now = Corpus(), Vectors(), list[Section]()
    for numbers, others in changes:
        gone = {f"page{n}.md" for n in numbers}
        added = of_pages(others, frozenset({x.page for x in others} - gone))
        removed = gone | {x.page for x in added}
        before = corpus
        seen = Readable(before).search(reader, query, 9)
        corpus = finished(corpus.changed(removed, added))
        assert Readable(before).search(reader, query, 9) == seen
        finished(vectors.add({corpus.ids[x.id]: x for x in added}))
        finished(vectors.remove([x for page in removed for x in before.rows.get(page, ())]))
        now = [x for x in now if x.page not in removed] + added
    fresh, anew = finished(Corpus().changed((), now)), Vectors()
    finished(anew.add(dict(enumerate(now))))
    assert Readable(corpus).search(reader, query, 9) == Readable(fresh).search(reader, query, 9)
    question = np.array(vector(query), np.float32)
    found = [
        Readable(x, filled(y)).search(reader, query, 9, question)
        for x, y in ((corpus, vectors), (fresh, anew))
    ]
    assert [rounded(x) for x in found[0]] == [rounded(x) for x in found[1]]


def filled(vectors: Vectors) -> Vectors:
    for hash in vectors.missing():
        vectors.put(hash, np.array(vector(vectors.text(hash)), np.float32))
    return vectors


@given(sections=handbooks, taken=st.frozensets(st.integers(0, 3)), query=query)
@settings(max_examples=50, deadline=None)
async def test_what_was_taken_away_is_as_if_it_had_never_been_written(
    sections: list[Section], taken: frozenset[int], query: str
) -> None:
    pages = {f"page{n}.md" for n in taken}
    corpus = finished(Corpus().changed((), sections)).without(pages)
    left = Readable.of([x for x in sections if x.page not in pages])
    assert Readable(corpus).search(BOARD, query, 9) == left.search(BOARD, query, 9)
    assert all(Readable(corpus).passage(BOARD, x.id) is None for x in sections if x.page in pages)
    assert finished(corpus.changed(pages, ())).rows.keys().isdisjoint(pages)


@given(
    texts=st.lists(st.tuples(text, text), min_size=1, max_size=6),
    word=st.sampled_from((*WORDS, "unheard")),
)
@settings(max_examples=50, deadline=None)
def test_a_word_weighs_what_it_weighs_in_tantivy(texts: list[tuple[str, str]], word: str) -> None:
    forms = Forms()
    forms.add(WORDS)
    made = Texts().changed((), [Text(n, x.split(), y.split()) for n, (x, y) in enumerate(texts)])
    ranking = Ranking(finished(made), forms, np.ones(len(texts), np.bool_), every=True)
    found = ranking.best([ranking.told(Asked(ways=((word,),), others=())).strengths], 9)
    assert found == pytest.approx(by_tantivy(texts, word), rel=1e-4)


def by_tantivy(texts: list[tuple[str, str]], word: str) -> dict[int, float]:
    builder = SchemaBuilder().add_unsigned_field("number", fast=True)
    each = [(x, n, field) for n, x in enumerate(LANGUAGES) for field in ("title", "text")]
    for language, _, field in each:
        builder.add_text_field(f"{field}_{language}", tokenizer_name="whitespace")
    schema = builder.build()
    index = Index(schema)
    writer = index.writer(15_000_000, num_threads=1)
    for number, both in enumerate(texts):
        document = Document()
        document.add_unsigned("number", number)
        for language, n, field in each:
            said = both[field == "text"].split()
            document.add_text(f"{field}_{language}", " ".join(stems(x)[n] for x in said))
        writer.add_document(document)
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    terms = [
        [Query.term_query(schema, f"{x}_{language}", stems(word)[n]) for x in ("title", "text")]
        for n, language in enumerate(LANGUAGES)
    ]
    fields = [Query.boolean_query([(Occur.Should, term) for term in each]) for each in terms]
    searcher = index.searcher()
    hits = searcher.search(Query.disjunction_max_query(fields), 9).hits
    numbers = searcher.fast_field_values("number", [address for _, address in hits])
    return {int(n or 0): float(hit[0] or 0) for n, hit in zip(numbers, hits, strict=True)}
