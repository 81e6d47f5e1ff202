"""What a lead does with a case: take, release, reply, note, hand back, resolve, reopen."""

from dataclasses import replace

from bot.case import CaseState
from bot.conversation import State, Voice
from bot.desk import Desk, veiled_tokens
from bot.escalation import start_clock, stop_clock, write_button
from bot.event import CardAction
from bot.found import Kind
from bot.outcome import Turn
from bot.people import Requester
from bot.reply import Purpose, Reply
from bot.strings import Strings


def act(turn: Turn, desk: Desk, lead: Requester, locale: str, purpose: Purpose, text: str) -> Turn:
    """One press of a desk's button that is allowed. `locale` is the requester's.

    `text` is what the form holds; empty for a plain button.
    """
    strings = desk.pack.say(locale)
    turn = turn.record(purpose.value, by=lead.id, case=turn.case.id if turn.case else "")
    match purpose:
        case Purpose.TAKE:
            return desk.show(take(turn, lead, strings))
        case Purpose.RELEASE:
            return _release(turn, desk, lead, strings, locale)
        case Purpose.REPLY:
            return _reply(turn, desk, lead, strings, text)
        case Purpose.NOTE:
            return note(turn, desk, lead, text)
        case Purpose.HAND_BACK:
            return _hand_back(turn, desk, lead, strings)
        case Purpose.RESOLVE:
            return resolve(turn, desk, lead.name, strings)
        case Purpose.REOPEN:
            return _reopen(turn, desk, lead, strings)
        case Purpose.OPEN:
            return turn  # the door has shown what is inside
        case Purpose.REVEAL:
            return _reveal(turn, desk, lead, text)
        case _:
            raise ValueError(f"{purpose} is not a lead's")


def take(turn: Turn, lead: Requester, strings: Strings) -> Turn:
    """The commit compares the case's version: of two who take it at once, one is decided again."""
    case = turn.case
    assert case
    taken = replace(
        case, state=CaseState.CLAIMED, assignee=lead.id, assignee_name=lead.name, alert=""
    )
    turn = stop_clock(replace(turn, case=taken)).become(State.CLAIMED)
    text = strings.taken.format(name=lead.name, case=case.id)
    turn = turn.post(_on_case(turn, Reply(text=text), strings), turn.conversation.place)
    return turn.line(Voice.EVENT, text)


def _release(turn: Turn, desk: Desk, lead: Requester, strings: Strings, locale: str) -> Turn:
    case = turn.case
    assert case
    free = replace(case, state=CaseState.OPEN, assignee=None, assignee_name="")
    turn = start_clock(replace(turn, case=free), desk).become(State.ESCALATED)
    text = strings.released.format(case=case.id, queue=desk.queue(case).title(locale))
    turn = turn.post(_on_case(turn, Reply(text=text), strings), turn.conversation.place)
    return desk.show(turn.line(Voice.EVENT, text, lead.name))


def _reply(turn: Turn, desk: Desk, lead: Requester, strings: Strings, text: str) -> Turn:
    case = turn.case
    assert case
    if case.state is CaseState.OPEN:
        turn = take(turn, lead, strings)
    answer = _on_case(turn, Reply(text=text, author=lead.name), strings)
    answer = replace(answer, buttons=(write_button(turn, desk, strings),))
    turn = turn.say(answer)
    line = desk.strings.desk_reply.format(name=lead.name, requester=case.requester_name, text=text)
    return desk.show(desk.tell(turn, line))


def note(turn: Turn, desk: Desk, lead: Requester, text: str, *, echo: bool = True) -> Turn:
    """For leads only. `echo` is False where the note stands in the thread already."""
    turn = turn.line(Voice.NOTE, text, lead.name)
    line = desk.strings.desk_note.format(name=lead.name, text=text)
    return desk.tell(turn, line) if echo else turn


def _reveal(turn: Turn, desk: Desk, lead: Requester, reason: str) -> Turn:
    """To this lead alone; that it was done, and why, stands in the thread and in the record."""
    event, case = turn.event, turn.case
    assert case
    assert isinstance(event, CardAction)
    veiled = veiled_tokens(turn.conversation)
    strings = desk.pack.say(lead.locale)
    lines = (f"- {x[1:-1].replace('_', ' ').capitalize()}: {x}" for x in veiled)
    text = "\n".join((strings.revealed.format(case=case.id), "", *lines))
    turn = turn.record("revealed", said=reason, case=case.id, what=" ".join(veiled))
    turn = turn.post(
        Reply(text=text), event.place, only_for=event.sender.user, shows=frozenset(Kind)
    )
    return desk.tell(turn, desk.strings.desk_revealed.format(name=lead.name, text=reason))


def _hand_back(turn: Turn, desk: Desk, lead: Requester, strings: Strings) -> Turn:
    assert turn.case
    back = replace(turn.case, state=CaseState.HANDED_BACK, assignee=None)
    turn = replace(turn, case=back).become(State.WITH_BOT)
    text = strings.handed_back.format(case=back.id)
    turn = turn.post(Reply(text=text), turn.conversation.place)
    return desk.show(turn.line(Voice.EVENT, text, lead.name))


def resolve(turn: Turn, desk: Desk, by: str, strings: Strings) -> Turn:
    """`by` is who says that it is solved: a lead, or the requester."""
    assert turn.case
    solved = replace(turn.case, state=CaseState.RESOLVED, alert="")
    turn = stop_clock(replace(turn, case=solved)).become(State.RESOLVED)
    text = strings.resolved.format(name=by, case=solved.id)
    turn = turn.post(_on_case(turn, Reply(text=text), strings), turn.conversation.place)
    return desk.show(turn.line(Voice.EVENT, text))


def _reopen(turn: Turn, desk: Desk, lead: Requester, strings: Strings) -> Turn:
    assert turn.case
    case = replace(turn.case, state=CaseState.OPEN, assignee=None, assignee_name="")
    turn = start_clock(replace(turn, case=case), desk).become(State.ESCALATED)
    text = strings.reopened.format(case=case.id)
    turn = turn.post(_on_case(turn, Reply(text=text), strings), turn.conversation.place)
    return desk.show(turn.line(Voice.EVENT, text, lead.name))


def _on_case(turn: Turn, reply: Reply, strings: Strings) -> Reply:
    assert turn.case
    return replace(reply, context=strings.case_context.format(case=turn.case.id))
