"""The agent: a specialist's loop of model and tools, within a budget."""

import asyncio
import logging
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass

from bot import tools as own
from bot.conversation import Conversation
from bot.draft import Draft
from bot.outcome import Kept, Receipt
from bot.outside import Outside
from bot.pack import Pack, Permission, Specialist, Tier
from bot.people import Requester
from bot.place import Audience, reader_in
from bot.ports import (
    Called,
    Clock,
    Finished,
    Knowledge,
    Model,
    Prompt,
    Rejected,
    Store,
    ToolCall,
    Unavailable,
    Words,
)
from bot.prompt import digest, heard, instructions, keep, revive
from bot.vault import without
from bot.work import Answer, GaveUp, NeedsYes, Result, WantsCase, Work

logger = logging.getLogger(__name__)

_PASSAGES = 4
_ANSWER = 1200
"""Tokens of one answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    models: Mapping[Tier, tuple[Model, ...]]
    """In the order of fallback. The last one is `offline`, which does not fail."""
    pack: Pack
    knowledge: Knowledge
    store: Store
    tools: Outside
    clock: Clock

    def begin(
        self,
        specialist: Specialist,
        tier: Tier,
        requester: Requester,
        conversation: Conversation,
        draft: Draft,
        *,
        kept: tuple[Kept, ...],
        quoting: bool,
        outside: bool,
    ) -> Work:
        """`kept`: by the turn so far. `quoting`: only the last model, which quotes. `outside`: with
        tools from elsewhere."""
        models = self.models[tier]
        return Work(
            specialist=specialist,
            tier=tier,
            requester=requester,
            conversation=conversation,
            journal=draft.journal,
            draft=draft,
            ends=self.clock.monotonic() + self.pack.budget.seconds,
            models=list(models[-1:] if quoting else models),
            kept=list(kept),
            outside=self.tools.specs() if outside else (),
        )

    async def work(self, work: Work) -> Result:
        """Raises `Overtaken` when the conversation is no longer the bot's to answer."""
        for step in range(self.pack.budget.steps):
            said = await self._think(work, step)
            if said is None:
                return GaveUp()
            text, calls = said
            if not calls:
                return Answer(text=text, passages=tuple(work.draft.passages))
            for call in calls:
                match await self._use(work, call):
                    case str(result):
                        work.called.append(Called(call=call, result=result))
                        if call.name != own.SEARCH:
                            work.draft.results.append(result)
                    case stop:
                        return stop
            if work.bad_calls > self.pack.budget.attempts:
                self._next_model(work, "bad tool calls")
        return GaveUp()

    async def _think(self, work: Work, step: int) -> tuple[str, tuple[ToolCall, ...]] | None:
        """One model call, from the first model that answers. None: none did."""
        while work.models:
            model = work.models[0]
            prompt = self._prompt(work)
            key = f"model:{step}:{len(work.models)}:{model.name}:{digest(prompt)}"
            paid = await work.journal.get(key)
            try:
                text, end = revive(paid) if paid else await self._ask(work, model, prompt)
            except (Unavailable, Rejected, TimeoutError) as error:
                logger.warning("model failed", extra={"model": model.name, "error": repr(error)})
                self._next_model(work, type(error).__name__)
                continue
            if not paid:
                await work.journal.put(key, keep(text, end))
            work.tokens += end.tokens_in + end.tokens_out
            work.money += self.pack.limits.cost(model.name, end.tokens_in, end.tokens_out)
            work.note(
                "thought",
                model=model.name,
                tokens=str(end.tokens_in + end.tokens_out),
                read=str(end.tokens_in),
                cost=f"{self.pack.limits.cost(model.name, end.tokens_in, end.tokens_out):.6f}",
                prompt=digest(prompt),
                bytes_out=str(end.bytes_out),
            )
            last = len(work.models) == 1
            if text.strip() or end.calls or last:
                return text, end.calls
            self._next_model(work, "said nothing")
        return None

    async def _ask(self, work: Work, model: Model, prompt: Prompt) -> tuple[str, Finished]:
        text = ""
        async with asyncio.timeout(self._patience(work)), aclosing(model.stream(prompt)) as stream:
            async for piece in stream:
                match piece:
                    case Words(text=more):
                        text += more
                        await work.draft.show(text)
                    case Finished():
                        return text, piece
        raise Unavailable("the stream ended without an end")

    def _patience(self, work: Work) -> float | None:
        """Seconds for this model, so that those after it still have their share.

        None for the last one: it is local, and all that is left.
        """
        if len(work.models) == 1:
            return None
        left = work.ends - self.clock.monotonic()
        if left <= 0 or work.tokens > self.pack.budget.tokens:
            return 0
        return left / (len(work.models) - 1)

    def _next_model(self, work: Work, why: str) -> None:
        work.note("model passed over", model=work.models[0].name, why=why)
        del work.models[0]
        work.bad_calls = 0
        work.draft.restart()

    def _prompt(self, work: Work) -> Prompt:
        offered = work.specialist.tools
        outside = tuple(
            spec
            for spec in work.outside
            if spec.name in offered and self.pack.permission(spec.name) is not Permission.DENY
        )
        return Prompt(
            tier=work.tier,
            instructions=instructions(work.specialist, self.pack, work.requester),
            lines=(*heard(work.conversation, quoting=len(work.models) == 1), *work.called),
            tools=own.specs(offered) + outside,
            tokens=_ANSWER,
        )

    async def _use(self, work: Work, call: ToolCall) -> str | WantsCase | NeedsYes:
        """What the model reads of its call; or what ends the loop."""
        permission = self.pack.permission(call.name)
        known = call.name in own.NAMES or any(x.name == call.name for x in work.outside)
        offered = known and call.name in work.specialist.tools
        if not offered or permission is Permission.DENY:
            work.bad_calls += 1
            return f"There is no tool {call.name[:60]!r}."
        try:
            arguments = own.parse(call)
        except own.BadCall as error:
            work.bad_calls += 1
            return str(error)
        if permission is not Permission.ALLOW:
            return NeedsYes(call=call, permission=permission)
        match arguments:
            case own.SearchHandbook(query=query):
                return await self._search(work, query)
            case own.OpenCase(reason=reason, urgent=urgent):
                return WantsCase(reason=reason, urgent=urgent)
            case own.MyCases():
                return await self._cases(work)
            case None:
                return await self._call(work, call)

    async def _search(self, work: Work, query: str) -> str:
        organisation = work.conversation.organisation
        reader = reader_in(work.conversation.place, work.requester)
        found = await self.knowledge.search(organisation, reader, without(query), _PASSAGES)
        for passage in found:
            if passage not in work.draft.passages:
                work.draft.passages.append(passage)
        numbers = [work.draft.passages.index(passage) + 1 for passage in found]
        best = found[0] if found else None
        score = f"{best.score:.2f}" if best else "0"
        for passage in found:
            if kind := own.orders(passage.text):
                work.note("orders in a document", page=passage.title, kind=kind)
        work.note(
            "searched",
            said=query,
            page=best.title if best else "",
            score=score,
            passages=" ".join(x.id for x in found),
            scores="\n".join(f"{x.score:.2f} {x.id}" for x in found),
        )
        return own.passages_result(found, numbers)

    async def _cases(self, work: Work) -> str:
        """Where others read along, none that they shall not know of."""
        cases = await self.store.cases_of(work.conversation.organisation, work.requester.id)
        if work.conversation.place.audience is not Audience.DIRECT:
            apart = {x.queue for x in self.pack.specialists.values() if x.private}
            cases = tuple(x for x in cases if not x.quiet and x.queue not in apart)
        work.note("listed cases", cases=str(len(cases)))
        return own.cases_result(cases)

    async def _call(self, work: Work, call: ToolCall) -> str:
        # A model may give two calls of one turn the same id; their places in it differ.
        key = f"{work.draft.key}:{len(work.called)}:{call.id}"
        organisation = work.conversation.organisation
        result = await self.tools.use(
            call, work.requester, organisation, work.kept, key, work.journal
        )
        work.kept += result.kept
        work.receipts.append(Receipt(tool=call.name, reference=call.id))
        work.note("tool used", said=call.arguments, tool=call.name, receipt=call.id)
        if kind := own.orders(result.text):
            work.note("orders in a result", tool=call.name, kind=kind)
        return own.harmless(result.text)
