"""An invitation to a role in an initiative, for one call, or as a juror of one round.

The invited person may have no account yet. They are known only by a one-time secret, which they get in a letter or as a link;
the history holds neither the secret nor an address.
"""

from __future__ import annotations

import enum
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final, Literal, assert_never

import msgspec

from domain import limits
from domain.deciding import Aggregate, Fact
from domain.initiatives.facts import JurorAddedToRound
from domain.initiatives.rules import add_member, add_to_call
from domain.initiatives.state import Initiative
from domain.messages import Message, msg
from domain.refusals import Invalid, Refused
from domain.rounds.state import RoundStatus
from domain.topic import stored_as
from domain.values import CALL_ROLES, MEMBER_ROLES, Role

InvitationWay = Literal["letter", "link"]
"""How the invited person gets the secret: in a letter to an address, or as a link from whoever invites them."""

# Facts


@stored_as("invitation.made.v1")
class InvitationMade(Fact, frozen=True, kw_only=True):
    """Somebody was invited to `roles`: those for one `call`, as a juror of one `round`, or, without either, in the whole
    initiative. The invitation can be answered until `ends_at`."""

    invitation: str
    initiative: str
    call: str | None
    round: str | None
    roles: tuple[Role, ...]
    way: InvitationWay
    made_at: datetime
    ends_at: datetime


@stored_as("invitation.accepted.v1")
class InvitationAccepted(Fact, frozen=True, kw_only=True):
    """A person accepted the invitation. The same append gives them the roles."""

    invitation: str
    person: str
    accepted_at: datetime


@stored_as("invitation.declined.v1")
class InvitationDeclined(Fact, frozen=True, kw_only=True):
    """The invited person declined. It is not recorded who they are, nor whether they have an account."""

    invitation: str
    declined_at: datetime


@stored_as("invitation.withdrawn.v1")
class InvitationWithdrawn(Fact, frozen=True, kw_only=True):
    """The invitation was withdrawn before it was answered."""

    invitation: str
    withdrawn_at: datetime


InvitationFact = InvitationMade | InvitationAccepted | InvitationDeclined | InvitationWithdrawn

# State


