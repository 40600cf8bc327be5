"""Panels: a fixed ranking, an outcome for every application, closed by the chair and confirmed by another."""

from fractions import Fraction

import msgspec
import pytest

from domain.applications.facts import ApplicationDeclined
from domain.commands.announcing import AnnouncePanel
from domain.commands.panels import ClosePanel, ConfirmPanel, OpenPanel, SetPanelOutcome
from domain.deciding import Command, Fact, Outcome
from domain.indexes import applications_by
from domain.initiatives import MemberAdded
from domain.panels.facts import MoreReason, PanelConfirmed, PanelOutcomeSet, RankingPlace
from domain.panels.ranking import rank
from domain.panels.state import PANEL as PANEL_AGGREGATE
from domain.panels.state import Panel, evolve
from domain.refusals import Forbidden, Invalid, NotFound, Refused
from domain.reviews.state import Review, ReviewStatus
from domain.stages import Blindness
from domain.values import Money, Role
from tests.driving import World, person
from tests.panel_scene import awarded, declined, panel_closed, panel_confirmed, panel_opened, waitlisted
from tests.scene import (
    APPLICATION,
    ARTIST,
    CALL,
    CHAIR,
    FINANCE,
    INITIATIVE,
    JUDGING_OFFICER,
    JUROR,
    OFFICER,
    OTHER_APPLICATION,
    OTHER_ARTIST,
    PANEL,
    ROUND,
    RUBRIC,
    SECOND_JUROR,
    STRANGER,
    THIRD_JUROR,
    calling,
    cleared,
    closed,
    conflict_declared,
    euros,
    found_eligible,
    found_ineligible,
    judged,
    numbered,
    put_to_panel,
    receive,
    review,
    withdrawn,
)

OPEN = OpenPanel(round=ROUND)
LACKING = (
    "{count} eligible applications do not have enough reviews. Ask other jurors; where nobody is left to ask, the chair can "
    "lower the quorum."
)
ONE_LACKING = (
    "1 eligible application does not have enough reviews. Ask another juror; if nobody is left to ask, the chair can lower "
    "the quorum."
)
CLOSE = ClosePanel(panel=PANEL)
CONFIRM = ConfirmPanel(panel=PANEL)
THIRD = numbered("application", 3)
APPLICANTS = {APPLICATION: ARTIST, OTHER_APPLICATION: OTHER_ARTIST, THIRD: STRANGER}


def received(**points: tuple[int, ...]) -> World:
    """A closed round that needs two reviews of each application; `first`, `second` and `third` say with how many
    points for art (and none judged for need) each was reviewed."""
    world = calling()
    names = {"first": APPLICATION, "second": OTHER_APPLICATION, "third": THIRD}
    number = 0
    for name, given in points.items():
        receive(world, names[name], APPLICANTS[names[name]], found_eligible(names[name]))
        for juror, art in zip((JUROR, SECOND_JUROR, THIRD_JUROR), given, strict=False):
            number += 1
            new = numbered("review", number)
            written = judged(juror, art=art, need=None, review=new, application=names[name])
            review(world, new, names[name], juror, cleared(juror, review=new), written)
    world.given(ROUND, closed(*(names[name] for name in points)))
    return world


def place(
    application: str, rank: int, score: str | None = "4/5", reviews: int = 2, on_few_criteria: int = 2
) -> RankingPlace:
    """A place; in this rubric of two criteria, whoever judged one of them judged few."""
    return RankingPlace(
        application=application, rank=rank, score=score, reviews=reviews, on_few_criteria=on_few_criteria
    )


def in_panel(*facts: Fact, budget: int = 100_000, blindness: Blindness = "double") -> World:
    """A round of two applications in panel, and then…"""
    world = calling(budget=budget, blindness=blindness)
    receive(world, APPLICATION, ARTIST, found_eligible())
    receive(world, OTHER_APPLICATION, OTHER_ARTIST, found_eligible(OTHER_APPLICATION))
    world.given(ROUND, closed(APPLICATION, OTHER_APPLICATION), put_to_panel())
    world.given(PANEL, panel_opened(place(APPLICATION, 1), place(OTHER_APPLICATION, 2)), *facts)
    return world


