"""The databases of a run: all on one embedded server with the settings that the project ships, for bound and program."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import quote

import psycopg
from psycopg import sql

from api.postgres.embedded import PORT, ROLE, EmbeddedPostgres
from api.postgres.embedded.account import account_for
from api.run.wiring import all_migrations
from benchmarks.server import ServerFailed
from history.migrate import migrate

PGBENCH: Final = "pgbench"


class Databases:
    """One server; a database of its own for every bound and every history."""

    def __init__(self, server: EmbeddedPostgres) -> None:
        self._server = server
        self._made = 0

    def make(self, purpose: str) -> str:
        """A new, empty database; its name."""
        self._made += 1
        name = f"bench_{purpose}_{self._made}"
        with psycopg.connect(self._server.url, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return name

    def make_history(self, purpose: str) -> str:
        """A new database that is migrated as the program's own is; its address."""
        url = self.url(self.make(purpose))
        migrate(url, all_migrations())
        return url

    def copy(self, url: str, purpose: str) -> str:
        """A copy of a whole database that nobody is connected to; its address."""
        self._made += 1
        name = f"bench_{purpose}_{self._made}"
        original = str(psycopg.conninfo.conninfo_to_dict(url)["dbname"])
        with psycopg.connect(self._server.url, autocommit=True) as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                    sql.Identifier(name), sql.Identifier(original)
                )
            )
        return self.url(name)

    def settle(self, url: str) -> None:
        """Do what autovacuum would have done by and by: measured is a database at rest, not one that was just filled."""
        with psycopg.connect(url, autocommit=True) as connection:
            # Tables of the superuser's are not ours to vacuum, which PostgreSQL says in warnings.
            connection.execute("SET client_min_messages = error")
            connection.execute("VACUUM (ANALYZE)")

    def url(self, name: str) -> str:
        """Where to connect to a database."""
        return self._server.url_of(name)

    def url_through(self, folder: Path) -> str:
        """Where to connect to the program's own database through another socket's folder."""
        return f"postgresql://{ROLE}@/{ROLE}?host={quote(str(folder), safe='')}&port={PORT}"

    @property
    def socket_folder(self) -> str:
        """The folder of the server's socket, which libpq takes for a host."""
        return str(psycopg.conninfo.conninfo_to_dict(self._server.url)["host"])

    def pgbench(self, database: str, script: str, *, clients: int, seconds: int) -> float:
        """Transactions a second, as PostgreSQL's own pgbench of the same wheel counts them."""
        account = account_for(self._server.folder)
        file = account.home / "pgbench.sql"
        file.write_text(script, "ascii")
        account.give(file)
        done = account.run(
            PGBENCH,
            "--no-vacuum",
            "--protocol=prepared",
            f"--client={clients}",
            "--jobs=1",
            f"--time={seconds}",
            f"--file={file}",
            f"--host={self.socket_folder}",
            f"--port={PORT}",
            f"--username={ROLE}",
            database,
        )
        for line in done.stdout.decode().splitlines():
            if line.startswith("tps = "):
                return float(line.split()[2])
        raise ServerFailed("pgbench did not say how many transactions it made.")


@contextmanager
def databases(folder: Path) -> Iterator[Databases]:
    """The server of a run, for as long as it is needed."""
    with EmbeddedPostgres(folder / "postgres") as server:
        yield Databases(server)
