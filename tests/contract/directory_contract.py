"""What every directory keeps: an employee is whom a verified account belongs to, nobody else."""

from abc import ABC, abstractmethod
from collections.abc import Mapping

import pytest

from bot.people import Requester, Sender
from bot.ports import Directory


def person(id: str, name: str, *groups: str, manager: str | None = None) -> Requester:
    return Requester(
        id=id,
        name=name,
        email=f"{id}@fernhill.example",
        department="Sales",
        location="Berlin",
        locale="en",
        timezone="Europe/Berlin",
        groups=frozenset(groups),
        manager=manager,
    )


def account(user: str, *, platform: str = "web", name: str = "") -> Sender:
    return Sender(platform=platform, workspace="W1", user=user, name=name)


ANA = person("e-ana", "Ana Lindt", "it-desk", "pilot", manager="e-bo")
BO = person("e-bo", "Bo Marsh", "it-desk")
CY = person("e-cy", "Cy Nolan")


class DirectoryContract(ABC):
    """Subclass it as Test<Directory> and fill in the blank."""

    def __init_subclass__(cls) -> None:
        changed = [x for x in vars(cls) if x.startswith("test_") and hasattr(DirectoryContract, x)]
        assert not changed, f"a contract is kept, not overridden: {changed}"

    @abstractmethod
    def directory(self, employees: Mapping[str, Requester]) -> Directory:
        """One that knows these employees, by their account on the platform `web`."""

    @pytest.fixture
    def known(self) -> Directory:
        return self.directory({"w-1": ANA, "w-2": BO, "w-3": CY})

    async def test_an_account_finds_its_employee_with_all_that_is_known(
        self, known: Directory
    ) -> None:
        assert await known.find(account("w-1")) == ANA

    async def test_an_unknown_account_is_no_employee(self, known: Directory) -> None:
        assert await known.find(account("w-9")) is None

    async def test_an_account_of_another_platform_is_no_employee(self, known: Directory) -> None:
        assert await known.find(account("w-1", platform="slack")) is None

    @pytest.mark.parametrize("user", ["", "e-ana", "Ana Lindt", "e-ana@fernhill.example", "W-1"])
    async def test_an_id_a_name_or_an_address_is_not_an_account(
        self, known: Directory, user: str
    ) -> None:
        assert await known.find(account(user)) is None

    async def test_a_stranger_who_is_displayed_as_an_employee_stays_a_stranger(
        self, known: Directory
    ) -> None:
        assert await known.find(account("w-9", name="Ana Lindt")) is None

    async def test_an_employee_who_is_displayed_as_another_stays_who_they_are(
        self, known: Directory
    ) -> None:
        assert await known.find(account("w-3", name="Ana Lindt")) == CY

    async def test_an_employee_is_found_by_id(self, known: Directory) -> None:
        assert await known.employee("e-bo") == BO

    @pytest.mark.parametrize("id", ["", "e-none", "w-2", "Bo Marsh", "e-bo@fernhill.example"])
    async def test_what_is_no_id_finds_nobody(self, known: Directory, id: str) -> None:
        assert await known.employee(id) is None

    @pytest.mark.parametrize("email", ["e-bo@fernhill.example", "E-Bo@Fernhill.Example"])
    async def test_an_employee_is_found_by_address(self, known: Directory, email: str) -> None:
        assert await known.with_email(email) == BO

    @pytest.mark.parametrize("email", ["", "e-bo", "e-none@fernhill.example", "Bo Marsh"])
    async def test_what_is_nobodys_address_finds_nobody(self, known: Directory, email: str) -> None:
        assert await known.with_email(email) is None

    async def test_a_group_has_its_members_and_no_others(self, known: Directory) -> None:
        assert set(await known.members("it-desk")) == {ANA, BO}
        assert await known.members("pilot") == (ANA,)

    async def test_its_employees_are_known_where_they_are_named(self, known: Directory) -> None:
        text = "ana lindt asks Marsh, Bo, and Kim Marsh"
        found = [x.found for x in (await known.names()).find(text)]
        assert [text[x.start : x.end] for x in found] == ["ana lindt", "Marsh, Bo"]

    @pytest.mark.parametrize("group", ["", "nobody", "it", "IT-desk"])
    async def test_an_unknown_group_has_no_members(self, known: Directory, group: str) -> None:
        assert await known.members(group) == ()
