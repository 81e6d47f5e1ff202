"""What every turn has at hand: the pack, the agent, and the ports."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from bot.agent import Agent
from bot.outcome import Turn
from bot.outside import Outside
from bot.pack import Pack
from bot.people import Requester
from bot.ports import Archive, Clock, Directory, Drafts, Ids, Knowledge, Platform, Store, Vault
from bot.veil import Veil


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
    veil: Veil
    clock: Clock
    ids: Ids

    async def reachable(self, organisation: str, ids: Iterable[str]) -> list[Requester]:
        """Those employees whose direct chat is known, in a fixed order. Who never wrote to the bot
        has none."""
        found: list[Requester] = []
        for id in sorted(ids):
            who = await self.directory.employee(id)
            if who and await self.store.direct_place(organisation, id):
                found.append(who)
        return found

    async def hide(self, turn: Turn, person: str, text: str) -> tuple[Turn, str]:
        """The text as it may be kept, with tokens for what is personal; the turn keeps the values.

        `person` is the employee whose matter it is.
        """
        veiled = await self.veil.draw(turn.event.organisation, person, text, turn.kept)
        return replace(turn, kept=(*turn.kept, *veiled.kept)), veiled.text
