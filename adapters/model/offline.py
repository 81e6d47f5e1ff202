"""A model without a model: it answers from the handbook, word for word."""

import json
import re
from collections.abc import AsyncGenerator, Iterable
from typing import TypeVar

from pydantic import BaseModel, Field, ValidationError

from adapters.model import excerpt, question
from bot.ports import Called, Finished, Prompt, Said, ToolCall, Words
from bot.tools import MY_CASES, SEARCH

_SURE = 0.5
"""The score from which a passage is an answer."""

_GERMAN = re.compile(r"\b(?:mein\w{0,2}|ist|wie|was|von|gibt)\b", re.IGNORECASE)


class _Passage(BaseModel):
    number: int
    title: str
    text: str
    score: float


class _Passages(BaseModel):
    passages: list[_Passage]


class _Case(BaseModel):
    id: str = Field(alias="case")
    about: str
    state: str
    desk: str = Field(alias="with")


class _Cases(BaseModel):
    cases: list[_Case]


_T = TypeVar("_T", _Passages, _Cases)


class Offline:
    """Without input or output. Equal prompts have equal answers, and it never fails."""

    name = "offline"

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Words | Finished]:
        decision = _decide(prompt)
        if isinstance(decision, ToolCall):
            yield Finished(calls=(decision,))
            return
        for piece in excerpt.pieces(decision):
            yield Words(text=piece)
        yield Finished()


def _decide(prompt: Prompt) -> ToolCall | str:
    """A wish, or the answer. Empty: it has nothing to say."""
    lines = [x for x in prompt.lines if isinstance(x, Said)]
    said = [x.text for x in lines if x.by_requester]
    before = lines[-2] if len(lines) > 1 else None
    replies = before is not None and not before.by_requester and before.text.endswith("?")
    called = [x for x in prompt.lines if isinstance(x, Called)]
    offered = {spec.name for spec in prompt.tools}
    if not said or not said[-1].strip():
        return ""
    if MY_CASES in offered and question.is_about_own_cases(said[-1]):
        tool, arguments = MY_CASES, "{}"
        answer = _from_cases(_results(called, tool), said[-1])
    else:
        query = question.query(said, replies=replies)
        tool, arguments = SEARCH, json.dumps({"query": query}, ensure_ascii=False)
        answer = _from_handbook(_results(called, tool), query)
    if answer is not None:
        return answer
    # What was asked once in vain would be asked until the budget is spent.
    asked = any(x.call.name == tool and x.call.arguments == arguments for x in called)
    if asked or tool not in offered:
        return ""
    return ToolCall(id=f"offline_{len(called)}", name=tool, arguments=arguments)


def _results(called: Iterable[Called], tool: str) -> list[str]:
    return [x.result for x in called if x.call.name == tool]


def _from_handbook(results: Iterable[str], query: str) -> str | None:
    """None: there is no result that can be read."""
    found = _readable(_Passages, results)
    if not found:
        return None
    passages = [passage for result in found for passage in result.passages]
    best = max(passages, key=lambda passage: passage.score, default=None)
    if best is None or best.score < _SURE or not best.text.strip():
        return ""
    return excerpt.cite(excerpt.cut(best.text, query, best.title), best.number)


def _from_cases(results: Iterable[str], asked: str) -> str | None:
    """None: there is no result that can be read."""
    found = _readable(_Cases, results)
    if not found:
        return None
    cases = [case for case in found[-1].cases if case.id.casefold() in asked.casefold()]
    cases = cases or found[-1].cases
    if not cases:
        return (
            "Es gibt keine offenen Fälle." if _GERMAN.search(asked) else "There are no open cases."
        )
    return "\n".join(
        f"- **{case.id}**: {' '.join(case.about.split())} "
        f"({case.state.replace('_', ' ')}, {case.desk})"
        for case in cases
    )


def _readable(kind: type[_T], results: Iterable[str]) -> list[_T]:
    found: list[_T] = []
    for result in results:
        try:
            found.append(kind.model_validate_json(result))
        except ValidationError:
            continue
    return found
