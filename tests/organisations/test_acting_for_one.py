"""What an organisation applies for: each rule that compares a person with an applicant, for somebody who acts for an
organisation."""

from datetime import timedelta

import msgspec
import pytest

from domain.applications.facts import ApplicationSubmitted
from domain.commands.applications.ending import WithdrawApplication
from domain.commands.applications.examining import FindApplicationEligible
from domain.commands.applications.helping import RecordWriter
from domain.commands.applications.returning import ResubmitApplication
from domain.commands.applications.submitting import ChangeApplication, SubmitApplication
from domain.commands.organisations import (
    CloseOrganisation,
    EraseOrganisation,
)
from domain.commands.rounds import ExtendRound
from domain.initiatives.facts import MemberRemoved
from domain.persons.facts import PersonHandleGiven
from domain.persons.state import PERSON
from domain.readings import reading_of
from domain.refusals import Forbidden, NotFound, Refused
from domain.rounds.state import ROUND as ROUNDS
from domain.values import SYSTEM
from tests.driving import World
from tests.organisations.scene import (
    APPLY,
    COLLECTIVE,
    HIDDEN,
    HOST,
    LATE,
    begins_to_act,
    has_read_answers,
    leaves,
    with_open_round,
)
from tests.scene import (
    AFTER,
    ARTIST,
    CALL,
    CLOSES,
    INITIATIVE,
    JUROR,
    KEEPER,
    OFFICER,
    OTHER_APPLICATION,
    OTHER_ARTIST,
    ROUND,
    STRANGER,
    calling,
    closed,
    euros,
    found_ineligible,
    has_read,
)


