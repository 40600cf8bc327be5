"""The installation and its initiatives: who may begin, appoint, found, and give roles."""

import pytest

from domain.commands.initiatives import (
    AddMember,
    AppointAdministrator,
    FoundInitiative,
    OpenInstallation,
    RemoveMember,
)
from domain.commands.persons import ErasePerson
from domain.deciding import Outcome
from domain.initiatives.facts import (
    INSTALLATION_ID,
    AdministratorAppointed,
    InitiativeFounded,
    InstallationOpened,
    MemberAdded,
    MemberRemoved,
)
from domain.initiatives.state import Installation, evolve_installation
from domain.persons.facts import PersonErased
from domain.refusals import Forbidden, Invalid, NotFound, Refused
from domain.values import SYSTEM, Role
from tests.driving import World, person
from tests.scene import ADMINISTRATOR, INITIATIVE, JUROR, KEEPER, OFFICER, STRANGER, peopled


class TestWhenNothingHappenedYet:
    def test_the_program_opens_the_installation(self) -> None:
        assert World().run(OpenInstallation(), SYSTEM) == Outcome(
            facts={INSTALLATION_ID: (InstallationOpened(demonstration=False),)}, answers=INSTALLATION_ID
        )

    def test_a_demonstration_says_so_in_its_first_fact(self) -> None:
        world = World(demonstration=True)
        world.run(OpenInstallation(), SYSTEM)
        assert world.facts(INSTALLATION_ID) == (InstallationOpened(demonstration=True),)

    def test_no_person_can_open_it(self) -> None:
        assert World().turned_down(OpenInstallation(), KEEPER) == (
            Forbidden,
            "Only the program itself can do this.",
        )

    def test_nobody_can_be_appointed(self) -> None:
        assert World().turned_down(AppointAdministrator(person=KEEPER), SYSTEM) == (
            NotFound,
            "Not found, or you have no access.",
        )


class TestWhenTheInstallationIsOpen:
    def test_it_is_not_opened_twice(self) -> None:
        assert peopled().turned_down(OpenInstallation(), SYSTEM) == (
            Refused,
            "The history of this installation has already begun.",
        )

    def test_a_second_opening_changes_nothing(self) -> None:
        """No command writes one; somebody who has the database's password could."""
        installation = evolve_installation(Installation(), InstallationOpened(demonstration=False))
        installation = evolve_installation(installation, AdministratorAppointed(person=KEEPER))
        assert evolve_installation(installation, InstallationOpened(demonstration=True)) == installation

    def test_an_administrator_appoints_another(self) -> None:
        assert peopled().run(AppointAdministrator(person=STRANGER), KEEPER) == Outcome(
            facts={INSTALLATION_ID: (AdministratorAppointed(person=STRANGER),)}, answers=INSTALLATION_ID
        )

    def test_the_operator_appoints_too(self) -> None:
        world = peopled()
        world.run(AppointAdministrator(person=STRANGER), SYSTEM)
        assert world.facts(INSTALLATION_ID)[-1] == AdministratorAppointed(person=STRANGER)

    def test_the_administrator_of_an_initiative_appoints_nobody(self) -> None:
        assert peopled().turned_down(AppointAdministrator(person=STRANGER), ADMINISTRATOR) == (
            Forbidden,
            "Only an administrator of this installation can do this.",
        )

    def test_nobody_is_appointed_twice(self) -> None:
        assert peopled().turned_down(AppointAdministrator(person=KEEPER), SYSTEM) == (
            Refused,
            "This person is already an administrator.",
        )

    def test_only_registered_people_are_appointed(self) -> None:
        world = peopled()
        world.given(STRANGER, PersonErased(person=STRANGER, reason="safety", dossiers=(), kept=()))
        assert world.turned_down(AppointAdministrator(person=STRANGER), SYSTEM) == (
            Refused,
            "This person's data was erased.",
        )
        assert world.turned_down(AppointAdministrator(person=person(99)), SYSTEM) == (
            NotFound,
            "There is no such person.",
        )
        assert world.turned_down(AppointAdministrator(person="nobody"), SYSTEM) == (
            NotFound,
            "Not found, or you have no access.",
        )

    def test_an_administrator_founds_an_initiative_and_is_its_first(self) -> None:
        outcome = peopled().run(FoundInitiative(name=" Invented Winter "), KEEPER)
        initiative = outcome.answers
        founded = InitiativeFounded(initiative=initiative, name="Invented Winter", founder=KEEPER)
        assert outcome == Outcome(facts={initiative: (founded,)}, answers=initiative)

    def test_an_initiative_can_be_founded_for_somebody(self) -> None:
        outcome = peopled().run(FoundInitiative(name="Invented Winter", founder=STRANGER), SYSTEM)
        (founded,) = outcome.facts[outcome.answers]
        assert founded == InitiativeFounded(
            initiative=outcome.answers, name="Invented Winter", founder=STRANGER
        )

    def test_the_operator_names_the_founder(self) -> None:
        assert peopled().turned_down(FoundInitiative(name="Invented Winter"), SYSTEM) == (
            Invalid,
            {"founder": "Name the person who becomes the first administrator."},
        )

    def test_nobody_else_founds(self) -> None:
        assert peopled().turned_down(FoundInitiative(name="Mine"), STRANGER) == (
            Forbidden,
            "Only an administrator of this installation can do this.",
        )

    def test_an_initiative_needs_a_name(self) -> None:
        assert peopled().turned_down(FoundInitiative(name="  "), KEEPER) == (
            Invalid,
            {"name": "This cannot be left empty."},
        )


