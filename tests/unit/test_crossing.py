"""Every state × every kind of event × every kind of model answer: nothing impossible happens."""

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from bot.case import Case, CaseState, Priority
from bot.conversation import (
    TRANSITIONS,
    Conversation,
    Line,
    Pending,
    PendingCall,
    PendingChoice,
    PendingConsent,
    PendingForgetting,
    PendingReading,
    State,
    Voice,
)
from bot.event import (
    CardAction,
    Command,
    Correction,
    Event,
    Feedback,
    Message,
    Opened,
    PageAllowed,
    Stopped,
    TimerDue,
    TimerKind,
    Undelivered,
)
from bot.outcome import Switches, Turn
from bot.pack import Pack
from bot.people import Requester
from bot.ports import Rejected, Situation, ToolCall, Unavailable
from bot.reply import Grant, Purpose
from bot.turn import Bot
from tests.fakes import (
    CHAT,
    DANA,
    IT_DESK,
    NOW,
    SAM,
    TOMAS,
    FakeJournal,
    ScriptedModel,
    kit,
    sender,
)

SEARCH = ToolCall(id="c0", name="search_handbook", arguments='{"query": "vpn"}')
RESET = ToolCall(id="c1", name="reset_password", arguments="{}")

ANSWERS: dict[str, tuple[str | ToolCall | Exception, ...]] = {
    "an answer with its source": (SEARCH, "Switch to another network. [1]"),
    "an answer without a source": ("Just restart it.",),
    "a question back": ("Which network are you on?",),
    "nothing": ("",),
    "a case, please": (ToolCall(id="c", name="open_case", arguments='{"reason": "odd"}'),),
    "a call to confirm": (RESET,),
    "a call to approve": (ToolCall(id="c2", name="order_laptop", arguments="{}"),),
    "an allowed call": (
        ToolCall(id="c3", name="look_up", arguments="{}"),
        "Which of the two do you mean?",
    ),
    "a denied call": (ToolCall(id="c4", name="forbidden", arguments="{}"),) * 9,
    "a tool that is not": (ToolCall(id="c5", name="rm -rf", arguments="{}"),) * 9,
    "rubbish arguments": (ToolCall(id="c6", name="open_case", arguments="{{{"),) * 9,
    "calls without end": (SEARCH,) * 9,
    "an outage": (Unavailable("down"),),
    "a refusal": (Rejected("bad key"),),
}  # fmt: skip

PENDING: dict[str, Pending] = {
    "a call": PendingCall(call="c1", tool="reset_password", arguments="{}", summary="reset"),
    "a consent": PendingConsent(queue="HR-confidential", reason="asked", priority=Priority.HIGH),
    "a choice": PendingChoice(text="and my printer?"),
    "a forgetting": PendingForgetting(id="c1", to=CHAT, employee="kim"),
}
READING = PendingReading(id="c1", to=CHAT, others=("tomas",), case="IT-7", person=None)

COMMON = {"organisation": "o", "at": NOW}


def from_(who: Requester) -> dict[str, object]:
    return {"organisation": "o", "at": NOW, "sender": sender(who), "place": CHAT}


def message(text: str) -> Message:
    return Message(id="e1", message="m1", text=text, **from_(SAM))  # type: ignore[arg-type]


EVENTS: dict[str, tuple[Event, Grant | None]] = {
    "a question": (message("My VPN keeps dropping"), None),
    "an answer that did not help": (message("Still broken, I board in 40 minutes"), None),
    "thanks": (message("thanks"), None),
    "a yes": (message("yes"), None),
    "a wish for a person": (message("Can I talk to a human?"), None),
    "danger": (message("I want to kill myself"), None),
    "harassment": (message("My manager keeps touching me"), None),
    "a password": (message("my password is Tr0ub4dor&3"), None),
    "a novel": (message("why? " * 2000), None),
    "another alphabet": (message("مرحبا، الطابعة لا تعمل"), None),
    "a hello": (Opened(id="e1", **from_(SAM)), None),  # type: ignore[arg-type]
    "a thumb": (Feedback(id="e1", helpful=False, **from_(SAM)), None),  # type: ignore[arg-type]
    "stop": (Stopped(id="e1", **from_(SAM)), None),  # type: ignore[arg-type]
    "a command": (Command(id="e1", text="status", **from_(SAM)), None),  # type: ignore[arg-type]
    "an unknown button": (CardAction(id="e1", token="?", **from_(SAM)), None),  # type: ignore[arg-type]
    "an undelivered answer": (
        Undelivered(id="e1", conversation="k", slot="e0:0", why="blocked", **COMMON),  # type: ignore[arg-type]
        None,
    ),
    "an undelivered card": (
        Undelivered(id="e1", conversation="k", slot="card:IT-7", why="archived", **COMMON),  # type: ignore[arg-type]
        None,
    ),
    "a correction": (
        Correction(id="e1", conversation="k", page="a.md", text="right", **COMMON),  # type: ignore[arg-type]
        None,
    ),
    "an allowed page": (
        PageAllowed(id="e1", conversation="k", number="1", by="dana", place=None, **COMMON),  # type: ignore[arg-type]
        None,
    ),
}
for kind in TimerKind:
    timer = TimerDue(id="e1", organisation="o", at=NOW, kind=kind, conversation="k")
    EVENTS[f"timer {kind.value}"] = (timer, None)
