"""The product as an operator starts it: `handrail run` in a process of its own."""

import asyncio
import os
import re
import shutil
import socket
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    console: str
    """Its address, without a slash at the end."""
    public: str
    """The address that platforms call, without a slash at the end."""
    admin_code: str
    process: asyncio.subprocess.Process


_OURS = ("HANDRAIL_", "OPENAI", "SLACK_", "TEAMS_", "DATABASE_URL")


ROOT = Path(__file__).parents[2]


def hurried(folder: Path) -> Path:
    """A copy of the sample pack, for employees who write faster than people do."""
    pack = folder / "workplace"
    shutil.copytree(ROOT / "policies" / "workplace", pack)
    file = pack / "pack.yaml"
    text = file.read_text()
    head, limits = text[: text.index("limits:")], "limits: {messages: 1000000, attempts: 1000000}\n"
    file.write_text(head + limits)
    return pack


def free_ports(count: int) -> list[int]:
    """Free at this moment; nobody else is in a hurry for them."""
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


@asynccontextmanager
async def running(data: Path, *arguments: str, **settings: str) -> AsyncGenerator[Product]:
    """Until SIGTERM, which must end it in order."""
    data.mkdir(mode=0o755, exist_ok=True)
    public, private = free_ports(2)
    environment = {k: v for k, v in os.environ.items() if not k.startswith(_OURS)}
    environment |= {
        "HANDRAIL_DATA": str(data),
        "HANDRAIL_PORT": str(public),
        "HANDRAIL_CONSOLE_PORT": str(private),
        **settings,
    }
    program = Path(sys.executable).with_name("handrail")
    process = await asyncio.create_subprocess_exec(
        program, "run", *arguments, env=environment, stdout=asyncio.subprocess.PIPE
    )
    try:
        code = await asyncio.wait_for(_welcome(process), 60)
        console = f"http://127.0.0.1:{private}"
        await _ready(console)
        yield Product(
            console=console,
            public=f"http://127.0.0.1:{public}",
            admin_code=code,
            process=process,
        )
    finally:
        if process.returncode is None:
            process.terminate()
            assert await asyncio.wait_for(process.wait(), 40) == 0
        shutil.rmtree(data, ignore_errors=True)


async def _welcome(process: asyncio.subprocess.Process) -> str:
    """The first admin's code, as the start prints it."""
    assert process.stdout
    async for line in process.stdout:
        found = re.search(r"/handrail admin (\S+)", line.decode())
        if found:
            return found[1]
    raise AssertionError("it ended before it was ready; its log says why")


async def _ready(console: str) -> None:
    async with aiohttp.ClientSession() as session:
        for _ in range(200):
            async with session.get(f"{console}/readyz") as answer:
                if answer.status == 200:
                    return
            await asyncio.sleep(0.05)
    raise AssertionError("it never became ready")
