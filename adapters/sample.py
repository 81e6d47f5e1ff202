"""The sample organisation: its rooms, and a case from last night."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from adapters.clock import FrozenClock
from adapters.store.store import PostgresStore
from bot.event import Message, Opened
from bot.kit import Kit
from bot.outcome import Switches
from bot.people import Sender
from bot.place import Audience, Place
from bot.ports import Journals
from bot.turn import Bot

ORGANISATION = "sample"
WORKSPACE = "sample"
PLATFORM = "web"

ROOMS = {
    "IT": "it-desk", "HR": "hr-desk", "HR-confidential": "hr-confidential", "Ombuds": "ombuds",
}  # fmt: skip


def room(channel: str) -> Place:
    return Place(platform=PLATFORM, workspace=WORKSPACE, channel=channel, audience=Audience.PRIVATE)


def direct(person: str) -> Place:
    return Place(platform=PLATFORM, workspace=WORKSPACE, channel=f"dm:{person}")


def furnish(switches: Switches, queues: frozenset[str]) -> Switches:
    """Each queue of the pack that has a room here is bound to it."""
    bound = {queue: room(channel) for queue, channel in ROOMS.items() if queue in queues}
    return replace(switches, queues=bound)


async def last_night(kit: Kit, store: PostgresStore, journals: Journals) -> None:
    """Lena's case, made by the bot itself on a clock of last night. Once, however often called."""
    clock = FrozenClock(_last_evening(kit.clock.now()))
    event = Message(
        id="sample:printer",
        organisation=ORGANISATION,
        at=clock.now(),
        sender=Sender(platform=PLATFORM, workspace=WORKSPACE, user="lena", name="Lena Vogt"),
        place=direct("lena"),
        message="sample:printer",
        text="The printer on floor 3 says “fuser error”. Could a person have a look before "
        "the audit on Monday?",
    )
    hello = Opened(
        id="sample:hello",
        organisation=ORGANISATION,
        at=clock.now(),
        sender=event.sender,
        place=event.place,
    )
    bot = Bot(replace(kit, clock=clock))
    for happened in (hello, event):
        if await store.keep(happened):
            situation = await store.take(happened.id)
            assert situation
            turn = await bot.take_turn(situation, journals.of(situation))
            await store.commit(situation, turn)


def _last_evening(now: datetime) -> datetime:
    berlin = now.astimezone(ZoneInfo("Europe/Berlin"))
    evening = berlin.replace(hour=18, minute=42, second=0, microsecond=0)
    return (evening if evening < berlin else evening - timedelta(days=1)).astimezone(now.tzinfo)
