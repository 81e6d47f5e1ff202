"""`handrail knowledge`: where the handbook comes from, and what is found in it."""

import argparse
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from adapters import endpoint
from adapters.clock import SystemClock
from adapters.knowledge import catalog, storage
from adapters.knowledge.folder import FolderReader
from adapters.knowledge.handbook import Handbook
from adapters.knowledge.keeping import read
from adapters.knowledge.passages import Origin
from adapters.knowledge.readers import ANYBODY, visible
from adapters.knowledge.said import Said
from adapters.knowledge.source import PACK, SOLVED, Source, SourceError
from adapters.knowledge.sources.opening import checked
from adapters.knowledge.sync import Synced, sync
from adapters.opened import opened, organisation_of
from adapters.pack.fields import duration
from adapters.pack.loader import LoadedPack, load
from adapters.settings import Settings, pack_folder
from bot.people import Requester
from bot.ports import Clock

_FOUND = 5
_SHOWN_SKIPPED = 20
_WRITTEN = {PACK: "the pack", SOLVED: "written in the chat"}
"""What stands for an address."""


def add_to(parser: argparse.ArgumentParser) -> None:
    asked = parser.add_subparsers(dest="asked", required=True)
    added = asked.add_parser("add", help="a folder, sitemap, git, Confluence or SharePoint address")
    added.add_argument("source")
    added.add_argument("--name", default="", help="what to call it; else from the address")
    added.add_argument("--link", default="", help="where employees read it: a page's path follows")
    added.add_argument("--secrets", default="", metavar="PREFIX", help="of its variables")
    added.add_argument("--specialist", help="whose pages they are")
    added.add_argument(
        "--every", default="1h", help="how often the worker reads it, such as 30m; off: never"
    )
    added.add_argument(
        "--group", action="append", default=[], metavar="THEIRS=OURS",
        help="what a group of the source is called here; OURS may be * for every employee",
    )  # fmt: skip
    synced = asked.add_parser("sync", help="read what changed, of one source or of all")
    synced.add_argument("source", nargs="?", help="its name")
    asked.add_parser("list", help="the sources, and what was left out of them")
    removed = asked.add_parser("remove", help="a source and its pages, or a solved case's page")
    removed.add_argument("source")
    asked.add_parser("show", help="what is known of a page").add_argument("page")
    why = asked.add_parser("why", help="which passages a question finds, and why")
    why.add_argument("question")
    why.add_argument(
        "--as",
        dest="person",
        metavar="PERSON",
        help="an employee id of the pack; else somebody of whom nothing is known",
    )


async def obey(settings: Settings, options: argparse.Namespace) -> int:
    """The exit code. Raises `SourceError` and what `opened` raises."""
    organisation = organisation_of(settings)
    async with opened(settings) as engine:
        match options.asked:
            case "add":
                await _add(engine, organisation, options, load(pack_folder(settings.pack)))
            case "sync":
                return await sync_all(settings, engine, organisation, options.source, SystemClock())
            case "list":
                await _list(engine, organisation)
            case "remove":
                await catalog.remove(engine, organisation, options.source)
                print(f"{options.source} is gone from the handbook.")
            case "show":
                _show(await catalog.shown(engine, organisation, options.page))
            case _:
                loaded = load(pack_folder(settings.pack))
                await _why(settings, engine, options.question, _person(loaded, options.person))
    return 0


async def _add(
    engine: AsyncEngine, organisation: str, options: argparse.Namespace, loaded: LoadedPack
) -> None:
    if options.specialist and options.specialist not in loaded.pack.specialists:
        known = ", ".join(sorted(loaded.pack.specialists))
        raise SourceError(f"--specialist: the pack knows {known}.")
    source = checked(
        Source(
            name=options.name,
            address=options.source,
            link=options.link,
            secrets=options.secrets,
            specialist=options.specialist,
            groups=_groups(options.group),
            every=_every(options.every),
        )
    )
    await catalog.add(engine, organisation, source)
    print(f"Added as {source.name}. Read it with: handrail knowledge sync {source.name}")
    if source.every:
        print(f"While Handrail runs, it is also read by itself, every {_spoken(source.every)}.")
    if source.secrets:
        print(f"Its credentials are read from variables that begin with {source.secrets}_.")


def _groups(said: Sequence[str]) -> dict[str, str]:
    pairs = [x.partition("=") for x in said]
    if any(not theirs or not ours for theirs, _, ours in pairs):
        raise SourceError("--group: write THEIRS=OURS, such as --group confluence-users=*")
    return {theirs: ours for theirs, _, ours in pairs}


def _every(said: str) -> timedelta | None:
    """None: never by itself."""
    if said == "off":
        return None
    try:
        return duration(said)
    except ValueError as error:
        raise SourceError(f"--every: {error} Or off: never by itself.") from None


def _spoken(every: timedelta) -> str:
    minutes = round(every.total_seconds() / 60)
    return f"{minutes}m" if minutes % 60 else f"{minutes // 60}h"


