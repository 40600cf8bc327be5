"""Runs the eventsourcing library's own recorder tests on our recorder.

Intended differences, and how the tests are adapted:

- Our stream ids are not UUIDs, and the first fact of a stream has version 1. The library's tests count from 0, so `FromZero`
  shifts every version by one.
- We store documents, whose leaf hash is computed from them. The library's tests store arbitrary bytes, so here the leaf of
  something that is not a document is its plain digest.
- Every fact has a position, so our recorder is always an application recorder, and returns positions where an aggregate
  recorder returns nothing.

Not run: the tests of the process and tracking recorders (a projection keeps its own position, in its own transaction,
and never through the library), of transcoders (our documents have one form), of an infrastructure factory (there is
none: `open_history` and `FactRecorder` are handed a database), and of applications and projections (they store the
library's `@event` aggregates under UUIDs, which our history refuses).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from hashlib import sha256
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from eventsourcing.persistence import Notification, StoredEvent
from psycopg_pool import ConnectionPool

from history.library import FactRecorder

# The library's tests of mappers, which are not run here, import its cipher, and that a package we have no use for.
with pytest.MonkeyPatch.context() as _patch:
    _patch.setitem(sys.modules, "eventsourcing.cipher", SimpleNamespace(AESCipher=None))
    from eventsourcing.tests import persistence


class FromZero(FactRecorder):
    """Our recorder with versions as the library's tests count them."""

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        """Each version one higher."""
        moved = [
            StoredEvent(each.originator_id, each.originator_version + 1, each.topic, each.state)
            for each in stored_events
        ]
        return super().insert_events(moved, **kwargs)

    def select_events(
        self,
        originator_id: Any,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """Each version one lower."""
        found = super().select_events(
            originator_id,
            gt=None if gt is None else gt + 1,
            lte=None if lte is None else lte + 1,
            desc=desc,
            limit=limit,
        )
        return [replace(each, originator_version=each.originator_version - 1) for each in found]

    def select_notifications(self, *arguments: Any, **named: Any) -> Sequence[Notification]:
        """Each version one lower."""
        found = super().select_notifications(*arguments, **named)
        return [replace(each, originator_version=each.originator_version - 1) for each in found]


class AnswersNothing(FromZero):
    """As an aggregate recorder answers, which knows no positions."""

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        """Insert, and say nothing."""
        super().insert_events(stored_events, **kwargs)
        return None


class OnOurs:
    """A recorder on a database of the test's own."""

    INITIAL_VERSION = 0
    recorder = FromZero
    _pool: ConnectionPool[Any]

    @pytest.fixture(autouse=True)
    def _on_a_database(self, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        monkeypatch.setattr("history.library.leaf_of", lambda document: sha256(document).digest())
        with ConnectionPool(database_url, min_size=2, max_size=12, kwargs={"autocommit": True}) as self._pool:
            yield

    def new_originator_id(self) -> str:
        """A stream's id, as our domain makes them."""
        return f"application-{uuid4().hex}"

    def create_recorder(self) -> Any:
        """What is tested."""
        return self.recorder(self._pool)


class TestAsAnAggregateRecorder(OnOurs, persistence.AggregateRecorderTestCase):
    """Inserting and selecting by stream."""

    recorder = AnswersNothing


class TestAsAnApplicationRecorder(OnOurs, persistence.ApplicationRecorderTestCase[Any]):
    """Inserting, selecting by position, many writers and readers at once, subscriptions."""

    def test_insert_subscribe(self) -> None:
        """The library leaves this to recorders that can be subscribed to; ours can."""
        self.optional_test_insert_subscribe()


class TestPositionsDoNotInterleave(OnOurs, persistence.NonInterleavingNotificationIDsBaseCase):
    """Two long inserts at once: the positions of one lie all before those of the other."""
