"""A call: what an initiative invites artists to apply for, by which form, rubric and limits."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Annotated, Final, Literal, assert_never
from zoneinfo import ZoneInfo

import msgspec

from domain import fast_track, limits
from domain.deciding import Aggregate, Fact
from domain.eligibility import EligibilityQuestion
from domain.form_versions import next_form, next_rubric
from domain.forms import Form, Rubric, check_form, check_rubric
from domain.initiatives import check_screening_changes
from domain.messages import At, msg
from domain.personal import Personal, Withheld
from domain.refusals import Invalid, Refused
from domain.stages import Stage
from domain.values import Money, Texts, check_optional

Intake = Literal["deadline", "rolling"]
"""``deadline``: applications are taken in until a deadline and judged together. ``rolling``: they are taken in all the time,
and each is judged in a round of its own as it arrives."""
HowMany = Literal["one", "several"]
"""How many applications one applicant can submit to a call."""
CancellationReason = Literal["funds_lost", "plans_changed", "events", "safety", "other"]

_LAST_YEAR: Final = 2200

# Facts


class CallDrafted(Fact, frozen=True, kw_only=True):
    """Staff wrote a call. Whoever applies answers its `eligibility` questions first. Amounts are minor units of `currency`;
    `grace_minutes` are granted silently after each deadline. `fast_track_up_to` is there where the call is on the fast track:
    it can never award more."""

    call: str
    initiative: str
    fund: str
    title: Texts
    summary: Texts
    stages: tuple[Stage, ...]
    currency: str
    budget: int
    minimum_award: int
    maximum_award: int
    time_zone: str
    grace_minutes: int
    eligibility: tuple[EligibilityQuestion, ...]
    applications_per_applicant: HowMany
    intake: Intake
    decide_within_days: int | None
    takes_until: datetime | None
    fast_track_up_to: int | None


class CallPublished(Fact, frozen=True, kw_only=True):
    """The call can be read by everybody."""

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


class CallFormChanged(Fact, frozen=True, kw_only=True):
    """Staff gave a stage a new version of its form. Applications keep the version that they answered."""

    call: str
    stage: str
    form: Form


class CallRubricChanged(Fact, frozen=True, kw_only=True):
    """Staff gave a stage a new version of its rubric. Reviews keep the version by which they were written."""

    call: str
    stage: str
    rubric: Rubric


class CallCancelled(Fact, frozen=True, kw_only=True):
    """Staff cancelled a published call; its applications end with it."""

    call: str
    officer: str
    reason: CancellationReason
    explanation: Annotated[str | Withheld | None, Personal(of="officer")]


class CallAwardsConfirmed(Fact, frozen=True, kw_only=True):
    """A panel of a rolling call was confirmed with awards of `amount` in minor units of the call's currency. They count against
    the call's budget, which bounds the awards of all its panels together."""

    call: str
    panel: str
    amount: int


class CallAwardReleased(Fact, frozen=True, kw_only=True):
    """A grant of a rolling call was declined or lapsed: its `amount` does not count against the call's budget any more."""

    call: str
    grant: str
    amount: int


class CallScreeningSet(Fact, frozen=True, kw_only=True):
    """Whether payees are screened against sanctions lists before grants of the call are paid, also where the initiative does
    not require it."""

    call: str
    required: bool


class CallRoundOpened(Fact, frozen=True, kw_only=True):
    """A round of one of the call's stages was opened; the rest is in the round's own stream."""

    call: str
    round: str
    stage: str


CallFact = (
    CallDrafted
    | CallPublished
    | CallRoundOpened
    | CallChanged
    | CallFormChanged
    | CallRubricChanged
    | CallAwardsConfirmed
    | CallAwardReleased
    | CallCancelled
    | CallScreeningSet
)

# State


class CallStatus(enum.StrEnum):
    """Where a call stands."""

    DRAFTED = "drafted"
    PUBLISHED = "published"
    CANCELLED = "cancelled"


