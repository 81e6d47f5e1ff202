"""The record on the command line, and what is held about one employee."""

import json
import os
import pwd
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from itertools import groupby
from pathlib import Path

from adapters.app import key_of, organisation_of
from adapters.opened import opened
from adapters.settings import Settings
from adapters.store import checkpoints
from adapters.store.chain import Checkpoint, Signer
from adapters.store.cipher import Cipher
from adapters.store.reading import Line, Reading, Selection
from adapters.store.rights import Rights, StillNeeded
from adapters.store.verify import Verified, moment, verify


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


async def export(settings: Settings, selection: Selection) -> None:
    """JSON Lines on the standard output."""
    async with _reading(settings) as reading:
        async for line in reading.lines(selection, "export"):
            print(json.dumps(asdict(line), ensure_ascii=False))


async def report(settings: Settings, case: str) -> None:
    """Raises `AuditError`."""
    async with _reading(settings) as reading:
        head = await reading.case(case)
        lines = [x async for x in reading.lines(Selection(case=case), "case report")]
    if not any(x.step != "audit read" for x in lines):
        raise AuditError(f"{case}: there is no such case in the record.")
    print(f"# {_plain(case)}\n")
    if head:
        print(
            f"Queue {_plain(head['queue'])}, asked by {_plain(head['requester'])},"
            f" now {_plain(head['state'])}.\n"
        )
    for day, of_day in groupby(lines, key=lambda x: x.at[:10]):
        print(f"## {day}\n")
        for line in of_day:
            print(_item(line))
        print()
    sealed = [x for x in lines if x.seal]
    print(f"{len(lines)} records, {len(sealed)} of them sealed. Times are UTC.")


async def export_person(settings: Settings, person: str) -> None:
    """JSON on the standard output."""
    async with _rights(settings) as rights:
        print(json.dumps(await rights.held(person), ensure_ascii=False, indent=2))


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


def _item(line: Line) -> str:
    facts = ", ".join(f"{_plain(name)}: {_plain(value)}" for name, value in line.facts.items())
    told = f" ({facts})" if facts else ""
    head = f"- {line.at[11:19]} **{_plain(line.step)}**{told}, record {line.id}"
    return "\n".join((head, *(f"  > {_plain(x)}" for x in (line.said or "").splitlines() if x)))


def _plain(value: object) -> str:
    """As it is: a page's title draws nothing in Markdown, and begins no line."""
    words = " ".join(str(value).split())
    return "".join(f"\\{x}" if x in "\\`*_[]<>#|~!&" else x for x in words)


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
        yield Reading(engine, cipher, organisation_of(settings), who())


@asynccontextmanager
async def _rights(settings: Settings) -> AsyncGenerator[Rights]:
    async with opened(settings) as engine:
        cipher = Cipher(engine, key_of(settings))
        yield Rights(engine, cipher, organisation_of(settings), who())
