"""How an installation is put together in one process: database, keys, runner, read models, accounts."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import psycopg

from api.accounts.sessions import Sessions
from api.accounts.tokens import Tokens
from api.clock import DemonstrationClock, real_time
from api.settings import Settings
from domain.commands.initiatives import OpenInstallation
from domain.commands.persons import ErasePerson
from domain.initiatives import INSTALLATION, INSTALLATION_ID, Installation
from domain.refusals import Refused
from domain.values import SYSTEM, Channel
from history.appends import Unavailable
from history.keyfiles import KeyFolder
from history.migrate import Migration, migrations_in
from history.runner import Request, Runner
from history.store import History, open_history
from history.tokens import CURSOR, PositionTokens
from history.vault import Vault
from projections.reader import Reader
from projections.replica import Replica, open_replica

MIGRATED: Final = ("history", "projections", "api")
"""The packages that have migrations, in the order in which they are applied."""


SWEEP_SECONDS: Final = 10.0
"""How often keys too old to be kept are looked for."""
SWEEP_ACCOUNTS_SECONDS: Final = 600.0
"""How often sessions that ended are looked for."""

log = logging.getLogger("overwinter.accounts")


class WiringError(Exception):
    """This database and these settings do not go together; one sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """One process's hold on an installation. `clock` is a `DemonstrationClock` in a demonstration."""

    settings: Settings
    history: History
    keys: KeyFolder
    vault: Vault
    runner: Runner
    reader: Reader
    positions: PositionTokens
    tokens: Tokens
    sessions: Sessions
    clock: Callable[[], datetime]

    async def installation(self) -> Installation:
        """The installation's own state, read afresh."""
        loaded = await self.runner.states.reading(afresh=True).load(((INSTALLATION, INSTALLATION_ID),))
        state: Installation = loaded[INSTALLATION_ID].state
        return state

    async def forget_accounts(self, person: str) -> None:
        """Delete every way in of a person who was erased."""
        await self.tokens.forget(person)


def all_migrations() -> tuple[Migration, ...]:
    """Every migration of this program, in order."""
    return tuple(migration for package in MIGRATED for migration in migrations_in(package))


@asynccontextmanager
async def wire(
    settings: Settings,
    url: str,
    *,
    connections: int = 8,
    clock: Callable[[], datetime] | None = None,
    read_url: str | None = None,
) -> AsyncIterator[Wiring]:
    """An installation, ready for use; its history is begun if it has no fact yet. `clock` stands in for the real one,
    and a replica at `read_url` answers questions.

    Raises `WiringError`, `history.keyfiles.KeysUnusable` or `history.store.Unavailable`, one sentence each.
    """
    async with AsyncExitStack() as opened:
        history = await opened.enter_async_context(open_history(url, connections=connections))
        replica = None
        if read_url is not None:
            replica = await opened.enter_async_context(
                open_replica(read_url, history.id, connections=connections)
            )
        # New keys are made for a new history alone: beside an old one they would open nothing.
        keys = KeyFolder(settings.keys, create=await history.last_position() == 0)
        wiring = _put_together(settings, history, keys, clock or clock_of(settings), replica)
        await _check_keys(wiring)
        await _open_installation(wiring)
        await _finish_erasures(wiring)
        # Two tasks: a database that keeps one waiting must not keep opened keys in memory.
        sweeping = (
            asyncio.create_task(_sweep_keys(wiring.vault)),
            asyncio.create_task(_sweep_accounts(wiring)),
        )
        try:
            yield wiring
        finally:
            for task in sweeping:
                task.cancel()
            await asyncio.wait(sweeping)


async def check_fit(settings: Settings, history: History) -> None:
    """Look whether a history that has been begun and these settings go together. Nothing is made or written.

    Raises as `wire` does.
    """
    keys = KeyFolder(settings.keys, create=False)
    wiring = _put_together(settings, history, keys, clock_of(settings))
    await _check_keys(wiring)
    _check_kind(settings, await wiring.installation())


