"""Whether the server is alive, and whether it is ready: database, migrations, and how far the read models lag.

Only administrators are told figures: how many facts there are would tell everybody when somebody submits."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache
from typing import Final, Literal

import msgspec
import psycopg
from litestar import Response

from api.http.operations import Asking, Operation, as_json
from api.http.problems import RETRY_SECONDS, Problem, ProblemType
from api.run.wiring import all_migrations
from domain import access
from domain.deciding import Denied
from domain.messages import Message, msg, verbatim
from history.appends import Unavailable
from history.store import History
from history.unreadable import Unreadable
from projections.projector import LOCK
from projections.register import PROJECTIONS

MOST_LAG_SECONDS: Final = 30.0
"""How old the oldest fact may be that a read model has not seen, before the server calls itself not ready."""
LEADERLESS_SECONDS: Final = 30.0
"""For how long nobody may keep the read models up to date, before the server calls itself not ready: another process takes
over within seconds, and one that is started anew needs a few more."""
LEADERLESS: Final = "No process keeps the read models up to date; run: overwinter project."
_NEVER: Final = "No process has projected yet; run: overwinter project."


class Alive(msgspec.Struct, frozen=True, kw_only=True):
    """The server answers."""

    status: str = "alive"


class ProjectionHealth(msgspec.Struct, frozen=True, kw_only=True):
    """How far a read model has come: facts behind, how many seconds ago the first of those was recorded, and the
    position at which it stopped, if it did."""

    name: str
    position: int
    behind: int
    lag_seconds: float
    failed_position: int | None


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """What readiness rests on: it is well when `wrong` says nothing, and `projecting`, that a process keeps the read models
    up to date now, is no more than briefly untrue. A database that only reads has nothing to keep up with. `stopped` tells of
    read models that stopped at a fact: what they hold is refused, and everything else is served all the same."""

    facts: int
    overdue: int
    projecting: bool
    pending_migrations: tuple[str, ...]
    projections: tuple[ProjectionHealth, ...]
    wrong: tuple[str, ...]
    stopped: tuple[str, ...] = ()

    @property
    def leaderless(self) -> tuple[str, ...]:
        """The sentence that nobody projects, unless it is said already."""
        return () if self.projecting or self.pending_migrations or _NEVER in self.wrong else (LEADERLESS,)


class Readiness(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The server is ready. `figures` are for administrators of the installation alone."""

    status: Literal["ready"]
    figures: Ready | None = None


class Absence:
    """How long one process has seen nobody project: a takeover must not make a server that answers look unready."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since: float | None = None

    def lasts(self, found: Ready) -> tuple[str, ...]:
        """What is to be said of it now."""
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
    """The present state of an installation, `now` by its clock. Raises `Unavailable`."""
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
        # After the positions, so that none of them is beyond it only because it moved on in between.
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
    """Which read models stopped at a fact, in one sentence if there are any."""
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
    """What keeps the server from being ready, in one sentence for each kind of trouble. `begun`: some process has projected
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
            f"{many} beyond the newest fact at position {newest}, {last.name} at {last.position}, as after an older backup "
            "was restored; run: overwinter rebuild."
        )
    late = [
        each for each in projections if each.failed_position is None and each.lag_seconds > MOST_LAG_SECONDS
    ]
    if late:
        last = max(late, key=lambda each: each.lag_seconds)
        many = "1 projection is" if len(late) == 1 else f"{len(late)} projections are"
        wrong.append(f"{many} behind, {last.name} by {last.behind} facts and {last.lag_seconds:.0f} seconds.")
    return tuple(wrong)


async def _alive(asking: Asking) -> Response[bytes]:  # noqa: ARG001 - every operation has this shape
    return as_json(Alive())


async def _ready(asking: Asking, absence: Absence) -> Response[bytes]:
    try:
        found = await look(asking.wiring.history, asking.wiring.clock())
        full = await _sees_figures(asking)
    except (Unavailable, psycopg.Error):
        raise Problem(
            ProblemType.UNAVAILABLE,
            msg("The database does not answer."),
            headers={"Retry-After": str(RETRY_SECONDS)},
        ) from None
    wrong = (*found.wrong, *absence.lasts(found))
    if wrong:
        found = msgspec.structs.replace(found, wrong=wrong)
        raise Problem(
            ProblemType.UNAVAILABLE,
            # The figures are for operators, who search for what they read: in English, as by the command line.
            verbatim(wrong[0]) if full else _public_sentence(found),
            headers={"Retry-After": str(RETRY_SECONDS)},
            checks=msgspec.to_builtins(found) if full else None,
        )
    return as_json(Readiness(status="ready", figures=found if full else None))


async def _sees_figures(asking: Asking) -> bool:
    if asking.person is None:
        return False
    try:
        installation = await asking.wiring.installation()
    except Unreadable:
        return False  # nobody can be told apart from others then, and the server is ready all the same
    return not isinstance(access.installation_administrator(asking.person, installation), Denied)


def _public_sentence(found: Ready) -> Message:
    """What is wrong, without a figure, and without the name of a projection, which would tell what kind of fact."""
    if found.pending_migrations:
        return msg("The database is not ready for this program.")
    if found.wrong == (LEADERLESS,):
        return msg("The read models are not kept up to date.")
    if any(each.position > found.facts for each in found.projections):
        return msg("The read models belong to another history.")
    return msg("The read models are behind.")


def operations() -> tuple[Operation, ...]:
    """The operations of this file."""
    absence = Absence()
    return (
        Operation(
            name="health.alive",
            method="GET",
            path="/health",
            summary="Is the server alive",
            handle=_alive,
            answer=Alive,
            public=True,
            tag="health",
        ),
        Operation(
            name="health.ready",
            method="GET",
            path="/health/ready",
            summary="Is the server ready: database, migrations, read models",
            handle=lambda asking: _ready(asking, absence),
            description="Only an administrator is told the figures.",
            answer=Readiness,
            public=True,
            tag="health",
        ),
    )
