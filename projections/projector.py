"""The loop of the projection process: projects facts into all read models, in order of position and in batches.

Each projection has a row in ``read.positions``, which is updated in the same transaction as its tables, so that every fact
takes effect exactly once. These transactions do not wait for the disk (``synchronous_commit`` off): after a crash, tables
and positions are both a moment old, and the facts, which were flushed, are projected again.

One process leads. The leader lock is held by the connection that writes, so nobody can write without it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Event
from types import TracebackType
from typing import Any, Final, LiteralString, NamedTuple, Self

import psycopg
from psycopg.pq import TransactionStatus
from psycopg_pool import ConnectionPool

from history.group_commit import cannot_now
from history.library import POLL_SECONDS, FactRecorder
from projections.batch import Batch, Cursor
from projections.facts import FactReader
from projections.projection import Projection
from projections.replica import follows
from projections.tables import LIVE, Connection, in_schema

log = logging.getLogger("overwinter.projections")

FIRST_ANALYZE: Final = 200
"""Tables are analysed for the first time when there are this many facts."""
LOCK: Final = (7302025, 4)
"""The advisory lock of the leader. Other locks: 1 append, 2 migrations, 3 due dates, 5 rebuilding, 6 key rotation, 7 sending
letters, 8 writing letters."""
FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 30.0
"""How many seconds a projection pauses after a failure: the pause doubles from the first to the longest."""
_WAIT_SECONDS: Final = 1.0
_CONNECT_SECONDS: Final = 3
"""How long to wait for a server that does not answer. Together with the wait for a replica, this is shorter than a
supervisor's grace period."""


def pause_after(failures: int) -> float:
    """How many seconds a projection pauses after this many failures in a row."""
    return min(FIRST_PAUSE * 2.0 ** min(failures - 1, 30), LONGEST_PAUSE)


class Taken(Exception):
    """Another process leads the projections."""


class Overtaken(Exception):
    """Another process has moved a position; nothing of the batch was written."""


@dataclass(slots=True)
class _Progress:
    """The progress of one projection: its position, the number of consecutive `failures`, and the monotonic time until which
    it pauses (`resume`)."""

    projection: Projection
    topics: frozenset[str]
    position: int
    failures: int = 0
    resume: float = 0.0


class _Transaction(NamedTuple):
    """The statements that begin, commit and roll back a batch."""

    begin: LiteralString
    commit: LiteralString
    rollback: LiteralString


_OWN: Final = _Transaction("BEGIN", "COMMIT", "ROLLBACK")
_NESTED: Final = _Transaction("SAVEPOINT batch", "RELEASE batch", "ROLLBACK TO batch")
"""Inside the transaction of a rebuild that swaps tables."""


