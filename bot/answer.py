"""Answering: triage, a specialist's work, and the guardrails on the way out."""

from dataclasses import dataclass, replace

from bot import confirm
from bot.agent import Agent
from bot.case import Priority
from bot.confirm import Asker
from bot.conversation import State, Voice
from bot.desk import Desk
from bot.difficulty import tier_of
from bot.draft import Draft
from bot.escalation import added, announce, escalate
from bot.evidence import sources
from bot.links import addresses
from bot.outcome import Turn
from bot.people import Requester
from bot.place import reader_in
from bot.ports import Directory, Knowledge, Passage, Store
from bot.readings import readings
from bot.redaction import redact
from bot.reply import Button, Purpose, Reply, Source, Style
from bot.triage import Choice, Courtesy, Route, Stuck
from bot.vault import without
from bot.work import Answer, GaveUp, NeedsYes, WantsCase, Work

# A page that is worth a look, though it may not answer.
_NEAR = 0.12
_NEAREST = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Helper:
    """Works on one message of one requester. Steps that say something end the turn."""

    agent: Agent
    knowledge: Knowledge
    directory: Directory
    store: Store
    asker: Asker
    draft: Draft
    attempt: int
    urgent: bool
    quoting: bool
    """Only the handbook's own words: no model is asked."""
    tools: bool
    """May tools from elsewhere be used?"""
    notice: str
    """What stands before an answer. Empty: nothing does."""

    @property
    def desk(self) -> Desk:
        return self.asker.desk

    @property
    def requester(self) -> Requester:
        return self.asker.requester

    async def help(self, turn: Turn, text: str, choice: Choice) -> Turn:
        """Raises `Overtaken`."""
        match choice:
            case Courtesy(text=words, why=why):
                turn = turn.record("answered without a search", why=why)
                return turn.say(Reply(text=words))
            case Stuck():
                return await self._stuck(turn)
            case Route(specialist=specialist, why=why):
                turn = turn.record("routed", to=specialist.title, why=why)
                conversation = replace(turn.conversation, specialist=specialist.name)
                return await self._route(replace(turn, conversation=conversation), text, choice)

    async def _route(self, turn: Turn, text: str, route: Route) -> Turn:
        desks = {x.name for x in (route.specialist, route.rival) if x}
        two = readings(text, route.found, desks)
        first = turn.conversation.state is State.WITH_BOT and not turn.conversation.asked_back
        if two and first:
            return self._ask_back(turn, *two)
        return await self._ask(turn, text, route, two[1] if two else None)

    def _ask_back(self, turn: Turn, *two: Passage) -> Turn:
        """Once; who writes instead of pressing is read with the question."""
        conversation = replace(turn.conversation, asked_back=True)
        turn = replace(turn, conversation=conversation)
        turn = turn.record("asked back", urls=" ".join(x.url for x in two))
        words = self.asker.strings.readings
        pages = (self.asker.button(turn, Purpose.SHOW_PAGE, x.title, subject=x.id) for x in two)
        reply = Reply(text=words, buttons=(*pages, ask_person(turn, self.asker)))
        # Who reads it later, a model too, does not see the buttons.
        line = f"“{'”, “'.join(x.title for x in two)}”: {words}"
        return turn.post(reply, turn.conversation.place).line(Voice.BOT, line)

    async def _stuck(self, turn: Turn) -> Turn:
        turn = turn.record("routed", to="people", why="the answer did not help")
        if turn.case and turn.case.live:
            return self._added(turn)
        name = turn.conversation.specialist or ""
        specialist = self.desk.pack.specialists.get(name)
        queue = specialist.queue if specialist else self.desk.pack.default_queue
        return await self.hand_over(turn, queue, self.desk.strings.reason_stuck)

    async def _ask(self, turn: Turn, text: str, route: Route, other: Passage | None) -> Turn:
        """`other`: the reading that was not chosen. None: nothing competes."""
        await self.draft.begin(self.asker.strings.working, self.attempt)
        specialist, pack = route.specialist, self.desk.pack
        tier, why = tier_of(text, route.found, turn.conversation, specialist, pack)
        if not self.quoting:
            turn = turn.record("tier chosen", tier=tier.value, why=why)
        work = self.agent.begin(
            specialist, tier, self.requester, turn.conversation, self.draft,
            kept=turn.kept, quoting=self.quoting, outside=self.tools,
        )  # fmt: skip
        result = await self.agent.work(work)
        turn = replace(
            turn,
            records=(*turn.records, *work.records),
            receipts=(*turn.receipts, *work.receipts),
            kept=tuple(work.kept),
            used=turn.used and turn.used.more(work.tokens, work.money),
        )
        match result:
            case Answer():
                return await self._leave(turn, text, result, work, other)
            case WantsCase(reason=reason, urgent=urgent):
                words = redact(reason).text or self.desk.strings.reason_asked
                helper = replace(self, urgent=self.urgent or urgent)
                return await helper.hand_over(turn, specialist.queue, words)
            case NeedsYes() if turn.conversation.state is State.ESCALATED:
                return self._added(turn)  # people have it: they decide what is done
            case NeedsYes(call=call, permission=permission):
                asked = await confirm.ask(
                    turn, self.asker, call, permission, self.directory, self.agent.tools
                )
                if asked:
                    return asked
                words = self.desk.strings.no_approver
                return await self.hand_over(turn, specialist.queue, words)
            case GaveUp():
                words = self.desk.strings.reason_failed
                return await self.hand_over(turn, specialist.queue, words)

    async def _leave(
        self, turn: Turn, text: str, answer: Answer, work: Work, other: Passage | None
    ) -> Turn:
        """The guardrails on the way out: what is not backed does not leave."""
        checked = self.draft.check(answer.text, turn.receipts)
        if checked.mended:
            turn = turn.record("answer mended", what=", ".join(checked.mended))
        backed = checked.sources or turn.receipts or _listed_cases(work)
        if checked.text and (backed or checked.text.rstrip().endswith("?")):
            more = self.asker.strings.more_there if "length" in checked.mended else ""
            words = "\n\n".join(x for x in (self.notice, checked.text, more) if x)
            also = sources([other] if other and checked.sources else ())
            backing = tuple(dict.fromkeys((*checked.sources, *also)))
            return say_backed(turn, self.asker, words, backing, self.draft.message)
        return await self._nearest(turn, text, answer.passages)

    async def _nearest(self, turn: Turn, text: str, passages: tuple[Passage, ...]) -> Turn:
        if not passages:
            organisation = turn.conversation.organisation
            reader = reader_in(turn.conversation.place, self.requester)
            passages = await self.knowledge.search(organisation, reader, without(text), _NEAREST)
        near = sorted((x for x in passages if x.score >= _NEAR), key=lambda x: -x.score)
        titles = ", ".join(x.title for x in near[:_NEAREST])
        turn = turn.record("no sure answer", offered=titles)
        if turn.conversation.state is State.ESCALATED:
            return self._added(turn)
        strings = self.asker.strings
        pages = tuple(
            self.asker.button(turn, Purpose.SHOW_PAGE, page.title, subject=page.id)
            for page in near[:_NEAREST]
        )
        words = strings.nearest if pages else strings.nothing_found
        person = ask_person(turn, self.asker)
        reply = Reply(text=words, buttons=(*pages, person))
        return turn.say(reply, draft=self.draft.message)

    async def hand_over(self, turn: Turn, queue: str, reason: str) -> Turn:
        """Escalate, and say what happens next."""
        priority = Priority.URGENT if self.urgent else Priority.NORMAL
        turn = await escalate(
            turn, self.desk, self.store, self.requester,
            queue=queue, priority=priority, reason=reason,
        )  # fmt: skip
        text = self.asker.strings.escalated
        return announce(turn, self.desk, self.requester, text, self.draft.message)

    def _added(self, turn: Turn) -> Turn:
        return added(turn, self.desk, self.requester, self.draft.message)


