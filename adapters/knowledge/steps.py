"""Long work in small steps, so that searches go on between them."""

import asyncio
from collections.abc import Generator
from time import perf_counter
from typing import TypeVar

T = TypeVar("T")

_SLICE = 0.001
"""Seconds after which others may do something. No thread does the work: whoever wants Python's
lock back from a busy one waits five milliseconds for it, several times in each search."""


def finished(work: Generator[None, None, T]) -> T:
    """At once."""
    while True:
        try:
            next(work)
        except StopIteration as done:
            return done.value


async def gently(work: Generator[None, None, T]) -> T:
    since = perf_counter()
    while True:
        try:
            next(work)
        except StopIteration as done:
            return done.value
        if perf_counter() - since > _SLICE:
            await asyncio.sleep(0)
            since = perf_counter()