class TestWhenTheInitiativeIsFounded:
    def test_its_administrator_gives_roles_in_a_fixed_order(self) -> None:
        command = AddMember(
            initiative=INITIATIVE, person=STRANGER, roles=(Role.CHAIR, Role.JUROR, Role.CHAIR)
        )
        added = MemberAdded(initiative=INITIATIVE, person=STRANGER, roles=(Role.JUROR, Role.CHAIR))
        assert peopled().run(command, ADMINISTRATOR) == Outcome(
            facts={INITIATIVE: (added,)}, answers=INITIATIVE
        )

    def test_new_roles_replace_the_old(self) -> None:
        world = peopled()
        world.run(AddMember(initiative=INITIATIVE, person=JUROR, roles=(Role.FUNDER,)), ADMINISTRATOR)
        again = AddMember(initiative=INITIATIVE, person=JUROR, roles=(Role.FUNDER,))
        assert world.turned_down(again, ADMINISTRATOR) == (
            Refused,
            "This person already has exactly these roles.",
        )

    def test_what_is_no_role_of_a_member_is_not_given(self) -> None:
        sentence = (
            "A member can have these roles: administrator, officer, juror, chair, finance, approver, funder."
        )
        for roles in ((Role.APPLICANT,), (Role.SYSTEM, Role.OFFICER)):
            command = AddMember(initiative=INITIATIVE, person=STRANGER, roles=roles)
            assert peopled().turned_down(command, ADMINISTRATOR) == (Invalid, {"roles": sentence})

    def test_a_member_has_a_role(self) -> None:
        command = AddMember(initiative=INITIATIVE, person=STRANGER, roles=())
        assert peopled().turned_down(command, ADMINISTRATOR) == (
            Invalid,
            {"roles": "Give at least one role, or remove the member."},
        )

    def test_the_last_administrator_stays_one(self) -> None:
        refusal = (Refused, "An initiative needs an administrator; name another one first.")
        demotion = AddMember(initiative=INITIATIVE, person=ADMINISTRATOR, roles=(Role.JUROR,))
        assert peopled().turned_down(demotion, ADMINISTRATOR) == refusal
        removal = RemoveMember(initiative=INITIATIVE, person=ADMINISTRATOR)
        assert peopled().turned_down(removal, ADMINISTRATOR) == refusal

    def test_a_member_is_removed(self) -> None:
        assert peopled().run(RemoveMember(initiative=INITIATIVE, person=JUROR), ADMINISTRATOR) == Outcome(
            facts={INITIATIVE: (MemberRemoved(initiative=INITIATIVE, person=JUROR),)}, answers=INITIATIVE
        )

    def test_who_holds_no_role_is_not_removed(self) -> None:
        command = RemoveMember(initiative=INITIATIVE, person=STRANGER)
        assert peopled().turned_down(command, ADMINISTRATOR) == (Refused, "This person has no role here.")

    def test_only_its_administrator_gives_and_takes(self) -> None:
        for command in (
            AddMember(initiative=INITIATIVE, person=STRANGER, roles=(Role.JUROR,)),
            RemoveMember(initiative=INITIATIVE, person=JUROR),
        ):
            assert peopled().turned_down(command, OFFICER) == (
                Forbidden,
                "In this initiative, only people with this role can do this: administrator.",
            )
            for outsider in (STRANGER, KEEPER):
                assert peopled().turned_down(command, outsider)[0] is NotFound

    def test_a_removed_administrator_is_removed_at_once(self) -> None:
        world = peopled()
        world.run(
            AddMember(initiative=INITIATIVE, person=STRANGER, roles=(Role.ADMINISTRATOR,)), ADMINISTRATOR
        )
        world.run(RemoveMember(initiative=INITIATIVE, person=ADMINISTRATOR), STRANGER)
        command = AddMember(initiative=INITIATIVE, person=JUROR, roles=(Role.CHAIR,))
        assert world.turned_down(command, ADMINISTRATOR)[0] is NotFound


