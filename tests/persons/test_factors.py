"""Second factors: people add and remove their own, an initiative can require them, and two others remove those that are lost."""

from __future__ import annotations

from domain.commands.factors import (
    AddFactor,
    AskRecovery,
    CancelRecovery,
    ConfirmRecovery,
    RemoveFactor,
    RequireFactors,
)
from domain.commands.initiatives import AddCallMember, AddMember, AppointAdministrator, DescribeInitiative
from domain.initiatives.facts import MemberSecured
from domain.initiatives.state import INITIATIVE as INITIATIVES
from domain.persons.facts import FactorKind
from domain.persons.state import PERSON, Factor
from domain.refusals import Forbidden, NotFound, Refused
from domain.values import SYSTEM, Role
from tests.driving import NOON, World
from tests.scene import (
    ADMINISTRATOR,
    ARTIST,
    CALL,
    FINANCE,
    INITIATIVE,
    JUROR,
    KEEPER,
    OFFICER,
    STRANGER,
    drafted,
    peopled,
)

NEEDS = (
    "This initiative requires a second factor for your role, and you have none. Set one up on the page “Your access”; until then "
    "you can do nothing here in this role."
)
CHANGE = DescribeInitiative(initiative=INITIATIVE, contact="https://example.org")


def add(world: World, who: str, kind: FactorKind = "totp") -> str:
    world.run(AddFactor(person=who, kind=kind), who)
    return world.state(PERSON, who).factors[-1].id


def required() -> World:
    """An initiative that requires second factors, of which the administrator has one."""
    world = peopled()
    world.given(CALL, drafted())
    add(world, ADMINISTRATOR)
    world.run(RequireFactors(initiative=INITIATIVE, required=True), ADMINISTRATOR)
    return world


class TestOnesOwn:
    def test_an_app_is_replaced_passkeys_are_added_and_codes_need_one_of_them(self) -> None:
        world = peopled()
        assert world.turned_down(AddFactor(person=ARTIST, kind="codes"), ARTIST)[0] is Refused
        add(world, ARTIST)
        app, key, codes = add(world, ARTIST), add(world, ARTIST, "passkey"), add(world, ARTIST, "codes")
        second, again = add(world, ARTIST, "passkey"), add(world, ARTIST, "codes")
        assert codes != again
        assert world.state(PERSON, ARTIST).factors == tuple(
            Factor(id=each, kind=kind, added_at=NOON)
            for each, kind in ((app, "totp"), (key, "passkey"), (second, "passkey"), (again, "codes"))
        )

    def test_losing_one_leaves_the_others_and_the_codes_go_with_the_last(self) -> None:
        world = peopled()
        app, key = add(world, ARTIST), add(world, ARTIST, "passkey")
        add(world, ARTIST, "codes")
        world.run(RemoveFactor(person=ARTIST, factor=app), ARTIST)
        assert [each.kind for each in world.state(PERSON, ARTIST).factors] == ["passkey", "codes"]
        world.run(RemoveFactor(person=ARTIST, factor=key), ARTIST)
        assert world.state(PERSON, ARTIST).factors == ()

    def test_nobody_changes_those_of_somebody_else(self) -> None:
        world = peopled()
        app = add(world, ARTIST)
        for actor in (ADMINISTRATOR, KEEPER, STRANGER, SYSTEM):
            assert world.turned_down(AddFactor(person=ARTIST, kind="totp"), actor)[0] is NotFound
            assert world.turned_down(RemoveFactor(person=ARTIST, factor=app), actor)[0] is NotFound


