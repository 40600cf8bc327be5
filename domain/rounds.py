"""A round: one intake of a call's applications, from its opening to the panel's decision."""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Literal, assert_never
from zoneinfo import ZoneInfo

import msgspec

from domain.calls import Call, CallStatus, instant
from domain.deciding import Aggregate, Fact
from domain.refusals import Invalid, Refused

QuorumReason = Literal["conflicts_of_interest", "jurors_unavailable", "other"]

# Facts


class RoundOpened(Fact, frozen=True, kw_only=True):
    """Applications are taken in from now until `closes_at`, and silently for `grace_minutes` more; `closes_local` is the
    deadline on the clocks of the call's time zone, as it was announced."""

    round: str
    initiative: str
    call: str
    closes_at: datetime
    closes_local: str
    time_zone: str
    grace_minutes: int

    @property
    def intake_ends(self) -> datetime:
        """When the last application is taken in, the minutes of grace included."""
        return self.closes_at + timedelta(minutes=self.grace_minutes)


class RoundClosed(Fact, frozen=True, kw_only=True):
    """The deadline passed. `applications` are all that were received, sorted by their (random) ids, so that none can
    vanish."""

    round: str
    applications: tuple[str, ...]


class RoundQuorumLowered(Fact, frozen=True, kw_only=True):
    """No juror was left to be asked about an application, so it goes to the panel with `quorum` reviews."""

    round: str
    application: str
    quorum: int
    reason: QuorumReason


class RoundPutToPanel(Fact, frozen=True, kw_only=True):
    """The reviews are complete; the jury decides on a fixed ranking. `reviews` are, by application, all reviews that were
    asked for, in whatever state, sorted by their (random) ids, so that none can vanish."""

    round: str
    panel: str
    reviews: dict[str, tuple[str, ...]]


class RoundDecided(Fact, frozen=True, kw_only=True):
    """The panel's decision was confirmed; every application has its outcome."""

    round: str
    panel: str


RoundFact = RoundOpened | RoundClosed | RoundQuorumLowered | RoundPutToPanel | RoundDecided

# State


class RoundStatus(enum.StrEnum):
    """Where a round stands."""

    OPEN = "open"
    CLOSED = "closed"
    IN_PANEL = "in panel"
    DECIDED = "decided"


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """A round as its facts left it. `lowered` are the quorums of those applications for which no juror was left."""

    status: RoundStatus | None = None
    initiative: str = ""
    call: str = ""
    panel: str | None = None
    closes_at: datetime | None = None
    closes_local: str = ""
    time_zone: str = ""
    intake_ends: datetime | None = None
    applications: tuple[str, ...] = ()
    lowered: dict[str, int] = {}

    def quorum(self, application: str, call: Call) -> int:
        """The number of reviews that an application needs before the panel opens."""
        return self.lowered.get(application, call.quorum)

    def check_open(self, now: datetime) -> None:
        """Refuse unless an application can be taken in at `now`, the minutes of grace included."""
        assert self.intake_ends is not None
        if self.status is not RoundStatus.OPEN or now >= self.intake_ends:
            raise Refused(
                f"The round closed on {self.closes_local} ({self.time_zone}); it takes no more applications."
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
                closes_at=fact.closes_at,
                closes_local=fact.closes_local,
                time_zone=fact.time_zone,
                intake_ends=fact.intake_ends,
            )
        case RoundClosed():
            return replace(round, status=RoundStatus.CLOSED, applications=fact.applications)
        case RoundQuorumLowered():
            return replace(round, lowered={**round.lowered, fact.application: fact.quorum})
        case RoundPutToPanel():
            return replace(round, status=RoundStatus.IN_PANEL, panel=fact.panel)
        case RoundDecided():
            return replace(round, status=RoundStatus.DECIDED)
        case _:
            assert_never(fact)


ROUND = Aggregate(kind="round", empty=Round(), evolve=evolve)

# Rules


def open_round(
    round_id: str, call_id: str, call: Call, *, closes_local: datetime, has_round: bool, now: datetime
) -> tuple[Fact, ...]:
    """Begin to take in applications to a published call, until a time on the clocks of the call's zone.

    A call takes them in once: its budget is divided by one panel, which sees all who compete for it.
    """
    if call.status is not CallStatus.PUBLISHED:
        raise Refused("Only a published call can take in applications; publish it first.")
    if has_round:
        raise Refused("This call has its round already; draft another call to take in applications again.")
    closes_at = instant(closes_local, call.time_zone, "closes_at")
    if closes_at <= now:
        raise Invalid.field("closes_at", "The deadline must lie in the future.")
    return (
        RoundOpened(
            round=round_id,
            initiative=call.initiative,
            call=call_id,
            closes_at=closes_at,
            closes_local=_on_clocks(closes_local),
            time_zone=call.time_zone,
            grace_minutes=call.grace_minutes,
        ),
    )


def close(round_id: str, round: Round, *, received: tuple[str, ...], now: datetime) -> tuple[Fact, ...]:
    """End the intake once deadline and grace have passed, and record the applications received."""
    if round.status is not RoundStatus.OPEN:
        raise Refused(f"Only an open round can be closed; this one is {round.status}.")
    assert round.intake_ends is not None
    if now < round.intake_ends:
        local = _on_clocks(round.intake_ends.astimezone(ZoneInfo(round.time_zone)).replace(tzinfo=None))
        raise Refused(f"The round is open until {local} ({round.time_zone}); it cannot be closed before.")
    return (RoundClosed(round=round_id, applications=tuple(sorted(received))),)


def put_to_panel(
    round_id: str, round: Round, *, panel: str, reviews: Mapping[str, Collection[str]]
) -> tuple[Fact, ...]:
    """Hand a closed round to its panel, and record all reviews of each application that it received."""
    if round.status is not RoundStatus.CLOSED:
        raise Refused(f"A panel is opened on a closed round; this one is {round.status}.")
    recorded = {each: tuple(sorted(reviews.get(each, ()))) for each in round.applications}
    return (RoundPutToPanel(round=round_id, panel=panel, reviews=recorded),)


def decide(round_id: str, round: Round) -> tuple[Fact, ...]:
    """Record that the panel's decision was confirmed."""
    if round.status is not RoundStatus.IN_PANEL or round.panel is None:
        raise Refused(f"Only a round in panel can be decided; this one is {round.status}.")
    return (RoundDecided(round=round_id, panel=round.panel),)


def _on_clocks(local: datetime) -> str:
    """A time as clocks show it; seconds are told only where there are any."""
    return local.isoformat(" ", "seconds" if local.second else "minutes")
