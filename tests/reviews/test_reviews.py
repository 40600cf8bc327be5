"""Reviews: a juror is asked for conflicts first, judges every criterion, and is replaced after stepping back."""

from typing import Any

import pytest

from domain.commands.reviews import (
    AssignReview,
    ChangeReview,
    DeclareConflict,
    DeclareNoConflict,
    ReplaceReview,
    SubmitReview,
)
from domain.deciding import Command, Fact, Outcome
from domain.initiatives.facts import MemberAdded, MemberRemoved
from domain.personal import personal_fields
from domain.persons.facts import PersonErased
from domain.refusals import Forbidden, Invalid, NotFound, Refused
from domain.reviews import state as review_state
from domain.reviews.facts import ReviewChanged, ReviewConflictDeclared, ReviewSubmitted
from domain.stages import Blindness
from domain.values import SYSTEM, Role
from tests.driving import World, person
from tests.scene import (
    APPLICATION,
    ARTIST,
    CHAIR,
    FINANCE,
    INITIATIVE,
    JUROR,
    OFFICER,
    OTHER_APPLICATION,
    OTHER_ARTIST,
    REVIEW,
    ROUND,
    SECOND_JUROR,
    STRANGER,
    assigned,
    calling,
    cleared,
    conflict_declared,
    decided,
    dossier_of,
    found_eligible,
    found_ineligible,
    judged,
    numbered,
    put_to_panel,
    receive,
    replaced,
    review,
    reviewing,
    withdrawn,
)

ASSIGN = AssignReview(application=APPLICATION, juror=JUROR)
NO_CONFLICT = DeclareNoConflict(review=REVIEW)
CONFLICT = DeclareConflict(review=REVIEW, reason="friendship")
SUBMIT = SubmitReview(review=REVIEW, scores={"art": 8, "need": 3})
CHANGE = ChangeReview(review=REVIEW, scores={"art": 9, "need": None}, comment_jury=" Better. ")
REPLACE = ReplaceReview(review=REVIEW, juror=SECOND_JUROR)
OTHER_REVIEW = numbered("review", 2)

BLINDNESS: tuple[Blindness, ...] = ("open", "single", "double")

IN_PANEL = "The panel of this round is already open, so its reviews are complete."


def asked(*facts: Fact) -> World:
    """The juror was assigned, and then…"""
    world = reviewing()
    review(world, REVIEW, APPLICATION, JUROR, *facts)
    return world


class TestWhenTheApplicationIsEligibleAndTheRoundClosed:
    @pytest.mark.parametrize("juror", [JUROR, CHAIR])
    def test_staff_assign_a_juror_or_the_chair(self, juror: str) -> None:
        outcome = reviewing().run(AssignReview(application=APPLICATION, juror=juror), OFFICER)
        new = outcome.answers
        assert outcome == Outcome(
            facts={new: (assigned(juror, review=new),)},
            answers=new,
        )

    def test_only_staff_assign(self) -> None:
        for actor in (CHAIR, FINANCE, JUROR):
            assert reviewing().turned_down(ASSIGN, actor) == (
                Forbidden,
                "In this initiative, only people with this role can do this: officer.",
            )
        assert reviewing().turned_down(ASSIGN, STRANGER)[0] is NotFound

    def test_nobody_assigns_jurors_to_their_own_application(self) -> None:
        world = reviewing()
        world.given(INITIATIVE, MemberAdded(initiative=INITIATIVE, person=ARTIST, roles=(Role.OFFICER,)))
        assert world.turned_down(ASSIGN, ARTIST) == (
            Forbidden,
            "This is your own application, so somebody else must do this.",
        )

    def test_nobody_reviews_their_own_application(self) -> None:
        world = reviewing(blindness="open")
        world.given(INITIATIVE, MemberAdded(initiative=INITIATIVE, person=ARTIST, roles=(Role.JUROR,)))
        assert world.turned_down(AssignReview(application=APPLICATION, juror=ARTIST), OFFICER) == (
            Refused,
            "Nobody reviews an application of their own, or one that they helped to write.",
        )

    def test_nobody_judges_a_round_in_which_they_applied(self) -> None:
        world = reviewing(blindness="open")
        world.given(INITIATIVE, MemberAdded(initiative=INITIATIVE, person=OTHER_ARTIST, roles=(Role.JUROR,)))
        receive(world, OTHER_APPLICATION, OTHER_ARTIST)
        assert world.turned_down(AssignReview(application=APPLICATION, juror=OTHER_ARTIST), OFFICER) == (
            Refused,
            "This person applied in the same round, or helped to write an application, so they cannot judge this one.",
        )

    @pytest.mark.parametrize("who", [FINANCE, OFFICER, STRANGER])
    def test_only_a_juror_or_chair_is_assigned(self, who: str) -> None:
        assert reviewing().turned_down(AssignReview(application=APPLICATION, juror=who), OFFICER) == (
            Invalid,
            {"juror": "Choose a member who is a juror or a chair."},
        )

    def test_only_a_registered_person_is_assigned(self) -> None:
        world = reviewing()
        world.given(JUROR, PersonErased(person=JUROR, reason="safety", dossiers=(), kept=()))
        assert world.turned_down(ASSIGN, OFFICER) == (Refused, "This person's data was erased.")
        assert world.turned_down(AssignReview(application=APPLICATION, juror=person(99)), OFFICER) == (
            Invalid,
            {"juror": "Choose a member who is a juror or a chair."},
        )
        for nobody in ("nobody", "x\x00"):
            assert world.turned_down(AssignReview(application=APPLICATION, juror=nobody), OFFICER) == (
                NotFound,
                "Not found, or you have no access.",
            )

    @pytest.mark.parametrize("facts", [(), (cleared(),), (cleared(), judged()), (conflict_declared(),)])
    def test_the_same_juror_is_not_assigned_twice(self, facts: tuple[Fact, ...]) -> None:
        assert asked(*facts).turned_down(ASSIGN, OFFICER) == (
            Refused,
            "This juror is already assigned to this application.",
        )


