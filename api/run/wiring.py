"""How an installation is put together in one process: database, keys, runner, read models, accounts."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final, cast, get_args

import psycopg

from api.accounts.access_tokens import AccessTokens
from api.accounts.claims import Claims
from api.accounts.sessions import Sessions
from api.run.clock import DemonstrationClock, real_time
from api.run.settings import Settings
from domain.commands.dossiers import EraseDossier
from domain.commands.initiatives import OpenInstallation
from domain.commands.organisations import EraseOrganisation
from domain.commands.persons import ErasePerson
from domain.initiatives import INSTALLATION, INSTALLATION_ID, Installation
from domain.organisations import ORGANISATION
from domain.persons import PERSON, ErasureReason
from domain.refusals import Forbidden, NotFound, Refused
from domain.values import SYSTEM, Channel, is_id
from history.appends import Unavailable
from history.documents import fact_in
from history.key_backup import KeyBackup
from history.keyfiles import Fence, KeyFolder, KeysUnusable, holds_keys
from history.migrate import Migration, migrations_in
from history.position_tokens import CURSOR, PositionTokens
from history.rotation import Rotation, epoch_of, to_erase_again
from history.runner import Request, Runner
from history.statements import heed_cancellation
from history.store import History, open_history, opened_keys
from history.unreadable import Unreadable
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
    rotation: Rotation
    vault: Vault
    runner: Runner
    reader: Reader
    positions: PositionTokens
    tokens: AccessTokens
    claims: Claims
    sessions: Sessions
    clock: Callable[[], datetime]

    async def installation(self) -> Installation:
        """The installation's own state, read afresh."""
        loaded = await self.runner.states.read_set(bypass_cache=True).load(((INSTALLATION, INSTALLATION_ID),))
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

    Raises `WiringError`, `history.keyfiles.KeysUnusable` or `history.appends.Unavailable`, one sentence each.
    """
    async with AsyncExitStack() as opened:
        history = await opened.enter_async_context(open_history(url, connections=connections))
        replica = None
        if read_url is not None:
            replica = await opened.enter_async_context(
                open_replica(read_url, history.id, connections=connections)
            )
        keys = await _keys_of(settings, history)
        wiring = _put_together(settings, history, keys, clock or clock_of(settings), replica)
        await _check_keys(wiring)
        await _open_installation(wiring)
        await _finish_erasures(wiring)
        # Several tasks: a database that keeps one waiting must not keep opened keys in memory.
        sweeping = (
            asyncio.create_task(_sweep_keys(wiring)),
            asyncio.create_task(_follow_erasures(wiring)),
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

    Raises as `wire` does, and `Unreadable`.
    """
    keys = await _keys_of(settings, history, create=False)
    wiring = _put_together(settings, history, keys, clock_of(settings))
    await _check_keys(wiring)
    await wiring.installation()


async def check_keys(settings: Settings, history: History) -> None:
    """Look whether the keys are in the key folder, or could be made there if there are none yet. Raises as `wire` does."""
    await _check_begun(settings, history)
    check_places(settings)
    KeyFolder.check_can_be_made(settings.keys, (await epoch_of(history)).number)
    if await history.any_key() is not None:
        keys = await _keys_of(settings, history, create=False)
        await _check_keys(_put_together(settings, history, keys, clock_of(settings)))


