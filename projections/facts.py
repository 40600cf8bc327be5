"""Reads facts for the projector: in order, in batches, each decoded once for all projections."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Sequence
from typing import Any, Final

from domain.topics import TOPICS
from history.library import FactMapper, FactRecorder
from projections.placed import Placed

BATCH: Final = 500
"""The most facts in one transaction."""

log = logging.getLogger("overwinter.projections")


class FactReader:
    """Reads facts in order. All projections usually read the same batch, so the last batch is cached with its decoded facts."""

    def __init__(self, recorder: FactRecorder) -> None:
        self._recorder = recorder
        self._mapper = FactMapper()  # opens nothing; read models store sealed boxes unopened
        self._position = self._newest = -1
        self._batch: Sequence[Any] = ()  # Any: the library's notifications
        self._decoded: dict[int, Placed] = {}
        self._looked_at = 0

    def newest(self) -> int:
        """The newest position; 0 if there is none."""
        return self._recorder.max_notification_id() or 0

    def after(self, position: int, newest: int) -> Sequence[Any]:  # Any: see above
        """The notifications of up to `BATCH` facts after `position`, none beyond `newest`."""
        # Facts do not change, so a full batch stays valid however many facts follow it.
        if position != self._position or (newest != self._newest and len(self._batch) < BATCH):
            self._batch = self._recorder.select_notifications(
                position, BATCH, newest, inclusive_of_start=False
            )
            self._position, self._newest = position, newest
            self._decoded = {}
            self._name_unknown()
        return self._batch

    def _name_unknown(self) -> None:
        """Log facts that are ignored because this program does not know their topic."""
        for notification in self._batch:
            if notification.id > self._looked_at and notification.topic not in TOPICS:
                log.error(
                    "the fact at position %d has a topic that this program does not know", notification.id
                )
        if self._batch:
            self._looked_at = max(self._looked_at, self._batch[-1].id)

    def read_ahead(self, position: int, newest: int) -> None:
        """Read and decode the facts that `after` will return next."""
        if position >= newest:
            return
        for notification in self.after(position, newest):
            # A fact that cannot be decoded only stops the projections that handle it, when they reach it.
            with contextlib.suppress(Exception):
                self.decode(notification)

    def decode(self, notification: Any) -> Placed:  # Any: see above
        """The recorded fact in a notification."""
        placed = self._decoded.get(notification.id)
        if placed is None:
            placed = Placed(notification.id, self._mapper.to_domain_event(notification))
            self._decoded[notification.id] = placed
        return placed
