"""A pressed button, or a sent form: judged again, then done."""

from dataclasses import replace

from bot import article, confirm, forget, lead, record
from bot.answer import say_backed
from bot.buttons import refusal
from bot.case import Case, Priority
from bot.confirm import Asker
from bot.conversation import (
    PendingCall,
    PendingChoice,
    PendingConsent,
    PendingForgetting,
    PendingReading,
    State,
)
from bot.desk import Desk
from bot.escalation import announce, escalate
from bot.event import CardAction, Feedback, Message, TimerKind
from bot.guardrails import HandOver, check_input
from bot.kit import Kit
from bot.outcome import Turn
from bot.people import Requester
from bot.place import Place, reader_in
from bot.ports import Journal, Situation
from bot.reply import Grant, Purpose, Reply, Source

TEXT = "text"
"""The name of a form's one field."""


async def take(
    kit: Kit, turn: Turn, event: CardAction, situation: Situation, desk: Desk,
    who: Requester, journal: Journal,
) -> Turn:  # fmt: skip
    """Raises what tools raise."""
    grant, strings = situation.grant, kit.pack.say(who.locale)
    if grant is None:
        return _tell(turn, event, strings.too_late)
    why_not = refusal(grant, situation.spent, who, turn.case, turn.conversation, desk, turn.now)
    if why_not:
        return _tell(turn.record("button refused", purpose=grant.purpose.value), event, why_not)
    turn = replace(turn, spends=grant.single_use)
    if grant.purpose is Purpose.MAKE_PAGE:
        return await article.propose(kit, turn, event, desk, who)
    if grant.purpose is Purpose.PUBLISH:
        return article.allow(turn, event, who)
    written = (event.values or {}).get(TEXT, "").strip()
    turn, text = await kit.hide(turn, turn.conversation.requester, written)
    if grant.queue is not None:
        requester = await kit.directory.employee(turn.conversation.requester)
        locale = requester.locale if requester else ""
        return lead.act(turn, desk, who, locale, grant.purpose, text)
    return await _own(kit, turn, event, grant, desk, who, text, journal)


async def _own(
    kit: Kit, turn: Turn, event: CardAction, grant: Grant, desk: Desk, who: Requester,
    text: str, journal: Journal,
) -> Turn:  # fmt: skip
    """A requester's or an approver's button."""
    strings = kit.pack.say(who.locale)
    asker = Asker(desk=desk, requester=who)
    turn = turn.record("pressed", button=grant.purpose.value)
    match grant.purpose:
        case Purpose.SOLVED:
            return _solved(turn, desk, who)
        case Purpose.ASK_PERSON:
            return await _ask_person(kit, turn, desk, who)
        case Purpose.SHOW_PAGE:
            organisation, place = turn.conversation.organisation, turn.conversation.place
            reader = reader_in(place, who)
            page = await kit.knowledge.passage(organisation, reader, grant.subject)
            if page is None:
                return _tell(turn, event, strings.too_late)
            source = Source(title=page.title, url=page.url)
            return say_backed(turn, asker, page.text, (source,))
        case Purpose.WRITE:
            written = (event.values or {}).get(TEXT, "")
            other = must_be_heard(kit, event, turn.conversation.place, written, turn.case)
            if other:
                return replace(turn, events=(*turn.events, other))
            turn = turn.heard(text, who.name)
            line = desk.strings.desk_requester.format(name=who.name, text=text)
            return _tell(desk.tell(turn, line), event, strings.write_sent)
        case Purpose.ABOUT_CASE | Purpose.SOMETHING_NEW:
            return _which(turn, event, grant)
        case Purpose.OPTIONS:
            pending = turn.conversation.pending
            assert isinstance(pending, PendingConsent)
            return confirm.tell_options(turn, asker, pending)
        case Purpose.OTHER_DESK:
            pending = turn.conversation.pending
            assert isinstance(pending, PendingConsent)
            concern = kit.pack.concern(pending.concern)
            other = (concern and concern.other) or pending.queue
            return await _tell_desk(kit, turn, desk, who, replace(pending, queue=other))
        case Purpose.YES | Purpose.NO | Purpose.APPROVE | Purpose.REFUSE:
            yes = grant.purpose in (Purpose.YES, Purpose.APPROVE)
            requester = await kit.directory.employee(turn.conversation.requester)
            return await answer_pending(kit, turn, desk, requester or who, who, yes, journal)
        case _:
            raise ValueError(f"{grant.purpose} is a desk's")


