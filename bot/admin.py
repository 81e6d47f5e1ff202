"""What an admin sets and sees in chat. The commands stand in `run`."""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from bot import forget, record
from bot.desk import Desk, clock_time
from bot.event import Command
from bot.gaps import Report
from bot.kit import Kit
from bot.outcome import Switches, Turn, hashed
from bot.owners import known_gaps, owned
from bot.pack import Pack
from bot.people import Requester
from bot.place import Audience, Place
from bot.ports import Decision, PortError, Rejected
from bot.reply import Reply
from bot.strings import Strings
from bot.why import Why, destinations, may_ask

_CASE = re.compile(r"[A-Za-z]{2,5}-\d{1,9}")


def understood(text: str) -> bool:
    """Is it one of the commands below, or a question that happens to follow the slash?"""
    match text.split():
        case ["status" | "pause" | "resume" | "help"] | ["queue", _, "here"] | ["pilot", _]:
            return True
        case ["why"] | ["gaps"]:
            return True
        case ["why", case]:
            return _CASE.fullmatch(case) is not None
        case ["record", about, *_]:
            return "@" in about or _CASE.fullmatch(about) is not None
        case ["forget", who]:
            return "@" in who
        case ["admin", _] | ["admin", _, _] | ["off" | "on", "model" | "tools"]:
            return True
        case _:
            return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Admin:
    kit: Kit

    @property
    def pack(self) -> Pack:
        return self.kit.pack

    async def run(self, turn: Turn, event: Command, switches: Switches, who: Requester) -> Turn:
        """One command, answered to the one who wrote it alone. A change leaves a record."""
        strings = self.pack.say(who.locale)
        words = event.text.split()
        if words[:1] == ["admin"]:
            turn, text = self._become_admin(turn, switches, who, "".join(words[1:]), strings)
        elif words == ["help"] and who.id not in switches.admins:
            text = strings.hello.format(organisation=self.pack.organisation)
        elif words[:1] == ["why"] and len(words) < 3:
            turn, text = await self._why(turn, event, switches, who, words[1:], strings)
        elif words == ["gaps"]:
            text = await self._gaps(turn, switches, who, strings)
            turn = turn.record("asked for gaps", by=who.id)
        elif words[:1] == ["record"] and understood(" ".join(words)):
            turn, text = await self._record(turn, event, switches, who, strings)
        elif who.id not in switches.admins:
            text = strings.admin_only if switches.admins else strings.admin_first
        else:
            turn, text = await self._obey(turn, event, switches, who, words, strings)
        user, quotes = event.sender.user, words == ["gaps"]
        return turn.post(Reply(text=text), event.place, only_for=user, quotes=quotes)

    async def _obey(
        self, turn: Turn, event: Command, switches: Switches, who: Requester, words: list[str],
        strings: Strings,
    ) -> tuple[Turn, str]:  # fmt: skip
        match words:
            case ["status"]:
                return turn, await self._status(event.organisation, switches, who, strings)
            case ["queue", name, "here"]:
                return await self._bind(turn, event.place, switches, name, strings)
            case ["pilot", "off"]:
                return _set(turn, replace(switches, pilot=None), "pilot off"), strings.pilot_off
            case ["pilot", group]:
                return await self._pilot(turn, switches, group.lstrip("@"), strings)
            case ["forget", person] if "@" in person:
                to = await self._direct(event)
                if to is None:
                    return turn, strings.no_chat
                desk = Desk(pack=self.pack, switches=switches, ids=self.kit.ids)
                ask = forget.Ask(kit=self.kit, desk=desk, who=who, to=to)
                return await ask.person(turn, event, person)
            case ["off", "model" | "tools" as what]:
                off = replace(switches, off=switches.off | {what})
                return _set(turn, off, "switched off", what=what), _resting(strings)[what]
            case ["on", "model" | "tools" as what]:
                on = replace(switches, off=switches.off - {what})
                return _set(turn, on, "switched on", what=what), strings.switched_on
            case ["pause"]:
                return _set(turn, replace(switches, paused=True), "paused"), strings.pause_on
            case ["resume"]:
                return _set(turn, replace(switches, paused=False), "resumed"), strings.pause_off
            case _:
                return turn, strings.admin_help

    def _become_admin(
        self, turn: Turn, switches: Switches, who: Requester, code: str, strings: Strings
    ) -> tuple[Turn, str]:
        if switches.admin_code is None or not hmac.compare_digest(
            hash_code(code), switches.admin_code
        ):
            return turn.record("admin code refused", by=who.id), strings.admin_wrong
        changed = replace(switches, admins=switches.admins | {who.id}, admin_code=None)
        return _set(turn, changed, "first admin", by=who.id), strings.admin_welcome

    async def _why(
        self, turn: Turn, event: Command, switches: Switches, who: Requester, case: list[str],
        strings: Strings,
    ) -> tuple[Turn, str]:  # fmt: skip
        """Also for a lead, of a case. Whoever may not know hears what is said of no case."""
        admin = who.id in switches.admins
        if not admin and not case:
            return turn, strings.admin_only if switches.admins else strings.admin_first
        about = case[0].upper() if case else event.place
        found = await self.kit.store.decision(event.organisation, about)
        if found is None or not may_ask(found, who, admin, self.pack):
            return turn, strings.why_nothing
        turn = turn.record("asked why", by=who.id, of=found.conversation.id)
        why = Why(
            found=found,
            reader=who,
            pages=await self.kit.knowledge.pages(event.organisation),
            places=await self._places(found, switches, who, strings),
            strings=strings,
        )
        zone = ZoneInfo(who.timezone)
        return turn, why.text(clock_time(found.at.astimezone(zone), turn.now.astimezone(zone)))

    async def _record(
        self, turn: Turn, event: Command, switches: Switches, who: Requester, strings: Strings
    ) -> tuple[Turn, str]:
        """For those whom the pack names as readers; to be an admin is no reason."""
        _, about, *why = event.text.split()
        to = await self._direct(event)
        if to is None:
            return turn, strings.no_chat
        desk = Desk(pack=self.pack, switches=switches, ids=self.kit.ids)
        ask = record.Ask(kit=self.kit, desk=desk, who=who, to=to)
        if "@" in about:
            return await ask.person(turn, event, about, " ".join(why))
        return await ask.case(turn, about.upper(), " ".join(why))

    async def _direct(self, event: Command) -> Place | None:
        """Where nobody else reads. Not the place of the command, though it may be a chat of two:
        Slack takes commands in a chat with a colleague. None: there is no such chat."""
        try:
            return await self.kit.platforms[event.place.platform].direct(event.sender)
        except Rejected:
            return None

    async def _gaps(self, turn: Turn, switches: Switches, who: Requester, strings: Strings) -> str:
        """All of them for an admin; for an owner, those of their pages."""
        known = await known_gaps(self.kit, turn.event.organisation, turn)
        mine = (await owned(known.pages.values(), self.kit.directory)).get(who.id, frozenset())
        admin = who.id in switches.admins
        if not admin and not mine:
            return strings.admin_only if switches.admins else strings.admin_first
        text = Report(
            gaps=known, reader=who, concerns=lambda path: admin or path in mine, strings=strings
        ).text()
        return f"{strings.gaps_head}\n\n{text}" if text else strings.gaps_none

    async def _places(
        self, found: Decision, switches: Switches, who: Requester, strings: Strings
    ) -> Mapping[str, str]:
        """Where the decision's messages went, in words."""
        places = {found.conversation.place.key: strings.why_here}
        for name, place in switches.queues.items():
            queue = self.pack.queues.get(name)
            places[place.key] = queue.title(who.locale) if queue else name
        for id in destinations(found.records):
            person = await self.kit.directory.employee(id)
            if person:
                places[id] = person.name
        return places

    async def _status(
        self, organisation: str, switches: Switches, who: Requester, strings: Strings
    ) -> str:
        counts = await self.kit.store.open_cases(organisation)
        lines = [strings.status.format(platforms=", ".join(sorted(self.kit.platforms)))]
        if switches.paused:
            lines.append(strings.status_paused)
        lines += [_resting(strings)[x] for x in sorted(switches.off)]
        pilot = switches.pilot
        lines.append(strings.status_pilot.format(group=pilot) if pilot else strings.status_all)
        for name, queue in self.pack.queues.items():
            # How many come to a confidential desk is told to that desk alone.
            told = not queue.confidential or queue.group in who.groups
            place, count = switches.queues.get(name), str(counts.get(name, 0)) if told else "–"
            if place:
                where = f"{place.platform} #{place.channel}"
                lines.append(strings.status_queue.format(queue=name, place=where, count=count))
            else:
                lines.append(strings.status_unbound.format(queue=name, count=count))
        return "\n".join(f"- {line}" if i else line for i, line in enumerate(lines))

    async def _bind(
        self, turn: Turn, place: Place, switches: Switches, name: str, strings: Strings
    ) -> tuple[Turn, str]:
        queue = next((x for x in self.pack.queues.values() if x.name.lower() == name.lower()), None)
        if queue is None:
            names = ", ".join(self.pack.queues)
            return turn, strings.queue_unknown.format(queue=name[:60], queues=names)
        place = replace(place, thread=None)
        try:
            audience = await self.kit.platforms[place.platform].probe(place)
        except PortError:
            return turn, strings.queue_unreachable
        # A case names employees: nobody from outside may read it, and a confidential one
        # not even every colleague.
        allowed = {Audience.PRIVATE} if queue.confidential else {Audience.PRIVATE, Audience.PUBLIC}
        if audience not in allowed:
            return turn, strings.queue_needs_private.format(queue=queue.name)
        bound = {**switches.queues, queue.name: replace(place, audience=audience)}
        turn = _set(turn, replace(switches, queues=bound), "queue bound", queue=queue.name)
        text = strings.queue_bound.format(queue=queue.name)
        return turn, f"{text} {strings.queue_public}" if audience is Audience.PUBLIC else text

    async def _pilot(
        self, turn: Turn, switches: Switches, group: str, strings: Strings
    ) -> tuple[Turn, str]:
        members = await self.kit.directory.members(group)
        if not members:
            return turn, strings.pilot_unknown.format(group=group[:60])
        turn = _set(turn, replace(switches, pilot=group), "pilot", group=group)
        return turn, strings.pilot_set.format(group=group, count=len(members))


def _resting(strings: Strings) -> Mapping[str, str]:
    return {"model": strings.off_model, "tools": strings.off_tools}


def hash_code(code: str) -> str:
    """How the one-time code is stored. Case and dashes do not count: people type it."""
    kept = "".join(c for c in code.upper() if c.isalnum())
    return hashed(kept)


def _set(turn: Turn, switches: Switches, step: str, **facts: str) -> Turn:
    return replace(turn, switches=switches).record(step, **facts)
