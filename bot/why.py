"""Why: the last decision on a matter in plain sentences, from the record's facts alone."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.discretion import confidential, may_read
from bot.outcome import Record
from bot.pack import Pack
from bot.people import Requester
from bot.place import Audience
from bot.ports import Decision, Page
from bot.strings import Strings

_PAGE = re.compile(r"the page “(.*)”")
_WORD = re.compile(r"the word “(.*)”")
_TOLD = frozenset({
    "from", "checked", "routed", "searched", "thought", "sent", "recorded", "answered", "deleted",
    "answered without a search", "no sure answer", "answer mended", "model passed over",
    "case opened", "permission asked", "permission", "tool used", "tier chosen", "asked back",
})  # fmt: skip
"""What the sentences below tell, or what says nothing of the decision."""


def may_ask(found: Decision, who: Requester, admin: bool, pack: Pack) -> bool:
    """An admin of any ordinary matter; a lead of the cases of their queue. What is confidential is
    for that queue alone."""
    case, here = found.case, found.conversation
    queue = pack.queues.get(case.queue) if case else None
    if queue and queue.group in who.groups:
        return True
    if not admin or confidential(pack, (case.queue,) if case else (), found.verdicts):
        return False
    others = here.place.audience is Audience.DIRECT and here.requester != who.id
    return case is not None or not others


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    found: Decision
    reader: Requester
    pages: tuple[Page, ...]
    """Of the whole handbook."""
    places: Mapping[str, str]
    """Where something was sent, in words, by the record's name for it. One that is missing is
    somewhere else."""
    strings: Strings

    def text(self, time: str) -> str:
        """`time`: when it was decided, as the reader reads it. Markdown."""
        strings, case = self.strings, self.found.case
        head = (strings.why_case_head if case else strings.why_head).format(
            case=case.id if case else "", time=time
        )
        return "\n".join([f"**{head}**", "", *(f"- {x}" for x in self._lines())])

    def _lines(self) -> Iterator[str]:
        strings = self.strings
        for record in self.found.records:
            line = self._line(record.step, record.facts)
            if line:
                yield line
        thought = self._facts("thought")
        for model in dict.fromkeys(x.get("model", "") for x in thought):
            mine = [x for x in thought if x.get("model", "") == model]
            yield strings.why_model.format(
                model=model,
                tokens=sum(int(x.get("tokens", 0)) for x in mine),
                cost=f"{sum(float(x.get('cost', 0)) for x in mine):.4f}",
            )
        elsewhere = strings.why_elsewhere
        to = destinations(self.found.records)
        sent = dict.fromkeys(self.places.get(x, elsewhere) for x in to)
        if sent:
            yield strings.why_sent.format(places=", ".join(sent))
        also = dict.fromkeys(x.step for x in self.found.records if x.step not in _TOLD)
        if also:
            yield strings.why_also.format(steps=", ".join(also))

    def _line(self, step: str, facts: Mapping[str, str]) -> str:
        """Empty: it is told elsewhere, or says nothing."""
        strings, given = self.strings, defaultdict(str, facts)
        match step:
            case "routed":
                why = self._reason(given["why"])
                return strings.why_routed.format(to=given["to"], why=why)
            case "searched":
                return self._searched(given["scores"])
            case "answered":
                return strings.why_answered.format(pages=self._named(given["urls"]))
            case "asked back":
                return strings.why_asked_back.format(pages=self._named(given["urls"]))
            case "permission asked" | "permission":
                asked = given["permission"] or given["given"]
                return strings.why_permission.format(tool=given["tool"], asked=asked)
            case _:
                return self._plain().get(step, "").format_map(given)

    def _plain(self) -> Mapping[str, str]:
        """Sentences that name facts as they are, by step."""
        strings = self.strings
        return {
            "checked": strings.why_checked,
            "tier chosen": strings.why_tier,
            "answered without a search": strings.why_courtesy,
            "no sure answer": strings.why_unsure,
            "answer mended": strings.why_mended,
            "model passed over": strings.why_passed_over,
            "tool used": strings.why_tool,
            "case opened": strings.why_escalated,
        }

    def _reason(self, why: str) -> str:
        strings = self.strings
        if page := _PAGE.fullmatch(why):
            title = page[1].partition(" › ")[0]
            same = [x for x in self.pages if x.title == title]
            seen = bool(same) and all(may_read(x, self.reader) for x in same)
            return strings.why_by_page.format(page=page[1] if seen else strings.why_hidden)
        if word := _WORD.fullmatch(why):
            return strings.why_by_word.format(word=word[1])
        if why == "it is like the pack's examples":
            return strings.why_by_examples
        return strings.why_by_before if why == "the matter so far" else why

    def _searched(self, scores: str) -> str:
        """`scores`: lines of a score and a passage's id. Of a page the surest is told."""
        best: dict[str, str] = {}
        by_path = {x.path: x for x in self.pages}
        for line in scores.splitlines():
            score, _, passage = line.partition(" ")
            page = by_path.get(passage.rpartition("#")[0])
            best.setdefault(self._title(page), score)
        if not best:
            return self.strings.why_none_found
        found = ", ".join(f"{title} ({score})" for title, score in best.items())
        return self.strings.why_searched.format(pages=found)

    def _named(self, urls: str) -> str:
        by_url = {x.url: x for x in self.pages}
        pages = (by_url.get(x.partition("#")[0]) for x in urls.split())
        return ", ".join(dict.fromkeys(map(self._title, pages))) or "–"

    def _title(self, page: Page | None) -> str:
        return page.title if page and may_read(page, self.reader) else self.strings.why_hidden

    def _facts(self, step: str) -> list[Mapping[str, str]]:
        return [x.facts for x in self.found.records if x.step == step]


def destinations(records: tuple[Record, ...]) -> tuple[str, ...]:
    """The record's names for where something was sent."""
    return tuple(dict.fromkeys(x.facts.get("to", "") for x in records if x.step == "sent"))
