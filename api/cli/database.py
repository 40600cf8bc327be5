"""Opens the database for a command: the configured one, or the embedded server for as long as it is needed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from typing import Final

from api.postgres.embedded import PROGRAM, EmbeddedPostgres
from api.postgres.embedded.guard import held
from api.postgres.roles import let_in, let_in_once
from api.run.settings import Settings, read_settings
from api.run.wiring import Wiring, all_migrations, wire
from history.migrate import MigrationError, pending

ROLES_SECONDS: Final = 60.0


@contextlib.contextmanager
def database(settings: Settings, *, keep: bool = False) -> Iterator[str]:
    """The address of the database, for the program's role, which can add to the history but not change it. If no database is
    configured, the embedded server runs meanwhile; with `keep` it is restarted if it stops."""
    if settings.database_url is not None:
        yield settings.database_url
        return
    with (
        EmbeddedPostgres(settings.embedded_folder, make=False) as server,
        server.kept() if keep else contextlib.nullcontext(),
    ):
        let_program_in(settings, server.url, migrated=False)
        yield server.program_url


@contextlib.contextmanager
def database_of_owner(settings: Settings, *, make: bool = False) -> Iterator[str]:
    """The address of the database, for the owner, who migrates and rebuilds; for an external server, the role in DATABASE_URL.
    A new embedded database is created only with `make`, so that a forgotten setting does not lead to an empty
    installation."""
    if settings.database_url is not None:
        yield settings.database_url
        return
    with EmbeddedPostgres(settings.embedded_folder, make=make) as server:
        yield server.url


def let_program_in(settings: Settings, owner_url: str, *, migrated: bool) -> None:
    """Grant the program's role access to an embedded database, if it has none yet (as in a folder of an earlier version) or if
    the owner has just `migrated`. For an external server, `overwinter migrate --allow` does this."""
    if settings.database_url is not None:
        return
    let = let_in if migrated else let_in_once
    # Only one process at a time, because PostgreSQL rejects concurrent grants on the same object.
    lock = settings.embedded_folder / "roles.lock"
    with held(lock, ROLES_SECONDS, "is still being prepared by another process"):
        let(owner_url, PROGRAM)


def with_wiring(act: Callable[[Wiring], Awaitable[None]]) -> None:
    """Run `act` with the program's parts connected to the database, which must be migrated."""
    settings = read_settings()

    async def run(url: str) -> None:
        async with wire(settings, url, connections=2) as wiring:
            await act(wiring)

    with database(settings) as url:
        refuse_unmigrated(url)
        asyncio.run(run(url))


def refuse_unmigrated(url: str) -> None:
    """Raise `MigrationError` unless the database has this program's schema."""
    if pending(url, all_migrations()):
        raise MigrationError("The database is not ready for this program; run: overwinter migrate.")
