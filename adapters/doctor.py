"""`handrail doctor`: each setting and connection, and what to do about it."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack

import psycopg

from adapters import endpoint, manifest
from adapters.clock import SystemClock
from adapters.model.openai_wire import connect
from adapters.opened import organisation_of
from adapters.pack.loader import check
from adapters.settings import Settings, SettingsError, pack_folder, read
from adapters.store import database
from adapters.store.cipher import Cipher, KeyMismatch, key_from_file
from adapters.store.embedded import EmbeddedError, EmbeddedPostgres
from bot.ports import Unavailable

Finding = tuple[bool, str]
Check = Callable[[Settings], Awaitable[Finding]]


async def examine(environment: Mapping[str, str]) -> int:
    """Print a line for each check; returns how many are bad, for the exit code."""
    try:
        settings = read(environment)
    except SettingsError as error:
        print("\n".join(f"  bad  {line}" for line in str(error).splitlines()))
        return 1
    bad = 0
    for examined in _checks(settings):
        good, text = await examined(settings)
        bad += not good
        print(f"  {'good' if good else 'bad '} {text}")
    return min(bad, 1)


def _checks(settings: Settings) -> list[Check]:
    checks: list[Check] = [_pack, _database, _public_port, _console_port, _model, _meaning]
    if settings.slack:
        checks.append(_slack)
    if settings.slack_app_token:
        checks.append(_socket_mode)
    if settings.teams_app_id:
        checks += [_teams, _teams_keys]
    return checks


# The SDK of a platform is heavy: it is imported only where one is checked.


async def _slack(settings: Settings) -> Finding:
    from adapters.slack import checkup as slack

    return await slack.bot_token(
        settings.slack_bot_token or "", settings.slack_api_url, manifest.slack_scopes()
    )


async def _socket_mode(settings: Settings) -> Finding:
    from adapters.slack import checkup as slack

    return await slack.app_token(settings.slack_app_token or "", settings.slack_api_url)


async def _teams(settings: Settings) -> Finding:
    from adapters.teams import checkup as teams

    return await teams.password(
        settings.teams_tokens,
        settings.teams_app_id or "",
        settings.teams_app_password or "",
        SystemClock(),
    )


async def _teams_keys(settings: Settings) -> Finding:
    from adapters.teams import checkup as teams

    return await teams.keys(settings.teams_openid_metadata_url, SystemClock())


async def _pack(settings: Settings) -> Finding:
    mistakes = check(pack_folder(settings.pack))
    if mistakes:
        return (
            False,
            f"HANDRAIL_PACK: {len(mistakes)} mistakes; see `handrail check {settings.pack}`",
        )
    return True, f"the pack {settings.pack} has no mistakes"


async def _database(settings: Settings) -> Finding:
    if settings.database_url:
        return await _reach(settings, settings.database_url, settings.key or "")
    embedded = EmbeddedPostgres(settings.data / "postgres")
    try:
        addresses = await embedded.start()
    except EmbeddedError as error:
        return False, str(error)
    try:
        await database.migrate(addresses.owner, addresses.application)
        key = settings.key or key_from_file(settings.data / "key")
        return await _reach(settings, addresses.application, key)
    finally:
        await embedded.stop()


async def _reach(settings: Settings, url: str, key: str) -> Finding:
    name = "DATABASE_URL" if settings.database_url else "the embedded database"
    try:
        async with await psycopg.AsyncConnection.connect(url, connect_timeout=5) as connection:
            found = await connection.execute(
                "SELECT rolsuper OR rolbypassrls OR (SELECT count(*) > 0 FROM pg_tables"
                " WHERE tablename = 'record' AND tableowner = current_user)"
                " FROM pg_roles WHERE rolname = current_user"
            )
            row = await found.fetchone()
    except psycopg.OperationalError:
        return False, f"{name}: does not answer; is the server running, and the address right?"
    if row and row[0]:
        return False, (
            f"{name}: its role may do too much; make one without SUPERUSER or BYPASSRLS that"
            " does not own the tables (that of HANDRAIL_MIGRATE_URL does)"
        )
    engine = database.engine(url, organisation_of(settings), size=1)
    try:
        at = await database.version(engine)
        if at != database.newest():
            return (
                False,
                f"{name}: is at version {at}, not {database.newest()}; run handrail migrate",
            )
        await Cipher(engine, key).check()
    except KeyMismatch as error:
        return False, str(error)
    finally:
        await engine.dispose()
    return True, f"{name} answers, is at version {at}, and the key fits"


async def _public_port(settings: Settings) -> Finding:
    return _free(settings.host, settings.port, "HANDRAIL_PORT")


async def _console_port(settings: Settings) -> Finding:
    return _free("127.0.0.1", settings.console_port, "HANDRAIL_CONSOLE_PORT")


def _free(host: str, port: int, variable: str) -> Finding:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False, f"{variable}: port {port} of {host} is taken (by a running Handrail?)"
    return True, f"port {port} of {host} is free"


async def _model(settings: Settings) -> Finding:
    if settings.offline:
        return True, "no model is set: answers are quoted from the handbook"
    client = connect(
        api_key=settings.openai_api_key or "",
        base_url=settings.openai_base_url or "",
        api_version=settings.openai_api_version or "",
    )
    try:
        async with asyncio.timeout(10):
            await client.models.list()
    except Exception as error:
        # Whatever the endpoint does: an operator needs to know that it was not an answer.
        return False, f"OPENAI_BASE_URL, OPENAI_API_KEY: no answer ({type(error).__name__})"
    finally:
        await client.close()
    return True, f"the models' endpoint answers; fast is {settings.model_fast}"


async def _meaning(settings: Settings) -> Finding:
    async with AsyncExitStack() as stack:
        try:
            found = await endpoint.meaning(settings, endpoint.client(settings, stack))
            if found is None:
                return True, "no embeddings are set: the handbook is searched by words only"
            return True, f"the handbook is searched by meaning too; {await found.model()}"
        except SettingsError as error:
            return False, str(error)
        except Unavailable as error:
            return False, f"HANDRAIL_EMBEDDINGS: the endpoint does not embed ({error})"