class TestWhenTheApplicationOrTheRoundIsNotReady:
    @pytest.mark.parametrize(
        ("facts", "status"),
        [((), "submitted"), ((found_ineligible(),), "ineligible"), ((withdrawn(),), "withdrawn")],
    )
    def test_only_an_eligible_application_is_reviewed(self, facts: tuple[Fact, ...], status: str) -> None:
        world = reviewing()
        world.streams[APPLICATION] = world.streams[APPLICATION][:1]
        world.given(APPLICATION, *facts)
        assert world.turned_down(ASSIGN, OFFICER) == (
            Refused,
            f"Only an eligible application can be reviewed; this one is {status}.",
        )

    def test_reviews_begin_when_the_round_has_closed(self) -> None:
        world = calling(blindness="open")
        receive(world, APPLICATION, ARTIST, found_eligible())
        assert world.turned_down(ASSIGN, OFFICER) == (
            Refused,
            "The round is still open; reviews begin when it has closed.",
        )

    @pytest.mark.parametrize("facts", [(put_to_panel(),), (put_to_panel(), decided())])
    @pytest.mark.parametrize(
        ("before", "command", "actor"),
        [
            ((), AssignReview(application=APPLICATION, juror=SECOND_JUROR), OFFICER),
            ((cleared(),), SUBMIT, JUROR),
            ((conflict_declared(),), REPLACE, OFFICER),
        ],
    )
    def test_they_end_when_it_goes_to_its_panel(
        self, facts: tuple[Fact, ...], before: tuple[Fact, ...], command: Command, actor: str
    ) -> None:
        world = asked(*before)
        world.given(ROUND, *facts)
        assert world.turned_down(command, actor) == (Refused, IN_PANEL)

    def test_whoever_owes_the_answer_about_a_conflict_can_give_it_to_the_panel(self) -> None:
        """A chair decides on nothing before that, and the panel would never end."""
        for command, fact in ((NO_CONFLICT, cleared()), (CONFLICT, conflict_declared())):
            world = asked()
            world.given(ROUND, put_to_panel())
            assert world.run(command, JUROR).facts == {REVIEW: (fact,)}

    def test_nobody_declares_no_conflict_when_the_round_is_decided(self) -> None:
        world = asked()
        world.given(ROUND, put_to_panel(), decided())
        assert world.turned_down(NO_CONFLICT, JUROR) == (
            Refused,
            "The round is decided, so conflicts of interest are no longer asked about.",
        )


