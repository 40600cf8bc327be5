"""Connects the parts of an installation in one process: database, keys, runner, read models, accounts."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from api.accounts.access_tokens import AccessTokens
from api.accounts.attempts import Attempts
from api.accounts.claims import Claims
from api.accounts.devices import Devices
from api.accounts.email import EmailSignIn
from api.accounts.excluded_readers import ExcludedReaders
from api.accounts.factors import Factors
from api.accounts.first_start import FirstStart
from api.accounts.invitations import Invitations
from api.accounts.kept_forms import KeptForms
from api.accounts.nine_words import NineWords
from api.accounts.sessions import Sessions
from api.accounts.ways_in import WaysIn
from api.drafts.drafts import Drafts
from api.drafts.sharing import SharedDrafts
from api.letters.notices import Notices
from api.letters.outbox import Outbox
from api.letters.reaction import Reaction
from api.run.clock import DemonstrationClock, real_time
from api.run.erasing_again import erase_again
from api.run.settings import Settings
from api.run.sweeping import follow_erasures, sweep_accounts, sweep_keys, try_to_finish
from domain.commands.initiatives import OpenInstallation
from domain.initiatives.facts import INSTALLATION_ID
from domain.initiatives.state import INSTALLATION, Installation
from domain.refusals import Refused
from domain.values import SYSTEM, Channel
from history.documents import fact_in
from history.key_backup import KeyBackup
from history.keyfiles import KeyFolder, KeysUnusable, holds_keys
from history.migrate import Migration, migrations_in
from history.position_tokens import CURSOR, PositionTokens
from history.requests import Request
from history.rotation import Rotation, epoch_of, to_erase_again
from history.runner import Runner
from history.store import History, open_history, opened_keys
from history.unreadable import Unreadable
from history.vault import Vault
from projections.reader import Reader
from projections.replica import Replica, open_replica

MIGRATED: Final = ("history", "projections", "api")
"""The packages that have migrations, in the order in which they are applied."""


log = logging.getLogger("overwinter.accounts")


class WiringError(Exception):
    """The database and the settings do not fit together; the message is one sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """The parts of an installation in one process. `clock` is a `DemonstrationClock` in a demonstration."""

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
    drafts: Drafts
    shared_drafts: SharedDrafts
    words: NineWords
    ways_in: WaysIn
    email: EmailSignIn
    invitations: Invitations
    excluded_readers: ExcludedReaders
    devices: Devices
    factors: Factors
    first_start: FirstStart
    kept_forms: KeptForms
    attempts: Attempts
    outbox: Outbox
    notices: Notices
    reaction: Reaction
    clock: Callable[[], datetime]

    async def installation(self) -> Installation:
        """The state of the installation, read from the database."""
        loaded = await self.runner.states.read_set(bypass_cache=True).load(((INSTALLATION, INSTALLATION_ID),))
        state: Installation = loaded[INSTALLATION_ID].state
        return state

    async def forget_accounts(self, person: str) -> None:
        """Delete every token, session, claim, draft and way in of an erased person."""
        await self.tokens.forget(person)
        await self.drafts.forget(person)
        await self.ways_in.forget(person)
        await self.outbox.forget(person)
        await self.notices.forget(person)
        await self.kept_forms.forget(person)
        await self.factors.forget(person)
        await self.devices.forget(person)


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
    """Open an installation; records the first fact of an empty history. `clock` replaces the real clock, and a replica at
    `read_url` answers queries.

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
        # Separate tasks, so that a slow database does not keep opened keys in memory longer than allowed.
        sweeping = (
            asyncio.create_task(sweep_keys(wiring)),
            asyncio.create_task(follow_erasures(wiring)),
            asyncio.create_task(sweep_accounts(wiring)),
        )
        try:
            yield wiring
        finally:
            for task in sweeping:
                task.cancel()
            await asyncio.wait(sweeping)


async def check_fit(settings: Settings, history: History) -> None:
    """Check that these settings fit an existing history. Changes nothing.

    Raises the same errors as `wire`, and `Unreadable`.
    """
    keys = await _keys_of(settings, history, create=False)
    wiring = _put_together(settings, history, keys, clock_of(settings))
    await _check_keys(wiring)
    await wiring.installation()


async def check_keys(settings: Settings, history: History) -> None:
    """Check that the keys are in the key folder, or could be created there. Raises the same errors as `wire`."""
    await _check_begun(settings, history)
    check_places(settings)
    KeyFolder.check_can_be_made(settings.keys, (await epoch_of(history)).number)
    if await history.any_key() is not None:
        keys = await _keys_of(settings, history, create=False)
        await _check_keys(_put_together(settings, history, keys, clock_of(settings)))


def check_places(settings: Settings) -> None:
    """Check that keys are not, and will not be, stored in a wrong place. Raises `KeysUnusable`, which says what to do."""
    keys, data, backup = settings.keys.resolve(), settings.data_dir.resolve(), settings.key_backup
    if backup is not None:
        for name, other in (("OVERWINTER_KEYS", keys), ("DATA_DIR", data)):
            if backup.resolve().is_relative_to(other) or other.is_relative_to(backup.resolve()):
                raise KeysUnusable(
                    f"The folders of OVERWINTER_KEY_BACKUP and {name} are the same, or one is inside the other, so both "
                    "would be lost together; choose a folder on another disk or machine for the key backup."
                )
    if settings.demo:
        return
    if keys.is_relative_to(data):
        raise KeysUnusable(
            f"The key folder {settings.keys} is inside DATA_DIR, so a copy of the data would include the keys; stop all "
            "processes, move the folder elsewhere, and set OVERWINTER_KEYS to its new path."
        )
    inside = settings.data_dir / "keys"
    if holds_keys(inside):
        raise KeysUnusable(
            f"There are keys in {inside}, so a copy of DATA_DIR would include them; stop all processes, then move that "
            f"folder to {settings.keys} (the setting OVERWINTER_KEYS); if it belongs to a demonstration, choose another "
            "DATA_DIR instead."
        )


async def _keys_of(settings: Settings, history: History, *, create: bool = True) -> KeyFolder:
    """The key folder of an installation. Keys are created only for a new history, because new keys would open nothing of an
    existing one."""
    begun = await _check_begun(settings, history)
    check_places(settings)
    while True:
        epoch = await epoch_of(history)
        try:
            return KeyFolder(settings.keys, create=create and not begun, epoch=epoch.number)
        except KeysUnusable:
            if (await epoch_of(history)).number == epoch.number:
                raise
            # Another process has rotated the keys in between.


async def _check_begun(settings: Settings, history: History) -> bool:
    """Whether the history has any fact. Raises `WiringError` if it is a demonstration and the settings are not, or the other
    way round."""
    if await history.last_position() == 0:
        return False
    # Read only the first fact, so that a later unreadable one does not matter.
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
    outbox = Outbox(history, vault, keys)
    rotation = Rotation(history, keys, backup, wraps_too=outbox.wrap_again)
    runner = Runner(
        history,
        vault,
        keys.index_key,
        clock=clock,
        finish_erasures=rotation.finish,
        demonstration=settings.demo,
    )
    tokens = AccessTokens(history, vault)
    words = NineWords(history, runner)
    ways_in = WaysIn(history, runner, words)
    email = EmailSignIn(history, runner, vault, ways_in, outbox, site=settings.address)
    positions_key = runner.keyed("position-tokens", history.id.encode())
    reader = Reader(history, runner.states, vault, PositionTokens(positions_key, CURSOR), replica, runner)
    drafts = Drafts(history, vault, clock=clock, random=runner.random)
    email = EmailSignIn(history, runner, vault, ways_in, outbox, site=settings.address)
    notices = Notices(history, clock=clock)
    shared_drafts = SharedDrafts(history, runner, vault, outbox, reader, clock=clock, site=settings.address)
    return Wiring(
        settings=settings,
        history=history,
        keys=keys,
        rotation=rotation,
        vault=vault,
        runner=runner,
        reader=reader,
        positions=PositionTokens(positions_key),
        tokens=tokens,
        claims=Claims(history, runner, tokens),
        sessions=Sessions(history, secure=_secure(settings)),
        drafts=drafts,
        shared_drafts=shared_drafts,
        words=words,
        outbox=outbox,
        ways_in=ways_in,
        attempts=Attempts(history, runner),
        factors=Factors(history, runner, vault),
        first_start=FirstStart(history, runner),
        kept_forms=KeptForms(history, runner, vault),
        invitations=Invitations(history, runner, vault, outbox, site=settings.address),
        email=email,
        notices=notices,
        reaction=Reaction(
            history=history,
            reader=reader,
            notices=notices,
            outbox=outbox,
            drafts=drafts,
            shared_drafts=shared_drafts,
            addresses_of=email.mail_addresses_of,
            clock=clock,
            site=settings.address,
        ),
        excluded_readers=ExcludedReaders(history, runner, email),
        devices=Devices(history, runner, email, secure=_secure(settings)),
        clock=clock,
    )


async def _check_keys(wiring: Wiring) -> None:
    """Check that a key of this database opens with the key folder, so that nothing is sealed with keys of another
    installation. Raises `KeysUnusable`."""
    row = await wiring.history.any_key()
    if row is not None:
        await opened_keys(wiring.history, wiring.vault, (row.subject,))
        wiring.vault.evict(row.subject)


def _secure(settings: Settings) -> bool:
    """Whether cookies are sent over TLS only; False for a demonstration that is served without TLS."""
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
        # Administrators cannot act then; everybody else can.
        log.error("the installation's own facts: %s", error)  # noqa: TRY400 - a traceback may quote what was read
        return  # `_check_begun` has checked the kind already
    _check_kind(wiring.settings, installation)


async def _as_it_was_opened(history: History) -> Installation | None:
    """The installation's state after its first fact; None if there is none or it cannot be read."""
    facts = (await history.load({INSTALLATION_ID: 0})).get(INSTALLATION_ID, ())
    with contextlib.suppress(Exception):  # a damaged fact can raise anything
        first = facts[0]
        return INSTALLATION.evolve(INSTALLATION.empty, fact_in(first.topic, first.document, history.id))
    return None


