"""The composition root: the only place that knows all the parts."""

import logging
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from adapters import connections, endpoint, sample
from adapters.clock import RandomIds, SystemClock, admin_code
from adapters.directory.accounts import AccountDirectory
from adapters.directory.sample import SampleDirectory
from adapters.knowledge.handbook import Handbook
from adapters.knowledge.keeping import Keeper
from adapters.metrics import Metrics
from adapters.opened import database_of, key_of, organisation_of
from adapters.pack.loader import LoadedPack, load
from adapters.settings import Settings, SettingsError, pack_folder
from adapters.store import database
from adapters.store.archive import PostgresArchive
from adapters.store.chain import Signer
from adapters.store.checkpoints import FILE, Copies
from adapters.store.cipher import Cipher
from adapters.store.journal import PostgresJournals
from adapters.store.queue import Pace, Queue
from adapters.store.register import PostgresRegister
from adapters.store.seal import Sealer
from adapters.store.store import PostgresStore
from adapters.store.upkeep import Upkeep
from adapters.store.vault import PostgresVault
from adapters.web.platform import WebPlatform
from adapters.web.workspace import Workspace
from bot.admin import hash_code
from bot.agent import Agent
from bot.door import Door
from bot.event import CardAction, Event, SourceFailing
from bot.kit import Kit
from bot.outcome import Switches
from bot.outside import Outside
from bot.people import Requester
from bot.ports import Directory, Drafts, Platform, ToolCall, Tools, ToolSpec
from bot.reply import Card, Form, Invalid
from bot.turn import Bot
from bot.veil import Veil
from bot.worker import Worker

logger = logging.getLogger(__name__)


class NoTools:
    """No tools from elsewhere are connected."""

    def specs(self) -> tuple[ToolSpec, ...]:
        return ()

    async def call(self, call: ToolCall, requester: Requester, key: str) -> str:
        raise AssertionError("a tool was called that nobody offered")


@dataclass(kw_only=True)
class App:
    """All the parts, wired. Which of them run is up to `adapters/serve.py`."""

    settings: Settings
    organisation: str
    loaded: LoadedPack
    engine: AsyncEngine
    cipher: Cipher
    url: str
    """The database, as the application's role."""
    clock: SystemClock
    store: PostgresStore
    upkeep: Upkeep
    journals: PostgresJournals
    handbook: Handbook
    workspace: Workspace
    platforms: dict[str, Any]
    """Each is a `Platform`, and its `Drafts`."""
    kit: Kit
    door: Door
    worker: Worker
    metrics: Metrics

    async def accept(self, event: Event) -> bool:
        with self.metrics.accept_seconds.time():
            fresh = await self.store.accept(event)
        if fresh:
            self.metrics.accepted.labels(type(event).__name__).inc()
        else:
            self.metrics.duplicates.inc()
        return fresh

    async def answer_now(self, event: CardAction) -> Form | Card | Invalid | None:
        return await self.door.answer_now(event)

    def queue(self, pace: Pace | None = None) -> Queue:
        work = self.metrics.timed(self.metrics.turn_seconds, self.worker.work)
        deliver = self.metrics.timed(self.metrics.delivery_seconds, self.worker.deliver)
        return Queue(self.url, self.store, work, deliver, pace)

    @asynccontextmanager
    async def sealing(self) -> AsyncGenerator[None]:
        """The record is sealed meanwhile, and once more at the end."""
        signer = Signer(await self.cipher.signing_seed())
        file = self.settings.data / FILE
        copies = Copies(file, signer.public, self.settings.audit_webhook)
        sealer = Sealer(self.engine, signer, copies.tell)
        copies.start()
        sealer.start()
        try:
            yield
        finally:
            await sealer.stop()
            await copies.stop()

    @asynccontextmanager
    async def keeping(self) -> AsyncGenerator[None]:
        """The sources that an admin added are read meanwhile, each when it is due."""

        async def tell(source: str, since: datetime, why: str) -> None:
            id = f"source:{self.organisation}:{source}:{since.isoformat()}"
            await self.store.accept(
                SourceFailing(
                    id=id, organisation=self.organisation, at=self.clock.now(), source=source,
                    since=since, why=why,
                )
            )  # fmt: skip

        specialists = frozenset(self.loaded.pack.specialists)
        keeper = Keeper(self.engine, self.organisation, specialists, self.clock, tell)
        keeper.start()
        try:
            yield
        finally:
            await keeper.stop()

    @property
    def reception(self) -> connections.Reception:
        return connections.Reception(
            organisation=self.organisation,
            pack=self.kit.pack,
            store=self.store,
            directory=self.kit.directory,
        )

    async def sync_handbook(self) -> None:
        specialists = frozenset(self.loaded.pack.specialists)
        synced = await self.handbook.sync(
            self.organisation, self.loaded.handbook, self.settings.handbook_base, specialists
        )
        for skipped in synced.skipped:
            logger.warning("handbook page skipped", extra={"page": str(skipped)})


