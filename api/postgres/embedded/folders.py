"""The folders of the embedded server: its own, and the one of its socket. Both are readable by their owner only."""

import contextlib
import os
import stat
import tempfile
from pathlib import Path
from typing import Final

from api.postgres.embedded.account import Account
from api.postgres.embedded.guard import EmbeddedError

PORT: Final = 5432
"""No TCP port is opened; the number is part of the socket's name."""
SOCKET_NAMES: Final = (f".s.PGSQL.{PORT}", f".s.PGSQL.{PORT}.lock")
_MOST_SOCKET_BYTES: Final = 107
_SOCKET_FOLDER_BYTES: Final = _MOST_SOCKET_BYTES - len(f"/{SOCKET_NAMES[-1]}")
_RANDOM_NAME_BYTES: Final = 24
"""At least as long as the name that `mkdtemp` makes below."""


def own_folder(folder: Path) -> None:
    """Make a folder if it is missing, and close it to other users. Raises `EmbeddedError` if it cannot be written or
    belongs to somebody else."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        owner = folder.stat().st_uid
        if owner == os.geteuid():
            folder.chmod(0o700)
            with tempfile.TemporaryFile(dir=folder):
                return
    except OSError as error:
        raise EmbeddedError(
            f"The folder {folder} cannot be written ({error.strerror}): choose another with DATA_DIR."
        ) from None
    raise EmbeddedError(
        f"The folder {folder} belongs to another user: start Overwinter as that user, or choose another DATA_DIR."
    )


def socket_folder(account: Account) -> Path | None:
    """The folder of the socket; None if there is none yet.

    It is inside the server's own folder. Where that path is too long for a socket or holds a comma (at which libpq
    splits), it is a folder among the temporary files, whose path is kept in the file `socket-folder`.
    """
    inside, note = account.home / "socket", account.home / "socket-folder"
    if _fits(inside):
        return inside
    if note.exists():
        known = Path(note.read_text())
        with contextlib.suppress(FileNotFoundError):
            seen = known.lstat()
            if stat.S_ISDIR(seen.st_mode) and seen.st_uid == account.owner and not seen.st_mode & 0o077:
                return known
    return None


def make_socket_folder(account: Account) -> Path:
    """Make the folder of the socket if it is missing. Raises `EmbeddedError` if every path is too long."""
    inside, note = account.home / "socket", account.home / "socket-folder"
    if _fits(inside):
        inside.mkdir(mode=0o700, exist_ok=True)
        account.give(inside)
        return inside
    if (known := socket_folder(account)) is not None:
        return known
    for place in (tempfile.gettempdir(), "/tmp"):  # noqa: S108 - mkdtemp makes an unguessable, owner-only folder
        if _fits(Path(place), _RANDOM_NAME_BYTES):
            made = Path(tempfile.mkdtemp(prefix="overwinter-", dir=place))
            account.give(made)
            note.write_text(str(made))
            return made
    raise EmbeddedError(f"The path {inside} is too long for a socket: choose a shorter DATA_DIR.")


def _fits(folder: Path, more_bytes: int = 0) -> bool:
    return len(os.fsencode(folder)) + more_bytes <= _SOCKET_FOLDER_BYTES and "," not in str(folder)


def owner_only(path: str, flags: int) -> int:
    """An `opener` for files that only their owner may read."""
    return os.open(path, flags, 0o600)