DESK = {Purpose.TAKE, Purpose.RELEASE, Purpose.REPLY, Purpose.NOTE, Purpose.OPEN,
        Purpose.REVEAL, Purpose.HAND_BACK, Purpose.RESOLVE, Purpose.REOPEN,
        Purpose.MAKE_PAGE, Purpose.PUBLISH}  # fmt: skip
for purpose in Purpose:
    who = DANA if purpose in DESK else TOMAS if purpose.value in ("approve", "refuse") else SAM
    grant = Grant(
        purpose=purpose,
        conversation="k",
        requester=None if purpose in DESK else who.id,
        queue="IT" if purpose in DESK else None,
        case="IT-7" if purpose in DESK else None,
        subject="c1",
    )
    press = CardAction(id="e1", token="t", values={"text": "Hello"}, **from_(who))  # type: ignore[arg-type]
    EVENTS[f"button {purpose.value}"] = (press, grant)


def situation(
    state: State, pending: Pending | None, event: Event, grant: Grant | None
) -> Situation:
    claimed, live = state is State.CLAIMED, state in (State.ESCALATED, State.CLAIMED)
    case = Case(
        id="IT-7", organisation="o", conversation="k", queue="IT", priority=Priority.NORMAL,
        requester="sam", requester_name="Sam Okafor", requester_about="Sales", ask="?", reason="-",
        opened_at=NOW, due_at=NOW + timedelta(hours=1) if live else None,
        state=CaseState.CLAIMED if claimed else CaseState.OPEN if live else CaseState.RESOLVED,
        assignee="dana" if claimed else None, assignee_name="Dana", version=1,
    )  # fmt: skip
    line = Line(voice=Voice.BOT, text="Try this.", at=NOW)
    conversation = Conversation(
        id="k", organisation="o", place=CHAT, requester="sam", state=state, last_at=NOW,
        transcript=(line,), pending=pending, case="IT-7", specialist="it", version=1,
    )  # fmt: skip
    switches = Switches(queues={"IT": IT_DESK}, admins=frozenset({"robin"}))
    return Situation(
        event=event, attempt=1, switches=switches, conversations=(conversation,),
        cases={"IT-7": case}, grant=grant,
    )  # fmt: skip


def pendings(state: State) -> tuple[Pending | None, ...]:
    if state is State.AWAITING_CONFIRMATION:
        return tuple(PENDING.values())
    if state is State.AWAITING_APPROVAL:
        forgetting = replace(PENDING["a forgetting"], others=("tomas",))  # type: ignore[call-arg]
        return (replace(PENDING["a call"], approver="tomas"), READING, forgetting)  # type: ignore[arg-type]
    return (None,)


async def decide(pack: Pack, answer: str, at: Situation) -> Turn:
    model = ScriptedModel(*ANSWERS[answer])
    offline = ScriptedModel("", "", "")
    bot = Bot(kit(pack, model, offline))
    return await bot.take_turn(at, FakeJournal())


CROSSING = [
    pytest.param(state, event, answer, id=f"{state.value}, {event}, {answer}")
    for state, event, answer in product(State, EVENTS, ANSWERS)
    # Only messages meet a model: for the rest one answer stands for all.
    if isinstance(EVENTS[event][0], Message) or answer == "nothing"
]


@pytest.mark.parametrize(("state", "event", "answer"), CROSSING)
async def test_every_state_meets_every_event_and_every_answer(
    armed_pack: Pack, state: State, event: str, answer: str
) -> None:
    happened, grant = EVENTS[event]
    for pending in pendings(state):
        before = situation(state, pending, happened, grant)
        turn = await decide(armed_pack, answer, before)

        after = turn.conversation
        if after.id == "k":
            assert _reachable(state, after.state), f"{state} became {after.state}"
        assert (after.pending is not None) == after.state.value.startswith("awaiting")
        _case_agrees(turn)
        if isinstance(happened, Message):
            assert turn.deliveries, "a message ended in silence"
            to_requester = [x for x in turn.deliveries if x.to == CHAT and x.reply]
            answers = [x for x in to_requester if x.reply and not x.reply.author]
            assert len(answers) <= 1, "two answers to one message"
        if not isinstance(happened, Undelivered):
            _receipts_back_the_words(turn)


def _reachable(before: State, after: State) -> bool:
    """In two steps at most: what was waited for is dropped, then something new begins."""
    one = {before, *TRANSITIONS[before]}
    return after in one or any(after in TRANSITIONS[x] for x in one)


def _case_agrees(turn: Turn) -> None:
    """The case and the conversation never tell two stories."""
    if turn.case is None or turn.conversation.case != turn.case.id:
        return
    state = turn.conversation.state
    assert (turn.case.state is CaseState.CLAIMED) == (state is State.CLAIMED)
    assert (turn.case.state is CaseState.OPEN) == (state is State.ESCALATED)


def _receipts_back_the_words(turn: Turn) -> None:
    said = " ".join(x.reply.text for x in turn.deliveries if x.reply and x.to == CHAT)
    for receipt in turn.receipts:
        if receipt.tool == "open_case":
            assert receipt.reference in said or turn.conversation.place != CHAT


def test_nothing_becomes_what_the_table_does_not_name() -> None:
    for state in State:
        conversation = replace(situation(state, None, message("?"), None).conversations[0])
        for other in set(State) - TRANSITIONS[state] - {state}:
            with pytest.raises(ValueError, match="cannot become"):
                conversation.become(other)
