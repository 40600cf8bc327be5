"""A closed panel that the person who should confirm it returns to its chair."""

import pytest

from domain.commands.panels import ClosePanel, ConfirmPanel, ReturnPanel
from domain.panels.facts import PanelReturned
from domain.panels.state import PANEL as PANEL_AGGREGATE
from domain.panels.state import PanelStatus
from domain.refusals import Forbidden, NotFound, Refused
from tests.panel_scene import awarded, declined, panel_closed, panel_confirmed
from tests.panels.scene import award, in_panel
from tests.scene import CHAIR, JUROR, OFFICER, OTHER_APPLICATION, PANEL, STRANGER

RETURN = ReturnPanel(panel=PANEL, reason="amount_questioned")
RETURNED = PanelReturned(panel=PANEL, returner=OFFICER, reason="amount_questioned")
DECIDED = (awarded(60_000), declined(OTHER_APPLICATION))


def test_it_is_open_again_and_its_chair_decides_and_closes_it_once_more() -> None:
    world = in_panel(*DECIDED, panel_closed())
    assert world.run(RETURN, OFFICER).facts == {PANEL: (RETURNED,)}
    assert world.state(PANEL_AGGREGATE, PANEL).status is PanelStatus.OPENED
    world.run(award("400.00"), CHAIR)
    world.run(ClosePanel(panel=PANEL), CHAIR)
    world.run(ConfirmPanel(panel=PANEL), OFFICER)
    assert world.state(PANEL_AGGREGATE, PANEL).status is PanelStatus.CONFIRMED


def test_it_is_not_confirmed_before_it_was_closed_once_more() -> None:
    assert in_panel(*DECIDED, panel_closed(), RETURNED).turned_down(ConfirmPanel(panel=PANEL), OFFICER) == (
        Refused,
        "Only a closed panel can be confirmed; this one is open.",
    )


@pytest.mark.parametrize(
    ("facts", "status"), [((), "open"), ((panel_closed(), panel_confirmed()), "confirmed")]
)
def test_only_a_closed_one_is_returned(facts: tuple[PanelReturned, ...], status: str) -> None:
    assert in_panel(*DECIDED, *facts).turned_down(RETURN, OFFICER) == (
        Refused,
        f"Only a closed panel can be returned to the chair; this one is {status}.",
    )


def test_only_who_could_confirm_it_returns_it() -> None:
    world = in_panel(*DECIDED, panel_closed())
    assert world.turned_down(RETURN, JUROR)[0] is Forbidden
    assert world.turned_down(RETURN, CHAIR)[0] is Refused
    assert world.turned_down(RETURN, STRANGER)[0] is NotFound


def test_whoever_set_an_outcome_does_not_return_it() -> None:
    world = in_panel(*DECIDED, panel_closed())
    world.indexes[f"deciders of {PANEL}"] = {OFFICER}
    assert world.turned_down(RETURN, OFFICER)[0] is Refused
