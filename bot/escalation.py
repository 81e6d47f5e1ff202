"""Handing over: an escalation makes a case, on a card, with a time to answer."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.case import Case, CaseState, Priority
from bot.conversation import State
from bot.desk import Desk, clock_time, summarise
from bot.event import TimerKind
from bot.outcome import Turn
from bot.people import Requester
from bot.ports import Store
from bot.reply import Button, Grant, Purpose, Reply
from bot.strings import Strings

OPEN_CASE = "open_case"
"""The receipt of an escalation names this tool, whoever asked for it."""


async def escalate(
    turn: Turn,
    desk: Desk,
    store: Store,
    requester: Requester,
    *,
    queue: str,
    priority: Priority,
    reason: str,
    quiet: bool = False,
) -> Turn:
    """Give the conversation to people. Says nothing to the requester: see `announce`."""
    case = turn.case or await _new_case(turn, desk, store, requester, queue)
    moved = replace(
        case,
        queue=case.queue if turn.case else queue,
        state=CaseState.OPEN,
        priority=min(case.priority, priority, key=list(Priority).index),
        reason=reason,
        ask=summarise(turn.conversation),
        quiet=case.quiet or quiet or desk.pack.queues[queue].confidential,
        assignee=None,
        assignee_name="",
    )
    conversation = replace(turn.conversation.become(State.ESCALATED), case=case.id)
    turn = replace(turn, case=moved, conversation=conversation)
    turn = start_clock(turn, desk).done(OPEN_CASE, case.id)
    # Why: perhaps in a model's words about what the requester said.
    turn = turn.record("case opened", said=reason, case=case.id, queue=moved.queue, receipt="yes")
    return desk.show(turn)


async def _new_case(turn: Turn, desk: Desk, store: Store, requester: Requester, queue: str) -> Case:
    number = await store.case_number(turn.conversation.organisation)
    local = turn.now.astimezone(ZoneInfo(requester.timezone)).strftime("%H:%M")
    return Case(
        id=f"{desk.pack.queues[queue].prefix}-{number}",
        organisation=turn.conversation.organisation,
        conversation=turn.conversation.id,
        queue=queue,
        priority=Priority.NORMAL,
        requester=requester.id,
        requester_name=requester.name,
        requester_about=", ".join(filter(None, (requester.department, requester.location, local))),
        ask="",
        reason="",
        opened_at=turn.now,
        due_at=None,
    )


def start_clock(turn: Turn, desk: Desk) -> Turn:
    """Set when a person must have answered, and the reminders before that."""
    case = turn.case
    assert case
    due = due_at(turn.now, desk, case)
    turn = replace(turn, case=replace(case, due_at=due))
    turn = turn.set_timer(TimerKind.REMIND, turn.now + (due - turn.now) / 2)
    return turn.set_timer(TimerKind.OVERDUE, due)


def stop_clock(turn: Turn) -> Turn:
    assert turn.case
    turn = replace(turn, case=replace(turn.case, due_at=None))
    return turn.cancel(TimerKind.REMIND, TimerKind.OVERDUE)


def due_at(now: datetime, desk: Desk, case: Case) -> datetime:
    queue = desk.queue(case)
    duration = queue.respond[case.priority]
    if case.priority in queue.around_the_clock:
        return now + duration
    return queue.calendar.after(now, duration)


def announce(
    turn: Turn, desk: Desk, requester: Requester, text: str, draft: str | None = None
) -> Turn:
    """Tell the requester who has it. `text` may name {case}, {queue} and {due}."""
    assert turn.case
    strings = desk.pack.say(requester.locale)
    words = text.format(
        case=turn.case.id,
        queue=desk.queue(turn.case).title(requester.locale),
        due=promise(turn, requester, strings),
    )
    context = strings.case_context.format(case=turn.case.id)
    return turn.say(Reply(text=words, context=context), draft=draft)


def added(turn: Turn, desk: Desk, requester: Requester, draft: str | None = None) -> Turn:
    """The requester's words are in the case; people will read them."""
    assert turn.case
    words = desk.pack.say(requester.locale).added
    queue = desk.queue(turn.case).title(requester.locale)
    return turn.say(Reply(text=words.format(case=turn.case.id, queue=queue)), draft=draft)


def promise(turn: Turn, requester: Requester, strings: Strings) -> str:
    """When the requester will hear from a person, in one sentence."""
    assert turn.case
    assert turn.case.due_at
    left = turn.case.due_at - turn.now
    if left <= timedelta(hours=1):
        return strings.due_in.format(minutes=max(1, round(left.total_seconds() / 60)))
    zone = ZoneInfo(requester.timezone)
    due, now = turn.case.due_at.astimezone(zone), turn.now.astimezone(zone)
    if 0 < (due.date() - now.date()).days < 7:
        day = strings.weekdays.split()[due.weekday()]
        return strings.due_at.format(time=f"{day}, {due:%H:%M}")
    return strings.due_at.format(time=clock_time(due, now))


def write_button(turn: Turn, desk: Desk, strings: Strings) -> Button:
    """The requester's way to the people who have the case, from any message about it."""
    assert turn.case
    grant = Grant(
        purpose=Purpose.WRITE,
        conversation=turn.conversation.id,
        requester=turn.case.requester,
        case=turn.case.id,
    )
    return Button(label=strings.write, token=desk.ids.token(), grant=grant)
