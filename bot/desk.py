"""The desk: what leads see of a case, and where they see it."""

from dataclasses import dataclass, replace
from datetime import datetime

from bot.case import Case, CasePage, CaseState, Priority
from bot.conversation import Conversation, Voice
from bot.found import CONTACT
from bot.outcome import Destination, Switches, Turn
from bot.pack import Pack, Queue
from bot.people import Person
from bot.ports import Ids
from bot.reply import Button, Card, Fact, Grant, Purpose, Reply, Style
from bot.strings import Strings
from bot.vault import kind_of, tokens

_ASK = 300
"""Characters of a request on a card."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    pack: Pack
    switches: Switches
    ids: Ids

    @property
    def strings(self) -> Strings:
        """Leads of one desk speak many languages: the desk speaks the pack's first."""
        return self.pack.say("")

    def queue(self, case: Case) -> Queue:
        """The default queue stands in for one that the pack no longer has."""
        return self.pack.queues.get(case.queue) or self.pack.queues[self.pack.default_queue]

    def button(
        self, turn: Turn, purpose: Purpose, label: str, style: Style = Style.PLAIN
    ) -> Button:
        """For the members of the case's queue; judged by the case's state when pressed."""
        assert turn.case
        grant = Grant(
            purpose=purpose,
            conversation=turn.conversation.id,
            case=turn.case.id,
            queue=turn.case.queue,
        )
        return Button(label=label, token=self.ids.token(), grant=grant, style=style)

    def show(self, turn: Turn) -> Turn:
        """Bring the case's card up to date, wherever it is seen."""
        assert turn.case
        turn = replace(turn, case=replace(turn.case, cards=turn.case.cards + 1))
        reply = self._card(turn)
        for place, slot in self._places(turn):
            turn = turn.post(reply, place, slot=slot, shows=CONTACT)
        return turn

    def may_be_page(self, case: Case) -> bool:
        """What was told in confidence never becomes a page, whoever proposes it."""
        queue = self.pack.queues.get(case.queue)
        return queue is not None and not queue.confidential and not case.quiet

    def proposed(self, case: Case, number: str) -> CasePage | None:
        """This proposal of a page, if it still stands, and its case is still solved."""
        stands = case.state is CaseState.RESOLVED and self.may_be_page(case)
        return case.page if stands and case.page and str(case.page.number) == number else None

    def tell(self, turn: Turn, text: str, buttons: tuple[Button, ...] = ()) -> Turn:
        """Write in the thread under the card. On a confidential case the text stays inside it."""
        case = turn.case
        assert case
        if self.queue(case).confidential:
            text = self.strings.desk_confidential.format(case=case.id)
        for place, slot in self._places(turn):
            reply = Reply(text=text, buttons=buttons)
            turn = turn.post(reply, place, under=slot, shows=CONTACT)
        return turn

    def alarm(self, turn: Turn, text: str) -> Turn:
        """What a lead must not miss: on the card, under it, and to the admins."""
        assert turn.case
        turn = replace(turn, case=replace(turn.case, alert=text))
        return self.tell_admins(self.tell(self.show(turn), text), text)

    def tell_admins(self, turn: Turn, text: str) -> Turn:
        for admin in sorted(self.switches.admins):
            turn = turn.post(Reply(text=text), Person(admin))
        return turn

    def _places(self, turn: Turn) -> tuple[tuple[Destination, str], ...]:
        assert turn.case
        slot = f"card:{turn.case.id}"
        bound = self.switches.queues.get(turn.case.queue)
        if bound:
            return ((bound, slot),)
        # Nobody's channel: those who can bind one must not miss the case.
        admins = sorted(self.switches.admins)
        return tuple((Person(admin), f"{slot}:{admin}") for admin in admins)

    def _card(self, turn: Turn) -> Reply:
        case, strings = turn.case, self.strings
        assert case
        queue = self.queue(case)
        title = strings.card_confidential if queue.confidential else strings.card_title
        facts = self.urgency(case)
        fallback = f"{case.id} · {self.priority(case.priority)}"
        if not queue.confidential:
            facts = (*self.content(case, turn.conversation), *facts)
            fallback = strings.card_fallback.format(
                case=case.id, name=case.requester_name, ask=case.ask
            )
        card = Card(
            title=title.format(case=case.id, queue=queue.title("")),
            status=self._status(case),
            urgent=case.priority is Priority.URGENT and case.live,
            facts=facts,
            body=self._alert(case),
        )
        return Reply(text=fallback, card=card, buttons=self._buttons(turn))

    def content(self, case: Case, conversation: Conversation) -> tuple[Fact, ...]:
        """Who, what, what was tried, why."""
        strings = self.strings
        tried = "\n".join(strings.tried_page.format(title=title) for title in conversation.tried)
        who = f"{case.requester_name} · {case.requester_about}"
        return (
            Fact(label=strings.fact_requester, text=who),
            Fact(label=strings.fact_ask, text=case.ask),
            Fact(label=strings.fact_tried, text=tried or strings.tried_nothing),
            Fact(label=strings.fact_reason, text=case.reason),
        )

    def urgency(self, case: Case) -> tuple[Fact, ...]:
        strings = self.strings
        urgency = Fact(label=strings.fact_priority, text=self.priority(case.priority))
        if case.due_at is None or case.state is not CaseState.OPEN:
            return (urgency,)
        return (urgency, Fact(label=strings.fact_due, text="", until=case.due_at))

    def priority(self, priority: Priority) -> str:
        strings = self.strings
        return {
            Priority.URGENT: strings.priority_urgent,
            Priority.HIGH: strings.priority_high,
            Priority.NORMAL: strings.priority_normal,
        }[priority]

    def _status(self, case: Case) -> str:
        strings = self.strings
        return {
            CaseState.OPEN: strings.card_open,
            CaseState.CLAIMED: strings.card_claimed.format(name=case.assignee_name),
            CaseState.HANDED_BACK: strings.card_handed_back,
            CaseState.RESOLVED: strings.card_resolved,
        }[case.state]

    def _alert(self, case: Case) -> str:
        if case.live and case.queue not in self.switches.queues:
            unbound = self.strings.unbound.format(queue=case.queue)
            return f"{unbound}\n\n{case.alert}".strip()
        return case.alert

    def _buttons(self, turn: Turn) -> tuple[Button, ...]:
        case, strings = turn.case, self.strings
        assert case
        take = (Purpose.TAKE, strings.take, Style.PRIMARY)
        look = (Purpose.OPEN, strings.open, Style.PRIMARY)
        reply = (Purpose.REPLY, strings.reply, Style.PLAIN)
        answer = (Purpose.REPLY, strings.reply, Style.PRIMARY)
        note = (Purpose.NOTE, strings.note, Style.PLAIN)
        release = (Purpose.RELEASE, strings.release, Style.PLAIN)
        hand_back = (Purpose.HAND_BACK, strings.hand_back, Style.PLAIN)
        resolve = (Purpose.RESOLVE, strings.resolve, Style.PLAIN)
        reopen = (Purpose.REOPEN, strings.reopen, Style.PLAIN)
        confidential = self.queue(case).confidential
        match case.state:
            case CaseState.OPEN:
                row = (take,) if confidential else (take, reply, note, resolve)
            case CaseState.CLAIMED if confidential:
                row = (look, reply, note, release, resolve, *self._reveal(turn))
            case CaseState.CLAIMED:
                row = (answer, note, release, hand_back, resolve, *self._reveal(turn))
            case CaseState.RESOLVED if self._has_answer(turn):
                row = (reopen, (Purpose.MAKE_PAGE, strings.make_page, Style.PLAIN))
            case CaseState.HANDED_BACK | CaseState.RESOLVED:
                row = (reopen,)
        return tuple(self.button(turn, purpose, label, style) for purpose, label, style in row)

    def _has_answer(self, turn: Turn) -> bool:
        """A lead's, that others may learn from."""
        answered = turn.conversation.last_from(Voice.PERSON) is not None
        return turn.case is not None and answered and self.may_be_page(turn.case)

    def _reveal(self, turn: Turn) -> tuple[tuple[Purpose, str, Style], ...]:
        veiled = veiled_tokens(turn.conversation)
        return ((Purpose.REVEAL, self.strings.reveal, Style.PLAIN),) if veiled else ()


def veiled_tokens(conversation: Conversation) -> tuple[str, ...]:
    """Of values that the card does not show, in the order in which they were said."""
    said = "\n".join(x.text for x in conversation.transcript)
    return tuple(x for x in tokens(said) if kind_of(x) not in CONTACT)


def summarise(conversation: Conversation) -> str:
    """The request in the requester's own words: how it began, and as much as fits of what came
    last."""
    said = [" ".join(x.text.split()) for x in conversation.transcript if x.voice is Voice.REQUESTER]
    kept = [*said[:1], *said[-1:]] if len(said) > 1 else said
    for line in reversed(said[1:-1]):
        longer = [*kept[:1], line, *kept[1:]]
        if len(" … ".join(longer)) > _ASK:
            break
        kept = longer
    text = " … ".join(kept)
    return text if len(text) <= _ASK else text[: _ASK - 1].rstrip() + "…"


def clock_time(moment: datetime, now: datetime) -> str:
    """As a person reads it: with the date when that is not today. Both in one time zone."""
    today = moment.date() == now.date()
    return moment.strftime("%H:%M" if today else "%Y-%m-%d, %H:%M")
