"""The waiting list moves up when an offer is declined or lapses, by the rule that the panel fixed before."""

import msgspec
import pytest

from domain.applications.facts import (
    ApplicationFoundEligible,
    ApplicationPromoted,
    ApplicationSubmitted,
    ApplicationWaitlisted,
)
from domain.applications.state import APPLICATION as APPLICATION_AGGREGATE
from domain.applications.state import ApplicationStatus
from domain.calls.facts import CallPublished
from domain.commands.grants.offering import DeclineGrant, LapseGrant
from domain.commands.waiting_lists import MoveWaitingList
from domain.deciding import Command, Fact
from domain.panels.facts import (
    PanelAwardFreed,
    PanelOutcomeSet,
    PanelWaitingListMoved,
    PanelWaitingListStayed,
)
from domain.refusals import Forbidden
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
from tests.panel_scene import awarded as outcome_award
from tests.panel_scene import panel_announced, panel_closed, panel_confirmed, panel_opened
from tests.panel_scene import waitlisted as outcome_waitlist
from tests.scene import STAGE, drafted, numbered, withdrawn

FIRST, SECOND, THIRD = (numbered("application", number) for number in (11, 12, 13))
FREED = PanelAwardFreed(panel=PANEL, application=APPLICATION, grant=GRANT, amount=AWARD, freed_at=NOON)
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
    opened = msgspec.structs.replace(panel_opened(), initiative=scene.INITIATIVE, call=CALL, round=ROUND)
    world.given(PANEL, opened, *outcomes, panel_closed(), panel_confirmed(), panel_announced())
    return world


def moved(application: str, amount: int) -> PanelWaitingListMoved:
    return PanelWaitingListMoved(panel=PANEL, application=application, amount=amount)


def then(world: World, command: Command = DECLINE, actor: str = ARTIST) -> dict[str, tuple[Fact, ...]]:
    """The offer ends; gives what the program does by itself right after that, as an act of its own."""
    now = RESPOND_BY if actor == SYSTEM else NOON
    assert world.run(command, actor, now).facts[PANEL] == (msgspec.structs.replace(FREED, freed_at=now),)
    (outcome,) = world.pass_time(now)
    return dict(outcome.facts)


def stays(world: World) -> bool:
    """Whether the waiting list stays as it is when the offer is declined."""
    return then(world) == {PANEL: (PanelWaitingListStayed(panel=PANEL),)}


@pytest.mark.parametrize(("command", "actor"), [(DECLINE, ARTIST), (LAPSE, SYSTEM)])
def test_the_first_moves_up_with_the_amount_that_the_panel_decided(command: Command, actor: str) -> None:
    world = decided(AWARD, AWARD, budget=AWARD)
    assert then(world, command, actor) == {
        PANEL: (moved(FIRST, AWARD),),
        FIRST: (ApplicationPromoted(application=FIRST, panel=PANEL, amount=AWARD, currency="EUR"),),
    }
    assert world.state(APPLICATION_AGGREGATE, FIRST).status is ApplicationStatus.AWARDED


def test_as_many_move_up_as_the_freed_sum_and_the_rest_of_the_budget_cover() -> None:
    facts = then(decided(AWARD, 10_000, 20_000, budget=AWARD + 10_000))
    assert facts[PANEL] == (moved(FIRST, AWARD), moved(SECOND, 10_000))


def test_nobody_is_passed_over() -> None:
    """Where the first one's amount is not covered, the list waits until more is free."""
    assert stays(decided(AWARD + 1, 100, budget=AWARD))


def test_who_withdrew_is_left_out() -> None:
    world = decided(AWARD, AWARD, budget=AWARD)
    world.given(FIRST, withdrawn(FIRST))
    assert then(world)[PANEL] == (moved(SECOND, AWARD),)


def test_who_moved_up_is_not_moved_up_again() -> None:
    world = decided(AWARD, budget=2 * AWARD)
    world.given(PANEL, moved(FIRST, AWARD))
    world.given(FIRST, ApplicationPromoted(application=FIRST, panel=PANEL, amount=AWARD, currency="EUR"))
    assert stays(world)


def test_only_the_program_moves_it_and_whoever_moves_up_learns_of_no_other_applicant() -> None:
    """The act by which somebody declines is in no stream of those who wait."""
    world = decided(AWARD, budget=AWARD)
    declining = world.run(DECLINE, ARTIST).facts
    assert FIRST not in declining
    assert world.turned_down(MoveWaitingList(panel=PANEL), ARTIST)[0] is Forbidden