async def sync_all(
    settings: Settings, engine: AsyncEngine, organisation: str, name: str | None, clock: Clock
) -> int:
    """Each by itself: one that fails harms no other. Returns the exit code."""
    loaded = load(pack_folder(settings.pack))
    listed = await catalog.listed(engine, organisation)
    known = {x.source.name: x.source for x in listed if x.source.name != SOLVED}
    known.setdefault(PACK, Source(name=PACK, address=""))
    if name and name not in known:
        raise SourceError(f"There is no source {name}; there are: {', '.join(sorted(known))}.")
    bad = 0
    for source in [known[name]] if name else known.values():
        try:
            synced = await _sync(settings, engine, organisation, source, loaded, clock)
        except SourceError as error:
            bad = 1
            await catalog.failed(engine, organisation, source.name, str(error))
            print(f"{source.name}: {error} It stays as it was.")
        else:
            print(f"{source.name}: {_told(synced)}")
    return bad


async def _sync(
    settings: Settings,
    engine: AsyncEngine,
    organisation: str,
    source: Source,
    loaded: LoadedPack,
    clock: Clock,
) -> Synced:
    specialists = frozenset(loaded.pack.specialists)
    if source.name == PACK:
        origin = Origin(link_base=settings.handbook_base, specialists=specialists)
        return await sync(engine, organisation, PACK, FolderReader(loaded.handbook), origin)
    return await read(engine, organisation, source, specialists, clock)


def _told(synced: Synced) -> str:
    lines = [
        f"{synced.added} pages added, {synced.changed} changed, {synced.removed} removed;"
        f" the handbook has {synced.passages} passages."
    ]
    lines += [f"  left out: {x.path}: {x.why}" for x in synced.skipped[:_SHOWN_SKIPPED]]
    if len(synced.skipped) > _SHOWN_SKIPPED:
        lines.append(f"  and {len(synced.skipped) - _SHOWN_SKIPPED} more; see knowledge list")
    return "\n".join(lines)


async def _list(engine: AsyncEngine, organisation: str) -> None:
    for x in await catalog.listed(engine, organisation):
        where = _WRITTEN.get(x.source.name) or x.source.address
        print(f"{x.source.name}  {where}  {x.pages} pages, {_when(x)}")
        if x.problem:
            since = f", the first of them {_moment(x.failing_since)}" if x.failing_since else ""
            print(f"  the last sync failed{since}: {x.problem}")
        for path, why in x.skipped:
            print(f"  left out: {path}: {why}")


def _when(x: catalog.Listed) -> str:
    last = f"last sync {_moment(x.synced_at)}" if x.synced_at else "never synced"
    if x.source.name == PACK:
        return f"{last}, next when Handrail starts"
    if x.source.name == SOLVED:
        return f"the last one {_moment(x.synced_at)}" if x.synced_at else "none yet"
    if not x.source.every:
        return f"{last}, not read by itself"
    coming = "soon" if x.due or not x.next_at else _moment(x.next_at)
    return f"{last}, next {coming} (every {_spoken(x.source.every)})"


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _show(page: catalog.Shown) -> None:
    applies = "; ".join(f"{k}: {', '.join(v)}" for k, v in sorted(page.applies_to.items()))
    for name, value in (
        ("page", page.path),
        ("source", page.source),
        ("link", page.url or (page.sections[0][1].partition("#")[0] if page.sections else "")),
        ("owner", page.owner or "nobody is named"),
        ("reviewed", page.reviewed or "never, as far as it says"),
        ("readers", _readers(page.audience)),
        ("applies to", applies or "everybody"),
        ("language", page.locale or "it does not say"),
    ):
        print(f"{name}: {value}")
    for title, url, length in page.sections:
        print(f"- {title} ({length} characters) {url}")


def _readers(audience: frozenset[str] | None) -> str:
    if audience is None:
        return "every employee"
    return ", ".join(sorted(audience)) or "nobody"


def _person(loaded: LoadedPack, id: str | None) -> Requester:
    """Whose search it is. None: somebody of whom nothing is known."""
    if id is None:
        return ANYBODY
    for person in loaded.people:
        if person.id == id:
            return person
    raise SourceError(f"{id}: the pack knows no such employee.")


async def _why(settings: Settings, engine: AsyncEngine, question: str, person: Requester) -> None:
    organisation = organisation_of(settings)
    async with AsyncExitStack() as stack:
        meaning = await endpoint.meaning(settings, endpoint.client(settings, stack))
        handbook = Handbook(engine, meaning=meaning)
        await handbook.start()
        stack.push_async_callback(handbook.stop)
        await handbook.filled()
        found = await handbook.search(organisation, person, question, _FOUND)
    async with engine.connect() as connection:
        sections = await storage.load(connection, organisation)
    said = Said(visible(sections, person), question)
    print(f"What it asks for: {'; '.join(said.things) or 'nothing that can be looked for'}")
    for number, passage in enumerate(found, 1):
        has, lacks = said.of(passage)
        print(f"{number}. {passage.score:.2f}  {passage.title}  ({passage.id})")
        print(f"   has: {', '.join(has) or 'nothing'}; lacks: {', '.join(lacks) or 'nothing'}")
    if not found:
        print("Nothing was found that this reader may read.")
