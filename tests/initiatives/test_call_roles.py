"""Roles for one call: they count there beside the others, and nowhere else."""

import pytest

from domain.commands.call_drafts import PublishCall
from domain.commands.initiatives import AddCallMember, RemoveCallMember, RemoveMember
from domain.commands.reviews import AssignReview, DeclareNoConflict
from domain.deciding import Fact, Outcome
from domain.initiatives.facts import MemberAddedToCall, MemberRemovedFromCall
from domain.initiatives.state import INITIATIVE as INITIATIVES
from domain.persons.facts import PersonErased
from domain.refusals import Forbidden, Invalid, NotFound, Refused
from domain.values import MEMBER_ROLES, Role
from tests.driving import World, person
from tests.panels.scene import DECLINE, in_panel
from tests.scene import (
    ADMINISTRATOR,
    APPLICATION,
    CALL,
    FINANCE,
    INITIATIVE,
    OFFICER,
    REVIEW,
    STRANGER,
    drafted,
    numbered,
    peopled,
    review,
    reviewing,
)

OTHER_CALL = numbered("call", 2)
GIVE = AddCallMember(call=CALL, person=STRANGER, roles=(Role.JUROR,))


def given_for(call: str, *roles: Role, who: str = STRANGER) -> MemberAddedToCall:
    """Somebody holds roles for one call."""
    return MemberAddedToCall(initiative=INITIATIVE, call=call, person=who, roles=roles)


def house(*facts: Fact) -> World:
    """An initiative with a drafted call, and then…"""
    world = peopled()
    world.given(CALL, drafted())
    world.given(INITIATIVE, *facts)
    return world


class TestGiving:
    def test_the_administrator_gives_roles_for_one_call(self) -> None:
        command = AddCallMember(call=CALL, person=STRANGER, roles=(Role.CHAIR, Role.JUROR))
        assert house().run(command, ADMINISTRATOR) == Outcome(
            facts={INITIATIVE: (given_for(CALL, Role.JUROR, Role.CHAIR),)}, answers=INITIATIVE
        )

    def test_nobody_else_does(self) -> None:
        assert house().turned_down(GIVE, OFFICER) == (
            Forbidden,
            "In this initiative, only people with this role can do this: administrator.",
        )
        assert house().turned_down(GIVE, STRANGER)[0] is NotFound
        assert house(given_for(CALL, Role.OFFICER)).turned_down(GIVE, STRANGER)[0] is NotFound

    @pytest.mark.parametrize(
        "role", [role for role in MEMBER_ROLES if role not in (Role.OFFICER, Role.JUROR, Role.CHAIR)]
    )
    def test_only_roles_that_a_call_needs(self, role: Role) -> None:
        command = AddCallMember(call=CALL, person=STRANGER, roles=(role, Role.JUROR))
        assert house().turned_down(command, ADMINISTRATOR) == (
            Invalid,
            {"roles": "For a single call, only these roles can be given: officer, juror, chair."},
        )

    def test_at_least_one_to_a_living_person_and_not_the_same_again(self) -> None:
        command = AddCallMember(call=CALL, person=STRANGER, roles=())
        assert house().turned_down(command, ADMINISTRATOR)[0] is Invalid
        assert house(given_for(CALL, Role.JUROR)).turned_down(GIVE, ADMINISTRATOR) == (
            Refused,
            "This person already has exactly these roles for this call.",
        )
        unknown = AddCallMember(call=CALL, person=person(99), roles=(Role.JUROR,))
        assert house().turned_down(unknown, ADMINISTRATOR) == (NotFound, "There is no such person.")
        world = house()
        world.given(STRANGER, PersonErased(person=STRANGER, reason="safety", dossiers=(), kept=()))
        assert world.turned_down(GIVE, ADMINISTRATOR) == (Refused, "This person's data was erased.")

    def test_they_stand_in_place_of_those_held_before_for_it(self) -> None:
        world = house(given_for(CALL, Role.CHAIR))
        world.run(GIVE, ADMINISTRATOR)
        assert world.state(INITIATIVES, INITIATIVE).calls_of(STRANGER) == {CALL: {Role.JUROR}}


class TestTaking:
    TAKE = RemoveCallMember(call=CALL, person=STRANGER)

    def test_the_administrator_takes_them(self) -> None:
        taken = MemberRemovedFromCall(initiative=INITIATIVE, call=CALL, person=STRANGER)
        assert house(given_for(CALL, Role.JUROR)).run(self.TAKE, ADMINISTRATOR) == Outcome(
            facts={INITIATIVE: (taken,)}, answers=INITIATIVE
        )
        world = house(given_for(CALL, Role.JUROR), taken)
        assert world.turned_down(self.TAKE, ADMINISTRATOR) == (
            Refused,
            "This person has no role for this call only.",
        )
        assert world.state(INITIATIVES, INITIATIVE).within(CALL).roles(STRANGER) == frozenset()

    def test_whoever_leaves_the_initiative_leaves_its_calls(self) -> None:
        world = house(given_for(CALL, Role.JUROR))
        world.run(RemoveMember(initiative=INITIATIVE, person=STRANGER), ADMINISTRATOR)
        assert world.state(INITIATIVES, INITIATIVE).within(CALL).roles(STRANGER) == frozenset()


class TestWhereTheyCount:
    def test_in_that_call_beside_the_others_and_nowhere_else(self) -> None:
        state = house(given_for(CALL, Role.JUROR, who=FINANCE)).state(INITIATIVES, INITIATIVE)
        assert state.roles(FINANCE) == {Role.FINANCE}
        assert state.within(CALL).roles(FINANCE) == {Role.FINANCE, Role.JUROR}
        assert state.within(OTHER_CALL).roles(FINANCE) == {Role.FINANCE}
        assert state.within(CALL).roles(OFFICER) == {Role.OFFICER}

    @pytest.mark.parametrize(("call", "may"), [(CALL, True), (OTHER_CALL, False)])
    def test_an_officer_of_a_call_runs_it(self, call: str, may: bool) -> None:
        world = house(given_for(call, Role.OFFICER))
        if may:
            assert world.run(PublishCall(call=CALL), STRANGER).facts
        else:
            assert world.turned_down(PublishCall(call=CALL), STRANGER)[0] is NotFound

    @pytest.mark.parametrize(("call", "may"), [(CALL, True), (OTHER_CALL, False)])
    def test_a_juror_of_a_call_judges_there(self, call: str, may: bool) -> None:
        world = reviewing()
        world.given(INITIATIVE, given_for(call, Role.JUROR))
        command = AssignReview(application=APPLICATION, juror=STRANGER)
        if may:
            asked = world.run(command, OFFICER).answers
            assert world.run(DeclareNoConflict(review=asked), STRANGER).facts
        else:
            assert world.turned_down(command, OFFICER) == (
                Invalid,
                {"juror": "Choose a member who is a juror or a chair."},
            )
            review(world, REVIEW, APPLICATION, STRANGER)
            assert world.turned_down(DeclareNoConflict(review=REVIEW), STRANGER)[0] is NotFound

    @pytest.mark.parametrize(("call", "may"), [(CALL, True), (OTHER_CALL, False)])
    def test_a_chair_of_a_call_decides_there(self, call: str, may: bool) -> None:
        world = in_panel()
        world.given(INITIATIVE, given_for(call, Role.CHAIR))
        if may:
            assert world.run(DECLINE, STRANGER).facts
        else:
            assert world.turned_down(DECLINE, STRANGER)[0] is NotFound
