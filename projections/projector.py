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
from typing import Any, Final, LiteralString, NamedTuple, Self

import psycopg
from psycopg.pq import TransactionStatus
from psycopg_pool import ConnectionPool

from history.group_commit import cannot_now
from history.library import POLL_SECONDS, FactRecorder
from projections.facts import Facts
from projections.projection import Projection
from projections.replica import follows
from projections.writing import LIVE, Connection, Write, in_schema

log = logging.getLogger("overwinter.projections")

Cursor = psycopg.Cursor[tuple[Any, ...]]  # Any: rows of many types

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


@dataclass(slots=True)
class _Sent:
    """A projection's batch on its way to PostgreSQL: the position before it and after it, and the statement that moves
    there."""

    progress: _Progress
    before: int
    position: int
    words: _Words
    moved: Cursor | None = None
    error: Exception | None = None


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
            found = self._facts.after(position, newest)
            topics = {notification.topic for notification in found}
            self._pass_over([each for each in abreast if each.topics.isdisjoint(topics)], found)
            self._advance([each for each in abreast if each.position == position], found, newest)
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

    def _advance(self, touched: Sequence[_Progress], found: Sequence[Any], newest: int) -> None:
        """The same facts into each of some projections. One that fails stops alone, and only at the fact that it cannot
        handle."""
        failed = self._project(touched, found, newest)
        for progress, _ in failed:
            self._one_by_one(progress, found)
        if failed:
            self._recall()

    def _recall(self) -> None:
        """Go back to where the table says: the answer to a commit that failed comes with what was sent after it."""
        rows = self._execute("SELECT projection, position FROM read.positions").fetchall()
        positions: dict[str, int] = dict(rows)
        for progress in self._progress:
            progress.position = min(progress.position, positions[progress.projection.name])

    def _is_everybodys(self, error: Exception) -> bool:
        """Whether the database is in trouble, and no projection to blame; a statement that takes too long is its own."""
        if self.connection.closed or self.connection.broken:
            return True
        return cannot_now(error) and not isinstance(error, psycopg.errors.QueryCanceled)

    def _one_by_one(self, progress: _Progress, found: Sequence[Any]) -> None:
        """The same facts each in a transaction of its own, up to the one that cannot be projected."""
        for notification in found:
            for _, error in self._project((progress,), (notification,)):
                self._rest(progress, notification, error)
                return

    def _project(
        self, touched: Sequence[_Progress], found: Sequence[Any], newest: int = 0
    ) -> list[tuple[_Progress, Exception]]:
        """Handle facts and move the position, in a transaction for each projection. Returns those that failed, each with
        the error; nothing of their facts is written.

        The rows of one projection are made while PostgreSQL writes those of the one before; and while it writes the last,
        the next facts are read, up to `newest`. Raises psycopg.Error where the database is in trouble, and `Overtaken`.
        """
        failed: list[tuple[_Progress, Exception]] = []
        sent: _Sent | None = None
        words = _WITHIN if self.connection.info.transaction_status is TransactionStatus.INTRANS else _ALONE
        with self.connection.pipeline() as pipeline:
            for progress in touched:
                write = Write(self.connection, self._schema)
                try:
                    for notification in found:
                        if notification.topic in progress.topics:
                            progress.projection.handle(self._facts.decode(notification), write)
                except Exception as error:  # noqa: BLE001 - whatever it is, it stops this projection alone
                    failed.append((progress, error))
                    continue
                if sent is not None:
                    failed += self._settle(pipeline, sent)
                sent = self._send(progress, write, found[-1].id, words)
            if sent is not None:
                self._facts.read_ahead(sent.position, newest)
                failed += self._settle(pipeline, sent)
                failed += self._confirm(pipeline, sent)
        return failed

    def _send(self, progress: _Progress, write: Write, position: int, words: _Words) -> _Sent:
        """Begin a projection's transaction, and send what belongs to it without waiting for an answer."""
        sent = _Sent(progress, progress.position, position, words)
        try:
            self._execute(words.begin)
            # The position first: who swaps the tables takes its row before them too, so neither waits for the other.
            sent.moved = self._execute(
                "UPDATE read.positions SET position = %s, failed_position = NULL, failed_topic = NULL, "
                "failed_error = NULL, failed_at = NULL WHERE projection = %s AND position = %s",
                (position, progress.projection.name, progress.position),
            )
            write.finish()
        except Exception as error:  # noqa: BLE001 - as above; and of what was sent nothing stays
            sent.error = error
        return sent

    def _settle(self, pipeline: psycopg.Pipeline, sent: _Sent) -> list[tuple[_Progress, Exception]]:
        """Wait for what was sent, and commit it, or nothing of it. The answer to the commit comes with the next one's."""
        error = sent.error
        try:
            pipeline.sync()
        except psycopg.Error as answer:
            error = error or answer
        if error is not None and self._is_everybodys(error):
            raise error
        if error is None and sent.moved is not None and sent.moved.rowcount == 1:
            self._execute(sent.words.keep)
            self._moved(sent.progress, sent.position)
            return []
        self._execute(sent.words.undo)
        if error is None:
            raise Overtaken
        return [(sent.progress, error)]

    def _confirm(self, pipeline: psycopg.Pipeline, sent: _Sent) -> list[tuple[_Progress, Exception]]:
        """Wait for the answer to the last commit, behind which nothing else is sent."""
        try:
            pipeline.sync()
        except psycopg.Error as error:
            if self._is_everybodys(error):
                raise
            sent.progress.position = sent.before
            return [(sent.progress, error)]
        return []

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
