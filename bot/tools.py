"""The desk's own tools, and the check of what a model writes when it calls one."""

import json
from collections.abc import Sequence
from functools import lru_cache

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.case import Case
from bot.injection import Origin, injection
from bot.orders import defused
from bot.ports import Passage, ToolCall, ToolSpec

SEARCH = "search_handbook"
OPEN_CASE = "open_case"
MY_CASES = "my_cases"


class SearchHandbook(BaseModel):
    model_config = ConfigDict(extra="forbid")
    query: str = Field(
        min_length=1, max_length=500, description="What to look for, in the employee's words."
    )


class OpenCase(BaseModel):
    model_config = ConfigDict(extra="forbid")
    reason: str = Field(
        min_length=1, max_length=300, description="Why a person is needed, in one line."
    )
    urgent: bool = Field(default=False, description="True if it cannot wait for hours.")


class MyCases(BaseModel):
    # Whose cases is never an argument: it is always the verified requester's.
    model_config = ConfigDict(extra="forbid")


Arguments = SearchHandbook | OpenCase | MyCases

_ARGUMENTS: dict[str, type[SearchHandbook] | type[OpenCase] | type[MyCases]] = {
    SEARCH: SearchHandbook,
    OPEN_CASE: OpenCase,
    MY_CASES: MyCases,
}

NAMES = frozenset(_ARGUMENTS)

_DESCRIPTIONS = {
    SEARCH: "Search the company handbook. Answer only from what it returns; cite by number.",
    OPEN_CASE: "Hand the conversation to the people of the desk.",
    MY_CASES: "List the cases of the employee who is asking.",
}


def specs(names: Sequence[str]) -> tuple[ToolSpec, ...]:
    """Those of `names` that are the desk's own."""
    return tuple(
        ToolSpec(
            name=name,
            description=_DESCRIPTIONS[name],
            schema=_ARGUMENTS[name].model_json_schema(),
        )
        for name in names
        if name in _ARGUMENTS
    )


def parse(call: ToolCall) -> Arguments | None:
    """None: it is not one of the desk's own. Raises `BadCall`."""
    kind = _ARGUMENTS.get(call.name)
    if kind is None:
        return None
    try:
        return kind.model_validate_json(call.arguments or "{}")
    except ValidationError as error:
        raise BadCall(_complaint(error)) from error


class BadCall(Exception):
    """The arguments do not fit. `str()` says to the model what to mend."""


def _complaint(error: ValidationError) -> str:
    wrong = error.errors(include_url=False, include_input=False, include_context=False)
    lines = (f"{'.'.join(map(str, x['loc'])) or 'arguments'}: {x['msg']}" for x in wrong)
    return "The call was not made. " + "; ".join(lines)


@lru_cache(maxsize=4096)
def harmless(text: str) -> str:
    """What a page or another system says, without what it says to the model."""
    return defused(text)


@lru_cache(maxsize=4096)
def orders(text: str) -> str | None:
    """How a page or another system tries to give the model orders. None: it does not."""
    return injection(text, Origin.DOCUMENT)


def passages_result(passages: Sequence[Passage], numbers: Sequence[int]) -> str:
    """What a model reads of a search. It is data, and what the model makes of it is checked."""
    found = [
        {
            "number": number,
            # Whoever writes a page writes its headings, too.
            "title": " › ".join(filter(None, map(harmless, passage.title.split(" › ")))),
            "text": harmless(passage.text),
            "score": round(passage.score, 3),
        }
        for number, passage in zip(numbers, passages, strict=True)
    ]
    return json.dumps({"passages": found}, ensure_ascii=False)


def cases_result(cases: Sequence[Case]) -> str:
    listed = [
        {
            "case": case.id,
            "about": case.ask,
            "state": case.state.value,
            "with": case.assignee_name or case.queue,
        }
        for case in cases
    ]
    return json.dumps({"cases": listed}, ensure_ascii=False)
