"""The rules for calls: one function for each command."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from domain import fast_track, limits
from domain.calls.facts import (
    CallAwardReleased,
    CallAwardsConfirmed,
    CallCancelled,
    CallChanged,
    CallDraftChanged,
    CallDrafted,
    CallFormChanged,
    CallRoundOpened,
    CallRubricChanged,
    CallScreeningSet,
    CancellationReason,
)
from domain.calls.state import Call, CallStatus
from domain.deciding import Fact
from domain.form_checks import check_form, check_rubric
from domain.form_versions import next_form, next_rubric
from domain.forms import Form, Rubric
from domain.initiatives.rules import check_screening_changes
from domain.messages import At, msg
from domain.refusals import Invalid, Refused
from domain.texts import check_explanation
from domain.values import Money

_LAST_YEAR: Final = 2200


def draft(drafted: CallDrafted, *, fund_currency: str) -> tuple[Fact, ...]:
    """Draft a call, paid from a fund in the same currency. Parts of it may be missing until it is published."""
    if drafted.currency != fund_currency:
        raise Invalid.field(
            "budget.currency",
            msg("The call's fund is in {currency}, so the call must be too.", currency=fund_currency),
        )
    check_amounts(drafted)
    check_intake(drafted)
    if drafted.intake == "rolling" and len(drafted.stages) > 1:
        raise Invalid.field("stages", ONE_STAGE)
    if drafted.fast_track_up_to is not None:
        for number, stage in enumerate(drafted.stages):
            fast_track.check_quorum(stage.quorum, f"stages[{number}].quorum")
        fast_track.check_ceiling(
            drafted.maximum_award, up_to=drafted.fast_track_up_to, currency=drafted.currency
        )
    return (drafted,)


def check_intake(drafted: CallDrafted | CallDraftChanged) -> None:
    """Raise `Invalid` unless what only a rolling call has is there for one, and for no other."""
    if drafted.intake == "deadline":
        if drafted.decide_within_days is not None:
            raise Invalid.field("decide_within_days", _ROLLING_ALONE)
        if drafted.takes_until is not None:
            raise Invalid.field("takes_until", _ROLLING_ALONE)
        return
    days = drafted.decide_within_days
    if days is None:
        raise Invalid.field(
            "decide_within_days", msg("Write within how many days an application is decided.")
        )
    if not 1 <= days <= limits.DECIDE_WITHIN_DAYS:
        raise Invalid.field("decide_within_days", limits.outside(days, 1, limits.DECIDE_WITHIN_DAYS))


_ROLLING_ALONE: Final = msg("Only a rolling call has this; leave it empty.")
ONE_STAGE: Final = msg("A rolling call has one stage.")


def check_takes_in(call: Call, now: datetime) -> None:
    """Refuse unless a rolling call takes applications at `now`."""
    if call.status is CallStatus.CANCELLED:
        raise Refused(msg("This call was cancelled; it takes no more applications."))
    if call.takes_until is not None and now >= call.takes_until:
        raise Refused(
            msg(
                "This call accepted applications until {end}; they are no longer accepted.",
                end=At(call.takes_until, call.time_zone),
            )
        )


def confirm_awards(call_id: str, call: Call, *, panel: str, amount: int) -> tuple[Fact, ...]:
    """Count the awards of a confirmed panel of a rolling call against the call's budget. Nothing for other calls, whose
    single panel checks the budget itself, and nothing without an award."""
    if not call.rolling or not amount:
        return ()
    if call.awarded + amount > call.budget:
        raise Refused(
            msg(
                "The call's budget has {left} left, which does not cover this award.",
                left=Money.of(call.budget - call.awarded, call.currency),
            )
        )
    return (CallAwardsConfirmed(call=call_id, panel=panel, amount=amount),)


def release_award(call_id: str, call: Call, *, grant: str | None, amount: int) -> tuple[Fact, ...]:
    """Return the amount of a rolling call's award that ended without a grant to the budget; nothing for other calls.
    `grant` was declined or lapsed; None if none was offered."""
    return (CallAwardReleased(call=call_id, grant=grant, amount=amount),) if call.rolling and amount else ()


def check_changeable(call: Call, *, in_panel: bool) -> None:
    """Refuse if a call can no longer be changed."""
    if call.status is CallStatus.CANCELLED:
        raise Refused(msg("A cancelled call cannot be changed."))
    if call.status is CallStatus.DISCARDED:
        raise Refused(msg("This draft was discarded."))
    if in_panel:
        raise Refused(msg("The panel of this call is already open, so the call cannot be changed."))


def change(changed: CallChanged, call: Call, *, has_applications: bool) -> tuple[Fact, ...]:
    """Change a call's texts and amounts. Once there are applications, the range of awards cannot become narrower; and a
    rolling call keeps a budget for what it has awarded."""
    check_amounts(changed)
    if changed.budget < call.awarded:
        raise Invalid.field(
            "budget.amount",
            msg(
                "This call has awarded {awarded} already, so its budget cannot be lower.",
                awarded=Money.of(call.awarded, call.currency),
            ),
        )
    if call.fast_track_up_to is not None:
        fast_track.check_ceiling(changed.maximum_award, up_to=call.fast_track_up_to, currency=call.currency)
    if has_applications and changed.minimum_award > call.minimum_award:
        raise Invalid.field(
            "minimum_award.amount",
            msg("There are applications already, so the minimum award can only be lowered."),
        )
    if has_applications and changed.maximum_award < call.maximum_award:
        raise Invalid.field(
            "maximum_award.amount",
            msg("There are applications already, so the maximum award can only be raised."),
        )
    unchanged = CallChanged(
        call=changed.call,
        round=changed.round,
        title=call.title,
        summary=call.summary,
        budget=call.budget,
        minimum_award=call.minimum_award,
        maximum_award=call.maximum_award,
    )
    if changed == unchanged:
        raise Refused(msg("This changes nothing in the call."))
    return (changed,)


def change_form(
    call_id: str, call: Call, stage_id: str, form: Form, *, intake_ended: bool
) -> tuple[Fact, ...]:
    """Publish a new version of a stage's form, as long as its round takes applications (`intake_ended` is False)."""
    _check_stage(call, stage_id)
    if intake_ended:
        raise Refused(msg("This stage no longer takes applications, so its form stays as it is."))
    checked = next_form(call.forms[stage_id], check_form(form))
    return (CallFormChanged(call=call_id, stage=stage_id, form=checked),)


