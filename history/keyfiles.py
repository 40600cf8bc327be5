"""The key folder: secrets kept outside the database and its backups, and the fences of erased people.

A folder that only its owner can read holds the wrapping key of the current epoch, the key for keyed hashes, and the list
of fences. `WrappingKeys` is the part that the vault needs. A key management service would also have to provide what
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
"""The file name of a wrapping key, or of a draft that was left by a crash."""
_INDEX: Final = "index.key"


class KeysUnusable(Exception):
    """The key folder cannot be used, or a key does not fit the database. The message is one sentence and contains no key."""


@dataclass(frozen=True, slots=True)
class Fence:
    """A record, kept outside the database, that a person or a dossier was erased: by whom, why and through which channel.

    If an older copy of the database is restored, the subject is erased again for the same reason.
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
        """Wrap `key` under this key, as `history.format.wrapped` defines it."""
        return wrap_key(self.key, history, subject, self.epoch, key, secrets.token_bytes(NONCE_BYTES))


class WrappingKeys(Protocol):
    """Wraps the keys of data subjects under a key that never reaches the database."""

    @property
    def epoch(self) -> int:
        """The current epoch, from 1."""

    def follow(self, epoch: int) -> None:
        """Wrap under this epoch's key from now on. Does nothing for an earlier epoch. Raises `KeysUnusable`."""

    def wrap(self, history: str, subject: str, key: bytes) -> bytes:
        """Wrap `key` under the wrapping key of the current epoch."""

    def unwrap(self, history: str, subject: str, epoch: int, wrapped: bytes) -> bytes:
        """Unwrap a key. Raises `KeysUnusable`."""


class KeyFolder:
    """The key files of one installation, in a folder of mode 700. With `create`, missing keys are created when the folder
    is opened.

    `create=False` is for readers and for a database that already has a history: missing keys are an error then, because
    new keys would open nothing. `epoch` is the current epoch according to the database.
    """

    def __init__(self, folder: Path, *, create: bool, epoch: int = 1) -> None:
        self.folder = folder
        self.epoch = epoch
        try:
            if create:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            check_closed(folder)
            # Only wrapping keys of epochs that the database has begun.
            self._wrapping = {epoch: self._key(_file_of(epoch), create)}
            self.index_key = self._key(_INDEX, create)
        except OSError as error:
            raise KeysUnusable(f"The key folder {folder} cannot be used: {error.strerror}.") from None
        self._former: set[int] = set()

    @classmethod
    def check_can_be_made(cls, folder: Path, epoch: int = 1) -> None:
        """Raise `KeysUnusable` unless the folder is writable and has readable keys, or keys could be created in it. Creates
        nothing."""
        existing = folder
        while not existing.exists():
            existing = existing.parent
        if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
            raise KeysUnusable(
                f"This user cannot create or write the key folder {folder}; give it to the user that runs Overwinter, or set "
                "OVERWINTER_KEYS to another folder."
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
                    f"The key file {name} is missing from {self.folder}; put it back, or restore the keys from the key backup "
                    "with overwinter restore."
                )
            self._write_once(path, secrets.token_bytes(KEY_BYTES).hex())
        try:
            key = bytes.fromhex(path.read_text("ascii").strip())
        except ValueError:
            key = b""
        if len(key) != KEY_BYTES:
            raise KeysUnusable(
                f"The key file {name} in {self.folder} is damaged; restore it from the key backup."
            )
        return key

    def _write_once(self, path: Path, text: str) -> None:
        """Create a file atomically. Keeps an existing file, for example if another process created it first."""
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
        """The wrapping key of the current epoch."""
        return self._wrapping[self.epoch]

    def wrap(self, history: str, subject: str, key: bytes) -> bytes:
        """Wrap `key` under the wrapping key of the current epoch, as `history.format.wrapped` defines it."""
        return WrappingKey(self.epoch, self._wrapping[self.epoch]).wrap(history, subject, key)

    def unwrap(self, history: str, subject: str, epoch: int, wrapped: bytes) -> bytes:
        """Unwrap a key. Raises `KeysUnusable` if the wrapping key is the wrong one or is missing."""
        wrapping_key = self._wrapping.get(epoch) or self._stored(epoch)
        try:
            key = unwrap_key(wrapping_key, history, subject, epoch, wrapped)
        except FormatError:
            raise KeysUnusable(
                f"The wrapping key in {self.folder} does not belong to this database; restore the right key folder."
            ) from None
        # Keys are wrapped under an epoch only after the database has begun it, so another process has rotated.
        self.follow(epoch)
        return key

    # Rotation

    def follow(self, epoch: int) -> None:
        """Wrap under this epoch's key from now on; the database has begun the epoch. Reads the key from its file. Does nothing
        for an earlier epoch. The previous key stays in memory until `sweep`, for rows that were read a moment ago. Raises
        `KeysUnusable` if the key is missing."""
        if epoch > self.epoch:
            self._wrapping[epoch] = self._stored(epoch)
            self.epoch = epoch

    def _stored(self, epoch: int) -> bytes:
        try:
            return self._key(_file_of(epoch), create=False)
        except OSError as error:
            raise KeysUnusable(f"The key folder {self.folder} cannot be used: {error.strerror}.") from None

    def begin(self, epoch: int) -> WrappingKey:
        """Create the wrapping key of the next epoch, durably, and return it. It is used once the database has begun the epoch
        and `follow` was called. Until then it is not kept in memory here, because the rotation may be interrupted and the
        key created again. Raises OSError."""
        self._write_once(self.folder / _file_of(epoch), secrets.token_bytes(KEY_BYTES).hex())
        return WrappingKey(epoch, self._key(_file_of(epoch), create=False))

    def sweep(self) -> None:
        """Forget the wrapping keys of other epochs that were already known at the previous sweep."""
        for epoch in self._former:
            if epoch != self.epoch:
                self._wrapping.pop(epoch, None)
        self._former = self._wrapping.keys() - {self.epoch}

    def strays(self, epoch: int) -> list[Path]:
        """The files of all wrapping keys except that of this epoch."""
        found = [(path, _WRAPPING.fullmatch(path.name)) for path in self.folder.iterdir()]
        return sorted(path for path, named in found if named and int(named["epoch"]) != epoch)

    def destroy_strays(self, epoch: int) -> None:
        """Destroy the wrapping keys of all epochs except this one, which was read from the database under the rotation lock.
        Nobody can open what was wrapped under the others any more.

        The files are overwritten before they are deleted. That erases the bytes on a file system that writes in place; a
        copy-on-write file system, an SSD or a snapshot may keep them. Raises OSError, or `KeysUnusable` without destroying
        anything if this folder is not at that epoch.
        """
        if epoch != self.epoch:
            raise KeysUnusable(
                f"The keys in {self.folder} belong to epoch {self.epoch}, but the database is at epoch {epoch}, for example after "
                "a restore; restart all processes of this installation."
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

        The whole list is replaced, so that a crash cannot leave half a line. Only one process at a time may call this.
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
                f"The list of erased people, {self._fences}, cannot be read; move it away, then recover it with overwinter "
                "restore (without a file), or restart Overwinter to rebuild it from the history."
            ) from None
        return fences_in(text)

    def fenced(self) -> frozenset[str]:
        """The ids of all fenced subjects."""
        return frozenset([fence.subject for fence in self.fences()])