def award(
    amount: str, application: str = APPLICATION, *, more_because: MoreReason | None = None
) -> SetPanelOutcome:
    """An award; the applications ask for 500.00 EUR."""
    return SetPanelOutcome(
        panel=PANEL,
        application=application,
        outcome="award",
        reason="quality",
        amount=euros(amount),
        more_because=more_because,
    )


def wait(rank: int | None, amount: str | None = "500.00", application: str = APPLICATION) -> SetPanelOutcome:
    return SetPanelOutcome(
        panel=PANEL,
        application=application,
        outcome="waitlist",
        rank=rank,
        amount=None if amount is None else euros(amount),
    )


DECLINE = SetPanelOutcome(panel=PANEL, application=APPLICATION, outcome="decline", reason="not_selected")


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
            "You or your organisation applied in this round, so you cannot take part in deciding on it.",
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


class TestWhenThePanelIsOpen:
    def test_the_chair_awards(self) -> None:
        assert in_panel().run(award("400.00"), CHAIR) == Outcome(
            facts={PANEL: (awarded(40_000),)}, answers=PANEL
        )

    @pytest.mark.parametrize("command", [award("800.00"), wait(1, "800.00")])
    def test_more_than_was_asked_for_needs_a_reason_of_its_own(self, command: SetPanelOutcome) -> None:
        assert in_panel().turned_down(command, CHAIR) == (
            Invalid,
            {
                "more_because": "The applicant asked for 500.00 EUR. Choose a reason if 800.00 EUR is meant to be more "
                "than that."
            },
        )
        meant = msgspec.structs.replace(command, more_because="costs_rose")
        (fact,) = in_panel().run(meant, CHAIR).facts[PANEL]
        assert (fact.amount, fact.more_because) == (80_000, "costs_rose")

    def test_a_reason_for_more_is_refused_where_it_is_not_more(self) -> None:
        assert in_panel().turned_down(award("500.00", more_because="other"), CHAIR) == (
            Invalid,
            {"more_because": "This is not more than the applicant asked for; leave the reason out."},
        )

    def test_the_chair_gives_a_place_on_the_waiting_list(self) -> None:
        assert in_panel().run(wait(2), CHAIR).facts == {PANEL: (waitlisted(2),)}

    def test_the_chair_declines(self) -> None:
        assert in_panel().run(DECLINE, CHAIR).facts == {PANEL: (declined(),)}

    def test_an_outcome_can_be_changed(self) -> None:
        world = in_panel(awarded(80_000), declined())
        panel = world.state(PANEL_AGGREGATE, PANEL)
        assert panel.outcomes() == {APPLICATION: declined()}

    @pytest.mark.parametrize("actor", [OFFICER, JUROR, FINANCE])
    @pytest.mark.parametrize("command", [DECLINE, CLOSE])
    def test_only_the_chair_decides(self, actor: str, command: Command) -> None:
        assert in_panel().turned_down(command, actor) == (
            Forbidden,
            "In this initiative, only people with this role can do this: chair.",
        )
        assert in_panel().turned_down(command, STRANGER)[0] is NotFound

    @pytest.mark.parametrize("command", [DECLINE, CLOSE])
    def test_a_chair_who_applied_decides_nothing(self, command: Command) -> None:
        world = in_panel()
        world.indexes[applications_by(CHAIR, ROUND)] = {THIRD}
        assert world.turned_down(command, CHAIR) == (
            Forbidden,
            "You or your organisation applied in this round, so you cannot take part in deciding on it.",
        )

    @pytest.mark.parametrize(
        ("command", "errors"),
        [
            (
                SetPanelOutcome(panel=PANEL, application=APPLICATION, outcome="award"),
                {"amount": "Write the amount of the award."},
            ),
            (
                SetPanelOutcome(
                    panel=PANEL,
                    application=APPLICATION,
                    outcome="award",
                    reason="quality",
                    amount=euros("500"),
                    rank=1,
                ),
                {"rank": "Only the waiting list has places; leave this empty."},
            ),
            (
                SetPanelOutcome(
                    panel=PANEL,
                    application=APPLICATION,
                    outcome="award",
                    amount=euros("500"),
                    reason="not_selected",
                ),
                {"reason": "Choose a reason for the award."},
            ),
            (
                SetPanelOutcome(
                    panel=PANEL, application=APPLICATION, outcome="decline", reason="other", amount=euros("1")
                ),
                {"amount": "Declining has no amount; leave this empty."},
            ),
            (
                SetPanelOutcome(panel=PANEL, application=APPLICATION, outcome="decline"),
                {"reason": "Choose a reason for declining."},
            ),
            (
                SetPanelOutcome(panel=PANEL, application=APPLICATION, outcome="decline", reason="quality"),
                {"reason": "Choose a reason for declining."},
            ),
            (
                msgspec.structs.replace(wait(1), reason="other"),
                {"reason": "The waiting list needs no reason; leave this empty."},
            ),
            (wait(1, None), {"amount": "Write the amount that is awarded if the application moves up."}),
            (
                wait(None),
                {"rank": "Write the place on the waiting list, counted from 1."},
            ),
            (
                wait(0),
                {"rank": "Write a whole number from 1 to 2; this is 0."},
            ),
            (
                wait(10**30),
                {"rank": f"Write a whole number from 1 to 2; this is {10**30}."},
            ),
            (
                award("99.99"),
                {"amount.amount": "This call awards from 100.00 EUR to 800.00 EUR; this is 99.99 EUR."},
            ),
            (
                award("800.01"),
                {"amount.amount": "This call awards from 100.00 EUR to 800.00 EUR; this is 800.01 EUR."},
            ),
            (
                SetPanelOutcome(
                    panel=PANEL,
                    application=APPLICATION,
                    outcome="award",
                    reason="quality",
                    amount=Money(amount="500", currency="GBP"),
                ),
                {"amount.currency": "The amount must be in EUR."},
            ),
        ],
    )
    def test_an_outcome_comes_with_what_it_needs(
        self, command: SetPanelOutcome, errors: dict[str, str]
    ) -> None:
        assert in_panel().turned_down(command, CHAIR) == (Invalid, errors)

    def test_the_awards_stay_within_the_budget(self) -> None:
        world = in_panel(awarded(60_000, OTHER_APPLICATION))
        assert world.turned_down(award("400.01"), CHAIR) == (
            Refused,
            "The call's budget has 400.00 EUR left, which does not cover this award.",
        )
        world.run(award("400.00"), CHAIR)
        assert world.facts(PANEL)[-1] == awarded(40_000)

    def test_an_award_that_is_changed_counts_once(self) -> None:
        world = in_panel(awarded(60_000), awarded(50_000, OTHER_APPLICATION))
        world.run(award("500.00"), CHAIR)
        assert world.facts(PANEL)[-1] == awarded(50_000)

    def test_an_award_whose_application_was_withdrawn_binds_no_budget(self) -> None:
        world = in_panel(awarded(60_000, OTHER_APPLICATION))
        world.given(OTHER_APPLICATION, withdrawn(OTHER_APPLICATION))
        world.run(award("500.00"), CHAIR)
        assert world.facts(PANEL)[-1] == awarded(50_000)

    def test_an_application_that_was_withdrawn_is_not_decided_on(self) -> None:
        world = in_panel()
        world.given(APPLICATION, withdrawn())
        assert world.turned_down(DECLINE, CHAIR) == (
            Refused,
            "A panel decides only on eligible applications; this one is withdrawn.",
        )

    def test_only_what_is_ranked_is_decided_on_and_nothing_else_is_told_apart(self) -> None:
        world = in_panel()
        receive(world, THIRD, STRANGER, found_ineligible(THIRD))
        for unranked in (THIRD, numbered("application", 99)):
            for actor in (CHAIR, STRANGER):
                assert world.turned_down(award("500", unranked), actor) == (
                    NotFound,
                    "Not found, or you have no access.",
                )
            assert world.turned_down(award("500", unranked), OFFICER)[0] is Forbidden

    def test_the_chair_closes_it_when_all_is_decided(self) -> None:
        world = in_panel(awarded(60_000), waitlisted(1, OTHER_APPLICATION))
        assert world.run(CLOSE, CHAIR) == Outcome(facts={PANEL: (panel_closed(),)}, answers=PANEL)

    def test_what_is_undecided_keeps_it_open(self) -> None:
        assert in_panel(awarded(60_000)).turned_down(CLOSE, CHAIR) == (
            Refused,
            "1 application has no outcome yet.",
        )
        assert in_panel().turned_down(CLOSE, CHAIR) == (Refused, "2 applications have no outcome yet.")

    def test_what_was_withdrawn_needs_no_outcome(self) -> None:
        world = in_panel(awarded(60_000))
        world.given(OTHER_APPLICATION, withdrawn(OTHER_APPLICATION))
        world.run(CLOSE, CHAIR)
        assert world.facts(PANEL)[-1] == panel_closed()

    @pytest.mark.parametrize("ranks", [(1, 1), (2, 2)])
    def test_the_waiting_list_runs_from_one_without_a_gap(self, ranks: tuple[int, int]) -> None:
        world = in_panel(waitlisted(ranks[0]), waitlisted(ranks[1], OTHER_APPLICATION))
        assert world.turned_down(CLOSE, CHAIR) == (
            Refused,
            "Number the places on the waiting list from 1, without gaps and each only once.",
        )

    def test_a_withdrawal_leaves_a_gap_that_the_chair_mends(self) -> None:
        world = in_panel(waitlisted(1), waitlisted(2, OTHER_APPLICATION))
        world.given(APPLICATION, withdrawn())
        assert world.turned_down(CLOSE, CHAIR)[0] is Refused
        world.run(wait(1, application=OTHER_APPLICATION), CHAIR)
        world.run(CLOSE, CHAIR)
        assert world.facts(PANEL)[-1] == panel_closed()

    def test_it_is_not_confirmed(self) -> None:
        assert in_panel().turned_down(CONFIRM, OFFICER) == (
            Refused,
            "Only a closed panel can be confirmed; this one is open.",
        )


