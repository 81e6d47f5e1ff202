"""A model's answer, put together from the pieces of its stream."""

from dataclasses import dataclass

from pydantic import BaseModel

from adapters.model import failure
from bot.ports import Finished, Rejected, ToolCall, Unavailable

END = b"[DONE]"

# Endpoints differ in what they leave out, send as null, or repeat: nothing is required.


class _Function(BaseModel):
    name: str | None = None
    arguments: str | None = None


class _CallPiece(BaseModel):
    index: int | None = None
    id: str | None = None
    function: _Function | None = None


class _Delta(BaseModel):
    content: str | None = None
    refusal: str | None = None
    tool_calls: list[_CallPiece] | None = None


class _Choice(BaseModel):
    delta: _Delta | None = None
    finish_reason: str | None = None


class _Usage(BaseModel):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class _Chunk(BaseModel):
    choices: list[_Choice] | None = None
    usage: _Usage | None = None
    error: object = None


@dataclass(slots=True)
class _Call:
    index: int | None
    id: str = ""
    name: str = ""
    arguments: str = ""


class Answer:
    def __init__(self, limit: int, earlier_calls: int) -> None:
        """`limit` in tokens. `earlier_calls` of this turn: a made-up id is unlike theirs."""
        self._limit = limit
        self._earlier = earlier_calls
        self._reason = ""
        self._marked = False
        self._calls: list[_Call] = []
        self._usage = _Usage()

    @property
    def whole(self) -> bool:
        """The far side said that this was all: by a reason, or by the mark alone."""
        return self._marked or bool(self._reason)

    def read(self, event: bytes) -> str:
        """The words of one event. Raises `Unavailable`, and ValueError when it is unreadable."""
        if event == END:
            self._marked = True
            return ""
        chunk = _Chunk.model_validate_json(event)
        if chunk.error:
            raise failure.midway(chunk.error)
        self._usage = chunk.usage or self._usage
        if not chunk.choices:
            return ""
        choice = chunk.choices[0]
        self._reason = choice.finish_reason or self._reason
        delta = choice.delta or _Delta()
        for piece in delta.tool_calls or ():
            self._grow(piece)
        return (delta.content or "") + (delta.refusal or "")

    def finished(self, bytes_out: int) -> Finished:
        """Raises `Unavailable` or `Rejected` when what came is not an answer."""
        if not self.whole:
            raise Unavailable("the answer ended without an end")
        if self._reason == "length":
            # Half an answer can say the opposite of the whole one.
            raise Rejected(f"the answer is longer than {self._limit} tokens: the pack's budget")
        if self._reason == "content_filter":
            raise Rejected("the endpoint's content filter stopped the answer")
        if not all(call.name for call in self._calls):
            raise Unavailable("the answer has a tool call without a name")
        return Finished(
            calls=self._tool_calls(),
            tokens_in=self._usage.prompt_tokens or 0,
            tokens_out=self._usage.completion_tokens or 0,
            bytes_out=bytes_out,
        )

    def _grow(self, piece: _CallPiece) -> None:
        function = piece.function or _Function()
        call = self._continued(piece, function.name)
        if call is None:
            call = _Call(piece.index)
            self._calls.append(call)
        call.id = call.id or piece.id or ""
        call.name = call.name or function.name or ""
        call.arguments += function.arguments or ""

    def _continued(self, piece: _CallPiece, name: str | None) -> _Call | None:
        """The call that this piece goes on with. None: it begins one."""
        begun = [x for x in self._calls if piece.index is None or x.index == piece.index]
        if not begun:
            return None
        # Gemini's wire numbers each call 0, Ollama's had no numbers: a name tells a beginning.
        # The id alone does not: vLLM made one up for every piece.
        other_id = piece.id and piece.id != begun[-1].id
        if name and (piece.index is None or other_id):
            return None
        return begun[-1]

    def _tool_calls(self) -> tuple[ToolCall, ...]:
        given: set[str] = set()
        calls: list[ToolCall] = []
        for position, call in enumerate(self._calls, self._earlier):
            id = call.id if call.id and call.id not in given else f"call_{position}"
            given.add(id)
            calls.append(ToolCall(id=id, name=call.name, arguments=call.arguments or "{}"))
        return tuple(calls)