class Projector:
    """Projects the history into some projections. Enter it to connect; `lead` makes it the leader.

    A rebuild uses another `schema` with its own leader `lock`. Facts are read from `read_url`, a replica, if given.
    """

    def __init__(
        self,
        url: str,
        projections: Sequence[Projection],
        *,
        schema: str = LIVE,
        lock: tuple[int, int] = LOCK,
        read_url: str | None = None,
    ) -> None:
        self._url = url
        self._schema = schema
        self._lock = lock
        self._projections = tuple(projections)
        self._pool: ConnectionPool[Connection] = ConnectionPool(
            read_url or url,
            kwargs={"autocommit": True, "application_name": "overwinter projections"},
            min_size=1,
            max_size=1,
            timeout=_CONNECT_SECONDS,
            open=False,
        )
        self._facts = FactReader(FactRecorder(self._pool))
        self._progress: list[_Progress] = []
        self._analyzed = 0
        self._connection: Connection | None = None

    def __enter__(self) -> Self:
        # Connect directly first, because that fails at once if there is no server, while the pool would keep trying and
        # would not notice a request to stop.
        self._connection = psycopg.connect(
            self._url,
            autocommit=True,
            application_name="overwinter projections",
            connect_timeout=_CONNECT_SECONDS,
        )
        try:
            self._connection.execute("SET synchronous_commit = off")
            self._pool.open(wait=True, timeout=_CONNECT_SECONDS)
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._pool.close()

    @property
    def connection(self) -> Connection:
        """The connection that holds the leader lock and writes."""
        assert self._connection is not None, "enter the projector first"
        return self._connection

    def lead(self) -> bool:
        """Try to become the leader and read the positions; returns whether it succeeded. A leader that loses its connection
        loses the lock."""
        taken = self.connection.execute("SELECT pg_try_advisory_lock(%s, %s)", self._lock).fetchone()
        if taken is None or not taken[0]:
            return False
        for projection in self._projections:
            self._execute(
                "INSERT INTO read.positions (projection) VALUES (%s) ON CONFLICT DO NOTHING",
                (projection.name,),
            )
        rows = self._execute("SELECT projection, position FROM read.positions").fetchall()
        positions: dict[str, int] = dict(rows)
        self._progress = [
            _Progress(projection, projection.topics(), positions[projection.name])
            for projection in self._projections
        ]
        return True

    def _execute(self, statement: LiteralString, values: Sequence[object] = ()) -> Cursor:
        """Run a statement in this projector's schema."""
        return self.connection.execute(in_schema(statement, self._schema), values)

    def step(self) -> int:
        """Project one batch into every projection that is behind and not pausing; returns how many facts were projected.

        Raises `Overtaken`, and psycopg.Error if the connection is lost or nothing can be written now; then create a new
        projector.
        """
        newest = self._facts.newest()
        now = time.monotonic()
        behind: dict[int, list[_Progress]] = {}
        for progress in self._progress:
            if progress.position < newest and now >= progress.resume:
                behind.setdefault(progress.position, []).append(progress)
        passed = 0
        for position, abreast in behind.items():
            self._advance(abreast, self._facts.after(position, newest), newest)
            passed += sum(each.position - position for each in abreast)
        if passed and newest >= max(FIRST_ANALYZE, 2 * self._analyzed):
            self._analyze(newest)
        return passed

    def _analyze(self, newest: int) -> None:
        """Analyse the tables each time the history has doubled. Autovacuum may come a minute later, and until then every list
        would be planned as if the tables were empty."""
        for table in (table for projection in self._projections for table in projection.tables):
            self.connection.execute(in_schema(f"ANALYZE read.{table}", self._schema))
        self._analyzed = newest

    def reach(self) -> tuple[int, int]:
        """The position that all projections have seen, and the newest position."""
        newest = self._facts.newest()
        return min((progress.position for progress in self._progress), default=newest), newest

    def resting(self) -> tuple[str, ...]:
        """The projections that failed and are paused."""
        return tuple(progress.projection.name for progress in self._progress if progress.failures)

    def _advance(self, abreast: Sequence[_Progress], found: Sequence[Any], newest: int) -> None:
        """Project the same facts into some projections, in one transaction. If that fails, use a transaction for each
        projection, so that only the failing one stops, and only at the fact that it cannot fold."""
        if self._project(abreast, found, newest) is None:
            return
        for progress in abreast:
            if len(abreast) == 1 or self._project((progress,), found) is not None:
                self._one_by_one(progress, found)

    def _is_everybodys(self, error: Exception) -> bool:
        """Whether the database as a whole failed, rather than one projection. A statement timeout is the projection's fault."""
        if self.connection.closed or self.connection.broken:
            return True
        return cannot_now(error) and not isinstance(error, psycopg.errors.QueryCanceled)

    def _one_by_one(self, progress: _Progress, found: Sequence[Any]) -> None:
        """Project the facts one by one, each in its own transaction, up to the one that fails."""
        for notification in found:
            error = self._project((progress,), (notification,))
            if error is not None:
                self._rest(progress, notification, error)
                return

    def _project(
        self, abreast: Sequence[_Progress], found: Sequence[Any], newest: int = 0
    ) -> Exception | None:
        """Project facts into projections that have the same position, and update their positions, in one transaction.
        Returns the error if that fails; then nothing is written.

        Everything is sent in one pipeline: the rows of one projection are computed while PostgreSQL writes those of the
        previous one, and the next facts (up to `newest`) are read while it writes the last. Raises `Overtaken`, and
        psycopg.Error if the database as a whole failed.
        """
        last: int = found[-1].id
        transaction = (
            _NESTED if self.connection.info.transaction_status is TransactionStatus.INTRANS else _OWN
        )
        error: Exception | None = None
        with self.connection.pipeline() as pipeline:
            try:
                self._execute(transaction.begin)
                self._fold(pipeline, abreast, found)
                self._execute(transaction.commit)
            except Exception as raised:  # noqa: BLE001 - any error stops only the failing projections
                error = raised
            else:
                self._facts.read_ahead(last, newest)
            try:
                pipeline.sync()
            except psycopg.Error as answer:
                error = error or answer
            if error is not None:
                if self._is_everybodys(error):
                    raise error
                self._execute(transaction.rollback)
        if isinstance(error, Overtaken):
            raise error
        if error is None:
            for progress in abreast:
                self._moved(progress, last)
        return error

    def _fold(self, pipeline: psycopg.Pipeline, abreast: Sequence[_Progress], found: Sequence[Any]) -> None:
        """Update the positions, load the rows that the facts concern, fold, and send the changes."""
        before = abreast[0].position
        # Lock the positions first and sorted, in the same order as a rebuild that swaps tables, to avoid deadlocks.
        moved = self._execute(
            "UPDATE read.positions p SET position = %s, failed_position = NULL, failed_topic = NULL, "
            "failed_error = NULL, failed_at = NULL FROM (SELECT projection FROM read.positions "
            "WHERE projection = ANY (%s) AND position = %s ORDER BY projection FOR UPDATE) AS u "
            "WHERE p.projection = u.projection",
            (found[-1].id, [each.projection.name for each in abreast], before),
        )
        batches = []
        for progress in abreast:
            facts = [self._facts.decode(each) for each in found if each.topic in progress.topics]
            if facts:
                batch = Batch(progress.projection, facts, before, self.connection, self._schema)
                batch.ask()
                batches.append(batch)
        pipeline.sync()
        if moved.rowcount != len(abreast):
            raise Overtaken
        for batch in batches:
            batch.fold()
            batch.write()

    def _moved(self, progress: _Progress, last: int) -> None:
        progress.position = last
        if progress.failures:
            log.info("projection %s runs again, at position %d", progress.projection.name, last)
        progress.failures = 0

    def _rest(self, progress: _Progress, notification: Any, error: Exception) -> None:
        """Pause one projection. Only the error's type is logged and stored, because its text may quote data."""
        progress.failures += 1
        pause = pause_after(progress.failures)
        progress.resume = time.monotonic() + pause
        log.error(
            "projection %s stopped at position %d, topic %s: %s; next try in %.1f s",
            progress.projection.name,
            notification.id,
            notification.topic,
            type(error).__name__,
            pause,
        )
        self._execute(
            "UPDATE read.positions SET failed_position = %s, failed_topic = %s, failed_error = %s, failed_at = now() "
            "WHERE projection = %s",
            (notification.id, notification.topic, type(error).__name__, progress.projection.name),
        )


