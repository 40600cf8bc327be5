"""The state of a round, folded from its facts."""

from __future__ import annotations

import enum
from datetime import datetime, timedelta
from typing import assert_never

import msgspec

from domain.deciding import Aggregate
from domain.messages import At, msg
from domain.refusals import Refused
from domain.rounds.facts import (
    RoundCancelled,
    RoundClosed,
    RoundDeadlineExtended,
    RoundDecided,
    RoundFact,
    RoundLateAccessGranted,
    RoundOpened,
    RoundPutToPanel,
    RoundQuorumLowered,
    RoundReviewsDueSet,
)
from domain.stages import Stage


class RoundStatus(enum.StrEnum):
    """The statuses of a round."""

    OPEN = "open"
    CLOSED = "closed"
    IN_PANEL = "in panel"
    DECIDED = "decided"
    CANCELLED = "cancelled"


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """The state of a round. `lowered` are the lowered quorums by application, and `late` is until when single
    applicants have late access."""

    status: RoundStatus | None = None
    initiative: str = ""
    call: str = ""
    stage: str = ""
    panel: str | None = None
    closes_at: datetime | None = None
    closes_local: str = ""
    time_zone: str = ""
    intake_ends: datetime | None = None
    applications: tuple[str, ...] = ()
    lowered: dict[str, int] = {}
    grace_minutes: int = 0
    late: dict[str, datetime] = {}
    last: bool = True
    rolling: bool = False
    reviews_due: datetime | None = None

    def quorum(self, application: str, stage: Stage) -> int:
        """The number of reviews that an application needs before the panel can open."""
        return self.lowered.get(application, stage.quorum)

    @property
    def closing_at(self) -> datetime:
        """When the round closes: after the latest deadline of all."""
        assert self.intake_ends is not None
        return max(self.intake_ends, *self.late.values()) if self.late else self.intake_ends

    def check_open(self, now: datetime, applicant: str) -> None:
        """Refuse unless something of this applicant can be taken at `now`, including the minutes of grace and late
        access."""
        assert self.intake_ends is not None
        assert self.closes_at is not None
        if self.status is RoundStatus.CANCELLED:
            raise Refused(msg("This call was cancelled; it takes no more applications."))
        if self.rolling:
            raise Refused(
                msg(
                    "Applications to this call go to review as they arrive, so they cannot be changed. Ask the programme "
                    "staff to return it to you, or withdraw it."
                )
            )
        until = max(self.intake_ends, self.late.get(applicant, self.intake_ends))
        if self.status is not RoundStatus.OPEN or now >= until:
            raise Refused(
                msg(
                    "The deadline was {deadline}; applications are no longer accepted.",
                    deadline=At(self.closes_at, self.time_zone),
                )
            )


def evolve(round: Round, fact: RoundFact) -> Round:
    """The round after one more fact."""
    replace = msgspec.structs.replace
    match fact:
        case RoundOpened():
            return Round(
                status=RoundStatus.OPEN,
                initiative=fact.initiative,
                call=fact.call,
                stage=fact.stage,
                closes_at=fact.closes_at,
                closes_local=fact.closes_local,
                time_zone=fact.time_zone,
                intake_ends=fact.intake_ends,
                grace_minutes=fact.grace_minutes,
                last=fact.last,
                rolling=fact.rolling,
            )
        case RoundDeadlineExtended():
            return replace(
                round,
                status=RoundStatus.OPEN,
                closes_at=fact.closes_at,
                closes_local=fact.closes_local,
                intake_ends=fact.closes_at + timedelta(minutes=fact.grace_minutes),
                applications=(),
            )
        case RoundLateAccessGranted():
            return replace(
                round,
                status=RoundStatus.OPEN,
                late={**round.late, fact.applicant: fact.until},
                applications=(),
            )
        case RoundCancelled():
            return replace(round, status=RoundStatus.CANCELLED)
        case RoundClosed():
            return replace(round, status=RoundStatus.CLOSED, applications=fact.applications)
        case RoundReviewsDueSet():
            return replace(round, reviews_due=fact.due_at)
        case RoundQuorumLowered():
            return replace(round, lowered={**round.lowered, fact.application: fact.quorum})
        case RoundPutToPanel():
            return replace(round, status=RoundStatus.IN_PANEL, panel=fact.panel)
        case RoundDecided():
            return replace(round, status=RoundStatus.DECIDED)
        case _:
            assert_never(fact)


ROUND = Aggregate(kind="round", empty=Round(), evolve=evolve)
