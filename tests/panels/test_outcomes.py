"""The outcomes that a chair sets in an open panel."""

import msgspec
import pytest

from domain.commands.panels import SetPanelOutcome
from domain.deciding import Command, Outcome
from domain.indexes import applications_by
from domain.panels.state import PANEL as PANEL_AGGREGATE
from domain.panels.state import Panel, evolve
from domain.refusals import Forbidden, Invalid, NotFound, Refused
from domain.values import Money
from tests.panel_scene import awarded, declined, waitlisted
from tests.panels.scene import CLOSE, DECLINE, THIRD, award, in_panel, wait
from tests.scene import (
    APPLICATION,
    CHAIR,
    FINANCE,
    JUROR,
    OFFICER,
    OTHER_APPLICATION,
    PANEL,
    ROUND,
    STRANGER,
    euros,
    found_ineligible,
    numbered,
    receive,
    withdrawn,
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
            "You or your organisation applied in this round, or you helped to write an application, so you cannot take part in deciding on it.",
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


def test_each_of_a_thousand_applications_keeps_its_outcome() -> None:
    panel = Panel()
    for number in range(1_000):
        panel = evolve(panel, declined(numbered("application", number)))
    assert len(panel.outcomes()) == 1_000
