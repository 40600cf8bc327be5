"""What happened to a panel."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from domain.applications.facts import ApplicationDeclineReason, AwardReason
from domain.deciding import Fact
from domain.topic import FOLLOWERS, stored_as

PanelOutcome = Literal["award", "decline", "waitlist", "invite"]
"""``invite`` leads to the next stage, so it is there before the last one; ``award`` and ``waitlist`` are in the last."""
OutcomeReason = Literal[AwardReason, ApplicationDeclineReason]
MoreReason = Literal["costs_rose", "taxes_and_fees", "minimum_of_call", "other"]
"""Why an award is higher than the sum asked for."""
ReturnReason = Literal[
    "outcome_questioned", "amount_questioned", "waiting_list_questioned", "procedure", "other"
]


class RankingPlace(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An application's place in a ranking.

    `score` is the exact mean of its reviews' scores (`domain.reviews.mean`) as a fraction in lowest terms, ``11/15``; None
    where none was written. Equal scores share a rank, and the rank after two that share the first is the third.
    `reviews` is how many were counted, `on_few_criteria` how many of them judged half of the criteria or fewer.
    """

    application: str
    rank: int
    score: str | None
    reviews: int
    on_few_criteria: int


@stored_as("panel.opened.v1", told_to=FOLLOWERS)
class PanelOpened(Fact, frozen=True, kw_only=True):
    """The reviews of a round were complete; the jury decides on this ranking, which no later review can move."""

    panel: str
    initiative: str
    call: str
    round: str
    stage: str
    ranking: tuple[RankingPlace, ...]


@stored_as("panel.outcome_set.v1", told_to=FOLLOWERS)
class PanelOutcomeSet(Fact, frozen=True, kw_only=True):
    """The jury decided on an application, in place of what it decided before.

    An award has an `amount` in minor units of `currency` and a `reason`; `more_because` says why it is higher than the sum
    asked for. A place on the waiting list has a `rank` from 1, and the `amount` that is awarded if it moves up. A decline
    has a `reason`.
    """

    panel: str
    application: str
    outcome: PanelOutcome
    amount: int | None
    currency: str | None
    rank: int | None
    reason: OutcomeReason | None
    more_because: MoreReason | None


@stored_as("panel.closed.v1", told_to=FOLLOWERS)
class PanelClosed(Fact, frozen=True, kw_only=True):
    """The chair ended the jury's work; another person is to confirm it."""

    panel: str
    chair: str


@stored_as("panel.returned.v1", told_to=FOLLOWERS)
class PanelReturned(Fact, frozen=True, kw_only=True):
    """The person who was to confirm the decision returned it to the chair instead; the panel is open again."""

    panel: str
    returner: str
    reason: ReturnReason


@stored_as("panel.confirmed.v1", told_to=FOLLOWERS)
class PanelConfirmed(Fact, frozen=True, kw_only=True):
    """A person other than the chair confirmed the decision; it stands, and waits to be announced."""

    panel: str
    confirmer: str


@stored_as("panel.announcement_planned.v1", told_to=FOLLOWERS)
class PanelAnnouncementPlanned(Fact, frozen=True, kw_only=True):
    """The results will be announced at `announce_at`, which is `announce_local` on the clocks of `time_zone`, instead of at
    any earlier planned time."""

    panel: str
    announce_at: datetime
    announce_local: str
    time_zone: str


@stored_as("panel.announcement_cancelled.v1", told_to=FOLLOWERS)
class PanelAnnouncementCancelled(Fact, frozen=True, kw_only=True):
    """No time is planned any more at which the results are announced."""

    panel: str


@stored_as("panel.announced.v1", told_to=FOLLOWERS)
class PanelAnnounced(Fact, frozen=True, kw_only=True):
    """All applicants learned the results, at one moment."""

    panel: str


@stored_as("panel.award_freed.v1", told_to=FOLLOWERS)
class PanelAwardFreed(Fact, frozen=True, kw_only=True):
    """The grant that followed an award was declined, or its offer lapsed, at `freed_at`; `amount` minor units can be awarded
    again. The program then moves the waiting list, as an act of its own: nobody on it learns by whom the sum was freed."""

    panel: str
    application: str
    grant: str
    amount: int
    freed_at: datetime


@stored_as("panel.waiting_list_moved.v1", told_to=FOLLOWERS)
class PanelWaitingListMoved(Fact, frozen=True, kw_only=True):
    """The first on the waiting list moved up, and was awarded the `amount` in minor units that the panel had decided."""

    panel: str
    application: str
    amount: int


PanelFact = (
    PanelOpened
    | PanelOutcomeSet
    | PanelClosed
    | PanelReturned
    | PanelConfirmed
    | PanelAnnouncementPlanned
    | PanelAnnouncementCancelled
    | PanelAnnounced
    | PanelAwardFreed
    | PanelWaitingListMoved
)
