"""Converts documents in a process of its own, with little memory and time: a bomb ends only that.

`python -m adapters.knowledge.apart` is that process: it reads requests, and writes answers.
"""

import asyncio
import json
import resource
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from typing import BinaryIO

from adapters.knowledge.convert import BrokenDocument, Kind, Why, convert

_MEMORY = 1 << 30
"""Bytes of address space."""
_PATIENCE = 60.0
"""Seconds for one document."""
_CPU = 2 * _PATIENCE
"""Seconds of a processor."""
_LINE = 1 << 12


class Converter:
    """Starts the process with the first document. One document at a time."""

    def __init__(self, patience: float = _PATIENCE) -> None:
        self._patience = patience
        self._process: Process | None = None
        self._turn = asyncio.Lock()

    async def convert(self, content: bytes, kind: Kind) -> str:
        """As `convert.convert`. Raises `BrokenDocument`."""
        if kind is Kind.MARKDOWN:
            return convert(content, kind)
        async with self._turn:
            process = self._process = self._process or await _start()
            try:
                async with asyncio.timeout(self._patience):
                    return await _ask(process, content, kind)
            except TimeoutError as error:
                await self._end()
                raise BrokenDocument(Why.SLOW) from error
            except (OSError, EOFError, ValueError) as error:  # it died of this document
                await self._end()
                raise BrokenDocument(Why.BROKEN) from error
            except asyncio.CancelledError:
                await self._end()
                raise

    async def stop(self) -> None:
        async with self._turn:
            await self._end()

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(ProcessLookupError):
            process.kill()
        await process.communicate()  # also closes the pipes


async def _start() -> Process:
    # Nothing of the environment: no key or token is where a document could be made to read it.
    return await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", "adapters.knowledge.apart",
        stdin=PIPE, stdout=PIPE, env={"PYTHONPATH": ":".join(sys.path)},
    )  # fmt: skip


async def _ask(process: Process, content: bytes, kind: Kind) -> str:
    """Raises `BrokenDocument`; `OSError`, `EOFError` or `ValueError` if it died."""
    assert process.stdin
    assert process.stdout
    process.stdin.write(json.dumps([kind, len(content)]).encode() + b"\n" + content)
    await process.stdin.drain()
    why, size = json.loads(await process.stdout.readuntil(b"\n"))
    text = await process.stdout.readexactly(int(size))
    if why:
        raise BrokenDocument(Why(why))
    return text.decode("utf-8", "replace")


def _serve(requests: BinaryIO, answers: BinaryIO) -> None:
    while line := requests.readline(_LINE):
        kind, size = json.loads(line)
        why, text = "", b""
        _hurry()
        try:
            text = convert(requests.read(size), Kind(kind)).encode("utf-8", "replace")
        except BrokenDocument as error:
            why = error.why.value
        answers.write(json.dumps([why, len(text)]).encode() + b"\n" + text)
        answers.flush()


def _hurry() -> None:
    """An end for one document, also when nobody is left who would set it."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime + _CPU), hard))


def _alone() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(ValueError, OSError):  # macOS does not know it
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    answers = sys.stdout.buffer
    sys.stdout = sys.stderr  # what a parser prints is no answer
    _serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    _alone()
