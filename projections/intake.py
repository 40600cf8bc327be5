"""When a call takes applications, from its line in a list or its page."""

from __future__ import annotations

from datetime import datetime

from domain.calls.state import CallStatus
from domain.rounds.state import RoundStatus
from projections.calls import CallLine
from projections.rounds import RoundLine


def round_open_at(call: CallLine, now: datetime, *, grace: bool) -> RoundLine | None:
    """The round that takes applications at a time; if there are several, the first. `grace`: also in the minutes after the
    deadline that are granted silently."""
    return next(
        (
            each
            for each in call.rounds
            if each.stage == call.first_stage
            and each.status == RoundStatus.OPEN
            and (grace or open_until(each) > now)
        ),
        None,
    )


def takes_at(call: CallLine, now: datetime) -> bool:
    """Whether a rolling call takes applications at a time."""
    until = call.takes_until
    return call.intake == "rolling" and call.status == CallStatus.PUBLISHED and (until is None or until > now)


def open_until(round: RoundLine) -> datetime:
    """Until when the visitor may apply to an open round."""
    return max(round.closes_at, round.late_until or round.closes_at)


def continues_until(call: CallLine, stage: str | None) -> datetime | None:
    """Until when the visitor, who was invited to a stage, may answer its form; None while no round of it is open."""
    return next(
        (open_until(each) for each in call.rounds if each.stage == stage and each.status == RoundStatus.OPEN),
        None,
    )
