"""The eventsourcing library's mapper and recorder for the stored facts, synchronous: for projections and tools.

`FactMapper` converts stored documents to recorded facts. `FactRecorder` reads the rows, and appends through the same
database function as the command runner.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import psycopg
from eventsourcing.persistence import (
    ApplicationRecorder,
    Cipher,
    Compressor,
    IntegrityError,
    JSONTranscoder,
    Mapper,
    Notification,
    ProgrammingError,
    StoredEvent,
    Subscription,
    Transcoder,
)
from psycopg_pool import ConnectionPool

from history.appends import Append
from history.batch import APPEND, arguments, outcomes, reads
from history.documents import Opener, Stored, leaf_of, read, unopened
from history.unreadable import Unreadable

POLL_SECONDS: Final = 0.02

_APPEND: Final = re.sub(rb"\$\d+", b"%b", APPEND.sql)
_OLDEST_FIRST: Final = """
SELECT stream, version, topic, document FROM history.facts
WHERE stream = %s AND version > %s AND version <= %s ORDER BY version LIMIT %s
"""
_NEWEST_FIRST: Final = """
SELECT stream, version, topic, document FROM history.facts
WHERE stream = %s AND version > %s AND version <= %s ORDER BY version DESC LIMIT %s
"""


class FactMapper(Mapper[str]):
    """Converts between stored documents and recorded facts. Uses the library's compressor and cipher if they are given;
    `open_with` opens the personal fields."""

    def __init__(
        self,
        transcoder: Transcoder | None = None,
        compressor: Compressor | None = None,
        cipher: Cipher | None = None,
        open_with: Opener = unopened,
    ) -> None:
        super().__init__(transcoder or JSONTranscoder(), compressor, cipher)
        self.open_with = open_with

    def to_domain_event(
        self, stored_event: StoredEvent
    ) -> Any:  # Any: the library's protocol wants its own base class
        """The recorded fact in a stored event; a `Recorded`. Raises `Unreadable` if it cannot be read."""
        state = stored_event.state
        if self.cipher:
            state = self.cipher.decrypt(state)
        if self.compressor:
            state = self.compressor.decompress(state)
        try:
            return read(stored_event.topic, state, self.open_with)
        except Exception as error:  # a damaged fact can raise anything
            raise Unreadable(getattr(stored_event, "id", None)) from error

    def to_stored_event(self, domain_event: Any) -> StoredEvent:  # Any: see to_domain_event
        """A document written by `history.documents.write`, as the library's stored event."""
        state: bytes = domain_event.document
        if self.compressor:
            state = self.compressor.compress(state)
        if self.cipher:
            state = self.cipher.encrypt(state)
        return StoredEvent(domain_event.stream, domain_event.version, domain_event.topic, state)


class FactRecorder(ApplicationRecorder):
    """The library's recorder over history.facts. Give it a pool of autocommit connections."""

    def __init__(self, pool: ConnectionPool[psycopg.Connection[tuple[Any, ...]]]) -> None:
        self.pool = pool

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:  # noqa: ARG002 - the library's signature
        """Append documents to their streams, each at the version after the newest of its stream; all or nothing.

        Returns their positions, or None if there was nothing to insert. Raises IntegrityError (the library's
        conflict) if a stream has changed since it was read, or if versions are not consecutive.
        """
        if not stored_events:
            return None
        facts = [
            Stored(
                str(event.originator_id),
                event.originator_version,
                event.topic,
                event.state,
                leaf_of(event.state),
            )
            for event in stored_events
        ]
        append = Append(facts=facts, read={}, answers=facts[0].stream)
        try:
            read_at = reads(append)
        except ValueError as error:
            raise IntegrityError(str(error)) from error
        with self.pool.connection() as connection:
            row = connection.execute(
                _APPEND, arguments([(append, read_at)]), prepare=True, binary=True
            ).fetchone()
        assert row is not None
        (appended,) = outcomes(row, [append])
        if appended.outcome != "appended":
            raise IntegrityError("A stream has changed since it was read.")
        return list(appended.positions)

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """The stored events of one stream."""
        with self.pool.connection() as connection:
            rows = connection.execute(
                _NEWEST_FIRST if desc else _OLDEST_FIRST,
                (str(originator_id), gt or 0, 2**31 - 1 if lte is None else lte, limit),
            ).fetchall()
        return [StoredEvent(*row) for row in rows]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """Facts by position, from `start` on."""
        first = 0 if start is None else start if inclusive_of_start else start + 1
        with self.pool.connection() as connection:
            rows = connection.execute(
                "SELECT stream, version, topic, document, position FROM history.facts WHERE position >= %s "
                "AND position <= %s AND (cardinality(%s::text[]) = 0 OR topic = ANY (%s::text[])) "
                "ORDER BY position LIMIT %s",
                (first, 2**63 - 1 if stop is None else stop, list(topics), list(topics), limit),
                binary=True,
            ).fetchall()
        return [Notification(*row) for row in rows]

    def max_notification_id(self) -> int | None:
        """The newest position, or None."""
        with self.pool.connection() as connection:
            row = connection.execute("SELECT max(position) FROM history.facts").fetchone()
        assert row is not None
        return None if row[0] is None else int(row[0])

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> PollingSubscription:
        """Follow the facts by polling. A NOTIFY in each append would serialise the commits."""
        return PollingSubscription(self, gt, topics)


class PollingSubscription(Subscription[FactRecorder]):
    """An endless iterator over notifications that polls every 20 ms; `stop` ends it."""

    def __init__(self, recorder: FactRecorder, gt: int | None = None, topics: Sequence[str] = ()) -> None:
        super().__init__(recorder, gt, topics)
        self._ahead: list[Notification] = []

    def __next__(self) -> Notification:
        """Wait for the next notification."""
        if not self._has_been_entered:
            raise ProgrammingError("Enter the subscription's context first.")
        while not self._has_been_stopped:
            if not self._ahead:
                found = self._recorder.select_notifications(
                    self._last_notification_id, 500, topics=self._topics, inclusive_of_start=False
                )
                self._ahead = list(reversed(found))
            if self._ahead:
                notification = self._ahead.pop()
                self._last_notification_id = notification.id
                return notification
            time.sleep(POLL_SECONDS)
        raise StopIteration
