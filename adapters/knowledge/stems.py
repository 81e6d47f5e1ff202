"""The stems of words, in English and in German."""

from functools import lru_cache

from tantivy import Filter, TextAnalyzerBuilder, Tokenizer

LANGUAGES = ("english", "german")
_STEMMERS = tuple(
    TextAnalyzerBuilder(Tokenizer.whitespace()).filter(Filter.stemmer(language)).build()
    for language in LANGUAGES
)


@lru_cache(100_000)
def stems(word: str) -> tuple[str, ...]:
    """One for each language."""
    return tuple("".join(stemmer.analyze(word)) for stemmer in _STEMMERS)
