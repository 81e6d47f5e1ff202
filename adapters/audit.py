"""The record on the command line, and what is held about one employee."""

import json
import os
import pwd
import sys
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict
from pathlib import Path

from adapters.opened import key_of, opened, organisation_of
from adapters.pack.loader import load
from adapters.settings import Settings, pack_folder
from adapters.store import checkpoints
from adapters.store.chain import Checkpoint, Signer
from adapters.store.cipher import Cipher
from adapters.store.permits import BadCode
from adapters.store.reading import Reading, Selection
from adapters.store.rights import Rights, StillNeeded
from adapters.store.verify import Verified, moment, verify
from bot.pack import Pack
from bot.timeline import Withheld, timeline


class AuditError(Exception):
    """`str()` says what to do."""


async def check(settings: Settings, file: Path | None) -> int:
    """Print whether the record is as it was sealed; returns the exit code."""
    async with opened(settings) as engine:
        public = Signer(await Cipher(engine, key_of(settings)).signing_seed()).public
        # Before the record is looked at: a checkpoint made meanwhile is no sign of a loss.
        told, passed_over = _told(settings, file, public)
        found = await verify(engine, public, told)
    for each in found:
        print(_sentence(each))
    print(f"Signed with the key whose public half is {public}.")
    if told:
        print(f"Compared with {len(told)} checkpoints from outside of the database.")
    else:
        print("No checkpoints from outside were at hand: a tail that was cut off is not seen.")
    if passed_over:
        print(f"{passed_over} lines there are of another key or cannot be read: passed over.")
    return 1 if any(each.finding for each in found) else 0


def _told(settings: Settings, file: Path | None, public: str) -> tuple[Sequence[Checkpoint], int]:
    """The file that was named, or the one that this machine's worker writes, if it does."""
    if file:
        return checkpoints.read(file, public)
    try:
        return checkpoints.read(settings.data / checkpoints.FILE, public)
    except FileNotFoundError:
        return [], 0


def _sentence(found: Verified) -> str:
    if found.finding:
        return f"NOT AS IT WAS SEALED. {found.finding}."
    since = f", the oldest of {moment(found.waiting_since)}" if found.waiting_since else ""
    waiting = f"; {found.waiting} not sealed yet{since}" if found.waiting else ""
    sealed = f", the newest of {found.sealed_at}" if found.seals else ""
    return (
        f"{found.organisation}: {found.count} records in {found.seals} seals{sealed},"
        f" are as they were sealed{waiting}."
    )


async def export(settings: Settings, selection: Selection, code: str | None) -> None:
    """JSON Lines on the standard output. Raises `AuditError`."""
    withheld = 0
    async with _reading(settings) as reading:
        desks = await reading.begin(selection, who(), "export", code)
        async for line in reading.lines(selection, desks):
            withheld += isinstance(line, Withheld)
            print(json.dumps(asdict(line), ensure_ascii=False))
    _tell(withheld, "records", selection.case)


async def report(settings: Settings, case: str, code: str | None) -> None:
    """Raises `AuditError`."""
    selection = Selection(case=case)
    async with _reading(settings) as reading:
        desks = await reading.begin(selection, who(), "case report", code)
        head = await reading.head(case, desks)
        lines = [x async for x in reading.lines(selection, desks)]
    if all(x.step.startswith("audit ") for x in lines):
        raise AuditError(f"{case}: there is no such case in the record.")
    for line in timeline(case, head, lines):
        print(line)
    _tell(sum(isinstance(x, Withheld) for x in lines), "records", case)


async def export_person(settings: Settings, person: str, code: str | None) -> None:
    """JSON on the standard output. Raises `AuditError`."""
    async with _rights(settings) as rights:
        held = await rights.held(person, code)
    print(json.dumps(held, ensure_ascii=False, indent=2))
    _tell(sum(held["withheld"].values()), "entries", f"@{person}")


def _tell(withheld: int, what: str, of: str | None) -> None:
    """Beside the output, which programs read."""
    if withheld:
        print(
            f"{withheld} {what} of confidential matters are withheld: of a record only its number,"
            " time, step and seal are told. Who reads that desk's record (“readers” in"
            f" queues.yaml) writes /handrail record {of or 'CASE'} WHY in the chat; a second"
            " reader allows it, and a code comes, for --code=CODE.",
            file=sys.stderr,
        )


async def forget_person(settings: Settings, person: str, confirmed: str) -> None:
    """Raises `AuditError`."""
    if confirmed != person:
        raise AuditError(
            f"This erases all that is held about {person}, for good."
            f" If you mean it: handrail person forget {person} --yes {person}"
        )
    async with _rights(settings) as rights:
        try:
            await rights.forget(person)
        except StillNeeded as error:
            raise AuditError(str(error)) from error
    print(f"{person} is forgotten. The record keeps that it was done, and no word of theirs.")


async def hold_person(settings: Settings, person: str, why: str) -> None:
    async with _rights(settings) as rights:
        await rights.hold(person, why)
    print(f"{person} is held: nothing of theirs is pruned or erased until they are released.")


async def release_person(settings: Settings, person: str) -> None:
    async with _rights(settings) as rights:
        released = await rights.release(person)
    print(f"{person} is released." if released else f"{person} was not held.")


def who() -> str:
    """The account of the system, not what the environment claims."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


@asynccontextmanager
async def _reading(settings: Settings) -> AsyncGenerator[Reading]:
    async with opened(settings) as engine:
        cipher = Cipher(engine, key_of(settings))
        with _codes():
            yield Reading(engine, cipher, organisation_of(settings), _pack(settings))


@asynccontextmanager
async def _rights(settings: Settings) -> AsyncGenerator[Rights]:
    async with opened(settings) as engine:
        cipher = Cipher(engine, key_of(settings))
        with _codes():
            yield Rights(engine, cipher, organisation_of(settings), who(), _pack(settings))


@contextmanager
def _codes() -> Generator[None]:
    try:
        yield
    except BadCode:
        raise AuditError(
            "This code is unknown, was used, has expired, or is for something else."
        ) from None


def _pack(settings: Settings) -> Pack:
    """It says what is confidential. Raises `PackError`."""
    return load(pack_folder(settings.pack)).pack
