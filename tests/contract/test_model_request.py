"""What is sent to an endpoint, to which address, and for which models."""

import json
from collections.abc import AsyncGenerator

import httpx2
import pytest

from adapters.model.openai_wire import ChatModel, connect, models
from bot.pack import Tier
from bot.ports import Called, Said, ToolCall
from bot.tools import MY_CASES, SEARCH
from tests.contract.model_contract import prompt, read, search
from tests.fixtures.model.endpoint import Endpoint, refusal, serving

KEY = "sk-test-0123456789"


@pytest.fixture
async def endpoint() -> AsyncGenerator[Endpoint]:
    async with serving() as endpoint:
        yield endpoint


@pytest.fixture
async def model(endpoint: Endpoint) -> AsyncGenerator[ChatModel]:
    async with connect(api_key=KEY, base_url=endpoint.url, silence=0.5) as client:
        yield ChatModel(client, "small")


async def test_the_conversation_is_sent_as_the_wire_wants_it(
    endpoint: Endpoint, model: ChatModel
) -> None:
    endpoint.tell("answer")
    asked = prompt(
        "How?",
        Said(by_requester=False, text="Like this."),
        "And then?",
        Called(call=search("then"), result='{"passages": []}'),
        Called(call=search("so", id="call_2"), result="nothing"),
    )

    await read(model, asked)

    system, user, assistant, again, wish, result, *others = endpoint.asked[0]["messages"]
    assert (system["role"], system["content"]) == ("system", asked.instructions)
    assert (user["role"], user["content"]) == ("user", "How?")
    assert (assistant["role"], assistant["content"]) == ("assistant", "Like this.")
    assert again["content"] == "And then?"
    assert wish["tool_calls"][0]["id"] == result["tool_call_id"] == "call_1"
    assert wish["tool_calls"][0]["function"] == {"name": SEARCH, "arguments": '{"query": "then"}'}
    assert result["content"] == '{"passages": []}'
    assert [message["role"] for message in others] == ["assistant", "tool"]
    assert endpoint.asked[0]["model"] == "small"
    assert [tool["function"]["name"] for tool in endpoint.asked[0]["tools"]] == [SEARCH, MY_CASES]


@pytest.mark.parametrize(
    "call",
    [
        ToolCall(id="call_1", name="functions.search handbook", arguments="{}"),
        ToolCall(id="call_1", name=SEARCH, arguments='{"query": "le'),
        ToolCall(id="call_1", name=SEARCH, arguments="[]"),
        ToolCall(id="toolu_" + "0" * 60, name="x" * 99, arguments="{}"),
    ],
)
async def test_what_a_model_wrote_wrong_does_not_spoil_the_next_request(
    endpoint: Endpoint, model: ChatModel, call: ToolCall
) -> None:
    endpoint.tell("answer")

    await read(model, prompt("How?", Called(call=call, result="The call was not made.")))

    sent = endpoint.asked[0]["messages"][2]["tool_calls"][0]["function"]
    assert isinstance(json.loads(sent["arguments"]), dict)


async def test_without_tools_none_are_sent(endpoint: Endpoint, model: ChatModel) -> None:
    endpoint.tell("answer")

    await read(model, prompt("How?", tools=()))

    assert "tools" not in endpoint.asked[0]


async def test_the_limit_is_named_as_the_endpoint_knows_it(
    endpoint: Endpoint, model: ChatModel
) -> None:
    hint = "'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
    endpoint.tell(refusal(400, "unsupported_parameter", hint), "answer")

    for _ in range(2):
        await read(model, prompt("How?", tokens=77))

    told = [body.get("max_tokens") or body["max_completion_tokens"] for body in endpoint.asked]
    assert told == [77, 77, 77]
    assert ["max_tokens" in body for body in endpoint.asked] == [True, False, False]


async def test_azure_with_a_dated_api_is_asked_by_deployment(endpoint: Endpoint) -> None:
    endpoint.tell("azure")
    host = endpoint.url.removesuffix("/v1")
    async with connect(api_key=KEY, base_url=f"{host}/openai/", api_version="2024-10-21") as azure:
        await read(ChatModel(azure, "our-gpt"), prompt("How?"))

    path = "/openai/deployments/our-gpt/chat/completions?api-version=2024-10-21"
    assert endpoint.paths == [path]
    assert endpoint.headers[0]["api-key"] == KEY
    assert "Authorization" not in endpoint.headers[0]


@pytest.mark.parametrize(
    ("base_url", "reached"),
    [
        ("", "https://api.openai.com/v1/"),
        ("https://us.openai.azure.com", "https://us.openai.azure.com/openai/v1/"),
        ("https://us.openai.azure.com/", "https://us.openai.azure.com/openai/v1/"),
        ("https://us.services.ai.azure.com", "https://us.services.ai.azure.com/openai/v1/"),
        ("https://us.openai.azure.com/openai/v1", "https://us.openai.azure.com/openai/v1/"),
        ("http://127.0.0.1:11434/v1", "http://127.0.0.1:11434/v1/"),
    ],
)
async def test_an_address_reaches_the_right_wire(base_url: str, reached: str) -> None:
    async with connect(api_key=KEY, base_url=base_url) as client:
        assert str(client.base_url) == reached


async def test_an_endpoint_without_a_key_can_be_asked(endpoint: Endpoint) -> None:
    endpoint.tell("answer")

    async with connect(api_key="", base_url=endpoint.url) as client:
        await read(ChatModel(client, "llama"), prompt("How?"))

    assert endpoint.headers[0]["Authorization"] == "Bearer none"


async def test_a_hung_endpoint_is_given_up_in_seconds() -> None:
    async with connect(api_key=KEY) as client:
        assert isinstance(client.timeout, httpx2.Timeout)
        assert (client.timeout.connect, client.timeout.read, client.max_retries) == (3, 15, 0)


async def test_models_stand_in_their_order_of_fallback() -> None:
    async with connect(api_key=KEY, base_url="https://api.example/v1") as client:
        both = models(client, fast="small, tiny,", deep="large")
        one = models(client, fast="small")
        none = models(client, fast="")

    assert [model.name for model in both[Tier.FAST]] == ["small@api.example", "tiny@api.example"]
    assert [model.name for model in both[Tier.DEEP]] == ["large@api.example"]
    assert [model.name for model in one[Tier.DEEP]] == ["small@api.example"]
    assert none == {Tier.FAST: (), Tier.DEEP: ()}
