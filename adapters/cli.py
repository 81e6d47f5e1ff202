"""The command `handrail`."""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from adapters import (
    audit,
    backup,
    doctor,
    knowledge_command,
    logs,
    manifest,
    recall,
    rotation,
    serve,
)
from adapters.knowledge.source import SourceError
from adapters.opened import NotMigrated
from adapters.pack.loader import check
from adapters.pack.mistakes import PackError
from adapters.settings import Settings, SettingsError, pack_folder, read
from adapters.store import database
from adapters.store.cipher import KeyMismatch
from adapters.store.embedded import EmbeddedError, EmbeddedPostgres
from adapters.store.reading import Selection
from bot.ports import PortError

# What an operator can mend: told in sentences, without a traceback.
_MENDABLE = (
    SettingsError,
    PackError,
    EmbeddedError,
    KeyMismatch,
    SourceError,
    manifest.ManifestError,
    backup.BackupError,
    audit.AuditError,
    NotMigrated,
    recall.RecallError,
    rotation.RotationError,
    PortError,
    OSError,
)


_WISHES = {
    "export": "all of it, as JSON",
    "hold": "keep all of it, whatever is pruned or to be forgotten",
    "release": "end that",
    "forget": "erase it for good",
}


def main(arguments: Sequence[str] | None = None) -> None:
    options = _parser().parse_args(arguments)
    try:
        sys.exit(_obey(options))
    except _MENDABLE as error:
        print(f"Handrail cannot go on:\n{error}", file=sys.stderr)
        sys.exit(1)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="handrail", description="The help desk in your chat.")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="start it; web and worker in one, unless told otherwise")
    run.add_argument("--only", choices=("web", "worker"))
    commands.add_parser("migrate", help="bring the database to the newest schema")
    commands.add_parser("doctor", help="check each setting and connection, and say what to do")
    told = commands.add_parser("manifest", help="what to tell Slack or Teams of the app")
    platforms = told.add_subparsers(dest="platform", required=True)
    slack = platforms.add_parser("slack", help="print it, to paste at api.slack.com/apps")
    slack.add_argument("--url", help="the public address; without it, for Socket Mode")
    teams = platforms.add_parser("teams", help="make the app package, for TEAMS_APP_ID")
    teams.add_argument("--zip", type=Path, default=Path("handrail.zip"), help="the file to write")
    pack = commands.add_parser("check", help="find every mistake in a pack")
    pack.add_argument("pack", type=Path, help="a pack's folder")
    for name, what in (("backup", "save the database to"), ("restore", "fill an empty one from")):
        command = commands.add_parser(name, help=f"{what} a file")
        command.add_argument("file", type=Path)
    _add_audit(commands.add_parser("audit", help="the record of what was done"))
    cases = commands.add_parser("case", help="about one case")
    about = cases.add_subparsers(dest="about", required=True)
    report = about.add_parser("report", help="its timeline, in Markdown")
    report.add_argument("id", help="such as IT-1042")
    _add_code(report)
    people = commands.add_parser("person", help="what is held about an employee")
    wish = people.add_subparsers(dest="wish", required=True)
    asked = {name: wish.add_parser(name, help=what) for name, what in _WISHES.items()}
    for each in asked.values():
        each.add_argument("id", help="the employee id, as the record names it")
    _add_code(asked["export"])
    asked["hold"].add_argument("--why", required=True, help="the reason, which is kept")
    asked["forget"].add_argument("--yes", default="", metavar="ID", help="the same id once more")
    page = commands.add_parser("recall", help="list who was given a page, and correct it")
    page.add_argument("page", help="a path in the handbook such as it/vpn.md, or an address")
    page.add_argument("--tell", type=Path, metavar="FILE", help="what is right, for all of them")
    page.add_argument("--yes", default="", metavar="CODE", help="as it was asked for")
    keys = commands.add_parser("key", help="the key that encrypts what is kept")
    keys.add_subparsers(dest="wish", required=True).add_parser("rotate", help="put a new one")
    knowledge_command.add_to(commands.add_parser("knowledge", help="where answers come from"))
    return parser


