"""Gaps: what the handbook did not answer, what of it did not help, and what nobody looked at."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby

from bot.discretion import confidential, may_read
from bot.outcome import Record
from bot.pack import Pack
from bot.people import Requester
from bot.ports import Page, Recorded
from bot.strings import Strings
from bot.vault import without
from bot.words import plain

LATELY = timedelta(days=30)
_LINES = 10
"""Of each kind that are told; of the others, how many there are."""
_LONGEST = 100
"""Characters of a question."""
_NEWEST = 1000
"""Questions that are compared with each other."""
_ALIKE = 0.5
"""The share of their words that two questions have in common, from which they are one."""
_SMALL = frozenset(
    plain(
        "a about an and any are at be can could did do does for from get has have how i if in is"
        " it me my of on or our please should that the there this to we what when where which who"
        " why will with would you your hello hi"
        " aber an auf aus bei bekomme bitte brauche das dem den der die ein eine einen es für gibt"
        " habe haben hallo ich im in ist kann können man mein meine meinen mich mir mit muss nach"
        " oder sind so soll um und von wann warum was welche wenn wer wie wir wo zu zum zur"
    ).split()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One without a sure answer."""

    text: str
    """As it may be kept."""
    found: tuple[str, ...]
    """The paths of the pages that were nearest, the surest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gaps:
    """Of ordinary matters: none of what is confidential."""

    pages: Mapping[str, Page]
    """By path."""
    questions: tuple[Question, ...]
    """The newest first."""
    rated_down: Mapping[str, int]
    """How often an answer from a page was, by its path."""
    became_cases: Mapping[str, int]
    overdue: tuple[Page, ...]
    """Past their review date, the longest first."""

    def about(self, question: Question) -> str:
        """The path of the page that it would belong to. Empty: none is near."""
        return next((x for x in question.found if x in self.pages), "")


def gaps(lines: Iterable[Recorded], pages: Iterable[Page], pack: Pack, now: datetime) -> Gaps:
    """`lines`: as `Store.outcomes` tells them."""
    by_path = {x.path: x for x in pages}
    tally = _Tally(since=now - LATELY, paths={x.url: x.path for x in by_path.values()})
    matters = sorted(lines, key=lambda x: x.conversation)  # stable: each stays in order
    for _, some in groupby(matters, key=lambda x: x.conversation):
        matter = tuple(some)
        facts = [x.record.facts for x in matter]
        queues = {x["queue"] for x in facts if "queue" in x}
        if not confidential(pack, queues, {x["verdict"] for x in facts if "verdict" in x}):
            tally.count(matter)
    last = {False: now.date() - pack.review_after, True: now.date() - pack.solved_review_after}
    overdue = [x for x in by_path.values() if x.reviewed and x.reviewed < last[x.solved]]
    newest = sorted(tally.questions, key=lambda x: x[0], reverse=True)
    return Gaps(
        pages=by_path,
        questions=tuple(x for _, x in newest),
        rated_down=tally.down,
        became_cases=tally.cases,
        overdue=tuple(sorted(overdue, key=lambda x: (x.reviewed or date.max, x.path))),
    )


@dataclass(kw_only=True)
class _Tally:
    since: datetime
    paths: Mapping[str, str]
    """By address."""
    questions: list[tuple[datetime, Question]] = field(
        default_factory=list[tuple[datetime, Question]]
    )
    down: Counter[str] = field(default_factory=Counter[str])
    cases: Counter[str] = field(default_factory=Counter[str])

    def count(self, matter: tuple[Recorded, ...]) -> None:
        """One conversation."""
        asked, found = Record(step=""), dict[str, None]()
        unsure: dict[str, tuple[datetime, Question]] = {}
        shown: frozenset[str] = frozenset()
        for line in matter:
            record, facts, late = line.record, line.record.facts, line.at >= self.since
            match record.step:
                case "checked":
                    asked, found = record, {}
                case "searched":
                    ids = (x.partition(" ")[2] for x in facts.get("scores", "").splitlines())
                    found |= dict.fromkeys(x.rpartition("#")[0] for x in ids)
                case "no sure answer" if late and asked.said:
                    question = Question(text=asked.said, found=tuple(found))
                    unsure[line.event] = (line.at, question)
                case "answered":
                    urls = (x.partition("#")[0] for x in facts.get("urls", "").split())
                    shown = frozenset(self.paths[x] for x in urls if x in self.paths)
                    if line.event not in {x.event for x in matter if x.record.step == "checked"}:
                        # One of the nearest pages was pressed: the question has its answer.
                        unsure.popitem() if unsure else None
                case "rated" if late and facts.get("helpful") == "no":
                    self.down.update(shown)
                case "case opened" if late:
                    self.cases.update(shown)
                    shown = frozenset()
                case _:
                    pass
        self.questions += unsure.values()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The gaps as one reader may know them."""

    gaps: Gaps
    reader: Requester
    concerns: Callable[[str], bool]
    """Is the page at this path among those that they are told of? Empty: a question of none."""
    strings: Strings

    def text(self) -> str:
        """Markdown. Empty: there is nothing to tell."""
        parts = (self._asked(), self._unhelpful(), self._overdue())
        return "\n\n".join(x for x in parts if x)

    def _asked(self) -> str:
        strings, gaps = self.strings, self.gaps
        mine = [x for x in gaps.questions if self.concerns(gaps.about(x))]
        # A question tells of a page what those ask who may read it.
        told = [x for x in mine if all(self._may_read(path) for path in x.found)]
        lines = [
            strings.gaps_question.format(text=text, count=count)
            for text, count in _grouped(told[:_NEWEST])
        ]
        return self._part(strings.gaps_asked.format(count=len(mine)), lines, len(mine) - len(told))

    def _unhelpful(self) -> str:
        down, cases = self.gaps.rated_down, self.gaps.became_cases
        paths = [x for x in {*down, *cases} if self.concerns(x)]
        paths.sort(key=lambda x: (-down.get(x, 0) - cases.get(x, 0), x))
        told = [x for x in paths if self._may_read(x)]
        lines = [
            self.strings.gaps_page.format(
                title=self.gaps.pages[x].title, down=down.get(x, 0), cases=cases.get(x, 0)
            )
            for x in told
        ]
        return self._part(self.strings.gaps_unhelpful, lines, len(paths) - len(told))

    def _overdue(self) -> str:
        mine = [x for x in self.gaps.overdue if self.concerns(x.path)]
        told = [x for x in mine if may_read(x, self.reader)]
        lines = [
            self.strings.gaps_reviewed.format(title=x.title, date=x.reviewed, owner=x.owner or "–")
            for x in told
        ]
        return self._part(self.strings.gaps_overdue, lines, len(mine) - len(told))

    def _may_read(self, path: str) -> bool:
        return may_read(self.gaps.pages.get(path), self.reader)

    def _part(self, head: str, lines: list[str], hidden: int) -> str:
        """Empty: it has nothing in it. `hidden`: of pages that the reader may not read."""
        if not lines and not hidden:
            return ""
        rest = len(lines) - _LINES
        more = [self.strings.gaps_more.format(count=rest)] if rest > 0 else []
        more += [self.strings.gaps_hidden.format(count=hidden)] if hidden else []
        items = "\n".join(f"- {x}" for x in (*lines[:_LINES], *more))
        return f"**{head}**\n\n{items}"


def _grouped(questions: Iterable[Question]) -> list[tuple[str, int]]:
    """The shortest of those that are alike, and how many they are; the most frequent first."""
    groups: list[tuple[frozenset[str], list[str]]] = []
    for question in questions:
        text = _shown(question.text)
        words = frozenset(x[:6] for x in plain(text).split() if x != "." and x not in _SMALL)
        for others, texts in groups:
            if words and len(words & others) >= _ALIKE * len(words | others):
                texts.append(text)
                break
        else:
            groups.append((words, [text]))
    groups.sort(key=lambda x: -len(x[1]))
    return [(min(texts, key=len), len(texts)) for words, texts in groups if words]


def _shown(text: str) -> str:
    """A line without personal values, addresses, and what would be read as formatting."""
    text = re.sub(r"[\w+.-]+://\S+", " ", without(text))
    text = " ".join(re.sub(r"[\[\](){}<>*_`~|#@\\]", " ", text).split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1].rstrip() + "…"
