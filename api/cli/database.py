"""Opening the database, as every command does: the one that is set, or the embedded one while it is needed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator

from api.embedded import EmbeddedPostgres
from api.settings import Settings, read_settings
from api.wiring import Wiring, all_migrations, wire
from history.migrate import MigrationError, pending


@contextlib.contextmanager
def database(settings: Settings, *, make: bool = False, keep: bool = False) -> Iterator[str]:
    """The database's address; the embedded server is started for as long as it is needed where none is set, and with
    `keep` is started again when it is gone. Only `make` makes a new one: whoever forgot a setting must not find an empty
    installation."""
    if settings.database_url is not None:
        yield settings.database_url
        return
    with (
        EmbeddedPostgres(settings.embedded_folder, make=make) as server,
        server.kept() if keep else contextlib.nullcontext(),
    ):
        yield server.url


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
