"""Whether the server is alive, and whether it is ready: database, migrations, and how far the read models lag.

Only administrators are told figures: how many facts there are would tell everybody when somebody submits."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Final, Literal

import msgspec
import psycopg
from litestar import Response

from api.operations import Asking, Operation, as_json
from api.problems import RETRY_SECONDS, Problem, ProblemType
from api.wiring import all_migrations
from domain import access
from domain.deciding import Denied
from history.store import History, Unavailable
from projections.register import PROJECTIONS

MOST_LAG_SECONDS: Final = 30.0
"""How old the oldest fact may be that a read model has not seen, before the server calls itself not ready."""


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
    """What readiness rests on: it is well when `wrong` says nothing."""

    facts: int
    overdue: int
    pending_migrations: tuple[str, ...]
    projections: tuple[ProjectionHealth, ...]
    wrong: tuple[str, ...]


class Readiness(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The server is ready. `figures` are for administrators of the installation alone."""

    status: Literal["ready"]
    figures: Ready | None = None


@cache
def _migration_names() -> tuple[str, ...]:
    return tuple(migration.name for migration in all_migrations())


async def look(history: History, now: datetime) -> Ready:
    """The present state of an installation, `now` by its clock. Raises `Unavailable`."""
    async with history.connection() as connection:
        cursor = await connection.execute("SELECT name FROM migrations.applied")
        applied = {row[0] for row in await cursor.fetchall()}
        pending = tuple(name for name in _migration_names() if name not in applied)
        cursor = await connection.execute("SELECT coalesce(max(position), 0) FROM history.facts")
        row = await cursor.fetchone()
        assert row is not None
        newest: int = row[0]
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
    wrong = _wrong(pending, projections, begun=bool(found))
    return Ready(
        facts=newest,
        overdue=len(due),
        pending_migrations=pending,
        projections=tuple(projections),
        wrong=wrong,
    )


def _wrong(pending: tuple[str, ...], projections: list[ProjectionHealth], *, begun: bool) -> tuple[str, ...]:
    wrong = []
    if pending:
        wrong.append("The database is not ready for this program; run: overwinter migrate.")
    elif not begun:
        wrong.append("No process has projected yet; run: overwinter project.")
    for each in projections:
        if each.failed_position is not None:
            wrong.append(
                f"The projection {each.name} stopped at position {each.failed_position}; the log says why."
            )
        elif each.lag_seconds > MOST_LAG_SECONDS:
            wrong.append(
                f"The projection {each.name} is {each.behind} facts and {each.lag_seconds:.0f} seconds behind; "
                "does overwinter project run?"
            )
    return tuple(wrong)


async def _alive(asking: Asking) -> Response[bytes]:  # noqa: ARG001 - every operation has this shape
    return as_json(Alive())


async def _ready(asking: Asking) -> Response[bytes]:
    try:
        found = await look(asking.wiring.history, asking.wiring.clock())
        full = await _sees_figures(asking)
    except (Unavailable, psycopg.Error):
        raise Problem(
            ProblemType.UNAVAILABLE,
            "The database does not answer.",
            headers={"Retry-After": str(RETRY_SECONDS)},
        ) from None
    if found.wrong:
        raise Problem(
            ProblemType.UNAVAILABLE,
            found.wrong[0] if full else _public_sentence(found),
            headers={"Retry-After": str(RETRY_SECONDS)},
            checks=msgspec.to_builtins(found) if full else None,
        )
    return as_json(Readiness(status="ready", figures=found if full else None))


async def _sees_figures(asking: Asking) -> bool:
    if asking.person is None:
        return False
    installation = await asking.wiring.installation()
    return not isinstance(access.installation_administrator(asking.person, installation), Denied)


def _public_sentence(found: Ready) -> str:
    """What is wrong, without a figure, and without the name of a projection, which would tell what kind of fact."""
    if found.pending_migrations:
        return "The database is not ready for this program."
    return "The read models are behind."


def operations() -> tuple[Operation, ...]:
    """The operations of this file."""
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
            handle=_ready,
            description="Only an administrator is told the figures.",
            answer=Readiness,
            public=True,
            tag="health",
        ),
    )