def say_backed(
    turn: Turn, asker: Asker, text: str, backing: tuple[Source, ...], draft: str | None = None
) -> Turn:
    """An answer with what it rests on, and the two ways on: solved, or a person."""
    titles, urls = (x.title for x in backing), (x.url for x in backing)
    conversation = replace(
        turn.conversation,
        tried=tuple(dict.fromkeys((*turn.conversation.tried, *titles))),
        shown=tuple(dict.fromkeys((*turn.conversation.shown, *urls, *addresses(text)))),
    )
    turn = replace(turn, conversation=conversation)
    turn = turn.record(
        "answered",
        pages=", ".join(x.title for x in backing),
        urls=" ".join(x.url for x in backing),
    )
    strings = asker.strings
    solved = asker.button(turn, Purpose.SOLVED, strings.solved, Style.PRIMARY)
    if turn.case and conversation.state is State.ESCALATED:
        text = f"{strings.while_waiting}\n\n{text}"
        context = strings.case_context.format(case=turn.case.id)
        buttons = (solved,)
    else:
        context = strings.answer_context
        buttons = (solved, ask_person(turn, asker))
    reply = Reply(text=text, sources=backing, context=context, buttons=buttons)
    return turn.say(reply, draft=draft)


def ask_person(turn: Turn, asker: Asker) -> Button:
    return asker.button(turn, Purpose.ASK_PERSON, asker.strings.ask_person)


def _listed_cases(work: Work) -> bool:
    return any(x.step == "listed cases" for x in work.records)
