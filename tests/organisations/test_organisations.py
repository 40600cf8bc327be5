"""Organisations: registered by a person, who acts for them with others who were asked, closed, and erased for good."""

import pytest

from domain.applications.facts import (
    ApplicationAwarded,
    ApplicationEndedByErasure,
    ApplicationGrantOffered,
    ApplicationWaitlisted,
)
from domain.commands.organisations import (
    CloseOrganisation,
    EraseOrganisation,
    InviteToOrganisation,
    JoinOrganisation,
    RegisterOrganisation,
    RemoveOrganisationMember,
)
from domain.commands.persons import ErasePerson
from domain.deciding import Fact, Outcome
from domain.identifiers import check_identifiers
from domain.organisations import (
    ORGANISATION,
    OrganisationClosed,
    OrganisationErased,
    OrganisationInvitationDeclined,
    OrganisationMemberAdded,
    OrganisationMemberInvited,
    OrganisationMemberRemoved,
    OrganisationRegistered,
    OrganisationStatus,
)
from domain.persons.facts import PersonErased, PersonJoinedOrganisation, PersonLeftOrganisation
from domain.persons.state import PERSON
from domain.refusals import Forbidden, Invalid, NotFound, Refused
from domain.values import SYSTEM
from tests.driving import World, person
from tests.scene import (
    APPLICATION,
    ARTIST,
    KEEPER,
    OFFICER,
    OTHER_ARTIST,
    PANEL,
    STRANGER,
    found_eligible,
    found_ineligible,
    numbered,
    peopled,
    submitted,
    withdrawn,
)

HIDDEN = (NotFound, "Not found, or you have no access.")
COLLECTIVE = numbered("organisation", 1)
REGISTERED = OrganisationRegistered(
    organisation=COLLECTIVE, member=ARTIST, name="Invented Collective", identifiers=()
)


def with_collective(*others: str) -> World:
    """The artist registered a collective, for which the others act, too."""
    world = peopled()
    world.given(COLLECTIVE, REGISTERED)
    world.given(ARTIST, PersonJoinedOrganisation(person=ARTIST, organisation=COLLECTIVE))
    for other in others:
        world.run(InviteToOrganisation(organisation=COLLECTIVE, person=other), ARTIST)
        world.run(JoinOrganisation(organisation=COLLECTIVE), other)
    return world


class TestWhenThereIsNone:
    def test_a_person_registers_one_and_acts_for_it(self) -> None:
        command = RegisterOrganisation(name=" Invented Trust ", identifiers=("gb-chc-1164883", " "))
        outcome = peopled().run(command, STRANGER)
        organisation = outcome.answers
        registered = OrganisationRegistered(
            organisation=organisation,
            member=STRANGER,
            name="Invented Trust",
            identifiers=("GB-CHC-1164883",),
        )
        joined = PersonJoinedOrganisation(person=STRANGER, organisation=organisation)
        assert outcome == Outcome(
            facts={organisation: (registered,), STRANGER: (joined,)},
            answers=organisation,
            subjects=(organisation,),
        )

    def test_the_program_itself_registers_none(self) -> None:
        assert peopled().turned_down(RegisterOrganisation(name="Invented Trust"), SYSTEM) == (
            Forbidden,
            "Sign in to register an organisation.",
        )

    def test_what_is_wrong_with_identifiers_is_told_of_all_at_once(self) -> None:
        command = RegisterOrganisation(
            name="Invented Trust", identifiers=("1164883", "GB-CHC-12", "US-EIN-123")
        )
        assert peopled().turned_down(command, STRANGER) == (
            Invalid,
            {
                "identifiers[0]": "Write the code of the register and the number in it, such as GB-CHC-1164883.",
                "identifiers[1]": "This is not a valid number of the register GB-CHC; check it again.",
                "identifiers[2]": "This is not a valid number of the register US-EIN; check it again.",
            },
        )

    @pytest.mark.parametrize(
        ("identifier", "kept"),
        [
            ("GB-COH-SC123456", "GB-COH-SC123456"),
            ("gb-sc-SC012345", "GB-SC-SC012345"),
            ("XI-LEI-213800KUD8LAJWSQ9D15", "XI-LEI-213800KUD8LAJWSQ9D15"),
            ("GE-UNKNOWN-1/2", "GE-UNKNOWN-1/2"),
        ],
    )
    def test_identifiers_are_kept_in_capital_letters(self, identifier: str, kept: str) -> None:
        """Also of registers whose numbers have no rule here."""
        assert check_identifiers((identifier, identifier)) == (kept,)

    def test_check_digits_are_looked_at(self) -> None:
        with pytest.raises(Invalid):
            check_identifiers(("XI-LEI-213800KUD8LAJWSQ9D16",))

    def test_nobody_gives_more_than_a_few(self) -> None:
        with pytest.raises(Invalid) as raised:
            check_identifiers([f"GB-CHC-{number}" for number in range(1_000_000, 1_000_006)])
        assert str(raised.value.detail) == "At most 5 identifiers can be given; these are 6."


