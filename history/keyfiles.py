"""The secrets that live outside the database and outside its backups, and the fences of erased people.

A folder, readable by its owner alone, holds the wrapping key of the present epoch, the key for keyed hashes, and the
list of fences. `WrappingKeys` is what the vault needs of it. A key management service would also have to do what
`Rotation` calls: `begin`, `destroy_strays` and the fences.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from domain.topics import is_subject
from history.format.notation import FormatError
from history.format.wrapped import KEY_BYTES, NONCE_BYTES, unwrap_key, wrap_key

_WRAPPING: Final = re.compile(r"(?P<draft>\.)?wrapping-(?P<epoch>[1-9][0-9]*)\.key(?(draft)\..*)", re.ASCII)
"""The file of a wrapping key, or the draft of one that a crash left."""
_INDEX: Final = "index.key"


class KeysUnusable(Exception):
    """The key folder cannot be used, or a key does not fit the database; one sentence, without any key in it."""


@dataclass(frozen=True, slots=True)
class Fence:
    """A person or a dossier that was erased, noted outside the database: `reason`, `actor` and `channel` are those of the
    erasure.

    If an older copy of the database is restored, it is erased again for the same reason.
    """

    subject: str
    reason: str
    actor: str
    channel: str


@dataclass(frozen=True, slots=True)
class WrappingKey:
    """The wrapping key of an epoch."""

    epoch: int
    key: bytes = field(repr=False)

    def wrap(self, history: str, subject: str, key: bytes) -> bytes:
        """`key` wrapped under this one, as `history.format.wrapped` defines it."""
        return wrap_key(self.key, history, subject, self.epoch, key, secrets.token_bytes(NONCE_BYTES))


class WrappingKeys(Protocol):
    """What wraps the keys of data subjects, under a key that the database never sees."""

    @property
    def epoch(self) -> int:
        """The present epoch, from 1."""

    def follow(self, epoch: int) -> None:
        """Wrap under this epoch's key from now on, unless a later one is present already; raises `KeysUnusable`."""

    def wrap(self, history: str, subject: str, key: bytes) -> bytes:
        """`key` wrapped under the present epoch's wrapping key."""

    def unwrap(self, history: str, subject: str, epoch: int, wrapped: bytes) -> bytes:
        """The key that was wrapped; raises `KeysUnusable`."""


