"""Tools from elsewhere: which personal values they are told, and what is kept of what they say."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace

from bot.outcome import Kept
from bot.pack import Pack
from bot.people import Requester
from bot.ports import Journal, PortError, Rejected, ToolCall, Tools, ToolSpec, Vault
from bot.redaction import redact
from bot.vault import hide, shown


class ToolFailed(PortError):
    """A tool refused for good: people get the case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    text: str
    """For the model and the record: with tokens for what is personal, and without secrets."""
    kept: tuple[Kept, ...]
    """What was new in it, for the vault."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    tools: Tools
    vault: Vault
    pack: Pack

    def specs(self) -> tuple[ToolSpec, ...]:
        return self.tools.specs()

    async def use(
        self, call: ToolCall, requester: Requester, organisation: str,
        fresh: Iterable[Kept], key: str, journal: Journal,
    ) -> Result:  # fmt: skip
        """Do it once, whatever dies: the journal knows, and the far side gets an equal key.

        `fresh`: values of this turn that are not in the vault yet. Raises `ToolFailed`.
        """
        step, person = f"tool:{key}", requester.id
        done = await journal.get(step)
        if done is not None:
            return _revived(done, person)
        known = dict(await self.vault.values(organisation, person))
        known |= {x.token: x.value for x in fresh if x.person == person}
        # Inside JSON, where the tokens stand.
        quoted = {token: json.dumps(value)[1:-1] for token, value in known.items()}
        told = shown(call.arguments, quoted, self.pack.values.get(call.name, frozenset()))
        try:
            said = await self.tools.call(replace(call, arguments=told), requester, key)
        except Rejected as error:
            raise ToolFailed(call.name) from error
        hidden = hide(redact(said).text, known, self.pack.rules.identifiers)
        done = json.dumps([hidden.text, dict(hidden.fresh)])
        await journal.put(step, done)
        return _revived(done, person)


def _revived(done: str, person: str) -> Result:
    text, fresh = json.loads(done)
    kept = tuple(Kept(person=person, token=k, value=v) for k, v in fresh.items())
    return Result(text=text, kept=kept)
