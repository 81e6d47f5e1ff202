"""The embedded PostgreSQL's files and process: make, start, find, stop."""

import hashlib
import logging
import os
import re
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import psutil

from adapters.store.unprivileged import ENVIRONMENT, EmbeddedError, Home, runnable_bin_folder

logger = logging.getLogger(__name__)

MAJOR = "18"
"""Of the binaries in the wheel."""

PORT = 5432
"""Only a part of the socket's name: nothing listens on the network."""

SOCKET = f".s.PGSQL.{PORT}"

# Written into postgresql.conf once, where an operator may change them. `C.UTF-8` is PostgreSQL's
# own: the same order and case on every machine, and no index breaks when the system changes.
INITDB = (
    "--username=postgres",
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
    "--auth-local=peer",
    "--auth-host=reject",
    "--data-checksums",
    "--no-instructions",
    "--set=shared_buffers=64MB",
    "--set=max_connections=100",
    "--set=max_wal_size=512MB",
    "--set=max_parallel_workers_per_gather=0",
    "--set=io_method=sync",
    "--set=timezone=UTC",
    "--set=log_timezone=UTC",
)

# Given at every start, above postgresql.conf. The last three keep what people write out of the
# log: an error's line, its DETAIL and its statement hold values. The session that failed has them.
ALWAYS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "logging_collector": "off",
    "log_destination": "stderr",
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}

# What may stand in a socket's path, in `unix_socket_directories` and in a URL's `host` at once:
# a comma or a colon splits one of them.
PLAIN = re.compile(r"[A-Za-z0-9/._-]+")
LONGEST = 103
"""Bytes in a socket's path: 103 on macOS, 107 on Linux."""

NO_PROCESS = 2**30
"""Greater than any process id."""

BIG_LOG = 10_000_000


def make_ready(home: Home) -> None:
    """Make the cluster if there is none. Raises if these binaries cannot read the one there is."""
    for draft in home.folder.glob("new-*"):  # of a start that was killed
        shutil.rmtree(draft, ignore_errors=True)
    version = home.cluster / "PG_VERSION"
    if not home.cluster.exists():
        _create(home)
    elif not version.exists():
        raise EmbeddedError(
            f"{home.cluster} is no PostgreSQL cluster: it has no PG_VERSION. Bring its files back"
            " from a backup, or move the folder away to begin with an empty database."
        )
    elif (major := version.read_text().strip()) != MAJOR:
        raise EmbeddedError(
            f"The database in {home.cluster} was made by PostgreSQL {major}, and this release of"
            f" Handrail brings PostgreSQL {MAJOR}, which cannot read it. Start the release that"
            " made it and back up, then move the folder away and restore with this release."
        )


def launch(home: Home, binaries: Path) -> psutil.Process:
    """Start the server without waiting for it. Only for the lock's holder, and if none runs."""
    socket = _make_socket_folder(home)
    _defuse(home.cluster / "postmaster.pid")
    _defuse(socket / f"{SOCKET}.lock")
    # Outside the cluster, where the server's own user cannot change who may enter.
    doors, people = home.folder / "pg_hba.conf", home.folder / "pg_ident.conf"
    _write(doors, "local all all peer map=handrail\n")
    _write(people, _identities(home))
    settings = {
        **ALWAYS,
        "unix_socket_directories": str(socket),
        "hba_file": str(doors),
        "ident_file": str(people),
    }
    other = home.account.other
    with _open_log(home.log) as log:
        return psutil.Popen(
            [
                str(binaries / "postgres"),
                *("-D", str(home.cluster)),
                *(f"--{name}={value}" for name, value in settings.items()),
            ],
            user=other and other.uid,
            group=other and other.gid,
            extra_groups=other and [],
            env=ENVIRONMENT,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C is for Handrail, which stops the server last
        )


def find_server(home: Home) -> psutil.Process | None:
    """The running server of this cluster. None: there is none, or its process is out of sight."""
    try:
        server = psutil.Process(int(_pid_file(home)[0]))
        if server.uids().real != home.account.uid:
            return None
        if server.cmdline()[1:3] == ["-D", str(home.cluster)]:
            return server
        # Started by hand, or the folder was moved. In a container, root may not look: no matter.
        at_work = server.name() == "postgres" and server.cwd() == str(home.cluster)
    except (IndexError, ValueError, psutil.Error):
        return None
    return server if at_work else None


def find_socket(home: Home) -> Path | None:
    """Where the server says that it listens. None: it does not say, or others could be there."""
    with suppress(IndexError, FileNotFoundError):
        folder = Path(_pid_file(home)[4])
        if folder.is_absolute() and _is_private(folder, home.account.uid):
            return folder
    return None


