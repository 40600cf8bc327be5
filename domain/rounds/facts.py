"""What happened to a round."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal

from domain.deciding import Fact
from domain.personal import Personal, Withheld
from domain.topic import EVERYBODY, FOLLOWERS, STAFF, stored_as

QuorumReason = Literal["conflicts_of_interest", "jurors_unavailable", "other"]
ExtensionReason = Literal["technical_trouble", "few_applications", "events", "other"]
LateReason = Literal["technical_trouble", "illness", "safety", "access_needs", "other"]


@stored_as("round.opened.v1", told_to=FOLLOWERS)
class RoundOpened(Fact, frozen=True, kw_only=True):
    """Applications are taken in from now until `closes_at`, and silently for `grace_minutes` more; `closes_local` is the
    deadline on the clocks of the call's time zone, as it was announced. `last`: no stage follows this round's. A
    `rolling` one is that of a single application to a rolling call, and closes as it opens."""

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
        """When the last application is taken in, the minutes of grace included."""
        return self.closes_at + timedelta(minutes=self.grace_minutes)


@stored_as("round.deadline_extended.v1", told_to=EVERYBODY)
class RoundDeadlineExtended(Fact, frozen=True, kw_only=True):
    """Everybody has until `closes_at` now, and silently `grace_minutes` more. A round that was closed takes in applications
    again. It closes at `closing_at`, once everybody's time has passed."""

    round: str
    officer: str
    closes_at: datetime
    closes_local: str
    time_zone: str
    grace_minutes: int
    closing_at: datetime
    reason: ExtensionReason
    explanation: Annotated[str | Withheld | None, Personal(of="officer")]


@stored_as("round.late_access_granted.v1", told_to=STAFF)
class RoundLateAccessGranted(Fact, frozen=True, kw_only=True):
    """One applicant may apply, or change their application, until `until`. The round closes for all at `closing_at`, so that
    nothing shows who came late."""

    round: str
    applicant: str
    until: datetime
    until_local: str
    time_zone: str
    closing_at: datetime
    reason: LateReason
    explanation: Annotated[str | Withheld | None, Personal(of="applicant")]


@stored_as("round.cancelled.v1", told_to=FOLLOWERS)
class RoundCancelled(Fact, frozen=True, kw_only=True):
    """The round ended without a decision, since its call was cancelled."""

    round: str


@stored_as("round.closed.v1", told_to=FOLLOWERS)
class RoundClosed(Fact, frozen=True, kw_only=True):
    """The deadline passed. `applications` are all that were received, sorted by their (random) ids, so that none can
    vanish."""

    round: str
    applications: tuple[str, ...]


@stored_as("round.quorum_lowered.v1", told_to=FOLLOWERS)
class RoundQuorumLowered(Fact, frozen=True, kw_only=True):
    """No juror was left to be asked about an application, so it goes to the panel with `quorum` reviews."""

    round: str
    application: str
    quorum: int
    reason: QuorumReason


@stored_as("round.put_to_panel.v1", told_to=FOLLOWERS)
class RoundPutToPanel(Fact, frozen=True, kw_only=True):
    """The reviews are complete; the jury decides on a fixed ranking. `reviews` are, by application, all reviews that were
    asked for, in whatever state, sorted by their (random) ids, so that none can vanish."""

    round: str
    panel: str
    reviews: dict[str, tuple[str, ...]]


@stored_as("round.decided.v1", told_to=FOLLOWERS)
class RoundDecided(Fact, frozen=True, kw_only=True):
    """The panel's decision was announced; every application has its outcome."""

    round: str
    panel: str


RoundFact = (
    RoundOpened
    | RoundDeadlineExtended
    | RoundLateAccessGranted
    | RoundClosed
    | RoundQuorumLowered
    | RoundPutToPanel
    | RoundDecided
    | RoundCancelled
)
