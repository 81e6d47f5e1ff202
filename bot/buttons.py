"""May this button be pressed, by this person, at this moment?"""

from datetime import datetime

from bot.case import Case, CaseState
from bot.conversation import (
    Conversation,
    PendingCall,
    PendingChoice,
    PendingConsent,
    PendingForgetting,
    PendingReading,
    State,
)
from bot.desk import Desk
from bot.people import Requester
from bot.reply import Grant, Purpose
from bot.strings import Strings

# The states of a case in which a desk's button does what it says.
_DESK: dict[Purpose, frozenset[CaseState]] = {
    Purpose.TAKE: frozenset({CaseState.OPEN}),
    Purpose.RELEASE: frozenset({CaseState.CLAIMED}),
    Purpose.REPLY: frozenset({CaseState.OPEN, CaseState.CLAIMED}),
    Purpose.NOTE: frozenset(CaseState),
    Purpose.OPEN: frozenset({CaseState.CLAIMED}),
    Purpose.REVEAL: frozenset({CaseState.CLAIMED}),
    Purpose.HAND_BACK: frozenset({CaseState.CLAIMED}),
    Purpose.RESOLVE: frozenset({CaseState.OPEN, CaseState.CLAIMED}),
    Purpose.REOPEN: frozenset({CaseState.HANDED_BACK, CaseState.RESOLVED}),
    Purpose.MAKE_PAGE: frozenset({CaseState.RESOLVED}),
}

# What only the one who has the case may do, once somebody has it.
_ASSIGNEE = frozenset(
    {
        Purpose.RELEASE, Purpose.REPLY, Purpose.OPEN, Purpose.REVEAL, Purpose.HAND_BACK,
        Purpose.RESOLVE,
    }
)  # fmt: skip

# What a requester's button needs the conversation to be in.
_OWN: dict[Purpose, frozenset[State]] = {
    Purpose.SOLVED: frozenset({State.WITH_BOT, State.ESCALATED}),
    Purpose.ASK_PERSON: frozenset({State.WITH_BOT, State.RESOLVED}),
    Purpose.SHOW_PAGE: frozenset({State.WITH_BOT, State.ESCALATED}),
    Purpose.WRITE: frozenset(State),
    Purpose.ABOUT_CASE: frozenset({State.AWAITING_CONFIRMATION}),
    Purpose.SOMETHING_NEW: frozenset({State.AWAITING_CONFIRMATION}),
    Purpose.YES: frozenset({State.AWAITING_CONFIRMATION}),
    Purpose.NO: frozenset({State.AWAITING_CONFIRMATION}),
    Purpose.OTHER_DESK: frozenset({State.AWAITING_CONFIRMATION}),
    Purpose.OPTIONS: frozenset({State.AWAITING_CONFIRMATION}),
    Purpose.APPROVE: frozenset({State.AWAITING_APPROVAL}),
    Purpose.REFUSE: frozenset({State.AWAITING_APPROVAL}),
}


def refusal(
    grant: Grant,
    spent: bool,
    who: Requester,
    case: Case | None,
    conversation: Conversation,
    desk: Desk,
    now: datetime,
) -> str | None:
    """Why not, in one sentence for the one who pressed. None: it may."""
    strings = desk.pack.say(who.locale)
    if grant.requester is not None and grant.requester != who.id:
        return strings.not_yours
    if grant.queue is None and grant.purpose is Purpose.PUBLISH:
        return _page(grant, who, case, desk, strings)
    if grant.queue is None:
        return _own(grant, spent, who, conversation, strings, now)
    queue = desk.pack.queues.get(grant.queue)
    if queue is None or case is None:
        return strings.too_late
    # A bound queue's card went to the admins while nobody could reach its channel. They shall bind
    # another; what is confidential is not theirs to read.
    unbound = grant.queue not in desk.switches.queues and not queue.confidential
    stands_in = unbound and who.id in desk.switches.admins
    if queue.group not in who.groups and not stands_in:
        return strings.not_yours
    if grant.purpose is Purpose.MAKE_PAGE and not desk.may_be_page(case):
        return strings.too_late
    if grant.purpose is Purpose.PUBLISH:
        return _page(grant, who, case, desk, strings)
    return _desk(grant.purpose, who, case, strings)


def _page(
    grant: Grant, who: Requester, case: Case | None, desk: Desk, strings: Strings
) -> str | None:
    """Is it this proposal that stands, of a case that is still solved, and somebody else's?"""
    page = desk.proposed(case, grant.subject) if case else None
    if page is None:
        return strings.too_late
    if page.published:
        return strings.already
    return strings.page_by_another if page.by == who.id else None


def _own(
    grant: Grant,
    spent: bool,
    who: Requester,
    conversation: Conversation,
    strings: Strings,
    now: datetime,
) -> str | None:
    if spent:
        return strings.already
    if grant.expires is not None and now >= grant.expires:
        return strings.too_late
    if conversation.state not in _OWN[grant.purpose]:
        return strings.too_late
    return _pending(grant, who, conversation, strings)


def _pending(
    grant: Grant, who: Requester, conversation: Conversation, strings: Strings
) -> str | None:
    """Is it this question that is still open?"""
    pending, purpose = conversation.pending, grant.purpose
    match purpose:
        case Purpose.ABOUT_CASE | Purpose.SOMETHING_NEW:
            asked = isinstance(pending, PendingChoice)
        case Purpose.YES | Purpose.NO if isinstance(pending, PendingConsent):
            asked = True
        case Purpose.OTHER_DESK | Purpose.OPTIONS:
            asked = isinstance(pending, PendingConsent)
        case Purpose.YES | Purpose.NO | Purpose.APPROVE | Purpose.REFUSE:
            match pending:
                case PendingCall(call=id) | PendingReading(id=id) | PendingForgetting(id=id):
                    asked = id == grant.subject
                case _:
                    asked = False
        case _:
            return None
    if purpose is Purpose.APPROVE and who.id == conversation.requester:
        return strings.not_yours
    return None if asked else strings.too_late


def _desk(purpose: Purpose, who: Requester, case: Case, strings: Strings) -> str | None:
    if case.state not in _DESK[purpose]:
        if purpose is Purpose.TAKE and case.assignee == who.id:
            return strings.already
        if case.state is CaseState.CLAIMED:
            return strings.taken_by.format(name=case.assignee_name)
        return strings.too_late
    if purpose in _ASSIGNEE and case.state is CaseState.CLAIMED and case.assignee != who.id:
        return strings.taken_by.format(name=case.assignee_name)
    return None
