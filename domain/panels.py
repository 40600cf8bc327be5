"""A panel: the jury's decision on a round, from a fixed ranking to an outcome for every application."""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from typing import Literal, assert_never, get_args

import msgspec

from domain import limits
from domain.applications import (
    Application,
    ApplicationDeclineReason,
    ApplicationStatus,
    AwardReason,
    to_settle,
    unsettled,
)
from domain.calls import Call
from domain.deciding import Aggregate, Fact
from domain.forms import Rubric
from domain.messages import counted, msg
from domain.refusals import Invalid, Refused
from domain.reviews import Review, ReviewStatus, mean, rests_on_few, score
from domain.rounds import Round
from domain.values import Money

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


# Facts


class PanelOpened(Fact, frozen=True, kw_only=True):
    """The reviews of a round were complete; the jury decides on this ranking, which no later review can move."""

    panel: str
    initiative: str
    call: str
    round: str
    stage: str
    ranking: tuple[RankingPlace, ...]


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


class PanelClosed(Fact, frozen=True, kw_only=True):
    """The chair ended the jury's work; another person is to confirm it."""

    panel: str
    chair: str


class PanelReturned(Fact, frozen=True, kw_only=True):
    """The person who was to confirm the decision returned it to the chair instead; the panel is open again."""

    panel: str
    returner: str
    reason: ReturnReason


class PanelConfirmed(Fact, frozen=True, kw_only=True):
    """A person other than the chair confirmed the decision; it stands, and waits to be announced."""

    panel: str
    confirmer: str


class PanelAnnouncementPlanned(Fact, frozen=True, kw_only=True):
    """The results will be announced at `announce_at`, which is `announce_local` on the clocks of `time_zone`, instead of at
    any earlier planned time."""

    panel: str
    announce_at: datetime
    announce_local: str
    time_zone: str


class PanelAnnouncementCancelled(Fact, frozen=True, kw_only=True):
    """No time is planned any more at which the results are announced."""

    panel: str


class PanelAnnounced(Fact, frozen=True, kw_only=True):
    """All applicants learned the results, at one moment."""

    panel: str


class PanelAwardFreed(Fact, frozen=True, kw_only=True):
    """The grant that followed an award was declined, or its offer lapsed, at `freed_at`; `amount` minor units can be awarded
    again. The program then moves the waiting list, as an act of its own: nobody on it learns by whom the sum was freed."""

    panel: str
    application: str
    grant: str
    amount: int
    freed_at: datetime


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

# State


class PanelStatus(enum.StrEnum):
    """Where a panel stands."""

    OPENED = "open"
    CLOSED = "closed"
    CONFIRMED = "confirmed"
    ANNOUNCED = "announced"


class Panel(msgspec.Struct, frozen=True, kw_only=True):
    """A panel as its facts left it. `decisions` are all outcomes set, also those that were changed later: to add one
    copies pointers only, so that folding a thousand takes a few milliseconds. `chair` is who closed it. `announce_at` is
    there while a time is planned. `freed` is the sum of awards that ended without a grant, `moved_up` what those from the
    waiting list were awarded since."""

    status: PanelStatus | None = None
    initiative: str = ""
    call: str = ""
    round: str = ""
    stage: str = ""
    ranking: tuple[RankingPlace, ...] = ()
    decisions: tuple[PanelOutcomeSet, ...] = ()
    chair: str | None = None
    announce_at: datetime | None = None
    freed: int = 0
    moved_up: dict[str, int] = {}

    def outcomes(self) -> dict[str, PanelOutcomeSet]:
        """What stands for each application decided on so far."""
        return {decision.application: decision for decision in self.decisions}


def evolve(panel: Panel, fact: PanelFact) -> Panel:
    """The panel after one more fact."""
    replace = msgspec.structs.replace
    match fact:
        case PanelOpened():
            return Panel(
                status=PanelStatus.OPENED,
                initiative=fact.initiative,
                call=fact.call,
                round=fact.round,
                stage=fact.stage,
                ranking=fact.ranking,
            )
        case PanelOutcomeSet():
            return replace(panel, decisions=(*panel.decisions, fact))
        case PanelClosed():
            return replace(panel, status=PanelStatus.CLOSED, chair=fact.chair)
        case PanelReturned():
            return replace(panel, status=PanelStatus.OPENED, chair=None)
        case PanelConfirmed():
            return replace(panel, status=PanelStatus.CONFIRMED)
        case PanelAnnouncementPlanned():
            return replace(panel, announce_at=fact.announce_at)
        case PanelAnnouncementCancelled():
            return replace(panel, announce_at=None)
        case PanelAnnounced():
            return replace(panel, status=PanelStatus.ANNOUNCED, announce_at=None)
        case PanelAwardFreed():
            return replace(panel, freed=panel.freed + fact.amount)
        case PanelWaitingListMoved():
            return replace(panel, moved_up={**panel.moved_up, fact.application: fact.amount})
        case _:
            assert_never(fact)