class InvitationStatus(enum.StrEnum):
    """The statuses of an invitation. One that is open may have expired (`Invitation.expired`)."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """The state of an invitation. `person` is who accepted it; `ended_at` is when it was answered or withdrawn."""

    status: InvitationStatus | None = None
    initiative: str = ""
    call: str | None = None
    round: str | None = None
    roles: tuple[Role, ...] = ()
    way: InvitationWay = "letter"
    made_at: datetime | None = None
    ends_at: datetime | None = None
    ended_at: datetime | None = None
    person: str | None = None

    def expired(self, now: datetime) -> bool:
        """Whether it was not answered in time."""
        return self.status is InvitationStatus.OPEN and self.ends_at is not None and now >= self.ends_at


def evolve(invitation: Invitation, fact: InvitationFact) -> Invitation:
    """The invitation after one more fact."""
    replace = msgspec.structs.replace
    match fact:
        case InvitationMade():
            return Invitation(
                status=InvitationStatus.OPEN,
                initiative=fact.initiative,
                call=fact.call,
                round=fact.round,
                roles=fact.roles,
                way=fact.way,
                made_at=fact.made_at,
                ends_at=fact.ends_at,
            )
        case InvitationAccepted():
            return replace(
                invitation,
                status=InvitationStatus.ACCEPTED,
                person=fact.person,
                ended_at=fact.accepted_at,
            )
        case InvitationDeclined():
            return replace(invitation, status=InvitationStatus.DECLINED, ended_at=fact.declined_at)
        case InvitationWithdrawn():
            return replace(invitation, status=InvitationStatus.WITHDRAWN, ended_at=fact.withdrawn_at)
        case _:
            assert_never(fact)


INVITATION = Aggregate(kind="invitation", empty=Invitation(), evolve=evolve)

# Rules

NOT_IN_ROUND: Final = msg(
    "You or your organisation applied in this round, or you helped to write an application, so you cannot judge in it. Decline the invitation."
)
KNOWS_ROUND: Final = msg(
    "This call is blind, and you have seen who applied, what they wrote or when, so you cannot judge in it. Decline the "
    "invitation."
)
CHAIR_AND_OFFICER: Final = msg(
    "In a blind call, the chair and an officer must be different people. Decline the invitation, or ask the administrator to "
    "end your other role first."
)


def make(
    invitation_id: str,
    *,
    initiative: str,
    call: str | None,
    round: str | None,
    round_status: RoundStatus | None,
    roles: Collection[Role],
    way: InvitationWay,
    days: int,
    now: datetime,
) -> tuple[Fact, ...]:
    """Invite somebody. `round_status` is that of the `round`, if there is one."""
    if round_status in (RoundStatus.IN_PANEL, RoundStatus.DECIDED, RoundStatus.CANCELLED):
        raise Refused(msg("Nobody writes reviews in this round any more, so no juror can be invited to it."))
    if not 1 <= days <= limits.MOST_INVITATION_DAYS:
        raise Invalid.field("days", limits.outside(days, 1, limits.MOST_INVITATION_DAYS))
    return (
        InvitationMade(
            invitation=invitation_id,
            initiative=initiative,
            call=call,
            round=round,
            roles=_checked_roles(roles, call=call, round=round),
            way=way,
            made_at=now,
            ends_at=now + timedelta(days=days),
        ),
    )


def _checked_roles(roles: Collection[Role], *, call: str | None, round: str | None) -> tuple[Role, ...]:
    asked = set(roles)
    if not asked:
        raise Invalid.field("roles", msg("Choose at least one role."))
    if round is not None and asked != {Role.JUROR}:
        raise Invalid.field("roles", msg("For a single round, only jurors are invited."))
    if call is not None and asked - set(CALL_ROLES):
        raise Invalid.field(
            "roles", msg("For a single call, only these roles can be given: {roles}.", roles=CALL_ROLES)
        )
    if asked - set(MEMBER_ROLES):
        raise Invalid.field("roles", msg("A member can have these roles: {roles}.", roles=MEMBER_ROLES))
    return tuple(role for role in MEMBER_ROLES if role in asked)


def accept(
    invitation_id: str,
    invitation: Invitation,
    initiative: Initiative,
    *,
    person: str,
    secured: bool,
    why_not: Message | None,
    now: datetime,
) -> tuple[tuple[Fact, ...], tuple[Fact, ...]]:
    """Accept an invitation: the facts of the invitation, and those of the initiative, which give the roles in addition
    to those that the person has; none if they have them all. `why_not` is why they cannot take these roles for what
    they know (`why_not_judge`); `secured`: they have a second factor."""
    check_open(invitation, now)
    if why_not is not None:
        raise Refused(why_not)
    given = _given(invitation, initiative, person, secured=secured)
    return (InvitationAccepted(invitation=invitation_id, person=person, accepted_at=now),), given


def _given(invitation: Invitation, initiative: Initiative, person: str, *, secured: bool) -> tuple[Fact, ...]:
    call, round = invitation.call, invitation.round
    whole = initiative.held(person)
    within = whole if call is None else initiative.within(call, round).held(person)
    if within >= set(invitation.roles):
        return ()  # they were given these roles in the meantime
    if call is None:
        return add_member(
            initiative, person=person, roles=whole | {*invitation.roles}, living=(), secured=secured
        )
    if round is None:
        before = initiative.calls_of(person).get(call, frozenset())
        return add_to_call(
            initiative, call, person=person, roles=before | {*invitation.roles}, secured=secured
        )
    return (JurorAddedToRound(initiative=initiative.id, call=call, round=round, person=person),)


def why_not_judge(*, blind: bool, applied: bool, knows: bool) -> Message | None:
    """Why a person cannot judge in a round, said to themselves: they `applied` in it, or the stage is blind and they know who
    did. None if they can."""
    if applied:
        return NOT_IN_ROUND
    return KNOWS_ROUND if blind and knows else None


def decline(invitation_id: str, invitation: Invitation, *, now: datetime) -> tuple[Fact, ...]:
    """Decline an invitation."""
    check_open(invitation, now)
    return (InvitationDeclined(invitation=invitation_id, declined_at=now),)


def withdraw(invitation_id: str, invitation: Invitation, *, now: datetime) -> tuple[Fact, ...]:
    """Withdraw an invitation that was not answered."""
    if invitation.status is InvitationStatus.ACCEPTED:
        raise Refused(msg("This invitation was accepted already; you can remove the role instead."))
    check_open(invitation, now)
    return (InvitationWithdrawn(invitation=invitation_id, withdrawn_at=now),)


def give_way(invitation_id: str, invitation: Invitation, *, now: datetime) -> tuple[Fact, ...]:
    """Withdraw an invitation in whose place a new one is made, also one that was not answered in time."""
    if invitation.status is InvitationStatus.WITHDRAWN:
        raise Refused(
            msg(
                "This invitation was withdrawn, or sent again already. If there is a newer one, send that one."
            )
        )
    if not invitation.expired(now):
        return withdraw(invitation_id, invitation, now=now)
    return (InvitationWithdrawn(invitation=invitation_id, withdrawn_at=now),)


def check_open(invitation: Invitation, now: datetime) -> None:
    """Raise `Refused` unless an invitation can still be answered."""
    if invitation.status is InvitationStatus.ACCEPTED:
        raise Refused(msg("This invitation was accepted already. It works only once."))
    if invitation.status is InvitationStatus.DECLINED:
        raise Refused(msg("This invitation was declined."))
    if invitation.status is InvitationStatus.WITHDRAWN:
        raise Refused(msg("This invitation was withdrawn."))
    if invitation.expired(now):
        raise Refused(
            msg("This invitation expired on {moment}. Ask for a new one.", moment=invitation.ends_at)
        )
