"""Commands for invitations.

The program checks the secret of an invitation before it sends the commands with which it is answered, so these have no address.
"""

from __future__ import annotations

from typing import Annotated

from domain import access, invitations, limits
from domain.calls.state import CALL, Call
from domain.commands.judged import known_of
from domain.deciding import (
    Command,
    CommandContext,
    Fact,
    Outcome,
    Part,
    Plan,
    PlannedCommand,
    Registered,
    index_entries,
    maybe,
    some,
    the,
)
from domain.indexes import rounds_of
from domain.initiatives.state import INITIATIVE, Initiative
from domain.invitations import INVITATION, Invitation, InvitationWay
from domain.messages import Message, msg
from domain.parties import actor_in
from domain.persons.rules import check_registered
from domain.persons.state import PERSON, Person
from domain.refusals import NotFound
from domain.reviews.facts import JUDGING
from domain.rounds.state import ROUND, Round, RoundStatus
from domain.values import SYSTEM, CallId, InitiativeId, InvitationId, Role, RoundId


class MakeInvitation(Command, frozen=True, kw_only=True):
    """Invite somebody to roles in an initiative; with `call`, for this call, and with `round`, as a juror of this round. `to`
    is a keyed hash of what else was typed, so that the same idempotency key is not used for another address. It may be made
    `instead_of` an earlier one to the same, which is withdrawn with it, so that only one of the two can be accepted."""

    initiative: InitiativeId
    roles: tuple[Role, ...]
    way: InvitationWay
    to: str
    call: CallId | None = None
    round: RoundId | None = None
    days: Annotated[int, limits.described(minimum=1, maximum=limits.MOST_INVITATION_DAYS)] = (
        limits.INVITATION_DAYS
    )
    instead_of: InvitationId | None = None


class AcceptInvitation(Command, frozen=True, kw_only=True):
    """Accept an invitation, whose secret the program has checked."""

    invitation: InvitationId


class DeclineInvitation(Command, frozen=True, kw_only=True):
    """Decline an invitation. The program sends this for whoever has its secret, so that the history does not tell who it
    was."""

    invitation: InvitationId


class WithdrawInvitation(Command, frozen=True, kw_only=True):
    """Withdraw an invitation that was not answered yet."""

    invitation: InvitationId


def _make(command: MakeInvitation, context: CommandContext) -> Plan:
    initiative = yield from the(INITIATIVE, command.initiative)
    round = Round() if command.round is None else (yield from maybe(ROUND, command.round))
    call_id = command.call or (round.call or None)
    call = Call() if call_id is None else (yield from maybe(CALL, call_id))
    replaced = command.instead_of
    earlier = Invitation() if replaced is None else (yield from the(INVITATION, replaced))
    invitation = context.new("invitation")

    def decide() -> Outcome:
        if command.round is not None and (round.initiative != command.initiative or round.call != call_id):
            raise NotFound(msg("There is no such round."), named=command.round)
        if call_id is not None and call.initiative != command.initiative:
            raise NotFound(msg("There is no such call."), named=call_id)
        facts: dict[str, tuple[Fact, ...]] = {}
        if replaced is not None:
            if (earlier.initiative, earlier.call, earlier.round) != (
                command.initiative,
                call_id,
                command.round,
            ):
                raise NotFound(named=replaced)
            facts[replaced] = invitations.give_way(replaced, earlier, now=context.now)
        facts[invitation] = invitations.make(
            invitation,
            initiative=command.initiative,
            call=call_id,
            round=command.round,
            round_status=round.status,
            roles=command.roles,
            way=command.way,
            days=command.days,
            now=context.now,
        )
        return Outcome(facts=facts, answers=invitation)

    return PlannedCommand(
        may=access.invites(context.actor, initiative, call=call_id, round=command.round),
        initiative=command.initiative,
        scope=command.initiative,
        decide=decide,
    )