def check_places(settings: Settings) -> None:
    """Look whether keys lie, or would lie, where they must not. Raises `KeysUnusable`, which says what to do."""
    keys, data, backup = settings.keys.resolve(), settings.data_dir.resolve(), settings.key_backup
    if backup is not None:
        for name, other in (("OVERWINTER_KEYS", keys), ("DATA_DIR", data)):
            if backup.resolve().is_relative_to(other) or other.is_relative_to(backup.resolve()):
                raise KeysUnusable(
                    f"The folders of OVERWINTER_KEY_BACKUP and {name} are the same or one lies in the other, so that one "
                    "loss takes both: choose a folder on another disk or machine for the key backup."
                )
    if settings.demo:
        return
    if keys.is_relative_to(data):
        raise KeysUnusable(
            f"The key folder {settings.keys} lies in DATA_DIR, and whoever copies the data would have the keys, too: stop "
            "all processes, move it out of there, and set OVERWINTER_KEYS to its new place."
        )
    inside = settings.data_dir / "keys"
    if holds_keys(inside):
        raise KeysUnusable(
            f"There are keys in {inside}, and whoever copies DATA_DIR has them, too: stop all processes, then move that "
            f"folder to {settings.keys} (the setting OVERWINTER_KEYS), or if it belongs to a demonstration, choose another "
            "DATA_DIR."
        )


async def _keys_of(settings: Settings, history: History, *, create: bool = True) -> KeyFolder:
    """The key folder of an installation. New keys are made for a new history alone: beside an old one they would open
    nothing."""
    begun = await _check_begun(settings, history)
    check_places(settings)
    while True:
        epoch = await epoch_of(history)
        try:
            return KeyFolder(settings.keys, create=create and not begun, epoch=epoch.number)
        except KeysUnusable:
            if (await epoch_of(history)).number == epoch.number:
                raise
            # Another process has rotated in between.


async def _check_begun(settings: Settings, history: History) -> bool:
    """Whether the history has any fact; raises `WiringError` if it is of the other kind than these settings."""
    if await history.last_position() == 0:
        return False
    # The first fact says it, which no later one can make unreadable.
    installation = await _as_it_was_opened(history)
    if installation is not None:
        _check_kind(settings, installation)
    return True


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
    backup = KeyBackup(settings.key_backup) if settings.key_backup is not None else None
    rotation = Rotation(history, keys, backup)
    runner = Runner(
        history,
        vault,
        keys.index_key,
        clock=clock,
        finish_erasures=rotation.finish,
        demonstration=settings.demo,
    )
    tokens = AccessTokens(history, vault)
    positions_key = runner.keyed("position-tokens", history.id.encode())
    return Wiring(
        settings=settings,
        history=history,
        keys=keys,
        rotation=rotation,
        vault=vault,
        runner=runner,
        reader=Reader(history, runner.states, vault, PositionTokens(positions_key, CURSOR), replica, runner),
        positions=PositionTokens(positions_key),
        tokens=tokens,
        claims=Claims(history, runner, tokens),
        sessions=Sessions(history, secure=_secure(settings)),
        clock=clock,
    )


async def _check_keys(wiring: Wiring) -> None:
    """See that a key of this database opens under these keys: what another installation's would seal beside it, nobody
    could open again from one folder. Raises `KeysUnusable`."""
    row = await wiring.history.any_key()
    if row is not None:
        await opened_keys(wiring.history, wiring.vault, (row.subject,))
        wiring.vault.evict(row.subject)


async def _sweep_keys(wiring: Wiring) -> None:
    """Forget opened keys in time, also those that nobody asks for again, and the wrapping keys of former epochs."""
    while True:
        await asyncio.sleep(SWEEP_SECONDS)
        wiring.vault.sweep()
        wiring.keys.sweep()


async def _follow_erasures(wiring: Wiring) -> None:
    """Finish what follows from erasures and could not be done at once, such as a rotation while a dump was made."""
    while True:
        await asyncio.sleep(SWEEP_SECONDS)
        await try_to_finish(wiring)


async def try_to_finish(wiring: Wiring) -> str | None:
    """Do what is due after erasures; the sentence that says what keeps it from being done, or None."""
    try:
        await wiring.rotation.finish()
    except (KeysUnusable, Unavailable) as error:
        log.warning("what follows from erasures is not done yet: %s", error)
        return str(error)
    except psycopg.Error as error:
        log.warning("what follows from erasures is not done yet: %s", type(error).__name__)
        return "The database refuses it."
    except Exception as error:  # noqa: BLE001 - the task that tries it again must not end
        log.error("what follows from erasures is not done yet: %s", type(error).__name__)  # noqa: TRY400 - may quote
        return "Something unexpected keeps it from being done; the log names its kind."
    return None


