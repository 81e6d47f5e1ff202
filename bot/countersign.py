"""The second person: what somebody asks and another one must allow. It is held in no place."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from bot.confirm import Asker
from bot.conversation import PendingForgetting, PendingReading, State, Voice
from bot.desk import Desk
from bot.event import TimerKind, Undelivered
from bot.outcome import Turn
from bot.people import Person, Requester
from bot.place import NOWHERE
from bot.reply import Purpose, Reply, Style

_EXPIRES = timedelta(days=1)


def begin(turn: Turn, why: str, by: Requester) -> Turn:
    """What the command of `by` asks for is kept, so that buttons can belong to it."""
    held = replace(turn.conversation, place=NOWHERE, requester=by.id)
    return replace(turn, conversation=held).line(Voice.EVENT, why, by.name)


def about(turn: Turn, case: str | None) -> Turn:
    """The record of this turn is part of the case's."""
    return replace(turn, conversation=replace(turn.conversation, case=case))


def ask(
    turn: Turn, desk: Desk, by: Requester, pending: PendingReading | PendingForgetting,
    texts: Mapping[str, str],
) -> Turn:  # fmt: skip
    """Each of `pending.others` may allow or refuse it; `texts` is what each of them reads."""
    asker = Asker(desk=desk, requester=by)
    turn = turn.become(State.WITH_BOT).become(State.AWAITING_APPROVAL, pending)
    turn = turn.set_timer(TimerKind.EXPIRE, turn.now + _EXPIRES)
    for other in pending.others:
        buttons = (
            asker.button(
                turn, Purpose.APPROVE, desk.strings.allow, Style.PRIMARY,
                subject=pending.id, by=other, lasts=_EXPIRES,
            ),
            asker.button(
                turn, Purpose.REFUSE, desk.strings.refuse, Style.DANGER,
                subject=pending.id, by=other, lasts=_EXPIRES,
            ),
        )  # fmt: skip
        card = Reply(text=texts[other], buttons=buttons)
        turn = turn.post(card, Person(other), slot=_slot(turn, other), quotes=True)
    return turn


def ask_first(turn: Turn, desk: Desk, by: Requester, pending: PendingForgetting, text: str) -> Turn:
    """The one who asks sees what it would do, and says yes themselves before anybody else."""
    asker, strings = Asker(desk=desk, requester=by), desk.pack.say(by.locale)
    turn = turn.become(State.AWAITING_CONFIRMATION, pending)
    turn = turn.set_timer(TimerKind.EXPIRE, turn.now + _EXPIRES)
    buttons = (
        asker.button(
            turn, Purpose.YES, strings.forget, Style.DANGER, subject=pending.id, lasts=_EXPIRES
        ),
        asker.button(turn, Purpose.NO, strings.forget_no, subject=pending.id, lasts=_EXPIRES),
    )
    card = Reply(text=text, buttons=buttons)
    return turn.post(card, pending.to, slot=_slot(turn, by.id), quotes=True)


def settle(turn: Turn, desk: Desk, pending: PendingReading | PendingForgetting) -> Turn:
    """It was decided: no card can be pressed any more."""
    turn = turn.cancel(TimerKind.EXPIRE).become(State.WITH_BOT).become(State.RESOLVED)
    done = Reply(text=desk.strings.countersigned)
    for other in pending.others:
        turn = turn.post(done, Person(other), slot=_slot(turn, other))
    if isinstance(pending, PendingForgetting):
        turn = turn.post(done, pending.to, slot=_slot(turn, turn.conversation.requester))
    return turn


def not_theirs(turn: Turn, desk: Desk, by: Requester) -> Turn:
    """Whoever was asked may no longer say, or the one who asked may no longer ask."""
    turn = replace(turn, spends=False).record("button refused", by=by.id)
    return turn.post(Reply(text=desk.pack.say(by.locale).not_yours), Person(by.id))


def expire(
    turn: Turn, desk: Desk, by: Requester, pending: PendingReading | PendingForgetting
) -> Turn:
    turn = settle(turn.record("question expired"), desk, pending)
    return turn.post(Reply(text=desk.pack.say(by.locale).confirm_expired), pending.to)


def unreached(turn: Turn, desk: Desk, event: Undelivered, by: Requester | None) -> Turn:
    """A card did not arrive: the one who asked may wait for nobody."""
    pending = turn.conversation.pending
    asked = event.slot.startswith("asked:")
    if by is None or not asked or not isinstance(pending, PendingReading | PendingForgetting):
        return turn
    return turn.post(Reply(text=desk.pack.say(by.locale).countersign_unreached), pending.to)


def _slot(turn: Turn, person: str) -> str:
    return f"asked:{turn.conversation.id}:{person}"