class TestWhenAnAdministratorWasErased:
    """Erasing somebody is never kept waiting for an initiative; what they leave behind can be mended."""

    NAMED = AddMember(initiative=INITIATIVE, person=STRANGER, roles=(Role.ADMINISTRATOR,))

    @staticmethod
    def erased(*more: MemberAdded) -> World:
        """The initiative's administrator was erased."""
        world = peopled()
        world.given(INITIATIVE, *more)
        world.run(ErasePerson(person=ADMINISTRATOR, reason="safety"), KEEPER)
        return world

    @pytest.mark.parametrize("actor", [KEEPER, SYSTEM])
    def test_an_administrator_of_the_installation_names_another(self, actor: str) -> None:
        added = MemberAdded(initiative=INITIATIVE, person=STRANGER, roles=(Role.ADMINISTRATOR,))
        world = self.erased()
        assert world.run(self.NAMED, actor) == Outcome(facts={INITIATIVE: (added,)}, answers=INITIATIVE)
        again = AddMember(initiative=INITIATIVE, person=JUROR, roles=(Role.ADMINISTRATOR,))
        assert world.turned_down(again, actor)[0] is NotFound

    def test_they_name_an_administrator_before_anything_else(self) -> None:
        command = AddMember(initiative=INITIATIVE, person=STRANGER, roles=(Role.OFFICER,))
        assert self.erased().turned_down(command, KEEPER) == (
            Forbidden,
            "This initiative no longer has an administrator; name one first.",
        )

    def test_nobody_else_names_one(self) -> None:
        assert self.erased().turned_down(self.NAMED, OFFICER) == (
            Forbidden,
            "In this initiative, only people with this role can do this: administrator.",
        )
        assert self.erased().turned_down(self.NAMED, STRANGER)[0] is NotFound

    def test_they_take_no_role_away(self) -> None:
        removal = RemoveMember(initiative=INITIATIVE, person=JUROR)
        assert self.erased().turned_down(removal, KEEPER)[0] is NotFound

    def test_an_erased_one_does_not_count_as_the_last(self) -> None:
        second = MemberAdded(initiative=INITIATIVE, person=STRANGER, roles=(Role.ADMINISTRATOR,))
        world = self.erased(second)
        refusal = (Refused, "An initiative needs an administrator; name another one first.")
        demotion = AddMember(initiative=INITIATIVE, person=STRANGER, roles=(Role.JUROR,))
        assert world.turned_down(demotion, STRANGER) == refusal
        assert world.turned_down(RemoveMember(initiative=INITIATIVE, person=STRANGER), STRANGER) == refusal
        removed = MemberRemoved(initiative=INITIATIVE, person=ADMINISTRATOR)
        removal = RemoveMember(initiative=INITIATIVE, person=ADMINISTRATOR)
        assert world.run(removal, STRANGER).facts == {INITIATIVE: (removed,)}
