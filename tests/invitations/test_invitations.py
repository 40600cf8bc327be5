"""Invitations: somebody who may have no account is invited to roles, accepts or declines, and leaves again."""

from datetime import datetime, timedelta

import msgspec
import pytest

from domain.commands.initiatives import RemoveMember
from domain.commands.invitations import (
    AcceptInvitation,
    DeclineInvitation,
    MakeInvitation,
    WithdrawInvitation,
)
from domain.commands.leaving import LeaveInitiative, RemoveRoundJuror
from domain.commands.reviews import AssignReview, DeclareNoConflict
from domain.deciding import Command, Outcome
from domain.initiatives.facts import (
    JurorAddedToRound,
    JurorRemovedFromRound,
    MemberAdded,
    MemberAddedToCall,
    MemberLeft,
)
from domain.initiatives.state import INITIATIVE as INITIATIVES
from domain.invitations import (
    CHAIR_AND_OFFICER,
    INVITATION,
    KNOWS_ROUND,
    InvitationAccepted,
    InvitationDeclined,
    InvitationMade,
    InvitationStatus,
    InvitationWithdrawn,
)
from domain.readings import reading_of
from domain.refusals import Forbidden, Invalid, NotFound, Refused
from domain.values import SYSTEM, Role
from tests.driving import NOON, World
from tests.scene import (
    ADMINISTRATOR,
    APPLICATION,
    ARTIST,
    CALL,
    INITIATIVE,
    JUROR,
    OFFICER,
    ROUND,
    STRANGER,
    calling,
    decided,
    has_read,
    numbered,
    receive,
    reviewing,
)

LATE = NOON + timedelta(days=14)


def inviting(*roles: Role, call: str | None = None, round: str | None = None) -> MakeInvitation:
    """The command to invite somebody by a letter."""
    return MakeInvitation(
        initiative=INITIATIVE, roles=roles, call=call, round=round, way="letter", to="a keyed hash"
    )


TO_ROUND = inviting(Role.JUROR, round=ROUND)


def invited(
    command: Command = TO_ROUND, world: World | None = None, by: str = ADMINISTRATOR
) -> tuple[World, str]:
    """A world with an open round, or another, in which somebody was invited; and the invitation."""
    world = world or calling()
    return world, world.run(command, by).answers


class TestInviting:
    @pytest.mark.parametrize(
        ("command", "roles", "call", "round"),
        [
            (inviting(Role.FINANCE, Role.OFFICER), (Role.OFFICER, Role.FINANCE), None, None),
            (inviting(Role.CHAIR, call=CALL), (Role.CHAIR,), CALL, None),
            (TO_ROUND, (Role.JUROR,), CALL, ROUND),
        ],
    )
    def test_the_administrator_invites_to_the_initiative_a_call_or_a_round(
        self, command: MakeInvitation, roles: tuple[Role, ...], call: str | None, round: str | None
    ) -> None:
        world = calling()
        outcome = world.run(command, ADMINISTRATOR)
        made = InvitationMade(
            invitation=outcome.answers,
            initiative=INITIATIVE,
            call=call,
            round=round,
            roles=roles,
            way="letter",
            made_at=NOON,
            ends_at=LATE,
        )
        assert outcome == Outcome(facts={outcome.answers: (made,)}, answers=outcome.answers)

    def test_an_officer_invites_jurors_to_a_round_and_nobody_to_more(self) -> None:
        world, invitation = invited(by=OFFICER)
        assert world.run(WithdrawInvitation(invitation=invitation), OFFICER).facts
        for more in (inviting(Role.JUROR), inviting(Role.JUROR, call=CALL)):
            assert calling().turned_down(more, OFFICER)[0] is Forbidden
        assert calling().turned_down(TO_ROUND, JUROR)[0] is Forbidden
        assert calling().turned_down(TO_ROUND, STRANGER)[0] is NotFound

    @pytest.mark.parametrize(
        ("command", "wrong"),
        [
            (inviting(), {"roles": "Choose at least one role."}),
            (inviting(Role.CHAIR, round=ROUND), {"roles": "For a single round, only jurors are invited."}),
            (
                inviting(Role.FUNDER, call=CALL),
                {"roles": "For a single call, only these roles can be given: officer, juror, chair."},
            ),
        ],
    )
    def test_only_roles_that_can_be_given(self, command: Command, wrong: dict[str, str]) -> None:
        assert calling().turned_down(command, ADMINISTRATOR) == (Invalid, wrong)

    def test_not_to_a_decided_round_nor_to_one_that_is_not_there(self) -> None:
        world = calling()
        world.given(ROUND, decided())
        assert world.turned_down(TO_ROUND, ADMINISTRATOR) == (
            Refused,
            "Nobody writes reviews in this round any more, so no juror can be invited to it.",
        )
        other = numbered("round", 9)
        assert calling().turned_down(inviting(Role.JUROR, round=other), ADMINISTRATOR) == (
            NotFound,
            "There is no such round.",
        )


