"""What is read from the wire: the many ways in which endpoints send an answer."""

import json
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from adapters.model.openai_wire import ChatModel, connect
from bot.ports import Called, Finished
from bot.tools import MY_CASES, SEARCH
from tests.contract.model_contract import prompt, read, search, until
from tests.fixtures.model.endpoint import Answer, Endpoint, Then, recorded, serving

KEY = "sk-test-0123456789"


@pytest.fixture
async def endpoint() -> AsyncGenerator[Endpoint]:
    async with serving() as endpoint:
        yield endpoint


@pytest.fixture
async def model(endpoint: Endpoint) -> AsyncGenerator[ChatModel]:
    async with connect(api_key=KEY, base_url=endpoint.url, silence=0.5) as client:
        yield ChatModel(client, "small")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("no_usage", "Yes."),
        ("only_a_reason", "Yes."),
        ("only_the_mark", "Yes."),
        ("azure", "Yes."),
        ("sloppy", "Yes."),
        ("refusal", "I cannot help with that."),
        ("nothing", ""),
        ("reason_without_calls", ""),
        ("words_and_a_call", "Let me look."),
    ],
)
@pytest.mark.parametrize("pieces", [0, 1, 7])
async def test_words_are_read_however_they_come(
    endpoint: Endpoint, model: ChatModel, name: str, says: str, pieces: int
) -> None:
    endpoint.tell(recorded(name, pieces=pieces))

    text, _ = await read(model, prompt("How?"))

    assert text == says


async def test_the_last_line_need_not_end(endpoint: Endpoint, model: ChatModel) -> None:
    endpoint.tell(Answer(body=recorded("only_the_mark").body.rstrip()))

    text, _ = await read(model, prompt("How?"))

    assert text == "Yes."


LEAVE = (SEARCH, {"query": "leave"})


@pytest.mark.parametrize(
    ("name", "ids", "calls"),
    [
        ("words_and_a_call", ["call_Ab1"], [LEAVE]),
        ("call_in_pieces", ["call_Ab1"], [(SEARCH, {"query": "annual leave"})]),
        ("two_calls", ["call_A", "call_B"], [LEAVE, (MY_CASES, {})]),
        (
            "calls_numbered_alike",
            ["function-call-1", "function-call-2"],
            [LEAVE, (SEARCH, {"query": "sick"})],
        ),
        ("calls_without_ids", ["call_0", "call_1"], [LEAVE, (MY_CASES, {})]),
        ("calls_with_one_id", ["call_0", "call_1"], [LEAVE, (MY_CASES, {})]),
        ("ids_that_change", ["chatcmpl-tool-1"], [LEAVE]),
    ],
)
async def test_calls_are_put_together_however_they_come(
    endpoint: Endpoint, model: ChatModel, name: str, ids: list[str], calls: list[Any]
) -> None:
    endpoint.tell(name)

    _, end = await read(model, prompt("How?"))

    assert [call.id for call in end.calls] == ids
    assert [(call.name, json.loads(call.arguments)) for call in end.calls] == calls


async def test_a_made_up_id_is_unlike_those_before(endpoint: Endpoint, model: ChatModel) -> None:
    endpoint.tell("calls_without_ids")
    before = Called(call=search("leave", id="call_0"), result="{}")

    _, end = await read(model, prompt("How?", before))

    assert [call.id for call in end.calls] == ["call_1", "call_2"]


async def test_the_end_tells_what_it_cost(endpoint: Endpoint, model: ChatModel) -> None:
    endpoint.tell("answer")

    _, end = await read(model, prompt("Wie viele Urlaubstage habe ich für März?"))

    assert end == Finished(tokens_in=120, tokens_out=24, bytes_out=len(endpoint.bodies[0]))


async def test_a_cost_that_is_not_told_is_none(endpoint: Endpoint, model: ChatModel) -> None:
    endpoint.tell("no_usage")

    _, end = await read(model, prompt("How?"))

    assert (end.tokens_in, end.tokens_out) == (0, 0)


async def test_a_connection_is_used_again(endpoint: Endpoint, model: ChatModel) -> None:
    endpoint.tell("answer")

    for _ in range(3):
        await read(model, prompt("How?"))

    assert len(endpoint.connections) == 1


@pytest.mark.parametrize("then", [Then.STALL, Then.BREAK])
@pytest.mark.parametrize("name", ["only_a_reason", "only_the_mark"])
async def test_what_happens_after_the_last_word_does_not_matter(
    endpoint: Endpoint, model: ChatModel, name: str, then: Then
) -> None:
    endpoint.tell(recorded(name, then=then))

    text, _ = await read(model, prompt("How?"))

    assert text == "Yes."
    await until(lambda: endpoint.busy == 0)