class TestWhenItIsRegistered:
    def test_whoever_acts_for_it_invites_somebody(self) -> None:
        outcome = with_collective().run(
            InviteToOrganisation(organisation=COLLECTIVE, person=OTHER_ARTIST), ARTIST
        )
        invited = OrganisationMemberInvited(organisation=COLLECTIVE, person=OTHER_ARTIST)
        assert outcome == Outcome(facts={COLLECTIVE: (invited,)}, answers=COLLECTIVE)

    def test_nobody_acts_for_it_who_was_invited_alone(self) -> None:
        """So nobody can be made to act for it, and so kept from judging, against their will."""
        world = with_collective()
        world.run(InviteToOrganisation(organisation=COLLECTIVE, person=OTHER_ARTIST), ARTIST)
        assert world.state(ORGANISATION, COLLECTIVE).members == {ARTIST}
        assert world.state(PERSON, OTHER_ARTIST).organisations == frozenset()
        assert world.turned_down(CloseOrganisation(organisation=COLLECTIVE), OTHER_ARTIST) == HIDDEN

    def test_whoever_accepts_an_invitation_acts_for_it(self) -> None:
        world = with_collective()
        world.run(InviteToOrganisation(organisation=COLLECTIVE, person=OTHER_ARTIST), ARTIST)
        outcome = world.run(JoinOrganisation(organisation=COLLECTIVE), OTHER_ARTIST)
        added = OrganisationMemberAdded(organisation=COLLECTIVE, person=OTHER_ARTIST)
        joined = PersonJoinedOrganisation(person=OTHER_ARTIST, organisation=COLLECTIVE)
        assert outcome == Outcome(facts={COLLECTIVE: (added,), OTHER_ARTIST: (joined,)}, answers=COLLECTIVE)
        assert world.state(ORGANISATION, COLLECTIVE).members == {ARTIST, OTHER_ARTIST}
        assert world.state(PERSON, OTHER_ARTIST).organisations == {COLLECTIVE}

    def test_to_others_it_does_not_exist(self) -> None:
        world = with_collective()
        for command in (
            InviteToOrganisation(organisation=COLLECTIVE, person=STRANGER),
            JoinOrganisation(organisation=COLLECTIVE),
            RemoveOrganisationMember(organisation=COLLECTIVE, person=ARTIST),
            CloseOrganisation(organisation=COLLECTIVE),
        ):
            assert world.turned_down(command, STRANGER) == HIDDEN
            assert peopled().turned_down(command, STRANGER) == HIDDEN

    def test_nobody_is_invited_twice_nor_who_is_not_there(self) -> None:
        world = with_collective(OTHER_ARTIST)
        world.run(InviteToOrganisation(organisation=COLLECTIVE, person=STRANGER), ARTIST)
        invite = {
            who: world.turned_down(InviteToOrganisation(organisation=COLLECTIVE, person=who), ARTIST)
            for who in (OTHER_ARTIST, STRANGER, person(99))
        }
        assert invite == {
            OTHER_ARTIST: (Refused, "This person acts for the organisation already."),
            STRANGER: (Refused, "This person was invited already and has not answered yet."),
            person(99): (NotFound, "There is no such person."),
        }

    def test_an_invitation_is_taken_back_and_declined(self) -> None:
        for actor in (ARTIST, STRANGER):
            world = with_collective()
            world.run(InviteToOrganisation(organisation=COLLECTIVE, person=STRANGER), ARTIST)
            outcome = world.run(RemoveOrganisationMember(organisation=COLLECTIVE, person=STRANGER), actor)
            ended = OrganisationMemberRemoved if actor == ARTIST else OrganisationInvitationDeclined
            assert outcome.facts == {COLLECTIVE: (ended(organisation=COLLECTIVE, person=STRANGER),)}
            assert world.turned_down(JoinOrganisation(organisation=COLLECTIVE), STRANGER) == HIDDEN

    def test_who_declined_twice_is_not_invited_again(self) -> None:
        """Once may be a mistake. An invitation that was withdrawn is none that was declined."""
        world = with_collective()
        invite = InviteToOrganisation(organisation=COLLECTIVE, person=STRANGER)
        end = RemoveOrganisationMember(organisation=COLLECTIVE, person=STRANGER)
        for actor in (ARTIST, STRANGER, STRANGER):
            world.run(invite, ARTIST)
            world.run(end, actor)
        assert world.turned_down(invite, ARTIST) == (
            Refused,
            "This person has declined twice to act for this organisation, so they are not invited again.",
        )
        world.run(InviteToOrganisation(organisation=COLLECTIVE, person=OTHER_ARTIST), ARTIST)

    def test_the_last_one_stays(self) -> None:
        world = with_collective()
        remove = RemoveOrganisationMember(organisation=COLLECTIVE, person=ARTIST)
        assert world.turned_down(remove, ARTIST) == (
            Refused,
            "Nobody else acts for this organisation; invite somebody first, or close it.",
        )

    def test_closed_it_takes_in_nobody(self) -> None:
        world = with_collective()
        world.run(InviteToOrganisation(organisation=COLLECTIVE, person=STRANGER), ARTIST)
        outcome = world.run(CloseOrganisation(organisation=COLLECTIVE), ARTIST)
        assert outcome.facts == {COLLECTIVE: (OrganisationClosed(organisation=COLLECTIVE),)}
        again = InviteToOrganisation(organisation=COLLECTIVE, person=OTHER_ARTIST)
        assert world.turned_down(again, ARTIST) == (Refused, "This organisation was closed.")
        assert world.turned_down(JoinOrganisation(organisation=COLLECTIVE), STRANGER) == HIDDEN