class TestAccepting:
    def test_gives_the_roles_beside_those_that_the_person_has(self) -> None:
        world, invitation = invited(inviting(Role.FINANCE))
        accepted = InvitationAccepted(invitation=invitation, person=JUROR, accepted_at=NOON)
        given = MemberAdded(initiative=INITIATIVE, person=JUROR, roles=(Role.JUROR, Role.FINANCE))
        assert world.run(AcceptInvitation(invitation=invitation), JUROR) == Outcome(
            facts={invitation: (accepted,), INITIATIVE: (given,)}, answers=invitation
        )

    def test_for_a_call_and_for_a_round(self) -> None:
        world, invitation = invited(inviting(Role.CHAIR, call=CALL))
        assert world.run(AcceptInvitation(invitation=invitation), STRANGER).facts[INITIATIVE] == (
            MemberAddedToCall(initiative=INITIATIVE, call=CALL, person=STRANGER, roles=(Role.CHAIR,)),
        )
        world, invitation = invited()
        assert world.run(AcceptInvitation(invitation=invitation), STRANGER).facts[INITIATIVE] == (
            JurorAddedToRound(initiative=INITIATIVE, call=CALL, round=ROUND, person=STRANGER),
        )

    def test_gives_nothing_twice_to_somebody_who_has_it_already(self) -> None:
        world, invitation = invited()
        assert set(world.run(AcceptInvitation(invitation=invitation), JUROR).facts) == {invitation}

    def test_works_once_and_in_time(self) -> None:
        world, invitation = invited()
        accept = AcceptInvitation(invitation=invitation)
        assert world.turned_down(accept, STRANGER, LATE) == (
            Refused,
            "This invitation expired on 2026-03-16 12:00 UTC. Ask for a new one.",
        )
        world.run(accept, STRANGER)
        for again in (accept, WithdrawInvitation(invitation=invitation)):
            assert world.turned_down(again, ADMINISTRATOR)[0] is Refused

    def test_not_by_somebody_who_applied_in_the_round(self) -> None:
        world, invitation = invited()
        receive(world, APPLICATION, STRANGER)
        assert world.turned_down(AcceptInvitation(invitation=invitation), STRANGER) == (
            Refused,
            "You or your organisation applied in this round, or you helped to write an application, so you cannot judge in it. Decline the invitation.",
        )

    @pytest.mark.parametrize("command", [TO_ROUND, inviting(Role.JUROR, call=CALL)])
    def test_not_by_somebody_who_knows_who_applied_in_a_blind_call(self, command: MakeInvitation) -> None:
        world, invitation = invited(command)
        world.indexes.setdefault(f"rounds of {CALL}", set()).add(ROUND)
        world.given(reading_of(STRANGER, ROUND), *has_read(STRANGER, "applicants"))
        assert world.turned_down(AcceptInvitation(invitation=invitation), STRANGER) == (
            Refused,
            str(KNOWS_ROUND),
        )
        open_call = calling(blindness="open")
        open_call.given(reading_of(STRANGER, ROUND), *has_read(STRANGER, "applicants"))
        world, invitation = invited(command, open_call)
        assert world.run(AcceptInvitation(invitation=invitation), STRANGER).facts[INITIATIVE]

    def test_an_officer_does_not_become_the_chair_of_a_blind_call(self) -> None:
        world, invitation = invited(inviting(Role.CHAIR, call=CALL))
        assert world.turned_down(AcceptInvitation(invitation=invitation), OFFICER) == (
            Refused,
            str(CHAIR_AND_OFFICER),
        )


class TestDecliningAndWithdrawing:
    def test_whoever_has_the_secret_declines_and_nobody_learns_who(self) -> None:
        world, invitation = invited()
        declined = InvitationDeclined(invitation=invitation, declined_at=NOON)
        assert world.run(DeclineInvitation(invitation=invitation), SYSTEM) == Outcome(
            facts={invitation: (declined,)}, answers=invitation
        )
        assert world.turned_down(AcceptInvitation(invitation=invitation), STRANGER) == (
            Refused,
            "This invitation was declined.",
        )

    def test_the_administrator_withdraws(self) -> None:
        world, invitation = invited()
        gone = InvitationWithdrawn(invitation=invitation, withdrawn_at=NOON)
        assert world.run(WithdrawInvitation(invitation=invitation), ADMINISTRATOR).facts == {
            invitation: (gone,)
        }
        assert world.state(INVITATION, invitation).status is InvitationStatus.WITHDRAWN
        assert world.turned_down(AcceptInvitation(invitation=invitation), STRANGER) == (
            Refused,
            "This invitation was withdrawn.",
        )


