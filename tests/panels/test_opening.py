"""Opening a panel: what a round needs for it, and the ranking."""

import pytest

from domain.deciding import Fact, Outcome
from domain.initiatives.facts import MemberAdded
from domain.panels.ranking import rank
from domain.panels.state import PANEL as PANEL_AGGREGATE
from domain.refusals import Forbidden, NotFound, Refused
from domain.reviews.state import Review, ReviewStatus
from domain.values import Role
from tests.panel_scene import panel_opened
from tests.panels.scene import LACKING, ONE_LACKING, OPEN, THIRD, in_panel, place, received
from tests.scene import (
    APPLICATION,
    ARTIST,
    CALL,
    CHAIR,
    INITIATIVE,
    OFFICER,
    OTHER_APPLICATION,
    OTHER_ARTIST,
    ROUND,
    RUBRIC,
    STRANGER,
    THIRD_JUROR,
    calling,
    cleared,
    closed,
    conflict_declared,
    found_ineligible,
    numbered,
    put_to_panel,
    receive,
    review,
    withdrawn,
)


class TestWhenTheRoundIsClosed:
    def test_the_panel_opens_on_a_ranking_by_the_mean_of_the_reviews(self) -> None:
        world = received(first=(5, 6), second=(9, 10, 8))
        outcome = world.run(OPEN, OFFICER)
        new = outcome.answers
        ranking = (place(OTHER_APPLICATION, 1, "9/10", 3, 3), place(APPLICATION, 2, "11/20", 2))
        opened = panel_opened(*ranking)
        assert outcome == Outcome(
            facts={
                new: (
                    type(opened)(
                        panel=new,
                        initiative=INITIATIVE,
                        call=CALL,
                        round=ROUND,
                        stage="main",
                        ranking=ranking,
                    ),
                ),
                ROUND: (
                    type(put_to_panel())(
                        round=ROUND,
                        panel=new,
                        reviews={
                            APPLICATION: tuple(numbered("review", number) for number in (1, 2)),
                            OTHER_APPLICATION: tuple(numbered("review", number) for number in (3, 4, 5)),
                        },
                    ),
                ),
            },
            answers=new,
        )

    def test_equal_means_share_a_rank_and_stand_by_their_ids(self) -> None:
        world = received(third=(7, 7), second=(6, 8), first=(7, 6))
        panel = world.state(PANEL_AGGREGATE, world.run(OPEN, OFFICER).answers)
        assert panel.ranking == (
            place(OTHER_APPLICATION, 1, "7/10"),
            place(THIRD, 1, "7/10"),
            place(APPLICATION, 3, "13/20"),
        )

    def test_what_was_not_examined_blocks_it(self) -> None:
        world = received(first=(5, 6))
        receive(world, OTHER_APPLICATION, OTHER_ARTIST)
        world.streams[ROUND][-1] = closed(APPLICATION, OTHER_APPLICATION)
        assert world.turned_down(OPEN, OFFICER) == (
            Refused,
            "1 application has not been examined yet; find it eligible or ineligible first.",
        )
        receive(world, THIRD, STRANGER)
        world.streams[ROUND][-1] = closed(APPLICATION, OTHER_APPLICATION, THIRD)
        assert world.turned_down(OPEN, OFFICER) == (
            Refused,
            "2 applications have not been examined yet; find each eligible or ineligible first.",
        )

    def test_every_eligible_application_needs_its_reviews(self) -> None:
        assert received(first=(5, 6), second=(9,)).turned_down(OPEN, OFFICER) == (
            Refused,
            ONE_LACKING,
        )
        assert received(first=(), second=(9,)).turned_down(OPEN, OFFICER) == (
            Refused,
            LACKING.format(count=2),
        )

    @pytest.mark.parametrize("facts", [(), (cleared(THIRD_JUROR),), (conflict_declared(THIRD_JUROR),)])
    def test_a_review_that_is_owed_or_was_stepped_back_from_does_not_count(
        self, facts: tuple[Fact, ...]
    ) -> None:
        world = received(first=(5,))
        review(world, numbered("review", 9), APPLICATION, THIRD_JUROR, *facts)
        assert world.turned_down(OPEN, OFFICER) == (
            Refused,
            ONE_LACKING,
        )

    def test_what_is_out_is_not_ranked_and_needs_no_review(self) -> None:
        world = received(first=(5, 6), second=(9,), third=())
        world.given(OTHER_APPLICATION, withdrawn(OTHER_APPLICATION))
        world.given(THIRD, found_ineligible(THIRD))
        panel = world.state(PANEL_AGGREGATE, world.run(OPEN, OFFICER).answers)
        assert panel.ranking == (place(APPLICATION, 1, "11/20"),)

    def test_only_staff_open_it_and_not_on_a_round_in_which_they_applied(self) -> None:
        world = received(first=(5, 6))
        assert world.turned_down(OPEN, CHAIR) == (
            Forbidden,
            "In this initiative, only people with this role can do this: officer.",
        )
        assert world.turned_down(OPEN, STRANGER)[0] is NotFound
        world.given(INITIATIVE, MemberAdded(initiative=INITIATIVE, person=ARTIST, roles=(Role.OFFICER,)))
        assert world.turned_down(OPEN, ARTIST) == (
            Forbidden,
            "You or your organisation applied in this round, or you helped to write an application, so you cannot take part in deciding on it.",
        )


class TestWhenTheRoundIsInAnotherState:
    def test_no_panel_opens(self) -> None:
        assert calling().turned_down(OPEN, OFFICER) == (
            Refused,
            "A panel can be opened only for a closed round; this one is open.",
        )
        assert in_panel().turned_down(OPEN, OFFICER) == (
            Refused,
            "A panel can be opened only for a closed round; this one is in panel.",
        )


def test_an_application_without_a_score_stands_last() -> None:
    """A call may need no review; what has no score does not push aside what has one, even none at all."""
    zero = Review(status=ReviewStatus.SUBMITTED, scores={"art": 0, "need": 0})
    assert rank({APPLICATION: (), OTHER_APPLICATION: (zero,), THIRD: ()}, (RUBRIC,)) == (
        place(OTHER_APPLICATION, 1, "0/1", 1, 0),
        place(APPLICATION, 2, None, 0, 0),
        place(THIRD, 2, None, 0, 0),
    )