def follow(
    url: str,
    projections: Sequence[Projection],
    stop: Event,
    *,
    leading: Callable[[], None] = lambda: None,
    read_url: str | None = None,
) -> None:
    """Keep projections up to date until `stop` is set; the current batch is finished first.

    Waits while another process leads, and starts over when the database is lost or read-only. `leading` is called each
    time this process becomes the leader. Facts are read from the replica at `read_url` if it answers at that time.
    """
    while not stop.is_set():
        try:
            reading = read_url if read_url is not None and follows(read_url, url) else None
            if stop.is_set():
                return
            if reading is None and read_url is not None:
                log.warning("the replica does not answer; facts are read from the primary")
            with Projector(url, projections, read_url=reading) as projector:
                while not projector.lead():
                    if stop.wait(_WAIT_SECONDS):
                        return
                log.info("this process leads the projections now")
                leading()
                while not stop.is_set():
                    if not projector.step():
                        stop.wait(POLL_SECONDS)
        except Overtaken:
            log.info("another process moved a position, for example a rebuild; continuing from there")
        except psycopg.Error as error:
            # A pool that cannot connect raises PoolTimeout, which is an OperationalError too.
            if not isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError)) and not cannot_now(
                error
            ):
                raise
            log.warning("the database cannot be used now (%s); trying again", type(error).__name__)
            stop.wait(_WAIT_SECONDS)
