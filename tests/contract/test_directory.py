"""The directories keep their contract."""

from collections.abc import Mapping

from adapters.directory.sample import SampleDirectory
from bot.people import Requester
from bot.ports import Directory
from tests.contract.directory_contract import DirectoryContract


class TestSampleDirectory(DirectoryContract):
    def directory(self, employees: Mapping[str, Requester]) -> Directory:
        accounts = {("web", user): person.id for user, person in employees.items()}
        return SampleDirectory(employees.values(), accounts)