def change_rubric(
    call_id: str, call: Call, stage_id: str, rubric: Rubric, *, in_panel: bool
) -> tuple[Fact, ...]:
    """Publish a new version of a stage's rubric, until its panel opens (`in_panel`)."""
    _check_stage(call, stage_id)
    if in_panel:
        raise Refused(msg("The panel of this stage is already open, so its criteria stay as they are."))
    checked = next_rubric(call.rubrics[stage_id], check_rubric(rubric))
    return (CallRubricChanged(call=call_id, stage=stage_id, rubric=checked),)


def _check_stage(call: Call, stage_id: str) -> None:
    if call.status is CallStatus.CANCELLED:
        raise Refused(msg("A cancelled call cannot be changed."))
    if call.status is CallStatus.DISCARDED:
        raise Refused(msg("This draft was discarded."))
    if stage_id not in call.forms:
        raise Invalid.field("stage", msg("The call has no such stage."))


def check_amounts(said: CallDrafted | CallDraftChanged | CallChanged) -> None:
    """Raise `Invalid` unless the awards are within each other and the budget, as far as they are known."""
    if said.maximum_award and said.minimum_award > said.maximum_award:
        raise Invalid.field("minimum_award.amount", msg("The minimum award is above the maximum."))
    if said.budget and said.maximum_award > said.budget:
        raise Invalid.field("maximum_award.amount", msg("The maximum award is above the call's budget."))


def cancel(
    call_id: str, call: Call, *, officer: str, reason: CancellationReason, explanation: str | None
) -> tuple[Fact, ...]:
    """Cancel a published call."""
    if call.status is CallStatus.CANCELLED:
        raise Refused(msg("This call has already been cancelled."))
    if call.status is not CallStatus.PUBLISHED:
        raise Refused(msg("Only a published call can be cancelled; drafts are seen only by the staff."))
    return (
        CallCancelled(
            call=call_id,
            officer=officer,
            reason=reason,
            explanation=check_explanation(explanation),
        ),
    )


def set_screening(call_id: str, call: Call, *, required: bool) -> tuple[Fact, ...]:
    """Require a screening before each payment of the call's grants, or stop requiring it."""
    if call.status is CallStatus.CANCELLED:
        raise Refused(msg("A cancelled call cannot be changed."))
    if call.status is CallStatus.DISCARDED:
        raise Refused(msg("This draft was discarded."))
    check_screening_changes(call.screening, required)
    return (CallScreeningSet(call=call_id, required=required),)


def note_round(call_id: str, *, round: str, stage: str) -> tuple[Fact, ...]:
    """Record that a round of a stage was opened (`domain.rounds.rules.open_round` checks whether it may be)."""
    return (CallRoundOpened(call=call_id, round=round, stage=stage),)


def instant(local: datetime, time_zone: str, field: str) -> datetime:
    """The moment at which clocks in `time_zone` show `local` (a naive time); raises `Invalid`.

    A time that is skipped when summer time begins does not exist and is refused. Of a time that occurs twice in autumn,
    the later one counts, in the applicants' favour.
    """
    if not 2000 <= local.year <= _LAST_YEAR:
        raise Invalid.field(
            field,
            msg(
                "Choose a year from 2000 to {last}; this is {given}.",
                last=str(_LAST_YEAR),
                given=str(local.year),
            ),
        )
    if local.tzinfo is not None:
        raise Invalid.field(field, msg("Write the local time in the call's time zone, without an offset."))
    zone = ZoneInfo(time_zone)
    late = local.replace(tzinfo=zone, fold=1).astimezone(ZoneInfo("UTC"))
    if late.astimezone(zone).replace(tzinfo=None) != local:
        raise Invalid.field(
            field,
            msg(
                "This time does not exist in {time_zone}, because the clocks are put forward "
                "then; choose another one.",
                time_zone=time_zone,
            ),
        )
    return late