async def check_keys(settings: Settings, history: History) -> None:
    """Look whether the keys of a history that has been begun are in the key folder. Raises `KeysUnusable`."""
    if await history.any_key() is not None:
        keys = KeyFolder(settings.keys, create=False)
        await _check_keys(_put_together(settings, history, keys, clock_of(settings)))


def clock_of(settings: Settings) -> Callable[[], datetime]:
    """The clock of an installation: the real one, unless it is a demonstration."""
    return DemonstrationClock(settings.data_dir / "demonstration-clock") if settings.demo else real_time


def _put_together(
    settings: Settings,
    history: History,
    keys: KeyFolder,
    clock: Callable[[], datetime],
    replica: Replica | None = None,
) -> Wiring:
    vault = Vault(keys, history.id)
    runner = Runner(
        history, vault, keys.index_key, clock=clock, fence=keys.fence, demonstration=settings.demo
    )
    positions_key = runner.keyed("position-tokens", history.id.encode())
    return Wiring(
        settings=settings,
        history=history,
        keys=keys,
        vault=vault,
        runner=runner,
        reader=Reader(history, runner.states, vault, PositionTokens(positions_key, CURSOR), replica, runner),
        positions=PositionTokens(positions_key),
        tokens=Tokens(history, vault),
        sessions=Sessions(history, secure=_secure(settings)),
        clock=clock,
    )


async def _check_keys(wiring: Wiring) -> None:
    """See that a key of this database opens under these keys: what another installation's would seal beside it, nobody
    could open again from one folder. Raises `KeysUnusable`."""
    row = await wiring.history.any_key()
    if row is not None:
        wiring.vault.open((row,))
        wiring.vault.evict(row.subject)


async def _sweep_keys(vault: Vault) -> None:
    """Forget opened keys in time, also those that nobody asks for again."""
    while True:
        await asyncio.sleep(SWEEP_SECONDS)
        vault.sweep()


async def _sweep_accounts(wiring: Wiring) -> None:
    """Delete ways in that lead nowhere any more, also those that nobody tries again. Nothing depends on its success."""
    while True:
        try:
            await wiring.tokens.sweep()
            await wiring.sessions.sweep()
        except Unavailable:
            log.debug("ended sessions are not deleted while the database cannot be used")
        except psycopg.Error as error:
            log.warning("ended sessions could not be deleted: %s", type(error).__name__)
        await asyncio.sleep(SWEEP_ACCOUNTS_SECONDS)


def _secure(settings: Settings) -> bool:
    """Cookies travel over TLS alone, unless a demonstration is served without."""
    return not (settings.demo and settings.address.startswith("http://"))


async def _open_installation(wiring: Wiring) -> None:
    installation = await wiring.installation()
    if installation.status is None:
        with contextlib.suppress(Refused):  # another process was first
            await wiring.runner.run(Request(command=OpenInstallation(), actor=SYSTEM, channel=Channel.CLI))
        installation = await wiring.installation()
    _check_kind(wiring.settings, installation)


def _check_kind(settings: Settings, installation: Installation) -> None:
    if installation.demonstration and not settings.demo:
        raise WiringError(
            "This database holds a demonstration, which is never used as a real installation: "
            "set OVERWINTER_DEMO=1, or choose another DATABASE_URL or DATA_DIR."
        )
    if settings.demo and not installation.demonstration:
        raise WiringError(
            "This database holds a real installation, which is never used as a demonstration: "
            "leave OVERWINTER_DEMO out, or choose another DATABASE_URL or DATA_DIR."
        )


async def _finish_erasures(wiring: Wiring) -> None:
    """Erase again whoever is fenced and has a key all the same: a crash cut in, or an old backup was restored."""
    for row in await wiring.history.keys(wiring.keys.fenced()):
        command = ErasePerson(person=row.subject, reason="other")
        with contextlib.suppress(Refused):  # another process was first
            await wiring.runner.run(Request(command=command, actor=SYSTEM, channel=Channel.SYSTEM))
        if await wiring.history.keys((row.subject,)):
            raise WiringError(
                "A person whose erasure the history tells has a key again: restore the database's keys and its history "
                "from one backup, or delete the rows of vault.keys whose subjects stand in the key folder's file fences."
            )