def _check_kind(settings: Settings, installation: Installation) -> None:
    if installation.demonstration and not settings.demo:
        raise WiringError(
            "This database contains a demonstration, which cannot be used as a real installation; "
            "set OVERWINTER_DEMO=1, or choose another DATABASE_URL or DATA_DIR."
        )
    if settings.demo and not installation.demonstration:
        raise WiringError(
            "This database contains a real installation, which cannot be used as a demonstration; "
            "leave OVERWINTER_DEMO out, or choose another DATABASE_URL or DATA_DIR."
        )


async def _finish_erasures(wiring: Wiring) -> None:
    """Erase fenced subjects again that the history does not know to be erased, for example after an older copy of the database
    was restored; then complete all erasures."""
    fences = {fence.subject: fence for fence in wiring.keys.fences()}
    # This runner does not rotate the keys after each erasure; once at the end is enough.
    runner = Runner(
        wiring.history,
        wiring.vault,
        wiring.keys.index_key,
        clock=wiring.clock,
        demonstration=wiring.settings.demo,
    )
    for subject in await to_erase_again(wiring.history, fences):
        try:
            await erase_again(runner, fences[subject])
        except Unreadable as error:
            log.error("an erasure could not be finished: %s", error)  # noqa: TRY400 - a traceback could quote values
    if await try_to_finish(wiring) is None:
        await wiring.rotation.complete_fences()
