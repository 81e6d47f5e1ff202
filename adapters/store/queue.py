"""The queue: procrastinate's workers in our process, supervised; take-over; the timers' tick."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic

from procrastinate import App, JobContext, PsycopgConnector
from procrastinate.worker import Worker
from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from adapters.ending import ended
from adapters.store.store import PostgresStore

logger = logging.getLogger(__name__)

_DAY = 86400.0
_HOUR = 3600.0

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
        self._asked = asyncio.Event()
        """To stop."""
        self._jobs: set[int | None] = set()
        """Of procrastinate's jobs, those that run here."""
        self.healthy = False
        """False while the workers are not running; /readyz tells."""

    def start(self) -> None:
        self._running = asyncio.create_task(self._supervise(), name="queue")

    async def stop(self) -> None:
        """Take nothing new, and let what runs come to its end."""
        self._asked.set()
        if self._running:
            await self._running

    async def _supervise(self) -> None:
        while not self._asked.is_set():
            try:
                await self._once()
                if not self._asked.is_set():
                    logger.error("the queue's workers stopped by themselves")
            except Exception as error:
                logger.exception(
                    "the queue's workers failed", extra={"error": type(error).__name__}
                )
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._asked.wait(), self._pace.restart)

    async def _once(self) -> None:
        """Until one of the parts ends, or all are asked to; then all of them do."""
        pace = self._pace
        app = App(connector=PsycopgConnector())
        # A job that is cut off goes back to its place in the line, not to the end.
        app.task(name="work", pass_context=True, retry=True)(self._run_work)
        app.task(name="deliver", pass_context=True, retry=True)(self._run_delivery)
        async with self._pool() as pool, app.open_async(pool):
            workers = [
                self._worker(app, queue, count)
                for queue, count in (
                    ("turns", pace.turns),
                    ("actions", pace.actions),
                    ("deliveries", pace.deliveries),
                )
            ]
            running = [asyncio.create_task(x.run(), name=x.worker_name) for x in workers]
            beside: list[asyncio.Task[object]] = [
                asyncio.create_task(self._tick(), name="timers"),
                asyncio.create_task(self._rescue(app, workers), name="rescue"),
                asyncio.create_task(self._asked.wait(), name="asked"),
            ]
            self.healthy = True
            try:
                done, _ = await asyncio.wait(
                    [*running, *beside], return_when=asyncio.FIRST_COMPLETED
                )
            finally:
                self.healthy = False
                # A worker is not cancelled: that would cut off what it has in hand.
                for worker in workers:
                    worker.stop()
                await ended(*beside)
                await asyncio.gather(*running, return_exceptions=True)
            for part in done:
                part.result()

    def _pool(self) -> AsyncConnectionPool[AsyncConnection[TupleRow]]:
        """Each of procrastinate's queries is one statement: no BEGIN and COMMIT around it."""
        return AsyncConnectionPool(
            self._url,
            min_size=2,
            max_size=10,
            timeout=10,
            open=False,
            configure=lambda connection: connection.set_autocommit(True),
        )

    def _worker(self, app: App, queue: str, concurrency: int) -> Worker:
        pace = self._pace
        return Worker(
            app,
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
            with _going_on("timers"):
                await self._store.fire_timers()
            await asyncio.sleep(self._pace.tick)

    async def _rescue(self, app: App, workers: list[Worker]) -> None:
        """Take over what a dead replica held, and what lost its job on the way."""
        idle: set[int | None] = set()
        pruned = began = -_DAY
        while True:
            with _going_on("rescue"):
                idle = await self._take_over(app, workers, idle)
                await self._store.put_back(self._pace.stranded)
                if monotonic() - pruned > _DAY:
                    await self._store.prune()
                    pruned = monotonic()
                if monotonic() - began > _HOUR:
                    await self._store.begin_week()
                    began = monotonic()
            await asyncio.sleep(self._pace.heartbeat)

    async def _take_over(
        self, app: App, workers: list[Worker], before: set[int | None]
    ) -> set[int | None]:
        """Returns those of our jobs that nobody runs: at a second look they are begun again."""
        stalled = await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=self._pace.stalled)
        # Ours, but run by nobody at two looks: its end, or its beginning, was not heard of.
        mine = {x.worker_id for x in workers}
        doing = await app.job_manager.list_jobs_async(status="doing")
        idle = [x for x in doing if x.worker_id in mine and x.id not in self._jobs]
        lost = [x for x in idle if x.id in before]
        for job in (*stalled, *lost):
            with contextlib.suppress(Exception):  # another replica was faster
                await app.job_manager.retry_job(job)
        return {x.id for x in idle}

    async def _run_work(self, context: JobContext, id: str) -> None:
        await self._run(self._work, context.job.id, id)

    async def _run_delivery(self, context: JobContext, id: str) -> None:
        await self._run(self._deliver, context.job.id, id)

    async def _run(self, work: Work, job: int | None, id: str) -> None:
        self._jobs.add(job)
        try:
            await self._until_done(work, id)
        finally:
            self._jobs.discard(job)

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


@contextmanager
def _going_on(part: str) -> Generator[None]:
    """What fails now is tried again at the next look; the workers are not disturbed."""
    try:
        yield
    except Exception as error:
        logger.warning("a look failed", extra={"part": part, "error": type(error).__name__})
