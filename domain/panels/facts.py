"""The facts of a panel."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from domain.applications.facts import ApplicationDeclineReason, AwardReason
from domain.deciding import Fact
from domain.personal import Personal, Withheld
from domain.topic import FOLLOWERS, stored_as

PanelOutcome = Literal["award", "decline", "waitlist", "invite"]
"""``invite`` leads to the next stage, so it is possible before the last one; ``award`` and ``waitlist`` only in the
last."""
OutcomeReason = Literal[AwardReason, ApplicationDeclineReason]
MoreReason = Literal["costs_rose", "taxes_and_fees", "minimum_of_call", "other"]
"""Why an award is higher than the requested sum."""
ReturnReason = Literal[
    "outcome_questioned", "amount_questioned", "waiting_list_questioned", "procedure", "other"
]


class RankingPlace(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An application's place in a ranking.

    `score` is the exact mean of its reviews' scores (`domain.reviews.scores.mean`) as a fraction in lowest terms,
    ``11/15``; None if there are none. Equal scores share a rank, and the rank after two that share the first is the
    third. `reviews` is the number of reviews that were counted, `on_few_criteria` the number of those that scored half
    of the criteria or fewer.
    """

    application: str
    rank: int
    score: str | None
    reviews: int
    on_few_criteria: int


@stored_as("panel.opened.v1", audience=FOLLOWERS)
class PanelOpened(Fact, frozen=True, kw_only=True):
    """The reviews of a round were complete; the jury decides on this ranking, which later reviews cannot change."""

    panel: str
    initiative: str
    call: str
    round: str
    stage: str
    ranking: tuple[RankingPlace, ...]


@stored_as("panel.outcome_set.v1", audience=FOLLOWERS)
class PanelOutcomeSet(Fact, frozen=True, kw_only=True):
    """The jury decided on an application; this replaces an earlier decision.

    An award has an `amount` in minor units of `currency` and a `reason`; `more_because` says why it is higher than the
    requested sum. A place on the waiting list has a `rank` from 1, and the `amount` that is awarded if the application
    moves up. A decline has a `reason`. `decider` is the chair who set it, or the juror in their place.
    """

    panel: str
    application: str
    outcome: PanelOutcome
    amount: int | None
    currency: str | None
    rank: int | None
    reason: OutcomeReason | None
    more_because: MoreReason | None
    decider: str


@stored_as("panel.outcome_ended.v1", audience=FOLLOWERS)
class PanelOutcomeEnded(Fact, frozen=True, kw_only=True):
    """The person who set this outcome began to act for an applicant of the round, so it no longer counts; another person sets
    one."""

    panel: str
    application: str


@stored_as("panel.reopened.v1", audience=FOLLOWERS)
class PanelReopened(Fact, frozen=True, kw_only=True):
    """A closed panel is open again, because the person who closed it, or set outcomes in it, began to act for an applicant of
    the round."""

    panel: str


@stored_as("panel.note_written.v1")
class PanelNoteWritten(Fact, frozen=True, kw_only=True):
    """Somebody on the jury wrote a note on an application for the others of the panel. It is sealed in the application's
    `dossier`, and only those of the jury read it who may see the application's scores."""

    panel: str
    application: str
    dossier: str
    text: Annotated[str | Withheld, Personal(of="dossier")]

    told = False


@stored_as("panel.closed.v1", audience=FOLLOWERS)
class PanelClosed(Fact, frozen=True, kw_only=True):
    """The chair closed the panel; another person has to confirm it."""

    panel: str
    chair: str


@stored_as("panel.returned.v1", audience=FOLLOWERS)
class PanelReturned(Fact, frozen=True, kw_only=True):
    """A person who could have confirmed the decision returned it to the chair instead; the panel is open again."""

    panel: str
    returner: str
    reason: ReturnReason


@stored_as("panel.confirmed.v1", audience=FOLLOWERS)
class PanelConfirmed(Fact, frozen=True, kw_only=True):
    """A person other than the chair confirmed the decision. It is final, and can be announced."""

    panel: str
    confirmer: str


@stored_as("panel.announcement_planned.v1", audience=FOLLOWERS)
class PanelAnnouncementPlanned(Fact, frozen=True, kw_only=True):
    """The results are planned to be announced at `announce_at`, which is the local time `announce_local` in
    `time_zone`. This replaces an earlier plan."""

    panel: str
    announce_at: datetime
    announce_local: str
    time_zone: str


@stored_as("panel.announcement_cancelled.v1", audience=FOLLOWERS)
class PanelAnnouncementCancelled(Fact, frozen=True, kw_only=True):
    """The planned announcement was cancelled."""

    panel: str


@stored_as("panel.announced.v1", audience=FOLLOWERS)
class PanelAnnounced(Fact, frozen=True, kw_only=True):
    """The results were announced to all applicants at one moment."""

    panel: str


@stored_as("panel.award_freed.v1", audience=FOLLOWERS)
class PanelAwardFreed(Fact, frozen=True, kw_only=True):
    """An award ended without a grant at `freed_at`: the `grant` was declined, or its offer lapsed; or the application
    ended before one was offered, and `grant` is None. `amount` minor units can be awarded again. The program then moves
    the waiting list in a separate append, so that nobody on it learns who freed the sum."""

    panel: str
    application: str
    grant: str | None
    amount: int
    freed_at: datetime


@stored_as("panel.waiting_list_left.v1", audience=FOLLOWERS)
class PanelWaitingListLeft(Fact, frozen=True, kw_only=True):
    """An application ended at `left_at` while it was on the waiting list. The program then moves the list in a separate
    append, because the next one may need less."""

    panel: str
    application: str
    left_at: datetime


@stored_as("panel.waiting_list_moved.v1", audience=FOLLOWERS)
class PanelWaitingListMoved(Fact, frozen=True, kw_only=True):
    """The first application on the waiting list moved up, and was awarded the `amount` in minor units that the panel
    had decided."""

    panel: str
    application: str
    amount: int


@stored_as("panel.waiting_list_stayed.v1")
class PanelWaitingListStayed(Fact, frozen=True, kw_only=True):
    """The program looked at the waiting list because a sum or a place was free, and nobody could move up. It ends the due
    date, so that no due date ends without a fact."""

    panel: str


PanelFact = (
    PanelOpened
    | PanelOutcomeSet
    | PanelOutcomeEnded
    | PanelReopened
    | PanelNoteWritten
    | PanelClosed
    | PanelReturned
    | PanelConfirmed
    | PanelAnnouncementPlanned
    | PanelAnnouncementCancelled
    | PanelAnnounced
    | PanelAwardFreed
    | PanelWaitingListLeft
    | PanelWaitingListMoved
    | PanelWaitingListStayed
)
