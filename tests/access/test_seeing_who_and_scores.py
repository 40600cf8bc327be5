"""Who may see who applied, and how it is judged: each person's answer, in each state of the round, written by hand."""

from collections.abc import Callable

import pytest

from domain import access
from domain.applications.state import Application, ApplicationStatus
from domain.deciding import Allowed, Verdict
from domain.parties import Actor, OwnApplications
from domain.reviews.state import Review, ReviewStatus
from domain.rounds.state import Round
from domain.stages import Blindness
from domain.values import Role
from tests.access.test_seeing import (
    APPLIED,
    CLOSED,
    DECIDED,
    HOUSE,
    IN_PANEL,
    OPEN,
    OURS,
    allowed,
    hidden,
    reviews,
    told,
)
from tests.scene import (
    APPLICATION,
    ARTIST,
    CHAIR,
    JUDGING_OFFICER,
    JUROR,
    OFFICER,
    OTHER_APPLICATION,
    SECOND_JUROR,
    stage,
)


class TestWhoApplied:
    @pytest.mark.parametrize("blindness", ["single", "double"])
    def test_is_kept_from_jurors_and_chair_in_a_blind_call(self, blindness: Blindness) -> None:
        judged = stage(blindness=blindness)
        given = reviews(juror=ReviewStatus.SUBMITTED)
        assert allowed(
            lambda who: access.sees_applicant(Actor(who), HOUSE, judged, IN_PANEL, OURS, given, own=())
        ) == {
            "artist": Role.APPLICANT,
            "officer": Role.OFFICER,
            "judging officer": Role.OFFICER,
        }
        for who in (JUROR, CHAIR):
            assert told(access.sees_applicant(Actor(who), HOUSE, judged, IN_PANEL, OURS, given, own=())) == (
                "In this call, jurors do not see who applied."
            )

    @pytest.mark.parametrize("blindness", ["single", "double"])
    def test_is_kept_in_a_blind_call_from_staff_who_judge_it_until_the_round_is_decided(
        self, blindness: Blindness
    ) -> None:
        judged = stage(blindness=blindness)
        for status in (ReviewStatus.CLEARED, ReviewStatus.SUBMITTED):
            given = reviews(judging_officer=status)
            for state in (CLOSED, IN_PANEL):
                assert told(
                    access.sees_applicant(Actor(JUDGING_OFFICER), HOUSE, judged, state, OURS, given, own=())
                ) == ("In this call, jurors do not see who applied.")
            assert access.sees_applicant(
                Actor(JUDGING_OFFICER), HOUSE, judged, DECIDED, OURS, given, own=()
            ) == Allowed(Role.OFFICER)

    def test_is_seen_by_all_who_see_an_application_of_an_open_call(self) -> None:
        judged = stage(blindness="open")
        given = reviews(juror=ReviewStatus.CLEARED, second_juror=ReviewStatus.ASSIGNED)
        assert allowed(
            lambda who: access.sees_applicant(Actor(who), HOUSE, judged, CLOSED, OURS, given, own=())
        ) == {
            "artist": Role.APPLICANT,
            "officer": Role.OFFICER,
            "judging officer": Role.OFFICER,
            "juror": Role.JUROR,
        }


class TestTheReviews:
    STATUSES = reviews(
        juror=ReviewStatus.SUBMITTED, second_juror=ReviewStatus.CLEARED, third_juror=ReviewStatus.RECUSED
    )

    @staticmethod
    def asking(round: Round, given: tuple[Review, ...]) -> Callable[[str], Verdict]:
        return lambda who: access.sees_reviews(Actor(who), HOUSE, round, OURS, given, own=())

    def test_are_seen_by_a_juror_after_their_own_is_submitted(self) -> None:
        assert allowed(self.asking(CLOSED, self.STATUSES)) == {
            "officer": Role.OFFICER,
            "juror": Role.JUROR,
        }
        assert told(self.asking(CLOSED, self.STATUSES)(SECOND_JUROR)) == (
            "Submit your own review first; then you can see the others."
        )

    def test_are_shown_to_staff_who_judge_too_when_they_are_to_the_jury(self) -> None:
        assert told(self.asking(CLOSED, self.STATUSES)(JUDGING_OFFICER)) == (
            "You are also on the jury, so you see the reviews when the jury does."
        )
        given = reviews(juror=ReviewStatus.SUBMITTED, judging_officer=ReviewStatus.SUBMITTED)
        assert self.asking(CLOSED, given)(JUDGING_OFFICER) == Allowed(Role.OFFICER)

    def test_wait_in_panel_for_the_declaration_of_whoever_owes_one(self) -> None:
        given = reviews(juror=ReviewStatus.SUBMITTED, chair=ReviewStatus.ASSIGNED)
        assert told(self.asking(IN_PANEL, given)(CHAIR)) == str(access.UNDECLARED)
        assert self.asking(DECIDED, given)(CHAIR) == Allowed(Role.CHAIR)

    def test_are_kept_from_staff_who_owe_one(self) -> None:
        given = reviews(juror=ReviewStatus.SUBMITTED, judging_officer=ReviewStatus.ASSIGNED)
        assert told(self.asking(CLOSED, given)(JUDGING_OFFICER)) == (
            "Submit your own review first; then you can see the others."
        )

    def test_are_the_whole_jurys_once_the_round_is_in_panel(self) -> None:
        assert allowed(self.asking(IN_PANEL, self.STATUSES)) == {
            "officer": Role.OFFICER,
            "judging officer": Role.OFFICER,
            "chair": Role.CHAIR,
            "juror": Role.JUROR,
            "second juror": Role.JUROR,
        }

    def test_are_shown_to_funders_once_the_round_is_decided(self) -> None:
        assert allowed(self.asking(DECIDED, self.STATUSES)) == {
            "officer": Role.OFFICER,
            "judging officer": Role.OFFICER,
            "chair": Role.CHAIR,
            "juror": Role.JUROR,
            "second juror": Role.JUROR,
            "funder": Role.FUNDER,
        }

    @pytest.mark.parametrize("state", [OPEN, CLOSED, IN_PANEL])
    def test_are_kept_from_all_who_applied_until_the_round_is_decided(self, state: Round) -> None:
        def ask(who: str, state: Round = state) -> Verdict:
            return access.sees_reviews(
                Actor(who), HOUSE, state, OURS, self.STATUSES, own=OwnApplications((OTHER_APPLICATION,))
            )

        assert allowed(ask) == {}
        assert told(ask(OFFICER)) == APPLIED
        assert ask(OFFICER, DECIDED) == Allowed(Role.OFFICER)

    @pytest.mark.parametrize("state", [OPEN, CLOSED, IN_PANEL, DECIDED])
    def test_are_never_the_applicants(self, state: Round) -> None:
        own = Application(status=ApplicationStatus.ELIGIBLE, applicant=OFFICER)
        for who, application in ((ARTIST, OURS), (OFFICER, own)):
            assert told(
                access.sees_reviews(Actor(who), HOUSE, state, application, self.STATUSES, own=())
            ) == ("Applicants do not see the reviews of their application.")

    def test_do_not_exist_for_others(self) -> None:
        assert hidden(self.asking(CLOSED, self.STATUSES)) == ("keeper", "other artist", "stranger")


