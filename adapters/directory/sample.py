"""The directory of the demonstration: the people of a pack, known by their accounts alone."""

from collections.abc import Iterable, Mapping

from bot.colleagues import Names
from bot.people import Requester, Sender


class SampleDirectory:
    """Its organisation has one workspace on each platform, so an account is unique there."""

    def __init__(
        self, people: Iterable[Requester], accounts: Mapping[tuple[str, str], str]
    ) -> None:
        self._people = {person.id: person for person in people}
        self._accounts = accounts
        """The employee id by platform and account."""
        self._names = Names(person.name for person in self._people.values())

    async def find(self, sender: Sender) -> Requester | None:
        id = self._accounts.get((sender.platform, sender.user))
        return None if id is None else await self.employee(id)

    async def employee(self, id: str) -> Requester | None:
        return self._people.get(id)

    async def with_email(self, email: str) -> Requester | None:
        wanted = email.lower()
        return next((x for x in self._people.values() if x.email.lower() == wanted), None)

    async def members(self, group: str) -> tuple[Requester, ...]:
        return tuple(person for person in self._people.values() if group in person.groups)

    async def names(self) -> Names:
        return self._names
