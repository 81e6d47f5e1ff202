"""Tools from elsewhere: which personal values they are told, and what is kept of what they say."""

import json
from collections.abc import Collection
from dataclasses import dataclass, replace

from bot.outcome import Kept
from bot.people import Requester
from bot.ports import Journal, PortError, Rejected, ToolCall, Tools, ToolSpec
from bot.vault import shown
from bot.veil import Veil, Veiled


class ToolFailed(PortError):
    """A tool refused for good: people get the case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    tools: Tools
    veil: Veil

    def specs(self) -> tuple[ToolSpec, ...]:
        return self.tools.specs()

    async def use(
        self, call: ToolCall, requester: Requester, organisation: str,
        fresh: Collection[Kept], key: str, journal: Journal,
    ) -> Veiled:  # fmt: skip
        """Do it once, whatever dies: the journal knows, and the far side gets an equal key.

        `fresh`: values of this turn that are not in the vault yet. Raises `ToolFailed`.
        """
        step, person = f"tool:{key}", requester.id
        done = await journal.get(step)
        if done is not None:
            return _revived(done, person)
        known = dict(await self.veil.vault.values(organisation, person))
        known |= {x.token: x.value for x in fresh if x.person == person}
        # Inside JSON, where the tokens stand.
        quoted = {token: json.dumps(value)[1:-1] for token, value in known.items()}
        told = shown(call.arguments, quoted, self.veil.pack.values.get(call.name, frozenset()))
        try:
            said = await self.tools.call(replace(call, arguments=told), requester, key)
        except Rejected as error:
            raise ToolFailed(call.name) from error
        veiled = await self.veil.draw(organisation, person, said, fresh)
        done = json.dumps([veiled.text, {x.token: x.value for x in veiled.kept}])
        await journal.put(step, done)
        return _revived(done, person)


def _revived(done: str, person: str) -> Veiled:
    text, fresh = json.loads(done)
    kept = tuple(Kept(person=person, token=k, value=v) for k, v in fresh.items())
    return Veiled(text=text, kept=kept)
