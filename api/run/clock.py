"""The clock that rules are given: the real one, or a demonstration's, which can be set forward."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from domain.messages import msg
from domain.refusals import Invalid, Refused
from domain.values import in_utc

MOST_AHEAD: Final = timedelta(days=3660)
"""How far a demonstration's clock can be ahead of the real one."""


def real_time() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


class DemonstrationClock:
    """Real time plus an offset, kept in an owner-only file that all processes of the demonstration share.

    It only ever goes forward, as what was decided once stays before what is decided later.
    """

    def __init__(self, file: Path, real: Callable[[], datetime] = real_time) -> None:
        self._file = file
        self._real = real
        self._seen: tuple[int, int] | None = None
        self._offset = timedelta()

    def __call__(self) -> datetime:
        """The demonstration's now, in UTC."""
        try:
            status = self._file.stat()
        except FileNotFoundError:
            return self._real() + self._offset
        seen = (status.st_mtime_ns, status.st_ino)
        if seen != self._seen:
            # A file that cannot be read leaves the clock as it was: time never jumps back.
            with contextlib.suppress(OSError, ValueError, OverflowError):
                self._offset = max(self._offset, timedelta(seconds=float(self._file.read_text("ascii"))))
            self._seen = seen
        return self._real() + self._offset

    def set(self, now: datetime) -> datetime:
        """Set the clock forward to `now`, a time with its offset. Raises `Invalid` or `Refused`."""
        now = in_utc(now, "now")
        if now < self():
            raise Refused(msg("The clock of a demonstration can only go forward."))
        offset = now - self._real()
        if offset > MOST_AHEAD:
            raise Invalid.field(
                "now",
                msg("The clock can be set at most {days} days ahead of the real time.", days=MOST_AHEAD.days),
            )
        draft = self._file.with_name(f".{self._file.name}.{os.getpid()}.{secrets.token_hex(4)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(f"{offset.total_seconds():.6f}\n")
        draft.replace(self._file)
        return self()
