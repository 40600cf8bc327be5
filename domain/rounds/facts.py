"""The facts of a round."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal

from domain.deciding import Fact
from domain.personal import Personal, Withheld
from domain.topic import EVERYBODY, FOLLOWERS, STAFF, stored_as

QuorumReason = Literal["conflicts_of_interest", "jurors_unavailable", "other"]
ExtensionReason = Literal["technical_trouble", "few_applications", "events", "other"]
LateReason = Literal["technical_trouble", "illness", "safety", "access_needs", "other"]


@stored_as("round.opened.v1", audience=FOLLOWERS)
class RoundOpened(Fact, frozen=True, kw_only=True):
    """Applications are taken from now until `closes_at`, and silently for `grace_minutes` more; `closes_local` is the
    announced deadline in the call's time zone. `last`: this is the last stage. A `rolling` round belongs to a single
    application to a rolling call, and closes as soon as it opens."""

    round: str
    initiative: str
    call: str
    stage: str
    closes_at: datetime
    closes_local: str
    time_zone: str
    grace_minutes: int
    last: bool
    rolling: bool

    @property
    def intake_ends(self) -> datetime:
        """When the intake ends, including the minutes of grace."""
        return self.closes_at + timedelta(minutes=self.grace_minutes)


@stored_as("round.deadline_extended.v1", audience=EVERYBODY)
class RoundDeadlineExtended(Fact, frozen=True, kw_only=True):
    """The deadline for everybody is now `closes_at`, and silently `grace_minutes` later. A closed round is open again.
    It closes at `closing_at`, after the latest deadline of all."""

    round: str
    officer: str
    closes_at: datetime
    closes_local: str
    time_zone: str
    grace_minutes: int
    closing_at: datetime
    reason: ExtensionReason
    explanation: Annotated[str | Withheld | None, Personal(of="officer")]


@stored_as("round.late_access_granted.v1", audience=STAFF)
class RoundLateAccessGranted(Fact, frozen=True, kw_only=True):
    """One applicant may apply, or change their application, until `until`. The round closes for everybody at
    `closing_at`, so that nothing shows who was late. `reopens`: the round had closed, and everybody sees that it is open
    again."""

    round: str
    applicant: str
    until: datetime
    until_local: str
    time_zone: str
    closing_at: datetime
    reopens: bool
    reason: LateReason
    explanation: Annotated[str | Withheld | None, Personal(of="applicant")]

    @property
    def told(self) -> bool:
        return self.reopens


@stored_as("round.cancelled.v1", audience=FOLLOWERS)
class RoundCancelled(Fact, frozen=True, kw_only=True):
    """The round ended without a decision, because its call was cancelled."""

    round: str


@stored_as("round.closed.v1", audience=FOLLOWERS)
class RoundClosed(Fact, frozen=True, kw_only=True):
    """The round closed. `applications` are all that were received, sorted by their (random) ids, so that none can
    vanish."""

    round: str
    applications: tuple[str, ...]


@stored_as("round.reviews_due_set.v1", audience=STAFF)
class RoundReviewsDueSet(Fact, frozen=True, kw_only=True):
    """The jurors are asked to submit their reviews by `due_at`, which is the local time `due_local` in `time_zone`. It
    replaces an earlier date. Nothing happens then by itself."""

    told = False
    round: str
    due_at: datetime
    due_local: str
    time_zone: str


@stored_as("round.quorum_lowered.v1", audience=FOLLOWERS)
class RoundQuorumLowered(Fact, frozen=True, kw_only=True):
    """No juror was left to ask about an application, so it goes to the panel with `quorum` reviews."""

    told = False
    round: str
    application: str
    quorum: int
    reason: QuorumReason


@stored_as("round.put_to_panel.v1", audience=FOLLOWERS)
class RoundPutToPanel(Fact, frozen=True, kw_only=True):
    """The reviews are complete; the jury decides on a fixed ranking. `reviews` are by application all reviews that were
    asked for, in any state, sorted by their (random) ids, so that none can vanish."""

    round: str
    panel: str
    reviews: dict[str, tuple[str, ...]]


@stored_as("round.decided.v1", audience=FOLLOWERS)
class RoundDecided(Fact, frozen=True, kw_only=True):
    """The panel's results were announced; every application has its outcome."""

    round: str
    panel: str


RoundFact = (
    RoundOpened
    | RoundDeadlineExtended
    | RoundLateAccessGranted
    | RoundClosed
    | RoundReviewsDueSet
    | RoundQuorumLowered
    | RoundPutToPanel
    | RoundDecided
    | RoundCancelled
)
