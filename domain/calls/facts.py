"""What happened to a call."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from domain.deciding import Fact
from domain.eligibility import EligibilityQuestion
from domain.forms import Form, Rubric
from domain.personal import Personal, Withheld
from domain.stages import Stage
from domain.topic import EVERYBODY, FOLLOWERS, stored_as
from domain.values import Texts

Intake = Literal["deadline", "rolling"]
"""``deadline``: applications are taken in until a deadline and judged together. ``rolling``: they are taken in all the time,
and each is judged in a round of its own as it arrives."""
HowMany = Literal["one", "several"]
"""How many applications one applicant can submit to a call."""
CancellationReason = Literal["funds_lost", "plans_changed", "events", "safety", "other"]


@stored_as("call.drafted.v1", told_to=FOLLOWERS)
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


@stored_as("call.published.v1", told_to=FOLLOWERS)
class CallPublished(Fact, frozen=True, kw_only=True):
    """The call can be read by everybody."""

    call: str


@stored_as("call.changed.v1", told_to=EVERYBODY)
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


@stored_as("call.form_changed.v1", told_to=FOLLOWERS)
class CallFormChanged(Fact, frozen=True, kw_only=True):
    """Staff gave a stage a new version of its form. Applications keep the version that they answered."""

    call: str
    stage: str
    form: Form


@stored_as("call.rubric_changed.v1", told_to=FOLLOWERS)
class CallRubricChanged(Fact, frozen=True, kw_only=True):
    """Staff gave a stage a new version of its rubric. Reviews keep the version by which they were written."""

    call: str
    stage: str
    rubric: Rubric


@stored_as("call.cancelled.v1", told_to=FOLLOWERS)
class CallCancelled(Fact, frozen=True, kw_only=True):
    """Staff cancelled a published call; its applications end with it."""

    call: str
    officer: str
    reason: CancellationReason
    explanation: Annotated[str | Withheld | None, Personal(of="officer")]


@stored_as("call.awards_confirmed.v1", told_to=FOLLOWERS)
class CallAwardsConfirmed(Fact, frozen=True, kw_only=True):
    """A panel of a rolling call was confirmed with awards of `amount` in minor units of the call's currency. They count against
    the call's budget, which bounds the awards of all its panels together."""

    call: str
    panel: str
    amount: int


@stored_as("call.award_released.v1", told_to=FOLLOWERS)
class CallAwardReleased(Fact, frozen=True, kw_only=True):
    """A grant of a rolling call was declined or lapsed: its `amount` does not count against the call's budget any more."""

    call: str
    grant: str
    amount: int


@stored_as("call.screening_set.v1", told_to=FOLLOWERS)
class CallScreeningSet(Fact, frozen=True, kw_only=True):
    """Whether payees are screened against sanctions lists before grants of the call are paid, also where the initiative does
    not require it."""

    call: str
    required: bool


@stored_as("call.round_opened.v1")
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
