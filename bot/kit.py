"""What every turn has at hand: the pack, the agent, and the ports."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.agent import Agent
from bot.pack import Pack
from bot.ports import Clock, Directory, Drafts, Ids, Knowledge, Platform, Store, Tools


@dataclass(frozen=True, slots=True, kw_only=True)
class Kit:
    pack: Pack
    agent: Agent
    store: Store
    directory: Directory
    knowledge: Knowledge
    tools: Tools
    platforms: Mapping[str, Platform]
    drafts: Mapping[str, Drafts]
    """By platform, as `platforms`."""
    clock: Clock
    ids: Ids
