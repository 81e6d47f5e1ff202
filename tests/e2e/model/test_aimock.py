"""The model wire against `aimock`, a far side that nobody here wrote."""

import json
import os
import shutil
import subprocess
from collections.abc import AsyncGenerator, Generator, Sequence
from pathlib import Path

import pytest
from openai import AsyncOpenAI

from adapters.model.openai_wire import ChatModel, connect
from bot.ports import Called, Model, Rejected, Unavailable
from bot.tools import SEARCH
from tests.contract.model_contract import ModelContract, Scene, prompt, read

pytestmark = pytest.mark.e2e

KEY = "sk-aimock"
HERE = Path(__file__).parent
AIMOCK = HERE.parent / "node_modules/@copilotkit/aimock/dist/cli.js"


@pytest.fixture(scope="module")
def address() -> Generator[str]:
    """Where it listens. It answers what `aimock.json` names, and refuses all else."""
    node = shutil.which("node")
    assert node, "node is needed"
    assert AIMOCK.exists(), "`npm ci` in tests/e2e comes first"
    fixtures = str(HERE / "aimock.json")
    command = [node, str(AIMOCK), "--port", "0", "--strict", "--fixtures", fixtures]
    environment = {"PATH": os.environ["PATH"], "AIMOCK_API_KEYS": KEY}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
    ) as process:
        assert process.stdout
        said = next((line for line in process.stdout if "listening on" in line), None)
        assert said, "aimock did not start"
        yield said.rpartition(" ")[2].strip()
        process.terminate()


@pytest.fixture
async def client(address: str) -> AsyncGenerator[AsyncOpenAI]:
    async with connect(api_key=KEY, base_url=f"{address}/v1") as client:
        yield client


class TestChatModelOnAimock(ModelContract):
    model: Model

    @pytest.fixture(autouse=True)
    def far_side(self, client: AsyncOpenAI) -> None:
        self.model = ChatModel(client, "small")

    def scene(self, asked: str, says: str = "") -> Scene:
        return Scene(model=self.model, prompt=prompt(asked), says=says)

    def answers(self) -> Scene:
        return self.scene(
            "Tell me at length",
            "Grüße aus Köln – this answer has more than one piece, as all long ones have.",
        )

    def wishes(self) -> Scene:
        return self.scene("How many days of leave do I have?")

    def silent(self) -> Scene:
        return self.scene("silence, please")

    def fails(self) -> Sequence[Scene]:
        return [self.scene("you are busy"), self.scene("cut"), self.scene("no fixture has this")]

    def lingers(self) -> Scene:
        return self.scene("Tell me slowly")

    def at_rest(self) -> bool:
        return True  # aimock does not tell; our own far side does


async def test_a_question_a_tool_and_an_answer(client: AsyncOpenAI) -> None:
    model = ChatModel(client, "small")
    asked = "How many days of leave do I have?"

    words, first = await read(model, prompt(asked))
    [call] = first.calls
    result = Called(call=call, result='{"passages": []}')
    text, second = await read(model, prompt(asked, result))

    assert (words, call.name, json.loads(call.arguments)) == ("", SEARCH, {"query": "annual leave"})
    assert text == "You have 30 days of leave in Germany, and 25 in London. [1]"
    assert second.tokens_in > 0
    assert second.tokens_out > 0
    assert second.bytes_out > first.bytes_out > 0


async def test_a_busy_endpoint_says_when_to_come_back(client: AsyncOpenAI) -> None:
    with pytest.raises(Unavailable, match=r"429 \(rate_limit_exceeded\)") as caught:
        await read(ChatModel(client, "small"), prompt("you are busy"))

    assert caught.value.retry_after == 7


async def test_an_answer_that_is_cut_is_none(client: AsyncOpenAI) -> None:
    with pytest.raises(Unavailable):
        await read(ChatModel(client, "small"), prompt("cut"))


async def test_a_wrong_key_is_rejected(address: str) -> None:
    async with connect(api_key="sk-wrong", base_url=f"{address}/v1") as client:
        with pytest.raises(Rejected, match="OPENAI_API_KEY"):
            await read(ChatModel(client, "small"), prompt("Tell me at length"))


async def test_azure_with_a_dated_api_is_reached(address: str) -> None:
    async with connect(api_key=KEY, base_url=address, api_version="2024-10-21") as client:
        text, _ = await read(ChatModel(client, "our-deployment"), prompt("Tell me at length"))

    assert text.startswith("Grüße aus Köln")
