"""The secrets that live outside the database and outside its backups, and the fences of erased people.

A folder, readable by its owner alone, holds the wrapping key of the present epoch, the key for keyed hashes, and the
list of fences. `WrappingKeys` is the interface that a key management service would fill instead.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Protocol

from history.format.notation import FormatError
from history.format.wrapped import KEY_BYTES, NONCE_BYTES, unwrap_key, wrap_key


class KeysUnusable(Exception):
    """The key folder cannot be used, or a key does not fit the database; one sentence, without any key in it."""


class WrappingKeys(Protocol):
    """What wraps the keys of data subjects, under a key that the database never sees."""

    @property
    def epoch(self) -> int:
        """The present epoch, from 1."""

    def wrap(self, history: str, subject: str, key: bytes) -> bytes:
        """`key` wrapped under the present epoch's wrapping key."""

    def unwrap(self, history: str, subject: str, epoch: int, wrapped: bytes) -> bytes:
        """The key that was wrapped; raises `KeysUnusable`."""


class KeyFolder:
    """The key files of one installation, in a folder of mode 700. Missing keys are made at the first use.

    `create=False` is for readers and for a database that already has a history: missing keys are an error then,
    never silently replaced by new ones that open nothing.
    """

    def __init__(self, folder: Path, *, create: bool) -> None:
        self._folder = folder
        try:
            if create:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _check_closed(folder)
            self._wrapping = self._key("wrapping-1.key", create)
            self.index_key = self._key("index.key", create)
        except OSError as error:
            raise KeysUnusable(f"The key folder {folder} cannot be used: {error.strerror}.") from None

    @classmethod
    def check_can_be_made(cls, folder: Path) -> None:
        """Raise `KeysUnusable` unless keys are in the folder and can be read, or could be made there; and unless it can
        be written, as erasing somebody needs it (`fence`). Nothing is made."""
        existing = folder
        while not existing.exists():
            existing = existing.parent
        if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
            raise KeysUnusable(
                f"The key folder {folder} cannot be made or written by this user; let the service's user own it, or "
                "choose another with OVERWINTER_KEYS."
            )
        if folder.exists():
            _check_closed(folder)
        if any((folder / name).exists() for name in ("wrapping-1.key", "index.key")):
            cls(folder, create=False)

    @property
    def epoch(self) -> int:
        """The present epoch. Rotation, which begins a new one, is not built yet."""
        return 1

    def _key(self, name: str, create: bool) -> bytes:
        path = self._folder / name
        if not path.exists():
            if not create:
                raise KeysUnusable(
                    f"The key file {name} is missing from {self._folder}; restore it from its backup."
                )
            self._write_once(path, secrets.token_bytes(KEY_BYTES).hex())
        try:
            key = bytes.fromhex(path.read_text("ascii").strip())
        except ValueError:
            key = b""
        if len(key) != KEY_BYTES:
            raise KeysUnusable(
                f"The key file {name} in {self._folder} is damaged; restore it from its backup."
            )
        return key

    def _write_once(self, path: Path, text: str) -> None:
        """Write a file that appears whole or not at all, and lose to another process that was first."""
        draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
        self._sync_folder()

    def _sync_folder(self) -> None:
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def wrap(self, history: str, subject: str, key: bytes) -> bytes:
        """`key` wrapped under the present epoch's wrapping key, as `history.format.wrapped` defines it."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return wrap_key(self._wrapping, history, subject, self.epoch, key, nonce)

    def unwrap(self, history: str, subject: str, epoch: int, wrapped: bytes) -> bytes:
        """The key that was wrapped; raises `KeysUnusable` if the wrapping key is another one."""
        try:
            return unwrap_key(self._wrapping, history, subject, epoch, wrapped)
        except FormatError:
            raise KeysUnusable(
                f"The wrapping key in {self._folder} is not the one this database was sealed with; "
                "restore the right key folder."
            ) from None

    # Fences

    @property
    def _fences(self) -> Path:
        return self._folder / "fences"

    def fence(self, subject: str) -> None:
        """Record, durably and outside the database, that a subject must never have a key again."""
        if subject in self.fenced():
            return
        descriptor = os.open(self._fences, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(descriptor, f"{subject}\n".encode("ascii"))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        self._sync_folder()

    def fenced(self) -> frozenset[str]:
        """The ids of all fenced subjects."""
        try:
            return frozenset(self._fences.read_text("ascii").split())
        except FileNotFoundError:
            return frozenset()


def _check_closed(folder: Path) -> None:
    if folder.stat().st_mode & 0o077:
        raise KeysUnusable(f"The key folder {folder} is open to others; run: chmod 700 on it.")
