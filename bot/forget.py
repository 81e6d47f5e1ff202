"""Forgetting in the chat: an admin asks, another one allows it, and all of somebody is erased."""

from dataclasses import dataclass, replace

from bot import countersign
from bot.conversation import PendingForgetting, State
from bot.desk import Desk
from bot.event import Command
from bot.kit import Kit
from bot.named import mentioned
from bot.outcome import Turn
from bot.people import Requester
from bot.place import Place
from bot.ports import Holdings
from bot.reply import Reply
from bot.strings import Strings


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """`/handrail forget @person`."""

    kit: Kit
    desk: Desk
    who: Requester
    to: Place
    """Their direct chat."""

    async def person(self, turn: Turn, event: Command, word: str) -> tuple[Turn, str]:
        """Returns what is answered at once."""
        strings = self.desk.pack.say(self.who.locale)
        employee, name = await mentioned(word, event.sender, self.kit.directory)
        if employee == self.who.id:
            return turn, strings.forget_self
        held = await self.kit.archive.holdings(event.organisation, employee)
        if held.nothing:
            return turn, strings.forget_nothing
        turn = turn.record("forget asked", by=self.who.id, person=employee)
        if held.live or held.on_hold:
            return turn, _why_not(held, strings)
        turn = countersign.begin(turn, "", self.who)
        pending = PendingForgetting(id=self.kit.ids.new(), to=self.to, employee=employee)
        text = _question(held, strings.forget_question, name, employee)
        turn = countersign.ask_first(turn, self.desk, self.who, pending, text)
        return turn, strings.forget_asked


async def settle(
    kit: Kit, turn: Turn, desk: Desk, by: Requester, wish: PendingForgetting, yes: bool
) -> Turn:
    """The admin who asked says yes first, then another one, if there is one."""
    asker = await kit.directory.employee(turn.conversation.requester)
    alone = turn.conversation.state is State.AWAITING_CONFIRMATION
    admins = desk.switches.admins
    if (
        asker is None
        or not {asker.id, by.id} <= admins
        or (by.id == asker.id) is not alone
        or by.id == wish.employee
    ):
        return countersign.not_theirs(turn, desk, by)
    strings = desk.pack.say(asker.locale)
    held = await kit.archive.holdings(turn.event.organisation, wish.employee)
    others = [x for x in admins - {asker.id, wish.employee} if await kit.directory.employee(x)]
    facts = {"who": asker.id, "person": wish.employee}
    if not yes or held.live or held.on_hold:
        words = _why_not(held, strings) if yes else strings.forget_kept.format(name=by.name)
        turn = countersign.settle(turn, desk, wish).record("forget refused", by=by.id, **facts)
        return turn.post(Reply(text=words), wish.to)
    # Nobody is an only admin because the other one is to be forgotten.
    if alone and (others or wish.employee in admins):
        return await _ask_others(kit, turn, desk, asker, wish, held, others)
    turn = replace(countersign.settle(turn, desk, wish), forgets=wish.employee)
    turn = turn.record("person forgotten", by=by.id, **facts)
    return turn.post(Reply(text=strings.forget_done), wish.to)


async def _ask_others(
    kit: Kit, turn: Turn, desk: Desk, asker: Requester, wish: PendingForgetting, held: Holdings,
    others: list[str],
) -> Turn:  # fmt: skip
    strings = desk.pack.say(asker.locale)
    reached = await kit.reachable(turn.event.organisation, others)
    turn = countersign.settle(turn, desk, wish)
    if not reached:
        turn = turn.record("nobody can allow it")
        return turn.post(Reply(text=strings.forget_nobody), wish.to)
    known = await kit.directory.employee(wish.employee)
    name = known.name if known else wish.employee
    texts = {
        x.id: _question(held, desk.pack.say(x.locale).forget_second, name, wish.employee, asker)
        for x in reached
    }
    wish = replace(wish, others=tuple(x.id for x in reached))
    turn = countersign.ask(turn, desk, asker, wish, texts)
    names = ", ".join(x.name for x in reached)
    return turn.post(Reply(text=strings.record_asked.format(names=names)), wish.to)


def _question(
    held: Holdings, words: str, name: str, id: str, asker: Requester | None = None
) -> str:
    return words.format(
        name=name, id=id, asker=asker.name if asker else "", accounts=held.accounts,
        conversations=held.conversations, values=held.values, records=held.records,
    )  # fmt: skip


def _why_not(held: Holdings, strings: Strings) -> str:
    """Of which case is not told: it may be one that an admin must not know of."""
    return strings.forget_hold if held.on_hold else strings.forget_live
