"""The record in the chat: its readers read an ordinary case, and a confidential one by two."""

from dataclasses import dataclass
from datetime import timedelta

from bot import countersign
from bot.conversation import PendingReading
from bot.desk import Desk
from bot.discretion import desks, reads_record
from bot.event import Command
from bot.kit import Kit
from bot.named import mentioned, named
from bot.outcome import Permit, Turn, hashed
from bot.pack import Pack
from bot.people import Requester
from bot.place import Place
from bot.ports import CaseFile
from bot.reply import Reply
from bot.strings import Strings
from bot.timeline import literal, timeline

_LASTS = timedelta(days=1)
"""How long a code for the command line can be used."""
_WHY = 500
"""Characters of a reason."""
_ROOM = 8_000
"""Characters of a timeline: what a message of every platform holds, with a code under it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """`/handrail record CASE WHY`, or of all that is held about somebody."""

    kit: Kit
    desk: Desk
    who: Requester
    to: Place
    """Their direct chat."""

    @property
    def strings(self) -> Strings:
        return self.desk.pack.say(self.who.locale)

    async def case(self, turn: Turn, case: str, why: str) -> tuple[Turn, str]:
        """Returns what is answered at once. Whoever may not know hears what is said of no case."""
        file = await self.kit.archive.case_file(turn.event.organisation, case)
        if file is None or not _reads_file(self.desk.pack, file, self.who):
            # Whoever reads the case's record sees who else would have.
            turn = countersign.about(turn, case if file else None)
            turn = turn.record("record refused", by=self.who.id, case=case)
            return turn, self.strings.record_nothing
        if not why:
            return turn, self.strings.record_why
        turn, why = await self._asked(turn, why, case=case)
        queues = desks(self.desk.pack, file.queues, file.verdicts)
        if not queues:
            turn = await _tell(turn, self.kit, self.strings, self.who, case, self.to)
            return turn, self.strings.record_sent
        first, *more = [await _readers(self.kit, x) for x in queues]
        readers = first.intersection(*more) - {file.requester}
        return await self._of_two(turn, readers, why, case=case)

    async def person(self, turn: Turn, event: Command, word: str, why: str) -> tuple[Turn, str]:
        """A code for what the command line withholds of it: the answer itself tells nothing."""
        closed = [x.name for x in self.desk.pack.queues.values() if x.confidential]
        mine = [x for x in closed if reads_record(self.desk.pack.queues[x], self.who)]
        person, _ = await mentioned(word, event.sender, self.kit.directory)
        held = await self.kit.archive.holdings(turn.event.organisation, person)
        if not mine or person == self.who.id or held.nothing:
            return turn.record("record refused", by=self.who.id), self.strings.record_nothing
        if not why:
            return turn, self.strings.record_why
        turn, why = await self._asked(turn, why, person=person)
        readers = frozenset[str]().union(*[await _readers(self.kit, x) for x in mine])
        return await self._of_two(turn, readers - {person}, why, person=person)

    async def _asked(self, turn: Turn, why: str, **about: str) -> tuple[Turn, str]:
        # Cut last: half of a secret is not known as one.
        turn, why = await self.kit.hide(turn, self.who.id, why)
        why = why[:_WHY]
        turn = countersign.about(turn, about.get("case"))
        return turn.record("record asked", said=why, by=self.who.id, **about), why

    async def _of_two(
        self, turn: Turn, readers: frozenset[str], why: str, **about: str
    ) -> tuple[Turn, str]:
        others = await self.kit.reachable(turn.event.organisation, readers - {self.who.id})
        if not others:
            return turn.record("nobody can allow it"), self.strings.record_nobody
        turn = countersign.begin(turn, why, self.who)
        pending = PendingReading(
            id=self.kit.ids.new(), to=self.to, others=tuple(x.id for x in others),
            case=about.get("case"), person=about.get("person"),
        )  # fmt: skip
        texts = {
            x.id: self.desk.pack.say(x.locale).record_question.format(
                name=self.who.name, what=" ".join(about.values()), why=literal(why)
            )
            for x in others
        }
        turn = countersign.ask(turn, self.desk, self.who, pending, texts)
        return turn, self.strings.record_asked.format(names=", ".join(x.name for x in others))


async def settle(
    kit: Kit, turn: Turn, desk: Desk, by: Requester, wish: PendingReading, yes: bool
) -> Turn:
    """Another reader allowed or refused it. Who may is judged again."""
    asker = await kit.directory.employee(turn.conversation.requester)
    queues = await _shared(kit, turn, wish, asker, by) if asker else frozenset[str]()
    if asker is None or by.id == asker.id or not queues:
        return countersign.not_theirs(turn, desk, by)
    strings = desk.pack.say(asker.locale)
    about = {"case": wish.case} if wish.case else {"person": wish.person or ""}
    what = " ".join(about.values())
    turn = countersign.settle(turn, desk, wish)
    if not yes:
        turn = turn.record("record refused", by=by.id, asked=asker.id, **about)
        words = strings.record_refused.format(name=by.name, what=what)
        return turn.post(Reply(text=words), wish.to)
    turn = turn.record("record allowed", by=by.id, asked=asker.id, **about)
    code = kit.ids.token()
    permit = Permit(
        code=hashed(code), desks=queues, asked_by=asker.id, allowed_by=by.id,
        until=turn.now + _LASTS, case=wish.case, person=wish.person,
    )  # fmt: skip
    turn = turn.permit(permit)
    if wish.case:
        turn = await _tell(turn, kit, strings, asker, wish.case, wish.to)
        command = f"handrail case report {wish.case} --code={code}"
    else:
        command = f"handrail person export {wish.person} --code={code}"
    words = strings.record_code.format(name=by.name, what=what, command=command)
    return turn.post(Reply(text=words), wish.to, quotes=True)


async def _tell(
    turn: Turn, kit: Kit, strings: Strings, reader: Requester, case: str, to: Place
) -> Turn:
    """The timeline, as the command line prints it; what does not fit is named."""
    head, entries = await kit.archive.timeline(turn.event.organisation, case)
    lines, kept, room = list(timeline(case, head, entries)), list[str](), _ROOM
    for line in lines:
        room -= len(line) + 1
        if room < 0:
            left = strings.record_cut.format(count=len(lines) - len(kept), case=case)
            kept += ["", left]
            break
        kept.append(line)
    turn = turn.record("record read", by=reader.id, case=case)
    return turn.post(Reply(text="\n".join(kept)), to, quotes=True)


async def _shared(
    kit: Kit, turn: Turn, wish: PendingReading, asker: Requester, by: Requester
) -> frozenset[str]:
    """The confidential desks that both may read, of this wish. Empty: they may not."""
    pack, both = kit.pack, (asker, by)
    if wish.case is None:
        if wish.person in (asker.id, by.id):
            return frozenset()
        closed = (x for x in pack.queues.values() if x.confidential)
        return frozenset(x.name for x in closed if all(reads_record(x, y) for y in both))
    file = await kit.archive.case_file(turn.event.organisation, wish.case)
    if file is None or not all(_reads_file(pack, file, x) for x in both):
        return frozenset()
    return desks(pack, file.queues, file.verdicts) or file.queues


def _reads_file(pack: Pack, file: CaseFile, who: Requester) -> bool:
    """Nobody reads in their own matter what the desk says of it."""
    queues = desks(pack, file.queues, file.verdicts) or file.queues
    return who.id != file.requester and all(reads_record(pack.queues.get(x), who) for x in queues)


async def _readers(kit: Kit, queue: str) -> frozenset[str]:
    """The employee ids of those who read its record."""
    known = kit.pack.queues.get(queue)
    names = known.readers if known else ()
    return frozenset([x.id for name in names for x in await named(name, kit.directory)])