class TestApplying:
    def test_a_member_applies_for_the_organisation_which_is_the_applicant(self) -> None:
        world = with_open_round()
        outcome = world.run(APPLY, ARTIST)
        (submitted,) = outcome.facts[outcome.answers]
        assert isinstance(submitted, ApplicationSubmitted)
        assert submitted.applicant == COLLECTIVE
        assert world.indexes[f"submissions of {COLLECTIVE}"] == {outcome.answers}
        assert f"submissions of {ARTIST}" not in world.indexes

    def test_where_a_call_takes_one_application_each_party_submits_one(self) -> None:
        """Whichever member submits it; the members' own are others'."""
        world = calling()
        drafted, *_ = world.streams[CALL]
        world.streams[CALL][0] = msgspec.structs.replace(drafted, applications_per_applicant="one")
        begins_to_act(world, COLLECTIVE, ARTIST, OTHER_ARTIST)
        world.run(APPLY, ARTIST)
        refused = (
            Refused,
            (
                "This call takes one application from each applicant, and you have submitted yours. You can change it, or "
                "withdraw it and submit another one."
            ),
        )
        assert world.turned_down(APPLY, OTHER_ARTIST) == refused
        for_oneself = msgspec.structs.replace(APPLY, applicant=None)
        world.run(for_oneself, OTHER_ARTIST)
        assert world.turned_down(for_oneself, OTHER_ARTIST) == refused

    @pytest.mark.parametrize("first", [None, COLLECTIVE, HOST])
    def test_where_a_call_takes_one_application_a_person_and_organisations_of_their_own_are_one_applicant(
        self, first: str | None
    ) -> None:
        """Whichever applies first; until somebody else acts for the organisation, too."""
        world = calling()
        drafted, *_ = world.streams[CALL]
        world.streams[CALL][0] = msgspec.structs.replace(drafted, applications_per_applicant="one")
        begins_to_act(world, COLLECTIVE, ARTIST)
        begins_to_act(world, HOST, ARTIST)
        submitted = world.run(msgspec.structs.replace(APPLY, applicant=first), ARTIST).answers
        others = [
            msgspec.structs.replace(APPLY, applicant=each)
            for each in (None, COLLECTIVE, HOST)
            if each != first
        ]
        for other in others:
            assert world.turned_down(other, ARTIST) == (
                Refused,
                (
                    "This call takes one application from each applicant. A person, and the organisations for which nobody "
                    "else acts, count as one applicant, and you have submitted an application already. You can change it, or "
                    "withdraw it and submit another one."
                ),
            )
        world.run(WithdrawApplication(application=submitted, reason="other"), ARTIST)
        world.run(others[0], ARTIST)

    def test_an_organisation_for_which_others_act_applies_beside_its_members(self) -> None:
        world = calling()
        drafted, *_ = world.streams[CALL]
        world.streams[CALL][0] = msgspec.structs.replace(drafted, applications_per_applicant="one")
        begins_to_act(world, COLLECTIVE, ARTIST, OTHER_ARTIST)
        world.run(msgspec.structs.replace(APPLY, applicant=None), ARTIST)
        world.run(APPLY, ARTIST)

    @pytest.mark.parametrize("applicant", [COLLECTIVE, HOST, OTHER_ARTIST])
    def test_nobody_applies_for_a_party_that_is_not_theirs(self, applicant: str) -> None:
        """Whether it exists is not told."""
        world = with_open_round()
        command = SubmitApplication(
            call=CALL, round=ROUND, applicant=applicant, title="T", requested=euros("1.00"), answers={}
        )
        assert world.turned_down(command, STRANGER) == HIDDEN

    def test_who_left_applies_no_more(self) -> None:
        world = with_open_round()
        begins_to_act(world, COLLECTIVE, ARTIST, OTHER_ARTIST)
        leaves(world, COLLECTIVE, OTHER_ARTIST)
        assert world.turned_down(APPLY, OTHER_ARTIST) == HIDDEN

    def test_every_member_withdraws_it(self) -> None:
        world = with_open_round()
        begins_to_act(world, COLLECTIVE, ARTIST, OTHER_ARTIST)
        application = world.run(APPLY, ARTIST).answers
        withdraw = WithdrawApplication(application=application, reason="other")
        assert world.turned_down(withdraw, STRANGER) == HIDDEN
        world.run(withdraw, OTHER_ARTIST)

    def test_a_closed_organisation_applies_no_more(self) -> None:
        world = with_open_round()
        world.run(CloseOrganisation(organisation=COLLECTIVE), ARTIST)
        assert world.turned_down(APPLY, ARTIST) == (Refused, "This organisation was closed.")

    def test_a_closed_organisation_continues_with_nothing(self) -> None:
        """It can be closed when an invitation has lapsed or an application was found ineligible; neither comes back."""
        world = with_open_round()
        application = world.run(APPLY, ARTIST).answers
        world.given(application, found_ineligible(application))
        world.run(CloseOrganisation(organisation=COLLECTIVE), ARTIST)
        closed = (Refused, "This organisation was closed.")
        change = ChangeApplication(
            application=application, title="Better", requested=euros("500.00"), answers=APPLY.answers
        )
        assert world.turned_down(change, ARTIST) == closed
        assert world.turned_down(FindApplicationEligible(application=application), OFFICER) == closed

    def test_for_an_erased_organisation_nobody_acts(self) -> None:
        world = with_open_round()
        world.run(EraseOrganisation(organisation=COLLECTIVE, reason="safety"), KEEPER)
        assert world.turned_down(APPLY, ARTIST) == HIDDEN
        assert world.state(PERSON, ARTIST).former_organisations == {COLLECTIVE}

    def test_who_has_read_others_answers_does_not_apply_for_an_organisation(self) -> None:
        world = with_open_round()
        has_read_answers(world, ARTIST)
        assert world.turned_down(APPLY, ARTIST) == (
            Forbidden,
            "You have read applications of this round, so you cannot apply in it.",
        )

    def test_nor_does_a_colleague_of_theirs(self) -> None:
        world = with_open_round()
        begins_to_act(world, COLLECTIVE, ARTIST, OFFICER)
        has_read_answers(world, OFFICER)
        assert world.turned_down(APPLY, ARTIST) == (
            Forbidden,
            "Somebody who acts for this organisation has read applications of this round, so it cannot apply in it.",
        )

    def test_who_left_before_keeps_nobody_from_applying(self) -> None:
        world = with_open_round()
        begins_to_act(world, COLLECTIVE, ARTIST, OFFICER)
        has_read_answers(world, OFFICER)
        leaves(world, COLLECTIVE, OFFICER)
        world.run(APPLY, ARTIST)

    def test_who_read_before_they_joined_does_not_change_its_application(self) -> None:
        world = with_open_round()
        application = world.run(APPLY, ARTIST).answers
        begins_to_act(world, COLLECTIVE, ARTIST, OFFICER)
        change = ChangeApplication(
            application=application, title="Better", requested=euros("500.00"), answers=APPLY.answers
        )
        world.run(change, OFFICER)
        has_read_answers(world, OFFICER)
        resubmit = ResubmitApplication(
            application=application, title="Better", requested=euros("500.00"), answers=APPLY.answers
        )
        for command in (change, resubmit):
            assert world.turned_down(command, OFFICER) == (
                Forbidden,
                "You have read others' applications to this call, so you can no longer write in this one.",
            )
            assert world.turned_down(command, ARTIST) == (
                Forbidden,
                (
                    "Somebody who acts for this organisation has read others' applications to this call, so it can no "
                    "longer write in its own."
                ),
            )
        world.run(WithdrawApplication(application=application, reason="other"), OFFICER)


