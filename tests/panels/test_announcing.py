"""Results are announced to all applicants at one moment that the staff choose; until then nobody has an outcome."""

from datetime import datetime, timedelta

import pytest

from domain.applications.facts import ApplicationAwarded, ApplicationDeclined, ApplicationWaitlisted
from domain.commands.announcing import AnnouncePanel, CancelPanelAnnouncement, PlanPanelAnnouncement
from domain.commands.applications.ending import WithdrawApplication
from domain.deciding import Command, Fact, Outcome
from domain.indexes import applications_by
from domain.panels.facts import PanelAnnouncementCancelled, PanelAnnouncementPlanned
from domain.panels.state import PANEL as PANEL_AGGREGATE
from domain.panels.state import PanelStatus
from domain.refusals import Forbidden, Invalid, NotFound, Refused
from domain.values import SYSTEM
from tests.driving import NOON, World
from tests.panel_scene import (
    awarded,
    declined,
    panel_announced,
    panel_closed,
    panel_confirmed,
    panel_opened,
    waitlisted,
)
from tests.panels.scene import THIRD, in_panel, place
from tests.scene import (
    APPLICATION,
    ARTIST,
    CHAIR,
    OFFICER,
    OTHER_APPLICATION,
    PANEL,
    ROUND,
    STRANGER,
    decided,
    found_eligible,
    receive,
    withdrawn,
)

ANNOUNCE = AnnouncePanel(panel=PANEL)
CANCEL = CancelPanelAnnouncement(panel=PANEL)
DUE = f"announce {PANEL}"
SOON, LATER = NOON + timedelta(days=2), NOON + timedelta(days=9)


def plan(moment: datetime) -> PlanPanelAnnouncement:
    """The plan for a moment in UTC; the call's clocks are those of Berlin, in winter."""
    return PlanPanelAnnouncement(panel=PANEL, announce_at=(moment + timedelta(hours=1)).replace(tzinfo=None))


def confirmed(*outcomes: Fact) -> World:
    """A confirmed panel with these outcomes."""
    return in_panel(
        *(outcomes or (awarded(60_000), declined(OTHER_APPLICATION))), panel_closed(), panel_confirmed()
    )


class TestAnnouncing:
    def test_gives_every_application_its_outcome_and_decides_the_round_at_once(self) -> None:
        world = confirmed(awarded(60_000), declined(), awarded(70_000), waitlisted(1, OTHER_APPLICATION))
        assert world.run(ANNOUNCE, OFFICER) == Outcome(
            facts={
                PANEL: (panel_announced(),),
                ROUND: (decided(),),
                APPLICATION: (
                    ApplicationAwarded(
                        application=APPLICATION, panel=PANEL, amount=70_000, currency="EUR", reason="quality"
                    ),
                ),
                OTHER_APPLICATION: (
                    ApplicationWaitlisted(application=OTHER_APPLICATION, panel=PANEL, rank=1),
                ),
            },
            answers=PANEL,
        )

    def test_the_order_of_what_becomes_of_each_tells_no_place(self) -> None:
        """A timeline shows these facts to people from whom the ranking keeps one of them."""
        world = in_panel()
        receive(world, THIRD, STRANGER, found_eligible(THIRD))
        ranking = (place(THIRD, 1), place(APPLICATION, 2), place(OTHER_APPLICATION, 3))
        world.streams[PANEL] = [
            panel_opened(*ranking),
            *(declined(each.application) for each in ranking),
            panel_closed(),
            panel_confirmed(),
        ]
        decided_on = [each for each in world.run(ANNOUNCE, OFFICER).facts if each.startswith("application-")]
        assert decided_on == sorted((APPLICATION, OTHER_APPLICATION, THIRD))

    def test_a_decline_keeps_its_reason(self) -> None:
        world = confirmed(declined(), awarded(60_000, OTHER_APPLICATION))
        world.run(ANNOUNCE, OFFICER)
        assert world.facts(APPLICATION)[-1] == ApplicationDeclined(
            application=APPLICATION, panel=PANEL, reason="not_selected"
        )

    def test_what_was_withdrawn_meanwhile_stays_withdrawn(self) -> None:
        world = confirmed()
        world.run(WithdrawApplication(application=APPLICATION, reason="safety"), ARTIST)
        outcome = world.run(ANNOUNCE, OFFICER)
        assert set(outcome.facts) == {PANEL, ROUND, OTHER_APPLICATION}
        assert world.facts(APPLICATION)[-1] == withdrawn()

    @pytest.mark.parametrize(
        ("facts", "sentence"),
        [
            ((), "Results can be announced only once the decision is confirmed; this panel is open."),
            (
                (awarded(60_000), declined(OTHER_APPLICATION), panel_closed()),
                "Results can be announced only once the decision is confirmed; this panel is closed.",
            ),
            (
                (
                    awarded(60_000),
                    declined(OTHER_APPLICATION),
                    panel_closed(),
                    panel_confirmed(),
                    panel_announced(),
                ),
                "The results of this panel have already been announced.",
            ),
        ],
    )
    @pytest.mark.parametrize("command", [ANNOUNCE, plan(SOON), CANCEL])
    def test_is_possible_once_after_the_confirmation(
        self, command: Command, facts: tuple[Fact, ...], sentence: str
    ) -> None:
        assert in_panel(*facts).turned_down(command, OFFICER) == (Refused, sentence)

    @pytest.mark.parametrize("command", [ANNOUNCE, plan(SOON), CANCEL])
    def test_is_for_the_staff_who_wait_for_no_result_themselves(self, command: Command) -> None:
        world = confirmed()
        assert world.turned_down(command, CHAIR)[0] is Forbidden
        assert world.turned_down(command, ARTIST)[0] is NotFound
        world.indexes[applications_by(OFFICER, ROUND)] = {THIRD}
        assert world.turned_down(command, OFFICER)[0] is Forbidden


