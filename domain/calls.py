"""A call: what an initiative invites artists to apply for, by which form, rubric and limits."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Annotated, Final, Literal, assert_never
from zoneinfo import ZoneInfo

import msgspec

from domain import limits
from domain.deciding import Aggregate, Fact
from domain.forms import Form, Rubric
from domain.messages import msg
from domain.personal import Personal, Withheld
from domain.refusals import Invalid, Refused
from domain.values import Texts, check_optional

Blindness = Literal["open", "single", "double"]
"""Who is kept from whom while applications are judged. ``open``: jurors see who applied. ``single``: they do not.
``double``: nor can applicants ever learn who judged them. An applicant is never shown a juror's identity here, so that
the two blind ways differ only in what a later disclosure may tell."""

CancellationReason = Literal["funds_lost", "plans_changed", "events", "safety", "other"]

_LAST_YEAR: Final = 2200

# Facts


class CallDrafted(Fact, frozen=True, kw_only=True):
    """Staff wrote a call. Amounts are minor units of `currency`; a quorum is the number of reviews each application
    needs; `grace_minutes` are granted silently after the deadline."""

    call: str
    initiative: str
    fund: str
    title: Texts
    summary: Texts
    form: Form
    rubric: Rubric
    quorum: int
    blindness: Blindness
    currency: str
    budget: int
    minimum_award: int
    maximum_award: int
    time_zone: str
    grace_minutes: int


class CallPublished(Fact, frozen=True, kw_only=True):
    """The call can be read by everybody; its form and rubric are fixed from now on."""

    call: str


class CallChanged(Fact, frozen=True, kw_only=True):
    """Staff changed what a call says and how much it gives. Amounts are minor units of its currency; `round` is its round, if
    there is one, in whose applications' timelines it is told."""

    call: str
    round: str | None
    title: Texts
    summary: Texts
    budget: int
    minimum_award: int
    maximum_award: int


class CallCancelled(Fact, frozen=True, kw_only=True):
    """Staff cancelled a published call; its applications end with it."""

    call: str
    officer: str
    reason: CancellationReason
    explanation: Annotated[str | Withheld | None, Personal(of="officer")]


class CallRoundOpened(Fact, frozen=True, kw_only=True):
    """A round of the call was opened; the rest is in the round's own stream."""

    call: str
    round: str


CallFact = CallDrafted | CallPublished | CallRoundOpened | CallChanged | CallCancelled

# State


class CallStatus(enum.StrEnum):
    """Where a call stands."""

    DRAFTED = "drafted"
    PUBLISHED = "published"
    CANCELLED = "cancelled"


PUBLIC: Final = (CallStatus.PUBLISHED, CallStatus.CANCELLED)
"""The statuses in which a call is everybody's to read."""


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """A call as its facts left it."""

    status: CallStatus | None = None
    initiative: str = ""
    fund: str = ""
    title: Texts = {}
    summary: Texts = {}
    form: Form = Form(questions=())
    rubric: Rubric = Rubric(criteria=())
    quorum: int = 0
    blindness: Blindness = "double"
    currency: str = ""
    budget: int = 0
    minimum_award: int = 0
    maximum_award: int = 0
    time_zone: str = "UTC"
    grace_minutes: int = 0


def evolve(call: Call, fact: CallFact) -> Call:
    """The call after one more fact."""
    match fact:
        case CallDrafted():
            return Call(
                status=CallStatus.DRAFTED,
                initiative=fact.initiative,
                fund=fact.fund,
                title=fact.title,
                summary=fact.summary,
                form=fact.form,
                rubric=fact.rubric,
                quorum=fact.quorum,
                blindness=fact.blindness,
                currency=fact.currency,
                budget=fact.budget,
                minimum_award=fact.minimum_award,
                maximum_award=fact.maximum_award,
                time_zone=fact.time_zone,
                grace_minutes=fact.grace_minutes,
            )
        case CallPublished():
            return msgspec.structs.replace(call, status=CallStatus.PUBLISHED)
        case CallChanged():
            return msgspec.structs.replace(
                call,
                title=fact.title,
                summary=fact.summary,
                budget=fact.budget,
                minimum_award=fact.minimum_award,
                maximum_award=fact.maximum_award,
            )
        case CallCancelled():
            return msgspec.structs.replace(call, status=CallStatus.CANCELLED)
        case CallRoundOpened():
            return call
        case _:
            assert_never(fact)


