"""Questions that wait for a yes: a tool call, a handover with consent, which matter it is."""

import json
from dataclasses import dataclass, replace
from datetime import timedelta

from pydantic import TypeAdapter, ValidationError

from bot.conversation import (
    Conversation,
    PendingCall,
    PendingChoice,
    PendingConsent,
    State,
    Voice,
)
from bot.desk import Desk
from bot.event import TimerKind
from bot.outcome import Turn
from bot.outside import Outside
from bot.pack import Permission
from bot.people import Person, Requester
from bot.ports import Directory, Journal, ToolCall
from bot.redaction import redact
from bot.reply import Button, Grant, Purpose, Reply, Style
from bot.strings import Strings

_EXPIRES = timedelta(hours=1)
"""How long the requester's yes is waited for."""
_APPROVAL_EXPIRES = timedelta(days=2)
_ARGUMENTS = TypeAdapter(dict[str, object])
_SHOWN = 12
"""Arguments of a tool that are shown, each up to so many characters."""
_WIDEST = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """The requester, with what is needed to ask them or their approver."""

    desk: Desk
    requester: Requester

    @property
    def strings(self) -> Strings:
        return self.desk.pack.say(self.requester.locale)

    def button(
        self,
        turn: Turn,
        purpose: Purpose,
        label: str,
        style: Style = Style.PLAIN,
        *,
        subject: str = "",
        by: str | None = None,
        lasts: timedelta | None = None,
    ) -> Button:
        """For one employee: the requester, unless `by` is another. With `lasts`, single-use."""
        grant = Grant(
            purpose=purpose,
            conversation=turn.conversation.id,
            requester=by or self.requester.id,
            case=turn.conversation.case,
            subject=subject,
            expires=turn.now + lasts if lasts else None,
            single_use=lasts is not None,
        )
        return Button(label=label, token=self.desk.ids.token(), grant=grant, style=style)


async def ask(
    turn: Turn, asker: Asker, call: ToolCall, permission: Permission,
    directory: Directory, tools: Outside,
) -> Turn | None:  # fmt: skip
    """Ask whoever must permit the call. None: there is nobody who could."""
    summary = next((x.description for x in tools.specs() if x.name == call.name), call.name)
    pending = PendingCall(call=call.id, tool=call.name, arguments=call.arguments, summary=summary)
    turn = turn.record("permission asked", tool=call.name, permission=permission.value)
    if permission is Permission.CONFIRM:
        return _ask_requester(turn, asker, pending)
    manager = asker.requester.manager
    approver = await directory.employee(manager) if manager else None
    if approver is None or approver.id == asker.requester.id:
        return None
    return _ask_approver(turn, asker, replace(pending, approver=approver.id), approver)


def _ask_requester(turn: Turn, asker: Asker, pending: PendingCall) -> Turn:
    strings = asker.strings
    row = (
        (Purpose.YES, strings.confirm_yes, Style.PRIMARY),
        (Purpose.NO, strings.confirm_no, Style.PLAIN),
    )
    turn = turn.become(State.AWAITING_CONFIRMATION, pending)
    buttons = tuple(
        asker.button(turn, purpose, label, style, subject=pending.call, lasts=_EXPIRES)
        for purpose, label, style in row
    )
    text = strings.confirm.format(summary=pending.summary) + _with(pending)
    turn = turn.set_timer(TimerKind.EXPIRE, turn.now + _EXPIRES)
    return turn.say(Reply(text=text, buttons=buttons))


def _ask_approver(turn: Turn, asker: Asker, pending: PendingCall, approver: Requester) -> Turn:
    theirs = asker.desk.pack.say(approver.locale)
    row = (
        (Purpose.APPROVE, theirs.approve, Style.PRIMARY),
        (Purpose.REFUSE, theirs.refuse, Style.DANGER),
    )
    turn = turn.become(State.AWAITING_APPROVAL, pending)
    buttons = tuple(
        asker.button(
            turn, purpose, label, style,
            subject=pending.call, by=approver.id, lasts=_APPROVAL_EXPIRES,
        )
        for purpose, label, style in row
    )  # fmt: skip
    text = theirs.approval.format(summary=pending.summary, name=asker.requester.name)
    text += _with(pending)
    slot = f"approval:{turn.conversation.id}:{pending.call}"
    turn = turn.post(Reply(text=text, buttons=buttons), Person(approver.id), slot=slot)
    turn = turn.set_timer(TimerKind.EXPIRE, turn.now + _APPROVAL_EXPIRES)
    told = asker.strings.approval_asked.format(summary=pending.summary, name=approver.name)
    return turn.say(Reply(text=told))


def _with(pending: PendingCall) -> str:
    """What the tool would be called with, for whoever says yes: as code, so that nothing that a
    model wrote becomes a link or calls anybody. Empty: with nothing."""
    try:
        given = _ARGUMENTS.validate_json(pending.arguments)
    except ValidationError:
        given = {"?": pending.arguments}
    lines = [f"\n- {_code(name)}: {_code(value)}" for name, value in given.items()]
    return "\n" + "".join(lines[:_SHOWN]) if lines else ""


def _code(value: object) -> str:
    words = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    kept = " ".join(redact(words).text.replace("`", "'").split())
    return f"`{kept[:_WIDEST]}{'…' if len(kept) > _WIDEST else ''}`" if kept else "–"