class TestWhenTheJurorIsAssigned:
    def test_they_declare_no_conflict(self) -> None:
        assert asked().run(NO_CONFLICT, JUROR) == Outcome(facts={REVIEW: (cleared(),)}, answers=REVIEW)

    def test_they_step_back_with_a_reason(self) -> None:
        command = DeclareConflict(review=REVIEW, reason="family", explanation=" A cousin. ")
        declared = ReviewConflictDeclared(
            review=REVIEW,
            application=APPLICATION,
            round=ROUND,
            juror=JUROR,
            after_submitting=False,
            reason="family",
            explanation="A cousin.",
        )
        assert asked().run(command, JUROR) == Outcome(
            facts={REVIEW: (declared,)},
            answers=REVIEW,
        )

    def test_they_judge_nothing_before_they_declare(self) -> None:
        assert asked().turned_down(SUBMIT, JUROR) == (
            Refused,
            "Declare first whether you have a conflict of interest with this application.",
        )

    @pytest.mark.parametrize("command", [NO_CONFLICT, CONFLICT, SUBMIT])
    def test_nobody_acts_in_their_place(self, command: Command) -> None:
        for actor in (SECOND_JUROR, CHAIR):
            assert asked().turned_down(command, actor) == (Forbidden, "This review belongs to another juror.")
        for actor in (OFFICER, FINANCE):
            assert asked().turned_down(command, actor) == (
                Forbidden,
                "In this initiative, only people with one of these roles can do this: juror, chair.",
            )
        for actor in (ARTIST, STRANGER, SYSTEM):
            assert asked().turned_down(command, actor)[0] is NotFound

    @pytest.mark.parametrize("command", [NO_CONFLICT, CONFLICT, SUBMIT])
    def test_a_juror_who_was_removed_is_removed_at_once(self, command: Command) -> None:
        world = asked()
        world.given(INITIATIVE, MemberRemoved(initiative=INITIATIVE, person=JUROR))
        assert world.turned_down(command, JUROR)[0] is NotFound

    def test_they_are_not_replaced_unless_they_step_back(self) -> None:
        assert asked().turned_down(REPLACE, OFFICER) == (
            Refused,
            "Only a juror who declared a conflict of interest can be replaced; this review is assigned.",
        )

    def test_the_reason_for_stepping_back_is_sealed_as_the_jurors(self) -> None:
        assert personal_fields(ReviewConflictDeclared) == {"explanation": "juror"}


class TestWhenTheJurorHasNoConflict:
    def test_they_submit_points_and_comments(self) -> None:
        command = SubmitReview(
            review=REVIEW,
            scores={"need": None, "art": 10},
            comment_jury=" Strong. ",
            comment_applicant="Go on.",
        )
        submitted = ReviewSubmitted(
            review=REVIEW,
            juror=JUROR,
            dossier=dossier_of(APPLICATION),
            rubric_version=1,
            scores={"art": 10, "need": None},
            comment_jury="Strong.",
            comment_applicant="Go on.",
        )
        assert asked(cleared()).run(command, JUROR) == Outcome(facts={REVIEW: (submitted,)}, answers=REVIEW)

    def test_comments_can_be_left_out(self) -> None:
        command = SubmitReview(
            review=REVIEW, scores={"art": 0, "need": 5}, comment_jury="", comment_applicant=" "
        )
        assert asked(cleared()).run(command, JUROR).facts == {REVIEW: (judged(art=0, need=5),)}

    @pytest.mark.parametrize(
        ("fields", "errors"),
        [
            (
                {"scores": {"art": 11, "need": -1}},
                {
                    "scores.art": "Write a whole number from 0 to 10; this is 11.",
                    "scores.need": "Write a whole number from 0 to 5; this is -1.",
                },
            ),
            (
                {"scores": {"art": 1}, "comment_jury": "x" * 10_001, "comment_applicant": "a\x00"},
                {
                    "scores.need": "Score this criterion, or say that you cannot judge it.",
                    "comment_jury": "At most 10000 characters; this has 10001.",
                    "comment_applicant": "Character 2 is the control character U+0000, which cannot be stored; delete it, or type that part again.",
                },
            ),
            (
                {"scores": {"art": 1, "need": 1, "Applicant One": 1}},
                {"scores": "There is a score for a criterion that this call does not have."},
            ),
            (
                {"scores": {"art": None, "need": None}},
                {"scores": "Score at least one criterion; if you can judge none, step back instead."},
            ),
        ],
    )
    def test_every_criterion_is_scored_on_its_scale(
        self, fields: dict[str, Any], errors: dict[str, str]
    ) -> None:
        command = SubmitReview(review=REVIEW, **fields)
        assert asked(cleared()).turned_down(command, JUROR) == (Invalid, errors)

    def test_they_still_step_back_when_a_conflict_shows_in_reading(self) -> None:
        assert asked(cleared()).run(CONFLICT, JUROR).facts == {REVIEW: (conflict_declared(),)}

    def test_they_are_asked_once(self) -> None:
        assert asked(cleared()).turned_down(NO_CONFLICT, JUROR) == (
            Refused,
            "You are asked about a conflict of interest only once, at the beginning; this review is cleared.",
        )

    def test_an_application_that_was_withdrawn_is_not_judged(self) -> None:
        world = asked(cleared())
        world.given(APPLICATION, withdrawn())
        assert world.turned_down(SUBMIT, JUROR) == (
            Refused,
            "Only an eligible application can be reviewed; this one is withdrawn.",
        )

    def test_comments_are_sealed_as_the_applicants(self) -> None:
        assert personal_fields(ReviewSubmitted) == {
            "comment_jury": "dossier",
            "comment_applicant": "dossier",
        }


