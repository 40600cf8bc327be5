"""A round: one intake of a call's applications, from its opening to the panel's decision."""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Annotated, Literal, assert_never
from zoneinfo import ZoneInfo

import msgspec

from domain import limits
from domain.calls import Call, CallStatus, instant
from domain.deciding import Aggregate, Fact
from domain.messages import At, msg
from domain.personal import Personal, Withheld
from domain.refusals import Invalid, Refused
from domain.stages import Stage
from domain.values import check_optional

QuorumReason = Literal["conflicts_of_interest", "jurors_unavailable", "other"]
ExtensionReason = Literal["technical_trouble", "few_applications", "events", "other"]
LateReason = Literal["technical_trouble", "illness", "safety", "access_needs", "other"]

# Facts


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


class RoundCancelled(Fact, frozen=True, kw_only=True):
    """The round ended without a decision, since its call was cancelled."""

    round: str


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

# State


class RoundStatus(enum.StrEnum):
    """Where a round stands."""

    OPEN = "open"
    CLOSED = "closed"
    IN_PANEL = "in panel"
    DECIDED = "decided"
    CANCELLED = "cancelled"


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """A round as its facts left it. `lowered` are the quorums of those applications for which no juror was left, and `late`
    until when single applicants may still apply."""

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

    def quorum(self, application: str, stage: Stage) -> int:
        """The number of reviews that an application needs before the panel opens."""
        return self.lowered.get(application, stage.quorum)

    @property
    def closing_at(self) -> datetime:
        """When it closes: once everybody's time has passed."""
        assert self.intake_ends is not None
        return max(self.intake_ends, *self.late.values()) if self.late else self.intake_ends

    def check_open(self, now: datetime, applicant: str) -> None:
        """Refuse unless something of this applicant can be taken in at `now`, the minutes of grace and their late access
        included."""
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


def stage_to_open(call: Call, rounds: Iterable[Round]) -> Stage:
    """The stage of a published call whose round opens next. Each has one round, and the next opens once the one before is
    decided: its budget is divided by one panel, which sees all who compete for it. `rounds` are the call's so far."""
    if call.status is not CallStatus.PUBLISHED:
        raise Refused(msg("Only a published call can accept applications; publish it first."))
    if call.rolling:
        raise Refused(msg("This call takes applications all the time, so there is no round to open."))
    begun = {round.stage: round for round in rounds}
    following = next((stage for stage in call.stages if stage.id not in begun), None)
    if following is None:
        raise Refused(
            msg("This call already has its round; draft another call to accept applications again.")
            if len(call.stages) == 1
            else msg(
                "Every stage of this call has its round; draft another call to accept applications again."
            )
        )
    if any(round.status is not RoundStatus.DECIDED for round in begun.values()):
        raise Refused(msg("The stage before is not decided yet; announce the results of its panel first."))
    return following


def open_round(
    round_id: str, call_id: str, call: Call, stage: Stage, *, closes_local: datetime, now: datetime
) -> tuple[Fact, ...]:
    """Begin to take in applications, or what those who were invited to a later `stage` answer, until a time on the clocks of
    the call's zone."""
    closes_at = instant(closes_local, call.time_zone, "closes_at")
    if closes_at <= now:
        raise Invalid.field("closes_at", msg("The deadline must lie in the future."))
    return (
        RoundOpened(
            round=round_id,
            initiative=call.initiative,
            call=call_id,
            stage=stage.id,
            closes_at=closes_at,
            closes_local=on_clocks(closes_local),
            time_zone=call.time_zone,
            grace_minutes=call.grace_minutes,
            last=stage.id == call.stages[-1].id,
            rolling=False,
        ),
    )


def extend(
    round_id: str,
    round: Round,
    *,
    officer: str,
    closes_local: datetime,
    reason: ExtensionReason,
    explanation: str | None,
    judged: bool,
    now: datetime,
) -> tuple[Fact, ...]:
    """Give everybody more time, also after the round closed, but not once jurors were asked (`judged`)."""
    _check_extensible(round, judged=judged)
    assert round.closes_at is not None
    closes_at = instant(closes_local, round.time_zone, "closes_at")
    if closes_at <= now:
        raise Invalid.field("closes_at", msg("The deadline must lie in the future."))
    if closes_at <= round.closes_at:
        raise Invalid.field(
            "closes_at",
            msg(
                "A deadline can only be put off; it is {deadline} now.",
                deadline=At(round.closes_at, round.time_zone),
            ),
        )
    intake_ends = closes_at + timedelta(minutes=round.grace_minutes)
    return (
        RoundDeadlineExtended(
            round=round_id,
            officer=officer,
            closes_at=closes_at,
            closes_local=on_clocks(closes_local),
            time_zone=round.time_zone,
            grace_minutes=round.grace_minutes,
            closing_at=max(intake_ends, round.closing_at),
            reason=reason,
            explanation=check_optional(explanation, "explanation", most=limits.EXPLANATION),
        ),
    )