class TestWhenThePanelIsClosed:
    def test_another_person_confirms_it_and_no_applicant_has_an_outcome_yet(self) -> None:
        world = in_panel(awarded(60_000), waitlisted(1, OTHER_APPLICATION), panel_closed())
        assert world.run(CONFIRM, OFFICER) == Outcome(facts={PANEL: (panel_confirmed(),)}, answers=PANEL)

    def test_nobody_confirms_what_they_closed(self) -> None:
        both = in_panel(declined(), declined(OTHER_APPLICATION), blindness="open")
        both.run(CLOSE, JUDGING_OFFICER)
        assert both.turned_down(CONFIRM, JUDGING_OFFICER) == (
            Refused,
            "You closed this panel, so somebody else must confirm it.",
        )
        both.run(CONFIRM, CHAIR)
        assert both.facts(PANEL)[-1] == PanelConfirmed(panel=PANEL, confirmer=CHAIR)

    def test_nobody_confirms_who_set_an_outcome_also_one_that_was_changed_or_closed_by_another(self) -> None:
        world = in_panel(declined(OTHER_APPLICATION), blindness="open")
        world.run(award("500.00"), JUDGING_OFFICER)
        world.run(DECLINE, CHAIR)
        world.run(CLOSE, CHAIR)
        assert world.turned_down(CONFIRM, JUDGING_OFFICER) == (
            Refused,
            "You set an outcome in this panel, so somebody else must confirm it.",
        )
        world.run(CONFIRM, OFFICER)
        assert world.facts(PANEL)[-1] == panel_confirmed()

    def test_only_staff_or_a_chair_confirm_and_none_who_applied(self) -> None:
        world = in_panel(declined(), declined(OTHER_APPLICATION), panel_closed())
        assert world.turned_down(CONFIRM, JUROR) == (
            Forbidden,
            "In this initiative, only people with one of these roles can do this: officer, chair.",
        )
        assert world.turned_down(CONFIRM, STRANGER)[0] is NotFound
        world.indexes[applications_by(OFFICER, ROUND)] = {THIRD}
        assert world.turned_down(CONFIRM, OFFICER) == (
            Forbidden,
            "You or your organisation applied in this round, so you cannot take part in deciding on it.",
        )

    def test_nothing_is_changed_any_more(self) -> None:
        world = in_panel(declined(), declined(OTHER_APPLICATION), panel_closed())
        assert world.turned_down(award("500"), CHAIR) == (
            Refused,
            "Outcomes can be set only in an open panel; this one is closed.",
        )
        assert world.turned_down(CLOSE, CHAIR) == (
            Refused,
            "Only an open panel can be closed; this one is closed.",
        )


