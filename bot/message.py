"""A message: may it pass, which matter is it, who has the ball, and who answers."""

from dataclasses import dataclass, replace

from bot.answer import Helper, ask_person
from bot.case import Priority
from bot.confirm import Asker, ask_consent, ask_which
from bot.conversation import Conversation, PendingChoice, PendingConsent, State
from bot.desk import Desk, summarise
from bot.draft import Draft
from bot.escalation import added, announce, escalate
from bot.event import Message
from bot.guardrails import Allow, Block, Blocked, HandOver, Verdict, check_input
from bot.kit import Kit
from bot.limits import too_fast, used_up
from bot.matter import Unclear, begin, choose
from bot.outcome import Turn, Used
from bot.pack import Concern
from bot.people import Requester
from bot.place import Audience, Place
from bot.ports import Journal, Situation
from bot.press import answer_pending
from bot.reply import Reply
from bot.strings import Strings
from bot.triage import Choice, Courtesy, Route, triage
from bot.vault import masked, tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """Hears one message of one requester."""

    kit: Kit
    situation: Situation
    event: Message
    who: Requester
    desk: Desk
    journal: Journal

    @property
    def strings(self) -> Strings:
        return self.kit.pack.say(self.who.locale)

    @property
    def asker(self) -> Asker:
        return Asker(desk=self.desk, requester=self.who)

    async def hear(self, turn: Turn) -> Turn:
        if self._among_others(turn.conversation):
            quiet = replace(turn.conversation, interrupted=True)
            return replace(turn.record("kept quiet"), conversation=quiet)
        verdict = check_input(self.event.text, self.kit.pack.rules)
        turn, text = await self.kit.hide(turn, self.who.id, verdict.text)
        verdict = replace(verdict, text=text)
        turn = turn.record("checked", said=text, verdict=_name(verdict), **_hidden(text))
        if isinstance(verdict, HandOver) and verdict.concern:
            return await self._concern(turn, verdict, verdict.concern)
        matter = self._matter(verdict)
        if isinstance(matter, Unclear):
            if isinstance(verdict, Block):
                matter = begin(self.event.place, self.event, self.who, self.kit.ids)
                return await self._block(self._about(turn, matter), verdict)
            return self._unclear(turn, verdict, matter)
        turn = self._about(turn, matter)
        if matter.stopped_at and self.event.at <= matter.stopped_at:
            draft = await self.journal.get("draft")
            return turn.say(Reply(text=self.strings.stopped), draft=draft)
        if matter.state is State.CLAIMED:
            turn = self._to_person(turn, verdict.text)
            if isinstance(verdict, Block) and verdict.reason is Blocked.SECRET:
                return turn.post(self._secret_advice(), await self._direct())
            return turn
        match verdict:
            case Block():
                return await self._block(turn, verdict)
            case HandOver():
                return await self._human(turn, verdict)
            case Allow():
                return await self._within_limits(turn, verdict)

    async def _within_limits(self, turn: Turn, verdict: Allow) -> Turn:
        organisation, department = self.event.organisation, self.who.department
        spent = await self.kit.store.spent(organisation, self.who.id, department)
        attempt = verdict.attempt is not None
        used = Used(person=self.who.id, department=department, attempt=attempt)
        turn, limits = replace(turn, used=used), self.kit.pack.limits
        if attempt:
            turn = turn.record("attempt at the model's orders", kind=verdict.attempt or "")
            if spent.attempts + 1 == limits.attempts:
                words = self.desk.strings.attempts.format(name=self.who.name)
                turn = self.desk.tell_admins(turn, words)
        if too_fast(spent, limits):
            turn = turn.record("too fast").heard(verdict.text, self.who.name)
            return self._with_person(turn, self.strings.slower)
        exhausted = used_up(spent, limits)
        if exhausted:
            turn = turn.record("share used up")
        return await self._allow(turn, verdict, exhausted)

    def _among_others(self, thread: Conversation) -> bool:
        """In a channel's thread people also talk to each other: once somebody else did, the
        bot is quiet until it is mentioned."""
        place = self.event.place
        if place.thread is None or place.audience is Audience.DIRECT or self.event.mentioned:
            return False
        others = thread.interrupted or thread.requester != self.who.id
        return thread.version > 0 and thread.state is not State.CLAIMED and others

    def _matter(self, verdict: Verdict) -> Conversation | Unclear:
        here = choose(self.event, self.situation, self.who, self.kit.pack, self.kit.ids)
        if isinstance(verdict, HandOver) and verdict.private:
            # A private talk is a matter of its own, out of the sight of those who have another.
            case = None if isinstance(here, Unclear) else self.situation.cases.get(here.case or "")
            if case is None or case.queue != self.kit.pack.private_queue:
                return begin(self.event.place, self.event, self.who, self.kit.ids)
        return here

    def _about(self, turn: Turn, matter: Conversation) -> Turn:
        case = self.situation.cases.get(matter.case or "")
        place = self.event.place if self.event.roots else matter.place
        matter = replace(matter, interrupted=False, place=place)
        return replace(turn, conversation=matter, case=case)

    def _unclear(self, turn: Turn, verdict: Verdict, matter: Unclear) -> Turn:
        """Ask once. A message that comes instead of a press is about something new."""
        held = begin(self.event.place, self.event, self.who, self.kit.ids)
        turn = replace(turn, conversation=held, case=None).record("asked which matter")
        return ask_which(turn, self.asker, verdict.text, matter.cases)

    async def _concern(self, turn: Turn, verdict: HandOver, concern: Concern) -> Turn:
        """People, before anything else; never in a matter that other people have."""
        mine = self._already_with(concern.queue) if concern.consent else None
        if mine:
            return self._further(self._about(turn, mine), verdict.text)
        matter = begin(self.event.place, self.event, self.who, self.kit.ids)
        turn = replace(turn, conversation=matter, case=None)
        if self.kit.pack.queues[concern.queue].confidential:
            turn = await self._in_private(turn, quietly=True)
        turn = turn.heard(verdict.text, self.who.name)
        strings = self.desk.strings
        if concern.consent:
            pending = PendingConsent(
                queue=concern.queue, reason=strings.reason_consented, priority=concern.priority,
                concern=concern.name,
            )  # fmt: skip
            return ask_consent(turn, self.asker, pending)
        turn = await escalate(
            turn, self.desk, self.kit.store, self.who,
            queue=concern.queue, priority=concern.priority,
            reason=strings.reason_danger.format(concern=concern.name), quiet=True,
        )  # fmt: skip
        return announce(turn, self.desk, self.who, self._first_words(concern))

    def _first_words(self, concern: Concern) -> str:
        """With the helpline of where the requester is; the rest is filled in with the case."""
        pack, locale = self.kit.pack, self.who.locale
        danger = pack.queues[concern.queue].confidential
        general = self.strings.escalated_danger if danger else self.strings.escalated
        words = pack.worded(concern.says, locale) or general
        helpline = pack.helpline(self.who.country, locale)
        # The case's names are filled in later, by a second round: what is in here stays as it is.
        return words.replace("{helpline}", helpline.replace("{", "{{").replace("}", "}}"))

    def _already_with(self, queue: str) -> Conversation | None:
        """The matter that goes on here, if this queue has it: its consent was given."""
        here = choose(self.event, self.situation, self.who, self.kit.pack, self.kit.ids)
        case = None if isinstance(here, Unclear) else self.situation.cases.get(here.case or "")
        if isinstance(here, Unclear) or case is None or not case.live:
            return None
        return here if case.queue == queue else None

    def _further(self, turn: Turn, text: str) -> Turn:
        """More on a case that people have."""
        if turn.conversation.state is State.CLAIMED:
            return self._to_person(turn, text)
        turn = turn.heard(text, self.who.name)
        return added(self._more(turn, text), self.desk, self.who)

    def _to_person(self, turn: Turn, text: str) -> Turn:
        """A person has it: the bot is silent, and the desk sees the line."""
        turn = turn.heard(text, self.who.name).record(
            "passed on", case=turn.conversation.case or ""
        )
        line = self.desk.strings.desk_requester.format(name=self.who.name, text=text)
        return self.desk.tell(turn, line)

    async def _block(self, turn: Turn, verdict: Block) -> Turn:
        turn = turn.heard(verdict.text, self.who.name)
        pack = self.kit.pack
        match verdict.reason:
            case Blocked.SECRET:
                return turn.say(self._secret_advice(), to=await self._direct())
            case Blocked.TOO_LONG:
                words = self.strings.too_long.format(limit=pack.rules.longest)
            case Blocked.UNREADABLE:
                words = self.strings.reworded
        return turn.say(Reply(text=words))

    def _secret_advice(self) -> Reply:
        return Reply(text=self.strings.secret.format(link=self.kit.pack.secret_link))

    async def _human(self, turn: Turn, verdict: HandOver) -> Turn:
        """A wish for a person is granted at once; then: what is it about?"""
        pack = self.kit.pack
        if verdict.private:
            turn = await self._in_private(turn)
        turn = _settled(turn).heard(verdict.text, self.who.name)
        if turn.case and turn.conversation.state is State.ESCALATED:
            return added(self._more(turn, verdict.text), self.desk, self.who)
        counts = {x.queue: x.words.count(verdict.text) for x in pack.specialists.values()}
        named = max(counts, key=lambda queue: counts[queue])
        known = pack.specialists.get(turn.conversation.specialist or "")
        fallback = known.queue if known else pack.default_queue
        queue = pack.private_queue if verdict.private else named if counts[named] else fallback
        turn = await escalate(
            turn, self.desk, self.kit.store, self.who,
            queue=queue, priority=Priority.URGENT if verdict.urgent else Priority.NORMAL,
            reason=self.desk.strings.reason_human,
        )  # fmt: skip
        first = len(turn.conversation.transcript) == 1
        words = self.strings.escalated_human if first else self.strings.escalated
        return announce(turn, self.desk, self.who, words)

    async def _allow(self, turn: Turn, verdict: Allow, exhausted: bool) -> Turn:
        text = verdict.text
        pending = turn.conversation.pending
        if pending is not None and not isinstance(pending, PendingChoice):
            said = self._yes_or_no(text)
            if said is not None:
                turn = turn.heard(text, self.who.name)
                return await answer_pending(
                    self.kit, turn, self.desk, self.who, self.who, said, self.journal
                )
        if isinstance(pending, PendingChoice):
            text = f"{pending.text}\n{text}"
        turn = _settled(turn).heard(text, self.who.name)
        if not self._serves():
            return self._closed(turn)
        waiting = turn.case is not None and turn.conversation.state is State.ESCALATED
        if waiting and turn.case and turn.case.quiet:
            return added(self._more(turn, text), self.desk, self.who)
        pack = self.kit.pack
        choice = await triage(text, turn.conversation, self.who, pack, self.kit.knowledge)
        if self._not_here(choice):
            turn = await self._in_private(turn)
        elif waiting:
            turn = self._more(turn, text)
            if isinstance(choice, Courtesy):
                return added(turn, self.desk, self.who)
        return await self._helper(turn, verdict, exhausted).help(turn, text, choice)

    def _not_here(self, choice: Choice) -> bool:
        """Nothing of the handbook where people from outside read, nothing of HR among many."""
        audience = self.event.place.audience
        if audience is Audience.SHARED:
            return True
        private = isinstance(choice, Route) and choice.specialist.private
        return private and audience is not Audience.DIRECT

    def _more(self, turn: Turn, text: str) -> Turn:
        """The requester adds to a case that nobody has taken yet."""
        assert turn.case
        turn = replace(turn, case=replace(turn.case, ask=summarise(turn.conversation)))
        line = self.desk.strings.desk_requester.format(name=self.who.name, text=text)
        return self.desk.tell(self.desk.show(turn), line)

    def _yes_or_no(self, text: str) -> bool | None:
        rules = self.kit.pack.rules
        if len(text.split()) > 4:
            return None
        return True if rules.yes.found(text) else False if rules.no.found(text) else None

    def _serves(self) -> bool:
        switches = self.situation.switches
        if switches.paused:
            return False
        return switches.pilot is None or switches.pilot in self.who.groups

    def _closed(self, turn: Turn) -> Turn:
        """Paused, or a pilot for others. People can still be asked for."""
        paused = self.situation.switches.paused
        turn = turn.record("paused" if paused else "not in the pilot")
        words = self.strings.paused if paused else self.strings.pilot
        return self._with_person(turn, words)

    def _with_person(self, turn: Turn, words: str) -> Turn:
        """It is not answered now, but people can be asked."""
        if turn.conversation.state is not State.WITH_BOT:
            return turn.say(Reply(text=words))
        return turn.say(Reply(text=words, buttons=(ask_person(turn, self.asker),)))

    async def _in_private(self, turn: Turn, quietly: bool = False) -> Turn:
        """Move the matter to the direct chat, if others can read here.

        `quietly`: nothing is said here, not even that; the requester is reminded that their words
        still stand here.
        """
        here = self.event.place
        if here.audience is Audience.DIRECT:
            return turn
        direct = await self._direct()
        heard = turn.conversation.transcript[-1:]
        matter = begin(direct, self.event, self.who, self.kit.ids)
        matter = replace(matter, transcript=heard, last_at=turn.now)
        turn = turn.record("moved to private")
        if quietly:
            turn = turn.post(Reply(text=self.strings.delete_hint), direct)
        else:
            turn = turn.post(Reply(text=self.strings.in_private), here)
        return replace(turn, conversation=matter, case=None)

    async def _direct(self) -> Place:
        if self.event.place.audience is Audience.DIRECT:
            return self.event.place
        return await self.kit.platforms[self.event.place.platform].direct(self.event.sender)

    def _helper(self, turn: Turn, verdict: Allow, exhausted: bool) -> Helper:
        """For a conversation that is already where it stays."""
        off = self.situation.switches.off
        quoting = exhausted or verdict.attempt is not None or "model" in off
        kit, platform = self.kit, turn.conversation.place.platform
        draft = Draft(
            drafts=kit.drafts[platform],
            platform=kit.platforms[platform],
            journal=self.journal,
            store=kit.store,
            conversation=turn.conversation,
            key=f"{self.event.id}:answer",
            advice=kit.pack.rules.advice,
        )
        return Helper(
            agent=kit.agent,
            knowledge=kit.knowledge,
            directory=kit.directory,
            store=kit.store,
            asker=self.asker,
            draft=draft,
            attempt=self.situation.attempt,
            urgent=verdict.urgent,
            quoting=quoting,
            tools="tools" not in off,
            notice=self.strings.share_used if exhausted else "",
        )

    async def failed(self, turn: Turn) -> Turn:
        """No turn could be made of it: a person gets the case, and the requester a sentence."""
        verdict = check_input(self.event.text, self.kit.pack.rules)
        # The vault may be what fails.
        verdict = replace(verdict, text=masked(verdict.text, self.kit.pack.rules.identifiers))
        matter = choose(self.event, self.situation, self.who, self.kit.pack, self.kit.ids)
        if isinstance(matter, Unclear):
            matter = begin(self.event.place, self.event, self.who, self.kit.ids)
        turn = self._about(turn, matter)
        if matter.state is State.CLAIMED:
            return self._to_person(turn, verdict.text)
        turn = turn.heard(verdict.text, self.who.name)
        known = self.kit.pack.specialists.get(matter.specialist or "")
        turn = await escalate(
            turn, self.desk, self.kit.store, self.who,
            queue=known.queue if known else self.kit.pack.default_queue,
            priority=Priority.HIGH, reason=self.desk.strings.reason_failed,
        )  # fmt: skip
        assert turn.case
        queue = self.desk.queue(turn.case).title(self.who.locale)
        words = self.strings.failed.format(case=turn.case.id, queue=queue)
        return turn.say(Reply(text=words), draft=await self.journal.get("draft"))


def _hidden(text: str) -> dict[str, str]:
    found = tokens(text)
    return {"personal": " ".join(found)} if found else {}


def _settled(turn: Turn) -> Turn:
    """A message takes the place of what was waited for, and reopens what was resolved."""
    if turn.conversation.state in (State.AWAITING_CONFIRMATION, State.RESOLVED):
        return turn.become(State.WITH_BOT)
    return turn


def _name(verdict: Verdict) -> str:
    match verdict:
        case Allow():
            return "may pass"
        case Block(reason=reason):
            return reason.value
        case HandOver(concern=concern):
            return concern.name if concern else "wants a person"