@asynccontextmanager
async def open_app(
    settings: Settings, *, platforms: dict[str, Any] | None = None, tools: Tools | None = None
) -> AsyncGenerator[App]:
    """`platforms` and `tools` stand in for the console's and for none: far sides of tests.

    Raises `PackError`, `SettingsError`, `EmbeddedError`, `KeyMismatch`, each with what to do.
    """
    async with AsyncExitStack() as stack:
        outside = {x.name for x in tools.specs()} if tools else set[str]()
        loaded = _linked(load(pack_folder(settings.pack), outside), settings)
        _in_region(loaded, settings)
        url = await database_of(settings, stack)
        engine = database.engine(url, organisation_of(settings))
        stack.push_async_callback(engine.dispose)
        cipher = Cipher(engine, key_of(settings))
        await cipher.check()
        app = await _wire(settings, loaded, engine, url, cipher, platforms, tools, stack)
        yield app


def _in_region(loaded: LoadedPack, settings: Settings) -> None:
    demanded = loaded.pack.model_region
    if demanded and not settings.offline and settings.model_region != demanded:
        raise SettingsError(
            f"HANDRAIL_MODEL_REGION: the pack demands a model in “{demanded}” (model_region in"
            f" pack.yaml), and this is “{settings.model_region or 'not said'}”"
        )


async def _wire(
    settings: Settings,
    loaded: LoadedPack,
    engine: AsyncEngine,
    url: str,
    cipher: Cipher,
    platforms: dict[str, Any] | None,
    tools: Tools | None,
    stack: AsyncExitStack,
) -> App:
    organisation, pack = organisation_of(settings), loaded.pack
    upkeep = Upkeep(engine)
    clock = SystemClock(await upkeep.ahead(organisation))
    store = PostgresStore(engine, cipher, clock, {organisation: pack.retention})
    journals = PostgresJournals(engine, cipher)
    client = endpoint.client(settings, stack)
    handbook = Handbook(engine, meaning=await endpoint.meaning(settings, client))
    await handbook.start()
    stack.push_async_callback(handbook.stop)
    seal, unseal = await cipher.pair(organisation, "console")
    workspace = Workspace(
        engine=engine, organisation=organisation, clock=clock, seal=seal, unseal=unseal
    )

    def registers(owner: str) -> PostgresRegister:
        return PostgresRegister(engine, cipher, organisation, owner)

    connected = platforms or await connections.platforms(
        settings, organisation, registers, clock, stack
    )
    connected = connected or {"web": WebPlatform(workspace)}
    sends: dict[str, Platform] = dict(connected)
    drafts: dict[str, Drafts] = dict(connected)
    ids = RandomIds()
    directory: Directory = SampleDirectory(loaded.people, loaded.accounts)
    if not settings.demonstration:
        directory = AccountDirectory(
            people=loaded.people, accounts=loaded.accounts, profiles=dict(connected),
            register=registers("directory"), clock=clock,
        )  # fmt: skip
    vault = PostgresVault(engine, cipher)
    veil = Veil(pack=pack, vault=vault, directory=directory, knowledge=handbook)
    agent = Agent(
        models=endpoint.models(settings, client),
        pack=pack,
        knowledge=handbook,
        store=store,
        tools=Outside(tools=tools or NoTools(), veil=veil),
        clock=clock,
    )
    kit = Kit(
        pack=pack,
        agent=agent,
        store=store,
        directory=directory,
        knowledge=handbook,
        tools=agent.tools,
        platforms=sends,
        drafts=drafts,
        vault=vault,
        archive=PostgresArchive(engine, cipher, pack),
        veil=veil,
        clock=clock,
        ids=ids,
    )
    app = App(
        settings=settings,
        organisation=organisation,
        loaded=loaded,
        engine=engine,
        cipher=cipher,
        url=url,
        clock=clock,
        store=store,
        upkeep=upkeep,
        journals=journals,
        handbook=handbook,
        workspace=workspace,
        platforms=connected,
        kit=kit,
        door=Door(pack=pack, store=store, directory=directory, clock=clock, ids=ids),
        worker=Worker(bot=Bot(kit), store=store, journals=journals, platforms=sends, clock=clock),
        metrics=Metrics(),
    )
    if "teams" in connected:
        # Teams tells of its stop button only by refusing the next piece of an answer.
        connected["teams"].stopped = app.accept
    return app


def _linked(loaded: LoadedPack, settings: Settings) -> LoadedPack:
    """The pack names a page of its handbook; employees need where they read it."""
    link, folder = loaded.pack.secret_link, "/handbook/"
    if not link.startswith(folder):
        return loaded
    link = settings.handbook_base + link.removeprefix(folder)
    return replace(loaded, pack=replace(loaded.pack, secret_link=link))


async def prepare(app: App, *, shows_code: bool = True) -> str | None:
    """What a start does once the parts are there: the handbook, the sample's rooms, the code.

    Returns the one-time code of the first admin. None: there is an admin already, or this
    process has nobody to show it to.
    """
    await app.sync_handbook()
    code = admin_code()

    def change(before: Switches) -> Switches:
        furnished = before
        if app.settings.demonstration and not before.queues and before.version == 0:
            furnished = sample.furnish(before, frozenset(app.loaded.pack.queues))
        # The code of an earlier start was only on that start's screen: a fresh one replaces it.
        if shows_code and not before.admins:
            furnished = replace(furnished, admin_code=hash_code(code))
        return replace(furnished, version=before.version + (furnished != before))

    switches = await app.upkeep.set_switches(app.organisation, change)
    if app.settings.demonstration:
        await sample.last_night(app.kit, app.store, app.journals)
    return code if shows_code and not switches.admins else None
