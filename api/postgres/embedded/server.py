"""Starts, joins, watches and stops the PostgreSQL server of one folder."""

import contextlib
import fcntl
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from urllib.parse import quote

import psutil
import psycopg

from api.postgres.embedded import guard
from api.postgres.embedded.account import Account, account_for
from api.postgres.embedded.cluster import (
    PROGRAM,
    ROLE,
    answers,
    check_version,
    last_fatal_line,
    make_cluster,
    make_database,
    no_database,
)
from api.postgres.embedded.folders import (
    PORT,
    SOCKET_NAMES,
    make_socket_folder,
    own_folder,
    owner_only,
    socket_folder,
)
from api.postgres.embedded.guard import (
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
from api.postgres.embedded.processes import collect_ended, spawn

START_SECONDS: Final = 120.0
"""A start after a crash replays the write-ahead log first, which can take this long on a slow disk."""
WATCH_SECONDS: Final = 0.5
"""How often a long-running process checks that the server is still running."""
_STARTS: Final = 3
"""How often to try again if the server disappears while it is being started."""
LOG_BYTES: Final = 10_000_000
GUARD_SECONDS: Final = 2.0
"""How long the last user of a server waits for the guard to end."""

SETTINGS: Final[Mapping[str, str]] = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "fsync": "on",
    "full_page_writes": "on",
    # Old write-ahead log files are deleted instead of recycled, because they contain wrapped keys of erased people.
    "wal_recycle": "off",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Details, statements and parameters of errors quote values, so they are not logged.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_statement": "none",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}
"""The configuration of every embedded server: durable, in UTC, and without values in its log."""

log = logging.getLogger("overwinter.embedded")


class EmbeddedPostgres:
    """The PostgreSQL server of one folder: `with EmbeddedPostgres(folder) as server: connect(server.url)`.

    Nothing else uses `folder`, which contains data, socket, log and locks. It is created, owner-only, if it is missing,
    unless `make` is false. `settings` are added to `SETTINGS`, for tests that do not need durability. Raises
    `EmbeddedError`.
    """

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None, *, make: bool = True) -> None:
        self.folder = Path(os.path.abspath(folder))  # noqa: PTH100 - resolve() would follow symbolic links
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
        """The server's log."""
        return self._ready_account.home / "postgres.log"

    @property
    def pid(self) -> int | None:
        """The process id of the server, or None if it is not running."""
        process = postmaster(self.data)
        return process.pid if process else None

    @property
    def url(self) -> str:
        """The address of the database for its owner. It contains no secret; access is controlled by the folder's
        permissions."""
        return self.url_of(ROLE)

    @property
    def program_url(self) -> str:
        """The address of the database for the program, whose role can read the history and add to it."""
        return self.url_of(ROLE, PROGRAM)

    def url_of(self, database: str, role: str = ROLE) -> str:
        """The address of another database of this server, or of another role (`postgres` is its superuser)."""
        socket = socket_folder(self._ready_account)
        if socket is None:
            raise EmbeddedError(f"The embedded PostgreSQL of {self.folder} is not running.")
        folder = quote(str(socket), safe="")
        return f"postgresql://{quote(role, safe='')}@/{quote(database, safe='')}?host={folder}&port={PORT}"

    def start(self) -> None:
        """Start the server, or join a running one; on return it accepts connections. Idempotent."""
        if self._users is not None:
            return
        if not self._make and not self.folder.exists():
            raise no_database(self.folder)
        own_folder(self.folder)
        users = open_lock(self.folder / "users.lock")
        try:
            lock(users, fcntl.LOCK_SH, STOP_SECONDS + 10, "is still being stopped by another process")
            self._bring_up()
        except BaseException:
            os.close(users)
            raise
        self._users = users

    def stop(self) -> None:
        """Leave the server; the last user stops it cleanly. Idempotent."""
        if self._users is None:
            return
        users, self._users = self._users, None
        last = False
        try:
            fcntl.flock(users, fcntl.LOCK_UN)
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                # Either others use it, and this returns at once, or the guard is stopping it, and this waits.
                lock(users, fcntl.LOCK_SH, STOP_SECONDS + 10, "could not be stopped")
            else:
                stop_server(self.data)
                last = True
        finally:
            os.close(users)
        if last and self._guard_process is not None:
            # The guard ends now, unless somebody else is just starting the server again.
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._guard_process.wait(GUARD_SECONDS)
        collect_ended()

    @contextlib.contextmanager
    def kept(self) -> Iterator[None]:
        """While inside this context, restart the server if it disappears (for example killed because memory ran out); clients
        reconnect by themselves. If it cannot be restarted, this process gets SIGTERM, and leaving the context raises the
        `EmbeddedError`."""
        leaving = threading.Event()
        failed: list[EmbeddedError] = []
        # If an existing database has disappeared, it must not be replaced by an empty one.
        self._make = False

        def watch() -> None:
            while not leaving.wait(WATCH_SECONDS):
                try:
                    if self.pid is None:
                        log.warning("the embedded PostgreSQL has stopped; restarting it")
                        self._bring_up()
                except (EmbeddedError, OSError) as error:
                    if isinstance(error, OSError):
                        why = error.strerror or type(error).__name__
                        error = EmbeddedError(f"The embedded PostgreSQL could not be restarted: {why}.")
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
        """Start the server unless it is running; only one process at a time does this."""
        with held(self.folder / "start.lock", START_SECONDS, "is still being started by another process"):
            self._account = account_for(self.folder)
            self._guard()
            for _ in range(_STARTS):
                if self.pid is None:
                    self._start_again()
                try:
                    make_database(self.url_of)
                except psycopg.OperationalError:
                    # The server disappeared in between: start it again.
                    if self.pid is not None:
                        break
                else:
                    return
            why = last_fatal_line(self.log_file, 0)
            raise EmbeddedError(f"The embedded PostgreSQL runs but does not answer: {why}")

    def _start_again(self) -> None:
        self._clear_remains()
        if (self.data / "PG_VERSION").exists():
            check_version(self._ready_account, self.data)
        elif self._make:
            make_cluster(self._ready_account, self.data)
        else:
            raise no_database(self.folder)
        self._launch()

    @property
    def _ready_account(self) -> Account:
        if self._account is None:
            raise EmbeddedError("The embedded PostgreSQL has not been started yet.")
        return self._account

    def _guard(self) -> None:
        """Start the process that stops the server when the last user is gone, unless it is running."""
        descriptor = open_lock(self.folder / "guard.lock")
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        finally:
            os.close(descriptor)
        # Started by its path, because as a module it would import the whole package.
        self._guard_process = spawn(
            [sys.executable, "-P", guard.__file__, str(self.folder), str(self.data)],
            env={"PATH": os.defpath, "PYTHONPATH": os.pathsep.join(each for each in sys.path if each)},
            cwd=self.folder,
        )

    def _clear_remains(self) -> None:
        """Remove what a crash left: workers without a server, the socket, and a process id that now belongs to another
        process."""
        deadline = time.monotonic() + 5
        while orphans := [each for each in psutil.process_iter(["name"]) if serves(each, self.data)]:
            # Workers notice by themselves that their server is gone; those that are too busy are killed.
            if time.monotonic() > deadline:
                for orphan in orphans:
                    with contextlib.suppress(psutil.NoSuchProcess):
                        orphan.kill()
            time.sleep(0.05)
        pid_file = self.data / "postmaster.pid"
        with contextlib.suppress(FileNotFoundError, ValueError):
            first, rest = pid_file.read_text().split("\n", 1)
            if psutil.pid_exists(int(first)):
                # The id belongs to another process or to a zombie. PostgreSQL would take either for a running server and
                # refuse to start, but it accepts the id of its own parent, and still checks the shared memory named in
                # the following lines.
                pid_file.write_text(f"{os.getpid()}\n{rest}")
        # The socket's lock file has the same process id. Nothing else uses the folder, so it can be removed.
        folder = make_socket_folder(self._ready_account)
        for name in SOCKET_NAMES:
            (folder / name).unlink(missing_ok=True)

    def _launch(self) -> None:
        account = self._ready_account
        if self.log_file.exists() and self.log_file.stat().st_size > LOG_BYTES:
            self.log_file.replace(self.log_file.with_suffix(".log.1"))
        # Quoted, because PostgreSQL parses this setting as a list.
        folder = str(make_socket_folder(account)).replace('"', '""')
        arguments = [f"--{name}={value}" for name, value in self._settings.items()]
        with open(self.log_file, "ab", opener=owner_only) as output:
            begin = output.tell()
            server = spawn(
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
        url = self.url_of("postgres", "postgres")
        until(lambda: server.poll() is not None or answers(url), START_SECONDS)
        if server.poll() is not None or not answers(url):
            why = last_fatal_line(self.log_file, begin)
            raise EmbeddedError(f"The embedded PostgreSQL did not start: {why}")
