"""What every model keeps, whether it is far away or none at all."""

import asyncio
import json
import logging
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import pytest

from bot.pack import Tier
from bot.ports import (
    Finished,
    Model,
    PortError,
    Prompt,
    Rejected,
    Said,
    ToolCall,
    Unavailable,
    Words,
)
from bot.tools import MY_CASES, SEARCH, specs

SECRET = "xylophone"
"""In every prompt and answer, and so in no log and no error."""


def prompt(*lines: Any, tools: Sequence[str] = (SEARCH, MY_CASES), tokens: int = 500) -> Prompt:
    """Strings are the requester's lines."""
    said = [Said(by_requester=True, text=x) if isinstance(x, str) else x for x in lines]
    return Prompt(
        tier=Tier.FAST,
        instructions=f"You are the IT help. {SECRET}",
        lines=tuple(said),
        tools=specs(tools),
        tokens=tokens,
    )


@dataclass(frozen=True, kw_only=True)
class Scene:
    model: Model
    prompt: Prompt
    says: str = ""


async def read(model: Model, asked: Prompt) -> tuple[str, Finished]:
    """The whole answer."""
    text = ""
    async for piece in model.stream(asked):
        match piece:
            case Words(text=more):
                text += more
            case Finished():
                return text, piece
    raise AssertionError("it did not finish")


async def until(condition: Any) -> None:
    async with asyncio.timeout(3):
        while not condition():  # noqa: ASYNC110 — the condition is the far side's
            await asyncio.sleep(0.005)


class ModelContract(ABC):
    """Subclass it as Test<Model> and fill in the blanks."""

    def __init_subclass__(cls) -> None:
        changed = [n for n in vars(cls) if n.startswith("test_") and hasattr(ModelContract, n)]
        assert not changed, f"a contract is kept, not overridden: {changed}"

    @abstractmethod
    def answers(self) -> Scene:
        """It answers in several pieces."""

    @abstractmethod
    def wishes(self) -> Scene:
        """It wishes for a tool that is offered."""

    @abstractmethod
    def silent(self) -> Scene:
        """It has nothing to say."""

    @abstractmethod
    def fails(self) -> Sequence[Scene]:
        """It cannot answer. Empty: it always can."""

    @abstractmethod
    def lingers(self) -> Scene:
        """It begins to answer, and more would come later."""

    @abstractmethod
    def at_rest(self) -> bool:
        """It holds no connection that is in use."""

    async def test_the_pieces_are_the_answer(self) -> None:
        scene = self.answers()

        pieces = [piece async for piece in scene.model.stream(scene.prompt)]

        words = [piece.text for piece in pieces if isinstance(piece, Words)]
        assert "".join(words) == scene.says
        assert len(words) > 1
        assert all(words)

    async def test_exactly_one_end_stands_last(self) -> None:
        for make in (self.answers, self.wishes, self.silent):
            scene = make()

            pieces = [piece async for piece in scene.model.stream(scene.prompt)]

            assert [isinstance(piece, Finished) for piece in pieces] == [False] * (
                len(pieces) - 1
            ) + [True]

    async def test_a_wish_is_for_an_offered_tool_and_can_be_read(self) -> None:
        scene = self.wishes()

        _, end = await read(scene.model, scene.prompt)

        assert end.calls
        assert {call.name for call in end.calls} <= {spec.name for spec in scene.prompt.tools}
        assert all(call.id and isinstance(json.loads(call.arguments), dict) for call in end.calls)
        assert len({call.id for call in end.calls}) == len(end.calls)

    async def test_nothing_to_say_is_an_end_without_words_and_wishes(self) -> None:
        scene = self.silent()

        [end] = [piece async for piece in scene.model.stream(scene.prompt)]

        assert isinstance(end, Finished)
        assert not end.calls

    async def test_answers_at_the_same_time_do_not_mix(self) -> None:
        scenes = [self.answers() for _ in range(5)]

        answers = await asyncio.gather(*(read(scene.model, scene.prompt) for scene in scenes))

        assert [text for text, _ in answers] == [scene.says for scene in scenes]

    async def test_a_reader_who_leaves_early_leaves_nothing_open(self) -> None:
        scene = self.lingers()

        async with aclosing(scene.model.stream(scene.prompt)) as stream:
            await anext(stream)

        await until(self.at_rest)
        again = self.answers()
        assert (await read(again.model, again.prompt))[0] == again.says

    async def test_a_reader_who_is_cancelled_leaves_nothing_open(self) -> None:
        scene = self.lingers()
        begun = asyncio.Event()

        async def linger() -> None:
            async with aclosing(scene.model.stream(scene.prompt)) as stream:
                async for _ in stream:
                    begun.set()
                    await asyncio.Event().wait()

        reader = asyncio.create_task(linger())
        await begun.wait()
        reader.cancel()

        with pytest.raises(asyncio.CancelledError):
            await reader
        await until(self.at_rest)

    async def test_a_failure_says_whether_to_try_again_and_nothing_of_the_prompt(self) -> None:
        for scene in self.fails():
            with pytest.raises(PortError) as caught:
                await read(scene.model, scene.prompt)

            assert type(caught.value) in (Unavailable, Rejected)
            assert str(caught.value)
            assert SECRET not in str(caught.value)

    async def test_no_text_is_logged(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        scene = self.answers()

        await read(scene.model, scene.prompt)
        for failing in self.fails():
            with pytest.raises(PortError):
                await read(failing.model, failing.prompt)

        assert SECRET not in caplog.text

    def test_it_has_a_name_for_the_records(self) -> None:
        assert self.answers().model.name


def search(query: str, id: str = "call_1") -> ToolCall:
    return ToolCall(id=id, name=SEARCH, arguments=json.dumps({"query": query}, ensure_ascii=False))
