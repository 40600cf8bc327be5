"""Closing and confirming a panel: who does it, and what has to be complete."""

from fractions import Fraction

import pytest

from domain.applications.facts import ApplicationDeclined
from domain.commands.announcing import AnnouncePanel
from domain.commands.panels import ClosePanel, ConfirmPanel
from domain.deciding import Outcome
from domain.indexes import applications_by
from domain.panels.facts import PanelConfirmed, PanelOutcomeSet
from domain.panels.state import PANEL as PANEL_AGGREGATE
from domain.refusals import Forbidden, NotFound, Refused
from tests.driving import person
from tests.panel_scene import awarded, declined, panel_closed, panel_confirmed, waitlisted
from tests.panels.scene import (
    CLOSE,
    CONFIRM,
    DECLINE,
    OPEN,
    THIRD,
    award,
    in_panel,
    wait,
)
from tests.scene import (
    APPLICATION,
    CHAIR,
    JUDGING_OFFICER,
    JUROR,
    OFFICER,
    OTHER_APPLICATION,
    PANEL,
    ROUND,
    STRANGER,
    calling,
    cleared,
    closed,
    found_eligible,
    judged,
    numbered,
    receive,
    review,
    withdrawn,
)


class TestWhenThePanelIsOpen:
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
            "You or your organisation applied in this round, or you helped to write an application, so you cannot take part in deciding on it.",
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
                decider=CHAIR,
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