def holds_keys(folder: Path) -> bool:
    """Whether there are key files in a folder. Raises `KeysUnusable` if it cannot be read."""
    return any(name == _INDEX or _WRAPPING.fullmatch(name) for name in _names_in(folder))


def epochs_in(folder: Path) -> list[int]:
    """The epochs whose wrapping keys are in a folder. Other files, such as `wrapping-old.key`, are ignored.

    Raises `KeysUnusable` if the folder cannot be read.
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
            f"The folder {folder} cannot be read ({error.strerror}); give it to the user that runs Overwinter."
        ) from None


def write_missing_keys(folder: Path, *, epoch: int, wrapping_key: bytes, index_key: bytes) -> None:
    """Write keys from a backup to the files that are missing. Existing files are kept; the caller has compared them.
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
    """A list of fences as text, one per line."""
    return "".join([f"{fence.subject} {fence.reason} {fence.actor} {fence.channel}\n" for fence in fences])


def fences_in(text: str) -> tuple[Fence, ...]:
    """Parse a list of fences. A line with only a subject gets reason `other` and actor `system`; a line whose subject is not
    the id of a stream that can be erased is skipped."""
    fences = []
    for line in text.splitlines():
        words = line.split()
        if words and is_subject(words[0]):
            fences.append(Fence(*(words if len(words) == 4 else (words[0], "other", "system", "system"))))
    return tuple(fences)


def write_whole(path: Path, text: str) -> None:
    """Create or replace a file atomically and durably. Raises OSError."""
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
    """Flush a folder's list of files to disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _file_of(epoch: int) -> str:
    return f"wrapping-{epoch}.key"


def check_closed(folder: Path) -> None:
    """Raise `KeysUnusable` if anybody except its owner may enter a folder."""
    if folder.stat().st_mode & 0o077:
        raise KeysUnusable(f"Other users can open the key folder {folder}; run: chmod 700 {folder}")
