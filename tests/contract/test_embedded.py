"""The embedded PostgreSQL, with real servers, crashes and users."""

import asyncio
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import psutil
import psycopg
import pytest

from adapters.store import embedded as embedded_module
from adapters.store.cluster import find_server, find_socket, launch, shut_down
from adapters.store.embedded import EmbeddedError, EmbeddedPostgres, bin_folder
from adapters.store.unprivileged import Account, Home, find_home, runnable_bin_folder

ROOT = Path(__file__).parents[2]
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be other users")

OWNER = """
import asyncio, sys
from pathlib import Path
from adapters.store.embedded import EmbeddedPostgres

async def main():
    print((await EmbeddedPostgres(Path(sys.argv[1])).start()).owner, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


# ---- what the tests stand on ----------------------------------------------------------------


@contextmanager
def data_folder() -> Iterator[Path]:
    """One that every user may pass through, which pytest's own are not."""
    folder = Path(tempfile.mkdtemp(prefix="handrail-test-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        if (folder / "postgres").exists():  # else there is no home, and one would be made
            with suppress(EmbeddedError, OSError):
                if server := find_server(find_home(folder)):
                    shut_down(server)
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
async def template() -> AsyncIterator[Path]:
    """The data folder of a database that was used and stopped."""
    with data_folder() as folder:
        embedded = EmbeddedPostgres(folder)
        addresses = await embedded.start()
        await run(addresses.owner, "CREATE TABLE kept (line text)")
        await run(addresses.owner, "GRANT SELECT, INSERT ON kept TO handrail_app")
        await embedded.stop()
        yield folder


@pytest.fixture
def folder(template: Path) -> Iterator[Path]:
    with data_folder() as folder:
        copy(template, folder)
        yield folder


@pytest.fixture
def empty() -> Iterator[Path]:
    with data_folder() as folder:
        yield folder


@asynccontextmanager
async def started(folder: Path) -> AsyncIterator[tuple[EmbeddedPostgres, str, str]]:
    """The server, the application's URL and the owner's."""
    embedded = EmbeddedPostgres(folder)
    addresses = await embedded.start()
    try:
        yield embedded, addresses.application, addresses.owner
    finally:
        await embedded.stop()


@contextmanager
def other_process(folder: Path, wait: bool = True) -> Iterator["subprocess.Popen[str]"]:
    """Another process that starts the database, and ends only by kill -9."""
    process = subprocess.Popen(
        [sys.executable, "-c", OWNER, folder], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    try:
        if wait:
            assert process.stdout.readline().startswith("postgresql://")
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def copy(source: Path, target: Path) -> None:
    """A file, or what is in a folder, with its owners."""
    what = os.path.join(source, ".") if source.is_dir() else source
    subprocess.run(["/bin/cp", "-a", what, target], check=True)


async def run(url: str, query: str, *values: str) -> list[tuple[object, ...]]:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        cursor = await connection.execute(query.encode(), values or None)
        return await cursor.fetchall() if cursor.description else []


async def keep(url: str, line: str) -> None:
    await run(url, "INSERT INTO kept VALUES (%s)", line)


async def kept(url: str) -> list[str]:
    return [str(line) for (line,) in await run(url, "SELECT line FROM kept ORDER BY line")]


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def server_of(folder: Path) -> psutil.Process:
    server = find_server(find_home(folder))
    assert server
    return server


def kill(process: psutil.Process) -> None:
    process.kill()
    until(lambda: is_dead(process))


def is_dead(process: psutil.Process) -> bool:
    """Died, collected or not: that is for its parent to do, even in a test."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def set_mode(path: Path, bits: int) -> None:
    path.chmod(bits)


def another_user(home: Home) -> Account:
    """Neither us nor the server's."""
    for name in ("www-data", "nobody", "daemon"):
        with suppress(KeyError):
            entry = pwd.getpwnam(name)
            if entry.pw_uid != home.account.uid:
                return Account(name, entry.pw_uid, entry.pw_gid)
    raise AssertionError


# ---- what it makes --------------------------------------------------------------------------


async def test_the_application_can_work_but_not_build(folder: Path) -> None:
    async with started(folder) as (_, application, owner):
        await run(owner, "CREATE TABLE public.built (id int)")
        await keep(application, "work")
        assert await kept(owner) == ["work"]
        for forbidden in (
            "CREATE TABLE public.mine (id int)",
            "CREATE SCHEMA mine",
            "DROP TABLE public.built",
            "CREATE ROLE mine",
            "SET ROLE handrail_owner",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                await run(application, forbidden)


async def test_neither_role_has_a_power_that_goes_round_the_rules(folder: Path) -> None:
    async with started(folder) as (_, _, owner):
        rows = await run(
            owner,
            "SELECT rolname, rolcanlogin, rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb"
            " OR rolreplication FROM pg_roles WHERE rolname LIKE 'handrail%' ORDER BY 1",
        )
        assert rows == [("handrail_app", True, False), ("handrail_owner", True, False)]


async def test_a_role_that_was_given_powers_loses_them_at_the_next_start(folder: Path) -> None:
    async with started(folder) as (_, application, _):
        as_superuser = application.replace("handrail_app", "postgres")
        await run(as_superuser, "ALTER ROLE handrail_app SUPERUSER BYPASSRLS")
    async with started(folder) as (_, application, _):
        query = "SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user"
        assert await run(application, query) == [(False, False)]


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("server_encoding", "UTF8"),
        ("data_checksums", "on"),
        ("fsync", "on"),
        ("listen_addresses", ""),
        ("max_connections", "100"),
        ("log_error_verbosity", "terse"),
    ],
)
async def test_the_server_is_set_up_for_a_small_desk(shared: str, setting: str, value: str) -> None:
    assert await run(shared, f"SELECT current_setting('{setting}')") == [(value,)]


async def test_words_of_any_language_have_upper_and_lower_case(shared: str) -> None:
    assert await run(shared, "SELECT lower('ÄÖÜ ŁÓDŹ ΑΘΗΝΑ'), 'ä' = 'a'") == [
        ("äöü łódź αθηνα", False)
    ]


@pytest.fixture(scope="module")
async def shared(template: Path) -> AsyncIterator[str]:
    """The owner's URL of one server for tests that only look."""
    with data_folder() as folder:
        copy(template, folder)
        async with started(folder) as (_, _, owner):
            yield owner


async def test_what_people_write_is_not_in_the_servers_log(folder: Path) -> None:
    async with started(folder) as (_, application, owner):
        await run(owner, "CREATE UNIQUE INDEX ON kept (line)")
        await keep(application, "my salary")
        with pytest.raises(psycopg.errors.UniqueViolation):
            await keep(application, "my salary")
        with pytest.raises(psycopg.errors.InvalidTextRepresentation):
            await run(application, "SELECT 'my salary'::int")
        with pytest.raises(psycopg.errors.AdminShutdown):
            await run(application, "SELECT 'my salary', pg_terminate_backend(pg_backend_pid())")
        log = find_home(folder).log.read_text()
        assert "terminating connection" in log
        assert "salary" not in log


@pytest.mark.skipif(not os.path.exists("/proc"), reason="macOS tells nothing of other processes")
async def test_the_server_knows_nothing_of_our_environment_and_terminal(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
    monkeypatch.setenv("PGPORT", "6543")
    async with started(folder) as (_, application, _):
        server, account = server_of(folder), find_home(folder).account
        # Read by its own user: in a container, not even root may.
        environment = account.run(["/bin/cat", f"/proc/{server.pid}/environ"]).stdout.split("\0")
        assert {line.partition("=")[0] for line in environment} == {"PATH", "LC_ALL", ""}
        assert "secret" not in account.run(["/usr/bin/env"]).stdout
        assert os.getsid(server.pid) == server.pid
        assert await kept(application) == []


def test_the_wheel_brings_what_backups_need() -> None:
    for program in ("pg_dump", "pg_restore", "psql"):
        subprocess.run([bin_folder() / program, "--version"], check=True, capture_output=True)


async def test_making_the_database_does_not_hold_up_the_event_loop(empty: Path) -> None:
    seen: list[bool] = []

    async def look() -> None:
        while True:
            seen.append(any((empty / "postgres").glob("new-*/PG_VERSION")))
            await asyncio.sleep(0.005)

    looking = asyncio.create_task(look())
    async with started(empty):
        looking.cancel()
    assert any(seen)


# ---- start and stop -------------------------------------------------------------------------


async def test_what_was_committed_is_there_after_a_restart(folder: Path) -> None:
    for line in ("1", "2", "3"):
        async with started(folder) as (_, application, _):
            await keep(application, line)
    async with started(folder) as (_, application, _):
        assert await kept(application) == ["1", "2", "3"]


async def test_start_and_stop_may_be_called_twice(folder: Path) -> None:
    embedded = EmbeddedPostgres(folder)
    await embedded.stop()
    first = await embedded.start()
    server = server_of(folder)
    assert await asyncio.gather(embedded.start(), embedded.start()) == [first, first]
    assert server_of(folder) == server
    await embedded.stop()
    assert is_dead(server)
    await embedded.stop()
    assert await embedded.start() == first
    await embedded.stop()


async def test_stop_does_not_wait_for_idle_sessions(folder: Path) -> None:
    embedded = EmbeddedPostgres(folder)
    addresses = await embedded.start()
    async with await psycopg.AsyncConnection.connect(addresses.application) as connection:
        await connection.execute("SELECT 1")
        await asyncio.wait_for(embedded.stop(), 20)
        with pytest.raises(psycopg.OperationalError):
            await connection.execute("SELECT 1")


async def test_a_start_that_is_cancelled_leaves_nothing_running(folder: Path) -> None:
    embedded = EmbeddedPostgres(folder)
    starting = asyncio.create_task(embedded.start())
    for _ in range(100_000):
        if (folder / "postgres/cluster/postmaster.pid").exists():
            break
        await asyncio.sleep(0)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert find_server(find_home(folder)) is None
    async with started(folder) as (_, application, _):
        assert await kept(application) == []


# ---- crashes --------------------------------------------------------------------------------


async def test_after_the_server_is_killed_a_start_recovers_what_was_committed(folder: Path) -> None:
    async with started(folder) as (embedded, application, _):
        await keep(application, "committed")
        killed = server_of(folder)
        kill(killed)
        await embedded.start()
        assert await kept(application) == ["committed"]
        assert server_of(folder) != killed


async def test_a_session_that_outlives_the_killed_server_is_waited_for(folder: Path) -> None:
    async with started(folder) as (embedded, application, owner):
        await keep(application, "committed")
        busy = asyncio.create_task(run(owner, "SELECT sum(n) FROM generate_series(1, 6000000) n"))
        active = (
            "SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'SELECT sum%'"
        )
        while not await run(owner, active):
            assert not busy.done()
        kill(server_of(folder))
        await embedded.start()
        assert await kept(application) == ["committed"]
        with suppress(psycopg.OperationalError):
            await busy


async def test_a_server_whose_owner_was_killed_is_adopted_and_stopped(folder: Path) -> None:
    with other_process(folder) as owner:
        server = server_of(folder)
        await keep_as_application(folder, "before")
        owner.kill()
        owner.wait()
        assert server.is_running()
        async with started(folder) as (_, application, _):
            assert server_of(folder) == server
            assert await kept(application) == ["before"]
        until(lambda: is_dead(server))


async def test_when_owner_and_server_are_both_killed_a_start_recovers(folder: Path) -> None:
    with other_process(folder) as owner:
        await keep_as_application(folder, "before")
        server = server_of(folder)
        owner.kill()
        owner.wait()
        kill(server)
    async with started(folder) as (_, application, _):
        assert await kept(application) == ["before"]


async def keep_as_application(folder: Path, line: str) -> None:
    socket = find_socket(find_home(folder))
    await keep(f"postgresql://handrail_app@/handrail?host={socket}", line)


@pytest.mark.parametrize("orphan", [False, True], ids=["initdb killed too", "initdb goes on"])
async def test_a_making_that_was_killed_half_way_leaves_nothing_half_made(
    empty: Path, orphan: bool
) -> None:
    with other_process(empty, wait=False) as owner:
        until(lambda: list((empty / "postgres").glob("new-*/global")))
        children = psutil.Process(owner.pid).children(recursive=True)
        if not orphan:
            for child in children:
                with suppress(psutil.NoSuchProcess):  # some live for a moment only
                    child.kill()
        owner.kill()
        owner.wait()
    assert not (empty / "postgres/cluster").exists()
    async with started(empty) as (_, _, owner_url):
        assert await run(owner_url, "SELECT 1") == [(1,)]
    # While it goes on, it may put back what was cleared away: the next start clears that too.
    psutil.wait_procs(children, timeout=20)
    async with started(empty):
        assert list((empty / "postgres").glob("new-*")) == []


async def test_a_server_that_hangs_is_told_of_and_left_alone(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded_module, "PATIENCE", 2.5)  # a try takes 2 s
    with other_process(folder):
        server = server_of(folder)
    server.send_signal(signal.SIGSTOP)
    with pytest.raises(EmbeddedError, match=r"does not answer(.|\n)*ready to accept connections"):
        await EmbeddedPostgres(folder).start()
    server.send_signal(signal.SIGCONT)
    async with started(folder):
        assert server_of(folder) == server


# ---- more than one process ------------------------------------------------------------------


async def test_a_second_process_shares_the_server_and_does_not_stop_it(folder: Path) -> None:
    with other_process(folder):
        server = server_of(folder)
        async with started(folder) as (_, application, _):
            await keep(application, "shared")
        assert server_of(folder) == server
        async with started(folder) as (_, application, _):
            assert await kept(application) == ["shared"]


async def test_one_that_shares_takes_over_when_it_starts_again_after_the_owner_died(
    folder: Path,
) -> None:
    with other_process(folder) as owner:
        server = server_of(folder)
        async with started(folder) as (embedded, application, _):
            owner.kill()
            owner.wait()
            await embedded.start()
            assert await kept(application) == []
        until(lambda: is_dead(server))


async def test_two_that_begin_at_once_make_one_database(empty: Path) -> None:
    both = EmbeddedPostgres(empty), EmbeddedPostgres(empty)
    first, second = await asyncio.gather(*(embedded.start() for embedded in both))
    assert first == second
    assert await run(first.application, "SELECT 1") == [(1,)]
    for embedded in both:
        await embedded.stop()


async def test_one_does_not_wait_for_ever_for_an_owner_that_does_not_get_ready(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with started(folder):
        kill(server_of(folder))
        with monkeypatch.context() as patched:
            patched.setattr(embedded_module, "PATIENCE", 0.1)
            with pytest.raises(EmbeddedError, match="Another Handrail process holds"):
                await EmbeddedPostgres(folder).start()


# ---- stale files ----------------------------------------------------------------------------


@pytest.fixture
def stranger(folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A live process of the server's user that has nothing to do with it."""
    other = find_home(folder).account.other
    process = subprocess.Popen(["/bin/sleep", "600"], user=other and other.uid)
    yield process
    process.kill()
    process.wait()


async def test_a_pid_file_that_names_an_unrelated_process_is_not_believed(
    folder: Path, stranger: "subprocess.Popen[bytes]"
) -> None:
    pid_file = folder / "postgres/cluster/postmaster.pid"
    lock_file = folder / "postgres/socket/.s.PGSQL.5432.lock"
    async with started(folder) as (embedded, application, _):
        await keep(application, "committed")
        server = server_of(folder)
        kill(server)
        for stale in (pid_file, lock_file):
            stale.write_text(stale.read_text().replace(str(server.pid), str(stranger.pid), 1))
        await embedded.start()
        assert await kept(application) == ["committed"]
    assert stranger.poll() is None


@pytest.mark.parametrize("content", [b"", b"12", b"\xff\xfe\n\n\n\n\n\n"])
async def test_a_pid_file_that_was_cut_short_does_not_stop_the_start(
    folder: Path, content: bytes
) -> None:
    (folder / "postgres/cluster/postmaster.pid").write_bytes(content)
    async with started(folder) as (_, application, _):
        assert await kept(application) == []


async def test_a_start_does_not_believe_a_server_of_another_cluster(
    folder: Path, template: Path
) -> None:
    with data_folder() as elsewhere:
        copy(template, elsewhere)
        async with started(elsewhere) as (_, application, _):
            await keep(application, "not yours")
            # As a folder looks that was copied with its running server's pid file and socket.
            lying = elsewhere / "postgres/cluster/postmaster.pid"
            copy(lying, folder / "postgres/cluster")
            async with started(folder) as (_, ours, _):
                assert await kept(ours) == []


# ---- paths ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a" * 120, "Help desk, 100% & co: ünï"])
async def test_a_path_that_does_not_do_for_a_socket_gets_a_private_one(
    folder: Path, name: str
) -> None:
    odd = folder / name
    odd.mkdir()
    copy(folder / "postgres", odd / "postgres")
    for line in ("1", "2"):
        async with started(odd) as (_, application, _):
            await keep(application, line)
            assert len(await kept(application)) == int(line)
            socket = find_socket(find_home(odd))
    assert socket
    assert socket.parent == Path(tempfile.gettempdir())
    assert mode(socket) == 0o700

    socket.chmod(0o755)
    with pytest.raises(EmbeddedError, match=f"{socket} must be a folder of the user"):
        await EmbeddedPostgres(odd).start()
    socket.rmdir()
    socket.symlink_to(odd / "postgres/socket")
    with pytest.raises(EmbeddedError, match=f"{socket} must be a folder of the user"):
        await EmbeddedPostgres(odd).start()
    socket.unlink()


async def test_a_relative_path_and_a_link_lead_to_the_same_server(
    folder: Path, empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder.parent)
    (empty / "link").symlink_to(folder)
    async with started(Path(folder.name)) as (_, application, _):
        assert (await EmbeddedPostgres(empty / "link").start()).application == application


# ---- users ----------------------------------------------------------------------------------


@needs_root
async def test_another_user_cannot_connect(folder: Path) -> None:
    async with started(folder) as (_, application, owner):
        home = find_home(folder)
        psql = runnable_bin_folder(home) / "psql"
        stranger, socket = another_user(home), find_socket(home)
        assert socket
        assert mode(socket / ".s.PGSQL.5432") == 0o700
        for url in (application, owner, application.replace("handrail_app", "postgres")):
            assert home.account.run([psql, url, "-c", "SELECT 1"]).returncode == 0
            assert "Permission denied" in stranger.run([psql, url, "-c", "SELECT 1"]).stderr
            # Even if both were open: the system tells the server who it is.
            socket.chmod(0o755)
            (socket / ".s.PGSQL.5432").chmod(0o777)
            refused = stranger.run([psql, url, "-c", "SELECT 1"])
            assert "Peer authentication failed" in refused.stderr
            socket.chmod(0o700)


@needs_root
async def test_root_has_an_unprivileged_user_run_it_that_owns_only_its_folders(
    folder: Path,
) -> None:
    async with started(folder):
        home = find_home(folder)
        assert server_of(folder).uids().effective == home.account.uid != 0
        owned = {p.name for p in home.folder.iterdir() if p.stat().st_uid == home.account.uid}
        assert owned == {"cluster", "socket"}
        assert home.folder.stat().st_uid == 0
        assert home.account.run(["/usr/bin/touch", home.folder / "x"]).returncode != 0


@pytest.fixture
def closed(empty: Path) -> Iterator[Path]:
    """A data folder that only root can enter, such as one below /root."""
    empty.chmod(0o700)
    yield empty
    pointer = empty / "postgres/elsewhere.txt"
    if pointer.exists():
        shutil.rmtree(pointer.read_text().splitlines()[0], ignore_errors=True)
    with suppress(OSError):
        Path("/var/lib/handrail").rmdir()  # unless somebody else has a database there


@needs_root
async def test_below_a_closed_folder_the_database_goes_elsewhere_and_is_found_again(
    closed: Path,
) -> None:
    async with started(closed) as (_, application, owner):
        await run(owner, "CREATE TABLE kept (line text); GRANT ALL ON kept TO handrail_app")
        await keep(application, "elsewhere")
    moved = closed / "moved"
    moved.mkdir()
    (closed / "postgres").rename(moved / "postgres")
    async with started(moved) as (_, application, _):
        assert await kept(application) == ["elsewhere"]
    pointer = (moved / "postgres/elsewhere.txt").rename(closed / "elsewhere.txt")
    assert mode(closed) == 0o700
    home = Path(pointer.read_text().splitlines()[0])
    assert home.is_relative_to("/var/lib/handrail") or home.is_relative_to("/opt/handrail")
    assert (home / "cluster/PG_VERSION").exists()
    shutil.rmtree(home)


@needs_root
async def test_a_database_elsewhere_that_is_gone_is_not_begun_anew(closed: Path) -> None:
    async with started(closed):
        pass
    pointer = closed / "postgres/elsewhere.txt"
    shutil.rmtree(pointer.read_text().splitlines()[0])
    with pytest.raises(EmbeddedError, match="is gone"):
        await EmbeddedPostgres(closed).start()


@needs_root
async def test_a_strict_umask_does_not_send_the_database_elsewhere(empty: Path) -> None:
    before = os.umask(0o077)
    try:
        async with started(empty) as (_, application, _):
            assert await run(application, "SELECT 1") == [(1,)]
    finally:
        os.umask(before)
    assert (empty / "postgres/cluster/PG_VERSION").exists()


@needs_root
async def test_a_cluster_that_was_closed_off_later_is_not_begun_anew(folder: Path) -> None:
    set_mode(folder, 0o700)
    with pytest.raises(EmbeddedError, match="cannot enter"):
        await EmbeddedPostgres(folder).start()
    set_mode(folder, 0o755)
    async with started(folder) as (_, application, _):
        assert await kept(application) == []


@needs_root
def test_programs_that_the_user_cannot_reach_are_copied_to_where_it_can(
    folder: Path, empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = bin_folder().parents[1]
    (empty / package.name).mkdir()
    (empty / package.name / "__init__.py").touch()
    for part in (f"{package.name}/{bin_folder().parent.name}", f"{package.name}.libs"):
        if (package.parent / part).exists():
            shutil.copytree(package.parent / part, empty / part)
    empty.chmod(0o700)
    monkeypatch.syspath_prepend(str(empty))
    home = find_home(folder)
    programs = runnable_bin_folder(home)
    assert bin_folder().is_relative_to(empty)
    assert programs.is_relative_to(home.folder)
    assert programs == runnable_bin_folder(home)
    assert home.account.run([programs / "pg_dump", "--version"]).returncode == 0
    server = launch(home, programs)
    until(lambda: find_socket(home))
    shut_down(server)


# ---- what cannot be ---------------------------------------------------------------------------


async def test_a_cluster_of_another_major_version_is_refused(folder: Path) -> None:
    version = folder / "postgres/cluster/PG_VERSION"
    version.write_text("17\n")
    with pytest.raises(EmbeddedError, match=r"made by PostgreSQL 17.*back up.*restore"):
        await EmbeddedPostgres(folder).start()
    version.write_text("18\n")
    async with started(folder) as (_, application, _):
        assert await kept(application) == []


async def test_a_folder_that_is_no_cluster_is_refused_and_kept(folder: Path) -> None:
    (folder / "postgres/cluster/PG_VERSION").unlink()
    with pytest.raises(EmbeddedError, match="has no PG_VERSION"):
        await EmbeddedPostgres(folder).start()
    assert (folder / "postgres/cluster/base").exists()


async def test_a_server_that_cannot_start_says_what_its_log_says(folder: Path) -> None:
    settings = folder / "postgres/cluster/postgresql.conf"
    right = settings.read_text()
    settings.write_text(f"{right}\nshared_buffers = plenty\n")
    with pytest.raises(EmbeddedError, match=r"does not start(.|\n)*shared_buffers"):
        await EmbeddedPostgres(folder).start()
    settings.write_text(right)
    async with started(folder) as (_, application, _):
        assert await kept(application) == []


async def test_a_data_folder_that_cannot_be_written_is_said_so(empty: Path) -> None:
    (empty / "file").touch()
    with pytest.raises(EmbeddedError, match=r"cannot use .*file.*HANDRAIL_DATA"):
        await EmbeddedPostgres(empty / "file" / "data").start()


@pytest.fixture
def small_disk(empty: Path) -> Iterator[Path]:
    mount = ["/bin/mount", "-t", "tmpfs", "-o", "size=20m,mode=755", "tmpfs", str(empty)]
    if subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("only root may mount, and not in every container")
    yield empty
    subprocess.run(["/bin/umount", empty], check=True)


async def test_a_full_disk_is_said_so(small_disk: Path) -> None:
    with pytest.raises(EmbeddedError, match=r"No space left on device(.|\n)*[Mm]ake room"):
        await EmbeddedPostgres(small_disk).start()
    assert [path.name for path in (small_disk / "postgres").iterdir()] == ["lock"]