PUBLIC: Final = (CallStatus.PUBLISHED, CallStatus.CANCELLED)
"""The statuses in which a call is everybody's to read."""


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """A call as its facts left it. `awarded` is what a rolling call awarded so far. `forms` and `rubrics` are all versions that
    its stages had, the oldest first."""

    status: CallStatus | None = None
    initiative: str = ""
    fund: str = ""
    title: Texts = {}
    summary: Texts = {}
    stages: tuple[Stage, ...] = ()
    forms: dict[str, tuple[Form, ...]] = {}
    rubrics: dict[str, tuple[Rubric, ...]] = {}
    currency: str = ""
    budget: int = 0
    minimum_award: int = 0
    maximum_award: int = 0
    time_zone: str = "UTC"
    grace_minutes: int = 0
    fast_track_up_to: int | None = None
    eligibility: tuple[EligibilityQuestion, ...] = ()
    applications_per_applicant: HowMany = "several"
    intake: Intake = "deadline"
    decide_within_days: int | None = None
    takes_until: datetime | None = None
    awarded: int = 0
    screening: bool = False

    @property
    def rolling(self) -> bool:
        """Whether it takes in applications all the time."""
        return self.intake == "rolling"

    @property
    def on_fast_track(self) -> bool:
        """Whether the lighter way for small grants is taken (`domain.fast_track`)."""
        return self.fast_track_up_to is not None

    def stage(self, stage_id: str) -> Stage:
        """One of the call's stages, as it is now."""
        return next(stage for stage in self.stages if stage.id == stage_id)

    def next_stage(self, stage_id: str) -> Stage | None:
        """The stage that follows another; None after the last."""
        ids = [stage.id for stage in self.stages]
        following = self.stages[ids.index(stage_id) + 1 :]
        return following[0] if following else None

    def form(self, stage_id: str, version: int) -> Form:
        """A version of the form of one of the call's stages."""
        return self.forms[stage_id][version - 1]


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
                stages=fact.stages,
                forms={stage.id: (stage.form,) for stage in fact.stages},
                rubrics={stage.id: (stage.rubric,) for stage in fact.stages},
                currency=fact.currency,
                budget=fact.budget,
                minimum_award=fact.minimum_award,
                maximum_award=fact.maximum_award,
                time_zone=fact.time_zone,
                grace_minutes=fact.grace_minutes,
                eligibility=fact.eligibility,
                applications_per_applicant=fact.applications_per_applicant,
                intake=fact.intake,
                decide_within_days=fact.decide_within_days,
                takes_until=fact.takes_until,
                fast_track_up_to=fact.fast_track_up_to,
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
        case CallFormChanged():
            forms = (*call.forms.get(fact.stage, ()), fact.form)
            return msgspec.structs.replace(
                call,
                stages=_with_stage(call, fact.stage, form=fact.form),
                forms={**call.forms, fact.stage: forms},
            )
        case CallRubricChanged():
            rubrics = (*call.rubrics.get(fact.stage, ()), fact.rubric)
            return msgspec.structs.replace(
                call,
                stages=_with_stage(call, fact.stage, rubric=fact.rubric),
                rubrics={**call.rubrics, fact.stage: rubrics},
            )
        case CallCancelled():
            return msgspec.structs.replace(call, status=CallStatus.CANCELLED)
        case CallAwardsConfirmed():
            return msgspec.structs.replace(call, awarded=call.awarded + fact.amount)
        case CallAwardReleased():
            return msgspec.structs.replace(call, awarded=call.awarded - fact.amount)
        case CallScreeningSet():
            return msgspec.structs.replace(call, screening=fact.required)
        case CallRoundOpened():
            return call
        case _:
            assert_never(fact)


def _with_stage(call: Call, stage_id: str, **changed: Form | Rubric) -> tuple[Stage, ...]:
    return tuple(
        [msgspec.structs.replace(each, **changed) if each.id == stage_id else each for each in call.stages]
    )


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
    _check_intake(drafted)
    if drafted.fast_track_up_to is not None:
        for number, stage in enumerate(drafted.stages):
            fast_track.check_quorum(stage.quorum, f"stages[{number}].quorum")
        fast_track.check_ceiling(
            drafted.maximum_award, up_to=drafted.fast_track_up_to, currency=drafted.currency
        )
    return (drafted,)


