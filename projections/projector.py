"""The projection process's loop: facts by position into every read model, in batches.

Each projection has a row in ``read.positions``. What a batch of facts changes and these rows move in one transaction, so
a fact's effect is there exactly once. The transactions do not wait for the disk (``synchronous_commit`` off): after a crash
tables and position are both as they were a moment earlier, and the facts, which did wait, are projected again.

One process leads. The leader's lock belongs to the very connection that writes, so nobody can write without it.
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
from projections.facts import Facts
from projections.projection import Projection
from projections.replica import follows
from projections.tables import LIVE, Connection, in_schema

log = logging.getLogger("overwinter.projections")

FIRST_ANALYZE: Final = 200
"""From how many facts on the tables' statistics are worth a look."""
LOCK: Final = (7302025, 4)
"""The leader's advisory lock; 1 is the append's, 2 the migrations', 3 that of the due dates, 5 that of rebuilding."""
FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 30.0
"""How many seconds a projection rests after a failure: the pause doubles from the first to the longest."""
_WAIT_SECONDS: Final = 1.0
_CONNECT_SECONDS: Final = 3
"""How long a server is waited for that says nothing; together with a replica's, less than a supervisor's patience."""


def pause_after(failures: int) -> float:
    """For how many seconds a projection rests after so many failures in a row."""
    return min(FIRST_PAUSE * 2.0 ** min(failures - 1, 30), LONGEST_PAUSE)


class Taken(Exception):
    """Another process leads the projections."""


class Overtaken(Exception):
    """A position was moved by somebody else; nothing of the batch was written."""


@dataclass(slots=True)
class _Progress:
    """One projection on its way. `failures` are in a row; it rests until `resume`, on the monotonic clock."""

    projection: Projection
    topics: frozenset[str]
    position: int
    failures: int = 0
    resume: float = 0.0


class _Words(NamedTuple):
    """How a batch is begun, kept and undone."""

    begin: LiteralString
    keep: LiteralString
    undo: LiteralString


_ALONE: Final = _Words("BEGIN", "COMMIT", "ROLLBACK")
_WITHIN: Final = _Words("SAVEPOINT batch", "RELEASE batch", "ROLLBACK TO batch")
"""Within a transaction of somebody else's, as a rebuild's is who swaps the tables."""


class Projector:
    """Follows the history into some projections. Enter it to connect; `lead` makes it the leader.

    The tables and positions of another `schema` have a leader's `lock` of their own. Facts are read from `read_url`, a
    replica, where one is named.
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
        self._facts = Facts(FactRecorder(self._pool))
        self._progress: list[_Progress] = []
        self._analyzed = 0
        self._connection: Connection | None = None

    def __enter__(self) -> Self:
        # First the connection that fails at once where no server is: the pool would try again and again, and nobody who
        # stops this process would be heard.
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
        """The connection that holds the leader's lock and writes."""
        assert self._connection is not None, "enter the projector first"
        return self._connection

    def lead(self) -> bool:
        """Try to become the leader; then the positions are read. A leader that went away is one no more."""
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
        """Run a statement on the positions that this projector keeps."""
        return self.connection.execute(in_schema(statement, self._schema), values)

    def step(self) -> int:
        """One batch for every projection that is behind and not resting; returns how many facts were passed.

        Raises psycopg.Error when the connection is lost or nothing can be written now, and `Overtaken`; then start
        anew.
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
        """Let PostgreSQL look at the tables anew each time the history has doubled: its own look may be a minute late,
        and until then every list would be planned as if there were no rows."""
        for table in (table for projection in self._projections for table in projection.tables):
            self.connection.execute(in_schema(f"ANALYZE read.{table}", self._schema))
        self._analyzed = newest

    def reach(self) -> tuple[int, int]:
        """The position that every projection has seen, and the newest there is."""
        newest = self._facts.newest()
        return min((progress.position for progress in self._progress), default=newest), newest

    def resting(self) -> tuple[str, ...]:
        """The projections that failed and wait before they try again."""
        return tuple(progress.projection.name for progress in self._progress if progress.failures)

    def _advance(self, abreast: Sequence[_Progress], found: Sequence[Any], newest: int) -> None:
        """The same facts into some projections, all in one transaction. If that fails, each gets one of its own, so that one
        which cannot go on stops alone, and only at the fact that it cannot fold."""
        if self._project(abreast, found, newest) is None:
            return
        for progress in abreast:
            if len(abreast) == 1 or self._project((progress,), found) is not None:
                self._one_by_one(progress, found)

    def _is_everybodys(self, error: Exception) -> bool:
        """Whether the database is in trouble, and no projection to blame; a statement that takes too long is its own."""
        if self.connection.closed or self.connection.broken:
            return True
        return cannot_now(error) and not isinstance(error, psycopg.errors.QueryCanceled)

    def _one_by_one(self, progress: _Progress, found: Sequence[Any]) -> None:
        """The same facts each in a transaction of its own, up to the one that cannot be projected."""
        for notification in found:
            error = self._project((progress,), (notification,))
            if error is not None:
                self._rest(progress, notification, error)
                return

    def _project(
        self, abreast: Sequence[_Progress], found: Sequence[Any], newest: int = 0
    ) -> Exception | None:
        """Fold facts into some projections that are at one position, and move there, in one transaction. Returns the error
        if that fails; then nothing is written.

        All is sent in one pipeline: rows of one projection are made while PostgreSQL writes those of the one before, and
        while it writes the last, the next facts are read, up to `newest`. Raises psycopg.Error where the database is in
        trouble, and `Overtaken`.
        """
        last: int = found[-1].id
        words = _WITHIN if self.connection.info.transaction_status is TransactionStatus.INTRANS else _ALONE
        error: Exception | None = None
        with self.connection.pipeline() as pipeline:
            try:
                self._execute(words.begin)
                self._fold(pipeline, abreast, found)
                self._execute(words.keep)
            except Exception as raised:  # noqa: BLE001 - whatever it is, it stops those alone who cannot go on
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
                self._execute(words.undo)
        if isinstance(error, Overtaken):
            raise error
        if error is None:
            for progress in abreast:
                self._moved(progress, last)
        return error

    def _fold(self, pipeline: psycopg.Pipeline, abreast: Sequence[_Progress], found: Sequence[Any]) -> None:
        """Move the positions, load the rows that the facts concern, fold, and send what changed."""
        before = abreast[0].position
        # The positions first, in the order in which who swaps the tables takes them, so neither waits for the other.
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
        """Stop one projection for a while. Only the error's type is told: its text may quote what was read."""
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
    """Keep projections up to date until `stop` is set; the batch at hand is finished first.

    Waits its turn while another process leads, and starts anew when the database went away, or only reads. `leading` is called each
    time this process begins to lead. Facts are read from the replica at `read_url`, if it answers at such a start.
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
            log.info("a position was moved, as a rebuild does; starting anew from there")
        except psycopg.Error as error:
            # A pool that cannot connect raises a PoolTimeout, which is an OperationalError too.
            if not isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError)) and not cannot_now(
                error
            ):
                raise
            log.warning("the database cannot be used now (%s); trying again", type(error).__name__)
            stop.wait(_WAIT_SECONDS)