class TestAnInitiativeThatRequiresThem:
    def test_whoever_lacks_one_can_do_nothing_in_the_roles_that_need_one(self) -> None:
        world = required()
        assert world.turned_down(CHANGE, OFFICER) == (Forbidden, NEEDS)
        add(world, OFFICER)
        world.run(CHANGE, OFFICER)

    def test_and_nothing_again_after_removing_it(self) -> None:
        world = required()
        app = add(world, OFFICER)
        other = add(world, OFFICER, "passkey")
        outcome = world.run(RemoveFactor(person=OFFICER, factor=app), OFFICER)
        assert outcome.facts.keys() == {OFFICER}  # there is another
        world.run(RemoveFactor(person=OFFICER, factor=other), OFFICER)
        assert world.turned_down(CHANGE, OFFICER) == (Forbidden, NEEDS)

    def test_other_roles_stay_as_they_are(self) -> None:
        state = required().state(INITIATIVES, INITIATIVE)
        assert state.roles(JUROR) == {Role.JUROR}
        assert (state.roles(FINANCE), state.held(FINANCE)) == (frozenset(), {Role.FINANCE})
        assert [who for who in state.people if state.lacks_factor(who)] == sorted(
            who
            for who in state.people
            if who != ADMINISTRATOR
            and state.held(who) & {Role.OFFICER, Role.FINANCE, Role.APPROVER, Role.ADMINISTRATOR}
        )

    def test_a_new_member_who_has_one_can_act_at_once_also_in_one_call(self) -> None:
        for command in (
            AddMember(initiative=INITIATIVE, person=STRANGER, roles=(Role.OFFICER,)),
            AddCallMember(call=CALL, person=STRANGER, roles=(Role.OFFICER,)),
        ):
            world = required()
            add(world, STRANGER)
            outcome = world.run(command, ADMINISTRATOR)
            noted = MemberSecured(initiative=INITIATIVE, person=STRANGER, secured=True)
            assert outcome.facts[INITIATIVE][1:] == (noted,)
            assert world.state(INITIATIVES, INITIATIVE).within(CALL).roles(STRANGER) == {Role.OFFICER}

    def test_a_role_for_one_call_needs_one_too(self) -> None:
        world = required()
        world.run(AddCallMember(call=CALL, person=STRANGER, roles=(Role.OFFICER, Role.JUROR)), ADMINISTRATOR)
        house = world.state(INITIATIVES, INITIATIVE)
        assert house.within(CALL).roles(STRANGER) == {Role.JUROR}
        assert house.lacks_factor(STRANGER)
        add(world, STRANGER)
        assert Role.OFFICER in world.state(INITIATIVES, INITIATIVE).within(CALL).roles(STRANGER)

    def test_whoever_requires_them_has_one_and_it_can_be_given_up(self) -> None:
        world = peopled()
        command = RequireFactors(initiative=INITIATIVE, required=True)
        assert world.turned_down(command, ADMINISTRATOR)[0] is Refused
        assert world.turned_down(command, OFFICER)[0] is Forbidden
        world = required()
        assert world.turned_down(command, ADMINISTRATOR)[0] is Refused
        world.run(RequireFactors(initiative=INITIATIVE, required=False), ADMINISTRATOR)
        world.run(CHANGE, OFFICER)

    def test_an_officer_without_one_does_not_decide_as_a_chair_of_a_blind_call(self) -> None:
        """Giving up the factor is no way around: who was given the role counts there."""
        from domain.access.reviewing import chairs_panel
        from domain.deciding import Denied
        from domain.readings import Reading
        from tests.scene import stage

        world = required()
        world.run(
            AddMember(initiative=INITIATIVE, person=STRANGER, roles=(Role.OFFICER, Role.CHAIR)), ADMINISTRATOR
        )
        state = world.state(INITIATIVES, INITIATIVE)
        assert state.roles(STRANGER) == {Role.CHAIR}
        verdict = chairs_panel(STRANGER, state, stage(blindness="single"), own=(), read=Reading())
        assert isinstance(verdict, Denied)


class TestRecovery:
    def lost(self) -> World:
        world = required()
        add(world, FINANCE, "passkey")
        add(world, FINANCE, "codes")
        world.run(AppointAdministrator(person=STRANGER), KEEPER)
        return world

    def test_it_takes_two_and_is_in_the_history(self) -> None:
        world = self.lost()
        world.run(AskRecovery(person=FINANCE), KEEPER)
        assert world.turned_down(ConfirmRecovery(person=FINANCE), KEEPER) == (
            Forbidden,
            "You asked for this, so another administrator must confirm it.",
        )
        outcome = world.run(ConfirmRecovery(person=FINANCE), STRANGER)
        (recovered,) = outcome.facts[FINANCE]
        assert (recovered.asked_by, recovered.confirmed_by) == (KEEPER, STRANGER)  # type: ignore[attr-defined]
        assert world.state(PERSON, FINANCE).factors == ()
        assert world.state(INITIATIVES, INITIATIVE).roles(FINANCE) == frozenset()

    def test_the_operator_is_one_of_two(self) -> None:
        world = self.lost()
        world.run(AskRecovery(person=FINANCE), SYSTEM)
        assert world.turned_down(ConfirmRecovery(person=FINANCE), SYSTEM)[0] is Forbidden
        world.run(ConfirmRecovery(person=FINANCE), KEEPER)

    def test_the_person_or_an_administrator_cancels_it(self) -> None:
        for actor in (FINANCE, STRANGER):
            world = self.lost()
            world.run(AskRecovery(person=FINANCE), KEEPER)
            world.run(CancelRecovery(person=FINANCE), actor)
            assert world.turned_down(ConfirmRecovery(person=FINANCE), STRANGER)[0] is Refused
            assert len(world.state(PERSON, FINANCE).factors) == 2

    def test_nobody_else_does_it_and_nobody_for_themselves(self) -> None:
        world = self.lost()
        for actor in (ADMINISTRATOR, OFFICER, FINANCE):
            assert world.turned_down(AskRecovery(person=FINANCE), actor)[0] is Forbidden
        add(world, KEEPER)
        assert world.turned_down(AskRecovery(person=KEEPER), KEEPER)[0] is Forbidden
        world.run(AskRecovery(person=KEEPER), STRANGER)
        assert world.turned_down(ConfirmRecovery(person=KEEPER), KEEPER)[0] is Forbidden
