"""Checkpoints outside of the database, where whoever changes it does not reach: file, webhook."""

import asyncio
import contextlib
import json
import logging
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import aiohttp
from pydantic import TypeAdapter, ValidationError

from adapters.ending import ended
from adapters.store.chain import Checkpoint

logger = logging.getLogger(__name__)

FILE = "checkpoints.jsonl"
"""In the data folder."""

_PATIENCE = aiohttp.ClientTimeout(total=10)
_LAST = 3.0
"""Seconds for the last call, when the process is asked to stop."""

_checkpoint = TypeAdapter(Checkpoint)


class Copies:
    """Where the checkpoints go. What fails is logged, and holds nothing up."""

    def __init__(self, file: Path, public: str, webhook: str | None = None) -> None:
        self._file = file
        self._public = public
        self._webhook = webhook
        self._waiting: dict[str, str] = {}
        """For the webhook, the newest of each organisation: it covers all before it."""
        self._more = asyncio.Event()
        self._calling: asyncio.Task[None] | None = None

    def start(self) -> None:
        if self._webhook:
            self._calling = asyncio.create_task(self._call_on(), name="audit webhook")

    async def stop(self) -> None:
        if self._calling is None:
            return
        await ended(self._calling)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LAST):
                await self._call()

    async def tell(self, checkpoint: Checkpoint) -> None:
        line = json.dumps({**asdict(checkpoint), "key": self._public}, ensure_ascii=False)
        self._waiting[checkpoint.organisation] = line
        self._more.set()
        try:
            await asyncio.to_thread(_append, self._file, line)
        except OSError as error:
            logger.error("a checkpoint is not in the file", extra={"error": str(error.strerror)})

    async def _call_on(self) -> None:
        while True:
            await self._more.wait()
            self._more.clear()
            await self._call()
            if self._waiting:
                await asyncio.sleep(5)
                self._more.set()

    async def _call(self) -> None:
        assert self._webhook
        async with aiohttp.ClientSession(timeout=_PATIENCE) as session:
            for organisation, line in list(self._waiting.items()):
                try:
                    await _post(session, self._webhook, line)
                except (aiohttp.ClientError, TimeoutError) as error:
                    name = type(error).__name__
                    logger.warning("the audit webhook did not take it", extra={"error": name})
                    continue
                if self._waiting.get(organisation) == line:
                    del self._waiting[organisation]


async def _post(session: aiohttp.ClientSession, url: str, line: str) -> None:
    headers = {"Content-Type": "application/json"}
    async with session.post(
        url, data=line.encode(), headers=headers, allow_redirects=False
    ) as answer:
        if answer.status >= 300:
            raise aiohttp.ClientError(f"status {answer.status}")


def _append(file: Path, line: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a+b") as out:
        # After a crash the last line may be half a line: the next one does not join it.
        size = out.seek(0, os.SEEK_END)
        if size:
            out.seek(-1, os.SEEK_END)
            line = line if out.read(1) == b"\n" else f"\n{line}"
        out.write(f"{line}\n".encode())
        out.flush()
        os.fsync(out.fileno())


def read(file: Path, public: str) -> tuple[Sequence[Checkpoint], int]:
    """Those made with this key; and how many lines are of another one, or cannot be read.

    Raises `OSError`.
    """
    kept: list[Checkpoint] = []
    passed_over = 0
    for line in file.read_bytes().splitlines():
        try:
            found = json.loads(line)
            ours = found.pop("key") == public
            checkpoint = _checkpoint.validate_python(found)
        except (ValueError, AttributeError, KeyError, ValidationError, RecursionError):
            passed_over += 1
            continue
        if ours:
            kept.append(checkpoint)
        else:
            passed_over += 1
    return kept, passed_over