def must_be_heard(
    kit: Kit, event: CardAction | Feedback, place: Place, text: str, case: Case | None = None
) -> Message | None:
    """What stands in a form may be what people must hear at once: then it is heard like a message.
    None: it is not, or the desk that has `case` is the one to hear it."""
    verdict = check_input(text, kit.pack.rules)
    if not isinstance(verdict, HandOver) or verdict.concern is None:
        return None
    if case and case.live and verdict.concern.consent and case.queue == verdict.concern.queue:
        return None
    return Message(
        id=f"{event.id}:heard",
        organisation=event.organisation,
        at=event.at,
        sender=event.sender,
        place=place,
        message=f"{event.id}:heard",
        text=text,
        mentioned=True,
    )


def _solved(turn: Turn, desk: Desk, who: Requester) -> Turn:
    turn = turn.record("solved", confirmed="yes")
    if turn.case and turn.case.live:
        return lead.resolve(turn, desk, who.name, desk.pack.say(who.locale))
    return turn.become(State.RESOLVED).say(Reply(text=desk.pack.say(who.locale).solved_reply))


async def _ask_person(kit: Kit, turn: Turn, desk: Desk, who: Requester) -> Turn:
    specialist = kit.pack.specialists.get(turn.conversation.specialist or "")
    turn = await escalate(
        turn, desk, kit.store, who,
        queue=specialist.queue if specialist else kit.pack.default_queue,
        priority=Priority.NORMAL, reason=desk.strings.reason_human,
    )  # fmt: skip
    return announce(turn, desk, who, kit.pack.say(who.locale).escalated)


def _which(turn: Turn, event: CardAction, grant: Grant) -> Turn:
    """The held message goes on as an event of its own: it may call a model, a press does not."""
    pending = turn.conversation.pending
    assert isinstance(pending, PendingChoice)
    new = grant.purpose is Purpose.SOMETHING_NEW
    held = Message(
        id=f"{event.id}:held",
        organisation=event.organisation,
        at=turn.now,
        sender=event.sender,
        place=turn.conversation.place,
        message=f"{event.id}:held",
        text=pending.text,
        belongs_to=turn.conversation.id if new else grant.subject,
    )
    turn = turn.cancel(TimerKind.EXPIRE).become(State.WITH_BOT)
    if not new:
        turn = turn.become(State.RESOLVED)
    return replace(turn, events=(*turn.events, held))


async def answer_pending(
    kit: Kit, turn: Turn, desk: Desk, requester: Requester, by: Requester, yes: bool,
    journal: Journal,
) -> Turn:  # fmt: skip
    """The yes or no that was waited for, pressed or typed. Raises as tools do."""
    strings = kit.pack.say(requester.locale)
    match turn.conversation.pending:
        case PendingCall() as call if yes and _at_rest(desk):
            return _not_now(turn, call, kit.pack.say(by.locale).paused)
        case PendingCall() as call:
            asker = Asker(desk=desk, requester=requester)
            return await confirm.settle(turn, asker, call, yes, by, kit.tools, journal)
        case PendingReading() as wish:
            return await record.settle(kit, turn, desk, by, wish, yes)
        case PendingForgetting() as wish:
            return await forget.settle(kit, turn, desk, by, wish, yes)
        case PendingConsent() as wish if yes:
            return await _tell_desk(kit, turn, desk, requester, wish)
        case _:
            turn = turn.cancel(TimerKind.EXPIRE).become(State.WITH_BOT)
            return turn.say(Reply(text=strings.consent_kept))


def _at_rest(desk: Desk) -> bool:
    return desk.switches.paused or "tools" in desk.switches.off


def _not_now(turn: Turn, call: PendingCall, words: str) -> Turn:
    """An emergency's switch also holds back what was asked for before. The question stays open."""
    event = turn.event
    assert isinstance(event, CardAction | Message)
    turn = replace(turn, spends=False).record("tools are off", tool=call.tool)
    return turn.post(Reply(text=words), event.place, only_for=event.sender.user)


async def _tell_desk(
    kit: Kit, turn: Turn, desk: Desk, requester: Requester, wish: PendingConsent
) -> Turn:
    turn = await escalate(
        turn.cancel(TimerKind.EXPIRE), desk, kit.store, requester,
        queue=wish.queue, priority=wish.priority, reason=wish.reason, quiet=True,
    )  # fmt: skip
    return announce(turn, desk, requester, kit.pack.say(requester.locale).escalated)


def _tell(turn: Turn, event: CardAction, text: str) -> Turn:
    """One sentence for the one who pressed, and nobody else."""
    return turn.post(Reply(text=text), event.place, only_for=event.sender.user)
