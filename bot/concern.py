"""A concern: what goes to people whatever else the message says, and by whose consent."""

from dataclasses import replace

from bot.confirm import ask_consent
from bot.conversation import Conversation, PendingConsent, State
from bot.escalation import added, announce, escalate
from bot.guardrails import HandOver
from bot.heard import Heard
from bot.matter import Unclear
from bot.outcome import Turn
from bot.pack import Concern


async def tell(heard: Heard, turn: Turn, verdict: HandOver, concern: Concern) -> Turn:
    """People, before anything else; never in a matter that other people have."""
    mine = _already_with(heard, concern.queue) if concern.consent else None
    if mine:
        return _further(heard, heard.about(turn, mine), verdict.text)
    matter = heard.anew()
    turn = replace(turn, conversation=matter, case=None)
    if heard.kit.pack.queues[concern.queue].confidential:
        turn = await heard.in_private(turn, quietly=True)
    turn = turn.heard(verdict.text, heard.who.name)
    strings = heard.desk.strings
    if concern.consent:
        pending = PendingConsent(
            queue=concern.queue, reason=strings.reason_consented, priority=concern.priority,
            concern=concern.name,
        )  # fmt: skip
        return ask_consent(turn, heard.asker, pending)
    turn = await escalate(
        turn, heard.desk, heard.kit.store, heard.who,
        queue=concern.queue, priority=concern.priority,
        reason=strings.reason_danger.format(concern=concern.name), quiet=True,
    )  # fmt: skip
    return announce(turn, heard.desk, heard.who, _first_words(heard, concern))


def _first_words(heard: Heard, concern: Concern) -> str:
    """With the helpline of where the requester is; the rest is filled in with the case."""
    pack, locale = heard.kit.pack, heard.who.locale
    danger = pack.queues[concern.queue].confidential
    general = heard.strings.escalated_danger if danger else heard.strings.escalated
    words = pack.worded(concern.says, locale) or general
    helpline = pack.helpline(heard.who.country, locale)
    # The case's names are filled in later, by a second round: what is in here stays as it is.
    return words.replace("{helpline}", helpline.replace("{", "{{").replace("}", "}}"))


def _already_with(heard: Heard, queue: str) -> Conversation | None:
    """The matter that goes on here, if this queue has it: its consent was given."""
    here = heard.matter()
    case = None if isinstance(here, Unclear) else heard.situation.cases.get(here.case or "")
    if isinstance(here, Unclear) or case is None or not case.live:
        return None
    return here if case.queue == queue else None


def _further(heard: Heard, turn: Turn, text: str) -> Turn:
    """More on a case that people have."""
    if turn.conversation.state is State.CLAIMED:
        return heard.to_person(turn, text)
    turn = turn.heard(text, heard.who.name)
    return added(heard.more(turn, text), heard.desk, heard.who)