class KeyFolder:
    """The key files of one installation, in a folder of mode 700. With `create`, missing keys are made when the
    folder is opened.

    `create=False` is for readers and for a database that already has a history: missing keys are an error then,
    never silently replaced by new ones that open nothing. `epoch` is the present epoch, as the database names it.
    """

    def __init__(self, folder: Path, *, create: bool, epoch: int = 1) -> None:
        self.folder = folder
        self.epoch = epoch
        try:
            if create:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            check_closed(folder)
            # Of epochs that the database has begun, and of no others.
            self._wrapping = {epoch: self._key(_file_of(epoch), create)}
            self.index_key = self._key(_INDEX, create)
        except OSError as error:
            raise KeysUnusable(f"The key folder {folder} cannot be used: {error.strerror}.") from None
        self._former: set[int] = set()

    @classmethod
    def check_can_be_made(cls, folder: Path, epoch: int = 1) -> None:
        """Raise `KeysUnusable` unless keys are in the folder and can be read, or could be made there; and unless it can
        be written, as a rotation needs it. Nothing is made."""
        existing = folder
        while not existing.exists():
            existing = existing.parent
        if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
            raise KeysUnusable(
                f"The key folder {folder} cannot be made or written by this user; let the service's user own it, or "
                "choose another with OVERWINTER_KEYS."
            )
        if folder.exists():
            check_closed(folder)
        if holds_keys(folder):
            cls(folder, create=False, epoch=epoch)

    def _key(self, name: str, create: bool) -> bytes:
        path = self.folder / name
        if not path.exists():
            if not create:
                raise KeysUnusable(
                    f"The key file {name} is missing from {self.folder}; put it back, or bring the keys back from their "
                    "backup with overwinter restore."
                )
            self._write_once(path, secrets.token_bytes(KEY_BYTES).hex())
        try:
            key = bytes.fromhex(path.read_text("ascii").strip())
        except ValueError:
            key = b""
        if len(key) != KEY_BYTES:
            raise KeysUnusable(
                f"The key file {name} in {self.folder} is damaged; restore it from its backup."
            )
        return key

    def _write_once(self, path: Path, text: str) -> None:
        """Write a file that appears whole or not at all, and lose to another process that was first."""
        draft = _draft(path, text)
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
        sync_folder(self.folder)

    # Wrapping

    def wrapping_key(self) -> bytes:
        """The wrapping key of the present epoch."""
        return self._wrapping[self.epoch]

    def wrap(self, history: str, subject: str, key: bytes) -> bytes:
        """`key` wrapped under the present epoch's wrapping key, as `history.format.wrapped` defines it."""
        return WrappingKey(self.epoch, self._wrapping[self.epoch]).wrap(history, subject, key)

    def unwrap(self, history: str, subject: str, epoch: int, wrapped: bytes) -> bytes:
        """The key that was wrapped; raises `KeysUnusable` if the wrapping key is another one, or is gone."""
        wrapping_key = self._wrapping.get(epoch) or self._stored(epoch)
        try:
            key = unwrap_key(wrapping_key, history, subject, epoch, wrapped)
        except FormatError:
            raise KeysUnusable(
                f"The wrapping key in {self.folder} is not the one this database was sealed with; "
                "restore the right key folder."
            ) from None
        # Nothing is wrapped under an epoch before the database has begun it: another process has rotated.
        self.follow(epoch)
        return key

    # Rotation

    def follow(self, epoch: int) -> None:
        """Wrap under this epoch's key from now on, which the database has begun. The key is read from its file. Earlier
        epochs than the present one are over, and nothing happens. The key of the one before stays in memory until `sweep`,
        for rows that were read a moment ago. Raises `KeysUnusable` if the key is missing."""
        if epoch > self.epoch:
            self._wrapping[epoch] = self._stored(epoch)
            self.epoch = epoch

    def _stored(self, epoch: int) -> bytes:
        try:
            return self._key(_file_of(epoch), create=False)
        except OSError as error:
            raise KeysUnusable(f"The key folder {self.folder} cannot be used: {error.strerror}.") from None

    def begin(self, epoch: int) -> WrappingKey:
        """Make the wrapping key of the next epoch, durably, and return it. It is in use once the database has begun the
        epoch and this folder follows; until then nothing of it stays in memory here, since the rotation may be cut off and
        the key made again. Raises OSError."""
        self._write_once(self.folder / _file_of(epoch), secrets.token_bytes(KEY_BYTES).hex())
        return WrappingKey(epoch, self._key(_file_of(epoch), create=False))

    def sweep(self) -> None:
        """Forget the wrapping keys of other epochs that were known at the sweep before, too."""
        for epoch in self._former:
            if epoch != self.epoch:
                self._wrapping.pop(epoch, None)
        self._former = self._wrapping.keys() - {self.epoch}

    def strays(self, epoch: int) -> list[Path]:
        """The files of wrapping keys of other epochs than this one."""
        found = [(path, _WRAPPING.fullmatch(path.name)) for path in self.folder.iterdir()]
        return sorted(path for path, named in found if named and int(named["epoch"]) != epoch)

    def destroy_strays(self, epoch: int) -> None:
        """Destroy the wrapping keys of all epochs but this one, which the database was asked for under the lock of whoever
        rotates. What was wrapped under the others, nobody can open any more.

        Their files are overwritten before they go. That reaches the disk where the file system writes in place; a copying
        one, an SSD and a snapshot may keep the old bytes. Raises `KeysUnusable`, and destroys nothing, if this folder is
        not at that epoch, and OSError.
        """
        if epoch != self.epoch:
            raise KeysUnusable(
                f"The keys in {self.folder} are of epoch {self.epoch} and the database is at epoch {epoch}, as after a "
                "restore: stop all processes of this installation and start them again."
            )
        for path in self.strays(epoch):
            with path.open("r+b") as file:
                file.write(bytes(path.stat().st_size))
                file.flush()
                os.fsync(file.fileno())
            path.unlink()
        sync_folder(self.folder)
        self._wrapping = {epoch: self._wrapping[epoch]}

    # Fences

    @property
    def _fences(self) -> Path:
        return self.folder / "fences"

    def fence(self, fences: Iterable[Fence]) -> None:
        """Record, durably and outside the database, that some subjects must never have a key again.

        The list is replaced as a whole, so that no crash can tear a line: one process at a time may call this.
        """
        known = {fence.subject: fence for fence in self.fences()}
        more = {fence.subject: fence for fence in fences if fence.subject not in known}
        if more:
            write_whole(self._fences, fences_as_text([*known.values(), *more.values()]))

    def fences(self) -> tuple[Fence, ...]:
        """All fences, in the order in which they were set. Raises `KeysUnusable` if the list is damaged."""
        try:
            text = self._fences.read_text("ascii")
        except FileNotFoundError:
            return ()
        except (OSError, ValueError):
            raise KeysUnusable(
                f"The list of erased people, {self._fences}, cannot be read: move it away, and bring it back with overwinter "
                "restore (without a file), or start again to make it from the history."
            ) from None
        return fences_in(text)

    def fenced(self) -> frozenset[str]:
        """The ids of all fenced subjects."""
        return frozenset([fence.subject for fence in self.fences()])