class TestHowFarTheJuryIs:
    def test_is_seen_by_staff_and_jury(self) -> None:
        assert allowed(lambda who: access.sees_progress(who, HOUSE, CLOSED, own=())) == {
            "officer": Role.OFFICER,
            "judging officer": Role.OFFICER,
            "chair": Role.CHAIR,
            "juror": Role.JUROR,
            "second juror": Role.JUROR,
            "third juror": Role.JUROR,
        }
        assert hidden(lambda who: access.sees_progress(who, HOUSE, CLOSED, own=())) == (
            "keeper",
            "artist",
            "other artist",
            "stranger",
        )

    @pytest.mark.parametrize("state", [OPEN, CLOSED, IN_PANEL])
    def test_is_kept_from_all_who_applied_until_it_is_decided(self, state: Round) -> None:
        assert (
            allowed(lambda who: access.sees_progress(who, HOUSE, state, own=OwnApplications((APPLICATION,))))
            == {}
        )
        assert access.sees_progress(OFFICER, HOUSE, DECIDED, own=OwnApplications((APPLICATION,))) == Allowed(
            Role.OFFICER
        )


class TestTheCommentsForTheApplicant:
    def test_are_the_applicants_once_the_round_is_decided(self) -> None:
        assert allowed(lambda who: access.sees_feedback(Actor(who), DECIDED, OURS)) == {
            "artist": Role.APPLICANT
        }
        for state in (OPEN, CLOSED, IN_PANEL):
            assert told(access.sees_feedback(Actor(ARTIST), state, OURS)) == (
                "You can see the comments on your application once the round is decided."
            )


class TestTheRanking:
    @pytest.mark.parametrize(
        ("state", "expected"),
        [
            (OPEN, {"officer": Role.OFFICER}),
            (CLOSED, {"officer": Role.OFFICER}),
            (
                IN_PANEL,
                {
                    "officer": Role.OFFICER,
                    "judging officer": Role.OFFICER,
                    "chair": Role.CHAIR,
                    "juror": Role.JUROR,
                    "second juror": Role.JUROR,
                    "third juror": Role.JUROR,
                },
            ),
            (
                DECIDED,
                {
                    "officer": Role.OFFICER,
                    "judging officer": Role.OFFICER,
                    "chair": Role.CHAIR,
                    "juror": Role.JUROR,
                    "second juror": Role.JUROR,
                    "third juror": Role.JUROR,
                    "funder": Role.FUNDER,
                },
            ),
        ],
    )
    def test_is_seen_by_state(self, state: Round, expected: dict[str, Role]) -> None:
        assert allowed(lambda who: access.sees_ranking(who, HOUSE, state, own=())) == expected

    def test_sways_no_review(self) -> None:
        for who in (JUROR, CHAIR, JUDGING_OFFICER):
            assert told(access.sees_ranking(who, HOUSE, CLOSED, own=())) == (
                "The ranking is shown once the panel is open, so that it influences no review."
            )

    @pytest.mark.parametrize("state", [OPEN, CLOSED, IN_PANEL])
    def test_is_kept_from_all_who_applied_until_it_is_decided(self, state: Round) -> None:
        assert (
            allowed(lambda who: access.sees_ranking(who, HOUSE, state, own=OwnApplications((APPLICATION,))))
            == {}
        )
        assert access.sees_ranking(OFFICER, HOUSE, DECIDED, own=OwnApplications((APPLICATION,))) == Allowed(
            Role.OFFICER
        )

    def test_does_not_exist_for_others(self) -> None:
        assert hidden(lambda who: access.sees_ranking(who, HOUSE, IN_PANEL, own=())) == (
            "keeper",
            "artist",
            "other artist",
            "stranger",
        )
