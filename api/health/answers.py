"""What the server answers to whether it is alive, and whether it is ready.

Only administrators see figures, because the number of facts would reveal when somebody submits."""

from __future__ import annotations

from typing import Literal

import msgspec
import psycopg
from litestar import Response

from api.health.health import LEADERLESS, Absence, Ready, look
from api.http.operations import Asking, Operation, as_json
from api.http.problems import RETRY_SECONDS, Problem, ProblemType
from domain import access
from domain.deciding import Denied
from domain.messages import Message, msg, verbatim
from history.appends import Unavailable
from history.unreadable import Unreadable


class Alive(msgspec.Struct, frozen=True, kw_only=True):
    """The server answers."""

    status: str = "alive"


class Readiness(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The server is ready. `figures` are for administrators of the installation alone."""

    status: Literal["ready"]
    figures: Ready | None = None


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
            # Figures are for operators, who search for the text: so always in English, as on the command line.
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
        return False  # administrators cannot be recognised then, but the server is ready anyway
    return not isinstance(access.installation_administrator(asking.person, installation), Denied)


def _public_sentence(found: Ready) -> Message:
    """What is wrong, without figures or names of read models, which would reveal what kind of fact was recorded."""
    if found.pending_migrations:
        return msg("The database is not ready for this program.")
    if found.wrong == (LEADERLESS,):
        return msg("The read models are not kept up to date.")
    if any(each.position > found.facts for each in found.projections):
        return msg("The read models belong to another history.")
    return msg("The read models are behind.")


def operations() -> tuple[Operation, ...]:
    """The operations of this module."""
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
            description="Only administrators see the figures.",
            answer=Readiness,
            public=True,
            tag="health",
        ),
    )
