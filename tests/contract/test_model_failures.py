"""What goes wrong on the wire, and who has to act."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from adapters.model.openai_wire import ChatModel, connect
from bot.ports import Rejected, Unavailable
from tests.contract.model_contract import prompt, read, until
from tests.fixtures.model.endpoint import Answer, Endpoint, Then, recorded, refusal, serving

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
    ("answer", "why"),
    [
        (recorded("answer", late=True), "silent"),
        (recorded("cut_off", then=Then.STALL), "silent"),
        (recorded("cut_off", then=Then.BREAK), "broke"),
        (recorded("cut_off"), "without an end"),
        (recorded("no_stream"), "without an end"),
        (Answer(), "without an end"),
        (recorded("broken_json"), "unreadable"),
        (recorded("wrong_types"), "unreadable"),
        (Answer(body=b"data: \xff\xfe\x00\n\n"), "unreadable"),
        (Answer(body=b"data: 5\n\n"), "unreadable"),
        (recorded("failed_midway"), "(server_error)"),
        (recorded("call_without_a_name"), "without a name"),
    ],
)
async def test_what_time_may_heal_is_unavailable(
    endpoint: Endpoint, model: ChatModel, answer: Answer, why: str
) -> None:
    endpoint.tell(answer)

    with pytest.raises(Unavailable) as caught:
        await read(model, prompt("How?"))

    assert why in str(caught.value)
    await until(lambda: endpoint.busy == 0)


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 502, 503, 529])
async def test_a_busy_endpoint_is_unavailable_and_asked_once(
    endpoint: Endpoint, model: ChatModel, status: int
) -> None:
    endpoint.tell(refusal(status, "rate_limit_exceeded", Retry_After="7"))

    with pytest.raises(Unavailable) as caught:
        await read(model, prompt("How?"))

    assert caught.value.retry_after == 7
    assert str(caught.value) == f"the endpoint answered {status} (rate_limit_exceeded)"
    assert len(endpoint.asked) == 1


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry_After": "1.5"}, 1.5),
        ({"Retry_After": "20", "Retry_After_Ms": "250"}, 0.25),
        ({"Retry_After": "0"}, 0),
        (
            {
                "Retry_After": "Fri, 20 Nov 2026 22:00:30 GMT",
                "Date": "Fri, 20 Nov 2026 22:00:00 GMT",
            },
            30,
        ),
        (
            {
                "Retry_After": "Fri, 20 Nov 2026 21:00:00 GMT",
                "Date": "Fri, 20 Nov 2026 22:00:00 GMT",
            },
            0,
        ),
        ({"Retry_After": "Fri, 20 Nov 2026 22:00:30 GMT", "Date": "today"}, None),
        ({"Retry_After": "soon"}, None),
        ({"Retry_After": "-3"}, None),
        ({"Retry_After": "inf"}, None),
        ({"Retry_After_Ms": "nan"}, None),
        ({}, None),
    ],
)
async def test_how_long_to_wait_is_read_as_it_is_written(
    endpoint: Endpoint, model: ChatModel, headers: dict[str, str], seconds: float | None
) -> None:
    endpoint.tell(refusal(429, **headers))

    with pytest.raises(Unavailable) as caught:
        await read(model, prompt("How?"))

    assert caught.value.retry_after == seconds


@pytest.mark.parametrize(
    ("status", "setting"),
    [
        (307, "OPENAI_BASE_URL"),
        (400, "HANDRAIL_MODEL_FAST"),
        (401, "OPENAI_API_KEY"),
        (403, "OPENAI_API_KEY"),
        (404, "OPENAI_BASE_URL"),
        (413, "OPENAI_BASE_URL"),
        (422, "HANDRAIL_MODEL_DEEP"),
    ],
)
async def test_what_an_operator_must_mend_is_rejected_with_the_setting(
    endpoint: Endpoint, model: ChatModel, status: int, setting: str
) -> None:
    endpoint.tell(refusal(status, "no_way", f"Incorrect API key: {KEY}", Location="/elsewhere"))

    with pytest.raises(Rejected) as caught:
        await read(model, prompt("How?"))

    assert f"{status} (no_way)" in str(caught.value)
    assert setting in str(caught.value)
    assert KEY not in str(caught.value)
    assert len(endpoint.asked) == 1


@pytest.mark.parametrize(("name", "why"), [("too_long", "500 tokens"), ("filtered", "filter")])
async def test_half_an_answer_is_none(
    endpoint: Endpoint, model: ChatModel, name: str, why: str
) -> None:
    endpoint.tell(name)

    with pytest.raises(Rejected, match=why):
        await read(model, prompt("How?"))


async def test_an_endpoint_that_is_not_there_is_unavailable() -> None:
    async with serving() as gone:
        pass
    async with connect(api_key=KEY, base_url=gone.url) as client:
        with pytest.raises(Unavailable, match="no connection"):
            await read(ChatModel(client, "small"), prompt("How?"))


async def test_a_reader_who_gives_up_waiting_leaves_nothing_open(
    endpoint: Endpoint, model: ChatModel
) -> None:
    endpoint.tell(recorded("answer", late=True))
    reader = asyncio.create_task(read(model, prompt("How?")))
    await until(lambda: endpoint.busy == 1)

    reader.cancel()

    with pytest.raises(asyncio.CancelledError):
        await reader
    await until(lambda: endpoint.busy == 0)
