"""Opening the database, as every command does: the one that is set, or the embedded one while it is needed."""

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
    """The database's address for the program; the embedded server is started for as long as it is needed where none is
    set, and with `keep` is started again when it is gone. Its role can add to the history and not change it."""
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
    """The database's address for whoever migrates and rebuilds; on a server of one's own that is the role which is set.
    Only `make` makes a new embedded one: whoever forgot a setting must not find an empty installation."""
    if settings.database_url is not None:
        yield settings.database_url
        return
    with EmbeddedPostgres(settings.embedded_folder, make=make) as server:
        yield server.url


def let_program_in(settings: Settings, owner_url: str, *, migrated: bool) -> None:
    """Let the program's role in to an embedded database: where it is not yet, as in a folder of an earlier version, and
    anew where the owner has `migrated`. On a server of one's own, `overwinter migrate --allow` does it."""
    if settings.database_url is not None:
        return
    let = let_in if migrated else let_in_once
    # One process at a time: PostgreSQL refuses two that grant the same at once.
    lock = settings.embedded_folder / "roles.lock"
    with held(lock, ROLES_SECONDS, "is still being made ready by another process"):
        let(owner_url, PROGRAM)


def with_wiring(act: Callable[[Wiring], Awaitable[None]]) -> None:
    """Do it with everything wired to the database, which must be migrated."""
    settings = read_settings()

    async def run(url: str) -> None:
        async with wire(settings, url, connections=2) as wiring:
            await act(wiring)

    with database(settings) as url:
        refuse_unmigrated(url)
        asyncio.run(run(url))


def refuse_unmigrated(url: str) -> None:
    """Raise `MigrationError` unless the database has the schema of this program."""
    if pending(url, all_migrations()):
        raise MigrationError("The database is not ready for this program; run: overwinter migrate.")