class TestMadeInsteadOfAnEarlierOne:
    """As the letter of one that was not answered is sent once more."""

    def again(self, earlier: str) -> MakeInvitation:
        return msgspec.structs.replace(TO_ROUND, instead_of=earlier)

    @pytest.mark.parametrize("now", [NOON, LATE], ids=["open", "expired"])
    def test_the_earlier_one_is_withdrawn_with_it_and_gives_way_only_once(self, now: datetime) -> None:
        world, earlier = invited()
        outcome = world.run(self.again(earlier), ADMINISTRATOR, now)
        assert set(outcome.facts) == {earlier, outcome.answers}
        assert outcome.facts[earlier] == (InvitationWithdrawn(invitation=earlier, withdrawn_at=now),)
        assert world.turned_down(self.again(earlier), ADMINISTRATOR, now) == (
            Refused,
            "This invitation was withdrawn, or sent again already. If there is a newer one, send that one.",
        )
        assert world.turned_down(AcceptInvitation(invitation=earlier), STRANGER, now)[0] is Refused
        assert world.run(AcceptInvitation(invitation=outcome.answers), STRANGER, now).facts

    def test_not_of_one_that_was_answered_nor_of_one_to_something_else(self) -> None:
        world, earlier = invited()
        other = msgspec.structs.replace(inviting(Role.JUROR, call=CALL), instead_of=earlier)
        assert world.turned_down(other, ADMINISTRATOR)[0] is NotFound
        world.run(DeclineInvitation(invitation=earlier), SYSTEM)
        assert world.turned_down(self.again(earlier), ADMINISTRATOR) == (
            Refused,
            "This invitation was declined.",
        )


class TestAJurorOfOneRound:
    def judging(self, round: str) -> World:
        world = reviewing()
        world.given(
            INITIATIVE, JurorAddedToRound(initiative=INITIATIVE, call=CALL, round=round, person=STRANGER)
        )
        return world

    def test_is_asked_and_judges_there(self) -> None:
        world = self.judging(ROUND)
        asked = world.run(AssignReview(application=APPLICATION, juror=STRANGER), OFFICER).answers
        assert world.run(DeclareNoConflict(review=asked), STRANGER).facts
        world.run(RemoveRoundJuror(round=ROUND, person=STRANGER), OFFICER)
        assert world.turned_down(DeclareNoConflict(review=asked), STRANGER)[0] is NotFound

    def test_and_in_no_other_round(self) -> None:
        world = self.judging(numbered("round", 9))
        assert world.turned_down(AssignReview(application=APPLICATION, juror=STRANGER), OFFICER) == (
            Invalid,
            {"juror": "Choose a member who is a juror or a chair."},
        )
        house = world.state(INITIATIVES, INITIATIVE)
        assert house.within(CALL).roles(STRANGER) == frozenset()
        assert STRANGER in house.people

    def test_is_removed_by_an_officer_and_with_all_roles(self) -> None:
        removed = JurorRemovedFromRound(initiative=INITIATIVE, call=CALL, round=ROUND, person=STRANGER)
        assert self.judging(ROUND).run(RemoveRoundJuror(round=ROUND, person=STRANGER), OFFICER).facts == {
            INITIATIVE: (removed,)
        }
        assert reviewing().turned_down(RemoveRoundJuror(round=ROUND, person=JUROR), OFFICER) == (
            Refused,
            "This person is not a juror of this round alone.",
        )
        world = self.judging(ROUND)
        world.run(RemoveMember(initiative=INITIATIVE, person=STRANGER), ADMINISTRATOR)
        assert not world.state(INITIATIVES, INITIATIVE).takes_part(STRANGER)


class TestLeaving:
    def everywhere(self) -> World:
        """A person with roles in the initiative, for a call, and for a round."""
        world = calling()
        world.given(
            INITIATIVE,
            MemberAdded(initiative=INITIATIVE, person=STRANGER, roles=(Role.FINANCE,)),
            MemberAddedToCall(initiative=INITIATIVE, call=CALL, person=STRANGER, roles=(Role.CHAIR,)),
            JurorAddedToRound(initiative=INITIATIVE, call=CALL, round=ROUND, person=STRANGER),
        )
        return world

    @pytest.mark.parametrize(
        ("call", "round", "kept"),
        [
            (None, None, set()),
            (CALL, None, {Role.FINANCE}),
            (None, ROUND, {Role.FINANCE, Role.CHAIR}),
        ],
    )
    def test_one_gives_up_all_or_those_for_a_call_or_a_round(
        self, call: str | None, round: str | None, kept: set[Role]
    ) -> None:
        world = self.everywhere()
        outcome = world.run(LeaveInitiative(initiative=INITIATIVE, call=call, round=round), STRANGER)
        left = MemberLeft(
            initiative=INITIATIVE, person=STRANGER, call=CALL if round or call else None, round=round
        )
        assert outcome == Outcome(facts={INITIATIVE: (left,)}, answers=INITIATIVE)
        assert world.state(INITIATIVES, INITIATIVE).within(CALL, ROUND).roles(STRANGER) == kept

    def test_not_what_one_does_not_have_and_not_the_last_administrator(self) -> None:
        world = calling()
        for command, refusal in (
            (LeaveInitiative(initiative=INITIATIVE, call=CALL), "You have no role for this call alone."),
            (LeaveInitiative(initiative=INITIATIVE, round=ROUND), "You are not a juror of this round alone."),
        ):
            assert world.turned_down(command, JUROR) == (Refused, refusal)
        leave = LeaveInitiative(initiative=INITIATIVE)
        assert world.turned_down(leave, ADMINISTRATOR) == (
            Refused,
            "An initiative needs an administrator; name another one first.",
        )
        assert world.turned_down(leave, ARTIST)[0] is NotFound
