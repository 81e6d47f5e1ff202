"""The veil: a text as it may be kept, with tokens for all that is personal, and without secrets."""

from collections.abc import Iterable
from dataclasses import dataclass

from bot.found import Found
from bot.outcome import Kept
from bot.pack import Pack
from bot.people import Requester
from bot.personal import personal
from bot.ports import Directory, Knowledge, Vault
from bot.redaction import redact
from bot.vault import hide, masked
from bot.words import plain

_PAGES = 3
"""Passages in which a name is looked for."""
_ASKED = 20
"""Names that are looked for: a list of hundreds is no question about the handbook's contacts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Veiled:
    text: str
    kept: tuple[Kept, ...]
    """What was new in it, for the vault."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Veil:
    pack: Pack
    vault: Vault
    directory: Directory
    knowledge: Knowledge

    async def draw(
        self, organisation: str, person: str, text: str, fresh: Iterable[Kept] = ()
    ) -> Veiled:
        """`person` is the employee whose matter it is. `fresh`: values of this turn that are not in
        the vault yet."""
        clear, identifiers = redact(text).text, self.pack.rules.identifiers
        named = await self._named(organisation, person, clear)
        if not personal(clear, identifiers, named):
            return Veiled(text=clear, kept=())
        known = dict(await self.vault.values(organisation, person))
        known |= {x.token: x.value for x in fresh if x.person == person}
        hidden = hide(clear, known, identifiers, named)
        kept = tuple(Kept(person=person, token=k, value=v) for k, v in hidden.fresh.items())
        return Veiled(text=hidden.text, kept=kept)

    async def masked(self, text: str) -> str:
        """For good: nothing brings the values back. For when the vault may be what fails."""
        named = tuple(x.found for x in (await self.directory.names()).find(text))
        return masked(text, self.pack.rules.identifiers, named)

    async def _named(self, organisation: str, person: str, text: str) -> tuple[Found, ...]:
        """Colleagues who are named, but not those whom the handbook names to this reader."""
        names = await self.directory.names()
        named = names.find(text)
        who = await self.directory.employee(person) if named else None
        if who is None:
            return tuple(x.found for x in named)
        named = names.find(text, own=who.name)
        asked = list(dict.fromkeys(x.words for x in named))[:_ASKED]
        public = {x for x in asked if await self._published(organisation, who, x)}
        return tuple(x.found for x in named if x.words not in public)

    async def _published(self, organisation: str, who: Requester, words: str) -> bool:
        found = await self.knowledge.search(organisation, who, words, _PAGES)
        return any(f" {words} " in f" {plain(x.text)} " for x in found)
