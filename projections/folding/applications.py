"""The tables of applications: their state, and their sealed titles."""

from __future__ import annotations

from datetime import datetime
from typing import Final, assert_never

import msgspec

from domain.applications.facts import (
    ApplicationAwarded,
    ApplicationCancelled,
    ApplicationChanged,
    ApplicationContinued,
    ApplicationDeclined,
    ApplicationEndedByErasure,
    ApplicationEnteredOnBehalf,
    ApplicationFact,
    ApplicationFoundEligible,
    ApplicationFoundIneligible,
    ApplicationInvitationLapsed,
    ApplicationInvited,
    ApplicationPromoted,
    ApplicationResubmitted,
    ApplicationReturned,
    ApplicationReturnLapsed,
    ApplicationSubmitted,
    ApplicationWaitlisted,
    ApplicationWithdrawn,
    ApplicationWritten,
    StatusStays,
)
from domain.applications.state import Application, ApplicationStatus, evolve
from domain.dossiers import DossierErased
from projections.placed import Placed
from projections.projection import Projection
from projections.reader import sealed_box
from projections.rows import Rows, Shown
from projections.tables import Table, TableRow


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """The answers of a stage: the version of the fact that contains them, the round of the stage, and the sum that was
    asked for in it, in minor units."""

    stage: str
    round: str
    written: int
    requested: int


class ApplicationRow(TableRow, frozen=True, kw_only=True):
    """The state of an application. `written` is the version of the fact that contains its title and answers, and
    `answered` are those of all its stages; `standing` is the version of the fact that set its status. `handle` stands for
    the applicant; amounts are minor units of `currency`. `awarded`, `rank` (on the waiting list) and `reason` are those of
    the fact that set the status; `came_back_at` is when it was last submitted again after questions."""

    application: str
    version: int
    standing: int
    written: int
    answered: tuple[Answered, ...] = ()
    initiative: str
    call: str
    round: str
    applicant: str
    handle: str | None
    status: ApplicationStatus
    requested: int
    awarded: int | None
    currency: str
    rank: int | None
    reason: str | None
    submitted_at: datetime
    came_back_at: datetime | None = None
    decide_by: datetime | None


class TitleRow(TableRow, frozen=True, kw_only=True):
    """A version of a title in its sealed box, with what is needed to open it. `box` is None if the history's own was
    destroyed."""

    application: str
    topic: str
    version: int
    subject: str
    digest: bytes
    box: bytes | None


APPLICATIONS: Final = Table("applications", ApplicationRow, key=("application",))
TITLES: Final = Table("titles", TitleRow, key=("application", "version"), group=("subject",), versions=False)
_SHOWN: Final = Shown(ApplicationRow, Application(), evolve)


def fold(rows: Rows, fact: ApplicationFact | DossierErased, placed: Placed) -> None:
    """Store the state of each application, and its title, sealed, until its dossier is erased."""
    if isinstance(fact, DossierErased):
        rows.clear(TITLES, fact.dossier)
        return
    row = rows.get(APPLICATIONS, fact.application)
    rows.put(APPLICATIONS, application_row(row, fact, placed))
    if isinstance(fact, ApplicationWritten):
        rows.put(TITLES, _title(fact, placed))


def application_row(row: ApplicationRow | None, fact: ApplicationFact, placed: Placed) -> ApplicationRow:
    """An application's row after one more fact. What is shown beside the status is said by the fact that set it."""
    if isinstance(fact, ApplicationEnteredOnBehalf):
        return _SHOWN(row, fact, handle=fact.handle)  # instead of the handle of whoever entered it
    if isinstance(fact, StatusStays):
        return _SHOWN(row, fact)
    given: dict[str, object] = {
        "standing": placed.version,
        "awarded": None,
        "rank": None,
        "reason": None,
    }
    if isinstance(fact, ApplicationWritten):
        given["written"] = placed.version
        given["answered"] = _answered(row, fact, placed)
    match fact:
        case ApplicationSubmitted():
            given |= {"handle": placed.handle, "submitted_at": placed.recorded.envelope.decided_at}
        case ApplicationAwarded():
            given |= {"awarded": fact.amount, "reason": fact.reason}
        case ApplicationPromoted():
            given["awarded"] = fact.amount
        case ApplicationWaitlisted():
            given["rank"] = fact.rank
        case (
            ApplicationWithdrawn()
            | ApplicationFoundIneligible()
            | ApplicationCancelled()
            | ApplicationDeclined()
        ):
            given["reason"] = fact.reason
        case ApplicationEndedByErasure():
            given["reason"] = "erased"
        case ApplicationResubmitted():
            given["came_back_at"] = placed.recorded.envelope.decided_at
        case (
            ApplicationChanged()
            | ApplicationContinued()
            | ApplicationFoundEligible()
            | ApplicationInvited()
            | ApplicationInvitationLapsed()
            | ApplicationReturned()
            | ApplicationReturnLapsed()
        ):
            pass
        case _:
            assert_never(fact)
    return _SHOWN(row, fact, **given)


def _answered(row: ApplicationRow | None, fact: ApplicationWritten, placed: Placed) -> tuple[Answered, ...]:
    earlier = () if row is None else tuple([each for each in row.answered if each.stage != fact.stage])
    if isinstance(fact, ApplicationSubmitted | ApplicationContinued):
        round = fact.round
    else:
        assert row is not None
        round = row.round
    return (
        *earlier,
        Answered(stage=fact.stage, round=round, written=placed.version, requested=fact.requested),
    )


def _title(fact: ApplicationWritten, placed: Placed) -> TitleRow:
    digest, box = sealed_box(placed.recorded, "title")
    return TitleRow(
        application=fact.application,
        topic=placed.recorded.topic,
        version=placed.version,
        subject=fact.dossier,
        digest=digest,
        box=box,
    )


PROJECTION: Final = Projection("applications", (APPLICATIONS, TITLES), fold)
