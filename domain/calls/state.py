"""The state of a call, folded from its facts."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import datetime
from typing import Final, TypeVar, assert_never

import msgspec

from domain.calls.facts import (
    CallAwardReleased,
    CallAwardsConfirmed,
    CallCancelled,
    CallChanged,
    CallDiscarded,
    CallDraftChanged,
    CallDrafted,
    CallFact,
    CallFormChanged,
    CallFormPrepared,
    CallPublished,
    CallRoundOpened,
    CallRubricChanged,
    CallRubricPrepared,
    CallScreeningSet,
    CallStagesChanged,
    HowMany,
    Intake,
)
from domain.deciding import Aggregate
from domain.eligibility import EligibilityQuestion
from domain.forms import Form, Rubric
from domain.stages import Stage
from domain.texts import Texts

P = TypeVar("P", Form, Rubric)


class CallStatus(enum.StrEnum):
    """The statuses of a call."""

    DRAFTED = "drafted"
    DISCARDED = "discarded"
    PUBLISHED = "published"
    CANCELLED = "cancelled"


PUBLIC: Final = (CallStatus.PUBLISHED, CallStatus.CANCELLED)
"""The statuses in which everybody can read a call."""


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """The state of a call. `awarded` is the sum that
    a rolling call has awarded so far, and `confirmed` the awards of each panel when it was confirmed. `forms` and
    `rubrics` are all versions that its stages have had since the call was published, the oldest first; `prepared_forms`
    and `prepared_rubrics` are the next versions that the staff are working on, by stage."""

    status: CallStatus | None = None
    initiative: str = ""
    fund: str = ""
    title: Texts = {}
    summary: Texts = {}
    stages: tuple[Stage, ...] = ()
    forms: dict[str, tuple[Form, ...]] = {}
    rubrics: dict[str, tuple[Rubric, ...]] = {}
    prepared_forms: dict[str, Form] = {}
    prepared_rubrics: dict[str, Rubric] = {}
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
    confirmed: dict[str, int] = {}
    screening: bool = False

    @property
    def rolling(self) -> bool:
        """Whether the call takes applications all the time."""
        return self.intake == "rolling"

    @property
    def on_fast_track(self) -> bool:
        """Whether the call is on the fast track for small grants (`domain.fast_track`)."""
        return self.fast_track_up_to is not None

    def stage(self, stage_id: str) -> Stage:
        """One of the call's stages, in its current version."""
        return next(stage for stage in self.stages if stage.id == stage_id)

    def next_stage(self, stage_id: str) -> Stage | None:
        """The stage after another one; None after the last."""
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
            begun = Call(status=CallStatus.DRAFTED, initiative=fact.initiative)
            return _with_settings(_with_stages(begun, fact.stages), fact)
        case CallDraftChanged():
            return _with_settings(call, fact)
        case CallStagesChanged():
            return _with_stages(call, fact.stages)
        case CallFormPrepared():
            if call.status is CallStatus.DRAFTED:
                return msgspec.structs.replace(
                    call,
                    stages=_with_stage(call, fact.stage, form=fact.form),
                    forms={**call.forms, fact.stage: (fact.form,)},
                )
            return msgspec.structs.replace(
                call, prepared_forms=_prepared(call.prepared_forms, fact.stage, fact.form, call.forms)
            )
        case CallRubricPrepared():
            if call.status is CallStatus.DRAFTED:
                return msgspec.structs.replace(
                    call,
                    stages=_with_stage(call, fact.stage, rubric=fact.rubric),
                    rubrics={**call.rubrics, fact.stage: (fact.rubric,)},
                )
            return msgspec.structs.replace(
                call, prepared_rubrics=_prepared(call.prepared_rubrics, fact.stage, fact.rubric, call.rubrics)
            )
        case CallDiscarded():
            return msgspec.structs.replace(call, status=CallStatus.DISCARDED)
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
                prepared_forms=_without(call.prepared_forms, fact.stage),
            )
        case CallRubricChanged():
            rubrics = (*call.rubrics.get(fact.stage, ()), fact.rubric)
            return msgspec.structs.replace(
                call,
                stages=_with_stage(call, fact.stage, rubric=fact.rubric),
                rubrics={**call.rubrics, fact.stage: rubrics},
                prepared_rubrics=_without(call.prepared_rubrics, fact.stage),
            )
        case CallCancelled():
            return msgspec.structs.replace(call, status=CallStatus.CANCELLED)
        case CallAwardsConfirmed():
            return msgspec.structs.replace(
                call,
                awarded=call.awarded + fact.amount,
                confirmed={**call.confirmed, fact.panel: fact.amount},
            )
        case CallAwardReleased():
            return msgspec.structs.replace(call, awarded=call.awarded - fact.amount)
        case CallScreeningSet():
            return msgspec.structs.replace(call, screening=fact.required)
        case CallRoundOpened():
            return call
        case _:
            assert_never(fact)


def _with_settings(call: Call, fact: CallDrafted | CallDraftChanged) -> Call:
    return msgspec.structs.replace(
        call,
        fund=fact.fund,
        title=fact.title,
        summary=fact.summary,
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


def _with_stages(call: Call, stages: tuple[Stage, ...]) -> Call:
    """A draft with these stages; nobody has answered their forms yet."""
    return msgspec.structs.replace(
        call,
        stages=stages,
        forms={stage.id: (stage.form,) for stage in stages},
        rubrics={stage.id: (stage.rubric,) for stage in stages},
    )


def _prepared(
    prepared: dict[str, P], stage: str, newest: P, versions: Mapping[str, tuple[P, ...]]
) -> dict[str, P]:
    if (newest,) == versions.get(stage, ())[-1:]:
        return _without(prepared, stage)
    return {**prepared, stage: newest}


def _without(prepared: dict[str, P], stage: str) -> dict[str, P]:
    return {each: version for each, version in prepared.items() if each != stage}


def _with_stage(call: Call, stage_id: str, **changed: Form | Rubric) -> tuple[Stage, ...]:
    return tuple(
        [msgspec.structs.replace(each, **changed) if each.id == stage_id else each for each in call.stages]
    )


CALL = Aggregate(kind="call", empty=Call(), evolve=evolve)
