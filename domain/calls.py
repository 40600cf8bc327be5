"""A call: what an initiative invites artists to apply for, by which form, rubric and limits."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Final, Literal, assert_never
from zoneinfo import ZoneInfo

import msgspec

from domain.deciding import Aggregate, Fact
from domain.forms import Form, Rubric
from domain.refusals import Invalid, Refused
from domain.values import Texts

Blindness = Literal["open", "single", "double"]
"""Who is kept from whom while applications are judged. ``open``: jurors see who applied. ``single``: they do not.
``double``: nor can applicants ever learn who judged them. An applicant is never shown a juror's identity here, so that
the two blind ways differ only in what a later disclosure may tell."""

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


class CallRoundOpened(Fact, frozen=True, kw_only=True):
    """A round of the call was opened; the rest is in the round's own stream."""

    call: str
    round: str


CallFact = CallDrafted | CallPublished | CallRoundOpened

# State


class CallStatus(enum.StrEnum):
    """Where a call stands."""

    DRAFTED = "drafted"
    PUBLISHED = "published"


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """A call as its facts left it."""

    status: CallStatus | None = None
    initiative: str = ""
    fund: str = ""
    title: Texts = {}
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
            "budget.currency", f"The call's fund is in {fund_currency}, so the call must be too."
        )
    if drafted.minimum_award > drafted.maximum_award:
        raise Invalid.field("minimum_award.amount", "The minimum award is above the maximum.")
    if drafted.maximum_award > drafted.budget:
        raise Invalid.field("maximum_award.amount", "The maximum award is above the call's budget.")
    return (drafted,)


def publish(call_id: str, call: Call) -> tuple[Fact, ...]:
    """Let everybody read the call."""
    if call.status is not CallStatus.DRAFTED:
        raise Refused("Only a drafted call can be published; this one is published already.")
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
            field, f"Choose a time between the years 2000 and {_LAST_YEAR}; this is in {local.year}."
        )
    if local.tzinfo is not None:
        raise Invalid.field(
            field, "Write the time as the clocks of the call's time zone show it, without an offset."
        )
    zone = ZoneInfo(time_zone)
    late = local.replace(tzinfo=zone, fold=1).astimezone(ZoneInfo("UTC"))
    if late.astimezone(zone).replace(tzinfo=None) != local:
        raise Invalid.field(field, f"The clocks of {time_zone} leap over this time; choose another.")
    return late
