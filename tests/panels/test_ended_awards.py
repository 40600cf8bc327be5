"""An award, or a place on the waiting list, that ends before a grant was offered: the sum or the place is free, and the
program moves the list."""

from __future__ import annotations

import pytest

from domain.applications.facts import ApplicationEndedByErasure, ApplicationPromoted
from domain.applications.state import APPLICATION as APPLICATIONS
from domain.applications.state import ApplicationStatus
from domain.commands.announcing import AnnouncePanel
from domain.commands.applications.ending import WithdrawApplication
from domain.commands.dossiers import EraseDossier
from domain.commands.persons import ErasePerson
from domain.deciding import Command
from domain.indexes import submissions_of
from domain.panels.facts import PanelAwardFreed, PanelWaitingListLeft, PanelWaitingListMoved
from domain.refusals import Refused
from domain.values import SYSTEM
from tests.driving import NOON, World
from tests.panel_scene import (
    awarded,
    panel_announced,
    panel_closed,
    panel_confirmed,
    panel_opened,
    waitlisted,
)
from tests.panels.scene import place
from tests.scene import (
    APPLICATION,
    ARTIST,
    INITIATIVE,
    KEEPER,
    OFFICER,
    OTHER_APPLICATION,
    OTHER_ARTIST,
    PANEL,
    ROUND,
    STRANGER,
    calling,
    closed,
    dossier_of,
    found_eligible,
    numbered,
    put_to_panel,
    receive,
)

AWARD = 60_000
FIRST, SECOND = OTHER_APPLICATION, numbered("application", 12)
ANNOUNCE = AnnouncePanel(panel=PANEL)
APPLICANTS = {APPLICATION: ARTIST, FIRST: OTHER_ARTIST, SECOND: STRANGER}


def confirmed(*, budget: int, first: int = AWARD, second: int = AWARD) -> World:
    """A confirmed panel: one award, and two on the waiting list with these amounts."""
    world = calling(budget=budget)
    for application, applicant in APPLICANTS.items():
        receive(world, application, applicant, found_eligible(application))
        world.indexes[submissions_of(applicant)] = {application}
    world.given(ROUND, closed(*APPLICANTS), put_to_panel())
    world.given(
        PANEL,
        panel_opened(*(place(each, rank) for rank, each in enumerate(APPLICANTS, start=1))),
        awarded(AWARD),
        waitlisted(1, FIRST, first),
        waitlisted(2, SECOND, second),
        panel_closed(),
        panel_confirmed(),
    )
    return world


def announced(*, budget: int, first: int = AWARD, second: int = AWARD) -> World:
    """The same, with its results announced."""
    world = confirmed(budget=budget, first=first, second=second)
    world.run(ANNOUNCE, OFFICER)
    return world


def withdraw(application: str) -> WithdrawApplication:
    return WithdrawApplication(application=application, reason="other")


def erase(who: str) -> ErasePerson:
    return ErasePerson(person=who, reason="safety")


def moves(world: World) -> tuple[str, ...]:
    """Who moves up when the program does what is due, as an act of its own."""
    return tuple(
        fact.application
        for outcome in world.pass_time(NOON)
        for fact in outcome.facts[PANEL]
        if isinstance(fact, PanelWaitingListMoved)
    )


def freed(application: str = APPLICATION, amount: int = AWARD) -> PanelAwardFreed:
    return PanelAwardFreed(panel=PANEL, application=application, grant=None, amount=amount, freed_at=NOON)


def left(application: str) -> PanelWaitingListLeft:
    return PanelWaitingListLeft(panel=PANEL, application=application, left_at=NOON)


class TestBeforeTheAnnouncement:
    @pytest.mark.parametrize(("command", "actor"), [(withdraw(APPLICATION), ARTIST), (erase(ARTIST), KEEPER)])
    def test_an_award_that_ends_is_free_with_the_announcement_and_no_earlier(
        self, command: Command, actor: str
    ) -> None:
        world = confirmed(budget=AWARD)
        assert PANEL not in world.run(command, actor).facts
        assert moves(world) == ()
        outcome = world.run(ANNOUNCE, OFFICER)
        assert outcome.facts[PANEL] == (panel_announced(), freed())
        assert moves(world) == (FIRST,)

    def test_a_place_that_ends_lets_the_next_move_up_if_there_is_enough_for_it(self) -> None:
        world = confirmed(budget=AWARD + 20_000, second=20_000)
        world.run(withdraw(FIRST), OTHER_ARTIST)
        assert world.run(ANNOUNCE, OFFICER).facts[PANEL] == (panel_announced(), left(FIRST))
        assert moves(world) == (SECOND,)

    def test_nothing_is_due_where_nothing_ended(self) -> None:
        assert moves(announced(budget=3 * AWARD)) == ()


class TestAPlaceOnTheWaitingList:
    @pytest.mark.parametrize(
        ("command", "actor"), [(withdraw(FIRST), OTHER_ARTIST), (erase(OTHER_ARTIST), KEEPER)]
    )
    def test_that_ends_lets_the_next_move_up_if_there_is_enough_for_it(
        self, command: Command, actor: str
    ) -> None:
        """The first one needed more than is left, so the list had to wait."""
        world = announced(budget=AWARD + 20_000, second=20_000)
        outcome = world.run(command, actor)
        assert outcome.facts[PANEL] == (left(FIRST),)
        assert SECOND not in outcome.facts, "who moves up learns of nobody else"
        assert moves(world) == (SECOND,)

    def test_that_ends_moves_nobody_up_for_whom_too_little_is_left(self) -> None:
        world = announced(budget=AWARD + 20_000, second=20_001)
        world.run(withdraw(FIRST), OTHER_ARTIST)
        assert moves(world) == ()

    def test_is_free_in_a_restored_copy_that_does_not_tell_the_withdrawal(self) -> None:
        world = announced(budget=AWARD + 20_000, second=20_000)
        world.run(EraseDossier(dossier=dossier_of(FIRST), reason="asked_by_person"), SYSTEM)
        assert moves(world) == (SECOND,)


class TestAnAwardThatWasNotOffered:
    def test_ends_with_its_applicant(self) -> None:
        world = announced(budget=AWARD)
        outcome = world.run(erase(ARTIST), KEEPER)
        assert outcome.facts[APPLICATION] == (ApplicationEndedByErasure(application=APPLICATION),)
        assert outcome.facts[PANEL] == (freed(),)
        assert outcome.initiatives[PANEL] == INITIATIVE
        assert moves(world) == (FIRST,)

    def test_of_one_that_moved_up_is_free_again_as_well(self) -> None:
        world = announced(budget=AWARD)
        world.run(erase(ARTIST), KEEPER)
        assert moves(world) == (FIRST,)
        assert ApplicationPromoted(
            application=FIRST, panel=PANEL, amount=AWARD, currency="EUR"
        ) in world.facts(FIRST)
        assert world.run(erase(OTHER_ARTIST), KEEPER).facts[PANEL] == (freed(FIRST),)
        assert moves(world) == (SECOND,)

    def test_is_not_withdrawn_but_declined_once_it_is_offered(self) -> None:
        world = announced(budget=AWARD)
        assert world.turned_down(withdraw(APPLICATION), ARTIST)[0] is Refused
        assert world.state(APPLICATIONS, APPLICATION).status is ApplicationStatus.AWARDED

    def test_stays_where_only_its_dossier_is_erased(self) -> None:
        world = announced(budget=AWARD)
        outcome = world.run(EraseDossier(dossier=dossier_of(APPLICATION), reason="asked_by_person"), SYSTEM)
        assert PANEL not in outcome.facts
