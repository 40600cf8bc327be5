"""The projection process's loop: facts by position into every read model, in batches.

Each projection has a row in ``read.positions``. A batch of facts and that row move in one transaction, so a fact's
effect is there exactly once. The transactions do not wait for the disk (``synchronous_commit`` off): after a crash
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
from typing import Any, Final, LiteralString, Self

import psycopg
from psycopg_pool import ConnectionPool

from history.group_commit import cannot_now
from history.library import POLL_SECONDS, FactMapper, FactRecorder
from projections.projection import Placed, Projection
from projections.replica import follows
from projections.writing import LIVE, Connection, Write, in_schema

log = logging.getLogger("overwinter.projections")

Cursor = psycopg.Cursor[tuple[Any, ...]]  # Any: rows of many types

BATCH: Final = 500
"""The most facts in one transaction."""
FIRST_ANALYZE: Final = 200
"""From how many facts on the tables' statistics are worth a look."""
LOCK: Final = (7302025, 4)
"""The leader's advisory lock; 1 is the append's, 2 the migrations', 3 that of the due dates, 5 that of rebuilding."""
FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 30.0
"""How many seconds a projection rests after a failure: the pause doubles from the first to the longest."""
_WAIT_SECONDS: Final = 1.0


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


class Facts:
    """Reads facts in order. Projections move in step, so the last batch is kept, and each fact decoded once."""

    def __init__(self, recorder: FactRecorder) -> None:
        self._recorder = recorder
        self._mapper = FactMapper()  # opens nothing: a read model takes boxes as they are
        self._batch: tuple[int, int, Sequence[Any]] = (-1, -1, ())  # Any: the library's notifications
        self._decoded: dict[int, Placed] = {}

    def newest(self) -> int:
        """The newest position; 0 if there is none."""
        return self._recorder.max_notification_id() or 0

    def after(self, position: int, newest: int) -> Sequence[Any]:  # Any: see above
        """The notifications of up to `BATCH` facts after `position`, none beyond `newest`."""
        if self._batch[:2] != (position, newest):
            found = self._recorder.select_notifications(position, BATCH, newest, inclusive_of_start=False)
            self._batch = (position, newest, found)
            self._decoded = {}
        return self._batch[2]

    def decode(self, notification: Any) -> Placed:  # Any: see above
        """The recorded fact in a notification."""
        placed = self._decoded.get(notification.id)
        if placed is None:
            placed = Placed(notification.id, self._mapper.to_domain_event(notification))
            self._decoded[notification.id] = placed
        return placed


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
            timeout=10,
            open=False,
        )
        self._facts = Facts(FactRecorder(self._pool))
        self._progress: list[_Progress] = []
        self._analyzed = 0
        self._connection: Connection | None = None

    def __enter__(self) -> Self:
        self._pool.open(wait=True, timeout=10)
        try:
            self._connection = psycopg.connect(
                self._url, autocommit=True, application_name="overwinter projections"
            )
            self._connection.execute("SET synchronous_commit = off")
        except BaseException:
            self._pool.close()
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
            found = self._facts.after(position, newest)
            topics = {notification.topic for notification in found}
            self._pass_over([each for each in abreast if each.topics.isdisjoint(topics)], found)
            for progress in abreast:
                if progress.position == position:
                    self._advance(progress, found)
                passed += progress.position - position
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

    def _pass_over(self, untouched: Sequence[_Progress], found: Sequence[Any]) -> None:
        """Move the positions of projections that handle none of these facts, in one statement."""
        if not untouched:
            return
        last: int = found[-1].id
        moved = self._execute(
            "UPDATE read.positions p SET position = %s, failed_position = NULL, failed_topic = NULL, "
            "failed_error = NULL, failed_at = NULL FROM (SELECT projection FROM read.positions "
            # In the order in which who swaps the tables takes them, so neither waits for the other.
            "WHERE projection = ANY (%s) AND position = %s ORDER BY projection FOR UPDATE) AS u "
            "WHERE p.projection = u.projection",
            (last, [each.projection.name for each in untouched], untouched[0].position),
        )
        if moved.rowcount != len(untouched):
            raise Overtaken
        for progress in untouched:
            self._moved(progress, last)

    def _advance(self, progress: _Progress, found: Sequence[Any]) -> None:
        try:
            self._project(progress, found)
        except Overtaken:
            raise
        except Exception as error:
            # Whatever a handler raises stops its own projection alone, and only at the fact that it cannot handle.
            if self._is_everybodys(error):
                raise
            self._one_by_one(progress, found)

    def _is_everybodys(self, error: Exception) -> bool:
        """Whether the database is in trouble, and no projection to blame; a statement that takes too long is its own."""
        if self.connection.closed or self.connection.broken:
            return True
        return cannot_now(error) and not isinstance(error, psycopg.errors.QueryCanceled)

    def _one_by_one(self, progress: _Progress, found: Sequence[Any]) -> None:
        """The same facts each in a transaction of its own, up to the one that cannot be projected."""
        for notification in found:
            try:
                self._project(progress, (notification,))
            except Overtaken:
                raise
            except Exception as error:
                if self._is_everybodys(error):
                    raise
                self._rest(progress, notification, error)
                return

    def _project(self, progress: _Progress, found: Sequence[Any]) -> None:
        """Handle facts and move the position, in one transaction."""
        projection = progress.projection
        last: int = found[-1].id
        write = Write(self.connection, self._schema)
        for notification in found:
            if notification.topic in progress.topics:
                projection.handle(self._facts.decode(notification), write)
        with self.connection.transaction():
            with self.connection.pipeline():  # each statement is sent while the one before is run
                # The position first: who swaps the tables takes its row before them too, so neither waits for the other.
                moved = self._execute(
                    "UPDATE read.positions SET position = %s, failed_position = NULL, failed_topic = NULL, "
                    "failed_error = NULL, failed_at = NULL WHERE projection = %s AND position = %s",
                    (last, projection.name, progress.position),
                )
                write.finish()
            if moved.rowcount != 1:
                raise Overtaken
        self._moved(progress, last)

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
