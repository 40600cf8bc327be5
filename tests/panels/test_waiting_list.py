"""The waiting list moves up when an offer is declined or lapses, by the rule that the panel fixed before."""

import pytest

from domain.applications import APPLICATION as APPLICATION_AGGREGATE
from domain.applications import (
    ApplicationFoundEligible,
    ApplicationPromoted,
    ApplicationStatus,
    ApplicationSubmitted,
    ApplicationWaitlisted,
)
from domain.calls import CallPublished
from domain.commands.grants import DeclineGrant, LapseGrant
from domain.deciding import Command, Fact
from domain.panels import PanelAwardFreed, PanelOutcomeSet, PanelWaitingListMoved
from domain.values import SYSTEM
from tests.driving import NOON, World
from tests.grants import scene
from tests.grants.scene import (
    APPLICATION,
    ARTIST,
    AWARD,
    CALL,
    GRANT,
    PANEL,
    RESPOND_BY,
    ROUND,
    world_with_fund,
)
from tests.scene import (
    STAGE,
    drafted,
    numbered,
    panel_announced,
    panel_closed,
    panel_confirmed,
    panel_opened,
    withdrawn,
)
from tests.scene import awarded as outcome_award
from tests.scene import waitlisted as outcome_waitlist

FIRST, SECOND, THIRD = (numbered("application", number) for number in (11, 12, 13))
FREED = PanelAwardFreed(panel=PANEL, application=APPLICATION, grant=GRANT, amount=AWARD)
DECLINE = DeclineGrant(grant=GRANT, reason="funded_elsewhere")
LAPSE = LapseGrant(grant=GRANT)


def on_list(application: str, rank: int) -> tuple[Fact, ...]:
    """An application on the waiting list."""
    return (
        ApplicationSubmitted(
            application=application,
            initiative=scene.INITIATIVE,
            call=CALL,
            round=ROUND,
            applicant=numbered("person", 1_000 + rank),
            dossier=numbered("dossier", 1_000 + rank),
            stage=STAGE,
            decide_by=None,
            form_version=1,
            requested=AWARD,
            currency="EUR",
            title="Invented Work",
            answers={},
        ),
        ApplicationFoundEligible(application=application, round=ROUND),
        ApplicationWaitlisted(application=application, panel=PANEL, rank=rank),
    )


def decided(*amounts: int, budget: int) -> World:
    """A round with one award, which was offered as a grant, and applications on the waiting list that are awarded these
    amounts, in cents, if they move up."""
    world = world_with_fund(
        scene.opened(), scene.pledged(1_000_000), scene.received(1_000_000), scene.committed()
    )
    call = drafted(budget=budget)
    world.given(CALL, call, CallPublished(call=CALL))
    world.given(APPLICATION, *scene.awarded())
    world.given(GRANT, *scene.offered())
    outcomes: list[PanelOutcomeSet] = [outcome_award(AWARD, APPLICATION)]
    for rank, (application, amount) in enumerate(zip((FIRST, SECOND, THIRD), amounts, strict=False), start=1):
        world.given(application, *on_list(application, rank))
        outcomes.append(outcome_waitlist(rank, application, amount))
    world.given(PANEL, panel_opened(), *outcomes, panel_closed(), panel_confirmed(), panel_announced())
    return world


def moved(application: str, amount: int) -> PanelWaitingListMoved:
    return PanelWaitingListMoved(panel=PANEL, application=application, amount=amount)


@pytest.mark.parametrize(("command", "actor"), [(DECLINE, ARTIST), (LAPSE, SYSTEM)])
def test_the_first_moves_up_with_the_amount_that_the_panel_decided(command: Command, actor: str) -> None:
    world = decided(AWARD, AWARD, budget=AWARD)
    facts = world.run(command, actor, now=RESPOND_BY if actor == SYSTEM else NOON).facts
    assert facts[PANEL] == (FREED, moved(FIRST, AWARD))
    assert facts[FIRST] == (
        ApplicationPromoted(application=FIRST, panel=PANEL, amount=AWARD, currency="EUR"),
    )
    assert SECOND not in facts
    assert world.state(APPLICATION_AGGREGATE, FIRST).status is ApplicationStatus.AWARDED


def test_as_many_move_up_as_the_freed_sum_and_the_rest_of_the_budget_cover() -> None:
    facts = decided(AWARD, 10_000, 20_000, budget=AWARD + 10_000).run(DECLINE, ARTIST).facts
    assert facts[PANEL] == (FREED, moved(FIRST, AWARD), moved(SECOND, 10_000))


def test_nobody_is_passed_over() -> None:
    """Where the first one's amount is not covered, the list waits until more is free."""
    assert decided(AWARD + 1, 100, budget=AWARD).run(DECLINE, ARTIST).facts[PANEL] == (FREED,)


def test_who_withdrew_is_left_out() -> None:
    world = decided(AWARD, AWARD, budget=AWARD)
    world.given(FIRST, withdrawn(FIRST))
    assert world.run(DECLINE, ARTIST).facts[PANEL] == (FREED, moved(SECOND, AWARD))


def test_who_moved_up_is_not_moved_up_again() -> None:
    world = decided(AWARD, budget=2 * AWARD)
    world.given(PANEL, moved(FIRST, AWARD))
    world.given(FIRST, ApplicationPromoted(application=FIRST, panel=PANEL, amount=AWARD, currency="EUR"))
    assert world.run(DECLINE, ARTIST).facts[PANEL] == (FREED,)