CALL = Aggregate(kind="call", empty=Call(), evolve=evolve)

# Rules


def draft(drafted: CallDrafted, *, fund_currency: str) -> tuple[Fact, ...]:
    """Write a call, paid from a fund of the same currency."""
    if drafted.currency != fund_currency:
        raise Invalid.field(
            "budget.currency",
            msg("The call's fund is in {currency}, so the call must be too.", currency=fund_currency),
        )
    _check_amounts(drafted)
    return (drafted,)


def check_changeable(call: Call, *, in_panel: bool) -> None:
    """Refuse unless a call can be changed still."""
    if call.status is CallStatus.CANCELLED:
        raise Refused(msg("A cancelled call cannot be changed."))
    if in_panel:
        raise Refused(msg("The panel of this call was opened already, so the call cannot be changed."))


def change(changed: CallChanged, call: Call, *, has_applications: bool) -> tuple[Fact, ...]:
    """Change what a call says and gives, while it is changeable; once there are applications, nobody gets less than what they
    applied for."""
    _check_amounts(changed)
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
        raise Refused(msg("The call says this already."))
    return (changed,)


def _check_amounts(said: CallDrafted | CallChanged) -> None:
    if said.minimum_award > said.maximum_award:
        raise Invalid.field("minimum_award.amount", msg("The minimum award is above the maximum."))
    if said.maximum_award > said.budget:
        raise Invalid.field("maximum_award.amount", msg("The maximum award is above the call's budget."))


def cancel(
    call_id: str, call: Call, *, officer: str, reason: CancellationReason, explanation: str | None
) -> tuple[Fact, ...]:
    """End a published call without a decision."""
    if call.status is CallStatus.CANCELLED:
        raise Refused(msg("This call was cancelled already."))
    if call.status is not CallStatus.PUBLISHED:
        raise Refused(msg("Only a published call can be cancelled; nobody but the staff sees a draft."))
    return (
        CallCancelled(
            call=call_id,
            officer=officer,
            reason=reason,
            explanation=check_optional(explanation, "explanation", most=limits.EXPLANATION),
        ),
    )


def publish(call_id: str, call: Call) -> tuple[Fact, ...]:
    """Let everybody read the call."""
    if call.status is not CallStatus.DRAFTED:
        raise Refused(msg("This call is already published."))
    return (CallPublished(call=call_id),)


def note_round(call_id: str, *, round: str) -> tuple[Fact, ...]:
    """Record that a round was opened (`domain.rounds.open_round` says whether it may be)."""
    return (CallRoundOpened(call=call_id, round=round),)


def instant(local: datetime, time_zone: str, field: str) -> datetime:
    """The moment at which clocks in `time_zone` show `local` (a naive time); raises `Invalid`.

    A time that the change to summer time leaps over does not exist and is refused; of a time that occurs twice in
    autumn, the later one counts, in the applicants' favour.
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
        raise Invalid.field(field, msg("Write the time as it is in the call's time zone, without an offset."))
    zone = ZoneInfo(time_zone)
    late = local.replace(tzinfo=zone, fold=1).astimezone(ZoneInfo("UTC"))
    if late.astimezone(zone).replace(tzinfo=None) != local:
        raise Invalid.field(
            field,
            msg(
                "This time does not exist in {time_zone}, since the clocks are put forward then; choose another one.",
                time_zone=time_zone,
            ),
        )
    return late
