"""The state of an installation, and whether it is ready: database, migrations, and the lag of the read models.

Commands ask for it too, so nothing here needs the web framework."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache
from typing import Final

import msgspec

from api.run.wiring import all_migrations
from history.store import History
from projections.projector import LOCK
from projections.register import PROJECTIONS

MOST_LAG_SECONDS: Final = 30.0
"""The server is not ready if a read model has not seen a fact that is older than this."""
LEADERLESS_SECONDS: Final = 30.0
"""The server is not ready if no process has kept the read models up to date for this long. A takeover takes seconds, a
restart a few more."""
LEADERLESS: Final = "No process keeps the read models up to date; run: overwinter project."
_NEVER: Final = "No process has filled the read models yet; run: overwinter project."


class ProjectionHealth(msgspec.Struct, frozen=True, kw_only=True):
    """The progress of a read model: how many facts it is behind, how many seconds ago the first of those was recorded, and
    the position at which it stopped, if it did."""

    name: str
    position: int
    behind: int
    lag_seconds: float
    failed_position: int | None


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """The state of an installation. It is ready if `wrong` is empty and `projecting` is false only briefly. `projecting`: a
    process keeps the read models up to date (always true for a read-only database). `stopped` names read models that
    stopped at a fact: their data is refused, everything else is served."""

    facts: int
    overdue: int
    projecting: bool
    pending_migrations: tuple[str, ...]
    projections: tuple[ProjectionHealth, ...]
    wrong: tuple[str, ...]
    stopped: tuple[str, ...] = ()

    @property
    def leaderless(self) -> tuple[str, ...]:
        """The sentence that no process keeps the read models up to date, unless another sentence says so already."""
        return () if self.projecting or self.pending_migrations or _NEVER in self.wrong else (LEADERLESS,)


class Absence:
    """Measures for how long no process has kept the read models up to date, so that a takeover does not make the server
    unready."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since: float | None = None

    def lasts(self, found: Ready) -> tuple[str, ...]:
        """The sentence to report now, if the absence has lasted too long."""
        if not found.leaderless:
            self._since = None
            return ()
        now = self._clock()
        self._since = now if self._since is None else self._since
        return found.leaderless if now - self._since >= LEADERLESS_SECONDS else ()


@cache
def _migration_names() -> tuple[str, ...]:
    return tuple(migration.name for migration in all_migrations())


async def look(history: History, now: datetime) -> Ready:
    """The current state of an installation; `now` is the time of its clock. Raises `Unavailable`."""
    async with history.connection() as connection:
        cursor = await connection.execute("SELECT name FROM migrations.applied")
        applied = {row[0] for row in await cursor.fetchall()}
        pending = tuple(name for name in _migration_names() if name not in applied)
        found: dict[str, tuple[int, int | None, datetime | None, datetime]] = {}
        if not any(name.startswith("projections/") for name in pending):
            cursor = await connection.execute(
                "SELECT p.projection, p.position, p.failed_position, f.recorded_at, clock_timestamp() "
                "FROM read.positions p LEFT JOIN history.facts f ON f.position = p.position + 1"
            )
            found = {
                name: (position, failed, at, asked)
                for name, position, failed, at, asked in await cursor.fetchall()
            }
        cursor = await connection.execute(
            "SELECT current_setting('transaction_read_only')::boolean OR EXISTS (SELECT FROM pg_locks "
            "WHERE locktype = 'advisory' AND granted AND database = (SELECT oid FROM pg_database "
            "WHERE datname = current_database()) AND classid = %b::bigint::oid AND objid = %b::bigint::oid AND objsubid = 2)",
            LOCK,
        )
        row = await cursor.fetchone()
        assert row is not None
        projecting: bool = row[0]
        # Read after the positions, so that a position is never greater only because facts were added in between.
        cursor = await connection.execute("SELECT coalesce(max(position), 0) FROM history.facts")
        row = await cursor.fetchone()
        assert row is not None
        newest: int = row[0]
    due = await history.due(now)
    projections = []
    for projection in PROJECTIONS:
        position, failed, recorded_at, asked_at = found.get(projection.name, (0, None, None, None))
        projections.append(
            ProjectionHealth(
                name=projection.name,
                position=position,
                behind=max(0, newest - position),
                lag_seconds=round((asked_at - recorded_at).total_seconds(), 3)
                if recorded_at and asked_at
                else 0.0,
                failed_position=failed,
            )
        )
    wrong = sentences(pending, projections, newest=newest, begun=bool(found))
    return Ready(
        facts=newest,
        overdue=len(due),
        projecting=projecting,
        pending_migrations=pending,
        projections=tuple(projections),
        wrong=wrong,
        stopped=stopped_sentence(projections),
    )


def stopped_sentence(projections: Sequence[ProjectionHealth]) -> tuple[str, ...]:
    """A sentence that names the read models that stopped at a fact, if any."""
    stopped = [each for each in projections if each.failed_position is not None]
    if not stopped:
        return ()
    if len(stopped) == 1:
        (one,) = stopped
        return (f"The projection {one.name} stopped at position {one.failed_position}; the log says why.",)
    places = ", ".join(f"{each.name} at position {each.failed_position}" for each in stopped)
    return (f"{len(stopped)} projections stopped ({places}); the log says why.",)


def sentences(
    pending: tuple[str, ...], projections: Sequence[ProjectionHealth], *, newest: int, begun: bool
) -> tuple[str, ...]:
    """What keeps the server from being ready, one sentence for each kind of problem. `begun`: the read models have been filled
    before."""
    wrong = []
    if pending:
        wrong.append("The database is not ready for this program; run: overwinter migrate.")
    elif not begun:
        wrong.append(_NEVER)
    beyond = [each for each in projections if each.position > newest]
    if beyond:
        last = max(beyond, key=lambda each: each.position)
        many = "1 projection is" if len(beyond) == 1 else f"{len(beyond)} projections are"
        wrong.append(
            f"{many} ahead of the newest fact (position {newest}), {last.name} at {last.position}, for example because an older "
            "backup was restored; run: overwinter rebuild."
        )
    late = [
        each for each in projections if each.failed_position is None and each.lag_seconds > MOST_LAG_SECONDS
    ]
    if late:
        last = max(late, key=lambda each: each.lag_seconds)
        many = "1 projection is" if len(late) == 1 else f"{len(late)} projections are"
        wrong.append(f"{many} behind, {last.name} by {last.behind} facts and {last.lag_seconds:.0f} seconds.")
    return tuple(wrong)
