"""The queue: procrastinate's workers in our process, supervised; take-over; the timers' tick."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from procrastinate import App, PsycopgConnector

from adapters.store.store import PostgresStore

logger = logging.getLogger(__name__)

Work = Callable[[str], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Seconds, and how many at once. The defaults are for production; tests are in a hurry."""

    turns: int = 16
    actions: int = 8
    deliveries: int = 16
    tick: float = 0.5
    """Between two looks at the timers."""
    heartbeat: float = 2
    stalled: float = 8
    """Without a heartbeat for so long, a replica is dead and its jobs are taken over."""
    stranded: float = 5
    """What is in nobody's hands for so long is queued again."""
    drain: float = 20
    """For running jobs, when the process is asked to stop."""
    restart: float = 1
    """Before the workers are started again after the database was away."""


class Queue:
    """Runs `work` for events and `deliver` for deliveries until it is stopped."""

    def __init__(
        self, url: str, store: PostgresStore, work: Work, deliver: Work, pace: Pace | None = None
    ) -> None:
        self._url = url
        self._store = store
        self._work = work
        self._deliver = deliver
        self._pace = pace or Pace()
        self._running: asyncio.Task[None] | None = None
        self.healthy = False
        """False while the workers are not running; /readyz tells."""

    def start(self) -> None:
        self._running = asyncio.create_task(self._supervise(), name="queue")

    async def stop(self) -> None:
        """Take nothing new, and let what runs come to its end."""
        if self._running:
            self._running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._running
        self.healthy = False

    async def _supervise(self) -> None:
        while True:
            try:
                await self._once()
                logger.error("the queue's workers stopped by themselves")
            except Exception as error:
                logger.exception(
                    "the queue's workers failed", extra={"error": type(error).__name__}
                )
            self.healthy = False
            await asyncio.sleep(self._pace.restart)

    async def _once(self) -> None:
        """Until one of the parts ends; then all of them do."""
        pace = self._pace
        connector = PsycopgConnector(conninfo=self._url, min_size=2, max_size=10, timeout=10)
        app = App(connector=connector)
        app.task(name="work")(self._run_work)
        app.task(name="deliver")(self._run_delivery)
        async with app.open_async():
            parts = [
                asyncio.create_task(self._worker(app, queue, count), name=queue)
                for queue, count in (
                    ("turns", pace.turns),
                    ("actions", pace.actions),
                    ("deliveries", pace.deliveries),
                )
            ]
            parts.append(asyncio.create_task(self._tick(), name="timers"))
            parts.append(asyncio.create_task(self._rescue(app), name="rescue"))
            self.healthy = True
            try:
                done, _ = await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
            finally:
                self.healthy = False
                for part in parts:
                    part.cancel()
                await asyncio.gather(*parts, return_exceptions=True)
            for part in done:
                part.result()

    async def _worker(self, app: App, queue: str, concurrency: int) -> None:
        pace = self._pace
        await app.run_worker_async(
            queues=[queue],
            name=queue,
            concurrency=concurrency,
            # A notification is the rule. One that comes while a worker fetches is lost on it.
            fetch_job_polling_interval=0.5,
            delete_jobs="always",
            install_signal_handlers=False,
            update_heartbeat_interval=pace.heartbeat,
            stalled_worker_timeout=pace.stalled,
            shutdown_graceful_timeout=pace.drain,
        )

    async def _tick(self) -> None:
        while True:
            await self._store.fire_timers()
            await asyncio.sleep(self._pace.tick)

    async def _rescue(self, app: App) -> None:
        """Take over what a dead replica held, and what lost its job on the way."""
        while True:
            stalled = await app.job_manager.get_stalled_jobs(
                seconds_since_heartbeat=self._pace.stalled
            )
            for job in stalled:
                with contextlib.suppress(Exception):  # another replica was faster
                    await app.job_manager.retry_job(job)
            await self._store.put_back(self._pace.stranded)
            await asyncio.sleep(self._pace.heartbeat)

    async def _run_work(self, id: str) -> None:
        await self._until_done(self._work, id)

    async def _run_delivery(self, id: str) -> None:
        await self._until_done(self._deliver, id)

    async def _until_done(self, work: Work, id: str) -> None:
        """The store is away: wait for it inside the job, whose lock keeps the order.

        A job that is cut off is put back by `_rescue`: its row in the inbox or outbox stays.
        """
        while True:
            try:
                return await work(id)
            except Exception as error:
                logger.warning("a job waits", extra={"job": id, "error": type(error).__name__})
                await asyncio.sleep(self._pace.restart)
