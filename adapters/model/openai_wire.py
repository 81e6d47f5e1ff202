"""Models behind an endpoint that speaks OpenAI's Chat Completions: OpenAI, Azure and others."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, suppress

import anyio
import httpx2
import openai
from openai import AsyncAPIResponse, AsyncAzureOpenAI, AsyncOpenAI, AsyncStream
from openai.types.chat import ChatCompletionChunk

from adapters.model import failure, request
from adapters.model.answer import END, Answer
from bot.pack import Tier
from bot.ports import Called, Finished, Model, Prompt, Unavailable, Words

_CONNECT = 3.0
_SILENCE = 15.0
"""Seconds that an endpoint may say nothing, before its answer and within it."""
_REST = 0.1
"""Seconds for the last bytes after the end mark, so that the connection can be used again."""

_OPENAI = ".openai.com"
_AZURE = (".openai.azure.com", ".services.ai.azure.com", ".cognitiveservices.azure.com")

# OpenAI's newer models refuse the old name of the limit. Other servers may refuse the new one, or
# ignore it and never stop.
_OTHER_LIMIT = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}

_BROKEN = (
    Unavailable,
    openai.OpenAIError,
    httpx2.HTTPError,
    OSError,
    anyio.EndOfStream,
    ValueError,
)


def connect(
    *, api_key: str, base_url: str = "", api_version: str = "", silence: float = _SILENCE
) -> AsyncOpenAI:
    """The one client of an endpoint, to be closed by its owner.

    With an `api_version` it is Azure's dated API, and model names are its deployments. Without,
    Azure is reached by its `/openai/v1`, which is the same wire as OpenAI's.
    """
    timeout = httpx2.Timeout(silence, connect=_CONNECT)
    # A redirect would carry the conversation to a host that nobody has set.
    http = openai.DefaultAsyncHttpx2Client(timeout=timeout, follow_redirects=False)
    base_url = base_url.rstrip("/") or "https://api.openai.com/v1"
    # The fallback is the bot's own, so a failed request is not repeated here.
    if api_version:
        return AsyncAzureOpenAI(
            azure_endpoint=base_url.removesuffix("/openai"),
            api_key=api_key.strip(),
            api_version=api_version,
            http_client=http,
            timeout=timeout,
            max_retries=0,
        )
    url = httpx2.URL(base_url)
    if url.host.endswith(_AZURE) and url.path == "/":
        base_url += "/openai/v1"
    return AsyncOpenAI(
        base_url=base_url,
        api_key=api_key.strip() or "none",  # servers at home ask for none, but the client does
        http_client=http,
        timeout=timeout,
        max_retries=0,
    )


def models(client: AsyncOpenAI, *, fast: str, deep: str = "") -> Mapping[Tier, tuple[Model, ...]]:
    """`fast` and `deep` are names in the order of fallback, with commas. No `deep`: as `fast`."""

    def of(names: str) -> tuple[Model, ...]:
        return tuple(ChatModel(client, name.strip()) for name in names.split(",") if name.strip())

    return {Tier.FAST: of(fast), Tier.DEEP: of(deep) or of(fast)}


class ChatModel:
    """One model of one endpoint."""

    def __init__(self, client: AsyncOpenAI, model: str) -> None:
        host = client.base_url.host
        self.name = f"{model}@{host}"
        self._client = client
        self._model = model
        newer = host.endswith((_OPENAI, ".azure.com"))
        self._limit = "max_completion_tokens" if newer else "max_tokens"
        # OpenAI may keep what it answers unless told not to; others may not know the field.
        self._extra: dict[str, object] = {"store": False} if host.endswith(_OPENAI) else {}

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Words | Finished]:
        earlier = sum(isinstance(line, Called) for line in prompt.lines)
        answer = Answer(prompt.tokens, earlier)
        bytes_out = 0
        try:
            async with self._ask(prompt) as response, aclosing(_events(response)) as events:
                bytes_out = len(response.http_request.content)
                async for event in events:
                    if words := answer.read(event):
                        yield Words(text=words)
                    if event == END:
                        await _finish(events)
                        break
        except _BROKEN as error:
            # What breaks after the last word has broken nothing.
            if not answer.whole:
                raise failure.of(error) from None
        yield answer.finished(bytes_out)

    @asynccontextmanager
    async def _ask(
        self, prompt: Prompt
    ) -> AsyncGenerator[AsyncAPIResponse[AsyncStream[ChatCompletionChunk]]]:
        limit = self._limit
        async with AsyncExitStack() as stack:
            try:
                response = await stack.enter_async_context(self._request(prompt, limit))
            except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
                # A gateway's address does not tell what stands behind it; its refusal does.
                if limit not in str(error.body):
                    raise
                self._limit = _OTHER_LIMIT[limit]
                response = await stack.enter_async_context(self._request(prompt, self._limit))
            yield response

    def _request(self, prompt: Prompt, limit: str):
        return self._client.chat.completions.with_streaming_response.create(
            model=self._model,
            messages=request.messages(prompt),
            tools=request.tools(prompt.tools) or openai.omit,
            stream=True,
            stream_options={"include_usage": True},
            extra_body={limit: prompt.tokens, **self._extra},
        )


async def _events(
    response: AsyncAPIResponse[AsyncStream[ChatCompletionChunk]],
) -> AsyncGenerator[bytes]:
    """What each event holds. The client's own reading costs twice the time and hides the end."""
    rest = b""
    async for block in response.iter_bytes():
        *lines, rest = (rest + block).split(b"\n")
        for line in lines:
            if line.startswith(b"data:"):
                yield line[5:].strip()
    if rest.startswith(b"data:"):
        yield rest[5:].strip()


async def _finish(events: AsyncGenerator[bytes]) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(_REST):
            async for _ in events:
                pass
