"""The rules for setting outcomes: what each outcome needs, and what the call's limits and budget allow."""

from __future__ import annotations

from collections.abc import Collection
from typing import get_args

from domain import limits
from domain.applications.facts import ApplicationDeclineReason, AwardReason
from domain.applications.state import Application, ApplicationStatus
from domain.calls.state import Call
from domain.deciding import Fact
from domain.messages import msg
from domain.panels.facts import MoreReason, OutcomeReason, PanelOutcome, PanelOutcomeSet
from domain.panels.state import Panel, PanelStatus, awards
from domain.refusals import Invalid, Refused
from domain.values import Money


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
    decider: str,
) -> tuple[Fact, ...]:
    """Decide on a ranked application; the decision can be changed until the panel is closed.

    `withdrawn` are the ranked applications known to be withdrawn, whose awards no longer use any budget. An award above
    the requested sum needs `more_because`, so that nobody sets one by mistake.
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
    if outcome == "waitlist" and call.rolling:
        raise Invalid.field("outcome", msg("A rolling call has no waiting list. Award now, or decline."))
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
            decider=decider,
        ),
    )


def _check_stage(outcome: PanelOutcome, *, last: bool) -> None:
    if last and outcome == "invite":
        raise Invalid.field("outcome", msg("This is the last stage, so there is no next one to invite to."))
    if not last and outcome in ("award", "waitlist"):
        raise Invalid.field(
            "outcome", msg("Awards are made in the last stage; here, invite to the next stage or decline.")
        )


def _check_fitting(
    outcome: PanelOutcome, *, amount: Money | None, rank: int | None, reason: OutcomeReason | None
) -> None:
    """Raise `Invalid` unless an outcome comes with the fields that it needs, and no others."""
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