def grant_late_access(
    round_id: str,
    round: Round,
    *,
    applicant: str,
    until: datetime,
    reason: LateReason,
    explanation: str | None,
    judged: bool,
    now: datetime,
) -> tuple[Fact, ...]:
    """Let one applicant apply later than all others, also after the round closed, but not once jurors were asked
    (`judged`): they would see who came late."""
    _check_extensible(round, judged=judged)
    assert round.intake_ends is not None
    moment = instant(until, round.time_zone, "until")
    if moment <= now:
        raise Invalid.field("until", msg("Late access must end in the future."))
    if moment <= round.intake_ends:
        raise Invalid.field(
            "until",
            msg(
                "The round is open to everybody until {end}; late access ends after that.",
                end=At(round.intake_ends, round.time_zone),
            ),
        )
    others = [when for who, when in round.late.items() if who != applicant]
    return (
        RoundLateAccessGranted(
            round=round_id,
            applicant=applicant,
            until=moment,
            until_local=on_clocks(until),
            time_zone=round.time_zone,
            closing_at=max(moment, round.intake_ends, *others),
            reason=reason,
            explanation=check_optional(explanation, "explanation", most=limits.EXPLANATION),
        ),
    )


def open_for_one(
    round_id: str, call_id: str, call: Call, *, application: str, now: datetime
) -> tuple[Fact, ...]:
    """Open the round of a single application to a rolling call, and close it: it goes to review as it arrives."""
    local = now.astimezone(ZoneInfo(call.time_zone)).replace(tzinfo=None, microsecond=0)
    return (
        RoundOpened(
            round=round_id,
            initiative=call.initiative,
            call=call_id,
            stage=call.stages[0].id,
            closes_at=now,
            closes_local=on_clocks(local),
            time_zone=call.time_zone,
            grace_minutes=0,
            last=True,
            rolling=True,
        ),
        RoundClosed(round=round_id, applications=(application,)),
    )


def _check_extensible(round: Round, *, judged: bool) -> None:
    if round.rolling:
        raise Refused(msg("This call takes applications all the time, so there is no deadline to put off."))
    if round.status is RoundStatus.CANCELLED:
        raise Refused(msg("This call was cancelled, so its round stays closed."))
    if round.status not in (RoundStatus.OPEN, RoundStatus.CLOSED):
        raise Refused(msg("The round has gone to its panel, so nobody can apply any more."))
    if judged:
        raise Refused(
            msg("Jurors were asked already; they would see who came late, so nobody can apply any more.")
        )


def cancel(round_id: str, round: Round) -> tuple[Fact, ...]:
    """End a round without a decision, as its call is cancelled; not once its panel opened. One that is decided and leads to
    a later stage stays as it is."""
    if round.status is RoundStatus.DECIDED and (round.rolling or not round.last):
        return ()
    if round.status not in (RoundStatus.OPEN, RoundStatus.CLOSED):
        raise Refused(msg("The panel of this call was opened already, so the call cannot be cancelled."))
    return (RoundCancelled(round=round_id),)


def close(round_id: str, round: Round, *, received: tuple[str, ...], now: datetime) -> tuple[Fact, ...]:
    """End the intake once deadline and grace have passed, and record the applications received."""
    if round.status is not RoundStatus.OPEN:
        raise Refused(msg("Only an open round can be closed; this one is {status}.", status=round.status))
    if now < round.closing_at:
        raise Refused(
            msg(
                "The round is open until {end}; it cannot be closed before.",
                end=At(round.closing_at, round.time_zone),
            )
        )
    return (RoundClosed(round=round_id, applications=tuple(sorted(received))),)


def put_to_panel(
    round_id: str, round: Round, *, panel: str, reviews: Mapping[str, Collection[str]]
) -> tuple[Fact, ...]:
    """Hand a closed round to its panel, and record all reviews of each application that it received."""
    if round.status is not RoundStatus.CLOSED:
        raise Refused(
            msg("A panel can be opened only for a closed round; this one is {status}.", status=round.status)
        )
    recorded = {each: tuple(sorted(reviews.get(each, ()))) for each in round.applications}
    return (RoundPutToPanel(round=round_id, panel=panel, reviews=recorded),)


def decide(round_id: str, round: Round) -> tuple[Fact, ...]:
    """Record that the panel's decision was announced."""
    if round.status is not RoundStatus.IN_PANEL or round.panel is None:
        raise Refused(
            msg(
                "Only a round that is with its panel can be decided; this one is {status}.",
                status=round.status,
            )
        )
    return (RoundDecided(round=round_id, panel=round.panel),)


def on_clocks(local: datetime) -> str:
    """A time as clocks show it; seconds are told only where there are any."""
    return local.isoformat(" ", "seconds" if local.second else "minutes")