class TestWhoJudgedItBeforeTheyJoined:
    """A juror read the organisation's own application to judge it, gave up their role and began to act for it."""

    @pytest.fixture
    def world(self) -> World:
        world = with_open_round()
        self.application = world.run(APPLY, ARTIST).answers
        world.given(JUROR, PersonHandleGiven(person=JUROR, scope=CALL, handle="dark-newt"))
        world.given(reading_of(JUROR, ROUND), *has_read(JUROR, "judged", of=self.application))
        begins_to_act(world, COLLECTIVE, ARTIST, JUROR)
        return world

    def change(self) -> ChangeApplication:
        return ChangeApplication(
            application=self.application, title="Better", requested=euros("500.00"), answers=APPLY.answers
        )

    @pytest.mark.parametrize("who", [ARTIST, JUROR])
    def test_they_and_their_colleagues_go_on_writing_in_it_and_apply_with_another(
        self, world: World, who: str
    ) -> None:
        world.run(self.change(), who)
        world.run(APPLY, who)

    def test_who_judged_a_rivals_too_does_not(self, world: World) -> None:
        world.given(reading_of(JUROR, ROUND), *has_read(JUROR, "judged", of=OTHER_APPLICATION))
        for who in (ARTIST, JUROR):
            for command in (self.change(), APPLY):
                assert world.turned_down(command, who)[0] is Forbidden

    def test_nor_who_read_the_ranking_of_the_whole_round(self, world: World) -> None:
        world.given(reading_of(JUROR, ROUND), *has_read(JUROR, "judged"))
        assert world.turned_down(self.change(), ARTIST)[0] is Forbidden

    def test_they_help_a_colleague_who_changes_it(self, world: World) -> None:
        world.given(INITIATIVE, MemberRemoved(initiative=INITIATIVE, person=JUROR))
        world.run(RecordWriter(application=self.application, person=JUROR, owner=ARTIST), SYSTEM)


class TestLateAccess:
    """An organisation is let in late as a person is."""

    def test_is_the_organisations_and_no_members(self) -> None:
        world = with_open_round()
        world.given(ROUND, closed())
        world.run(LATE, OFFICER, AFTER)
        assert world.turned_down(msgspec.structs.replace(APPLY, applicant=None), ARTIST, AFTER)[0] is Refused
        application = world.run(APPLY, ARTIST, AFTER).answers
        world.pass_time(CLOSES + timedelta(days=7))
        assert world.state(ROUNDS, ROUND).applications == (application,)

    @pytest.mark.parametrize("left", [False, True])
    def test_is_not_given_by_whoever_acts_or_acted_for_it(self, left: bool) -> None:
        world = with_open_round()
        begins_to_act(world, COLLECTIVE, ARTIST, OFFICER)
        if left:
            leaves(world, COLLECTIVE, OFFICER)
        assert world.turned_down(LATE, OFFICER) == (
            Forbidden,
            "You act for this organisation, or did so before, so another member of the staff must give it more time.",
        )

    def test_nor_is_the_deadline_put_off_by_them_once_it_applied(self) -> None:
        world = with_open_round()
        begins_to_act(world, COLLECTIVE, ARTIST, OFFICER)
        world.run(APPLY, ARTIST)
        extend = ExtendRound(round=ROUND, closes_at=LATE.until, reason="events")
        assert world.turned_down(extend, OFFICER) == (
            Forbidden,
            "You or your organisation applied in this round, or you helped to write an application, so you cannot take part in deciding on it.",
        )

    def test_is_given_to_none_that_is_closed_or_not_there(self) -> None:
        world = with_open_round()
        other = msgspec.structs.replace(LATE, applicant=HOST)
        assert world.turned_down(other, OFFICER) == (NotFound, "There is no such person or organisation.")
        world.run(CloseOrganisation(organisation=COLLECTIVE), ARTIST)
        assert world.turned_down(LATE, OFFICER) == (Refused, "This organisation was closed.")
