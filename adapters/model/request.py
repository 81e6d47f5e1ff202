"""A prompt as the wire of Chat Completions wants it."""

import json
import re
from collections.abc import Iterable

from openai.types.chat import (
    ChatCompletionFunctionToolParam,
    ChatCompletionMessageParam,
)

from bot.ports import Called, Prompt, Said, ToolCall, ToolSpec

_ID = 40
"""The longest id that OpenAI takes back; others make longer ones."""


def messages(prompt: Prompt) -> list[ChatCompletionMessageParam]:
    told: list[ChatCompletionMessageParam] = [{"role": "system", "content": prompt.instructions}]
    for line in prompt.lines:
        told.extend(_said(line) if isinstance(line, Said) else _called(line))
    return told


def tools(specs: Iterable[ToolSpec]) -> list[ChatCompletionFunctionToolParam]:
    return [
        {
            "type": "function",
            "function": {
                "name": spec.name,
                "description": spec.description,
                "parameters": dict(spec.schema),
            },
        }
        for spec in specs
    ]


def _said(line: Said) -> list[ChatCompletionMessageParam]:
    if line.by_requester:
        return [{"role": "user", "content": line.text}]
    return [{"role": "assistant", "content": line.text}]


def _called(line: Called) -> list[ChatCompletionMessageParam]:
    # Each call has its own pair of messages, so that two calls with the same id cannot be mixed up.
    call = line.call
    return [
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {
                    "type": "function",
                    "id": call.id[:_ID],
                    "function": {"name": _name(call), "arguments": _arguments(call)},
                }
            ],
        },
        {"role": "tool", "tool_call_id": call.id[:_ID], "content": line.result},
    ]


# What a model wrote wrong is answered in the result. Sent back as it was, it would make the far
# side refuse the whole request: OpenAI checks names, and llama.cpp and vLLM parse arguments.


def _name(call: ToolCall) -> str:
    return re.sub(r"[^a-zA-Z0-9_-]", "_", call.name)[:64]


def _arguments(call: ToolCall) -> str:
    try:
        readable = isinstance(json.loads(call.arguments), dict)
    except ValueError:
        readable = False
    return call.arguments if readable else "{}"
