"""The rules for rounds: one function for each command."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from domain.calls.rules import instant
from domain.calls.state import Call, CallStatus
from domain.deciding import Fact
from domain.messages import At, msg
from domain.refusals import Invalid, Refused
from domain.rounds.facts import (
    ExtensionReason,
    LateReason,
    RoundCancelled,
    RoundClosed,
    RoundDeadlineExtended,
    RoundDecided,
    RoundLateAccessGranted,
    RoundOpened,
    RoundPutToPanel,
    RoundReviewsDueSet,
)
from domain.rounds.state import Round, RoundStatus
from domain.stages import Stage
from domain.texts import check_explanation


def stage_to_open(call: Call, rounds: Iterable[Round]) -> Stage:
    """The stage of a published call whose round opens next. Each stage has one round, and the next opens once the one
    before is decided: one panel, which sees all competing applications, divides the budget. `rounds` are the call's
    rounds so far."""
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
    """Open a round of a stage until a local time in the call's time zone. Rounds of later stages take answers of
    invited applicants."""
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
    """Extend the deadline for everybody, even after the round closed, but not once jurors were asked (`judged`)."""
    _check_extensible(round, judged=judged)
    assert round.closes_at is not None
    closes_at = instant(closes_local, round.time_zone, "closes_at")
    if closes_at <= now:
        raise Invalid.field("closes_at", msg("The deadline must lie in the future."))
    if closes_at <= round.closes_at:
        raise Invalid.field(
            "closes_at",
            msg(
                "A deadline can only be extended; it is {deadline} now.",
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
            explanation=check_explanation(explanation),
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
    """Give one applicant late access, even after the round closed, but not once jurors were asked (`judged`), because
    they would see who was late."""
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
            reopens=round.status is not RoundStatus.OPEN,
            reason=reason,
            explanation=check_explanation(explanation),
        ),
    )


def set_reviews_due(round_id: str, round: Round, *, due_local: datetime, now: datetime) -> tuple[Fact, ...]:
    """Say until when the jurors are asked to submit their reviews; it can be changed until the panel opens."""
    if round.status not in (RoundStatus.OPEN, RoundStatus.CLOSED):
        raise Refused(
            msg(
                "Reviews have a due date only until the panel opens; this round is {status}.",
                status=round.status,
            )
        )
    assert round.closes_at is not None
    due_at = instant(due_local, round.time_zone, "due_at")
    if due_at <= now:
        raise Invalid.field("due_at", msg("The due date must lie in the future."))
    if due_at <= round.closes_at:
        raise Invalid.field(
            "due_at",
            msg(
                "Reviews begin after the deadline for applications, {deadline}.",
                deadline=At(round.closes_at, round.time_zone),
            ),
        )
    if due_at == round.reviews_due:
        raise Refused(msg("The reviews are due then already."))
    return (
        RoundReviewsDueSet(
            round=round_id, due_at=due_at, due_local=on_clocks(due_local), time_zone=round.time_zone
        ),
    )


def open_for_one(
    round_id: str, call_id: str, call: Call, *, application: str, now: datetime
) -> tuple[Fact, ...]:
    """Open the round of a single application to a rolling call, and close it: the application goes to review on
    arrival."""
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
        raise Refused(msg("This call takes applications all the time, so there is no deadline to extend."))
    if round.status is RoundStatus.CANCELLED:
        raise Refused(msg("This call was cancelled, so its round stays closed."))
    if round.status not in (RoundStatus.OPEN, RoundStatus.CLOSED):
        raise Refused(msg("The panel of this round is already open, so nobody can apply any more."))
    if judged:
        raise Refused(
            msg("Jurors have already been asked and would see who was late, so nobody can apply any more.")
        )


def cancel(round_id: str, round: Round) -> tuple[Fact, ...]:
    """End a round because its call is cancelled; not once its panel is open. A round that is decided and leads to a
    later stage stays as it is."""
    if round.status is RoundStatus.DECIDED and (round.rolling or not round.last):
        return ()
    if round.status not in (RoundStatus.OPEN, RoundStatus.CLOSED):
        raise Refused(msg("The panel of this call is already open, so the call cannot be cancelled."))
    return (RoundCancelled(round=round_id),)


def close(round_id: str, round: Round, *, received: tuple[str, ...], now: datetime) -> tuple[Fact, ...]:
    """Close a round after the deadline and the minutes of grace, and record the applications received."""
    if round.status is not RoundStatus.OPEN:
        raise Refused(msg("Only an open round can be closed; this one is {status}.", status=round.status))
    if now < round.closing_at:
        raise Refused(
            msg(
                "The round is open until {end}; it cannot be closed earlier.",
                end=At(round.closing_at, round.time_zone),
            )
        )
    return (RoundClosed(round=round_id, applications=tuple(sorted(received))),)


def put_to_panel(
    round_id: str, round: Round, *, panel: str, reviews: Mapping[str, Collection[str]]
) -> tuple[Fact, ...]:
    """Put a closed round to its panel, and record all reviews of each application that it received."""
    if round.status is not RoundStatus.CLOSED:
        raise Refused(
            msg("A panel can be opened only for a closed round; this one is {status}.", status=round.status)
        )
    recorded = {each: tuple(sorted(reviews.get(each, ()))) for each in round.applications}
    return (RoundPutToPanel(round=round_id, panel=panel, reviews=recorded),)


def decide(round_id: str, round: Round) -> tuple[Fact, ...]:
    """Record that the panel's results were announced."""
    if round.status is not RoundStatus.IN_PANEL or round.panel is None:
        raise Refused(
            msg(
                "Only a round that is with its panel can be decided; this one is {status}.",
                status=round.status,
            )
        )
    return (RoundDecided(round=round_id, panel=round.panel),)


def on_clocks(local: datetime) -> str:
    """A local time as text; seconds only if there are any."""
    return local.isoformat(" ", "seconds" if local.second else "minutes")