class TestPlanning:
    def test_a_planned_time_announces_the_results_by_itself_and_not_before(self) -> None:
        world = confirmed()
        assert world.run(plan(SOON), OFFICER).facts == {
            PANEL: (
                PanelAnnouncementPlanned(
                    panel=PANEL,
                    announce_at=SOON,
                    announce_local=(SOON + timedelta(hours=1)).strftime("%Y-%m-%d %H:%M"),
                    time_zone="Europe/Berlin",
                ),
            )
        }
        assert world.pass_time(SOON - timedelta(seconds=1)) == ()
        assert world.facts(APPLICATION)[-1] == found_eligible()
        (outcome,) = world.pass_time(SOON)
        assert set(outcome.facts) == {PANEL, ROUND, APPLICATION, OTHER_APPLICATION}
        assert world.state(PANEL_AGGREGATE, PANEL).status is PanelStatus.ANNOUNCED

    def test_the_time_can_be_changed_until_then(self) -> None:
        world = confirmed()
        world.run(plan(SOON), OFFICER)
        world.run(plan(LATER), OFFICER)
        assert world.pass_time(SOON) == ()
        assert len(world.pass_time(LATER)) == 1

    def test_it_can_be_cancelled_and_planned_once_more(self) -> None:
        world = confirmed()
        world.run(plan(SOON), OFFICER)
        assert DUE in world.due
        assert world.run(CANCEL, OFFICER).facts == {PANEL: (PanelAnnouncementCancelled(panel=PANEL),)}
        assert DUE not in world.due
        assert world.pass_time(LATER) == ()
        assert world.turned_down(CANCEL, OFFICER) == (
            Refused,
            "No time is planned for announcing the results.",
        )
        world.run(plan(SOON), OFFICER)
        assert len(world.pass_time(SOON)) == 1

    def test_the_staff_can_announce_before_it(self) -> None:
        world = confirmed()
        world.run(plan(SOON), OFFICER)
        world.run(ANNOUNCE, OFFICER)
        assert DUE not in world.due

    @pytest.mark.parametrize("planned", [(), (plan(LATER),)])
    def test_a_due_date_that_the_plan_overtook_announces_nothing(self, planned: tuple[Command, ...]) -> None:
        world = confirmed()
        for command in planned:
            world.run(command, OFFICER)
        assert world.turned_down(ANNOUNCE, SYSTEM, now=SOON) == (
            Refused,
            "The results are no longer planned to be announced at this time.",
        )

    def test_only_a_time_in_the_future_is_planned(self) -> None:
        assert confirmed().turned_down(plan(NOON), OFFICER)[0] is Invalid

    def test_the_same_time_is_not_planned_twice(self) -> None:
        world = confirmed()
        world.run(plan(SOON), OFFICER)
        assert world.turned_down(plan(SOON), OFFICER)[0] is Refused
