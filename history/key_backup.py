"""The key backup: the keys that a restored database needs, kept in a separate folder, away from the database backups.

It is a single file that each rotation replaces. No older version may be kept, because it would open the keys of people
who were erased since. Without a key backup, nothing can be opened once the key folder is lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from history.format.wrapped import KEY_BYTES
from history.keyfiles import Fence, KeysUnusable, check_closed, fences_as_text, fences_in, write_whole

FILE: Final = "overwinter-keys"


class Heading(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The first line of the file: the history and the epoch that the keys belong to, and when they were written.

    `position` was the newest fact then: a person or dossier that existed by that position and has no key here was erased.
    """

    history: str
    epoch: int
    position: int
    written_at: datetime


class BackedUpKeys(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The second line: the wrapping key, the key for keyed hashes, the wrapped keys by subject, and the fences."""

    wrapping_key: bytes
    index_key: bytes
    wrapped: dict[str, bytes]
    fences: str


@dataclass(frozen=True, slots=True)
class Contents:
    """A key backup that was read."""

    heading: Heading
    keys: BackedUpKeys

    @property
    def fences(self) -> tuple[Fence, ...]:
        """The people and dossiers that the backup lists as erased."""
        return fences_in(self.keys.fences)


class KeyBackup:
    """The key backup in a folder (mode 700) that the operator chooses."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / FILE

    def write(
        self,
        heading: Heading,
        *,
        wrapping_key: bytes,
        index_key: bytes,
        wrapped: dict[str, bytes],
        fences: tuple[Fence, ...],
    ) -> None:
        """Replace the key backup, durably. Raises `KeysUnusable`."""
        keys = BackedUpKeys(wrapping_key, index_key, wrapped, fences_as_text(fences))
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            check_closed(self.folder)
            # A draft left by an interrupted write holds keys too.
            for draft in self.folder.glob(f".{FILE}.*"):
                draft.unlink()
            text = b"\n".join([msgspec.json.encode(heading), msgspec.json.encode(keys), b""])
            write_whole(self.file, text.decode())
        except OSError as error:
            raise KeysUnusable(
                f"The key backup in {self.folder} cannot be written: {error.strerror}."
            ) from None

    def heading(self) -> Heading | None:
        """The heading of the key backup, or None if there is no key backup. Raises `KeysUnusable`."""
        try:
            with self.file.open("rb") as file:
                return msgspec.json.decode(file.readline(), type=Heading)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise KeysUnusable(f"The key backup in {self.folder} cannot be read: {error.strerror}.") from None
        except msgspec.MsgspecError:
            raise KeysUnusable(self._damaged) from None

    def read(self) -> Contents:
        """The whole key backup. Raises `KeysUnusable`, also if there is none."""
        heading = self.heading()
        if heading is None:
            raise KeysUnusable(
                f"There is no key backup in {self.folder}; set OVERWINTER_KEY_BACKUP to the folder that contains the file {FILE}."
            )
        try:
            _, line = self.file.read_bytes().split(b"\n", 1)
            contents = Contents(heading, msgspec.json.decode(line, type=BackedUpKeys))
        except OSError as error:
            raise KeysUnusable(f"The key backup in {self.folder} cannot be read: {error.strerror}.") from None
        except (ValueError, msgspec.MsgspecError):
            raise KeysUnusable(self._damaged) from None
        keys = contents.keys
        whole = len(keys.wrapping_key) == len(keys.index_key) == KEY_BYTES and keys.fences.isascii()
        if heading.epoch < 1 or not whole:
            raise KeysUnusable(self._damaged)
        return contents

    @property
    def _damaged(self) -> str:
        return f"The key backup in {self.folder} is damaged; if the installation still runs, overwinter backup writes a new one."
