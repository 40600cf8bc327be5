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
from domain.topic import EVERYBODY, FOLLOWERS, stored_as

Intake = Literal["deadline", "rolling"]
"""``deadline``: applications are taken until a deadline and judged together. ``rolling``: they are taken all the time,
and each is judged on arrival in a round of its own."""
HowMany = Literal["one", "several"]
"""How many applications one applicant can submit to a call."""
CancellationReason = Literal["funds_lost", "plans_changed", "events", "safety", "other"]


@stored_as("call.drafted.v1", audience=FOLLOWERS)
class CallDrafted(Fact, frozen=True, kw_only=True):
    """Staff drafted a call. Applicants answer its `eligibility` questions first. Amounts are minor units of `currency`;
    `grace_minutes` are granted silently after each deadline. `fast_track_up_to` is set if the call is on the fast
    track: it can never award more."""

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
    budget limits the awards of all its panels together."""

    call: str
    panel: str
    amount: int


@stored_as("call.award_released.v1", audience=FOLLOWERS)
class CallAwardReleased(Fact, frozen=True, kw_only=True):
    """An award of a rolling call ended without a grant, so its `amount` no longer counts against the call's budget.
    `grant` was declined or lapsed; it is None if the application ended before one was offered."""

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
