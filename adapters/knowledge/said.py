"""Which of the things that a question asks for a passage has: for people, not for the search."""

from collections import Counter
from collections.abc import Sequence

from adapters.knowledge.passages import Section
from adapters.knowledge.stems import stems
from adapters.knowledge.words import asked, words
from bot.ports import Passage


class Said:
    def __init__(self, sections: Sequence[Section], question: str) -> None:
        spelled: set[str] = set()
        count: Counter[str] = Counter()
        for section in sections:
            here = set(words(f"{' '.join(section.trail)} {section.text}"))
            spelled |= here
            count.update({stem for word in here for stem in stems(word)})

        def frequency(word: str) -> int:
            return max((count[stem] for stem in stems(word)), default=0)

        self._asked = asked(question, frequency, spelled)
        self.things = ["/".join(" ".join(way) for way in x.ways) for x in self._asked]
        """In the question's order, each with its other spellings."""

    def of(self, passage: Passage) -> tuple[list[str], list[str]]:
        """Those that it has, and those that it lacks."""
        here = {x for word in words(f"{passage.title} {passage.text}") for x in stems(word)}
        has: list[str] = []
        lacks: list[str] = []
        for name, thing in zip(self.things, self._asked, strict=True):
            ways = (*thing.ways, *thing.others)
            told = any(all(not here.isdisjoint(stems(word)) for word in way) for way in ways)
            (has if told else lacks).append(name)
        return has, lacks
