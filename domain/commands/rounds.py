"""Asking for what can be done with a round."""

from __future__ import annotations

from datetime import datetime

from domain import access, calls, rounds
from domain.calls import CALL
from domain.deciding import Act, Command, Given, Outcome, Plan, Registered, members, the
from domain.indexes import applications_of, rounds_of
from domain.initiatives import INITIATIVE
from domain.rounds import ROUND
from domain.values import CallId, RoundId


class OpenRound(Command, frozen=True, kw_only=True):
    """Take in applications to a published call until `closes_at`, a time on the clocks of the call's time zone."""

    call: CallId
    closes_at: datetime


class CloseRound(Command, frozen=True, kw_only=True):
    """End the intake; the program does this by itself once the deadline and the minutes of grace have passed."""

    round: RoundId


def _open(command: OpenRound, given: Given) -> Plan:
    call = yield from the(CALL, command.call)
    initiative = (yield from the(INITIATIVE, call.initiative)).within(command.call)
    existing = yield from members(rounds_of(command.call))
    round = given.new("round")

    return Act(
        may=access.officer(given.actor, initiative),
        initiative=call.initiative,
        scope=command.call,
        decide=lambda: Outcome(
            facts={
                round: rounds.open_round(
                    round,
                    command.call,
                    call,
                    closes_local=command.closes_at,
                    has_round=bool(existing),
                    now=given.now,
                ),
                command.call: calls.note_round(command.call, round=round),
            },
            answers=round,
        ),
    )


def _close(command: CloseRound, given: Given) -> Plan:
    round = yield from the(ROUND, command.round)
    initiative = (yield from the(INITIATIVE, round.initiative)).within(round.call)
    received = yield from members(applications_of(command.round))
    return Act(
        may=access.officer_or_system(given.actor, initiative),
        initiative=round.initiative,
        scope=round.call,
        decide=lambda: Outcome(
            facts={command.round: rounds.close(command.round, round, received=received, now=given.now)},
            answers=command.round,
        ),
    )


COMMANDS = (
    Registered("round.open", OpenRound, _open),
    Registered("round.close", CloseRound, _close),
)