PANEL = Aggregate(kind="panel", empty=Panel(), evolve=evolve)

# Rules


def open_panel(
    panel_id: str,
    round_id: str,
    round: Round,
    call: Call,
    *,
    applications: Mapping[str, Application],
    reviews: Iterable[Review],
) -> tuple[Fact, ...]:
    """Open the panel of a round on the ranking of its eligible applications, each of which has the reviews that it needs.

    `applications` are all that the round received, `reviews` all reviews of them.
    """
    stage = call.stage(round.stage)
    left = to_settle(unsettled(each.status for each in applications.values() if each.status is not None))
    if left:
        raise Refused(left[0])
    submitted: dict[str, list[Review]] = {
        application_id: []
        for application_id, application in applications.items()
        if application.status is ApplicationStatus.ELIGIBLE
    }
    for review in reviews:
        if review.status is ReviewStatus.SUBMITTED and review.application in submitted:
            submitted[review.application].append(review)
    lacking = sum(
        len(written) < round.quorum(application, stage) for application, written in submitted.items()
    )
    if lacking:
        raise Refused(
            counted(
                "{count} eligible application does not have enough reviews. Ask another juror; if nobody is left to ask, "
                "the chair can lower the quorum.",
                "{count} eligible applications do not have enough reviews. Ask other jurors; where nobody is left to ask, "
                "the chair can lower the quorum.",
                count=lacking,
            )
        )
    return (
        PanelOpened(
            panel=panel_id,
            initiative=call.initiative,
            call=round.call,
            round=round_id,
            stage=round.stage,
            ranking=rank(submitted, call.rubrics[round.stage]),
        ),
    )


def rank(submitted: Mapping[str, Collection[Review]], rubrics: Sequence[Rubric]) -> tuple[RankingPlace, ...]:
    """The ranking of applications by the exact mean of their submitted reviews' scores, the best first. `rubrics` are all
    versions of the stage's rubric: each review is scored by the one by which it was written.

    Equal means share a rank; within it applications stand in the order of their random ids, which tells nothing.
    """
    scored = {
        application: mean(
            points for review in reviews if (points := score(review, _rubric_of(review, rubrics))) is not None
        )
        for application, reviews in submitted.items()
    }
    order = sorted(scored, key=lambda application: (-_or_last(scored[application]), application))
    places: list[RankingPlace] = []
    for number, application in enumerate(order, start=1):
        tied = bool(places) and scored[places[-1].application] == scored[application]
        places.append(
            RankingPlace(
                application=application,
                rank=places[-1].rank if tied else number,
                score=_written(scored[application]),
                reviews=len(submitted[application]),
                on_few_criteria=sum(
                    rests_on_few(review, _rubric_of(review, rubrics)) for review in submitted[application]
                ),
            )
        )
    return tuple(places)


def _rubric_of(review: Review, rubrics: Sequence[Rubric]) -> Rubric:
    return rubrics[review.rubric_version - 1]


def without(places: Iterable[RankingPlace], hidden: Collection[str]) -> tuple[RankingPlace, ...]:
    """A ranking as it would be without some applications: the others move up, so that no rank tells where those stood."""
    left = [place for place in places if place.application not in hidden]
    ranks: dict[int, int] = {}
    for number, place in enumerate(left, start=1):
        ranks.setdefault(place.rank, number)
    return tuple(msgspec.structs.replace(place, rank=ranks[place.rank]) for place in left)


