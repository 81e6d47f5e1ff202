"""The directories keep their contract."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from adapters.directory.accounts import AccountDirectory
from adapters.directory.sample import SampleDirectory
from bot.people import Profile, Requester, Sender
from bot.ports import Directory, Unavailable
from tests.contract.directory_contract import ANA, BO, DirectoryContract, account
from tests.fakes import FakeClock, FakeRegister


class TestSampleDirectory(DirectoryContract):
    def directory(self, employees: Mapping[str, Requester]) -> Directory:
        accounts = {("web", user): person.id for user, person in employees.items()}
        return SampleDirectory(employees.values(), accounts)


class Workspace:
    """A platform that knows some accounts."""

    def __init__(self, profiles: Mapping[str, Profile]) -> None:
        self.profiles = dict(profiles)
        self.down = False
        self.asked = 0

    async def profile(self, sender: Sender) -> Profile | None:
        self.asked += 1
        if self.down:
            raise Unavailable("down")
        return self.profiles.get(sender.user)


def profile(of: Requester) -> Profile:
    return Profile(name=of.name, email=of.email, locale="en-GB", timezone=of.timezone)


class TestAccountDirectory(DirectoryContract):
    def directory(self, employees: Mapping[str, Requester]) -> Directory:
        workspace = Workspace({user: profile(who) for user, who in employees.items()})
        return AccountDirectory(
            people=employees.values(),
            accounts={},
            profiles={"web": workspace},
            register=FakeRegister(),
            clock=FakeClock(),
        )


EVE = Profile(
    name="Eve Stone", email="eve@fernhill.example", locale="de-DE", timezone="Mars/Olympus"
)


class Company:
    """Ana is listed in the pack; the others only on the platforms."""

    def __init__(self) -> None:
        self.slack = Workspace({"U1": profile(ANA), "U2": EVE})
        self.teams = Workspace({"29:1": profile(ANA), "29:2": EVE})
        self.register = FakeRegister()
        self.clock = FakeClock()
        self.directory = self.started()

    def started(self) -> AccountDirectory:
        return AccountDirectory(
            people=[ANA, BO],
            accounts={("slack", "U-BO"): BO.id},
            profiles={"slack": self.slack, "teams": self.teams},
            register=self.register,
            clock=self.clock,
        )


async def test_an_employee_is_the_same_on_both_platforms() -> None:
    company = Company()
    assert await company.directory.find(account("U1", platform="slack")) == ANA
    assert await company.directory.find(account("29:1", platform="teams")) == ANA
    eve = await company.directory.find(account("U2", platform="slack"))
    assert eve
    assert eve == await company.directory.find(account("29:2", platform="teams"))
    assert (eve.locale, eve.timezone, eve.groups) == ("de", "UTC", frozenset())


async def test_an_employee_whom_the_pack_does_not_list_is_known_after_a_restart() -> None:
    company = Company()
    eve = await company.directory.find(account("U2", platform="slack"))
    assert eve
    assert await company.started().employee(eve.id) == eve


@pytest.mark.parametrize(
    "told", [replace(EVE, outside=True), replace(EVE, email=None)], ids=["guest", "no address"]
)
async def test_a_guest_and_an_account_without_an_address_are_no_employees(told: Profile) -> None:
    company = Company()
    company.slack.profiles["U2"] = told
    assert await company.directory.find(account("U2", platform="slack")) is None


async def test_an_account_without_an_address_may_be_listed_in_the_pack() -> None:
    company = Company()
    company.slack.profiles["U-BO"] = replace(EVE, email=None)
    assert await company.directory.find(account("U-BO", platform="slack")) == BO


async def test_who_has_left_is_out_within_a_quarter_of_an_hour() -> None:
    company = Company()
    sam = account("U2", platform="slack")
    assert await company.directory.find(sam)
    assert await company.directory.find(sam)
    assert company.slack.asked == 1
    company.slack.profiles["U2"] = replace(EVE, outside=True)
    company.clock.pass_time(15 * 60)
    assert await company.directory.find(sam) is None


async def test_while_a_platform_is_down_those_it_told_of_before_are_known() -> None:
    company = Company()
    eve = await company.directory.find(account("U2", platform="slack"))
    company.slack.down = True
    directory = company.started()
    assert await directory.find(account("U2", platform="slack")) == eve
    with pytest.raises(Unavailable):
        await directory.find(account("U1", platform="slack"))


async def test_who_ever_wrote_is_known_by_name_also_after_a_restart() -> None:
    company = Company()
    text = f"and {EVE.name}?"
    assert not (await company.directory.names()).find(text)
    await company.directory.find(account("U2", platform="slack"))
    assert (await company.directory.names()).find(text)
    assert (await company.started().names()).find(text)


async def test_names_that_cannot_be_read_yet_are_read_later() -> None:
    class Down(FakeRegister):
        down = True

        async def under(self, prefix: str) -> tuple[Mapping[str, str], ...]:
            if self.down:
                raise Unavailable("down")
            return await super().under(prefix)

    company = Company()
    await company.directory.find(account("U2", platform="slack"))
    register = Down()
    register.kept = company.register.kept
    company.register = register
    directory = company.started()
    assert not (await directory.names()).find(EVE.name)
    register.down = False
    assert (await directory.names()).find(EVE.name)
