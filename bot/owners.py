"""The owners of pages: who they are, and what they are told of their pages each week."""

from collections.abc import Collection, Iterable
from zoneinfo import ZoneInfo

from bot.desk import clock_time
from bot.event import SourceFailing, WeekBegan
from bot.gaps import LATELY, Gaps, Report, gaps
from bot.kit import Kit
from bot.named import named
from bot.outcome import Switches, Turn
from bot.people import Person, Requester
from bot.ports import Directory, Page
from bot.reply import Reply


async def note(turn: Turn, kit: Kit, event: WeekBegan, switches: Switches) -> Turn:
    """One message to each owner of whose pages there is something to say. What has no owner is
    the admins'."""
    if not kit.pack.owners_note or switches.paused:
        return turn
    known = await known_gaps(kit, event.organisation, turn)
    paths = await owned(known.pages.values(), kit.directory)
    for admin in switches.admins:
        paths[admin] = paths.get(admin, frozenset()) | {""}
    told = frozenset[str]().union(*paths.values())
    for who in await kit.reachable(event.organisation, paths):
        text = _report(known, who, kit, paths[who.id], told, admin=who.id in switches.admins)
        if text:
            head = kit.pack.say(who.locale).owners_note
            turn = turn.post(Reply(text=f"{head}\n\n{text}"), Person(who.id), quotes=True)
    return turn.record("owners told", people=str(len(turn.deliveries)))


async def failing(turn: Turn, kit: Kit, event: SourceFailing, switches: Switches) -> Turn:
    """Each admin who has a chat hears that pages grow old."""
    for who in await kit.reachable(event.organisation, switches.admins):
        zone = ZoneInfo(who.timezone)
        since = clock_time(event.since.astimezone(zone), turn.now.astimezone(zone))
        words = kit.pack.say(who.locale).source_failing
        text = words.format(source=event.source, since=since, why=event.why)
        turn = turn.post(Reply(text=text), Person(who.id))
    return turn.record("source failing", source=event.source, people=str(len(turn.deliveries)))


async def known_gaps(kit: Kit, organisation: str, turn: Turn) -> Gaps:
    lines = await kit.store.outcomes(organisation, turn.now - LATELY)
    pages = await kit.knowledge.pages(organisation)
    return gaps(lines, pages, kit.pack, turn.now)


async def owned(pages: Iterable[Page], directory: Directory) -> dict[str, frozenset[str]]:
    """The paths of each owner's pages, by employee id. A page that names nobody has none."""
    by_owner: dict[str, set[str]] = {}
    for page in pages:
        by_owner.setdefault(page.owner, set()).add(page.path)
    found: dict[str, frozenset[str]] = {}
    for owner, paths in by_owner.items():
        for who in await named(owner, directory):
            found[who.id] = found.get(who.id, frozenset()) | paths
    return found


def _report(
    known: Gaps, who: Requester, kit: Kit, mine: Collection[str], told: Collection[str],
    admin: bool,
) -> str:  # fmt: skip
    """`told`: the paths that have an owner. Of the others an admin hears."""
    return Report(
        gaps=known,
        reader=who,
        concerns=lambda path: path in mine or (admin and path not in told),
        strings=kit.pack.say(who.locale),
    ).text()