class TestWhenTheJurorSteppedBack:
    def test_another_is_asked_anew_in_the_same_breath(self) -> None:
        outcome = asked(conflict_declared()).run(REPLACE, OFFICER)
        new = outcome.answers
        assert outcome == Outcome(
            facts={REVIEW: (replaced(replacement=new),), new: (assigned(SECOND_JUROR, review=new),)},
            answers=new,
        )

    def test_not_the_same_one(self) -> None:
        command = ReplaceReview(review=REVIEW, juror=JUROR)
        assert asked(conflict_declared()).turned_down(command, OFFICER) == (
            Refused,
            "This juror is already assigned to this application.",
        )

    def test_not_one_who_judges_it_already(self) -> None:
        world = asked(conflict_declared())
        review(world, OTHER_REVIEW, APPLICATION, SECOND_JUROR)
        assert world.turned_down(REPLACE, OFFICER) == (
            Refused,
            "This juror is already assigned to this application.",
        )

    def test_only_staff_replace(self) -> None:
        assert asked(conflict_declared()).turned_down(REPLACE, CHAIR) == (
            Forbidden,
            "In this initiative, only people with this role can do this: officer.",
        )
        assert asked(conflict_declared()).turned_down(REPLACE, STRANGER)[0] is NotFound

    def test_once(self) -> None:
        world = asked(conflict_declared(), replaced(replacement=OTHER_REVIEW))
        assert world.turned_down(REPLACE, OFFICER) == (
            Refused,
            "Only a juror who declared a conflict of interest can be replaced; this review is replaced.",
        )

    def test_they_judge_no_more(self) -> None:
        for facts, status in (
            ((conflict_declared(),), "recused"),
            ((conflict_declared(), replaced(replacement=OTHER_REVIEW)), "replaced"),
        ):
            assert asked(*facts).turned_down(SUBMIT, JUROR) == (
                Refused,
                "The juror of this review stepped back, so it is no longer written.",
            )
            assert asked(*facts).turned_down(NO_CONFLICT, JUROR) == (
                Refused,
                f"You are asked about a conflict of interest only once, at the beginning; this review is {status}.",
            )


class TestWhenTheReviewIsSubmitted:
    def test_it_is_not_submitted_again(self) -> None:
        world = asked(cleared(), judged())
        assert world.turned_down(SUBMIT, JUROR) == (
            Refused,
            "This review was submitted before. Open it to change it; that is possible until the panel opens.",
        )

    def test_the_juror_changes_all_of_it_until_the_panel_opens(self) -> None:
        changed = ReviewChanged(
            review=REVIEW,
            juror=JUROR,
            dossier=dossier_of(APPLICATION),
            rubric_version=1,
            scores={"art": 9, "need": None},
            comment_jury="Better.",
            comment_applicant=None,
        )
        world = asked(cleared(), judged())
        assert world.run(CHANGE, JUROR) == Outcome(facts={REVIEW: (changed,)}, answers=REVIEW)
        world.given(REVIEW, changed)
        assert world.state(review_state.REVIEW, REVIEW).scores == {"art": 9, "need": None}
        world.given(ROUND, put_to_panel())
        assert world.turned_down(CHANGE, JUROR) == (Refused, IN_PANEL)

    def test_what_is_changed_is_checked_like_what_is_submitted(self) -> None:
        command = ChangeReview(review=REVIEW, scores={"art": 11})
        with pytest.raises(Invalid) as raised:
            asked(cleared(), judged()).run(command, JUROR)
        assert {error.field for error in raised.value.errors} == {"scores.art", "scores.need"}

    def test_nobody_else_changes_it(self) -> None:
        for other in (SECOND_JUROR, CHAIR):
            assert asked(cleared(), judged()).turned_down(CHANGE, other) == (
                Forbidden,
                "This review belongs to another juror.",
            )

    def test_the_comments_are_sealed_with_the_application(self) -> None:
        assert personal_fields(ReviewChanged) == personal_fields(ReviewSubmitted)

    @pytest.mark.parametrize(
        ("facts", "sentence"),
        [
            ((), "Declare first whether you have a conflict of interest with this application."),
            ((cleared(),), "This review is not submitted yet, so there is nothing to change. Submit it."),
            (
                (cleared(), judged(), conflict_declared()),
                "The juror of this review stepped back, so it is no longer written.",
            ),
        ],
    )
    def test_only_a_submitted_review_is_changed(self, facts: tuple[Fact, ...], sentence: str) -> None:
        assert asked(*facts).turned_down(CHANGE, JUROR) == (Refused, sentence)
