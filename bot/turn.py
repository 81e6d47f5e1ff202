"""The turn: what an event leads to. The table of contents of the bot; read it first."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from bot import article, confirm, countersign, lead, owners, press
from bot.admin import Admin
from bot.case import Priority
from bot.conversation import Conversation, PendingForgetting, PendingReading, State, Voice
from bot.desk import Desk
from bot.escalation import escalate
from bot.event import (
    CardAction,
    Command,
    Correction,
    Event,
    Feedback,
    FromPerson,
    Message,
    Opened,
    PageAllowed,
    SourceFailing,
    Stopped,
    TimerDue,
    TimerKind,
    Undelivered,
    WeekBegan,
)
from bot.heard import Heard
from bot.injection import Origin, injection
from bot.kit import Kit
from bot.message import failed, hear
from bot.outcome import Turn, Used
from bot.people import Requester
from bot.place import NOWHERE, Audience
from bot.ports import Ids, Journal, Situation
from bot.reply import Reply


@dataclass(frozen=True, slots=True)
class Bot:
    kit: Kit

    async def take_turn(self, situation: Situation, journal: Journal) -> Turn:
        """Decide. Nothing is saved from here; only a draft is shown.

        Raises `Overtaken` and what the ports raise.
        """
        event = situation.event
        match event:
            case TimerDue():
                turn = await self._timer(self._open(situation), event, situation)
            case Undelivered():
                turn = await self._undelivered(self._open(situation), event, situation)
            case Correction():
                turn = await self._correction(self._open(situation), event)
            case PageAllowed():
                desk = self._desk(situation)
                turn = await article.publish(self.kit, self._open(situation), event, desk)
            case WeekBegan():
                turn = await owners.note(self._open(situation), self.kit, event, situation.switches)
            case SourceFailing():
                turn = self._open(situation)
                turn = await owners.failing(turn, self.kit, event, situation.switches)
            case _:
                turn = await self._from_person(event, situation, journal)
        return await self._without_orphan(turn, journal)

    async def _from_person(self, event: FromPerson, situation: Situation, journal: Journal) -> Turn:
        who = await self.kit.directory.find(event.sender)
        turn = self._open(situation)
        if who is None:
            text = self.kit.pack.say("").not_employee
            return turn.record("not an employee").post(Reply(text=text), event.place)
        direct = event.place.audience is Audience.DIRECT
        turn = replace(_begun_by(turn, who), met=who.id if direct else None).record(
            "from", who=who.id, place=event.place.key, pack=self.kit.pack.version
        )
        match event:
            case Message() if situation.desk:
                turn, text = await self.kit.hide(turn, turn.conversation.requester, event.text)
                return lead.note(turn, self._desk(situation), who, text, echo=False)
            case Message():
                return await hear(self._heard(event, situation, who, journal), turn)
            case CardAction():
                desk = self._desk(situation)
                return await press.take(self.kit, turn, event, situation, desk, who, journal)
            case Command():
                return await Admin(kit=self.kit).run(turn, event, situation.switches, who)
            case Opened():
                return self._hello(turn, event, who)
            case Feedback():
                return await self._rated(turn, event, who)
            case Stopped(at=at):
                return _stop(turn, at, who)
            case _:
                assert_never(event)

    def _hello(self, turn: Turn, event: Opened, who: Requester) -> Turn:
        text = self.kit.pack.say(who.locale).hello.format(organisation=self.kit.pack.organisation)
        chips = self.kit.pack.suggest(who.locale)
        return turn.post(Reply(text=text, suggestions=chips), event.place)

    async def _rated(self, turn: Turn, event: Feedback, who: Requester) -> Turn:
        """The word that may come with a thumb stands in the transcript: people who get the case,
        and the owners of the page, read it there."""
        turn = turn.record("rated", helpful="yes" if event.helpful else "no")
        anew = press.must_be_heard(self.kit, event, event.place, event.comment)
        if anew:
            return replace(turn, events=(*turn.events, anew))
        if not event.comment.strip() or turn.conversation.requester != who.id:
            return turn
        if kind := injection(event.comment, Origin.USER):
            turn = turn.record("attempt at the model's orders", kind=kind)
            turn = replace(turn, used=Used(person=who.id, department=who.department, attempt=True))
        turn, comment = await self.kit.hide(turn, who.id, event.comment.strip())
        return turn.line(Voice.EVENT, comment, who.name)

    async def _timer(self, turn: Turn, event: TimerDue, situation: Situation) -> Turn:
        desk = self._desk(situation)
        case = turn.case
        if event.kind is TimerKind.EXPIRE:
            requester = await self.kit.directory.employee(turn.conversation.requester)
            if requester is None:
                return turn
            pending = turn.conversation.pending
            if isinstance(pending, PendingReading | PendingForgetting):
                return countersign.expire(turn, desk, requester, pending)
            return confirm.expire(turn, confirm.Asker(desk=desk, requester=requester))
        if case is None or case.due_at is None or turn.conversation.state is not State.ESCALATED:
            return turn
        turn = turn.record(
            "reminded" if event.kind is TimerKind.REMIND else "overdue", case=case.id
        )
        if event.kind is TimerKind.REMIND:
            minutes = max(1, round((case.due_at - turn.now).total_seconds() / 60))
            return desk.tell(turn, desk.strings.remind.format(case=case.id, minutes=minutes))
        return desk.alarm(turn, desk.strings.overdue.format(case=case.id))

    async def _undelivered(self, turn: Turn, event: Undelivered, situation: Situation) -> Turn:
        desk = self._desk(situation)
        turn = turn.record("undelivered", slot=event.slot, why=event.why)
        if turn.conversation.place == NOWHERE:
            by = await self.kit.directory.employee(turn.conversation.requester)
            return countersign.unreached(turn, desk, event, by)
        if turn.case and event.slot == f"card:{turn.case.id}":
            # The channel takes no more cards: the admins do, until a queue is bound again.
            queues = {k: v for k, v in desk.switches.queues.items() if k != turn.case.queue}
            switches = replace(desk.switches, queues=queues)
            turn = replace(turn, switches=switches).record("queue unbound", queue=turn.case.queue)
            return replace(desk, switches=switches).show(turn)
        if event.slot.startswith("card:") or turn.conversation.version == 0:
            return turn
        alert = desk.strings.undelivered.format(why=event.why)
        if turn.case and turn.case.live:
            return desk.alarm(turn, alert)
        requester = await self.kit.directory.employee(turn.conversation.requester)
        if requester is None:
            return turn
        queue = self.kit.pack.specialists.get(turn.conversation.specialist or "")
        return await escalate(
            turn, desk, self.kit.store, requester,
            queue=queue.queue if queue else self.kit.pack.default_queue,
            priority=Priority.NORMAL, reason=alert,
        )  # fmt: skip

    async def _correction(self, turn: Turn, event: Correction) -> Turn:
        requester = await self.kit.directory.employee(turn.conversation.requester)
        if requester is None or turn.conversation.version == 0:
            return turn
        words = self.kit.pack.say(requester.locale).correction.format(text=event.text)
        return turn.record("corrected", page=event.page).say(Reply(text=words))

    async def fail(self, situation: Situation, journal: Journal) -> Turn:
        """The turn keeps failing: the requester is told in one sentence, and a person gets it."""
        turn = self._open(situation).record("failed")
        event = situation.event
        who: Requester | None = None
        if isinstance(event, FromPerson):
            who = await self.kit.directory.find(event.sender)
        if who is None:
            return turn
        turn = _begun_by(turn, who)
        if isinstance(event, Message) and situation.desk is None:
            turn = await failed(self._heard(event, situation, who, journal), turn)
        elif isinstance(event, CardAction | Command):
            text = self.kit.pack.say(who.locale).not_done
            turn = turn.post(Reply(text=text), event.place, only_for=event.sender.user)
        return await self._without_orphan(turn, journal)

    def give_up(self, situation: Situation) -> Turn:
        """Nothing can be made of the event, not even a case: one plain sentence."""
        turn, event = self._open(situation).record("given up"), situation.event
        if isinstance(event, FromPerson):
            text = self.kit.pack.say("").not_done
            turn = turn.post(Reply(text=text), event.place, only_for=event.sender.user)
        return turn

    async def _without_orphan(self, turn: Turn, journal: Journal) -> Turn:
        """A draft that no answer replaces is deleted: somebody took over while it was made."""
        draft = await journal.get("draft")
        if draft is None or any(x.message == draft for x in turn.deliveries):
            return turn
        place = turn.conversation.place
        return turn.post(None, place, message=draft).record("answer dropped")

    def _open(self, situation: Situation) -> Turn:
        """The turn before anything is decided: the event's conversation, or a blank one. A command
        is part of none: what is said of it is its writer's, whoever asked in that place before."""
        event = situation.event
        if situation.conversations and not isinstance(event, Command):
            conversation = situation.conversations[0]
            case = situation.cases.get(conversation.case or "")
        else:
            conversation, case = _blank(event, self.kit.ids), None
        return Turn(event=event, now=self.kit.clock.now(), conversation=conversation, case=case)

    def _heard(
        self, event: Message, situation: Situation, who: Requester, journal: Journal
    ) -> Heard:
        return Heard(
            kit=self.kit,
            situation=situation,
            event=event,
            who=who,
            desk=self._desk(situation),
            journal=journal,
        )

    def _desk(self, situation: Situation) -> Desk:
        return Desk(pack=self.kit.pack, switches=situation.switches, ids=self.kit.ids)


def _begun_by(turn: Turn, who: Requester) -> Turn:
    """What belongs to no conversation is sealed for its sender, and goes when they are forgotten. A
    message decides by itself whose matter it is."""
    if turn.conversation.requester or isinstance(turn.event, Message):
        return turn
    return replace(turn, conversation=replace(turn.conversation, requester=who.id))


def _stop(turn: Turn, at: datetime, who: Requester) -> Turn:
    """Also before the first answer of a conversation, which is not saved until then."""
    conversation = turn.conversation
    if conversation.requester not in ("", who.id):
        return turn
    stopped = replace(conversation, requester=who.id, stopped_at=at)
    return replace(turn, conversation=stopped)


def _blank(event: Event, ids: Ids) -> Conversation:
    return Conversation(
        id=ids.new(),
        organisation=event.organisation,
        place=event.place if isinstance(event, FromPerson) else NOWHERE,
        requester="",
        state=State.WITH_BOT,
        last_at=event.at,
    )
