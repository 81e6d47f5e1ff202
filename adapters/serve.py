"""Running: the listeners, the queue, and an orderly end."""

import asyncio
import contextlib
import logging
import signal
from contextlib import AsyncExitStack

from aiohttp import web

from adapters import connections
from adapters.app import App, open_app, prepare
from adapters.settings import Only, Settings
from adapters.stage import CONNECT, SampleStage, people
from adapters.store.queue import Queue
from adapters.web.feed import Feed
from adapters.web.guard import private_application
from adapters.web.http import Console
from bot.ports import PortError

logger = logging.getLogger(__name__)


async def run(settings: Settings, only: Only | None) -> None:
    """Until SIGTERM or SIGINT; then what runs is brought to its end."""
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, asked.set)
    async with AsyncExitStack() as stack:
        app = await stack.enter_async_context(open_app(settings))
        code = await prepare(app, shows_code=only != "worker")
        stage = SampleStage(app) if settings.demonstration else None
        if stage:
            follower = asyncio.create_task(_follow(stage), name="clock")
            stack.callback(follower.cancel)
        queue = None
        if only != "web":
            # Entered before the queue: so what its last turns recorded is sealed as well.
            await stack.enter_async_context(app.sealing())
            queue = app.queue()
            queue.start()
            stack.push_async_callback(queue.stop)
            await stack.enter_async_context(app.keeping())
        if only != "worker":
            public = _public()
            await connections.listen(
                settings, app.platforms, app, app.reception, app.clock, public, stack
            )
            await _listen(stack, public, settings.host, settings.port, "HANDRAIL_PORT")
            console = _private(app, queue, stage)
            await _listen(
                stack, console, "127.0.0.1", settings.console_port, "HANDRAIL_CONSOLE_PORT"
            )
        print(_welcome(settings, only, code), flush=True)
        await asked.wait()
        print("Handrail is finishing what it has begun.", flush=True)


async def _follow(stage: SampleStage) -> None:
    while True:
        with contextlib.suppress(PortError):
            await stage.follow()


async def _listen(
    stack: AsyncExitStack, application: web.Application, host: str, port: int, variable: str
) -> None:
    """Raises `OSError` with a sentence that names the variable."""
    # An open page's stream must not hold up the end.
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=2)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        sentence = f"{variable}: port {port} of {host} is taken; stop what uses it or set another."
        raise OSError(sentence) from error


def _public() -> web.Application:
    """What the platforms call, and a load balancer."""
    application = web.Application()

    async def alive(_: web.Request) -> web.Response:
        return web.json_response({"alive": True})

    application.router.add_get("/healthz", alive)
    return application


def _private(app: App, queue: Queue | None, stage: SampleStage | None) -> web.Application:
    """What only the operator sees, and in the demonstration the console."""
    application = private_application()

    async def ready(_: web.Request) -> web.Response:
        state = {"database": await _answers(app), "queue": queue is None or queue.healthy}
        return web.json_response(state, status=200 if all(state.values()) else 503)

    async def metrics(_: web.Request) -> web.Response:
        headers = {"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}
        return web.Response(body=app.metrics.text(), headers=headers)

    application.router.add_get("/readyz", ready)
    application.router.add_get("/metrics", metrics)
    if stage:
        Console(
            core=app,
            stage=stage,
            workspace=app.workspace,
            feed=Feed(app.engine),
            people=people(app),
            clock=app.clock,
            offline=app.settings.offline,
            connect=CONNECT,
        ).attach(application)
    return application


async def _answers(app: App) -> bool:
    try:
        await app.store.open_cases(app.organisation)
    except PortError:
        return False
    return True


def _welcome(settings: Settings, only: Only | None, code: str | None) -> str:
    if only == "worker":
        return "Handrail's worker is running."
    if settings.demonstration:
        lines = ["", "  Handrail is running. Open the console:"]
        lines.append(f"    http://127.0.0.1:{settings.console_port}/")
        who = "be Robin in the console and write"
    else:
        names = [x for x, on in (("Slack", settings.slack), ("Teams", settings.teams)) if on]
        lines = ["", f"  Handrail is running in {' and '.join(names)}."]
        who = "write to the bot"
    if code:
        lines += ["", f"  To become the first admin, {who}:", f"    /handrail admin {code}"]
    return "\n".join([*lines, "", "  Stop it with Ctrl+C.", ""])