async def settle(
    turn: Turn, asker: Asker, pending: PendingCall, yes: bool, by: Requester,
    tools: Outside, journal: Journal,
) -> Turn:  # fmt: skip
    """The yes or no has come. Runs the tool, once. Raises as tools do."""
    turn = turn.cancel(TimerKind.EXPIRE)
    turn = turn.record("permission", tool=pending.tool, given="yes" if yes else "no", by=by.id)
    if yes:
        call = ToolCall(id=pending.call, name=pending.tool, arguments=pending.arguments)
        key = f"{turn.conversation.id}:{pending.call}"
        organisation = turn.conversation.organisation
        result = await tools.use(call, asker.requester, organisation, turn.kept, key, journal)
        turn = replace(turn, kept=(*turn.kept, *result.kept)).done(pending.tool, pending.call)
        turn = turn.record(
            "tool used", said=pending.arguments, tool=pending.tool, receipt=pending.call
        )
    turn = turn.become(State.WITH_BOT)
    turn = _close_approval(turn, asker, pending, yes, by)
    return turn.say(Reply(text=_outcome(asker.strings, pending, yes, by)))


def _outcome(strings: Strings, pending: PendingCall, yes: bool, by: Requester) -> str:
    done = strings.done.format(summary=pending.summary)
    if pending.approver is None:
        return done if yes else strings.confirm_dropped
    told = (strings.approved if yes else strings.refused).format(name=by.name)
    return f"{told} {done}" if yes else told


def _close_approval(
    turn: Turn, asker: Asker, pending: PendingCall, yes: bool, by: Requester
) -> Turn:
    if pending.approver is None:
        return turn
    theirs = asker.desk.pack.say(by.locale)
    text = (theirs.approval_done if yes else theirs.approval_undone).format(summary=pending.summary)
    slot = f"approval:{turn.conversation.id}:{pending.call}"
    return turn.post(Reply(text=text), Person(pending.approver), slot=slot)


def expire(turn: Turn, asker: Asker) -> Turn:
    """Nobody said yes in time: nothing is done, and the requester hears of it."""
    pending = turn.conversation.pending
    if pending is None:
        return turn
    turn = turn.record("question expired").become(State.WITH_BOT)
    if isinstance(pending, PendingCall) and pending.approver:
        slot = f"approval:{turn.conversation.id}:{pending.call}"
        gone = Reply(text=asker.desk.strings.too_late)
        turn = turn.post(gone, Person(pending.approver), slot=slot)
    return turn.say(Reply(text=asker.strings.confirm_expired))


def ask_consent(turn: Turn, asker: Asker, pending: PendingConsent) -> Turn:
    """Who would receive it, and what; nobody is told before the requester says so."""
    pack, strings, locale = asker.desk.pack, asker.strings, asker.requester.locale
    turn = turn.become(State.AWAITING_CONFIRMATION, pending)
    turn = turn.set_timer(TimerKind.EXPIRE, turn.now + _APPROVAL_EXPIRES)
    concern = pack.concern(pending.concern)
    queue = pack.queues[pending.queue].title(locale)
    words = pack.worded(concern.says, locale) if concern else ""
    text = (words or strings.consent).format(queue=queue)
    shown = strings.consent_shown.format(text=_quoted(turn.conversation))
    return turn.say(Reply(text=f"{text}\n\n{shown}", buttons=_consents(turn, asker, pending)))


def tell_options(turn: Turn, asker: Asker, pending: PendingConsent) -> Turn:
    """The question stays open."""
    pack, locale = asker.desk.pack, asker.requester.locale
    concern = pack.concern(pending.concern)
    words = pack.worded(concern.options, locale) if concern else ""
    buttons = tuple(
        x for x in _consents(turn, asker, pending) if x.grant.purpose is not Purpose.OPTIONS
    )
    return turn.say(Reply(text=words or asker.strings.consent_kept, buttons=buttons))


def _consents(turn: Turn, asker: Asker, pending: PendingConsent) -> tuple[Button, ...]:
    pack, strings, locale = asker.desk.pack, asker.strings, asker.requester.locale
    concern = pack.concern(pending.concern)
    row = [(Purpose.YES, strings.consent_yes, Style.PRIMARY)]
    if concern and concern.other:
        other = pack.queues[concern.other].title(locale)
        row.append((Purpose.OTHER_DESK, strings.consent_other.format(queue=other), Style.PLAIN))
    if concern and concern.options:
        row.append((Purpose.OPTIONS, strings.consent_options, Style.PLAIN))
    row.append((Purpose.NO, strings.consent_no, Style.PLAIN))
    return tuple(
        asker.button(turn, purpose, label, style, lasts=_APPROVAL_EXPIRES)
        for purpose, label, style in row
    )


def _quoted(conversation: Conversation) -> str:
    said = conversation.last_from(Voice.REQUESTER)
    return "\n".join(f"> {line}" for line in said.text.splitlines()) if said else ""


def ask_which(turn: Turn, asker: Asker, text: str, cases: tuple[Conversation, ...]) -> Turn:
    """The message may belong to an open case. It waits in `pending` until a button says so."""
    strings = asker.strings
    turn = turn.become(State.AWAITING_CONFIRMATION, PendingChoice(text=text))
    about = (
        asker.button(
            turn, Purpose.ABOUT_CASE, strings.about_case.format(case=case.case),
            subject=case.id, lasts=_EXPIRES,
        )
        for case in cases
    )  # fmt: skip
    new = asker.button(turn, Purpose.SOMETHING_NEW, strings.something_new, lasts=_EXPIRES)
    return turn.say(Reply(text=strings.which, buttons=(*about, new)))
