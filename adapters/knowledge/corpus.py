"""The sections of one handbook with their words: what every reader's index is a view of."""

from collections.abc import Collection, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, count

import numpy as np
from numpy.typing import NDArray

from adapters.knowledge.passages import Section
from adapters.knowledge.texts import Forms, Text, Texts
from adapters.knowledge.words import words

Rule = tuple[frozenset[str] | None, frozenset[tuple[str, frozenset[str]]]]
"""The groups that may read a section, and to whom it applies."""
Numbers = NDArray[np.intp]
_Said = dict[int, Text]
"""By row."""

_NOBODY, FREE = -1, -2
"""Rules of what was taken away already, and of a row where nothing is."""


def rule(section: Section) -> Rule:
    return section.audience, frozenset(section.applies_to.items())


def _none() -> Numbers:
    return np.zeros(0, np.intp)


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """Never changed: `changed` and `without` make others, which share what is the same."""

    sections: Sequence[Section | None] = ()
    """By row. None: the row is free."""
    ids: Mapping[str, int] = field(default_factory=dict[str, int])
    """The row of each section."""
    rows: Mapping[str, list[int]] = field(default_factory=dict[str, list[int]])
    """Of each page's sections, in their order."""
    rule_of: Numbers = field(default_factory=_none)
    """By row, a number of `rules`; below 0: nobody may read it."""
    page_of: Numbers = field(default_factory=_none)
    """By row, the row in `pages`. Sections of one page under two rules count as two pages."""
    page_rule: Numbers = field(default_factory=_none)
    """By row in `pages`."""
    rules: dict[Rule, int] = field(default_factory=dict[Rule, int])
    """It only grows, and serves all versions."""
    forms: Forms = field(default_factory=Forms)
    texts: Texts = field(default_factory=Texts)
    pages: Texts = field(default_factory=Texts)

    def order(self, row: int) -> tuple[str, int]:
        """Sorts sections by page and as the page has them, whatever was written when."""
        section = self.sections[row]
        assert section
        return section.page, self.rows[section.page].index(row)

    def rule(self, page: str) -> Rule | None:
        """None: its sections have none in common, or nobody may read them."""
        numbers = set(self.rule_of[list(self.rows.get(page, ()))].tolist())
        return next((x for x, n in self.rules.items() if {n} == numbers), None)

    def without(self, pages: Iterable[str]) -> "Corpus":
        """The same, but nobody may read these pages."""
        rule_of, page_rule = self.rule_of.copy(), self.page_rule.copy()
        for page in pages:
            rows = list(self.rows.get(page, ()))
            rule_of[rows] = _NOBODY
            page_rule[self.page_of[rows]] = _NOBODY
        return replace(self, rule_of=rule_of, page_rule=page_rule)

    def changed(
        self, removed: Collection[str], added: Iterable[Section]
    ) -> Generator[None, None, "Corpus"]:
        """`removed`: pages, also those that are only replaced by what is `added`, which is of no
        page that stays. Between its steps others may do something."""
        sections, ids, rows = list(self.sections), dict(self.ids), dict(self.rows)
        # What is freed now is taken at the next change: nothing is removed and added in one row.
        free = chain([n for n, x in enumerate(sections) if x is None], count(len(sections)))
        free_pages = chain(
            np.flatnonzero(self.page_rule == FREE).tolist(), count(len(self.page_rule))
        )

        gone: _Said = {}
        gone_pages: _Said = {}
        for page in removed:
            for row in rows.pop(page, ()):
                section = sections[row]
                assert section
                del ids[section.id]
                sections[row] = None
                _say(section, row, int(self.page_of[row]), gone, gone_pages)
                yield

        new: _Said = {}
        new_pages: _Said = {}
        groups: dict[tuple[str, int], int] = {}
        rules: dict[int, int] = {}
        pages: dict[int, int] = {}
        for section, row in zip(added, free):  # noqa: B905 (there are always free rows)
            number = self.rules.setdefault(rule(section), len(self.rules))
            page = groups.get((section.page, number))
            if page is None:
                page = groups[section.page, number] = next(free_pages)
            rules[row], pages[row] = number, page
            if row == len(sections):
                sections.append(None)
            sections[row] = section
            ids[section.id] = row
            rows.setdefault(section.page, []).append(row)
            self.forms.add(_say(section, row, page, new, new_pages))
            yield

        page_rules = {page: number for (_, number), page in groups.items()}
        return replace(
            self,
            sections=sections,
            ids=ids,
            rows=rows,
            rule_of=_updated(self.rule_of, gone, rules),
            page_of=_updated(self.page_of, gone, pages),
            page_rule=_updated(self.page_rule, gone_pages, page_rules),
            texts=(yield from self.texts.changed(gone.values(), new.values())),
            pages=(yield from self.pages.changed(gone_pages.values(), new_pages.values())),
        )


def _say(section: Section, row: int, page: int, texts: _Said, pages: _Said) -> list[str]:
    """Adds its words to its own and to its page's, whose title is that of its first section.
    Returns them."""
    title, text = words(" ".join(section.trail)), words(section.text)
    texts[row] = Text(row, title, text)
    whole = pages.get(page)
    if whole is None:
        whole = pages[page] = Text(page, words(section.trail[0]), [])
    whole.text.extend(title[len(whole.title) :] + text)
    return title + text


def _updated(numbers: Numbers, gone: Iterable[int], new: Mapping[int, int]) -> Numbers:
    made = np.full(max(len(numbers), 1 + max(new, default=-1)), FREE, np.intp)
    made[: len(numbers)] = numbers
    made[list(gone)] = FREE
    made[list(new)] = list(new.values())
    return made
