"""Giving up one's own roles in an initiative, and ending the role of a juror of one round."""

from __future__ import annotations

from collections.abc import Collection

from domain.deciding import Fact
from domain.initiatives.facts import JurorRemovedFromRound, MemberLeft
from domain.initiatives.rules import keep_one_administrator
from domain.initiatives.state import Initiative
from domain.messages import msg
from domain.refusals import Refused


def leave(
    initiative: Initiative, *, person: str, call: str | None, round: str | None, living: Collection[str]
) -> tuple[Fact, ...]:
    """Give up one's roles for one round, for one call and its rounds, or all in the initiative. The last administrator stays:
    `living` are those who were not erased."""
    rounds = initiative.rounds_of(person)
    if round is not None:
        if round not in rounds:
            raise Refused(msg("You are not a juror of this round alone."))
        return (MemberLeft(initiative=initiative.id, person=person, call=rounds[round], round=round),)
    if call is not None:
        if not initiative.calls_of(person).get(call) and call not in rounds.values():
            raise Refused(msg("You have no role for this call alone."))
        return (MemberLeft(initiative=initiative.id, person=person, call=call, round=None),)
    keep_one_administrator(living, without=person)
    return (MemberLeft(initiative=initiative.id, person=person, call=None, round=None),)


def remove_juror(initiative: Initiative, *, call: str, round: str, person: str) -> tuple[Fact, ...]:
    """End the role of a juror of one round; roles for the call or in the whole initiative stay."""
    if round not in initiative.rounds_of(person):
        raise Refused(msg("This person is not a juror of this round alone."))
    return (JurorRemovedFromRound(initiative=initiative.id, call=call, round=round, person=person),)