class TestWhenItHasApplied:
    """It is not closed while an application could still lead to a grant that nobody could then be offered."""

    OPEN = (
        Refused,
        (
            "1 application of this organisation is under consideration or on a waiting list. Withdraw it first; then the "
            "organisation can be closed."
        ),
    )
    NOT_OFFERED = (
        Refused,
        (
            "1 application of this organisation was awarded a grant that is not offered yet. Answer the offer first; then the "
            "organisation can be closed."
        ),
    )
    CLOSE = CloseOrganisation(organisation=COLLECTIVE)
    AWARDED = ApplicationAwarded(
        application=APPLICATION, panel=PANEL, amount=50_000, currency="EUR", reason="quality"
    )
    ON_LIST = ApplicationWaitlisted(application=APPLICATION, panel=PANEL, rank=1)

    @staticmethod
    def applied(*facts: Fact) -> World:
        """The collective applied, and then…"""
        world = with_collective()
        world.given(APPLICATION, submitted(applicant=COLLECTIVE), *facts)
        world.indexes[f"submissions of {COLLECTIVE}"] = {APPLICATION}
        return world

    @pytest.mark.parametrize("facts", [(), (found_eligible(),), (found_eligible(), ON_LIST)])
    def test_it_is_not_closed_while_an_application_is_open(self, facts: tuple[Fact, ...]) -> None:
        assert self.applied(*facts).turned_down(self.CLOSE, ARTIST) == self.OPEN

    def test_it_is_not_closed_before_an_award_is_offered(self) -> None:
        world = self.applied(found_eligible(), self.AWARDED)
        assert world.turned_down(self.CLOSE, ARTIST) == self.NOT_OFFERED
        offered = ApplicationGrantOffered(application=APPLICATION, grant=numbered("grant", 1))
        world.given(APPLICATION, offered)
        world.run(self.CLOSE, ARTIST)

    @pytest.mark.parametrize("ended", [withdrawn(), found_ineligible()])
    def test_it_is_closed_once_all_have_ended(self, ended: Fact) -> None:
        self.applied(ended).run(self.CLOSE, ARTIST)

    def test_others_learn_nothing_of_what_is_open(self) -> None:
        assert self.applied().turned_down(self.CLOSE, OTHER_ARTIST) == HIDDEN


