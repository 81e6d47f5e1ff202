"""A message that may pass: within limits and switches, to what waits for it or to a specialist."""

from dataclasses import replace

from bot.answer import Helper
from bot.conversation import PendingChoice, State
from bot.draft import Draft
from bot.escalation import added
from bot.guardrails import Allow
from bot.heard import Heard, settled
from bot.limits import too_fast, used_up
from bot.outcome import Turn, Used
from bot.place import Audience
from bot.ports import Spent
from bot.press import answer_pending
from bot.second import is_attack
from bot.triage import Choice, Courtesy, Route, apart, triage


async def answer(heard: Heard, turn: Turn, verdict: Allow) -> Turn:
    event, department = heard.event, heard.who.department
    spent = await heard.kit.store.spent(event.organisation, heard.who.id, department, event.id)
    turn = replace(turn, used=Used(person=heard.who.id, department=department))
    if verdict.attempt is not None:
        turn = _attempt(heard, turn, spent, verdict.attempt)
    if too_fast(spent, heard.kit.pack.limits):
        turn = turn.record("too fast").heard(verdict.text, heard.who.name)
        return heard.with_person(turn, heard.strings.slower)
    if used_up(spent, heard.kit.pack.limits):
        turn = turn.record("share used up")
    return await _allow(heard, turn, verdict, spent)


def _attempt(heard: Heard, turn: Turn, spent: Spent, kind: str) -> Turn:
    """It counts, and whoever keeps trying is known to the admins."""
    turn = turn.record("attempt at the model's orders", kind=kind)
    turn = replace(turn, used=turn.used and replace(turn.used, attempt=True))
    if spent.attempts + 1 != heard.kit.pack.limits.attempts:
        return turn
    words = heard.desk.strings.attempts.format(name=heard.who.name)
    return heard.desk.tell_admins(turn, words)


async def _second(
    heard: Heard, turn: Turn, verdict: Allow, text: str, spent: Spent
) -> tuple[Turn, Allow]:
    if verdict.attempt is not None or not _model(heard, spent):
        return turn, verdict
    turn, attack = await is_attack(turn, text, heard.kit.agent, heard.journal)
    if not attack:
        return turn, verdict
    kind = "second check"
    *before, said = turn.conversation.transcript
    transcript = (*before, replace(said, attempt=True))
    turn = replace(turn, conversation=replace(turn.conversation, transcript=transcript))
    return _attempt(heard, turn, spent, kind), replace(verdict, attempt=kind)


async def _allow(heard: Heard, turn: Turn, verdict: Allow, spent: Spent) -> Turn:
    text = verdict.text
    pending = turn.conversation.pending
    if pending is not None and not isinstance(pending, PendingChoice):
        said = _yes_or_no(heard, text)
        if said is not None:
            turn = turn.heard(text, heard.who.name)
            return await answer_pending(
                heard.kit, turn, heard.desk, heard.who, heard.who, said, heard.journal
            )
    if isinstance(pending, PendingChoice):
        text = f"{pending.text}\n{text}"
    elif _serves(heard) and verdict.attempt is None and (two := apart(text, heard.kit.pack)):
        text, rest = two
        turn = _answer_next(heard, turn, rest)
    turn = settled(turn).heard(text, heard.who.name)
    if not _serves(heard):
        return _closed(heard, turn)
    waiting = turn.case is not None and turn.conversation.state is State.ESCALATED
    if waiting and turn.case and turn.case.quiet:
        return added(heard.more(turn, text), heard.desk, heard.who)
    turn, verdict = await _second(heard, turn, verdict, text, spent)
    pack = heard.kit.pack
    choice = await triage(text, turn.conversation, heard.who, pack, heard.kit.knowledge)
    if _not_here(heard, choice):
        turn = await heard.in_private(turn)
    elif waiting:
        turn = heard.more(turn, text)
        if isinstance(choice, Courtesy):
            return added(turn, heard.desk, heard.who)
    return await _helper(heard, turn, verdict, spent).help(turn, text, choice)


def _answer_next(heard: Heard, turn: Turn, rest: str) -> Turn:
    """The second matter of a message is heard as if it had come right after the first."""
    event = heard.event
    second = replace(
        event, id=f"{event.id}:also", message=f"{event.message}:also", text=rest, reply_to=None
    )
    return replace(turn.record("two matters"), events=(*turn.events, second))


def _not_here(heard: Heard, choice: Choice) -> bool:
    """Nothing of the handbook where people from outside read, nothing of HR among many."""
    audience = heard.event.place.audience
    if audience is Audience.SHARED:
        return True
    private = isinstance(choice, Route) and choice.specialist.private
    return private and audience is not Audience.DIRECT


def _yes_or_no(heard: Heard, text: str) -> bool | None:
    rules = heard.kit.pack.rules
    if len(text.split()) > 4:
        return None
    return True if rules.yes.found(text) else False if rules.no.found(text) else None


def _serves(heard: Heard) -> bool:
    switches = heard.situation.switches
    if switches.paused:
        return False
    return switches.pilot is None or switches.pilot in heard.who.groups


def _model(heard: Heard, spent: Spent) -> bool:
    """May one be asked?"""
    off = heard.situation.switches.off
    return "model" not in off and not used_up(spent, heard.kit.pack.limits)


def _closed(heard: Heard, turn: Turn) -> Turn:
    """Paused, or a pilot for others. People can still be asked for."""
    paused = heard.situation.switches.paused
    turn = turn.record("paused" if paused else "not in the pilot")
    words = heard.strings.paused if paused else heard.strings.pilot
    return heard.with_person(turn, words)


def _helper(heard: Heard, turn: Turn, verdict: Allow, spent: Spent) -> Helper:
    """For a conversation that is already where it stays."""
    quoting = verdict.attempt is not None or not _model(heard, spent)
    kit, platform = heard.kit, turn.conversation.place.platform
    draft = Draft(
        drafts=kit.drafts[platform],
        platform=kit.platforms[platform],
        journal=heard.journal,
        store=kit.store,
        conversation=turn.conversation,
        key=f"{heard.event.id}:answer",
        rules=kit.pack.rules,
        names=_names(heard),
    )
    return Helper(
        agent=kit.agent,
        knowledge=kit.knowledge,
        directory=kit.directory,
        store=kit.store,
        asker=heard.asker,
        draft=draft,
        attempt=heard.situation.attempt,
        urgent=verdict.urgent,
        quoting=quoting,
        tools="tools" not in heard.situation.switches.off,
        notice=heard.strings.share_used if used_up(spent, kit.pack.limits) else "",
    )


def _names(heard: Heard) -> str:
    """What an answer may call people, desks and the company by."""
    who, pack = heard.who, heard.kit.pack
    desks = (y for x in pack.queues.values() for y in (x.name, x.title("en"), x.title(who.locale)))
    own = (who.name, who.location, who.department, pack.organisation)
    return " · ".join((*own, *desks, *(x.title for x in pack.specialists.values())))
