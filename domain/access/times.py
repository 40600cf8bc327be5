"""Who may know when things happened."""

from __future__ import annotations

from typing import Final

from domain.access.members import member
from domain.deciding import Allowed, Denied, Verdict
from domain.initiatives import Initiative
from domain.messages import msg
from domain.parties import Actor, acts_for
from domain.rounds.state import Round, RoundStatus
from domain.values import Role

UNTIMED: Final = msg("You can see this only as it is now, since you may not know when it happened.")
JUDGED: Final = msg(
    "You were asked to judge here, so until the round is decided you can see this only as it is now, not when things "
    "happened."
)


def sees_times(
    actor: Actor,
    initiative: Initiative,
    *,
    applicant: str | None = None,
    round: Round | None = None,
    judging: bool = False,
    money: bool = False,
) -> Verdict:
    """When something happened, and so also in which order, how often, and how it stood at an earlier moment (`as_of`):
    by asking for two moments, anybody finds out what happened in between.

    The staff; funders, of what belongs to a `round` once that is decided; of `money`, also those who pay; and the
    `applicant` of their own application or grant. Nobody who is `judging`: who was asked to review the application (of a
    list, one of its applications) and whose round is not decided, because the time at which it came in may tell whose it
    is. The jury and the public never.

    This says nothing of whether the thing itself is theirs to see, which is asked before.
    """
    if applicant is not None and acts_for(actor, applicant):
        return Allowed(Role.APPLICANT)
    if judging:
        return Denied(JUDGED)
    paying = (Role.FINANCE, Role.APPROVER) if money else ()
    funding = (Role.FUNDER,) if round is None or round.status is RoundStatus.DECIDED else ()
    verdict = member(actor.id, initiative, Role.OFFICER, *funding, *paying)
    return verdict if isinstance(verdict, Allowed) else Denied(UNTIMED)