class TestWhenSeveralActForIt:
    def test_one_of_them_leaves_or_is_removed_by_another(self) -> None:
        for actor in (ARTIST, OTHER_ARTIST):
            world = with_collective(OTHER_ARTIST)
            outcome = world.run(RemoveOrganisationMember(organisation=COLLECTIVE, person=OTHER_ARTIST), actor)
            removed = OrganisationMemberRemoved(organisation=COLLECTIVE, person=OTHER_ARTIST)
            left = PersonLeftOrganisation(person=OTHER_ARTIST, organisation=COLLECTIVE)
            assert outcome == Outcome(
                facts={COLLECTIVE: (removed,), OTHER_ARTIST: (left,)}, answers=COLLECTIVE
            )
            left_behind = world.state(PERSON, OTHER_ARTIST)
            assert (left_behind.organisations, left_behind.former_organisations) == (set(), {COLLECTIVE})

    def test_nobody_removes_who_has_acted_for_it_longer(self) -> None:
        world = with_collective(OTHER_ARTIST, STRANGER)
        longer = (
            Forbidden,
            (
                "This person has acted for the organisation longer than you, so you cannot remove them. They can leave, or an "
                "administrator of this installation can remove them."
            ),
        )
        for actor, removed in ((OTHER_ARTIST, ARTIST), (STRANGER, ARTIST), (STRANGER, OTHER_ARTIST)):
            remove = RemoveOrganisationMember(organisation=COLLECTIVE, person=removed)
            assert world.turned_down(remove, actor) == longer
        world.run(RemoveOrganisationMember(organisation=COLLECTIVE, person=STRANGER), OTHER_ARTIST)

    def test_who_comes_back_begins_at_the_end(self) -> None:
        world = with_collective(OTHER_ARTIST)
        world.run(RemoveOrganisationMember(organisation=COLLECTIVE, person=ARTIST), ARTIST)
        world.run(InviteToOrganisation(organisation=COLLECTIVE, person=ARTIST), OTHER_ARTIST)
        world.run(JoinOrganisation(organisation=COLLECTIVE), ARTIST)
        remove = RemoveOrganisationMember(organisation=COLLECTIVE, person=OTHER_ARTIST)
        assert world.turned_down(remove, ARTIST)[0] is Forbidden

    def test_an_administrator_of_the_installation_removes_any_of_them_but_not_the_last(self) -> None:
        """For an organisation whose founder cannot be reached, or whose account was taken over."""
        world = with_collective(OTHER_ARTIST)
        world.run(RemoveOrganisationMember(organisation=COLLECTIVE, person=ARTIST), KEEPER)
        last = RemoveOrganisationMember(organisation=COLLECTIVE, person=OTHER_ARTIST)
        assert world.turned_down(last, KEEPER)[0] is Refused
        world.run(CloseOrganisation(organisation=COLLECTIVE), OTHER_ARTIST)

    def test_only_the_one_who_has_acted_for_it_the_longest_closes_it(self) -> None:
        world = with_collective(OTHER_ARTIST)
        close = CloseOrganisation(organisation=COLLECTIVE)
        assert world.turned_down(close, OTHER_ARTIST) == (
            Forbidden,
            "Closing an organisation cannot be undone, so only the member who has acted for it the longest can close it.",
        )
        world.run(RemoveOrganisationMember(organisation=COLLECTIVE, person=ARTIST), ARTIST)
        world.run(close, OTHER_ARTIST)


