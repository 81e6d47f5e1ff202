"""A message: may it pass, which matter is it, who has the ball, and who answers."""

from dataclasses import replace

from bot import concern, passing
from bot.case import Priority
from bot.confirm import ask_which
from bot.conversation import Conversation, PendingChoice, State, Voice
from bot.escalation import added, announce, escalate
from bot.guardrails import Allow, Block, Blocked, HandOver, Verdict, check_input
from bot.heard import Heard, settled
from bot.matter import Unclear
from bot.outcome import Turn
from bot.place import Audience
from bot.reply import Reply
from bot.vault import tokens


async def hear(heard: Heard, turn: Turn) -> Turn:
    verdict = check_input(heard.event.text, heard.kit.pack.rules, _before(heard))
    if _among_others(heard, turn.conversation) and not _cannot_wait(heard, verdict):
        quiet = replace(turn.conversation, interrupted=True)
        return replace(turn.record("kept quiet"), conversation=quiet)
    turn, text = await heard.kit.hide(turn, heard.who.id, verdict.text)
    verdict = replace(verdict, text=text)
    turn = turn.record("checked", said=text, verdict=_name(verdict), **_hidden(text))
    if isinstance(verdict, HandOver) and verdict.concern:
        return await concern.tell(heard, turn, verdict, verdict.concern)
    matter = _matter(heard, verdict)
    if isinstance(matter, Unclear):
        if isinstance(verdict, Block):
            matter = heard.anew()
            return await _block(heard, heard.about(turn, matter), verdict)
        return _unclear(heard, turn, verdict, matter)
    turn = heard.about(turn, matter)
    if matter.stopped_at and heard.event.at <= matter.stopped_at:
        draft = await heard.journal.get("draft")
        return turn.say(Reply(text=heard.strings.stopped), draft=draft)
    if matter.state is State.CLAIMED:
        turn = heard.to_person(turn, verdict.text)
        if isinstance(verdict, Block) and verdict.reason is Blocked.SECRET:
            return turn.post(heard.secret_advice(), await heard.direct())
        return turn
    match verdict:
        case Block():
            return await _block(heard, turn, verdict)
        case HandOver():
            return await _human(heard, turn, verdict)
        case Allow():
            return await passing.answer(heard, turn, verdict)


def _before(heard: Heard) -> str:
    """What the requester wrote last, here: a secret may be split over two messages."""
    own = (x for x in heard.situation.conversations if x.requester == heard.who.id)
    here = next(own, None)
    if here and isinstance(here.pending, PendingChoice):
        return here.pending.text
    said = here and here.last_from(Voice.REQUESTER)
    return said.text if said else ""


def _among_others(heard: Heard, thread: Conversation) -> bool:
    """In a channel's thread people also talk to each other: once somebody else did, the
    bot is quiet until it is mentioned."""
    place = heard.event.place
    if place.thread is None or place.audience is Audience.DIRECT or heard.event.mentioned:
        return False
    others = thread.interrupted or thread.requester != heard.who.id
    return thread.version > 0 and thread.state is not State.CLAIMED and others


def _cannot_wait(heard: Heard, verdict: Verdict) -> bool:
    """Danger to somebody, also where it was not said to the bot: it is answered in private."""
    if not isinstance(verdict, HandOver) or verdict.concern is None:
        return False
    private = heard.kit.pack.queues[verdict.concern.queue].confidential
    return private and not verdict.concern.consent


def _matter(heard: Heard, verdict: Verdict) -> Conversation | Unclear:
    here = heard.matter()
    if isinstance(verdict, HandOver) and verdict.private:
        # A private talk is a matter of its own, out of the sight of those who have another.
        case = None if isinstance(here, Unclear) else heard.situation.cases.get(here.case or "")
        if case is None or case.queue != heard.kit.pack.private_queue:
            return heard.anew()
    return here


