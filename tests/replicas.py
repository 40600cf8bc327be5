"""A real streaming replica of the tests' own server, made by PostgreSQL's own programs, that can be held up and stopped."""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import psycopg

from api.postgres.embedded import PORT, ROLE, EmbeddedPostgres
from api.postgres.embedded.account import account_for


class StreamingReplica:
    """A replica of all databases of a server, on a socket of its own: `with StreamingReplica(server) as replica`."""

    def __init__(self, server: EmbeddedPostgres) -> None:
        self._account = account_for(server.folder)
        self._source = server.url_of("postgres", "postgres")
        self.folder = self._account.home / "replica"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        # Left behind by a test before that was killed.
        shutil.rmtree(self.folder, ignore_errors=True)
        made = self._account.run(
            "pg_basebackup", f"--pgdata={self.folder}", f"--dbname={self._source}", "--write-recovery-conf",
            "--wal-method=stream", "--checkpoint=fast", "--no-sync",
        )  # fmt: skip
        assert made.returncode == 0, made.stderr
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self) -> None:
        """Let it follow; it answers on return."""
        with open(self.folder / "log", "ab") as output:  # noqa: PTH123 - kept open for the server
            self._process = subprocess.Popen(
                [
                    *self._account.command("postgres"), f"-D{self.folder}", "--listen_addresses=", f"--port={PORT}",
                    f"--unix_socket_directories={self.folder}", "--fsync=off", "--hot_standby=on",
                ],
                env=self._account.environment, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=output,
                stderr=output, start_new_session=True,
            )  # fmt: skip
        until = time.monotonic() + 30
        while True:
            try:
                psycopg.connect(self.url_of("postgres", "postgres")).close()
            except psycopg.OperationalError:
                assert time.monotonic() < until, Path(self.folder / "log").read_text()
                time.sleep(0.1)
            else:
                return

    def stop(self) -> None:
        """Let it go away at once, with every connection to it."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(30)
            self._process = None

    def hold_up(self) -> None:
        """Let it fall behind: from now on it shows nothing new."""
        self._run("SELECT pg_wal_replay_pause()")
        until = time.monotonic() + 10
        while self._run("SELECT pg_get_wal_replay_pause_state()") != "paused":
            assert time.monotonic() < until
            time.sleep(0.02)

    def go_on(self) -> None:
        """Let it follow again."""
        self._run("SELECT pg_wal_replay_resume()")

    def catch_up(self) -> None:
        """Wait until it shows all that the primary has written by now."""
        with psycopg.connect(self._source, autocommit=True) as connection:
            row = connection.execute("SELECT pg_current_wal_insert_lsn()::text").fetchone()
        assert row is not None
        until = time.monotonic() + 30
        while self._run(f"SELECT pg_last_wal_replay_lsn() >= '{row[0]}'") is not True:
            assert time.monotonic() < until
            time.sleep(0.02)

    def url_of(self, database: str, role: str = ROLE) -> str:
        """The address of a database on it."""
        folder = quote(str(self.folder), safe="")
        return f"postgresql://{quote(role, safe='')}@/{quote(database, safe='')}?host={folder}&port={PORT}"

    def _run(self, statement: str) -> object:
        with psycopg.connect(self.url_of("postgres", "postgres"), autocommit=True) as connection:
            row = connection.execute(statement.encode()).fetchone()
        return row and row[0]
