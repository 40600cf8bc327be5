"""The one backup of all keys: what opens a restored database, in a folder apart from it and from its backups.

It is a single file that each rotation replaces, and no older version of it may be kept: whoever has an older one can
open the keys of people who were erased since, and whoever has none cannot open anything once the key folder is lost.
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
    """The first line of the file: which installation's keys these are, of which epoch, and when they were written: when
    `position` was the newest fact, so that a person or a dossier that existed by then and has no key here was erased."""

    history: str
    epoch: int
    position: int
    written_at: datetime


class Keys(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The second line: the wrapping key and the key for keyed hashes, the wrapped keys by subject, and the fences."""

    wrapping_key: bytes
    index_key: bytes
    wrapped: dict[str, bytes]
    fences: str


@dataclass(frozen=True, slots=True)
class Contents:
    """A key backup as it was read."""

    heading: Heading
    keys: Keys

    @property
    def fences(self) -> tuple[Fence, ...]:
        """Whom it knows to be erased."""
        return fences_in(self.keys.fences)


class KeyBackup:
    """The key backup in a folder of mode 700, which the operator names."""

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
        """Put this in the place of what was there, durably. Raises `KeysUnusable`."""
        keys = Keys(wrapping_key, index_key, wrapped, fences_as_text(fences))
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            check_closed(self.folder)
            # The draft of a write that was cut off holds keys, too.
            for draft in self.folder.glob(f".{FILE}.*"):
                draft.unlink()
            text = b"\n".join([msgspec.json.encode(heading), msgspec.json.encode(keys), b""])
            write_whole(self.file, text.decode())
        except OSError as error:
            raise KeysUnusable(
                f"The key backup in {self.folder} cannot be written: {error.strerror}."
            ) from None

    def heading(self) -> Heading | None:
        """What it is, without its keys; None if there is none. Raises `KeysUnusable`."""
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
        """All of it. Raises `KeysUnusable`, also if there is none."""
        heading = self.heading()
        if heading is None:
            raise KeysUnusable(
                f"There is no key backup in {self.folder}: set OVERWINTER_KEY_BACKUP to the folder in which the file {FILE} is."
            )
        try:
            _, line = self.file.read_bytes().split(b"\n", 1)
            contents = Contents(heading, msgspec.json.decode(line, type=Keys))
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
        return f"The key backup in {self.folder} is damaged; where the installation still runs, overwinter backup writes it again."