def _check_intake(drafted: CallDrafted) -> None:
    if drafted.intake == "deadline":
        if drafted.decide_within_days is not None:
            raise Invalid.field("decide_within_days", _ROLLING_ALONE)
        if drafted.takes_until is not None:
            raise Invalid.field("takes_until", _ROLLING_ALONE)
        return
    if len(drafted.stages) > 1:
        raise Invalid.field("stages", msg("A rolling call has one stage."))
    days = drafted.decide_within_days
    if days is None:
        raise Invalid.field("decide_within_days", msg("Say within how many days an application is decided."))
    if not 1 <= days <= limits.DECIDE_WITHIN_DAYS:
        raise Invalid.field("decide_within_days", limits.outside(days, 1, limits.DECIDE_WITHIN_DAYS))


_ROLLING_ALONE: Final = msg("Only a rolling call has this; leave it out.")


def check_takes_in(call: Call, now: datetime) -> None:
    """Refuse unless a rolling call takes in applications at `now`."""
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
    """Count the awards of a confirmed panel of a rolling call against its budget; nothing for another call, whose only panel
    is bounded by itself, or without an award."""
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


def release_award(call_id: str, call: Call, *, grant: str, amount: int) -> tuple[Fact, ...]:
    """Free what a grant of a rolling call that came to nothing took of its budget; nothing for another call."""
    return (CallAwardReleased(call=call_id, grant=grant, amount=amount),) if call.rolling else ()


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
        raise Refused(msg("The call says this already."))
    return (changed,)


def change_form(
    call_id: str, call: Call, stage_id: str, form: Form, *, intake_ended: bool
) -> tuple[Fact, ...]:
    """Give a stage a new version of its form, until its round takes in no more applications (`intake_ended`)."""
    _check_stage(call, stage_id)
    if intake_ended:
        raise Refused(msg("This stage takes in no more applications, so its form stays as it is."))
    checked = next_form(call.forms[stage_id], check_form(form))
    return (CallFormChanged(call=call_id, stage=stage_id, form=checked),)


def change_rubric(
    call_id: str, call: Call, stage_id: str, rubric: Rubric, *, in_panel: bool
) -> tuple[Fact, ...]:
    """Give a stage a new version of its rubric, until its panel opens (`in_panel`)."""
    _check_stage(call, stage_id)
    if in_panel:
        raise Refused(msg("The panel of this stage was opened already, so its criteria stay as they are."))
    checked = next_rubric(call.rubrics[stage_id], check_rubric(rubric))
    return (CallRubricChanged(call=call_id, stage=stage_id, rubric=checked),)


def _check_stage(call: Call, stage_id: str) -> None:
    if call.status is CallStatus.CANCELLED:
        raise Refused(msg("A cancelled call cannot be changed."))
    if stage_id not in call.forms:
        raise Invalid.field("stage", msg("The call has no such stage."))


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


def set_screening(call_id: str, call: Call, *, required: bool) -> tuple[Fact, ...]:
    """Require a screening before each payment of the call's grants, or no longer."""
    if call.status is CallStatus.CANCELLED:
        raise Refused(msg("A cancelled call cannot be changed."))
    check_screening_changes(call.screening, required)
    return (CallScreeningSet(call=call_id, required=required),)


def publish(call_id: str, call: Call) -> tuple[Fact, ...]:
    """Let everybody read the call."""
    if call.status is not CallStatus.DRAFTED:
        raise Refused(msg("This call is already published."))
    return (CallPublished(call=call_id),)


def note_round(call_id: str, *, round: str, stage: str) -> tuple[Fact, ...]:
    """Record that a round of a stage was opened (`domain.rounds.open_round` says whether it may be)."""
    return (CallRoundOpened(call=call_id, round=round, stage=stage),)


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
