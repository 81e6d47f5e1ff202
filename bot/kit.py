"""What every turn has at hand: the pack, the agent, and the ports."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.agent import Agent
from bot.guardrails import redact
from bot.outcome import Kept, Turn
from bot.outside import Outside
from bot.pack import Pack
from bot.personal import personal
from bot.ports import Archive, Clock, Directory, Drafts, Ids, Knowledge, Platform, Store, Vault
from bot.vault import hide


@dataclass(frozen=True, slots=True, kw_only=True)
class Kit:
    pack: Pack
    agent: Agent
    store: Store
    directory: Directory
    knowledge: Knowledge
    tools: Outside
    platforms: Mapping[str, Platform]
    drafts: Mapping[str, Drafts]
    """By platform, as `platforms`."""
    vault: Vault
    archive: Archive
    clock: Clock
    ids: Ids

    async def hide(self, turn: Turn, person: str, text: str) -> tuple[Turn, str]:
        """The text as it may be kept, with tokens for what is personal; the turn keeps the values.

        `person` is the employee whose matter it is.
        """
        clear = redact(text).text
        identifiers = self.pack.rules.identifiers
        if not personal(clear, identifiers):
            return turn, clear
        known = dict(await self.vault.values(turn.event.organisation, person))
        known |= {x.token: x.value for x in turn.kept if x.person == person}
        hidden = hide(clear, known, identifiers)
        fresh = tuple(Kept(person=person, token=k, value=v) for k, v in hidden.fresh.items())
        return replace(turn, kept=(*turn.kept, *fresh)), hidden.text