def set_outcome(
    panel_id: str,
    panel: Panel,
    call: Call,
    *,
    application_id: str,
    application: Application,
    withdrawn: Collection[str],
    outcome: PanelOutcome,
    amount: Money | None,
    rank: int | None,
    reason: OutcomeReason | None,
    more_because: MoreReason | None,
) -> tuple[Fact, ...]:
    """Decide on a ranked application; what was decided can be changed until the panel is closed.

    `withdrawn` are the ranked applications known to be withdrawn, whose awards bind no budget any more. An award that
    exceeds the sum asked for needs `more_because`, so that nobody sets one by a slip of the hand.
    """
    if panel.status is not PanelStatus.OPENED:
        raise Refused(
            msg("Outcomes can be set only in an open panel; this one is {status}.", status=panel.status)
        )
    if application.status is not ApplicationStatus.ELIGIBLE:
        raise Refused(
            msg(
                "A panel decides only on eligible applications; this one is {status}.",
                status=application.status,
            )
        )
    _check_stage(outcome, last=call.next_stage(panel.stage) is None)
    _check_fitting(outcome, amount=amount, rank=rank, reason=reason)
    if rank is not None and not 1 <= rank <= len(panel.ranking):
        most = len(panel.ranking)
        raise Invalid.field("rank", limits.outside(rank, 1, most))
    minor = None if amount is None else _check_award(call, amount)
    _check_more(minor, application, call, more_because)
    if outcome == "award" and minor is not None:
        _check_budget(panel, call, application_id, minor, withdrawn)
    return (
        PanelOutcomeSet(
            panel=panel_id,
            application=application_id,
            outcome=outcome,
            amount=minor,
            currency=None if minor is None else call.currency,
            rank=rank,
            reason=reason,
            more_because=more_because,
        ),
    )


def is_ranked(panel: Panel, application_id: str) -> bool:
    """Whether the panel decides on this application."""
    return any(place.application == application_id for place in panel.ranking)


def awards(panel: Panel, *, besides: str | None = None) -> dict[str, int]:
    """The awards set so far in minor units, by application, without that of the application `besides`."""
    return {
        application: decision.amount
        for application, decision in panel.outcomes().items()
        if decision.outcome == "award" and decision.amount is not None and application != besides
    }


def close(
    panel_id: str, panel: Panel, *, chair: str, applications: Mapping[str, Application]
) -> tuple[Fact, ...]:
    """End the jury's work once every ranked application that was not withdrawn has its outcome."""
    if panel.status is not PanelStatus.OPENED:
        raise Refused(msg("Only an open panel can be closed; this one is {status}.", status=panel.status))
    _check_complete(panel, applications)
    return (PanelClosed(panel=panel_id, chair=chair),)


def confirm(
    panel_id: str,
    panel: Panel,
    call: Call,
    *,
    confirmer: str,
    deciders: Collection[str],
    applications: Mapping[str, Application],
) -> tuple[Fact, ...]:
    """Confirm a closed panel's decision, as someone other than the chair who closed it and than all who set an outcome
    in it, the `deciders`, also one that was changed later. In a call on the fast track the panel may still be open, once every
    ranked application has its outcome: `applications` are these."""
    if call.on_fast_track and panel.status is PanelStatus.OPENED:
        _check_complete(panel, applications)
    elif panel.status is not PanelStatus.CLOSED:
        raise Refused(msg("Only a closed panel can be confirmed; this one is {status}.", status=panel.status))
    _check_second(panel, confirmer, deciders)
    return (PanelConfirmed(panel=panel_id, confirmer=confirmer),)


def return_to_chair(
    panel_id: str, panel: Panel, *, returner: str, deciders: Collection[str], reason: ReturnReason
) -> tuple[Fact, ...]:
    """Give a closed panel back to the chair, by somebody who could confirm it."""
    if panel.status is not PanelStatus.CLOSED:
        raise Refused(
            msg(
                "Only a closed panel can be returned to the chair; this one is {status}.", status=panel.status
            )
        )
    _check_second(panel, returner, deciders)
    return (PanelReturned(panel=panel_id, returner=returner, reason=reason),)


def _check_complete(panel: Panel, applications: Mapping[str, Application]) -> None:
    """Raise `Refused` unless every ranked application that was not withdrawn has its outcome, and the waiting list its
    order."""
    outcomes = panel.outcomes()
    left = [
        place.application
        for place in panel.ranking
        if applications[place.application].status is not ApplicationStatus.WITHDRAWN
    ]
    undecided = sum(application not in outcomes for application in left)
    if undecided:
        raise Refused(
            counted(
                "{count} application has no outcome yet.",
                "{count} applications have no outcome yet.",
                count=undecided,
            )
        )
    ranks = sorted(rank for application in left if (rank := outcomes[application].rank) is not None)
    if ranks != list(range(1, len(ranks) + 1)):
        raise Refused(msg("Number the places on the waiting list from 1, without gaps and each only once."))