def has_ended(server: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        if server.is_running() and server.status() != psutil.STATUS_ZOMBIE:
            return False
    with suppress(psutil.TimeoutExpired):
        server.wait(0)  # a child is to be collected; an adopted server is another's child
    return True


def shut_down(server: psutil.Process) -> None:
    """Fast first: sessions are ended and all is written. What follows costs a crash recovery."""
    for number, patience in ((signal.SIGINT, 60), (signal.SIGQUIT, 10), (signal.SIGKILL, 10)):
        with suppress(psutil.NoSuchProcess):
            server.send_signal(number)
        end = time.monotonic() + patience
        while time.monotonic() < end:
            if has_ended(server):
                return
            time.sleep(0.01)
        logger.warning("the database did not stop", extra={"signal": number, "pid": server.pid})


def log_tail(home: Home) -> str:
    """The last lines of the server's log, and whether the disk is full."""
    lines = home.log.read_text(errors="replace").splitlines()[-12:] if home.log.exists() else []
    if shutil.disk_usage(home.folder).free < 50_000_000:
        lines.append(f"The disk of {home.folder} is full: make room on it.")
    return "\n".join((f"{home.log} ends with:", *lines))


def _create(home: Home) -> None:
    """Under another name until it is whole, so that nothing half-made is ever taken for it."""
    binaries = runnable_bin_folder(home)
    draft = Path(tempfile.mkdtemp(prefix="new-", dir=home.folder))
    home.account.own(draft)
    done = home.account.run([binaries / "initdb", "-D", draft, *INITDB])
    if done.returncode != 0:
        shutil.rmtree(draft, ignore_errors=True)
        raise EmbeddedError(
            f"The database could not be made in {home.folder}, as the user {home.account.name}:\n"
            f"{done.stderr.strip()}\nThe disk may be full, or the folder on a file system that"
            " has no owners: make room, or set HANDRAIL_DATA to another folder."
        )
    draft.rename(home.cluster)
    folder = os.open(home.folder, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _pid_file(home: Home) -> list[str]:
    """The process id, the cluster, the start time, the port, the socket's folder, and more."""
    try:
        return (home.cluster / "postmaster.pid").read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return []


def _defuse(pid_file: Path) -> None:
    """Have a stale file name no process, lest PostgreSQL takes a stranger for its server.

    Or a dead one that nobody collected. The other lines stay: by them PostgreSQL sees whether
    orphans still use the shared memory.
    """
    try:
        # Root writes here in a folder of another user: a link would lead it astray.
        descriptor = os.open(pid_file, os.O_RDWR | os.O_NOFOLLOW)
    except FileNotFoundError:
        return
    with open(descriptor, "r+", errors="replace") as file:
        pid, _, rest = file.read().partition("\n")
        if pid.isdigit() and rest:
            file.seek(0)
            file.write(f"{NO_PROCESS}\n{rest}")
        else:
            pid_file.unlink()  # cut short by a full disk or a power cut: it says nothing


def _identities(home: Home) -> str:
    """Which users of the system may be which role: root or whoever we are, and the server's."""
    users = {psutil.Process().username(), home.account.name}
    roles = ("postgres", "handrail_owner", "handrail_app")
    quoted = ('"' + user.replace('"', '""') + '"' for user in sorted(users))
    return "".join(f"handrail {user} {role}\n" for user in quoted for role in roles)


def _make_socket_folder(home: Home) -> Path:
    """In the home; or, if that path is too long or not plain, in the system's temporary folder."""
    folder = home.folder / "socket"
    if not _is_fit(folder):
        name = hashlib.sha256(os.fsencode(home.folder)).hexdigest()[:16]
        folder = Path(tempfile.gettempdir()) / f"handrail-{home.account.uid}-{name}"
    if not _is_fit(folder):
        raise EmbeddedError(f"The path {folder} does not do for a socket. Set TMPDIR to /tmp.")
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    if folder.lstat().st_uid == os.geteuid():
        home.account.own(folder)
    if not _is_private(folder, home.account.uid):
        raise EmbeddedError(
            f"{folder} must be a folder of the user {home.account.name} that nobody else can"
            " enter, and it is not. Remove it, and start Handrail again."
        )
    return folder


def _is_fit(folder: Path) -> bool:
    path = str(folder / SOCKET)
    return len(path) <= LONGEST and PLAIN.fullmatch(path) is not None


def _is_private(folder: Path, uid: int) -> bool:
    facts = folder.lstat()
    return stat.S_ISDIR(facts.st_mode) and facts.st_uid == uid and not facts.st_mode & 0o077


def _open_log(path: Path) -> BinaryIO:
    if path.exists() and path.stat().st_size > BIG_LOG:
        path.replace(path.with_suffix(".log.1"))
    return open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")


def _write(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o644)  # the server's user reads it, whatever our umask is