def _add_audit(parser: argparse.ArgumentParser) -> None:
    asked = parser.add_subparsers(dest="asked", required=True)
    verify = asked.add_parser("verify", help="name the first record that is not as it was sealed")
    verify.add_argument(
        "--checkpoints", type=Path, metavar="FILE", help="else those in the data folder"
    )
    export = asked.add_parser("export", help="JSON Lines; that it was read is recorded")
    export.add_argument("--case", metavar="ID")
    export.add_argument("--person", metavar="ID")
    _add_code(export)
    for name, to, what in (("--from", "since", "first"), ("--to", "until", "last")):
        export.add_argument(
            name, dest=to, type=date.fromisoformat, metavar="DATE", help=f"the {what} day, UTC"
        )


def _add_code(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--code", help="of two readers, for what is confidential; it works once")


def _obey(options: argparse.Namespace) -> int:
    if options.command == "check":
        return _check(options.pack)
    if options.command == "doctor":
        return asyncio.run(doctor.examine(os.environ))
    settings = read(os.environ)
    if options.command == "manifest":
        return _manifest(options, settings)
    logs.configure()
    return asyncio.run(_run(options, settings))


async def _run(options: argparse.Namespace, settings: Settings) -> int:
    match options.command:
        case "run":
            await serve.run(settings, options.only)
        case "migrate":
            await _migrate(settings)
        case "backup":
            await backup.save(settings, options.file)
        case "restore":
            await backup.restore(settings, options.file)
        case "knowledge":
            return await knowledge_command.obey(settings, options)
        case "key":
            await rotation.rotate(settings)
        case _:
            return await _look(options, settings)
    return 0


async def _look(options: argparse.Namespace, settings: Settings) -> int:
    """What is asked of the record, and of what is kept."""
    match options.command:
        case "audit" if options.asked == "verify":
            return await audit.check(settings, options.checkpoints)
        case "audit":
            await audit.export(settings, _selection(options), options.code)
        case "case":
            await audit.report(settings, options.id, options.code)
        case "recall":
            await recall.recall(settings, options.page, options.tell, options.yes)
        case _:
            await _person(options, settings)
    return 0


async def _person(options: argparse.Namespace, settings: Settings) -> None:
    match options.wish:
        case "export":
            await audit.export_person(settings, options.id, options.code)
        case "hold":
            await audit.hold_person(settings, options.id, options.why)
        case "release":
            await audit.release_person(settings, options.id)
        case _:
            await audit.forget_person(settings, options.id, options.yes)


def _selection(options: argparse.Namespace) -> Selection:
    return Selection(
        case=options.case, person=options.person, since=options.since, until=options.until
    )


def _manifest(options: argparse.Namespace, settings: Settings) -> int:
    if options.platform == "slack":
        print(manifest.slack(options.url), end="")
    else:
        manifest.teams(settings.teams_app_id or "", options.zip)
        print(f"{options.zip} is ready to be uploaded in the Teams admin center.")
    return 0


def _check(folder: Path) -> int:
    mistakes = check(pack_folder(str(folder)))
    for mistake in mistakes:
        print(mistake)
    count = "1 mistake" if len(mistakes) == 1 else f"{len(mistakes) or 'no'} mistakes"
    print(f"{folder}: {count}.")
    return 1 if mistakes else 0


async def _migrate(settings: Settings) -> None:
    if settings.database_url is None:
        embedded = EmbeddedPostgres(settings.data / "postgres")
        addresses = await embedded.start()
        await database.migrate(addresses.owner, addresses.application)
        await embedded.stop()
    elif settings.migrate_url is None:
        raise SettingsError("HANDRAIL_MIGRATE_URL: set it to the role that owns the schema")
    else:
        await database.migrate(settings.migrate_url, settings.database_url)
    print(f"The database is at version {database.newest()}.")
