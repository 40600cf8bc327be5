"""Facts as a projector reads them: in order, in batches, each decoded once for all projections."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any, Final

from history.library import FactMapper, FactRecorder
from projections.projection import Placed

BATCH: Final = 500
"""The most facts in one transaction."""


class Facts:
    """Reads facts in order. Projections move in step, so the last batch is kept, and each fact decoded once."""

    def __init__(self, recorder: FactRecorder) -> None:
        self._recorder = recorder
        self._mapper = FactMapper()  # opens nothing: a read model takes boxes as they are
        self._position = self._newest = -1
        self._batch: Sequence[Any] = ()  # Any: the library's notifications
        self._decoded: dict[int, Placed] = {}

    def newest(self) -> int:
        """The newest position; 0 if there is none."""
        return self._recorder.max_notification_id() or 0

    def after(self, position: int, newest: int) -> Sequence[Any]:  # Any: see above
        """The notifications of up to `BATCH` facts after `position`, none beyond `newest`."""
        # Facts do not change, so a full batch stays what it is, however many came after it.
        if position != self._position or (newest != self._newest and len(self._batch) < BATCH):
            self._batch = self._recorder.select_notifications(
                position, BATCH, newest, inclusive_of_start=False
            )
            self._position, self._newest = position, newest
            self._decoded = {}
        return self._batch

    def read_ahead(self, position: int, newest: int) -> None:
        """Read and decode what `after` will be asked for next."""
        if position >= newest:
            return
        for notification in self.after(position, newest):
            # A fact that cannot be decoded is the trouble of those who handle it, when they come to it.
            with contextlib.suppress(Exception):
                self.decode(notification)

    def decode(self, notification: Any) -> Placed:  # Any: see above
        """The recorded fact in a notification."""
        placed = self._decoded.get(notification.id)
        if placed is None:
            placed = Placed(notification.id, self._mapper.to_domain_event(notification))
            self._decoded[notification.id] = placed
        return placed
