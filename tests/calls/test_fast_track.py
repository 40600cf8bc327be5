"""The fast track: a lighter way for small emergency grants, up to a sum that the call says and never exceeds."""

from datetime import date
from typing import Any

import pytest

from domain.calls.facts import CallPublished
from domain.commands.calls import ChangeCall
from domain.commands.grants.amending import ProposeGrantAmendment
from domain.commands.grants.offering import AcceptGrant
from domain.commands.grants.scheduling import ScheduleGrant
from domain.commands.panels import ClosePanel, ConfirmPanel
from domain.deciding import Outcome
from domain.grants.facts import GrantAccepted, GrantInstalmentsScheduled, Instalment
from domain.grants.rules import PlannedInstalment
from domain.panels.facts import PanelConfirmed
from domain.panels.state import PANEL as PANEL_AGGREGATE
from domain.panels.state import PanelStatus
from domain.refusals import Invalid, Refused
from domain.values import Money
from tests.calls.test_calls import changed, funded
from tests.driving import NOON, World
from tests.grants import scene as grants
from tests.panel_scene import awarded, declined, panel_closed, panel_confirmed
from tests.panels.scene import award, in_panel
from tests.scene import (
    CALL,
    CHAIR,
    OFFICER,
    OTHER_APPLICATION,
    PANEL,
    as_drafted,
    drafted,
    euros,
    stage,
    withdrawn,
)

CEILING = 80_000
CONFIRM = ConfirmPanel(panel=PANEL)


class TestDrafting:
    def test_a_call_says_up_to_which_sum_it_goes(self) -> None:
        outcome = funded().run(changed(fast_track_up_to=euros("800.00")), OFFICER)
        (written,) = outcome.facts[outcome.answers]
        assert written.fast_track_up_to == CEILING  # type: ignore[attr-defined]

    @pytest.mark.parametrize(
        ("fields", "errors"),
        [
            (
                {"fast_track_up_to": euros("799.99")},
                {
                    "maximum_award.amount": (
                        "The fast track of this call goes up to 799.99 EUR; to award more, draft a call "
                        "without it."
                    )
                },
            ),
            (
                {"fast_track_up_to": euros("800.00"), "stages": (as_drafted(stage(quorum=3)),)},
                {"stages[0].quorum": "On the fast track each application has 2 reviews, not 3."},
            ),
            (
                {"fast_track_up_to": euros("800.00"), "stages": (as_drafted(stage(quorum=1)),)},
                {"stages[0].quorum": "On the fast track each application has 2 reviews, not 1."},
            ),
            (
                {"fast_track_up_to": Money(amount="800.00", currency="USD")},
                {"fast_track_up_to.currency": "The amount must be in EUR."},
            ),
        ],
    )
    def test_it_takes_two_reviews_and_awards_no_more(
        self, fields: dict[str, Any], errors: dict[str, str]
    ) -> None:
        assert funded().turned_down(changed(**fields), OFFICER) == (Invalid, errors)

    def test_a_change_does_not_exceed_it(self) -> None:
        world = in_panel()
        world.streams[CALL] = [drafted(fast_track_up_to=CEILING), CallPublished(call=CALL)]
        more = ChangeCall(call=CALL, maximum_award=euros("800.01"))
        assert world.turned_down(more, OFFICER)[0] is Invalid


def fast(*facts: Any) -> World:
    """A round of two applications in the panel of a call on the fast track."""
    world = in_panel(*facts)
    world.streams[CALL] = [drafted(fast_track_up_to=CEILING), CallPublished(call=CALL)]
    return world


class TestThePanel:
    def test_is_confirmed_without_being_closed_by_somebody_who_did_not_decide(self) -> None:
        world = fast(declined(OTHER_APPLICATION))
        world.run(award("500.00"), CHAIR)
        assert world.turned_down(CONFIRM, CHAIR) == (
            Refused,
            "You set an outcome in this panel, so somebody else must confirm it.",
        )
        assert world.turned_down(CONFIRM, OFFICER) == (
            Refused,
            (
                "This panel is still open, so its decisions can change. Read them, then confirm with the version that you "
                "read."
            ),
        )
        assert world.run(CONFIRM, OFFICER, versioned=True) == Outcome(
            facts={PANEL: (PanelConfirmed(panel=PANEL, confirmer=OFFICER),)}, answers=PANEL
        )

    def test_is_not_confirmed_before_every_application_has_its_outcome(self) -> None:
        world = fast(awarded(60_000))
        assert world.turned_down(CONFIRM, OFFICER) == (Refused, "1 application has no outcome yet.")
        world.given(OTHER_APPLICATION, withdrawn(OTHER_APPLICATION))
        world.run(CONFIRM, OFFICER, versioned=True)
        assert world.state(PANEL_AGGREGATE, PANEL).status is PanelStatus.CONFIRMED

    def test_can_be_closed_first_all_the_same_and_is_confirmed_once(self) -> None:
        world = fast(awarded(60_000), declined(OTHER_APPLICATION))
        world.run(ClosePanel(panel=PANEL), CHAIR)
        assert world.facts(PANEL)[-1] == panel_closed()
        world.run(CONFIRM, OFFICER)
        assert world.facts(PANEL)[-1] == panel_confirmed()
        assert world.turned_down(CONFIRM, OFFICER)[0] is Refused

    def test_of_any_other_call_is_closed_first(self) -> None:
        world = in_panel(awarded(60_000), declined(OTHER_APPLICATION))
        assert world.turned_down(CONFIRM, OFFICER) == (
            Refused,
            "Only a closed panel can be confirmed; this one is open.",
        )


class TestTheGrant:
    def test_stays_in_one_instalment(self) -> None:
        world = grants.world_with_grant(*grants.offered())
        world.streams[grants.CALL] = [drafted(fast_track_up_to=CEILING), CallPublished(call=grants.CALL)]
        world.run(AcceptGrant(grant=grants.GRANT), grants.ARTIST, NOON)
        halves = tuple(
            [PlannedInstalment(amount=Money.of(grants.AWARD // 2, "EUR"), due=date(2026, 4, 1))] * 2
        )
        for command in (
            ScheduleGrant(grant=grants.GRANT, instalments=halves),
            ProposeGrantAmendment(grant=grants.GRANT, instalments=halves),
        ):
            assert world.turned_down(command, grants.OFFICER) == (
                Invalid,
                {"instalments": "A grant on the fast track is paid in one instalment."},
            )
        later = PlannedInstalment(amount=Money.of(grants.AWARD, "EUR"), due=date(2026, 4, 1))
        world.run(ScheduleGrant(grant=grants.GRANT, instalments=(later,)), grants.OFFICER)

    def test_is_paid_in_one_instalment_that_is_made_when_it_is_accepted(self) -> None:
        world = grants.world_with_grant(*grants.offered())
        world.streams[grants.CALL] = [drafted(fast_track_up_to=CEILING), CallPublished(call=grants.CALL)]
        assert world.run(AcceptGrant(grant=grants.GRANT), grants.ARTIST, NOON).facts == {
            grants.GRANT: (
                GrantAccepted(grant=grants.GRANT),
                GrantInstalmentsScheduled(
                    grant=grants.GRANT,
                    instalments=(
                        Instalment(number=1, amount=grants.AWARD, condition="none", due=date(2026, 3, 2)),
                    ),
                    unscheduled=0,
                ),
            )
        }
