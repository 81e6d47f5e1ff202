"""The draft: what the reader sees while an answer is made. Never the truth."""

from dataclasses import dataclass, field

from bot.conversation import Conversation
from bot.evidence import ground, sources, told, vouched
from bot.leaving import Checked, check_output
from bot.outcome import Receipt
from bot.pack import Rules
from bot.ports import Drafts, Journal, Passage, Platform, PortError, Store
from bot.sentences import sentences


class Overtaken(Exception):
    """The conversation changed while the answer was made: somebody took over, or stopped it."""


@dataclass(kw_only=True)
class Draft:
    """One for each answer. Mutable: it lives as long as the answer is being made."""

    drafts: Drafts
    platform: Platform
    journal: Journal
    store: Store
    conversation: Conversation
    key: str
    rules: Rules
    names: str
    """Of people, desks and the company: they may be said without a source."""
    passages: list[Passage] = field(default_factory=list[Passage])
    """All that was found so far: what the answer may rest on."""
    results: list[str] = field(default_factory=list[str])
    """What other tools than the search returned so far."""
    message: str | None = None
    """The status line. None: none is shown."""
    _shown: str = field(default="", init=False)

    async def begin(self, status: str, attempt: int) -> None:
        """Post the status line once, whatever dies."""
        self.message = await self.journal.get("draft")
        if self.message is None and attempt > 1:
            self.message = await self._orphan()
        if self.message is None:
            self.message = await self.drafts.begin(self.conversation.place, status, self.key)
            if self.message:
                await self.journal.put("draft", self.message)

    async def show(self, text: str) -> None:
        """Release the finished sentences of the answer so far. Raises `Overtaken`."""
        ready, _ = sentences(text)
        if len(ready) <= len(self._shown):
            return
        if not await self.store.unchanged(self.conversation):
            raise Overtaken
        self._shown = ready
        checked = self.check(ready).text
        if self.message and checked:
            await self.drafts.show(self.conversation.place, self.message, checked)

    def restart(self) -> None:
        """Another model begins from nothing; its first sentence replaces what is shown."""
        self._shown = ""

    def check(self, text: str, receipts: tuple[Receipt, ...] = ()) -> Checked:
        """May it leave, by all that was found so far?"""
        return check_output(
            text,
            vouched(self.passages) | set(self.conversation.shown),
            sources(self.passages),
            receipts,
            told(self.passages, self.conversation, self.results),
            self.rules,
            ground(self.passages, self.conversation, self.names, self.results),
        )

    async def _orphan(self) -> str | None:
        # The process died between posting the status line and noting it.
        try:
            return await self.platform.find(self.conversation.place, self.key)
        except PortError:
            return None