class TestErasing:
    def test_an_organisation_leaves_nobody_who_acts_for_it_and_ends_its_applications(self) -> None:
        world = with_collective(OTHER_ARTIST)
        world.given(APPLICATION, submitted(applicant=COLLECTIVE))
        world.indexes[f"submissions of {COLLECTIVE}"] = {APPLICATION}
        outcome = world.run(EraseOrganisation(organisation=COLLECTIVE, reason="asked_by_person"), KEEPER)
        assert outcome.facts == {
            COLLECTIVE: (
                OrganisationErased(organisation=COLLECTIVE, reason="asked_by_person", dossiers=(), kept=()),
            ),
            ARTIST: (PersonLeftOrganisation(person=ARTIST, organisation=COLLECTIVE),),
            OTHER_ARTIST: (PersonLeftOrganisation(person=OTHER_ARTIST, organisation=COLLECTIVE),),
            APPLICATION: (ApplicationEndedByErasure(application=APPLICATION),),
        }
        assert outcome.erases == (COLLECTIVE,)
        assert world.state(ORGANISATION, COLLECTIVE).status is OrganisationStatus.ERASED
        again = EraseOrganisation(organisation=COLLECTIVE, reason="safety")
        assert world.turned_down(again, KEEPER) == (Refused, "This organisation was erased already.")

    def test_is_for_an_administrator_of_the_installation(self) -> None:
        world = with_collective()
        command = EraseOrganisation(organisation=COLLECTIVE, reason="safety")
        for actor in (ARTIST, OFFICER, STRANGER):
            assert world.turned_down(command, actor) == (
                Forbidden,
                "Only an administrator of this installation can do this.",
            )

    def test_a_person_leaves_the_organisation_to_the_others(self) -> None:
        world = with_collective(OTHER_ARTIST)
        outcome = world.run(ErasePerson(person=ARTIST, reason="safety"), KEEPER)
        assert outcome.facts == {
            ARTIST: (PersonErased(person=ARTIST, reason="safety", dossiers=(), kept=()),),
            COLLECTIVE: (OrganisationMemberRemoved(organisation=COLLECTIVE, person=ARTIST),),
        }
        assert outcome.erases == (ARTIST,)
        assert world.state(ORGANISATION, COLLECTIVE).members == {OTHER_ARTIST}

    def test_the_last_person_leaves_it_without_anybody_until_somebody_is_invited(self) -> None:
        world = with_collective()
        world.run(ErasePerson(person=ARTIST, reason="safety"), KEEPER)
        left = world.state(ORGANISATION, COLLECTIVE)
        assert (left.status, left.members) == (OrganisationStatus.REGISTERED, frozenset())
        world.run(InviteToOrganisation(organisation=COLLECTIVE, person=STRANGER), KEEPER)
        world.run(JoinOrganisation(organisation=COLLECTIVE), STRANGER)
        assert world.state(ORGANISATION, COLLECTIVE).members == {STRANGER}

    def test_a_person_ends_their_invitations(self) -> None:
        world = with_collective()
        world.run(InviteToOrganisation(organisation=COLLECTIVE, person=STRANGER), ARTIST)
        outcome = world.run(ErasePerson(person=STRANGER, reason="safety"), KEEPER)
        assert outcome.facts[COLLECTIVE] == (
            OrganisationMemberRemoved(organisation=COLLECTIVE, person=STRANGER),
        )
        assert world.state(ORGANISATION, COLLECTIVE).invited == frozenset()