async def _sweep_accounts(wiring: Wiring) -> None:
    """Delete ways in that lead nowhere any more, also those that nobody tries again. Nothing depends on its success."""
    while True:
        try:
            await wiring.tokens.sweep()
            await wiring.claims.sweep()
            await wiring.sessions.sweep()
        except Unavailable:
            heed_cancellation()
            log.debug("ended sessions are not deleted while the database cannot be used")
        except psycopg.Error as error:
            heed_cancellation()
            log.warning("ended sessions could not be deleted: %s", type(error).__name__)
        await asyncio.sleep(SWEEP_ACCOUNTS_SECONDS)


def _secure(settings: Settings) -> bool:
    """Cookies travel over TLS alone, unless a demonstration is served without."""
    return not (settings.demo and settings.address.startswith("http://"))


async def _open_installation(wiring: Wiring) -> None:
    try:
        installation = await wiring.installation()
        if installation.status is None:
            with contextlib.suppress(Refused):  # another process was first
                await wiring.runner.run(
                    Request(command=OpenInstallation(), actor=SYSTEM, channel=Channel.CLI)
                )
            installation = await wiring.installation()
    except Unreadable as error:
        # Administrators can do nothing then; everybody else can.
        log.error("the installation's own facts: %s", error)  # noqa: TRY400 - a traceback may quote what was read
        return  # whose database it is was looked at before
    _check_kind(wiring.settings, installation)


async def _as_it_was_opened(history: History) -> Installation | None:
    """The installation after its first fact; None if there is none, or it cannot be read."""
    facts = (await history.load({INSTALLATION_ID: 0})).get(INSTALLATION_ID, ())
    with contextlib.suppress(Exception):  # whatever a damaged fact raises
        first = facts[0]
        return INSTALLATION.evolve(INSTALLATION.empty, fact_in(first.topic, first.document, history.id))
    return None


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
    """Erase again whoever is fenced and whose erasure the history does not tell, as when an old copy of the database was
    restored; then do whatever else is due after erasures."""
    fences = {fence.subject: fence for fence in wiring.keys.fences()}
    # A runner that does not rotate after each of them: once is enough, afterwards.
    runner = Runner(
        wiring.history,
        wiring.vault,
        wiring.keys.index_key,
        clock=wiring.clock,
        demonstration=wiring.settings.demo,
    )
    for subject in await to_erase_again(wiring.history, fences):
        try:
            await _erase_again(runner, fences[subject])
        except Unreadable as error:
            log.error("an erasure could not be finished: %s", error)  # noqa: TRY400 - a traceback could quote values
    if await try_to_finish(wiring) is None:
        await wiring.rotation.complete_fences()


async def _erase_again(runner: Runner, fence: Fence) -> None:
    """For the same reason, and in the name of the same person, unless this history gives them no right to it."""
    reason = cast("ErasureReason", fence.reason if fence.reason in get_args(ErasureReason) else "other")
    command: ErasePerson | EraseOrganisation | EraseDossier
    if is_id(PERSON.kind, fence.subject):
        command = ErasePerson(person=fence.subject, reason=reason)
    elif is_id(ORGANISATION.kind, fence.subject):
        command = EraseOrganisation(organisation=fence.subject, reason=reason)
    else:
        command = EraseDossier(dossier=fence.subject, reason=reason)
    channel = Channel(fence.channel) if fence.channel in {*Channel} else Channel.SYSTEM
    for actor, by in ((fence.actor, channel), (SYSTEM, Channel.SYSTEM)):
        # Refused: another process was first, or their history tells the erasure; then the rotation drops the key.
        with contextlib.suppress(Forbidden, NotFound):
            with contextlib.suppress(Refused):
                await runner.run(Request(command=command, actor=actor, channel=by))
            return