class TestWhenThePanelIsConfirmed:
    def test_it_stands(self) -> None:
        world = in_panel(declined(), declined(OTHER_APPLICATION), panel_closed(), panel_confirmed())
        assert world.turned_down(CONFIRM, OFFICER) == (
            Refused,
            "Only a closed panel can be confirmed; this one is confirmed.",
        )


def test_an_application_without_a_score_stands_last() -> None:
    """A call may need no review; what has no score does not push aside what has one, even none at all."""
    zero = Review(status=ReviewStatus.SUBMITTED, scores={"art": 0, "need": 0})
    assert rank({APPLICATION: (), OTHER_APPLICATION: (zero,), THIRD: ()}, (RUBRIC,)) == (
        place(OTHER_APPLICATION, 1, "0/1", 1, 0),
        place(APPLICATION, 2, None, 0, 0),
        place(THIRD, 2, None, 0, 0),
    )


def test_each_of_a_thousand_applications_keeps_its_outcome() -> None:
    panel = Panel()
    for number in range(1_000):
        panel = evolve(panel, declined(numbered("application", number)))
    assert len(panel.outcomes()) == 1_000


def test_a_round_of_many_applications_is_decided_whole() -> None:
    """Opening, closing and announcing reach every application of the round, in one outcome each."""
    world = calling(quorum=1)
    applications = [numbered("application", number) for number in range(1, 201)]
    for number, application in enumerate(applications, start=1):
        applicant = person(1_000 + number)
        new = numbered("review", number)
        receive(world, application, applicant, found_eligible(application))
        written = judged(JUROR, art=number % 11, need=None, review=new, application=application)
        review(world, new, application, JUROR, cleared(JUROR, review=new), written)
    world.given(ROUND, closed(*applications))
    panel = world.run(OPEN, OFFICER).answers
    places = world.state(PANEL_AGGREGATE, panel).ranking
    scores = [Fraction(entry.score or 0) for entry in places]
    assert scores == sorted(scores, reverse=True)
    world.given(
        panel,
        *(
            PanelOutcomeSet(
                panel=panel,
                application=application,
                outcome="decline",
                amount=None,
                currency=None,
                rank=None,
                more_because=None,
                reason="not_selected",
            )
            for application in applications
        ),
    )
    world.run(ClosePanel(panel=panel), CHAIR)
    world.run(ConfirmPanel(panel=panel), OFFICER)
    outcome = world.run(AnnouncePanel(panel=panel), OFFICER)
    assert set(outcome.facts) == {panel, ROUND, *applications}
    for application in applications:
        assert world.facts(application)[-1] == ApplicationDeclined(
            application=application, panel=panel, reason="not_selected"
        )
