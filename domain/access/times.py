"""Access to times: who may know when things happened."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from domain.access.members import member
from domain.access.ties import NOT_YOURS
from domain.calls.state import Call
from domain.deciding import Allowed, Denied, Verdict
from domain.initiatives.state import Initiative
from domain.messages import msg
from domain.parties import Actor, acts_for
from domain.reviews.facts import JUDGING
from domain.rounds.state import Round, RoundStatus
from domain.values import Role

UNTIMED: Final = msg("You can see this only as it is now, because you may not know when things happened.")
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
    """When things happened; and so also their order, how often they happened, and earlier states (`as_of`): comparing
    two moments shows what happened between them.

    The staff; funders for what belongs to a `round` once it is decided; for `money`, also those who pay; and the
    `applicant` for their own application or grant. Nobody who is `judging` (was asked to review the application, or one
    of a list's applications, before the round is decided), because the time of submission may tell who applied. Never
    the jury and the public.

    Whether the person may see the thing at all is checked before.
    """
    if applicant is not None and acts_for(actor, applicant):
        return Allowed(Role.APPLICANT)
    if judging:
        return Denied(JUDGED)
    paying = (Role.FINANCE, Role.APPROVER) if money else ()
    funding = (Role.FUNDER,) if round is None or round.status is RoundStatus.DECIDED else ()
    verdict = member(actor.id, initiative, Role.OFFICER, *funding, *paying)
    return verdict if isinstance(verdict, Allowed) else Denied(UNTIMED)


def jury_knows_arrival(call: Call) -> bool:
    """Whether those who judge may know when an application arrived, and what follows from it: when its round opened and
    closed, and until when it is to be decided.

    In a rolling call they may, even in a blind one: they are asked as it arrives. So reading it excludes nobody from
    judging. A rolling call hides identity, not arrival, and its pages say so. Everything else about times is as in other
    calls (`sees_times`): a jury has neither timelines nor earlier states, and funders learn nothing before the decision.
    """
    return call.rolling


def sees_single_round(actor: Actor, initiative: Initiative, round: Round, *, own: Collection[str]) -> Verdict:
    """The round of a single application in a rolling call, which tells when that arrived: the staff, the jury
    (`jury_knows_arrival`), funders once it is decided, and its applicant (`own`). For others it does not exist."""
    if own:
        return Allowed(Role.APPLICANT)
    funding = (Role.FUNDER,) if round.status is RoundStatus.DECIDED else ()
    verdict = member(actor.id, initiative, Role.OFFICER, *JUDGING, *funding)
    return verdict if isinstance(verdict, Allowed) else Denied(NOT_YOURS, hidden=True)
