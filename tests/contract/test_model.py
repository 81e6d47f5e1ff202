"""The models keep the contract: the one behind the wire, and the one without."""

import json
from collections.abc import AsyncGenerator, Sequence

import pytest

from adapters.model import openai_wire
from adapters.model.offline import Offline
from bot.ports import Called, Model
from tests.contract.model_contract import SECRET, ModelContract, Scene, prompt, search
from tests.fixtures.model.endpoint import Answer, Endpoint, Then, recorded, serving

SAID = f"You have 30 days  of leave\u2028in Berlin – Über 5 carry over. Ask for the {SECRET}. [1]"


class TestOffline(ModelContract):
    def answers(self) -> Scene:
        text = f"Press **Connect**. Then say {SECRET}.\n\n1. One.\n2. Two."
        found = {"passages": [{"number": 3, "title": "VPN", "text": text, "score": 0.8}]}
        called = Called(call=search("vpn"), result=json.dumps(found))
        return Scene(model=Offline(), prompt=prompt("vpn?", called), says=f"{text} [3]")

    def wishes(self) -> Scene:
        return Scene(model=Offline(), prompt=prompt("How do I connect?"))

    def silent(self) -> Scene:
        called = Called(call=search("vpn"), result='{"passages": []}')
        return Scene(model=Offline(), prompt=prompt("vpn?", called))

    def fails(self) -> Sequence[Scene]:
        return ()

    def lingers(self) -> Scene:
        return self.answers()

    def at_rest(self) -> bool:
        return True


class TestChatModel(ModelContract):
    endpoint: Endpoint
    model: Model

    @pytest.fixture(autouse=True)
    async def far_side(self) -> AsyncGenerator[None]:
        async with serving() as self.endpoint:
            client = openai_wire.connect(api_key=SECRET, base_url=self.endpoint.url, silence=0.5)
            self.model = openai_wire.ChatModel(client, "small")
            yield
            await client.close()

    def scene(self, *answers: Answer, says: str = "") -> Scene:
        self.endpoint.tell(*answers)
        return Scene(model=self.model, prompt=prompt(f"How? {SECRET}"), says=says)

    def answers(self) -> Scene:
        return self.scene(recorded("answer"), says=SAID)

    def wishes(self) -> Scene:
        return self.scene(recorded("two_calls"))

    def silent(self) -> Scene:
        return self.scene(recorded("nothing"))

    def fails(self) -> Sequence[Scene]:
        said = json.dumps({"error": {"message": SECRET, "code": SECRET + "!", "param": SECRET}})
        answers = [
            *(Answer(status=status, body=said.encode()) for status in (400, 401, 429, 500)),
            recorded("answer", late=True),
            recorded("cut_off", then=Then.STALL),
            recorded("cut_off", then=Then.BREAK),
            recorded("failed_midway"),
            recorded("broken_json"),
            Answer(body=f"data: {SECRET}\n\n".encode()),
        ]
        return [self.scene(*answers) for _ in answers]

    def lingers(self) -> Scene:
        return self.scene(recorded("cut_off", then=Then.STALL))

    def at_rest(self) -> bool:
        return self.endpoint.busy == 0