def _accept(command: AcceptInvitation, context: CommandContext) -> Plan:
    invitation = yield from the(INVITATION, command.invitation)
    initiative = yield from the(INITIATIVE, invitation.initiative)
    person = Person() if context.actor == SYSTEM else (yield from maybe(PERSON, context.actor))
    why_not = yield from _why_not(context.actor, invitation, initiative)

    def decide() -> Outcome:
        check_registered(person, context.actor)
        accepted, given = invitations.accept(
            command.invitation,
            invitation,
            initiative,
            person=context.actor,
            secured=person.secured,
            why_not=why_not,
            now=context.now,
        )
        facts = {command.invitation: accepted, **({invitation.initiative: given} if given else {})}
        return Outcome(facts=facts, answers=command.invitation)

    return PlannedCommand(
        may=access.accepts_invitation(context.actor),
        initiative=invitation.initiative,
        scope=invitation.initiative,
        decide=decide,
    )


def _why_not(who: str, invitation: Invitation, initiative: Initiative) -> Part[Message | None]:
    """Why a person cannot take the roles of an invitation for what they know or are; None if they can. For a whole call, only
    if they can judge in none of its rounds."""
    if who == SYSTEM or invitation.call is None:
        return None
    call = yield from the(CALL, invitation.call)
    roles = initiative.within(invitation.call, invitation.round).held(who) | {*invitation.roles}
    if {Role.CHAIR, Role.OFFICER} <= roles and any(stage.blind for stage in call.stages):
        return invitations.CHAIR_AND_OFFICER
    if {*invitation.roles}.isdisjoint(JUDGING):
        return None
    if invitation.round is not None:
        return (
            yield from _why_not_in_round(who, invitation.round, (yield from the(ROUND, invitation.round)))
        )
    if call.rolling:
        return None  # it has a round for each application, so there will be others
    opened = yield from some(ROUND, (yield from index_entries(rounds_of(invitation.call))))
    why_not: Message | None = None
    for each, round in opened.items():
        if round.status not in (RoundStatus.DECIDED, RoundStatus.CANCELLED):
            why_not = yield from _why_not_in_round(who, each, round)
            if why_not is None:
                return None
    return why_not


def _why_not_in_round(who: str, round_id: str, round: Round) -> Part[Message | None]:
    call = yield from the(CALL, round.call)
    _, own = yield from actor_in(who, round_id, round.call)
    read = yield from known_of(who, round_id, round.stage, round.call, call)
    return invitations.why_not_judge(
        blind=call.stage(round.stage).blind, applied=bool(own), knows=read.breaks_blindness
    )


def _decline(command: DeclineInvitation, context: CommandContext) -> Plan:
    invitation = yield from the(INVITATION, command.invitation)
    return PlannedCommand(
        may=access.system(context.actor),
        initiative=invitation.initiative,
        decide=lambda: Outcome(
            facts={command.invitation: invitations.decline(command.invitation, invitation, now=context.now)},
            answers=command.invitation,
        ),
    )


def _withdraw(command: WithdrawInvitation, context: CommandContext) -> Plan:
    invitation = yield from the(INVITATION, command.invitation)
    initiative = yield from the(INITIATIVE, invitation.initiative)
    return PlannedCommand(
        may=access.invites(context.actor, initiative, call=invitation.call, round=invitation.round),
        initiative=invitation.initiative,
        scope=invitation.initiative,
        decide=lambda: Outcome(
            facts={command.invitation: invitations.withdraw(command.invitation, invitation, now=context.now)},
            answers=command.invitation,
        ),
    )


COMMANDS = (
    Registered("invitation.make", MakeInvitation, _make, versioned=False),
    Registered("invitation.accept", AcceptInvitation, _accept, versioned=False),
    Registered("invitation.decline", DeclineInvitation, _decline, versioned=False, by_program=True),
    Registered("invitation.withdraw", WithdrawInvitation, _withdraw, versioned=False),
)