def holds_keys(folder: Path) -> bool:
    """Whether there are key files in a folder. Raises `KeysUnusable` if it cannot be read."""
    return any(name == _INDEX or _WRAPPING.fullmatch(name) for name in _names_in(folder))


def epochs_in(folder: Path) -> list[int]:
    """The epochs whose wrapping keys are in a folder. Other files there, also `wrapping-old.key`, are no keys.

    Raises `KeysUnusable` if it cannot be read.
    """
    named = [_WRAPPING.fullmatch(name) for name in _names_in(folder)]
    return sorted(int(each["epoch"]) for each in named if each and not each["draft"])


def _names_in(folder: Path) -> list[str]:
    try:
        return [path.name for path in folder.iterdir()]
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise KeysUnusable(
            f"The folder {folder} cannot be read ({error.strerror}): let the service's user own it."
        ) from None


def lay_down(folder: Path, *, epoch: int, wrapping_key: bytes, index_key: bytes) -> None:
    """Write keys from a backup where the files are missing. Files that exist are kept: the caller has compared them.
    Raises `KeysUnusable`."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        check_closed(folder)
        for name, key in ((_file_of(epoch), wrapping_key), (_INDEX, index_key)):
            path = folder / name
            if not path.exists():
                write_whole(path, key.hex())
    except OSError as error:
        raise KeysUnusable(f"The key folder {folder} cannot be used: {error.strerror}.") from None


def fences_as_text(fences: Iterable[Fence]) -> str:
    """A list of fences, one on a line."""
    return "".join([f"{fence.subject} {fence.reason} {fence.actor} {fence.channel}\n" for fence in fences])


def fences_in(text: str) -> tuple[Fence, ...]:
    """The fences of such a list. Of a line that names nothing but the subject, the rest is unknown; a line whose subject
    is not the id of a stream that can be erased is left out."""
    fences = []
    for line in text.splitlines():
        words = line.split()
        if words and is_subject(words[0]):
            fences.append(Fence(*(words if len(words) == 4 else (words[0], "other", "system", "system"))))
    return tuple(fences)


def write_whole(path: Path, text: str) -> None:
    """Write a file, or replace it; after a crash it is there as it was before, or whole. Raises OSError."""
    draft = _draft(path, text)
    try:
        draft.replace(path)
    except OSError:
        draft.unlink()
        raise
    sync_folder(path.parent)


def _draft(path: Path, text: str) -> Path:
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        draft.unlink()
        raise
    return draft


def sync_folder(folder: Path) -> None:
    """Make durable which files are in a folder."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _file_of(epoch: int) -> str:
    return f"wrapping-{epoch}.key"


def check_closed(folder: Path) -> None:
    """Raise `KeysUnusable` if anybody but its owner may enter a folder."""
    if folder.stat().st_mode & 0o077:
        raise KeysUnusable(f"The key folder {folder} is open to others; run: chmod 700 on it.")
