"""The facts of a call."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from domain.deciding import Fact
from domain.eligibility import EligibilityQuestion
from domain.forms import Form, Rubric
from domain.personal import Personal, Withheld
from domain.stages import Stage
from domain.texts import Texts
from domain.topic import EVERYBODY, FOLLOWERS, STAFF, stored_as

Intake = Literal["deadline", "rolling"]
"""``deadline``: applications are taken until a deadline and judged together. ``rolling``: they are taken all the time,
and each is judged on arrival in a round of its own."""
HowMany = Literal["one", "several"]
"""How many applications one applicant can submit to a call."""
CancellationReason = Literal["funds_lost", "plans_changed", "events", "safety", "other"]


@stored_as("call.drafted.v1", audience=FOLLOWERS)
class CallDrafted(Fact, frozen=True, kw_only=True):
    """Staff drafted a call; parts of it may be missing until it is published. Applicants answer its `eligibility` questions
    first. Amounts are minor units of `currency`, 0 if they are not known yet; `grace_minutes` are granted silently after
    each deadline. `fast_track_up_to` is set if the call is on the fast track: it can never award more. `copied_from` is
    the call of which the draft is a copy."""

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
    copied_from: str | None = None


@stored_as("call.draft_changed.v1", audience=FOLLOWERS)
class CallDraftChanged(Fact, frozen=True, kw_only=True):
    """Staff changed a draft; this is all of it but its stages, as in `CallDrafted`."""

    call: str
    fund: str
    title: Texts
    summary: Texts
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


@stored_as("call.stages_changed.v1", audience=FOLLOWERS)
class CallStagesChanged(Fact, frozen=True, kw_only=True):
    """Staff changed the stages of a draft: which there are and in which order, and of each everything but its form and its
    rubric."""

    call: str
    stages: tuple[Stage, ...]


@stored_as("call.form_prepared.v1", audience=STAFF)
class CallFormPrepared(Fact, frozen=True, kw_only=True):
    """Staff worked on a stage's form. In a draft this is its form. Of a published call it is the next version, which only
    the staff see until it is published; if it is the same as the newest version, the preparation was given up."""

    call: str
    stage: str
    form: Form


@stored_as("call.rubric_prepared.v1", audience=STAFF)
class CallRubricPrepared(Fact, frozen=True, kw_only=True):
    """Staff worked on a stage's rubric; see `CallFormPrepared`."""

    call: str
    stage: str
    rubric: Rubric


@stored_as("call.discarded.v1", audience=STAFF)
class CallDiscarded(Fact, frozen=True, kw_only=True):
    """Staff gave a draft up. It stays in the history, and only the staff can read it."""

    call: str


@stored_as("call.published.v1", audience=FOLLOWERS)
class CallPublished(Fact, frozen=True, kw_only=True):
    """The call was published: everybody can read it."""

    call: str


@stored_as("call.changed.v1", audience=EVERYBODY)
class CallChanged(Fact, frozen=True, kw_only=True):
    """Staff changed a call's texts and amounts. Amounts are minor units of its currency. `round` is its round, if there
    is one; the timelines of that round's applications show the change."""

    call: str
    round: str | None
    title: Texts
    summary: Texts
    budget: int
    minimum_award: int
    maximum_award: int


@stored_as("call.form_changed.v1", audience=FOLLOWERS)
class CallFormChanged(Fact, frozen=True, kw_only=True):
    """Staff published a new version of a stage's form. Applications keep the version that they answered."""

    call: str
    stage: str
    form: Form


@stored_as("call.rubric_changed.v1", audience=FOLLOWERS)
class CallRubricChanged(Fact, frozen=True, kw_only=True):
    """Staff published a new version of a stage's rubric. Reviews keep the version that they were scored by."""

    call: str
    stage: str
    rubric: Rubric


@stored_as("call.cancelled.v1", audience=FOLLOWERS)
class CallCancelled(Fact, frozen=True, kw_only=True):
    """Staff cancelled a published call; its applications end with it."""

    call: str
    officer: str
    reason: CancellationReason
    explanation: Annotated[str | Withheld | None, Personal(of="officer")]


@stored_as("call.awards_confirmed.v1", audience=FOLLOWERS)
class CallAwardsConfirmed(Fact, frozen=True, kw_only=True):
    """A panel of a rolling call was confirmed with awards of `amount` in minor units of the call's currency. The call's
    budget limits the awards of all its panels together. Awards are announced later."""

    told = False
    call: str
    panel: str
    amount: int


@stored_as("call.award_released.v1", audience=FOLLOWERS)
class CallAwardReleased(Fact, frozen=True, kw_only=True):
    """An award of a rolling call ended without a grant, so its `amount` no longer counts against the call's budget.
    `grant` was declined or lapsed; it is None if the application ended before one was offered."""

    told = False
    call: str
    grant: str | None
    amount: int


@stored_as("call.screening_set.v1", audience=FOLLOWERS)
class CallScreeningSet(Fact, frozen=True, kw_only=True):
    """Whether payees must be screened against sanctions lists before the call's grants are paid, even if the initiative
    does not require it."""

    call: str
    required: bool


@stored_as("call.round_opened.v1")
class CallRoundOpened(Fact, frozen=True, kw_only=True):
    """A round of one of the call's stages was opened. Its details are in the round's own stream."""

    call: str
    round: str
    stage: str


CallFact = (
    CallDrafted
    | CallDraftChanged
    | CallStagesChanged
    | CallFormPrepared
    | CallRubricPrepared
    | CallDiscarded
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