def _unclear(heard: Heard, turn: Turn, verdict: Verdict, matter: Unclear) -> Turn:
    """Ask once. A message that comes instead of a press is about something new."""
    held = heard.anew()
    turn = replace(turn, conversation=held, case=None).record("asked which matter")
    return ask_which(turn, heard.asker, verdict.text, matter.cases)


async def _block(heard: Heard, turn: Turn, verdict: Block) -> Turn:
    turn = turn.heard(verdict.text, heard.who.name)
    pack = heard.kit.pack
    match verdict.reason:
        case Blocked.SECRET:
            return turn.say(heard.secret_advice(), to=await heard.direct())
        case Blocked.TOO_LONG:
            words = heard.strings.too_long.format(limit=pack.rules.longest)
        case Blocked.UNREADABLE:
            words = heard.strings.reworded
    return turn.say(Reply(text=words))


async def _human(heard: Heard, turn: Turn, verdict: HandOver) -> Turn:
    """A wish for a person is granted at once; then: what is it about?"""
    pack = heard.kit.pack
    if verdict.private:
        turn = await heard.in_private(turn)
    turn = settled(turn).heard(verdict.text, heard.who.name)
    if turn.case and turn.conversation.state is State.ESCALATED:
        return added(heard.more(turn, verdict.text), heard.desk, heard.who)
    counts = {x.queue: x.words.count(verdict.text) for x in pack.specialists.values()}
    named = max(counts, key=lambda queue: counts[queue])
    known = pack.specialists.get(turn.conversation.specialist or "")
    fallback = known.queue if known else pack.default_queue
    queue = pack.private_queue if verdict.private else named if counts[named] else fallback
    strings = heard.desk.strings
    turn = await escalate(
        turn, heard.desk, heard.kit.store, heard.who,
        queue=queue, priority=Priority.URGENT if verdict.urgent else Priority.NORMAL,
        reason=strings.reason_upset if verdict.upset else strings.reason_human,
    )  # fmt: skip
    first = len(turn.conversation.transcript) == 1
    words = heard.strings.escalated_human if first else heard.strings.escalated
    return announce(turn, heard.desk, heard.who, words)


async def failed(heard: Heard, turn: Turn) -> Turn:
    """No turn could be made of it: a person gets the case, and the requester a sentence."""
    verdict = check_input(heard.event.text, heard.kit.pack.rules, _before(heard))
    # The vault may be what fails.
    verdict = replace(verdict, text=await heard.kit.veil.masked(verdict.text))
    # Also now: what is not for every desk, or not for every eye, goes where it belongs.
    if isinstance(verdict, HandOver) and verdict.concern:
        return await concern.tell(heard, turn, verdict, verdict.concern)
    matter = _matter(heard, verdict)
    if isinstance(matter, Unclear):
        matter = heard.anew()
    turn = heard.about(turn, matter)
    if matter.state is State.CLAIMED:
        return heard.to_person(turn, verdict.text)
    if isinstance(verdict, HandOver) and verdict.private:
        return await _human(heard, turn, verdict)
    turn = turn.heard(verdict.text, heard.who.name)
    known = heard.kit.pack.specialists.get(matter.specialist or "")
    turn = await escalate(
        turn, heard.desk, heard.kit.store, heard.who,
        queue=known.queue if known else heard.kit.pack.default_queue,
        priority=Priority.HIGH, reason=heard.desk.strings.reason_failed,
    )  # fmt: skip
    assert turn.case
    queue = heard.desk.queue(turn.case).title(heard.who.locale)
    words = heard.strings.failed.format(case=turn.case.id, queue=queue)
    return turn.say(Reply(text=words), draft=await heard.journal.get("draft"))


def _hidden(text: str) -> dict[str, str]:
    found = tokens(text)
    return {"personal": " ".join(found)} if found else {}


def _name(verdict: Verdict) -> str:
    match verdict:
        case Allow():
            return "may pass"
        case Block(reason=reason):
            return reason.value
        case HandOver(concern=concern):
            return concern.name if concern else "upset" if verdict.upset else "wants a person"