def _check_second(panel: Panel, person: str, deciders: Collection[str]) -> None:
    """Raise `Refused` for who took part in the decision that a second person is to confirm."""
    if person == panel.chair:
        raise Refused(msg("You closed this panel, so somebody else must confirm it."))
    if person in deciders:
        raise Refused(msg("You set an outcome in this panel, so somebody else must confirm it."))


def _check_stage(outcome: PanelOutcome, *, last: bool) -> None:
    if last and outcome == "invite":
        raise Invalid.field("outcome", msg("This is the last stage, so there is no other one to invite to."))
    if not last and outcome in ("award", "waitlist"):
        raise Invalid.field(
            "outcome", msg("Awards are made in the last stage; here, invite to the next stage or decline.")
        )


def _check_fitting(
    outcome: PanelOutcome, *, amount: Money | None, rank: int | None, reason: OutcomeReason | None
) -> None:
    """Raise `Invalid` unless an outcome comes with what it needs, and with nothing else."""
    if outcome == "award" and amount is None:
        raise Invalid.field("amount", msg("Write the amount of the award."))
    if outcome == "waitlist" and amount is None:
        raise Invalid.field("amount", msg("Write the amount that is awarded if the application moves up."))
    if outcome == "decline" and amount is not None:
        raise Invalid.field("amount", msg("Declining has no amount; leave this empty."))
    if outcome == "invite" and amount is not None:
        raise Invalid.field("amount", msg("An invitation to the next stage has no amount; leave this empty."))
    if outcome == "invite" and reason is not None:
        raise Invalid.field(
            "reason", msg("An invitation to the next stage needs no reason; leave this empty.")
        )
    if outcome == "waitlist" and rank is None:
        raise Invalid.field("rank", msg("Write the place on the waiting list, counted from 1."))
    if outcome != "waitlist" and rank is not None:
        raise Invalid.field("rank", msg("Only the waiting list has places; leave this empty."))
    if outcome == "decline" and reason not in get_args(ApplicationDeclineReason):
        raise Invalid.field("reason", msg("Choose a reason for declining."))
    if outcome == "award" and reason not in get_args(AwardReason):
        raise Invalid.field("reason", msg("Choose a reason for the award."))
    if outcome == "waitlist" and reason is not None:
        raise Invalid.field("reason", msg("The waiting list needs no reason; leave this empty."))


def _check_award(call: Call, amount: Money) -> int:
    minor = amount.minor("amount", currency=call.currency, least=1)
    if not call.minimum_award <= minor <= call.maximum_award:
        raise Invalid.field(
            "amount.amount",
            msg(
                "This call awards from {least} to {most}; this is {given}.",
                least=Money.of(call.minimum_award, call.currency),
                most=Money.of(call.maximum_award, call.currency),
                given=Money.of(minor, call.currency),
            ),
        )
    return minor


def _check_more(
    minor: int | None, application: Application, call: Call, more_because: MoreReason | None
) -> None:
    more = minor is not None and minor > application.requested
    if more and more_because is None:
        raise Invalid.field(
            "more_because",
            msg(
                "The applicant asked for {requested}. Choose a reason if {amount} is meant to be more than that.",
                requested=Money.of(application.requested, call.currency),
                amount=Money.of(minor or 0, call.currency),
            ),
        )
    if more_because is not None and not more:
        raise Invalid.field(
            "more_because", msg("This is not more than the applicant asked for; leave the reason out.")
        )


def _check_budget(
    panel: Panel, call: Call, application_id: str, minor: int, withdrawn: Collection[str]
) -> None:
    others = sum(
        award
        for application, award in awards(panel, besides=application_id).items()
        if application not in withdrawn
    )
    others += call.awarded
    if others + minor > call.budget:
        raise Refused(
            msg(
                "The call's budget has {left} left, which does not cover this award.",
                left=Money.of(call.budget - others, call.currency),
            )
        )


def _or_last(points: Fraction | None) -> Fraction:
    return Fraction(-1) if points is None else points


def _written(points: Fraction | None) -> str | None:
    return None if points is None else f"{points.numerator}/{points.denominator}"
